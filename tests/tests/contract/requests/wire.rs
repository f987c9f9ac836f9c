//! Both halves of the protocol, without a socket.

use access_groups_core::{Error, Operation};
use access_groups_protocol::{self as protocol, Credential, Endpoint, Form, Received, receive};
use http::Request;
use serde_json::{Map, Value};

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

/// What the server half makes of a POST with this body.
pub(super) fn decode(path: &str, body: &Map<String, Value>) -> Result<Operation, Refusal> {
    call("POST", path, "", Some(body))
}

/// What the server half makes of a request.
pub(super) fn call(
    method: &str,
    path: &str,
    query: &str,
    body: Option<&Map<String, Value>>,
) -> Result<Operation, Refusal> {
    let request = Request::builder()
        .method(method)
        .uri(format!("{path}?{query}"));
    let request = match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(serde_json::to_vec(body).expect("JSON")),
        None => request.body(Vec::new()),
    };
    match receive(&request.expect("a request")) {
        Received::Call(incoming) => Ok(incoming.operation()?),
        Received::Answer(answer) => panic!("{method} {path} is no call: {answer:?}"),
    }
}

/// What the client half makes of an operation: path and body.
pub(super) fn encode(operation: &Operation) -> (String, Map<String, Value>) {
    let key = Credential::api_key("seam_test_1").expect("a key");
    let request = protocol::encode(operation, &Endpoint::default(), &key, &Form::default());
    let body = serde_json::from_slice(request.body()).expect("an object");
    (request.uri().path().to_owned(), body)
}

/// Fields as a query: lists repeat their name.
pub(super) fn to_query(fields: &Map<String, Value>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        match value {
            Value::Array(items) => query.extend_pairs(items.iter().map(|it| (name, in_query(it)))),
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
