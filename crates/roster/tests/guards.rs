//! Bad days: however a roster shrinks, the guards let through what they allow, and not one more.

use std::collections::BTreeSet;

use access_groups_core::{Timestamp, prelude::*};
use access_groups_in_memory::SiteBuilder;
use access_groups_roster::{
    Guards, Mode, Observed, Plan, PlanOptions, Problems, ReadOptions, Roster, Stop,
    observe_blocking,
};

/// An authoritative group of so many members, and ten people outside.
struct Gym {
    gym: AccessGroupId,
    members: Vec<AcsUserId>,
    others: [AcsUserId; 10],
    observed: Observed,
}

impl Gym {
    fn of(members: usize) -> Self {
        let mut site = SiteBuilder::new();
        let gym = site.group("Gym");
        let others = site.users([(); 10].map(|()| "Somebody"));
        let members: Vec<_> = (0..members).map(|_| site.user("Somebody")).collect();
        let store = site.members(gym, members.iter().copied()).build_blocking();
        let roster = Roster::from_csv(b"user,group,mode\n,Gym,additive\n", &ReadOptions::new());
        let roster = roster.expect("a group without rows");
        Self {
            gym,
            observed: observe_blocking(store, &roster).expect("memory"),
            members,
            others,
        }
    }

    /// The file of a roster without the first so many members, and with some of the others.
    fn file(&self, removals: usize, additions: usize) -> String {
        let stay = &self.members[removals..];
        let join = &self.others[..additions];
        let rows = stay.iter().chain(join).map(|user| format!("{user},Gym,\n"));
        format!(
            "user,group,mode\n,Gym,authoritative\n{}",
            rows.collect::<String>()
        )
    }

    fn plan(&self, file: &[u8], mode: Mode) -> Result<Plan, Problems> {
        let roster = Roster::from_csv(file, &ReadOptions::new())?;
        let options = PlanOptions::new().with_mode_of(self.gym, mode);
        Plan::new(&roster, &self.observed, Timestamp::UNIX_EPOCH, &options)
    }

    /// Where these guards stop it, if the roster removes and adds so many.
    fn stops(&self, removals: usize, additions: usize, guards: &Guards) -> Option<Stop> {
        let plan = self.plan(
            self.file(removals, additions).as_bytes(),
            Mode::Authoritative,
        );
        let plan = plan.expect("a plan");
        let group = &plan.groups()[0];
        assert_eq!(
            (group.removals.len(), group.additions.len()),
            (removals, additions)
        );
        let stops = plan.stops(guards);
        assert!(stops.len() <= 1, "there is one group");
        stops.first().copied()
    }

    /// All numbers of removals about the limits, and what the guards must say of each.
    fn check(&self, guards: &Guards, allowed: usize) {
        let members = self.members.len();
        let context = || format!("{members} members, {guards:?}");
        assert_eq!(guards.allowed(members), allowed, "{}", context());
        let numbers = [
            0,
            allowed,
            allowed.saturating_add(1),
            members.saturating_sub(1),
            members,
        ];
        let numbers: BTreeSet<_> = numbers
            .into_iter()
            .filter(|removals| *removals <= members)
            .collect();
        for removals in numbers {
            // Whoever joins counts only where all others leave.
            let additions: &[usize] = if removals == members {
                &[0, 1, 10]
            } else {
                &[0]
            };
            for additions in additions.iter().copied() {
                let is_empty = removals == members && additions == 0 && removals > 0;
                let is_emptied = is_empty && members >= guards.emptied;
                let expected = removals > allowed || is_emptied;
                let stop = self.stops(removals, additions, guards);
                let what = || format!("{removals} removals, {additions} additions, {}", context());
                assert_eq!(stop.is_some(), expected, "{}", what());
                if let Some(stop) = stop {
                    assert_eq!(
                        (stop.members, stop.removals),
                        (members, removals),
                        "{}",
                        what()
                    );
                    assert_eq!(
                        (stop.allowed, stop.is_emptied),
                        (allowed, is_emptied),
                        "{}",
                        what()
                    );
                }
            }
        }
    }
}

