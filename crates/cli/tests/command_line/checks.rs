//! `check` on the example building, from the file and over HTTP alike.

use access_groups_core::AcsUserId;
use access_groups_in_memory::{InMemory, SiteBuilder};
use serde_json::{Value, json};

use crate::{
    harness::{ADA, Ended, Site, run, serve_store},
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
fn member_may_open_entrance_of_the_group() {
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
    let sentence = "Liam O’Connor may open Garage at 2026-07-01 04:00 America/Toronto.";
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
fn future_schedule_opens_nothing() {
    let lines =
        ["  group  Garage Permits: a member, but it starts on 2026-01-01 00:00 America/Toronto"];
    let sentence = "Liam O’Connor may not open Garage at 2025-12-31 23:59:59 America/Toronto.";
    check(
        LIAM,
        GARAGE,
        Some("2026-01-01T04:59:59Z"),
        10,
        sentence,
        &lines,
    );
    let sentence = "Liam O’Connor may open Garage at 2026-01-01 00:00 America/Toronto.";
    check(LIAM, GARAGE, Some("2026-01-01T05:00:00Z"), 0, sentence, &[]);
}

#[test]
fn times_are_those_of_the_system() {
    let sentence = "Liam O’Connor may open Garage at 2026-01-01 00:00 America/Toronto.";
    for at in ["2026-01-01", "2026-01-01 00:00", "2026-01-01 06:00+01:00"] {
        check(LIAM, GARAGE, Some(at), 0, sentence, &[]);
        check(LIAM, "garage", Some(at), 0, sentence, &[]);
    }
    let in_json = |arguments: &[&str]| run(SITE, arguments).well().json();
    let at = ["check", "--format", "json", "--entrance", GARAGE, "--at"];
    for day in ["2026-01-01", "2026-01-01 00:00 America/Toronto"] {
        let at = [&at[..], &[day]].concat();
        assert_eq!(in_json(&at)["at"], "2026-01-01T05:00:00Z");
    }
}

#[test]
fn skipped_and_repeated_hours_are_refused() {
    let at = ["check", "--user", LIAM, "--entrance", GARAGE, "--at"];
    let refused = |time| run(SITE, &[&at[..], &[time]].concat()).badly(64);
    refused("2026-03-08 02:30").saying("2026-03-08 02:30 does not exist in America/Toronto");
    let twice = refused("2026-11-01 01:30");
    twice.saying("say which: 2026-11-01T01:30:00-04:00 or 2026-11-01T01:30:00-05:00");
}

#[test]
fn a_far_end_is_no_end() {
    let site = Site::new();
    let never = "9999-12-31T23:59:59.999Z";
    let text = site
        .text()
        .replacen("\"ends_at\": null", &format!("\"ends_at\": {never:?}"), 1);
    assert_ne!(text, site.text());
    site.write(&text);
    let shown = run(&site.memory(), &["groups"]).well();
    assert!(shown.stdout.contains("no end"), "{shown:?}");
    let exported = run(&site.memory(), &["export"]).well();
    assert!(exported.stdout.contains(never), "{exported:?}");
    run(&site.file(), &["users", "suspend", "ada lovelace"]).well();
    assert!(site.text().contains(never), "{}", site.text());
    let door = "e0000000-0000-4000-8000-000000000001";
    let check = ["check", "--user", "ada lovelace", "--entrance", door];
    let at = ["--at", "9999-12-31T12:00:00Z"];
    let shown = run(&site.memory(), &[&check[..], &at].concat());
    assert!(
        shown.stdout.contains("at 9999-12-31 12:00 UTC."),
        "{shown:?}"
    );
}

#[test]
fn ended_schedule_opens_nothing() {
    let lines =
        ["  group  Pool, Summer 2025: a member, but it ended on 2025-09-15 00:00 America/Toronto"];
    let sentence = "David Rosenberg may not open Pool now.";
    check(DAVID, POOL, None, 10, sentence, &lines);
}

#[test]
fn suspended_user_opens_nothing() {
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
fn user_without_groups_opens_nothing() {
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
fn user_of_another_system_opens_nothing() {
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
fn json_has_reasons() {
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
        "issues": [],
    });
    assert!(groups.contains(&pool), "{document}");
}

#[test]
fn unknown_user_or_entrance_is_not_found() {
    let nobody = "00000000-0000-4000-8000-000000000000";
    let user = run(SITE, &["check", "--user", nobody, "--entrance", GYM]);
    user.badly(1).saying("there is no ACS user");
    let entrance = run(SITE, &["check", "--user", LIAM, "--entrance", nobody]);
    entrance.badly(1).saying("there is no entrance");
    let instant = run(
        SITE,
        &["check", "--user", LIAM, "--entrance", GYM, "--at", "noon"],
    );
    instant.badly(64).saying("expected a time like 2026-07-01");
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
fn direct_grant_opens_and_is_named() {
    let mut site = SiteBuilder::new();
    let [ada, grace, alan] = site.users(["Ada", "Grace", "Alan"]);
    let (gym, [gym_door, side_door]) =
        (site.group("Gym"), site.entrances(["Gym Door", "Side Door"]));
    site.members(gym, [ada, alan]).opens(gym, [gym_door]);
    site.grant(ada, [side_door])
        .grant(grace, [side_door])
        .suspend(grace);
    let service = InProcess::serve(InMemory::new(site.build_state()));
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
fn pending_removal_is_not_a_direct_grant() {
    // The removal of the user is pending, and the service still lists what they can open.
    let service = Scripted::with_bodies(|path, body| match path {
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
        "/acs/access_groups/list" if body.contains("acs_system_id") => (
            200,
            r#"{"ok":true,"acs_access_groups":[{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"}]}"#,
        ),
        "/acs/access_groups/list" => (200, r#"{"ok":true,"acs_access_groups":[]}"#), // of Ada
        "/acs/systems/get" => (
            200,
            r#"{"ok":true,"acs_system":{
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Main"}}"#,
        ),
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

#[test]
fn what_the_provider_reports_counts() {
    let mut site = SiteBuilder::new();
    let [ada] = site.users(["Ada"]);
    let gym = site.group("Gym");
    let [door] = site.entrances(["Door"]);
    site.members(gym, [ada]).opens(gym, [door]);
    let check = |edit: fn(&mut Value), code, line: &str, blocked: Value| {
        let mut json = serde_json::from_str(&site.build_state().to_site_json()).expect("JSON");
        edit(&mut json);
        let file = Site::new();
        file.write(&json.to_string());
        let check = ["check", "--user", "Ada", "--entrance", "Door"];
        let ended = run(&file.memory(), &check);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stdout.lines().any(|shown| shown == line), "{ended:?}");
        let ended = run(
            &file.memory(),
            &[&check[..], &["--format", "json"]].concat(),
        );
        let (user, door) = (
            &ended.json()["user"]["code"],
            &ended.json()["blocked_by"]["code"],
        );
        assert_eq!(json!([user, door]), blocked, "{ended:?}");
    };
    let nothing = json!([null, null]);
    check(
        |_| (),
        0,
        "  group  Gym: a member, and open",
        nothing.clone(),
    );
    check(
        |site| site["acs_users"][0]["warnings"] = warning("acs_user_inactive"),
        10,
        "  user   blocked: Told so. (acs_user_inactive)",
        json!(["acs_user_inactive", null]),
    );
    check(
        |site| site["acs_users"][0]["salto_ks_metadata"] = json!({"is_subscribed": false}),
        10,
        "  user   blocked: salto_ks_user_not_subscribed",
        json!(["salto_ks_user_not_subscribed", null]),
    );
    check(
        |site| site["acs_entrances"][0]["warnings"] = warning("privacy_mode"),
        10,
        "  door   blocked: Told so. (privacy_mode)",
        json!([null, "privacy_mode"]),
    );
    check(
        |site| site["acs_access_groups"][0]["warnings"] = warning("being_deleted"),
        10,
        "  group  Gym: blocked: Told so. (being_deleted)",
        nothing.clone(),
    );
    // What blocks nothing is shown all the same.
    check(
        |site| site["acs_users"][0]["warnings"] = warning("haunted"),
        0,
        "  note   Ada: warning: Told so. (haunted)",
        nothing.clone(),
    );
    check(
        |site| site["acs_access_groups"][0]["warnings"] = warning("haunted"),
        0,
        "  note   Gym: warning: Told so. (haunted)",
        nothing.clone(),
    );
    check(
        |site| site["acs_systems"][0]["warnings"] = warning("setup_required"),
        0,
        "  note   Main: warning: Told so. (setup_required)",
        nothing,
    );
}

fn warning(code: &str) -> Value {
    let created_at = "2026-07-01T08:00:00Z";
    json!([{"warning_code": code, "message": "Told so.", "created_at": created_at}])
}

/// The gym door opens to Ada through two groups and to Alan directly, to Grace no longer.
fn site_with_a_grant() -> (SiteBuilder, [AcsUserId; 3]) {
    let mut site = SiteBuilder::new();
    let [ada, grace, alan] = site.users(["Ada", "Grace", "Alan"]);
    let [gym, pool] = site.groups(["Gym", "Pool"]);
    let [gym_door, _side_door] = site.entrances(["Gym Door", "Side Door"]);
    site.members(gym, [ada, grace]).opens(gym, [gym_door]);
    site.members(pool, [ada]).opens(pool, [gym_door]);
    site.grant(alan, [gym_door]).suspend(grace);
    (site, [ada, grace, alan])
}

/// The same from a file and over HTTP.
fn who_can_open(site: &SiteBuilder, arguments: &[&str]) -> Ended {
    let service = InProcess::serve(InMemory::new(site.build_state()));
    let file = Site::new();
    file.write(&site.build_state().to_site_json());
    let at = ["check", "--at", "2026-07-01T08:00:00Z", "--entrance"];
    let arguments = [&at, arguments].concat();
    let (http, memory) = (
        run(&service.address, &arguments),
        run(&file.memory(), &arguments),
    );
    assert_eq!(http.stdout, memory.stdout);
    assert_eq!((http.code, &http.stderr), (memory.code, &memory.stderr));
    memory
}

#[test]
fn everybody_who_may_open_is_listed() {
    let (site, [ada, _, alan]) = site_with_a_grant();
    let listed = who_can_open(&site, &["gym door"]).well();
    assert_eq!(
        listed.stdout,
        format!(
            "name  e-mail  through           id\n\
             Ada           Gym, Pool         {ada}\n\
             Alan          granted directly  {alan}\n"
        )
    );
    let json = who_can_open(&site, &["gym door", "--format", "json"])
        .well()
        .json();
    assert_eq!(
        (&json["command"], &json["format_version"]),
        (&json!("check"), &json!(1))
    );
    assert!(json["acs_entrance_id"].is_string(), "{json}");
    assert_eq!(json["at"], "2026-07-01T08:00:00Z");
    let people = json["can_open"].as_array().expect("an array");
    assert_eq!(people.len(), 2);
    assert_eq!(people[0]["acs_user_id"], json!(ada));
    assert_eq!(people[0]["user"]["display_name"], "Ada");
    assert_eq!(people[0]["granted"], false);
    let names = people[0]["groups"].as_array().expect("an array").iter();
    assert!(
        names.map(|group| &group["name"]).eq(["Gym", "Pool"]),
        "{json}"
    );
    assert_eq!(
        (&people[1]["groups"], &people[1]["granted"]),
        (&json!([]), &json!(true))
    );
    let csv = who_can_open(&site, &["gym door", "--format", "csv"])
        .well()
        .stdout;
    let rows: Vec<_> = csv.lines().collect();
    assert_eq!(rows.len(), 3, "{csv}");
    assert!(
        rows[0].ends_with("acs_access_group_ids,granted,errors,warnings"),
        "{csv}"
    );
    assert!(
        rows[1].starts_with(&ada.to_string()) && rows[1].ends_with(",false,none,none"),
        "{csv}"
    );
    assert!(rows[2].ends_with(",,none,true,none,none"), "{csv}");
}

#[test]
fn entrance_that_opens_to_nobody_is_10() {
    let (site, _) = site_with_a_grant();
    let nobody = who_can_open(&site, &["side door"]);
    assert_eq!(nobody.code, Some(10), "{nobody:?}");
    assert_eq!((&*nobody.stdout, &*nobody.stderr), ("", "nobody\n"));
    let nobody = who_can_open(&site, &["side door", "--format", "json"]);
    assert_eq!(nobody.code, Some(10), "{nobody:?}");
    assert_eq!(nobody.json()["can_open"], json!([]));
    who_can_open(&site, &["no door"])
        .badly(1)
        .saying("matches no entrance");
}

#[test]
fn a_blocked_entrance_says_why() {
    let (site, _) = site_with_a_grant();
    let mut json: Value = serde_json::from_str(&site.build_state().to_site_json()).expect("JSON");
    for door in json["acs_entrances"].as_array_mut().expect("entrances") {
        door["warnings"] = warning("privacy_mode");
    }
    let file = Site::new();
    file.write(&json.to_string());
    let check = ["check", "--entrance", "Gym Door"];
    let ended = run(&file.memory(), &check);
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let why = "nobody: blocked: Told so. (privacy_mode)\n";
    assert_eq!((&*ended.stdout, &*ended.stderr), ("", why));
    let ended = run(
        &file.memory(),
        &[&check[..], &["--format", "json"]].concat(),
    );
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let blocked_by = json!({"code": "privacy_mode", "message": "Told so."});
    assert_eq!(ended.json()["blocked_by"], blocked_by);
}

#[test]
fn list_depends_on_the_instant() {
    let at = |instant| {
        let arguments = [
            "check",
            "--entrance",
            POOL,
            "--at",
            instant,
            "--format",
            "json",
        ];
        let json = run(SITE, &arguments).json();
        assert_eq!(json["at"], instant);
        let people = json["can_open"].as_array().expect("an array").clone();
        people.iter().any(|person| person["acs_user_id"] == DAVID)
    };
    assert!(at("2025-07-01T08:00:00Z"));
    assert!(!at("2026-07-01T08:00:00Z"));
}

#[test]
fn csv_of_check_is_for_the_list_only() {
    run(
        SITE,
        &[
            "check",
            "--user",
            DAVID,
            "--entrance",
            POOL,
            "--format",
            "csv",
        ],
    )
    .badly(64)
    .saying("--format csv is for lists");
}
