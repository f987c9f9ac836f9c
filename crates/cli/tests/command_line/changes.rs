//! `add` and `remove`.

use std::{fs, path::Path, time::SystemTime};

use access_groups_core::{async_trait, prelude::*};
use access_groups_in_memory::{InMemory, State};

use crate::{
    harness::{ADA, GRACE, GYM, POOL, Site, run},
    in_process::InProcess,
};

fn add<'a>(user: &'a str, group: &'a str) -> [&'a str; 5] {
    ["add", "--user", user, "--group", group]
}

fn remove<'a>(user: &'a str, group: &'a str) -> [&'a str; 5] {
    ["remove", "--user", user, "--group", group]
}

#[test]
fn opposite_change_restores_the_file() {
    let site = Site::new();
    let before = site.text();
    let added = run(&site.file(), &add(ADA, POOL)).well();
    assert_eq!(
        added.stdout,
        "Added Ada Lovelace to Pool.\n  \
         doors  Front Door\n  \
         when   from 2020-06-01 08:00 UTC\n"
    );
    let members = run(&site.file(), &["members", POOL]).well();
    assert!(members.stdout.contains("Ada Lovelace"), "{members:?}");
    let removed = run(&site.file(), &remove(ADA, POOL)).well();
    assert_eq!(
        removed.stdout,
        "Removed Ada Lovelace from Pool.\n  \
         doors  no longer through this group: Front Door\n  \
         when   from now on\n"
    );
    assert_eq!(site.text(), before);
    assert_eq!(site.files(), ["site.json", "site.json.lock"]);
}

#[test]
fn example_survives_a_round_trip() {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/maple-court/site.json");
    let text = fs::read_to_string(example).expect("the example");
    let state = State::from_site_json(&text).expect("a site");
    let (user, group) = state.memberships().next().expect("a membership");
    let (user, group) = (user.to_string(), group.to_string());

    let site = Site::new();
    site.write(&text);
    run(&site.file(), &remove(&user, &group)).well();
    assert_ne!(site.text(), text);
    run(&site.file(), &add(&user, &group)).well();
    assert_eq!(site.text(), text);
}

fn modified(site: &Site) -> SystemTime {
    let metadata = fs::metadata(site.path()).expect("there");
    metadata.modified().expect("a time")
}

#[test]
fn change_of_nothing_leaves_the_file() {
    let site = Site::new();
    site.write(&site.text().replace("  ", " ")); // would look different if saved
    let (text, time) = (site.text(), modified(&site));
    let again = run(&site.file(), &add(ADA, GYM)).well();
    assert_eq!(
        again.stdout.lines().next(),
        Some("Ada Lovelace is already in Gym; nothing changed.")
    );
    let never = run(&site.file(), &remove(ADA, POOL)).well();
    assert_eq!(
        never.stdout,
        "Ada Lovelace was not in Pool; nothing changed.\n"
    );
    assert_eq!((site.text(), modified(&site)), (text, time));
}

#[test]
fn memory_store_forgets_the_change() {
    let site = Site::new();
    let before = site.text();
    let added = run(&site.memory(), &add(ADA, POOL)).saying("forgets");
    assert_eq!(added.code, Some(0));
    assert!(added.stdout.starts_with("Added Ada Lovelace to Pool."));
    assert_eq!(site.text(), before);
    assert_eq!(site.files(), ["site.json"]);
}

#[test]
fn refusal_names_people_rather_than_ids() {
    let example = concat!(
        "memory:",
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/maple-court/site.json"
    );
    let refused = run(example, &add("Quinn MacLeod", "East Residents"))
        .badly(1)
        .saying("user \"Quinn MacLeod\" belongs to system \"Maple Court, West Wing\"")
        .saying("group \"East Residents\" to system \"Maple Court, East Wing\"");
    assert!(!refused.stderr.contains("-4"), "no id: {refused:?}");
    let unknown = "11111111-1111-4111-8111-111111111111";
    run(example, &add(unknown, "Gym")).badly(1).saying(unknown);
}

#[test]
fn suspended_user_is_added_with_a_note() {
    let site = Site::new();
    let added = run(&site.file(), &add(GRACE, GYM)).well();
    assert!(
        added.stdout.contains("Grace Hopper is suspended"),
        "{added:?}"
    );
}

#[test]
fn json_of_a_change_has_ids_and_resources() {
    let site = Site::new();
    for changed in [true, false] {
        let mut arguments = add(ADA, POOL).to_vec();
        arguments.extend(["--format", "json"]);
        let json = run(&site.file(), &arguments).well().json();
        assert_eq!(json["format_version"], 1);
        assert_eq!(json["command"], "add");
        assert_eq!(json["changed"], changed);
        assert_eq!(json["acs_user_id"], ADA);
        assert_eq!(json["acs_access_group_id"], POOL);
        assert_eq!(json["user"]["full_name"], "Ada Lovelace");
        assert_eq!(json["group"]["name"], "Pool");
        assert_eq!(json["entrances"][0]["display_name"], "Front Door");
    }
}

#[test]
fn a_change_that_cannot_be_described_is_made_and_ends_with_0() {
    let site = Site::new();
    let memory = InMemory::new(State::from_site_json(&site.text()).expect("a site"));
    let service = InProcess::serve(WithoutUsers(memory.clone()));
    let address = &service.address;

    let added =
        run(address, &add(ADA, POOL)).saying("warning: the change is accepted, but the user");
    assert_eq!(added.code, Some(0), "{added:?}");
    let first = added.stdout.lines().next();
    assert_eq!(first, Some(&*format!("Added user {ADA} to Pool.")));
    let (user, group) = (ADA.parse().expect("an id"), POOL.parse().expect("an id"));
    assert!(memory.read(|state| state.is_member(user, group)));

    let mut arguments = remove(ADA, POOL).to_vec();
    arguments.extend(["--format", "json"]);
    let json = run(address, &arguments).json();
    assert_eq!(json["changed"], true);
    assert_eq!(json["acs_user_id"], ADA);
    assert!(json["user"].is_null(), "{json}");
}

/// A service that knows groups only: users cannot be read.
struct WithoutUsers(InMemory);

#[async_trait]
impl AccessGroupPort for WithoutUsers {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        match operation {
            Operation::GetAcsUser(_) => Err(Error::unsupported_operation(&operation)),
            operation => self.0.call(operation, context).await,
        }
    }
}
