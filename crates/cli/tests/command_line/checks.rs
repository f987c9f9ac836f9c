//! `check` on the example building, from the file and over HTTP alike.

use std::sync::atomic::{AtomicU32, Ordering};

use access_groups_core::Ports;
use access_groups_in_memory::{InMemory, SiteBuilder};
use serde_json::json;

use crate::{
    harness::{ADA, Site, run, serve_store},
    in_process::InProcess,
    scripted::Scripted,
};

/// A door as JSON.
macro_rules! door {
    () => {
        r#"{"acs_entrance_id":"e0000000-0000-4000-8000-000000000001",
            "acs_system_id":"50000000-0000-4000-8000-000000000001","display_name":"Door"}"#
    };
}

const SITE: &str = concat!(
    "memory:",
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
);

/// The sentence, and what the group that matters has to say.
fn check(user: &str, entrance: &str, at: Option<&str>, code: i32, sentence: &str, lines: &[&str]) {
    let mut arguments = vec!["check", "--user", user, "--entrance", entrance];
    arguments.extend(at.iter().flat_map(|at| ["--at", at]));
    let ended = run(SITE, &arguments);
    assert_eq!(ended.code, Some(code), "{ended:?}");
    let mut shown = ended.stdout.lines();
    assert_eq!(shown.next(), Some(sentence), "{ended:?}");
    for line in lines {
        assert!(
            ended.stdout.lines().any(|shown| shown == *line),
            "{line:?}: {ended:?}"
        );
    }

    let (_server, address) = serve_store(SITE);
    let over_http = run(&address, &arguments);
    assert_eq!(over_http.code, ended.code, "{over_http:?}");
    assert_eq!(over_http.stdout, ended.stdout, "word for word");
}

#[test]
fn a_member_of_a_group_that_holds_the_door_may_open_it() {
    let lines = [
        "  group  East Residents: a member, and open",
        "  group  Gym: not a member",
        "  group  Pool, Summer 2025: not a member",
    ];
    let sentence = "Benoît Tremblay may open Front Door now.";
    check(BENOIT, FRONT_DOOR, None, 0, sentence, &lines);
    let lines = [
        "  group  Garage Permits: a member, and open",
        "  group  West Residents: does not hold Garage",
    ];
    let sentence = "Liam O’Connor may open Garage at 2026-07-01 08:00 UTC.";
    check(
        LIAM,
        GARAGE,
        Some("2026-07-01T08:00:00Z"),
        0,
        sentence,
        &lines,
    );
}

#[test]
fn a_schedule_that_has_not_started_opens_nothing_yet() {
    let lines = ["  group  Garage Permits: a member, but it starts on 2026-01-01 05:00 UTC"];
    let sentence = "Liam O’Connor may not open Garage at 2026-01-01 04:59:59 UTC.";
    check(
        LIAM,
        GARAGE,
        Some("2026-01-01T04:59:59Z"),
        10,
        sentence,
        &lines,
    );
    let sentence = "Liam O’Connor may open Garage at 2026-01-01 05:00 UTC.";
    check(LIAM, GARAGE, Some("2026-01-01T05:00:00Z"), 0, sentence, &[]);
}

#[test]
fn a_schedule_that_has_ended_opens_nothing_more() {
    let lines = ["  group  Pool, Summer 2025: a member, but it ended on 2025-09-15 04:00 UTC"];
    let sentence = "David Rosenberg may not open Pool now.";
    check(DAVID, POOL, None, 10, sentence, &lines);
}

#[test]
fn a_suspended_user_opens_nothing() {
    let lines = [
        "  user   suspended: nothing opens until that ends",
        "  group  Gym: a member, and open",
    ];
    check(
        FARID,
        GYM,
        None,
        10,
        "Farid Haddad may not open Gym now.",
        &lines,
    );
}

#[test]
fn somebody_in_no_group_opens_nothing() {
    let lines = [
        "  group  Gym: not a member",
        "  group  East Residents: does not hold Gym",
    ];
    check(
        KEIKO,
        GYM,
        None,
        10,
        "Keiko Sato may not open Gym now.",
        &lines,
    );
}

#[test]
fn somebody_of_another_system_opens_nothing() {
    let lines = ["  group  Gym: not a member"];
    check(
        LIAM,
        GYM,
        None,
        10,
        "Liam O’Connor may not open Gym now.",
        &lines,
    );
}

#[test]
fn scripts_get_reasons() {
    let at = "2026-07-01T08:00:00Z";
    let arguments = [
        "check",
        "--user",
        DAVID,
        "--entrance",
        POOL,
        "--at",
        at,
        "--format",
        "json",
    ];
    let document = run(SITE, &arguments).json();
    assert_eq!(document["opens"], false);
    assert_eq!(
        (&document["at"], &document["user"]),
        (&json!(at), &json!({"reason": "active"}))
    );
    let groups = document["groups"].as_array().expect("an array");
    assert_eq!(groups.len(), 4);
    let pool = json!({
        "acs_access_group_id": "6003aab9-08dc-4afc-815a-9e26e15a0ef8",
        "name": "Pool, Summer 2025",
        "reason": "ended",
        "instant": "2025-09-15T04:00:00Z",
    });
    assert!(groups.contains(&pool), "{document}");
}

