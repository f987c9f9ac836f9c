use access_groups_core::{
    AccessEffect, AccessGroupChange, AcsUserChange, AcsUserErrorCode, EntranceWarningCode,
    IssueCode, PendingGroup, PendingMutation, PendingSuspension, PendingUser, ResourceError,
    ResourceWarning, Update,
};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn now() -> Timestamp {
    at("2026-07-15T12:00:00Z")
}

fn times<'a>(now: Timestamp, zones: &'a Zones<'a>) -> Times<'a> {
    Times { now, zones }
}

fn example() -> Outcome {
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    Outcome {
        acs_user_id: user,
        acs_access_group_id: group,
        changed: Some(true),
        is_member: None,
        user: Some(AcsUser::new(user, SYSTEM, "Ada Lovelace")),
        group: Some(AccessGroup::new(group, SYSTEM, "Residents East")),
        entrances: Some(entrances(&["Front Door East", "Gym"])),
        propagation: None,
    }
}

fn entrances(names: &[&str]) -> Vec<Entrance> {
    let mut entrances: Vec<_> = (0..)
        .zip(names)
        .map(|(id, name)| Entrance::new(EntranceId::from_u128(id), SYSTEM, *name))
        .collect();
    crate::resolve::sort(&mut entrances);
    entrances
}

fn check(verb: Verb, change: impl FnOnce(&mut Outcome), expected: &str) {
    let mut example = example();
    example.is_member = Some(verb == Verb::Add);
    change(&mut example);
    assert_eq!(
        outcome(verb, &example, &times(now(), &Zones::utc())),
        expected,
        "{example:?}"
    );
}

#[test]
fn change_names_user_group_entrances_and_schedule() {
    check(
        Verb::Add,
        |_| {},
        "Added Ada Lovelace to Residents East.\n  \
         doors  Front Door East, Gym\n  \
         when   always",
    );
    check(
        Verb::Remove,
        |_| {},
        "Removed Ada Lovelace from Residents East.\n  \
         doors  no longer through this group: Front Door East, Gym\n  \
         when   from now on",
    );
}

#[test]
fn change_of_nothing_says_so() {
    check(
        Verb::Add,
        |outcome| outcome.changed = Some(false),
        "Ada Lovelace is already in Residents East; nothing changed.\n  \
         doors  Front Door East, Gym\n  \
         when   always",
    );
    check(
        Verb::Remove,
        |outcome| outcome.changed = Some(false),
        "Ada Lovelace was not in Residents East; nothing changed.",
    );
}

#[test]
fn unknown_previous_state_is_not_claimed() {
    check(
        Verb::Add,
        |outcome| (outcome.changed, outcome.entrances) = (None, None),
        "Ada Lovelace is now in Residents East.\n  when   always",
    );
    check(
        Verb::Remove,
        |outcome| (outcome.changed, outcome.entrances) = (None, None),
        "Ada Lovelace is not in Residents East now.",
    );
}

#[test]
fn accepted_is_not_called_done() {
    check(
        Verb::Remove,
        |outcome| (outcome.changed, outcome.is_member) = (Some(false), Some(true)),
        "Removing Ada Lovelace from Residents East: accepted, but still listed as a member.\n  \
         doors  still through this group: Front Door East, Gym",
    );
    check(
        Verb::Add,
        |outcome| (outcome.changed, outcome.is_member) = (Some(false), Some(false)),
        "Adding Ada Lovelace to Residents East: accepted, but not yet listed as a member.\n  \
         doors  not yet through this group: Front Door East, Gym\n  \
         when   always",
    );
    check(
        Verb::Remove,
        |outcome| outcome.is_member = None,
        "Removing Ada Lovelace from Residents East: accepted; the result could not be read.\n  \
         doors  perhaps still through this group: Front Door East, Gym",
    );
}

#[test]
fn slow_provider_is_called_pending() {
    let note = "  note   not propagated yet: a change of this membership is accepted and pending";
    let is_pending = |outcome: &mut Outcome| {
        let from = PendingGroup {
            acs_access_group_id: Some(outcome.acs_access_group_id),
        };
        let to = PendingGroup {
            acs_access_group_id: None,
        };
        let change = AcsUserChange::UpdatingGroupMembership(Update { from, to });
        let user = outcome.user.as_mut().expect("a user");
        user.pending_mutations
            .push(PendingMutation::new(change, "", now()));
    };
    check(
        Verb::Remove,
        |outcome| {
            is_pending(outcome);
            outcome.is_member = Some(true);
        },
        &format!(
            "Removing Ada Lovelace from Residents East: accepted and pending, still listed as a \
             member.\n  \
             doors  still through this group: Front Door East, Gym\n{note}"
        ),
    );
    check(
        Verb::Remove,
        is_pending,
        &format!(
            "Removed Ada Lovelace from Residents East.\n  \
             doors  no longer through this group: Front Door East, Gym\n  \
             when   once the change has propagated\n{note}"
        ),
    );
}

