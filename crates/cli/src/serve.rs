//! `serve`: site files as Seam's HTTP API.

mod config;
mod keys;
mod one;
mod signals;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use access_groups_server::{Credentials, router};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    time::{MissedTickBehavior, interval},
};

use crate::{
    args::{self, Options},
    exit::Exit,
    failure::Failure,
    output,
    site::Site,
};
use config::Config;
use one::One;
use signals::Signals;

/// Serves until a signal says stop, then saves.
pub(crate) fn run(wanted: &args::Serve, options: &Options) -> Result<(), Failure> {
    let served = Served::open(wanted, options)?;
    let runtime = Runtime::new()
        .map_err(|error| Failure::failed("no threads to serve with").caused_by(&error))?;
    let result = runtime.block_on(serve(wanted.listen, &served));
    // Connections that were cut off end here: after the last save nobody is answered.
    drop(runtime);
    // Also when serving failed: what was changed until then was accepted.
    save_all(&served.sites()).and(result)
}

/// What is served.
#[derive(Debug)]
enum Served {
    One(One),
    Several(Config),
}

impl Served {
    fn open(wanted: &args::Serve, options: &Options) -> Result<Self, Failure> {
        let Some(config) = &wanted.config else {
            return One::open(wanted.listen, options).map(Self::One);
        };
        if options.store.is_some() || options.api_key_file.is_some() {
            return Err(Failure::usage("--config names the sites and the keys")
                .with_hint("leave --store and --api-key-file out"));
        }
        Config::load(config).map(Self::Several)
    }

    fn sites(&self) -> Vec<Arc<Site>> {
        match self {
            Self::One(one) => vec![Arc::clone(&one.site)],
            Self::Several(config) => config.sites.clone(),
        }
    }

    fn credentials(&self) -> Credentials {
        match self {
            Self::One(one) => one.credentials(),
            Self::Several(config) => config.credentials.clone(),
        }
    }

    /// Says on stderr what whoever starts the server should know.
    fn introduce(&self, address: SocketAddr) {
        if !address.ip().is_loopback() {
            output::to_stderr(
                "warning: plain http shows keys and names to everybody on the way; other \
                 machines should come through a proxy that speaks https",
            );
        }
        let notes = match self {
            Self::One(one) => &one.notes(from_here(address)),
            Self::Several(config) => &config.notes,
        };
        notes.iter().for_each(output::to_stderr);
    }
}

async fn serve(listen: SocketAddr, served: &Served) -> Result<(), Failure> {
    let signals = Signals::watch()
        .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))?;
    let (listener, address) = bind(listen)
        .await
        .map_err(|error| cannot_listen(listen, &error))?;
    let sites = served.sites().into_iter();
    let savers: Vec<_> = sites
        .map(|site| tokio::spawn(save_every_second(site)))
        .collect();
    served.introduce(address);
    output::to_stdout(&format!("listening on http://{address}"))?;
    let router = router(served.credentials());
    let result = access_groups_server::serve(listener, router, signals.first()).await;
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

/// Saves what has changed, for as long as it is polled. The first of several failures in a row
/// is told, and the save tried again.
async fn save_every_second(site: Arc<Site>) {
    let mut ticks = interval(SAVE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = false;
    loop {
        ticks.tick().await;
        let site = Arc::clone(&site);
        let Ok(saved) = tokio::task::spawn_blocking(move || site.save()).await else {
            return; // the runtime ends, or the save has panicked and said so
        };
        let fails = saved.is_err();
        match (saved, told) {
            (Err(failure), false) => output::to_stderr(format_args!(
                "{failure}\n  the changes are in memory only; saving is tried every second"
            )),
            (Ok(_), true) => output::to_stderr("saved again"),
            (Err(_), true) | (Ok(_), false) => {}
        }
        told = fails;
    }
}

/// Saves each site, whatever becomes of the others. Of several failures, all but one are told
/// here.
fn save_all(sites: &[Arc<Site>]) -> Result<(), Failure> {
    let mut failures: Vec<_> = sites.iter().filter_map(|site| site.save().err()).collect();
    let last = failures.pop();
    failures.iter().for_each(output::to_stderr);
    last.map_or(Ok(()), Err)
}

/// Where this machine reaches the server: an unspecified address is none to call.
fn from_here(mut address: SocketAddr) -> SocketAddr {
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

/// How often a site file is saved at most.
const SAVE_EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listening: &str, expected: &str) {
        let address = listening.parse().expect("an address");
        assert_eq!(from_here(address).to_string(), expected);
    }

    #[test]
    fn an_unspecified_address_is_called_on_loopback() {
        check("0.0.0.0:80", "127.0.0.1:80");
        check("[::]:80", "[::1]:80");
        check("127.0.0.1:80", "127.0.0.1:80");
        check("192.0.2.7:80", "192.0.2.7:80");
        check("[2001:db8::7]:80", "[2001:db8::7]:80");
    }
}
