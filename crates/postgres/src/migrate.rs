//! Carries out the steps of a schema, and says whether a database has them.

use std::{sync::Arc, time::Duration};

use access_groups_core::Error;
use access_groups_sql::{Applied, Failure, SchemaError, Step, missing};
use tokio::time::{sleep, timeout};

use crate::{
    commit::roll_back,
    everywhere,
    fault::{Fault, Result},
    fold,
    link::Link,
    pool::Pool,
    schema,
};

/// Carries out all that are missing. Returns how many were.
pub(crate) async fn carry_out(
    pool: &Arc<Pool>,
    steps: &'static [Step],
) -> std::result::Result<u32, Error> {
    let mut done = 0;
    let mut attempts = 0;
    loop {
        match one(pool, steps).await {
            Ok(false) => break,
            Ok(true) => done += 1,
            // Somebody else uses or makes the same tables.
            Err(fault) if is_busy(&fault) && attempts < ATTEMPTS => {
                attempts += 1;
                sleep(Duration::from_millis(50 + fastrand::u64(..200))).await;
            }
            Err(fault) => return Err(fault.into_error()),
        }
    }
    add_trigrams(pool).await;
    fold_anew(pool).await.map_err(Fault::into_error)?;
    Ok(done)
}

/// Whether a program with these steps may work with the database, within the limit of calls.
pub(crate) async fn check(
    pool: &Arc<Pool>,
    steps: &'static [Step],
) -> std::result::Result<(), Error> {
    let found = timeout(pool.settings().limit(), applied_in(pool)).await;
    let found = found.unwrap_or(Err(Fault::Slow));
    let found = found.map_err(Fault::into_error)?;
    let missing = missing(steps, &found).map_err(refusal)?;
    if missing.is_empty() {
        return Ok(());
    }
    if found.is_empty() {
        let message = "the database has no tables of this program yet";
        return Err(Error::unsupported(message).with_code("store_empty"));
    }
    let message = format!(
        "the database lacks {} of the {} steps of its schema: `access-groups migrate` makes them",
        missing.len(),
        steps.len()
    );
    Err(Error::unsupported(message).with_code("store_older"))
}

/// The steps that the database has: none where there is no table of them.
async fn applied_in(pool: &Arc<Pool>) -> Result<Vec<Applied>> {
    let lease = pool.lease().await?;
    let found = match applied(lease.link()).await {
        Err(Fault::Engine(error)) if is_absent(&error) => Ok(Vec::new()),
        other => other,
    };
    if found.as_ref().err().is_none_or(Fault::is_answered) {
        lease.give_back();
    }
    found
}

/// Carries out the first step that is missing, in a transaction of its own; false if there is none.
async fn one(pool: &Arc<Pool>, steps: &'static [Step]) -> Result<bool> {
    let lease = pool.lease().await?;
    let outcome = step(lease.link(), steps).await;
    match &outcome {
        Ok(true) => lease.give_back(),
        Ok(false) => roll_back(lease).await,
        Err(fault) if fault.is_answered() => roll_back(lease).await,
        Err(_) => drop(lease),
    }
    outcome
}

async fn step(link: &Link, steps: &'static [Step]) -> Result<bool> {
    if !has_lock(link).await? {
        link.script(schema::BEFORE).await?;
    }
    link.script(BEGIN).await?;
    let found = applied(link).await?;
    let missing = missing(steps, &found).map_err(|error| Fault::Refused(refusal(error)))?;
    let Some((number, step)) = missing.first() else {
        return Ok(false);
    };
    link.script(step.sql).await?;
    let applied = step.applied();
    let digest: String = applied
        .digest
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    link.script(&format!(
        "INSERT INTO access_groups.schema_step (number, name, digest, reads_from, version) \
         VALUES ({number}, '{}', '\\x{digest}', {}, '{}'); COMMIT",
        step.name.replace('\'', "''"),
        applied.reads_from,
        applied.version
    ))
    .await?;
    Ok(true)
}

async fn has_lock(link: &Link) -> Result<bool> {
    let found = link
        .script("SELECT 1 FROM access_groups.migration_lock")
        .await;
    match found {
        Err(Fault::Engine(error)) if is_absent(&error) => Ok(false),
        found => Ok(found?.is_some()),
    }
}

async fn applied(link: &Link) -> Result<Vec<Applied>> {
    let rows = link.all(&[everywhere::steps()]).await?;
    let read = |row: &tokio_postgres::Row| -> Result<Applied> {
        let (digest, reads_from): (&[u8], i32) = (row.try_get(0)?, row.try_get(1)?);
        Ok(Applied {
            digest: digest.try_into().map_err(|_| Fault::Unreadable("step"))?,
            reads_from: u32::try_from(reads_from).map_err(|_| Fault::Unreadable("step"))?,
            version: row.try_get(2)?,
        })
    };
    rows.iter().flatten().map(read).collect()
}

/// Makes indexes for searches where trigrams are there. Without them, or without the right to make one,
/// searches read more rows.
async fn add_trigrams(pool: &Arc<Pool>) {
    let Ok(lease) = pool.lease().await else {
        return;
    };
    if index_searches(lease.link()).await.is_ok() {
        lease.give_back();
    }
}

async fn index_searches(link: &Link) -> Result<()> {
    link.script(schema::TRIGRAMS).await?;
    for [create, is_cut_short, again] in schema::SEARCHES {
        link.script(create).await?;
        if link.script(is_cut_short).await?.is_some() {
            link.script(again).await?;
        }
    }
    Ok(())
}

/// Makes those texts anew that another version has folded.
async fn fold_anew(pool: &Arc<Pool>) -> Result<()> {
    let mut attempts = 0;
    loop {
        let lease = pool.lease().await?;
        match fold::make_anew(lease.link()).await {
            Ok(()) => {
                lease.give_back();
                return Ok(());
            }
            Err(fault) if is_busy(&fault) && attempts < ATTEMPTS => attempts += 1,
            Err(fault) => return Err(fault),
        }
    }
}

fn refusal(error: SchemaError) -> Error {
    Error::unsupported(error.to_string()).with_code(error.code())
}

/// Whether a table or its schema is not there.
fn is_absent(error: &tokio_postgres::Error) -> bool {
    let code = error.code().map_or("", |code| code.code());
    code == "42P01" || code == "3F000"
}

fn is_busy(fault: &Fault) -> bool {
    let is_made = matches!(fault, Fault::Engine(error)
        if error.code().is_some_and(|code| code.code().starts_with("42P0")));
    // `IF NOT EXISTS` may still meet what somebody else makes at the same moment.
    is_made || matches!(fault.failure(), Some(Failure::TooSlow | Failure::Overlap))
}

/// How often somebody else may be in the way.
const ATTEMPTS: u32 = 20;

/// With a lock that whoever carries out steps takes; a table is not waited for long, since everybody who
/// uses it would wait behind.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = 0; \
                     SELECT one FROM access_groups.migration_lock FOR UPDATE";
