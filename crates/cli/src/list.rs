//! Lists: `groups`, `members`, `systems`, and those of users and entrances.

mod entrances;
mod rows;
mod users;

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsUser, AcsUserId,
    BlockingPorts,
};
use serde::Serialize;

use crate::{
    clock::now,
    describe,
    failure::Failure,
    output::{self, Format},
    resolve,
    table::Table,
    wanted::Wanted,
};
use rows::Row;

pub(crate) use entrances::entrances;
pub(crate) use users::{find, users};

/// Lists all groups, or those of a user.
pub(crate) fn groups(
    user: Option<&Wanted<AcsUserId>>,
    ports: &BlockingPorts,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Groups<'a> {
        acs_user_id: Option<AcsUserId>,
        acs_access_groups: &'a [AccessGroup],
    }
    let mut filter = AccessGroupFilter::new();
    filter.user = resolve::maybe::<AcsUser>(user, ports)?;
    let body = |groups| Groups {
        acs_user_id: filter.user,
        acs_access_groups: groups,
    };
    let mut groups = ports.access_groups().access_groups(filter.clone())?;
    describe::sort_groups(&mut groups);
    let table = || {
        let mut table = Table::new(&["name", "type", "schedule", "id"]);
        for group in &groups {
            table.add(vec![
                describe::group_name(group),
                describe::group_type(group),
                describe::schedule(group.access_schedule, now()),
                group.acs_access_group_id.to_string(),
            ]);
        }
        table
    };
    show(
        format,
        "groups",
        &body(&groups),
        &groups,
        table,
        "no groups",
    )
}

/// Lists the members of a group.
pub(crate) fn members(
    group: &Wanted<AccessGroupId>,
    ports: &BlockingPorts,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Members<'a> {
        acs_access_group_id: AccessGroupId,
        acs_users: &'a [AcsUser],
    }
    let group = resolve::one::<AccessGroup>(group, ports)?;
    let mut users = ports.access_groups().users_in_group(group)?;
    describe::sort_users(&mut users);
    let body = Members {
        acs_access_group_id: group,
        acs_users: &users,
    };
    let table = || {
        let mut table = Table::new(&["name", "e-mail", "state", "id"]);
        for user in &users {
            table.add(vec![
                describe::user_name(user),
                user.email_address.clone().unwrap_or_default(),
                describe::user_state(user).to_owned(),
                user.acs_user_id.to_string(),
            ]);
        }
        table
    };
    show(format, "members", &body, &users, table, "no members")
}

/// Lists all systems.
pub(crate) fn systems(ports: &BlockingPorts, format: Format) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Systems<'a> {
        acs_systems: &'a [AcsSystem],
    }
    let mut systems = ports.directory()?.acs_systems(AcsSystemFilter::new())?;
    systems.sort_by_cached_key(|system| {
        let name = describe::system_name(system);
        (describe::order(&name), system.acs_system_id)
    });
    let body = Systems {
        acs_systems: &systems,
    };
    let table = || {
        let mut table = Table::new(&["name", "type", "time zone", "id"]);
        for system in &systems {
            table.add(vec![
                describe::system_name(system),
                describe::system_type(system),
                system.location.time_zone.clone().unwrap_or_default(),
                system.acs_system_id.to_string(),
            ]);
        }
        table
    };
    show(format, "systems", &body, &systems, table, "no systems")
}

/// Prints a list in the format asked for. Nothing to list is no table, and a word on stderr.
fn show<T: Row>(
    format: Format,
    command: &'static str,
    body: &impl Serialize,
    rows: &[T],
    table: impl FnOnce() -> Table,
    nothing: &str,
) -> Result<(), Failure> {
    match format {
        Format::Json => output::json(command, body),
        Format::Csv => output::csv(T::COLUMNS, rows.iter().map(Row::cells)),
        Format::Human if rows.is_empty() => {
            output::to_stderr(nothing);
            Ok(())
        }
        Format::Human => output::to_stdout(&table().render(output::width())),
    }
}
