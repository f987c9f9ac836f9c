//! Every statement stays in one workspace.

use std::{fs, path::Path};

use access_groups_core::names::FOLD_VERSION;

use super::{ALL, LOCKING, walks};
use crate::schema;

#[test]
fn every_statement_stays_in_one_workspace() {
    let locking = LOCKING.iter().map(|(name, sql)| (*name, sql.none));
    let all = ALL.iter().chain(walks::ALL).copied();
    for (name, sql) in all.chain(locking) {
        assert!(stays(sql.text), "{name}: {}", sql.text);
    }
}

#[test]
fn statements_and_indexes_know_the_fold() {
    assert_eq!(fold!(), FOLD_VERSION.to_string());
    let index = format!("(workspace, fold, id)\n    WHERE fold <> {FOLD_VERSION};");
    let last = schema::STEPS.iter().rev();
    let count = last
        .map(|step| step.sql.matches(&index).count())
        .sum::<usize>();
    assert_eq!(
        count, 2,
        "a new fold needs a step that makes these indexes anew"
    );
}

#[test]
fn a_statement_without_workspace_is_found() {
    for leaky in [
        "SELECT body FROM access_groups.acs_user WHERE id = $1",
        "DELETE FROM access_groups.acs_user",
        "SELECT u.body FROM access_groups.membership AS m \
         JOIN access_groups.acs_user AS u ON u.id = m.acs_user WHERE m.workspace = $1",
        "INSERT INTO access_groups.workspace (body) VALUES ($1)",
        "INSERT INTO access_groups.claim (workspace, slot) VALUES ($2, $1)",
        "WITH pair AS (INSERT INTO access_groups.membership (workspace, acs_user) VALUES ($2, $1)) \
         INSERT INTO access_groups.history (workspace, at_ms) VALUES ($1, $3)",
        "SELECT body FROM access_groups.acs_user WHERE workspace = $2",
        "WITH gone AS (DELETE FROM access_groups.membership RETURNING acs_user) \
         INSERT INTO access_groups.history (workspace, acs_user) SELECT $1, acs_user FROM gone",
    ] {
        assert!(!stays(leaky), "{leaky}");
    }
}

// Texts elsewhere would be seen by neither test.
#[test]
fn no_other_file_has_statements_on_rows() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().and_then(|name| name.to_str());
            let is_exempt = name.is_some_and(|name| EXEMPT.contains(&name));
            let text = fs::read_to_string(&path).expect("a text");
            let table = tables().find(|table| text.contains(table));
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

const EXEMPT: &[&str] = &[
    "statements.rs",
    "walks.rs",
    "everywhere.rs",
    "schema.rs",
    "tests.rs",
];

/// The tables with rows of workspaces.
fn tables() -> impl Iterator<Item = &'static str> {
    let after = schema::STEPS[0].sql.split("CREATE TABLE ").skip(1);
    after.map(|table| table.split_whitespace().next().expect("a name"))
}

/// Whether each table that the statement names is limited to the workspace that is its first value.
fn stays(text: &str) -> bool {
    let two = text.strip_prefix("WITH pair AS (");
    if let Some((pair, line)) = two.and_then(|two| two.split_once(") INSERT INTO ")) {
        return stays(pair) && stays(&format!("INSERT INTO {line}"));
    }
    let (before, inserted) = match text.split_once("INSERT INTO access_groups.") {
        Some((before, inserted)) => (before, Some(inserted)),
        None => (text, None),
    };
    let is_inserted = inserted.is_none_or(|rest| {
        let columns = rest.split_once('(').map_or("", |(_, columns)| columns);
        let values = rest.contains("VALUES ($1,") || rest.contains("SELECT $1,");
        columns.starts_with("workspace,") && values
    });
    let rest = [before, inserted.unwrap_or_default()];
    let count = |part: &str| {
        rest.iter()
            .map(|text| text.matches(part).count())
            .sum::<usize>()
    };
    let (named, first) = (count("access_groups."), count("workspace = $1"));
    // A table that is joined has the workspace of the one that it is joined to.
    let joined = ["m", "u", "i"].iter();
    let joined = joined.map(|alias| count(&format!("workspace = {alias}.workspace")));
    is_inserted && (first > 0 || named == 0) && named <= first + joined.sum::<usize>()
}
