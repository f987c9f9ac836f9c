//! ACS users: found, listed, created, changed, deleted.

use std::num::NonZeroU32;

use access_groups_core::{
    AccessGroup, AcsSystem, AcsSystemId, AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector,
    AcsUserUpdate, ContactDetail, Entrance, Error, NewAcsUser, Page, PageRequest, Patch, Position,
    Timestamp, UserIdentity, UserIdentityId,
};

use super::{State, check_free, check_same_system, links::linked_to};
use crate::index::{Contact, Paged, UniqueValue, identity_of, in_order, owned};

impl State {
    /// The user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; by identity, there is no such identity, else no such
    ///   system, else the identity has no user in it (code `acs_user_not_found`).
    pub fn acs_user(&self, user: impl Into<AcsUserSelector>) -> Result<&AcsUser, Error> {
        let user = self.acs_user_id(user)?;
        self.users.get(user).ok_or_else(|| Error::unknown(user))
    }

    /// All users.
    pub fn acs_users(&self) -> impl Iterator<Item = &AcsUser> {
        self.users.sorted()
    }

    /// A page of the users that match the filter, the oldest first, then by id. A page without a
    /// limit holds [`USERS_PER_PAGE`](Self::USERS_PER_PAGE) of them.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the cursor belongs to another filter or limit (code
    ///   `mismatched_page_parameters`), or is not a cursor of this store.
    pub fn acs_users_page(
        &self,
        filter: &AcsUserFilter,
        page: &PageRequest,
    ) -> Result<Page<AcsUser>, Error> {
        let start = page.start(filter)?;
        let users = self.users_after(filter, start);
        let matching = users.filter(|user| filter.fits(user, self.linked_identity(user)));
        let page = page.cut(filter, Self::USERS_PER_PAGE, matching, |user| {
            user.position()
        });
        Ok(owned(page))
    }

    /// The items of a page of users without a limit: 500, as in Seam's API.
    pub const USERS_PER_PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

