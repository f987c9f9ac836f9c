//! `add` and `remove` of many people.

use std::{io::Write as _, process::Stdio, thread};

use access_groups_core::prelude::*;
use access_groups_in_memory::{SiteBuilder, State};
use serde_json::Value;

use crate::harness::{ADA, Ended, GRACE, GYM, POOL, Site, binary, run};

const BOTH: &str = "user;room\nada@example.com;1\n\nGrace Hopper;2\n";

pub(crate) fn change<'a>(verb: &'a str, group: &'a str, list: &'a str) -> [&'a str; 5] {
    [verb, "--group", group, "--from", list]
}

#[test]
fn list_adds_and_removes_everybody() {
    let site = Site::new();
    let before = site.text();
    let list = site.with_file("people.csv", BOTH);
    let added = run(&site.file(), &change("add", "Gym", &list)).well();
    assert_eq!(
        added.stdout,
        "Added 1 person to Gym; 1 was a member already.\n  \
         doors  Front Door, Gym Door\n  \
         when   always\n"
    );
    let removed = run(&site.file(), &change("remove", "Gym", &list)).well();
    assert_eq!(
        removed.stdout,
        "Removed 2 people from Gym.\n  \
         doors  no longer through this group: Front Door, Gym Door\n"
    );
    let again = run(&site.file(), &change("remove", "Gym", &list)).well();
    assert_eq!(
        again.stdout,
        "Removed nobody from Gym; 2 were no members.\n"
    );
    run(&site.file(), &["add", "--group", GYM, "--user", ADA]).well();
    assert_eq!(site.text(), before);
}

#[test]
fn users_of_the_command_line_are_many_too() {
    let site = Site::new();
    let both = [
        "add",
        "--group",
        "Pool",
        "--user",
        ADA,
        "--user",
        "grace hopper",
    ];
    let added = run(&site.memory(), &both).saying("forgets");
    assert_eq!(added.code, Some(0));
    assert!(
        added.stdout.starts_with("Added 2 people to Pool.\n"),
        "{added:?}"
    );
}

