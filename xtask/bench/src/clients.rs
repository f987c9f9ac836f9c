//! The clients: ours, and hand-written loops over the same HTTP library.

use std::{
    fmt,
    future::Future,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use access_groups_core::{AccessGroupId, AccessGroups, AcsUserId, BlockingAccessGroups};
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use clap::ValueEnum;
use reqwest::header::{self, HeaderValue};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use tokio::{runtime, task::JoinSet};

use crate::{
    Outcome,
    load::Pace,
    servers::{CpuClock, KEY, Pair},
};

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    HttpAsync,
    Reqwest,
    HttpBlocking,
    Ureq,
}

impl Kind {
    /// Its name, which is also the argument that stands for it.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value().expect("no kind is hidden");
        value.get_name().to_owned()
    }
}

/// A client with its connections, and with its runtime if it needs one.
///
/// It makes so many calls, so many of them concurrently, and answers their CPU time.
pub(crate) struct Client(Box<dyn Fn(usize, usize) -> Outcome<Duration>>);

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(kind: Kind, server: SocketAddr) -> Outcome<Self> {
        let endpoint = format!("http://{server}");
        let url = format!("{endpoint}/acs/users/add_to_access_group");
        let bearer = format!("Bearer {KEY}");
        match kind {
            Kind::HttpAsync => {
                let client = http_async::Client::builder(KEY);
                let client = client.endpoint(endpoint).build()?;
                Self::of_tasks(move |calls| {
                    let client = client.clone();
                    async move {
                        for (user, group) in ids(calls) {
                            client.add_user(user, group).await?;
                        }
                        Ok(())
                    }
                })
            }
            // Builds the JSON, checks the status, reads the body and ignores it.
            Kind::Reqwest => {
                let client = bare_reqwest()?;
                let (url, bearer) = (url.parse::<reqwest::Url>()?, HeaderValue::try_from(bearer)?);
                Self::of_tasks(move |calls| {
                    let (client, url, bearer) = (client.clone(), url.clone(), bearer.clone());
                    async move {
                        for pair in ids(calls) {
                            let request = client
                                .post(url.clone())
                                .header(header::AUTHORIZATION, bearer.clone())
                                .header(header::CONTENT_TYPE, "application/json")
                                .body(serde_json::to_vec(&Pair::from(pair))?);
                            let response = request.send().await?.error_for_status()?;
                            response.bytes().await?;
                        }
                        Ok(())
                    }
                })
            }
            Kind::HttpBlocking => {
                let client = http_blocking::Client::builder(KEY);
                let client = client.endpoint(endpoint).build()?;
                Ok(Self::of_threads(move |(user, group)| {
                    client.add_user(user, group)?;
                    Ok(())
                }))
            }
            Kind::Ureq => {
                let agent = bare_ureq();
                Ok(Self::of_threads(move |pair| {
                    let request = agent
                        .post(&url)
                        .header("authorization", &bearer)
                        .header("content-type", "application/json");
                    let body = serde_json::to_vec(&Pair::from(pair))?;
                    request.send(&body)?.body_mut().read_to_vec()?;
                    Ok(())
                }))
            }
        }
    }

    /// Makes this many calls, `at_once` of them concurrently.
    pub(crate) fn measure(&self, calls: usize, at_once: usize) -> Outcome<Pace> {
        let start = Instant::now();
        let cpu = self.run(calls, at_once)?;
        Ok(Pace::new(calls, start.elapsed(), cpu))
    }

    /// Makes the calls, and returns the CPU time that they took.
    pub(crate) fn run(&self, calls: usize, at_once: usize) -> Outcome<Duration> {
        self.0(calls, at_once)
    }

    /// Concurrent calls are those of several tasks, on the one thread of a runtime; a task makes
    /// the number of calls that it is told.
    fn of_tasks<F>(task: impl Fn(usize) -> F + 'static) -> Outcome<Self>
    where
        F: Future<Output = Outcome<()>> + Send + 'static,
    {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self(Box::new(move |calls, tasks| {
            cpu_time(|| {
                runtime.block_on(async {
                    let tasks = (0..tasks).map(|_| task(calls / tasks));
                    let mut running: JoinSet<_> = tasks.collect();
                    while let Some(outcome) = running.join_next().await {
                        outcome??;
                    }
                    Ok(())
                })
            })
        })))
    }

    /// Concurrent calls are those of several threads, whose CPU times are added up.
    fn of_threads(
        call: impl Fn((AcsUserId, AccessGroupId)) -> Outcome<()> + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |calls, threads| {
            let timed = || cpu_time(|| ids(calls / threads).try_for_each(&call));
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
        }))
    }
}

/// reqwest without us, with the settings of `http-async`; its timeout is that of one attempt.
pub(crate) fn bare_reqwest() -> Outcome<reqwest::Client> {
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
    Ok(client.build()?)
}

/// ureq without us, in the same way.
fn bare_ureq() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .max_redirects(0)
        .timeout_connect(Some(access_groups_protocol::CONNECT_TIMEOUT))
        .timeout_global(Some(ATTEMPT))
        .proxy(None);
    config.build().into()
}

/// The CPU time of this thread that the work takes.
fn cpu_time(work: impl FnOnce() -> Outcome<()>) -> Outcome<Duration> {
    let cpu = CpuClock::of_this_thread()?;
    let start = cpu.now();
    work()?;
    Ok(cpu.now().saturating_sub(start))
}

fn ids(count: usize) -> impl Iterator<Item = (AcsUserId, AccessGroupId)> {
    (0_u128..)
        .map(|number| (number << 64 | 0xa1, number << 64 | 0xa2))
        .map(|(user, group)| (AcsUserId::from_u128(user), AccessGroupId::from_u128(group)))
        .take(count)
}

/// The attempt timeout of our adapters.
const ATTEMPT: Duration = Duration::from_secs(30);
