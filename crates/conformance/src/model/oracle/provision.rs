//! Systems, groups and entrances that are created, changed and deleted, and grants that end.

use super::{users::schedule_seen, *};

impl Oracle {
    pub(crate) fn systems(&self) -> impl Iterator<Item = AcsSystemId> {
        self.systems.keys().copied()
    }

    /// Users with a grant, each with the other entrances of their system.
    pub(crate) fn second_grants(&self) -> impl Iterator<Item = (UserRef, EntranceId)> {
        self.grants.iter().flat_map(|(user, granted)| {
            let system = self.entrances.get(granted).map(|granted| granted.system);
            let others = self.entrances.values();
            let others = others.filter(move |other| Some(other.system) == system);
            let others = others.filter(|other| !self.grants.contains(&(*user, other.id)));
            others.map(|other| (UserRef::from(*user), other.id))
        })
    }

    /// Systems that have entrances at most.
    pub(crate) fn bare_systems(&self) -> impl Iterator<Item = AcsSystemId> {
        self.systems().filter(|system| {
            let has_users = self.users.values().any(|user| user.system == *system);
            !has_users && self.groups_of(*system).next().is_none()
        })
    }

    pub(crate) fn entrances(&self) -> impl Iterator<Item = EntranceId> {
        self.entrances.keys().copied()
    }

    pub(crate) fn entrances_of(&self, system: AcsSystemId) -> impl Iterator<Item = EntranceId> {
        let entrances = self.entrances.values();
        let here = entrances.filter(move |entrance| entrance.system == system);
        here.map(|entrance| entrance.id)
    }

    /// How many memberships and grants the user has.
    pub(crate) fn possessions(&self, user: AcsUserId) -> usize {
        let members = self.members.iter().filter(|(member, _)| *member == user);
        let grants = self.grants.iter().filter(|(holder, _)| *holder == user);
        members.count() + grants.count()
    }

    /// Whether the call would give what is there already.
    pub(crate) fn has_already(&self, call: &Operation) -> bool {
        match call {
            Operation::AddUser(AddUser {
                user: UserRef::AcsUser(user),
                group,
                ..
            }) => self.members.contains(&(*user, *group)),
            Operation::GrantAccess(GrantAccess {
                user: UserRef::AcsUser(user),
                entrance,
                ..
            }) => self.grants.contains(&(*user, *entrance)),
            _ => false,
        }
    }

    /// The groups that the adapter created, under the oracle's ids.
    pub(crate) fn new_groups(&self) -> impl Iterator<Item = AccessGroupId> {
        let groups = self.groups.keys().copied();
        groups.filter(|group| is_placeholder(group.as_uuid()))
    }

    /// The systems that the adapter created, under the oracle's ids.
    pub(crate) fn new_systems(&self) -> impl Iterator<Item = AcsSystemId> {
        let systems = self.systems.keys().copied();
        systems.filter(|system| is_placeholder(system.as_uuid()))
    }

    /// The entrances that the adapter created, under the oracle's ids.
    pub(crate) fn new_entrances(&self) -> impl Iterator<Item = EntranceId> {
        let entrances = self.entrances.keys().copied();
        entrances.filter(|entrance| is_placeholder(entrance.as_uuid()))
    }

    pub(super) fn create_group(&mut self, new: &NewAccessGroup) -> Result<Answer, Refusals> {
        // What does not exist comes first, and the system before the entrances.
        self.system(new.system)?;
        none_of(self.unknown_entrances(&new.entrances))?;
        let is_elsewhere = !self.all_of(&new.entrances, new.system);
        if is_elsewhere
            || !new
                .access_schedule
                .is_none_or(|schedule| self.ends_well(schedule))
        {
            return Err(vec![refused(ErrorKind::Invalid)]);
        }
        let id = AccessGroupId::from_u128(self.placeholder());
        let group = GroupSeen {
            id,
            system: new.system,
            name: new.name.to_string(),
            schedule: new.access_schedule.and_then(schedule_seen),
            issues: Issues::new(),
        };
        self.groups.insert(id, group.clone());
        let held = new.entrances.iter().map(|entrance| (id, *entrance));
        self.holds.extend(held);
        Ok(Answer::Groups(vec![group]))
    }

