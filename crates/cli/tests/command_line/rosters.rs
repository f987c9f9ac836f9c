//! Rosters: what is read, and what is refused.

use std::fs::File;

use serde_json::{Value, json};

use crate::harness::{Ended, Site, binary, end, piped, run};

const ROSTER: &str = "user,group,from,until,note,mode\n\
    ada@example.com,Gym,,2999-05-01,tenant,\n\
    a0000000-0000-4000-8000-000000000002,Gym,2998-04-01,,,\n\
    ada@example.com,Pool,,,,\n";

/// Asks no store, and needs none.
#[track_caller]
fn validate(arguments: &[&str]) -> Ended {
    end(binary(&[&["validate"], arguments].concat()))
}

#[test]
fn good_roster_is_counted() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", ROSTER);
    let said = validate(&[&roster]).well().stdout;
    assert_eq!(
        said,
        format!(
            "{roster}: 3 rows, 2 groups; rows begin next on 2998-04-01 00:00 UTC, and end next on \
             2999-05-01 00:00 UTC\n"
        )
    );
    let zoned = validate(&[&roster, "--time-zone", "europe/berlin"]).well();
    assert!(
        zoned.stdout.contains("2999-05-01 00:00 Europe/Berlin"),
        "{zoned:?}"
    );
    let always = site.with_file("always.csv", "group;user\r\nGym;ada@example.com\r\n");
    let said = validate(&[&always]).well().stdout;
    assert_eq!(said, format!("{always}: 1 row, 1 group\n"));
}

#[test]
fn every_problem_is_listed_at_once() {
    let site = Site::new();
    let mut text = "user,group,until\nada@example.com,Gym,03/04/2026\n1.16E+20,Gym,\n".to_owned();
    for _ in 0..150 {
        text.push_str("Ada Lovelace,Gym,\n");
    }
    let roster = site.with_file("roster.csv", &text);
    let refused = validate(&[&roster])
        .badly(1)
        .saying("roster.csv: 152 problems\n")
        .saying("row 2, column until: 03/04/2026 is either 2026-04-03 or 2026-03-04")
        .saying("row 3, column user: a spreadsheet has turned the id into the number 1.16E+20")
        .saying("row 153, column user: expected an id or an e-mail address");
    assert!(!refused.stderr.contains("Lovelace"), "{refused:?}");
}

#[test]
fn json_answers_on_stdout_either_way() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", ROSTER);
    let good = validate(&[&roster, "--format", "json"]).well();
    assert_eq!(
        good.json(),
        json!({
            "format_version": 1, "command": "validate", "roster": roster, "is_valid": true,
            "time_zone": "UTC", "rows": 3, "groups": 2, "next_begin": "2998-04-01T00:00:00Z",
            "next_end": "2999-05-01T00:00:00Z", "problems": [],
        })
    );
    let roster = site.with_file("roster.csv", "user,group\nada,Gym\n");
    let bad = validate(&[&roster, "--format", "json"]);
    assert_eq!((bad.code, bad.stderr.as_str()), (Some(1), ""), "{bad:?}");
    assert_eq!(bad.json()["is_valid"], false);
    assert_eq!(bad.json()["rows"], Value::Null);
    assert_eq!(
        bad.json()["problems"],
        json!([{"row": 2, "column": "user", "message": "expected an id or an e-mail address"}])
    );
}

#[test]
fn roster_is_csv_or_json_from_file_or_stdin() {
    let json = br#"[{"user": "ada@example.com", "group": "Gym"}]"#;
    for roster in [&json[..], b"user\tgroup\nada@example.com\tGym\n"] {
        let said = piped(binary(&["validate", "-"]), roster).well();
        assert_eq!(said.stdout, "stdin: 1 row, 1 group\n");
    }
    let site = Site::new();
    let roster = site.with_file("roster.JSON", "user,group\nada@example.com,Gym\n");
    validate(&[&roster])
        .badly(1)
        .saying("the JSON cannot be read at line 1")
        .saying("an array of objects");
    let object = site.with_file(
        "roster.json",
        r#"{"user": "ada@example.com", "group": "Gym"}"#,
    );
    validate(&[&object])
        .badly(1)
        .saying("a roster in JSON is an array\n")
        .saying("an array of objects");
}

