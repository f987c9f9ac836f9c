//! Steps of the schema, and builds that know more or fewer of them.

use access_groups_core::{Error, ErrorKind, Workspace};
use access_groups_postgres::{Database, Settings, SqlStore};
use access_groups_sql::Step;
use access_groups_tests::cluster::{Cluster, sql};
use tokio::task::JoinSet;

use super::opened::new_workspace;

/// A database without anything in it.
fn empty() -> (String, Settings) {
    let shared = Cluster::shared();
    let url = shared.url(&shared.create_database());
    let settings = Settings::parse(&url).expect("a sound URL");
    (url, settings)
}

/// What a build of the future knows.
fn future_steps(reads_from: u32) -> &'static [Step] {
    let next = Step {
        name: "a next step",
        sql: "ALTER TABLE access_groups.workspace ADD COLUMN colour text",
        reads_from,
    };
    let steps = Database::steps().iter().copied().chain([next]);
    steps.collect::<Vec<_>>().leak()
}

fn check_refused(outcome: Result<Database, Error>, code: &str) {
    let error = outcome.expect_err("refused");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unsupported, Some(code)),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_empty_database_has_a_code_of_its_own() {
    let (_, settings) = empty();
    let error = Database::connect(&settings).await.expect_err("no tables");
    check_refused(Err(error), "store_empty");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn steps_are_carried_out_once() {
    let (url, settings) = empty();
    let mut migrations = JoinSet::new();
    for _ in 0..4 {
        let settings = settings.clone();
        migrations.spawn(async move { Database::migrate(&settings).await.expect("migrated") });
    }
    let steps = u32::try_from(Database::steps().len()).expect("a few");
    assert_eq!(migrations.join_all().await.into_iter().sum::<u32>(), steps);
    assert_eq!(
        Database::migrate(&settings).await.expect("nothing to do"),
        0
    );
    Database::connect(&settings).await.expect("connected");
    let indexes = "select count(*) from pg_indexes where indexname like '%_folded'";
    assert_eq!(sql(&url, indexes), "2", "trigrams are there");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_next_step_is_compatible_or_not() {
    let (_, settings) = empty();
    Database::migrate(&settings).await.expect("migrated");
    let serving = Database::connect(&settings).await.expect("connected");
    check_refused(
        Database::connect_knowing(&settings, future_steps(1)).await,
        "store_older",
    );
    let done = Database::migrate_to(&settings, future_steps(1)).await;
    assert_eq!(done.expect("migrated"), 1);
    // The older build goes on.
    serving.ready().await.expect("ready");
    let workspace = Workspace::new(new_workspace(), "Lab");
    assert!(serving.create_workspace(&workspace).await.expect("created"));
    Database::connect(&settings).await.expect("connected");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_schema_too_new_is_refused() {
    let (_, settings) = empty();
    Database::migrate(&settings).await.expect("migrated");
    let serving = Database::connect(&settings).await.expect("connected");
    let steps = future_steps(2);
    Database::migrate_to(&settings, steps)
        .await
        .expect("migrated");
    check_refused(Database::connect(&settings).await, "store_newer");
    let error = serving.ready().await.expect_err("not ready");
    assert_eq!(error.code(), Some("store_newer"));
    let made_by = concat!("access-groups ", env!("CARGO_PKG_VERSION"), " has");
    assert!(error.message().starts_with(made_by), "{error}");
    let error = Database::migrate(&settings).await.expect_err("refused");
    assert_eq!(error.code(), Some("store_newer"));
    Database::connect_knowing(&settings, steps)
        .await
        .expect("connected");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn another_builds_step_is_refused() {
    let (url, settings) = empty();
    Database::migrate(&settings).await.expect("migrated");
    let serving = Database::connect(&settings).await.expect("connected");
    let other = "update access_groups.schema_step set digest = decode(repeat('00', 32), 'hex')";
    sql(&url, other);
    check_refused(Database::connect(&settings).await, "store_differs");
    let error = serving.ready().await.expect_err("not ready");
    assert_eq!(error.code(), Some("store_differs"));
    let error = Database::migrate(&settings).await.expect_err("refused");
    assert_eq!(error.code(), Some("store_differs"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_failed_step_leaves_nothing() {
    let (url, settings) = empty();
    Database::migrate(&settings).await.expect("migrated");
    for sql_of_step in [
        "CREATE TABLE access_groups.half (id uuid); SELECT nothing FROM nowhere",
        // The step itself is made, and cannot be noted.
        "CREATE TABLE access_groups.half (id uuid); \
         ALTER TABLE access_groups.schema_step ADD CHECK (name <> 'half a step')",
    ] {
        let broken = Step {
            name: "half a step",
            sql: sql_of_step,
            reads_from: 1,
        };
        let steps = Database::steps().iter().copied().chain([broken]);
        let steps = steps.collect::<Vec<_>>().leak();
        let refused = Database::migrate_to(&settings, steps).await;
        refused.expect_err(sql_of_step);
        let tables = "select count(*) from pg_tables where tablename = 'half'";
        assert_eq!(sql(&url, tables), "0", "{sql_of_step}");
        Database::connect(&settings).await.expect("as before");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn another_encoding_is_refused() {
    let cluster = Cluster::shared();
    let name = cluster.create_database();
    let create = format!(
        "create database {name}_latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"
    );
    cluster.sql("postgres", &create);
    let url = cluster.url(&format!("{name}_latin"));
    let settings = Settings::parse(&url).expect("a sound URL");
    let error = Database::migrate(&settings).await.expect_err("refused");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Unsupported, Some("store_encoding")),
        "{error}"
    );
    assert!(error.to_string().contains("UTF8"), "{error}");
    let schemas = "select count(*) from pg_namespace where nspname = 'access_groups'";
    assert_eq!(sql(&url, schemas), "0");
    let connected = Database::connect(&settings).await;
    let code = connected.expect_err("refused").code().map(str::to_owned);
    assert_eq!(code.as_deref(), Some("store_encoding"));
}
