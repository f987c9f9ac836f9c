//! Faults on demand: a port that fails, waits and loses answers as a plan says.

mod decision;
mod json;
mod plan;
mod rule;

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access_groups_core::{
    AccessGroupPort, BlockingAccessGroupPort, CancelToken, Context, Error, Operation, Reply,
};
use async_trait::async_trait;

use decision::{Decisions, Injection, Then};

pub use decision::{FaultReport, RuleReport};
pub use plan::FaultPlan;
pub use rule::FaultRule;

/// A port with faults in front of it, of the flavour of the port.
///
/// The plan says which calls are hit, and by what: an error of any kind, a wait, a request that is
/// lost before the port has it, or an answer that is lost after the change was made. A plan, its
/// seed and the order of the calls decide everything: the same calls meet the same faults again.
///
/// Clones share the plan's counters. All calls in flight are decided in the order in which they
/// were made.
///
/// # Time
///
/// By default nothing takes time: a wait is added to a clock of the layer's own, which starts at
/// zero, and the call goes on at once. [`with_sleep`](Self::with_sleep) and
/// [`with_blocking_sleep`](Self::with_blocking_sleep) make waits last, and
/// [`with_clock`](Self::with_clock) gives the clock that the times of a plan are compared with.
///
/// A wait that is longer than the [timeout](Context::timeout) of the call ends there, with
/// `TimedOut`; otherwise the port gets what remains of it. A call that is
/// [cancelled](Context::cancel) during its wait ends within 20 ms, with `Cancelled`, and does not
/// reach the port: with a token, a wait is spent in slices of 20 ms.
///
/// # Cancel safety
///
/// That of the port: a call that is dropped while it waits has not reached it.
///
/// # Errors
///
/// Those of the plan and those of the port. A lost request has the code [`REQUEST_LOST`], a lost
/// answer [`ANSWER_LOST`]; both are `Unavailable`, and [ambiguous](Error::is_ambiguous) for changes,
/// since a caller cannot tell one from the other. [`is_lost`] recognizes both.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AddUser, prelude::*};
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_layers::{FaultPlan, FaultRule, Faults};
///
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// let store = site.build_blocking();
/// let plan = FaultPlan::new().with_rule(FaultRule::of::<AddUser>().first(1).loses_answer());
/// let port = Faults::new(store.clone(), plan);
///
/// let error = port.add_user(ada, gym).unwrap_err();
/// assert!(error.is_ambiguous()); // the caller cannot know that
/// assert!(store.read(|state| state.is_member(ada, gym))); // it was made
///
/// port.add_user(ada, gym)?; // the second call is not hit
/// assert_eq!(port.report().injected(), 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Faults<P> {
    port: P,
    decisions: Arc<Mutex<Decisions>>,
    clock: Option<Arc<dyn Fn() -> Duration + Send + Sync>>,
    sleep: Option<Arc<dyn Fn(Duration) -> Pause + Send + Sync>>,
    blocking_sleep: Option<Arc<dyn Fn(Duration) + Send + Sync>>,
}

type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<P> Faults<P> {
    /// Puts the faults of this plan in front of the port.
    #[must_use]
    pub fn new(port: P, plan: FaultPlan) -> Self {
        Self {
            port,
            decisions: Arc::new(Mutex::new(Decisions::new(plan))),
            clock: None,
            sleep: None,
            blocking_sleep: None,
        }
    }

    /// Puts the mix of faults of [`FaultPlan::from_seed`] in front of the port.
    #[must_use]
    pub fn from_seed(port: P, seed: u64) -> Self {
        Self::new(port, FaultPlan::from_seed(seed))
    }

    /// Sets the clock: the time since any fixed moment, the start of the program for example.
    /// Default: the sum of all waits so far.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(now));
        self
    }

    /// Sets how a wait is spent in the async flavour: `tokio::time::sleep`, for example. Default:
    /// not at all. Of a call with a token, a wait comes in slices of 20 ms.
    #[must_use]
    pub fn with_sleep<S: Future<Output = ()> + Send + 'static>(
        mut self,
        sleep: impl Fn(Duration) -> S + Send + Sync + 'static,
    ) -> Self {
        self.sleep = Some(Arc::new(move |wait| Box::pin(sleep(wait))));
        self
    }

    /// Sets how a wait is spent in the blocking flavour: `std::thread::sleep`, for example. Default:
    /// not at all. Of a call with a token, a wait comes in slices of 20 ms.
    #[must_use]
    pub fn with_blocking_sleep(mut self, sleep: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.blocking_sleep = Some(Arc::new(sleep));
        self
    }

    /// What has happened so far, rule by rule: a plan that never hits anything proves nothing.
    #[must_use]
    pub fn report(&self) -> FaultReport {
        self.lock().report()
    }

    fn decide(&self, operation: &Operation, context: &Context) -> Injection {
        // Before the lock: the clock is the caller's, and may take its time.
        let now = self.clock.as_ref().map(|now| now());
        self.lock().decide(operation, context, now)
    }

    // A poisoned lock is used all the same: counters are never half changed.
    fn lock(&self) -> MutexGuard<'_, Decisions> {
        self.decisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<P: AccessGroupPort> AccessGroupPort for Faults<P> {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let Injection { wait, then } = self.decide(&operation, context);
        if let Some(sleep) = &self.sleep {
            for slice in slices(wait, context.cancel.as_ref()) {
                sleep(slice).await;
            }
        }
        let context = after(&operation, context, wait)?;
        match then {
            Then::Pass => self.port.call(operation, &context).await,
            Then::Fail(error) => Err(error),
            Then::Lose(error) => {
                // A refusal is lost as well: the caller hears nothing.
                let _ = self.port.call(operation, &context).await;
                Err(error)
            }
        }
    }
}

