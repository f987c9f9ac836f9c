//! What can be named, and where it is looked up.

use std::fmt;

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserId, BlockingAcsUserPortExt, BlockingDirectoryPortExt,
    BlockingPorts, Entrance, EntranceFilter, EntranceId, Error, SearchText,
};

use super::matching::is_id_prefix;
use crate::{describe, progress::Progress};

/// A resource that people name by more than its id.
pub(crate) trait Named: Clone {
    type Id: Copy + Ord + fmt::Display;

    /// "user"
    const NOUN: &'static str;
    /// "users"
    const NOUNS: &'static str;
    /// In which ways one is named.
    const WAYS: &'static str;
    /// What lists them.
    const HINT: &'static str;

    fn id(&self) -> Self::Id;
    fn system(&self) -> AcsSystemId;
    /// What people call it.
    fn shown(&self) -> String;
    /// Every name it has.
    fn names(&self) -> impl Iterator<Item = &str>;
    /// Every e-mail address it has.
    fn addresses(&self) -> impl Iterator<Item = &str>;

    /// Those that the store finds by this text, cheaply: there may be others, and some of
    /// them may not fit.
    fn search(text: &SearchText, ports: &BlockingPorts) -> Result<Vec<Self>, Error>;
    /// All that there are.
    fn all(ports: &BlockingPorts) -> Result<Vec<Self>, Error>;
    /// The one with this id.
    fn read(id: Self::Id, ports: &BlockingPorts) -> Result<Self, Error>;
}

impl Named for AcsUser {
    type Id = AcsUserId;
    const NOUN: &'static str = "user";
    const NOUNS: &'static str = "users";
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

    fn shown(&self) -> String {
        describe::user_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let of_identity = self.user_identity_full_name.iter().flatten();
        let names = [Some(&self.display_name), self.full_name.as_ref()];
        let names = names.into_iter().flatten().chain(of_identity);
        names.map(String::as_str)
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        let of_identity = self.user_identity_email_address.iter().flatten();
        let own = self.email_address.iter();
        own.chain(of_identity).map(String::as_str)
    }

    fn search(text: &SearchText, ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        let port = ports.acs_users()?;
        let filter = AcsUserFilter::new().matching(text.clone());
        let mut found: Vec<_> = port.all_acs_users(filter).collect::<Result<_, _>>()?;
        if text.as_str().contains('@') {
            // A search does not look at the e-mail address of an identity.
            let mut filter = AcsUserFilter::new();
            filter.identity_email_address = Some(Some(text.as_str().to_owned()));
            for user in port.all_acs_users(filter) {
                found.push(user?);
            }
        }
        Ok(found)
    }

    fn all(ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        let mut progress = Progress::start();
        let mut all = Vec::new();
        for user in ports.acs_users()?.all_acs_users(AcsUserFilter::new()) {
            progress.at("looking at all users", all.len(), None);
            all.push(user?);
        }
        Ok(all)
    }

    fn read(id: AcsUserId, ports: &BlockingPorts) -> Result<Self, Error> {
        ports.acs_users()?.acs_user(id.into())
    }
}

impl Named for AccessGroup {
    type Id = AccessGroupId;
    const NOUN: &'static str = "group";
    const NOUNS: &'static str = "groups";
    const WAYS: &'static str = NAME_OR_PREFIX;
    const HINT: &'static str = "`access-groups groups` lists the groups there are";

    fn id(&self) -> AccessGroupId {
        self.acs_access_group_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn shown(&self) -> String {
        describe::group_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [self.name.as_str(), self.display_name.as_str()].into_iter()
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    fn search(text: &SearchText, ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        let filter = AccessGroupFilter::new().matching(text.clone());
        ports.access_groups().access_groups(filter)
    }

    fn all(ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        let all = AccessGroupFilter::new();
        ports.access_groups().access_groups(all)
    }

    fn read(id: AccessGroupId, ports: &BlockingPorts) -> Result<Self, Error> {
        ports.access_groups().access_group(id)
    }
}

impl Named for Entrance {
    type Id = EntranceId;
    const NOUN: &'static str = "entrance";
    const NOUNS: &'static str = "entrances";
    const WAYS: &'static str = NAME_OR_PREFIX;
    const HINT: &'static str = "`access-groups entrances list` lists the entrances there are";

    fn id(&self) -> EntranceId {
        self.acs_entrance_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn shown(&self) -> String {
        describe::entrance_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.display_name.as_str())
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    fn search(text: &SearchText, ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        if is_id_prefix(text.as_str()) {
            return Self::all(ports); // a search does not look at the ids of entrances
        }
        let filter = EntranceFilter::new().matching(text.clone());
        ports.directory()?.all_entrances(filter).collect()
    }

    fn all(ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        let all = ports.directory()?;
        all.all_entrances(EntranceFilter::new()).collect()
    }

    fn read(id: EntranceId, ports: &BlockingPorts) -> Result<Self, Error> {
        ports.directory()?.entrance(id)
    }
}

impl Named for AcsSystem {
    type Id = AcsSystemId;
    const NOUN: &'static str = "system";
    const NOUNS: &'static str = "systems";
    const WAYS: &'static str = NAME_OR_PREFIX;
    const HINT: &'static str = "`access-groups systems` lists the systems there are";

    fn id(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn system(&self) -> AcsSystemId {
        self.acs_system_id
    }

    fn shown(&self) -> String {
        describe::system_name(self)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str())
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    fn search(text: &SearchText, ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        let filter = AcsSystemFilter::new().matching(text.clone());
        ports.directory()?.acs_systems(filter)
    }

    fn all(ports: &BlockingPorts) -> Result<Vec<Self>, Error> {
        ports.directory()?.acs_systems(AcsSystemFilter::new())
    }

    fn read(id: AcsSystemId, ports: &BlockingPorts) -> Result<Self, Error> {
        ports.directory()?.acs_system(id)
    }
}

const NAME_OR_PREFIX: &str =
    "a name (whole, in any case), or the beginning of an id (8 characters or more)";
