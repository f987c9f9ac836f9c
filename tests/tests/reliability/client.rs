//! Both HTTP adapters as one blocking port.

use std::{sync::LazyLock, time::Duration};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::ProxyVars;
use access_groups_tests::{fault_server::KEY, virtual_time::VirtualTime};
use tokio::runtime::Runtime;

/// The builders have the same methods, and no type in common.
macro_rules! build {
    ($adapter:ident, $url:expr, $setup:expr) => {
        $adapter::Client::builder(KEY)
            .endpoint($url)
            .body_limit(LIMIT)
            .proxy_vars(ProxyVars::default())
            .time($setup.time.clone())
            .jitter_seed($setup.seed)
            .attempt_timeout($setup.attempt_timeout)
            .build()
            .expect("a client")
    };
}
/// Which adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adapter {
    Async,
    Blocking,
}

impl Adapter {
    pub(crate) const ALL: [Self; 2] = [Self::Async, Self::Blocking];
}

/// A client of one of them; clones share its connections and its quota.
#[derive(Debug, Clone)]
pub(crate) enum Client {
    Async(http_async::Client),
    Blocking(http_blocking::Client),
}

/// What the clients of a test have in common.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) time: VirtualTime,
    pub(crate) seed: u64,
    pub(crate) attempt_timeout: Duration,
}

impl Setup {
    /// Waits by this clock, with jitter from this seed. Attempts are timed by the real clock: the
    /// timeout is so long that none ends by it.
    pub(crate) fn new(time: VirtualTime, seed: u64) -> Self {
        Self {
            time,
            seed,
            attempt_timeout: Duration::from_secs(60),
        }
    }

    pub(crate) fn client(&self, adapter: Adapter, url: &str) -> Client {
        match adapter {
            Adapter::Async => Client::Async(build!(http_async, url, self)),
            Adapter::Blocking => Client::Blocking(build!(http_blocking, url, self)),
        }
    }
}

impl BlockingAccessGroupPort for Client {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        match self {
            Self::Async(client) => RUNTIME.block_on(client.call(operation, context)),
            Self::Blocking(client) => client.call(operation, context),
        }
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The most bytes that a client reads of an answer.
pub(crate) const LIMIT: usize = 300 * 1024;
