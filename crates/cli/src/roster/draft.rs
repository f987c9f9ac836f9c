//! From a roster and a store to a plan.

use std::{cell::Cell, num::NonZeroUsize};

use access_groups_core::{SearchText, prelude::*};
use access_groups_roster::{
    Mode, Observed, Plan, PlanOptions, Problem, ProblemKind, Problems, Roster, Survey, TimeZone,
};

use super::source::Source;
use crate::{
    args::{Choice, IdOrName},
    clock, concurrent, describe,
    failure::Failure,
    local_time::{self, When, Zones},
    resolve,
    terminal::Progress,
};

/// A plan, and what it was made of.
pub(crate) struct Draft {
    pub(crate) source: Source,
    pub(crate) roster: Roster,
    /// That of days and local times in the roster.
    pub(crate) zone: TimeZone,
    pub(crate) observed: Observed,
    pub(crate) at: Timestamp,
    pub(crate) plan: Plan,
}

impl Draft {
    /// Takes the roster apart, asks the store for what it names, and compares them. So many problems are
    /// listed. Nothing is planned if any of it fails.
    pub(crate) fn new(
        source: Source,
        choice: &Choice,
        at: Option<&When>,
        listed: NonZeroUsize,
        port: &dyn BlockingAccessGroupPort,
    ) -> Result<Self, Failure> {
        let zone = choice.time_zone.as_ref();
        let roster = source
            .roster(zone.unwrap_or(&TimeZone::UTC), listed)
            .map_err(|problems| source.refused(&problems))?;
        let observed = observe(port, &roster)?;
        let (roster, zone) = match zone {
            Some(zone) => (roster, zone.clone()),
            None => in_time_zone(roster, &source, &observed, listed, port)?,
        };
        let at = match at {
            Some(when) => when.instant(&zone)?,
            None => clock::now(),
        };
        let named = Named::new(&observed, port);
        let options = options(choice, &named, listed)?;
        let only = named.all(&choice.only)?;
        let plan = Plan::new(&roster, &observed, at, &options);
        let mut plan = plan.map_err(|problems| refused(&problems, &source, &roster, &observed))?;
        if !only.is_empty() {
            plan = plan.only(&only);
        }
        Ok(Self {
            source,
            roster,
            zone,
            observed,
            at,
            plan,
        })
    }
}

/// Reads what the roster names, all of it: an answer that is missing ends the command.
fn observe(port: &dyn BlockingAccessGroupPort, roster: &Roster) -> Result<Observed, Failure> {
    let mut progress = Progress::start();
    let observed = concurrent::drive(port, Survey::new(roster), |answered| {
        progress.at("reading the groups of the roster: answers", answered, None);
    });
    drop(progress);
    Ok(observed?)
}

/// The roster in the time zone of the systems of its groups, if it has dates to which that matters.
fn in_time_zone(
    in_utc: Roster,
    source: &Source,
    observed: &Observed,
    listed: NonZeroUsize,
    port: &dyn BlockingAccessGroupPort,
) -> Result<(Roster, TimeZone), Failure> {
    let has_dates = |roster: &Roster| {
        let mut rows = roster.rows();
        rows.any(|row| row.from.is_some() || row.until.is_some())
    };
    if !has_dates(&in_utc) {
        return Ok((in_utc, TimeZone::UTC));
    }
    let all = Zones::new(port);
    let mut zones: Vec<TimeZone> = Vec::new();
    for group in observed.groups_with_members() {
        // Hours off, if it were taken for UTC.
        let zone = all.of(group.acs_system_id).map_err(|error| {
            Failure::from(error)
                .with_detail("the time zone of the dates in the roster is unknown")
                .with_hint("name it, like --time-zone Europe/Berlin")
        })?;
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    let mut in_zones = zones.iter().map(|zone| source.roster(zone, listed));
    let first = in_zones.next().unwrap_or(Ok(in_utc));
    // Instants with an offset are the same everywhere.
    if in_zones.any(|other| other != first) {
        let names: Vec<_> = zones.iter().map(local_time::name).collect();
        return Err(Failure::failed(format!(
            "the groups of the roster are in several time zones, and its dates differ among them: {}",
            names.join(", ")
        ))
        .with_hint(
            "say which one counts, like --time-zone Europe/Berlin, or write the dates with an offset, \
             like 2026-07-01T08:00+02:00",
        ));
    }
    let roster = first.map_err(|problems| source.refused(&problems))?;
    Ok((roster, zones.into_iter().next().unwrap_or(TimeZone::UTC)))
}

fn options(
    choice: &Choice,
    named: &Named<'_>,
    listed: NonZeroUsize,
) -> Result<PlanOptions, Failure> {
    let mut options = PlanOptions::new();
    options.listed_problems = listed;
    for (groups, mode) in [
        (&choice.authoritative, Mode::Authoritative),
        (&choice.additive, Mode::Additive),
    ] {
        for group in named.all(groups)? {
            if options
                .modes
                .get(&group)
                .is_some_and(|other| *other != mode)
            {
                let name = named.name_of(group);
                return Err(Failure::usage(format!(
                    "--authoritative and --additive both name {name}"
                )));
            }
            options = options.with_mode_of(group, mode);
        }
    }
    Ok(options)
}

/// The groups of the roster, and the others, for arguments that name one of the roster.
struct Named<'a> {
    of_roster: Vec<AccessGroup>,
    observed: &'a Observed,
    port: &'a dyn BlockingAccessGroupPort,
}

