//! One connection: statements that are sent together, and answered one after another.

use std::{
    collections::HashMap,
    future::{self, Future},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use access_groups_sql::Failure;
use tokio::{io::AsyncRead, io::AsyncWrite, task::AbortHandle, time::Instant};
use tokio_postgres::{AsyncMessage, Client, Connection, Row, SimpleQueryMessage, Statement};

use crate::{fault::Result, rows::Kind, value::Value};

/// A statement of the [table](crate::statements). Nothing else can be run on rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) kind: Kind,
    pub(crate) text: &'static str,
}

impl Sql {
    pub(crate) const fn new(kind: Kind, text: &'static str) -> Self {
        Self { kind, text }
    }

    /// Whether it locks the rows that it returns.
    pub(crate) fn locks(self) -> bool {
        let locks = ["FOR KEY SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"];
        locks.iter().any(|lock| self.text.ends_with(lock))
    }
}

/// A statement with its values.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) sql: Sql,
    pub(crate) values: Vec<Value>,
}

/// A connection. One that is dropped is closed once what was sent is answered.
pub(crate) struct Link {
    client: Client,
    driver: AbortHandle,
    prepared: Option<Mutex<HashMap<&'static str, Statement>>>,
    was_warned: Arc<AtomicBool>,
    pub(crate) place: Place,
    pub(crate) checked: Instant,
}

/// Where a connection leads, and until when it is used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The number of the host in the settings.
    pub(crate) host: usize,
    /// How often that host had been left when the connection was made.
    pub(crate) generation: u64,
    pub(crate) expires: Instant,
}

impl Link {
    /// Takes a new connection over.
    pub(crate) fn new<S, T>(client: Client, connection: Connection<S, T>, place: Place) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let was_warned = Arc::new(AtomicBool::new(false));
        let driver = tokio::spawn(drive(connection, was_warned.clone())).abort_handle();
        Self {
            client,
            driver,
            prepared: None,
            was_warned,
            place,
            checked: Instant::now(),
        }
    }

    /// From now on, each statement is prepared once.
    pub(crate) fn prepare_statements(&mut self) {
        self.prepared = Some(Mutex::default());
    }

    /// Whether statements are prepared on it.
    pub(crate) fn has_prepared(&self) -> bool {
        self.prepared.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Closes the socket at once, whatever is under way. Nothing is cancelled: a cancelled `COMMIT` may
    /// succeed without its standby. The server rolls back what was not committed when it notices.
    pub(crate) fn abort(&self) {
        self.driver.abort();
    }

    /// Whether a warning of the kind that comes with `COMMIT` has come since this was asked last.
    pub(crate) fn take_warning(&self) -> bool {
        self.was_warned.swap(false, Ordering::AcqRel)
    }

    /// Sends a script, statements without values, and waits for its end. The texts of the last row.
    pub(crate) async fn script(&self, script: &str) -> Result<Option<Vec<String>>> {
        let messages = self.client.simple_query(script).await?;
        let row = messages
            .into_iter()
            .rev()
            .find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
        Ok(row.map(|row| {
            let texts = (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned());
            texts.collect()
        }))
    }

    /// Runs statements together: one round trip. Each has a view of its own, later than what those before
    /// it have waited for. Outside a transaction, each takes effect alone.
    pub(crate) async fn all(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>> {
        self.prepare(queries).await?;
        let sent = queries
            .iter()
            .map(|query| -> Sent<'_, _> { Box::pin(self.run(query)) });
        in_order(sent.collect()).await.into_iter().collect()
    }

    /// Like [`all`](Self::all), between two scripts, which are sent in the same round trip.
    pub(crate) async fn enclosed(
        &self,
        before: Option<&str>,
        queries: &[Query],
        after: Option<&str>,
    ) -> Enclosed {
        let mut sent: Vec<Sent<'_, Answer>> = Vec::with_capacity(queries.len() + 2);
        sent.extend(before.map(|script| -> Sent<'_, _> {
            Box::pin(async move { Answer::Before(self.script(script).await) })
        }));
        sent.extend(queries.iter().map(|query| -> Sent<'_, _> {
            Box::pin(async move { Answer::Rows(self.run(query).await) })
        }));
        sent.extend(after.map(|script| -> Sent<'_, _> {
            Box::pin(async move { Answer::After(self.script(script).await.map(|_| ())) })
        }));
        let mut enclosed = Enclosed {
            before: Ok(None),
            rows: Ok(Vec::with_capacity(queries.len())),
            after: Ok(()),
        };
        for answer in in_order(sent).await {
            match answer {
                Answer::Before(outcome) => enclosed.before = outcome,
                Answer::After(outcome) => enclosed.after = outcome,
                // Of several failures the first is the cause of the others.
                Answer::Rows(outcome) => match (&mut enclosed.rows, outcome) {
                    (Ok(all), Ok(rows)) => all.push(rows),
                    (rows @ Ok(_), Err(fault)) => *rows = Err(fault),
                    (Err(_), _) => {}
                },
            }
        }
        enclosed
    }

    /// Prepares those statements that are not yet, in one round trip.
    pub(crate) async fn prepare(&self, queries: &[Query]) -> Result<()> {
        let Some(prepared) = &self.prepared else {
            return Ok(());
        };
        let mut missing: Vec<&Query> = Vec::new();
        {
            let known = lock(prepared);
            for query in queries {
                let is_new = !missing.iter().any(|other| other.sql.text == query.sql.text);
                if is_new && !known.contains_key(query.sql.text) {
                    missing.push(query);
                }
            }
        }
        let sent = missing.iter().map(|query| -> Sent<'_, _> {
            Box::pin(async move {
                let types: Vec<_> = query.values.iter().map(Value::type_).collect();
                let statement = self.client.prepare_typed(query.sql.text, &types).await?;
                Ok((query.sql.text, statement))
            })
        });
        let made: Result<Vec<_>> = in_order(sent.collect()).await.into_iter().collect();
        lock(prepared).extend(made?);
        Ok(())
    }

    async fn run(&self, query: &Query) -> Result<Vec<Row>> {
        let known = self.prepared.as_ref();
        let known = known.and_then(|known| lock(known).get(query.sql.text).cloned());
        let values = || query.values.iter();
        Ok(match known {
            Some(statement) => {
                let values: Vec<_> = values()
                    .map(|value| value as &(dyn tokio_postgres::types::ToSql + Sync))
                    .collect();
                self.client.query(&statement, &values).await?
            }
            None => {
                let values: Vec<_> = values()
                    .map(|value| {
                        (
                            value as &(dyn tokio_postgres::types::ToSql + Sync),
                            value.type_(),
                        )
                    })
                    .collect();
                self.client.query_typed(query.sql.text, &values).await?
            }
        })
    }
}

