//! Drives the protocol's calls.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use access_groups_core::{Call, Error};
use access_groups_protocol::{Client, Credential, Endpoint, Step};

use crate::{BuildError, Builder, Time, send::Sender};

/// Access groups of Seam's API, blocking.
///
/// Implements the blocking ports. A clone shares the connections.
///
/// # Examples
///
/// ```no_run
/// use access_groups_core::{AccessGroupId, BlockingAccessGroupPort, AcsUserId};
/// use access_groups_http_blocking::HttpBlocking;
///
/// # fn example(user: AcsUserId, group: AccessGroupId) -> Result<(), Box<dyn std::error::Error>> {
/// let seam = HttpBlocking::from_env()?; // SEAM_API_KEY
/// seam.add_user(user.into(), group)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct HttpBlocking(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    sender: Sender,
    time: Arc<dyn Time>,
    next_seed: AtomicU64,
}

impl HttpBlocking {
    /// With the credential and the endpoint of the environment: see
    /// [`Credential::from_vars`] and [`Endpoint::from_vars`].
    ///
    /// # Errors
    ///
    /// When a variable is missing or unacceptable, or TLS cannot be set up.
    pub fn from_env() -> Result<Self, BuildError> {
        let lookup = |name: &str| std::env::var(name).ok();
        Self::builder(Credential::from_vars(lookup)?)
            .endpoint(Endpoint::from_vars(lookup)?)
            .build()
    }

    /// With this credential, and every setting at its default until told otherwise.
    pub fn builder(credential: Credential) -> Builder {
        Builder::new(credential)
    }

    /// Makes one call: every method of the ports comes down to this.
    ///
    /// # Errors
    ///
    /// Those of the operation's method.
    pub fn call<O: Call>(&self, operation: O) -> Result<O::Reply, Error> {
        let Inner {
            client,
            sender,
            time,
            next_seed,
        } = &*self.0;
        let seed = next_seed.fetch_add(1, Ordering::Relaxed);
        let mut call = client.call(operation, time.now(), seed);
        loop {
            match call.step(time.now()) {
                Step::Send { request, timeout } => {
                    let span = tracing::debug_span!(
                        "attempt",
                        operation = O::NAME,
                        attempt = call.attempts(),
                        status = tracing::field::Empty,
                        request_id = tracing::field::Empty,
                    );
                    let outcome = span.in_scope(|| sender.send(request, timeout));
                    call.finish_attempt(outcome);
                    span.record("status", call.status());
                    span.record("request_id", call.request_id());
                }
                Step::Wait(duration) => time.sleep(duration),
                Step::Done(result) => return result,
            }
        }
    }

    pub(crate) fn new(client: Client, sender: Sender, time: Arc<dyn Time>, seed: u64) -> Self {
        Self(Arc::new(Inner {
            client,
            sender,
            time,
            next_seed: AtomicU64::new(seed),
        }))
    }
}
