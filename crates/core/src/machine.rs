//! Logic over a port as pure state machines, and the two loops that drive them.
//!
//! A machine makes no calls itself: it returns the next operation to call, the time to wait, or the
//! result. The same logic therefore serves both flavours, and tests need neither a port nor a clock.
//!
//! Most applications do not need this module: [`check`](crate::AccessGroupPortExt::check),
//! [`who_can_open`](crate::AccessGroupPortExt::who_can_open) and
//! [`wait_until_propagated`](crate::wait_until_propagated) drive the machines of this crate.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::{AccessGroupPort, BlockingAccessGroupPort, Context, Error, Operation, Reply};

/// Logic that needs several calls, separated from making them.
///
/// # For callers
///
/// Use [`drive`] or [`drive_blocking`]. A driver of your own calls [`step`](Self::step) until it
/// returns [`Step::Done`], and gives each answer back with the ticket of its call.
///
/// # For implementors
///
/// `step` never blocks, reads no clock and makes no calls. It returns [`Step::AwaitAnswer`] only while
/// a call is open, and [`Step::Wait`] only while none is.
///
/// # Examples
///
/// A machine that retries, driven with a clock of its own:
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{machine, prelude::*, propagation::PropagationWait};
///
/// /// A service that is always busy.
/// struct Busy;
///
/// impl BlockingAccessGroupPort for Busy {
///     fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
///         Err(Error::unavailable("busy").with_operation(operation.name()))
///     }
/// }
///
/// // The clock and the sleep are arguments, so the wait takes no time here.
/// let clock = std::cell::Cell::new(Duration::ZERO);
/// let wait = PropagationWait::new(AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// let result = machine::drive_blocking(
///     &Busy,
///     wait,
///     || clock.get(),
///     |pause| clock.set(clock.get() + pause),
/// );
/// assert_eq!(result.unwrap_err().kind(), ErrorKind::Unavailable); // retried until the deadline
/// assert_eq!(clock.get(), PropagationWait::TIMEOUT);
/// ```
///
/// The same loop by hand, over a port that never waits:
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{
///     Context, Error, access::{AccessCheck, Verdict}, machine::{Machine, Step}, prelude::*,
/// };
///
/// fn check(
///     port: &dyn BlockingAccessGroupPort,
///     mut machine: AccessCheck,
/// ) -> Result<Verdict, Error> {
///     let now = Duration::ZERO;
///     loop {
///         match machine.step(now) {
///             Step::Call(ticket, operation) => {
///                 let answer = port.call(operation, &Context::new());
///                 machine.answer(ticket, answer, now);
///             }
///             Step::Wait(_) | Step::AwaitAnswer => unreachable!("every call was answered"),
///             Step::Done(result) => return result,
///         }
///     }
/// }
/// ```
pub trait Machine {
    /// The type of the result.
    type Output;

    /// Returns what to do next. `now` is the time since any fixed moment; it must not go backwards.
    ///
    /// After [`Step::Call`] the driver may step again immediately: further calls may follow before
    /// the first is answered.
    fn step(&mut self, now: Duration) -> Step<Self::Output>;

    /// Takes the answer to a call. An answer to a call that is not open is ignored, such as one that
    /// arrives after another call has failed.
    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, now: Duration);
}

/// A driver may borrow a machine that is asked for more than its result afterwards.
impl<M: Machine + ?Sized> Machine for &mut M {
    type Output = M::Output;

    fn step(&mut self, now: Duration) -> Step<M::Output> {
        (**self).step(now)
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, now: Duration) {
        (**self).answer(ticket, answer, now);
    }
}

/// What the driver of a [`Machine`] must do next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once a step")]
pub enum Step<T> {
    /// Make this call, and pass the answer to [`Machine::answer`] with the ticket.
    Call(Ticket, Operation),
    /// Wait until one of the open calls is answered. A driver that answers every call before it steps
    /// again never sees this step.
    AwaitAnswer,
    /// Wait for this time. No call is open.
    Wait(Duration),
    /// The result. Do not step again.
    Done(Result<T, Error>),
}

/// Identifies an open call of a [`Machine`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u32);

impl Ticket {
    /// The ticket with this number, which the machine chooses: unique among its open calls.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }
}