/// What statements between two scripts have answered.
pub(crate) struct Enclosed {
    /// The last row of the first script.
    pub(crate) before: Result<Option<Vec<String>>>,
    /// The rows of each statement.
    pub(crate) rows: Result<Vec<Vec<Row>>>,
    pub(crate) after: Result<()>,
}

enum Answer {
    Before(Result<Option<Vec<String>>>),
    Rows(Result<Vec<Row>>),
    After(Result<()>),
}

type Sent<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs all of the futures, each of which sends when it is polled first: in their order.
async fn in_order<T>(sent: Vec<Sent<'_, T>>) -> Vec<T> {
    let mut sent: Vec<_> = sent
        .into_iter()
        .map(|future| (Some(future), None))
        .collect();
    future::poll_fn(|context| {
        let mut is_pending = false;
        for (future, output) in &mut sent {
            let Some(running) = future else { continue };
            match running.as_mut().poll(context) {
                Poll::Ready(ready) => {
                    *output = Some(ready);
                    *future = None;
                }
                Poll::Pending => is_pending = true,
            }
        }
        match is_pending {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    })
    .await;
    let outputs = sent
        .into_iter()
        .map(|(_, output)| output.expect("every future is ready"));
    outputs.collect()
}

/// Reads and writes for the connection until it ends, and notes the warnings that matter.
async fn drive<S, T>(mut connection: Connection<S, T>, was_warned: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match future::poll_fn(|context| connection.poll_message(context)).await {
            // Before the answer of the statement that it comes with.
            Some(Ok(AsyncMessage::Notice(notice)))
                if Failure::of_commit_notice(notice.code().code()).is_some() =>
            {
                was_warned.store(true, Ordering::Release);
            }
            Some(Ok(_)) => {}
            // Whoever uses the connection is told there.
            Some(Err(_)) | None => return,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
