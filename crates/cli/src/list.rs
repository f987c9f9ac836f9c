//! The lists: `groups`, `members`, `systems`, `entrances list`, and those of users.

mod rows;
mod users;

use std::collections::BTreeSet;

use access_groups_core::{AcsSystemFilter, SearchText, prelude::*};
use serde::Serialize;

use crate::{
    args::{EntrancesList, GroupsList, Members, SystemsList},
    clock::now,
    describe::{self, Times},
    failure::Failure,
    local_time::Zones,
    output::{self, Format},
    resolve::{self, SystemNames},
    table::Table,
};

pub(crate) use rows::{NONE, Row, joined};
pub(crate) use users::{find, users};

/// Lists the groups that pass all conditions.
pub(crate) fn groups(
    arguments: &GroupsList,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Groups<'a> {
        acs_user_id: Option<AcsUserId>,
        acs_system_id: Option<AcsSystemId>,
        search: Option<&'a str>,
        acs_access_groups: &'a [AccessGroup],
    }
    let system = resolve::optional::<AcsSystem>(arguments.system.as_ref(), port)?;
    let user = arguments.user.as_ref();
    let user = user.map(|user| resolve::in_system::<AcsUser>(user, system, port));
    let mut filter = AccessGroupFilter::new();
    filter.user = user.transpose()?;
    filter.system = system;
    filter.search.clone_from(&arguments.search);
    let user = filter.user;
    let mut groups = port.access_groups(filter)?;
    resolve::sort(&mut groups);
    let body = Groups {
        acs_user_id: user,
        acs_system_id: system,
        search: arguments.search.as_ref().map(SearchText::as_str),
        acs_access_groups: &groups,
    };
    let table = || {
        let (now, zones) = (now(), &Zones::new(port));
        let times = Times { now, zones };
        let rows = groups.iter().map(|group| {
            vec![
                describe::group_name(group),
                describe::group_type(group),
                describe::schedule(group.access_schedule, group.acs_system_id, &times),
                group.acs_access_group_id.to_string(),
            ]
        });
        Table::new(["name", "type", "schedule", "id"], rows)
    };
    // Of one condition only: else it may be another one that nothing passes.
    let search = arguments.search.as_ref();
    let search = search.filter(|_| user.is_none() && system.is_none());
    let nothing = || resolve::nothing::<AccessGroup>("no groups", search, port);
    show(format, "groups", &body, &groups, table, nothing)
}

/// Lists the members of a group.
pub(crate) fn members(
    arguments: &Members,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Members<'a> {
        acs_access_group_id: AccessGroupId,
        acs_users: &'a [AcsUser],
    }
    let group = arguments.group.as_ref().or(arguments.of.as_ref());
    let group = group.ok_or_else(|| Failure::usage("no group is named"))?;
    let group = resolve::one::<AccessGroup>(group, port)?;
    let mut users = port.users_in_group(group)?;
    resolve::sort(&mut users);
    let body = Members {
        acs_access_group_id: group,
        acs_users: &users,
    };
    let table = || {
        let now = now();
        let rows = users.iter().map(|user| {
            vec![
                describe::user_name(user),
                user.email_address.clone().unwrap_or_default(),
                describe::user_state(user, now).replace('_', " "),
                user.acs_user_id.to_string(),
            ]
        });
        Table::new(["name", "e-mail", "state", "id"], rows)
    };
    let nothing = || "no members".to_owned();
    show(format, "members", &body, &users, table, nothing)
}

/// Lists the systems that pass the condition.
pub(crate) fn systems(
    arguments: &SystemsList,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Systems<'a> {
        search: Option<&'a str>,
        acs_systems: &'a [AcsSystem],
    }
    let mut filter = AcsSystemFilter::new();
    filter.search.clone_from(&arguments.search);
    let mut systems = port.acs_systems(filter)?;
    resolve::sort(&mut systems);
    let body = Systems {
        search: arguments.search.as_ref().map(SearchText::as_str),
        acs_systems: &systems,
    };
    let table = || {
        let rows = systems.iter().map(|system| {
            vec![
                describe::system_name(system),
                describe::system_type(system),
                system.location.time_zone.clone().unwrap_or_default(),
                system.acs_system_id.to_string(),
            ]
        });
        Table::new(["name", "type", "time zone", "id"], rows)
    };
    let search = arguments.search.as_ref();
    let nothing = || resolve::nothing::<AcsSystem>("no systems", search, port);
    show(format, "systems", &body, &systems, table, nothing)
}