#[test]
fn unread_resource_is_named_by_its_id() {
    check(
        Verb::Add,
        |outcome| (outcome.user, outcome.group, outcome.entrances) = (None, None, None),
        "Added user 00000000-0000-0000-0000-000000000001 \
         to group 00000000-0000-0000-0000-000000000002.",
    );
}

#[test]
fn long_and_empty_lists_are_summarised() {
    check(
        Verb::Add,
        |outcome| {
            let names = ["l", "k", "J", "i", "h", "g", "f", "e", "d", "c", "b", "a"];
            outcome.entrances = Some(entrances(&names));
        },
        "Added Ada Lovelace to Residents East.\n  \
         doors  a, b, c, d, e, f, g, h, i, J and 2 more\n  \
         when   always",
    );
    check(
        Verb::Remove,
        |outcome| outcome.entrances = Some(Vec::new()),
        "Removed Ada Lovelace from Residents East.\n  \
         doors  none: the group opens no door",
    );
}

#[test]
fn suspension_and_own_schedule_are_noted() {
    let until =
        AccessSchedule::new(at("2026-01-01T00:00:00Z")).with_end(at("2026-02-01T00:00:00Z"));
    check(
        Verb::Add,
        |outcome| {
            let user = outcome.user.take().expect("a user");
            outcome.user = Some(user.with_suspended(true).with_access_schedule(until));
            outcome.entrances = None;
        },
        "Added Ada Lovelace to Residents East.\n  \
         when   always\n  \
         note   Ada Lovelace's own access: ended on 2026-02-01 00:00 UTC\n  \
         note   Ada Lovelace is suspended: no door opens until that ends",
    );
}

#[test]
fn group_that_is_closed_now_is_noted() {
    let note_of = |start: &str, end: Option<&str>| {
        let mut example = example();
        let mut given = AccessSchedule::new(at(start));
        given.ends_at = end.map(at);
        let group = example.group.take().expect("a group");
        example.group = Some(group.with_access_schedule(given));
        let words = outcome(Verb::Add, &example, &times(now(), &Zones::utc()));
        let note = words.lines().find(|line| line.starts_with("  note"));
        note.map(str::to_owned)
    };
    let (before, after) = ("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z");
    assert_eq!(note_of(before, None), None);
    assert_eq!(note_of(before, Some(after)), None);
    assert_eq!(
        note_of(after, None).as_deref(),
        Some("  note   Residents East has not begun: no door opens through it until then")
    );
    assert_eq!(
        note_of(before, Some("2026-02-01T00:00:00Z")).as_deref(),
        Some("  note   Residents East has ended: no door opens through it")
    );
}

#[test]
fn state_of_a_blocked_user_is_not_active() {
    let state = |user: &AcsUser| user_state(user, now());
    assert_eq!(state(&ada()), "active");
    assert_eq!(state(&ada().with_suspended(true)), "suspended");
    let ended = AccessSchedule::new(at("2026-01-01T00:00:00Z")).with_end(now());
    assert_eq!(state(&ada().with_access_schedule(ended)), "ended");
    let coming = AccessSchedule::new(at("2027-01-01T00:00:00Z"));
    assert_eq!(state(&ada().with_access_schedule(coming)), "not_started");
    let mut created = ada();
    let pending = PendingMutation::new(AcsUserChange::Creating, "", now());
    created.pending_mutations.push(pending);
    assert_eq!(state(&created), "pending");
    for code in AcsUserErrorCode::KNOWN {
        let mut user = ada();
        user.errors
            .push(ResourceError::new(code.clone(), "", now()));
        let blocks = code.effect_on_access() == AccessEffect::Blocks;
        assert_eq!(state(&user) == "blocked", blocks, "{code}");
        assert_eq!(state(&user) == "active", !blocks, "{code}");
    }
}

#[test]
fn errors_and_warnings_of_a_change_are_noted() {
    check(
        Verb::Add,
        |outcome| {
            let user = outcome.user.as_mut().expect("a user");
            let full = AcsUserErrorCode::FailedToCreateOnAcsSystem;
            user.errors
                .push(ResourceError::new(full, "Full\u{1b}.", now()));
            let group = outcome.group.as_mut().expect("a group");
            group
                .warnings
                .push(ResourceWarning::new("new".into(), "Odd.", now()));
            let entrances = outcome.entrances.as_mut().expect("entrances");
            let privacy = EntranceWarningCode::PrivacyMode;
            entrances[1]
                .warnings
                .push(ResourceWarning::new(privacy, "", now()));
        },
        "Added Ada Lovelace to Residents East.\n  \
         doors  Front Door East, Gym\n  \
         when   always\n  \
         note   Ada Lovelace: error: Full\u{fffd}. (failed_to_create_on_acs_system); no door opens\n  \
         note   Residents East: warning: Odd. (new)\n  \
         note   Gym: warning: privacy_mode; it does not open",
    );
}

