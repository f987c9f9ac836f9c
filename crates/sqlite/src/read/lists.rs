//! All resources that belong to something.

use access_groups_sql::{List, Slice};

use crate::{
    fault::Result,
    session::{Key, Scope, Sql, key},
    statements as sql,
};

/// The resources that the list names.
pub(super) fn answer(scope: Scope<'_, '_>, list: &List) -> Result<Slice> {
    let mut found = Slice::default();
    let entrances = |sql: Sql, of: Key| scope.all(sql, &[&of]);
    match list {
        List::Systems => found.systems = scope.all(sql::SYSTEMS, &[])?,
        List::SystemsOf(id) => found.systems = scope.all(sql::SYSTEMS_OF_IDENTITY, &[&key(*id)])?,
        List::UsersOfIdentity(id) => {
            found.users = scope.all(sql::USERS_OF_IDENTITY, &[&key(*id)])?;
        }
        List::Members(id) => found.users = scope.all(sql::MEMBERS, &[&key(*id)])?,
        List::EntrancesOfGroup(id) => {
            found.entrances = entrances(sql::ENTRANCES_OF_GROUP, key(*id))?;
        }
        List::EntrancesOfUser(id) => found.entrances = entrances(sql::ENTRANCES_OF_USER, key(*id))?,
        List::EntrancesOfIdentity(id) => {
            found.entrances = entrances(sql::ENTRANCES_OF_IDENTITY, key(*id))?;
        }
        List::Identities(ids) => {
            for id in ids {
                found
                    .identities
                    .extend(scope.first(sql::IDENTITY, &[&key(*id)])?);
            }
        }
        List::Entrances(ids) => {
            for id in ids {
                found
                    .entrances
                    .extend(scope.first(sql::ENTRANCE, &[&key(*id)])?);
            }
        }
        // The first condition with an index leaves the fewest candidates; `core` checks the system.
        List::Groups {
            system,
            user,
            identity,
        } => {
            found.groups = match (user.map(key), identity.map(key), system.map(key)) {
                (Some(user), Some(identity), _) => {
                    scope.all(sql::GROUPS_OF_USER_AND_IDENTITY, &[&user, &identity])
                }
                (Some(user), None, _) => scope.all(sql::GROUPS_OF_USER, &[&user]),
                (None, Some(identity), _) => scope.all(sql::GROUPS_OF_IDENTITY, &[&identity]),
                (None, None, Some(system)) => scope.all(sql::GROUPS_OF_SYSTEM, &[&system]),
                (None, None, None) => scope.all(sql::GROUPS, &[]),
            }?;
        }
    }
    Ok(found)
}
