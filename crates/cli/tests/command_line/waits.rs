//! `--wait`: until a change has propagated.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use access_groups_core::Timestamp;
use access_groups_in_memory::{InMemory, PropagationMode, State};

use crate::{
    harness::{ADA, Ended, GYM, KEY, POOL, Running, Site, binary, run},
    in_process::InProcess,
    scripted::Scripted,
};

/// The small site behind a service, and what a command says to it.
struct Service {
    memory: InMemory,
    server: InProcess,
}

impl Service {
    fn new(edit: impl FnOnce(InMemory) -> InMemory) -> Self {
        let state = State::from_site_json(&Site::new().text()).expect("a site");
        let memory = edit(InMemory::new(state));
        let server = InProcess::serve(memory.clone());
        Self { memory, server }
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run(&self.server.address, arguments)
    }
}

fn add(wait: &str) -> [&str; 6] {
    ["add", "--user", ADA, "--group", POOL, wait]
}

#[test]
fn wait_ends_once_a_change_has_propagated() {
    // Each reading of the clock takes a second: the change propagates after some looks.
    let ticks = Arc::new(AtomicU32::new(0));
    let asked = Arc::clone(&ticks);
    let clock = move || Timestamp::from_unix_seconds(asked.fetch_add(1, Ordering::Relaxed));
    let service = Service::new(|memory| {
        let slow = PropagationMode::After(Duration::from_secs(5));
        memory.with_clock(clock).with_propagation(slow)
    });
    let added = service.run(&add("--wait")).well();
    let last = added.stdout.lines().last();
    assert_eq!(
        last,
        Some("  wait   propagated to the access control system"),
        "{added:?}"
    );
    assert!(ticks.load(Ordering::Relaxed) > 5);

    let remove = [
        "remove",
        "--user",
        ADA,
        "--group",
        POOL,
        "--wait=1m",
        "--format",
        "json",
    ];
    let removed = service.run(&remove).well().json();
    assert_eq!(removed["propagation"], "propagated");
    assert_eq!(removed["changed"], true);
}

#[test]
fn change_that_does_not_propagate_in_time_is_75() {
    let service = Service::new(|memory| memory.with_propagation(PropagationMode::Manual));
    let added = service
        .run(&add("--wait=1ms"))
        .saying("note: the change is accepted, but did not propagate within 1ms");
    assert_eq!(added.code, Some(75), "{added:?}");
    assert!(
        added.stdout.starts_with("Added Ada Lovelace to Pool."),
        "{added:?}"
    );
    let last = added.stdout.lines().last();
    assert_eq!(last, Some("  wait   accepted, not propagated yet"));
    let (ada, pool) = (ADA.parse().expect("an id"), POOL.parse().expect("an id"));
    assert!(service.memory.read(|state| state.is_member(ada, pool)));

    let again = service
        .run(&add("--wait=1ms"))
        .saying("note: nothing had to change, but an earlier change did not propagate within 1ms");
    assert_eq!(again.code, Some(75), "{again:?}");
    let first = again.stdout.lines().next();
    assert_eq!(
        first,
        Some("Ada Lovelace is already in Pool; nothing changed.")
    );
    let last = again.stdout.lines().last();
    assert_eq!(
        last,
        Some("  wait   an earlier change has not propagated yet")
    );

    let mut again = add("--wait=0s").to_vec();
    again.extend(["--format", "json"]);
    let again = service.run(&again);
    assert_eq!(again.code, Some(75), "{again:?}");
    assert_eq!(again.json()["propagation"], "accepted");
    assert_eq!(again.json()["changed"], false);
}

#[test]
fn refusal_of_the_provider_is_1_with_its_message() {
    let service = Service::new(|memory| {
        let (ada, pool) = (ADA.parse().expect("an id"), POOL.parse().expect("an id"));
        memory.update(|state| state.refuse_next_change(ada, pool, "The panel is full."));
        memory
    });
    service
        .run(&add("--wait"))
        .badly(1)
        .saying("then failed: the user opens nothing through the group")
        .saying("the user: failed_to_update_on_acs_system: The panel is full.")
        .saying("try again");
    let (ada, pool) = (ADA.parse().expect("an id"), POOL.parse().expect("an id"));
    assert!(!service.memory.read(|state| state.is_member(ada, pool)));
}

