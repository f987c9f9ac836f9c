//! What a configuration may say, and how each mistake is told.

use serde_json::{Value, json};

use super::*;

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

/// Everything that is wrong with the text, in the words that a person reads.
fn read(text: &str) -> (Draft, Vec<String>) {
    let mut problems = Problems::default();
    let draft = draft(text, &mut problems);
    let told = match problems.into_result("c.json") {
        Ok(()) => Vec::new(),
        Err(failure) => {
            let told = failure.to_string();
            assert!(!told.contains("swordfish"), "{told}");
            let lines = told.lines().skip(1).map(|line| line.trim().to_owned());
            lines.filter(|line| line.starts_with('$')).collect()
        }
    };
    (draft, told)
}

/// After this edit, these and only these are the problems.
fn check(edit: impl FnOnce(&mut Value), expected: &[&str]) {
    let mut file = sound();
    edit(&mut file);
    let (_, told) = read(&file.to_string());
    assert_eq!(told, expected, "{file:#}");
}

/// The same for one place of the file.
fn check_at(pointer: &str, value: Value, expected: &[&str]) {
    let edit = |file: &mut Value| *file.pointer_mut(pointer).expect("there") = value;
    check(edit, expected);
}

#[test]
fn a_sound_file_has_no_problem() {
    let (draft, told) = read(&sound().to_string());
    assert_eq!(told, [""; 0]);
    assert_eq!(draft.workspaces.len(), 2);
    assert_eq!(draft.workspaces[1].id, SOUTH.parse().ok());
    assert_eq!(draft.workspaces[1].name.as_deref(), Some("South"));
    assert_eq!(draft.workspaces[1].site, Some("south.json".into()));
    assert_eq!(draft.tokens[0].workspaces.len(), 2);
    assert!(draft.holds_secrets);
}

#[test]
fn the_readme_shows_a_sound_file() {
    let readme = include_str!("../../../../README.md");
    let (_, chapter) = readme
        .split_once("# Serving several workspaces")
        .expect("a chapter");
    let (_, example) = chapter.split_once("```json\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let (draft, told) = read(example);
    assert_eq!(told, [""; 0]);
    assert_eq!((draft.workspaces.len(), draft.tokens.len()), (2, 1));
}

#[test]
fn a_file_of_digests_holds_no_secrets() {
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let mut file = sound();
    file["workspaces"][0]["api_keys"] = json!([digest("1"), digest("2")]);
    file["personal_access_tokens"][0]["token"] = json!(digest("3"));
    let (draft, told) = read(&file.to_string());
    assert_eq!(told, [""; 0]);
    assert!(!draft.holds_secrets);
}

#[test]
fn a_workspace_may_be_open_to_tokens_only_but_not_to_nobody() {
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

#[test]
fn a_member_that_nobody_knows_is_a_typo() {
    check(
        |file| {
            file["workspace"] = json!(1);
            file["workspaces"][0]["api_key"] = json!(["seam_swordfish_2"]);
            file["personal_access_tokens"][0]["seam_swordfish"] = json!(null);
        },
        &[
            "$.workspaces[0].api_key: no such member: expected workspace_id, name, site and \
             api_keys",
            "$.personal_access_tokens[0][…]: no such member: expected token and workspace_ids",
            "$.workspace: no such member: expected workspaces and personal_access_tokens",
        ],
    );
}

#[test]
fn a_member_that_is_missing_or_repeated_is_told() {
    check(
        |file| {
            *file = json!({"workspaces": [{}], "personal_access_tokens": [{}]});
        },
        &[
            "$.workspaces[0].workspace_id: it is missing",
            "$.workspaces[0].name: it is missing",
            "$.workspaces[0].site: it is missing",
            "$.personal_access_tokens[0].token: it is missing",
            "$.personal_access_tokens[0].workspace_ids: it is missing",
        ],
    );
    check(|file| *file = json!({}), &["$.workspaces: it is missing"]);
    let again = r#"{"workspaces": [], "workspaces": []}"#;
    let (_, told) = read(&sound().to_string().replacen(
        r#""api_keys":"#,
        r#""api_keys":["seam_swordfish_9"],"api_keys":"#,
        1,
    ));
    assert_eq!(
        told,
        ["$.workspaces[0].api_keys: it is there more than once"]
    );
    let (_, told) = read(again);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_value_of_the_wrong_type_is_told_and_not_shown() {
    check_at(
        "",
        json!(["seam_swordfish"]),
        &["$: expected an object, found an array"],
    );
    check_at(
        "/workspaces/0/api_keys",
        json!("seam_swordfish_1"),
        &["$.workspaces[0].api_keys: expected an array, found a text"],
    );
    check_at(
        "/workspaces/0/api_keys/0",
        json!(12.5),
        &["$.workspaces[0].api_keys[0]: expected a text, found a number"],
    );
    check_at(
        "/workspaces/0/name",
        json!(null),
        &["$.workspaces[0].name: expected a text, found null"],
    );
    check_at(
        "/workspaces/0/site",
        json!(true),
        &["$.workspaces[0].site: expected a text, found a boolean"],
    );
    check_at(
        "/personal_access_tokens/0/workspace_ids",
        json!({}),
        &["$.personal_access_tokens[0].workspace_ids: expected an array, found an object"],
    );
}

#[test]
fn a_workspace_needs_an_id_of_its_own_a_name_and_a_site() {
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
fn a_secret_is_of_the_kind_of_its_place() {
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
fn a_secret_stands_in_one_place_however_it_is_written() {
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
fn a_token_opens_each_of_its_workspaces_once_and_at_least_one() {
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
fn a_text_that_is_no_json_is_told_without_a_word_of_it() {
    for text in [
        "",
        "{",
        "seam_swordfish",
        r#"{"workspaces": [seam_swordfish]}"#,
    ] {
        let (_, told) = read(text);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("$: this is not JSON: "), "{told:?}");
    }
}
