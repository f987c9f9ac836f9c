//! `serve` on a database: by the keys in it, next to other processes.

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use access_groups_in_memory::{SiteBuilder, State};

use crate::{
    databases::Databases,
    harness::{
        ADA, Ended, GRACE, GYM, KEY, POOL, Running, Site, ask, await_that, binary, end, run, serve,
    },
};

static COUNT: AtomicU32 = AtomicU32::new(1);

impl Databases {
    fn create_key(&self, options: &[&str]) -> String {
        // Names of keys are unique.
        let name = format!("key {}", COUNT.fetch_add(1, Ordering::Relaxed));
        let create = ["keys", "create", "--actor", &name];
        let created = self.run(&[&create[..], options].concat());
        assert_eq!(created.code, Some(0), "{created:?}");
        created.stdout.trim_end().to_owned()
    }

    fn serve(&self, options: &[&str]) -> (Running, String) {
        serve(binary(&[&["--store", &self.store()][..], options].concat()))
    }

    /// How serving this ends, if it does at once.
    fn refuse_to_serve(&self, listen: &str) -> Ended {
        end(binary(&[
            "--store",
            &self.store(),
            "serve",
            "--listen",
            listen,
        ]))
    }
}

/// Runs a command with this key.
fn run_with(key: &str, address: &str, arguments: &[&str]) -> Ended {
    let mut command = binary(&[&["--store", address][..], arguments].concat());
    command.env("SEAM_API_KEY", key);
    end(command)
}

#[test]
fn stored_keys_open_their_workspaces() {
    let databases = Databases::imported();
    databases.run(&["workspaces", "create", "South"]).well();
    let north = databases.create_key(&["--workspace", "site", "--name", "north"]);
    let south = databases.create_key(&["--workspace", "South"]);
    let (mut server, address) = databases.serve(&[]);
    server.await_note("2 keys and tokens of the database");
    let groups = run_with(&north, &address, &["groups", "--format", "csv"])
        .well()
        .stdout;
    assert!(groups.contains("Gym"), "{groups}");
    let none = run_with(&south, &address, &["groups"]);
    assert_eq!((none.code, &*none.stdout), (Some(0), ""), "{none:?}");
    run_with("seam_swordfish_1", &address, &["groups"]).badly(4);
    // A key that nobody has tried is accepted at once.
    let new = databases.create_key(&["--workspace", "site"]);
    run_with(&new, &address, &["groups"]).well();
}

#[test]
fn a_change_is_seen_by_other_processes() {
    let databases = Databases::imported();
    let key = databases.create_key(&["--name", "front desk"]);
    let (mut server, address) = databases.serve(&[]);
    run_with(&key, &address, &["add", "--user", GRACE, "--group", POOL]).well();
    let members = databases
        .run(&["members", POOL, "--format", "csv"])
        .well()
        .stdout;
    assert!(members.contains(GRACE), "{members}");
    databases
        .run(&["remove", "--user", ADA, "--group", GYM])
        .well();
    let members = run_with(&key, &address, &["members", GYM]);
    assert!(!members.stdout.contains("Ada"), "{members:?}");
    let history = databases
        .run(&["history", "--user", GRACE, "--format", "json"])
        .well()
        .json();
    let line = &history["history"][0];
    let actor = line["actor"].as_str().expect("an actor");
    assert!(actor.starts_with("front desk (sha256:"), "{line}");
    assert!(line["request_id"].is_string(), "{line}");
    // The log says the same.
    let logged = server.note("20").expect("a line");
    assert!(logged.contains(actor), "{logged}");
    server.signal("TERM");
    assert_eq!(server.end().code, Some(0));
    // The last to leave clears the other two files away.
    assert_eq!(databases.site.files(), ["site.db", "site.json"]);
}

#[cfg(unix)]
#[test]
fn a_replaced_file_is_not_served() {
    let databases = Databases::imported();
    let key = databases.create_key(&["--name", "front desk"]);
    let path = databases.site.path().with_file_name("site.db");
    let copy = path.with_file_name("copy.db");
    databases
        .run(&["backup", &copy.display().to_string()])
        .well();
    let (mut server, address) = databases.serve(&[]);
    std::fs::rename(&copy, &path).expect("replaced");
    let add = ["add", "--user", GRACE, "--group", POOL];
    let refused = run_with(&key, &address, &add);
    assert_eq!(refused.code, Some(69), "{refused:?}");
    refused.saying("was replaced, renamed or deleted");
    server
        .await_note("warning: the database is away, or saves no change: the file of the database");
    assert!(ask(&address, "GET /ready", &[], "").contains(" 503 "));
}

