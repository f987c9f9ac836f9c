//! The end of a transaction: what is written last, and `COMMIT`.

use std::sync::Arc;

use access_groups_core::Error;
use access_groups_sql::{Attempts, Failure, Next, Stage};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::Row;

use crate::{
    fault::{Fault, Result, Told, explained},
    link::Query,
    pool::{Lease, Pool},
    postgres::apart,
};

/// Runs these statements and commits, in one round trip: if a statement fails, so do all that follow it. What
/// they have returned, and how far it came.
///
/// It goes on by itself when nobody waits any more: a server that waits for its standby notices neither a
/// closed connection nor a caller who is gone, so the connection counts as used until the server has answered.
/// Otherwise each call would leave one more session there.
pub(crate) async fn commit(
    lease: Lease,
    begin: Option<String>,
    queries: Vec<Query>,
    until: Option<Instant>,
) -> (Stage, Result<Vec<Vec<Row>>>) {
    let end = apart(async move { Ok(carry_out(lease, begin, &queries).await) });
    let ended = match until {
        Some(until) => timeout_at(until, end).await,
        None => Ok(end.await),
    };
    match ended {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => (Stage::Commit, Err(Fault::Refused(error))),
        Err(_) => (Stage::Commit, Err(Fault::Slow)),
    }
}

async fn carry_out(
    lease: Lease,
    begin: Option<String>,
    queries: &[Query],
) -> (Stage, Result<Vec<Vec<Row>>>) {
    let link = lease.link();
    let answer = link.enclosed(begin.as_deref(), queries, Some(COMMIT)).await;
    let (stage, outcome) = match (answer.before, answer.rows, answer.after) {
        // A write was refused, so that nothing was committed. Without an answer nobody knows.
        (Err(fault), ..) | (_, Err(fault), _) if fault.is_answered() => (Stage::Before, Err(fault)),
        (Err(fault), ..) | (_, Err(fault), _) | (.., Err(fault)) => (Stage::Commit, Err(fault)),
        _ if link.take_warning() => (Stage::Commit, Err(Fault::NotReplicated)),
        (_, Ok(rows), _) => (Stage::Commit, Ok(rows)),
    };
    settle(lease, outcome.as_ref().err()).await;
    (stage, outcome)
}

/// Gives the connection back if it is clean, or can be made so.
pub(crate) async fn settle(lease: Lease, fault: Option<&Fault>) {
    let Some(fault) = fault else {
        return lease.give_back();
    };
    match fault.failure() {
        Some(Failure::ReadOnly) => lease.leave_host(),
        _ if fault.is_answered() => roll_back(lease).await,
        // Closed at once, and nothing is cancelled.
        _ => drop(lease),
    }
}

/// Ends the transaction, and gives the connection back if that worked.
pub(crate) async fn roll_back(lease: Lease) {
    let wait = lease.settings().wait();
    if let Ok(Ok(_)) = timeout(wait, lease.link().script("ROLLBACK")).await {
        lease.give_back();
    }
}

/// Runs statements that write as one transaction, within the limit of calls. What they have returned.
///
/// It is attempted again as long as nothing can have happened.
pub(crate) async fn write(
    pool: &Arc<Pool>,
    queries: Vec<Query>,
) -> std::result::Result<Vec<Vec<Row>>, Error> {
    let began = Instant::now();
    let limit = pool.settings().limit();
    let mut attempts = Attempts::new(limit);
    loop {
        let (stage, outcome) = attempt(pool, queries.clone(), began + limit).await;
        let fault = match outcome {
            Ok(rows) => return Ok(rows),
            Err(fault) => fault,
        };
        let Some(failure) = fault.failure() else {
            return Err(attempts.refused(fault.into_error()));
        };
        match attempts.failed(failure, stage, began.elapsed(), fastrand::u64(..)) {
            Next::Again(again) if !again.looks => {
                pool.pause(again).await.map_err(Fault::into_error)?;
            }
            // Nothing tells whether it was carried out.
            Next::Again(_) => return Err(fault.into_error().with_ambiguity(true)),
            Next::End(error) => return Err(explained(error, failure, fault.told())),
        }
    }
}

async fn attempt(
    pool: &Arc<Pool>,
    queries: Vec<Query>,
    until: Instant,
) -> (Stage, Result<Vec<Vec<Row>>>) {
    let prepared = async {
        let lease = pool.lease_to_change().await?;
        lease.link().prepare(&queries).await?;
        lease.link().take_warning();
        Ok(lease)
    };
    match timeout_at(until, prepared).await {
        Ok(Ok(lease)) => commit(lease, Some(pool.begin().to_owned()), queries, Some(until)).await,
        Ok(Err(fault)) => (Stage::Before, Err(fault)),
        Err(_) => {
            let told = Told::new("no connection in time");
            (Stage::Before, Err(Fault::Unreached(told)))
        }
    }
}

/// Without the limit of statements, whose end would cancel a wait for the standby: `COMMIT` would succeed,
/// and the change might be lost. In a transaction that has failed, the first statement fails, so that
/// `COMMIT` cannot be taken for a success.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";
