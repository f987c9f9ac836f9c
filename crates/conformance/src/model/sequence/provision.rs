//! Groups and systems that are created and changed.

use proptest::collection::vec;

use super::{
    arguments::patches,
    instants::{closed_schedules, schedules},
    *,
};

impl Known {
    pub(super) fn new_groups(&self) -> impl Strategy<Value = NewAccessGroup> + use<> {
        (
            self.systems.clone(),
            self.titles(),
            vec(self.entrances.clone(), 0..3),
            option::weighted(0.3, schedules(self)),
        )
            .prop_map(|(system, name, entrances, schedule)| {
                let mut group = NewAccessGroup::new(system, name);
                group.entrances = entrances;
                group.access_schedule = schedule;
                group
            })
    }

    pub(super) fn group_updates(&self) -> impl Strategy<Value = AccessGroupUpdate> + use<> {
        let several = || vec(self.entrances.clone(), 0..3);
        (
            option::weighted(0.3, self.titles()),
            patches(closed_schedules(self)),
            several(),
            several(),
        )
            .prop_map(|(name, schedule, add, remove)| AccessGroupUpdate {
                name,
                access_schedule: schedule,
                add_entrances: add,
                remove_entrances: remove,
            })
    }

    pub(super) fn new_systems(&self) -> impl Strategy<Value = NewAcsSystem> + use<> {
        (self.titles(), option::weighted(0.5, zones())).prop_map(|(name, zone)| {
            let mut system = NewAcsSystem::new(name);
            system.time_zone = zone;
            system
        })
    }

    pub(super) fn system_updates(&self) -> impl Strategy<Value = AcsSystemUpdate> + use<> {
        (option::weighted(0.5, self.titles()), patches(zones()))
            .prop_map(|(name, time_zone)| AcsSystemUpdate { name, time_zone })
    }
}

/// Whether there is such a zone is not checked.
fn zones() -> impl Strategy<Value = TimeZoneName> {
    let texts = select(
        &[
            "Europe/Paris",
            "Etc/GMT+5",
            "europe/paris",
            " No Zone & 'Ö' ",
        ][..],
    );
    texts.prop_map(|text| text.parse().expect("it is not empty"))
}
