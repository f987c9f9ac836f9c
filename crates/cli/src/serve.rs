//! `serve`: a site file as Seam's HTTP API.

mod keys;
mod signals;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use access_groups_core::{AccessGroupFilter, AccessGroupId, AcsUserId, Ports};
use access_groups_in_memory::State;
use access_groups_server::{ApiKeys, router};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    time::{MissedTickBehavior, interval},
};

use crate::{
    args,
    exit::Exit,
    failure::Failure,
    output,
    site::Site,
    store::{StoreName, variable},
};
use keys::Keys;
use signals::Signals;

/// Serves the site until a signal says stop, then saves it.
pub(crate) fn run(
    wanted: &args::Serve,
    name: StoreName,
    key_file: Option<&Path>,
) -> Result<(), Failure> {
    let keys = Keys::find(key_file, variable)?;
    if keys.are_made() && !wanted.listen.ip().is_loopback() {
        return Err(needs_a_key(wanted.listen));
    }
    let site = match name {
        StoreName::Memory(path) => Site::load(&path)?,
        StoreName::File(path) => Site::open(&path)?,
        StoreName::Http(_) => return Err(not_a_site()),
    };
    let site = Arc::new(site);
    let runtime = Runtime::new()
        .map_err(|error| Failure::failed("no threads to serve with").caused_by(&error))?;
    let served = runtime.block_on(serve(wanted.listen, &keys, &site));
    // Also when serving failed: what was changed until then was accepted.
    site.save().and(served)
}

async fn serve(listen: SocketAddr, keys: &Keys, site: &Arc<Site>) -> Result<(), Failure> {
    let signals = Signals::watch()
        .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))?;
    let (listener, address) = bind(listen)
        .await
        .map_err(|error| cannot_listen(listen, &error))?;
    let ports = Ports::of(site.memory().clone());
    let keys_to_ports = keys
        .iter()
        .fold(ApiKeys::new(), |all, key| all.with_key(key, ports.clone()));
    let saver = tokio::spawn(save_every_second(Arc::clone(site)));
    introduce(address, keys, site);
    output::to_stdout(&format!("listening on http://{address}"))?;
    let served =
        access_groups_server::serve(listener, router(keys_to_ports), signals.first()).await;
    saver.abort();
    match served {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            output::to_stderr(format_args!("warning: {error}; they were cut off"));
            Ok(())
        }
        served => served.map_err(|error| Failure::failed("serving failed").caused_by(&error)),
    }
}

async fn bind(listen: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Saves what has changed, for as long as it is polled. A failure is told once, and the save
/// tried again.
async fn save_every_second(site: Arc<Site>) {
    let mut ticks = interval(SAVE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        ticks.tick().await;
        let site = Arc::clone(&site);
        let Ok(saved) = tokio::task::spawn_blocking(move || site.save()).await else {
            return; // the runtime ends, or the save has panicked and said so
        };
        let problem = saved.err().map(|failure| failure.to_string());
        if problem != told {
            match &problem {
                Some(problem) => output::to_stderr(format_args!(
                    "{problem}\n  the changes are in memory only; saving is tried every second"
                )),
                None => output::to_stderr("saved again"),
            }
        }
        told = problem;
    }
}

/// Says on stderr how to call the server, with ids that it knows.
fn introduce(address: SocketAddr, keys: &Keys, site: &Site) {
    if !address.ip().is_loopback() {
        output::to_stderr(
            "warning: plain http shows keys and names to everybody on the way; other machines \
             should come through a proxy that speaks https",
        );
    }
    if !site.keeps_changes() {
        output::to_stderr("note: a memory: store forgets all changes when the server ends");
    }
    if let Some(note) = keys.note() {
        output::to_stderr(note);
    }
    if let Some((user, group)) = site.memory().read(pair_to_try) {
        let authorization = keys.authorization();
        let here = from_here(address);
        output::to_stderr(format_args!(
            "try:\n  curl -sS 'http://{here}/acs/users/add_to_access_group' \\\n    \
             -H {authorization} \\\n    \
             -H 'Content-Type: application/json' \\\n    \
             -d '{{\"acs_user_id\":\"{user}\",\"acs_access_group_id\":\"{group}\"}}'"
        ));
    }
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

/// A user who may be added to a group: of the first group whose system has any.
fn pair_to_try(state: &State) -> Option<(AcsUserId, AccessGroupId)> {
    let all = AccessGroupFilter::new();
    state.access_groups(&all).find_map(|group| {
        let mut users = state.acs_users();
        let user = users.find(|user| user.acs_system_id == group.acs_system_id)?;
        Some((user.acs_user_id, group.acs_access_group_id))
    })
}

fn not_a_site() -> Failure {
    Failure::usage("serve needs a memory: or file: store: an http store is served already")
        .with_hint("--store memory:SITE.json serves a site file and never writes it")
}

fn needs_a_key(listen: SocketAddr) -> Failure {
    Failure::usage(format!(
        "other machines reach {listen}, so it takes a key of yours"
    ))
    .with_hint("set ACCESS_GROUPS_API_KEY, or name a file of keys with --api-key-file")
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

/// How often a `file:` store is saved at most.
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
