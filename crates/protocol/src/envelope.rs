//! The JSON envelopes of replies and errors.

mod unreadable;

use std::{borrow::Cow, fmt, marker::PhantomData};

use access_groups_core::{
    AccessGroup, AcsSystem, AcsUser, Content, Entrance, Error, FieldError, Page, PageCursor, Reply,
    UserIdentity, Workspace,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
    ser::{SerializeMap, Serializer},
};
use serde_json::{Map, Value, json};

use crate::{fields::MAX_COMPLAINTS, instants::CutInstants};

pub(crate) use unreadable::Unreadable;

/// Writes the body of a success.
pub(crate) fn write_reply(reply: &Reply) -> serde_json::Result<Vec<u8>> {
    match reply.content() {
        Content::Done(done) => done.write(),
        Content::AccessGroup(group) => group.write(),
        Content::AccessGroups(groups) => groups.write(),
        Content::AcsUser(user) => user.write(),
        Content::AcsUsers(users) => users.write(),
        Content::AcsUserPage(page) => page.write(),
        Content::Entrance(entrance) => entrance.write(),
        Content::Entrances(entrances) => entrances.write(),
        Content::EntrancePage(page) => page.write(),
        Content::AcsSystem(system) => system.write(),
        Content::AcsSystems(systems) => systems.write(),
        Content::UserIdentity(identity) => identity.write(),
        Content::UserIdentityPage(page) => page.write(),
        Content::Workspace(workspace) => workspace.write(),
    }
}

/// A value in the body of a success; its type decides on the envelope.
pub(crate) trait Envelope: Sized {
    /// How many bytes the body may have: many times what any service sends, and few enough for the
    /// memory of any machine.
    const LIMIT: usize;

    /// Reads it from a body.
    fn read(body: &str) -> Result<Self, Unreadable>;

    /// Writes the whole body.
    fn write(&self) -> serde_json::Result<Vec<u8>>;
}

/// A resource with the keys under which one of it and a list of it stand.
trait Resource: Serialize + DeserializeOwned {
    const ONE: &str;
    const MANY: &str;
    const ID: &str;

    /// What is wrong with a body that has no readable rows under this key.
    fn unreadable(key: &str, body: &str, error: serde_json::Error) -> Unreadable {
        Unreadable::find::<Self>(key, Self::ID, body, error)
    }
}

macro_rules! resources {
    ($($type:ident = $one:literal, $many:literal;)*) => {$(
        impl Resource for $type {
            const ONE: &str = $one;
            const MANY: &str = $many;
            const ID: &str = concat!($one, "_id");
        }
    )*};
}

resources! {
    AccessGroup = "acs_access_group", "acs_access_groups";
    AcsUser = "acs_user", "acs_users";
    Entrance = "acs_entrance", "acs_entrances";
    AcsSystem = "acs_system", "acs_systems";
    UserIdentity = "user_identity", "user_identities";
    Workspace = "workspace", "workspaces";
}

/// `{"ok": true}`. Nothing less counts as a success: a page of a proxy on the way does not say it.
impl Envelope for () {
    const LIMIT: usize = 256 * KIB; // `{"ok":true}`, or an error with complaints about fields

    fn read(body: &str) -> Result<Self, Unreadable> {
        let read = read("ok", body).and_then(|ok| match ok {
            true => Ok(()),
            false => Err(not_ok()),
        });
        read.map_err(|error| Unreadable::find::<bool>("ok", "", body, error))
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        Ok(OK.to_vec())
    }
}

impl<T: Resource> Envelope for T {
    const LIMIT: usize = 4 * 1024 * KIB;

    fn read(body: &str) -> Result<Self, Unreadable> {
        read(T::ONE, body).map_err(|error| T::unreadable(T::ONE, body, error))
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        success(T::ONE, self, None)
    }
}

impl<T: Resource> Envelope for Vec<T> {
    const LIMIT: usize = usize::MAX; // as many rows as there are: the setting of the client counts

    fn read(body: &str) -> Result<Self, Unreadable> {
        read(T::MANY, body).map_err(|error| T::unreadable(T::MANY, body, error))
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        success(T::MANY, self, None)
    }
}

impl<T: Resource> Envelope for Page<T> {
    const LIMIT: usize = 64 * 1024 * KIB; // the largest page has 1,000 rows

    fn read(body: &str) -> Result<Self, Unreadable> {
        read_page(T::MANY, body).map_err(|error| T::unreadable(T::MANY, body, error))
    }

    fn write(&self) -> serde_json::Result<Vec<u8>> {
        success(T::MANY, &self.items, Some(Pagination::before(&self.next)))
    }
}

/// `{"<key>": …, "ok": true}`, with `"pagination": {…}` for a page.
fn success<T: Serialize>(
    key: &str,
    value: &T,
    pagination: Option<Pagination>,
) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut body, CutInstants::default());
    // Written as a stream: a map of values would copy a list of 100,000 users.
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(key, value)?;
    if let Some(pagination) = pagination {
        map.serialize_entry(PAGINATION, &pagination)?;
    }
    map.serialize_entry("ok", &true)?;
    SerializeMap::end(map)?;
    Ok(body)
}

