//! The history of a workspace: who was given which access, and who lost it.

use std::time::Duration;

use access_groups_core::{Timestamp, WorkspaceId};
use access_groups_sql::{Ending, Entry, Event, HistoryFilter, Line, Write};
use rusqlite::{Row, ToSql};

use crate::{
    change::Origin,
    fault::{Fault, Result},
    instant,
    session::{Scope, Session, Sql, key, optional_id},
    statements as sql, workspaces,
};

/// Notes what a change is about to write.
pub(crate) fn write(
    scope: Scope<'_, '_>,
    operation: &'static str,
    origin: &Origin,
    writes: &[Write],
) -> Result<()> {
    let mut lines: Vec<_> = writes.iter().flat_map(Write::lines).collect();
    for ending in writes.iter().flat_map(Write::endings) {
        lines.extend(ended(scope, ending)?.lines());
    }
    write_lines(scope, operation, origin, lines)
}

/// Notes these lines.
pub(crate) fn write_lines(
    scope: Scope<'_, '_>,
    operation: &'static str,
    origin: &Origin,
    lines: impl IntoIterator<Item = Line>,
) -> Result<()> {
    let at = instant::milliseconds(origin.now);
    // Without its highest bit, which `Change` ignores as well.
    let nonce = i64::try_from(origin.nonce & (u64::MAX >> 1)).expect("63 bits");
    for line in lines {
        let values: [&dyn ToSql; 11] = [
            &at,
            &nonce,
            &operation,
            &origin.actor.as_deref(),
            &origin.request_id.as_deref(),
            &line.event.name(),
            &line.system.map(key),
            &line.identity.map(key),
            &line.user.map(key),
            &line.group.map(key),
            &line.entrance.map(key),
        ];
        scope.execute(sql::NEW_LINE, &values)?;
    }
    Ok(())
}

/// The pairs that end with a row that is still there.
fn ended(scope: Scope<'_, '_>, ending: Ending) -> Result<Write> {
    Ok(match ending {
        Ending::GroupsOf(user) => {
            Write::Leave(scope.pairs(sql::MEMBERSHIPS_OF_USER, &[&key(user)])?)
        }
        Ending::MembersOf(group) => {
            Write::Leave(scope.pairs(sql::MEMBERSHIPS_OF_GROUP, &[&key(group)])?)
        }
        Ending::GrantsOf(user) => Write::Ungrant(scope.pairs(sql::GRANTS_OF_USER, &[&key(user)])?),
        Ending::GrantsTo(door) => {
            Write::Ungrant(scope.pairs(sql::GRANTS_OF_ENTRANCE, &[&key(door)])?)
        }
        Ending::EntrancesOf(group) => Write::Release(scope.pairs(sql::HELD_BY, &[&key(group)])?),
        Ending::HoldersOf(door) => Write::Release(scope.pairs(sql::HOLDERS_OF, &[&key(door)])?),
    })
}

/// The newest lines that match the filter, newest first.
pub(crate) fn read(
    session: &Session<'_>,
    workspace: WorkspaceId,
    filter: &HistoryFilter,
) -> Result<Vec<Entry>> {
    let since = filter.since.map_or(i64::MIN, instant::milliseconds);
    let (sql, narrowed_to) = narrowest(filter);
    let mut values: Vec<&dyn ToSql> = vec![&since];
    values.extend(narrowed_to.as_deref());
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let scope = session.scope(workspace);
    let found: Vec<Entry> = scope.each(sql, &values, entry, |rows| {
        let fitting = rows.filter(|entry| filter.fits(entry));
        fitting.take(limit).collect()
    })?;
    if found.is_empty() {
        workspaces::must_exist(scope)?;
    }
    Ok(found)
}

/// Reads every line, to see whether it can be read.
pub(crate) fn read_all(session: &Session<'_>, workspace: WorkspaceId) -> Result<()> {
    let scope = session.scope(workspace);
    scope.each(sql::HISTORY, &[&i64::MIN], entry, |rows| {
        rows.for_each(drop)
    })
}

/// The statement that gives the fewest lines with all that can match, and its parameter.
fn narrowest(filter: &HistoryFilter) -> (Sql, Option<Box<dyn ToSql>>) {
    if let Some(user) = filter.user {
        return (sql::HISTORY_OF_USER, Some(Box::new(key(user))));
    }
    if let Some(actor) = &filter.actor {
        return (sql::HISTORY_OF_ACTOR, Some(Box::new(actor.clone())));
    }
    if let Some(group) = filter.group {
        return (sql::HISTORY_OF_GROUP, Some(Box::new(key(group))));
    }
    if let Some(entrance) = filter.entrance {
        return (sql::HISTORY_OF_ENTRANCE, Some(Box::new(key(entrance))));
    }
    (sql::HISTORY, None)
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    let event: String = row.get(4)?;
    let event = Event::of_name(&event).ok_or(Fault::Unreadable("event"))?;
    let mut line = event.line();
    line.system = optional_id(row, 5)?;
    line.identity = optional_id(row, 6)?;
    line.user = optional_id(row, 7)?;
    line.group = optional_id(row, 8)?;
    line.entrance = optional_id(row, 9)?;
    let operation: String = row.get(1)?;
    let mut entry = Entry::new(instant::read_milliseconds(row, 0)?, operation, line);
    entry.actor = row.get(2)?;
    entry.request_id = row.get(3)?;
    Ok(entry)
}

/// How long it is kept from now on. False if there is no such workspace.
pub(crate) fn keep(
    session: &Session<'_>,
    workspace: WorkspaceId,
    days: Option<u32>,
) -> Result<bool> {
    let scope = session.scope(workspace);
    Ok(scope.execute(sql::KEEP_HISTORY, &[&days])? == 1)
}

/// Deletes some lines that are older than their workspace keeps them. Returns how many were deleted;
/// none if there are no more.
pub(crate) fn forget_some(session: &Session<'_>, now: Timestamp) -> Result<u64> {
    for workspace in workspaces::list(session)? {
        let Some(end) = workspace
            .history_days
            .and_then(|days| now.checked_sub(DAY * days))
        else {
            continue;
        };
        let scope = session.scope(workspace.id);
        let end = instant::milliseconds(end);
        let forgotten = scope.execute(sql::FORGET, &[&end, &AT_A_TIME])?;
        if forgotten > 0 {
            return Ok(forgotten as u64);
        }
    }
    Ok(0)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Few enough that a change which waits for these lines to go waits for milliseconds.
const AT_A_TIME: u32 = 1_000;
