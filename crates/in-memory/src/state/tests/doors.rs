use std::time::Duration;

use access_groups_core::{
    AcsUserUpdate, ClosedSchedule, GroupReason, NewAcsUser, NewSchedule, Patch, Verdict,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::{Settling, SiteBuilder};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);

/// Two users, two groups of one system; changes are recorded at `NOW`.
struct Site {
    state: State,
    users: [AcsUserId; 2],
    groups: [AccessGroupId; 2],
}

fn site(settling: Settling) -> Site {
    let mut site = SiteBuilder::new();
    let (users, groups) = (site.users(["Ada", "Grace"]), site.groups(["Gym", "Pool"]));
    let mut state = site.build_state();
    state.set_settling(settling);
    state.advance_to(NOW);
    Site {
        state,
        users,
        groups,
    }
}

/// What the user and the group have to say of each other, as codes and directions.
fn pending(state: &State, user: AcsUserId, group: AccessGroupId) -> (Vec<String>, Vec<String>) {
    let on_user = state.acs_user(user).map(|it| &it.pending_mutations);
    let on_user = on_user.map(|all| all.iter().filter(|it| it.change.is_about_group(group)));
    let on_group = state.access_group(group).map(|it| &it.pending_mutations);
    let on_group = on_group.map(|all| all.iter().filter(|it| it.change.is_about_user(user)));
    let shown = |json: serde_json::Value| {
        let has = |side: &str| {
            let ids = json[side].as_object().map(|side| side.values());
            ids.is_some_and(|mut ids| ids.any(serde_json::Value::is_string))
        };
        let direction = match (json["variant"].as_str(), has("from"), has("to")) {
            (Some(variant), _, _) => variant.to_owned(),
            (None, from, to) => format!("{from}->{to}"),
        };
        let code = json["mutation_code"].as_str().expect("a code");
        format!("{code} {direction}")
    };
    let json = |value: serde_json::Result<serde_json::Value>| shown(value.expect("json"));
    (
        on_user
            .expect("a user")
            .map(|it| json(serde_json::to_value(it)))
            .collect(),
        on_group
            .expect("a group")
            .map(|it| json(serde_json::to_value(it)))
            .collect(),
    )
}

fn check_pending(site: &Site, on_user: &[&str], on_group: &[&str]) {
    let (user, group) = pending(&site.state, site.users[0], site.groups[0]);
    assert_eq!(
        (user.as_slice(), group.as_slice()),
        (
            on_user
                .iter()
                .map(|it| (*it).to_owned())
                .collect::<Vec<_>>()
                .as_slice(),
            on_group
                .iter()
                .map(|it| (*it).to_owned())
                .collect::<Vec<_>>()
                .as_slice(),
        )
    );
}

#[test]
fn both_sides_show_a_change_until_it_is_settled() -> Result<(), Error> {
    let mut site = site(Settling::OnCommand);
    let (ada, gym) = (site.users[0], site.groups[0]);
    assert!(site.state.add_user(ada, gym)?);
    check_pending(
        &site,
        &["updating_group_membership false->true"],
        &["updating_user_membership false->true"],
    );
    let pending = &site.state.acs_user(ada)?.pending_mutations[0];
    assert_eq!(pending.created_at, NOW);
    assert!(!pending.message.is_empty());
    assert!(site.state.settle());
    check_pending(&site, &[], &[]);
    assert!(!site.state.settle(), "nothing left");

    assert!(site.state.remove_user(ada, gym)?);
    check_pending(
        &site,
        &["updating_group_membership true->false"],
        &["updating_user_membership true->false"],
    );
    site.state.settle();
    check_pending(&site, &[], &[]);
    assert!(!site.state.is_member(ada, gym));
    Ok(())
}

#[test]
fn at_once_nothing_is_ever_pending() -> Result<(), Error> {
    let mut site = site(Settling::AtOnce);
    site.state.add_user(site.users[0], site.groups[0])?;
    site.state.suspend_acs_user(site.users[0])?;
    check_pending(&site, &[], &[]);
    assert!(
        site.state
            .acs_user(site.users[0])?
            .pending_mutations
            .is_empty()
    );
    assert_eq!(site.state.next_due(), None);
    Ok(())
}

