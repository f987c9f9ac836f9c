//! Searches by an index of trigrams over one folded text a row.
//!
//! The index names rows by their numbers, and finds them in the order of these, which is about that of
//! their age: numbers are given when rows are inserted. The blocks say how old the rows that follow are
//! at least, so that a page is read without all that the search finds. Whether a row that was found fits
//! is decided by `core`.
//!
//! Each text begins with characters that stand for its workspace and its system, which a search may ask
//! for: it then passes over those of others.

mod order;
#[cfg(test)]
mod tests;

use access_groups_core::{
    AcsSystemId, AcsUser, Position, SearchText, Timestamp, UserIdentity, WorkspaceId,
    names::FOLD_VERSION,
};
use access_groups_in_memory::identity_of;
use access_groups_sql::{part, text_of_identity, text_of_user};
use rusqlite::ToSql;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{
    fault::Result,
    instant,
    record::Record,
    session::{Key, Scope, Session, Sql, key, resource},
    statements as sql, workspaces,
};

use self::order::{Block, Blocks, Found, InOrder};

/// A resource that is searched.
pub(crate) trait Searched: Record + DeserializeOwned {
    const FOUND: Sql;
    const BLOCKS: Sql;
    /// Every row: its number and its body.
    const NUMBERED: Sql;

    /// The text in the index.
    fn text(&self, scope: Scope<'_, '_>) -> Result<String>;
}

impl Searched for UserIdentity {
    const FOUND: Sql = sql::FOUND_IDENTITIES;
    const BLOCKS: Sql = sql::BLOCKS_OF_IDENTITIES;
    const NUMBERED: Sql = sql::NUMBERED_IDENTITIES;

    fn text(&self, scope: Scope<'_, '_>) -> Result<String> {
        Ok(marked(scope, None, &text_of_identity(self)))
    }
}

impl Searched for AcsUser {
    const FOUND: Sql = sql::FOUND_USERS;
    const BLOCKS: Sql = sql::BLOCKS_OF_USERS;
    const NUMBERED: Sql = sql::NUMBERED_USERS;

    fn text(&self, scope: Scope<'_, '_>) -> Result<String> {
        let identity = match identity_of(self) {
            Some(identity) => scope.first(sql::IDENTITY, &[&key(identity)])?,
            None => None,
        };
        Ok(marked_user(scope, self, identity.as_ref()))
    }
}

