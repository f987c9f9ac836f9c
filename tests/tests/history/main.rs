//! The history of a store on SQLite beside what it tells of.

mod law;

use access_groups_core::{Workspace, WorkspaceId};
use access_groups_sqlite::{Database, OpenOptions};

#[tokio::test]
async fn history_tells_of_all_pairs() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = OpenOptions::new().without_fsync();
    let database: Database = options.open(folder.path().join("site.db")).expect("opened");
    let workspace = Workspace::new(WorkspaceId::from_u128(1), "Lab");
    assert!(database.create_workspace(&workspace).expect("created"));
    law::history_tells_of_all_pairs(&database, workspace.workspace_id).await;
}
