//! Lists, in every format.

use std::io;

use access_groups_in_memory::State;
use serde_json::{Value, json};

use crate::harness::{ADA, GRACE, GYM, POOL, Site, binary, run, serve_store};

const EXAMPLE: &str = concat!(
    "memory:",
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
);

#[test]
fn table_is_sorted_by_name() {
    let site = Site::new();
    let groups = run(&site.memory(), &["groups"]).well();
    assert_eq!(
        groups.stdout,
        format!(
            "name  type         schedule               id\n\
             Gym   Brivo group  always                 {GYM}\n\
             Pool  Brivo group  from 2020-06-01 08:00  {POOL}\n                   UTC\n"
        )
    );
    let of_ada = run(&site.memory(), &["groups", "--user", ADA]).well();
    assert!(of_ada.stdout.contains(&GYM[..8]) && !of_ada.stdout.contains("Pool"));
    let members = run(&site.memory(), &["members", GYM]).well();
    assert_eq!(
        members.stdout,
        "name          e-mail           state   id\n\
         Ada Lovelace  ada@example.com  active  a0000000\n"
    );
    let doors = run(&site.memory(), &["entrances", "list", "--group", GYM]).well();
    let names: Vec<_> = doors.stdout.lines().map(|line| &line[..4]).collect();
    assert_eq!(names, ["name", "Fron", "Gym "]);
    let systems = run(&site.memory(), &["systems"]).well();
    assert_eq!(
        systems.stdout,
        "name  type  time zone  id\n\
         Main                   50000000\n"
    );
    let whole = run(&site.memory(), &["members", GYM, "--ids"]).well();
    assert!(whole.stdout.contains(ADA), "{whole:?}");
}

#[test]
fn several_systems_get_a_column() {
    let site = Site::new();
    let header = |store: &str, arguments: &[&str]| {
        let shown = run(store, arguments).well().stdout;
        let header = shown.lines().next().expect("a header");
        header
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let users = ["users", "list"];
    assert_eq!(
        header(&site.memory(), &users),
        ["name", "e-mail", "state", "id"]
    );
    assert_eq!(
        header(EXAMPLE, &users),
        ["name", "e-mail", "state", "system", "id"]
    );
    let entrances = ["entrances", "list"];
    assert_eq!(header(&site.memory(), &entrances), ["name", "id"]);
    assert_eq!(header(EXAMPLE, &entrances), ["name", "system", "id"]);
    let shown = run(EXAMPLE, &users).well().stdout;
    let quinn = shown.lines().find(|line| line.starts_with("Quinn MacLeod"));
    assert!(quinn.expect("listed").contains("Maple Court,"), "{shown}");
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
}

#[test]
fn empty_list_is_no_failure() {
    let site = Site::new();
    let members = run(&site.memory(), &["members", POOL]);
    assert_eq!(members.code, Some(0));
    assert_eq!(members.stdout, "");
    assert_eq!(members.stderr, "no members\n");
}

/// The names in a list that comes as JSON, and its document.
fn names(store: &str, arguments: &[&str], list: &str) -> (Vec<String>, Value) {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--format", "json"]);
    let ended = run(store, &arguments);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1, "{ended:?}");
    let document = ended.json();
    assert_eq!(document["format_version"], 1);
    let list = document[list].as_array().expect("a list");
    let name = |item: &Value| {
        let name = item.get("display_name").or_else(|| item.get("name"));
        name.and_then(Value::as_str).expect("a name").to_owned()
    };
    (list.iter().map(name).collect(), document)
}

fn check(arguments: &[&str], named: Value, list: &str, expected: &[&str]) {
    let (found, document) = names(&Site::new().memory(), arguments, list);
    for (key, value) in named.as_object().expect("an object") {
        assert_eq!(&document[key], value, "{document}");
    }
    assert_eq!(found, expected, "{arguments:?}");
}

#[test]
fn json_is_one_document_per_line() {
    check(
        &["groups"],
        json!({"command": "groups", "acs_user_id": null}),
        "acs_access_groups",
        &["Gym", "Pool"],
    );
    check(
        &["groups", "--user", ADA],
        json!({"acs_user_id": ADA}),
        "acs_access_groups",
        &["Gym"],
    );
    check(
        &["groups", "--system", "main", "--search", "POO"],
        json!({"acs_system_id": "50000000-0000-4000-8000-000000000001", "search": "POO"}),
        "acs_access_groups",
        &["Pool"],
    );
    check(
        &["groups", "list", "--user", ADA, "--search", "pool"],
        json!({"command": "groups", "acs_user_id": ADA}),
        "acs_access_groups",
        &[],
    );
    check(
        &["members", "--group", "gym"],
        json!({"command": "members"}),
        "acs_users",
        &["Ada Lovelace"],
    );
    check(
        &["systems", "--search", "nowhere"],
        json!({"search": "nowhere"}),
        "acs_systems",
        &[],
    );
    check(
        &["users", "--group", "gym"],
        json!({"command": "users", "acs_access_group_id": GYM}),
        "acs_users",
        &["Ada Lovelace"],
    );
    check(
        &["entrances", "--search", "gym"],
        json!({"command": "entrances"}),
        "acs_entrances",
        &["Gym Door"],
    );
    let of = |group| json!({"command": "members", "acs_access_group_id": group});
    check(&["members", GYM], of(GYM), "acs_users", &["Ada Lovelace"]);
    check(&["members", POOL], of(POOL), "acs_users", &[]);
    check(
        &["systems"],
        json!({"command": "systems"}),
        "acs_systems",
        &["Main"],
    );
    check(
        &["users", "find", "LOVE"],
        json!({"command": "users find", "search": "LOVE"}),
        "acs_users",
        &["Ada Lovelace"],
    );
}

