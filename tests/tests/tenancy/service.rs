//! A server with two workspaces, whose contents are made anew for each request.

use std::sync::{Arc, LazyLock};

use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{REQUEST_ID_HEADER, Secret};
use access_groups_server::{
    Credentials,
    axum::{
        Router,
        body::{Body, to_bytes},
    },
    router,
};
use http::HeaderMap;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::{
    request::Request,
    world::{NOW, World, site},
};

/// How workspaces are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Each credential opens its own store.
    InPlace,
    /// The workspace does not matter: everything is in one store, which every credential opens.
    Removed,
}

/// The caller, with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// With the API key of this workspace.
    Key(World),
    /// With a token that opens both workspaces, for this one.
    Token(World),
    /// With a token that opens the first workspace only, for this one.
    TokenOfFirst(World),
    /// With an unknown token, for this workspace.
    UnknownToken(World),
}

impl Caller {
    /// The headers that present the credential.
    fn credential(self) -> Vec<(&'static str, String)> {
        let bearer = |secret| ("authorization", format!("Bearer {secret}"));
        let (token, world) = match self {
            Self::Key(World::First) => return vec![bearer(KEY_OF_FIRST)],
            Self::Key(_) => return vec![bearer(KEY_OF_SECOND)],
            Self::Token(world) => (TOKEN_OF_BOTH, world),
            Self::TokenOfFirst(world) => (TOKEN_OF_FIRST, world),
            Self::UnknownToken(world) => ("seam_at1_unknown", world),
        };
        vec![
            bearer(token),
            ("seam-workspace", world.workspace().to_string()),
        ]
    }
}

/// What came back, and what the workspaces hold now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    /// Without the id of the request, which is never the same.
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) first: State,
    pub(crate) second: State,
}

/// The server; it is the same for all requests, and its stores are not.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) check: Check,
    credentials: Credentials,
    router: Router,
}

impl Service {
    pub(crate) fn new(check: Check) -> Self {
        let credentials = Credentials::new();
        Self {
            check,
            router: router(credentials.clone()),
            credentials,
        }
    }

    /// Sends one request, to workspaces that no earlier request has changed.
    pub(crate) fn ask(&self, request: &Request, caller: Caller) -> Outcome {
        let (first, second) = self.refill();
        let request = request.to_http(&caller.credential()).map(Body::from);
        let (parts, body) = RUNTIME.block_on(async {
            let response = self.router.clone().oneshot(request).await;
            let (parts, body) = response.expect("an answer").into_parts();
            (parts, to_bytes(body, usize::MAX).await.expect("a body"))
        });
        let mut headers = parts.headers;
        headers
            .remove(REQUEST_ID_HEADER)
            .expect("every answer names its request");
        Outcome {
            status: parts.status.as_u16(),
            headers,
            body: String::from_utf8(body.into()).expect("text"),
            first: first.snapshot(),
            second: second.snapshot(),
        }
    }

    /// What the workspaces hold before each request.
    pub(crate) fn before(&self) -> (&'static State, &'static State) {
        match self.check {
            Check::InPlace => (&FIRST, &SECOND),
            Check::Removed => (&BOTH, &BOTH),
        }
    }

    /// Replaces the stores behind all credentials.
    fn refill(&self) -> (InMemory, InMemory) {
        let (first, second) = self.before();
        let store = |state: &State| InMemory::new(state.clone()).with_clock(|| NOW);
        let first = store(first);
        let second = match self.check {
            Check::InPlace => store(second),
            Check::Removed => first.clone(),
        };
        let (of_first, of_second) = (Arc::new(first.clone()), Arc::new(second.clone()));
        let [in_first, in_second] = [World::First, World::Second].map(World::workspace);
        let credentials = &self.credentials;
        credentials.insert_key(&Secret::new(KEY_OF_FIRST), of_first.clone());
        credentials.insert_key(&Secret::new(KEY_OF_SECOND), of_second.clone());
        credentials.insert_token(&Secret::new(TOKEN_OF_FIRST), in_first, of_first.clone());
        credentials.insert_token(&Secret::new(TOKEN_OF_BOTH), in_first, of_first);
        credentials.insert_token(&Secret::new(TOKEN_OF_BOTH), in_second, of_second);
        (first, second)
    }
}

static FIRST: LazyLock<State> = LazyLock::new(|| site(&[World::First]));
static SECOND: LazyLock<State> = LazyLock::new(|| site(&[World::Second]));
static BOTH: LazyLock<State> = LazyLock::new(|| site(&[World::First, World::Second]));
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

const KEY_OF_FIRST: &str = "seam_first";
const KEY_OF_SECOND: &str = "seam_second";
const TOKEN_OF_FIRST: &str = "seam_at1_first";
const TOKEN_OF_BOTH: &str = "seam_at1_both";
