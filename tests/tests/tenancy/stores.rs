//! What is behind the credentials: stores in memory that are made anew for each request, or a SQL database
//! with both workspaces in it, which are made anew once a request has changed something.

use std::sync::Arc;

use access_groups_core::{AccessGroupPort, Workspace};
use access_groups_in_memory::{InMemory, State};
use access_groups_sql::SqlStore;

use crate::{
    learnt::without_new,
    service::{Check, RUNTIME},
    world::{NOW, World, site},
};

/// A database, and what its workspaces hold before each request.
#[derive(Debug)]
pub(crate) struct Database {
    store: Arc<dyn SqlStore>,
    before: [String; 2],
    states: [State; 2],
}

impl Database {
    pub(crate) fn filled(store: Arc<dyn SqlStore>) -> Self {
        let mut database = Self {
            store,
            before: Default::default(),
            states: [State::new(), State::new()],
        };
        database.refill();
        let before = database.exported();
        database.states = before.clone().map(|site| state(&site));
        database.before = before;
        database
    }

    /// Both workspaces as they were, whatever is in them.
    fn refill(&self) {
        for world in WORLDS {
            let workspace = Workspace::new(world.workspace(), world.text("workspace"));
            RUNTIME.block_on(async {
                let store = &self.store;
                let deleted = store.delete_workspace(workspace.workspace_id).await;
                deleted.expect("deleted, or not there");
                let created = store.create_workspace(&workspace).await;
                assert!(created.expect("created"));
                let port = store.workspace(workspace.workspace_id).await;
                let port = port.expect("read").expect("created");
                port.import(&site(&[world]).to_site_json())
                    .await
                    .expect("a sound site");
            });
        }
    }

    pub(crate) fn before(&self) -> (&State, &State) {
        (&self.states[0], &self.states[1])
    }

    /// The ports of both workspaces.
    pub(crate) fn ports(&self) -> [Arc<dyn AccessGroupPort>; 2] {
        WORLDS.map(|world| {
            let port = RUNTIME.block_on(self.store.workspace(world.workspace()));
            let port: Arc<dyn AccessGroupPort> = port.expect("read").expect("created");
            port
        })
    }

    /// What they hold now; then they are as before.
    pub(crate) fn taken(&self) -> [State; 2] {
        let after = self.exported();
        if after == self.before {
            return self.states.clone();
        }
        self.refill();
        after.map(|site| state(&site))
    }

    fn exported(&self) -> [String; 2] {
        WORLDS.map(|world| {
            RUNTIME.block_on(async {
                let port = self.store.workspace(world.workspace()).await;
                let port = port.expect("read").expect("created");
                port.export().await.expect("exported")
            })
        })
    }
}

const WORLDS: [World; 2] = [World::First, World::Second];

fn state(site: &str) -> State {
    State::from_site_json(&without_new(site)).expect("a sound site")
}

/// Stores in memory with this in them: one for each credential, or one for both.
pub(crate) fn in_memory(check: Check, first: &State, second: &State) -> [InMemory; 2] {
    let store = |state: &State| InMemory::new(state.clone()).with_clock(|| NOW);
    let first = store(first);
    let second = match check {
        Check::InPlace => store(second),
        Check::Removed => first.clone(),
    };
    [first, second]
}
