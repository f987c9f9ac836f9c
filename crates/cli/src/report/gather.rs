//! Puts together what a report says: the plan, and what it does not say itself.

mod doors;
mod lists;

use std::collections::HashMap;

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Guards, Observed, Plan, Roster};

use super::{Group, Move, Origin, Report};
use crate::{
    describe::{self, Times},
    failure::Failure,
    roster::stop_in_words,
};
use doors::Places;
use lists::People;

/// What a report is made of.
pub(crate) struct Sources<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) roster: &'a Roster,
    pub(crate) observed: &'a Observed,
    pub(crate) guards: &'a Guards,
    pub(crate) times: &'a Times<'a>,
}

/// The report of a plan. It reads the doors of the roster's groups, and the names of systems.
///
/// It fails if any of them cannot be read: a manager would approve what is not shown.
pub(crate) fn gather(
    sources: &Sources<'_>,
    origin: Origin,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Report, Failure> {
    let planned = sources.plan.groups();
    let systems: HashMap<_, _> = port
        .acs_systems(AcsSystemFilter::new())?
        .iter()
        .map(|system| (system.acs_system_id, describe::system_name(system)))
        .collect();
    let places = Places::read(planned, sources, port)?;
    let people = People::new(sources, &places);
    let stops = sources.plan.stops(sources.guards);
    let stops: HashMap<_, _> = stops.iter().map(|stop| (stop.group, stop)).collect();

    let (mut groups, mut unchanged) = (Vec::new(), Vec::new());
    for (place, plan) in planned.iter().enumerate() {
        let found = &places.all[place];
        let lists = people.lists(place, plan);
        if lists.is_empty() {
            unchanged.push(found.name.clone());
            continue;
        }
        groups.push(Group {
            place,
            name: found.name.clone(),
            system: system_of(plan, &systems),
            mode: plan.mode,
            members: plan.members,
            members_after: plan.members_after(),
            doors: found.door_names(),
            when: found.when.clone(),
            stop: stops.get(&plan.group).map(|stop| stop_in_words(stop, None)),
            lists,
        });
    }
    unchanged.sort_by_cached_key(|name| describe::order(name));
    Ok(Report {
        origin,
        groups,
        unchanged,
    })
}

fn system_of(plan: &GroupPlan, systems: &HashMap<AcsSystemId, String>) -> String {
    let named = systems.get(&plan.system);
    named.map_or_else(|| format!("system {}", plan.system), Clone::clone)
}