#[test]
fn what_is_undone_before_it_settles_is_not_pending() -> Result<(), Error> {
    let mut site = site(Settling::OnCommand);
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    site.state.remove_user(ada, gym)?;
    check_pending(&site, &[], &[]);
    site.state.add_user(ada, gym)?;
    site.state.add_user(ada, gym)?; // again: at most one of each
    check_pending(
        &site,
        &["updating_group_membership false->true"],
        &["updating_user_membership false->true"],
    );
    Ok(())
}

#[test]
fn a_delay_is_counted_from_the_change() -> Result<(), Error> {
    let mut site = site(Settling::After(Duration::from_secs(5)));
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    let due = Timestamp::from_unix_seconds(1_005);
    assert_eq!(site.state.next_due(), Some(due));
    assert!(!site.state.advance_to(Timestamp::from_unix_seconds(1_004)));
    assert_eq!(pending(&site.state, ada, gym).0.len(), 1);
    let revision = site.state.revision();
    assert!(site.state.advance_to(due));
    assert!(site.state.revision() > revision, "worth saving");
    check_pending(&site, &[], &[]);
    // Time does not go back: the next change is recorded at the latest time.
    site.state.advance_to(NOW);
    site.state.remove_user(ada, gym)?;
    assert_eq!(
        site.state.next_due(),
        Some(Timestamp::from_unix_seconds(1_010))
    );
    Ok(())
}

#[test]
fn a_membership_waits_for_the_schedule_of_its_user() -> Result<(), Error> {
    let mut site = site(Settling::After(Duration::from_secs(5)));
    let (ada, gym) = (site.users[0], site.groups[0]);
    let (starts_at, ends_at) = (
        Timestamp::from_unix_seconds(2_000),
        Timestamp::from_unix_seconds(3_000),
    );
    let access_schedule = Patch::Set(ClosedSchedule { starts_at, ends_at });
    let update = AcsUserUpdate {
        access_schedule,
        ..AcsUserUpdate::default()
    };
    site.state.update_acs_user(ada, update, NOW)?;
    site.state.add_user(ada, gym)?;
    let deferring = (
        ["deferring_group_membership_update adding"],
        ["deferring_user_membership_update adding"],
    );
    check_pending(&site, &deferring.0, &deferring.1);
    site.state.advance_to(Timestamp::from_unix_seconds(1_999));
    assert!(!site.state.settle(), "it is not on its way");
    check_pending(&site, &deferring.0, &deferring.1);
    site.state.advance_to(starts_at);
    check_pending(
        &site,
        &["updating_group_membership false->true"],
        &["updating_user_membership false->true"],
    );
    site.state.advance_to(Timestamp::from_unix_seconds(2_005));
    check_pending(&site, &[], &[]);
    Ok(())
}

#[test]
fn a_new_user_is_unknown_to_the_doors_at_first() -> Result<(), Error> {
    let mut site = site(Settling::OnCommand);
    let system = site.state.acs_user(site.users[0])?.acs_system_id;
    let name = || "Edith".parse().expect("a name");
    let new = NewAcsUser::new(system, name()).in_group(site.groups[0]);
    let edith = site.state.create_acs_user(new, NOW)?;
    let codes = |user: &AcsUser| -> Vec<String> {
        let pending = user.pending_mutations.iter();
        let json = pending.map(|it| serde_json::to_value(it).expect("json"));
        json.map(|it| it["mutation_code"].as_str().expect("a code").to_owned())
            .collect()
    };
    assert_eq!(codes(&edith), ["creating", "updating_group_membership"]);

    let later = NewSchedule {
        starts_at: Some(Timestamp::from_unix_seconds(2_000)),
        ends_at: None,
    };
    let new = NewAcsUser::new(system, name()).with_access_schedule(later);
    let deferred = site.state.create_acs_user(new, NOW)?;
    assert_eq!(codes(&deferred), ["deferring_creation"]);
    let json = serde_json::to_value(&deferred.pending_mutations[0]).expect("json");
    assert_eq!(json["scheduled_at"], "1970-01-01T00:33:20Z");

    site.state.settle();
    assert!(codes(site.state.acs_user(edith.acs_user_id)?).is_empty());
    assert_eq!(
        codes(site.state.acs_user(deferred.acs_user_id)?),
        ["deferring_creation"]
    );
    site.state.advance_to(Timestamp::from_unix_seconds(2_000));
    assert_eq!(
        codes(site.state.acs_user(deferred.acs_user_id)?),
        ["creating"]
    );
    Ok(())
}

