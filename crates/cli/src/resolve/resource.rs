//! The kinds of resources that arguments name, and where each is looked up.

use std::fmt;

use access_groups_core::{SearchText, prelude::*};

use super::matching::is_id_prefix;
use crate::{concurrent::together, describe, terminal::Progress};

/// A kind of resource that people name by more than its id.
pub(crate) trait Resource: Clone + Send + Sync {
    type Id: Copy + Ord + Send + Sync + fmt::Display;

    /// "user"
    const NOUN: &'static str;
    /// The ways to name one, for a message.
    const WAYS: &'static str =
        "a name (whole, in any case), or the beginning of an id (8 characters or more)";
    /// The hint if nothing matches.
    const HINT: &'static str;

    fn id(&self) -> Self::Id;
    fn system(&self) -> AcsSystemId;
    /// The name for people.
    fn displayed_name(&self) -> String;
    /// Every name it has.
    fn names(&self) -> impl Iterator<Item = &str>;
    /// Every e-mail address it has.
    fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// The result of the store's own search: cheap, but incomplete, and some may not match.
    fn search(text: &SearchText, port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error>;
    /// All of them.
    fn all(port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error>;
    /// The one with this id.
    fn read(id: Self::Id, port: &dyn BlockingAccessGroupPort) -> Result<Self, Error>;
}

impl Resource for AcsUser {
    type Id = AcsUserId;
    const NOUN: &'static str = "user";
    const WAYS: &'static str = "a name or an e-mail address (whole, in any case), or the \
                                beginning of an id (8 characters or more)";
    const HINT: &'static str = "`access-groups users find TEXT` finds people by a part of their \
                                name, e-mail address, phone number or id";

    fn id(&self) -> AcsUserId {
        self.acs_user_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn displayed_name(&self) -> String {
        describe::user_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let of_identity = self.user_identity_full_name.iter().flatten();
        // A display name may differ from the full name, and people know either.
        let names = [Some(&self.display_name), self.full_name.as_ref()];
        let names = names.into_iter().flatten().chain(of_identity);
        names.map(String::as_str)
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        let of_identity = self.user_identity_email_address.iter().flatten();
        let own = self.email_address.iter();
        own.chain(of_identity).map(String::as_str)
    }

    fn search(text: &SearchText, port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        let list = |filter| port.all_acs_users(filter).collect::<Result<Vec<_>, _>>();
        let filter = AcsUserFilter::new().matching(text.clone());
        if !text.as_str().contains('@') {
            return list(filter);
        }
        // A search does not look at the e-mail address of an identity.
        let mut of_identity = AcsUserFilter::new();
        of_identity.identity_email_address = Some(Some(text.clone().into()));
        let (found, of_identity) = together(|| list(filter), || list(of_identity));
        Ok([found?, of_identity?].concat())
    }

    fn all(port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        // Only users are numerous enough to make people wait.
        let mut progress = Progress::start();
        let mut all = Vec::new();
        for user in port.all_acs_users(AcsUserFilter::new()) {
            progress.at("looking at all users", all.len(), None);
            all.push(user?);
        }
        Ok(all)
    }

    fn read(id: AcsUserId, port: &dyn BlockingAccessGroupPort) -> Result<Self, Error> {
        port.acs_user(id)
    }
}

impl Resource for AccessGroup {
    type Id = AccessGroupId;
    const NOUN: &'static str = "group";
    const HINT: &'static str = "`access-groups groups` lists the groups there are";

    fn id(&self) -> AccessGroupId {
        self.acs_access_group_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn displayed_name(&self) -> String {
        describe::group_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str(), self.display_name.as_str()].into_iter()
    }

    fn search(text: &SearchText, port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        let filter = AccessGroupFilter::new().matching(text.clone());
        port.access_groups(filter)
    }

    fn all(port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        port.access_groups(AccessGroupFilter::new())
    }

    fn read(id: AccessGroupId, port: &dyn BlockingAccessGroupPort) -> Result<Self, Error> {
        port.access_group(id)
    }
}

impl Resource for Entrance {
    type Id = EntranceId;
    const NOUN: &'static str = "entrance";
    const HINT: &'static str = "`access-groups entrances list` lists the entrances there are";

    fn id(&self) -> EntranceId {
        self.acs_entrance_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn displayed_name(&self) -> String {
        describe::entrance_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.display_name.as_str())
    }

    fn search(text: &SearchText, port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        if is_id_prefix(text.as_str()) {
            return Self::all(port); // a search does not look at the ids of entrances
        }
        let filter = EntranceFilter::new().matching(text.clone());
        port.all_entrances(filter).collect()
    }

    fn all(port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        port.all_entrances(EntranceFilter::new()).collect()
    }

    fn read(id: EntranceId, port: &dyn BlockingAccessGroupPort) -> Result<Self, Error> {
        port.entrance(id)
    }
}

impl Resource for AcsSystem {
    type Id = AcsSystemId;
    const NOUN: &'static str = "system";
    const HINT: &'static str = "`access-groups systems` lists the systems there are";

    fn id(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn displayed_name(&self) -> String {
        describe::system_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str())
    }

    fn search(text: &SearchText, port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        let filter = AcsSystemFilter::new().matching(text.clone());
        port.acs_systems(filter)
    }

    fn all(port: &dyn BlockingAccessGroupPort) -> Result<Vec<Self>, Error> {
        port.acs_systems(AcsSystemFilter::new())
    }

    fn read(id: AcsSystemId, port: &dyn BlockingAccessGroupPort) -> Result<Self, Error> {
        port.acs_system(id)
    }
}

/// Sorts by displayed name, then by id.
pub(crate) fn sort<T: Resource>(resources: &mut [T]) {
    resources.sort_by_cached_key(|item| (describe::order(&item.displayed_name()), item.id()));
}
