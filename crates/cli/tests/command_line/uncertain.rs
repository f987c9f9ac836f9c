//! `add` and `remove` at a service that answers only part of the calls.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{
    harness::{ADA, Ended, GYM, run},
    scripted::{Script, Scripted},
};

/// What is read before a change, in one round trip.
const BEFORE: [&str; 2] = [
    "/acs/access_groups/list",
    "/acs/access_groups/list_accessible_entrances",
];
const ADD: &str = "/acs/users/add_to_access_group";
const REMOVE: &str = "/acs/users/remove_from_access_group";
const OK: (u16, &str) = (200, r#"{"ok":true}"#);
const REFUSED: (u16, &str) = (
    400,
    r#"{"ok":false,"error":{"type":"no_such_filter","message":"not with a filter"}}"#,
);

/// What the command said, and what it asked for.
fn check(script: Script, arguments: &[&str]) -> (Ended, Vec<String>) {
    let service = Scripted::new(script);
    let mut arguments = arguments.to_vec();
    arguments.extend(["--user", ADA, "--group", GYM]);
    let ended = run(&service.address, &arguments);
    (ended, service.asked())
}

/// Calls of one round trip arrive in any order.
fn sorted(asked: &[String]) -> Vec<&str> {
    let mut sorted: Vec<_> = asked.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted
}

/// Changes are made, and nothing can be read.
fn mute(path: &str) -> (u16, &'static str) {
    match path {
        ADD | REMOVE => OK,
        _ => REFUSED,
    }
}

#[test]
fn unreadable_state_before_a_change_makes_changed_null() {
    for (verb, path) in [("add", ADD), ("remove", REMOVE)] {
        let (ended, asked) = check(mute, &[verb, "--format", "json"]);
        // What was not seen is not called done.
        assert_eq!(ended.code, Some(75), "{ended:?}");
        assert_eq!(sorted(&asked[..2]), BEFORE);
        assert_eq!(asked[2], path);
        let document = ended.json();
        for key in ["changed", "is_member", "user", "group", "entrances"] {
            let value = document.get(key).expect(key);
            assert!(value.is_null(), "{key}: {document}");
        }
        assert_eq!(document["acs_user_id"], ADA);
        for unread in ["membership", "user", "group", "entrances of the group"] {
            let warning = format!("warning: the change is accepted, but the {unread} could not");
            assert!(ended.stderr.contains(&warning), "{ended:?}");
        }
    }
    let (ended, _) = check(mute, &["add"]);
    let sentence =
        format!("Adding user {ADA} to group {GYM}: accepted; the result could not be read.");
    assert_eq!(ended.stdout.lines().next(), Some(&*sentence), "{ended:?}");
}

/// A page to sign in is in place of the service when the change is made.
fn portal(path: &str) -> (u16, &'static str) {
    match path {
        ADD | REMOVE => (200, "<html>Please sign in</html>"),
        path => deaf(path),
    }
}

#[test]
fn nothing_is_sent_after_a_sign_in_page() {
    for (verb, path) in [("add", ADD), ("remove", REMOVE)] {
        let (ended, asked) = check(portal, &[verb]);
        assert_eq!(ended.code, Some(69), "{ended:?}");
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert_eq!(asked[2], path);
        ended
            .saying("is it a sign-in page")
            .saying("the change may have been made");
    }
}

/// Changes are accepted, and nobody ever is in a group.
fn deaf(path: &str) -> (u16, &'static str) {
    match path {
        "/acs/access_groups/list" => (
            200,
            r#"{"access_groups":[],"acs_access_groups":[],"ok":true}"#,
        ),
        path => mute(path),
    }
}

/// Changes are accepted, and the user always is in the group.
fn stubborn(path: &str) -> (u16, &'static str) {
    match path {
        "/acs/access_groups/list" => (
            200,
            r#"{"ok":true,"acs_access_groups":[{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"}]}"#,
        ),
        path => mute(path),
    }
}

#[test]
fn change_without_effect_is_75() {
    for (verb, script, words) in [
        (
            "add",
            deaf as Script,
            "accepted, but not yet listed as a member.",
        ),
        (
            "remove",
            stubborn,
            "accepted, but still listed as a member.",
        ),
    ] {
        let (ended, _) = check(script, &[verb]);
        assert_eq!(ended.code, Some(75), "{ended:?}");
        let first = ended.stdout.lines().next().expect("a sentence");
        assert!(first.ends_with(words), "{ended:?}");
        assert!(!ended.stdout.contains("from now on"), "{ended:?}");
        ended
            .saying("note: the service has accepted the change, but")
            .saying("warning: the change is accepted, but the user could not be read: not with a filter");

        let (ended, _) = check(script, &[verb, "--format", "json"]);
        assert_eq!(ended.code, Some(75), "{ended:?}");
        assert_eq!(ended.json()["is_member"], verb == "remove", "{ended:?}");
        assert_eq!(ended.json()["changed"], false, "{ended:?}");
    }
}

#[test]
fn change_is_not_tried_if_the_service_is_away() {
    let away = |path: &str| match path {
        ADD => OK,
        _ => (503, "{}"),
    };
    let (ended, asked) = check(away, &["add"]);
    ended
        .badly(69)
        .saying("hint: the service is reached, but busy or down: try again in a while");
    let three_attempts = BEFORE.map(|path| [path; 3]).concat();
    assert_eq!(sorted(&asked), three_attempts, "no attempt to change");

    let refuses = |path: &str| match path {
        ADD => OK,
        _ => (401, "{}"),
    };
    let (ended, asked) = check(refuses, &["add"]);
    ended.badly(4).saying("SEAM_API_KEY");
    assert_eq!(sorted(&asked), BEFORE);

    run(
        "http://127.0.0.1:1",
        &["add", "--user", ADA, "--group", GYM],
    )
    .badly(69);
}

/// The answer to the user or the group, with their names.
fn named(path: &str) -> Option<(u16, &'static str)> {
    match path {
        "/acs/users/get" => Some((
            200,
            r#"{"ok":true,"acs_user":{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada"}}"#,
        )),
        "/acs/access_groups/get" => Some((
            200,
            r#"{"ok":true,"acs_access_group":{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"}}"#,
        )),
        _ => None,
    }
}

#[test]
fn change_whose_answer_is_lost_is_verified() {
    static ADDED: AtomicBool = AtomicBool::new(false);
    // It adds, and says that it cannot: what a proxy answers when the service behind it is cut off.
    let loses_answers = |path: &str| match path {
        ADD => {
            ADDED.store(true, Ordering::SeqCst);
            (503, "{}")
        }
        "/acs/access_groups/list" if ADDED.load(Ordering::SeqCst) => stubborn(path),
        path => named(path).unwrap_or_else(|| deaf(path)),
    };
    let (ended, asked) = check(loses_answers, &["add", "--format", "json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        asked.iter().filter(|path| *path == ADD).count(),
        3,
        "{asked:?}"
    );
    assert_eq!(ended.json()["is_member"], true, "{ended:?}");
    assert_eq!(ended.json()["changed"], true, "{ended:?}");
    ended.saying("note: the answer was lost; Ada is a member of Gym now\n");
}

#[test]
fn change_whose_request_is_lost_is_69() {
    let away = |path: &str| match path {
        ADD | REMOVE => (503, "{}"),
        path => named(path).unwrap_or_else(|| deaf(path)),
    };
    let (ended, _) = check(away, &["add"]);
    ended
        .badly(69)
        .saying("error: the answer was lost; Ada is not a member of Gym now\n")
        .saying("503")
        .saying("`add ...` again is safe");
    // A success that cannot be read is as good as none.
    let garbled = |path: &str| match path {
        ADD => (200, "{"),
        path => named(path).unwrap_or_else(|| deaf(path)),
    };
    let (ended, _) = check(garbled, &["add"]);
    ended.badly(69).saying("; cannot be read: its JSON\n");
    let still_in = |path: &str| match path {
        REMOVE => (503, "{}"),
        path => named(path).unwrap_or_else(|| stubborn(path)),
    };
    let (ended, _) = check(still_in, &["remove"]);
    ended
        .badly(69)
        .saying("error: the answer was lost; Ada is a member of Gym now\n");
}

#[test]
fn unverifiable_change_may_have_happened() {
    static ADDED: AtomicBool = AtomicBool::new(false);
    let breaks_down = |path: &str| match path {
        ADD => {
            ADDED.store(true, Ordering::SeqCst);
            (503, "{}")
        }
        _ if ADDED.load(Ordering::SeqCst) => (503, "{}"),
        path => deaf(path),
    };
    let (ended, asked) = check(breaks_down, &["add"]);
    // In an outage nothing else is asked, the names for example.
    let last = asked.iter().rposition(|path| path == ADD);
    let after = &asked[last.expect("a change") + 1..];
    let is_list = |path: &String| path == "/acs/access_groups/list";
    assert!(!after.is_empty() && after.iter().all(is_list), "{asked:?}");
    ended
        .badly(69)
        .saying("the change may have been made nevertheless; repeating the command is safe")
        .saying("reading whether it was failed, too: ")
        .saying(&format!(
            "`access-groups members {GYM}` shows who is in the group"
        ));
}

/// Changes of users are accepted, and the user stays as they are.
fn indifferent(path: &str) -> (u16, &'static str) {
    match path {
        "/acs/users/get" => (
            200,
            r#"{"ok":true,"acs_user":{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001","is_suspended":false,
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada"}}"#,
        ),
        "/acs/users/suspend" | "/acs/users/delete" => OK,
        _ => REFUSED,
    }
}

#[test]
fn user_who_stays_is_75() {
    for (arguments, words, key, value) in [
        (
            &["users", "suspend", ADA][..],
            "Suspending Ada: accepted, but not yet listed as suspended.\n",
            "changed",
            false,
        ),
        (
            &["users", "delete", ADA, "--yes"],
            "Deleting Ada: accepted, but still listed as a user.\n",
            "is_deleted",
            false,
        ),
    ] {
        let service = Scripted::new(indifferent);
        let ended = run(&service.address, arguments);
        assert_eq!((ended.code, &*ended.stdout), (Some(75), words), "{ended:?}");
        let json = [arguments, &["--format", "json"]].concat();
        let ended = run(&service.address, &json);
        assert_eq!(ended.code, Some(75), "{ended:?}");
        assert_eq!(ended.json()[key], value, "{ended:?}");
    }
}

/// The disk of the service is full.
fn full(path: &str) -> (u16, &'static str) {
    match path {
        ADD => (
            503,
            r#"{"ok":false,"error":{"type":"store_full","message":"the disk of the database is full"}}"#,
        ),
        path => deaf(path),
    }
}

#[test]
fn a_refusal_of_the_store_is_no_lost_answer() {
    let (ended, _) = check(full, &["add"]);
    let ended = ended
        .badly(69)
        .saying("error: the disk of the database is full");
    let ended = ended
        .saying("nothing was changed")
        .saying("hint: free space");
    for word in ["lost", "on its way", "may have been made"] {
        assert!(!ended.stderr.contains(word), "{ended:?}");
    }
}