impl<P: BlockingAccessGroupPort> BlockingAccessGroupPort for Faults<P> {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let Injection { wait, then } = self.decide(&operation, context);
        if let Some(sleep) = &self.blocking_sleep {
            slices(wait, context.cancel.as_ref()).for_each(sleep.as_ref());
        }
        let context = after(&operation, context, wait)?;
        match then {
            Then::Pass => self.port.call(operation, &context),
            Then::Fail(error) => Err(error),
            Then::Lose(error) => {
                let _ = self.port.call(operation, &context);
                Err(error)
            }
        }
    }
}

/// The wait, in slices if a token may end it: it has nothing to wake a sleeper with. None comes after
/// the call is cancelled.
fn slices(wait: Duration, token: Option<&CancelToken>) -> impl Iterator<Item = Duration> {
    let mut left = wait;
    std::iter::from_fn(move || {
        let slice = match token {
            Some(token) if token.is_cancelled() => Duration::ZERO,
            Some(_) => left.min(SLICE),
            None => left,
        };
        left -= slice;
        (!slice.is_zero()).then_some(slice)
    })
}

/// The context with what remains of its timeout, unless the call was cancelled during the wait.
fn after<'c>(
    operation: &Operation,
    context: &'c Context,
    wait: Duration,
) -> Result<Cow<'c, Context>, Error> {
    if wait.is_zero() {
        return Ok(Cow::Borrowed(context));
    }
    let token = context.cancel.as_ref();
    if token.is_some_and(CancelToken::is_cancelled) {
        // Nothing has reached the port.
        let error = Error::cancelled("the call was cancelled");
        return Err(error.with_operation(operation.name()));
    }
    Ok(match context.timeout {
        Some(timeout) => {
            let remaining = timeout.saturating_sub(wait);
            Cow::Owned(context.clone().with_timeout(remaining))
        }
        None => Cow::Borrowed(context),
    })
}

impl<P> fmt::Debug for Faults<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report();
        f.debug_struct("Faults")
            .field("seed", &report.seed)
            .field("calls", &report.calls)
            .field("injected", &report.injected())
            .finish_non_exhaustive()
    }
}

/// Whether a layer of [`Faults`] has lost the request or the answer. The code alone does not tell: an
/// error of the plan or of the port may have the same one.
///
/// # Examples
///
/// ```
/// use access_groups_core::{Error, prelude::*};
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_layers::{FaultPlan, FaultRule, Faults, REQUEST_LOST, is_lost};
///
/// let store = SiteBuilder::new().build_blocking();
/// let rule = FaultRule::of_all().loses_request();
/// let port = Faults::new(store, FaultPlan::new().with_rule(rule));
/// assert!(is_lost(&port.workspace().unwrap_err()));
/// assert!(!is_lost(&Error::unavailable("away").with_code(REQUEST_LOST)));
/// ```
#[must_use]
pub fn is_lost(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<LostByPlan>())
}

/// The source of the errors of lost calls.
#[derive(Debug, Clone, Copy)]
struct LostByPlan;

impl fmt::Display for LostByPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault plan loses it")
    }
}

impl std::error::Error for LostByPlan {}

/// How long a wait goes on at most after its call is cancelled.
const SLICE: Duration = Duration::from_millis(20);

/// The code of the error of a request that never reached the port.
pub const REQUEST_LOST: &str = "request_lost";

/// The code of the error of an answer that is lost: the port has made the call.
pub const ANSWER_LOST: &str = "answer_lost";

#[cfg(test)]
mod tests;
