use access_groups_core::{
    AccessGroupChange, AccessGroupId, AcsSystemId, AcsUserChange, AcsUserId, EntranceId, GroupSide,
    PendingMutation, Update, UserSide,
};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn now() -> Timestamp {
    at("2026-07-15T12:00:00Z")
}

fn example() -> Outcome {
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    Outcome {
        acs_user_id: user,
        acs_access_group_id: group,
        changed: Some(true),
        user: Some(AcsUser::new(user, SYSTEM, "Ada Lovelace")),
        group: Some(AccessGroup::new(group, SYSTEM, "Residents East")),
        entrances: Some(entrances(&["Front Door East", "Gym"])),
        settled: None,
    }
}

fn entrances(names: &[&str]) -> Vec<Entrance> {
    let mut entrances: Vec<_> = (0..)
        .zip(names)
        .map(|(id, name)| Entrance::new(EntranceId::from_u128(id), SYSTEM, *name))
        .collect();
    sort_entrances(&mut entrances);
    entrances
}

fn check(verb: Verb, change: impl FnOnce(&mut Outcome), expected: &str) {
    let mut example = example();
    change(&mut example);
    assert_eq!(outcome(verb, &example, now()), expected, "{example:?}");
}

#[test]
fn a_change_names_who_which_group_which_doors_and_when() {
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
fn a_change_that_was_none_says_so() {
    check(
        Verb::Add,
        |it| it.changed = Some(false),
        "Ada Lovelace is already in Residents East; nothing changed.\n  \
         doors  Front Door East, Gym\n  \
         when   always",
    );
    check(
        Verb::Remove,
        |it| it.changed = Some(false),
        "Ada Lovelace was not in Residents East; nothing changed.",
    );
}

#[test]
fn what_was_before_is_not_claimed_where_it_is_not_known() {
    check(
        Verb::Add,
        |it| (it.changed, it.entrances) = (None, None),
        "Ada Lovelace is now in Residents East.\n  when   always",
    );
    check(
        Verb::Remove,
        |it| (it.changed, it.entrances) = (None, None),
        "Ada Lovelace is not in Residents East now.",
    );
}

#[test]
fn what_could_not_be_read_is_named_by_its_id() {
    check(
        Verb::Add,
        |it| (it.user, it.group, it.entrances) = (None, None, None),
        "Added user 00000000-0000-0000-0000-000000000001 \
         to group 00000000-0000-0000-0000-000000000002.",
    );
}

#[test]
fn a_long_list_of_doors_is_cut_and_an_empty_one_is_said() {
    check(
        Verb::Add,
        |it| {
            let names = ["l", "k", "J", "i", "h", "g", "f", "e", "d", "c", "b", "a"];
            it.entrances = Some(entrances(&names));
        },
        "Added Ada Lovelace to Residents East.\n  \
         doors  a, b, c, d, e, f, g, h, i, J and 2 more\n  \
         when   always",
    );
    check(
        Verb::Remove,
        |it| it.entrances = Some(Vec::new()),
        "Removed Ada Lovelace from Residents East.\n  \
         doors  none: the group opens no door",
    );
}

#[test]
fn what_keeps_the_doors_shut_is_noted() {
    let until =
        AccessSchedule::new(at("2026-01-01T00:00:00Z")).with_end(at("2026-02-01T00:00:00Z"));
    check(
        Verb::Add,
        |it| {
            let user = it.user.take().expect("a user");
            it.user = Some(user.with_suspended(true).with_access_schedule(until));
            it.entrances = None;
        },
        "Added Ada Lovelace to Residents East.\n  \
         when   always\n  \
         note   Ada Lovelace's own access: ended on 2026-02-01 00:00 UTC\n  \
         note   Ada Lovelace is suspended: no door opens until that ends",
    );
}

#[test]
fn a_pending_change_of_this_membership_is_noted_whichever_side_names_it() {
    let noted = |change: &dyn Fn(&mut Outcome)| {
        let mut example = example();
        change(&mut example);
        outcome(Verb::Add, &example, now()).contains("not yet at the doors")
    };
    let user_side = |group| {
        let update = Update {
            from: GroupSide {
                acs_access_group_id: None,
            },
            to: GroupSide {
                acs_access_group_id: Some(AccessGroupId::from_u128(group)),
            },
        };
        let change = AcsUserChange::UpdatingGroupMembership(update);
        PendingMutation::new(change, "", now())
    };
    let group_side = |user| {
        let update = Update {
            from: UserSide { acs_user_id: None },
            to: UserSide {
                acs_user_id: Some(AcsUserId::from_u128(user)),
            },
        };
        let change = AccessGroupChange::UpdatingUserMembership(update);
        PendingMutation::new(change, "", now())
    };
    let to_user = |it: &mut Outcome, group| {
        let user = it.user.as_mut().expect("a user");
        user.pending_mutations.push(user_side(group));
    };
    let to_group = |it: &mut Outcome, user| {
        let group = it.group.as_mut().expect("a group");
        group.pending_mutations.push(group_side(user));
    };
    assert!(noted(&|it| to_user(it, 2)));
    assert!(!noted(&|it| to_user(it, 3)));
    assert!(noted(&|it| to_group(it, 1)));
    assert!(!noted(&|it| to_group(it, 3)));
}

#[test]
fn a_name_cannot_break_its_line_or_drive_the_terminal() {
    check(
        Verb::Remove,
        |it| {
            let user = it.user.take().expect("a user");
            it.user = Some(user.with_display_name("Ada\n\u{1b}[2J"));
            it.entrances = None;
        },
        "Removed Ada \u{fffd}[2J from Residents East.",
    );
}

#[test]
fn who_waited_is_told_how_far_the_change_came() {
    for (settled, expected) in [
        (Settled::Effective, "  wait   effective: the doors know"),
        (
            Settled::Accepted,
            "  wait   accepted only: the doors do not know yet",
        ),
    ] {
        let mut example = example();
        example.settled = Some(settled);
        let words = outcome(Verb::Add, &example, now());
        assert_eq!(words.lines().last(), Some(expected));
    }
}

#[test]
fn a_direct_grant_is_told_beside_what_groups_say() {
    let user = AcsUser::new(AcsUserId::from_u128(1), SYSTEM, "Ada Lovelace");
    let door = Entrance::new(EntranceId::from_u128(1), SYSTEM, "Gym");
    let check = |user: &AcsUser, granted, expected: &str| {
        let given = Verdict::new(user, &door, [], now()).with_grant(granted);
        assert_eq!(verdict(&given, user, &door, None), expected);
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
    assert_eq!(schedule(Some(given), now()), expected);
}

#[test]
fn a_schedule_is_told_as_seen_now() {
    assert_eq!(schedule(None, now()), "always");
    let (june, july, august) = (
        "2026-06-01T08:00:00Z",
        "2026-07-01T08:00:30Z",
        "2026-08-01T10:00:00+02:00",
    );
    check_schedule(june, None, "from 2026-06-01 08:00 UTC");
    check_schedule(
        july,
        Some(august),
        "from 2026-07-01 08:00:30 UTC until 2026-08-01 08:00 UTC",
    );
    check_schedule(june, Some(july), "ended on 2026-07-01 08:00:30 UTC");
    check_schedule(august, None, "starts on 2026-08-01 08:00 UTC");
    check_schedule(
        august,
        Some("2026-09-01T00:00:00Z"),
        "starts on 2026-08-01 08:00 UTC, until 2026-09-01 00:00 UTC",
    );
    check_schedule(august, Some(july), "never: it ends before it starts");
}

const SYSTEM: AcsSystemId = AcsSystemId::from_u128(9);
