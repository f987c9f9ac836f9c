//! A plan carried out is what the roster says; a part of it does no harm, and there is a way back.

use std::collections::{BTreeSet, HashSet};

use access_groups_roster::{Change, GroupPlan, Limits, Mode, Plan, Planned, Survey};
use proptest::{collection::vec, prelude::*};

use crate::{
    driver::{Apply, Fate, fates},
    site::{Memberships, Site, cases},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_plan_carried_out_is_what_the_roster_says(
        case in cases(),
        removals_first in any::<bool>(),
        concurrency in 1_usize..6,
        fates in vec(fates(false, false), 1..60),
    ) {
        let site = Site::new(&case);
        let (before, meaning) = (site.memberships(), site.meaning());
        let roster = site.roster();
        let (plan, _) = site.plan(&roster);
        check_parts(&site, &plan, &before, &meaning)?;
        check_only(&plan)?;

        let changes: Vec<_> = match removals_first {
            true => plan.changes_removals_first().collect(),
            false => plan.changes().collect(),
        };
        let mut apply = Apply::new(&site, &plan, changes);
        run(&mut apply, concurrency, &fates);
        prop_assert_eq!(site.memberships(), meaning);
        prop_assert_eq!(apply.makers.len(), plan.changes().count(), "each has changed something");
        if !removals_first {
            check_moments(&site, &plan, &apply)?;
        }

        let (again, _) = site.plan(&roster);
        prop_assert!(again.is_empty(), "{:?}", again);
        prop_assert_eq!(plan.is_empty(), plan.hash() == again.hash());

        check_undo(&site, &apply, &before)?;
    }

    #[test]
    fn a_plan_carried_out_in_part_does_no_harm(
        case in cases(),
        concurrency in 1_usize..6,
        fates in vec(fates(true, false), 1..60),
        meddling in vec((any::<bool>(), any::<usize>()), 0..4),
    ) {
        let site = Site::new(&case);
        let (before, meaning) = (site.memberships(), site.meaning());
        let (plan, _) = site.plan(&site.roster());
        let mut apply = Apply::new(&site, &plan, plan.changes().collect());
        run(&mut apply, concurrency, &fates);
        check_moments(&site, &plan, &apply)?;
        apply.late_calls_arrive();

        let after = site.memberships();
        for pair in before.symmetric_difference(&after) {
            prop_assert_eq!(after.contains(pair), meaning.contains(pair), "{:?} was not asked for", pair);
        }
        check_moments(&site, &plan, &apply)?;

        // Somebody else takes back some of it, and changes what was not a part of it.
        for (is_part, which) in meddling {
            let pair = match (is_part, apply.changes.len()) {
                (true, 1..) => site.pair(&apply.changes[which % apply.changes.len()]),
                _ => (which % crate::site::PEOPLE, which / 7 % crate::site::GROUPS),
            };
            let is_changed = apply.changes.iter().any(|change| site.pair(change) == pair);
            let is_member = site.memberships().contains(&pair);
            site.set(pair, if is_changed { before.contains(&pair) } else { !is_member });
        }
        check_undo(&site, &apply, &before)?;
    }
}

/// The plans for each of its groups are the whole, without the moves.
fn check_only(plan: &Plan) -> Result<(), TestCaseError> {
    let ids: Vec<_> = plan.groups().iter().map(|group| group.group).collect();
    let parts: Vec<_> = ids.iter().map(|group| plan.only(&[*group])).collect();
    let key = |change: Change| (change.kind, change.user, change.group);
    let of_parts: HashSet<_> = parts
        .iter()
        .flat_map(|part| part.changes().map(key))
        .collect();
    prop_assert_eq!(of_parts, plan.changes().map(key).collect::<HashSet<_>>());
    for group in parts.iter().flat_map(Plan::groups) {
        let mut people = group.additions.iter().chain(&group.removals);
        prop_assert!(people.all(|planned| planned.moves.is_none()));
    }
    prop_assert_eq!(&plan.only(&ids), plan);
    Ok(())
}

fn run(apply: &mut Apply<'_>, concurrency: usize, fates: &[Fate]) {
    let limits = Limits::of_plan().with_concurrency(concurrency.try_into().expect("not zero"));
    let all = apply.all();
    apply.run(&all, limits, &mut fates.iter().copied().cycle(), None);
}

