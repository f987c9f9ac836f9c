//! A server with two workspaces, made anew for each question.

use std::sync::LazyLock;

use access_groups_core::{Operation, Ports, UserRef};
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{Credential, Endpoint, Form, REQUEST_ID_HEADER, Secret, encode};
use access_groups_server::{
    Credentials,
    axum::body::{Body, to_bytes},
    router,
};
use http::{HeaderMap, Request, Uri};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::world::{NOW, World, site};

/// How workspaces are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Each credential opens its own store.
    InPlace,
    /// Nobody looks at the workspace: everything is in one store, which every credential opens.
    Removed,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// With the API key of this workspace.
    Key(World),
    /// With a token that opens both workspaces, for this one.
    Token(World),
    /// With a token that opens the first workspace only, for this one.
    TokenOfFirst(World),
    /// With a token that nobody knows, for this workspace.
    UnknownToken(World),
}

/// How an operation travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) form: Form,
    /// Where the operation is not at its usual path.
    path: Option<&'static str>,
}

impl Way {
    /// Every one that the server accepts for the operation.
    pub(crate) fn all(operation: &Operation) -> Vec<Self> {
        // Some paths say the same: the client uses one of them.
        let other = match operation {
            Operation::AddUser(op) => match op.user {
                UserRef::AcsUser(_) => Some("/acs/access_groups/add_user"),
                UserRef::Identity(_) => None,
            },
            Operation::RemoveUser(op) => Some(match op.user {
                UserRef::AcsUser(_) => "/acs/access_groups/remove_user",
                UserRef::Identity(_) => "/acs/users/remove_from_access_group",
            }),
            _ => None,
        };
        let forms = Form::all(operation).into_iter();
        forms
            .flat_map(|form| {
                let usual = Self {
                    form: form.clone(),
                    path: None,
                };
                let other = other.map(|path| Self {
                    form,
                    path: Some(path),
                });
                [Some(usual), other]
            })
            .flatten()
            .collect()
    }

    /// The request, as it goes over the wire.
    pub(crate) fn request(&self, operation: &Operation, caller: Caller) -> Request<Vec<u8>> {
        let endpoint = Endpoint::default();
        let mut request = encode(operation, &endpoint, &caller.credential(), &self.form);
        let query = request.uri().query().map(str::to_owned);
        let path = self.path.unwrap_or_else(|| request.uri().path());
        let target = match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        *request.uri_mut() = Uri::try_from(target).expect("a path and a query");
        request
    }
}

impl Caller {
    fn credential(self) -> Credential {
        let (token, world) = match self {
            Self::Key(World::First) => return Credential::api_key(KEY_OF_FIRST).expect("a key"),
            Self::Key(_) => return Credential::api_key(KEY_OF_SECOND).expect("a key"),
            Self::Token(world) => (TOKEN_OF_BOTH, world),
            Self::TokenOfFirst(world) => (TOKEN_OF_FIRST, world),
            Self::UnknownToken(world) => ("seam_at1_unknown", world),
        };
        Credential::personal_access_token(token, world.workspace()).expect("a token")
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

/// Asks a new server, to which nothing has happened yet.
pub(crate) fn ask(check: Check, way: &Way, operation: &Operation, caller: Caller) -> Outcome {
    let (first, second) = stores(check);
    let (of_first, of_second) = (Ports::of(first.clone()), Ports::of(second.clone()));
    let [in_first, in_second] = [World::First, World::Second].map(World::workspace);
    let credentials = Credentials::new()
        .with_key(&Secret::new(KEY_OF_FIRST), of_first.clone())
        .with_key(&Secret::new(KEY_OF_SECOND), of_second.clone())
        .with_token(&Secret::new(TOKEN_OF_FIRST), in_first, of_first.clone())
        .with_token(&Secret::new(TOKEN_OF_BOTH), in_first, of_first)
        .with_token(&Secret::new(TOKEN_OF_BOTH), in_second, of_second);
    let request = way.request(operation, caller).map(Body::from);
    let (parts, body) = RUNTIME.block_on(async {
        let response = router(credentials).oneshot(request).await;
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

/// What the workspaces hold at first.
pub(crate) fn before(check: Check) -> (&'static State, &'static State) {
    match check {
        Check::InPlace => (&FIRST, &SECOND),
        Check::Removed => (&BOTH, &BOTH),
    }
}

fn stores(check: Check) -> (InMemory, InMemory) {
    let (first, second) = before(check);
    let store = |state: &State| InMemory::new(state.clone()).with_clock(|| NOW);
    let first = store(first);
    match check {
        Check::InPlace => (first, store(second)),
        Check::Removed => (first.clone(), first),
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
