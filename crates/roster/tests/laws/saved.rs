//! A saved plan is read as it was written or not at all, and is compared with what has become of it.

use std::collections::BTreeSet;

use access_groups_core::{MembershipChange, Timestamp, WorkspaceId, prelude::*};
use access_groups_in_memory::SiteBuilder;
use access_groups_roster::{
    Change, Moved, Observed, Origin, Plan, PlanOptions, ReadOptions, Roster, SavedPlan,
    SavedPlanError, Stale, Survey, observe_blocking,
};
use proptest::{collection::vec, prelude::*};

use crate::site::{GROUPS, PEOPLE, Pair, Site, cases};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_saved_plan_is_read_as_it_was_written(case in cases(), at in any::<usize>(), byte in any::<u8>()) {
        let site = Site::new(&case);
        let saved = save(&site);
        let text = saved.to_json();
        let read = SavedPlan::from_json(text.as_bytes()).expect("a saved plan");
        prop_assert_eq!(&read, &saved);
        prop_assert!(read.plan.changes().eq(saved.plan.changes()));
        check_damage(&saved, text.as_bytes(), at % text.len(), byte);
    }

    #[test]
    fn what_has_moved_since_is_found_and_nothing_else(
        case in cases(),
        others in vec((0..PEOPLE, 0..GROUPS, any::<bool>()), 0..6),
        made in vec(any::<usize>(), 0..3),
        deleted in proptest::option::weighted(0.2, 0..GROUPS),
    ) {
        let site = Site::new(&case);
        let saved = save(&site);
        let changes: Vec<_> = saved.plan.changes().collect();
        for change in made.iter().filter_map(|place| changes.get(place.checked_rem(changes.len())?)) {
            site.set(site.pair(change), change.kind == MembershipChange::Added);
        }
        for (person, group, adds) in others {
            site.set((person, group), adds);
        }
        let memberships = site.memberships();
        let deleted = deleted.map(|group| site.groups[group]);
        let is_deleted = |group: AccessGroupId| deleted == Some(group);

        let groups = saved.plan.groups().iter().map(|group| group.group);
        let deleted_first = groups.clone().filter(|group| is_deleted(*group));
        let mut expected: BTreeSet<_> = deleted_first.map(|group| (group, None)).collect();
        for change in changes.iter().filter(|change| !is_deleted(change.group)) {
            let pair = site.pair(change);
            if memberships.contains(&pair) == (change.kind == MembershipChange::Added) {
                expected.insert((change.group, Some(pair)));
            }
        }
        let pair = |moved: &Moved| {
            moved.membership.map(|(_, user)| site.pair(&Change::add(user, moved.group)))
        };
        if let Some(group) = deleted {
            site.store.update(|state| state.delete_group(group)).expect("a group");
        }
        let observed = site.observe(Survey::of_groups(groups));
        match saved.recheck(&observed, Timestamp::UNIX_EPOCH) {
            Ok(plan) => {
                prop_assert_eq!(expected, BTreeSet::new());
                check_counts(&site, &plan);
                prop_assert!(plan.changes().eq(changes));
            }
            Err(Stale::Moved(moved)) => {
                let found: BTreeSet<(_, Option<Pair>)> =
                    moved.iter().map(|moved| (moved.group, pair(moved))).collect();
                prop_assert_eq!(found.len(), moved.len(), "each once");
                prop_assert_eq!(found, expected);
            }
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_plan_ends_when_a_row_begins_or_ends(case in cases(), later in 0_u32..14) {
        let site = Site::new(&case);
        let (plan, observed) = site.plan(&site.roster());
        let next = [plan.next_begin(), plan.next_end()].into_iter().flatten().min();
        let now = Timestamp::from_unix_seconds(case.at() + later);
        let saved = SavedPlan::new(plan, &observed, origin(case.at()));
        let expected = match next.filter(|next| *next <= now) {
            Some(next) => Err(Stale::Rows(next)),
            None => Ok(saved.plan.clone()),
        };
        prop_assert_eq!(saved.recheck(&observed, now), expected);
        // What the roster says has changed, or the plan says so in vain.
        if next.is_none() {
            let at = Timestamp::from_unix_seconds(u32::MAX);
            prop_assert!(saved.recheck(&observed, at).is_ok());
        }
    }
}

/// The plan of the site's roster.
fn save(site: &Site) -> SavedPlan {
    let (plan, observed) = site.plan(&site.roster());
    SavedPlan::new(plan, &observed, origin(0))
}

fn origin(made_at: u32) -> Origin {
    let made_at = Timestamp::from_unix_seconds(made_at);
    Origin::new("a test", made_at, "memory").of_roster("roster.csv", b"user,group\n")
}

fn check_counts(site: &Site, plan: &Plan) {
    let memberships = site.memberships();
    for group in plan.groups() {
        let members = memberships.iter();
        let members = members.filter(|(_, place)| site.groups[*place] == group.group);
        assert_eq!(group.members, members.count());
    }
}

/// One byte changed, and cut off there.
fn check_damage(saved: &SavedPlan, text: &[u8], at: usize, byte: u8) {
    let mut changed = text.to_vec();
    changed[at] = byte;
    for damaged in [&changed[..], &text[..at]] {
        if let Ok(read) = SavedPlan::from_json(damaged) {
            assert_eq!(read, *saved, "byte {at} was {}", text[at]);
            assert!(read.plan.changes().eq(saved.plan.changes()));
        }
    }
}

#[test]
fn no_byte_of_a_saved_plan_can_be_changed() {
    let saved = small();
    let text = saved.to_json();
    let text = text.as_bytes();
    for at in 0..text.len() {
        let flipped = text[at] ^ 1;
        let case = text[at] ^ 32;
        for byte in [flipped, case, b'0', b'"', b' ', b'}', 0, 0xff] {
            check_damage(&saved, text, at, byte);
        }
    }
    let error = SavedPlan::from_json(&text[..text.len() / 2]).expect_err("half of it");
    assert!(matches!(error, SavedPlanError::Json(_)), "{error}");
    let newer = saved
        .to_json()
        .replace("\"format_version\": 1", "\"format_version\": 2");
    let error = SavedPlan::from_json(newer.as_bytes()).expect_err("newer");
    assert!(matches!(error, SavedPlanError::Version(2)), "{error}");
    let other = saved
        .to_json()
        .replace("access-groups plan", "another plan");
    let error = SavedPlan::from_json(other.as_bytes()).expect_err("another");
    assert!(matches!(error, SavedPlanError::Other), "{error}");
    let renamed = saved.to_json().replace("Ada", "Eve");
    let error = SavedPlan::from_json(renamed.as_bytes()).expect_err("renamed");
    assert!(matches!(error, SavedPlanError::Changed), "{error}");
}

/// Ada moves, and Grace joins.
fn small() -> SavedPlan {
    let (plan, observed) = building();
    let origin = origin(1000).in_workspace(observed.workspace());
    SavedPlan::new(plan, &observed, origin)
}

fn building() -> (Plan, Observed) {
    let mut site = SiteBuilder::new();
    let ([ada, grace], [_, pool]) = (site.users(["Ada", "Grace"]), site.groups(["Gym", "Pool"]));
    let store = site.members(pool, [ada]).build_blocking();
    let file = format!(
        "user,group,until,mode\n{ada},Gym,1970-01-02,\n{grace},Gym,,\n,Pool,,authoritative\n"
    );
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(store, &roster).expect("memory");
    let at = Timestamp::from_unix_seconds(1000);
    let plan = Plan::new(&roster, &observed, at, &PlanOptions::new()).expect("a plan");
    (plan, observed)
}

#[test]
fn another_workspace_or_an_earlier_clock_is_stale() {
    let (plan, observed) = building();
    let saved = SavedPlan::new(
        plan,
        &observed,
        origin(1000).in_workspace(observed.workspace()),
    );
    let at = |seconds| saved.recheck(&observed, Timestamp::from_unix_seconds(seconds));
    // Two machines may differ by five minutes.
    for fresh in [700, 1000, 86_399] {
        assert!(at(fresh).is_ok(), "{fresh}");
    }
    let made_at = Timestamp::from_unix_seconds(1000);
    for early in [0, 699] {
        assert_eq!(at(early), Err(Stale::ClockSetBack(made_at)));
    }
    let tomorrow = Timestamp::from_unix_seconds(86_400);
    for late in [86_400, u32::MAX] {
        assert_eq!(at(late), Err(Stale::Rows(tomorrow)));
    }

    let other = WorkspaceId::from_u128(77);
    let mut elsewhere = saved.clone();
    elsewhere.origin = elsewhere.origin.in_workspace(Some(other));
    let found = observed.workspace().expect("a workspace");
    let expected = Stale::OtherWorkspace {
        planned: other,
        found,
    };
    assert_eq!(elsewhere.recheck(&observed, made_at), Err(expected.clone()));

    let said = |stale: &Stale, what: &str| assert!(stale.to_string().contains(what), "{stale}");
    said(
        &expected,
        "the plan is for workspace 00000000-0000-0000-0000-00000000004d",
    );
    said(&Stale::Rows(tomorrow), "on 1970-01-02T00:00:00Z first");
    said(
        &Stale::ClockSetBack(made_at),
        "made at 1970-01-01T00:16:40Z",
    );
    said(&Stale::Moved(Vec::new()), "0 memberships have changed");
}
