//! The port: the one trait that an adapter, a test double or a layer implements.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{Call, CancelToken, Error, Operation, Reply};

/// Carries operations on access groups, ACS users, the directory and user identities.
///
/// # For callers
///
/// Call the methods of the subjects' traits, which every port has; [`prelude`](crate::prelude)
/// brings them all into scope. Take a port as `&dyn AccessGroupPort`, as
/// `Arc<dyn AccessGroupPort>` or as a generic.
///
#[doc = calls!(async)]
///
/// Functions that need more than one operation are in
/// [`AccessGroupPortExt`](crate::AccessGroupPortExt).
///
/// Success means *accepted*: the change may reach the access control system later. To wait for it,
/// see [`propagation`](crate::propagation).
///
/// # For implementors
///
/// Implement [`call`](Self::call) as one `match` over [`Operation`]. Answer each operation through
/// its own type, `AddUser::answer(())`, so that an answer of the wrong type does not compile. Return
/// [`Error::unsupported_operation`] for operations that the adapter does not support. Return
/// [`Error`]s of the kinds that the contract names, and never put a secret into a message.
///
/// The contract is the sum of the contracts of the four subjects. The conformance kit,
/// `access-groups-conformance`, checks it: one macro call generates a test for each law.
///
/// # Cancel safety
///
/// If the future is dropped, the change is either made completely or not made at all.
///
/// # Errors
///
/// In addition to the kinds that a subject's contract names: [`Unauthenticated`](crate::ErrorKind::Unauthenticated),
/// [`RateLimited`](crate::ErrorKind::RateLimited), [`Unavailable`](crate::ErrorKind::Unavailable)
/// and [`TimedOut`](crate::ErrorKind::TimedOut) from adapters that talk to a service, and
/// [`Cancelled`](crate::ErrorKind::Cancelled) after the token of the context was cancelled.
/// [`is_ambiguous`](Error::is_ambiguous) tells whether the change may have happened.
///
/// # Examples
///
/// An adapter that supports memberships only:
///
/// ```
/// use std::{collections::BTreeSet, sync::Mutex};
///
/// use access_groups_core::{async_trait, prelude::*};
///
/// #[derive(Default)]
/// struct Memberships(Mutex<BTreeSet<(AccessGroupId, UserRef)>>);
///
/// #[async_trait]
/// impl AccessGroupPort for Memberships {
///     async fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
///         let mut pairs = self.0.lock().expect("no panic inside");
///         match operation {
///             Operation::AddUser(op) => {
///                 pairs.insert((op.group, op.user));
///                 Ok(AddUser::answer(()))
///             }
///             Operation::RemoveUser(op) => {
///                 pairs.remove(&(op.group, op.user));
///                 Ok(RemoveUser::answer(()))
///             }
///             other => Err(Error::unsupported_operation(&other)),
///         }
///     }
/// }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccessGroupPort: Send + Sync {
    /// Carries out one operation.
    ///
    /// Applications rarely call this: the methods of the subjects' traits are typed.
    ///
    /// # Errors
    ///
    /// Those of the operation; [`Unsupported`](crate::ErrorKind::Unsupported) if the adapter does
    /// not have it.
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error>;
}

/// The blocking flavour of [`AccessGroupPort`]: the same operations and the same contract, without
/// an async runtime.
///
/// # For callers
///
#[doc = calls!(blocking)]
///
/// Functions that need more than one operation are in
/// [`BlockingAccessGroupPortExt`](crate::BlockingAccessGroupPortExt).
///
/// # For implementors
///
/// As for [`AccessGroupPort`]. A type implements only one of the two flavours, so that a method
/// call is never ambiguous; a store that offers both has a second type for the other flavour.
///
/// # Examples
///
/// An operation that the adapter does not support fails with its own kind of error:
///
/// ```
/// use access_groups_core::{Call, GetWorkspace, Workspace, WorkspaceId, prelude::*};
///
/// struct OnlyWorkspace(Workspace);
///
/// impl BlockingAccessGroupPort for OnlyWorkspace {
///     fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
///         match operation {
///             Operation::GetWorkspace(_) => Ok(GetWorkspace::answer(self.0.clone())),
///             other => Err(Error::unsupported_operation(&other)),
///         }
///     }
/// }
///
/// let port = OnlyWorkspace(Workspace::new(WorkspaceId::from_u128(1), "Lab"));
/// assert_eq!(port.workspace()?.name, "Lab");
///
/// let error = port.access_groups(AccessGroupFilter::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Unsupported);
/// # Ok::<(), Error>(())
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingAccessGroupPort: Send + Sync {
    /// Carries out one operation on the calling thread.
    ///
    /// # Errors
    ///
    /// Those of the operation; [`Unsupported`](crate::ErrorKind::Unsupported) if the adapter does
    /// not have it.
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error>;
}

