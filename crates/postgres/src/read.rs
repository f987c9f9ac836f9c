//! Answers that change nothing: one statement a question, without a transaction.

use std::sync::Arc;

use access_groups_core::{Context, Error, Position, Reply};
use access_groups_sql::{
    Among, Ask, Attempts, Chunk, Contact, List, Lock, Next, Read, Slice, Stage,
};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::{
    cancel::unless_cancelled,
    fault::{Fault, Result, explained},
    find::Scope,
    link::{Link, Query, Sql},
    pool::Pool,
    record::instant,
    rows::Found,
    statements as sql,
    value::Value,
    workspaces,
};

/// Answers an operation that reads.
pub(crate) async fn answer(
    pool: Arc<Pool>,
    scope: Scope,
    read: Read,
    context: Context,
) -> std::result::Result<Reply, Error> {
    let limit = pool.settings().limit();
    let limit = context.timeout.map_or(limit, |timeout| timeout.min(limit));
    let (began, mut attempts) = (Instant::now(), Attempts::new(limit));
    loop {
        let once = unless_cancelled(&context, once(&pool, scope, read.clone()));
        let outcome = timeout_at(began + limit, once).await;
        let fault = match outcome.unwrap_or(Err(Fault::Slow)) {
            Ok(reply) => return Ok(reply),
            Err(fault) => fault,
        };
        let Some(failure) = fault.failure() else {
            return Err(fault.into_error());
        };
        // What only reads can be asked again whatever has failed.
        match attempts.failed(failure, Stage::Before, began.elapsed(), fastrand::u64(..)) {
            Next::End(error) => return Err(explained(error, failure, fault.told())),
            Next::Again(again) => {
                let pause = unless_cancelled(&context, pool.pause(again));
                pause.await.map_err(Fault::into_error)?;
            }
        }
    }
}

async fn once(pool: &Arc<Pool>, scope: Scope, read: Read) -> Result<Reply> {
    let lease = pool.lease().await?;
    let outcome = replied(lease.link(), scope, read).await;
    if outcome.as_ref().err().is_none_or(Fault::is_answered) {
        lease.give_back();
    }
    outcome
}

async fn replied(link: &Link, scope: Scope, mut read: Read) -> Result<Reply> {
    let mut has_found = false;
    while !read.asks().is_empty() {
        let rows = round(link, scope, read.asks()).await?;
        has_found |= rows.iter().any(|found| *found != Slice::default());
        read.found(rows);
    }
    // Every row belongs to a workspace: one that finds something needs no look at it.
    if !has_found {
        workspaces::must_exist(link, scope).await?;
    }
    Ok(read.reply()?)
}

/// What each question has found.
async fn round(link: &Link, scope: Scope, asks: &[Ask]) -> Result<Vec<Slice>> {
    if let [Ask::Next(chunk)] = asks
        && let Some(found) = searched(link, scope, chunk).await?
    {
        return Ok(vec![found]);
    }
    let asked: Vec<_> = asks.iter().map(|ask| scope.asked(ask)).collect();
    let queries: Vec<_> = asked.iter().flatten().cloned().collect();
    let mut answers = link.all(&queries).await?.into_iter();
    let mut found = Vec::with_capacity(asked.len());
    for queries in asked {
        let mut rows = Found::default();
        for (query, answer) in queries.iter().zip(answers.by_ref()) {
            rows.take(query.sql.kind, answer)?;
        }
        found.push(rows.slice);
    }
    Ok(found)
}

/// Users that a search finds, through the index of trigrams. `None` if it is no such search, if a text of
/// the workspace was folded in another way, or if so many are found that walking over all in their order
/// finds a page sooner.
async fn searched(link: &Link, scope: Scope, chunk: &Chunk) -> Result<Option<Slice>> {
    let (Some(part), Among::Users | Among::UsersOfSystem(_)) = (&chunk.part, &chunk.of) else {
        return Ok(None);
    };
    // One statement: a text that is made anew between two would be found by neither.
    let values = [Value::text(pattern(part)), Value::Long(CANDIDATES + 1)];
    let asked = [scope.query(sql::SEARCHED, values)];
    let rows = link.all(&asked).await?;
    let rows = rows.iter().flatten();
    let ids: std::result::Result<Option<Vec<Uuid>>, _> = rows.map(|row| row.try_get(0)).collect();
    let Some(ids) = ids? else {
        return Ok(None);
    };
    if i64::try_from(ids.len()).is_ok_and(|count| count > CANDIDATES) {
        return Ok(None);
    }
    let mut values = after(chunk.after);
    values.extend([Value::Long(chunk.limit.into()), Value::Uuids(ids)]);
    let among = scope.query(sql::LINKED_AMONG, values);
    let mut found = Found::default();
    for rows in link.all(std::slice::from_ref(&among)).await? {
        found.take(among.sql.kind, rows)?;
    }
    Ok(Some(found.slice))
}

/// The most users whose ids are read before their rows.
const CANDIDATES: i64 = 10_000;

impl Scope {
    /// The statements that answer the question.
    fn asked(self, ask: &Ask) -> Vec<Query> {
        match ask {
            Ask::Rows(want) => self.wanted(want),
            Ask::All(list) => vec![self.listed(list)],
            Ask::Next(chunk) => vec![self.chunk(chunk)],
        }
    }

