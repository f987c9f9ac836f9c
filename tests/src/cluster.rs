//! PostgreSQL servers for the length of a test, in a temporary folder and on free ports of the loopback
//! address. Nothing has to be set up or running: only the programs must be installed.
//!
//! ```no_run
//! use access_groups_tests::cluster::Cluster;
//!
//! let shared = Cluster::shared(); // one for all tests of a binary
//! let url = shared.url(&shared.create_database());
//!
//! let mut pair = Cluster::durable().with_standby();
//! let both = pair.url_of_both("postgres");
//! pair.kill_primary();
//! pair.promote();
//! pair.rejoin();
//! # drop((url, both));
//! ```
//!
//! The programs are looked for in the folder that `ACCESS_GROUPS_POSTGRES_BIN` names, in those of `PATH`
//! and in `/usr/lib/postgresql/*/bin`, where Debian keeps them. PostgreSQL's servers refuse to run as
//! root, so that a test of root runs them as the user `postgres`.
//!
//! Servers stop when their [`Cluster`] is dropped, and also when the process of the tests ends in any
//! other way: a small process waits for that. Every database is owned by the user `postgres`, who needs
//! no password.

mod bouncer;
mod guard;
mod node;
mod place;
mod programs;

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

pub use bouncer::Bouncer;
use guard::Guard;
use node::Node;
use place::Place;
use programs::Programs;

use crate::scripted::Identity;

/// One PostgreSQL server, or two of which one is the synchronous standby of the other.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    nodes: Vec<Node>,
    /// Which of the nodes accepts changes, or did until it was killed.
    primary: usize,
    databases: AtomicUsize,
    bouncers: AtomicUsize,
    /// Stops everything and removes the folder.
    _guard: Guard,
}

