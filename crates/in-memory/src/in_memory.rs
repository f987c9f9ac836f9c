//! The adapters: a [`State`] shared between tasks or threads.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use access_groups_core::{
    AccessGroupId, AccessGroupPort, AcsUserId, BlockingAccessGroupPort, Context, Error, Operation,
    Reply, Timestamp,
};
use async_trait::async_trait;

use crate::{provider::PropagationMode, state::State};

/// A store in memory, async.
///
#[doc = access_groups_core::calls!(async)]
///
/// Clones share the state, and so does [`blocking`](Self::blocking). Every future is ready at its
/// first poll, on any executor or none.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroups, Error};
/// use access_groups_in_memory::SiteBuilder;
///
/// # fn main() -> Result<(), Error> {
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # let mut run = std::pin::pin!(async {
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// let port = site.build();
///
/// port.add_user(ada, gym).await?;
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
    /// A store with this state.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            shared: BlockingInMemory::new(state),
        }
    }

    /// Takes the time from this clock; the default is the system's clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            shared: self.shared.with_clock(clock),
        }
    }

    /// Sets when changes propagate; the default is [`PropagationMode::Immediate`].
    #[must_use]
    pub fn with_propagation(self, mode: PropagationMode) -> Self {
        Self {
            shared: self.shared.with_propagation(mode),
        }
    }

    /// Makes the provider refuse the next change of this membership, with this message: see
    /// [`State::refuse_next_change`].
    pub fn refuse_next_change(
        &self,
        user: AcsUserId,
        group: AccessGroupId,
        message: impl Into<String>,
    ) {
        self.shared.refuse_next_change(user, group, message);
    }

    /// Propagates everything that is pending, as [`State::propagate_all`] does.
    pub fn propagate_all(&self) -> bool {
        self.shared.propagate_all()
    }

    /// The blocking store over the same state.
    #[must_use]
    pub fn blocking(&self) -> BlockingInMemory {
        self.shared.clone()
    }

    /// A copy of the state as it is now.
    #[must_use]
    pub fn snapshot(&self) -> State {
        self.shared.snapshot()
    }

    /// Reads the state, as [`BlockingInMemory::read`] does.
    pub fn read<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        self.shared.read(read)
    }

    /// Changes the state, as [`BlockingInMemory::update`] does.
    pub fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        self.shared.update(change)
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.describe("InMemory", f)
    }
}

/// A store in memory, blocking.
///
#[doc = access_groups_core::calls!(blocking)]
///
/// Clones share the state, and so does [`asynchronous`](Self::asynchronous). Calls block only
/// while another call makes a change, which takes microseconds.
///
/// # Examples
///
/// ```
/// use access_groups_core::{BlockingAccessGroups, ErrorKind};
/// use access_groups_in_memory::SiteBuilder;
///
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// site.new_system("West Wing");
/// let pool = site.group("Pool");
/// let port = site.build_blocking();
///
/// port.add_user(ada, gym)?;
/// port.remove_user(ada, pool)?; // of another system, so never a member: nothing to do
/// let refused = port.add_user(ada, pool).expect_err("systems do not mix");
/// assert_eq!(refused.kind(), ErrorKind::Invalid);
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Clone)]
pub struct BlockingInMemory {
    state: Arc<RwLock<State>>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl BlockingInMemory {
    /// A store with this state.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            state: Arc::new(RwLock::new(state)),
            clock: Arc::new(system_clock),
        }
    }

    /// Takes the time from this clock; the default is the system's clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets when changes propagate; the default is [`PropagationMode::Immediate`].
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{BlockingAccessGroups, BlockingAcsUsers};
    /// use access_groups_in_memory::{PropagationMode, SiteBuilder};
    ///
    /// let mut site = SiteBuilder::new();
    /// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    /// let port = site.build_blocking().with_propagation(PropagationMode::Manual);
    ///
    /// port.add_user(ada, gym)?; // accepted
    /// assert_eq!(port.users_in_group(gym)?.len(), 1); // and listed
    /// let pending = port.acs_user(ada)?.pending_mutations;
    /// assert!(pending[0].change.is_about_group(gym)); // but has not propagated
    ///
    /// port.propagate_all();
    /// assert!(port.acs_user(ada)?.pending_mutations.is_empty());
    /// # Ok::<(), access_groups_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_propagation(self, mode: PropagationMode) -> Self {
        self.update(|state| state.set_propagation(mode));
        self
    }

    /// Makes the provider refuse the next change of this membership, with this message: see
    /// [`State::refuse_next_change`].
    pub fn refuse_next_change(
        &self,
        user: AcsUserId,
        group: AccessGroupId,
        message: impl Into<String>,
    ) {
        self.update(|state| state.refuse_next_change(user, group, message));
    }

    /// Propagates everything that is pending, as [`State::propagate_all`] does.
    pub fn propagate_all(&self) -> bool {
        self.update(State::propagate_all)
    }

    /// The async store over the same state.
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

    /// Reads the state, as it is at the clock's time; nothing changes meanwhile.
    ///
    /// Do not use the store inside the closure: it may deadlock.
    pub fn read<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        // A poisoned lock is fine: no method of `State` leaves a change half made.
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let Some(due) = state.next_due() else {
            return read(&state);
        };
        // Only a change that is due needs the write lock, and a lock cannot be upgraded.
        drop(state);
        let now = (self.clock)();
        if due <= now {
            self.update(|state| state.advance_to(now));
        }
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state, in one step for all clones.
    ///
    /// Do not use the store inside the closure: it would deadlock. If `change` panics, its changes
    /// until then stay: each method of [`State`] takes effect completely or not at all.
    pub fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }

    // Numbers only: names and addresses of people do not belong in a log.
    fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(name);
        // The caller may hold the lock.
        if let Ok(state) = self.state.try_read() {
            state.describe(&mut shown);
        }
        shown.finish_non_exhaustive()
    }
}

impl BlockingAccessGroupPort for BlockingInMemory {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        // Reads take the lock together, so that they do not wait for each other.
        if operation.effect().is_safe()
            && let Some(answer) = self.read(|state| state.answer(&operation))
        {
            return answer;
        }
        let now = (self.clock)();
        // Not through `update`: the closure would copy the operation once more.
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.execute(operation, now)
    }
}

#[async_trait]
impl AccessGroupPort for InMemory {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        self.shared.call(operation, context)
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

/// The system's time in whole milliseconds, or 1970 if it is outside the years that a `Timestamp`
/// holds: the clock of a store unless it is given another one.
///
/// Milliseconds, so that a row has the same instants here and over HTTP, where Seam's API has no
/// finer ones.
#[must_use]
pub fn system_clock() -> Timestamp {
    Timestamp::try_from(SystemTime::now())
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .whole_milliseconds()
}
