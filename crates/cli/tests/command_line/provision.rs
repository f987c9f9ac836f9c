//! Systems, groups and entrances that are created, changed and deleted; single grants.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    harness::{ADA, GYM, Site, run, serve_store},
    scripted::Scripted,
};

const YES: &str = "--yes";

#[test]
fn a_building_is_made_from_nothing() {
    let site = Site::new();
    let file = site.file();
    let make = |line: &[&str]| run(&file, line).well();
    let created = make(&[
        "systems",
        "create",
        "--name",
        "Annex",
        "--time-zone",
        "europe/berlin",
    ]);
    assert!(
        created
            .stdout
            .starts_with("Created system Annex.\n  id     ")
    );
    let created = make(&[
        "entrances",
        "create",
        "--system",
        "Annex",
        "--name",
        "Loft Door",
    ]);
    assert!(
        created
            .stdout
            .starts_with("Created entrance Loft Door in Annex.\n")
    );
    let group = [
        "groups",
        "create",
        "--system",
        "Annex",
        "--name",
        "Loft",
        "--entrance",
        "loft door",
        "--format",
        "json",
    ];
    let document = make(&group).json();
    assert_eq!(document["command"], "groups create");
    assert_eq!(document["group"]["name"], "Loft");
    assert_eq!(
        document["acs_access_group_id"],
        document["group"]["acs_access_group_id"]
    );
    make(&[
        "users", "create", "--system", "Annex", "--name", "Alan", "--group", "Loft",
    ]);
    make(&["check", "--user", "Alan", "--entrance", "Loft Door"]);

    let changed = make(&[
        "groups",
        "update",
        "Loft",
        "--name",
        "Attic",
        "--ends-at",
        "2999-01-01",
    ]);
    assert_eq!(changed.stdout, "Changed group Loft: it is now Attic.\n");
    make(&[
        "groups",
        "update",
        "Attic",
        "--remove-entrance",
        "Loft Door",
        "--no-schedule",
    ]);
    let closed = run(
        &file,
        &["check", "--user", "Alan", "--entrance", "Loft Door"],
    );
    assert_eq!(closed.code, Some(10), "{closed:?}");
    make(&["systems", "update", "Annex", "--name", "Tower"]);
    let systems = make(&["systems", "--search", "tower", "--format", "json"]).json();
    let zone = &systems["acs_systems"][0]["location"]["time_zone"];
    assert_eq!(zone, "Europe/Berlin", "only the name has changed");
    make(&["entrances", "update", "Loft Door", "--name", "Attic Door"]);
    make(&[
        "users",
        "update",
        "Alan",
        "--name",
        "Alan Turing",
        "--phone",
        "+1 555",
    ]);
    let listed = make(&["users", "--search", "turing", "--format", "json"]).json();
    assert_eq!(listed["acs_users"][0]["phone_number"], "+1 555");
}

#[test]
fn what_is_not_empty_is_kept() {
    let site = Site::new();
    let before = site.text();
    let refused = run(&site.file(), &["systems", "delete", "Main", YES]).badly(1);
    refused.saying("is not empty");
    run(&site.file(), &["groups", "delete", GYM])
        .badly(64)
        .saying("--yes deletes without asking");
    run(&site.file(), &["groups", "update", GYM]).badly(64);
    run(
        &site.file(),
        &["groups", "update", GYM, "--starts-at", "2026-01-01"],
    )
    .badly(64)
    .saying("a changed schedule needs an end");
    run(&site.file(), &["systems", "create", "--name", " "]).badly(64);
    run(
        &site.file(),
        &[
            "systems",
            "create",
            "--name",
            "A",
            "--time-zone",
            "Mars/Base",
        ],
    )
    .badly(64)
    .saying("expected a name like Europe/Berlin");
    assert_eq!(site.text(), before);
}

#[test]
fn deleted_things_are_gone() {
    let site = Site::new();
    let deleted = run(&site.file(), &["groups", "delete", GYM, YES]).well();
    assert_eq!(deleted.stdout, "Deleted group Gym.\n");
    run(&site.file(), &["members", GYM]).badly(1);
    let create = ["entrances", "create", "--system", "main", "--name", "Hatch"];
    run(&site.file(), &create).well();
    let delete = ["entrances", "delete", "Hatch", YES, "--format", "json"];
    let document = run(&site.file(), &delete).well().json();
    assert_eq!(document["is_deleted"], true);
    run(&site.file(), &["entrances", "delete", "Hatch", YES]).badly(1);
}