/// What accompanies the rows of a page. The URL of the next page is optional in the API: it is
/// written as null, and not read.
#[derive(Debug, Serialize, Deserialize)]
struct Pagination {
    has_next_page: bool,
    #[serde(default)]
    next_page_cursor: Option<String>,
    #[serde(default, skip_deserializing)]
    next_page_url: Option<String>,
}

impl Pagination {
    fn before(next: &Option<PageCursor>) -> Self {
        Self {
            has_next_page: next.is_some(),
            next_page_cursor: next.as_ref().map(|cursor| cursor.as_str().to_owned()),
            next_page_url: None,
        }
    }
}

/// The body of a success without content.
pub(crate) const OK: &[u8] = br#"{"ok":true}"#;

/// The value under a key of an object; the rest of the object is skipped.
fn read<'de, T: Deserialize<'de>>(key: &'static str, body: &'de str) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let value = UnderKey(key, PhantomData).deserialize(&mut deserializer)?;
    deserializer.end()?; // more after the object: not an answer of the service
    Ok(value)
}

/// The rows under a key, and the cursor of the next page. Without pagination the list may be
/// incomplete: such a body is an error.
fn read_page<'de, T: Deserialize<'de>>(
    key: &'static str,
    body: &'de str,
) -> serde_json::Result<Page<T>> {
    // The keys come in any order, so the body is read twice: skipping is cheap.
    let pagination: Pagination = read(PAGINATION, body)?;
    let next = match (pagination.has_next_page, pagination.next_page_cursor) {
        (false, _) => None,
        (true, Some(cursor)) => Some(PageCursor::new(cursor)),
        (true, None) => {
            let complaint = "there is a next page, and no cursor to it";
            return Err(serde::de::Error::custom(complaint));
        }
    };
    let items = read(key, body)?;
    Ok(Page { items, next })
}

const PAGINATION: &str = "pagination";
const KIB: usize = 1024;

/// `{"error": {"type": …, "message": …}, "ok": false}`
pub(crate) fn failure(error: &Error) -> Vec<u8> {
    let mut inner = Map::new();
    inner.insert(
        "type".into(),
        // The envelope demands a code, and adapters may give none.
        error.code().unwrap_or("unknown_error").into(),
    );
    let (listed, more) = error
        .fields()
        .split_at(error.fields().len().min(MAX_COMPLAINTS));
    // What the server half itself refuses has counted them already: these are a port's.
    let message = match more.len() {
        0 => error.message().to_owned(),
        more => format!("{} ({more} more are not listed)", error.message()),
    };
    inner.insert("message".into(), message.into());
    if !listed.is_empty() {
        inner.insert("validation_errors".into(), to_tree(listed));
    }
    json!({"error": inner, "ok": false})
        .to_string()
        .into_bytes()
}

/// The content of an error envelope.
#[derive(Debug, Deserialize)]
pub(crate) struct Failure {
    #[serde(rename = "type")]
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    validation_errors: Value,
}

impl Failure {
    /// Reads an envelope; `None` if the body is something else.
    pub(crate) fn read(body: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Envelope {
            error: Failure,
        }
        serde_json::from_str(body)
            .ok()
            .map(|envelope: Envelope| envelope.error)
    }

    /// The complaints about single fields.
    pub(crate) fn fields(&self) -> Vec<FieldError> {
        let mut fields = Vec::new();
        from_tree(&self.validation_errors, "", &mut fields);
        fields
    }
}

/// Each node holds its own complaints under `_errors`, and its children under their names.
fn to_tree(fields: &[FieldError]) -> Value {
    let mut root = json!({OWN: []});
    for FieldError { path, message } in fields {
        let mut node = &mut root;
        for name in path
            .split('.')
            // A field cannot have this name: it would hide the complaints of its parent.
            .filter(|name| !name.is_empty() && *name != OWN)
        {
            node = node
                .as_object_mut()
                .expect("every node of the tree is made as an object")
                .entry(name)
                .or_insert_with(|| json!({OWN: []}));
        }
        if let Some(own) = node.get_mut(OWN).and_then(Value::as_array_mut) {
            own.push(message.as_str().into());
        }
    }
    root
}

fn from_tree(node: &Value, path: &str, fields: &mut Vec<FieldError>) {
    let Value::Object(children) = node else {
        return;
    };
    for message in children
        .get(OWN)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        fields.push(FieldError {
            path: path.to_owned(),
            message: message.as_str().unwrap_or_default().to_owned(),
        });
    }
    for (name, child) in children.iter().filter(|(name, _)| *name != OWN) {
        let path = match path {
            "" => name.clone(),
            parent => format!("{parent}.{name}"),
        };
        from_tree(child, &path, fields);
    }
}

const OWN: &str = "_errors";

