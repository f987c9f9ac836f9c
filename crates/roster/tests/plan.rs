//! What a plan says of single cases; the laws of all plans are in `laws`.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{Timestamp, prelude::*};
use access_groups_in_memory::{BlockingInMemory, PropagationMode, SiteBuilder};
use access_groups_roster::{
    Change, Mode, Observed, Plan, PlanOptions, Planned, Problem, ReadOptions, Roster, Survey,
    observe_blocking,
};

fn plan(store: &BlockingInMemory, roster: &Roster, at: Timestamp, options: &PlanOptions) -> Plan {
    let observed = observe_blocking(store.clone(), roster).expect("memory");
    Plan::new(roster, &observed, at, options).expect("a plan")
}

fn check_problems(file: &str, observed: &Observed, expected: &[&str]) {
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let at = Timestamp::from_unix_seconds(5);
    let problems = Plan::new(&roster, observed, at, &PlanOptions::new()).expect_err("problems");
    let shown: Vec<_> = problems.listed.iter().map(Problem::to_string).collect();
    assert_eq!(shown, expected);
}

#[test]
fn whoever_is_unknown_or_ambiguous_is_a_problem() {
    let mut site = SiteBuilder::new();
    let east = site.new_system("East");
    let [ada, twin] = site.users(["Ada", "Twin"]);
    for user in [ada, twin] {
        site.edit_user(user, |user| user.with_email_address("ada@example.com"));
    }
    site.groups(["Gym", "Pool", "POOL"]);
    site.new_system("West");
    site.group("Lobby");
    let eve = site.user("Eve");
    site.edit_user(eve, |user| user.with_email_address("eve@example.com"));
    site.in_system(east);
    let store = site.build_blocking();
    let file = format!(
        "user,group,until,mode\n\
         nobody@example.com,Gym,,\n\
         ada@example.com,Gym,,\n\
         eve@example.com,Gym,,\n\
         {eve},Gym,,\n\
         a0000000-0000-4000-8000-000000000099,Gym,,\n\
         {ada},Roof,,\n\
         {ada},Pool,,\n\
         gone@example.com,Gym,1970-01-01T00:00:05Z,\n\
         EVE@example.com,Lobby,,\n"
    );
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(store, &roster).expect("memory");
    check_problems(
        &file,
        &observed,
        &[
            "row 2, column user: there is no such user in the system of this group",
            "row 3, column user: 2 people have this e-mail address: use the id",
            "row 4, column user: the user belongs to another system than the group",
            "row 5, column user: the user belongs to another system than the group",
            "row 6, column user: there is no such user in the system of this group",
            "row 7, column group: there is no such group",
            "row 8, column group: 2 groups have this name: use the id",
        ],
    );
}

#[test]
fn a_group_that_was_not_read_is_a_problem() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build_blocking();
    let mut observed = Observed::new();
    observed.add_user(&store.acs_user(ada).expect("a user"));
    observed.add_group(store.access_group(gym).expect("a group"));
    let file = format!("user,group\n{ada},Gym\n");
    let expected = "row 2, column group: the members of this group were not read";
    check_problems(&file, &observed, &[expected]);
}

