//! Drift: how the groups differ from a roster.

use serde_json::json;

use crate::harness::{ADA, GRACE, GYM, POOL, Site, run};

#[test]
fn drift_is_told_in_both_directions() {
    let site = Site::new();
    let roster = "user,group,mode\n,Gym,authoritative\nada@example.com,Pool,\n";
    let roster = site.with_file("roster.csv", roster);
    let before = site.text();
    let drift = run(&site.file(), &["drift", &roster]);
    assert_eq!(
        (drift.code, drift.stderr.as_str()),
        (Some(2), ""),
        "{drift:?}"
    );
    assert_eq!(
        drift.stdout,
        "Gym (authoritative): 1 member\n\
         \x20 in the service, not in the roster:\n\
         \x20   Ada Lovelace  ada@example.com\n\
         \n\
         Pool (additive): 0 members\n\
         \x20 in the roster, not in the service:\n\
         \x20   Ada Lovelace  ada@example.com  row 3\n\
         \n\
         Drift: 1 not in the roster, 1 not in the service, in 2 of 2 groups.\n"
    );
    assert_eq!(site.text(), before);
}

#[test]
fn additive_group_may_have_more_members() {
    let site = Site::new();
    run(&site.file(), &["add", "--user", GRACE, "--group", GYM]).well();
    let roster = site.with_file("roster.csv", "user,group\nada@example.com,Gym\n");
    let drift = run(&site.file(), &["drift", &roster]).well();
    assert_eq!(
        drift.stdout,
        "No drift: the group is as the roster says.\n\
         Additive groups have 1 member whom no row names.\n"
    );
    let strict = run(&site.file(), &["drift", &roster, "--authoritative", "Gym"]);
    assert_eq!(strict.code, Some(2), "{strict:?}");
    let json = run(&site.file(), &["drift", &roster, "--format", "json"])
        .well()
        .json();
    assert_eq!(
        json,
        json!({
            "format_version": 1, "command": "drift", "roster": roster, "time_zone": "UTC",
            "has_drifted": false, "not_in_roster": 0, "not_in_service": 0,
            "groups": [{
                "acs_access_group_id": GYM, "name": "Gym", "mode": "additive", "members": 2,
                "acs_system_id": "50000000-0000-4000-8000-000000000001", "unnamed_members": 1,
                "not_in_roster": [], "not_in_service": [],
            }],
        })
    );
}

#[test]
fn drift_of_some_groups_names_the_others() {
    let site = Site::new();
    let roster = format!("user,group\n{ADA},Gym\n{GRACE},{POOL}\n");
    let roster = site.with_file("roster.csv", &roster);
    let drift = run(&site.memory(), &["drift", &roster]);
    assert_eq!(drift.code, Some(2));
    assert!(
        drift.stdout.contains("\n\nAs the roster says: Gym.\n\n"),
        "{drift:?}"
    );
    let only = run(&site.memory(), &["drift", &roster, "--only", "Gym"]).well();
    assert!(only.stdout.starts_with("No drift"), "{only:?}");
    let json = run(&site.memory(), &["drift", &roster, "--format", "json"]).json();
    assert_eq!(
        json["groups"][1]["not_in_service"],
        json!([{"acs_user_id": GRACE, "name": "Grace Hopper", "email_address": null, "row": 3}])
    );
}

#[test]
fn drift_of_a_wrong_roster_is_refused() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", "user,group\nx@example.com,Gym\n");
    run(&site.memory(), &["drift", &roster])
        .badly(1)
        .saying("row 2, column user: there is no such user");
    run("http://127.0.0.1:1", &["drift", &roster]).badly(69);
    run(&site.memory(), &["drift", &roster, "--format", "csv"]).badly(64);
}
