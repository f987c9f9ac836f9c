//! `groups`, `members` and `entrances`.

use std::io;

use serde_json::{Value, json};

use crate::harness::{ADA, GYM, POOL, Site, binary, run};

#[test]
fn people_get_a_table_sorted_by_name() {
    let site = Site::new();
    let groups = run(&site.memory(), &["groups"]).well();
    assert_eq!(
        groups.stdout,
        format!(
            "name  type         schedule                   id\n\
             Gym   Brivo group  always                     {GYM}\n\
             Pool  Brivo group  from 2020-06-01 08:00 UTC  {POOL}\n"
        )
    );
    let of_ada = run(&site.memory(), &["groups", "--user", ADA]).well();
    assert!(of_ada.stdout.contains(GYM) && !of_ada.stdout.contains(POOL));
    let members = run(&site.memory(), &["members", GYM]).well();
    assert_eq!(
        members.stdout,
        format!(
            "name          e-mail           state   id\n\
             Ada Lovelace  ada@example.com  active  {ADA}\n"
        )
    );
    let doors = run(&site.memory(), &["entrances", GYM]).well();
    let names: Vec<_> = doors.stdout.lines().map(|line| &line[..4]).collect();
    assert_eq!(names, ["name", "Fron", "Gym "]);
}

#[test]
fn an_empty_list_is_no_table_and_no_failure() {
    let site = Site::new();
    let members = run(&site.memory(), &["members", POOL]);
    assert_eq!(members.code, Some(0));
    assert_eq!(members.stdout, "");
    assert_eq!(members.stderr, "no members\n");
}

fn check(arguments: &[&str], named: Value, list: &str, names: &[&str]) {
    let site = Site::new();
    let mut arguments = arguments.to_vec();
    arguments.extend(["--format", "json"]);
    let ended = run(&site.memory(), &arguments).well();
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
    let document = ended.json();
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["command"], arguments[0]);
    for (key, value) in named.as_object().expect("an object") {
        assert_eq!(&document[key], value, "{document}");
    }
    let found: Vec<_> = document[list]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["display_name"].as_str().expect("a name"))
        .collect();
    assert_eq!(found, names);
}

#[test]
fn scripts_get_one_json_document_in_one_line() {
    check(
        &["groups"],
        json!({"acs_user_id": null}),
        "acs_access_groups",
        &["Gym", "Pool"],
    );
    check(
        &["groups", "--user", ADA],
        json!({"acs_user_id": ADA}),
        "acs_access_groups",
        &["Gym"],
    );
    let of = |group| json!({"acs_access_group_id": group});
    check(&["members", GYM], of(GYM), "acs_users", &["Ada Lovelace"]);
    check(&["members", POOL], of(POOL), "acs_users", &[]);
    check(
        &["entrances", GYM],
        of(GYM),
        "acs_entrances",
        &["Front Door", "Gym Door"],
    );
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let site = Site::new();
    for arguments in [["groups"].as_slice(), &["--help"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = binary(arguments);
        command.args(["--store", &site.memory()]).stdout(writer);
        let ended = command.output().expect("it runs");
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(ended.stderr.is_empty(), "{ended:?}");
    }
}
