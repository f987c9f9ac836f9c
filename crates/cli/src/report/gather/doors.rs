//! What each group of the roster opens, and when.

use std::{
    collections::{BTreeSet, HashMap},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use access_groups_core::prelude::*;
use access_groups_roster::GroupPlan;

use super::{Move, Sources};
use crate::describe;

/// The groups of a plan, each at its place in the plan.
pub(super) struct Places {
    pub(super) all: Vec<Place>,
    pub(super) by_id: HashMap<AccessGroupId, usize>,
}

/// A group with what it opens.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) when: String,
    /// Sorted by name.
    doors: Vec<(EntranceId, String)>,
}

impl Places {
    /// Reads the doors of all these groups, several at a time.
    pub(super) fn read(
        planned: &[GroupPlan],
        sources: &Sources<'_>,
        port: &dyn BlockingAccessGroupPort,
    ) -> Result<Self, Error> {
        let ids: Vec<_> = planned.iter().map(|plan| plan.group).collect();
        let mut doors = doors_of(&ids, port)?;
        let groups = sources.observed.groups();
        let groups: HashMap<_, _> = groups
            .map(|group| (group.acs_access_group_id, group))
            .collect();
        let all = planned.iter().map(|plan| {
            let group = groups.get(&plan.group);
            let schedule = group.and_then(|group| group.access_schedule);
            Place {
                name: group.map_or_else(
                    || plan.name.clone(),
                    |group| describe::line(&describe::group_name(group)),
                ),
                when: describe::schedule(schedule, plan.system, sources.times),
                doors: doors.remove(&plan.group).unwrap_or_default(),
            }
        });
        Ok(Self {
            all: all.collect(),
            by_id: ids
                .iter()
                .enumerate()
                .map(|(place, id)| (*id, place))
                .collect(),
        })
    }

    /// What it means for doors to leave the one group and to join the other, of which this one is told.
    pub(super) fn moved(&self, from: usize, to: usize, other: usize) -> Move {
        let (old, new) = (&self.all[from], &self.all[to]);
        let (of_old, of_new) = (old.door_ids(), new.door_ids());
        Move {
            place: other,
            other: self.all[other].name.clone(),
            opened: new.doors_where(|door| !of_old.contains(door)),
            closed: old.doors_where(|door| !of_new.contains(door)),
            kept: new.doors_where(|door| of_old.contains(door)),
            hours: (old.when != new.when).then(|| (old.when.clone(), new.when.clone())),
        }
    }
}

impl Place {
    pub(super) fn door_names(&self) -> Vec<String> {
        self.doors_where(|_| true)
    }

    pub(super) fn door_ids(&self) -> BTreeSet<EntranceId> {
        self.doors.iter().map(|(id, _)| *id).collect()
    }

    pub(super) fn doors_where(&self, counts: impl Fn(&EntranceId) -> bool) -> Vec<String> {
        let doors = self.doors.iter().filter(|(id, _)| counts(id));
        doors.map(|(_, name)| name.clone()).collect()
    }
}

type Doors = Vec<(EntranceId, String)>;

fn doors_of(
    groups: &[AccessGroupId],
    port: &dyn BlockingAccessGroupPort,
) -> Result<HashMap<AccessGroupId, Doors>, Error> {
    let next = AtomicUsize::new(0);
    let read = || {
        let mut found = Vec::new();
        while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            let entrances = port.entrances_of_group(*group)?;
            let mut doors: Doors = entrances
                .iter()
                .map(|entrance| {
                    let name = describe::line(&describe::entrance_name(entrance));
                    (entrance.acs_entrance_id, name)
                })
                .collect();
            doors.sort_by_cached_key(|(id, name)| (describe::order(name), *id));
            found.push((*group, doors));
        }
        Ok(found)
    };
    thread::scope(|scope| {
        let threads = CALLS_AT_A_TIME.min(groups.len());
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(read)).collect();
        let mut all = HashMap::new();
        for thread in threads {
            let found: Result<_, Error> = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend::<Vec<_>>(found?);
        }
        Ok(all)
    })
}

/// As many as a roster's groups are read with.
const CALLS_AT_A_TIME: usize = 8;
