//! A few connections, each used by one call at a time.
//!
//! Not a library's: hosts that only read are left with all connections to them, a connection comes back
//! clean or not at all, and what is under way on one that does not is not cancelled.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use access_groups_core::Error;
use access_groups_sql::{Again, Through};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    Login, Settings, Statements,
    fault::{Fault, Result, Told, busy},
    link::{Link, Place, Query, Sql},
    refusal,
    rows::Kind,
    tls,
};

pub(crate) struct Pool {
    settings: Settings,
    begin: String,
    hosts: Vec<Config>,
    tls: MakeRustlsConnect,
    /// The host that was reached last: it is tried first.
    preferred: AtomicUsize,
    is_unprepared: AtomicBool,
    permits: Arc<Semaphore>,
    /// Those of changes, which are fewer: while all of them wait for a standby, reads go on.
    changes: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

struct Idle {
    links: Vec<Link>,
    /// How often each host was left.
    generations: Vec<u64>,
}

impl Pool {
    pub(crate) fn new(settings: Settings) -> std::result::Result<Self, Error> {
        let hosts = settings.hosts();
        Ok(Self {
            tls: tls::connector(&settings, &hosts)?,
            begin: begin(&settings),
            preferred: AtomicUsize::new(0),
            is_unprepared: AtomicBool::new(settings.statements() == Statements::Unnamed),
            permits: Arc::new(Semaphore::new(settings.connections())),
            changes: Arc::new(Semaphore::new(for_changes(settings.connections()))),
            idle: Mutex::new(Idle {
                links: Vec::new(),
                generations: vec![0; hosts.len()],
            }),
            hosts,
            settings,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What begins a transaction of a change; its last row is the time, in milliseconds since 1970.
    pub(crate) fn begin(&self) -> &str {
        &self.begin
    }

    /// A connection for one call that only reads.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease> {
        self.lease_within(&[&self.permits]).await
    }

    /// A connection for one call that changes something.
    pub(crate) async fn lease_to_change(self: &Arc<Self>) -> Result<Lease> {
        self.lease_within(&[&self.changes, &self.permits]).await
    }

    async fn lease_within(self: &Arc<Self>, places: &[&Arc<Semaphore>]) -> Result<Lease> {
        let wait = self.settings.wait();
        let acquired = timeout(wait, async {
            let mut permits = Vec::with_capacity(places.len());
            for place in places {
                let permit = Arc::clone(place).acquire_owned().await;
                permits.push(permit.expect("the semaphore is never closed"));
            }
            permits
        });
        let Ok(permits) = acquired.await else {
            return Err(Fault::Refused(busy(wait)));
        };
        let link = match self.idle_link().await {
            Some(link) => link,
            None => self.connect().await?,
        };
        Ok(Lease {
            pool: self.clone(),
            link: Some(link),
            _permits: permits,
        })
    }

    /// From now on, no statement is prepared.
    pub(crate) fn stop_preparing(&self) {
        self.is_unprepared.store(true, Relaxed);
        self.idle().links.clear();
    }

    /// Waits before the next attempt, as the law of attempts says.
    pub(crate) async fn pause(&self, again: Again) -> Result<()> {
        if again.through == Through::Unprepared {
            self.stop_preparing();
        }
        sleep(again.after).await;
        Ok(())
    }

    /// Leaves a host with all connections to it: it only reads.
    fn leave(&self, host: usize) {
        let mut idle = self.idle();
        idle.generations[host] += 1;
        idle.links.retain(|link| link.place.host != host);
    }

    async fn idle_link(&self) -> Option<Link> {
        loop {
            let mut link = self.idle().links.pop()?;
            if !self.is_current(&link) {
                continue;
            }
            if link.checked.elapsed() < SURE {
                return Some(link);
            }
            // What has been silent may be gone, or may lead to a server that only reads by now.
            match timeout(self.settings.connect_timeout(), link.script(READ_ONLY)).await {
                Ok(Ok(Some(answer))) if answer == ["off"] => {
                    link.checked = Instant::now();
                    return Some(link);
                }
                Ok(Ok(_)) => self.leave(link.place.host),
                Ok(Err(_)) | Err(_) => link.abort(),
            }
        }
    }

    fn is_current(&self, link: &Link) -> bool {
        let generation = self.idle().generations[link.place.host];
        let is_usable = !link.has_prepared() || !self.is_unprepared.load(Relaxed);
        is_usable
            && !link.is_closed()
            && link.place.generation == generation
            && link.place.expires > Instant::now()
    }

    /// Connects to the first host that may be written to.
    async fn connect(&self) -> Result<Link> {
        let first = self.preferred.load(Relaxed);
        let (mut failed, mut refusals) = (Vec::new(), Vec::new());
        for number in (first..self.hosts.len()).chain(0..first) {
            let reached = timeout(self.settings.connect_timeout(), self.connect_to(number)).await;
            match reached {
                Ok(Ok(link)) => {
                    self.preferred.store(number, Relaxed);
                    return Ok(link);
                }
                Ok(Err(Fault::Engine(error))) => {
                    let host = &self.hosts[number];
                    if let Some(refusal) = refusal::of_login(&error, host) {
                        return Err(Fault::Refused(refusal));
                    }
                    refusals.extend(refusal::of_tls(&error, host));
                    failed.push(format!("{}: {}", Login::of(host), Told::of(&error)));
                }
                Ok(Err(fault)) => {
                    let host = Login::of(&self.hosts[number]);
                    failed.extend(fault.told().map(|told| format!("{host}: {told}")));
                }
                Err(_) => {
                    let host = Login::of(&self.hosts[number]);
                    failed.push(format!("{host}: no answer in time"));
                }
            }
        }
        // While one of them may answer again, so may all.
        match refusals.len() == self.hosts.len() {
            true => Err(Fault::Refused(refusals.swap_remove(0))),
            false => Err(Fault::Unreached(Told::new(failed.join("; ")))),
        }
    }

    async fn connect_to(&self, host: usize) -> Result<Link> {
        let mut config = self.hosts[host].clone();
        let place = Place {
            host,
            generation: self.idle().generations[host],
            expires: Instant::now() + self.settings.lifetime(),
        };
        if !self.is_unprepared.load(Relaxed) {
            // Only a session of our own has this, so that it tells whether there is one. A pool that gives
            // sessions away would mix up statements of several programs without a word.
            let options = config.get_options().unwrap_or_default();
            config.options(format!("{options} -c access_groups.session=own"));
            match config.connect(self.tls.clone()).await {
                Ok((client, connection)) => {
                    let mut link = Link::new(client, connection, place);
                    // An error says nothing: a server that is just starting or ending answers so, too.
                    if has_own_session(&link).await? {
                        // Other databases may not know it, and then keep no such plans.
                        let _ = link.script(ALWAYS_INDEXED).await;
                        link.prepare_statements();
                        return Ok(link);
                    }
                    return Ok(link);
                }
                Err(error) if error.code().is_some_and(|code| code.code() == "08P01") => {
                    self.stop_preparing();
                }
                Err(error) => return Err(error.into()),
            }
        }
        let (client, connection) = self.hosts[host].connect(self.tls.clone()).await?;
        Ok(Link::new(client, connection, place))
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of so many connections changes may use at once: one in eight is left for reads, if there are two.
fn for_changes(connections: usize) -> usize {
    match connections {
        1 => 1,
        more => more - (more / 8).max(1),
    }
}

// All limits are those of this transaction: a session may be somebody else's afterwards. It does not ask to
// write: a server that only reads would refuse that as a feature that it lacks (0A000), and not as 25006.
fn begin(settings: &Settings) -> String {
    let level = settings.isolation();
    let limit = settings.limit().max(Duration::from_secs(5)).as_millis();
    // One statement for all of them takes the server less time than five.
    format!(
        "BEGIN ISOLATION LEVEL {level}; \
         SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, \
         set_config('lock_timeout', '2s', true), \
         set_config('statement_timeout', '{limit}', true), \
         set_config('idle_in_transaction_session_timeout', '5s', true), \
         set_config('synchronous_commit', 'on', true)"
    )
}

async fn has_own_session(link: &Link) -> Result<bool> {
    let query = Query {
        sql: OWN_SESSION,
        values: Vec::new(),
    };
    let rows = link.all(std::slice::from_ref(&query)).await?;
    Ok(rows.iter().any(|rows| !rows.is_empty()))
}

const READ_ONLY: &str = "SHOW transaction_read_only";

const OWN_SESSION: Sql = Sql::new(
    Kind::Flag,
    "SELECT 1 WHERE current_setting('access_groups.session', true) = 'own'",
);

/// A plan is kept, also one that was made while a table was empty: then reading all of it is the cheapest, and
/// stays so while the table grows, until the database counts its rows again. Every statement has an index, and
/// all that this changes is that it is taken.
const ALWAYS_INDEXED: &str = "SET enable_seqscan = off";

/// How long a connection is believed to lead to a server that may be written to. Reads would not notice
/// that it only reads by now, and would see an old state for as long as they go on.
const SURE: Duration = Duration::from_secs(5);

/// A connection while one call uses it. Dropped, it is closed; clean, it is
/// [given back](Lease::give_back).
pub(crate) struct Lease {
    pool: Arc<Pool>,
    link: Option<Link>,
    _permits: Vec<OwnedSemaphorePermit>,
}

impl Lease {
    pub(crate) fn settings(&self) -> &Settings {
        self.pool.settings()
    }

    pub(crate) fn link(&self) -> &Link {
        self.link.as_ref().expect("it is there until the end")
    }

    /// Keeps the connection for others: nothing is open on it.
    pub(crate) fn give_back(mut self) {
        let Some(link) = self.link.take() else {
            return;
        };
        if self.pool.is_current(&link) {
            self.pool.idle().links.push(link);
        }
    }

    /// Closes the connection, and all others to its host.
    pub(crate) fn leave_host(self) {
        self.pool.leave(self.link().place.host);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            link.abort();
        }
    }
}