/// Lists the entrances that pass all conditions.
pub(crate) fn entrances(
    arguments: &EntrancesList,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Entrances<'a> {
        acs_access_group_id: Option<AccessGroupId>,
        acs_user_id: Option<AcsUserId>,
        acs_system_id: Option<AcsSystemId>,
        search: Option<&'a str>,
        acs_entrances: &'a [Entrance],
    }
    let system = resolve::optional::<AcsSystem>(arguments.system.as_ref(), port)?;
    let (user, group) = match (&arguments.user, &arguments.group) {
        (Some(user), Some(group)) => {
            let (user, group) = resolve::pair::<AcsUser, AccessGroup>(user, group, port)?;
            (Some(user.id), Some(group.id))
        }
        // The system narrows a name that matches several.
        (user, group) => {
            let user = user.as_ref();
            let user = user.map(|user| resolve::in_system::<AcsUser>(user, system, port));
            let group = group.as_ref();
            let group = group.map(|group| resolve::in_system::<AccessGroup>(group, system, port));
            (user.transpose()?, group.transpose()?)
        }
    };
    let mut filter = EntranceFilter::new();
    filter.system = system;
    filter.search = arguments.search.clone();
    let mut entrances = matching_entrances(filter, user, group, port)?;
    resolve::sort(&mut entrances);
    let body = Entrances {
        acs_access_group_id: group,
        acs_user_id: user,
        acs_system_id: system,
        search: arguments.search.as_ref().map(SearchText::as_str),
        acs_entrances: &entrances,
    };
    let table = || {
        let of = entrances.iter().map(|entrance| entrance.acs_system_id);
        let systems = SystemNames::if_several(of, port);
        let mut header = vec!["name"];
        header.extend(systems.as_ref().map(|_| "system"));
        header.push("id");
        let rows = entrances.iter().map(|entrance| {
            let system = systems.as_ref();
            let system = system.map(|names| names.name(entrance.acs_system_id));
            let mut row = vec![describe::entrance_name(entrance)];
            row.extend(system);
            row.push(entrance.acs_entrance_id.to_string());
            row
        });
        Table::new(header, rows)
    };
    let search = arguments.search.as_ref();
    let search = search.filter(|_| user.is_none() && group.is_none() && system.is_none());
    let nothing = || resolve::nothing::<Entrance>("no entrances", search, port);
    show(format, "entrances", &body, &entrances, table, nothing)
}

/// Prints a list in this format. An empty list is no table, but a word on stderr.
pub(crate) fn show<T: Row>(
    format: Format,
    command: &'static str,
    body: &impl Serialize,
    rows: &[T],
    table: impl FnOnce() -> Table,
    nothing: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match format {
        Format::Json | Format::Jsonl => output::json(command, body),
        Format::Csv => {
            let now = now();
            output::csv(T::COLUMNS, rows.iter().map(|row| row.cells(now)))
        }
        // A header without rows would look like an error.
        Format::Human if rows.is_empty() => {
            output::to_stderr(nothing());
            Ok(())
        }
        Format::Human => {
            let notes = rows.iter().map(|row| describe::issues(&row.issues()));
            output::table(table().with_notes(notes))
        }
    }
}

/// The entrances of the user and of the group, if they are given, that pass the filter.
fn matching_entrances(
    filter: EntranceFilter,
    user: Option<AcsUserId>,
    group: Option<AccessGroupId>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<Entrance>, Error> {
    let of_user = user.map(|user| port.entrances_of_user(user)).transpose()?;
    let of_group = group
        .map(|group| port.entrances_of_group(group))
        .transpose()?;
    let mut entrances = match (of_user, of_group) {
        (None, None) => return port.all_entrances(filter).collect(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(mut of_user), Some(of_group)) => {
            let ids: BTreeSet<_> = of_group
                .iter()
                .map(|entrance| entrance.acs_entrance_id)
                .collect();
            // Both conditions: the entrances of the user that the group holds.
            of_user.retain(|entrance| ids.contains(&entrance.acs_entrance_id));
            of_user
        }
    };
    entrances.retain(|entrance| filter.fits(entrance));
    Ok(entrances)
}
