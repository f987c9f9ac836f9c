//! What a transaction meets: rows that are committed, and the locks of the others.

use std::rc::Rc;

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, EntranceId, UserIdentityId, UserIdentitySelector,
};
use access_groups_in_memory::State;
use access_groups_sql::{IdentityKeys, Lock, Row, Slice, UniqueValue, UserKeys, Want, Write};

use crate::source::answer;

/// What can be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    System(AcsSystemId),
    Value(UniqueValue),
    Identity(UserIdentityId),
    User(AcsUserId),
    Group(AccessGroupId),
    Entrance(EntranceId),
    Member(AcsUserId, AccessGroupId),
    Granted(AcsUserId, EntranceId),
    Held(AccessGroupId, EntranceId),
}

/// What a store may do in one way or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Store {
    /// Users, groups and entrances have a foreign key to their system.
    pub(crate) systems_are_keys: bool,
    /// In which order a cascade deletes pairs: the README promises none.
    pub(crate) cascades_backwards: bool,
    /// What the README asks of it and it does not do.
    pub(crate) lacks: Option<Duty>,
}

/// What the README asks of a store beside locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// A row is only written over as it was seen.
    Guards,
    /// The resources of a new pair exist.
    Keys,
}

/// A transaction must wait for the end of another one that has a lock.
#[derive(Debug)]
pub(crate) struct Waits;

/// The database as one transaction sees it at the moment.
pub(crate) struct View<'a> {
    pub(crate) store: Store,
    /// What is committed.
    pub(crate) site: &'a Rc<State>,
    /// The locks of the others.
    pub(crate) others: Vec<&'a (Key, Lock)>,
}

