use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use access_groups_core::{
    AccessGroupFilter, AccessSchedule, AcsUserUpdate, AddUser, BlockingAccessGroups,
    BlockingAcsUsers, Candidate, ClosedSchedule, Error, GroupReason, NewAcsUser, NewSchedule,
    Patch, Verdict,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::*;
use crate::{SiteBuilder, State};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);

/// Two users, two groups of one system; changes are recorded at `NOW`.
struct Site {
    state: State,
    users: [AcsUserId; 2],
    groups: [AccessGroupId; 2],
}

fn site(mode: PropagationMode) -> Site {
    let mut site = SiteBuilder::new();
    let (users, groups) = (site.users(["Ada", "Grace"]), site.groups(["Gym", "Pool"]));
    let mut state = site.build_state();
    state.set_propagation(mode);
    state.advance_to(NOW);
    Site {
        state,
        users,
        groups,
    }
}

/// What the user and the group show of each other, as codes and directions.
fn pending(state: &State, user: AcsUserId, group: AccessGroupId) -> (Vec<String>, Vec<String>) {
    let on_user = &state.acs_user(user).expect("a user").pending_mutations;
    let on_user = on_user.iter();
    let on_user = on_user.filter(|pending| pending.change.is_about_group(group));
    let on_group = &state
        .access_group(group)
        .expect("a group")
        .pending_mutations;
    let on_group = on_group.iter();
    let on_group = on_group.filter(|pending| pending.change.is_about_user(user));
    (
        on_user.map(|pending| shown(&json!(pending))).collect(),
        on_group.map(|pending| shown(&json!(pending))).collect(),
    )
}

fn shown(pending: &Value) -> String {
    let has = |side: &str| {
        let ids = pending[side].as_object().map(|side| side.values());
        ids.is_some_and(|mut ids| ids.any(Value::is_string))
    };
    let direction = match (pending["variant"].as_str(), has("from"), has("to")) {
        (Some(variant), _, _) => variant.to_owned(),
        (None, from, to) => format!("{from}->{to}"),
    };
    let code = pending["mutation_code"].as_str().expect("a code");
    format!("{code} {direction}")
}

fn check_pending(site: &Site, on_user: &[&str], on_group: &[&str]) {
    let (user, group) = pending(&site.state, site.users[0], site.groups[0]);
    assert_eq!((user, group), (owned(on_user), owned(on_group)));
}

