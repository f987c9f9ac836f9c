//! A server with two workspaces, which hold the same before each request.

use std::sync::{Arc, LazyLock};

use access_groups_core::AccessGroupPort;
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
use access_groups_sql::SqlStore;
use http::HeaderMap;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::{
    learnt::without_new,
    request::Request,
    stores::{Database, in_memory},
    world::{World, site},
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
    /// `None`: stores in memory.
    database: Option<Database>,
}

impl Service {
    pub(crate) fn new(check: Check) -> Self {
        let credentials = Credentials::new();
        Self {
            check,
            router: router(credentials.clone()),
            credentials,
            database: None,
        }
    }

    /// With both workspaces in this database.
    pub(crate) fn over(store: Arc<dyn SqlStore>) -> Self {
        let database = Database::filled(store);
        let mut service = Self::new(Check::InPlace);
        service.open(database.ports());
        service.database = Some(database);
        service
    }

    /// Sends one request, to workspaces that no earlier request has changed.
    pub(crate) fn ask(&self, request: &Request, caller: Caller) -> Outcome {
        let stores = self.database.is_none().then(|| self.refill());
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
        let mut body = String::from_utf8(body.into()).expect("text");
        let [first, second] = match (&self.database, stores) {
            (Some(database), _) => {
                body = without_new(&body);
                headers.remove("content-length");
                database.taken()
            }
            (None, stores) => stores.expect("made anew").map(|store| store.snapshot()),
        };
        Outcome {
            status: parts.status.as_u16(),
            headers,
            body,
            first,
            second,
        }
    }

    /// What the workspaces hold before each request.
    pub(crate) fn before(&self) -> (&State, &State) {
        match (&self.database, self.check) {
            (Some(database), _) => database.before(),
            (None, Check::InPlace) => (&FIRST, &SECOND),
            (None, Check::Removed) => (&BOTH, &BOTH),
        }
    }

    /// Replaces the stores behind all credentials.
    fn refill(&self) -> [InMemory; 2] {
        let (first, second) = self.before();
        let stores = in_memory(self.check, first, second);
        self.open(
            stores
                .clone()
                .map(|store| Arc::new(store) as Arc<dyn AccessGroupPort>),
        );
        stores
    }

    /// Lets each credential open its ports.
    fn open(&self, [of_first, of_second]: [Arc<dyn AccessGroupPort>; 2]) {
        let [in_first, in_second] = [World::First, World::Second].map(World::workspace);
        let credentials = &self.credentials;
        credentials.insert_key(&Secret::new(KEY_OF_FIRST), of_first.clone());
        credentials.insert_key(&Secret::new(KEY_OF_SECOND), of_second.clone());
        credentials.insert_token(&Secret::new(TOKEN_OF_FIRST), in_first, of_first.clone());
        credentials.insert_token(&Secret::new(TOKEN_OF_BOTH), in_first, of_first);
        credentials.insert_token(&Secret::new(TOKEN_OF_BOTH), in_second, of_second);
    }
}

static FIRST: LazyLock<State> = LazyLock::new(|| site(&[World::First]));
static SECOND: LazyLock<State> = LazyLock::new(|| site(&[World::Second]));
static BOTH: LazyLock<State> = LazyLock::new(|| site(&[World::First, World::Second]));
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

const KEY_OF_FIRST: &str = "seam_first";
const KEY_OF_SECOND: &str = "seam_second";
const TOKEN_OF_FIRST: &str = "seam_at1_first";
const TOKEN_OF_BOTH: &str = "seam_at1_both";
