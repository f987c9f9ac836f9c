//! The adapters: one [`State`], shared between tasks or threads.

mod async_ports;
mod blocking_ports;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use access_groups_core::{Call, Error, Timestamp};

use crate::{Settling, State};

/// Access groups in memory, behind the async ports.
///
/// A clone shares the state, and so does [`blocking`](Self::blocking). No method ever waits:
/// each future is ready at its first poll, on any executor or none.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupPort, Error};
/// use access_groups_in_memory::SiteBuilder;
///
/// # fn main() -> Result<(), Error> {
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # let mut run = std::pin::pin!(async {
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// let port = site.build();
///
/// port.add_user(ada.into(), gym).await?;
/// assert!(port.read(|state| state.is_member(ada, gym)));
/// # Ok(())
/// # });
/// # match run.as_mut().poll(&mut context) {
/// #     std::task::Poll::Ready(result) => result,
/// #     std::task::Poll::Pending => unreachable!("memory never waits"),
/// # }
/// # }
/// ```
#[derive(Clone, Default)]
pub struct InMemory {
    shared: BlockingInMemory,
}

impl InMemory {
    /// An adapter that owns this state.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            shared: BlockingInMemory::new(state),
        }
    }

    /// See [`BlockingInMemory::with_clock`].
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            shared: self.shared.with_clock(clock),
        }
    }

    /// See [`BlockingInMemory::with_settling`].
    #[must_use]
    pub fn with_settling(self, settling: Settling) -> Self {
        Self {
            shared: self.shared.with_settling(settling),
        }
    }

    /// Lets everything that is pending reach the doors: see [`State::settle`].
    pub fn settle(&self) -> bool {
        self.shared.settle()
    }

    /// The blocking ports of the same state.
    #[must_use]
    pub fn blocking(&self) -> BlockingInMemory {
        self.shared.clone()
    }

    /// A copy of the state as it is now.
    #[must_use]
    pub fn snapshot(&self) -> State {
        self.shared.snapshot()
    }

    /// See [`BlockingInMemory::read`].
    pub fn read<R>(&self, question: impl FnOnce(&State) -> R) -> R {
        self.shared.read(question)
    }

    /// See [`BlockingInMemory::update`].
    pub fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        self.shared.update(change)
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.describe("InMemory", f)
    }
}

/// Access groups in memory, behind the blocking ports.
///
/// A clone shares the state, and so does [`asynchronous`](Self::asynchronous). Calls wait
/// for each other's changes, which take microseconds, and for nothing else.
///
/// # Examples
///
/// ```
/// use access_groups_core::{BlockingAccessGroupPort, ErrorKind};
/// use access_groups_in_memory::SiteBuilder;
///
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// site.new_system("West Wing");
/// let pool = site.group("Pool");
/// let port = site.build_blocking();
///
/// port.add_user(ada.into(), gym)?;
/// port.remove_user(ada.into(), pool)?; // of another system, so never a member: fine
/// let refused = port.add_user(ada.into(), pool).expect_err("systems do not mix");
/// assert_eq!(refused.kind(), ErrorKind::Invalid);
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Clone)]
pub struct BlockingInMemory {
    state: Arc<RwLock<State>>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl BlockingInMemory {
    /// An adapter that owns this state.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state: Arc::new(RwLock::new(state)),
            clock: Arc::new(system_clock),
        }
    }

    /// Takes the time of what it creates from this clock instead of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Lets changes reach the doors like this; by default, [`Settling::AtOnce`].
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{BlockingAccessGroupPort, BlockingAcsUserPort};
    /// use access_groups_in_memory::{Settling, SiteBuilder};
    ///
    /// let mut site = SiteBuilder::new();
    /// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    /// let port = site.build_blocking().with_settling(Settling::OnCommand);
    ///
    /// port.add_user(ada.into(), gym)?; // accepted
    /// assert_eq!(port.users_in_group(gym)?.len(), 1); // and listed
    /// let pending = port.acs_user(ada.into())?.pending_mutations;
    /// assert!(pending[0].change.is_about_group(gym)); // but the doors do not know
    ///
    /// port.settle();
    /// assert!(port.acs_user(ada.into())?.pending_mutations.is_empty());
    /// # Ok::<(), access_groups_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_settling(self, settling: Settling) -> Self {
        self.update(|state| state.set_settling(settling));
        self
    }

    /// Lets everything that is pending reach the doors: see [`State::settle`].
    pub fn settle(&self) -> bool {
        self.update(State::settle)
    }

    /// The async ports of the same state.
    #[must_use]
    pub fn asynchronous(&self) -> InMemory {
        InMemory {
            shared: self.clone(),
        }
    }

    /// A copy of the state as it is now.
    #[must_use]
    pub fn snapshot(&self) -> State {
        self.read(State::clone)
    }

    /// Asks the state itself, as it is at the clock's time; no change happens meanwhile.
    ///
    /// Do not use the adapter inside: it may wait for itself.
    pub fn read<R>(&self, question: impl FnOnce(&State) -> R) -> R {
        // A panic elsewhere has not left anything half done: see `update`.
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let Some(due) = state.next_due() else {
            return question(&state);
        };
        drop(state);
        let now = (self.clock)();
        if due <= now {
            self.update(|state| state.advance_to(now));
        }
        question(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state itself, seen by all clones as one step.
    ///
    /// Do not use the adapter inside: it would wait for itself. If `change` panics, what it
    /// has done until then stays: each method of [`State`] is done whole or not at all.
    pub fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Carries out an operation that changes nothing; the others may read meanwhile.
    fn ask<C: Call, R>(
        &self,
        question: impl FnOnce(&State) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.read(question)
            .map_err(|error| error.with_operation(C::NAME))
    }

    /// Carries out an operation that may change something, at the clock's time.
    fn change<C: Call, R>(
        &self,
        change: impl FnOnce(&mut State, Timestamp) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let now = (self.clock)();
        let change = |state: &mut State| {
            state.advance_to(now);
            change(state, now)
        };
        self.update(change)
            .map_err(|error| error.with_operation(C::NAME))
    }

    /// Numbers only: names and addresses of people do not belong in a log.
    fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(name);
        // Whoever prints may hold the lock.
        if let Ok(state) = self.state.try_read() {
            shown
                .field("users", &state.user_count())
                .field("memberships", &state.membership_count())
                .field("revision", &state.revision());
        }
        shown.finish_non_exhaustive()
    }
}

impl Default for BlockingInMemory {
    fn default() -> Self {
        Self::new(State::new())
    }
}

impl fmt::Debug for BlockingInMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe("BlockingInMemory", f)
    }
}

/// A time that the platform has and `Timestamp` has not is ages away: 1970 will do.
fn system_clock() -> Timestamp {
    SystemTime::now()
        .try_into()
        .unwrap_or(Timestamp::UNIX_EPOCH)
}