    pub(super) fn update_group(
        &mut self,
        group: AccessGroupId,
        update: &AccessGroupUpdate,
    ) -> Result<Answer, Refusals> {
        let mut known = self.group(group)?.clone();
        none_of(self.unknown_entrances(&update.add_entrances))?;
        let is_elsewhere = !self.all_of(&update.add_entrances, known.system);
        let ends_badly =
            matches!(update.access_schedule, Patch::Set(schedule) if !self.is_sound(schedule));
        if is_elsewhere || ends_badly {
            return Err(vec![refused(ErrorKind::Invalid)]);
        }
        known.update(update);
        self.groups.insert(group, known);
        for entrance in &update.remove_entrances {
            self.holds.remove(&(group, *entrance));
        }
        let added = update.add_entrances.iter();
        self.holds.extend(added.map(|entrance| (group, *entrance)));
        Ok(Answer::Done)
    }

    pub(super) fn revoke(
        &mut self,
        user: UserRef,
        entrance: EntranceId,
    ) -> Result<Answer, Refusals> {
        self.look_at(user)?;
        let system = self.entrance(entrance)?.system;
        let user = match user {
            UserRef::AcsUser(user) => Some(user),
            UserRef::Identity(identity) => self.linked_in(identity, system),
        };
        if let Some(user) = user {
            self.grants.remove(&(user, entrance));
        }
        Ok(Answer::Done)
    }

    pub(super) fn create_system(&mut self, new: &NewAcsSystem) -> Answer {
        let id = AcsSystemId::from_u128(self.placeholder());
        let system = SystemSeen {
            id,
            name: new.name.to_string(),
            account: String::new(),
            time_zone: new.time_zone.as_ref().map(ToString::to_string),
            issues: Issues::new(),
        };
        self.systems.insert(id, system.clone());
        self.free_systems.insert(id);
        Answer::Systems(vec![system])
    }

    pub(super) fn update_system(
        &mut self,
        system: AcsSystemId,
        update: &AcsSystemUpdate,
    ) -> Result<Answer, Refusals> {
        let known = self.systems.get_mut(&system);
        let known = known.ok_or_else(|| unknown(system))?;
        if let Some(name) = &update.name {
            known.name = name.to_string();
        }
        let zone = update.time_zone.clone().map(|zone| zone.to_string());
        zone.apply(&mut known.time_zone);
        Ok(Answer::Done)
    }

    pub(super) fn delete_system(&mut self, system: AcsSystemId) -> Result<Answer, Refusals> {
        self.system(system)?;
        let is_empty = !self.users.values().any(|user| user.system == system)
            && self.groups_of(system).next().is_none()
            && !self.entrances.values().any(|door| door.system == system);
        if !is_empty {
            return Err(vec![refused(ErrorKind::Conflict)]);
        }
        self.systems.remove(&system);
        Ok(Answer::Done)
    }

    pub(super) fn create_entrance(&mut self, new: &NewEntrance) -> Result<Answer, Refusals> {
        let system = self.system(new.system)?.id;
        let id = EntranceId::from_u128(self.placeholder());
        let entrance = EntranceSeen {
            id,
            system,
            name: new.name.to_string(),
            account: String::new(),
            spaces: BTreeSet::new(),
            created_at: NOW,
            issues: Issues::new(),
        };
        self.entrances.insert(id, entrance.clone());
        self.free_entrances.insert(id);
        Ok(Answer::Entrances(vec![entrance]))
    }

    pub(super) fn update_entrance(
        &mut self,
        entrance: EntranceId,
        update: &EntranceUpdate,
    ) -> Result<Answer, Refusals> {
        let known = self.entrances.get_mut(&entrance);
        let known = known.ok_or_else(|| unknown(entrance))?;
        if let Some(name) = &update.name {
            known.name = name.to_string();
        }
        Ok(Answer::Done)
    }

    pub(super) fn delete_entrance(&mut self, entrance: EntranceId) -> Result<Answer, Refusals> {
        self.entrance(entrance)?;
        self.entrances.remove(&entrance);
        self.holds.retain(|(_, held)| *held != entrance);
        self.grants.retain(|(_, granted)| *granted != entrance);
        Ok(Answer::Done)
    }

    /// One refusal for each entrance that does not exist.
    fn unknown_entrances(&self, entrances: &[EntranceId]) -> Refusals {
        let unknown = entrances.iter().filter_map(|id| self.entrance(*id).err());
        unknown.flatten().collect()
    }

    fn all_of(&self, entrances: &[EntranceId], system: AcsSystemId) -> bool {
        let mut known = entrances.iter().filter_map(|id| self.entrances.get(id));
        known.all(|entrance| entrance.system == system)
    }
}