impl View<'_> {
    /// Takes the lock, unless one of the others is in the way.
    pub(crate) fn lock(
        &self,
        own: &mut Vec<(Key, Lock)>,
        key: &Key,
        lock: Lock,
    ) -> Result<(), Waits> {
        if own.iter().any(|(held, with)| held == key && *with >= lock) {
            return Ok(());
        }
        let mut others = self.others.iter().filter(|(held, _)| held == key);
        if others.any(|(_, with)| conflicts(*with, lock)) {
            return Err(Waits);
        }
        own.push((key.clone(), lock));
        Ok(())
    }

    /// Whether the row or pair is there.
    pub(crate) fn has(&self, key: &Key) -> bool {
        let site = self.site;
        match key {
            Key::System(id) => site.acs_system(*id).is_ok(),
            Key::Value(_) => true,
            Key::Identity(id) => site.user_identity(*id).is_ok(),
            Key::User(id) => site.acs_user(*id).is_ok(),
            Key::Group(id) => site.access_group(*id).is_ok(),
            Key::Entrance(id) => site.entrance(*id).is_ok(),
            Key::Member(user, group) => site.is_member(*user, *group),
            Key::Granted(user, entrance) => site.is_granted(*user, *entrance),
            Key::Held(group, entrance) => site
                .group_entrances()
                .any(|pair| pair == (*group, *entrance)),
        }
    }

    /// Whether the row that is written over is the one that the decision saw; of a new one, whether its
    /// id is free.
    pub(crate) fn is_as_seen(&self, write: &Write) -> bool {
        fn check<T: PartialEq>(row: &Row<T>, now: Option<&T>) -> bool {
            match row {
                Row::New(_) => now.is_none(),
                Row::Put { before, .. } | Row::Drop(before) => now == Some(&**before),
            }
        }
        let site = self.site;
        if self.store.lacks == Some(Duty::Guards) {
            return true;
        }
        match write {
            Write::System(row) => check(row, site.acs_system(of(row).acs_system_id).ok()),
            Write::Identity(row) => check(row, site.user_identity(of(row).user_identity_id).ok()),
            Write::User(row) => check(row, site.acs_user(of(row).acs_user_id).ok()),
            Write::Group(row) => check(row, site.access_group(of(row).acs_access_group_id).ok()),
            Write::Entrance(row) => check(row, site.entrance(of(row).acs_entrance_id).ok()),
            Write::Leave(_)
            | Write::Join(_)
            | Write::Ungrant(_)
            | Write::Grant(_)
            | Write::Release(_)
            | Write::Hold(_) => true,
        }
    }

    /// The pairs that go with the row, in the order of the cascade.
    pub(crate) fn pairs_of(&self, key: &Key) -> Vec<Key> {
        let site = self.site;
        let members = site
            .memberships()
            .map(|(user, group)| Key::Member(user, group));
        let granted = site.grants().map(|(user, door)| Key::Granted(user, door));
        let held = site
            .group_entrances()
            .map(|(group, door)| Key::Held(group, door));
        let pairs = members.chain(granted).chain(held);
        let mut pairs: Vec<_> = pairs.filter(|pair| pair.parents().contains(key)).collect();
        if self.store.cascades_backwards {
            pairs.reverse();
        }
        pairs
    }

    /// Whether anything belongs to the system.
    pub(crate) fn is_full(&self, system: AcsSystemId) -> bool {
        let some = answer(self.site, [&Want::SomeOf(system)]);
        !(some.users.is_empty() && some.groups.is_empty() && some.entrances.is_empty())
    }

    /// Which rows the want finds at this moment, in the order in which they are locked.
    pub(crate) fn candidates(&self, want: &Want) -> Vec<Key> {
        let mut found = match want {
            // A store without a limit locks all that have the key.
            Want::Identity(UserIdentitySelector::Key(_), _) => Slice {
                identities: self.site.user_identities().cloned().collect(),
                ..Slice::default()
            },
            _ => answer(self.site, [want]),
        };
        found
            .identities
            .retain(|identity| fits_identity(want, identity));
        found
            .identities
            .sort_by_key(|row| (row.created_at, row.user_identity_id));
        found.users.sort_by_key(|row| row.acs_user_id);
        let systems = found
            .systems
            .iter()
            .map(|row| Key::System(row.acs_system_id));
        let identities = found
            .identities
            .iter()
            .map(|row| Key::Identity(row.user_identity_id));
        let users = found.users.iter().map(|row| Key::User(row.acs_user_id));
        let groups = found
            .groups
            .iter()
            .map(|row| Key::Group(row.acs_access_group_id));
        let entrances = found
            .entrances
            .iter()
            .map(|row| Key::Entrance(row.acs_entrance_id));
        systems
            .chain(identities)
            .chain(users)
            .chain(groups)
            .chain(entrances)
            .collect()
    }

    /// The row as it is now, if it still is what is wanted.
    pub(crate) fn read_again(&self, want: &Want, key: &Key) -> Slice {
        let again = match key {
            Key::System(id) => Want::Systems(vec![*id], Lock::None),
            Key::Identity(id) => Want::Identity((*id).into(), Lock::None),
            Key::User(id) => Want::User(*id, Lock::None),
            Key::Group(id) => Want::Groups(vec![*id], Lock::None),
            Key::Entrance(id) => Want::Entrances(vec![*id], Lock::None),
            Key::Value(_) | Key::Member(..) | Key::Granted(..) | Key::Held(..) => {
                return Slice::default();
            }
        };
        let mut found = answer(self.site, [&again]);
        found
            .identities
            .retain(|identity| fits_identity(want, identity));
        if let Want::UsersOf {
            identity, system, ..
        } = want
        {
            found.users.retain(|user| {
                UserKeys::of(user).identity == Some(*identity)
                    && system.is_none_or(|system| user.acs_system_id == system)
            });
        }
        found
    }
}

impl Key {
    /// What the pair refers to.
    pub(crate) fn parents(&self) -> Vec<Self> {
        match self {
            Self::Member(user, group) => vec![Self::User(*user), Self::Group(*group)],
            Self::Granted(user, door) => vec![Self::User(*user), Self::Entrance(*door)],
            Self::Held(group, door) => vec![Self::Group(*group), Self::Entrance(*door)],
            Self::System(_)
            | Self::Value(_)
            | Self::Identity(_)
            | Self::User(_)
            | Self::Group(_)
            | Self::Entrance(_) => Vec::new(),
        }
    }
}

/// Any version of the row: what it is found by is the same in all.
pub(crate) fn of<T>(row: &Row<T>) -> &T {
    match row {
        Row::New(row) | Row::Drop(row) => row,
        Row::Put { after, .. } => after,
    }
}

fn fits_identity(want: &Want, identity: &access_groups_core::UserIdentity) -> bool {
    match want {
        Want::Identity(UserIdentitySelector::Key(key), _) => {
            IdentityKeys::of(identity).key.as_deref() == Some(key.as_str())
        }
        _ => true,
    }
}

/// As PostgreSQL's row locks.
fn conflicts(one: Lock, other: Lock) -> bool {
    let (weaker, stronger) = (one.min(other), one.max(other));
    match stronger {
        Lock::Remove => weaker != Lock::None,
        Lock::Change => weaker == Lock::Change,
        Lock::Refer | Lock::None => false,
    }
}
