//! The history as it is read, beside what changes leave in it.

use access_groups_core::Workspace;
use access_groups_postgres::{HistoryFilter, SqlStore};
use access_groups_tests::cluster::{sql, until};

use super::store::{NORTH, empty};

#[path = "../history/law.rs"]
mod law;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn history_tells_of_all_pairs() {
    let (_, database) = empty().await;
    let created = database
        .create_workspace(&Workspace::new(NORTH, "North"))
        .await;
    assert!(created.expect("created"));
    law::history_tells_of_all_pairs(&database, NORTH).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn lines_of_one_change_stay_together() {
    let (url, database) = empty().await;
    let created = database
        .create_workspace(&Workspace::new(NORTH, "North"))
        .await;
    assert!(created.expect("created"));
    // As three nodes would leave them that commit in the same millisecond.
    for (nonce, line) in [(2, 1), (3, 0), (1, 0), (2, 0), (1, 1), (3, 1)] {
        let insert = format!(
            "insert into access_groups.history (workspace, at_ms, nonce, line, operation, event) \
             values ('{NORTH}', 7, {nonce}, {line}, '{nonce}.{line}', 'joined')"
        );
        sql(&url, &insert);
    }
    let lines = database.history(NORTH, &HistoryFilter::default()).await;
    let lines = lines.expect("read");
    let shown: Vec<_> = lines.iter().map(|entry| &*entry.operation).collect();
    assert_eq!(shown, ["3.1", "3.0", "2.1", "2.0", "1.1", "1.0"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn history_of_an_actor_has_an_index() {
    let (url, database) = empty().await;
    let insert = format!(
        "insert into access_groups.history (workspace, at_ms, nonce, line, operation, actor, event) \
         select '{NORTH}', number, number, 0, 'add_user', 'actor ' || number / 2, 'joined' \
         from generate_series(1, 20000) as number; analyze access_groups.history"
    );
    sql(&url, &insert);
    let mut filter = HistoryFilter::default();
    // More often than before a plan is kept, and first without a condition.
    for actor in [None, Some("actor 7".to_owned())] {
        filter.actor = actor;
        for _ in 0..8 {
            let lines = database.history(NORTH, &filter).await.expect("read");
            assert_eq!(lines.len(), if filter.actor.is_some() { 2 } else { 1_000 });
        }
    }
    // Sessions tell what they have done when they end.
    drop(database);
    let used = "select idx_scan from pg_stat_user_indexes where indexrelname = 'history_actor'";
    // Twice each time: for the actor, and for a key of this name.
    until("the index was used", || sql(&url, used) == "16");
}
