//! The server over `maple-court`, without a socket.

use std::{collections::BTreeMap, sync::Arc};

use access_groups_in_memory::{InMemory, PropagationMode, State};
use access_groups_protocol::Secret;
use access_groups_server::{
    Credentials,
    axum::{Router, body},
    router,
};
use http::Request;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::{
    contract::{CONTRACT, Path},
    requests::candidates,
};

/// A server of its own state.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) store: InMemory,
    router: Router,
    runtime: Runtime,
}

impl Service {
    /// Changes propagate immediately.
    pub(super) fn new() -> Self {
        Self::with(PropagationMode::Immediate)
    }

    pub(super) fn with(mode: PropagationMode) -> Self {
        let state = State::from_site_json(SITE).expect("a site");
        let store = InMemory::new(state)
            .with_clock(|| NOW.parse().expect("an instant"))
            .with_propagation(mode);
        let credentials = Credentials::new().with_key(&Secret::new(KEY), Arc::new(store.clone()));
        Self {
            store,
            router: router(credentials),
            runtime: Runtime::new().expect("a runtime"),
        }
    }

    /// Status and body of the answer to a POST.
    pub(super) fn post(&self, path: &str, request: &Value) -> (u16, Value) {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {KEY}"))
            .header("content-type", "application/json")
            .body(body::Body::from(request.to_string()))
            .expect("a request");
        let answer = async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status().as_u16();
            let body = body::to_bytes(response.into_body(), usize::MAX).await;
            (
                status,
                serde_json::from_slice(&body.expect("a body")).expect("JSON"),
            )
        };
        self.runtime.block_on(answer)
    }

    /// The ids that all lists show, by the name of the field.
    pub(super) fn known_ids(&self) -> BTreeMap<String, Vec<String>> {
        let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, resource) in self.all_lists() {
            for (name, value) in resource.as_object().expect("an object") {
                let ids = known.entry(name.clone()).or_default();
                let id = value.as_str().map(str::to_owned);
                ids.extend(id.filter(|id| name.ends_with("_id") && !ids.contains(id)));
            }
        }
        known
    }

    /// All that is listed without a condition, each with the name of its schema.
    pub(super) fn all_lists(&self) -> Vec<(&'static str, Value)> {
        let mut all = Vec::new();
        for (path, operation) in &CONTRACT.paths {
            if let Some(response) = operation.response.as_ref().filter(|response| response.many) {
                let (_, mut answer) = self.post(path, &json!({}));
                let Value::Array(shown) = answer[&response.key].take() else {
                    continue; // it has a condition that is required
                };
                all.extend(
                    shown
                        .into_iter()
                        .map(|one| (response.resource.as_str(), one)),
                );
            }
        }
        all
    }
}

/// Requests of every form, each with every id that is known, in turn.
pub(super) fn requests(
    operation: &Path,
    known: &BTreeMap<String, Vec<String>>,
) -> impl Iterator<Item = Value> {
    let forms = operation.request.alternatives().iter().flat_map(candidates);
    forms.flat_map(move |form| {
        let ids = form.keys().filter_map(|name| known.get(name)).map(Vec::len);
        let turns = ids.max().unwrap_or(1);
        (0..turns).map(move |turn| with_ids(form.clone(), known, turn).into())
    })
}

/// Ids of one kind take turns; lists of them have one.
fn with_ids(
    mut request: Map<String, Value>,
    known: &BTreeMap<String, Vec<String>>,
    turn: usize,
) -> Map<String, Value> {
    for (name, value) in &mut request {
        let one = known
            .get(name.trim_end_matches('s'))
            .filter(|ids| !ids.is_empty());
        if let Some(ids) = one {
            let id = Value::from(ids[turn % ids.len()].as_str());
            *value = if value.is_array() { json!([id]) } else { id };
        }
    }
    request
}

const SITE: &str = include_str!("../../../../examples/maple-court/site.json");
const NOW: &str = "2026-07-01T08:00:00Z";
const KEY: &str = "seam_test_1";
