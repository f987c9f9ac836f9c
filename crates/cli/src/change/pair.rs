//! The user and the group of a change, and what is read of them.

use access_groups_core::prelude::*;

use crate::{
    args::IdOrName,
    concurrent::together,
    describe::Verb,
    failure::Failure,
    resolve::{self, Resource},
    visible::printable,
};

/// A user and a group as the arguments name them.
pub(super) struct Pair<'a> {
    pub(super) user: AcsUserId,
    pub(super) group: AccessGroupId,
    pub(super) port: &'a dyn BlockingAccessGroupPort,
    /// As the look-up of a name found them; none for an id.
    known_user: Option<AcsUser>,
    known_group: Option<AccessGroup>,
}

impl<'a> Pair<'a> {
    pub(super) fn find(
        user: &IdOrName<AcsUserId>,
        group: &IdOrName<AccessGroupId>,
        port: &'a dyn BlockingAccessGroupPort,
    ) -> Result<Self, Failure> {
        let (user, group) = resolve::pair::<AcsUser, AccessGroup>(user, group, port)?;
        Ok(Self {
            user: user.id,
            group: group.id,
            port,
            known_user: user.resource,
            known_group: group.resource,
        })
    }

    pub(super) fn change(&self, verb: Verb) -> Result<(), Error> {
        match verb {
            Verb::Add => self.port.add_user(self.user, self.group),
            Verb::Remove => self.port.remove_user(self.user, self.group),
        }
    }

    pub(super) fn is_member(&self) -> Result<bool, Error> {
        let of_user = AccessGroupFilter::new().of_user(self.user);
        let groups = self.port.access_groups(of_user)?;
        let mut ids = groups.iter().map(|group| group.acs_access_group_id);
        Ok(ids.any(|id| id == self.group))
    }

    pub(super) fn entrances(&self) -> Result<Vec<Entrance>, Error> {
        self.port.entrances_of_group(self.group)
    }

    /// The user as they are now, whatever the look-up found.
    pub(super) fn user_now(&self) -> Result<AcsUser, Error> {
        self.port.acs_user(self.user)
    }

    fn user(&self) -> Result<AcsUser, Error> {
        self.known_user.clone().map_or_else(|| self.user_now(), Ok)
    }

    /// The group, read if no look-up found it.
    pub(super) fn group(&self) -> Result<AccessGroup, Error> {
        let known = self.known_group.clone();
        known.map_or_else(|| self.port.access_group(self.group), Ok)
    }

    /// User and group before the change.
    pub(super) fn resources(&self) -> Option<(AcsUser, AccessGroup)> {
        let (user, group) = together(|| self.user(), || self.group());
        // What cannot be read is not compared: the first poll is then the baseline.
        user.ok().zip(group.ok())
    }

    /// A sentence with their names, as far as they can be read.
    pub(super) fn say(&self, is_member: bool) -> String {
        let user = self.user().map(|user| user.displayed_name());
        let group = self.group().map(|group| group.displayed_name());
        let user = printable(&user.unwrap_or_else(|_| format!("user {}", self.user)));
        let group = printable(&group.unwrap_or_else(|_| format!("group {}", self.group)));
        let not = if is_member { "" } else { "not " };
        format!("{user} is {not}a member of {group} now")
    }
}
