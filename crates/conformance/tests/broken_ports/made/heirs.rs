//! What a newcomer inherits, and links and addresses of the past that still serve.

use std::collections::BTreeMap;

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{
    Class, Layer, Made, Store,
    facts::{Fact, Kind, facts},
    made,
};
use crate::port::NOW;

pub(super) fn table() -> Vec<Made> {
    let mut table = Vec::new();
    for (deletion, creation, kinds) in HEIRS {
        let kinds = Kind::ALL
            .into_iter()
            .filter(|kind| kinds.contains(&kind.name()));
        table.extend(kinds.map(|kind| inherits(deletion, creation, kind)));
    }
    for (change, call) in OLD_LINKS {
        table.push(follows_old_links(change, call));
    }
    for (call, by_phone) in OLD_ADDRESSES {
        table.push(matches_old_addresses(call, *by_phone));
    }
    table
}

/// A deletion, the creation of one that looks the same, and what it must not get.
const HEIRS: &[(&str, &str, &[&str])] = &[
    (
        DeleteAcsUser::NAME,
        CreateAcsUser::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteAcsUser::NAME,
        CreateUserIdentity::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteAcsUser::NAME,
        AddUser::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteUserIdentity::NAME,
        CreateUserIdentity::NAME,
        &["membership", "grant", "suspension"],
    ),
    (
        DeleteAccessGroup::NAME,
        CreateAccessGroup::NAME,
        &["membership", "entrance of a group"],
    ),
    (
        DeleteEntrance::NAME,
        CreateEntrance::NAME,
        &["grant", "entrance of a group"],
    ),
];

fn inherits(deletion: &'static str, creation: &'static str, kind: Kind) -> Made {
    let name = format!(
        "after {deletion} the next by {creation} inherits each {}",
        kind.name()
    );
    let dead = Vec::new();
    made(
        Class::Gone,
        name,
        Heirs {
            deletion,
            creation,
            kind,
            dead,
        },
    )
}

/// An upsert that finds the deleted row.
#[derive(Clone)]
struct Heirs {
    deletion: &'static str,
    creation: &'static str,
    kind: Kind,
    /// What a deleted one looked like, and what held of it.
    dead: Vec<(String, Vec<Fact>)>,
}

impl Layer for Heirs {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let concerns = [self.deletion, self.creation].contains(&operation.name());
        if !concerns {
            return store.call(operation);
        }
        let (before, held) = (looks(store.state), facts(store.state, self.kind));
        let reply = store.call(operation)?;
        let after = looks(store.state);
        if operation.name() == self.deletion {
            for (subject, look) in before.iter().filter(|known| !after.contains_key(known.0)) {
                let of_it = held.iter().filter(|fact| fact.names(*subject)).copied();
                self.dead.push((look.clone(), of_it.collect()));
            }
        } else {
            for (subject, look) in after.iter().filter(|known| !before.contains_key(known.0)) {
                let heirs = self.dead.iter().filter(|dead| dead.0 == *look);
                for fact in heirs.flat_map(|dead| &dead.1) {
                    fact.of(*subject).begin(store.state);
                }
            }
        }
        Ok(reply)
    }
}

/// By what an upsert would recognise each user, group and entrance: a user by an address.
fn looks(state: &State) -> BTreeMap<Subject, String> {
    let users = state.acs_users().filter_map(|user| {
        let identity = user
            .user_identity_id
            .as_deref()
            .and_then(|id| id.parse().ok());
        let identity = identity.and_then(|id: UserIdentityId| state.user_identity(id).ok());
        let of_identity = identity.and_then(|identity| identity.email_address.as_ref());
        let address = user
            .email_address
            .as_ref()
            .or(of_identity)
            .filter(|text| !text.is_empty());
        let look = format!("{} {}", user.acs_system_id, address?.to_ascii_lowercase());
        Some((Subject::from(user.acs_user_id), look))
    });
    let everything = AccessGroupFilter::new();
    let groups = state.access_groups(&everything).map(|group| {
        let look = format!("{} {}", group.acs_system_id, group.name);
        (Subject::from(group.acs_access_group_id), look)
    });
    let entrances = state.entrances().map(|entrance| {
        let look = format!("{} {}", entrance.acs_system_id, entrance.display_name);
        (Subject::from(entrance.acs_entrance_id), look)
    });
    users.chain(groups).chain(entrances).collect()
}

/// How a link ends, and the call that still follows it.
const OLD_LINKS: &[(&str, &str)] = &[
    (UnlinkAcsUser::NAME, GetAcsUser::NAME),
    (UnlinkAcsUser::NAME, ListUsersOfIdentity::NAME),
    (UnlinkAcsUser::NAME, ListSystemsOfIdentity::NAME),
    (UnlinkAcsUser::NAME, ListEntrancesOfIdentity::NAME),
    (UnlinkAcsUser::NAME, ListAcsUsers::NAME),
    (UnlinkAcsUser::NAME, ListAccessGroups::NAME),
    (UnlinkAcsUser::NAME, GetUserIdentity::NAME),
    (UnlinkAcsUser::NAME, ListUserIdentities::NAME),
    (UnlinkAcsUser::NAME, SuspendAcsUser::NAME),
    (UnlinkAcsUser::NAME, CreateAcsUser::NAME),
    (UnlinkAcsUser::NAME, LinkAcsUser::NAME),
    (UnlinkAcsUser::NAME, AddUser::NAME),
    (UnlinkAcsUser::NAME, RemoveUser::NAME),
    (UnlinkAcsUser::NAME, GrantAccess::NAME),
    (UnlinkAcsUser::NAME, RevokeAccess::NAME),
    (UnlinkAcsUser::NAME, DeleteUserIdentity::NAME),
    (DeleteAcsUser::NAME, CreateAcsUser::NAME),
    (DeleteAcsUser::NAME, LinkAcsUser::NAME),
    (DeleteAcsUser::NAME, AddUser::NAME),
    (DeleteAcsUser::NAME, GrantAccess::NAME),
    (DeleteAcsUser::NAME, ListSystemsOfIdentity::NAME),
    (DeleteAcsUser::NAME, GetUserIdentity::NAME),
];