#[test]
fn change_of_a_file_propagates_at_once() {
    let site = Site::new();
    let added = run(&site.file(), &add("--wait=0s")).well();
    assert!(
        added
            .stdout
            .ends_with("  wait   propagated to the access control system\n"),
        "{added:?}"
    );
    let again = run(&site.file(), &add("--wait=0s")).well();
    assert!(
        again.stdout.ends_with("  wait   nothing is pending\n"),
        "{again:?}"
    );
    let json = ["add", "--user", ADA, "--group", POOL, "--format", "json"];
    let json = run(&site.file(), &json).well().json();
    assert!(
        json.get("propagation").is_none(),
        "without --wait nothing is new: {json}"
    );
}

#[test]
fn failed_wait_says_the_change_is_made() {
    let service = Scripted::new(|path| match path {
        "/acs/users/add_to_access_group" => (200, r#"{"ok":true}"#),
        "/acs/access_groups/list" => (
            200,
            r#"{"access_groups":[],"acs_access_groups":[],"ok":true}"#,
        ),
        _ => (503, "{}"),
    });
    run(&service.address, &add("--wait=1ms"))
        .badly(69)
        .saying("the change is accepted; whether it has propagated is unknown");
}

/// By names, user and group are read before the change: what they did not show then is new.
#[test]
fn error_since_the_change_fails_the_wait() {
    static ADDED: AtomicBool = AtomicBool::new(false);
    let service = Scripted::new(|path| match path {
        "/acs/users/list" => (
            200,
            r#"{"ok":true,"pagination":{"has_next_page":false,"next_page_cursor":null,"next_page_url":null},
                "acs_users":[{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada"}]}"#,
        ),
        "/acs/access_groups/list" => (
            200,
            r#"{"ok":true,"access_groups":[],"acs_access_groups":[{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"}]}"#,
        ),
        "/acs/access_groups/get" => (
            200,
            r#"{"ok":true,"acs_access_group":{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"}}"#,
        ),
        "/acs/users/get" if !ADDED.load(Ordering::SeqCst) => (
            200,
            r#"{"ok":true,"acs_user":{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada"}}"#,
        ),
        "/acs/users/get" => (
            200,
            r#"{"ok":true,"acs_user":{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada",
                "errors":[{"error_code":"salto_ks_subscription_limit_exceeded",
                    "message":"the subscription is full","created_at":"2026-07-01T08:00:00Z"}]}}"#,
        ),
        "/acs/users/add_to_access_group" => {
            ADDED.store(true, Ordering::SeqCst);
            (200, r#"{"ok":true}"#)
        }
        _ => (404, "{}"),
    });
    for (user, group) in [("Ada", "Gym"), (ADA, GYM), ("Ada", GYM)] {
        ADDED.store(false, Ordering::SeqCst);
        let add = ["add", "--user", user, "--group", group, "--wait=5s"];
        run(&service.address, &add)
            .badly(1)
            .saying("the user opens nothing through the group")
            .saying("the subscription is full");
    }
}

#[test]
fn interrupted_wait_is_130_and_keeps_the_change() {
    let service = Scripted::new(|path| match path {
        "/acs/users/add_to_access_group" => (200, r#"{"ok":true}"#),
        "/acs/access_groups/list" => (
            200,
            r#"{"access_groups":[],"acs_access_groups":[],"ok":true}"#,
        ),
        "/acs/access_groups/get" => (
            200,
            r#"{"ok":true,"acs_access_group":{
                "acs_access_group_id":"60000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym",
                "pending_mutations":[{"mutation_code":"updating_user_membership","message":"",
                    "created_at":"2026-07-01T08:00:00Z","from":{"acs_user_id":null},
                    "to":{"acs_user_id":"a0000000-0000-4000-8000-000000000001"}}]}}"#,
        ),
        "/acs/users/get" => (
            200,
            r#"{"ok":true,"acs_user":{
                "acs_user_id":"a0000000-0000-4000-8000-000000000001",
                "acs_system_id":"50000000-0000-4000-8000-000000000001","full_name":"Ada"}}"#,
        ),
        _ => (404, "{}"),
    });
    let mut command = binary(&["add", "--user", ADA, "--group", GYM, "--wait=1h"]);
    command
        .env("ACCESS_GROUPS_STORE", &service.address)
        .env("SEAM_API_KEY", KEY);
    let running = Running::start(command);
    for _ in 0..2 {
        service.await_path("/acs/access_groups/get"); // a look, and one more
    }
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(
        (&*ended.stdout, &*ended.stderr),
        (
            "",
            "interrupted while waiting: the change is accepted, and stays so\n"
        )
    );
}
