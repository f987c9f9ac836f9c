//! Systems, groups and entrances that are created, changed and deleted: what a provider does.

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessGroupUpdate, AcsSystem, AcsSystemId, AcsSystemUpdate,
    Entrance, EntranceId, EntranceUpdate, Error, NewAccessGroup, NewAcsSystem, NewEntrance, Patch,
    Timestamp, UserRef,
};

use super::State;
use crate::index::Paged;

impl State {
    /// Creates a group that holds these entrances, and returns it.
    ///
    /// # Errors
    ///
    /// Before anything changes:
    ///
    /// - `NotFound`: there is no such system, else no such entrance.
    /// - `Invalid`: an entrance belongs to another system; the schedule does not end after `now` and
    ///   after it starts.
    pub fn create_access_group(
        &mut self,
        new: NewAccessGroup,
        now: Timestamp,
    ) -> Result<AccessGroup, Error> {
        let system = self.acs_system(new.system)?;
        let id = self.new_id(new.system.as_uuid(), now, |id| self.groups.contains(id));
        let mut group = AccessGroup::new(id, new.system, new.name)
            .with_workspace(system.workspace_id)
            .with_created_at(now);
        let account = &system.connected_account_id;
        group.connected_account_id.clone_from(account);
        self.check_entrances(&new.entrances, new.system)?;
        let schedule = new.access_schedule;
        let schedule = schedule.map(|schedule| schedule.starting_from(now));
        group.access_schedule = schedule.transpose()?;
        self.insert_group(group.clone())?;
        // A group without entrances has no entry, as in a site that was read.
        if !new.entrances.is_empty() {
            let held = new.entrances.into_iter().collect();
            self.entrances_of_group.insert(id, held);
        }
        Ok(group)
    }

    /// Changes what the update names; `false` if nothing had to change.
    ///
    /// # Errors
    ///
    /// Before anything changes:
    ///
    /// - `NotFound`: there is no such group, else no such entrance to add.
    /// - `Invalid`: an entrance to add belongs to another system; the schedule does not end after
    ///   `now` and after it starts.
    pub fn update_access_group(
        &mut self,
        group: AccessGroupId,
        update: AccessGroupUpdate,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut changed = self.access_group(group)?.clone();
        self.check_entrances(&update.add_entrances, changed.acs_system_id)?;
        match update.access_schedule {
            Patch::Set(schedule) => changed.access_schedule = Some(schedule.set_at(now)?),
            Patch::Clear => changed.access_schedule = None,
            Patch::Keep => {}
        }
        if let Some(name) = update.name {
            changed.name = name.into();
            changed.display_name.clone_from(&changed.name);
        }
        let before = self.revision;
        self.replace_group(changed)?;
        let old = self.entrances_of_group.remove(&group).unwrap_or_default();
        let mut held = old.clone();
        // The removals first, so that an entrance in both lists is held.
        held.retain(|entrance| !update.remove_entrances.contains(entrance));
        held.extend(update.add_entrances);
        let has_moved = held != old;
        if !held.is_empty() {
            self.entrances_of_group.insert(group, held);
        }
        self.note(has_moved);
        Ok(self.revision != before)
    }

    /// Ends the direct grant; `false` if there was none. An identity is neither linked nor given a user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user or identity, else no such entrance.
    pub fn revoke_access(
        &mut self,
        user: impl Into<UserRef>,
        entrance: EntranceId,
    ) -> Result<bool, Error> {
        let user = user.into();
        match user {
            UserRef::AcsUser(user) => drop(self.acs_user(user)?),
            UserRef::Identity(identity) => drop(self.user_identity(identity)?),
        }
        let system = self.entrance(entrance)?.acs_system_id;
        let user = match user {
            UserRef::AcsUser(user) => Some(user),
            UserRef::Identity(identity) => self.user_of(identity, system),
        };
        let changed = user.is_some_and(|user| self.grants.remove(&(user, entrance)));
        Ok(self.note(changed))
    }

    /// Creates a system in the workspace, and returns it.
    pub fn create_acs_system(&mut self, new: NewAcsSystem, now: Timestamp) -> AcsSystem {
        let workspace = self.workspace_or_default().workspace_id;
        let is_taken = |id| self.systems.contains_key(&id);
        let id = self.new_id(workspace.as_uuid(), now, is_taken);
        let mut system = AcsSystem::new(id, new.name)
            .with_workspace(workspace)
            .with_created_at(now);
        // As a site file has it by default.
        system.connected_account_ids = vec![system.connected_account_id.clone()];
        system.location.time_zone = new.time_zone.map(Into::into);
        self.systems.insert(id, system.clone());
        self.note(true);
        system
    }