    fn listed(self, list: &List) -> Query {
        let of = |sql, id: Uuid| self.query(sql, [Value::id(id)]);
        match list {
            List::Systems => self.query(sql::SYSTEMS, []),
            List::UsersOfIdentity(id) => of(sql::USERS_OF_IDENTITY.with(Lock::None), (*id).into()),
            List::SystemsOf(id) => of(sql::SYSTEMS_OF_IDENTITY, (*id).into()),
            List::Members(id) => of(sql::MEMBERS, (*id).into()),
            List::EntrancesOfGroup(id) => of(sql::ENTRANCES_OF_GROUP, (*id).into()),
            List::EntrancesOfUser(id) => of(sql::ENTRANCES_OF_USER, (*id).into()),
            List::EntrancesOfIdentity(id) => of(sql::ENTRANCES_OF_IDENTITY, (*id).into()),
            List::Identities(ids) => self.query(sql::IDENTITIES_WITH_IDS, [Value::ids(ids)]),
            List::Entrances(ids) => {
                let sql = sql::ENTRANCES_WITH_IDS.with(Lock::None);
                self.query(sql, [Value::ids(ids)])
            }
            // The conditions with an index; `core` checks the system.
            List::Groups {
                user,
                identity,
                system,
            } => match (user, identity, system) {
                (Some(user), Some(identity), _) => self.query(
                    sql::GROUPS_OF_USER_AND_IDENTITY,
                    [Value::id(*user), Value::id(*identity)],
                ),
                (Some(user), None, _) => of(sql::GROUPS_OF_USER, (*user).into()),
                (None, Some(identity), _) => of(sql::GROUPS_OF_IDENTITY, (*identity).into()),
                (None, None, Some(system)) => of(sql::GROUPS_OF_SYSTEM, (*system).into()),
                (None, None, None) => self.query(sql::GROUPS, []),
            },
        }
    }

    fn chunk(self, chunk: &Chunk) -> Query {
        let mut values = after(chunk.after);
        values.push(Value::Long(chunk.limit.into()));
        if chunk.with_identities || matches!(chunk.of, Among::UsersOfContact(_)) {
            values.push(Value::some_text(chunk.part.as_deref().map(pattern)));
            let (sql, value) = linked(&chunk.of);
            return self.query(sql, values.into_iter().chain(value));
        }
        let (sql, value) = match (&chunk.of, &chunk.part) {
            (Among::Identities, Some(part)) => {
                (sql::IDENTITIES_FOUND, Some(Value::text(pattern(part))))
            }
            (of, _) => alone(of),
        };
        self.query(sql, values.into_iter().chain(value))
    }
}

/// The statement that finds rows alone, and what it needs beside the position.
fn alone(of: &Among) -> (Sql, Option<Value>) {
    match of {
        Among::Users => (sql::USERS_BY_AGE, None),
        Among::UsersOfSystem(id) => (sql::USERS_OF_SYSTEM_BY_AGE, Some(Value::id(*id))),
        Among::UsersOfIdentity(id) => (sql::USERS_OF_IDENTITY_BY_AGE, Some(Value::id(*id))),
        Among::UsersOfContact(_) => linked(of),
        Among::Identities => (sql::IDENTITIES_BY_AGE, None),
        Among::Entrances => (sql::ENTRANCES_BY_AGE, None),
        Among::EntrancesOfSystem(id) => (sql::ENTRANCES_OF_SYSTEM_BY_AGE, Some(Value::id(*id))),
    }
}

/// The same for users with their identities.
fn linked(of: &Among) -> (Sql, Option<Value>) {
    match of {
        Among::Users => (sql::LINKED_BY_AGE, None),
        Among::UsersOfSystem(id) => (sql::LINKED_OF_SYSTEM_BY_AGE, Some(Value::id(*id))),
        Among::UsersOfIdentity(id) => (sql::LINKED_OF_IDENTITY_BY_AGE, Some(Value::id(*id))),
        Among::UsersOfContact(Contact::Email(text)) => {
            (sql::LINKED_OF_EMAIL_BY_AGE, Some(Value::text(text)))
        }
        Among::UsersOfContact(Contact::Phone(text)) => {
            (sql::LINKED_OF_PHONE_BY_AGE, Some(Value::text(text)))
        }
        Among::Identities | Among::Entrances | Among::EntrancesOfSystem(_) => alone(of),
    }
}

/// The position after which rows are looked for; without one, one before every row.
fn after(position: Option<Position>) -> Vec<Value> {
    match position {
        Some(position) => {
            let [seconds, nanoseconds] = instant(position.created_at);
            vec![seconds, nanoseconds, Value::id(position.id)]
        }
        None => vec![
            Value::Long(i64::MIN),
            Value::Long(0),
            Value::id(Uuid::nil()),
        ],
    }
}

/// What contains the part, for `LIKE`.
fn pattern(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_signs_as_they_are() {
        assert_eq!(pattern("ada"), "%ada%");
        assert_eq!(pattern("50%_\\"), "%50\\%\\_\\\\%");
    }
}
