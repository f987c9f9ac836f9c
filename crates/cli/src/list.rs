//! `groups`, `members` and `entrances`.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, BlockingPorts, Entrance,
};
use comfy_table::{Table, presets};
use serde::Serialize;

use crate::{
    clock::now,
    describe,
    failure::Failure,
    output::{self, Format, printable},
};

/// Lists all groups, or those of a user.
pub(crate) fn groups(
    user: Option<AcsUserId>,
    ports: &BlockingPorts,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Groups {
        acs_user_id: Option<AcsUserId>,
        acs_access_groups: Vec<AccessGroup>,
    }
    let mut filter = AccessGroupFilter::new();
    filter.user = user;
    let mut groups = ports.access_groups().access_groups(filter)?;
    groups.sort_by_cached_key(|group| {
        let name = describe::group_name(group);
        (describe::order(&name), group.acs_access_group_id)
    });
    if format == Format::Json {
        let body = Groups {
            acs_user_id: user,
            acs_access_groups: groups,
        };
        return output::json("groups", &body);
    }
    let rows = groups.iter().map(|group| {
        [
            describe::group_name(group),
            describe::group_type(group),
            describe::schedule(group.access_schedule, now()),
            group.acs_access_group_id.to_string(),
        ]
    });
    table(["name", "type", "schedule", "id"], rows, "no groups")
}

/// Lists the members of a group.
pub(crate) fn members(
    group: AccessGroupId,
    ports: &BlockingPorts,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Members {
        acs_access_group_id: AccessGroupId,
        acs_users: Vec<AcsUser>,
    }
    let mut users = ports.access_groups().users_in_group(group)?;
    users.sort_by_cached_key(|user| {
        let name = describe::user_name(user);
        (describe::order(&name), user.acs_user_id)
    });
    if format == Format::Json {
        let body = Members {
            acs_access_group_id: group,
            acs_users: users,
        };
        return output::json("members", &body);
    }
    let rows = users.iter().map(|user| {
        [
            describe::user_name(user),
            user.email_address.clone().unwrap_or_default(),
            describe::user_state(user).to_owned(),
            user.acs_user_id.to_string(),
        ]
    });
    table(["name", "e-mail", "state", "id"], rows, "no members")
}

/// Lists what a group opens.
pub(crate) fn entrances(
    group: AccessGroupId,
    ports: &BlockingPorts,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Entrances {
        acs_access_group_id: AccessGroupId,
        acs_entrances: Vec<Entrance>,
    }
    let mut entrances = ports.access_groups().entrances_of_group(group)?;
    describe::sort_entrances(&mut entrances);
    if format == Format::Json {
        let body = Entrances {
            acs_access_group_id: group,
            acs_entrances: entrances,
        };
        return output::json("entrances", &body);
    }
    let rows = entrances.iter().map(|entrance| {
        [
            describe::entrance_name(entrance),
            entrance.acs_entrance_id.to_string(),
        ]
    });
    table(["name", "id"], rows, "no entrances")
}

/// Prints a table. Nothing to list is nothing on stdout, and a word on stderr.
fn table<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    nothing: &str,
) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows.map(|row| row.map(|cell| printable(&cell).replace('\n', " "))));
    if table.is_empty() {
        output::to_stderr(nothing);
        return Ok(());
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    output::to_stdout(&table.trim_fmt())
}