/// The codes of what is pending about the user.
fn codes(user: &AcsUser) -> Vec<String> {
    let pending = user.pending_mutations.iter().map(|pending| json!(pending));
    let codes = pending.map(|json| json["mutation_code"].as_str().expect("a code").to_owned());
    codes.collect()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn user_and_group_show_a_pending_change() -> Result<(), Error> {
    let mut site = site(PropagationMode::Manual);
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
    assert!(site.state.propagate_all());
    check_pending(&site, &[], &[]);
    assert!(!site.state.propagate_all(), "nothing left");

    assert!(site.state.remove_user(ada, gym)?);
    check_pending(
        &site,
        &["updating_group_membership true->false"],
        &["updating_user_membership true->false"],
    );
    site.state.propagate_all();
    check_pending(&site, &[], &[]);
    assert!(!site.state.is_member(ada, gym));
    Ok(())
}

#[test]
fn nothing_is_pending_in_immediate_mode() -> Result<(), Error> {
    let mut site = site(PropagationMode::Immediate);
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
fn a_reverted_change_is_not_pending() -> Result<(), Error> {
    let mut site = site(PropagationMode::Manual);
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
    let mut site = site(PropagationMode::After(Duration::from_secs(5)));
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
fn a_membership_waits_for_the_schedule() -> Result<(), Error> {
    let mut site = site(PropagationMode::After(Duration::from_secs(5)));
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
    assert!(!site.state.propagate_all(), "it is deferred");
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

/// What is pending about Ada, who was created and put into the gym before her schedule started,
/// after her schedule was patched: kinds of changes, and when time moves them on.
fn check_patched_schedule(
    mode: PropagationMode,
    patch: Patch<ClosedSchedule>,
    expected: &[&str],
    due: Option<u32>,
) -> Result<(), Error> {
    let Site {
        mut state, groups, ..
    } = site(mode);
    let system = state.access_group(groups[0])?.acs_system_id;
    let later = NewSchedule {
        starts_at: Some(Timestamp::from_unix_seconds(2_000)),
        ends_at: Some(Timestamp::from_unix_seconds(3_000)),
    };
    let new = NewAcsUser::new(system, "Ida".parse().expect("a name"))
        .with_access_schedule(later)
        .in_group(groups[0]);
    let ida = state.create_acs_user(new, NOW)?.acs_user_id;
    let update = AcsUserUpdate {
        access_schedule: patch,
        ..AcsUserUpdate::default()
    };
    state.update_acs_user(ida, update, NOW)?;
    assert_eq!(codes(state.acs_user(ida)?), expected, "{mode:?}");
    assert_eq!(state.next_due(), due.map(Timestamp::from_unix_seconds));
    let on_group = &state.access_group(groups[0])?.pending_mutations;
    assert_eq!(on_group.is_empty(), expected.is_empty(), "both agree");
    Ok(())
}

#[test]
fn deferred_changes_follow_the_schedule() -> Result<(), Error> {
    let schedule = |start, end| {
        let [starts_at, ends_at] = [start, end].map(Timestamp::from_unix_seconds);
        Patch::Set(ClosedSchedule { starts_at, ends_at })
    };
    let after = PropagationMode::After(Duration::from_secs(5));
    let manual = PropagationMode::Manual;
    let sent = ["creating", "updating_group_membership"];
    let deferred = ["deferring_creation", "deferring_group_membership_update"];
    check_patched_schedule(after, Patch::Keep, &deferred, Some(2_000))?;
    check_patched_schedule(after, Patch::Clear, &sent, Some(1_005))?;
    check_patched_schedule(manual, Patch::Clear, &sent, None)?;
    check_patched_schedule(PropagationMode::Immediate, Patch::Clear, &[], None)?;
    for (start, due) in [(1_500, 1_500), (2_500, 2_500)] {
        check_patched_schedule(after, schedule(start, 3_000), &deferred, Some(due))?;
    }
    // The end alone is another: the start stays.
    check_patched_schedule(after, schedule(2_000, 4_000), &deferred, Some(2_000))?;
    check_patched_schedule(after, schedule(900, 3_000), &sent, Some(1_005))?;
    check_patched_schedule(manual, schedule(1_000, 3_000), &sent, None)
}

#[test]
fn a_sent_change_ignores_later_schedules() -> Result<(), Error> {
    let mut site = site(PropagationMode::After(Duration::from_secs(5)));
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    let mut user = site.state.acs_user(ada)?.clone();
    user.access_schedule = Some(AccessSchedule::new(Timestamp::from_unix_seconds(2_000)));
    site.state.replace_user(user)?;
    let due = Timestamp::from_unix_seconds(1_005);
    assert_eq!(site.state.next_due(), Some(due));
    Ok(())
}

/// A file whose user is being created, joins one group, leaves another and is changed otherwise;
/// the groups say the same, and that one of them is renamed.
fn loaded(mode: PropagationMode, schedule: Value) -> Site {
    let site = site(PropagationMode::Immediate);
    let (ada, [gym, pool]) = (site.users[0], site.groups);
    let mut file: Value = serde_json::from_str(&site.state.to_site_json()).expect("JSON");
    let pending = |mut change: Value| {
        change["created_at"] = json!("2026-07-01T08:00:00Z");
        change["message"] = json!("as the file says");
        change
    };
    let of = |part: &str, key: &str, id: &str| {
        let elements = file[part].as_array().expect("an array").iter();
        let mut positions = elements.map(|element| element[key] == id);
        positions.position(|is_it| is_it).expect("there")
    };
    let user = of("acs_users", "acs_user_id", &ada.to_string());
    let joined = of("acs_access_groups", "acs_access_group_id", &gym.to_string());
    let left = of(
        "acs_access_groups",
        "acs_access_group_id",
        &pool.to_string(),
    );
    let waits = !schedule.is_null();
    file["acs_users"][user]["access_schedule"] = schedule;
    let joins = match waits {
        true => json!({"mutation_code": "deferring_group_membership_update",
            "acs_access_group_id": gym, "variant": "adding"}),
        false => json!({"mutation_code": "updating_group_membership",
            "from": {"acs_access_group_id": null}, "to": {"acs_access_group_id": gym}}),
    };
    file["acs_users"][user]["pending_mutations"] = json!([
        pending(json!({"mutation_code": "creating"})),
        pending(joins),
        pending(json!({"mutation_code": "updating_group_membership",
            "from": {"acs_access_group_id": pool}, "to": {"acs_access_group_id": null}})),
        pending(json!({"mutation_code": "updating_suspension_state",
            "from": {"is_suspended": true}, "to": {"is_suspended": false}})),
        pending(json!({"mutation_code": "repainting", "colour": "red"})),
    ]);
    file["acs_access_groups"][joined]["pending_mutations"] = json!([
        pending(json!({"mutation_code": "updating_user_membership",
            "from": {"acs_user_id": null}, "to": {"acs_user_id": ada}})),
        pending(json!({"mutation_code": "updating_group_information",
            "from": {"name": "Hall"}, "to": {"name": "Gym"}})),
    ]);
    file["acs_access_groups"][left]["pending_mutations"] =
        json!([pending(json!({"mutation_code": "deleting"}))]);
    file["memberships"] = json!([{"acs_access_group_id": gym, "acs_user_id": ada}]);
    let text = file.to_string();
    let mut state = State::from_site_json(&text).expect("a site");
    state.set_propagation(mode);
    // Imported, a site settles like a loaded one.
    let mut imported = State::new();
    imported.set_propagation(mode);
    imported.import(&text).expect("empty until now");
    assert_eq!(imported.next_due(), state.next_due());
    Site { state, ..site }
}

/// How many changes all resources show as pending.
fn count(state: &State) -> usize {
    let all = AccessGroupFilter::new();
    let users = state.acs_users().map(|user| user.pending_mutations.len());
    let groups = state.access_groups(&all);
    users
        .chain(groups.map(|group| group.pending_mutations.len()))
        .sum()
}

#[test]
fn a_loaded_site_settles() -> Result<(), Error> {
    for mode in [
        PropagationMode::Immediate,
        PropagationMode::After(Duration::from_secs(5)),
        PropagationMode::Manual,
    ] {
        let mut site = loaded(mode, Value::Null);
        let (ada, [gym, pool]) = (site.users[0], site.groups);
        assert_eq!(count(&site.state), 8, "as it is in the file");
        let text = site.state.to_site_json();
        let again = State::from_site_json(&text).expect("a site");
        assert_eq!((again.to_site_json(), &again), (text, &site.state));

        assert!(site.state.advance_to(NOW));
        match mode {
            PropagationMode::Immediate => {}
            PropagationMode::After(_) => {
                assert_eq!(count(&site.state), 8);
                assert!(!site.state.advance_to(Timestamp::from_unix_seconds(1_004)));
                let revision = site.state.revision();
                assert!(site.state.advance_to(Timestamp::from_unix_seconds(1_005)));
                assert!(site.state.revision() > revision, "worth saving");
            }
            PropagationMode::Manual => {
                assert_eq!((count(&site.state), site.state.next_due()), (8, None));
                assert!(site.state.propagate_all());
            }
        }
        assert_eq!(
            (count(&site.state), site.state.next_due()),
            (0, None),
            "{mode:?}"
        );
        assert!(site.state.is_member(ada, gym) && !site.state.is_member(ada, pool));
    }
    Ok(())
}

#[test]
fn a_loaded_change_can_be_reverted() -> Result<(), Error> {
    let mut site = loaded(PropagationMode::Manual, Value::Null);
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.advance_to(NOW);
    site.state.remove_user(ada, gym)?;
    check_pending(&site, &[], &[]);
    site.state.add_user(ada, gym)?;
    check_pending(
        &site,
        &["updating_group_membership false->true"],
        &["updating_user_membership false->true"],
    );
    Ok(())
}

#[test]
fn a_loaded_change_waits_for_its_schedule() -> Result<(), Error> {
    let schedule = json!({"starts_at": "1970-01-01T00:33:20Z", "ends_at": null});
    let mut site = loaded(PropagationMode::Immediate, schedule);
    site.state.advance_to(NOW);
    let starts_at = Timestamp::from_unix_seconds(2_000);
    assert_eq!(site.state.next_due(), Some(starts_at));
    assert_eq!(count(&site.state), 2, "both name the other");
    assert!(!site.state.propagate_all(), "it is deferred");
    site.state.advance_to(starts_at);
    assert_eq!((count(&site.state), site.state.next_due()), (0, None));

    // Where the schedule has begun already, nothing waits.
    let schedule = json!({"starts_at": "1970-01-01T00:00:00Z", "ends_at": null});
    let mut site = loaded(PropagationMode::Immediate, schedule);
    site.state.advance_to(NOW);
    assert_eq!(count(&site.state), 0);
    Ok(())
}

#[test]
fn a_new_user_is_pending() -> Result<(), Error> {
    let mut site = site(PropagationMode::Manual);
    let system = site.state.acs_user(site.users[0])?.acs_system_id;
    let name = || "Edith".parse().expect("a name");
    let new = NewAcsUser::new(system, name()).in_group(site.groups[0]);
    let edith = site.state.create_acs_user(new, NOW)?;
    assert_eq!(codes(&edith), ["creating", "updating_group_membership"]);

    let later = NewSchedule {
        starts_at: Some(Timestamp::from_unix_seconds(2_000)),
        ends_at: None,
    };
    let new = NewAcsUser::new(system, name()).with_access_schedule(later);
    let deferred = site.state.create_acs_user(new, NOW)?;
    assert_eq!(codes(&deferred), ["deferring_creation"]);
    let json = json!(&deferred.pending_mutations[0]);
    assert_eq!(json["scheduled_at"], "1970-01-01T00:33:20Z");

    site.state.propagate_all();
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
fn an_unsuspended_user_opens_nothing_until_propagated() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym, door) = (site.user("Ada"), site.group("Gym"), site.entrance("Door"));
    site.members(gym, [ada]).opens(gym, [door]);
    let mut state = site.build_state();
    state.set_propagation(PropagationMode::Manual);
    state.suspend_acs_user(ada)?;
    state.propagate_all();
    state.unsuspend_acs_user(ada)?;
    let opens = |state: &State| {
        let (user, door) = (state.acs_user(ada).expect("Ada"), state.entrance(door));
        let gym = state.access_group(gym).expect("Gym");
        let candidate = Candidate::new(gym).with_member(true).with_entrance(true);
        let verdict = Verdict::new(user, door.expect("a door"), [candidate], NOW);
        assert_eq!(verdict.groups[0].reason, GroupReason::Opens);
        verdict.opens()
    };
    assert!(!opens(&state), "the suspension is still in effect");
    state.propagate_all();
    assert!(opens(&state));
    Ok(())
}

#[test]
fn a_refused_change_leaves_an_error() -> Result<(), Error> {
    for mode in [PropagationMode::Manual, PropagationMode::Immediate] {
        let mut site = site(mode);
        let (ada, gym) = (site.users[0], site.groups[0]);
        site.state
            .refuse_next_change(ada, gym, "No room in the gym.");
        assert!(site.state.add_user(ada, gym)?, "the call succeeds");
        site.state.propagate_all();
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
        site.state.propagate_all();
        assert_eq!(site.state.acs_user(ada)?.errors.len(), 1);
        site.state.add_user(ada, gym)?; // the same change, not refused any more
        site.state.propagate_all();
        assert!(site.state.is_member(ada, gym));
        assert!(site.state.acs_user(ada)?.errors.is_empty());

        site.state.refuse_next_change(ada, gym, "Nobody leaves.");
        site.state.remove_user(ada, gym)?;
        site.state.propagate_all();
        assert!(site.state.is_member(ada, gym));
    }
    Ok(())
}

#[test]
fn deletions_leave_nothing_pending() -> Result<(), Error> {
    let mut site = site(PropagationMode::After(Duration::from_secs(5)));
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
    Propagate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pair = || (0..2_usize, 0..2_usize);
    let step = prop_oneof![
        4 => pair().prop_map(|(user, group)| Step::Add(user, group)),
        4 => pair().prop_map(|(user, group)| Step::Remove(user, group)),
        1 => (0..2_usize).prop_map(Step::Revoke),
        2 => (0..6_u32).prop_map(Step::Pass),
        1 => Just(Step::Propagate),
    ];
    vec(step, 0..40)
}

proptest! {
    /// In every mode, lists show what was accepted, user and group show the same, each pair at most
    /// once, and a pair is pending if and only if it has not propagated.
    #[test]
    fn pending_pairs_match_the_oracle(
        steps in steps(),
        mode in select(vec![PropagationMode::Manual, PropagationMode::After(Duration::from_secs(5))]),
    ) {
        let (mut site, mut plain) = (site(mode), site(PropagationMode::Immediate));
        let mut now = 1_000;
        // The memberships that have propagated, and when the pending ones will.
        let mut propagated = std::collections::BTreeMap::<(usize, usize), bool>::new();
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
                Step::Propagate => due.values_mut().for_each(|due| *due = 0),
            }
            if matches!(step, Step::Propagate) {
                site.state.propagate_all();
            }
            site.state.advance_to(Timestamp::from_unix_seconds(now));
            for (u, g) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (user, group) = (site.users[u], site.groups[g]);
                let is_member = plain.state.is_member(user, group);
                prop_assert_eq!(site.state.is_member(user, group), is_member);
                let has_propagated = propagated.entry((u, g)).or_insert(false);
                if *has_propagated == is_member {
                    due.remove(&(u, g));
                } else {
                    let delay = if mode == PropagationMode::Manual { u32::MAX } else { now + 5 };
                    let due_at = *due.entry((u, g)).or_insert(delay);
                    if due_at <= now {
                        *has_propagated = is_member;
                        due.remove(&(u, g));
                    }
                }
                let (on_user, on_group) = pending(&site.state, user, group);
                prop_assert_eq!(on_user.len(), on_group.len());
                prop_assert_eq!(on_user.len(), usize::from(*has_propagated != is_member), "{:?}", step);
                let direction = format!("{}->{}", *has_propagated, is_member);
                prop_assert!(on_user.iter().chain(&on_group).all(|pending| pending.ends_with(&direction)));
            }
        }
    }
}

