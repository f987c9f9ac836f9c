//! One change: attempts at it, each a transaction, until one is committed or the law of attempts ends it.

use std::sync::Arc;

use access_groups_core::{Context, Error, Operation, Reply, Timestamp};
use access_groups_sql::instant::{milliseconds, of_milliseconds};
use access_groups_sql::{Attempts, Change, Decision, Ending, Next, Stage, Write};
use tokio::time::{Instant, timeout_at};

use crate::{
    cancel::unless_cancelled,
    commit::{commit, settle},
    fault::{Fault, Result, Told, explained},
    find::Scope,
    history,
    link::{Link, Query},
    pool::Pool,
    rows::{Found, Revisions},
    statements as sql,
    value::Value,
    workspaces,
};

/// A changing operation on a workspace, on its way through attempts.
pub(crate) struct Changing {
    pool: Arc<Pool>,
    scope: Scope,
    operation: Operation,
    context: Context,
    nonce: u64,
    /// The database's time in the first attempt, which all others keep: ids follow from it.
    now: Option<Timestamp>,
    /// What the last attempt has decided whose `COMMIT` was sent.
    decided: Option<Reply>,
    /// Whether this attempt holds the lock of a row.
    has_locked: bool,
}

impl Changing {
    pub(crate) fn new(
        pool: Arc<Pool>,
        scope: Scope,
        operation: Operation,
        context: Context,
    ) -> std::result::Result<Self, Error> {
        Ok(Self {
            pool,
            scope,
            operation,
            context,
            nonce: nonce()?,
            now: None,
            decided: None,
            has_locked: false,
        })
    }

