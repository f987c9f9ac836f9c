//! One field of one request at a time, and both halves of the protocol without a socket.

use std::collections::BTreeMap;

use access_groups_core::{Error, ErrorKind, Operation};
use access_groups_protocol::{
    self as protocol, Action, Credential, Endpoint, ReceivedHead, RequestLimits, RequestStyle,
    receive_head,
};
use http::Request;
use serde_json::{Map, Value};

use crate::{
    contract::{CONTRACT, Fields, Place, full, places, sample},
    differences::{Listed, judge_all},
};

/// One place in the request of one path.
#[derive(Debug)]
pub(super) struct Case<'c> {
    pub(super) path: &'c str,
    fields: &'c Fields,
    /// Whether the request has one of several sets of fields.
    is_alternative: bool,
    pub(super) place: Place<'c>,
    /// One that is accepted, with as little as possible beside the place.
    pub(super) request: Map<String, Value>,
}

/// Judges every place of every request; those listed must fail, and all others must not.
pub(super) fn each_field(listed: &[Listed], judge: impl Fn(&Case<'_>) -> Result<(), String>) {
    let mut verdicts = BTreeMap::new();
    for case in cases() {
        let key = format!("{} {}", case.path, case.place.name);
        verdicts.insert(key, judge(&case));
    }
    assert!(verdicts.len() > 100, "only {} fields", verdicts.len());
    judge_all(&verdicts, listed);
}

fn cases() -> Vec<Case<'static>> {
    let mut cases = Vec::new();
    for (path, operation) in &CONTRACT.paths {
        let alternatives = operation.request.alternatives();
        for fields in alternatives {
            for place in places(fields) {
                let request = accepted(path, fields, |request| has(request, &place.pointer));
                cases.push(Case {
                    path,
                    fields,
                    is_alternative: alternatives.len() > 1,
                    request: request
                        .unwrap_or_else(|| panic!("{path} takes no request with {}", place.name)),
                    place,
                });
            }
        }
    }
    cases
}

impl Case<'_> {
    /// What the request has at the place.
    pub(super) fn value(&self) -> Value {
        let request = Value::from(self.request.clone());
        let value = request.pointer(&self.place.pointer);
        value.expect("the request has the place").clone()
    }

    /// A fitting value that the request does not have there.
    pub(super) fn other_value(&self) -> Value {
        let name = self.place.pointer.rsplit('/').next().unwrap_or_default();
        sample(name, self.place.shape, 7)
    }

    /// The request with another value at the place.
    pub(super) fn with(&self, value: Value) -> Map<String, Value> {
        let mut request = Value::from(self.request.clone());
        let place = request.pointer_mut(&self.place.pointer);
        *place.expect("the request has the place") = value;
        into_object(request)
    }

    /// The request without the place, unless it is an item of an array.
    pub(super) fn without(&self) -> Option<Map<String, Value>> {
        if self.place.is_item {
            return None;
        }
        let (outer, name) = self.place.pointer.rsplit_once('/')?;
        let mut request = Value::from(self.request.clone());
        request.pointer_mut(outer)?.as_object_mut()?.remove(name);
        Some(into_object(request))
    }

    /// Whether there is a request without it: it is a field of the request itself, and the
    /// others can do without.
    pub(super) fn can_be_avoided(&self) -> bool {
        let name = self.place.pointer.trim_start_matches('/');
        self.fields.contains_key(name)
            && accepted(self.path, self.fields, |request| {
                !request.contains_key(name)
            })
            .is_some()
    }

    /// Whether an outcome is the refusal of an input that is wrong at the place; of one of
    /// several sets of fields, the request as a whole may be wrong.
    ///
    /// # Errors
    ///
    /// What it is instead.
    pub(super) fn is_refused(&self, outcome: Result<Accepted, Refusal>) -> Result<(), String> {
        let refusal = match outcome {
            Ok(accepted) => return Err(format!("it is accepted: {accepted:?}")),
            Err(refusal) => refusal,
        };
        let place = self.place.pointer.trim_start_matches('/').replace('/', ".");
        let is_here = |at: &String| *at == place || (at.is_empty() && self.is_alternative);
        if refusal.code == "invalid_input" && refusal.places.iter().any(is_here) {
            return Ok(());
        }
        Err(format!("refused for another reason: {refusal:?}"))
    }
}

