//! User identities: found, listed, created, changed, deleted.

use std::{collections::BTreeSet, num::NonZeroU32};

use access_groups_core::{
    AcsSystem, AcsUser, AcsUserId, Entrance, Error, NewUserIdentity, Page, PageRequest, Position,
    Timestamp, UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentityKey,
    UserIdentitySelector, UserIdentityUpdate,
};

use super::{
    State,
    age::{Aged, in_order, owned},
    link::linked_to,
    people::Mark,
};
use crate::membership::sorted;

impl State {
    /// The identity.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is none with that id or key.
    pub fn user_identity(
        &self,
        identity: impl Into<UserIdentitySelector>,
    ) -> Result<&UserIdentity, Error> {
        match identity.into() {
            UserIdentitySelector::Id(id) => {
                let found = self.identities.get(&id);
                found.ok_or_else(|| Error::unknown(id))
            }
            UserIdentitySelector::Key(key) => self.identity_with(&key).ok_or_else(|| {
                Error::not_found("there is no user identity with this key in this workspace")
                    .with_code("user_identity_not_found")
            }),
        }
    }

    /// All identities.
    pub fn user_identities(&self) -> impl Iterator<Item = &UserIdentity> {
        self.identities.values()
    }

    /// A page of the identities that pass the filter, oldest first, those of one instant by id.
    /// A page without a limit holds [`IDENTITIES_PER_PAGE`](Self::IDENTITIES_PER_PAGE) of them.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the cursor belongs to another filter or limit (code
    ///   `mismatched_page_parameters`), or is none of this model.
    pub fn user_identities_page(
        &self,
        filter: &UserIdentityFilter,
        page: &PageRequest,
    ) -> Result<Page<UserIdentity>, Error> {
        let start = page.start(filter)?;
        let fitting = self
            .identities_after(filter, start)
            .filter(|identity| filter.fits(identity));
        let page = page.cut(filter, Self::IDENTITIES_PER_PAGE, fitting, |identity| {
            identity.position()
        });
        Ok(owned(page))
    }

    /// How many identities a page holds whose caller names no limit: 500, as in Seam's API.
    pub const IDENTITIES_PER_PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

    /// A new identity, with a user in each of the systems: see [`join`](Self::join) for who
    /// that is.
    ///
    /// It is created `now`, and its id follows from the workspace, the
    /// [`revision`](Self::revision) and `now`. It is shown under its name, else its e-mail
    /// address, else its phone number, else its key, else its id.
    ///
    /// # Errors
    ///
    /// - `Conflict`: another identity has the key, the e-mail address (in any case of its
    ///   letters) or the phone number; an empty number is nobody's.
    /// - `NotFound`: there is no such system.
    pub fn create_user_identity(
        &mut self,
        new: NewUserIdentity,
        now: Timestamp,
    ) -> Result<UserIdentity, Error> {
        let mut identity = self.new_identity(now);
        identity.user_identity_key = new.key.map(Into::into);
        identity.full_name = new.full_name.map(Into::into);
        identity.email_address = new.email_address.map(Into::into);
        identity.phone_number = new.phone_number;
        identity.display_name = display_name(&identity);
        self.refuse_shared(&identity)?;
        for system in &new.systems {
            self.acs_system(*system)?;
        }
        let id = identity.user_identity_id;
        self.insert_identity(identity)?;
        for system in new.systems {
            self.user_in(id, system, now)?;
        }
        self.user_identity(id).cloned()
    }

    /// Changes what the update names; `false` if it is so already.
    ///
    /// The name to show follows, and what the identity's users show of it does.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    /// - `Conflict`: another identity has the key, the e-mail address (in any case of its
    ///   letters) or the phone number; an empty number is nobody's.
    pub fn update_user_identity(
        &mut self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<bool, Error> {
        let old = self.user_identity(identity)?;
        let mut new = old.clone();
        update.key.map(Into::into).apply(&mut new.user_identity_key);
        update.full_name.map(Into::into).apply(&mut new.full_name);
        let email_address = update.email_address.map(Into::into);
        email_address.apply(&mut new.email_address);
        update.phone_number.apply(&mut new.phone_number);
        let name = display_name(&new);
        if name != display_name(old) {
            new.display_name = name; // another one may have been chosen: it goes with its reason
        }
        let mirrored = shown_by_users(old) != shown_by_users(&new);
        self.refuse_shared_beyond(&new, &Mark::all(old).collect())?;
        let changed = self.replace_identity(new.clone())?;
        if mirrored {
            for user in sorted(self.people.linked(identity)) {
                let user = self.acs_user(user)?.clone();
                self.replace_user(linked_to(&new, user))?;
            }
        }
        Ok(changed)
    }

    /// Deletes the identity and its users, with all their memberships and grants.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    pub fn delete_user_identity(&mut self, identity: UserIdentityId) -> Result<(), Error> {
        self.user_identity(identity)?;
        for user in sorted(self.people.linked(identity)) {
            self.delete_user(user)?;
        }
        if let Some(gone) = self.identities.remove(&identity) {
            self.marks.remove(&gone);
            self.identities_by_age.remove(None, gone.position());
        }
        self.note(true);
        Ok(())
    }

