//! Lists of groups and of their members.

use access_groups_core::{AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser};
use access_groups_in_memory::State;
use rusqlite::Row;

use crate::{
    fault::Result,
    session::{Scope, body, key},
    statements as sql,
};

/// The groups that match the filter, sorted by id.
// The first condition with an index leaves the fewest candidates. `fits` knows the other conditions,
// but for memberships.
pub(super) fn matching(
    scope: Scope<'_, '_>,
    filter: &AccessGroupFilter,
) -> Result<Vec<AccessGroup>> {
    let fitting = |rows: &mut dyn Iterator<Item = AccessGroup>| -> Vec<AccessGroup> {
        rows.filter(|group| filter.fits(group)).collect()
    };
    match (filter.user.map(key), filter.identity.map(key)) {
        (Some(user), Some(identity)) => {
            let both = sql::GROUPS_OF_USER_AND_IDENTITY;
            scope.walk(both, &[&user, &identity], fitting)
        }
        (Some(user), None) => scope.walk(sql::GROUPS_OF_USER, &[&user], fitting),
        (None, Some(identity)) => scope.walk(sql::GROUPS_OF_IDENTITY, &[&identity], fitting),
        (None, None) => match filter.system {
            Some(system) => scope.walk(sql::GROUPS_OF_SYSTEM, &[&key(system)], fitting),
            None => scope.walk(sql::GROUPS, &[], fitting),
        },
    }
}

/// The members of the group, sorted by id.
// One statement, so that "no such group" and "no members" are told apart.
pub(super) fn members(scope: Scope<'_, '_>, group: AccessGroupId) -> Result<Vec<AcsUser>> {
    let member = |row: &Row<'_>| match row.get_ref(0)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => body(row).map(Some),
    };
    let rows: Vec<Option<AcsUser>> =
        scope.each(sql::MEMBERS, &[&key(group)], member, |rows| rows.collect())?;
    if rows.is_empty() {
        // A state without groups says what it says of a group that does not exist.
        State::new().access_group(group)?;
    }
    Ok(rows.into_iter().flatten().collect())
}
