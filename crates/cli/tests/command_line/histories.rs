//! `history`: who has changed what, when.

use crate::{
    databases::Databases,
    harness::{ADA, GRACE, GYM, POOL, binary, end},
};

impl Databases {
    /// Changes a membership on behalf of this person.
    #[track_caller]
    fn change(&self, verb: &str, user: &str, group: &str, actor: &str) {
        let change = [verb, "--user", user, "--group", group, "--actor", actor];
        self.run(&change).well();
    }
}

#[test]
fn history_says_who_did_what() {
    let databases = Databases::imported();
    databases.change("add", GRACE, POOL, "porter");
    databases.change("remove", ADA, GYM, "night shift");
    // What changes nothing leaves nothing.
    databases.change("remove", ADA, GYM, "nobody");
    let table = databases.run(&["history"]).well().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("what"), "{table}");
    assert!(lines[1].starts_with("Ada Lovelace left Gym"), "{table}");
    assert!(lines[1].ends_with("night shift"), "{table}");
    assert!(lines[2].starts_with("Grace Hopper joined Pool"), "{table}");
    assert!(!table.contains("nobody"), "{table}");
    let json = databases.run(&["history", "--format", "json", "--limit", "1"]);
    let line = &json.json()["history"][0];
    assert_eq!(line["event"], "left");
    assert_eq!(line["operation"], "remove_user");
    assert_eq!(line["actor"], "night shift");
    assert_eq!(
        (&line["acs_user_id"], &line["user"]),
        (&ADA.into(), &"Ada Lovelace".into())
    );
    json.saying("at most 1 change is shown");
    // One import and two changes: no more than that is there.
    let all = databases.run(&["history", "--limit", "3"]).well();
    assert!(!all.stderr.contains("at most"), "{all:?}");
}

#[test]
fn a_change_says_what_it_was() {
    let databases = Databases::imported();
    databases.run(&["users", "suspend", ADA]).well();
    databases
        .run(&["users", "update", ADA, "--name", "Ada King"])
        .well();
    let table = databases.run(&["history"]).well().stdout;
    assert!(table.contains("user Ada King suspended"), "{table}");
    assert!(
        table.contains("user Ada King changed by update_acs_user"),
        "{table}"
    );
}

#[test]
fn pipes_get_names_unchanged() {
    let databases = Databases::imported();
    let name = "Ada \u{202e}King";
    databases
        .run(&["users", "update", ADA, "--name", name])
        .well();
    let json = databases
        .run(&["history", "--format", "json"])
        .well()
        .json();
    assert_eq!(json["history"][0]["user"], name);
    let table = databases.run(&["history"]).well().stdout;
    assert!(!table.contains(name), "{table}");
}

#[test]
fn an_actor_is_bounded_but_not_what_is_asked_for() {
    let databases = Databases::imported();
    let long = "x".repeat(101);
    for actor in ["", "a\nb", &long] {
        let change = ["add", "--user", GRACE, "--group", POOL, "--actor", actor];
        let refused = databases.run(&change).badly(64);
        refused.saying("1 to 100 characters");
    }
    let help = databases.run(&["history", "--help"]).well().stdout;
    assert!(!help.contains("ACCESS_GROUPS_ACTOR"), "{help}");
    assert!(help.contains("Only changes on behalf"), "{help}");
    let whole = format!("{} (sha256:9686a06c)", "x".repeat(100));
    let none = databases.run(&["history", "--actor", &whole]);
    assert_eq!(none.code, Some(0), "{none:?}");
}

#[test]
fn history_is_narrowed() {
    let databases = Databases::imported();
    databases.change("add", GRACE, POOL, "porter");
    databases.change("remove", ADA, GYM, "night shift");
    let check = |arguments: &[&str], expected: &[&str]| {
        let history = [&["history", "--format", "csv"][..], arguments].concat();
        let csv = databases.run(&history).well().stdout;
        let mut found: Vec<_> = csv.lines().skip(1).map(str::to_owned).collect();
        found.retain(|line| !line.contains("import"));
        let users = found
            .iter()
            .map(|line| line.split(',').nth(6).expect("a cell"));
        assert_eq!(users.collect::<Vec<_>>(), expected, "{arguments:?}: {csv}");
    };
    check(&["--user", "Ada Lovelace"], &["Ada Lovelace"]);
    check(&["--group", "Pool"], &["Grace Hopper"]);
    check(&["--actor", "porter"], &["Grace Hopper"]);
    check(&["--entrance", "Front Door"], &[]);
    check(&["--since", "2999-01-01"], &[]);
    check(
        &["--since", "2020-01-01"],
        &["Ada Lovelace", "Grace Hopper"],
    );
    check(&["--user", "Ada Lovelace", "--group", "Pool"], &[]);
}

#[test]
fn what_is_gone_has_its_id() {
    let databases = Databases::imported();
    databases.change("add", GRACE, POOL, "porter");
    databases.run(&["users", "delete", GRACE, "--yes"]).well();
    let table = databases.run(&["history", "--user", GRACE]).well().stdout;
    assert!(table.contains("user a0000000 joined Pool"), "{table}");
    assert!(table.contains("user a0000000 left Pool"), "{table}");
    assert!(table.contains("user a0000000 deleted"), "{table}");
    let whole = databases
        .run(&["history", "--user", GRACE, "--ids"])
        .well()
        .stdout;
    assert!(whole.contains("000000000002"), "{whole}");
}

#[test]
fn ids_of_the_deleted_can_be_told_apart() {
    let databases = Databases::imported();
    for group in [GYM, POOL] {
        databases.run(&["groups", "delete", group, "--yes"]).well();
    }
    let table = databases.run(&["history"]).well().stdout;
    for group in [GYM, POOL] {
        assert!(table.contains(group), "{table}");
    }
    // Of one alone, the beginning is enough.
    let table = databases.run(&["history", "--group", GYM]).well().stdout;
    assert!(table.contains("group 60000000 deleted"), "{table}");
    for short in [["--group", "60000000"], ["--user", "a111d9c1"]] {
        let history = [&["history"][..], &short].concat();
        databases
            .run(&history)
            .badly(1)
            .saying("hint: one that was deleted is named by its whole id")
            .saying("`access-groups history --ids`");
    }
}

#[test]
fn the_actor_is_the_user_of_the_machine() {
    let databases = Databases::imported();
    let store = databases.store();
    let mut command = binary(&["--store", &store, "remove", "--user", ADA, "--group", GYM]);
    command.env("USER", "keiko");
    end(command).well();
    let json = databases
        .run(&["history", "--format", "json", "--user", ADA])
        .well()
        .json();
    assert_eq!(json["history"][0]["actor"], "keiko");
}

#[test]
fn retention_is_set_and_shown() {
    let databases = Databases::imported();
    let set = databases.run(&["history", "--keep", "90"]).well();
    assert!(set.stdout.contains("kept for 90 days"), "{set:?}");
    let listed = databases
        .run(&["workspaces", "--format", "json"])
        .well()
        .json();
    assert_eq!(listed["workspaces"][0]["history_days"], 90);
    databases.run(&["history", "--keep", "forever"]).well();
    let listed = databases
        .run(&["workspaces", "--format", "json"])
        .well()
        .json();
    assert!(listed["workspaces"][0]["history_days"].is_null());
    let refused = databases.run(&["history", "--keep", "0"]);
    assert_eq!(refused.code, Some(64), "{refused:?}");
}
