//! User identities: found, listed, created, changed, deleted.

use std::{collections::BTreeSet, num::NonZeroU32};

use access_groups_core::{
    AcsSystem, AcsUser, AcsUserId, Entrance, Error, NewUserIdentity, Page, PageRequest, Position,
    Timestamp, UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentityKey,
    UserIdentitySelector, UserIdentityUpdate,
};

use super::{State, check_free, links::linked_to};
use crate::{
    index::{Paged, UniqueValue, in_order, owned},
    membership::sorted,
};

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
            // A key is personal data: it is not in the message.
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

    /// A page of the identities that match the filter, the oldest first, then by id. A page
    /// without a limit holds [`IDENTITIES_PER_PAGE`](Self::IDENTITIES_PER_PAGE) of them.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the cursor belongs to another filter or limit (code
    ///   `mismatched_page_parameters`), or is not a cursor of this store.
    pub fn user_identities_page(
        &self,
        filter: &UserIdentityFilter,
        page: &PageRequest,
    ) -> Result<Page<UserIdentity>, Error> {
        let start = page.start(filter)?;
        let matching = self
            .identities_after(filter, start)
            .filter(|identity| filter.fits(identity));
        let page = page.cut(filter, Self::IDENTITIES_PER_PAGE, matching, |identity| {
            identity.position()
        });
        Ok(owned(page))
    }

    /// The items of a page of identities without a limit: 500, as in Seam's API.
    pub const IDENTITIES_PER_PAGE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

    /// The ids of the users linked to the identity, of every system; none if the identity does not
    /// exist.
    pub fn users_of_identity(&self, identity: UserIdentityId) -> impl Iterator<Item = AcsUserId> {
        self.user_index.linked(identity)
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
        let users = self.users_of_identity(identity);
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

    /// The entrances that the users of the identity can open, each once, sorted by id.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    pub fn entrances_of_identity(
        &self,
        identity: UserIdentityId,
    ) -> Result<impl Iterator<Item = &Entrance>, Error> {
        self.user_identity(identity)?;
        Ok(self.entrances_open_to(self.users_of_identity(identity)))
    }

    /// Creates an identity, with a user in each of the systems: see [`join`](Self::join) for who
    /// that is.
    ///
    /// It is created `now`, and its id follows from the workspace, the
    /// [`revision`](Self::revision) and `now`. Its display name is its name, else its e-mail
    /// address, else its phone number, else its key, else its id.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such system.
    /// - `Conflict`: another identity has the key, the e-mail address (in any case of A
    ///   to Z) or the phone number; an empty number is nobody's.
    pub fn create_user_identity(
        &mut self,
        new: NewUserIdentity,
        now: Timestamp,
    ) -> Result<UserIdentity, Error> {
        let mut identity = self.new_identity(now);
        identity.user_identity_key = new.key.map(Into::into);
        identity.full_name = new.full_name.map(Into::into);
        identity.email_address = new.email_address.map(Into::into);
        identity.phone_number = new.phone_number.map(Into::into);
        identity.display_name = display_name(&identity);
        // All systems are checked before the first change.
        for system in &new.systems {
            self.acs_system(*system)?;
        }
        self.check_unique(&identity, None)?;
        let id = identity.user_identity_id;
        self.insert_identity(identity)?;
        for system in new.systems {
            self.user_in(id, system, now)?;
        }
        self.user_identity(id).cloned()
    }

    /// Creates an identity with the key and with the name and the contacts of the user.
    pub(super) fn create_identity_of(
        &mut self,
        user: &AcsUser,
        key: UserIdentityKey,
        now: Timestamp,
    ) -> Result<UserIdentity, Error> {
        let mut identity = self.new_identity(now);
        let name = user.full_name.as_ref().unwrap_or(&user.display_name);
        identity.user_identity_key = Some(key.into());
        identity.full_name = Some(name.clone()).filter(|name| !name.is_empty());
        identity.email_address.clone_from(&user.email_address);
        identity.phone_number.clone_from(&user.phone_number);
        identity.display_name = display_name(&identity);
        self.check_unique(&identity, None)?;
        self.insert_identity(identity.clone())?;
        Ok(identity)
    }

    /// Inserts an identity, with its `acs_user_ids` as they are.
    ///
    /// # Errors
    ///
    /// - `Conflict`: there is one with that id.
    pub fn insert_identity(&mut self, identity: UserIdentity) -> Result<(), Error> {
        let id = identity.user_identity_id;
        check_free(self.identities.contains_key(&id), id)?;
        self.hold_identity(identity);
        self.note(true);
        Ok(())
    }

    /// Changes the attributes that the update sets; `false` if they have these values already.
    ///
    /// The display name follows, and so does what the identity's users show of it.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such identity.
    /// - `Conflict`: another identity has the key, the e-mail address (in any case of A
    ///   to Z) or the phone number; an empty number is nobody's.
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
        let phone_number = update.phone_number.map(Into::into);
        phone_number.apply(&mut new.phone_number);
        // A display name of its own stays until the value that it would follow changes.
        let name = display_name(&new);
        if name != display_name(old) {
            new.display_name = name;
        }
        let users_change = shown_by_users(old) != shown_by_users(&new);
        self.check_unique(&new, Some(old))?;
        let changed = self.replace_identity(new.clone())?;
        if users_change {
            for user in sorted(self.users_of_identity(identity)) {
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
        // Collected first: each deletion changes the index that is walked.
        for user in sorted(self.users_of_identity(identity)) {
            self.delete_user(user)?;
        }
        if let Some(deleted) = self.identities.remove(&identity) {
            self.identity_index.remove(&deleted);
            self.identities_by_creation.remove(None, deleted.position());
        }
        self.note(true);
        Ok(())
    }

    /// The identity with that key; of several, which only a file can bring, the first created.
    pub(super) fn identity_with(&self, key: &UserIdentityKey) -> Option<&UserIdentity> {
        let key = UniqueValue::Key(key.as_str().to_owned());
        let ids = self.identity_index.with(key);
        let found = ids.filter_map(|id| self.identities.get(&id));
        found.min_by_key(|identity| identity.position())
    }

    /// Replaces the identity with that id; its users still show what they did.
    pub(super) fn replace_identity(&mut self, identity: UserIdentity) -> Result<bool, Error> {
        let id = identity.user_identity_id;
        let old = self.identities.get_mut(&id);
        let old = old.ok_or_else(|| Error::unknown(id))?;
        let changed = *old != identity;
        self.identity_index.remove(old);
        self.identity_index.insert(&identity);
        self.identities_by_creation
            .replace(None, old.position(), identity.position());
        *old = identity;
        Ok(self.note(changed))
    }

    /// A new identity of this workspace with an unused id and no attributes.
    fn new_identity(&self, now: Timestamp) -> UserIdentity {
        let workspace = self.workspace_or_default().workspace_id;
        let is_taken = |id: UserIdentityId| self.identities.contains_key(&id);
        let id = self.new_id(workspace.as_uuid(), now, is_taken);
        let mut identity = UserIdentity::new(id, "")
            .with_workspace(workspace)
            .with_created_at(now);
        // The constructor sets a name; without one, it must be absent and not empty.
        identity.full_name = None;
        identity
    }

    /// Refuses a key, an e-mail address or a phone number of another identity.
    // What it had before is not checked: two identities of a site file may share a value, and each
    // must still be able to change others.
    fn check_unique(
        &self,
        identity: &UserIdentity,
        before: Option<&UserIdentity>,
    ) -> Result<(), Error> {
        let had: BTreeSet<_> = before.into_iter().flat_map(UniqueValue::of).collect();
        for value in UniqueValue::of(identity).filter(|value| !had.contains(value)) {
            let noun = value.noun();
            let mut others = self.identity_index.with(value);
            if let Some(other) = others.find(|id| *id != identity.user_identity_id) {
                let message = format!("user identity {other} has this {noun}");
                return Err(Error::conflict(message).with_subject(other));
            }
        }
        Ok(())
    }

    /// Identities in the order of pages, from the smallest index with all that can match.
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
        let positions = self.identities_by_creation.after(None, start);
        // Positions are sorted by creation, so the first one that is too late ends the page.
        let early = positions
            .take_while(move |position| before.is_none_or(|before| position.created_at < before));
        Box::new(early.filter_map(|position| self.identities.get(&position.id.into())))
    }
}

/// The default display name: the first attribute that it has.
fn display_name(identity: &UserIdentity) -> String {
    let attributes = [
        &identity.full_name,
        &identity.email_address,
        &identity.phone_number,
        &identity.user_identity_key,
    ];
    let mut given = attributes.into_iter().flatten();
    let first = given.find(|text| !text.is_empty());
    first.map_or_else(|| identity.user_identity_id.to_string(), Clone::clone)
}

fn shown_by_users(identity: &UserIdentity) -> [&Option<String>; 3] {
    [
        &identity.full_name,
        &identity.email_address,
        &identity.phone_number,
    ]
}
