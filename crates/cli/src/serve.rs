//! `serve`: site files and databases as Seam's HTTP API.

mod config;
mod database;
mod events;
mod faults;
mod files;
mod keys;
mod limits;
mod log;
mod metrics;
mod notes;
mod opening;
mod reload;
mod saving;
mod site;
mod sites;
mod strength;

use std::{io, net::SocketAddr, sync::Arc, thread, time::Duration};

use access_groups_server::{Credentials, Health, Metrics, Server};
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::Runtime,
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    args::{self, Options},
    failure::{Exit, Failure},
    output,
    signals::ServeSignals,
    stderr,
    store::{self, StoreName},
};

use faults::Front;
use files::OpenFiles;
use notes::Notes;
use opening::Opened;
use saving::Savers;
use sites::Sites;

pub(crate) use faults::FaultSource;
pub(crate) use log::Log;

/// Serves until a signal, then saves.
pub(crate) fn run(arguments: &args::Serve, options: &Options) -> Result<(), Failure> {
    events::start(arguments.log, store::variable("RUST_LOG"))?;
    if arguments.config.is_none()
        && let StoreName::Database(name) = StoreName::choose(options, store::variable)?
    {
        return database::run(name, arguments, options);
    }
    let files = OpenFiles::raise()?;
    let (credentials, health) = (Credentials::new(), Health::default());
    let metrics = Metrics::default();
    let patience = Duration::from_secs(arguments.save_patience);
    let savers = Savers::new(patience, health.clone(), metrics.clone());
    let cut_off = savers.clone();
    let signals = ServeSignals::watch(move |wait_for_save| cut_off.cut_off(wait_for_save))
        .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))?;
    let runtime = Runtime::new()
        .map_err(|error| Failure::failed("no threads to serve with").caused_by(&error))?;
    let sites = Sites::new(credentials.clone(), savers.clone());
    let opening = open(arguments, options, files, &sites);
    let Some(opened) = runtime.block_on(unless_stopped(&signals, opening)) else {
        output::to_stderr("stopped before it listened");
        return Ok(());
    };
    let opened = opened?;
    let server = Server::new(credentials)
        .with_limits(opened.limits)
        .with_health(health)
        .with_metrics(metrics.clone())
        .with_origins(arguments.origins()?);
    let result = runtime.block_on(async {
        sites.serve(opened.loaded);
        let listening = listen(arguments, &metrics, &opened.notes).await?;
        let reloading = Arc::clone(&opened.reloader).on_signals(signals.clone());
        serve(server, listening, reloading, signals).await
    });
    // Connections that were cut off end here: after the last save nobody is answered.
    drop(runtime);
    let reports = opened.reloader.opening().front.reports();
    reports.iter().for_each(output::to_stderr);
    // Also when serving failed: what was changed until then was accepted.
    savers.finish().and(result)
}

async fn open(
    arguments: &args::Serve,
    options: &Options,
    files: OpenFiles,
    sites: &Arc<Sites>,
) -> Result<Opened, Failure> {
    let (arguments, options, sites) = (arguments.clone(), options.clone(), Arc::clone(sites));
    let opened = detached(move || Opened::open(&arguments, &options, files, sites)).await;
    opened.unwrap_or_else(|| Err(Failure::failed("the sites cannot be opened")))
}

/// The result, or `None` at the first signal.
async fn unless_stopped<T>(signals: &ServeSignals, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = signals.clone().stop() => None,
    }
}

/// The result of work that may wait for a disk, on a thread of its own: neither the callers nor the
/// end of the process wait for it. `None` if it panics, or without a thread.
async fn detached<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = oneshot::channel();
    let thread = thread::Builder::new().name("disk".to_owned());
    // Nobody may be waiting any more.
    let thread = thread.spawn(move || drop(done.send(work())));
    thread.ok()?;
    result.await.ok()
}

/// The sockets of a server.
struct Listening {
    listener: TcpListener,
    /// Serves the metrics, if they have an address.
    counting: Option<JoinHandle<()>>,
}

/// Opens the sockets, and says that it listens.
async fn listen(
    arguments: &args::Serve,
    metrics: &Metrics,
    notes: &Notes,
) -> Result<Listening, Failure> {
    let (listener, address) = bind(arguments.listen, "--listen").await?;
    let mut counting = None;
    if let Some(listen) = arguments.metrics {
        let (listener, address) = bind(listen, "--metrics").await?;
        metrics::print_note(address);
        counting = Some(metrics::serve(listener, metrics));
    }
    // Notes come before the line on stdout, which scripts wait for.
    notes.print(address);
    stderr::finish();
    output::to_stdout(&format!("listening on http://{address}"))?;
    Ok(Listening { listener, counting })
}

/// Serves until a signal; `reloading` goes on until then.
async fn serve(
    server: Server,
    Listening { listener, counting }: Listening,
    reloading: impl Future<Output = ()> + Send + 'static,
    signals: ServeSignals,
) -> Result<(), Failure> {
    let reloading = tokio::spawn(reloading);
    let stop = async {
        signals.stop().await;
        output::to_stderr("stopping: requests in flight are finished; a second signal cuts them");
    };
    let result = server.serve(listener, stop).await;
    // What is served from now on is nothing: no site comes or goes.
    reloading.abort();
    if let Some(counting) = counting {
        counting.abort();
    }
    match result {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            output::to_stderr(format_args!("warning: {error}; they were cut off"));
            Ok(())
        }
        result => result.map_err(|error| Failure::failed("serving failed").caused_by(&error)),
    }
}

async fn bind(
    listen: SocketAddr,
    option: &'static str,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = async {
        let socket = match listen {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // As `TcpListener::bind` does: a server that starts again finds its address free. Elsewhere,
        // the option means something else.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(listen)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound
        .await
        .map_err(|error| cannot_listen(listen, option, &error))
}

/// How many connections the system keeps until they are accepted: a crowd comes at one moment.
const BACKLOG: u32 = 1024;

fn cannot_listen(listen: SocketAddr, option: &str, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::AddrInUse => Exit::Unavailable,
        _ => Exit::Failed,
    };
    Failure::new(exit, format!("cannot listen on {listen}"))
        .caused_by(error)
        .with_hint(format!(
            "choose another address with {option}; port 0 picks a free port"
        ))
}
