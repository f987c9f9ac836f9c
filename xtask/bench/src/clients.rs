//! The clients: ours, and hand-written loops over the same HTTP library.

use std::{
    future::Future,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use access_groups_core::{AccessGroupId, AccessGroups, AcsUserId, BlockingAccessGroups};
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use reqwest::header;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use tokio::{
    runtime::{self, Runtime},
    task::JoinSet,
};

use crate::{
    Outcome,
    load::{CpuClock, Pace},
    servers::{KEY, Pair},
};

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    HttpAsync,
    Reqwest,
    HttpBlocking,
    Ureq,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [
        Self::HttpAsync,
        Self::Reqwest,
        Self::HttpBlocking,
        Self::Ureq,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HttpAsync => "http-async",
            Self::Reqwest => "reqwest",
            Self::HttpBlocking => "http-blocking",
            Self::Ureq => "ureq",
        }
    }
}

/// A client with its connections, and with its runtime if it needs one.
#[derive(Debug)]
pub(crate) enum Client {
    HttpAsync(Runtime, http_async::Client),
    Reqwest(Runtime, BareReqwest),
    HttpBlocking(http_blocking::Client),
    Ureq(BareUreq),
}

impl Client {
    pub(crate) fn new(kind: Kind, server: SocketAddr) -> Outcome<Self> {
        let endpoint = format!("http://{server}");
        Ok(match kind {
            Kind::HttpAsync => {
                let client = http_async::Client::builder(KEY)
                    .endpoint(endpoint)
                    .build()?;
                Self::HttpAsync(runtime()?, client)
            }
            Kind::Reqwest => Self::Reqwest(runtime()?, BareReqwest::new(server)?),
            Kind::HttpBlocking => {
                let client = http_blocking::Client::builder(KEY).endpoint(endpoint);
                Self::HttpBlocking(client.build()?)
            }
            Kind::Ureq => Self::Ureq(BareUreq::new(server)),
        })
    }

    /// Makes this many calls, `at_once` of them concurrently.
    pub(crate) fn measure(&self, calls: usize, at_once: usize) -> Outcome<Pace> {
        let start = Instant::now();
        let cpu = self.run(calls, at_once)?;
        Ok(Pace::new(calls, start.elapsed(), cpu))
    }

    /// Makes the calls, and returns the CPU time that they took.
    pub(crate) fn run(&self, calls: usize, at_once: usize) -> Outcome<Duration> {
        let each = calls / at_once;
        match self {
            Self::HttpAsync(runtime, client) => run_tasks(runtime, at_once, || {
                let client = client.clone();
                async move {
                    for (user, group) in ids(each) {
                        client.add_user(user, group).await?;
                    }
                    Ok(())
                }
            }),
            Self::Reqwest(runtime, client) => run_tasks(runtime, at_once, || {
                let client = client.clone();
                async move {
                    for (user, group) in ids(each) {
                        client.add_user(user, group).await?;
                    }
                    Ok(())
                }
            }),
            Self::HttpBlocking(client) => run_threads(at_once, || {
                for (user, group) in ids(each) {
                    client.add_user(user, group)?;
                }
                Ok(())
            }),
            Self::Ureq(client) => run_threads(at_once, || {
                for (user, group) in ids(each) {
                    client.add_user(user, group)?;
                }
                Ok(())
            }),
        }
    }
}

/// reqwest without us: builds the JSON, checks the status, reads the body and ignores it.
///
/// Its settings are those of `http-async`, its timeout that of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct BareReqwest {
    client: reqwest::Client,
    url: reqwest::Url,
    authorization: header::HeaderValue,
}

impl BareReqwest {
    fn new(server: SocketAddr) -> Outcome<Self> {
        let tls = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(access_groups_protocol::CONNECT_TIMEOUT)
            .timeout(ATTEMPT)
            .tcp_nodelay(true)
            .tls_backend_preconfigured(tls)
            .no_proxy();
        Ok(Self {
            client: client.build()?,
            url: url_of(server).parse()?,
            authorization: bearer().parse()?,
        })
    }

    async fn add_user(&self, user: AcsUserId, group: AccessGroupId) -> Outcome<()> {
        let request = self
            .client
            .post(self.url.clone())
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&Pair::from((user, group)))?);
        let response = request.send().await?.error_for_status()?;
        response.bytes().await?;
        Ok(())
    }
}

/// ureq without us, in the same way.
#[derive(Debug)]
pub(crate) struct BareUreq {
    agent: ureq::Agent,
    url: String,
    authorization: String,
}

impl BareUreq {
    fn new(server: SocketAddr) -> Self {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .timeout_connect(Some(access_groups_protocol::CONNECT_TIMEOUT))
            .timeout_global(Some(ATTEMPT))
            .proxy(None);
        Self {
            agent: config.build().into(),
            url: url_of(server),
            authorization: bearer(),
        }
    }

    fn add_user(&self, user: AcsUserId, group: AccessGroupId) -> Outcome<()> {
        let request = self
            .agent
            .post(&self.url)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json");
        let body = serde_json::to_vec(&Pair::from((user, group)))?;
        request.send(&body)?.body_mut().read_to_vec()?;
        Ok(())
    }
}

fn runtime() -> Outcome<Runtime> {
    Ok(runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// Runs `tasks` copies of a task on the one thread of the runtime.
fn run_tasks<F>(runtime: &Runtime, tasks: usize, task: impl Fn() -> F) -> Outcome<Duration>
where
    F: Future<Output = Outcome<()>> + Send + 'static,
{
    let cpu = CpuClock::of_this_thread()?;
    let start = cpu.now();
    runtime.block_on(async {
        let mut running: JoinSet<_> = (0..tasks).map(|_| task()).collect();
        while let Some(outcome) = running.join_next().await {
            outcome??;
        }
        Outcome::Ok(())
    })?;
    Ok(cpu.now().saturating_sub(start))
}

/// Runs the same work on `threads` threads, and adds up their CPU times.
fn run_threads(threads: usize, work: impl Fn() -> Outcome<()> + Sync) -> Outcome<Duration> {
    let timed = || {
        let cpu = CpuClock::of_this_thread()?;
        let start = cpu.now();
        work()?;
        Ok(cpu.now().saturating_sub(start))
    };
    if threads == 1 {
        return timed();
    }
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("no thread of the load panics"))
            .sum()
    })
}

fn ids(count: usize) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
    (0_u128..)
        .map(|number| (number << 64 | 0xa1, number << 64 | 0xa2))
        .map(|(user, group)| (AcsUserId::from_u128(user), AccessGroupId::from_u128(group)))
        .take(count)
}

fn url_of(server: SocketAddr) -> String {
    format!("http://{server}/acs/users/add_to_access_group")
}

fn bearer() -> String {
    format!("Bearer {KEY}")
}

/// The attempt timeout of our adapters.
const ATTEMPT: Duration = Duration::from_secs(30);