#[test]
fn pending_membership_on_either_side_is_noted() {
    let noted = |change: &dyn Fn(&mut Outcome)| {
        let mut example = example();
        example.is_member = Some(true);
        change(&mut example);
        outcome(Verb::Add, &example, &times(now(), &Zones::utc())).contains("not propagated yet")
    };
    let user_side = |group| {
        let update = Update {
            from: PendingGroup {
                acs_access_group_id: None,
            },
            to: PendingGroup {
                acs_access_group_id: Some(AccessGroupId::from_u128(group)),
            },
        };
        let change = AcsUserChange::UpdatingGroupMembership(update);
        PendingMutation::new(change, "", now())
    };
    let group_side = |user| {
        let update = Update {
            from: PendingUser { acs_user_id: None },
            to: PendingUser {
                acs_user_id: Some(AcsUserId::from_u128(user)),
            },
        };
        let change = AccessGroupChange::UpdatingUserMembership(update);
        PendingMutation::new(change, "", now())
    };
    let to_user = |outcome: &mut Outcome, group| {
        let user = outcome.user.as_mut().expect("a user");
        user.pending_mutations.push(user_side(group));
    };
    let to_group = |outcome: &mut Outcome, user| {
        let group = outcome.group.as_mut().expect("a group");
        group.pending_mutations.push(group_side(user));
    };
    assert!(noted(&|outcome| to_user(outcome, 2)));
    assert!(!noted(&|outcome| to_user(outcome, 3)));
    assert!(noted(&|outcome| to_group(outcome, 1)));
    assert!(!noted(&|outcome| to_group(outcome, 3)));
}

#[test]
fn name_cannot_break_lines_or_control_terminal() {
    check(
        Verb::Remove,
        |outcome| {
            let user = outcome.user.take().expect("a user");
            outcome.user = Some(user.with_display_name("Ada\n\u{1b}[2J"));
            outcome.entrances = None;
        },
        "Removed Ada \u{fffd}[2J from Residents East.",
    );
}

#[test]
fn result_of_wait_is_shown() {
    for (status, expected) in [
        (
            PropagationStatus::Propagated,
            "  wait   propagated to the access control system",
        ),
        (
            PropagationStatus::Accepted,
            "  wait   accepted, not propagated yet",
        ),
    ] {
        let mut example = example();
        (example.is_member, example.propagation) = (Some(true), Some(status));
        let words = outcome(Verb::Add, &example, &times(now(), &Zones::utc()));
        assert_eq!(words.lines().last(), Some(expected));
    }
}

#[test]
fn direct_grant_is_shown() {
    let user = AcsUser::new(AcsUserId::from_u128(1), SYSTEM, "Ada Lovelace");
    let door = Entrance::new(EntranceId::from_u128(1), SYSTEM, "Gym");
    let check = |user: &AcsUser, granted, expected: &str| {
        let given = Verdict::new(user, &door, [], now()).with_grant(granted);
        assert_eq!(verdict(&given, None, &Zones::utc()), expected);
    };
    check(
        &user,
        true,
        "Ada Lovelace may open Gym now.\n  grant  granted directly, beside all groups",
    );
    check(&user, false, "Ada Lovelace may not open Gym now.");
    check(
        &user.clone().with_suspended(true),
        true,
        "Ada Lovelace may not open Gym now.\n  \
         user   suspended: nothing opens until that ends\n  \
         grant  granted directly, beside all groups",
    );
}

fn check_schedule(start: &str, end: Option<&str>, expected: &str) {
    let mut given = AccessSchedule::new(at(start));
    given.ends_at = end.map(at);
    let zones = Zones::utc();
    let shown = schedule(Some(given), SYSTEM, &times(now(), &zones));
    assert_eq!(shown, expected);
}

