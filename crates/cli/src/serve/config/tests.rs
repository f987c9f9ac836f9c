//! The configuration file, and the message for each mistake in it.

use serde_json::{Value, json};

use super::{super::strength::Reach, file::*, problems::*};
use crate::failure::{Exit, Failure};

const NORTH: &str = "77000000-0000-4000-8000-000000000001";
const SOUTH: &str = "77000000-0000-4000-8000-000000000002";
const DIGEST: &str = "sha256:40fea43abcfd4ceff85cf697fb8aeb52077defbcc3989992c1e32166d5b2d724";

/// Two workspaces with a key each, and a token for both.
fn sound() -> Value {
    json!({
        "workspaces": [
            {"workspace_id": NORTH, "name": "North", "site": "north.json",
             "api_keys": ["seam_swordfish_1"]},
            {"workspace_id": SOUTH, "name": "South", "site": "south.json",
             "api_keys": [DIGEST]},
        ],
        "personal_access_tokens": [
            {"token": "seam_at1_swordfish", "workspace_ids": [NORTH, SOUTH]},
        ],
    })
}

/// The content, and all problems in the words that a person reads.
fn check_text(text: &str) -> (Content, Vec<String>) {
    let mut problems = Problems::default();
    let content = read(text, Reach::Loopback, &mut problems);
    let reported = match problems.into_result("c.json") {
        Ok(()) => Vec::new(),
        Err(failure) => {
            let reported = failure.to_string();
            assert!(!reported.contains("swordfish"), "{reported}");
            let lines = reported.lines().skip(1).map(|line| line.trim().to_owned());
            lines.filter(|line| line.starts_with('$')).collect()
        }
    };
    (content, reported)
}

/// After this edit, these and only these are the problems.
fn check(edit: impl FnOnce(&mut Value), expected: &[&str]) {
    let mut file = sound();
    edit(&mut file);
    let (_, reported) = check_text(&file.to_string());
    assert_eq!(reported, expected, "{file:#}");
}

/// The same for one place of the file.
fn check_at(pointer: &str, value: Value, expected: &[&str]) {
    let edit = |file: &mut Value| *file.pointer_mut(pointer).expect("there") = value;
    check(edit, expected);
}

#[test]
fn valid_file_has_no_problem() {
    let (content, reported) = check_text(&sound().to_string());
    assert_eq!(reported, [""; 0]);
    assert_eq!(content.workspaces.len(), 2);
    assert_eq!(content.workspaces[1].id, SOUTH.parse().ok());
    assert_eq!(content.workspaces[1].name.as_deref(), Some("South"));
    assert_eq!(content.workspaces[1].site, Some("south.json".into()));
    assert_eq!(content.tokens[0].workspaces.len(), 2);
    assert!(content.has_secrets);
}

