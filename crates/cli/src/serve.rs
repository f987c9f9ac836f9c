//! `serve`: site files as Seam's HTTP API.

mod config;
mod faults;
mod log;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    thread,
    time::Duration,
};

use access_groups_server::{Credentials, Health, Server};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    time::{MissedTickBehavior, interval},
};

use crate::{
    args::{self, Options},
    failure::{Exit, Failure},
    keys::Keys,
    output,
    signals::ServeSignals,
    store::{self, Site, StoreName},
};

use faults::Front;

pub(crate) use faults::FaultSource;
pub(crate) use log::Log;

/// Serves until a signal, then saves.
pub(crate) fn run(arguments: &args::Serve, options: &Options) -> Result<(), Failure> {
    let served = Served::open(arguments, options)?;
    // Before anything is accepted that could not be kept.
    served.sites.iter().try_for_each(|site| site.try_saving())?;
    let runtime = Runtime::new()
        .map_err(|error| Failure::failed("no threads to serve with").caused_by(&error))?;
    let result = runtime.block_on(serve(arguments.listen, &served));
    // Connections that were cut off end here: after the last save nobody is answered.
    drop(runtime);
    served.front.reports().for_each(output::to_stderr);
    // Also when serving failed: what was changed until then was accepted.
    save_all(&served.sites).and(result)
}

/// The sites to serve, and who may call them.
#[derive(Debug)]
struct Served {
    sites: Vec<Arc<Site>>,
    credentials: Credentials,
    front: Front,
    /// Notes for the person who starts the server.
    notes: Vec<String>,
    /// The header of a call, as a word of a shell command; for a single site.
    authorization: Option<String>,
}

impl Served {
    fn open(arguments: &args::Serve, options: &Options) -> Result<Self, Failure> {
        let Some(config) = &arguments.config else {
            return Self::open_single(arguments, options);
        };
        if options.store.is_some() || options.api_key_file.is_some() {
            return Err(Failure::usage("--config names the sites and the keys")
                .with_hint("leave --store and --api-key-file out"));
        }
        config::open(config, options.lock_timeout(), front(arguments)?)
    }

    /// Opens the site of the options. An address that other machines can reach needs keys that
    /// somebody has chosen.
    fn open_single(arguments: &args::Serve, options: &Options) -> Result<Self, Failure> {
        let listen = arguments.listen;
        let name = StoreName::choose(options, store::variable)?;
        let keys = Keys::find(options.api_key_file.as_deref(), store::variable)?;
        // A generated key is printed, and logs of servers are read by many.
        if keys.are_generated() && !listen.ip().is_loopback() {
            let message = format!(
                "other machines can reach {listen}, so the server needs a key that you choose"
            );
            return Err(Failure::usage(message).with_hint(
                "set ACCESS_GROUPS_API_KEY, or name a file of keys with --api-key-file",
            ));
        }
        let mut notes = Vec::new();
        let site = match name {
            StoreName::Memory(path) => {
                let note = "note: a memory: store forgets all changes when the server ends";
                notes.push(note.to_owned());
                Site::Memory(store::load(&path)?)
            }
            StoreName::File(path) => Site::File(store::open_site(&path, options.lock_timeout())?),
            StoreName::Http(_) => {
                let message =
                    "serve needs a memory: or file: store: an http store is served already";
                return Err(Failure::usage(message)
                    .with_hint("--store memory:SITE.json serves a site file and never writes it"));
            }
        };
        notes.extend(keys.note());
        let mut front = front(arguments)?;
        let port = front.over("", site.memory());
        let credentials = keys.iter().fold(Credentials::new(), |credentials, key| {
            credentials.with_key(key, Arc::clone(&port))
        });
        Ok(Self {
            sites: vec![Arc::new(site)],
            credentials,
            front,
            notes,
            authorization: Some(keys.authorization()),
        })
    }

    fn print_notes(&self, address: SocketAddr) {
        if !address.ip().is_loopback() {
            output::to_stderr(
                "warning: plain http shows keys and names to everybody on the network path; other \
                 machines should connect through a proxy that speaks https",
            );
        }
        self.notes.iter().for_each(output::to_stderr);
        self.front.note().iter().for_each(output::to_stderr);
        if let Some(authorization) = &self.authorization {
            let address = local_address(address);
            output::to_stderr(format_args!(
                "try:\n  curl -sS 'http://{address}/acs/access_groups/list' \\\n    \
                 -H {authorization}"
            ));
        }
    }
}