    /// The ids of the users linked to the identity, of every system; of an unknown one there
    /// are none.
    pub fn users_of_identity(&self, identity: UserIdentityId) -> impl Iterator<Item = AcsUserId> {
        self.people.linked(identity)
    }

    /// The users linked to the identity, of every system, sorted by id.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    pub fn acs_users_of_identity(
        &self,
        identity: UserIdentityId,
    ) -> Result<impl Iterator<Item = &AcsUser>, Error> {
        self.user_identity(identity)?;
        let users = self.people.linked(identity);
        Ok(users.filter_map(|user| self.users.get(user)))
    }

    /// The systems in which the identity has a user, each once, sorted by id.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    pub fn systems_of_identity(
        &self,
        identity: UserIdentityId,
    ) -> Result<impl Iterator<Item = &AcsSystem>, Error> {
        let users = self.acs_users_of_identity(identity)?;
        let systems: BTreeSet<_> = users.map(|user| user.acs_system_id).collect();
        Ok(systems.into_iter().filter_map(|id| self.systems.get(&id)))
    }

    /// What the users of the identity can open, each entrance once, sorted by id.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    pub fn entrances_of_identity(
        &self,
        identity: UserIdentityId,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        self.user_identity(identity)?;
        Ok(self.entrances_open_to(self.people.linked(identity)))
    }

    /// The identity with that key; of several, which only a file can bring, the first created.
    pub(super) fn identity_with(&self, key: &UserIdentityKey) -> Option<&UserIdentity> {
        let ids = self.marks.with(Mark::Key(key.as_str().to_owned()));
        let found = ids.filter_map(|id| self.identities.get(&id));
        found.min_by_key(|identity| identity.position())
    }

    /// An identity of this workspace with an id of its own and nothing else.
    pub(super) fn new_identity(&self, now: Timestamp) -> UserIdentity {
        let workspace = self.workspace_or_default().workspace_id;
        let is_taken = |id: UserIdentityId| self.identities.contains_key(&id);
        let id = self.new_id(workspace.as_uuid(), now, is_taken);
        let mut identity = UserIdentity::new(id, "")
            .with_workspace(workspace)
            .with_created_at(now);
        identity.full_name = None;
        identity
    }

    /// Refuses what would have the key, the e-mail address or the phone number of another.
    pub(super) fn refuse_shared(&self, identity: &UserIdentity) -> Result<(), Error> {
        self.refuse_shared_beyond(identity, &BTreeSet::new())
    }

    /// The same, but of what it has had already.
    fn refuse_shared_beyond(
        &self,
        identity: &UserIdentity,
        had: &BTreeSet<Mark>,
    ) -> Result<(), Error> {
        for mark in Mark::all(identity).filter(|mark| !had.contains(mark)) {
            let noun = mark.noun();
            let mut others = self.marks.with(mark);
            if let Some(other) = others.find(|id| *id != identity.user_identity_id) {
                let message = format!("user identity {other} has this {noun}");
                return Err(Error::conflict(message).with_subject(other));
            }
        }
        Ok(())
    }

    /// Identities in the order of lists, from the smallest index that holds all that can pass.
    fn identities_after<'a>(
        &'a self,
        filter: &'a UserIdentityFilter,
        start: Option<Position>,
    ) -> Box<dyn Iterator<Item = &'a UserIdentity> + 'a> {
        if let Some(ids) = &filter.identities {
            let named = ids.iter().filter_map(|id| self.identities.get(id));
            return Box::new(in_order(named, start));
        }
        let before = filter.created_before;
        let positions = self.identities_by_age.after(None, start);
        let early =
            positions.take_while(move |at| before.is_none_or(|before| at.created_at < before));
        Box::new(early.filter_map(|at| self.identities.get(&at.id.into())))
    }
}

/// The name to show: the first thing that is known.
pub(super) fn display_name(identity: &UserIdentity) -> String {
    let known = [
        &identity.full_name,
        &identity.email_address,
        &identity.phone_number,
        &identity.user_identity_key,
    ];
    let first = known.into_iter().flatten().find(|text| !text.is_empty());
    first.map_or_else(|| identity.user_identity_id.to_string(), Clone::clone)
}

fn shown_by_users(identity: &UserIdentity) -> [&Option<String>; 3] {
    [
        &identity.full_name,
        &identity.email_address,
        &identity.phone_number,
    ]
}
