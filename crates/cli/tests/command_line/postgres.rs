//! `postgres:` stores, on a real server: what commands do there, what servers see of each other, and what a
//! person is told if the database is not as it should be.

use std::fs;

use access_groups_tests::cluster::{Cluster, sql};

use crate::{
    databases::EXAMPLE,
    harness::{
        ADA, Ended, GRACE, GYM, KEY, POOL, Running, Site, ask, await_that, binary, end, run, serve,
    },
};

/// A database, and a small site next to it.
struct Doors {
    url: String,
    site: Site,
}

impl Doors {
    /// Without anything in it.
    fn new() -> Self {
        let shared = Cluster::shared();
        Self::on(shared.url(&shared.create_database()))
    }

    fn on(url: String) -> Self {
        let site = Site::new();
        Self { url, site }
    }

    /// With the tables, and an empty workspace.
    fn migrated(self) -> Self {
        self.run(&["migrate"]).well();
        self.run(&["workspaces", "create", "North"]).well();
        self
    }

    /// With the site.
    fn imported(self) -> Self {
        let doors = self.migrated();
        let site = doors.site.path().display().to_string();
        doors.run(&["import", &site]).well();
        doors
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        binary(&[&["--store", &self.url], arguments].concat())
    }

    #[track_caller]
    fn serve(&self) -> (Running, String) {
        let mut command = self.command(&[]);
        command.env("ACCESS_GROUPS_API_KEY", KEY);
        serve(command)
    }

