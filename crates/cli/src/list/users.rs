//! `users list` and `users find`.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserFilter,
    BlockingAcsUserPortExt, BlockingPorts, BlockingUserIdentityPortExt, Error, ErrorKind,
    SearchText, UserIdentityFilter,
};
use serde::Serialize;

use super::show;
use crate::{
    args::{Find, UsersList},
    describe,
    failure::Failure,
    output::Format,
    resolve,
    system_names::SystemNames,
    table::Table,
};

/// Lists the users that pass all conditions.
pub(crate) fn users(
    wanted: &UsersList,
    ports: &BlockingPorts,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Users<'a> {
        acs_system_id: Option<AcsSystemId>,
        acs_access_group_id: Option<AccessGroupId>,
        search: Option<&'a str>,
        acs_users: &'a [AcsUser],
    }
    let system = resolve::maybe::<AcsSystem>(wanted.system.as_ref(), ports)?;
    let group = match &wanted.group {
        Some(group) => Some(resolve::within::<AccessGroup>(group, system, ports)?),
        None => None,
    };
    let mut filter = AcsUserFilter::new();
    filter.system = system;
    filter.search = wanted.search.clone();
    let mut users = listed(filter, group, ports)?;
    describe::sort_users(&mut users);
    let body = Users {
        acs_system_id: system,
        acs_access_group_id: group,
        search: wanted.search.as_ref().map(SearchText::as_str),
        acs_users: &users,
    };
    let table = || table(&users, false, ports);
    show(format, "users", &body, &users, table, "no users")
}

/// Lists whoever the text may be about.
pub(crate) fn find(wanted: &Find, ports: &BlockingPorts, format: Format) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Found<'a> {
        search: &'a str,
        acs_users: &'a [AcsUser],
    }
    let mut users = who_is(&wanted.text, ports)?;
    describe::sort_users(&mut users);
    let body = Found {
        search: wanted.text.as_str(),
        acs_users: &users,
    };
    let table = || table(&users, true, ports);
    show(format, "users find", &body, &users, table, "nobody")
}

/// Those of the group, if one is given, that pass the filter.
fn listed(
    filter: AcsUserFilter,
    group: Option<AccessGroupId>,
    ports: &BlockingPorts,
) -> Result<Vec<AcsUser>, Error> {
    let Some(group) = group else {
        return ports.acs_users()?.all_acs_users(filter).collect();
    };
    let mut members = ports.access_groups().users_in_group(group)?;
    if filter.search.is_none() {
        members.retain(|user| filter.fits(user, None));
        return Ok(members);
    }
    // A search looks at more than what a user shows: the store has to do it.
    let mut fitting = BTreeSet::new();
    for user in ports.acs_users()?.all_acs_users(filter) {
        fitting.insert(user?.acs_user_id);
    }
    members.retain(|user| fitting.contains(&user.acs_user_id));
    Ok(members)
}

/// Users whose names, addresses, numbers or ids, or those of whose identity, have the text.
fn who_is(text: &SearchText, ports: &BlockingPorts) -> Result<Vec<AcsUser>, Error> {
    let mut texts = vec![text.clone()];
    texts.extend(bare_number(text.as_str()).and_then(|number| number.parse().ok()));
    let mut found = Vec::new();
    for text in texts {
        let filter = AcsUserFilter::new().matching(text.clone());
        for user in ports.acs_users()?.all_acs_users(filter) {
            found.push(user?);
        }
        found.extend(of_identities(text, ports)?);
    }
    let mut seen = BTreeSet::new();
    found.retain(|user| seen.insert(user.acs_user_id));
    Ok(found)
}

/// A search for users does not look at the e-mail addresses of their identities.
fn of_identities(text: SearchText, ports: &BlockingPorts) -> Result<Vec<AcsUser>, Error> {
    let identities = match ports.user_identities() {
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(Vec::new()),
        port => port?,
    };
    let mut users = Vec::new();
    for identity in identities.all_user_identities(UserIdentityFilter::new().matching(text)) {
        match identities.users_of_identity(identity?.user_identity_id) {
            Err(error) if error.kind() == ErrorKind::NotFound => {} // deleted meanwhile
            found => users.extend(found?),
        }
    }
    Ok(users)
}

/// A phone number without what only makes it readable, if it is one and has that.
fn bare_number(text: &str) -> Option<String> {
    let is_number = |letter: char| letter.is_ascii_digit() || " +-./()".contains(letter);
    let bare: String = text
        .chars()
        .filter(|letter| letter.is_ascii_digit() || *letter == '+')
        .collect();
    (text.chars().all(is_number) && bare.len() >= SHORTEST_NUMBER && bare != text).then_some(bare)
}

/// The system stands in a column of its own only where there are several.
fn table(users: &[AcsUser], with_numbers: bool, ports: &BlockingPorts) -> Table {
    let systems = SystemNames::if_several(users.iter().map(|user| user.acs_system_id), ports);
    let mut header = vec!["name", "e-mail"];
    header.extend(with_numbers.then_some("phone"));
    header.push("state");
    header.extend(systems.as_ref().map(|_| "system"));
    header.push("id");
    let mut table = Table::new(&header);
    for user in users {
        let mut row = vec![
            describe::user_name(user),
            user.email_address.clone().unwrap_or_default(),
        ];
        row.extend(with_numbers.then(|| user.phone_number.clone().unwrap_or_default()));
        row.push(describe::user_state(user).to_owned());
        row.extend(
            systems
                .as_ref()
                .map(|names| names.shown(user.acs_system_id)),
        );
        row.push(user.acs_user_id.to_string());
        table.add(row);
    }
    table
}

/// How many digits look like a phone number.
const SHORTEST_NUMBER: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(bare_number(text).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn a_phone_number_is_looked_for_as_it_is_dialled_too() {
        check("+1 (416) 555-0100", Some("+14165550100"));
        check("416.555.0100", Some("4165550100"));
        check("+14165550100", None);
        check("5-5", None);
        check("2024-04-02 Ada", None);
        check("ada", None);
    }
}