#[test]
fn schedule_is_relative_to_now() {
    assert_eq!(
        schedule(None, SYSTEM, &times(now(), &Zones::utc())),
        "always"
    );
    let (june, july, august) = (
        "2026-06-01T08:00:00Z",
        "2026-07-01T08:00:30Z",
        "2026-08-01T10:00:00+02:00",
    );
    check_schedule(june, None, "from 2026-06-01 08:00 UTC");
    check_schedule(
        july,
        Some(august),
        "from 2026-07-01 08:00:30 until 2026-08-01 08:00 UTC",
    );
    check_schedule(june, Some(july), "ended on 2026-07-01 08:00:30 UTC");
    check_schedule(august, None, "starts on 2026-08-01 08:00 UTC");
    check_schedule(
        august,
        Some("2026-09-01T00:00:00Z"),
        "starts on 2026-08-01 08:00, until 2026-09-01 00:00 UTC",
    );
    let never = Some("9999-12-31T23:59:59Z");
    check_schedule(june, never, "from 2026-06-01 08:00 UTC, no end");
    check_schedule(august, never, "starts on 2026-08-01 08:00 UTC, no end");
    check_schedule(august, Some(july), "never: it ends before it starts");
}

fn ada() -> AcsUser {
    AcsUser::new(AcsUserId::from_u128(1), SYSTEM, "Ada Lovelace")
}

fn group(id: u128, name: &str) -> AccessGroup {
    AccessGroup::new(AccessGroupId::from_u128(id), SYSTEM, name)
}

fn check_created(user: &AcsUser, groups: Option<&[AccessGroup]>, expected: &str) {
    let now = Timestamp::from_unix_seconds(0);
    let zones = Zones::utc();
    let times = times(now, &zones);
    assert_eq!(created(user, "Main", groups, &times), expected);
}

#[test]
fn created_user_is_shown_with_groups_and_schedule() {
    check_created(
        &ada(),
        Some(&[group(1, "Pool"), group(2, "Gym")]),
        "Created Ada Lovelace in Main.\n  \
         id     00000000-0000-0000-0000-000000000001\n  \
         group  Gym, Pool\n  \
         when   always",
    );
    let from_then_on = AccessSchedule::new(Timestamp::from_unix_seconds(60));
    check_created(
        &ada().with_access_schedule(from_then_on),
        Some(&[]),
        "Created Ada Lovelace in Main.\n  \
         id     00000000-0000-0000-0000-000000000001\n  \
         group  none\n  \
         when   starts on 1970-01-01 00:01 UTC",
    );
    check_created(
        &ada(),
        None,
        "Created Ada Lovelace in Main.\n  \
         id     00000000-0000-0000-0000-000000000001\n  \
         when   always",
    );
}

#[test]
fn delete_question_names_the_user() {
    assert_eq!(
        delete_question(&ada().with_email_address("ada@example.com"), "Main", 2),
        "Delete Ada Lovelace (ada@example.com) of Main, in 2 groups, for ever?"
    );
    assert_eq!(
        delete_question(&ada().with_display_name("A\nda"), "Ma\u{1b}in", 0),
        "Delete A da of Ma\u{fffd}in, in no group, for ever?"
    );
}

#[test]
fn suspension_says_whether_it_changed() {
    let first = |is_suspended, changed| {
        let after = ada().with_suspended(is_suspended);
        suspended(is_suspended, changed, &ada(), Some(&after))
    };
    assert!(first(true, true).starts_with("Suspended Ada Lovelace: no door"));
    assert!(first(false, true).contains("no longer"));
    for suspended in [true, false] {
        assert!(first(suspended, false).ends_with("nothing changed."));
    }
}

#[test]
fn suspension_without_effect_is_only_accepted() {
    for (asked, after, expected) in [
        (true, Some(false), ", but not yet listed as suspended."),
        (false, Some(true), ", but still listed as suspended."),
        (true, None, "; the result could not be read."),
        (false, None, "; the result could not be read."),
    ] {
        let after = after.map(|state| ada().with_suspended(state));
        let words = suspended(asked, after.is_none(), &ada(), after.as_ref());
        assert!(words.ends_with(&format!("accepted{expected}")), "{words}");
    }
    let mut after = ada().with_suspended(true);
    let [from, to] = [false, true].map(|is_suspended| PendingSuspension { is_suspended });
    let change = AcsUserChange::UpdatingSuspensionState(Update { from, to });
    let pending = PendingMutation::new(change, "", now());
    after.pending_mutations.push(pending);
    let words = suspended(true, true, &ada(), Some(&after));
    assert!(
        words.contains("pending") && !words.contains("no door"),
        "{words}"
    );
}

#[test]
fn deletion_without_effect_is_only_accepted() {
    let words = [Some(true), Some(false), None].map(|seen| deleted(&ada(), seen));
    assert_eq!(
        words,
        [
            "Deleted Ada Lovelace, with all memberships.",
            "Deleting Ada Lovelace: accepted, but still listed as a user.",
            "Deleting Ada Lovelace: accepted; the result could not be read.",
        ]
    );
}

const SYSTEM: AcsSystemId = AcsSystemId::from_u128(9);
