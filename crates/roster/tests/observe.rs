//! What is read is what the roster names, and an incomplete answer is none.

use access_groups_conformance::block_on;
use access_groups_core::{ListUsersInGroup, Timestamp, prelude::*};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};
use access_groups_layers::{FaultPlan, FaultRule, Faults, Recorder};
use access_groups_roster::{Plan, PlanOptions, ReadOptions, Roster, observe, observe_blocking};

/// Two groups that the roster names in two ways, one that it does not, and a system that it does not.
fn site() -> (BlockingInMemory, [AccessGroupId; 3], Roster) {
    let mut site = SiteBuilder::new();
    let east = site.new_system("East");
    let [gym, pool, roof] = site.groups(["Gym", "Pool", "Roof"]);
    let users: Vec<_> = (0..1200).map(|_| site.user("Somebody")).collect();
    site.members(gym, users.iter().copied())
        .members(roof, users[..5].iter().copied());
    site.new_system("West");
    site.user("Elsewhere");
    site.in_system(east);
    let file = format!(
        "user,group,mode\n{},GYM,authoritative\n{},{pool},\n",
        users[0], users[1]
    );
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    (site.build_blocking(), [gym, pool, roof], roster)
}

#[test]
fn only_what_the_roster_names_is_read() {
    let (store, [gym, pool, _], roster) = site();
    let port = Recorder::new(store.clone());
    let observed = observe_blocking(port.clone(), &roster).expect("memory");
    let mut read: Vec<_> = port
        .calls_of::<ListUsersInGroup>()
        .iter()
        .map(|call| call.operation.clone())
        .collect();
    read.sort_by_key(|operation| *operation != ListUsersInGroup::new(gym).into());
    let expected = [gym, pool].map(|group| ListUsersInGroup::new(group).into());
    assert_eq!(read, expected);
    let mut names = port.names();
    names.sort_unstable();
    let users = names.iter().filter(|name| **name == "acs_users").count();
    assert!(users >= 2, "in pages: {names:?}");
    assert_eq!(
        names
            .iter()
            .filter(|name| **name == "access_groups")
            .count(),
        1
    );

    // Both drivers read the same.
    let port = store.asynchronous();
    let other = block_on(observe(&port, &roster)).expect("memory");
    let plan = |observed| {
        Plan::new(
            &roster,
            observed,
            Timestamp::UNIX_EPOCH,
            &PlanOptions::new(),
        )
        .expect("a plan")
    };
    assert_eq!(plan(&observed), plan(&other));
    assert_eq!(plan(&observed).groups()[0].removals.len(), 1199);
    assert_eq!(format!("{other:?}"), format!("{observed:?}"));
}

#[test]
fn what_was_read_can_be_shown() {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    site.edit_user(ada, |user| user.with_email_address("Ada@Example.com"));
    let [gym, roof] = site.groups(["Gym", "Roof"]);
    let port = site
        .members(gym, [ada, grace])
        .members(roof, [grace])
        .build_blocking();
    let file = format!("user,group\n{ada},Gym\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(port, &roster).expect("memory");

    let names: Vec<_> = observed.groups().map(|group| &*group.name).collect();
    assert_eq!(names, ["Gym", "Roof"]);
    let mut members: Vec<_> = observed.members_of(gym).collect();
    members.sort_unstable();
    let mut expected = [ada, grace];
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(observed.members_of(roof).count(), 0, "not named, not read");
    let addresses: Vec<_> = observed.addresses().collect();
    assert_eq!(addresses, [(ada.into(), "ada@example.com")]);
}

#[test]
fn any_failure_is_that_of_the_whole() {
    let (store, _, roster) = site();
    let recorder = Recorder::new(store.clone());
    observe_blocking(recorder.clone(), &roster).expect("memory");
    let calls = recorder.names().len();
    assert!(calls >= 6, "{calls}");
    for nth in 1..=u64::try_from(calls).expect("few") {
        let plan = || {
            let away = Error::unavailable("away");
            FaultPlan::new().with_rule(FaultRule::of_all().nth(nth).fails(away))
        };
        let port = Faults::new(store.clone(), plan());
        let error = observe_blocking(port, &roster).expect_err("incomplete");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "call {nth}");
        let port = Faults::new(store.asynchronous(), plan());
        let error = block_on(observe(&port, &roster)).expect_err("incomplete");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "call {nth}");
    }
}

#[test]
fn a_port_without_identities_is_read() {
    let (store, _, roster) = site();
    let rule = FaultRule::of::<access_groups_core::ListUserIdentities>();
    let refuses = |error| FaultPlan::new().with_rule(rule.clone().fails(error));
    let port = Faults::new(store.clone(), refuses(Error::unsupported("no identities")));
    assert!(observe_blocking(port, &roster).is_ok());
    let port = Faults::new(store, refuses(Error::unauthenticated("refused")));
    assert!(observe_blocking(port, &roster).is_err());
}