impl<'a> Named<'a> {
    fn new(observed: &'a Observed, port: &'a dyn BlockingAccessGroupPort) -> Self {
        Self {
            of_roster: observed.groups_with_members().cloned().collect(),
            observed,
            port,
        }
    }

    fn all(&self, arguments: &[IdOrName<AccessGroupId>]) -> Result<Vec<AccessGroupId>, Failure> {
        arguments.iter().map(|group| self.one(group)).collect()
    }

    fn one(&self, argument: &IdOrName<AccessGroupId>) -> Result<AccessGroupId, Failure> {
        let of_roster = resolve::among(argument, &self.of_roster);
        if !of_roster.is_empty() {
            return resolve::only_one(argument, of_roster, self.port);
        }
        let all: Vec<_> = self.observed.groups().cloned().collect();
        match resolve::among(argument, &all).first() {
            Some(other) => Err(Failure::failed(format!(
                "the roster does not name the group {:?}",
                describe::group_name(other)
            ))
            .with_hint("name one of its groups")),
            None => Err(resolve::nobody(argument, &all, self.port)),
        }
    }

    fn name_of(&self, group: AccessGroupId) -> String {
        let group = self.observed.group(group);
        let name = group.map(|group| describe::line(&describe::group_name(group)));
        name.unwrap_or_default()
    }
}

/// The failure for a roster that names what does not exist, with the groups that it may mean.
fn refused(problems: &Problems, source: &Source, roster: &Roster, observed: &Observed) -> Failure {
    let all: Vec<_> = observed.groups().cloned().collect();
    // Each is compared with all groups there are.
    let left = Cell::new(SUGGESTIONS);
    let similar = |problem: &Problem| {
        if problem.kind != ProblemKind::UnknownGroup || left.get() == 0 {
            return None;
        }
        left.set(left.get() - 1);
        let mut groups = roster.groups().iter();
        let named = groups.find(|group| Some(group.row) == problem.row)?;
        // Of the service: what is in the cell may be anything, even a person's name.
        let text: SearchText = named.name.parse().ok()?;
        let names = resolve::similar_names(&text, &all);
        (!names.is_empty()).then(|| format!("similar: {}", names.join(", ")))
    };
    let failure = source.refused_with(problems, similar);
    let mut kinds = problems.listed.iter().map(|problem| &problem.kind);
    match kinds.any(|kind| *kind == ProblemKind::UnknownUser) {
        true => failure.with_hint(
            "nothing is planned until every row is right; `access-groups users find TEXT` finds \
             people, their addresses and ids",
        ),
        false => failure.with_hint("nothing is planned until every row is right"),
    }
}

/// The maximum number of problems in a list.
pub(crate) fn listed_problems(all: bool) -> NonZeroUsize {
    match all {
        true => NonZeroUsize::MAX,
        false => LISTED,
    }
}

/// How many problems are listed without `--all`.
pub(crate) const LISTED: NonZeroUsize = const { NonZeroUsize::new(100).expect("not zero") };

/// Of how many unknown groups the similar ones are looked for.
const SUGGESTIONS: usize = 20;