#[test]
fn readme_shows_a_valid_file() {
    let readme = include_str!("../../../README.md");
    let (_, chapter) = readme
        .split_once("# Serving several workspaces")
        .expect("a chapter");
    let (_, example) = chapter.split_once("```json\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let (content, reported) = check_text(example);
    assert_eq!(reported, [""; 0]);
    assert_eq!((content.workspaces.len(), content.tokens.len()), (2, 1));
}

#[test]
fn file_of_digests_has_no_secrets() {
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let mut file = sound();
    file["workspaces"][0]["api_keys"] = json!([digest("1"), digest("2")]);
    file["personal_access_tokens"][0]["token"] = json!(digest("3"));
    let (content, reported) = check_text(&file.to_string());
    assert_eq!(reported, [""; 0]);
    assert!(!content.has_secrets);
}

#[test]
fn workspace_needs_a_key_or_a_token() {
    check_at("/workspaces/0/api_keys", json!([]), &[]);
    let unopened = "no API key and no personal access token opens this workspace";
    check(
        |file| {
            file["workspaces"][1]["api_keys"] = json!([]);
            file["personal_access_tokens"] = json!([]);
        },
        &[&format!("$.workspaces[1]: {unopened}")],
    );
}

/// A structural problem: serde reports the first one, with its place in the text.
#[track_caller]
fn check_structure(text: &str, path: &str, message: &str) {
    let (content, reported) = check_text(text);
    assert!(content.workspaces.is_empty() && content.tokens.is_empty());
    let [only] = reported.as_slice() else {
        panic!("{reported:?}");
    };
    let expected = format!("{path}: {message} at line 1 column ");
    assert!(only.starts_with(&expected), "{only:?} is not {expected:?}");
}

/// The same for the sound file with another value at one place.
#[track_caller]
fn check_value(pointer: &str, value: Value, path: &str, message: &str) {
    let mut file = sound();
    *file.pointer_mut(pointer).expect("there") = value;
    check_structure(&file.to_string(), path, message);
}

#[test]
fn unknown_member_is_reported_and_a_secret_name_not_repeated() {
    let with = |pointer: &str, name: &str| {
        let mut file = sound();
        file.pointer_mut(pointer).expect("there")[name] = json!(["seam_swordfish_2"]);
        file.to_string()
    };
    check_structure(
        &with("", "workspace"),
        "$.workspace",
        "unknown member, expected one of `workspaces`, `personal_access_tokens`, `limits`",
    );
    check_structure(
        &with("/workspaces/0", "api_key"),
        "$.workspaces[0].api_key",
        "unknown member, expected one of `workspace_id`, `name`, `site`, `api_keys`",
    );
    for name in ["seam_swordfish", "swordfish`, expected `swordfish"] {
        check_structure(
            &with("/personal_access_tokens/0", name),
            "$.personal_access_tokens[0][…]",
            "unknown member, expected `token` or `workspace_ids`",
        );
    }
}

#[test]
fn missing_or_repeated_member_is_reported() {
    check_structure("{}", "$", "missing field `workspaces`");
    check_value(
        "/workspaces/0",
        json!({"workspace_id": NORTH, "name": "North"}),
        "$.workspaces[0]",
        "missing field `site`",
    );
    check_value(
        "/personal_access_tokens/0",
        json!({"token": "seam_at1_swordfish"}),
        "$.personal_access_tokens[0]",
        "missing field `workspace_ids`",
    );
    let repeated = r#""api_keys":["seam_swordfish_9"],"api_keys":"#;
    let repeated = sound().to_string().replacen(r#""api_keys":"#, repeated, 1);
    check_structure(&repeated, "$.workspaces[0]", "duplicate field `api_keys`");
}

#[test]
fn value_of_the_wrong_type_is_reported_and_not_repeated() {
    check_structure(
        r#""seam_swordfish""#,
        "$",
        "found a string, expected an object",
    );
    check_structure("[]", "$", "found an array, expected an object");
    check_value(
        "/workspaces/0/api_keys",
        json!("seam_swordfish\", expected nothing"),
        "$.workspaces[0].api_keys",
        "found a string, expected an array",
    );
    check_value(
        "/workspaces/0/api_keys/0",
        json!(12.5),
        "$.workspaces[0].api_keys[0]",
        "found a number, expected a string",
    );
    check_value(
        "/workspaces/0/name",
        json!(null),
        "$.workspaces[0].name",
        "found null, expected a string",
    );
    check_value(
        "/workspaces/0/site",
        json!(true),
        "$.workspaces[0].site",
        "found a boolean, expected a string",
    );
    check_value(
        "/personal_access_tokens/0/workspace_ids",
        json!({}),
        "$.personal_access_tokens[0].workspace_ids",
        "found an object, expected an array",
    );
    check_value(
        "/workspaces/0",
        json!(7),
        "$.workspaces[0]",
        "found a number, expected an object",
    );
}

#[test]
fn workspace_needs_unique_id_name_and_site() {
    const NO_ID: &str = "this is not an id: expected a UUID like \
                         3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    check_at(
        "/personal_access_tokens/0/workspace_ids/0",
        json!("seam_swordfish"),
        &[&format!(
            "$.personal_access_tokens[0].workspace_ids[0]: {NO_ID}"
        )],
    );
    check_at(
        "/workspaces/0/workspace_id",
        json!("seam_swordfish"),
        &[
            &format!("$.workspaces[0].workspace_id: {NO_ID}"),
            &format!(
                "$.personal_access_tokens[0].workspace_ids[0]: there is no workspace {NORTH} in \
                 this file"
            ),
        ],
    );
    check_at(
        "/workspaces/1/workspace_id",
        json!(NORTH),
        &[
            "$.workspaces[1].workspace_id: the same workspace id as $.workspaces[0].workspace_id",
            &format!(
                "$.personal_access_tokens[0].workspace_ids[1]: there is no workspace {SOUTH} in \
                 this file"
            ),
        ],
    );
    check_at(
        "/workspaces",
        json!([]),
        &[
            "$.workspaces: there is none: nothing to serve",
            &format!(
                "$.personal_access_tokens[0].workspace_ids[0]: there is no workspace {NORTH} in \
                 this file"
            ),
            &format!(
                "$.personal_access_tokens[0].workspace_ids[1]: there is no workspace {SOUTH} in \
                 this file"
            ),
        ],
    );
    for (member, text) in [("name", " "), ("site", "")] {
        check_at(
            &format!("/workspaces/0/{member}"),
            json!(text),
            &[&format!("$.workspaces[0].{member}: the text is empty")],
        );
    }
    for member in ["name", "site"] {
        check_at(
            &format!("/workspaces/0/{member}"),
            json!("seam_swordfish"),
            &[&format!(
                "$.workspaces[0].{member}: this looks like a credential"
            )],
        );
    }
    check_at("/workspaces/0/site", json!("seam_sites/north.json"), &[]);
}

/// This text in the place of a key is refused for this reason.
fn check_key(text: &str, reason: &str) {
    let expected = format!("$.workspaces[0].api_keys[0]: {reason}");
    check_at("/workspaces/0/api_keys/0", json!(text), &[&expected]);
}

/// The same in the place of a token.
fn check_token(text: &str, reason: &str) {
    let expected = format!("$.personal_access_tokens[0].token: {reason}");
    check_at("/personal_access_tokens/0/token", json!(text), &[&expected]);
}

#[test]
fn secret_must_have_the_right_kind() {
    let no_key =
        |kind: &str| format!("{kind} is not an API key: create an API key in the Seam console");
    check_key(
        "seam_at1_swordfish_2",
        &no_key("a personal access token (seam_at…)"),
    );
    check_key(
        "seam_cst1_swordfish",
        &no_key("a client session token (seam_cst…)"),
    );
    check_key(
        "seam_pk1_swordfish",
        &no_key("a publishable key (seam_pk…)"),
    );
    check_key("eyswordfish", &no_key("a console session token (ey…)"));
    check_key(
        "swordfish",
        "an API key starts with \"seam_\", and this text does not",
    );
    let no_token = "a personal access token starts with \"seam_at\", and this text does not";
    check_token("seam_swordfish", no_token);
    for place in [check_key, check_token] {
        place("", "the text is empty");
        let digest = "a digest is \"sha256:\" and 64 hexadecimal digits";
        place("sha256:swordfish", digest);
        place("sha256:", digest);
    }
    let garbled = "the credential holds a blank or another character that none has: was it cut \
                   or joined?";
    check_key("seam_swordfish ", garbled);
    check_token("seam_at1_swordfish\n", garbled);
}

#[test]
fn secret_occurs_once_in_any_notation() {
    let first = "the same secret as $.workspaces[0].api_keys[0]";
    check_at(
        "/workspaces/1/api_keys/0",
        json!("seam_swordfish_1"),
        &[&format!("$.workspaces[1].api_keys[0]: {first}")],
    );
    check_at(
        "/workspaces/0/api_keys",
        json!(["seam_swordfish_1", "seam_swordfish_1"]),
        &[&format!("$.workspaces[0].api_keys[1]: {first}")],
    );
    // seam_north, whose digest opens the other workspace
    check_at(
        "/workspaces/0/api_keys/0",
        json!("seam_north"),
        &[&format!("$.workspaces[1].api_keys[0]: {first}")],
    );
    check_at(
        "/personal_access_tokens/0/token",
        json!(DIGEST),
        &["$.personal_access_tokens[0].token: the same secret as $.workspaces[1].api_keys[0]"],
    );
    check(
        |file| {
            let tokens = file["personal_access_tokens"]
                .as_array_mut()
                .expect("an array");
            tokens.push(tokens[0].clone());
        },
        &["$.personal_access_tokens[1].token: the same secret as \
           $.personal_access_tokens[0].token"],
    );
}

#[test]
fn token_names_each_workspace_once() {
    check_at(
        "/personal_access_tokens/0/workspace_ids",
        json!([]),
        &["$.personal_access_tokens[0].workspace_ids: there is none: the token opens nothing"],
    );
    check_at(
        "/personal_access_tokens/0/workspace_ids/1",
        json!(NORTH),
        &[
            "$.personal_access_tokens[0].workspace_ids[1]: the same workspace id as \
           $.personal_access_tokens[0].workspace_ids[0]",
        ],
    );
}

#[test]
fn text_that_is_not_json_is_not_repeated() {
    for text in [
        "",
        "{",
        "seam_swordfish",
        r#"{"workspaces": [seam_swordfish]}"#,
        r#"{"workspaces": []} seam_swordfish"#,
    ] {
        let (_, reported) = check_text(text);
        assert_eq!(reported.len(), 1, "{reported:?}");
        assert!(
            reported[0].starts_with("$: this is not JSON: "),
            "{reported:?}"
        );
    }
}

#[test]
fn message_lists_twenty_problems_and_counts_the_rest() {
    let failure = |count| {
        let mut problems = Problems::default();
        (0..count).for_each(|_| problems.add("$.x", "wrong\n  here"));
        problems.into_result("c.json").expect_err("a problem")
    };
    let one = failure(1).to_string();
    let expected = "error: c.json has a problem:\n  $.x: wrong\n    here\n  hint: fix";
    assert!(one.starts_with(expected), "{one}");
    let many = failure(23).to_string();
    let expected = "error: c.json has 23 problems:\n";
    assert!(many.starts_with(expected), "{many}");
    assert!(many.contains("\n  ... and 3 more\n"), "{many}");
    Problems::default().into_result("c.json").expect("none");
}

#[test]
fn only_locks_are_worth_waiting_for() {
    let exit = |other: Option<&str>| {
        let mut problems = Problems::default();
        problems.add_failure("$.a", &Failure::new(Exit::Unavailable, "locked"));
        if let Some(other) = other {
            problems.add("$.b", other);
        }
        let failure = problems.into_result("c.json").expect_err("a problem");
        failure.exit()
    };
    assert_eq!(exit(None), Exit::Unavailable);
    assert_eq!(exit(Some("wrong")), Exit::Failed);
}

#[test]
fn path_repeats_words_and_no_possible_secret() {
    assert_eq!(member("$", "api_keys"), "$.api_keys");
    for name in ["seam_swordfish", "sha256:00", "two words", "", "A"] {
        assert_eq!(member("$", name), "$[…]", "{name}");
    }
    assert_eq!(member("$", &"x".repeat(33)), "$[…]");
}

#[test]
fn limits_are_named_and_above_zero() {
    let check_limits = |limits: Value, expected: &[&str]| {
        check(|file| file["limits"] = limits, expected);
    };
    check_limits(json!({"header": 5, "ids": 10}), &[]);
    let whole = "a whole number from 1 to 4294967295, not";
    check_limits(
        json!({"header": 0, "idle": 1.5, "seam_swordfish": 1}),
        &[
            &format!("$.limits.header: the limit header is {whole} \"0\""),
            &format!("$.limits.idle: the limit idle is {whole} \"1.5\""),
            &format!(
                "$.limits[…]: no such limit: there are {}",
                access_groups_server::Limits::NAMES.join(", ")
            ),
        ],
    );
    let mut file = sound();
    file["limits"] = json!({"header": "swordfish"});
    let expected = "found a string, expected a JSON number";
    check_structure(&file.to_string(), "$.limits.header", expected);
    file["limits"] = json!([]);
    let expected = "found an array, expected an object";
    check_structure(&file.to_string(), "$.limits", expected);
}

#[test]
fn a_repeated_limit_is_reported() {
    let check_repeated = |name: &str, expected: &str| {
        let limits = format!(r#"{{"limits":{{"{name}":5,"ids":10,"{name}":50}},"#);
        let text = sound().to_string().replacen('{', &limits, 1);
        check_structure(&text, "$.limits", expected);
    };
    check_repeated("header", "duplicate field `header`");
    check_repeated("seam_swordfish", "duplicate field");
}

#[test]
fn short_secrets_are_for_this_machine() {
    let mut problems = Problems::default();
    let text = sound().to_string();
    let content = read(&text, Reach::Loopback, &mut problems);
    assert_eq!(
        content.short,
        [
            "$.workspaces[0].api_keys[0]",
            "$.personal_access_tokens[0].token"
        ]
    );
    read(&text, Reach::Network, &mut problems);
    let refused = problems.into_result("c.json").expect_err("two").to_string();
    assert!(refused.contains("2 problems"), "{refused}");
    check_at(
        "/workspaces/0/api_keys/0",
        json!("seam_"),
        &["$.workspaces[0].api_keys[0]: there is nothing behind seam_"],
    );
}