/// Walks over the rows that the search may be for, from the first one after `start`, the oldest first.
/// `None` if the index does not help: then all rows must be visited, and what was taken meanwhile does
/// not count.
pub(crate) fn walk<T: Searched, R>(
    scope: Scope<'_, '_>,
    search: &SearchText,
    system: Option<AcsSystemId>,
    start: Option<Position>,
    take: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> Result<Option<R>> {
    let Some(part) = part(search) else {
        return Ok(None);
    };
    if !is_current(scope)? {
        return Ok(None);
    }
    let blocks = scope.each(T::BLOCKS, &[], Block::read, |rows| rows.collect())?;
    let blocks = Blocks::new(blocks);
    let mut asked = trigrams(&part);
    asked.extend(marks(scope, system, blocks.are_few(start))?);
    let (query, range) = (query(&asked), blocks.range(start));
    let values: [&dyn ToSql; 3] = [&query, &range.start, &range.end];
    let system = system.map(key);
    let mut fault = None;
    let mut is_too_much = false;
    let taken = scope.each(T::FOUND, &values, Found::read, |rows| {
        let rows = rows.filter(|row| system.is_none() || row.system == system);
        let bodies = InOrder::new(rows, &blocks, start, &mut is_too_much);
        let mut resources = bodies.map_while(|body| {
            let read = resource(&body);
            read.map_err(|unreadable| fault = Some(unreadable)).ok()
        });
        take(&mut resources)
    })?;
    fault.map_or(Ok(Some(taken).filter(|_| !is_too_much)), Err)
}

/// Writes the text of a user who is new or has changed; `before` is the row before.
pub(crate) fn put_user(
    scope: Scope<'_, '_>,
    user: &AcsUser,
    before: Option<&AcsUser>,
) -> Result<()> {
    match before {
        // What they share with their identity is written when that one changes.
        Some(before) if text_of_user(before, None) == text_of_user(user, None) => return Ok(()),
        Some(_) => {}
        None => count(scope, sql::COUNT_USER, user.id(), user.created_at)?,
    }
    index_user(scope, user)
}

/// Writes the texts of an identity that is new or has changed, and of its users.
pub(crate) fn put_identity(
    scope: Scope<'_, '_>,
    identity: &UserIdentity,
    before: Option<&UserIdentity>,
) -> Result<()> {
    let Some(before) = before else {
        // Its id is new: it has no users.
        count(
            scope,
            sql::COUNT_IDENTITY,
            identity.id(),
            identity.created_at,
        )?;
        return index_identity(scope, identity);
    };
    if text_of_identity(before) == text_of_identity(identity) {
        return Ok(());
    }
    index_identity(scope, identity)?;
    let users: Vec<AcsUser> = scope.all(sql::USERS_OF_IDENTITY, &[&key(identity.id())])?;
    users.iter().try_for_each(|user| {
        let text = marked_user(scope, user, Some(identity));
        put(scope, sql::INDEX_USER, user.id(), &text)
    })
}

/// Whether the texts of the workspace are folded as this program folds. If not, searches do without the
/// index, until it is made [anew](rebuild).
pub(crate) fn is_current(scope: Scope<'_, '_>) -> Result<bool> {
    scope.exists(sql::IS_FOLDED, &[&FOLD_VERSION])
}

/// Makes the index of each workspace anew that has texts of another fold. Which ones they were.
// One transaction a workspace: what another version wrote between two of them would look as if it were
// folded in this way.
pub(crate) fn renew(session: &Session<'_>) -> Result<Vec<WorkspaceId>> {
    let mut renewed = Vec::new();
    for workspace in workspaces::list(session)? {
        let scope = session.scope(workspace.id);
        session.control("BEGIN IMMEDIATE")?;
        if scope.exists(sql::IS_FOLDED_OTHERWISE, &[&FOLD_VERSION])? {
            rebuild(scope)?;
            renewed.push(workspace.id);
        }
        session.control("COMMIT")?;
    }
    Ok(renewed)
}

/// Makes the index of the workspace anew.
fn rebuild(scope: Scope<'_, '_>) -> Result<()> {
    scope.walk(sql::IDENTITIES, &[], |identities| -> Result<()> {
        for identity in identities {
            index_identity(scope, &identity)?;
        }
        Ok(())
    })??;
    scope.walk(sql::USERS, &[], |users| -> Result<()> {
        for user in users {
            index_user(scope, &user)?;
        }
        Ok(())
    })??;
    scope.execute(sql::SET_FOLD, &[&FOLD_VERSION])?;
    Ok(())
}

fn index_user(scope: Scope<'_, '_>, user: &AcsUser) -> Result<()> {
    put(scope, sql::INDEX_USER, user.id(), &user.text(scope)?)
}

fn index_identity(scope: Scope<'_, '_>, identity: &UserIdentity) -> Result<()> {
    let text = identity.text(scope)?;
    put(scope, sql::INDEX_IDENTITY, identity.id(), &text)
}

fn put(scope: Scope<'_, '_>, sql: Sql, id: Uuid, text: &str) -> Result<()> {
    scope.execute(sql::NOTE_FOLD, &[&FOLD_VERSION])?;
    scope.execute(sql, &[&key(id), &text])?;
    Ok(())
}

/// Lets the block of a new row know how old it is.
fn count(scope: Scope<'_, '_>, sql: Sql, id: Uuid, created_at: Timestamp) -> Result<()> {
    let [second, _] = instant::columns(created_at);
    scope.execute(sql, &[&key(id), &second])?;
    Ok(())
}

fn marked_user(scope: Scope<'_, '_>, user: &AcsUser, identity: Option<&UserIdentity>) -> String {
    let text = text_of_user(user, identity);
    marked(scope, Some(user.acs_system_id), &text)
}

/// The text with what it is of.
fn marked(scope: Scope<'_, '_>, system: Option<AcsSystemId>, text: &str) -> String {
    let mut marked = String::with_capacity(text.len() + 25);
    marked.extend(mark_of_workspace(scope.workspace()));
    marked.extend(system.into_iter().flat_map(mark_of_system));
    marked.push('\n');
    marked.push_str(text);
    marked
}

/// The marks that are worth asking for: to pass over rows costs as much as reading a few of them.
fn marks(
    scope: Scope<'_, '_>,
    system: Option<AcsSystemId>,
    are_few: bool,
) -> Result<impl Iterator<Item = String>> {
    let workspace = are_few.then(|| mark_of_workspace(scope.workspace()).collect());
    let system = match system {
        Some(system) if scope.exists(sql::FOURTH_SYSTEM, &[])? => {
            Some(mark_of_system(system).collect())
        }
        _ => None,
    };
    Ok(workspace.into_iter().chain(system))
}

/// Those of the part, as far as they narrow.
fn trigrams(part: &str) -> Vec<String> {
    let letters: Vec<char> = part.chars().take(MAX_LETTERS).collect();
    letters.windows(3).map(String::from_iter).collect()
}

/// An id has 36.
const MAX_LETTERS: usize = 36;

/// A query for the texts with all of these.
fn query(trigrams: &[String]) -> String {
    let quoted = trigrams.iter().map(|text| text.replace('"', "\"\""));
    quoted.map(|text| format!("\"{text}\" ")).collect()
}

/// Three characters for private use, by which 2^48 workspaces can be told apart. Somebody may have the
/// same in their name: the index only narrows.
fn mark_of_workspace(workspace: Key) -> impl Iterator<Item = char> {
    mark(0xf_0000, workspace)
}

fn mark_of_system(system: AcsSystemId) -> impl Iterator<Item = char> {
    mark(0x10_0000, key(system))
}

fn mark(plane: u32, id: Key) -> impl Iterator<Item = char> {
    let id = u128::from_be_bytes(id);
    // All of its bits, since not all ids are random.
    let id = id ^ (id >> 48) ^ (id >> 96);
    [32, 16, 0].into_iter().map(move |shift| {
        let letter = plane | u32::from((id >> shift) as u16);
        char::from_u32(letter).expect("a character of the plane")
    })
}