/// Information that accompanies an operation: actor, request id, timeout and cancel token.
///
/// The default has none of them. Fields may be added in any version. A subject's methods pass the
/// default; [`with_context`](crate::AccessGroupPortExt::with_context) makes a port that passes
/// another one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use access_groups_core::Context;
///
/// let context = Context::new().with_actor("night shift").with_timeout(Duration::from_secs(5));
/// assert_eq!(context.actor.as_deref(), Some("night shift"));
/// assert_eq!(Context::default().timeout, None); // as long as the adapter allows
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Context {
    /// On whose behalf the call is made. Adapters write it to their logs, an e-mail address in it as
    /// `…`; it has no effect on permissions. Default: nobody.
    pub actor: Option<Arc<str>>,
    /// The caller's id of the request, to find the call in a log, where an e-mail address in it is
    /// `…`. It is not the service's [`request_id`](Error::request_id) of an error. Default: none.
    pub request_id: Option<Arc<str>>,
    /// How long the call may take, including waits and retries. Adapters that never wait ignore
    /// it; others use their own limit if that is shorter. Default: the adapter's limit.
    pub timeout: Option<Duration>,
    /// Ends the call early, at its next wait or before its next attempt. Adapters that never wait
    /// ignore it. Default: none.
    pub cancel: Option<CancelToken>,
}

impl Context {
    /// The default context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Sets on whose behalf the call is made.
        with_actor(actor: impl Into<Arc<str>>) => actor = Some(actor.into());

        /// Sets the caller's id of the request.
        with_request_id(id: impl Into<Arc<str>>) => request_id = Some(id.into());

        /// Sets how long the call may take.
        with_timeout(timeout: Duration) => timeout = Some(timeout);

        /// Sets the token that ends the call early.
        with_cancel(token: CancelToken) => cancel = Some(token);
    }

    /// This context, with what it leaves unset taken from another one. Either's token ends the call.
    fn with_defaults(&self, other: &Self) -> Self {
        Self {
            actor: self.actor.clone().or_else(|| other.actor.clone()),
            request_id: self.request_id.clone().or_else(|| other.request_id.clone()),
            timeout: self.timeout.or(other.timeout),
            // Both count: whoever cancels wants an end, and neither knows of the other.
            cancel: match (&self.cancel, &other.cancel) {
                (Some(inner), Some(outer)) => Some(inner.or(outer)),
                (one, other) => one.clone().or_else(|| other.clone()),
            },
        }
    }
}

/// A port that adds a fixed context to every call; made by
/// [`with_context`](crate::AccessGroupPortExt::with_context).
///
/// # Examples
///
/// What the caller sets itself wins:
///
/// ```
/// use access_groups_core::{GetWorkspace, prelude::*};
///
/// /// Refuses everything, and names the actor.
/// struct Refusing;
///
/// impl BlockingAccessGroupPort for Refusing {
///     fn call(&self, _: Operation, context: &Context) -> Result<Reply, Error> {
///         Err(Error::unauthenticated(context.actor.as_deref().unwrap_or("nobody")))
///     }
/// }
///
/// let night = Refusing.with_context(Context::new().with_actor("night shift"));
/// assert_eq!(night.workspace().unwrap_err().message(), "night shift");
///
/// let day = Context::new().with_actor("day shift");
/// let error = night.call(GetWorkspace::new().into(), &day).unwrap_err();
/// assert_eq!(error.message(), "day shift");
/// ```
#[derive(Debug, Clone)]
pub struct WithContext<P> {
    pub(crate) port: P,
    pub(crate) context: Context,
}

impl<P> WithContext<P> {
    /// Adds this context to every call of the port. Takes the port itself, an `Arc` for example,
    /// so that the result can be kept.
    pub const fn new(port: P, context: Context) -> Self {
        Self { port, context }
    }
}

// What the caller sets wins, so that a context around a port that has one adds to it.
#[async_trait]
impl<P: AccessGroupPort> AccessGroupPort for WithContext<P> {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let context = context.with_defaults(&self.context);
        self.port.call(operation, &context).await
    }
}

impl<P: BlockingAccessGroupPort> BlockingAccessGroupPort for WithContext<P> {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let context = context.with_defaults(&self.context);
        self.port.call(operation, &context)
    }
}