/// The numbers and the moves of a plan are those of the two states.
fn check_parts(
    site: &Site,
    plan: &Plan,
    before: &Memberships,
    after: &Memberships,
) -> Result<(), TestCaseError> {
    for group in plan.groups() {
        let place = site.groups.iter().position(|known| *known == group.group);
        let place = place.expect("a group");
        let of = |all: &Memberships| all.iter().filter(|(_, other)| *other == place).count();
        prop_assert_eq!(group.members, of(before));
        prop_assert_eq!(group.members_after(), of(after));
        prop_assert_eq!(group.mode == Mode::Authoritative, site.is_strict(place));
        prop_assert!(group.mode == Mode::Authoritative || group.removals.is_empty());
        let is_changed = |planned: &&Planned| {
            let mut changed = group.additions.iter().chain(&group.removals);
            changed.any(|changed| changed.user == planned.user)
        };
        prop_assert_eq!(group.pending.iter().find(is_changed), None);
        for planned in group.additions.iter().chain(&group.removals) {
            let expected = moves(site, group, planned, before, after);
            prop_assert_eq!(
                planned
                    .moves
                    .map(|to| site.groups.iter().position(|id| *id == to)),
                expected.map(Some)
            );
        }
    }
    Ok(())
}

/// The other group, by number, if the person moves within the system of this one.
fn moves(
    site: &Site,
    group: &GroupPlan,
    planned: &Planned,
    before: &Memberships,
    after: &Memberships,
) -> Option<usize> {
    let (person, here) = site.pair(&Change::add(planned.user, group.group));
    let gone = |all: &Memberships, others: &Memberships| {
        let gone = all.difference(others);
        let gone = gone.filter(|(other, place)| *other == person && place % 2 == here % 2);
        gone.map(|(_, place)| *place).collect::<Vec<_>>()
    };
    match (&gone(after, before)[..], &gone(before, after)[..]) {
        ([to], [from]) if *to == here => Some(*from),
        ([to], [from]) if *from == here => Some(*to),
        _ => None,
    }
}

/// At no moment is anybody who moves in neither group, and nobody leaves an additive group.
fn check_moments(site: &Site, plan: &Plan, apply: &Apply<'_>) -> Result<(), TestCaseError> {
    for group in plan.groups() {
        for leaver in &group.removals {
            let Some(to) = leaver.moves else { continue };
            let [from, to] =
                [group.group, to].map(|id| site.pair(&Change::remove(leaver.user, id)));
            for (number, moment) in apply.moments.iter().enumerate() {
                let is_inside = moment.contains(&from) || moment.contains(&to);
                prop_assert!(is_inside, "{:?} is outside at moment {}", leaver, number);
            }
        }
    }
    let additive = |moment: &Memberships| {
        let pairs = moment.iter().filter(|(_, group)| !site.is_strict(*group));
        pairs.copied().collect::<BTreeSet<_>>()
    };
    for both in apply.moments.windows(2) {
        prop_assert!(additive(&both[0]).is_subset(&additive(&both[1])));
    }
    Ok(())
}

/// The way back leads to what was before, of what this apply has changed, and touches nothing else.
fn check_undo(site: &Site, apply: &Apply<'_>, before: &Memberships) -> Result<(), TestCaseError> {
    let after = site.memberships();
    let undo = undo(site, apply);
    let mut expected = after.clone();
    for place in apply.makers.keys() {
        let pair = site.pair(&apply.changes[*place]);
        match before.contains(&pair) {
            true => expected.insert(pair),
            false => expected.remove(&pair),
        };
    }
    let touched: Vec<_> = undo.changes().map(|change| site.pair(&change)).collect();
    let distinct: Memberships = touched.iter().copied().collect();
    prop_assert_eq!(distinct.len(), touched.len(), "each once");
    prop_assert_eq!(distinct, &after ^ &expected);
    Apply::plainly(site, &undo);
    prop_assert_eq!(site.memberships(), expected);
    Ok(())
}

pub(crate) fn undo(site: &Site, apply: &Apply<'_>) -> Plan {
    let journal = apply.read();
    let groups: BTreeSet<_> = journal.changes.iter().map(|change| change.group).collect();
    Plan::undo(journal.made(), &site.observe(Survey::of_groups(groups)))
}