#[test]
fn a_grant_is_given_and_ended() {
    let site = Site::new();
    let file = site.file();
    run(
        &file,
        &["entrances", "create", "--system", "main", "--name", "Vault"],
    )
    .well();
    let of_ada = |verb| {
        run(&file, &[verb, "--user", ADA, "--entrance", "Vault"])
            .well()
            .stdout
    };
    assert_eq!(of_ada("grant"), "Granted Vault to Ada Lovelace.\n");
    assert_eq!(
        of_ada("revoke"),
        "Revoked Vault from Ada Lovelace: it no longer opens to them.\n"
    );
    assert_eq!(
        of_ada("revoke"),
        "Ada Lovelace had no grant of Vault; nothing changed.\n"
    );
    run(&file, &["groups", "update", GYM, "--add-entrance", "Vault"]).well();
    of_ada("grant");
    assert_eq!(
        of_ada("revoke"),
        "Ada Lovelace has no grant of Vault, and opens it through Gym.\n"
    );
    // A grant opens nothing to somebody who is suspended, and that is said.
    run(&file, &["users", "suspend", ADA]).well();
    assert_eq!(
        of_ada("grant"),
        "Granted Vault to Ada Lovelace.\n  note   Ada Lovelace is suspended: no door opens\n"
    );
}

#[test]
fn what_seam_lacks_is_said() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let create = ["groups", "create", "--system", "main", "--name", "Loft"];
    let refused = run(&address, &create).badly(1);
    refused
        .saying("Seam's API has no such call")
        .saying("use a sqlite:, file: or memory: store");
    run(&address, &["groups", "delete", GYM, YES]).well();
}

/// Changes are accepted, and nothing ever changes.
fn deaf(path: &str) -> (u16, &'static str) {
    match path {
        "/acs/users/get" => (
            200,
            r#"{"ok":true,"acs_user":{"acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001",
                "display_name":"Ada","full_name":"Ada"}}"#,
        ),
        "/acs/entrances/get" => (
            200,
            r#"{"ok":true,"acs_entrance":{"acs_entrance_id":"e0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","display_name":"Vault"}}"#,
        ),
        "/acs/users/list_accessible_entrances" => (200, r#"{"ok":true,"acs_entrances":[]}"#),
        _ => (200, r#"{"ok":true}"#),
    }
}

#[test]
fn accepted_without_effect_is_75() {
    let service = Scripted::new(deaf);
    let door = "e0000000-0000-4000-8000-000000000001";
    for (line, words) in [
        (
            &["users", "update", ADA, "--name", "Ada King"][..],
            "Changing user Ada: accepted, but not yet listed.\n",
        ),
        (
            &["grant", "--user", ADA, "--entrance", door],
            "Granting Vault to Ada: accepted, but not yet listed.\n",
        ),
    ] {
        let ended = run(&service.address, line);
        assert_eq!((ended.code, &*ended.stdout), (Some(75), words), "{ended:?}");
    }
}

/// Changes are accepted, and nothing can be read after the first one.
fn mute_afterwards(path: &str) -> (u16, &'static str) {
    const CHANGES: [&str; 4] = [
        "/acs/users/update",
        "/acs/users/suspend",
        "/acs/users/delete",
        "/acs/entrances/grant_access",
    ];
    if CHANGES.contains(&path) {
        CHANGED.store(true, Ordering::SeqCst);
    } else if CHANGED.load(Ordering::SeqCst) {
        return (
            400,
            r#"{"ok":false,"error":{"type":"no_such_read","message":"not now"}}"#,
        );
    }
    deaf(path)
}

static CHANGED: AtomicBool = AtomicBool::new(false);

#[test]
fn accepted_but_unread_is_75() {
    let service = Scripted::new(mute_afterwards);
    let door = "e0000000-0000-4000-8000-000000000001";
    for line in [
        &["users", "update", ADA, "--name", "Ada King"][..],
        &["users", "suspend", ADA],
        &["users", "delete", ADA, YES],
        &["grant", "--user", ADA, "--entrance", door],
    ] {
        CHANGED.store(false, Ordering::SeqCst);
        let ended = run(&service.address, line);
        assert_eq!(ended.code, Some(75), "{line:?}: {ended:?}");
        assert!(ended.stdout.contains("could not be read"), "{ended:?}");
    }
}