#[test]
fn a_suspension_opens_nothing_before_and_after_it_settles() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym, door) = (site.user("Ada"), site.group("Gym"), site.entrance("Door"));
    site.members(gym, [ada]).opens(gym, [door]);
    let mut state = site.build_state();
    state.set_settling(Settling::OnCommand);
    state.suspend_acs_user(ada)?;
    state.settle();
    state.unsuspend_acs_user(ada)?;
    let opens = |state: &State| {
        let (user, door) = (state.acs_user(ada).expect("Ada"), state.entrance(door));
        let gym = state.access_group(gym).expect("Gym");
        let candidate = access_groups_core::Candidate::new(gym)
            .with_member(true)
            .with_entrance(true);
        let verdict = Verdict::new(user, door.expect("a door"), [candidate], NOW);
        assert_eq!(verdict.groups[0].reason, GroupReason::Opens);
        verdict.opens()
    };
    assert!(!opens(&state), "the doors know her as suspended still");
    state.settle();
    assert!(opens(&state));
    Ok(())
}

#[test]
fn a_refused_change_is_undone_and_leaves_an_error_until_it_succeeds() -> Result<(), Error> {
    for settling in [Settling::OnCommand, Settling::AtOnce] {
        let mut site = site(settling);
        let (ada, gym) = (site.users[0], site.groups[0]);
        site.state
            .refuse_next_change(ada, gym, "No room in the gym.");
        assert!(site.state.add_user(ada, gym)?, "the call succeeds");
        site.state.settle();
        assert!(!site.state.is_member(ada, gym));
        check_pending(&site, &[], &[]);
        let errors = &site.state.acs_user(ada)?.errors;
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].code.as_str(), "failed_to_update_on_acs_system");
        assert_eq!(
            (errors[0].message.as_str(), errors[0].created_at),
            ("No room in the gym.", NOW)
        );

        site.state.add_user(ada, site.groups[1])?; // another change
        site.state.settle();
        assert_eq!(site.state.acs_user(ada)?.errors.len(), 1);
        site.state.add_user(ada, gym)?; // the same change, not refused any more
        site.state.settle();
        assert!(site.state.is_member(ada, gym));
        assert!(site.state.acs_user(ada)?.errors.is_empty());

        site.state.refuse_next_change(ada, gym, "Nobody leaves.");
        site.state.remove_user(ada, gym)?;
        site.state.settle();
        assert!(site.state.is_member(ada, gym));
    }
    Ok(())
}

#[test]
fn who_is_deleted_leaves_nothing_pending() -> Result<(), Error> {
    let mut site = site(Settling::After(Duration::from_secs(5)));
    let ([ada, grace], [gym, pool]) = (site.users, site.groups);
    site.state.add_user(ada, gym)?;
    site.state.add_user(grace, gym)?;
    site.state.add_user(grace, pool)?;
    site.state.delete_user(ada)?;
    assert_eq!(site.state.access_group(gym)?.pending_mutations.len(), 1);
    site.state.delete_group(gym)?;
    assert_eq!(site.state.acs_user(grace)?.pending_mutations.len(), 1);
    site.state.advance_to(Timestamp::from_unix_seconds(9_999));
    assert!(site.state.acs_user(grace)?.pending_mutations.is_empty());
    assert_eq!(site.state.next_due(), None);
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Add(usize, usize),
    Remove(usize, usize),
    Revoke(usize),
    Pass(u32),
    Settle,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pair = || (0..2_usize, 0..2_usize);
    let step = prop_oneof![
        4 => pair().prop_map(|(user, group)| Step::Add(user, group)),
        4 => pair().prop_map(|(user, group)| Step::Remove(user, group)),
        1 => (0..2_usize).prop_map(Step::Revoke),
        2 => (0..6_u32).prop_map(Step::Pass),
        1 => Just(Step::Settle),
    ];
    vec(step, 0..40)
}

