//! A workspace from a site file, and as one.

use access_groups_core::AccessGroupFilter;
use access_groups_in_memory::{Slice, State};
use access_groups_sql::{Event, IMPORT};

use crate::{
    change::{Origin, pairs},
    fault::Result,
    history,
    record::{self, Record},
    session::{Scope, json},
    statements as sql, workspaces,
};

/// Writes everything of a site into an empty workspace, whose site it is from then on, and notes it in the
/// history.
pub(crate) fn import(scope: Scope<'_, '_>, site: &mut State, origin: &Origin) -> Result<()> {
    refuse_unless_empty(scope)?;
    if let Some(created) = scope.first(sql::WORKSPACE, &[])? {
        site.give_workspace(&created)?;
    }
    scope.session().together(|| {
        if let Some(workspace) = site.workspace() {
            scope.execute(sql::NAME_WORKSPACE, &[&json(workspace)])?;
        }
        insert_all(scope, site.acs_systems())?;
        // The oldest first: in the order of pages, lists and searches read neighbours.
        let mut identities: Vec<_> = site.user_identities().collect();
        identities.sort_unstable_by_key(|row| (row.created_at, row.user_identity_id));
        insert_all(scope, identities.into_iter())?;
        let mut users: Vec<_> = site.acs_users().collect();
        users.sort_unstable_by_key(|row| (row.created_at, row.acs_user_id));
        insert_all(scope, users.into_iter())?;
        insert_all(scope, site.access_groups(&AccessGroupFilter::new()))?;
        insert_all(scope, site.entrances())?;
        // Sorted by the primary key: neighbours go to the same page of the file.
        let mut memberships: Vec<_> = site.memberships().collect();
        memberships.sort_unstable();
        pairs(scope, sql::JOIN, &memberships)?;
        pairs(scope, sql::GRANT, &site.grants().collect::<Vec<_>>())?;
        let held: Vec<_> = site.group_entrances().collect();
        pairs(scope, sql::HOLD, &held)?;
        history::write_lines(scope, IMPORT, origin, [Event::Imported.line()])
    })
}

/// Everything in the workspace.
pub(crate) fn export(scope: Scope<'_, '_>) -> Result<Slice> {
    workspaces::must_exist(scope)?;
    Ok(Slice {
        workspace: scope.first(sql::WORKSPACE, &[])?,
        systems: scope.all(sql::SYSTEMS, &[])?,
        identities: scope.all(sql::IDENTITIES, &[])?,
        users: scope.all(sql::USERS, &[])?,
        groups: scope.all(sql::GROUPS, &[])?,
        entrances: scope.all(sql::ENTRANCES, &[])?,
        memberships: scope.pairs(sql::MEMBERSHIPS, &[])?,
        grants: scope.pairs(sql::GRANTS, &[])?,
        group_entrances: scope.pairs(sql::GROUP_ENTRANCES, &[])?,
    })
}

/// The site file.
pub(crate) fn print(everything: Slice) -> String {
    State::from_slice(everything, 0).to_site_json()
}

/// Everything else belongs to a system, so one row of each of these tells. The name that the workspace was
/// created with is nothing in it.
fn refuse_unless_empty(scope: Scope<'_, '_>) -> Result<()> {
    workspaces::must_exist(scope)?;
    let some = Slice {
        systems: scope.first(sql::FIRST_SYSTEM, &[])?.into_iter().collect(),
        identities: scope.first(sql::IDENTITIES, &[])?.into_iter().collect(),
        ..Slice::default()
    };
    // The store in memory says what it says of an import into a store with this in it.
    State::from_slice(some, 0).import(&State::new().to_site_json())?;
    Ok(())
}

fn insert_all<'r, T: Record + 'r>(
    scope: Scope<'_, '_>,
    resources: impl Iterator<Item = &'r T>,
) -> Result<()> {
    for resource in resources {
        record::insert(scope, resource)?;
    }
    Ok(())
}
