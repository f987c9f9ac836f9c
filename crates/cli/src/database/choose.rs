//! The workspace of a database that a command works on.

use std::sync::Arc;

use access_groups_core::{BlockingAccessGroupPort, Context, Error, Store, WorkspaceId, names};
use access_groups_sql::StoredWorkspace;
use tokio::runtime::Runtime;

use super::{Database, DatabaseName, port::Waiting};
use crate::{
    args::Options, describe::line, failure::Failure, output, resolve::SHORTEST_ID, table::Table,
};

/// A workspace of an open database.
pub(crate) struct Chosen {
    pub(crate) stored: StoredWorkspace,
    identity: String,
    runtime: Arc<Runtime>,
    store: Arc<dyn Store>,
}

impl Chosen {
    pub(super) fn new(database: &Database, stored: StoredWorkspace, store: Arc<dyn Store>) -> Self {
        Self {
            identity: format!("{}#{}", database.name.identity(), stored.id),
            stored,
            runtime: Arc::clone(&database.runtime),
            store,
        }
    }

    /// The port of the workspace.
    pub(crate) fn port(&self) -> Arc<dyn BlockingAccessGroupPort> {
        Arc::new(Waiting {
            runtime: Arc::clone(&self.runtime),
            store: Arc::clone(&self.store),
        })
    }

    /// The workspace as an async store.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Its name, or else its id.
    pub(crate) fn called(&self) -> String {
        called(&self.stored)
    }

    /// What it is, the same whatever way the database is named.
    pub(crate) fn identity(&self) -> String {
        self.identity.clone()
    }

    /// The options that choose it, if any were given.
    pub(crate) fn options(&self, options: &Options) -> Vec<(&'static str, String)> {
        let given = options.workspaces.first();
        let given = given.map(|_| ("--workspace", self.stored.id.to_string()));
        given.into_iter().collect()
    }

    /// Everything in it as a site file.
    pub(crate) fn export(&self) -> Result<String, Error> {
        self.runtime.block_on(self.store.export())
    }

    /// Fills it from a site file, if it is empty, on behalf of somebody.
    pub(crate) fn import(&self, site: &str, actor: String) -> Result<(), Error> {
        let context = Context::new().with_actor(actor);
        self.runtime
            .block_on(self.store.import_with(site, &context))
    }
}

/// The workspace that is wanted; without a wish, the only one.
pub(super) fn among(
    all: &[StoredWorkspace],
    wanted: Option<&str>,
    database: &DatabaseName,
) -> Result<StoredWorkspace, Failure> {
    let matching = |workspace: &&StoredWorkspace| wanted.is_none_or(|text| is_it(workspace, text));
    let found: Vec<_> = all.iter().filter(matching).collect();
    match (&*found, wanted) {
        ([only], _) => Ok((*only).clone()),
        ([], Some(text)) => Err(unknown(text, all, database)),
        ([], None) => {
            Err(Failure::failed(format!("{database} has no workspace")).with_hint(NONE_YET))
        }
        (several, None) => Err(Failure::usage(format!(
            "{database} has {} workspaces, and none is chosen",
            several.len()
        ))
        .with_detail(listed(several))
        .with_hint(CHOOSE)),
        (several, Some(text)) => {
            let message = format!("{} workspaces match {}", several.len(), line(text));
            Err(Failure::failed(message)
                .with_detail(listed(several))
                .with_hint(CHOOSE))
        }
    }
}

/// The failure for a workspace that there is not.
pub(super) fn unknown(text: &str, all: &[StoredWorkspace], database: &DatabaseName) -> Failure {
    let failure = Failure::failed(format!("{database} has no workspace {}", line(text)));
    match all {
        [] => failure.with_hint(NONE_YET),
        all => failure
            .with_detail(listed(&all.iter().collect::<Vec<_>>()))
            .with_hint(CHOOSE),
    }
}

/// By id, by the beginning of one, or by name.
fn is_it(workspace: &StoredWorkspace, text: &str) -> bool {
    let text = text.trim();
    if let Ok(id) = text.parse::<WorkspaceId>() {
        // A whole id is never a name: it must not depend on what exists.
        return workspace.id == id;
    }
    let has_name = workspace
        .name
        .as_ref()
        .is_some_and(|name| names::are_same(name, text));
    let id = workspace.id.to_string();
    has_name || (text.len() >= SHORTEST_ID && id.starts_with(&text.to_lowercase()))
}

/// What it is called.
pub(super) fn called(workspace: &StoredWorkspace) -> String {
    match &workspace.name {
        Some(name) if !name.is_empty() => line(name),
        _ => workspace.id.to_string(),
    }
}

fn listed(workspaces: &[&StoredWorkspace]) -> String {
    let rows = workspaces.iter();
    let rows = rows.map(|workspace| vec![called(workspace), workspace.id.to_string()]);
    output::table_in_failure(Table::new(["workspace", "id"], rows))
}

/// What to do about a database without a workspace.
const NONE_YET: &str = "without --workspace, `access-groups import SITE.json` makes the one of a site; \
    `access-groups workspaces create NAME` makes an empty one";

const CHOOSE: &str = "choose one with --workspace ID or NAME, or with ACCESS_GROUPS_WORKSPACE";

#[cfg(test)]
mod tests {
    use super::*;

    const NORTH: &str = "77000000-0000-4000-8000-000000000001";
    const SOUTH: &str = "77000000-0000-4000-8000-000000000002";

    fn all() -> Vec<StoredWorkspace> {
        let of = |id: &str, name| StoredWorkspace::new(id.parse().expect("an id"), name);
        vec![of(NORTH, Some("North".to_owned())), of(SOUTH, None)]
    }

    fn check(all: Vec<StoredWorkspace>, wanted: Option<&str>, expected: Result<&str, &str>) {
        let found = among(&all, wanted, &DatabaseName::Sqlite("a.db".into()));
        match (found, expected) {
            (Ok(found), Ok(id)) => assert_eq!(found.id.to_string(), id, "{wanted:?}"),
            (Err(failure), Err(text)) => {
                assert!(failure.to_string().contains(text), "{wanted:?}: {failure}");
            }
            (found, _) => panic!("{wanted:?}: {found:?}"),
        }
    }

    #[test]
    fn the_only_workspace_is_the_default() {
        let [north, _] = <[_; 2]>::try_from(all()).expect("two");
        check(vec![north], None, Ok(NORTH));
        check(all(), None, Err("has 2 workspaces, and none is chosen"));
        check(Vec::new(), None, Err("workspaces create NAME"));
    }

    #[test]
    fn a_workspace_is_named_by_id_or_name() {
        check(all(), Some(NORTH), Ok(NORTH));
        check(all(), Some(" NORTH "), Ok(NORTH));
        check(
            all(),
            Some("77000000-0000-4000-8000-000000000002"),
            Ok(SOUTH),
        );
        check(all(), Some("77000000"), Err("2 workspaces match 77000000"));
        check(all(), Some("770"), Err("has no workspace 770"));
        check(all(), Some("East"), Err("North"));
    }
}
