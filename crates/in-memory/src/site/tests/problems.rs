use serde_json::{Value, json};

use super::{id, site, with};
use crate::State;

/// The file has exactly these problems: path, and a part of the message.
fn check_text(text: &str, expected: &[(&str, &str)]) {
    let refused = State::from_site_json(text).expect_err("a bad file");
    let problems = refused.problems();
    let paths: Vec<_> = problems.iter().map(|problem| problem.path()).collect();
    let expected_paths: Vec<_> = expected.iter().map(|(path, _)| *path).collect();
    assert_eq!(paths, expected_paths, "{refused}");
    for (problem, (_, message)) in problems.iter().zip(expected) {
        assert!(
            problem.message().contains(message),
            "{problem}\nlacks {message:?}"
        );
    }
}

fn check(site: Value, path: &str, message: &str) {
    check_text(&site.to_string(), &[(path, message)]);
}

#[test]
fn invalid_json_has_line_and_column() {
    check_text("{\n  \"acs_users\": [}", &[("$", "line 2 column 17")]);
    check_text("", &[("$", "line 1 column 0")]);
    check_text("[]", &[("$", "expected an object, found an array")]);
    let twice = r#"{"acs_users": [], "acs_users": []}"#;
    check_text(twice, &[("$", r#"the key "acs_users" is there twice"#)]);
}

#[test]
fn unknown_keys_are_refused() {
    check(with("/acs_user", json!([])), "$.acs_user", "no such part");
    check(
        with("/my site", json!(1)),
        r#"$["my site"]"#,
        "no such part",
    );
    check(
        with("/memberships/0/colour", json!(1)),
        "$.memberships[0].colour",
        "no such key",
    );
    check(
        with("/entrance_grants/0/acs_access_group_id", json!(id(6, 1))),
        "$.entrance_grants[0].acs_access_group_id",
        "no such key",
    );
    let schedule = json!({"starts_at": "2026-01-01T00:00:00Z", "end_at": "2027-01-01T00:00:00Z"});
    check(
        with("/acs_access_groups/0/access_schedule", schedule),
        "$.acs_access_groups[0].access_schedule.end_at",
        "no such key",
    );
}

#[test]
fn missing_keys_are_named() {
    let check = |array: &str, key: &str| {
        check(
            without(&format!("/{array}/1/{key}")),
            &format!("$.{array}[1].{key}"),
            "missing",
        );
    };
    check("acs_systems", "name");
    check("acs_users", "acs_system_id");
    check("acs_users", "full_name");
    check("acs_access_groups", "acs_system_id");
    check("acs_access_groups", "name");
    check("acs_entrances", "acs_system_id");
    check("acs_entrances", "display_name");
    check("memberships", "acs_user_id");
    check("memberships", "acs_access_group_id");
    check("group_entrances", "acs_access_group_id");
    check("group_entrances", "acs_entrance_id");
    check("entrance_grants", "acs_user_id");
    check("entrance_grants", "acs_entrance_id");
    let nameless = without("/user_identities/0/full_name");
    super::problems::check(nameless, "$.user_identities[0].full_name", "missing");
    let workspace = with("/workspace", json!({"name": "Maple Court"}));
    super::problems::check(workspace, "$.workspace.workspace_id", "missing");
}

#[test]
fn texts_with_nul_are_refused() {
    check(
        with("/acs_access_groups/0/name", json!("Gym\0")),
        "$.acs_access_groups[0].name",
        "must not hold the character U+0000",
    );
    check(
        with("/acs_users/0/extra", json!([{"a\0": "\\u0000"}, {"b": 0}])),
        r#"$.acs_users[0].extra[0]["a\0"]"#,
        "U+0000",
    );
}

#[test]
fn what_services_may_send_is_accepted() {
    let never = json!({"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"});
    for (place, value) in [
        ("/acs_users/0/access_schedule", never),
        ("/acs_users/0/email_address", json!("ada at example")),
        ("/acs_users/0/full_name", json!("x".repeat(1001))),
        ("/acs_access_groups/0/name", json!("")),
        ("/acs_users/0/full_name", json!(" ")),
    ] {
        let site = with(place, value).to_string();
        assert!(State::from_site_json(&site).is_ok(), "{place}");
    }
}

#[test]
fn values_of_wrong_types_are_named() {
    check(
        with("/acs_users", json!(5)),
        "$.acs_users",
        "expected an array, found a number",
    );
    check(
        with("/memberships/2", json!(5)),
        "$.memberships[2]",
        "expected an object",
    );
    check(
        with("/acs_entrances/2", Value::Null),
        "$.acs_entrances[2]",
        "expected an object",
    );
    check(
        with("/workspace", json!([])),
        "$.workspace",
        "expected an object",
    );
    check(
        with("/acs_systems/0/name", json!(5)),
        "$.acs_systems[0].name",
        "expected a text",
    );
    check(
        with("/acs_users/0/full_name", json!(5)),
        "$.acs_users[0].full_name",
        "a number",
    );
    let bad = "invalid id (ACS user): expected a UUID";
    // In the pairs, only the bad id is reported, not also that there is no such user.
    let mut site = with("/acs_users/0/acs_user_id", json!("ada"));
    site["memberships"][0]["acs_user_id"] = json!("ada");
    site["entrance_grants"][0]["acs_user_id"] = json!("ada");
    check_text(
        &site.to_string(),
        &[
            ("$.acs_users[0].acs_user_id", bad),
            ("$.memberships[0].acs_user_id", bad),
            ("$.entrance_grants[0].acs_user_id", bad),
        ],
    );
    for (array, key, value, message) in [
        (
            "acs_users",
            "is_suspended",
            json!("yes"),
            "expected a boolean",
        ),
        ("acs_users", "email", json!(5), "string"),
        ("acs_users", "created_at", json!("today"), "RFC 3339"),
        ("acs_users", "errors", Value::Null, "sequence"),
        ("acs_users", "access_schedule", json!({}), "starts_at"),
        (
            "acs_access_groups",
            "external_type",
            Value::Null,
            "expected a text",
        ),
        (
            "acs_access_groups",
            "access_group_type",
            Value::Null,
            "expected a text",
        ),
        ("acs_systems", "location", json!("here"), "Location"),
    ] {
        let path = format!("$.{array}[0].{key}");
        check(with(&format!("/{array}/0/{key}"), value), &path, message);
    }
}

#[test]
fn repeated_ids_are_refused() {
    for (array, key) in [
        ("acs_systems", "acs_system_id"),
        ("acs_users", "acs_user_id"),
        ("user_identities", "user_identity_id"),
        ("acs_access_groups", "acs_access_group_id"),
        ("acs_entrances", "acs_entrance_id"),
    ] {
        let mut site = site();
        let elements = site[array].as_array_mut().expect("an array");
        elements.push(elements[0].clone());
        let path = format!("$.{array}[{}].{key}", elements.len() - 1);
        check(site, &path, &format!("$.{array}[0] already is"));
    }
}

#[test]
fn repeated_pairs_are_refused() {
    for array in ["memberships", "group_entrances", "entrance_grants"] {
        let mut site = site();
        let elements = site[array].as_array_mut().expect("an array");
        elements.push(elements[1].clone());
        check(
            site,
            &format!("$.{array}[2]"),
            &format!("the same as $.{array}[1]"),
        );
    }
}

#[test]
fn references_must_be_in_the_file() {
    for (array, key, message) in [
        ("acs_users", "acs_system_id", "there is no ACS system"),
        (
            "acs_access_groups",
            "acs_system_id",
            "there is no ACS system",
        ),
        ("acs_entrances", "acs_system_id", "there is no ACS system"),
        ("memberships", "acs_user_id", "there is no ACS user"),
        (
            "memberships",
            "acs_access_group_id",
            "there is no access group",
        ),
        (
            "group_entrances",
            "acs_access_group_id",
            "there is no access group",
        ),
        ("group_entrances", "acs_entrance_id", "there is no entrance"),
        ("entrance_grants", "acs_user_id", "there is no ACS user"),
        ("entrance_grants", "acs_entrance_id", "there is no entrance"),
    ] {
        let site = with(&format!("/{array}/1/{key}"), id(9, 9).into());
        check(site, &format!("$.{array}[1].{key}"), message);
    }
}

#[test]
fn pairs_do_not_cross_systems() {
    let site_with =
        |array: &str, key: &str, value: String| with(&format!("/{array}/1/{key}"), value.into());
    let site = site_with("memberships", "acs_user_id", id(10, 1));
    check(site, "$.memberships[1]", "belongs to ACS system");
    let site = site_with("group_entrances", "acs_entrance_id", id(14, 1));
    check(site, "$.group_entrances[1]", "belongs to ACS system");
    let site = site_with("entrance_grants", "acs_entrance_id", id(14, 1));
    check(site, "$.entrance_grants[1]", "ACS user a0000000");
}

#[test]
fn consequences_of_a_problem_are_not_reported() {
    let mut site = site();
    site["acs_systems"][0]["location"] = json!(1); // still a system: its users are right
    site["acs_users"][0]["is_suspended"] = json!(1); // still a user: its membership is right
    site["acs_users"][0]["created_at"] = json!(2);
    site["acs_users"][1]["acs_system_id"] = json!("here"); // and which system is not known
    site["acs_access_groups"][0]["name"] = json!(null);
    site["memberships"][1]["acs_access_group_id"] = id(9, 9).into();
    site["doors"] = json!([]);
    check_text(
        &site.to_string(),
        &[
            ("$.acs_systems[0].location", "Location"),
            ("$.acs_users[0].created_at", "string"),
            ("$.acs_users[0].is_suspended", "boolean"),
            ("$.acs_users[1].acs_system_id", "UUID"),
            ("$.acs_access_groups[0].name", "found null"),
            (
                "$.memberships[1].acs_access_group_id",
                "there is no access group",
            ),
            ("$.doors", "no such part"),
        ],
    );
}

/// The site with one key taken out.
fn without(pointer: &str) -> Value {
    let mut site = site();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = site.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.expect("the parent").remove(key).expect("the key");
    site
}
