//! A recorder: a port that keeps what was called, and what came of it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use access_groups_core::{
    AccessGroupPort, BlockingAccessGroupPort, Call, Context, Error, Operation, Reply, Subject,
};
use async_trait::async_trait;

/// A port that records every call of the port behind it, of the flavour of that port.
///
/// Clones share the record. It keeps operations and replies whole, with names and addresses of
/// people: it is for tests. `Debug` shows names of operations, ids and outcomes only.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AddUser, prelude::*};
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_layers::Recorder;
///
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// let port = Recorder::new(site.build_blocking());
///
/// port.add_user(ada, gym)?;
/// assert!(port.remove_user(ada, AccessGroupId::from_u128(9)).is_err());
///
/// assert_eq!(port.names(), ["add_user", "remove_user"]);
/// let added = port.calls_of::<AddUser>();
/// assert_eq!(added[0].operation, AddUser::new(ada, gym).into());
/// assert!(added[0].is_ok());
///
/// let records = port.take();
/// assert_eq!(records.len(), 2);
/// assert_eq!(records[1].error().map(Error::kind), Some(ErrorKind::NotFound));
/// assert!(port.take().is_empty());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Recorder<P> {
    port: P,
    log: Arc<Mutex<Log>>,
}

/// One call.
#[derive(Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The number of the call: in the order in which calls were made, from 1.
    pub number: u64,
    /// What was asked.
    pub operation: Operation,
    /// What came with it.
    pub context: Context,
    /// What was answered; `None` while the call is in flight, and if it was dropped.
    pub answer: Option<Result<Reply, Error>>,
}

/// The newest calls, and how many there were.
#[derive(Default)]
struct Log {
    records: VecDeque<Recorded>,
    calls: u64,
    forgotten: u64,
    limit: Option<usize>,
}

impl<P> Recorder<P> {
    /// Records the calls of this port, all of them.
    #[must_use]
    pub fn new(port: P) -> Self {
        let log = Arc::default();
        Self { port, log }
    }

    /// Keeps at most so many calls, the newest ones; at least one. Default: all.
    #[must_use]
    pub fn with_limit(self, calls: usize) -> Self {
        self.lock().limit = Some(calls.max(1));
        self
    }

    /// The names of the operations, in the order of the calls.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let log = self.lock();
        let records = log.records.iter();
        records.map(|record| record.operation.name()).collect()
    }

    /// The calls, in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<Recorded> {
        self.lock().records.iter().cloned().collect()
    }

    /// The calls of one operation, in their order.
    #[must_use]
    pub fn calls_of<C: Call>(&self) -> Vec<Recorded> {
        let log = self.lock();
        let is_one = |record: &&Recorded| record.operation.name() == C::NAME;
        log.records.iter().filter(is_one).cloned().collect()
    }

    /// Returns the calls and forgets them; numbers go on. The answer to a call in flight is then
    /// not recorded.
    #[must_use]
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.lock().records).into()
    }

    /// How many calls the [limit](Self::with_limit) has made it forget.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.lock().forgotten
    }

    // A poisoned lock is used all the same: a record is added whole or not at all.
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Records a call that is about to be made, and returns its number.
    fn begin(&mut self, operation: &Operation, context: &Context) -> u64 {
        self.calls += 1;
        if self.limit.is_some_and(|limit| self.records.len() >= limit) {
            self.records.pop_front();
            self.forgotten += 1;
        }
        self.records.push_back(Recorded {
            number: self.calls,
            operation: operation.clone(),
            context: context.clone(),
            answer: None,
        });
        self.calls
    }

    fn end(&mut self, number: u64, answer: &Result<Reply, Error>) {
        // Numbers are without gaps, so the place of a call follows from that of the oldest.
        let oldest = self
            .records
            .front()
            .map_or(u64::MAX, |oldest| oldest.number);
        let place = number.checked_sub(oldest);
        let place = place.and_then(|place| usize::try_from(place).ok());
        // It may have been taken or forgotten meanwhile.
        if let Some(record) = place.and_then(|place| self.records.get_mut(place)) {
            record.answer = Some(answer.clone());
        }
    }
}

