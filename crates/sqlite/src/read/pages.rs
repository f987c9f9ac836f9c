//! Lists in pages: an index gives the rows in order from the first one of the page, and `core`
//! decides which of them are listed.
//!
//! Rows are read one after another until the page is full. For a search, these are the rows that the
//! [index of trigrams](search) finds; one of fewer than three characters, that finds little, walks far.

use access_groups_core::{
    AcsUser, AcsUserFilter, ContactDetail, Entrance, EntranceFilter, Page, PageRequest, Position,
    UserIdentity, UserIdentityFilter,
};
use access_groups_in_memory::{State, identity_of};
use access_groups_sql::Contact;
use rusqlite::ToSql;
use serde::de::DeserializeOwned;

use crate::{
    fault::Result,
    instant, search,
    session::{Scope, Sql, key},
    statements as sql,
};

pub(super) fn users(
    scope: Scope<'_, '_>,
    filter: &AcsUserFilter,
    page: &PageRequest,
) -> Result<Page<AcsUser>> {
    let start = page.start(filter)?;
    // Only these conditions look at the identity.
    let needs_identity = filter.search.is_some()
        || filter.identity_email_address.is_some()
        || filter.identity_phone_number.is_some();
    let mut fault = None;
    let position = |user: &AcsUser| Position::new(user.created_at, user.acs_user_id);
    let cut = |rows: &mut dyn Iterator<Item = AcsUser>| {
        let early =
            rows.take_while(|user: &AcsUser| is_before(filter.created_before, user.created_at));
        let fitting = early.filter(|user| {
            let linked = needs_identity.then(|| linked(scope, user)).transpose();
            match linked {
                Ok(identity) => filter.fits(user, identity.flatten().as_ref()),
                Err(found) => {
                    fault = Some(found);
                    true
                }
            }
        });
        page.cut(filter, State::USERS_PER_PAGE, fitting, position)
    };
    let page = candidates(scope, filter, start, cut)?;
    fault.map_or(Ok(page), Err)
}

/// The fewest users with all who can match, from the first one after `start`, the oldest first.
fn candidates<R>(
    scope: Scope<'_, '_>,
    filter: &AcsUserFilter,
    start: Option<Position>,
    mut take: impl FnMut(&mut dyn Iterator<Item = AcsUser>) -> R,
) -> Result<R> {
    if let Some((sql, of)) = of_one_person(filter) {
        return by_age(scope, sql, start, Some(&*of), take);
    }
    if let Some(search) = &filter.search {
        let found = search::walk(scope, search, filter.system, start, &mut take)?;
        if let Some(taken) = found {
            return Ok(taken);
        }
    }
    match filter.system.map(key) {
        Some(system) => {
            let of_system = sql::USERS_OF_SYSTEM_BY_AGE;
            by_age(scope, of_system, start, Some(&system), take)
        }
        None => by_age(scope, sql::USERS_BY_AGE, start, None, take),
    }
}

pub(super) fn identities(
    scope: Scope<'_, '_>,
    filter: &UserIdentityFilter,
    page: &PageRequest,
) -> Result<Page<UserIdentity>> {
    let start = page.start(filter)?;
    let position = |row: &UserIdentity| Position::new(row.created_at, row.user_identity_id);
    let cut = |rows: &mut dyn Iterator<Item = UserIdentity>| {
        let fitting = rows.filter(|identity| filter.fits(identity));
        page.cut(filter, State::IDENTITIES_PER_PAGE, fitting, position)
    };
    let before = filter.created_before;
    let early = |rows: &mut dyn Iterator<Item = UserIdentity>| {
        cut(&mut rows.take_while(|row| is_before(before, row.created_at)))
    };
    if let Some(search) = &filter.search
        && let Some(found) = search::walk(scope, search, None, start, early)?
    {
        return Ok(found);
    }
    by_age(scope, sql::IDENTITIES_BY_AGE, start, None, early)
}

pub(super) fn entrances(
    scope: Scope<'_, '_>,
    filter: &EntranceFilter,
    page: &PageRequest,
) -> Result<Page<Entrance>> {
    let start = page.start(filter)?;
    let position = |row: &Entrance| Position::new(row.created_at, row.acs_entrance_id);
    let cut = |rows: &mut dyn Iterator<Item = Entrance>| {
        let fitting = rows.filter(|entrance| filter.fits(entrance));
        page.cut(filter, State::ENTRANCES_PER_PAGE, fitting, position)
    };
    match filter.system.map(key) {
        Some(system) => {
            let of_system = sql::ENTRANCES_OF_SYSTEM_BY_AGE;
            by_age(scope, of_system, start, Some(&system), cut)
        }
        None => by_age(scope, sql::ENTRANCES_BY_AGE, start, None, cut),
    }
}

/// The statement that gives the users of an identity that the filter names, and its parameter.
fn of_one_person(filter: &AcsUserFilter) -> Option<(Sql, Box<dyn ToSql>)> {
    if let Some(identity) = filter.identity {
        return Some((sql::USERS_OF_IDENTITY_BY_AGE, Box::new(key(identity))));
    }
    fn wanted(condition: &Option<Option<ContactDetail>>) -> Option<&str> {
        condition.as_ref()?.as_ref().map(ContactDetail::as_str)
    }
    let email = wanted(&filter.identity_email_address);
    let phone = wanted(&filter.identity_phone_number);
    // One condition is enough to find the candidates; `fits` checks the others.
    Some(match Contact::all(email, phone).next()? {
        Contact::Email(text) => (sql::USERS_OF_EMAIL_BY_AGE, Box::new(text)),
        Contact::Phone(text) => (sql::USERS_OF_PHONE_BY_AGE, Box::new(text)),
    })
}

/// The identity that the user is linked to, if it exists.
fn linked(scope: Scope<'_, '_>, user: &AcsUser) -> Result<Option<UserIdentity>> {
    match identity_of(user) {
        Some(identity) => scope.first(sql::IDENTITY, &[&key(identity)]),
        None => Ok(None),
    }
}

/// Walks over rows from the first one after `start`, the oldest first.
fn by_age<T: DeserializeOwned, R>(
    scope: Scope<'_, '_>,
    sql: Sql,
    start: Option<Position>,
    narrowed_to: Option<&dyn ToSql>,
    take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> Result<R> {
    let ([seconds, nanoseconds], id) = match start {
        Some(start) => (instant::columns(start.created_at), key(start.id).to_vec()),
        // Before every row: an empty blob sorts before every id.
        None => ([i64::MIN, 0], Vec::new()),
    };
    let mut values: Vec<&dyn ToSql> = vec![&seconds, &nanoseconds, &id];
    values.extend(narrowed_to);
    scope.walk(sql, &values, take)
}

fn is_before<T: PartialOrd>(limit: Option<T>, instant: T) -> bool {
    limit.is_none_or(|limit| instant < limit)
}