    /// Carries it out, or tells why not.
    pub(crate) async fn carry_out(mut self) -> std::result::Result<Reply, Error> {
        let began = Instant::now();
        let limit = self.pool.settings().limit();
        let limit = self
            .context
            .timeout
            .map_or(limit, |timeout| timeout.min(limit));
        let mut attempts = Attempts::new(limit);
        let mut looks = false;
        loop {
            let mut stage = Stage::Before;
            let fault = match self.attempt(began + limit, looks, &mut stage).await {
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            let Some(failure) = fault.failure() else {
                return Err(attempts.refused(fault.into_error()));
            };
            match attempts.failed(failure, stage, began.elapsed(), fastrand::u64(..)) {
                Next::End(error) => return Err(explained(error, failure, fault.told())),
                Next::Again(again) => {
                    looks = again.looks;
                    let pause = unless_cancelled(&self.context, self.pool.pause(again));
                    let paused = pause.await.map_err(Fault::into_error);
                    paused.map_err(|error| attempts.refused(error))?;
                }
            }
        }
    }

    /// One attempt.
    async fn attempt(&mut self, until: Instant, looks: bool, stage: &mut Stage) -> Result<Reply> {
        let outcome = self.try_once(until, looks, stage).await;
        // What a row was to refer to is gone. If that is the workspace, no other attempt would succeed.
        if outcome.as_ref().err().is_some_and(Fault::is_of_reference) {
            let looked = unless_cancelled(&self.context, self.look_for_workspace());
            timeout_at(until, looked)
                .await
                .unwrap_or(Err(Fault::Slow))?;
        }
        outcome
    }

    /// Refuses the change if its workspace is gone.
    async fn look_for_workspace(&self) -> Result<()> {
        let lease = self.pool.lease().await?;
        let there = workspaces::must_exist(lease.link(), self.scope).await;
        settle(lease, there.as_ref().err()).await;
        there
    }

    /// The same, through a connection that is clean afterwards or closed.
    ///
    /// Until `COMMIT` is sent, the caller may cancel it.
    async fn try_once(&mut self, until: Instant, looks: bool, stage: &mut Stage) -> Result<Reply> {
        let lease = unless_cancelled(&self.context, self.pool.lease_to_change());
        let Ok(lease) = timeout_at(until, lease).await else {
            return Err(Fault::Unreached(Told::new("no connection in time")));
        };
        let lease = lease?;
        let context = self.context.clone();
        let decided = unless_cancelled(&context, self.decide(lease.link(), looks));
        let decided = timeout_at(until, decided).await;
        let (reply, queries) = match decided.unwrap_or(Err(Fault::Slow)) {
            Ok(Decided::Nothing(reply)) => (reply, self.confirmed()),
            Ok(Decided::Writes(reply, queries)) => {
                self.decided = Some(reply.clone());
                (reply, queries)
            }
            Err(fault) => {
                settle(lease, Some(&fault)).await;
                return Err(fault);
            }
        };
        let (reached, outcome) = commit(lease, None, queries, Some(until)).await;
        *stage = reached;
        outcome.map(|_| reply)
    }

    /// What the rules decide on the rows that the change can see, or what an earlier attempt has made.
    async fn decide(&mut self, link: &Link, looks: bool) -> Result<Decided> {
        let change = Change::new(self.operation.clone(), self.nonce);
        let mut change =
            change.map_err(|read| Fault::Refused(Error::unsupported_operation(&read)))?;
        let mut revisions = Revisions::new();
        let looked = self.begin(link, &mut change, &mut revisions, looks).await?;
        if let Some(reply) = looked {
            return Ok(Decided::Nothing(reply));
        }
        while !change.wants().is_empty() {
            let (queries, sizes) = self.wanted(&change);
            let rows = link.all(&queries).await?;
            self.has_locked |= has_locked(&queries, &rows);
            take(&mut change, &queries, sizes, rows, &mut revisions)?;
        }
        let now = self.now.expect("the transaction has begun with it");
        let decision = match change.decide(now) {
            Ok(decision) => decision,
            // What an earlier attempt did may be why: it was locked out until its outcome was known.
            Err(_) if looks && self.is_made(link).await? => {
                let decided = self.decided.clone();
                let reply = decided.expect("an earlier attempt has decided");
                return Ok(Decided::Nothing(reply));
            }
            Err(error) => {
                // Every row belongs to a workspace: who has found one needs no look at it.
                if revisions.is_empty() {
                    workspaces::must_exist(link, self.scope).await?;
                }
                return Err(Fault::Refused(error));
            }
        };
        if decision.writes.is_empty() {
            return Ok(Decided::Nothing(decision.reply));
        }
        let queries = self.written(&decision, &revisions);
        link.prepare(&queries).await?;
        Ok(Decided::Writes(decision.reply, queries))
    }

    /// The statements of a decision, with the lines that it leaves in the history. Last are those rows that
    /// go, once what goes with them is noted.
    fn written(&self, decision: &Decision, revisions: &Revisions) -> Vec<Query> {
        let mut lines = self.lines(decision);
        // The commonest change, in one statement: each is answered, which costs both ends more than the row.
        if let ([Write::Join(_)], [line]) = (&*decision.writes, &mut *lines) {
            line.sql = sql::JOIN_WITH_LINE;
            return lines;
        }
        let writes = &decision.writes;
        let mut queries: Vec<_> = writes
            .iter()
            .flat_map(|write| self.scope.written(write, revisions))
            .collect();
        queries.extend(lines);
        let endings = writes.iter().flat_map(Write::endings);
        queries.extend(endings.map(|ending| self.ended(ending)));
        queries.extend(writes.iter().filter_map(|write| self.scope.dropped(write)));
        queries
    }

    /// Begins the transaction with the first round, and with a look at what an earlier attempt may have
    /// done: its reply, if it has.
    async fn begin(
        &mut self,
        link: &Link,
        change: &mut Change,
        revisions: &mut Revisions,
        looks: bool,
    ) -> Result<Option<Reply>> {
        let (mut queries, sizes) = self.wanted(change);
        let looks = looks && self.decided.is_some();
        if looks {
            queries.extend(self.look());
        }
        link.prepare(&queries).await?;
        link.take_warning();
        let begin = self.pool.begin();
        let answer = link.enclosed(Some(begin), &queries, None).await;
        let clock = answer.before?;
        let mut rows = answer.rows?;
        self.has_locked = has_locked(&queries, &rows);
        if looks && rows.pop().is_some_and(|found| !found.is_empty()) {
            return Ok(self.decided.clone());
        }
        if self.now.is_none() {
            self.now = Some(clock_of(clock)?);
        }
        take(change, &queries, sizes, rows, revisions)?;
        Ok(None)
    }

    /// What ends a transaction that writes nothing, with a success.
    ///
    /// What it has seen may be on this server only: when a commit's wait for the standby is cut short, others
    /// see the change at once. A commit waits for the standby only if something was written, and a server
    /// that only reads by now refuses nothing but writes. A lock is both: it is written to the same log, behind
    /// everything that was seen. Most changes have locked something by now; removals have not, and then
    /// nobody waits for them either.
    fn confirmed(&self) -> Vec<Query> {
        match self.has_locked {
            true => Vec::new(),
            false => vec![self.scope.query(sql::REFER_TO_WORKSPACE, [])],
        }
    }

    /// What the change wants to see next, and how many statements each want is.
    fn wanted(&self, change: &Change) -> (Vec<Query>, usize) {
        let queries: Vec<_> = change
            .wants()
            .iter()
            .flat_map(|want| self.scope.wanted(want))
            .collect();
        let count = queries.len();
        (queries, count)
    }

    /// The lines of the history. Their key is what makes a change happen once: time and nonce.
    fn lines(&self, decision: &Decision) -> Vec<Query> {
        let lines = decision.writes.iter().flat_map(|write| write.lines());
        let (key, name) = (self.key(), self.operation.name());
        let queries = (0..).zip(lines).map(|(number, line)| {
            let values = history::columns(&key, number, name, &self.context, &line);
            self.scope.query(sql::NEW_LINE, values)
        });
        queries.collect()
    }

    /// Ends these pairs, with a line for each.
    fn ended(&self, ending: Ending) -> Query {
        let (sql, of) = match ending {
            Ending::GroupsOf(user) => (sql::END_GROUPS_OF_USER, Value::id(user)),
            Ending::MembersOf(group) => (sql::END_MEMBERS_OF_GROUP, Value::id(group)),
            Ending::GrantsOf(user) => (sql::END_GRANTS_OF_USER, Value::id(user)),
            Ending::GrantsTo(door) => (sql::END_GRANTS_OF_ENTRANCE, Value::id(door)),
            Ending::EntrancesOf(group) => (sql::END_ENTRANCES_OF_GROUP, Value::id(group)),
            Ending::HoldersOf(door) => (sql::END_HOLDERS_OF_ENTRANCE, Value::id(door)),
        };
        let event = Value::text(ending.event().name());
        let caller = history::caller(self.operation.name(), &self.context);
        let values = [of].into_iter().chain(self.key()).chain(caller);
        self.scope.query(sql, values.chain([event]))
    }

    /// Whether an earlier attempt has committed.
    async fn is_made(&mut self, link: &Link) -> Result<bool> {
        if self.decided.is_none() {
            return Ok(false);
        }
        let look: Vec<_> = self.look().into_iter().collect();
        let rows = link.all(&look).await?;
        self.has_locked |= has_locked(&look, &rows);
        Ok(rows.iter().any(|found| !found.is_empty()))
    }

    fn look(&self) -> Option<Query> {
        Some(self.scope.query(sql::HAS_CHANGE, self.key()))
    }

    fn key(&self) -> [Value; 2] {
        key(self.now.map_or(0, milliseconds), self.nonce)
    }
}

/// What the lines of one change have in common: the time in milliseconds, and the nonce.
pub(crate) fn key(at: i64, nonce: u64) -> [Value; 2] {
    let nonce = i64::try_from(nonce).expect("63 bits");
    [Value::Long(at), Value::Long(nonce)]
}

/// 63 bits that no other change has.
pub(crate) fn nonce() -> std::result::Result<u64, Error> {
    let nonce = getrandom::u64().map_err(|error| {
        let told = Error::internal("the system has no random numbers");
        told.with_source(error)
    })?;
    Ok(nonce >> 1)
}

/// How a transaction is to end.
enum Decided {
    /// With this, and nothing to write.
    Nothing(Reply),
    /// With this, and these statements before it.
    Writes(Reply, Vec<Query>),
}

/// Whether one of the statements has locked a row.
fn has_locked(queries: &[Query], rows: &[Vec<tokio_postgres::Row>]) -> bool {
    let mut answers = queries.iter().zip(rows);
    answers.any(|(query, rows)| query.sql.locks() && !rows.is_empty())
}

fn take(
    change: &mut Change,
    queries: &[Query],
    count: usize,
    rows: Vec<Vec<tokio_postgres::Row>>,
    revisions: &mut Revisions,
) -> Result<()> {
    let mut found = Found::default();
    for (query, rows) in queries.iter().zip(rows).take(count) {
        found.take(query.sql.kind, rows)?;
    }
    revisions.extend(found.revisions);
    change.found(found.slice);
    Ok(())
}

/// The time of the database in whole milliseconds, from the last row of the script that begins.
pub(crate) fn clock_of(row: Option<Vec<String>>) -> Result<Timestamp> {
    let text = row.and_then(|row| row.into_iter().next());
    let milliseconds = text.and_then(|text| text.parse().ok());
    milliseconds
        .and_then(of_milliseconds)
        .ok_or(Fault::Unreadable("time"))
}