impl Cluster {
    /// The server that all tests of this process share. It loses everything in a crash.
    ///
    /// # Panics
    ///
    /// If PostgreSQL is not installed, or does not start.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);
        &SHARED
    }

    /// A server that never waits for the disk, and loses everything in a crash: for laws.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    #[must_use]
    pub fn start() -> Self {
        Self::at(|_| Ok(Place::Here), FAST).expect("here it can run")
    }

    /// A server that survives a crash, as PostgreSQL does by default.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    #[must_use]
    pub fn durable() -> Self {
        Self::at(|_| Ok(Place::Here), "").expect("here it can run")
    }

    /// As [`start`](Self::start), at the other end of a network link that [`cut`](Self::cut_link) cuts.
    ///
    /// # Errors
    ///
    /// This user may make no networks, or `ip` is not installed: why, in words.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    pub fn behind_link() -> Result<Self, String> {
        Self::at(Place::behind_link, FAST)
    }

    /// As [`start`](Self::start), with one database, `small`, whose tables are on a disk of so many bytes.
    /// [`fill_disk`](Self::fill_disk) fills it.
    ///
    /// # Errors
    ///
    /// This user may mount no disk: why, in words.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    pub fn with_small_disk(bytes: u64) -> Result<Self, String> {
        let cluster = Self::at(|folder| Place::small_disk(folder, bytes), FAST)?;
        let folder = cluster.folder.join("small");
        let create = format!("create tablespace small location '{}'", folder.display());
        cluster.sql("postgres", &create);
        cluster.sql("postgres", "create database small tablespace small");
        Ok(cluster)
    }

    fn at(
        place: impl FnOnce(&Path) -> Result<Place, String>,
        settings: &str,
    ) -> Result<Self, String> {
        let programs = Programs::installed();
        let folder = folder(programs);
        // Before anything runs, so that nothing is left of what cannot start.
        let guard = Guard::over(&folder);
        let node = Node::create("a", &folder, place(&folder)?, settings);
        Ok(Self {
            folder,
            nodes: vec![node],
            primary: 0,
            databases: AtomicUsize::new(0),
            bouncers: AtomicUsize::new(0),
            _guard: guard,
        })
    }

    /// Adds a synchronous standby: from now on, a commit waits for it.
    ///
    /// # Panics
    ///
    /// If there is one, or it does not start.
    #[must_use]
    pub fn with_standby(mut self) -> Self {
        assert_eq!(self.nodes.len(), 1, "there is a standby already");
        let standby = Node::standby_of(&self.nodes[0], "b", &self.folder, None);
        self.nodes.push(standby);
        self.await_sync();
        self
    }

    /// Creates an empty database and returns its name.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    #[must_use]
    pub fn create_database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("create database {name}"));
        name
    }

    /// Where a database of the primary is. Another one may be it after [`promote`](Self::promote).
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.nodes[self.primary].url(database)
    }

    /// Where a database is, whichever of the two servers accepts changes.
    ///
    /// # Panics
    ///
    /// If there is no standby.
    #[must_use]
    pub fn url_of_both(&self, database: &str) -> String {
        let [a, b] = &self.nodes[..] else {
            panic!("there is no standby");
        };
        let (a, b) = (a.address(), b.address());
        format!("postgres://postgres@{a},{b}/{database}?target_session_attrs=read-write")
    }

    /// Carries out one statement on the primary, and returns the values: columns are separated by `|`.
    ///
    /// # Panics
    ///
    /// If the server refuses it.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        self.nodes[self.primary].sql(database, statement)
    }

    /// As [`sql`](Self::sql), on the standby.
    ///
    /// # Panics
    ///
    /// If there is no standby, or it refuses the statement.
    pub fn sql_of_standby(&self, database: &str, statement: &str) -> String {
        self.standby().sql(database, statement)
    }

    /// Ends the primary as a power cut would: it and its processes at once, with SIGKILL.
    pub fn kill_primary(&mut self) {
        self.nodes[self.primary].kill();
    }

    /// Starts the primary again after [`kill_primary`](Self::kill_primary); it recovers.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart_primary(&mut self) {
        self.nodes[self.primary].start();
    }

    /// Makes the standby the primary, and returns how long that took.
    ///
    /// The new primary has no standby, and its commits wait for none.
    ///
    /// # Panics
    ///
    /// If there is no standby, or it cannot be promoted.
    pub fn promote(&mut self) -> Duration {
        let start = Instant::now();
        self.standby().promote();
        self.primary = 1 - self.primary;
        start.elapsed()
    }

    /// Brings the old primary back on its port, as the synchronous standby of the new one. Its data are
    /// copied anew.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn rejoin(&mut self) {
        let old = 1 - self.primary;
        self.nodes[old].kill();
        let (name, port) = (self.nodes[old].name(), self.nodes[old].port());
        let primary = &self.nodes[self.primary];
        self.nodes[old] = Node::standby_of(primary, name, &self.folder, Some(port));
        self.await_sync();
    }

    /// Stops the process of the standby that receives changes: from now on, a commit waits. The
    /// connection stays open.
    ///
    /// # Panics
    ///
    /// If there is no standby, or it receives nothing.
    pub fn stop_receiver(&mut self) {
        let standby = 1 - self.primary;
        self.nodes[standby].stop_receiver();
    }

    /// Continues the process that [`stop_receiver`](Self::stop_receiver) has stopped.
    pub fn continue_receiver(&mut self) {
        let standby = 1 - self.primary;
        self.nodes[standby].continue_receiver();
    }

    /// Cuts the link to the server of [`behind_link`](Self::behind_link): from now on, packets vanish, and
    /// nobody is told.
    pub fn cut_link(&self) {
        self.nodes[self.primary].place().set_link(false);
    }

    /// Mends the link again.
    pub fn mend_link(&self) {
        self.nodes[self.primary].place().set_link(true);
    }

    /// Takes all the space of the disk of [`with_small_disk`](Self::with_small_disk).
    pub fn fill_disk(&self) {
        self.set_full(true);
    }

    /// Gives the space back.
    pub fn free_disk(&self) {
        self.set_full(false);
    }

    fn set_full(&self, is_full: bool) {
        let node = &self.nodes[self.primary];
        let server = node.process().expect("it runs");
        node.place().set_full(server.as_raw_pid(), is_full);
    }

    /// Has the primary speak TLS, with this certificate, and puts these rules before the others of
    /// `pg_hba.conf`, which admit everybody.
    ///
    /// # Panics
    ///
    /// If the server refuses the certificate.
    pub fn speak_tls(&self, identity: &Identity, rules: &str) {
        let primary = &self.nodes[self.primary];
        primary.configure_tls(identity.server_pem(), rules);
        until("the server speaks TLS", || {
            primary.sql("postgres", "show ssl") == "on"
        });
    }

    /// Where the data and logs are; it goes with the cluster.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the process that [`stop_receiver`](Self::stop_receiver) has stopped: what it had not read is lost
    /// to the standby, unless the primary still has it.
    pub fn end_receiver(&mut self) {
        let standby = 1 - self.primary;
        self.nodes[standby].end_receiver();
    }

    /// Runs pgbench on a database of the primary, and returns what it printed. The script's lines may use
    /// its meta-commands.
    ///
    /// # Errors
    ///
    /// It is not installed, or fails: why, in words.
    pub fn pgbench(
        &self,
        database: &str,
        script: &str,
        arguments: &[&str],
    ) -> Result<String, String> {
        let file = self.folder.join("pgbench.sql");
        fs::write(&file, script).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut pgbench = Programs::installed().command("pgbench");
        pgbench.args(["--no-vacuum", "-f"]).arg(&file);
        pgbench.args(arguments).arg(self.url(database));
        programs::output(pgbench.current_dir("/"))
    }

    /// What the primary has written to its log since it was started.
    #[must_use]
    pub fn log(&self) -> String {
        self.nodes[self.primary].log()
    }

    /// Starts a pgbouncer before the primary: a connection of the server is a client's for the length of
    /// a transaction only, and there are 8 of them for each database.
    ///
    /// # Panics
    ///
    /// If pgbouncer is not installed, or does not start.
    #[must_use]
    pub fn pgbouncer(&self) -> Bouncer {
        let number = self.bouncers.fetch_add(1, Ordering::Relaxed);
        Bouncer::before(&self.nodes[self.primary], &self.folder, number)
    }

    /// Turns a pgbouncer to the standby: its clients stay connected, and from now on can only read.
    ///
    /// # Panics
    ///
    /// If there is no standby.
    pub fn turn_to_standby(&self, bouncer: &Bouncer) {
        bouncer.turn_to(self.standby());
        until("the pgbouncer leads to the standby", || {
            sql(&bouncer.url("postgres"), "select pg_is_in_recovery()") == "t"
        });
    }

    fn standby(&self) -> &Node {
        let standby = self.nodes.get(1 - self.primary);
        standby.expect("a cluster with a standby")
    }

    /// Has every commit wait for the standby, and waits until it has everything.
    fn await_sync(&self) {
        let name = self.standby().name();
        let primary = &self.nodes[self.primary];
        primary.sql(
            "postgres",
            &format!("alter system set synchronous_standby_names = 'FIRST 1 ({name})'"),
        );
        primary.sql("postgres", "select pg_reload_conf()");
        until("the standby is synchronous", || {
            let state = "select sync_state from pg_stat_replication where state = 'streaming'";
            primary.sql("postgres", state) == "sync"
        });
    }
}

