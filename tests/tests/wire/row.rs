//! One row of the table: what is sent, what comes back, what is left.

use std::collections::BTreeSet;

use access_groups_core::Ports;
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::Secret;
use access_groups_server::Credentials;
use access_groups_tests::{
    raw::{self, RawResponse},
    server::TestServer,
};
use serde_json::{Value, json};

use crate::fixtures::{K1, K2, T, W1, first_workspace, group_id, second_workspace, user_id};

pub(crate) fn check(row: &Row) {
    let (first, second) = (
        InMemory::new(first_workspace(&row.given)),
        InMemory::new(second_workspace()),
    );
    let keys = Credentials::new()
        .with_key(&Secret::new(K1), Ports::of(first.clone()))
        .with_key(&Secret::new(K2), Ports::of(second))
        .with_token(
            &Secret::new(T),
            W1.parse().expect("an id"),
            Ports::of(first.clone()),
        );
    let server = TestServer::start(keys);
    let bearer = row.key.map(|key| format!("Bearer {key}"));
    let mut last = None;
    for (method, target, body) in &row.requests {
        let mut headers = Vec::new();
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        headers.extend(row.workspace.map(|id| ("seam-workspace", id)));
        if !body.is_empty() {
            headers.push(("content-type", row.content_type));
        }
        last = Some(raw::send(server.address(), method, target, &headers, body));
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
    pub(crate) fn leaves_somebody_new(mut self) -> Self {
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
