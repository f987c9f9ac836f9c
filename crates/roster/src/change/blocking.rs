//! The blocking driver.

use std::fmt;

use access_groups_core::{BlockingAccessGroupPort, Context};

use super::{Change, ChangeQueue, ChangeStep, Event, Limits, Report};
use crate::threads::Pool;

/// The blocking flavour of [`change_all`](crate::change_all): an iterator over the reports.
///
/// Calls are made on threads of its own, up to [`Limits::concurrency`], which start when they are
/// needed. For a port behind a `dyn`, pass an `Arc`. Between two calls of `next` the open calls go
/// on, and no further one starts.
///
/// Dropping the iterator waits for the open calls, whose outcomes are then lost; no call is made
/// after that. To end early with every outcome, cancel the token of the [`Limits`].
///
/// # Panics
///
/// `next` panics if the port does.
///
/// # Examples
///
/// ```
/// use access_groups_core::AcsUserId;
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_roster::{Change, Limits, Outcome, change_all_blocking};
///
/// let mut site = SiteBuilder::new();
/// let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
/// let nobody = AcsUserId::from_u128(9);
/// let port = site.members(gym, [grace]).build_blocking();
///
/// let changes = [ada, grace, nobody].map(|user| Change::add(user, gym));
/// let mut reports: Vec<_> = change_all_blocking(port, changes, Limits::new()).collect();
/// reports.sort_by_key(|report| report.index);
///
/// let [ada, grace, nobody] = &reports[..] else { panic!("one report for each change") };
/// assert!(matches!(ada.outcome, Outcome::Changed));
/// assert!(matches!(grace.outcome, Outcome::Unchanged)); // a member before
/// assert!(matches!(nobody.outcome, Outcome::Failed(_)));
/// ```
pub fn change_all_blocking<P, C>(
    port: P,
    changes: C,
    limits: Limits,
) -> BlockingChangeAll<P, C::IntoIter>
where
    P: BlockingAccessGroupPort + Clone + 'static,
    C: IntoIterator<Item = Change>,
{
    let mut context = Context::new();
    context.cancel = limits.cancel.clone();
    BlockingChangeAll {
        queue: ChangeQueue::new(changes, limits),
        pool: Pool::new(port, context),
    }
}

/// The reports of many changes; made by [`change_all_blocking`].
pub struct BlockingChangeAll<P, I> {
    queue: ChangeQueue<I>,
    pool: Pool<P>,
}

impl<P, I> BlockingChangeAll<P, I>
where
    P: BlockingAccessGroupPort + Clone + 'static,
    I: Iterator<Item = Change>,
{
    /// The next event, for a journal; `None` after the last one. The call of an [`Event::Begin`] starts
    /// when this is called again.
    ///
    /// # Panics
    ///
    /// If the port does.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            match self.queue.step() {
                ChangeStep::Begin(index) => return Some(Event::Begin(index)),
                ChangeStep::Call(ticket, operation) => {
                    if let Err(error) = self.pool.begin(ticket, operation) {
                        self.queue.answer(ticket, Err(error));
                    }
                }
                ChangeStep::Report(report) => return Some(Event::Report(report)),
                ChangeStep::AwaitAnswer => {
                    let (ticket, answer) = self.pool.wait()?;
                    self.queue.answer(ticket, answer);
                }
                ChangeStep::Done => return None,
            }
        }
    }
}

impl<P, I> Iterator for BlockingChangeAll<P, I>
where
    P: BlockingAccessGroupPort + Clone + 'static,
    I: Iterator<Item = Change>,
{
    type Item = Report;

    fn next(&mut self) -> Option<Report> {
        loop {
            if let Event::Report(report) = self.next_event()? {
                return Some(report);
            }
        }
    }
}

impl<P, I> fmt::Debug for BlockingChangeAll<P, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BlockingChangeAll");
        shown.field("queue", &self.queue).finish_non_exhaustive()
    }
}