fn front(arguments: &args::Serve) -> Result<Front, Failure> {
    Front::new(arguments.log, arguments.faults.as_ref())
}

async fn serve(listen: SocketAddr, served: &Served) -> Result<(), Failure> {
    let signals = ServeSignals::watch()
        .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))?;
    let (listener, address) = bind(listen)
        .await
        .map_err(|error| cannot_listen(listen, &error))?;
    let health = Health::default();
    let sites = served.sites.iter().cloned();
    let savers: Vec<_> = sites
        .map(|site| tokio::spawn(save_periodically(site, health.clone())))
        .collect();
    // Notes come before the line on stdout, which scripts wait for.
    served.print_notes(address);
    output::to_stdout(&format!("listening on http://{address}"))?;
    let server = Server::new(served.credentials.clone()).with_health(health);
    let result = server.serve(listener, signals.first()).await;
    // The last save is made in `run`, after the last request.
    savers.iter().for_each(|saver| saver.abort());
    match result {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            output::to_stderr(format_args!("warning: {error}; they were cut off"));
            Ok(())
        }
        result => result.map_err(|error| Failure::failed("serving failed").caused_by(&error)),
    }
}

async fn bind(listen: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Saves changes once a second. The first of several failures in a row is reported, and the save
/// is tried again.
async fn save_periodically(site: Arc<Site>, health: Health) {
    let mut ticks = interval(SAVE_INTERVAL);
    // After a slow save, a full second passes before the next one.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_reported = false;
    loop {
        ticks.tick().await;
        let site = Arc::clone(&site);
        // A save waits for the disk, which must not hold up requests.
        let saved = match tokio::task::spawn_blocking(move || site.save()).await {
            Ok(saved) => saved,
            Err(end) if end.is_panic() => Err(Failure::failed("a save has panicked")),
            Err(_) => return, // the runtime ends
        };
        let fails = saved.is_err();
        match (saved, is_reported) {
            (Err(failure), false) => {
                health.saving_failed();
                output::to_stderr(format_args!(
                    "{failure}\n  the changes are in memory only; saving is tried every second"
                ));
            }
            (Ok(_), true) => {
                health.saving_recovered();
                output::to_stderr("saved again");
            }
            (Err(_), true) | (Ok(_), false) => {}
        }
        is_reported = fails;
    }
}

/// Saves each site, even if others fail. Of several failures, all but the last are printed here.
fn save_all(sites: &[Arc<Site>]) -> Result<(), Failure> {
    // All at the same time, and all before the first failure is reported: a disk that hangs keeps
    // no other site from being saved.
    let mut failures: Vec<_> = thread::scope(|scope| {
        let saves = sites.iter().map(|site| scope.spawn(|| site.save()));
        let saves: Vec<_> = saves.collect();
        let ended = saves.into_iter();
        let ended = ended.filter_map(|save| save.join().expect("a save does not panic").err());
        ended.collect()
    });
    let last = failures.pop();
    failures.iter().for_each(output::to_stderr);
    last.map_or(Ok(()), Err)
}

/// The address at which this machine reaches the server: an unspecified one cannot be called.
fn local_address(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn cannot_listen(listen: SocketAddr, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::AddrInUse => Exit::Unavailable,
        _ => Exit::Failed,
    };
    Failure::new(exit, format!("cannot listen on {listen}"))
        .caused_by(error)
        .with_hint("choose another address with --listen; port 0 picks a free port")
}

/// The shortest time between two saves of a site file.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listening: &str, expected: &str) {
        let address = listening.parse().expect("an address");
        assert_eq!(local_address(address).to_string(), expected);
    }

    #[test]
    fn unspecified_address_is_called_on_loopback() {
        check("0.0.0.0:80", "127.0.0.1:80");
        check("[::]:80", "[::1]:80");
        check("127.0.0.1:80", "127.0.0.1:80");
        check("192.0.2.7:80", "192.0.2.7:80");
        check("[2001:db8::7]:80", "[2001:db8::7]:80");
    }
}