#[async_trait]
impl<P: AccessGroupPort> AccessGroupPort for Recorder<P> {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let number = self.lock().begin(&operation, context);
        let answer = self.port.call(operation, context).await;
        self.lock().end(number, &answer);
        answer
    }
}

impl<P: BlockingAccessGroupPort> BlockingAccessGroupPort for Recorder<P> {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let number = self.lock().begin(&operation, context);
        let answer = self.port.call(operation, context);
        self.lock().end(number, &answer);
        answer
    }
}

impl Recorded {
    /// Whether the call has succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self.answer, Some(Ok(_)))
    }

    /// The error, if the call has failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.answer.as_ref()?.as_ref().err()
    }
}

impl<P> fmt::Debug for Recorder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.lock();
        f.debug_struct("Recorder")
            .field("records", &log.records)
            .field("forgotten", &log.forgotten)
            .finish_non_exhaustive()
    }
}

/// `#3 add_user [ACS user …, access group …]: ok`: no texts, which may be about people.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.operation.ids();
        let ids: Vec<_> = ids.iter().map(Subject::to_string).collect();
        let name = self.operation.name();
        write!(f, "#{} {name} [{}]: ", self.number, ids.join(", "))?;
        match &self.answer {
            None => f.write_str("no answer"),
            Some(Ok(_)) => f.write_str("ok"),
            // A message may repeat what the caller wrote.
            Some(Err(error)) => write!(f, "{}", error.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task};

    use access_groups_conformance::block_on;
    use access_groups_core::{NewAcsUser, prelude::*};
    use access_groups_in_memory::{InMemory, SiteBuilder};

    use super::*;

    /// Never answers.
    struct Silent;

    #[async_trait]
    impl AccessGroupPort for Silent {
        async fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            std::future::pending().await
        }
    }

    #[test]
    fn a_dropped_call_has_no_answer() {
        let port = Recorder::new(Silent);
        let mut waker = task::Context::from_waker(task::Waker::noop());
        {
            let call = pin!(port.workspace());
            assert!(call.poll(&mut waker).is_pending());
        }
        let [call] = &port.calls()[..] else {
            panic!("one call: {port:?}")
        };
        assert!(call.answer.is_none() && !call.is_ok() && call.error().is_none());
        assert_eq!(format!("{call:?}"), "#1 workspace []: no answer");
    }

    #[test]
    fn the_limit_keeps_the_newest() {
        let port = Recorder::new(InMemory::default()).with_limit(2);
        block_on(async {
            for _ in 0..2 {
                port.workspace().await.expect("there is always one");
            }
            port.acs_systems(AcsSystemFilter::new())
                .await
                .expect("none");
        });
        assert_eq!(port.names(), ["workspace", "acs_systems"]);
        assert_eq!(port.forgotten(), 1);
        let numbers: Vec<_> = port.calls().iter().map(|call| call.number).collect();
        assert_eq!(numbers, [2, 3]);
        assert!(port.calls().iter().all(Recorded::is_ok));
    }

    #[test]
    fn an_answer_after_take_is_dropped() {
        let mut log = Log::default();
        let (operation, context) = (GetWorkspace::new().into(), Context::new());
        let first = log.begin(&operation, &context);
        log.records.clear();
        let second = log.begin(&operation, &context);
        log.end(first, &Err(Error::internal("the first")));
        assert!(log.records[0].answer.is_none());
        log.end(second, &Err(Error::internal("the second")));
        assert_eq!(
            log.records[0].error().map(Error::message),
            Some("the second")
        );
    }

    #[test]
    fn debug_shows_no_person() {
        let mut site = SiteBuilder::new();
        let system = site.system();
        let port = Recorder::new(site.build_blocking());
        let ada = NewAcsUser::new(system, "Ada Lovelace".parse().expect("a name"));
        port.with_context(Context::new().with_actor("Grace"))
            .create_acs_user(ada)
            .expect("a system");
        assert_eq!(
            format!("{:?}", port.calls()),
            format!("[#1 create_acs_user [ACS system {system}]: ok]")
        );
        assert_eq!(port.calls()[0].context.actor.as_deref(), Some("Grace"));
    }
}
