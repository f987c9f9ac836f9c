//! Whether a database is sound: what rows are found by is compared with the resources in them. That pairs
//! refer to rows that exist is what foreign keys keep. A table that is missing is a problem, too: of what was
//! in it, nothing else tells.

use std::sync::Arc;

use access_groups_core::{
    AccessGroup, AcsSystem, AcsUser, Entrance, Error, UserIdentity, WorkspaceId,
};
use serde::de::DeserializeOwned;
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use crate::{
    Database, everywhere,
    fault::{Fault, Result},
    find::Scope,
    link::{Link, Sql},
    pool::Pool,
    record::Record,
    schema, statements as sql,
    value::Value,
};

/// The tables that are missing, one sentence each.
pub(crate) async fn missing_tables(database: &Database) -> std::result::Result<Vec<String>, Error> {
    let rows = database.ask(everywhere::tables()).await?;
    let there: std::result::Result<Vec<String>, _> =
        rows.iter().map(|row| row.try_get(0)).collect();
    let there = there.map_err(|error| Fault::from(error).into_error())?;
    let expected = schema::tables(schema::STEPS);
    let missing = expected.filter(|table| !there.iter().any(|found| found == table));
    Ok(missing
        .map(|table| format!("the table access_groups.{table} is missing"))
        .collect())
}

/// The problems of rows, one sentence each.
pub(crate) async fn problems(
    pool: &Arc<Pool>,
    workspaces: Vec<WorkspaceId>,
) -> std::result::Result<Vec<String>, Error> {
    let lease = pool.lease().await.map_err(Fault::into_error)?;
    let mut problems = Vec::new();
    for workspace in workspaces {
        let found = of_workspace(lease.link(), Scope::new(workspace)).await;
        problems.extend(found.map_err(Fault::into_error)?);
    }
    lease.give_back();
    Ok(problems)
}

async fn of_workspace(link: &Link, scope: Scope) -> Result<Vec<String>> {
    let mut problems = of_table::<AcsSystem>(link, scope, sql::STORED_SYSTEMS).await?;
    problems.extend(of_table::<UserIdentity>(link, scope, sql::STORED_IDENTITIES).await?);
    problems.extend(of_table::<AcsUser>(link, scope, sql::STORED_USERS).await?);
    problems.extend(of_table::<AccessGroup>(link, scope, sql::STORED_GROUPS).await?);
    problems.extend(of_table::<Entrance>(link, scope, sql::STORED_ENTRANCES).await?);
    Ok(problems)
}

async fn of_table<T: Record + DeserializeOwned>(
    link: &Link,
    scope: Scope,
    sql: Sql,
) -> Result<Vec<String>> {
    let (mut last, mut problems) = (Uuid::nil(), Vec::new());
    loop {
        let query = scope.query(sql, [Value::id(last), Value::Long(AT_A_TIME)]);
        let rows: Vec<_> = link.all(&[query]).await?.into_iter().flatten().collect();
        let Some(row) = rows.last() else {
            return Ok(problems);
        };
        last = row.try_get(0)?;
        problems.extend(rows.iter().filter_map(problem::<T>));
    }
}

/// What is wrong with the row.
fn problem<T: Record + DeserializeOwned>(row: &Row) -> Option<String> {
    let name = std::any::type_name::<T>();
    let name = name.rsplit("::").next().unwrap_or(name);
    let id: Uuid = row.try_get(0).ok()?;
    let last = row.len() - 1;
    let body: Option<&str> = row.try_get(last).ok();
    let Some(resource) = body.and_then(|text| serde_json::from_str::<T>(text).ok()) else {
        return Some(format!("the {name} {id} cannot be read"));
    };
    let mut expected = vec![Value::id(resource.id())];
    expected.extend(resource.fixed());
    expected.extend(resource.columns());
    // Not the text itself: another version may have written it in another way. What was folded in another
    // way is NULL here.
    let differs = (0..last).find(|column| {
        let is_folded_otherwise = || row.columns()[*column].name() == "folded";
        match stored(row, *column) {
            Some(Value::Text(None)) if is_folded_otherwise() => false,
            found => found.as_ref() != expected.get(*column),
        }
    })?;
    let column = row.columns()[differs].name();
    Some(format!("the {name} {id} is found by a wrong `{column}`"))
}

fn stored(row: &Row, column: usize) -> Option<Value> {
    Some(match *row.columns()[column].type_() {
        Type::UUID => Value::Uuid(row.try_get(column).ok()?),
        Type::INT8 => Value::Long(row.try_get(column).ok()?),
        _ => Value::Text(row.try_get(column).ok()?),
    })
}

const AT_A_TIME: i64 = 1_000;