/// Drives a machine over an async port, with this clock (the time since any fixed moment) and this
/// sleep. Calls that the machine returns together are made concurrently.
///
/// # Cancel safety
///
/// Dropping the future drops the open calls with it; the port's own rules apply to them.
///
/// # Errors
///
/// Those of the machine.
///
/// # Examples
///
/// ```
/// use access_groups_core::{access::WhoCanOpen, machine, prelude::*};
///
/// /// How many members of groups may open an entrance, without asking about direct grants.
/// async fn count(
///     port: &dyn AccessGroupPort,
///     entrance: EntranceId,
///     now: Timestamp,
/// ) -> Result<usize, Error> {
///     let machine = WhoCanOpen::new(entrance, now).without_direct_grants();
///     let clock = || std::time::Duration::ZERO; // this machine never waits
///     let verdicts = machine::drive(port, machine, clock, |_| std::future::ready(())).await?;
///     Ok(verdicts.len())
/// }
/// ```
pub async fn drive<M: Machine, S: Future<Output = ()>>(
    port: &(impl AccessGroupPort + ?Sized),
    mut machine: M,
    now: impl Fn() -> Duration,
    sleep: impl Fn(Duration) -> S,
) -> Result<M::Output, Error> {
    let context = Context::default();
    // A reference, which each `async move` block can copy.
    let context = &context;
    // Unordered: a slow answer must not hold back calls that follow from a fast one.
    let mut calls = FuturesUnordered::new();
    loop {
        match machine.step(now()) {
            Step::Call(ticket, operation) => {
                calls.push(async move { (ticket, port.call(operation, context).await) });
            }
            Step::AwaitAnswer => match calls.next().await {
                Some((ticket, answer)) => machine.answer(ticket, answer, now()),
                // A bug of the machine; waiting would never end.
                None => return Err(nothing_to_wait_for()),
            },
            Step::Wait(duration) => sleep(duration).await,
            Step::Done(result) => return result,
        }
    }
}

/// Drives a machine over a blocking port, with this clock and this sleep. Calls are made one after
/// another on the calling thread, in the order in which the machine returns them.
///
/// # Errors
///
/// Those of the machine.
pub fn drive_blocking<M: Machine>(
    port: &(impl BlockingAccessGroupPort + ?Sized),
    mut machine: M,
    now: impl Fn() -> Duration,
    sleep: impl Fn(Duration),
) -> Result<M::Output, Error> {
    loop {
        match machine.step(now()) {
            Step::Call(ticket, operation) => {
                let answer = port.call(operation, &Context::default());
                machine.answer(ticket, answer, now());
            }
            // Every call was answered above, so there is none to wait for: a bug of the machine.
            Step::AwaitAnswer => return Err(nothing_to_wait_for()),
            Step::Wait(duration) => sleep(duration),
            Step::Done(result) => return result,
        }
    }
}

/// Drives a machine that never waits over an async port.
pub(crate) async fn drive_at_once<M: Machine>(
    port: &(impl AccessGroupPort + ?Sized),
    machine: M,
) -> Result<M::Output, Error> {
    drive(port, machine, || Duration::ZERO, |_| std::future::ready(())).await
}

/// Drives a machine that never waits over a blocking port.
pub(crate) fn drive_at_once_blocking<M: Machine>(
    port: &(impl BlockingAccessGroupPort + ?Sized),
    machine: M,
) -> Result<M::Output, Error> {
    drive_blocking(port, machine, || Duration::ZERO, |_| ())
}

fn nothing_to_wait_for() -> Error {
    Error::internal("the machine waits for an answer, and no call is open")
}

/// The queued and the open calls of a machine, each with its purpose.
#[derive(Debug)]
pub(crate) struct Calls<Purpose> {
    queue: VecDeque<(Purpose, Operation)>,
    open: HashMap<Ticket, Purpose>,
    next_ticket: u32,
    failure: Option<Error>,
}

impl<Purpose> Calls<Purpose> {
    /// The maximum number of open calls: enough to hide the latency of a service, few enough to stay
    /// below usual rate limits.
    const LIMIT: usize = 8;

    pub(crate) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            open: HashMap::new(),
            next_ticket: 0,
            failure: None,
        }
    }

    /// Queues a call; it is made when fewer than the maximum are open.
    pub(crate) fn push(&mut self, purpose: Purpose, operation: impl Into<Operation>) {
        self.queue.push_back((purpose, operation.into()));
    }

    /// The next call, or the wait for an answer; `None` if no call is queued or open.
    pub(crate) fn step<T>(&mut self) -> Option<Step<T>> {
        if self.open.len() < Self::LIMIT
            && let Some((purpose, operation)) = self.queue.pop_front()
        {
            let ticket = Ticket::new(self.next_ticket);
            self.next_ticket += 1;
            self.open.insert(ticket, purpose);
            return Some(Step::Call(ticket, operation));
        }
        (!self.open.is_empty()).then_some(Step::AwaitAnswer)
    }

    /// Closes a call and returns its purpose; `None` if it is not open.
    pub(crate) fn take(&mut self, ticket: Ticket) -> Option<Purpose> {
        self.open.remove(&ticket)
    }

    /// Drops all queued calls, and ignores the answers to the open ones.
    pub(crate) fn fail(&mut self, error: Error) {
        // Without its ticket here, a late answer finds no purpose and is ignored.
        self.queue.clear();
        self.open.clear();
        self.failure = Some(error);
    }

    /// The failure that ended the calls, if one did.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}

/// Runs a future that is ready at once: for tests of the async flavour.
#[cfg(test)]
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}
