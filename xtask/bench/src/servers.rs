//! The servers: ours over memory, and a minimal axum handler of the same call.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use access_groups_in_memory::InMemory;
use access_groups_protocol::Secret;
use access_groups_server::{Credentials, router, serve};
use axum::{Json, Router, routing, serve::ListenerExt};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, runtime, sync::oneshot};
use uuid::Uuid;

use crate::{
    Outcome,
    load::CpuClock,
    site::{self, Site},
};

/// The key that every client presents.
pub(crate) const KEY: &str = "seam_benchmark_0123456789abcdef";

/// A kind of server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A handler that parses two UUIDs and answers ok: no key, no store, no checks.
    Bare,
    /// Our server over memory, with this many users.
    Ours(usize),
}

/// A server in a thread of its own, its only worker; stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) cpu: CpuClock,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Outcome<Self> {
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
                run(kind, listener, stopped).await
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

async fn run(kind: Kind, listener: TcpListener, stopped: oneshot::Receiver<()>) -> io::Result<()> {
    let stopped = async {
        let _ = stopped.await; // either way, the measurement is over
    };
    match kind {
        Kind::Ours(users) => serve(listener, ours(users), stopped).await,
        Kind::Bare => {
            let listener = listener.tap_io(|stream| {
                let _ = stream.set_nodelay(true); // as ours does
            });
            axum::serve(listener, bare())
                .with_graceful_shutdown(stopped)
                .await
        }
    }
}

fn ours(users: usize) -> Router {
    let site = Site::of_users(users);
    let store = InMemory::new(site.full_state());
    router(Credentials::new().with_key(&Secret::new(KEY), Arc::new(store)))
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