#[test]
fn other_files_of_this_program_are_called_what_they_are() {
    let site = Site::new();
    let beside = |name: &str| site.path().with_file_name(name).display().to_string();
    let (plan, journal) = (beside("plan.json"), beside("an.journal"));
    let roster = site.with_file("roster.csv", ROSTER);
    run(&site.file(), &["plan", &roster, "-o", &plan]).well();
    run(&site.file(), &["apply", &plan, "--journal", &journal]);
    for (file, what) in [
        (site.path().display().to_string(), "this is a site file"),
        (plan, "this is a saved plan: `access-groups apply` takes it"),
        (journal, "this is the journal of an apply"),
    ] {
        validate(&[&file]).badly(1).saying(what);
        run(&site.memory(), &["plan", &file]).badly(1).saying(what);
    }
}

#[test]
fn files_of_spreadsheets_are_called_so() {
    let site = Site::new();
    let list = site.path().with_file_name("list.csv");
    std::fs::write(&list, b"PK\x03\x04\x14\0\0\x08\0\0mimetype").expect("writable");
    let list = list.display().to_string();
    let what = "this is a spreadsheet file: save it as CSV (UTF-8)";
    validate(&[&list]).badly(1).saying(what);
    let add = ["add", "--group", "Gym", "--from", &list];
    run(&site.memory(), &add).badly(1).saying(what);
}

#[test]
fn what_is_no_roster_is_refused() {
    let site = Site::new();
    let folder = site
        .path()
        .parent()
        .expect("a folder")
        .display()
        .to_string();
    validate(&[&folder])
        .badly(1)
        .saying("cannot be read")
        .saying("name a file in that folder");
    validate(&["none.csv"]).badly(1).saying("export --roster");
    let empty = site.with_file("empty.csv", "");
    validate(&[&empty])
        .badly(1)
        .saying("there are no rows")
        .saying("user,group,from,until,note,mode");
    let binary = site.path().with_file_name("photo.csv");
    std::fs::write(&binary, b"\xff\xd8\xff\xe0\x00\x10JFIF").expect("writable");
    validate(&[&binary.display().to_string()])
        .badly(1)
        .saying("this is not a text: save the list as CSV (UTF-8)");
    std::fs::write(&binary, b"user,group\na@b,K\xfcche\n").expect("writable");
    validate(&[&binary.display().to_string()])
        .badly(1)
        .saying("neither UTF-8 nor UTF-16");
    let large = site.with_file("large.csv", "");
    // A sparse file: it takes no space.
    let file = File::options().write(true).open(&large).expect("there");
    file.set_len(1 << 31).expect("sparse");
    validate(&[&large]).badly(1).saying("it has 2 GiB or more");
}

#[test]
fn wrong_options_of_rosters_are_64() {
    validate(&[]).badly(64);
    validate(&["a.csv", "--time-zone", "Middle/Earth"])
        .badly(64)
        .saying("Europe/Berlin");
    for format in ["csv", "jsonl"] {
        validate(&["a.csv", "--format", format])
            .badly(64)
            .saying(&format!("--format {format} is for"));
    }
    run("memory:none.json", &["groups", "--format", "jsonl"]).badly(64);
    for option in ["-o", "--html"] {
        run("memory:none.json", &["plan", "a.csv", option, "-"])
            .badly(64)
            .saying("it must be a file, not a stream");
    }
    run("memory:none.json", &["apply", "a.csv", "--journal", "-"]).badly(64);
    validate(&["-", "--api-key-file", "-"])
        .badly(64)
        .saying("cannot both come from stdin");
}