/// Adapts a blocking port to the async trait: each call is made, and finished, inside the first
/// `poll` of its future.
///
/// Suitable for tests and for a port that never waits: in memory, or behind a lock that is held for
/// microseconds. Unsuitable for a port that waits for a disk, a database or a network: it would
/// block every other task of the polling thread. Move the calls of such a port to a thread where
/// blocking is allowed.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AsyncFromBlocking, prelude::*};
///
/// fn as_async(port: impl BlockingAccessGroupPort + 'static) -> Box<dyn AccessGroupPort> {
///     Box::new(AsyncFromBlocking(port))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AsyncFromBlocking<P>(
    /// The blocking port.
    pub P,
);

#[async_trait]
impl<P: BlockingAccessGroupPort> AccessGroupPort for AsyncFromBlocking<P> {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        self.0.call(operation, context)
    }
}

/// Implements both flavours for pointers to a port.
macro_rules! pointers {
    // `?Sized`, so that `Arc<dyn AccessGroupPort>` is a port too.
    ($($pointer:ty),*) => {$(
        #[async_trait]
        impl<P: AccessGroupPort + ?Sized> AccessGroupPort for $pointer {
            async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
                // Two dereferences: one of them alone would call this method again.
                (**self).call(operation, context).await
            }
        }

        impl<P: BlockingAccessGroupPort + ?Sized> BlockingAccessGroupPort for $pointer {
            fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
                (**self).call(operation, context)
            }
        }
    )*};
}

pointers!(&P, Box<P>, Arc<P>);

/// Makes one typed call in the default context: the body of every method of the subjects.
pub(crate) async fn call<C: Call>(
    port: &(impl AccessGroupPort + ?Sized),
    call: C,
) -> Result<C::Reply, Error> {
    C::reply(port.call(call.into(), &Context::default()).await?)
}

/// The same with the bytes that a service has sent for the answer.
pub(crate) async fn received<C: Call>(
    port: &(impl AccessGroupPort + ?Sized),
    call: C,
) -> Result<(C::Reply, usize), Error> {
    let reply = port.call(call.into(), &Context::default()).await?;
    let bytes = reply.bytes();
    Ok((C::reply(reply)?, bytes))
}

/// The blocking flavour of [`call`].
pub(crate) fn call_blocking<C: Call>(
    port: &(impl BlockingAccessGroupPort + ?Sized),
    call: C,
) -> Result<C::Reply, Error> {
    Ok(received_blocking(port, call)?.0)
}

/// The blocking flavour of [`received`].
pub(crate) fn received_blocking<C: Call>(
    port: &(impl BlockingAccessGroupPort + ?Sized),
    call: C,
) -> Result<(C::Reply, usize), Error> {
    let reply = port.call(call.into(), &Context::default())?;
    let bytes = reply.bytes();
    Ok((C::reply(reply)?, bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{BlockingAccessGroupPortExt, BlockingDirectory};

    /// Keeps the context of the last call.
    #[derive(Default)]
    struct Recorder(Mutex<Option<Context>>);

    impl BlockingAccessGroupPort for Recorder {
        fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
            *self.0.lock().expect("no panic") = Some(context.clone());
            Err(Error::unsupported_operation(&operation))
        }
    }

    #[test]
    fn contexts_add_up_and_the_outer_wins() {
        let port = Recorder::default();
        let inner = Context::new().with_actor("porter").with_request_id("r1");
        let outer = Context::new()
            .with_actor("night shift")
            .with_timeout(Duration::from_secs(5));
        let inner_port = port.with_context(inner.clone());
        assert!(inner_port.workspace().is_err());
        assert_eq!(*port.0.lock().expect("no panic"), Some(inner));
        assert!(inner_port.with_context(outer.clone()).workspace().is_err());
        let both = outer.with_request_id("r1");
        assert_eq!(*port.0.lock().expect("no panic"), Some(both));
    }

    #[test]
    fn the_token_of_either_context_cancels() {
        let port = Recorder::default();
        let (application, call) = (CancelToken::new(), CancelToken::new());
        let with = |token: &CancelToken| Context::new().with_cancel(token.clone());
        let port_of_application = port.with_context(with(&application));
        assert!(
            port_of_application
                .with_context(with(&call))
                .workspace()
                .is_err()
        );
        let passed = port.0.lock().expect("no panic").take();
        let passed = passed.and_then(|context| context.cancel).expect("a token");
        assert!(!passed.is_cancelled());
        application.cancel();
        assert!(passed.is_cancelled());
    }
}
