//! Which groups a roster names.

use std::collections::HashMap;

use access_groups_core::{AccessGroup, AccessGroupId};

use super::{PlanOptions, number};
use crate::{
    Column, Mode, Observed, Problem, ProblemKind, Roster,
    observed::{key, keys},
    roster::Found,
};

/// The groups of a roster, found.
pub(super) struct Groups<'o> {
    pub(super) found: Vec<(&'o AccessGroup, Mode)>,
    /// For each group of the roster, its place in `found`; two names may mean one group.
    pub(super) places: Vec<Option<u32>>,
}

impl<'o> Groups<'o> {
    pub(super) fn new(
        roster: &Roster,
        observed: &'o Observed,
        options: &PlanOptions,
        problems: &mut Found,
    ) -> Self {
        let named = NamedGroups::new(observed);
        let mut groups = Self {
            found: Vec::new(),
            places: Vec::new(),
        };
        // The place of each group, and the row and mode that the roster has set.
        let mut known: HashMap<AccessGroupId, (u32, Option<(Mode, u32)>)> = HashMap::new();
        for wanted in roster.groups() {
            let group = match named.only(&wanted.name, observed) {
                Ok(group) => group,
                Err(kind) => {
                    problems.add(Problem::of_cell(wanted.row, Column::Group, kind));
                    groups.places.push(None);
                    continue;
                }
            };
            let next = number(groups.found.len());
            let (place, mode) = known
                .entry(group.acs_access_group_id)
                .or_insert((next, None));
            if *place == next {
                groups.found.push((group, options.mode));
            }
            groups.places.push(Some(*place));
            match (*mode, wanted.set_mode()) {
                (None, set) => *mode = set,
                (Some((mode, row)), Some((other, at))) if mode != other => {
                    let kind = ProblemKind::OtherMode { row, mode };
                    problems.add(Problem::of_cell(at, Column::Mode, kind));
                }
                (Some(_), _) => {}
            }
        }
        for (group, mode) in &mut groups.found {
            let id = group.acs_access_group_id;
            let of_roster = known
                .get(&id)
                .and_then(|(_, set)| set.map(|(mode, _)| mode));
            *mode = options
                .modes
                .get(&id)
                .copied()
                .or(of_roster)
                .unwrap_or(*mode);
        }
        groups
    }
}

/// All groups, by everything that names them.
pub(super) struct NamedGroups<'o>(HashMap<String, Vec<&'o AccessGroup>>);

impl<'o> NamedGroups<'o> {
    pub(super) fn new(observed: &'o Observed) -> Self {
        let mut named: HashMap<String, Vec<&AccessGroup>> = HashMap::new();
        for group in observed.groups.values() {
            for key in keys(group) {
                named.entry(key).or_default().push(group);
            }
        }
        Self(named)
    }

    pub(super) fn only(
        &self,
        name: &str,
        observed: &Observed,
    ) -> Result<&'o AccessGroup, ProblemKind> {
        let groups = self.0.get(&key(name));
        match groups.map(Vec::as_slice).unwrap_or_default() {
            [] => Err(ProblemKind::UnknownGroup),
            [only] if observed.members.contains_key(&only.acs_access_group_id) => Ok(only),
            // Without its members, everybody would be added and nobody removed.
            [_] => Err(ProblemKind::UnreadGroup),
            several => Err(ProblemKind::SeveralGroups(several.len())),
        }
    }
}