#[test]
fn a_pending_suspension_names_both_states() -> Result<(), Error> {
    let mut site = site(PropagationMode::Manual);
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    assert!(site.state.unsuspend_acs_user(ada)?, "known to be free now");
    assert_eq!(
        site.state.acs_user(ada)?.pending_mutations.len(),
        1,
        "she was never suspended"
    );
    site.state.suspend_acs_user(ada)?;
    let json = json!(&site.state.acs_user(ada)?.pending_mutations[1]);
    assert_eq!(json["mutation_code"], "updating_suspension_state");
    assert_eq!(json["from"]["is_suspended"], false);
    assert_eq!(json["to"]["is_suspended"], true);
    site.state.unsuspend_acs_user(ada)?; // reverted: nothing is left to propagate
    check_pending(
        &site,
        &["updating_group_membership false->true"],
        &["updating_user_membership false->true"],
    );
    assert_eq!(site.state.acs_user(ada)?.pending_mutations.len(), 1);
    Ok(())
}

#[test]
fn removals_and_suspensions_wait_for_no_schedule() -> Result<(), Error> {
    let mut site = site(PropagationMode::Manual);
    let (ada, gym) = (site.users[0], site.groups[0]);
    site.state.add_user(ada, gym)?;
    site.state.propagate_all();
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
    assert!(site.state.propagate_all());
    assert!(site.state.acs_user(ada)?.pending_mutations.is_empty());
    Ok(())
}