proptest! {
    /// However changes settle: listings show what was accepted, both sides say the same, each
    /// pair at most once, and a pair is pending if and only if the doors know something else.
    #[test]
    fn a_pair_is_pending_as_long_as_the_doors_know_something_else(
        steps in steps(),
        settling in select(vec![Settling::OnCommand, Settling::After(Duration::from_secs(5))]),
    ) {
        let (mut site, mut plain) = (site(settling), site(Settling::AtOnce));
        let mut now = 1_000;
        // Who is a member at the doors, and when what is pending gets there.
        let mut doors = std::collections::BTreeMap::<(usize, usize), bool>::new();
        let mut due = std::collections::BTreeMap::<(usize, usize), u32>::new();
        for step in steps {
            match step {
                Step::Add(user, group) => {
                    let (user, group) = (site.users[user], site.groups[group]);
                    let changed = site.state.add_user(user, group).expect("both exist");
                    prop_assert_eq!(changed, plain.state.add_user(user, group).expect("both exist"));
                }
                Step::Remove(user, group) => {
                    let (user, group) = (site.users[user], site.groups[group]);
                    let changed = site.state.remove_user(user, group).expect("both exist");
                    prop_assert_eq!(changed, plain.state.remove_user(user, group).expect("both exist"));
                }
                Step::Revoke(user) => {
                    let user = site.users[user];
                    site.state.revoke_access_to_all_entrances(user).expect("a user");
                    plain.state.revoke_access_to_all_entrances(user).expect("a user");
                }
                Step::Pass(seconds) => now += seconds,
                Step::Settle => due.values_mut().for_each(|due| *due = 0),
            }
            if matches!(step, Step::Settle) {
                site.state.settle();
            }
            site.state.advance_to(Timestamp::from_unix_seconds(now));
            for (u, g) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (user, group) = (site.users[u], site.groups[g]);
                let is_member = plain.state.is_member(user, group);
                prop_assert_eq!(site.state.is_member(user, group), is_member);
                let at_doors = doors.entry((u, g)).or_insert(false);
                if *at_doors == is_member {
                    due.remove(&(u, g));
                } else {
                    let delay = if settling == Settling::OnCommand { u32::MAX } else { now + 5 };
                    let due_at = *due.entry((u, g)).or_insert(delay);
                    if due_at <= now {
                        *at_doors = is_member;
                        due.remove(&(u, g));
                    }
                }
                let (on_user, on_group) = pending(&site.state, user, group);
                prop_assert_eq!(on_user.len(), on_group.len());
                prop_assert_eq!(on_user.len(), usize::from(*at_doors != is_member), "{:?}", step);
                let direction = format!("{}->{}", *at_doors, is_member);
                prop_assert!(on_user.iter().chain(&on_group).all(|it| it.ends_with(&direction)));
            }
        }
    }
}

#[test]
fn a_suspension_says_from_what_to_what_and_leaves_other_changes_alone() -> Result<(), Error> {
    let mut site = site(Settling::OnCommand);
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    assert!(site.state.unsuspend_acs_user(ada)?, "known to be free now");
    assert_eq!(
        site.state.acs_user(ada)?.pending_mutations.len(),
        1,
        "she was never suspended"
    );
    site.state.suspend_acs_user(ada)?;
    let json = serde_json::to_value(&site.state.acs_user(ada)?.pending_mutations[1]).expect("json");
    assert_eq!(json["mutation_code"], "updating_suspension_state");
    assert_eq!(json["from"]["is_suspended"], false);
    assert_eq!(json["to"]["is_suspended"], true);
    site.state.unsuspend_acs_user(ada)?; // undone: the doors knew nothing of it
    check_pending(
        &site,
        &["updating_group_membership false->true"],
        &["updating_user_membership false->true"],
    );
    assert_eq!(site.state.acs_user(ada)?.pending_mutations.len(), 1);
    Ok(())
}

