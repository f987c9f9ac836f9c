//! What a change wants to see, found in the tables.

use access_groups_core::UserIdentitySelector;
use access_groups_sql::{Contact, Slice, UniqueValue, Want};

use crate::{
    fault::Result,
    session::{Scope, key},
    statements as sql,
};

/// Finds what all of them want. Locks are not needed: there is one writer at a time.
pub(crate) fn answer(scope: Scope<'_, '_>, wants: &[Want]) -> Result<Slice> {
    let mut found = Slice::default();
    for want in wants {
        find(scope, want, &mut found)?;
    }
    Ok(found)
}

fn find(scope: Scope<'_, '_>, want: &Want, found: &mut Slice) -> Result<()> {
    match want {
        Want::Workspace => {
            found.workspace = scope.first(sql::WORKSPACE, &[])?;
            if found.workspace.is_none() {
                found.systems.extend(scope.first(sql::FIRST_SYSTEM, &[])?);
            }
        }
        Want::Systems(ids, _) => {
            for id in ids {
                let system = scope.first(sql::SYSTEM, &[&key(*id)])?;
                found.systems.extend(system);
            }
        }
        Want::SomeOf(system) => {
            let of: [&dyn rusqlite::ToSql; 1] = [&key(*system)];
            found.users.extend(scope.first(sql::USER_OF_SYSTEM, &of)?);
            found.groups.extend(scope.first(sql::GROUP_OF_SYSTEM, &of)?);
            let entrance = scope.first(sql::ENTRANCE_OF_SYSTEM, &of)?;
            found.entrances.extend(entrance);
        }
        Want::Identity(selector, _) => {
            let identity = match selector {
                UserIdentitySelector::Id(id) => scope.first(sql::IDENTITY, &[&key(*id)])?,
                UserIdentitySelector::Key(named) => {
                    scope.first(sql::IDENTITY_WITH_KEY, &[&named.as_str()])?
                }
            };
            found.identities.extend(identity);
        }
        Want::Holders(values) => {
            for value in values {
                let (sql, text) = match value {
                    UniqueValue::Key(text) => (sql::HOLDER_OF_KEY, text),
                    UniqueValue::Contact(Contact::Email(text)) => (sql::HOLDER_OF_EMAIL, text),
                    UniqueValue::Contact(Contact::Phone(text)) => (sql::HOLDER_OF_PHONE, text),
                };
                found.identities.extend(scope.first(sql, &[text])?);
            }
        }
        Want::User(id, _) => found.users.extend(scope.first(sql::USER, &[&key(*id)])?),
        Want::UsersOf {
            identity,
            system,
            lock: _,
        } => {
            let identity = key(*identity);
            found.users.extend(match system {
                None => scope.all(sql::USERS_OF_IDENTITY, &[&identity])?,
                Some(system) => {
                    scope.all(sql::USERS_OF_IDENTITY_IN, &[&identity, &key(*system)])?
                }
            });
        }
        Want::Unlinked(system, contact) => {
            let (sql, text) = match contact {
                Contact::Email(text) => (sql::UNLINKED_WITH_EMAIL, text),
                Contact::Phone(text) => (sql::UNLINKED_WITH_PHONE, text),
            };
            found
                .users
                .extend(scope.first(sql, &[&key(*system), text])?);
        }
        Want::Groups(ids, _) => {
            for id in ids {
                found.groups.extend(scope.first(sql::GROUP, &[&key(*id)])?);
            }
        }
        Want::Entrances(ids, _) => {
            for id in ids {
                let entrance = scope.first(sql::ENTRANCE, &[&key(*id)])?;
                found.entrances.extend(entrance);
            }
        }
        Want::Memberships { .. }
        | Want::MembershipsOf(_)
        | Want::Grants { .. }
        | Want::GrantsOf(_)
        | Want::GroupEntrances { .. } => find_pairs(scope, want, found)?,
    }
    Ok(())
}

fn find_pairs(scope: Scope<'_, '_>, want: &Want, found: &mut Slice) -> Result<()> {
    match want {
        Want::Memberships { users, group } => {
            for user in users {
                let pair = scope.pairs(sql::MEMBERSHIP, &[&key(*user), &key(*group)])?;
                found.memberships.extend(pair);
            }
        }
        Want::MembershipsOf(users) => {
            for user in users {
                let pairs = scope.pairs(sql::MEMBERSHIPS_OF_USER, &[&key(*user)])?;
                found.memberships.extend(pairs);
            }
        }
        Want::Grants { users, entrance } => {
            for user in users {
                let pair = scope.pairs(sql::GRANT_OF, &[&key(*user), &key(*entrance)])?;
                found.grants.extend(pair);
            }
        }
        Want::GrantsOf(users) => {
            for user in users {
                let pairs = scope.pairs(sql::GRANTS_OF_USER, &[&key(*user)])?;
                found.grants.extend(pairs);
            }
        }
        Want::GroupEntrances { group, entrances } => {
            for entrance in entrances {
                let pair = scope.pairs(sql::HELD_BY_GROUP, &[&key(*group), &key(*entrance)])?;
                found.group_entrances.extend(pair);
            }
        }
        Want::Workspace
        | Want::Systems(..)
        | Want::SomeOf(_)
        | Want::Identity(..)
        | Want::Holders(_)
        | Want::User(..)
        | Want::UsersOf { .. }
        | Want::Unlinked(..)
        | Want::Groups(..)
        | Want::Entrances(..) => {}
    }
    Ok(())
}