/// Whether there are the programs that a [`Cluster`] needs.
///
/// # Errors
///
/// What to install, in words.
pub fn must_be_installed() -> Result<(), &'static str> {
    match Programs::find() {
        Some(_) => Ok(()),
        None => Err(programs::MISSING),
    }
}

/// The URL of another server, `ACCESS_GROUPS_TEST_POSTGRES`, or of a database of the
/// [shared](Cluster::shared) one, the same for the whole process.
///
/// For tests that need one server and do nothing to it.
///
/// # Panics
///
/// As [`Cluster::shared`].
#[must_use]
pub fn url() -> &'static str {
    static URL: LazyLock<String> = LazyLock::new(|| {
        env::var("ACCESS_GROUPS_TEST_POSTGRES").unwrap_or_else(|_| {
            let shared = Cluster::shared();
            shared.url(&shared.create_database())
        })
    });
    &URL
}

/// Carries out statements at this URL, and returns the values: columns are separated by `|`.
///
/// # Panics
///
/// If PostgreSQL is not installed, or the server refuses a statement.
pub fn sql(url: &str, statements: &str) -> String {
    let mut psql = Programs::installed().command("psql");
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
    psql.args(["-d", url, "-c", statements]).current_dir("/");
    programs::must(&mut psql)
}

/// A new folder, which belongs to the user of the servers.
fn folder(programs: &Programs) -> PathBuf {
    let folder = tempfile::Builder::new().prefix("access-groups-").tempdir();
    let folder = folder.expect("a temporary folder").keep();
    if let Some(owner) = &programs.owner {
        chown(&folder, Some(owner.id), None).expect("root may give it away");
    }
    let ours = fs::Permissions::from_mode(0o700);
    fs::set_permissions(&folder, ours).expect("our folder");
    folder
}

/// Waits until something outside this process has come about, which nothing tells of.
///
/// # Panics
///
/// If it has not come about after 60 seconds.
pub fn until(what: &str, mut has_come: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !has_come() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// For laws: it never waits for the disk.
const FAST: &str = "fsync = off\nfull_page_writes = off\n";
