//! What every SQL store does alike. `tests/sql_stores` has the same on SQLite.

use access_groups_postgres::Database;
use access_groups_tests::sql_stores;

use super::{opened, store};

async fn opened() -> Database {
    let settings = opened::settings().await;
    Database::connect(&settings).await.expect("connected")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_deleted_workspace_is_not_found() {
    sql_stores::deleted_workspace_is_not_found(&opened().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn one_workspace_is_the_first() {
    sql_stores::one_workspace_is_the_first(&store::empty().await.1).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn only_an_empty_workspace_is_deleted() {
    sql_stores::only_an_empty_workspace_is_deleted(&opened().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_imported_site_is_that_of_its_workspace() {
    sql_stores::imported_site_is_that_of_its_workspace(&opened().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_export_is_what_was_imported() {
    sql_stores::export_is_what_was_imported(&opened().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_import_leaves_a_line() {
    sql_stores::an_import_leaves_a_line(&opened().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn of_two_imports_one_finds_it_full() {
    sql_stores::of_two_imports_one_finds_it_full(&opened().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_key_is_found_by_its_name() {
    sql_stores::a_key_is_found_by_its_name(&opened().await).await;
}
