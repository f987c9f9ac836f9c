//! What an adapter hands to the kit.

use std::{
    any::Any,
    collections::BTreeSet,
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    task::{self, Poll, Wake, Waker},
    thread::{self, Thread},
};

use access_groups_core::{
    AccessGroupPort, AsyncFromBlocking, BlockingAccessGroupPort, Context, Error, Operation, Reply,
};

use crate::{Capability, Site, case::Through, readiness::objection};

/// Opens a fresh port that holds a site: what [`laws!`](crate::laws) is given.
///
/// Any `fn(&Site) -> Fixture` or closure is one.
pub type Open<'a> = dyn Fn(&Site) -> Fixture + Sync + 'a;

/// One call of an async port, ready to be run to completion.
pub type CallFuture = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>;

/// A port under test, how to run its calls, and what it does not support.
///
/// # For implementors
///
/// Each fixture is a port that nobody else uses: a change made through another fixture must not
/// be visible through this one. The kit opens several at a time, from several threads.
///
/// # Examples
///
/// ```
/// use access_groups_conformance::{Fixture, LAWS, Outcome, Site, block_on};
/// use access_groups_in_memory::{BlockingInMemory, InMemory, State};
///
/// fn store(site: &Site) -> State {
///     State::from_site_json(&site.to_json()).expect("a sound site")
/// }
///
/// fn blocking(site: &Site) -> Fixture {
///     Fixture::blocking(BlockingInMemory::new(store(site)))
/// }
///
/// fn asynchronous(site: &Site) -> Fixture {
///     Fixture::asynchronous(InMemory::new(store(site)), block_on)
/// }
///
/// for law in LAWS.iter().take(3) {
///     assert_eq!(law.check(&blocking), Outcome::Holds, "{}", law.name());
///     assert_eq!(law.check(&asynchronous), Outcome::Holds, "{}", law.name());
/// }
/// ```
pub struct Fixture {
    handle: Handle,
    clone: Option<Handle>,
    absent: BTreeSet<Capability>,
    bulk: usize,
    _kept: Vec<Box<dyn Any + Send + Sync>>,
}

/// A port with the function that runs its calls.
#[derive(Clone)]
struct Handle {
    port: Arc<dyn AccessGroupPort>,
    run: Arc<dyn Fn(CallFuture) -> Result<Reply, Error> + Send + Sync>,
}

impl Fixture {
    /// A blocking adapter.
    #[must_use]
    pub fn blocking(port: impl BlockingAccessGroupPort + 'static) -> Self {
        Self::asynchronous(AsyncFromBlocking(port), block_on)
    }

    /// An async adapter. `run` runs one call to completion: `|call| runtime.block_on(call)`, or
    /// [`block_on`] for futures that need no runtime.
    #[must_use]
    pub fn asynchronous(
        port: impl AccessGroupPort + 'static,
        run: impl Fn(CallFuture) -> Result<Reply, Error> + Send + Sync + 'static,
    ) -> Self {
        // Behind pointers, because the calls of a law come from several threads.
        let (port, run) = (Arc::new(port), Arc::new(run));
        Self {
            handle: Handle { port, run },
            clone: None,
            absent: BTreeSet::new(),
            bulk: BULK,
            _kept: Vec::new(),
        }
    }

    /// Declares that the adapter does not support this: it must answer
    /// [`Unsupported`](access_groups_core::ErrorKind::Unsupported).
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.absent.insert(capability);
        self
    }

    /// Declares that the adapter supports none of these, such as
    /// [`Capability::USER_IDENTITIES`].
    #[must_use]
    pub fn without_all(mut self, capabilities: &[Capability]) -> Self {
        self.absent.extend(capabilities);
        self
    }

    /// Adds a second handle of the same store: a clone of the adapter, a second connection.
    /// What one changes, the other must see. By default, the first handle serves as both.
    #[must_use]
    pub fn with_clone(mut self, clone: Self) -> Self {
        self.clone = Some(clone.handle);
        self._kept.extend(clone._kept);
        self
    }

    /// Sets how many users, groups and memberships the laws on size make through calls: 1,100 by
    /// default, more than a full page. Of everything else they make 1,100, or as many if that is
    /// less. 65,600 finds what counts in 16 bits; fewer than the default are for an adapter whose
    /// changes take long, and find less.
    #[must_use]
    pub fn with_bulk(mut self, count: usize) -> Self {
        // A few at least: the laws take the first ones and the last ones.
        self.bulk = count.max(10);
        self
    }

    pub(crate) fn bulk(&self) -> usize {
        self.bulk
    }

    /// Keeps this until the port is no longer needed: a temporary folder, a server.
    #[must_use]
    pub fn keeping(mut self, guard: impl Send + Sync + 'static) -> Self {
        self._kept.push(Box::new(guard));
        self
    }

    /// Checks that the fixture declares all that the adapter lacks, that it holds all of a site with
    /// every kind of resource, and that it is fresh. [`laws!`](crate::laws) makes this the first
    /// test.
    ///
    /// # Panics
    ///
    /// If it does not, with what to add.
    #[track_caller]
    pub fn assert_ready(open: &Open<'_>) {
        if let Some(objection) = objection(open) {
            panic!("{objection}");
        }
    }

    pub(crate) fn call(&self, through: Through, operation: Operation) -> Result<Reply, Error> {
        let clone = self.clone.as_ref().filter(|_| through == Through::Clone);
        let handle = clone.unwrap_or(&self.handle);
        // The future borrows nothing, so that `run` may hand it to another thread.
        let port = handle.port.clone();
        (handle.run)(Box::pin(async move {
            port.call(operation, &Context::default()).await
        }))
    }

    /// The first capability that the operation needs and the adapter lacks.
    pub(crate) fn lacks(&self, operation: &Operation) -> Option<Capability> {
        Capability::needed_by(operation).find(|needed| self.absent.contains(needed))
    }

    pub(crate) fn can(&self, capability: Capability) -> bool {
        !self.absent.contains(&capability)
    }
}

/// More than the rows of the longest page, and more than 1,024.
const BULK: usize = 1_100;

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("absent", &self.absent)
            .finish_non_exhaustive()
    }
}

/// Runs a future to completion on the calling thread, for adapters that need no async runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = task::Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            // A wake-up that came first makes `park` return at once.
            Poll::Pending => thread::park(),
        }
    }
}
