//! The servers: ours over memory, and a minimal axum handler of the same call.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use access_groups_core::AccessGroupPort;
use access_groups_in_memory::InMemory;
use access_groups_protocol::Secret;
use access_groups_server::{Credentials, Metrics};
use axum::{Json, Router, routing, serve::ListenerExt};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, runtime, sync::oneshot};
use uuid::Uuid;

use crate::{
    Outcome,
    site::{self, Site},
};

/// The key that every client presents.
pub(crate) const KEY: &str = "seam_benchmark_0123456789abcdef";

/// A server in a thread of its own, its only worker; stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) cpu: CpuClock,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Starts ours over memory with this many users, or without a number the yardstick: a handler
    /// that parses two UUIDs and answers ok, with no key, no store, no checks.
    pub(crate) fn start(users: Option<usize>) -> Outcome<Self> {
        Self::counting(users, Metrics::none())
    }

    /// The same; ours counts what it does.
    pub(crate) fn counting(users: Option<usize>, metrics: Metrics) -> Outcome<Self> {
        Self::run(move || match users {
            Some(users) => {
                let store = InMemory::new(Site::of_users(users).full_state());
                Served::Ours(Arc::new(store), metrics)
            }
            None => Served::Bare,
        })
    }

    /// Starts ours over this port.
    pub(crate) fn over(port: Arc<dyn AccessGroupPort>) -> Outcome<Self> {
        Self::run(move || Served::Ours(port, Metrics::none()))
    }

    fn run(served: impl FnOnce() -> Served + Send + 'static) -> Outcome<Self> {
        let (started, start) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = listener.local_addr()?;
                let _ = started.send((address, CpuClock::of_this_thread()?));
                serve(served(), listener, stopped).await
            })
        });
        let (address, cpu) = start.recv()?;
        Ok(Self {
            address,
            cpu,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // the figures are taken by now
        }
    }
}

/// What a server serves.
enum Served {
    /// A port, by ours.
    Ours(Arc<dyn AccessGroupPort>, Metrics),
    /// Nothing, by the yardstick.
    Bare,
}

async fn serve(
    served: Served,
    listener: TcpListener,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let stopped = async {
        let _ = stopped.await; // either way, the measurement is over
    };
    if let Served::Ours(port, metrics) = served {
        let credentials = Credentials::new().with_key(&Secret::new(KEY), port);
        let server = access_groups_server::Server::new(credentials).with_metrics(metrics);
        return server.serve(listener, stopped).await;
    }
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true); // as ours does
    });
    let server = axum::serve(listener, bare());
    server.with_graceful_shutdown(stopped).await
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) acs_access_group_id: Uuid,
    pub(crate) acs_user_id: Uuid,
}

#[derive(Serialize)]
struct Done {
    ok: bool,
}

fn bare() -> Router {
    let handle = async |Json(pair): Json<Pair>| {
        std::hint::black_box((pair.acs_access_group_id, pair.acs_user_id));
        Json(Done { ok: true })
    };
    Router::new()
        .route("/acs/users/add_to_access_group", routing::post(handle))
        .route("/acs/users/remove_from_access_group", routing::post(handle))
}

impl From<site::Pair> for Pair {
    fn from((user, group): site::Pair) -> Self {
        Self {
            acs_access_group_id: group.into(),
            acs_user_id: user.into(),
        }
    }
}

/// A thread or a process of Linux whose CPU time can be asked for from any other.
#[derive(Debug, Clone)]
pub(crate) enum CpuClock {
    /// A thread, as its folder.
    Thread(PathBuf),
    /// A process, as the folder of its threads.
    Process(PathBuf),
}

impl CpuClock {
    /// The clock of the thread that asks.
    pub(crate) fn of_this_thread() -> io::Result<Self> {
        let thread = fs::read_link("/proc/thread-self")?;
        Ok(Self::Thread(PathBuf::from("/proc").join(thread)))
    }

    /// The clock of another process, whose threads do not end.
    pub(crate) fn of_process(id: u32) -> Self {
        Self::Process(format!("/proc/{id}/task").into())
    }

    /// Time on a CPU, user and system.
    ///
    /// The kernel brings it up to date at the end of each time slice, so a running thread may
    /// be a few milliseconds ahead.
    pub(crate) fn now(&self) -> Duration {
        match self {
            Self::Thread(folder) => on_cpu(folder),
            Self::Process(threads) => {
                let threads = fs::read_dir(threads).into_iter().flatten().flatten();
                threads.map(|thread| on_cpu(&thread.path())).sum()
            }
        }
    }
}

fn on_cpu(thread: &Path) -> Duration {
    let text = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
