//! `entrances list`.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    BlockingDirectoryPortExt, BlockingPorts, Entrance, EntranceFilter, Error, SearchText,
};
use serde::Serialize;

use super::show;
use crate::{
    args::EntrancesList, describe, failure::Failure, output::Format, resolve,
    system_names::SystemNames, table::Table,
};

/// Lists the entrances that pass all conditions.
pub(crate) fn entrances(
    wanted: &EntrancesList,
    ports: &BlockingPorts,
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
    let system = resolve::maybe::<AcsSystem>(wanted.system.as_ref(), ports)?;
    let (user, group) = match (&wanted.user, &wanted.group) {
        (Some(user), Some(group)) => {
            let (user, group) = resolve::pair::<AcsUser, AccessGroup>(user, group, ports)?;
            (Some(user), Some(group))
        }
        (Some(user), None) => (Some(resolve::within::<AcsUser>(user, system, ports)?), None),
        (None, Some(group)) => (
            None,
            Some(resolve::within::<AccessGroup>(group, system, ports)?),
        ),
        (None, None) => (None, None),
    };
    let mut filter = EntranceFilter::new();
    filter.system = system;
    filter.search = wanted.search.clone();
    let mut entrances = listed(filter, user, group, ports)?;
    describe::sort_entrances(&mut entrances);
    let body = Entrances {
        acs_access_group_id: group,
        acs_user_id: user,
        acs_system_id: system,
        search: wanted.search.as_ref().map(SearchText::as_str),
        acs_entrances: &entrances,
    };
    let table = || {
        let of = entrances.iter().map(|entrance| entrance.acs_system_id);
        let systems = SystemNames::if_several(of, ports);
        let mut header = vec!["name"];
        header.extend(systems.as_ref().map(|_| "system"));
        header.push("id");
        let mut table = Table::new(&header);
        for entrance in &entrances {
            let mut row = vec![describe::entrance_name(entrance)];
            row.extend(
                systems
                    .as_ref()
                    .map(|names| names.shown(entrance.acs_system_id)),
            );
            row.push(entrance.acs_entrance_id.to_string());
            table.add(row);
        }
        table
    };
    show(
        format,
        "entrances",
        &body,
        &entrances,
        table,
        "no entrances",
    )
}

/// Those of the user and of the group, as far as they are given, that pass the filter.
fn listed(
    filter: EntranceFilter,
    user: Option<AcsUserId>,
    group: Option<AccessGroupId>,
    ports: &BlockingPorts,
) -> Result<Vec<Entrance>, Error> {
    let of_user = match user {
        Some(user) => Some(ports.acs_users()?.entrances_of_user(user.into())?),
        None => None,
    };
    let of_group = match group {
        Some(group) => Some(ports.access_groups().entrances_of_group(group)?),
        None => None,
    };
    let mut entrances = match (of_user, of_group) {
        (None, None) => return ports.directory()?.all_entrances(filter).collect(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(mut of_user), Some(of_group)) => {
            let ids: BTreeSet<_> = of_group.iter().map(|it| it.acs_entrance_id).collect();
            of_user.retain(|entrance| ids.contains(&entrance.acs_entrance_id));
            of_user
        }
    };
    entrances.retain(|entrance| filter.fits(entrance));
    Ok(entrances)
}