    /// Changes what the update names; `false` if nothing had to change.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such system.
    pub fn update_acs_system(
        &mut self,
        system: AcsSystemId,
        update: AcsSystemUpdate,
    ) -> Result<bool, Error> {
        let known = self.systems.get_mut(&system);
        let known = known.ok_or_else(|| Error::unknown(system))?;
        let old = known.clone();
        if let Some(name) = update.name {
            known.name = name.into();
        }
        let zone = update.time_zone.map(String::from);
        zone.apply(&mut known.location.time_zone);
        let changed = *known != old;
        Ok(self.note(changed))
    }

    /// Deletes a system that holds nothing.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such system.
    /// - `Conflict`: it has users, groups or entrances.
    pub fn delete_acs_system(&mut self, system: AcsSystemId) -> Result<(), Error> {
        self.acs_system(system)?;
        let held = self.held_by(system);
        if !held.is_empty() {
            let held = held.join(", ");
            let message = format!("ACS system {system} is not empty ({held}): delete these first");
            return Err(Error::conflict(message).with_subject(system));
        }
        self.systems.remove(&system);
        self.groups_of_system.remove(&system);
        self.note(true);
        Ok(())
    }

    /// Creates an entrance that no group holds, and returns it.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such system.
    pub fn create_entrance(&mut self, new: NewEntrance, now: Timestamp) -> Result<Entrance, Error> {
        let system = self.acs_system(new.system)?;
        let is_taken = |id| self.entrances.contains_key(&id);
        let id = self.new_id(new.system.as_uuid(), now, is_taken);
        let mut entrance = Entrance::new(id, new.system, new.name).with_created_at(now);
        let account = &system.connected_account_id;
        entrance.connected_account_id.clone_from(account);
        self.insert_entrance(entrance.clone())?;
        Ok(entrance)
    }

    /// Changes what the update names; `false` if nothing had to change.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such entrance.
    pub fn update_entrance(
        &mut self,
        entrance: EntranceId,
        update: EntranceUpdate,
    ) -> Result<bool, Error> {
        let known = self.entrances.get_mut(&entrance);
        let known = known.ok_or_else(|| Error::unknown(entrance))?;
        let Some(name) = update.name.map(String::from) else {
            return Ok(false);
        };
        let changed = known.display_name != name;
        known.display_name = name;
        Ok(self.note(changed))
    }

    /// Deletes the entrance: no group holds it any more, and all its grants end.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such entrance.
    pub fn delete_entrance(&mut self, entrance: EntranceId) -> Result<(), Error> {
        let deleted = self.entrances.remove(&entrance);
        let deleted = deleted.ok_or_else(|| Error::unknown(entrance))?;
        self.entrances_by_creation
            .remove(Some(deleted.acs_system_id), deleted.position());
        self.entrances_of_group.retain(|_, held| {
            held.remove(&entrance);
            !held.is_empty()
        });
        self.grants.retain(|(_, granted)| *granted != entrance);
        self.note(true);
        Ok(())
    }

    /// What the system holds, in words.
    // Only whether there is any: a store of rows need not count a million users to refuse.
    fn held_by(&self, system: AcsSystemId) -> Vec<&'static str> {
        let users = self.users_by_creation.after(Some(system), None).next();
        let groups = self.groups_of_system.get(&system);
        let entrances = self.entrances_by_creation.after(Some(system), None).next();
        let held = [
            (users.is_some(), "users"),
            (groups.is_some_and(|ids| !ids.is_empty()), "groups"),
            (entrances.is_some(), "entrances"),
        ];
        let held = held.into_iter().filter(|(is_held, _)| *is_held);
        held.map(|(_, noun)| noun).collect()
    }

    /// All of them exist, and belong to the system.
    fn check_entrances(&self, entrances: &[EntranceId], system: AcsSystemId) -> Result<(), Error> {
        let known = entrances.iter().map(|id| self.entrance(*id));
        // All are looked up first: what does not exist is reported before what does not fit.
        let known = known.collect::<Result<Vec<_>, _>>()?;
        match known.iter().find(|known| known.acs_system_id != system) {
            None => Ok(()),
            Some(other) => {
                let (id, of_other) = (other.acs_entrance_id, other.acs_system_id);
                let message = format!(
                    "the group belongs to ACS system {system}, entrance {id} to ACS system \
                     {of_other}: a group opens entrances of its own system only"
                );
                Err(Error::invalid(message).with_subject(id))
            }
        }
    }
}
