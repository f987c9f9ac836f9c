//! The async driver.

use std::{fmt, future::Future, pin::Pin, sync::Arc, task};

use access_groups_core::{AccessGroupPort, Context, Error, Reply, Ticket};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{Change, ChangeQueue, ChangeStep, Event, Limits, Report};

/// Makes many changes, several at a time, and returns a [`Report`] of each: call
/// [`next`](ChangeAll::next), or use it as a stream (feature `stream`).
///
/// The changes of one person are made in order, one after another; everything else may overtake. The
/// changes may be an endless iterator: few are taken in advance. A failure stops nothing, unless the
/// [`Limits`] say so. It does not repeat calls; the HTTP clients do.
///
/// # Examples
///
/// ```
/// use access_groups_core::{Error, prelude::*};
/// use access_groups_roster::{Change, Limits, change_all};
///
/// /// Ends the membership of everybody; returns how many of these calls failed.
/// async fn empty(port: &dyn AccessGroupPort, group: AccessGroupId) -> Result<usize, Error> {
///     let members = port.users_in_group(group).await?;
///     let removals = members.iter().map(|user| Change::remove(user, group));
///     let mut all = change_all(port, removals, Limits::new());
///     let mut failed = 0;
///     while let Some(report) = all.next().await {
///         failed += usize::from(!report.outcome.is_accepted());
///     }
///     Ok(failed)
/// }
/// ```
pub fn change_all<P: AccessGroupPort + ?Sized, C: IntoIterator<Item = Change>>(
    port: &P,
    changes: C,
    limits: Limits,
) -> ChangeAll<'_, P, C::IntoIter> {
    let mut context = Context::new();
    context.cancel = limits.cancel.clone();
    ChangeAll {
        port,
        context: Arc::new(context),
        queue: ChangeQueue::new(changes, limits),
        calls: FuturesUnordered::new(),
    }
}

/// The reports of many changes; made by [`change_all`].
///
/// # Cancel safety
///
/// [`next`](Self::next) may be dropped and called again: no report is lost. Calls go on only while
/// it is polled. Dropping this value drops the open calls, and the port's own rules apply to them:
/// to end early with every outcome, cancel the token of the [`Limits`].
pub struct ChangeAll<'a, P: ?Sized, I> {
    port: &'a P,
    context: Arc<Context>,
    queue: ChangeQueue<I>,
    // Unordered: a slow answer must not hold back those of other people.
    calls: FuturesUnordered<CallFuture<'a>>,
}

type CallFuture<'a> = Pin<Box<dyn Future<Output = (Ticket, Result<Reply, Error>)> + Send + 'a>>;

impl<P: AccessGroupPort + ?Sized, I: Iterator<Item = Change>> ChangeAll<'_, P, I> {
    /// The next report; `None` after the last one.
    pub async fn next(&mut self) -> Option<Report> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// The next event, for a journal; `None` after the last one. The call of an [`Event::Begin`] starts
    /// when this is called again.
    pub async fn next_event(&mut self) -> Option<Event> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    fn poll(&mut self, context: &mut task::Context<'_>) -> task::Poll<Option<Report>> {
        loop {
            match task::ready!(self.poll_event(context)) {
                Some(Event::Begin(_)) => {}
                Some(Event::Report(report)) => return task::Poll::Ready(Some(report)),
                None => return task::Poll::Ready(None),
            }
        }
    }

    fn poll_event(&mut self, task: &mut task::Context<'_>) -> task::Poll<Option<Event>> {
        loop {
            match self.queue.step() {
                ChangeStep::Begin(index) => return task::Poll::Ready(Some(Event::Begin(index))),
                ChangeStep::Call(ticket, operation) => {
                    let (port, context) = (self.port, Arc::clone(&self.context));
                    let call = async move { (ticket, port.call(operation, &context).await) };
                    let mut call = Box::pin(call);
                    match call.as_mut().poll(task) {
                        task::Poll::Ready((ticket, answer)) => self.queue.answer(ticket, answer),
                        task::Poll::Pending => self.calls.push(call),
                    }
                }
                ChangeStep::Report(report) => {
                    return task::Poll::Ready(Some(Event::Report(report)));
                }
                ChangeStep::Done => return task::Poll::Ready(None),
                ChangeStep::AwaitAnswer => {
                    match task::ready!(self.calls.poll_next_unpin(task)) {
                        Some((ticket, answer)) => self.queue.answer(ticket, answer),
                        // The queue waits only while a call is open.
                        None => return task::Poll::Ready(None),
                    }
                }
            }
        }
    }
}

#[cfg(feature = "stream")]
impl<P, I> futures_core::Stream for ChangeAll<'_, P, I>
where
    P: AccessGroupPort + ?Sized,
    I: Iterator<Item = Change> + Unpin,
{
    type Item = Report;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<Report>> {
        self.get_mut().poll(context)
    }
}

impl<P: ?Sized, I> fmt::Debug for ChangeAll<'_, P, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ChangeAll");
        shown.field("queue", &self.queue).finish_non_exhaustive()
    }
}