#[test]
fn neither_leaving_nor_suspension_waits_for_a_schedule() -> Result<(), Error> {
    let mut site = site(Settling::OnCommand);
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    site.state.settle();
    let (starts_at, ends_at) = (
        Timestamp::from_unix_seconds(2_000),
        Timestamp::from_unix_seconds(3_000),
    );
    let access_schedule = Patch::Set(ClosedSchedule { starts_at, ends_at });
    let update = AcsUserUpdate {
        access_schedule,
        ..AcsUserUpdate::default()
    };
    site.state.update_acs_user(ada, update, NOW)?;
    site.state.remove_user(ada, gym)?;
    site.state.suspend_acs_user(ada)?;
    assert!(site.state.settle());
    assert!(site.state.acs_user(ada)?.pending_mutations.is_empty());
    Ok(())
}

#[test]
fn a_delay_after_a_schedule_is_counted_from_its_start() -> Result<(), Error> {
    let mut site = site(Settling::After(Duration::from_secs(5)));
    let system = site.state.acs_user(site.users[0])?.acs_system_id;
    let later = NewSchedule {
        starts_at: Some(Timestamp::from_unix_seconds(2_000)),
        ends_at: None,
    };
    let name = "Edith".parse().expect("a name");
    let new = NewAcsUser::new(system, name).with_access_schedule(later);
    let edith = site.state.create_acs_user(new, NOW)?.acs_user_id;
    // Nobody looked for a long while: the creation was on its way at 2,000 and there at 2,005.
    site.state.advance_to(Timestamp::from_unix_seconds(2_500));
    assert!(site.state.acs_user(edith)?.pending_mutations.is_empty());
    assert_eq!(site.state.next_due(), None);
    Ok(())
}

#[test]
fn a_user_made_for_an_identity_is_new_to_the_doors_as_well() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (gym, nobody) = (site.group("Gym"), site.identity("Nobody Yet", []));
    let mut state = site.build_state();
    state.set_settling(Settling::OnCommand);
    state.join(nobody, gym, NOW)?;
    let user = state.users_of_identity(nobody).next().expect("a user");
    let pending = &state.acs_user(user)?.pending_mutations;
    let json = serde_json::to_value(&pending[0]).expect("json");
    assert_eq!(json["mutation_code"], "creating");
    assert_eq!(pending.len(), 2, "and a membership");
    Ok(())
}

#[test]
fn a_refusal_is_a_change_to_be_saved_and_touches_no_other_error() -> Result<(), Error> {
    let mut site = site(Settling::AtOnce);
    let ([ada, _], [gym, pool]) = (site.users, site.groups);
    for (group, words) in [(gym, "No room in the gym."), (pool, "No water.")] {
        site.state.refuse_next_change(ada, group, words);
        let before = site.state.revision();
        site.state.add_user(ada, group)?;
        assert!(site.state.revision() >= before + 2, "made, and undone");
    }
    site.state.add_user(ada, pool)?;
    let errors = &site.state.acs_user(ada)?.errors;
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].message, "No room in the gym.");
    Ok(())
}

#[test]
fn time_passes_with_each_call_and_each_question() -> Result<(), Error> {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use access_groups_core::{BlockingAccessGroupPort, BlockingAcsUserPort};

    let mut site = SiteBuilder::new();
    let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
    let seconds = Arc::new(AtomicU32::new(1_000));
    let clock = seconds.clone();
    let port = site
        .build_blocking()
        .with_clock(move || Timestamp::from_unix_seconds(clock.load(Ordering::SeqCst)))
        .with_settling(Settling::After(Duration::from_secs(5)));
    port.add_user(ada.into(), gym)?;
    let pending = port.acs_user(ada.into())?.pending_mutations;
    assert_eq!(pending[0].created_at, NOW, "by the adapter's clock");
    seconds.store(1_005, Ordering::SeqCst);
    assert!(
        port.acs_user(ada.into())?.pending_mutations.is_empty(),
        "due now is due"
    );

    let mut state = port.snapshot();
    let add = |user: AcsUserId| AddUser {
        user: user.into(),
        group: gym,
    };
    state.execute(add(grace).into(), Timestamp::from_unix_seconds(1_010))?;
    assert_eq!(state.next_due(), Some(Timestamp::from_unix_seconds(1_015)));
    Ok(())
}