    /// The entrances that the user can open, through groups and directly, each once, sorted by id.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    pub fn entrances_of_user(
        &self,
        user: impl Into<AcsUserSelector>,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        let user = self.acs_user_id(user)?;
        Ok(self.entrances_open_to([user]))
    }

    /// Creates a user of a system, linked to the identity and in the groups that are given.
    ///
    /// They are created `now`, and their id follows from the system, the
    /// [`revision`](Self::revision) and `now`. Workspace and connected account are the
    /// system's; they are not suspended.
    ///
    /// # Errors
    ///
    /// In this order, and before anything changes:
    ///
    /// - `NotFound`: there is no such system, else no such identity, else a group does not exist.
    /// - `Conflict`: the identity has a user in this system.
    /// - `Invalid`: a group belongs to another system.
    /// - `Invalid`: the schedule does not end after `now` and after it starts.
    pub fn create_acs_user(&mut self, new: NewAcsUser, now: Timestamp) -> Result<AcsUser, Error> {
        let system = self.acs_system(new.system)?;
        let identity = match new.identity {
            Some(identity) => Some(self.user_identity(identity)?.clone()),
            None => None,
        };
        // Everything is checked before the first change, so that a refused call changes nothing, and
        // what does not exist before what conflicts.
        let groups = new.groups.iter().map(|group| self.access_group(*group));
        let groups: Vec<_> = groups.collect::<Result<_, _>>()?;
        if let Some(identity) = &identity {
            self.check_no_user(identity.user_identity_id, new.system)?;
        }
        for group in groups {
            check_group(group, new.system)?;
        }
        let schedule = new
            .access_schedule
            .map(|schedule| schedule.starting_from(now));
        let mut user = self.new_user(system, new.full_name, now);
        user.access_schedule = schedule.transpose()?;
        user.email_address = new.email_address.map(Into::into);
        user.phone_number = new.phone_number.map(Into::into);
        let id = user.acs_user_id;
        if let Some(identity) = &identity {
            user = linked_to(identity, user);
        }
        self.insert_user(user)?;
        if let Some(identity) = identity {
            self.list_user(identity.user_identity_id, id);
        }
        // Before the memberships: the provider creates a user first.
        self.propagator().user_created(id);
        for group in new.groups {
            self.add_user(id, group)?;
        }
        Ok(self.acs_user(id)?.clone())
    }

    /// Inserts a user who is in no group.
    ///
    /// Their identity need not exist in this state.
    ///
    /// # Errors
    ///
    /// - `NotFound`: their system does not exist.
    /// - `Conflict`: there is one with that id.
    pub fn insert_user(&mut self, user: AcsUser) -> Result<(), Error> {
        let (id, system) = (user.acs_user_id, user.acs_system_id);
        self.acs_system(system)?;
        check_free(self.users.contains(id), id)?;
        self.hold_user(user);
        self.note(true);
        Ok(())
    }

    /// Changes the attributes that the update sets; `false` if they have these values already.
    ///
    /// A full name is the new display name as well.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    /// - `Invalid`: the schedule does not end after `now` and after it starts.
    pub fn update_acs_user(
        &mut self,
        user: impl Into<AcsUserSelector>,
        update: AcsUserUpdate,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut user = self.acs_user(user)?.clone();
        match update.access_schedule {
            Patch::Set(schedule) => user.access_schedule = Some(schedule.set_at(now)?),
            Patch::Clear => user.access_schedule = None,
            Patch::Keep => {}
        }
        if let Some(name) = update.full_name {
            user.display_name = name.clone().into();
            user.full_name = Some(name.into());
        }
        if let Some(address) = update.email_address {
            user.email_address = Some(address.into());
        }
        if let Some(number) = update.phone_number {
            user.phone_number = Some(number.into());
        }
        if let Some(system) = update.hid_acs_system {
            user.hid_acs_system_id = Some(system.to_string());
        }
        self.put_user(user)
    }

    /// Replaces the user with that id; memberships stay.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is none with that id.
    /// - `Invalid`: they would move to another system.
    pub fn replace_user(&mut self, user: AcsUser) -> Result<(), Error> {
        self.put_user(user).map(drop)
    }

    /// Suspends the user; `false` if they are suspended.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    pub fn suspend_acs_user(&mut self, user: impl Into<AcsUserSelector>) -> Result<bool, Error> {
        self.set_suspended(user, true)
    }

    /// Ends the suspension of the user; `false` if it is known that they are not suspended.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    pub fn unsuspend_acs_user(&mut self, user: impl Into<AcsUserSelector>) -> Result<bool, Error> {
        self.set_suspended(user, false)
    }

    /// Ends every membership and every direct grant of the user; `false` if there was none.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    pub fn revoke_access_to_all_entrances(
        &mut self,
        user: impl Into<AcsUserSelector>,
    ) -> Result<bool, Error> {
        let user = self.acs_user_id(user)?;
        let before = self.revision;
        let groups: Vec<_> = self.groups_of(user).collect();
        // The groups are not looked at, so that a slice need not hold them.
        for group in groups {
            let changed = self.memberships.remove(user, group);
            self.membership_changed(changed, user, group);
        }
        // Grants propagate immediately: the provider is not told.
        let had_grants = self.remove_grants(user);
        self.note(had_grants);
        Ok(self.revision != before)
    }

    /// Deletes the user, with all memberships and grants, and unlinks them from their identity.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user; see [`acs_user`](Self::acs_user).
    pub fn delete_user(&mut self, user: impl Into<AcsUserSelector>) -> Result<(), Error> {
        let user = self.acs_user_id(user)?;
        let deleted = self.users.remove(user);
        let deleted = deleted.ok_or_else(|| Error::unknown(user))?;
        self.user_index.remove(&deleted);
        self.users_by_creation
            .remove(Some(deleted.acs_system_id), deleted.position());
        self.memberships.remove_user(user);
        self.propagator().user_deleted(user);
        self.remove_grants(user);
        if let Some(identity) = identity_of(&deleted) {
            self.unlist_user(identity, user);
        }
        self.note(true);
        Ok(())
    }

    /// A new user of the system with an unused id and no attribute but the name.
    pub(super) fn new_user(
        &self,
        system: &AcsSystem,
        name: impl Into<String>,
        now: Timestamp,
    ) -> AcsUser {
        let is_taken = |id: AcsUserId| self.users.contains(id);
        let id = self.new_id(system.acs_system_id.as_uuid(), now, is_taken);
        // Not suspended is known of a new user; absent would mean unknown.
        let mut user = AcsUser::new(id, system.acs_system_id, name)
            .with_workspace(system.workspace_id)
            .with_suspended(false)
            .with_created_at(now);
        user.connected_account_id
            .clone_from(&system.connected_account_id);
        user
    }

    /// Replaces the user with that id; `false` if they are equal.
    pub(super) fn put_user(&mut self, user: AcsUser) -> Result<bool, Error> {
        let (id, system) = (user.acs_user_id, user.acs_system_id);
        let old = self.users.get_mut(id).ok_or_else(|| Error::unknown(id))?;
        check_same_system(old.acs_system_id, system, id)?;
        let changed = *old != user;
        let reschedules = old.access_schedule != user.access_schedule;
        // Contacts and link may have changed, so the old entries must go first.
        self.user_index.remove(old);
        self.user_index.insert(&user);
        self.users_by_creation
            .replace(Some(system), old.position(), user.position());
        *old = user;
        if reschedules {
            self.propagator().schedule_changed(id);
        }
        Ok(self.note(changed))
    }

    /// The id of the user, who exists.
    fn acs_user_id(&self, user: impl Into<AcsUserSelector>) -> Result<AcsUserId, Error> {
        let (identity, system) = match user.into() {
            AcsUserSelector::Id(user) if self.users.contains(user) => return Ok(user),
            AcsUserSelector::Id(user) => return Err(Error::unknown(user)),
            AcsUserSelector::Identity { identity, system } => (identity, system),
        };
        self.user_identity(identity)?;
        self.acs_system(system)?;
        self.user_of(identity, system).ok_or_else(|| {
            let message =
                format!("user identity {identity} has no ACS user in ACS system {system}");
            Error::not_found(message).with_code("acs_user_not_found")
        })
    }

    fn set_suspended(
        &mut self,
        user: impl Into<AcsUserSelector>,
        is_suspended: bool,
    ) -> Result<bool, Error> {
        let user = self.acs_user(user)?.clone();
        let (id, was_suspended) = (user.acs_user_id, user.is_suspended);
        let changed = self.put_user(user.with_suspended(is_suspended))?;
        // Unknown counts as not suspended: learning that it is so concerns no access control
        // system.
        if was_suspended.unwrap_or_default() != is_suspended {
            self.propagator().suspension_changed(id);
        }
        Ok(changed)
    }

    /// Users in the order of pages, from the smallest index with all who can match.
    fn users_after<'a>(
        &'a self,
        filter: &'a AcsUserFilter,
        start: Option<Position>,
    ) -> Box<dyn Iterator<Item = &'a AcsUser> + 'a> {
        // Few users have one identity: sorting them costs less than a walk over all.
        if let Some(identities) = self.identities_of_filter(filter) {
            let linked = identities.flat_map(|identity| self.users_of_identity(identity));
            return Box::new(in_order(linked.filter_map(|id| self.users.get(id)), start));
        }
        let before = filter.created_before;
        let positions = self.users_by_creation.after(filter.system, start);
        // Positions are sorted by creation, so the first one that is too late ends the page.
        let early = positions
            .take_while(move |position| before.is_none_or(|before| position.created_at < before));
        Box::new(early.filter_map(|position| self.users.get(position.id.into())))
    }

    /// The identities to which the filter limits the users, if it does.
    fn identities_of_filter<'a>(
        &'a self,
        filter: &'a AcsUserFilter,
    ) -> Option<Box<dyn Iterator<Item = UserIdentityId> + 'a>> {
        if let Some(identity) = filter.identity {
            return Some(Box::new(std::iter::once(identity)));
        }
        let wanted = |condition: &'a Option<Option<ContactDetail>>| {
            condition.as_ref()?.as_ref().map(ContactDetail::as_str)
        };
        let (email, phone) = (
            wanted(&filter.identity_email_address),
            wanted(&filter.identity_phone_number),
        );
        // One condition is enough to find the candidates; `fits` checks the others.
        let contact = Contact::all(email, phone).next()?;
        let identities = self.identity_index.with(UniqueValue::Contact(contact));
        Some(Box::new(identities))
    }

    fn linked_identity(&self, user: &AcsUser) -> Option<&UserIdentity> {
        self.identities.get(&identity_of(user)?)
    }
}

/// Refuses a group of another system than that of a new member.
fn check_group(group: &AccessGroup, system: AcsSystemId) -> Result<(), Error> {
    let (id, of_group) = (group.acs_access_group_id, group.acs_system_id);
    if of_group == system {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "access group {id} belongs to ACS system {of_group}: a user of ACS system {system} cannot \
         be a member"
    )))
}
