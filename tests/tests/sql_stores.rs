//! What every SQL store does alike, on SQLite. `tests/postgres` has the same on PostgreSQL.

use access_groups_sqlite::Database;
use access_groups_tests::sql_stores;
use tempfile::TempDir;

fn opened() -> (TempDir, Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(folder.path().join("site.db")).expect("opened");
    (folder, database)
}

#[tokio::test]
async fn a_deleted_workspace_is_not_found() {
    let (_folder, database) = opened();
    sql_stores::deleted_workspace_is_not_found(&database).await;
}

#[tokio::test]
async fn an_imported_site_is_that_of_its_workspace() {
    let (_folder, database) = opened();
    sql_stores::imported_site_is_that_of_its_workspace(&database).await;
}
