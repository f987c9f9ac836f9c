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
async fn one_workspace_is_the_first() {
    let (_folder, database) = opened();
    sql_stores::one_workspace_is_the_first(&database).await;
}

#[tokio::test]
async fn only_an_empty_workspace_is_deleted() {
    let (_folder, database) = opened();
    sql_stores::only_an_empty_workspace_is_deleted(&database).await;
}

#[tokio::test]
async fn an_imported_site_is_that_of_its_workspace() {
    let (_folder, database) = opened();
    sql_stores::imported_site_is_that_of_its_workspace(&database).await;
}

#[tokio::test]
async fn an_export_is_what_was_imported() {
    let (_folder, database) = opened();
    sql_stores::export_is_what_was_imported(&database).await;
}

#[tokio::test]
async fn an_import_leaves_a_line() {
    let (_folder, database) = opened();
    sql_stores::an_import_leaves_a_line(&database).await;
}

#[tokio::test]
async fn of_two_imports_one_finds_it_full() {
    let (_folder, database) = opened();
    sql_stores::of_two_imports_one_finds_it_full(&database).await;
}

#[tokio::test]
async fn a_key_is_found_by_its_name() {
    let (_folder, database) = opened();
    sql_stores::a_key_is_found_by_its_name(&database).await;
}