#[test]
fn two_names_of_a_group_have_one_mode() {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let store = site.build_blocking();
    let file = format!("user,group,mode\n,Gym,additive\n,{gym},authoritative\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(store, &roster).expect("memory");
    let expected = "row 3, column mode: row 2 has set the mode of this group to additive";
    check_problems(&file, &observed, &[expected]);
    let agreed = file.replace("additive", "authoritative");
    let roster = Roster::from_csv(agreed.as_bytes(), &ReadOptions::new()).expect("a roster");
    let now = Timestamp::UNIX_EPOCH;
    let mode = |options: &PlanOptions| {
        let plan = Plan::new(&roster, &observed, now, options).expect("a plan");
        assert_eq!(plan.groups().len(), 1);
        plan.groups()[0].mode
    };
    assert_eq!(mode(&PlanOptions::new()), Mode::Authoritative);
    assert_eq!(
        mode(&PlanOptions::new().with_mode_of(gym, Mode::Additive)),
        Mode::Additive
    );
}

#[test]
fn somebody_known_by_identity_joins_through_it() {
    let mut site = SiteBuilder::new();
    let [east, west] = ["East", "West"].map(|name| site.new_system(name));
    let gym = site.in_system(east).group("Gym");
    let there = site.in_system(west).user("Ada");
    let ada = site.identity("Ada", [there]);
    let store = site.build_blocking();
    let mut observed = Observed::new();
    observed.add_group(store.access_group(gym).expect("a group"));
    observed.add_members(gym, &[]);
    let mut identity = store.user_identity(ada).expect("an identity");
    identity.email_address = Some("Ada@example.com".into());
    observed.add_identity(&identity);
    let file = format!("user,group\nada@example.com,Gym\n{ada},Gym\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let now = Timestamp::UNIX_EPOCH;
    let plan = Plan::new(&roster, &observed, now, &PlanOptions::new()).expect("a plan");
    assert_eq!(plan.repeated_rows(), 1);
    let additions = &plan.groups()[0].additions;
    assert_eq!(additions.len(), 1);
    assert_eq!(additions[0].user, ada.into());
    assert_eq!(additions[0].row, Some(2));
}

#[test]
fn taking_back_an_addition_by_identity_fits() {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let (ada, store) = (site.identity("Ada", []), site.build_blocking());
    store.add_user(ada, gym).expect("she gets a user");
    let observed = observe_blocking(store, Survey::of_groups([gym])).expect("memory");
    let undo = Plan::undo([Change::add(ada, gym)], &observed);
    assert_eq!(undo.recheck(&observed).as_ref(), Ok(&undo));
    assert_eq!(undo.changes().count(), 1);
}

#[test]
fn an_identity_is_the_user_with_its_address() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let herself = site.identity("Ada", []);
    site.edit_user(ada, |user| user.with_email_address("ada@example.com"));
    let store = site.members(gym, [ada]).build_blocking();
    let observed = |addresses: &[&str]| {
        let mut observed = Observed::new();
        observed.add_group(store.access_group(gym).expect("a group"));
        let user = store.acs_user(ada).expect("a user");
        observed.add_members(gym, std::slice::from_ref(&user));
        for (number, address) in addresses.iter().enumerate() {
            let mut user = user.clone().with_email_address(*address);
            if number > 0 {
                user.acs_user_id = AcsUserId::from_u128(number as u128);
            }
            observed.add_user(&user);
        }
        let mut identity = store.user_identity(herself).expect("an identity");
        identity.email_address = Some("Ada@Example.com".into());
        observed.add_identity(&identity);
        observed
    };
    let file = format!("user,group,mode\n{herself},Gym,authoritative\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let plan = |observed: &Observed| {
        Plan::new(
            &roster,
            observed,
            Timestamp::UNIX_EPOCH,
            &PlanOptions::new(),
        )
    };
    // Added as an identity she would be linked to the user, who would then be removed.
    let same = plan(&observed(&["ada@example.com"])).expect("a plan");
    assert!(same.is_empty(), "{same:?}");
    let twins = observed(&["ada@example.com", "ADA@example.com"]);
    let problems = plan(&twins).expect_err("which of the two?");
    assert_eq!(
        problems.listed[0].to_string(),
        "row 2, column user: 2 people have this e-mail address: use the id"
    );
}

#[test]
fn what_has_not_propagated_is_pending() {
    let mut site = SiteBuilder::new();
    let ([ada, grace, kim], gym) = (site.users(["Ada", "Grace", "Kim"]), site.group("Gym"));
    let store = site.members(gym, [grace, kim]).build_blocking();
    let store = store.with_propagation(PropagationMode::Manual);
    store.add_user(ada, gym).expect("accepted");
    store.remove_user(grace, gym).expect("accepted");
    let file = format!("user,group,mode\n{ada},Gym,authoritative\n{kim},Gym,\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let now = Timestamp::UNIX_EPOCH;
    let pending = || {
        let plan = plan(&store, &roster, now, &PlanOptions::new());
        assert!(plan.is_empty());
        let users = plan.groups()[0]
            .pending
            .iter()
            .map(|planned: &Planned| planned.user);
        users.collect::<BTreeSet<_>>()
    };
    assert_eq!(pending(), [ada.into(), grace.into()].into());
    store.propagate_all();
    assert_eq!(pending(), BTreeSet::new());
}

#[test]
fn a_hash_is_that_of_the_changes() {
    let mut site = SiteBuilder::new();
    let ([ada, grace], [gym, pool]) = (site.users(["Ada", "Grace"]), site.groups(["Gym", "Pool"]));
    let store = site.members(pool, [ada]).build_blocking();
    let hash = |rows: &[String]| {
        let file = format!("user,group,mode\n{}", rows.concat());
        let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
        let at = Timestamp::from_unix_seconds(7);
        plan(&store, &roster, at, &PlanOptions::new()).hash()
    };
    let row = |user: AcsUserId, group: AccessGroupId| format!("{user},{group},\n");
    let (one, two) = (row(ada, gym), row(grace, gym));
    let both = hash(&[one.clone(), two.clone()]);
    assert_eq!(both.len(), 12);
    assert_eq!(hash(&[two.clone(), one.clone(), one.clone()]), both);
    let others: BTreeMap<_, _> = [
        (hash(std::slice::from_ref(&one)), "one"),
        (hash(std::slice::from_ref(&two)), "another"),
        (hash(&[row(grace, pool)]), "another group"),
        (hash(&[format!(",{pool},authoritative\n")]), "a removal"),
        (hash(&[row(ada, pool)]), "nothing"),
        (both, "both"),
    ]
    .into();
    assert_eq!(others.len(), 6, "{others:?}");
}
