//! One row of the table: what is sent, what comes back, what is left; and the two workspaces that
//! every row begins with.

use std::{collections::BTreeSet, sync::Arc};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, UserIdentity,
    UserIdentityId,
};
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::Secret;
use access_groups_server::Credentials;
use access_groups_tests::server::{self, RawResponse, TestServer};
use serde_json::{Value, json};

pub(crate) fn check(row: &Row) {
    let (first, second) = (
        InMemory::new(first_workspace(&row.given)),
        InMemory::new(second_workspace()),
    );
    let w1 = W1.parse().expect("an id");
    let credentials = Credentials::new()
        .with_key(&Secret::new(K1), Arc::new(first.clone()))
        .with_key(&Secret::new(K2), Arc::new(second))
        .with_token(&Secret::new(T), w1, Arc::new(first.clone()));
    let server = TestServer::start(credentials);
    let bearer = row.key.map(|key| format!("Bearer {key}"));
    let mut last = None;
    for (method, target, body) in &row.requests {
        let mut headers = Vec::new();
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        headers.extend(row.workspace.map(|id| ("seam-workspace", id)));
        if !body.is_empty() {
            headers.push(("content-type", row.content_type));
        }
        last = Some(server::send(
            server.address(),
            method,
            target,
            &headers,
            body,
        ));
    }
    if let Some(response) = last {
        check_response(row, &response);
    }
    if let Some(talks) = row.talks {
        let address = server.address();
        let (key, store) = (K1, &first);
        talks(&Talk {
            address,
            key,
            store,
        });
    }
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
pub(crate) struct Row {
    pub(crate) number: u8,
    what: &'static str,
    given: Vec<(&'static str, &'static str)>,
    key: Option<&'static str>,
    workspace: Option<&'static str>,
    content_type: &'static str,
    requests: Vec<(&'static str, String, String)>,
    expected: Option<Expected>,
    leaves: Option<Vec<(&'static str, &'static str)>>,
    talks: Option<fn(&Talk<'_>)>,
    then: fn(&State),
}

/// Where the requests of a dialogue go, and on whose behalf.
#[derive(Debug)]
pub(crate) struct Talk<'k> {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) key: &'k str,
    /// The first workspace.
    pub(crate) store: &'k InMemory,
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
pub(crate) fn row(number: u8, what: &'static str) -> Row {
    Row {
        number,
        what,
        given: Vec::new(),
        key: Some(K1),
        workspace: None,
        content_type: "application/json",
        requests: Vec::new(),
        expected: None,
        leaves: Some(Vec::new()),
        talks: None,
        then: |_| (),
    }
}

impl Row {
    /// Memberships before the first request.
    pub(crate) fn given(mut self, memberships: &[(&'static str, &'static str)]) -> Self {
        self.given = memberships.to_vec();
        self
    }

    pub(crate) fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    pub(crate) fn workspace(mut self, id: &'static str) -> Self {
        self.workspace = Some(id);
        self
    }

    pub(crate) fn no_key(mut self) -> Self {
        self.key = None;
        self
    }

    pub(crate) fn content_type(mut self, kind: &'static str) -> Self {
        self.content_type = kind;
        self
    }

    pub(crate) fn post(self, target: &str, body: &str) -> Self {
        self.send("POST", target, body)
    }

    pub(crate) fn send(mut self, method: &'static str, target: &str, body: &str) -> Self {
        self.requests
            .push((method, target.to_owned(), body.to_owned()));
        self
    }

    pub(crate) fn ok(self) -> Self {
        self.answers(json!({"ok": true}))
    }

    pub(crate) fn answers(mut self, body: Value) -> Self {
        self.expected = Some(Expected::Json(body));
        self
    }

    pub(crate) fn lists(
        mut self,
        key: &'static str,
        id: &'static str,
        ids: &[&'static str],
    ) -> Self {
        self.expected = Some(Expected::List(key, id, ids.to_vec()));
        self
    }

    pub(crate) fn plain(mut self, status: u16, body: &'static str) -> Self {
        self.expected = Some(Expected::Plain(status, body));
        self
    }

    pub(crate) fn fails(mut self, status: u16, code: &'static str) -> Self {
        self.expected = Some(Expected::Error {
            status,
            code,
            message: None,
            tree: None,
        });
        self
    }

    pub(crate) fn says(mut self, text: &str) -> Self {
        if let Some(Expected::Error { message, .. }) = &mut self.expected {
            *message = Some(text.to_owned());
        }
        self
    }

    pub(crate) fn explains(mut self, errors: Value) -> Self {
        if let Some(Expected::Error { tree, .. }) = &mut self.expected {
            *tree = Some(errors);
        }
        self
    }

    /// Memberships of the first workspace after the last request.
    pub(crate) fn leaves(mut self, memberships: &[(&'static str, &'static str)]) -> Self {
        self.leaves = Some(memberships.to_vec());
        self
    }

    /// One membership, of a user whose id only the store knows.
    pub(crate) fn leaves_a_new_user(mut self) -> Self {
        self.leaves = None;
        self
    }

    /// Several requests, each knowing the answers before it.
    pub(crate) fn talks(mut self, talks: fn(&Talk<'_>)) -> Self {
        self.talks = Some(talks);
        self
    }

    /// What else is true of the first workspace after the last request.
    pub(crate) fn then(mut self, check: fn(&State)) -> Self {
        self.then = check;
        self
    }
}

/// Systems S1 (users U1, U2, groups G1, G2) and S2 (user U3, group G3); identity I1 is linked to
/// U1, I2 has the e-mail address of U2, I3 that of no user.
pub(crate) fn first_workspace(memberships: &[(&str, &str)]) -> State {
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
pub(crate) fn second_workspace() -> State {
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

pub(crate) fn system_id(text: &str) -> AcsSystemId {
    text.parse().expect("an id")
}

pub(crate) fn user_id(text: &str) -> AcsUserId {
    text.parse().expect("an id")
}

pub(crate) fn identity_id(text: &str) -> UserIdentityId {
    text.parse().expect("an id")
}

pub(crate) fn group_id(text: &str) -> AccessGroupId {
    text.parse().expect("an id")
}

pub(crate) fn pair(user: &str, group: &str) -> String {
    json!({"acs_user_id": user, "acs_access_group_id": group}).to_string()
}

pub(crate) fn identity_pair(identity: &str, group: &str) -> String {
    json!({"user_identity_id": identity, "acs_access_group_id": group}).to_string()
}

pub(crate) const ADD: &str = "/acs/users/add_to_access_group";
pub(crate) const REMOVE: &str = "/acs/users/remove_from_access_group";
pub(crate) const ADD_USER: &str = "/acs/access_groups/add_user";
pub(crate) const REMOVE_USER: &str = "/acs/access_groups/remove_user";
pub(crate) const U1_G1: &str = r#"{"acs_user_id":"10000000-0000-4000-8000-000000000001","acs_access_group_id":"20000000-0000-4000-8000-000000000001"}"#;
pub(crate) const G1_U1_QUERY: &str = "acs_access_group_id=20000000-0000-4000-8000-000000000001&acs_user_id=10000000-0000-4000-8000-000000000001";

pub(crate) const K1: &str = "seam_test0001_first";
pub(crate) const K2: &str = "seam_test0002_second";

/// A personal access token with access to W1.
pub(crate) const T: &str = "seam_at1T0001_token";
pub(crate) const W1: &str = "70000000-0000-4000-8000-000000000001";
pub(crate) const W2: &str = "70000000-0000-4000-8000-000000000002";

pub(crate) const U1: &str = "10000000-0000-4000-8000-000000000001";
pub(crate) const U2: &str = "10000000-0000-4000-8000-000000000002";
pub(crate) const U3: &str = "10000000-0000-4000-8000-000000000003";
pub(crate) const V: &str = "10000000-0000-4000-8000-000000000009";
pub(crate) const I1: &str = "40000000-0000-4000-8000-000000000001";
pub(crate) const I2: &str = "40000000-0000-4000-8000-000000000002";
pub(crate) const I3: &str = "40000000-0000-4000-8000-000000000003";
pub(crate) const G1: &str = "20000000-0000-4000-8000-000000000001";
pub(crate) const G2: &str = "20000000-0000-4000-8000-000000000002";
pub(crate) const G3: &str = "20000000-0000-4000-8000-000000000003";
pub(crate) const S1: &str = "30000000-0000-4000-8000-000000000001";
pub(crate) const S2: &str = "30000000-0000-4000-8000-000000000002";
pub(crate) const X: &str = "90000000-0000-4000-8000-00000000000f";
