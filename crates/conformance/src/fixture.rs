//! What an adapter gives to the kit.

use std::{
    any::Any,
    collections::BTreeSet,
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use access_groups_core::{
    BlockingPorts, Error, Operation, Ports, Reply, dispatch, dispatch_blocking,
};

use crate::{Capability, Site};

/// How to open a fresh port that holds a site: what [`laws!`](crate::laws) is given.
///
/// Any `fn(&Site) -> Fixture` or closure is one.
pub type Open<'a> = dyn Fn(&Site) -> Fixture + Sync + 'a;

/// One call on its way through an async port, ready to be run to its end.
pub type CallFuture = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>;

type Caller = Arc<dyn Fn(Operation) -> Result<Reply, Error> + Send + Sync>;

/// A port under test: the port itself, how to run its calls, and what it cannot do.
///
/// # For implementors
///
/// Each fixture is a port that nobody else uses: what was done through another fixture must
/// not be seen through this one. The kit opens several at a time, from several threads.
///
/// # Examples
///
/// ```
/// use access_groups_conformance::{Fixture, LAWS, Outcome, Site, block_on};
/// use access_groups_core::{BlockingPorts, Lift, Ports};
/// use access_groups_in_memory::{BlockingInMemory, State};
///
/// fn blocking(site: &Site) -> Fixture {
///     let state = State::from_site_json(&site.to_json()).expect("a sound site");
///     Fixture::blocking(BlockingPorts::of(BlockingInMemory::new(state)))
/// }
///
/// fn lifted(site: &Site) -> Fixture {
///     let state = State::from_site_json(&site.to_json()).expect("a sound site");
///     Fixture::asynchronous(Ports::of(Lift(BlockingInMemory::new(state))), block_on)
/// }
///
/// for law in LAWS {
///     assert_eq!(law.check(&blocking), Outcome::Holds, "{}", law.name());
///     assert_eq!(law.check(&lifted), Outcome::Holds, "{}", law.name());
/// }
/// ```
pub struct Fixture {
    caller: Caller,
    clone: Option<Caller>,
    absent: BTreeSet<Capability>,
    _kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl Fixture {
    /// A blocking adapter.
    #[must_use]
    pub fn blocking(ports: BlockingPorts) -> Self {
        Self::new(Arc::new(move |operation| {
            dispatch_blocking(&ports, operation)
        }))
    }

    /// An async adapter; `run` runs one call to its end, as `|call| runtime.block_on(call)`
    /// does, or [`block_on`] for futures that need no runtime.
    #[must_use]
    pub fn asynchronous(
        ports: Ports,
        run: impl Fn(CallFuture) -> Result<Reply, Error> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Arc::new(move |operation| {
            let ports = ports.clone();
            run(Box::pin(async move { dispatch(&ports, operation).await }))
        }))
    }

    /// Declares that the adapter cannot do this: it must answer
    /// [`Unsupported`](access_groups_core::ErrorKind::Unsupported) then.
    #[must_use]
    pub fn without(mut self, capability: Capability) -> Self {
        self.absent.insert(capability);
        self
    }

    /// Declares that the adapter can do none of these; `Capability` names some that often lack
    /// together, such as [`Capability::USER_IDENTITY_PORT`].
    #[must_use]
    pub fn without_all(mut self, capabilities: &[Capability]) -> Self {
        self.absent.extend(capabilities);
        self
    }

    /// And another handle of the same store: a clone of the adapter, a second connection.
    /// What one changes, the other must see. Default: the same handle twice.
    #[must_use]
    pub fn with_clone(mut self, clone: Self) -> Self {
        self.clone = Some(clone.caller);
        self._kept.extend(clone._kept);
        self
    }

    /// Keeps this until the port is no longer needed: a temporary folder, a server.
    #[must_use]
    pub fn keeping(mut self, guard: impl Send + Sync + 'static) -> Self {
        self._kept.push(Box::new(guard));
        self
    }

    pub(crate) fn call(&self, operation: Operation) -> Result<Reply, Error> {
        (self.caller)(operation)
    }

    pub(crate) fn call_clone(&self, operation: Operation) -> Result<Reply, Error> {
        self.clone.as_ref().unwrap_or(&self.caller)(operation)
    }

    /// The first capability that the operation needs and the adapter lacks.
    pub(crate) fn lacks(&self, operation: &Operation) -> Option<Capability> {
        Capability::needed_by(operation).find(|needed| self.absent.contains(needed))
    }

    pub(crate) fn can(&self, capability: Capability) -> bool {
        !self.absent.contains(&capability)
    }

    fn new(caller: Caller) -> Self {
        Self {
            caller,
            clone: None,
            absent: BTreeSet::new(),
            _kept: Vec::new(),
        }
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("absent", &self.absent)
            .finish_non_exhaustive()
    }
}

/// Runs a future to its end on this thread: for adapters that need no async runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
