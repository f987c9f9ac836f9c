//! Lists in pages: chunks of rows in order, until a page is full.

use std::{collections::HashMap, num::NonZeroU32};

use access_groups_core::{
    AcsUser, AcsUserFilter, ContactDetail, Entrance, Error, ListAcsUsers, ListEntrances,
    ListUserIdentities, Operation, Page, PageRequest, Position, Timestamp, UserIdentity,
};
use access_groups_in_memory::{State, identity_of};
use serde::Serialize;

use super::{Among, Chunk};
use crate::{Contact, Slice, part};

/// The first rows to look at; `None` if the cursor is refused, which the reply then says.
pub(super) fn first_users(op: &ListAcsUsers) -> Option<Chunk> {
    let filter = &op.filter;
    // Only these conditions look at the identity.
    let with_identities = filter.search.is_some()
        || filter.identity_email_address.is_some()
        || filter.identity_phone_number.is_some();
    let chunk = first(among(filter), filter, &op.page, State::USERS_PER_PAGE)?;
    Some(Chunk {
        part: filter.search.as_ref().and_then(part),
        with_identities,
        ..chunk
    })
}

pub(super) fn first_identities(op: &ListUserIdentities) -> Option<Chunk> {
    let default = State::IDENTITIES_PER_PAGE;
    let chunk = first(Among::Identities, &op.filter, &op.page, default)?;
    let part = op.filter.search.as_ref().and_then(part);
    Some(Chunk { part, ..chunk })
}

pub(super) fn first_entrances(op: &ListEntrances) -> Option<Chunk> {
    let system = op.filter.system;
    let among = system.map_or(Among::Entrances, Among::EntrancesOfSystem);
    first(among, &op.filter, &op.page, State::ENTRANCES_PER_PAGE)
}

fn first(
    of: Among,
    filter: &impl Serialize,
    page: &PageRequest,
    default: NonZeroU32,
) -> Option<Chunk> {
    Some(Chunk {
        of,
        after: page.start(filter).ok()?,
        // One row ahead, which tells whether there is another page.
        limit: length(page, default) + 1,
        part: None,
        with_identities: false,
    })
}

/// The narrowest rows with all users that can match; the filter checks the other conditions.
fn among(filter: &AcsUserFilter) -> Among {
    fn wanted(condition: &Option<Option<ContactDetail>>) -> Option<&str> {
        condition.as_ref()?.as_ref().map(ContactDetail::as_str)
    }
    if let Some(identity) = filter.identity {
        return Among::UsersOfIdentity(identity);
    }
    let email = wanted(&filter.identity_email_address);
    let phone = wanted(&filter.identity_phone_number);
    match (Contact::all(email, phone).next(), filter.system) {
        (Some(contact), _) => Among::UsersOfContact(contact),
        (None, Some(system)) => Among::UsersOfSystem(system),
        (None, None) => Among::Users,
    }
}

/// Keeps those rows of a chunk that the filter lists. What to look at next, if the page is not full.
pub(super) fn take(
    operation: &Operation,
    chunk: Chunk,
    rows: Slice,
    listed: &mut Slice,
) -> Option<Chunk> {
    let (is_full, last) = match operation {
        Operation::ListAcsUsers(op) => take_users(op, &chunk, rows, listed),
        Operation::ListUserIdentities(op) => {
            let ends = |row: &UserIdentity| ends(op.filter.created_before, row.created_at);
            let fits = |row: &UserIdentity| op.filter.fits(row);
            let last = take_rows(rows.identities, &chunk, ends, fits, &mut listed.identities);
            let length = length(&op.page, State::IDENTITIES_PER_PAGE);
            (is_longer(&listed.identities, length), last)
        }
        Operation::ListEntrances(op) => {
            let fits = |row: &Entrance| op.filter.fits(row);
            let last = take_rows(
                rows.entrances,
                &chunk,
                |_| false,
                fits,
                &mut listed.entrances,
            );
            let length = length(&op.page, State::ENTRANCES_PER_PAGE);
            (is_longer(&listed.entrances, length), last)
        }
        // No other operation has chunks: see `questions::first`, which lists them all.
        _ => return None,
    };
    let after = last.filter(|_| !is_full)?;
    Some(Chunk {
        after: Some(after),
        limit: (chunk.limit * 2).min(LARGEST),
        ..chunk
    })
}

