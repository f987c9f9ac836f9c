//! The history of a workspace: who was given which access, and who lost it.

use std::sync::Arc;

use access_groups_core::Context;
use access_groups_sql::instant::{milliseconds, of_milliseconds};
use access_groups_sql::{Entry, Event, HistoryFilter, Line};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    fault::{Fault, Result},
    link::Sql,
    statements as sql,
    value::Value,
};

/// The statement that reads the newest lines, and what it needs. One of the conditions that are set narrows by
/// its index: what has the fewest lines, as a rule.
pub(crate) fn newest(filter: &HistoryFilter) -> (Sql, [Value; 6]) {
    let conditions = [
        (filter.user.is_some(), sql::HISTORY_OF_USER),
        (filter.entrance.is_some(), sql::HISTORY_OF_ENTRANCE),
        (filter.group.is_some(), sql::HISTORY_OF_GROUP),
        (filter.actor.is_some(), sql::HISTORY_OF_ACTOR),
    ];
    let narrow = conditions.into_iter().find(|(is_set, _)| *is_set);
    let values = [
        Value::some_id(filter.user),
        Value::some_id(filter.group),
        Value::some_id(filter.entrance),
        Value::some_text(filter.actor.clone()),
        Value::Long(filter.since.map_or(i64::MIN, milliseconds)),
        Value::Long(filter.limit.into()),
    ];
    (narrow.map_or(sql::HISTORY, |(_, sql)| sql), values)
}

/// The columns of a line after its workspace. The key is what the lines of one change have in common.
pub(crate) fn columns(
    key: &[Value; 2],
    number: i32,
    operation: &str,
    context: &Context,
    line: &Line,
) -> [Value; 12] {
    let [at, nonce] = key.clone();
    let [operation, actor, request_id] = caller(operation, context);
    [
        at,
        nonce,
        Value::Int(number),
        operation,
        actor,
        request_id,
        Value::text(line.event.name()),
        Value::some_id(line.system),
        Value::some_id(line.identity),
        Value::some_id(line.user),
        Value::some_id(line.group),
        Value::some_id(line.entrance),
    ]
}

/// What all lines of one change say: the operation, on whose behalf, and the id of the request.
pub(crate) fn caller(operation: &str, context: &Context) -> [Value; 3] {
    let text = |text: &Option<Arc<str>>| Value::some_text(text.as_deref().map(str::to_owned));
    [
        Value::text(operation),
        text(&context.actor),
        text(&context.request_id),
    ]
}

pub(crate) fn entry(row: &Row) -> Result<Entry> {
    let event = Event::of_name(row.try_get(4)?).ok_or(Fault::Unreadable("event"))?;
    let id = |column: usize| -> Result<Option<Uuid>> { Ok(row.try_get(column)?) };
    let mut line = event.line();
    line.system = id(5)?.map(Into::into);
    line.identity = id(6)?.map(Into::into);
    line.user = id(7)?.map(Into::into);
    line.group = id(8)?.map(Into::into);
    line.entrance = id(9)?.map(Into::into);
    let operation: String = row.try_get(1)?;
    let at = of_milliseconds(row.try_get(0)?).ok_or(Fault::Unreadable("instant"))?;
    let mut entry = Entry::new(at, operation, line);
    entry.actor = row.try_get(2)?;
    entry.request_id = row.try_get(3)?;
    Ok(entry)
}
