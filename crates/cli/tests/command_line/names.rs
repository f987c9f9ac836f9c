//! Users, groups, entrances and systems by name, e-mail address and the beginning of an id.

use serde_json::{Value, json};

use crate::{
    harness::{ADA, Ended, GRACE, GYM, POOL, Site, run, serve_store},
    scripted::Scripted,
};

const EXAMPLE: &str = concat!(
    "memory:",
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
);
const MARTA_EAST: &str = "a112058a-960b-4c93-a30e-564d49f5cd87";
const MARTA_WEST: &str = "a1247d8c-0e90-4595-8db7-7cd854922f41";

/// Runs a command on the small site, from memory and over HTTP: both must end alike.
fn on_both(site: &Site, arguments: &[&str]) -> Ended {
    let (_server, address) = serve_store(&site.memory());
    let memory = run(&site.memory(), arguments);
    let http = run(&address, arguments);
    assert_eq!(http.code, memory.code, "{http:?}\n{memory:?}");
    assert_eq!(http.stdout, memory.stdout, "{arguments:?}");
    let errors = |ended: &Ended| {
        let lines = ended.stderr.lines();
        let own =
            lines.filter(|line| !line.contains("memory: store") && !line.contains("request id"));
        own.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(errors(&http), errors(&memory), "{arguments:?}");
    memory
}

/// The small site, and beside it a second Ada, and a group and a door of other beginnings.
fn site() -> Site {
    let site = Site::new();
    let mut json: Value = serde_json::from_str(&site.text()).expect("JSON");
    let system = json["acs_systems"][0]["acs_system_id"].clone();
    let mut add = |list: &str, item: Value| {
        let mut item = item;
        item["acs_system_id"] = system.clone();
        json[list].as_array_mut().expect("a list").push(item);
    };
    add(
        "acs_users",
        json!({"acs_user_id": KING, "full_name": "Ada King", "display_name": "Ada K."}),
    );
    add(
        "acs_users",
        json!({"acs_user_id": OTHER_KING, "full_name": "Ada King"}),
    );
    add(
        "acs_access_groups",
        json!({"acs_access_group_id": SAUNA, "name": "Sauna"}),
    );
    add(
        "acs_entrances",
        json!({"acs_entrance_id": SAUNA_DOOR, "display_name": "Sauna Door"}),
    );
    site.write(&json.to_string());
    site
}

const KING: &str = "adac0000-0000-4000-8000-000000000001";
const OTHER_KING: &str = "adac1111-0000-4000-8000-000000000002";
const SAUNA: &str = "5a000000-0000-4000-8000-000000000001";
const SAUNA_DOOR: &str = "d0000000-0000-4000-8000-000000000001";

#[test]
fn user_is_named_in_four_ways() {
    let site = site();
    for (text, expected) in [
        (ADA, ADA),
        ("ada lovelace", ADA),
        (" ADA@EXAMPLE.COM ", ADA),
        ("adac0000", KING),
        ("ADAC1111-0000-4", OTHER_KING),
        ("ada k.", KING), // a name that no search finds
    ] {
        let ended = on_both(&site, &["groups", "--user", text, "--format", "json"]);
        assert_eq!(ended.json()["acs_user_id"], expected, "{text:?}");
    }
}

#[test]
fn other_resources_are_named_alike() {
    let site = site();
    for (text, expected) in [(GYM, GYM), ("POOL", POOL), ("5a000000-", SAUNA)] {
        let members = on_both(&site, &["members", text, "--format", "json"]);
        assert_eq!(members.json()["acs_access_group_id"], expected, "{text:?}");
    }
    for (text, expected) in [("sauna door", "Sauna Door"), ("d0000000", "Sauna Door")] {
        let checked = on_both(&site, &["check", "--user", ADA, "--entrance", text]);
        let sentence = format!("Ada Lovelace may not open {expected} now.");
        assert_eq!(
            checked.stdout.lines().next(),
            Some(&*sentence),
            "{checked:?}"
        );
    }
    for text in ["main", "50000000"] {
        let users = on_both(&site, &["users", "list", "--system", text]).well();
        assert_eq!(users.stdout.lines().count(), 5, "{users:?}");
    }
}

#[test]
fn ambiguous_name_lists_matches_and_changes_nothing() {
    let site = site();
    let before = site.text();
    let ambiguous = run(
        &site.file(),
        &["add", "--user", "ada king", "--group", "pool"],
    )
    .badly(1)
    .saying("\"ada king\" matches 2 users; nothing was done")
    .saying("use the id");
    for part in [&KING[..8], &OTHER_KING[..8], "Ada K.", "Main"] {
        assert!(ambiguous.stderr.contains(part), "{part:?}: {ambiguous:?}");
    }
    // A prefix of two, one of them Ada Lovelace with an address.
    let ambiguous = run(&site.file(), &["users", "delete", "a0000000", "--yes"]).badly(1);
    for part in [ADA, GRACE, "ada@example.com", "Grace Hopper"] {
        assert!(ambiguous.stderr.contains(part), "{part:?}: {ambiguous:?}");
    }
    let groups = run(&site.file(), &["members", "60000000"]).badly(1);
    assert!(
        groups.stderr.contains(GYM) && groups.stderr.contains(POOL),
        "{groups:?}"
    );
    assert_eq!(site.text(), before);
    on_both(&site, &["groups", "--user", "Ada King"]).badly(1);
}

#[test]
fn kinds_of_names_do_not_hide_each_other() {
    let site = site();
    let mut json: Value = serde_json::from_str(&site.text()).expect("JSON");
    let identity = "1d000000-0000-4000-8000-000000000001";
    json["user_identities"] = json!([{
        "user_identity_id": identity, "full_name": "Ada King", "email_address": "Ada@example.com",
    }]);
    let users = json["acs_users"].as_array_mut().expect("users");
    let king = users.iter_mut().find(|user| user["acs_user_id"] == KING);
    let king = king.expect("there");
    king["user_identity_id"] = identity.into();
    king["user_identity_email_address"] = "Ada@example.com".into();
    let entrances = json["acs_entrances"].as_array_mut().expect("entrances");
    let front = "e0000000-0000-4000-8000-000000000002";
    let front_door = entrances
        .iter_mut()
        .find(|door| door["acs_entrance_id"] == front);
    front_door.expect("there")["display_name"] = "D0000000".into();
    site.write(&json.to_string());
    // Her own address, and that of another's identity.
    let users = on_both(&site, &["groups", "--user", "ada@example.com"]).badly(1);
    assert!(
        users.stderr.contains(&ADA[..8]) && users.stderr.contains(&KING[..8]),
        "{users:?}"
    );
    // The name of one door, and the beginning of the id of another.
    let doors = on_both(&site, &["check", "--user", GRACE, "--entrance", "d0000000"]).badly(1);
    assert!(
        doors.stderr.contains(&front[..8]) && doors.stderr.contains(&SAUNA_DOOR[..8]),
        "{doors:?}"
    );
}

#[test]
fn missing_match_lists_similar_names() {
    let site = site();
    let before = site.text();
    let nobody = run(
        &site.file(),
        &["remove", "--user", "Lovelace", "--group", GYM],
    )
    .badly(1)
    .saying("\"Lovelace\" matches no user")
    .saying("a name or an e-mail address (whole, in any case), or the beginning of an id")
    .saying("similar:")
    .saying("users find");
    assert!(nobody.stderr.contains(&ADA[..8]), "{nobody:?}");
    assert_eq!(site.text(), before);
    for (arguments, noun, hint) in [
        (&["members", "Jym"][..], "group", "access-groups groups"),
        (
            &["check", "--user", ADA, "--entrance", "Roof"],
            "entrance",
            "entrances list",
        ),
        (
            &["users", "list", "--system", "West"],
            "system",
            "access-groups systems",
        ),
        (&["groups", "--user", "a000000"], "user", "8 characters"),
    ] {
        let nobody = on_both(&site, arguments).badly(1).saying(hint);
        assert!(
            nobody.stderr.contains(&format!("matches no {noun}")),
            "{nobody:?}"
        );
    }
}

/// The small site with these names in place of Ada Lovelace and Gym.
fn renamed(user: &str, group: &str) -> Site {
    let site = Site::new();
    let text = site.text();
    let text = text.replace("\"Ada Lovelace\"", &json!(user).to_string());
    site.write(&text.replace("\"Gym\"", &json!(group).to_string()));
    site
}

#[test]
fn names_match_however_they_are_spelled() {
    for (user, group, typed_user, typed_group) in [
        ("  Mara Lind ", "Gym ", "Mara Lind", "gym"),
        ("Mara Lind", "Gym", " MARA LIND ", "Gym "),
        (
            "Jo\u{301}zef Z\u{307}o\u{301}łw",
            "Gym",
            "Józef Żółw",
            "Gym",
        ),
        (
            "Keiko\u{a0}Mori",
            "Residents\u{2019} Gym",
            "keiko mori",
            "residents' gym",
        ),
        ("Groß Anna", "East\u{2013}West", "GROSS ANNA", "east-west"),
        ("Mara\u{ad} Lind", "\u{feff}Gym", "mara lind", "ｇｙｍ"),
    ] {
        let site = renamed(user, group);
        for command in ["add", "remove"] {
            let change = [command, "--user", typed_user, "--group", typed_group];
            let changed = on_both(&site, &[&change[..], &["--format", "json"]].concat());
            assert_eq!(changed.json()["acs_user_id"], ADA, "{typed_user:?}");
        }
        assert_eq!(on_both(&site, &["members", typed_group]).code, Some(0));
        let (search, _) = typed_user.trim().split_once(' ').expect("two words");
        for list in [
            &["users", "find", search][..],
            &["users", "--search", search],
        ] {
            let found = on_both(&site, &[list, &["--format", "json"]].concat()).well();
            let found = found.json()["acs_users"].clone();
            // As it is stored, letter by letter.
            assert_eq!(found[0]["full_name"], user, "{search:?}");
            assert_eq!(found.as_array().map(Vec::len), Some(1), "{search:?}");
        }
    }
}

#[test]
fn similar_names_are_listed_and_not_taken() {
    for (user, typed) in [
        ("Józef Żółw", "Jozef Zolw"),
        ("Keiko Mori", "Mori Keiko"),
        ("Keiko Mori", "Kieko Mori"),
        ("Ada Lind", "\u{410}da Lind"), // a Cyrillic letter
        ("kim@example.com", "\u{212a}im@example.com"), // the sign of kelvins
    ] {
        let site = renamed(user, "Gym");
        let before = site.text();
        let change = ["add", "--user", typed, "--group", "Gym"];
        let ended = run(&site.file(), &change).badly(1).saying("similar:");
        assert!(ended.stderr.contains(user), "{ended:?}");
        assert_eq!(site.text(), before, "{typed:?}");
        if typed.contains('@') {
            continue; // a search finds more than the one who is acted upon
        }
        let found = on_both(&site, &["users", "find", typed]);
        assert_eq!((found.code, &*found.stdout), (Some(0), ""), "{typed:?}");
        assert!(found.stderr.contains("nobody; similar:"), "{found:?}");
        assert!(found.stderr.contains(user), "{found:?}");
    }
    let site = site();
    for list in [
        &["groups", "--search", "Suana"][..],
        &["entrances", "--search", "suana dor"],
        &["systems", "--search", "Mian"],
        &["members", "Suana"],
    ] {
        let ended = on_both(&site, list);
        assert!(ended.stderr.contains("similar:"), "{ended:?}");
    }
}

#[test]
fn second_person_of_a_name_is_noted() {
    let site = Site::new();
    let create = |more: &[&str]| {
        let create = ["users", "create", "--system", "main", "--name"];
        run(&site.file(), &[&create[..], more].concat())
    };
    let note = "note: the system had the name or the e-mail address already: Ada Lovelace";
    let same_name = create(&["ADA\u{a0}LOVELACE"]);
    assert!(same_name.stderr.contains(note), "{same_name:?}");
    assert!(same_name.stderr.contains(ADA), "{same_name:?}");
    let same_address = create(&["A. Byron", "--email", "ADA@example.com", "--format", "json"]);
    assert!(same_address.stderr.contains(note), "{same_address:?}");
    let other = create(&["Ada Byron", "--email", "ada@example.org"]);
    assert!(!other.stderr.contains("note: the system"), "{other:?}");
}

/// The user of the example whom a group of these words makes of the caretaker's name.
fn check_narrowed(user: &str, group: &str, expected: &str) {
    let add = ["add", "--user", user, "--group", group, "--format", "json"];
    let (_server, address) = serve_store(EXAMPLE);
    for store in [EXAMPLE, &address] {
        let added = run(store, &add);
        assert_eq!(
            added.json()["acs_user_id"],
            expected,
            "{user} {group}: {added:?}"
        );
    }
}

#[test]
fn system_of_the_group_selects_the_user() {
    let west_residents = "600529d5-6246-4a6e-860e-a7d1a6905ec3";
    check_narrowed("Marta Kowalska", "Gym", MARTA_EAST);
    check_narrowed("caretaker@example.org", "West Caretakers", MARTA_WEST);
    check_narrowed("Marta Kowalska", west_residents, MARTA_WEST);
    check_narrowed("Marta Kowalska", "600529d5", MARTA_WEST);
    run(EXAMPLE, &["groups", "--user", "Marta Kowalska"])
        .badly(1)
        .saying("matches 2 users")
        .saying(&MARTA_EAST[..8])
        .saying(&MARTA_WEST[..8])
        .saying("Maple Court, East Wing");
    let check = [
        "check",
        "--user",
        "marta kowalska",
        "--entrance",
        "boiler room",
    ];
    let checked = run(EXAMPLE, &check).well();
    assert!(
        checked
            .stdout
            .starts_with("Marta Kowalska may open Boiler Room")
    );
}

#[test]
fn system_of_the_user_selects_the_group() {
    let site = Site::new();
    let west = "50000000-0000-4000-8000-000000000002";
    let (alan, west_gym) = (
        "a0000000-0000-4000-8000-000000000003",
        "60000000-0000-4000-8000-000000000003",
    );
    let mut json: Value = serde_json::from_str(&site.text()).expect("JSON");
    let mut add = |list: &str, item| json[list].as_array_mut().expect("a list").push(item);
    add(
        "acs_systems",
        json!({"acs_system_id": west, "name": "West"}),
    );
    add(
        "acs_users",
        json!({"acs_user_id": alan, "acs_system_id": west, "full_name": "Alan"}),
    );
    add(
        "acs_access_groups",
        json!({"acs_access_group_id": west_gym, "acs_system_id": west, "name": "Gym"}),
    );
    site.write(&json.to_string());
    for (user, group) in [
        ("alan", west_gym),
        (alan, west_gym),
        ("ada@example.com", GYM),
    ] {
        let add = ["add", "--user", user, "--group", "gym", "--format", "json"];
        let added = on_both(&site, &add);
        assert_eq!(added.json()["acs_access_group_id"], group, "{added:?}");
    }
    let of_west = [
        "users", "list", "--system", "west", "--group", "gym", "--format", "json",
    ];
    let of_west = on_both(&site, &of_west).well().json();
    assert_eq!(of_west["acs_access_group_id"], west_gym);
    on_both(&site, &["members", "gym"])
        .badly(1)
        .saying("matches 2 groups");
}

#[test]
fn matches_without_common_system_are_listed() {
    let marta = ["add", "--user", "Marta Kowalska", "--group", "60"];
    run(EXAMPLE, &marta).badly(1).saying("matches no group");
    let site = site();
    let both = ["add", "--user", "a0000000", "--group", "60000000"];
    let both = on_both(&site, &both)
        .badly(1)
        .saying("2 users")
        .saying("2 groups");
    for id in [ADA, GRACE, GYM, POOL] {
        assert!(both.stderr.contains(id), "{both:?}");
    }
}

#[test]
fn id_needs_no_look_up() {
    let service = Scripted::new(|path| match path {
        "/acs/users/add_to_access_group" => (200, r#"{"ok":true}"#),
        "/acs/access_groups/list" => (
            200,
            r#"{"acs_access_groups":[],"access_groups":[],"ok":true}"#,
        ),
        _ => (
            404,
            r#"{"ok":false,"error":{"type":"not_found","message":"no"}}"#,
        ),
    });
    run(&service.address, &["add", "--user", ADA, "--group", GYM]);
    let asked = service.asked();
    let mut before = asked[..2].to_vec();
    before.sort_unstable();
    let expected = [
        "/acs/access_groups/list",
        "/acs/access_groups/list_accessible_entrances",
    ];
    assert_eq!(before, expected, "the state before");
    assert_eq!(asked[2], "/acs/users/add_to_access_group");
}
