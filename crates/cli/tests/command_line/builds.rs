//! Two builds at once, of which one knows a further step of the schema: the older one is the binary, the newer
//! one is in the process of the test.

use access_groups_sql::Step;
use access_groups_sqlite::OpenOptions;

use crate::{
    databases::Databases,
    harness::{GRACE, KEY, POOL, Running, ask, await_that, binary, run, serve, status_of},
};

impl Databases {
    /// Brings the file to the version of a build that has these steps, too.
    fn migrate_to(&self, steps: &[Step]) {
        let steps = [OpenOptions::steps(), steps].concat();
        let path = self.site.path().with_file_name("site.db");
        let newer = OpenOptions::new().with_steps(steps);
        newer.migrate(path).expect("migrated");
    }
}

/// Older builds need not know it.
fn column() -> Step {
    Step {
        name: "nicknames",
        sql: "ALTER TABLE acs_user ADD COLUMN nickname TEXT",
        reads_from: 1,
    }
}

/// Older builds must not work after it.
fn table() -> Step {
    Step {
        name: "badges",
        sql: "CREATE TABLE badge (workspace BLOB NOT NULL PRIMARY KEY) STRICT",
        reads_from: u32::try_from(OpenOptions::steps().len() + 2).expect("few"),
    }
}

#[test]
fn a_newer_file_is_refused_by_name() {
    let databases = Databases::imported();
    databases.migrate_to(&[column(), table()]);
    for command in [
        &["groups"][..],
        &["add", "--user", GRACE, "--group", POOL],
        &["export"],
        &["check-store"],
        &["migrate"],
        &["backup", "copy.db"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["serve", "--listen", "127.0.0.1:0", "--migrate"],
    ] {
        databases
            .run(command)
            .badly(1)
            .saying("site.db: access-groups")
            .saying("has brought the database to schema 3")
            .saying("this one knows 1: use that version or a newer one");
    }
}

#[test]
fn an_older_build_serves_as_long_as_it_may() {
    let databases = Databases::imported();
    let mut command = binary(&["--store", &databases.store()]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    let (mut server, address) = serve(command);
    databases.migrate_to(&[column()]);
    run(&address, &["add", "--user", GRACE, "--group", POOL]).well();
    databases
        .run(&["remove", "--user", GRACE, "--group", POOL])
        .well();
    databases.migrate_to(&[column(), table()]);
    // Before anything tells it.
    run(&address, &["add", "--user", GRACE, "--group", POOL]).badly(1);
    assert_ne!(status_of(&address, KEY), 200);
    let start = "warning: the database is away, or saves no change: ";
    let note = server.note(start).expect("it goes on");
    assert!(note.contains("to schema 3"), "{note}");
    await_that(|| ask(&address, "GET /ready", &[], "").starts_with("HTTP/1.1 503"));
}

#[test]
fn serving_migrates_only_when_told() {
    let databases = Databases::new();
    let path = databases.site.path().with_file_name("site.db");
    // A build before the first step: it makes no tables.
    drop(OpenOptions::new().with_steps([]).open(path));
    let serving = ["serve", "--listen", "127.0.0.1:0"];
    let refused = databases.run(&serving).badly(1);
    refused
        .saying("site.db lacks step 1 of the schema (tables)")
        .saying("run `access-groups migrate`");
    let mut command = binary(&["--store", &databases.store()]);
    command.args(serving).arg("--migrate");
    let mut server = Running::start(command);
    server.await_note("migrated: step 1: tables");
    assert!(server.line().starts_with("listening on "));
    databases.run(&["migrate"]).well();
}