#[test]
fn whoever_or_whatever_does_not_exist_is_not_found() {
    let nobody = "00000000-0000-4000-8000-000000000000";
    let user = run(SITE, &["check", "--user", nobody, "--entrance", GYM]);
    user.badly(1).saying("there is no ACS user");
    let entrance = run(SITE, &["check", "--user", LIAM, "--entrance", nobody]);
    entrance.badly(1).saying("there is no entrance");
    let instant = run(
        SITE,
        &["check", "--user", LIAM, "--entrance", GYM, "--at", "noon"],
    );
    instant.badly(64).saying("RFC 3339");
}

const BENOIT: &str = "a1027466-8c08-4b05-aafe-f6da5e2d9820";
const DAVID: &str = "a1048187-24cc-4a62-95f9-5c93c7206602";
const FARID: &str = "a1068e66-9520-4be8-bb5d-7ae178dda540";
const KEIKO: &str = "a111d9c1-88b5-4931-9e44-ad1f5b5386ad";
const LIAM: &str = "a113626c-bb46-4454-b69d-652d474cd768";
const FRONT_DOOR: &str = "e001c157-aa96-423d-a6f0-3ffb638c3f7e";
const GYM: &str = "e002a0d6-2a2b-4f0f-9b42-39e63aee0bb1";
const POOL: &str = "e0038b08-e0fc-4d6b-8f6c-f7103b4569cf";
const GARAGE: &str = "e0087d6e-53b8-4a06-84bd-9e8eefb20546";

#[test]
fn what_was_granted_directly_opens_and_only_that_is_called_a_grant() {
    let mut site = SiteBuilder::new();
    let [ada, grace, alan] = site.users(["Ada", "Grace", "Alan"]);
    let (gym, [gym_door, side_door]) =
        (site.group("Gym"), site.entrances(["Gym Door", "Side Door"]));
    site.members(gym, [ada, alan]).opens(gym, [gym_door]);
    site.grant(ada, [side_door])
        .grant(grace, [side_door])
        .suspend(grace);
    let service = InProcess::serve(Ports::of(InMemory::new(site.build_state())));
    let file = Site::new();
    file.write(&site.build_state().to_site_json());
    for store in [&service.address, &file.memory()] {
        let granted = run(
            store,
            &["check", "--user", "ada", "--entrance", "side door"],
        )
        .well();
        assert_eq!(
            granted.stdout,
            "Ada may open Side Door now.\n  \
             grant  granted directly, beside all groups\n  \
             group  Gym: does not hold Side Door\n"
        );
        for (user, entrance, code, is_granted) in [
            ("ada", "side door", 0, true),
            ("ada", "gym door", 0, false),
            ("alan", "gym door", 0, false),
            ("alan", "side door", 10, false),
            ("grace", "side door", 10, true), // suspended
            ("grace", "gym door", 10, false),
        ] {
            let check = [
                "check",
                "--user",
                user,
                "--entrance",
                entrance,
                "--format",
                "json",
            ];
            let checked = run(store, &check);
            assert_eq!(checked.code, Some(code), "{user} {entrance}: {checked:?}");
            assert_eq!(checked.json()["granted"], is_granted, "{user} {entrance}");
        }
    }
}

#[test]
fn what_a_group_opened_until_a_change_on_its_way_is_no_grant() {
    static LISTED: AtomicU32 = AtomicU32::new(0);
    // The user has left, the doors do not know, and the service still lists what they open.
    let service = Scripted::new(|path| match path {
        "/acs/users/get" => (
            200,
            r#"{"ok":true,"acs_user":{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada",
                "pending_mutations":[{"mutation_code":"updating_group_membership","message":"",
                    "created_at":"2026-07-01T08:00:00Z","to":{"acs_access_group_id":null},
                    "from":{"acs_access_group_id":"60000000-0000-4000-8000-000000000001"}}]}}"#,
        ),
        "/acs/entrances/get" => (200, concat!(r#"{"ok":true,"acs_entrance":"#, door!(), "}")),
        "/acs/access_groups/list_accessible_entrances" | "/acs/users/list_accessible_entrances" => {
            (
                200,
                concat!(r#"{"ok":true,"acs_entrances":["#, door!(), "]}"),
            )
        }
        "/acs/access_groups/list" if LISTED.fetch_add(1, Ordering::Relaxed) == 0 => (
            200, // of the system
            r#"{"ok":true,"acs_access_groups":[{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"}]}"#,
        ),
        "/acs/access_groups/list" => (200, r#"{"ok":true,"acs_access_groups":[]}"#), // of Ada
        _ => (404, "{}"),
    });
    let door = "e0000000-0000-4000-8000-000000000001";
    let check = [
        "check",
        "--user",
        ADA,
        "--entrance",
        door,
        "--format",
        "json",
    ];
    let checked = run(&service.address, &check);
    assert_eq!(checked.code, Some(10), "{checked:?}");
    assert_eq!(checked.json()["granted"], false);
    assert_eq!(checked.json()["groups"][0]["reason"], "not_a_member");
}
