//! Every statement stays in one workspace, and uses an index that begins with it.

use std::{fs, path::Path};

use rusqlite::{Connection, types::Null};

use super::{ALL, EXEMPT};
use crate::schema;

#[test]
fn every_statement_stays_in_one_workspace() {
    let database = Connection::open_in_memory().expect("opened");
    database.execute_batch(schema::TABLES).expect("created");
    for (name, sql) in ALL {
        let offences = offences(&database, sql.0);
        assert!(offences.is_empty(), "{name}: {offences:?}\n{}", sql.0);
    }
}

#[test]
fn a_statement_is_exempt_for_a_reason() {
    let database = Connection::open_in_memory().expect("opened");
    database.execute_batch(schema::TABLES).expect("created");
    for (sql, reason) in EXEMPT {
        assert!(!reason.is_empty());
        let offences = offences(&database, sql.0);
        assert!(!offences.is_empty(), "needs no exemption: {}", sql.0);
    }
    let texts = include_str!("../statements.rs");
    let across = texts.matches(": Across =").count();
    assert_eq!(across, EXEMPT.len(), "each is listed with its reason");
}

#[test]
fn a_key_is_found_by_an_index() {
    let database = Connection::open_in_memory().expect("opened");
    database.execute_batch(schema::TABLES).expect("created");
    let steps = offences(&database, super::KEY.0);
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert!(
        steps[0].contains("INDEX credential_key (digest=?)"),
        "{steps:?}"
    );
}

#[test]
fn a_statement_without_workspace_is_found() {
    let database = Connection::open_in_memory().expect("opened");
    database.execute_batch(schema::TABLES).expect("created");
    for leaky in [
        "SELECT body FROM acs_user WHERE id = ?1",
        "DELETE FROM acs_user",
        "SELECT u.body FROM membership AS m JOIN acs_user AS u ON u.id = m.acs_user \
            WHERE m.workspace = ?1",
        "INSERT INTO workspace (body) VALUES (?1)",
        "INSERT INTO history (workspace, number) VALUES (?1, (SELECT max(number) FROM history))",
        "INSERT OR REPLACE INTO acs_user_search (rowid, text) \
            VALUES ((SELECT number FROM acs_user WHERE id = ?2), ?3)",
        "INSERT OR REPLACE INTO acs_user_search (rowid, text) VALUES (?1, ?2)",
        "INSERT INTO acs_user_block (workspace, block, oldest_s, newest_s, rows) \
            VALUES (?1, (SELECT number >> 10 FROM acs_user WHERE id = ?2), ?3, ?3, 1)",
        "SELECT r.body FROM acs_user_search AS s JOIN acs_user AS r ON r.number = s.rowid \
            WHERE s.acs_user_search MATCH ?2 AND ?1",
    ] {
        assert!(!offences(&database, leaky).is_empty(), "{leaky}");
    }
}

// Texts elsewhere would be seen by neither test.
#[test]
fn no_other_file_has_statements_on_rows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_exempt = ["statements.rs", "tests.rs", "schema.rs"]
                .iter()
                .any(|exempt| path.components().any(|part| part.as_os_str() == *exempt));
            let text = fs::read_to_string(&path).expect("a text");
            let table = schema_tables().find(|table| {
                let mut words = ["FROM", "INTO", "JOIN", "UPDATE"].into_iter();
                words.any(|word| text.contains(&format!("{word} {table}")))
            });
            assert!(
                is_exempt || table.is_none(),
                "{}: {table:?}",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 10);
}

fn schema_tables() -> impl Iterator<Item = &'static str> {
    let after = schema::TABLES.split("CREATE TABLE ").skip(1);
    after.map(|table| table.split_whitespace().next().expect("a name"))
}

/// The steps of the plan that are not limited to one workspace; and the text of an insertion of which the
/// workspace is not the first value.
fn offences(database: &Connection, sql: &str) -> Vec<String> {
    let mut steps = plan(database, sql);
    let touches = |step: &String| step.starts_with("SEARCH") || step.starts_with("SCAN");
    let is_insertion = sql.starts_with("INSERT ");
    assert!(is_insertion || steps.iter().any(touches), "{steps:?}");
    // A search index names rows of all workspaces by their numbers, of which the others are left out.
    let is_found = |step: &String| {
        let names_rows = step.starts_with("SCAN s VIRTUAL TABLE INDEX ");
        names_rows || step == "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"
    };
    let is_search = sql.contains(" WHERE r.workspace = ?1 AND s.");
    steps.retain(|step| touches(step) && !step.contains("(workspace=?"));
    steps.retain(|step| !(is_search && is_found(step)));
    if is_insertion && !is_into_one_workspace(sql) {
        steps.push(sql.to_owned());
    }
    steps
}

/// What SQLite is to do for the statement. What an insertion reads is in it, and what it writes is not.
fn plan(database: &Connection, sql: &str) -> Vec<String> {
    let mut plan = database
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a sound statement");
    let values = vec![Null; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(values), |row| row.get("detail"));
    let steps: Result<Vec<String>, _> = steps.expect("a plan").collect();
    steps.expect("texts")
}

/// The tables of search indexes have no workspace: a row there has the number of one that has.
fn is_into_one_workspace(sql: &str) -> bool {
    let Some(insertion) = sql.strip_prefix("INSERT INTO ") else {
        let numbered = "_search (rowid, text) VALUES ((SELECT number FROM ";
        return sql.starts_with("INSERT OR REPLACE INTO ") && sql.contains(numbered);
    };
    let (_, columns) = insertion.split_once('(').expect("columns");
    columns.starts_with("workspace") && sql.contains("VALUES (?1")
}
