//! Groups that are created and changed, and names of groups, systems and entrances.

use proptest::collection::vec;

use super::{
    arguments::{closed, patches, schedules},
    *,
};

impl Known {
    pub(super) fn new_groups(&self) -> impl Strategy<Value = NewAccessGroup> + use<> {
        (
            self.systems.clone(),
            titles(),
            vec(self.entrances.clone(), 0..3),
            option::weighted(0.3, schedules()),
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
            option::weighted(0.3, titles()),
            patches(schedules().prop_filter_map("open", closed)),
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
}

pub(super) fn titles() -> impl Strategy<Value = ResourceName> + Clone {
    let names = select(&["Gym", "West Wing", "Tower"][..]);
    names.prop_map(|text| text.parse().expect("a name has letters"))
}