    #[track_caller]
    fn members(&self, group: &str) -> String {
        self.run(&["members", group, "--format", "csv"])
            .well()
            .stdout
    }
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn what_is_imported_is_exported() {
    let doors = Doors::new();
    doors.run(&["migrate"]).well();
    let expected = fs::read_to_string(EXAMPLE).expect("the example");
    let half = doors
        .site
        .with_file("half.json", &expected[..expected.len() / 2]);
    let refused = doors.run(&["import", &half]).badly(1);
    refused
        .saying("this is not JSON")
        .saying("nothing was imported");
    doors.run(&["import", EXAMPLE]).well();
    assert_eq!(doors.run(&["export"]).well().stdout, expected);
    let refused = doors.run(&["import", EXAMPLE]).badly(1);
    refused
        .saying("is not empty")
        .saying("workspaces create NAME");
    let sound = doors.run(&["check-store"]).well();
    assert!(sound.stdout.ends_with("is sound.\n"), "{sound:?}");
    assert_eq!(doors.run(&["export"]).well().stdout, expected);
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn changes_are_made_and_told() {
    let doors = Doors::new().imported();
    let add = ["add", "--user", "Grace Hopper", "--group", "Pool"];
    doors
        .run(&[&add[..], &["--actor", "porter"]].concat())
        .well();
    assert!(doors.members(POOL).contains(GRACE));
    let again = doors.run(&add).well();
    assert!(again.stdout.contains("already in Pool"), "{again:?}");
    doors.run(&["remove", "--user", ADA, "--group", GYM]).well();
    assert!(!doors.members(GYM).contains(ADA));
    let history = doors.run(&["history", "--actor", "porter"]).well().stdout;
    assert!(history.contains("Grace Hopper joined Pool"), "{history}");
    assert!(!history.contains("Ada"), "{history}");
    doors
        .run(&["add", "--user", "Nobody", "--group", "Pool"])
        .badly(1)
        .saying("Nobody");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn workspaces_and_keys_come_and_go() {
    let doors = Doors::new().imported();
    doors.run(&["workspaces", "create", "South"]).well();
    let refused = doors.run(&["groups"]).badly(64);
    refused.saying("has 2 workspaces, and none is chosen");
    let key = doors.run(&["keys", "create", "--name", "porter", "--workspace", "North"]);
    assert!(key.stdout.starts_with("seam_test"), "{key:?}");
    let listed = doors.run(&["keys"]).well().stdout;
    assert!(
        listed.contains("porter") && listed.contains("North"),
        "{listed}"
    );
    doors.run(&["keys", "revoke", "porter"]).well();
    doors.run(&["keys"]).saying("no keys");
    doors
        .run(&["workspaces", "delete", "South", "--yes"])
        .well();
    assert!(
        doors.members(GYM).contains(ADA),
        "North is the only one again"
    );
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn a_server_sees_changes_of_another() {
    let doors = Doors::new().imported();
    let ((_first, first), (_second, second)) = (doors.serve(), doors.serve());
    run(&first, &["add", "--user", GRACE, "--group", POOL]).well();
    let members = run(&second, &["members", POOL, "--format", "csv"])
        .well()
        .stdout;
    assert!(members.contains(GRACE), "{members}");
    doors.run(&["remove", "--user", ADA, "--group", GYM]).well();
    for server in [first, second] {
        let members = run(&server, &["members", GYM, "--format", "csv"])
            .well()
            .stdout;
        assert!(!members.contains(ADA), "{members}");
    }
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn an_unmigrated_database_names_migrate() {
    let doors = Doors::new();
    let site = doors.site.path().display().to_string();
    for command in [
        &["groups"][..],
        &["import", &site],
        &["workspaces", "create", "North"],
        &["check-store"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let refused = doors.run(command).badly(1);
        refused
            .saying(&doors.url)
            .saying("has no tables of this program yet")
            .saying("`access-groups migrate`");
    }
    let done = doors.run(&["migrate"]).well().stdout;
    assert!(done.contains("step 1: tables"), "{done}");
    let done = doors.run(&["migrate"]).well().stdout;
    assert!(done.contains("nothing was to do"), "{done}");
    let refused = doors.run(&["groups"]).badly(1);
    refused
        .saying("has no workspace")
        .saying("workspaces create NAME");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn other_encodings_are_refused() {
    let doors = Doors::new();
    sql(
        &doors.url,
        "create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0",
    );
    let (server, _) = doors.url.rsplit_once('/').expect("a database");
    let latin = Doors::on(format!("{server}/latin"));
    let refused = latin.run(&["migrate"]).badly(1);
    refused
        .saying(&latin.url)
        .saying("is encoded in LATIN1")
        .saying("createdb --encoding UTF8");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn a_missing_right_is_told() {
    let doors = Doors::new().imported();
    sql(
        &doors.url,
        "create role viewer login; grant usage on schema access_groups to viewer; \
         grant select on all tables in schema access_groups to viewer",
    );
    let viewer = Doors::on(doors.url.replace("postgres@", "viewer@"));
    assert!(viewer.members(GYM).contains(ADA));
    let refused = viewer
        .run(&["add", "--user", GRACE, "--group", POOL])
        .badly(1);
    refused
        .saying("permission denied")
        .saying("grant the user of the URL all rights");
    assert!(!doors.members(POOL).contains(GRACE));
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn a_newer_database_is_refused() {
    let doors = Doors::new().imported();
    let step = "insert into access_groups.schema_step (number, name, digest, reads_from, version) \
                values (2, 'badges', sha256('badges'), 2, '9.8.7')";
    sql(&doors.url, step);
    for command in [
        &["groups"][..],
        &["migrate"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let refused = doors.run(command).badly(1);
        refused
            .saying(&doors.url)
            .saying("access-groups 9.8.7 has brought the database to schema 2")
            .saying("this one knows 1: use that version or a newer one");
    }
}

/// A server of its own that asks the user `clerk` for a password.
fn asking_for_a_password() -> Cluster {
    let cluster = Cluster::start();
    let clerk = "create role clerk superuser login password 'swordfish'";
    cluster.sql("postgres", clerk);
    let rules = cluster.sql("postgres", "show hba_file");
    let others = fs::read_to_string(&rules).expect("root or the same user");
    let rule = "host all clerk samenet scram-sha-256\nhost all clerk 127.0.0.1/32 scram-sha-256\n";
    fs::write(&rules, format!("{rule}{others}")).expect("the same");
    cluster.sql("postgres", "select pg_reload_conf()");
    cluster
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn a_refused_login_is_explained() {
    let cluster = asking_for_a_password();
    let doors = Doors::on(cluster.url("postgres").replace("postgres@", "clerk@"));
    let with = |password: Option<&str>| {
        let mut command = doors.command(&["migrate"]);
        command
            .env("HOME", "/nowhere")
            .envs(password.map(|password| ("PGPASSWORD", password)));
        let ended = end(command);
        assert!(!ended.stderr.contains("fish"), "{ended:?}");
        ended
    };
    // The new rules hold soon after the command that reads them.
    await_that(|| with(None).code == Some(4));
    with(None)
        .badly(4)
        .saying(&doors.url)
        .saying("set PGPASSWORD");
    with(Some("catfish"))
        .badly(4)
        .saying(&doors.url)
        .saying("password authentication failed")
        .saying("set PGPASSWORD");
    with(Some("swordfish")).well();
    let elsewhere = Doors::on(cluster.url("nowhere"));
    elsewhere
        .run(&["groups"])
        .badly(1)
        .saying("the server has no such database")
        .saying("`createdb NAME`");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn a_vanished_server_is_told() {
    let mut cluster = Cluster::durable();
    let doors = Doors::on(cluster.url("postgres")).imported();
    let (_server, address) = doors.serve();
    let ready = |status| {
        let start = format!("HTTP/1.1 {status}");
        await_that(|| ask(&address, "GET /ready", &[], "").starts_with(&start));
    };
    ready(200);
    cluster.kill_primary();
    let refused = doors.run(&["members", GYM]).badly(69);
    refused
        .saying(&doors.url)
        .saying("was not reached")
        .saying("check the address");
    ready(503);
    run(&address, &["members", GYM])
        .badly(69)
        .saying("the service is reached, but busy or down");
    cluster.restart_primary();
    ready(200);
    run(&address, &["members", GYM]).well();
}