/// The command, with this text on stdin.
fn with_input(store: &str, arguments: &[&str], input: &str) -> Ended {
    let mut command = binary(&[&["--store", store], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ended");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ended {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

#[test]
fn list_of_the_same_store_comes_through_a_pipe() {
    let site = Site::new();
    let members = run(&site.file(), &["members", GYM, "--format", "csv"]).well();
    let list = change("remove", GYM, "-");
    let removed = with_input(&site.file(), &list, &members.stdout).well();
    assert!(
        removed.stdout.starts_with("Removed 1 person from Gym."),
        "{removed:?}"
    );
}

#[test]
fn store_is_not_locked_before_stdin_is_read() {
    let roster = format!("user,group\n{}", "ada@example.com,Gym\n".repeat(10_000));
    check_unlocked(
        &change("add", POOL, "-"),
        &format!("{ADA}\n").repeat(10_000),
    );
    for command in ["plan", "drift", "apply"] {
        check_unlocked(&[command, "-"], &roster);
    }
}

/// Another command finds the store unlocked while this one reads the text from stdin, as the program that
/// writes it does.
#[track_caller]
fn check_unlocked(arguments: &[&str], input: &str) {
    let site = Site::new();
    let mut reading = binary(arguments);
    reading
        .args(["--store", &site.file()])
        .stdin(Stdio::piped());
    let mut reading = reading
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut stdin = reading.stdin.take().expect("piped");
    // More than a pipe holds: when it is written, the command is reading.
    stdin.write_all(input.as_bytes()).expect("it reads");
    run(&site.file(), &["members", GYM, "--lock-timeout", "0"]).well();
    drop(stdin);
    assert!(reading.wait().expect("it ended").success());
}

#[test]
fn everybody_who_is_unclear_is_listed_and_nothing_is_done() {
    let site = Site::new();
    let system = "50000000-0000-4000-8000-000000000001";
    let namesake = [
        "users",
        "create",
        "--system",
        system,
        "--name",
        "Ada Lovelace",
    ];
    run(&site.file(), &namesake).saying("Ada Lovelace");
    let before = site.text();
    let list = site.with_file("people.txt", "Grace Hopper\nAda Lovelace\n\nGarce Hopper\n");
    let refused = run(&site.file(), &change("add", "Pool", &list)).badly(1);
    let refused = refused
        .saying("2 people are not to be found for certain; nothing was done")
        .saying("row 2: matches 2 users: use one of these ids: ")
        .saying("row 4: matches no user of Main\n");
    assert!(!refused.stderr.contains("row 1"), "{refused:?}");
    // What is in a list stays there, and so does whom it may mean.
    for name in ["Lovelace", "Hopper", "Garce"] {
        assert!(!refused.stderr.contains(name), "{refused:?}");
    }
    assert_eq!(site.text(), before);
    let unknown = "11111111-1111-4111-8111-111111111111";
    let arguments = ["add", "--group", POOL, "--user", ADA, "--user", unknown];
    run(&site.file(), &arguments)
        .badly(1)
        .saying("--user no. 2");
    let typed = [
        "add",
        "--group",
        POOL,
        "--user",
        ADA,
        "--user",
        "Garce Hopper",
    ];
    run(&site.file(), &typed)
        .badly(1)
        .saying("--user no. 2: \"Garce Hopper\" matches no user of Main; perhaps \"Grace Hopper\"");
    assert_eq!(site.text(), before);
}

#[test]
fn list_that_is_none_is_refused() {
    let site = Site::new();
    let check = |text: &str, why: &str| {
        let list = site.with_file("list", text);
        run(&site.file(), &change("add", GYM, &list))
            .badly(1)
            .saying(why);
    };
    check("", "there are no rows");
    check(
        "Vorname;Nachname\nAda;Lovelace\n",
        "row 1: there are several cells",
    );
    check(
        "user\n1.16E+20\n",
        "row 2: a spreadsheet has turned the id into the number 1.16E+20",
    );
    check(&"a".repeat(1001), "row 1: ");
    // All of them in one run.
    let long = "a".repeat(1001);
    let list = site.with_file("list", &format!("{long}\nada@example.com\n{long}\n"));
    run(&site.file(), &change("add", GYM, &list))
        .badly(1)
        .saying("row 1: ")
        .saying("row 3: ");
    run(&site.file(), &change("add", GYM, "no-such-file"))
        .badly(1)
        .saying("cannot be read");
    // By its size, before it is read.
    let endless = site.with_file("endless", "");
    let file = std::fs::File::options().write(true).open(&endless);
    file.and_then(|file| file.set_len(1 << 31))
        .expect("a sparse file");
    run(&site.file(), &change("add", GYM, &endless))
        .badly(1)
        .saying("it has 2 GiB or more");
    let key = ["--api-key-file", "-", "add", "--group", GYM, "--from", "-"];
    run(&site.file(), &key).badly(64).saying("stdin");
    run(&site.file(), &["add", "--group", GYM]).saying("--user <USER>");
}

#[test]
fn whoever_is_there_twice_counts_once() {
    let site = Site::new();
    let list = site.with_file(
        "people.txt",
        &format!("{GRACE}\nada@example.com\nGRACE HOPPER\n"),
    );
    let added = run(&site.file(), &change("add", POOL, &list));
    let added = added.saying("note: row 3 is the same person as row 1, who counts once");
    assert!(
        added.stdout.starts_with("Added 2 people to Pool."),
        "{added:?}"
    );
}

#[test]
fn dry_run_says_what_would_happen_and_changes_nothing() {
    let site = Site::new();
    let before = site.text();
    let list = site.with_file("people.csv", BOTH);
    let arguments = [&change("add", "Gym", &list)[..], &["--dry-run"]].concat();
    let tried = run(&site.file(), &arguments);
    assert_eq!(tried.code, Some(0), "{tried:?}");
    assert_eq!(
        tried.stderr,
        "would add 1 person to Gym; nothing has changed\n"
    );
    let line = |name: &str| tried.stdout.lines().find(|line| line.contains(name));
    assert!(
        line("Ada").is_some_and(|line| line.contains("a member")),
        "{tried:?}"
    );
    assert!(
        line("Grace").is_some_and(|line| line.contains("added")),
        "{tried:?}"
    );
    let alone = [
        "remove",
        "--group",
        GYM,
        "--user",
        ADA,
        "--dry-run",
        "--format",
        "csv",
    ];
    let alone = run(&site.file(), &alone).well();
    assert!(alone.stdout.contains(",would_change,"), "{alone:?}");
    assert_eq!(site.text(), before);
}

pub(crate) fn events(ended: &Ended) -> Vec<Value> {
    let lines = ended.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn scripts_get_every_person() {
    let site = Site::new();
    let list = site.with_file("people.csv", BOTH);
    let with = |format| {
        let arguments = [&change("add", "Gym", &list)[..], &["--format", format]].concat();
        run(&site.memory(), &arguments)
    };
    let json = with("json").json();
    assert_eq!(
        (&json["command"], &json["is_dry_run"]),
        (&"add".into(), &false.into())
    );
    let counts = ["total", "changed", "unchanged", "failed", "not_tried"];
    let counts = counts.map(|key| json[key].as_u64().expect("a number"));
    assert_eq!(counts, [2, 1, 1, 0, 0]);
    let grace = &json["people"][1];
    assert_eq!(
        (&grace["row"], &grace["outcome"]),
        (&4.into(), &"changed".into())
    );
    assert_eq!(
        (&grace["acs_user_id"], &grace["is_shown"]),
        (&GRACE.into(), &true.into())
    );

    let csv = with("csv");
    let lines: Vec<_> = csv.stdout.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        lines[2],
        format!("4,Grace Hopper,{GRACE},Grace Hopper,{GYM},changed,true,,,")
    );

    let mut events = events(&with("jsonl"));
    let summary = events.pop().expect("the last one");
    assert_eq!(
        (&summary["event"], &summary["changed"]),
        (&"summary".into(), &1.into())
    );
    // The others come as the calls are answered, which are made at the same time.
    events.sort_by_key(|event| event["row"].as_u64());
    let kinds: Vec<_> = events.iter().map(|event| event["event"].as_str()).collect();
    assert_eq!(kinds, [Some("unchanged"), Some("applied")]);
    assert_eq!(
        (&events[1]["row"], &events[1]["kind"]),
        (&4.into(), &"add".into())
    );
    // One person, as ever: no list, and no events.
    for format in ["csv", "jsonl"] {
        let one = ["add", "--group", GYM, "--user", ADA, "--format", format];
        run(&site.memory(), &one).badly(64);
    }
}

#[test]
fn what_cannot_be_saved_is_not_called_done() {
    let site = Site::new();
    let before = site.text();
    let list = site.with_file("people.csv", BOTH);
    let mut permissions = std::fs::metadata(site.path()).expect("there").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(site.path(), permissions).expect("ours");
    for format in ["human", "json"] {
        let arguments = [&change("add", POOL, &list)[..], &["--format", format]].concat();
        let refused = run(&site.file(), &arguments).badly(1);
        refused.saying("could not be saved; the file is as it was");
    }
    let arguments = [&change("add", POOL, &list)[..], &["--format", "jsonl"]].concat();
    let refused = run(&site.file(), &arguments);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let events = refused.stdout.matches("{\"event\":").count();
    let failures = refused.stdout.matches("{\"event\":\"failed\",").count();
    assert_eq!((events, failures), (3, 2), "{refused:?}");
    let summary = refused.stdout.lines().last().expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(summary).expect("JSON");
    let counts = ["event", "failed", "changed"].map(|key| summary[key].to_string());
    assert_eq!(counts, ["\"summary\"", "2", "0"]);
    assert_eq!(site.text(), before);
}

#[test]
fn commands_at_the_same_time_lose_nothing() {
    let site = Site::new();
    let mut builder = SiteBuilder::new();
    let users: Vec<_> = (0..8)
        .map(|number| builder.user(format!("Person {number}")))
        .collect();
    let group = builder.group("Gym");
    site.write(&builder.build_state().to_site_json());
    let (store, group_id) = (site.file(), group.to_string());
    let add = |user: &AcsUserId| {
        let user = user.to_string();
        run(&store, &["add", "--user", &user, "--group", &group_id])
    };
    thread::scope(|scope| {
        let running: Vec<_> = users.iter().map(|user| scope.spawn(|| add(user))).collect();
        for ended in running {
            ended.join().expect("no panic").well();
        }
    });
    let state = State::from_site_json(&site.text()).expect("a site");
    assert_eq!(state.members_of(group).count(), users.len());
}