#[test]
fn users_are_listed_by_conditions() {
    let all = ["Ada Lovelace", "Grace Hopper"];
    let none = json!({
        "command": "users", "acs_system_id": null, "acs_access_group_id": null, "search": null,
    });
    check(&["users", "list"], none, "acs_users", &all);
    let system = "50000000-0000-4000-8000-000000000001";
    let in_main = json!({"acs_system_id": system});
    check(
        &["users", "list", "--system", "main"],
        in_main,
        "acs_users",
        &all,
    );
    let unknown = "50000000-0000-4000-8000-000000000002";
    check(
        &["users", "list", "--system", unknown],
        json!({}),
        "acs_users",
        &[],
    );
    let in_gym = json!({"acs_access_group_id": GYM});
    check(
        &["users", "list", "--group", "gym"],
        in_gym,
        "acs_users",
        &all[..1],
    );
    let grace = json!({"search": "grace"});
    check(
        &["users", "list", "--search", "grace"],
        grace,
        "acs_users",
        &all[1..],
    );
    let both = ["users", "list", "--search", "grace", "--group", "gym"];
    check(&both, json!({}), "acs_users", &[]);
    let other_system = ["users", "list", "--system", unknown, "--group", GYM];
    check(&other_system, json!({}), "acs_users", &[]);
}

#[test]
fn entrances_are_listed_by_conditions() {
    let all = ["Front Door", "Gym Door"];
    let none = json!({
        "command": "entrances", "acs_access_group_id": null, "acs_user_id": null,
        "acs_system_id": null, "search": null,
    });
    check(&["entrances", "list"], none, "acs_entrances", &all);
    let of_pool = json!({"acs_access_group_id": POOL, "acs_user_id": null});
    check(
        &["entrances", "list", "--group", "pool"],
        of_pool,
        "acs_entrances",
        &all[..1],
    );
    let of_ada = json!({"acs_access_group_id": null, "acs_user_id": ADA});
    check(
        &["entrances", "list", "--user", "ada@example.com"],
        of_ada,
        "acs_entrances",
        &all,
    );
    let both = json!({"acs_access_group_id": POOL, "acs_user_id": ADA});
    let arguments = ["entrances", "list", "--user", ADA, "--group", POOL];
    check(&arguments, both, "acs_entrances", &all[..1]);
    let gym = json!({"search": "GYM"});
    check(
        &["entrances", "list", "--search", "GYM"],
        gym,
        "acs_entrances",
        &all[1..],
    );
    let searched = ["entrances", "list", "--group", GYM, "--search", "front"];
    check(&searched, json!({}), "acs_entrances", &all[..1]);
    let elsewhere = [
        "entrances",
        "list",
        "--system",
        "50000000-0000-4000-8000-000000000002",
    ];
    check(&elsewhere, json!({}), "acs_entrances", &[]);
}

#[test]
fn user_is_found_through_their_identity() {
    let site = Site::new();
    let state = State::from_site_json(&site.text()).expect("a site");
    let mut site_json: Value = serde_json::from_str(&state.to_site_json()).expect("JSON");
    let identity = "1d000000-0000-4000-8000-000000000001";
    site_json["user_identities"] = json!([{
        "user_identity_id": identity, "full_name": "G. B. Murray",
        "email_address": "murray@example.org", "phone_number": "+12025550123",
    }]);
    let users = site_json["acs_users"].as_array_mut().expect("users");
    let grace = users.iter_mut().find(|user| user["acs_user_id"] == GRACE);
    grace.expect("Grace")["user_identity_id"] = identity.into();
    site.write(&site_json.to_string());
    let (_server, address) = serve_store(&site.memory());
    for store in [&site.memory(), &address] {
        for text in [
            "grace",
            "GRACE HOPPER",
            GRACE,
            &GRACE[30..],
            "murray@example",
            "B. Murr",
            "(202) 555-0123",
            "2025550123",
            identity,
        ] {
            let (found, _) = names(store, &["users", "find", text], "acs_users");
            assert_eq!(found, ["Grace Hopper"], "{text:?}");
        }
        let nobody = run(store, &["users", "find", "turing"]);
        assert_eq!((nobody.code, &*nobody.stderr), (Some(0), "nobody\n"));
    }
}

/// Every list as CSV: its header, and its first row.
fn check_csv(arguments: &[&str], expected: &str) {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    for store in [&site.memory(), &address] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "csv"]);
        let shown = run(store, &arguments).well();
        assert_eq!(shown.stdout, expected, "{arguments:?}");
    }
}

