//! What the groups of an apply open.

use access_groups_core::prelude::*;

use super::summary::{Doors, Made};
use crate::{
    clock,
    concurrent::together,
    describe::{self, Times},
    local_time::Zones,
    resolve,
};

/// The doors of the groups in which something has changed; of many groups, none: the answer would be
/// longer than anybody reads, and each costs two calls.
pub(super) fn of(changes: &[Made], port: &dyn BlockingAccessGroupPort) -> Vec<Doors> {
    let mut groups: Vec<(AccessGroupId, &str)> = Vec::new();
    for made in changes.iter().filter(|made| made.is_effective()) {
        if !groups.iter().any(|(group, _)| *group == made.change.group) {
            groups.push((made.change.group, &made.named.group));
        }
        if groups.len() > LISTED {
            return Vec::new();
        }
    }
    groups.sort_by_key(|(_, name)| describe::order(name));
    let zones = Zones::new(port);
    let times = Times {
        now: clock::now(),
        zones: &zones,
    };
    let doors = groups.into_iter().map(|(id, name)| {
        let (entrances, group) = together(|| port.entrances_of_group(id), || port.access_group(id));
        let when = group
            .map(|group| describe::schedule(group.access_schedule, group.acs_system_id, &times));
        Doors {
            group: id,
            name: name.to_owned(),
            doors: entrances.ok().map(|mut entrances| {
                resolve::sort(&mut entrances);
                let names = entrances.iter().map(describe::entrance_name);
                names.map(|name| describe::line(&name)).collect()
            }),
            when: when.unwrap_or_else(|_| "at times that could not be read".to_owned()),
        }
    });
    doors.collect()
}

/// The maximum number of groups.
const LISTED: usize = 20;