#[test]
fn a_deferred_delay_counts_from_the_start() -> Result<(), Error> {
    let mut site = site(PropagationMode::After(Duration::from_secs(5)));
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
fn a_user_created_for_an_identity_is_pending() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (gym, nobody) = (site.group("Gym"), site.identity("Nobody Yet", []));
    let mut state = site.build_state();
    state.set_propagation(PropagationMode::Manual);
    state.join(nobody, gym, NOW)?;
    let user = state.users_of_identity(nobody).next().expect("a user");
    let pending = &state.acs_user(user)?.pending_mutations;
    let json = json!(&pending[0]);
    assert_eq!(json["mutation_code"], "creating");
    assert_eq!(pending.len(), 2, "and a membership");
    Ok(())
}

#[test]
fn a_refusal_counts_as_a_change() -> Result<(), Error> {
    let mut site = site(PropagationMode::Immediate);
    let ([ada, _], [gym, pool]) = (site.users, site.groups);
    for (group, words) in [(gym, "No room in the gym."), (pool, "No water.")] {
        site.state.refuse_next_change(ada, group, words);
        let before = site.state.revision();
        site.state.add_user(ada, group)?;
        assert!(site.state.revision() >= before + 2, "made, and reverted");
    }
    site.state.add_user(ada, pool)?;
    let errors = &site.state.acs_user(ada)?.errors;
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].message, "No room in the gym.");
    Ok(())
}

#[test]
fn time_passes_with_each_call() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
    let seconds = Arc::new(AtomicU32::new(1_000));
    let clock = seconds.clone();
    let port = site
        .build_blocking()
        .with_clock(move || Timestamp::from_unix_seconds(clock.load(Ordering::SeqCst)))
        .with_propagation(PropagationMode::After(Duration::from_secs(5)));
    port.add_user(ada, gym)?;
    let pending = port.acs_user(ada)?.pending_mutations;
    assert_eq!(pending[0].created_at, NOW, "by the adapter's clock");
    seconds.store(1_005, Ordering::SeqCst);
    assert!(
        port.acs_user(ada)?.pending_mutations.is_empty(),
        "due now is due"
    );

    let mut state = port.snapshot();
    let add = |user: AcsUserId| AddUser::new(user, gym);
    state.execute(add(grace).into(), Timestamp::from_unix_seconds(1_010))?;
    assert_eq!(state.next_due(), Some(Timestamp::from_unix_seconds(1_015)));
    Ok(())
}
