//! Lists in pages: an index gives the rows in order from the first one of the page, and `core`
//! decides which of them are listed.
//!
//! Rows are read one after another until the page is full. For a search, these are the rows that the
//! [index of trigrams](search) finds; one of fewer than three characters, that finds little, walks far.

use access_groups_core::{
    AcsUser, AcsUserFilter, Entrance, ListAcsUsers, ListEntrances, ListUserIdentities, Page,
    Position, UserIdentity,
};
use access_groups_in_memory::{State, identity_of};
use access_groups_sql::{Among, Chunk, Contact};
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
    op: &ListAcsUsers,
    chunk: &Chunk,
) -> Result<Page<AcsUser>> {
    let filter = &op.filter;
    let mut fault = None;
    let position = |user: &AcsUser| Position::new(user.created_at, user.acs_user_id);
    let cut = |rows: &mut dyn Iterator<Item = AcsUser>| {
        let early =
            rows.take_while(|user: &AcsUser| is_before(filter.created_before, user.created_at));
        let fitting = early.filter(|user| {
            let linked = chunk.with_identities.then(|| linked(scope, user));
            match linked.transpose() {
                Ok(identity) => filter.fits(user, identity.flatten().as_ref()),
                Err(found) => {
                    fault = Some(found);
                    true
                }
            }
        });
        op.page
            .cut(filter, State::USERS_PER_PAGE, fitting, position)
    };
    let page = candidates(scope, filter, chunk, cut)?;
    fault.map_or(Ok(page), Err)
}

/// The fewest users with all who can match, the oldest first.
fn candidates<R>(
    scope: Scope<'_, '_>,
    filter: &AcsUserFilter,
    chunk: &Chunk,
    mut take: impl FnMut(&mut dyn Iterator<Item = AcsUser>) -> R,
) -> Result<R> {
    let are_many = matches!(chunk.of, Among::Users | Among::UsersOfSystem(_));
    if let Some(search) = filter.search.as_ref().filter(|_| are_many) {
        let found = search::walk(scope, search, filter.system, chunk.after, &mut take)?;
        if let Some(taken) = found {
            return Ok(taken);
        }
    }
    by_age(scope, chunk, take)
}

pub(super) fn identities(
    scope: Scope<'_, '_>,
    op: &ListUserIdentities,
    chunk: &Chunk,
) -> Result<Page<UserIdentity>> {
    let filter = &op.filter;
    let position = |row: &UserIdentity| Position::new(row.created_at, row.user_identity_id);
    let cut = |rows: &mut dyn Iterator<Item = UserIdentity>| {
        let fitting = rows.filter(|identity| filter.fits(identity));
        op.page
            .cut(filter, State::IDENTITIES_PER_PAGE, fitting, position)
    };
    let before = filter.created_before;
    let early = |rows: &mut dyn Iterator<Item = UserIdentity>| {
        cut(&mut rows.take_while(|row| is_before(before, row.created_at)))
    };
    if let Some(search) = &filter.search
        && let Some(found) = search::walk(scope, search, None, chunk.after, early)?
    {
        return Ok(found);
    }
    by_age(scope, chunk, early)
}

pub(super) fn entrances(
    scope: Scope<'_, '_>,
    op: &ListEntrances,
    chunk: &Chunk,
) -> Result<Page<Entrance>> {
    let filter = &op.filter;
    let position = |row: &Entrance| Position::new(row.created_at, row.acs_entrance_id);
    by_age(scope, chunk, |rows: &mut dyn Iterator<Item = Entrance>| {
        let fitting = rows.filter(|entrance| filter.fits(entrance));
        op.page
            .cut(filter, State::ENTRANCES_PER_PAGE, fitting, position)
    })
}

/// The statement that gives these rows, and its parameter.
fn narrowed(of: &Among) -> (Sql, Option<Box<dyn ToSql + '_>>) {
    match of {
        Among::Users => (sql::USERS_BY_AGE, None),
        Among::UsersOfSystem(system) => (sql::USERS_OF_SYSTEM_BY_AGE, Some(Box::new(key(*system)))),
        Among::UsersOfIdentity(identity) => (
            sql::USERS_OF_IDENTITY_BY_AGE,
            Some(Box::new(key(*identity))),
        ),
        Among::UsersOfContact(Contact::Email(text)) => {
            (sql::USERS_OF_EMAIL_BY_AGE, Some(Box::new(text)))
        }
        Among::UsersOfContact(Contact::Phone(text)) => {
            (sql::USERS_OF_PHONE_BY_AGE, Some(Box::new(text)))
        }
        Among::Identities => (sql::IDENTITIES_BY_AGE, None),
        Among::Entrances => (sql::ENTRANCES_BY_AGE, None),
        Among::EntrancesOfSystem(system) => (
            sql::ENTRANCES_OF_SYSTEM_BY_AGE,
            Some(Box::new(key(*system))),
        ),
    }
}

/// The identity that the user is linked to, if it exists.
fn linked(scope: Scope<'_, '_>, user: &AcsUser) -> Result<Option<UserIdentity>> {
    match identity_of(user) {
        Some(identity) => scope.first(sql::IDENTITY, &[&key(identity)]),
        None => Ok(None),
    }
}

/// Walks over the rows of the chunk and those that follow, the oldest first.
fn by_age<T: DeserializeOwned, R>(
    scope: Scope<'_, '_>,
    chunk: &Chunk,
    take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> Result<R> {
    let ([seconds, nanoseconds], id) = match chunk.after {
        Some(start) => (instant::columns(start.created_at), key(start.id).to_vec()),
        // Before every row: an empty blob sorts before every id.
        None => ([i64::MIN, 0], Vec::new()),
    };
    let (sql, narrowed_to) = narrowed(&chunk.of);
    let mut values: Vec<&dyn ToSql> = vec![&seconds, &nanoseconds, &id];
    values.extend(narrowed_to.as_deref());
    scope.walk(sql, &values, take)
}

fn is_before<T: PartialOrd>(limit: Option<T>, instant: T) -> bool {
    limit.is_none_or(|limit| instant < limit)
}
