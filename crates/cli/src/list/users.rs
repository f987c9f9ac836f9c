//! `users list` and `users find`.

use std::collections::BTreeSet;

use access_groups_core::{SearchText, prelude::*};
use serde::Serialize;

use super::show;
use crate::{
    args::{Find, UsersList},
    clock, describe,
    failure::Failure,
    output::Format,
    resolve::{self, SystemNames},
    table::Table,
};

/// Lists the users that pass all conditions.
pub(crate) fn users(
    arguments: &UsersList,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Users<'a> {
        acs_system_id: Option<AcsSystemId>,
        acs_access_group_id: Option<AccessGroupId>,
        search: Option<&'a str>,
        acs_users: &'a [AcsUser],
    }
    let system = resolve::optional::<AcsSystem>(arguments.system.as_ref(), port)?;
    let group = match &arguments.group {
        Some(group) => Some(resolve::in_system::<AccessGroup>(group, system, port)?),
        None => None,
    };
    let mut filter = AcsUserFilter::new();
    filter.system = system;
    filter.search = arguments.search.clone();
    let mut users = matching_users(filter, group, port)?;
    resolve::sort(&mut users);
    let body = Users {
        acs_system_id: system,
        acs_access_group_id: group,
        search: arguments.search.as_ref().map(SearchText::as_str),
        acs_users: &users,
    };
    let table = || table(&users, false, port);
    let search = arguments.search.as_ref();
    let search = search.filter(|_| group.is_none() && system.is_none());
    let nothing = || resolve::nothing::<AcsUser>("no users", search, port);
    show(format, "users", &body, &users, table, nothing)
}

/// Lists the users that match a text in any way.
pub(crate) fn find(
    arguments: &Find,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Found<'a> {
        search: &'a str,
        acs_users: &'a [AcsUser],
    }
    let mut users = find_users(&arguments.text, port)?;
    resolve::sort(&mut users);
    let body = Found {
        search: arguments.text.as_str(),
        acs_users: &users,
    };
    let table = || table(&users, true, port);
    let nothing = || resolve::nothing::<AcsUser>("nobody", Some(&arguments.text), port);
    show(format, "users find", &body, &users, table, nothing)
}

/// The users, of the group if one is given, that pass the filter.
fn matching_users(
    filter: AcsUserFilter,
    group: Option<AccessGroupId>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<AcsUser>, Error> {
    let Some(group) = group else {
        return port.all_acs_users(filter).collect();
    };
    let mut members = port.users_in_group(group)?;
    if filter.search.is_none() {
        // The list of members is complete: no further request.
        members.retain(|user| filter.fits(user, None));
        return Ok(members);
    }
    // A search looks at more than what a user shows: the store has to do it.
    let mut fitting = BTreeSet::new();
    for user in port.all_acs_users(filter) {
        fitting.insert(user?.acs_user_id);
    }
    members.retain(|user| fitting.contains(&user.acs_user_id));
    Ok(members)
}

/// The users whose names, addresses, numbers or ids contain the text, or those of their identity.
fn find_users(
    text: &SearchText,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<AcsUser>, Error> {
    let mut texts = vec![text.clone()];
    // A number is stored without punctuation, and typed with it.
    texts.extend(bare_number(text.as_str()).and_then(|number| number.parse().ok()));
    let mut found = Vec::new();
    // The number as typed is searched too: some services keep the punctuation.
    for text in texts {
        let filter = AcsUserFilter::new().matching(text.clone());
        for user in port.all_acs_users(filter) {
            found.push(user?);
        }
        found.extend(of_identities(text, port)?);
    }
    // Somebody may match in more than one way.
    let mut seen = BTreeSet::new();
    found.retain(|user| seen.insert(user.acs_user_id));
    Ok(found)
}

/// A search for users does not look at the e-mail addresses of their identities.
fn of_identities(
    text: SearchText,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<AcsUser>, Error> {
    let mut users = Vec::new();
    for identity in port.all_user_identities(UserIdentityFilter::new().matching(text)) {
        let identity = match identity {
            Err(error) if error.kind() == ErrorKind::Unsupported => break, // it has no identities
            identity => identity?,
        };
        match port.users_of_identity(identity.user_identity_id) {
            Err(error) if error.kind() == ErrorKind::NotFound => {} // deleted meanwhile
            found => users.extend(found?),
        }
    }
    Ok(users)
}

/// A phone number without its punctuation, if it has any.
fn bare_number(text: &str) -> Option<String> {
    let is_number = |letter: char| letter.is_ascii_digit() || " +-./()".contains(letter);
    let bare: String = text
        .chars()
        .filter(|letter| letter.is_ascii_digit() || *letter == '+')
        .collect();
    (text.chars().all(is_number) && bare.len() >= SHORTEST_NUMBER && bare != text).then_some(bare)
}

/// The system has a column only if there are several.
fn table(users: &[AcsUser], with_numbers: bool, port: &dyn BlockingAccessGroupPort) -> Table {
    let systems = SystemNames::if_several(users.iter().map(|user| user.acs_system_id), port);
    let mut header = vec!["name", "e-mail"];
    header.extend(with_numbers.then_some("phone"));
    header.push("state");
    header.extend(systems.as_ref().map(|_| "system"));
    header.push("id");
    let now = clock::now();
    let rows = users.iter().map(|user| {
        let system = systems.as_ref().map(|names| names.name(user.acs_system_id));
        let mut row = vec![
            describe::user_name(user),
            user.email_address.clone().unwrap_or_default(),
        ];
        row.extend(with_numbers.then(|| user.phone_number.clone().unwrap_or_default()));
        row.push(describe::user_state(user, now).replace('_', " "));
        row.extend(system);
        row.push(user.acs_user_id.to_string());
        row
    });
    Table::new(header, rows)
}

/// The least number of digits of a phone number.
const SHORTEST_NUMBER: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(bare_number(text).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn phone_number_is_searched_without_punctuation() {
        check("+1 (416) 555-0100", Some("+14165550100"));
        check("416.555.0100", Some("4165550100"));
        check("+14165550100", None);
        check("5-5", None);
        check("2024-04-02 Ada", None);
        check("ada", None);
    }
}