fn follows_old_links(change: &'static str, call: &'static str) -> Made {
    let name = format!("after {change} the link is still there for {call}");
    let links = Vec::new();
    made(
        Class::Gone,
        name,
        OldLinks {
            change,
            call,
            links,
        },
    )
}

#[derive(Clone)]
struct OldLinks {
    change: &'static str,
    call: &'static str,
    links: Vec<(AcsUser, UserIdentityId)>,
}

impl Layer for OldLinks {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.call && operation.name() != self.change {
            return self.as_before(store, operation);
        }
        let before = store.state.clone();
        let reply = store.call(operation)?;
        if operation.name() == self.change {
            let now = facts(store.state, Kind::Link);
            for fact in facts(&before, Kind::Link).difference(&now) {
                if let Fact::Linked(user, identity) = *fact
                    && let Ok(user) = before.acs_user(user)
                {
                    self.links.push((user.clone(), identity));
                }
            }
        }
        Ok(reply)
    }
}

impl OldLinks {
    /// Makes the call with the old links in place, and takes away again what it did not make.
    fn as_before(&self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let mut linked = store.state.clone();
        let mut back = Vec::new();
        for (user, identity) in &self.links {
            let is_gone = linked.acs_user(user.acs_user_id).is_err();
            if is_gone {
                let mut bare = user.clone();
                bare.user_identity_id = None;
                drop(linked.insert_user(bare));
            }
            let now = linked.acs_user(user.acs_user_id);
            let is_free = now.is_ok_and(|user| user.user_identity_id.is_none());
            if is_free
                && linked
                    .link_acs_user(user.acs_user_id, *identity, NOW)
                    .is_ok()
            {
                back.push((user.acs_user_id, *identity, is_gone));
            } else if is_gone {
                drop(linked.delete_user(user.acs_user_id));
            }
        }
        if back.is_empty() {
            return store.call(operation);
        }
        let reply = linked.execute(operation.clone(), NOW)?;
        for (user, identity, is_gone) in back {
            match is_gone {
                true => drop(linked.delete_user(user)),
                false => drop(linked.unlink_acs_user(user, identity)),
            }
        }
        *store.state = linked;
        Ok(reply)
    }
}

/// The calls that match an identity with a user, by number or by address.
const OLD_ADDRESSES: &[(&str, bool)] = &[
    (AddUser::NAME, false),
    (AddUser::NAME, true),
    (GrantAccess::NAME, false),
    (GrantAccess::NAME, true),
    (CreateUserIdentity::NAME, false),
    (CreateUserIdentity::NAME, true),
];

fn matches_old_addresses(call: &'static str, by_phone: bool) -> Made {
    let what = if by_phone {
        "phone number"
    } else {
        "e-mail address"
    };
    let name = format!("{call} matches the {what} that a user had before");
    let old = BTreeMap::new();
    made(
        Class::Gone,
        name,
        OldAddresses {
            call,
            by_phone,
            old,
        },
    )
}

#[derive(Clone)]
struct OldAddresses {
    call: &'static str,
    by_phone: bool,
    old: BTreeMap<AcsUserId, Option<String>>,
}

impl OldAddresses {
    fn address<'u>(&self, user: &'u mut AcsUser) -> &'u mut Option<String> {
        match self.by_phone {
            true => &mut user.phone_number,
            false => &mut user.email_address,
        }
    }

    /// Puts these addresses in place, and gives back those that were there.
    fn swap(
        &self,
        state: &mut State,
        addresses: &BTreeMap<AcsUserId, Option<String>>,
    ) -> BTreeMap<AcsUserId, Option<String>> {
        let mut were = BTreeMap::new();
        for (id, address) in addresses {
            if let Ok(mut user) = state.acs_user(*id).cloned() {
                let was = std::mem::replace(self.address(&mut user), address.clone());
                were.insert(*id, was);
                drop(state.replace_user(user));
            }
        }
        were
    }
}

impl Layer for OldAddresses {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        if operation.name() == self.call {
            let now = self.swap(store.state, &self.old);
            let answer = store.call(operation);
            self.swap(store.state, &now);
            return answer;
        }
        let updated = match operation {
            Operation::UpdateAcsUser(op) => store.state.acs_user(op.user).ok().cloned(),
            _ => None,
        };
        let reply = store.call(operation)?;
        if let Some(mut before) = updated
            && let Ok(mut now) = store.state.acs_user(before.acs_user_id).cloned()
            && self.address(&mut before) != self.address(&mut now)
        {
            let old = self.address(&mut before).clone();
            self.old.entry(before.acs_user_id).or_insert(old);
        }
        Ok(reply)
    }
}