/// Deserialises one value of an object, whatever else is in it.
struct UnderKey<T>(&'static str, PhantomData<T>);

/// A name, borrowed if it has no escapes: a bare `Cow` never is.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for UnderKey<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for UnderKey<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with \"{}\"", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut value = None;
        while let Some(Key(key)) = map.next_key()? {
            if key == self.0 {
                value = Some(map.next_value()?);
            } else if key == "ok" {
                // Whatever else is there: the service says that it is no success.
                if let Value::Bool(false) = map.next_value()? {
                    return Err(not_ok());
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        value.ok_or_else(|| serde::de::Error::missing_field(self.0))
    }
}

fn not_ok<E: serde::de::Error>() -> E {
    E::custom("\"ok\" is not true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(path: &str, message: &str) -> FieldError {
        FieldError {
            path: path.into(),
            message: message.into(),
        }
    }

    #[test]
    fn complaints_become_a_tree_and_come_back() {
        let fields = vec![
            field("", "Too much"),
            field("acs_access_group_ids.0", "Invalid uuid"),
            field("acs_access_group_ids.0", "Too blue"),
            field("acs_user_id", "Required"),
        ];
        let tree = to_tree(&fields);
        assert_eq!(
            tree,
            json!({
                "_errors": ["Too much"],
                "acs_access_group_ids": {
                    "_errors": [],
                    "0": {"_errors": ["Invalid uuid", "Too blue"]},
                },
                "acs_user_id": {"_errors": ["Required"]},
            }),
        );
        let mut back = Vec::new();
        from_tree(&tree, "", &mut back);
        assert_eq!(back, fields);
    }

    #[test]
    fn a_field_of_the_tree_may_be_called_like_anything() {
        let tree = to_tree(&[field("_errors.x", "Odd"), field("_errors", "Odder")]);
        assert_eq!(
            tree,
            json!({"_errors": ["Odder"], "x": {"_errors": ["Odd"]}})
        );
    }

    #[test]
    fn the_value_is_found_among_other_keys() {
        let body = r#"{"ok": true, "later": {"n": [1]}, "n": [1, 2], "n2": 3}"#;
        assert_eq!(read::<Vec<u8>>("n", body).expect("found"), [1, 2]);
        for wrong in ["{}", "[]", "", "{\"n\": [1]} x", "{\"n\": \"1\"}"] {
            assert!(read::<Vec<u8>>("n", wrong).is_err());
        }
    }

    #[test]
    fn a_page_comes_back_with_its_cursor() {
        for next in [None, Some(PageCursor::new("YQ=="))] {
            let page = Page {
                items: vec![1, 2],
                next,
            };
            let body =
                success("n", &page.items, Some(Pagination::before(&page.next))).expect("json");
            let body = String::from_utf8(body).expect("text");
            assert_eq!(read_page::<u8>("n", &body).expect("a page"), page);
            let body: Value = serde_json::from_str(&body).expect("json");
            let keys: Vec<_> = body["pagination"]
                .as_object()
                .expect("an object")
                .keys()
                .collect();
            assert_eq!(keys, ["has_next_page", "next_page_cursor", "next_page_url"]);
            assert_eq!(body["pagination"]["next_page_url"], Value::Null);
        }
    }

    #[test]
    fn a_list_that_may_be_incomplete_is_no_page() {
        let cut = r#"{"n": [1], "pagination": {"has_next_page": true, "next_page_cursor": null}}"#;
        for body in [r#"{"n": [1]}"#, r#"{"n": [1], "pagination": {}}"#, cut] {
            assert!(read_page::<u8>("n", body).is_err(), "{body}");
        }
        let last =
            r#"{"n": [1], "pagination": {"has_next_page": false, "next_page_cursor": "YQ=="}}"#;
        assert_eq!(
            read_page::<u8>("n", last).expect("a page"),
            Page::only(vec![1])
        );
    }

    #[test]
    fn an_envelope_lists_twenty_complaints() {
        let failure_with = |count: usize| {
            let fields = (0..count).map(|number| field(&format!("a.{number}"), "Odd"));
            let error = Error::invalid("wrong").with_fields(fields.collect());
            let body = String::from_utf8(failure(&error)).expect("text");
            let failure = Failure::read(&body).expect("an envelope");
            (failure.fields().len(), failure.message)
        };
        assert_eq!(failure_with(20), (20, "wrong".to_owned()));
        let more = "wrong (80 more are not listed)".to_owned();
        assert_eq!(failure_with(100), (20, more));
    }

    #[test]
    fn an_error_survives_its_envelope() {
        let error = Error::invalid("a is required").with_fields(vec![field("a", "Required")]);
        let body = String::from_utf8(failure(&error)).expect("text");
        let failure = Failure::read(&body).expect("an envelope");
        assert_eq!(failure.code, "invalid_input");
        assert_eq!(failure.message, "a is required");
        assert_eq!(failure.fields(), error.fields());
    }
}
