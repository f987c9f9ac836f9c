//! Systems, groups and entrances that are created, changed and deleted, and grants that end.

use proptest::collection::vec;

use super::{
    arguments::{closed, patches, schedules},
    *,
};

impl Known {
    pub(super) fn provisions(&self) -> impl Strategy<Value = Operation> + use<> {
        let (system, entrance) = (self.systems.clone(), self.entrances.clone());
        let name = option::weighted(0.7, titles());
        let renamed_system = (system.clone(), name.clone());
        let renamed_entrance = (entrance.clone(), name);
        let updated_group = (self.groups.clone(), self.group_updates());
        prop_oneof![
            4 => self.new_groups().prop_map(|group| CreateAccessGroup::new(group).into()),
            5 => updated_group
                .prop_map(|(group, update)| UpdateAccessGroup::new(group, update).into()),
            // With one grant only, ending it and ending all are the same.
            7 => self.second_grants.clone()
                .prop_map(|(user, entrance)| GrantAccess::new(user, entrance).into()),
            // An end of a schedule that may be there.
            2 => self.groups.clone().prop_map(|group| {
                let update = AccessGroupUpdate {
                    access_schedule: Patch::Clear,
                    ..AccessGroupUpdate::default()
                };
                UpdateAccessGroup::new(group, update).into()
            }),
            8 => self.grants.clone()
                .prop_map(|(user, entrance)| RevokeAccess::new(user, entrance).into()),
            3 => titles().prop_map(|name| CreateAcsSystem::new(NewAcsSystem::new(name)).into()),
            2 => renamed_system.prop_map(|(system, name)| {
                let update = AcsSystemUpdate { name, ..AcsSystemUpdate::default() };
                UpdateAcsSystem::new(system, update).into()
            }),
            4 => self.bare_systems.clone()
                .prop_map(|system| DeleteAcsSystem::new(system).into()),
            2 => (self.bare_systems.clone(), titles()).prop_map(|(system, name)| {
                CreateEntrance::new(NewEntrance::new(system, name)).into()
            }),
            2 => (system, titles()).prop_map(|(system, name)| {
                CreateEntrance::new(NewEntrance::new(system, name)).into()
            }),
            2 => renamed_entrance.prop_map(|(entrance, name)| {
                UpdateEntrance::new(entrance, EntranceUpdate { name }).into()
            }),
            2 => entrance.prop_map(|entrance| DeleteEntrance::new(entrance).into()),
        ]
    }

    fn new_groups(&self) -> impl Strategy<Value = NewAccessGroup> + use<> {
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

    fn group_updates(&self) -> impl Strategy<Value = AccessGroupUpdate> + use<> {
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

fn titles() -> impl Strategy<Value = ResourceName> + Clone {
    let names = select(&["Gym", "West Wing", "Tower"][..]);
    names.prop_map(|text| text.parse().expect("a name has letters"))
}