#[test]
fn csv_has_a_header() {
    let system = "50000000-0000-4000-8000-000000000001";
    let epoch = "1970-01-01T00:00:00Z";
    let users = "acs_user_id,acs_system_id,display_name,full_name,email_address,phone_number,\
                 is_suspended,user_identity_id,starts_at,ends_at,created_at,state,errors,\
                 warnings\n";
    let ada = format!(
        "{ADA},{system},Ada Lovelace,Ada Lovelace,ada@example.com,,,,none,none,{epoch},active,none,none\n"
    );
    check_csv(&["members", GYM], &format!("{users}{ada}"));
    check_csv(
        &["users", "list", "--search", "ada"],
        &format!("{users}{ada}"),
    );
    check_csv(&["users", "find", "love"], &format!("{users}{ada}"));
    check_csv(&["members", POOL], users);
    check_csv(
        &["groups"],
        &format!(
            "acs_access_group_id,acs_system_id,name,display_name,external_type,starts_at,ends_at,\
             created_at,errors,warnings\n\
             {GYM},{system},Gym,Gym,brivo_group,none,none,{epoch},none,none\n\
             {POOL},{system},Pool,Pool,brivo_group,2020-06-01T08:00:00Z,none,{epoch},none,none\n"
        ),
    );
    check_csv(
        &["entrances", "list", "--search", "gym"],
        &format!(
            "acs_entrance_id,acs_system_id,display_name,created_at,errors,warnings\n\
             e0000000-0000-4000-8000-000000000001,{system},Gym Door,{epoch},none,none\n"
        ),
    );
    check_csv(
        &["systems"],
        &format!(
            "acs_system_id,name,external_type,time_zone,created_at,errors,warnings\n\
             {system},Main,,,{epoch},none,none\n"
        ),
    );
}

#[test]
fn errors_and_warnings_are_listed() {
    let site = Site::new();
    let mut json: Value = serde_json::from_str(&site.text()).expect("JSON");
    for (list, code) in [
        ("acs_users", "acs_user_inactive"),
        ("acs_access_groups", "being_deleted"),
        ("acs_entrances", "privacy_mode"),
        ("acs_systems", "setup_required"),
    ] {
        json[list][0]["warnings"] = json!([{
            "warning_code": code, "message": "Look here.", "created_at": "2026-01-01T00:00:00Z",
        }]);
    }
    site.write(&json.to_string());
    let (_server, address) = serve_store(&site.memory());
    for (list, note) in [
        (&["users"][..], "Look here. (acs_user_inactive)"),
        (&["members", GYM], "Look here. (acs_user_inactive)"),
        (&["groups"], "Look here. (being_deleted)"),
        (&["entrances"], "Look here. (privacy_mode)"),
        (&["systems"], "Look here. (setup_required)"),
    ] {
        let shown = run(&address, list).well().stdout;
        assert!(shown.contains(&format!("\n  warning: {note}")), "{shown}");
        let csv = run(&address, &[list, &["--format", "csv"]].concat()).well();
        assert!(csv.stdout.contains(": Look here."), "{csv:?}");
        let json = run(&address, &[list, &["--format", "json"]].concat()).well();
        assert!(json.stdout.contains("\"warning_code\":"), "{json:?}");
    }
    let members = run(&address, &["members", GYM]).well().stdout;
    assert!(
        members.contains("blocked") && !members.contains("active "),
        "{members}"
    );
}

#[test]
fn csv_for_a_spreadsheet_runs_nothing() {
    let site = Site::new();
    site.write(&site.text().replace("Ada Lovelace", "=cmd|'/C calc'!A0"));
    let csv = ["members", GYM, "--format", "csv"];
    let exact = run(&site.memory(), &csv).well().stdout;
    assert!(
        exact.starts_with("acs_user_id") && exact.contains(",=cmd|"),
        "{exact}"
    );
    let excel = [&csv[..], &["--excel"]].concat();
    let defused = run(&site.memory(), &excel).well().stdout;
    assert!(defused.starts_with("\u{feff}acs_user_id"), "{defused}");
    assert!(
        defused.contains(",'=cmd|") && !defused.contains(",=cmd|"),
        "{defused}"
    );
    run(&site.memory(), &["members", GYM, "--excel"])
        .badly(64)
        .saying("--format csv");
}

#[test]
fn csv_of_other_commands_is_refused() {
    let site = Site::new();
    let before = site.text();
    for arguments in [
        &["add", "--user", GRACE, "--group", POOL][..],
        &["users", "suspend", ADA],
        &["users", "delete", ADA, "--yes"],
        &["users", "create", "--system", "Main", "--name", "Alan"],
        &["check", "--user", ADA, "--entrance", "Gym Door"],
        &["export"],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "csv"]);
        run(&site.file(), &arguments)
            .badly(64)
            .saying("csv is for lists")
            .saying("--format json");
    }
    assert_eq!(site.text(), before);
    assert_eq!(site.files(), ["site.json"], "not even a lock");
}

#[test]
fn closed_pipe_is_no_failure() {
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