#[test]
fn without_a_key_one_is_generated() {
    let databases = Databases::imported();
    let (mut server, address) = databases.serve(&[]);
    let note = server
        .note("generated an API key for this run: ")
        .expect("a key");
    let key = note.trim_end().rsplit(' ').next().expect("a word");
    run_with(key, &address, &["members", GYM]).well();
    assert_eq!(databases.run(&["keys"]).stdout, "", "it is not stored");
}

#[test]
fn nobody_is_let_in_by_accident() {
    let databases = Databases::imported();
    let refused = databases.refuse_to_serve("0.0.0.0:0").badly(4);
    refused.saying("access-groups keys create");
    databases.run(&["workspaces", "create", "South"]).well();
    let refused = databases.refuse_to_serve("127.0.0.1:0").badly(4);
    refused.saying("no key opens any of the 2 workspaces");
    let mut command = binary(&[
        "--store",
        &databases.store(),
        "serve",
        "--listen",
        "127.0.0.1:0",
    ]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    end(command).badly(64).saying("none is chosen");
}

#[test]
fn a_given_key_opens_the_chosen_workspace() {
    let databases = Databases::imported();
    databases.run(&["workspaces", "create", "South"]).well();
    let stored = databases.create_key(&["--workspace", "South"]);
    let mut command = binary(&["--store", &databases.store(), "--workspace", "site"]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    let (_server, address) = serve(command);
    run(&address, &["members", GYM]).well();
    let south = run_with(&stored, &address, &["groups"]);
    assert_eq!((south.code, &*south.stdout), (Some(0), ""), "{south:?}");
}

#[test]
fn an_unknown_workspace_is_not_served() {
    let databases = Databases::imported();
    databases.create_key(&[]);
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let unknown = [&serve[..], &["--workspace", "nope"]].concat();
    databases
        .run(&unknown)
        .badly(1)
        .saying("has no workspace nope");
    let (_server, address) = databases.serve(&["--workspace", "site"]);
    assert!(ask(&address, "GET /ready", &[], "").starts_with("HTTP/1.1 200"));
}

#[cfg(unix)]
#[test]
fn a_key_file_is_read_again() {
    let databases = Databases::imported();
    let file = databases.site.with_file("keys", &format!("{KEY}\n"));
    let (mut server, address) = databases.serve(&["--api-key-file", &file]);
    run(&address, &["members", GYM]).well();
    let other = "seam_other_swordfish_1";
    databases.site.with_file("keys", other);
    server.signal("HUP");
    server.await_note("reloaded");
    run_with(other, &address, &["members", GYM]).well();
    run(&address, &["members", GYM]).badly(4);
}

#[test]
fn a_served_database_is_copied() {
    let databases = Databases::imported();
    let before = databases.export();
    let key = databases.create_key(&[]);
    let (_server, address) = databases.serve(&[]);
    let copy = databases
        .site
        .path()
        .with_file_name("copy.db")
        .display()
        .to_string();
    databases.run(&["backup", &copy]).well();
    run_with(&key, &address, &["remove", "--user", ADA, "--group", GYM]).well();
    let exported = run(&format!("sqlite:{copy}"), &["export"]).well().stdout;
    assert_eq!(exported, before);
    let ready = ask(&address, "GET /ready", &[], "");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
}

/// As the README says: a kill leaves the WAL of the file that was there, which SQLite would write into any
/// other one of that name.
#[cfg(unix)]
#[test]
fn a_killed_servers_database_is_restored() {
    let databases = Databases::imported();
    let before = databases.export();
    let key = databases.create_key(&[]);
    let file = |name: &str| databases.site.path().with_file_name(name);
    databases
        .run(&["backup", &file("copy.db").display().to_string()])
        .well();
    let (mut server, address) = databases.serve(&[]);
    run_with(&key, &address, &["remove", "--user", ADA, "--group", GYM]).well();
    server.signal("KILL");
    await_that(|| server.is_over());
    fs::remove_file(file("site.db")).expect("it is there");
    for name in ["site.db-wal", "site.db-shm"] {
        fs::remove_file(file(name)).expect("a kill leaves it");
    }
    fs::copy(file("copy.db"), file("site.db")).expect("copied");
    databases.run(&["check-store"]).well();
    assert_eq!(databases.export(), before);
}

#[test]
fn many_people_in_a_file_are_a_reason_for_a_database() {
    let site = Site::new();
    let served = |people: usize| {
        let mut builder = SiteBuilder::new();
        for number in 0..people {
            builder.user(format!("Person {number}"));
        }
        site.write(&State::to_site_json(&builder.build_state()));
        let mut command = binary(&["--store", &site.file()]);
        command.env("ACCESS_GROUPS_API_KEY", KEY);
        let (mut server, _) = serve(command);
        server.signal("TERM");
        server.has_note("note: a database keeps so many people better")
    };
    assert!(served(10_001));
    assert!(!served(10_000));
}