/// The smallest request that is accepted and meets the condition.
pub(super) fn accepted(
    path: &str,
    fields: &Fields,
    fits: impl Fn(&Map<String, Value>) -> bool,
) -> Option<Map<String, Value>> {
    let mut candidates = candidates(fields).into_iter();
    candidates.find(|request| fits(request) && decode(path, request).is_ok())
}

/// Requests with all that is required, and with none, one or two of the other fields: which
/// go together, the contract does not tell. Small ones first.
pub(crate) fn candidates(fields: &Fields) -> Vec<Map<String, Value>> {
    let all = full(fields, 0);
    let optional = fields.iter().filter(|(_, shape)| !shape.required);
    let names: Vec<_> = optional.map(|(name, _)| Some(name)).chain([None]).collect();
    let mut candidates = Vec::new();
    for (index, one) in names.iter().enumerate() {
        for other in &names[index..] {
            let mut request = all.clone();
            request.retain(|name, _| {
                fields[name].required
                    || [one, other].contains(&&fields.get_key_value(name).map(|field| field.0))
            });
            candidates.push(request);
        }
    }
    candidates.sort_by_key(Map::len);
    candidates
}

fn has(request: &Map<String, Value>, pointer: &str) -> bool {
    Value::from(request.clone()).pointer(pointer).is_some()
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

/// Why the server half took no operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: String,
    message: String,
    /// What is wrong; nothing is the request as a whole.
    pub(super) places: Vec<String>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let places = error.fields().iter().map(|field| field.path.clone());
        Self {
            code: error.code().unwrap_or_default().to_owned(),
            message: error.message().to_owned(),
            places: places.collect(),
        }
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        format!("refused: {refusal:?}")
    }
}

/// What the server half makes of a request that it does not refuse.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one or two exist at a time")]
pub(super) enum Accepted {
    /// An operation for the port.
    Call(Operation),
    /// A read of unmanaged resources, which it answers itself: there are none.
    Unmanaged,
}

/// What the server half makes of a POST with this body.
pub(super) fn decode(path: &str, body: &Map<String, Value>) -> Result<Accepted, Refusal> {
    call("POST", path, "", Some(body))
}

/// What the server half makes of a request.
pub(super) fn call(
    method: &str,
    path: &str,
    query: &str,
    body: Option<&Map<String, Value>>,
) -> Result<Accepted, Refusal> {
    let request = Request::builder()
        .method(method)
        .uri(format!("{path}?{query}"));
    let request = match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(serde_json::to_vec(body).expect("JSON")),
        None => request.body(Vec::new()),
    };
    let (parts, body) = request.expect("a request").into_parts();
    match receive_head(&parts) {
        ReceivedHead::Call(head) => match head.operation(&body, &RequestLimits::default()) {
            Ok(Action::Call(operation)) => Ok(Accepted::Call(operation)),
            Ok(Action::Reply(_)) => Ok(Accepted::Unmanaged),
            // One resource that is read by its id: there is none.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Accepted::Unmanaged),
            Err(error) => Err(error.into()),
        },
        ReceivedHead::Answer(answer) => panic!("{method} {path} is not a call: {answer:?}"),
    }
}

/// What the client half makes of an operation: path and body.
pub(super) fn encode(operation: &Operation) -> (String, Map<String, Value>) {
    let key = Credential::api_key("seam_test_1").expect("a key");
    let request = protocol::encode(
        operation,
        &Endpoint::default(),
        &key,
        &RequestStyle::default(),
    )
    .expect("a request");
    let body = serde_json::from_slice(request.body()).expect("an object");
    (request.uri().path().to_owned(), body)
}

/// Fields as a query: lists repeat their name.
pub(super) fn to_query(fields: &Map<String, Value>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        match value {
            Value::Array(items) => {
                query.extend_pairs(items.iter().map(|item| (name, in_query(item))))
            }
            scalar => query.append_pair(name, &in_query(scalar)),
        };
    }
    query.finish()
}

fn in_query(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
