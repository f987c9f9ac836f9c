//! Pages of any rows, with cursors of one's own: for lists that are wrong before they are cut.

use access_groups_core::{shown::with_texts, *};

use super::content::{Row, page_of, positions, reply, set_next};

/// The page of these rows that the operation asks for. `bound` is what its cursors are bound to.
pub(super) fn paged(operation: &Operation, all: &Reply, bound: &str) -> Result<Reply, Error> {
    let mut asked = operation.clone();
    let Some(page) = page_of(&mut asked) else {
        return Ok(all.clone());
    };
    let start = match &page.cursor {
        None => None,
        Some(cursor) => Some(position(cursor, bound)?),
    };
    Ok(cut(operation, all, bound, limit(page), |row| {
        start.is_none_or(|start| row > start)
    }))
}

/// The first rows that pass, up to the limit.
pub(super) fn cut(
    operation: &Operation,
    all: &Reply,
    bound: &str,
    limit: usize,
    passes: impl Fn(Position) -> bool,
) -> Reply {
    let mut content = all.content().clone();
    super::content::on_rows!(&mut content, rows => rows.retain(|row| passes(row.position())), else ());
    let positions = positions(&content);
    let last = limit.checked_sub(1).and_then(|last| positions.get(last));
    let next = last.filter(|_| positions.len() > limit);
    set_next(&mut content, next.map(|position| cursor(*position, bound)));
    super::content::on_rows!(&mut content, rows => rows.truncate(limit), else ());
    reply(operation, content)
}

/// What the cursors of a sound port are bound to.
pub(super) fn question(operation: &Operation) -> String {
    let mut asked = operation.clone();
    if let Some(page) = page_of(&mut asked) {
        page.cursor = None;
    }
    with_texts(|| format!("{asked:?}"))
}

pub(super) fn limit(page: &PageRequest) -> usize {
    let limit = page.limit.map_or(500, |limit| limit.get()).min(1000);
    limit as usize
}

pub(super) fn cursor(position: Position, bound: &str) -> PageCursor {
    let position = serde_json::to_string(&position).expect("a position is JSON");
    PageCursor::new(format!("{position}{SEPARATOR}{bound}"))
}

/// Where the page begins, if the cursor is bound to this.
pub(super) fn position(cursor: &PageCursor, bound: &str) -> Result<Position, Error> {
    let (position, made_for) = unbound(cursor).ok_or_else(strange)?;
    if made_for != bound {
        return Err(mismatched());
    }
    Ok(position)
}

/// Where the page begins, and what the cursor is bound to.
pub(super) fn unbound(cursor: &PageCursor) -> Option<(Position, &str)> {
    let (position, bound) = cursor.as_str().split_once(SEPARATOR)?;
    Some((serde_json::from_str(position).ok()?, bound))
}

pub(super) fn strange() -> Error {
    Error::invalid("the page cursor was not made by this service")
}

pub(super) fn mismatched() -> Error {
    Error::invalid("the page cursor belongs to other parameters")
        .with_code("mismatched_page_parameters")
}

const SEPARATOR: char = '~';