fn take_users(
    op: &ListAcsUsers,
    chunk: &Chunk,
    rows: Slice,
    listed: &mut Slice,
) -> (bool, Option<Position>) {
    let linked = rows.identities.iter();
    let linked: HashMap<_, _> = linked.map(|row| (row.user_identity_id, row)).collect();
    let ends = |row: &AcsUser| ends(op.filter.created_before, row.created_at);
    let fits = |user: &AcsUser| {
        let identity = identity_of(user).and_then(|id| linked.get(&id).copied());
        op.filter.fits(user, identity)
    };
    let last = take_rows(rows.users, chunk, ends, fits, &mut listed.users);
    let length = length(&op.page, State::USERS_PER_PAGE);
    (is_longer(&listed.users, length), last)
}

/// Keeps the rows that fit. The position of the last row, if more may follow.
fn take_rows<T: Placed>(
    rows: Vec<T>,
    chunk: &Chunk,
    ends: impl Fn(&T) -> bool,
    fits: impl Fn(&T) -> bool,
    listed: &mut Vec<T>,
) -> Option<Position> {
    let is_whole = u32::try_from(rows.len()).is_ok_and(|count| count >= chunk.limit);
    let last = rows.last().filter(|row| is_whole && !ends(row));
    let last = last.map(Placed::position);
    listed.extend(rows.into_iter().filter(|row| fits(row)));
    last
}

pub(super) fn users(op: &ListAcsUsers, rows: Vec<AcsUser>) -> Result<Page<AcsUser>, Error> {
    cut(&op.page, &op.filter, State::USERS_PER_PAGE, rows)
}

pub(super) fn identities(
    op: &ListUserIdentities,
    rows: Vec<UserIdentity>,
) -> Result<Page<UserIdentity>, Error> {
    let mut rows = rows;
    rows.retain(|row| op.filter.fits(row));
    cut(&op.page, &op.filter, State::IDENTITIES_PER_PAGE, rows)
}

pub(super) fn entrances(op: &ListEntrances, rows: Vec<Entrance>) -> Result<Page<Entrance>, Error> {
    let mut rows = rows;
    rows.retain(|row| op.filter.fits(row));
    cut(&op.page, &op.filter, State::ENTRANCES_PER_PAGE, rows)
}

/// The page of rows that fit.
// Rows that were named by their ids are in no order, and some may be before the page.
fn cut<T: Placed>(
    page: &PageRequest,
    filter: &impl Serialize,
    default: NonZeroU32,
    mut rows: Vec<T>,
) -> Result<Page<T>, Error> {
    let start = page.start(filter)?;
    rows.retain(|row| start.is_none_or(|start| row.position() > start));
    rows.sort_unstable_by_key(Placed::position);
    Ok(page.cut(filter, default, rows, Placed::position))
}

fn is_longer<T>(rows: &[T], length: u32) -> bool {
    u32::try_from(rows.len()).is_ok_and(|count| count > length)
}

fn length(page: &PageRequest, default: NonZeroU32) -> u32 {
    page.limit
        .unwrap_or(default)
        .min(PageRequest::MAX_LIMIT)
        .get()
}

fn ends(limit: Option<Timestamp>, instant: Timestamp) -> bool {
    limit.is_some_and(|limit| instant >= limit)
}

/// Rows of a list in pages.
trait Placed {
    fn position(&self) -> Position;
}

impl Placed for AcsUser {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.acs_user_id)
    }
}

impl Placed for UserIdentity {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.user_identity_id)
    }
}

impl Placed for Entrance {
    fn position(&self) -> Position {
        Position::new(self.created_at, self.acs_entrance_id)
    }
}

/// The most rows of a chunk: what is read in vain while little is found stays small.
const LARGEST: u32 = 1_001;
