//! Seam's API as its clients see it: one table over raw HTTP, numbered like the conformance
//! cases of the API's description. Numbers that are missing need operations that this
//! version does not have.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, Ports, UserIdentity,
    UserIdentityId,
};
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::Secret;
use access_groups_server::ApiKeys;
use access_groups_tests::{
    raw::{self, RawResponse},
    server::TestServer,
};
use serde_json::{Value, json};

#[test]
fn every_case_of_the_table() {
    let rows = [
        mission(),
        addressing(),
        not_found(),
        validation(),
        authentication(),
        reads(),
    ]
    .concat();
    let numbers: BTreeSet<u8> = rows.iter().map(|row| row.number).collect();
    let missing: Vec<u8> = (1..=39)
        .filter(|number| !numbers.contains(number))
        .collect();
    assert_eq!(
        missing,
        [32, 33],
        "personal access tokens are for a later version"
    );
    rows.iter().for_each(check);
}

/// A. Mission.
fn mission() -> Vec<Row> {
    vec![
        row(1, "the guide's add")
            .post(ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(2, "add with PUT")
            .send("PUT", ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(3, "the guide's remove")
            .given(&[(U1, G1)])
            .post(REMOVE, U1_G1)
            .ok()
            .leaves(&[]),
        row(4, "remove as the current SDKs do")
            .given(&[(U1, G1)])
            .send(
                "DELETE",
                &format!("{REMOVE}?{G1_U1_QUERY}&_strict=true"),
                "",
            )
            .ok()
            .leaves(&[]),
        row(5, "remove with DELETE and a body")
            .given(&[(U1, G1)])
            .send("DELETE", REMOVE, U1_G1)
            .ok()
            .leaves(&[]),
        row(6, "adding twice leaves one membership")
            .post(ADD, U1_G1)
            .post(ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(6, "which one removal ends")
            .post(ADD, U1_G1)
            .post(ADD, U1_G1)
            .post(REMOVE, U1_G1)
            .ok()
            .leaves(&[]),
        row(7, "removing a non-member")
            .given(&[(U1, G1)])
            .post(REMOVE, &pair(U2, G1))
            .ok()
            .leaves(&[(U1, G1)]),
        row(8, "leaving one of two groups")
            .post(ADD, U1_G1)
            .post(ADD, &pair(U1, G2))
            .post(REMOVE, U1_G1)
            .ok()
            .leaves(&[(U1, G2)]),
        row(9, "a field nobody knows")
            .post(
                ADD,
                &format!("{}, \"extra\": 1}}", U1_G1.trim_end_matches('}')),
            )
            .ok()
            .leaves(&[(U1, G1)]),
    ]
}

/// B. Addressing.
fn addressing() -> Vec<Row> {
    let by_user = pair(U2, G1);
    let either = "Either acs_user_id or user_identity_id is required";
    let both = json!({"acs_user_id": U1, "user_identity_id": I1, "acs_access_group_id": G1});
    let group_only = json!({"acs_access_group_id": G1}).to_string();
    let disagreeing = format!("{REMOVE}?{G1_U1_QUERY}");
    vec![
        row(10, "add through the group")
            .post(ADD_USER, &by_user)
            .ok()
            .leaves(&[(U2, G1)]),
        row(10, "and list its users")
            .post(ADD_USER, &by_user)
            .post("/acs/access_groups/list_users", &group_only)
            .lists("acs_users", "acs_user_id", &[U2])
            .leaves(&[(U2, G1)]),
        row(11, "an identity joins as its linked user")
            .post(ADD_USER, &identity_pair(I1, G1))
            .ok()
            .leaves(&[(U1, G1)])
            .then(|state| assert_eq!(state.acs_users().count(), 3, "nobody was created")),
        row(12, "an identity is linked by its e-mail address")
            .post(ADD_USER, &identity_pair(I2, G1))
            .ok()
            .leaves(&[(U2, G1)])
            .then(|state| {
                let user = state.acs_user(user_id(U2)).expect("still there");
                assert_eq!(user.user_identity_id.as_deref(), Some(I2));
                assert_eq!(state.acs_users().count(), 3, "nobody was created");
            }),
        row(13, "an identity that matches nobody gets a user")
            .post(ADD_USER, &identity_pair(I3, G1))
            .ok()
            .leaves_somebody_new()
            .then(|state| {
                assert_eq!(state.acs_users().count(), 4);
                let members: Vec<_> = state.members_of(group_id(G1)).collect();
                let user = state.acs_user(members[0]).expect("just created");
                assert_eq!(user.user_identity_id.as_deref(), Some(I3));
                assert_eq!(user.acs_system_id, system_id(S1));
            }),
        row(14, "remove an identity")
            .given(&[(U1, G1)])
            .post(REMOVE, &identity_pair(I1, G1))
            .ok()
            .leaves(&[]),
        row(14, "and through the group")
            .given(&[(U1, G1)])
            .send("DELETE", REMOVE_USER, &identity_pair(I1, G1))
            .ok()
            .leaves(&[]),
        row(14, "without a linked user, nothing happens")
            .given(&[(U2, G1)])
            .post(REMOVE, &identity_pair(I2, G1))
            .ok()
            .leaves(&[(U2, G1)])
            .then(|state| assert_eq!(state.acs_users().count(), 3, "nobody was created")),
        row(15, "both named")
            .post(ADD_USER, &both.to_string())
            .fails(400, "invalid_input")
            .says("Only one of acs_user_id and user_identity_id may be given"),
        row(16, "add of nobody")
            .post(ADD_USER, &group_only)
            .fails(400, "invalid_input")
            .says(either)
            .explains(json!({"_errors": [either]})),
        row(16, "remove of nobody")
            .post(REMOVE_USER, &group_only)
            .fails(400, "invalid_input"),
        row(16, "remove of nobody, as the guide has it")
            .post(REMOVE, &group_only)
            .fails(400, "invalid_input")
            .says(either),
        row(17, "query and body disagree: the body wins")
            .given(&[(U1, G1), (U2, G1)])
            .send("DELETE", &disagreeing, &by_user)
            .ok()
            .leaves(&[(U1, G1)]),
    ]
}

/// C. Not found.
fn not_found() -> Vec<Row> {
    vec![
        row(18, "unknown user")
            .post(ADD, &pair(X, G1))
            .fails(404, "acs_user_not_found"),
        row(19, "unknown group")
            .post(ADD, &pair(U1, X))
            .fails(404, "acs_access_group_not_found"),
        row(20, "both unknown")
            .post(ADD, &pair(X, X))
            .fails(404, "acs_user_not_found"),
        row(21, "a user of another workspace")
            .post(ADD, &pair(V, G1))
            .fails(404, "acs_user_not_found"),
        row(21, "a caller of another workspace")
            .key(K2)
            .post(ADD, U1_G1)
            .fails(404, "acs_user_not_found"),
        row(22, "a group of another system")
            .post(ADD, &pair(U3, G1))
            .fails(400, "invalid_input"),
        row(22, "and out of it: never a member")
            .post(REMOVE, &pair(U3, G1))
            .ok(),
    ]
}

/// D. Validation.
fn validation() -> Vec<Row> {
    let twice = format!("{REMOVE}?acs_user_id={U1}&acs_user_id={U1}&acs_access_group_id={G1}");
    vec![
        row(23, "nothing given")
            .post(ADD, "{}")
            .fails(400, "invalid_input")
            .says("2 Input Errors: acs_user_id is required, acs_access_group_id is required")
            .explains(json!({
                "_errors": [],
                "acs_user_id": {"_errors": ["Required"]},
                "acs_access_group_id": {"_errors": ["Required"]},
            })),
        row(23, "no body at all")
            .send("PUT", ADD, "")
            .fails(400, "invalid_input"),
        row(24, "no group")
            .post(ADD, &format!("{{\"acs_user_id\": \"{U1}\"}}"))
            .fails(400, "invalid_input")
            .says("acs_access_group_id is required"),
        row(25, "a number and a null")
            .post(ADD, "{\"acs_user_id\": 5, \"acs_access_group_id\": null}")
            .fails(400, "invalid_input")
            .says(
                "2 Input Errors: Expected string, received number for \"acs_user_id\", \
                 Expected string, received null for \"acs_access_group_id\"",
            )
            .explains(json!({
                "_errors": [],
                "acs_user_id": {"_errors": ["Expected string, received number"]},
                "acs_access_group_id": {"_errors": ["Expected string, received null"]},
            })),
        row(26, "a malformed id")
            .post(ADD, &pair("abc", G1))
            .fails(400, "invalid_input")
            .says("Invalid uuid for \"acs_user_id\"")
            .explains(json!({"_errors": [], "acs_user_id": {"_errors": ["Invalid uuid"]}})),
        not_an_object("[]", "array"),
        not_an_object("\"x\"", "string"),
        not_an_object("null", "null"),
        row(28, "malformed JSON")
            .post(ADD, "{\"acs_user_id\":")
            .plain(400, "Invalid JSON"),
        row(28, "without credentials")
            .no_key()
            .post(ADD, "{")
            .plain(400, "Invalid JSON"),
        row(29, "plain text")
            .content_type("text/plain")
            .post(ADD, U1_G1)
            .fails(400, "invalid_content_type"),
        row(29, "a form")
            .content_type("application/x-www-form-urlencoded")
            .post(ADD, G1_U1_QUERY)
            .fails(400, "invalid_content_type"),
        row(30, "a field twice")
            .send("DELETE", &twice, "")
            .fails(400, "invalid_query_params"),
    ]
}

fn not_an_object(body: &str, name: &str) -> Row {
    let complaint = format!("Expected object, received {name}");
    row(27, "a body that is no object")
        .post(ADD, body)
        .fails(400, "invalid_input")
        .says(&complaint)
        .explains(json!({"_errors": [complaint]}))
}

/// E. Authentication and method.
fn authentication() -> Vec<Row> {
    vec![
        row(31, "no credential")
            .no_key()
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(31, "an unknown key")
            .key("seam_nobody")
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(31, "an unknown key learns nothing of the method")
            .key("seam_nobody")
            .send("GET", ADD, "")
            .fails(401, "unauthorized"),
        row(31, "nor of the fields")
            .key("seam_nobody")
            .post(ADD, "{}")
            .fails(401, "unauthorized"),
        row(34, "a client session token")
            .key("seam_cst1_token")
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(35, "GET of a change")
            .send("GET", ADD, "")
            .fails(405, "method_not_allowed")
            .says("only PUT,POST accepted"),
        row(35, "PATCH of a change")
            .send("PATCH", ADD, U1_G1)
            .fails(405, "method_not_allowed")
            .says("only PUT,POST accepted"),
        row(36, "the same without credentials")
            .no_key()
            .send("GET", ADD, "")
            .fails(401, "unauthorized"),
        row(37, "unknown path")
            .post("/acs/users/promote", U1_G1)
            .plain(404, "404"),
        row(37, "trailing slash")
            .post(&format!("{ADD}/"), U1_G1)
            .plain(404, "404"),
    ]
}

/// F. Reads.
fn reads() -> Vec<Row> {
    let get = format!("/acs/access_groups/get?acs_access_group_id={G1}&_strict=true");
    let list = format!("/acs/access_groups/list?acs_user_id={U1}&_strict=true");
    let group = json!({
        "acs_access_group_id": G1,
        "acs_system_id": S1,
        "workspace_id": "00000000-0000-0000-0000-000000000000",
        "connected_account_id": "00000000-0000-0000-0000-000000000000",
        "name": "G1",
        "display_name": "G1",
        "external_type": "brivo_group",
        "external_type_display_name": "Brivo group",
        "access_group_type": "brivo_group",
        "access_group_type_display_name": "Brivo group",
        "created_at": "1970-01-01T00:00:00Z",
        "is_managed": true,
        "errors": [],
        "warnings": [],
        "pending_mutations": [],
    });
    let one = json!({"acs_access_group": group, "ok": true});
    let by_post = json!({"acs_access_group_id": G1}).to_string();
    vec![
        row(38, "the groups of a user")
            .given(&[(U1, G1), (U2, G2)])
            .send("GET", &list, "")
            .answers(json!({"acs_access_groups": [group], "ok": true}))
            .leaves(&[(U1, G1), (U2, G2)]),
        row(39, "a group by GET")
            .send("GET", &get, "")
            .answers(one.clone()),
        row(39, "a group by POST")
            .post("/acs/access_groups/get", &by_post)
            .answers(one),
    ]
}

fn check(row: &Row) {
    let (first, second) = (
        InMemory::new(first_workspace(&row.given)),
        InMemory::new(second_workspace()),
    );
    let keys = ApiKeys::new()
        .with_key(&Secret::new(K1), Ports::of(first.clone()))
        .with_key(&Secret::new(K2), Ports::of(second));
    let server = TestServer::start(keys);
    let bearer = row.key.map(|key| format!("Bearer {key}"));
    let mut last = None;
    for (method, target, body) in &row.requests {
        let mut headers = Vec::new();
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        if !body.is_empty() {
            headers.push(("content-type", row.content_type));
        }
        last = Some(raw::send(server.address(), method, target, &headers, body));
    }
    let response = last.expect("a row sends something");
    check_response(row, &response);
    let left: BTreeSet<_> = first.read(|state| state.memberships().collect());
    match &row.leaves {
        Some(pairs) => {
            let expected = pairs
                .iter()
                .map(|(user, group)| (user_id(user), group_id(group)));
            let expected: BTreeSet<_> = expected.collect();
            assert_eq!(
                left, expected,
                "memberships after case {}: {}",
                row.number, row.what
            );
        }
        None => assert_eq!(
            left.len(),
            1,
            "memberships after case {}: {}",
            row.number,
            row.what
        ),
    }
    first.read(row.then);
}

fn check_response(row: &Row, response: &RawResponse) {
    assert!(
        response.header("seam-request-id").is_some(),
        "{row:?} {response:?}"
    );
    let is_json = response.header("content-type") == Some("application/json; charset=utf-8");
    match row.expected.as_ref().expect("a row expects something") {
        Expected::Json(body) => {
            assert!(is_json, "{row:?} {response:?}");
            assert_eq!(response.status, 200, "{row:?} {response:?}");
            let found: Value = serde_json::from_str(&response.body).expect("JSON");
            assert_eq!(&found, body, "{row:?}");
        }
        Expected::List(key, id, ids) => {
            assert_eq!(response.status, 200, "{row:?} {response:?}");
            let found: Value = serde_json::from_str(&response.body).expect("JSON");
            let listed = found[key].as_array().expect("an array").iter();
            let listed: Vec<_> = listed.map(|one| one[id].as_str().expect("an id")).collect();
            assert_eq!(&listed, ids, "{row:?}");
        }
        Expected::Plain(status, body) => {
            assert_eq!(
                response.header("content-type"),
                None,
                "{row:?} {response:?}"
            );
            assert_eq!(
                (response.status, response.body.as_str()),
                (*status, *body),
                "{row:?}"
            );
        }
        Expected::Error {
            status,
            code,
            message,
            tree,
        } => {
            assert!(is_json, "{row:?} {response:?}");
            assert_eq!(response.status, *status, "{row:?} {response:?}");
            let found: Value = serde_json::from_str(&response.body).expect("JSON");
            assert_eq!(found["ok"], false, "{row:?}");
            assert_eq!(found["error"]["type"], *code, "{row:?}");
            assert!(found["error"]["message"].is_string(), "{row:?}");
            if let Some(message) = message {
                assert_eq!(found["error"]["message"], message.as_str(), "{row:?}");
            }
            if let Some(tree) = tree {
                assert_eq!(&found["error"]["validation_errors"], tree, "{row:?}");
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Row {
    number: u8,
    what: &'static str,
    given: Vec<(&'static str, &'static str)>,
    key: Option<&'static str>,
    content_type: &'static str,
    requests: Vec<(&'static str, String, String)>,
    expected: Option<Expected>,
    leaves: Option<Vec<(&'static str, &'static str)>>,
    then: fn(&State),
}

#[derive(Debug, Clone)]
enum Expected {
    Json(Value),
    /// Under this key, by this id, these.
    List(&'static str, &'static str, Vec<&'static str>),
    Plain(u16, &'static str),
    Error {
        status: u16,
        code: &'static str,
        message: Option<String>,
        tree: Option<Value>,
    },
}

/// A case; unless told otherwise, K1 calls with JSON, and no membership is there or left.
fn row(number: u8, what: &'static str) -> Row {
    Row {
        number,
        what,
        given: Vec::new(),
        key: Some(K1),
        content_type: "application/json",
        requests: Vec::new(),
        expected: None,
        leaves: Some(Vec::new()),
        then: |_| (),
    }
}

impl Row {
    /// Memberships before the first request.
    fn given(mut self, memberships: &[(&'static str, &'static str)]) -> Self {
        self.given = memberships.to_vec();
        self
    }

    fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    fn no_key(mut self) -> Self {
        self.key = None;
        self
    }

    fn content_type(mut self, kind: &'static str) -> Self {
        self.content_type = kind;
        self
    }

    fn post(self, target: &str, body: &str) -> Self {
        self.send("POST", target, body)
    }

    fn send(mut self, method: &'static str, target: &str, body: &str) -> Self {
        self.requests
            .push((method, target.to_owned(), body.to_owned()));
        self
    }

    fn ok(self) -> Self {
        self.answers(json!({"ok": true}))
    }

    fn answers(mut self, body: Value) -> Self {
        self.expected = Some(Expected::Json(body));
        self
    }

    fn lists(mut self, key: &'static str, id: &'static str, ids: &[&'static str]) -> Self {
        self.expected = Some(Expected::List(key, id, ids.to_vec()));
        self
    }

    fn plain(mut self, status: u16, body: &'static str) -> Self {
        self.expected = Some(Expected::Plain(status, body));
        self
    }

    fn fails(mut self, status: u16, code: &'static str) -> Self {
        self.expected = Some(Expected::Error {
            status,
            code,
            message: None,
            tree: None,
        });
        self
    }

    fn says(mut self, text: &str) -> Self {
        if let Some(Expected::Error { message, .. }) = &mut self.expected {
            *message = Some(text.to_owned());
        }
        self
    }

    fn explains(mut self, errors: Value) -> Self {
        if let Some(Expected::Error { tree, .. }) = &mut self.expected {
            *tree = Some(errors);
        }
        self
    }

    /// Memberships of the first workspace after the last request.
    fn leaves(mut self, memberships: &[(&'static str, &'static str)]) -> Self {
        self.leaves = Some(memberships.to_vec());
        self
    }

    /// One membership, of a user whose id only the store knows.
    fn leaves_somebody_new(mut self) -> Self {
        self.leaves = None;
        self
    }

    /// What else is true of the first workspace after the last request.
    fn then(mut self, check: fn(&State)) -> Self {
        self.then = check;
        self
    }
}

/// Systems S1 (users U1, U2, groups G1, G2) and S2 (user U3, group G3); identity I1 linked to
/// U1, I2 with the e-mail address of U2, I3 like nobody.
fn first_workspace(memberships: &[(&str, &str)]) -> State {
    let mut state = State::new();
    for (id, name) in [(S1, "S1"), (S2, "S2")] {
        state
            .insert_system(AcsSystem::new(system_id(id), name))
            .expect("a new system");
    }
    for (id, system, name) in [(U1, S1, "U1"), (U2, S1, "U2"), (U3, S2, "U3")] {
        let mut user = AcsUser::new(user_id(id), system_id(system), name);
        match id {
            U1 => user = user.with_user_identity(identity_id(I1)),
            U2 => user = user.with_email_address("u2@example.com"),
            _ => {}
        }
        state.insert_user(user).expect("a new user");
    }
    for (id, address) in [(I1, "i1"), (I2, "u2"), (I3, "i3")] {
        let identity = UserIdentity::new(identity_id(id), "somebody");
        let identity = identity.with_email_address(format!("{address}@example.com"));
        state.insert_identity(identity).expect("a new identity");
    }
    for (id, system, name) in [(G1, S1, "G1"), (G2, S1, "G2"), (G3, S2, "G3")] {
        let group = AccessGroup::new(group_id(id), system_id(system), name);
        state.insert_group(group).expect("a new group");
    }
    for (user, group) in memberships {
        state
            .add_user(user_id(user), group_id(group))
            .expect("both exist");
    }
    state
}

/// User V, and nothing else.
fn second_workspace() -> State {
    let mut state = State::new();
    let system = AcsSystemId::from_u128(99);
    state
        .insert_system(AcsSystem::new(system, "elsewhere"))
        .expect("a new system");
    state
        .insert_user(AcsUser::new(user_id(V), system, "V"))
        .expect("a new user");
    state
}

fn system_id(text: &str) -> AcsSystemId {
    text.parse().expect("an id")
}

fn user_id(text: &str) -> AcsUserId {
    text.parse().expect("an id")
}

fn identity_id(text: &str) -> UserIdentityId {
    text.parse().expect("an id")
}

fn group_id(text: &str) -> AccessGroupId {
    text.parse().expect("an id")
}

fn pair(user: &str, group: &str) -> String {
    json!({"acs_user_id": user, "acs_access_group_id": group}).to_string()
}

fn identity_pair(identity: &str, group: &str) -> String {
    json!({"user_identity_id": identity, "acs_access_group_id": group}).to_string()
}

const ADD: &str = "/acs/users/add_to_access_group";
const REMOVE: &str = "/acs/users/remove_from_access_group";
const ADD_USER: &str = "/acs/access_groups/add_user";
const REMOVE_USER: &str = "/acs/access_groups/remove_user";
const U1_G1: &str = r#"{"acs_user_id":"10000000-0000-4000-8000-000000000001","acs_access_group_id":"20000000-0000-4000-8000-000000000001"}"#;
const G1_U1_QUERY: &str = "acs_access_group_id=20000000-0000-4000-8000-000000000001&acs_user_id=10000000-0000-4000-8000-000000000001";

const K1: &str = "seam_test0001_first";
const K2: &str = "seam_test0002_second";

const U1: &str = "10000000-0000-4000-8000-000000000001";
const U2: &str = "10000000-0000-4000-8000-000000000002";
const U3: &str = "10000000-0000-4000-8000-000000000003";
const V: &str = "10000000-0000-4000-8000-000000000009";
const I1: &str = "40000000-0000-4000-8000-000000000001";
const I2: &str = "40000000-0000-4000-8000-000000000002";
const I3: &str = "40000000-0000-4000-8000-000000000003";
const G1: &str = "20000000-0000-4000-8000-000000000001";
const G2: &str = "20000000-0000-4000-8000-000000000002";
const G3: &str = "20000000-0000-4000-8000-000000000003";
const S1: &str = "30000000-0000-4000-8000-000000000001";
const S2: &str = "30000000-0000-4000-8000-000000000002";
const X: &str = "90000000-0000-4000-8000-00000000000f";
