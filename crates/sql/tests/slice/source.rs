//! A state as a store of rows: it finds exactly what is wanted.

use std::collections::BTreeSet;

use access_groups_core::{AccessGroupFilter, AcsUser, UserIdentity, UserIdentitySelector};
use access_groups_in_memory::State;
use access_groups_sql::{Contact, IdentityKeys, Slice, UniqueValue, UserKeys, Want};

pub(crate) fn answer<'a>(site: &State, wants: impl IntoIterator<Item = &'a Want>) -> Slice {
    let mut found = Slice::default();
    wants
        .into_iter()
        .for_each(|want| find(site, want, &mut found));
    found
}

fn find(site: &State, want: &Want, found: &mut Slice) {
    match want {
        Want::Workspace => match site.workspace() {
            Some(workspace) => found.workspace = Some(workspace.clone()),
            None => found.systems.extend(site.acs_systems().next().cloned()),
        },
        Want::Systems(ids, _) => {
            let known = ids.iter().filter_map(|id| site.acs_system(*id).ok());
            found.systems.extend(known.cloned());
        }
        Want::SomeOf(system) => {
            let mut users = site.acs_users();
            let user = users.find(|user| user.acs_system_id == *system);
            found.users.extend(user.cloned());
            let all = AccessGroupFilter::new();
            let mut groups = site.access_groups(&all);
            let group = groups.find(|group| group.acs_system_id == *system);
            found.groups.extend(group.cloned());
            let mut entrances = site.entrances();
            let entrance = entrances.find(|door| door.acs_system_id == *system);
            found.entrances.extend(entrance.cloned());
        }
        Want::Identity(selector, _) => {
            found.identities.extend(identity(site, selector).cloned());
        }
        Want::Holders(values) => {
            for value in values {
                let mut holders = site.user_identities();
                let first = holders.find(|identity| has(identity, value));
                found.identities.extend(first.cloned());
            }
        }
        Want::User(id, _) => found.users.extend(site.acs_user(*id).ok().cloned()),
        Want::UsersOf {
            identity, system, ..
        } => {
            let linked = site.acs_users().filter(|user| {
                UserKeys::of(user).identity == Some(*identity)
                    && system.is_none_or(|system| user.acs_system_id == system)
            });
            found.users.extend(linked.cloned());
        }
        Want::Unlinked(system, contact) => {
            let unlinked = site
                .acs_users()
                .filter(|user| user.acs_system_id == *system && is_reached(user, contact));
            let first = unlinked.min_by_key(|user| (user.created_at, user.acs_user_id));
            found.users.extend(first.cloned());
        }
        Want::Groups(ids, _) => {
            let known = ids.iter().filter_map(|id| site.access_group(*id).ok());
            found.groups.extend(known.cloned());
        }
        Want::Entrances(ids, _) => {
            let known = ids.iter().filter_map(|id| site.entrance(*id).ok());
            found.entrances.extend(known.cloned());
        }
        Want::Memberships { users, group } => {
            let pairs = users.iter().map(|user| (*user, *group));
            let known = pairs.filter(|(user, group)| site.is_member(*user, *group));
            found.memberships.extend(known);
        }
        Want::MembershipsOf(users) => {
            let pairs = site.memberships();
            found
                .memberships
                .extend(pairs.filter(|(user, _)| users.contains(user)));
        }
        Want::Grants { users, entrance } => {
            let pairs = users.iter().map(|user| (*user, *entrance));
            let known = pairs.filter(|(user, entrance)| site.is_granted(*user, *entrance));
            found.grants.extend(known);
        }
        Want::GrantsOf(users) => {
            let pairs = site.grants();
            found
                .grants
                .extend(pairs.filter(|(user, _)| users.contains(user)));
        }
        Want::GroupEntrances { group, entrances } => {
            let held: BTreeSet<_> = site.group_entrances().collect();
            let pairs = entrances.iter().map(|entrance| (*group, *entrance));
            found
                .group_entrances
                .extend(pairs.filter(|pair| held.contains(pair)));
        }
    }
}

fn identity<'a>(site: &'a State, selector: &UserIdentitySelector) -> Option<&'a UserIdentity> {
    match selector {
        UserIdentitySelector::Id(id) => site.user_identity(*id).ok(),
        UserIdentitySelector::Key(key) => site
            .user_identities()
            .filter(|identity| IdentityKeys::of(identity).key.as_deref() == Some(key.as_str()))
            .min_by_key(|identity| (identity.created_at, identity.user_identity_id)),
    }
}

fn has(identity: &UserIdentity, value: &UniqueValue) -> bool {
    let keys = IdentityKeys::of(identity);
    match value {
        UniqueValue::Key(key) => keys.key.as_ref() == Some(key),
        UniqueValue::Contact(Contact::Email(address)) => keys.email.as_ref() == Some(address),
        UniqueValue::Contact(Contact::Phone(number)) => keys.phone.as_ref() == Some(number),
    }
}

fn is_reached(user: &AcsUser, contact: &Contact) -> bool {
    let keys = UserKeys::of(user);
    match contact {
        Contact::Email(address) => keys.email.as_ref() == Some(address),
        Contact::Phone(number) => keys.phone.as_ref() == Some(number),
    }
}
