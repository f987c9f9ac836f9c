//! ACS users: found, listed, changed.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, AcsUserUpdate, Entrance, Error, Page,
    PageRequest, Patch, Position, Timestamp, UserIdentity, UserIdentityId,
};

use super::{
    State,
    age::{Aged, in_order, owned},
    identity_of,
    people::{Contact, Mark},
};

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

    /// A page of the users that pass the filter, oldest first, users of one instant by id. A
    /// page without a limit holds [`USERS_PER_PAGE`](Self::USERS_PER_PAGE) of them.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the cursor belongs to another filter or limit (code
    ///   `mismatched_page_parameters`), or is none of this model.
    pub fn acs_users_page(
        &self,
        filter: &AcsUserFilter,
        page: &PageRequest,
    ) -> Result<Page<AcsUser>, Error> {
        let start = page.start(filter)?;
        let users = self.users_after(filter, start);
        let fitting = users.filter(|user| filter.fits(user, self.linked_identity(user)));
        let page = page.cut(filter, Self::USERS_PER_PAGE, fitting, |user| {
            user.position()
        });
        Ok(owned(page))
    }

    /// How many users a page holds whose caller names no limit: 500, as in Seam's API.
    pub const USERS_PER_PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

    /// Changes what the update names; `false` if it is so already.
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
            user.phone_number = Some(number);
        }
        if let Some(system) = update.hid_acs_system {
            user.hid_acs_system_id = Some(system.to_string());
        }
        self.put_user(user)
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

    /// What the user can open, through groups and directly: each entrance once, sorted by id.
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

    /// Ends every membership and every grant of the user; `false` if there was none.
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
        for group in groups {
            self.remove_user(user, group)?;
        }
        let was_granted = self.drop_grants(user);
        self.note(was_granted);
        Ok(self.revision != before)
    }

    fn set_suspended(
        &mut self,
        user: impl Into<AcsUserSelector>,
        suspended: bool,
    ) -> Result<bool, Error> {
        let user = self.acs_user(user)?.clone();
        let (id, was) = (user.acs_user_id, user.is_suspended);
        let changed = self.put_user(user.with_suspended(suspended))?;
        if was.unwrap_or_default() != suspended {
            self.suspension_changed(id);
        }
        Ok(changed)
    }

    /// Which user it is; they are there.
    pub(super) fn acs_user_id(&self, user: impl Into<AcsUserSelector>) -> Result<AcsUserId, Error> {
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

    /// Puts the user in the place of the one with that id; `false` if they are the same.
    pub(super) fn put_user(&mut self, user: AcsUser) -> Result<bool, Error> {
        let before = self.revision;
        self.replace_user(user)?;
        Ok(self.revision != before)
    }

    /// Users in the order of lists, from the smallest index that holds all who can pass.
    fn users_after<'a>(
        &'a self,
        filter: &'a AcsUserFilter,
        start: Option<Position>,
    ) -> Box<dyn Iterator<Item = &'a AcsUser> + 'a> {
        if let Some(identities) = self.identities_wanted(filter) {
            let linked = identities.flat_map(|identity| self.people.linked(identity));
            return Box::new(in_order(linked.filter_map(|id| self.users.get(id)), start));
        }
        let before = filter.created_before;
        let positions = self.users_by_age.after(filter.system, start);
        let early =
            positions.take_while(move |at| before.is_none_or(|before| at.created_at < before));
        Box::new(early.filter_map(|at| self.users.get(at.id.into())))
    }

    /// The identities whose users are asked for, if the filter tells.
    fn identities_wanted<'a>(
        &'a self,
        filter: &'a AcsUserFilter,
    ) -> Option<Box<dyn Iterator<Item = UserIdentityId> + 'a>> {
        if let Some(identity) = filter.identity {
            return Some(Box::new(std::iter::once(identity)));
        }
        let email = filter.identity_email_address.as_ref();
        let phone = filter.identity_phone_number.as_ref();
        let (email, phone) = (
            email.and_then(Option::as_deref),
            phone.and_then(Option::as_deref),
        );
        let contact = Contact::all(email, phone).next()?;
        Some(Box::new(self.marks.with(Mark::Contact(contact))))
    }

    fn linked_identity(&self, user: &AcsUser) -> Option<&UserIdentity> {
        self.identities.get(&identity_of(user)?)
    }
}
