//! Compares what a roster desires with who is there.

use access_groups_core::{MembershipChange, Timestamp};

use super::{
    GroupPlan,
    groups::Groups,
    merge::{self, Pair, Said},
    moves, number,
    people::People,
};
use crate::{Column, Mode, Observed, Problem, Roster, roster::Found};

/// The pairs that the roster desires, sorted, each with its row; and the number of repeated rows.
pub(super) fn desired(
    roster: &Roster,
    at: Timestamp,
    groups: &Groups<'_>,
    people: &mut People<'_>,
    problems: &mut Found,
) -> (Vec<Pair<u32>>, usize) {
    let mut pairs = Vec::with_capacity(roster.rows().len());
    for row in roster.rows().filter(|row| row.is_desired_at(at)) {
        let Some(place) = groups.places[row.group] else {
            continue; // the group is a problem already
        };
        let (group, _) = groups.found[place as usize];
        match people.named(row.user, group.acs_system_id) {
            Ok(person) => pairs.push(Pair {
                group: place,
                person,
                about: row.number,
            }),
            Err(kind) => problems.add(Problem::of_cell(row.number, Column::User, kind)),
        }
    }
    let count = pairs.len();
    let pairs = merge::sorted(pairs, groups.found.len(), people.count());
    let repeated = count - pairs.len();
    (pairs, repeated)
}

/// The plans of all groups.
pub(super) fn difference(
    groups: &Groups<'_>,
    desired: Vec<Pair<u32>>,
    observed: &Observed,
    people: &mut People<'_>,
) -> Vec<GroupPlan> {
    let mut present = Vec::new();
    let mut leaving = Vec::new();
    for (place, (group, _)) in groups.found.iter().enumerate() {
        let Some(members) = observed.members.get(&group.acs_access_group_id) else {
            continue; // a problem already
        };
        let group_number = number(place);
        for (user, is_pending) in &members.users {
            let person = people.member(*user, group.acs_system_id);
            present.push(Pair {
                group: group_number,
                person,
                about: *is_pending,
            });
        }
        for user in &members.leaving {
            let person = people.member(*user, group.acs_system_id);
            leaving.push(Pair {
                group: group_number,
                person,
                about: (),
            });
        }
    }
    let present = merge::sorted(present, groups.found.len(), people.count());
    let mut plans: Vec<_> = groups
        .found
        .iter()
        .map(|(group, mode)| GroupPlan::new(group, *mode))
        .collect();
    let mut changed = Vec::new();
    merge::merge(&desired, &present, merge::by_numbers, |both| match both {
        Said::Left(wanted) => changed.push(Changed {
            kind: MembershipChange::Added,
            group: wanted.group,
            person: wanted.person,
            row: Some(wanted.about),
        }),
        Said::Right(member) => {
            let plan = &mut plans[member.group as usize];
            plan.members += 1;
            if plan.mode == Mode::Authoritative {
                changed.push(Changed {
                    kind: MembershipChange::Removed,
                    group: member.group,
                    person: member.person,
                    row: None,
                });
            }
        }
        Said::Both(wanted, member) => {
            let plan = &mut plans[member.group as usize];
            plan.members += 1;
            if member.about {
                plan.pending
                    .push(people.planned(wanted.person, Some(wanted.about)));
            }
        }
    });
    let leaving = merge::sorted(leaving, groups.found.len(), people.count());
    add_leaving(&mut plans, &leaving, &desired, &present, people);
    add_changes(&mut plans, &changed, people);
    moves::find(&mut plans);
    plans
}

/// Adds who was removed, is not desired, and still shows a pending removal.
fn add_leaving(
    plans: &mut [GroupPlan],
    leaving: &[Pair<()>],
    desired: &[Pair<u32>],
    present: &[Pair<bool>],
    people: &People<'_>,
) {
    for pair in leaving {
        let is_desired = desired
            .binary_search_by(|other| merge::by_numbers(other, pair))
            .is_ok();
        let is_present = present
            .binary_search_by(|other| merge::by_numbers(other, pair))
            .is_ok();
        if !is_desired && !is_present {
            plans[pair.group as usize]
                .pending
                .push(people.planned(pair.person, None));
        }
    }
}

/// A change of one person in one group, by their numbers.
struct Changed {
    kind: MembershipChange,
    group: u32,
    person: u32,
    row: Option<u32>,
}

/// Adds the changes to the plans of their groups.
fn add_changes(plans: &mut [GroupPlan], changed: &[Changed], people: &People<'_>) {
    for change in changed {
        let planned = people.planned(change.person, change.row);
        let plan = &mut plans[change.group as usize];
        match change.kind {
            MembershipChange::Added => plan.additions.push(planned),
            MembershipChange::Removed => plan.removals.push(planned),
        }
    }
}