#[test]
fn groups_of_any_size_are_guarded() {
    for members in 0..=300 {
        // A tenth, at least three, at most twenty.
        let allowed = match members {
            0..40 => 3,
            40..200 => members / 10,
            _ => 20,
        };
        Gym::of(members).check(&Guards::new(), allowed);
    }
}

#[test]
fn every_limit_can_be_set() {
    for members in [0, 1, 2, 3, 4, 5, 10, 99, 100, 101, 299, 300] {
        let gym = Gym::of(members);
        let check = |guards: Guards, allowed| gym.check(&guards, allowed);
        let bare = Guards::new()
            .with_least(0)
            .with_most(usize::MAX)
            .with_emptied(usize::MAX);
        check(bare.with_percent(0), 0);
        check(bare.with_percent(1), members / 100);
        check(bare.with_percent(50), members / 2);
        check(bare.with_percent(99), members * 99 / 100);
        check(bare.with_percent(100), members);
        check(bare.with_percent(255), members * 255 / 100);

        let none = bare.with_percent(0);
        for some in [0, 1, 5, members, members + 1] {
            check(none.with_least(some), some);
            check(bare.with_percent(100).with_most(some), members.min(some));
            // Of two limits that contradict each other, the lower one counts.
            check(none.with_least(some + 1).with_most(some), some);
            check(none.with_least(usize::MAX).with_emptied(some), usize::MAX);
        }
    }
}

#[test]
fn no_number_is_too_large_to_count() {
    let guards = Guards::new().with_percent(100).with_most(usize::MAX);
    assert_eq!(guards.allowed(usize::MAX), usize::MAX / 100);
    assert_eq!(Guards::new().allowed(usize::MAX), 20);
}

#[test]
fn an_additive_group_needs_no_guard() {
    let gym = Gym::of(50);
    let plan = gym
        .plan(gym.file(50, 10).as_bytes(), Mode::Additive)
        .expect("a plan");
    assert_eq!(
        (
            plan.groups()[0].removals.len(),
            plan.groups()[0].additions.len()
        ),
        (0, 10)
    );
    assert!(
        plan.stops(&Guards::new().with_most(0).with_emptied(0))
            .is_empty()
    );
}

#[test]
fn a_file_that_was_cut_off_removes_no_more_than_allowed() {
    let gym = Gym::of(30);
    let file = gym.file(0, 0);
    let [mut refused, mut stopped, mut allowed] = [0, 0, 0];
    for end in 0..=file.len() {
        let Ok(plan) = gym.plan(&file.as_bytes()[..end], Mode::Authoritative) else {
            refused += 1;
            continue;
        };
        let removals = plan.changes().count();
        match plan.stops(&Guards::new()).is_empty() {
            true => {
                assert!(removals <= 3, "{removals} at byte {end}");
                allowed += 1;
            }
            false => stopped += 1,
        }
    }
    // Between two rows the cut cannot be seen; in a row, or in the header, it can.
    assert!(
        stopped >= 27 && allowed >= 4,
        "{stopped} stopped, {allowed} allowed"
    );
    assert!(refused > 20 * 36, "{refused} refused");
}

#[test]
fn a_wrong_header_or_an_empty_file_is_no_roster() {
    let gym = Gym::of(5);
    let file = gym.file(0, 0);
    let renamed = file.replacen("user,group", "person,group", 1);
    let headless = file.replacen("user,group,mode\n", "", 1);
    for file in [
        "",
        "\n",
        "user,group,mode\n",
        "\u{feff}",
        &renamed,
        &headless,
    ] {
        assert!(
            gym.plan(file.as_bytes(), Mode::Authoritative).is_err(),
            "{file:?}"
        );
    }
}
