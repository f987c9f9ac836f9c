//! A node is killed in the middle of changes: `access-groups serve` on a SQLite file, and one of two on a
//! PostgreSQL database. What it has answered is there, and no change is half done: each is a membership and a
//! line of the history.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use access_groups_postgres::{Database as Postgres, Settings};
use access_groups_sql::{HistoryFilter, SqlStore};
use access_groups_sqlite::Database as Sqlite;
use access_groups_tests::cluster::Cluster;
use tokio::runtime::Runtime;

use super::{
    load::{Load, client, read, site, user},
    server::{Server, operate},
    tally::{Allowed, Answers, judge},
};
use crate::run;

#[test]
fn a_killed_server_on_sqlite_has_lost_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("doors.db");
    let nodes = Nodes::over(format!("sqlite:{}", path.display()), 1);
    let counts = nodes.rounds();
    // A small run shares its machine with other tests.
    if run::is_full() {
        let restart = counts.restart();
        assert!(
            restart < READY_AGAIN,
            "half of the restarts took {restart:?}"
        );
    }
    let store: Arc<dyn SqlStore> = Arc::new(Sqlite::open(path).expect("it is sound"));
    counts.report("SQLite, node killed", &store);
}

#[test]
fn a_killed_node_on_postgres_has_lost_nothing() {
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let nodes = Nodes::over(url.clone(), 2);
    let counts = nodes.rounds();
    let settings = Settings::parse(&url).expect("sound settings");
    let runtime = Runtime::new().expect("a runtime");
    let store = runtime.block_on(Postgres::connect(&settings));
    let store: Arc<dyn SqlStore> = Arc::new(store.expect("it is reached"));
    counts.report("PostgreSQL, node killed", &store);
}

/// Servers on one database, the first of which is killed in each round.
struct Nodes {
    store: String,
    servers: Vec<Server>,
    random: fastrand::Rng,
}

/// What came of all rounds.
#[derive(Default)]
struct Counts {
    rounds: usize,
    answered: usize,
    /// Changes that were not answered: how many there were, and how many of them are there.
    open: usize,
    happened: usize,
    /// From the start of a server after a kill to its first answer.
    restarts: Vec<Duration>,
}

impl Nodes {
    fn over(store: String, count: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("site.json");
        std::fs::write(&file, site(2 * CLIENTS)).expect("room for it");
        if !store.starts_with("sqlite:") {
            operate(&store, &["migrate"]).expect("done");
            operate(&store, &["workspaces", "create", "Drill"]).expect("done");
        }
        operate(&store, &["import", &file.display().to_string()]).expect("done");
        let servers = (0..count).map(|_| Server::on_database(&store)).collect();
        Self {
            store,
            servers,
            random: fastrand::Rng::with_seed(run::seed()),
        }
    }

    fn rounds(mut self) -> Counts {
        let mut counts = Counts::default();
        let rounds = if run::is_full() { 200 } else { 4 };
        for round in 0..rounds {
            let before = self.numbers();
            let loads: Vec<_> = self
                .servers
                .iter()
                .zip(before.chunks(CLIENTS))
                .map(|(server, users)| Load::start(&server.url, users))
                .collect();
            let first = &loads[0];
            first.await_answers(self.random.usize(1..100));
            self.servers[0].kill();
            let answers: Vec<Answers> = loads.into_iter().flat_map(Load::end).collect();
            counts.restarts.push(self.restart());
            let found: Vec<_> = self.numbers().into_iter().map(|(_, found)| found).collect();
            counts.add(round, answers, &found);
        }
        counts
    }

    /// Starts the first server again. How long it takes until it has answered a read.
    fn restart(&mut self) -> Duration {
        let since = Instant::now();
        self.servers[0] = Server::on_database(&self.store);
        read(&client(&self.servers[0].url), 0).expect("it is served");
        since.elapsed()
    }

    /// What each client's user has counted to.
    fn numbers(&self) -> Vec<(usize, u32)> {
        let client = client(&self.servers[0].url);
        let users = 0..CLIENTS * self.servers.len();
        users
            .map(|user| (user, read(&client, user).expect("it is served")))
            .collect()
    }
}

impl Counts {
    fn add(&mut self, round: usize, answers: Vec<Answers>, found: &[u32]) {
        let clients: Vec<_> = answers.into_iter().zip(found.iter().copied()).collect();
        judge(&clients, Allowed::Nothing).unwrap_or_else(|why| panic!("round {round}: {why}"));
        self.rounds += 1;
        for (answers, found) in &clients {
            let (_, has_happened) = answers.lost(*found).expect("it is judged");
            self.answered += answers.at.len();
            self.open += usize::from(answers.is_one_open);
            self.happened += usize::from(has_happened);
        }
    }

    /// How long half of the restarts took at most.
    fn restart(&self) -> Duration {
        let mut restarts = self.restarts.clone();
        restarts.sort_unstable();
        restarts[restarts.len() / 2]
    }

    /// Compares the history with the changes that were found.
    fn report(self, promise: &str, store: &Arc<dyn SqlStore>) {
        let runtime = Runtime::new().expect("a runtime");
        let workspaces = runtime.block_on(store.workspaces()).expect("they are read");
        let mut all = HistoryFilter::default();
        all.limit = u32::MAX;
        let lines = (0..2 * CLIENTS).map(|index| {
            let mut of_user = all.clone();
            of_user.user = Some(user(index));
            let lines = runtime.block_on(store.history(workspaces[0].id, &of_user));
            lines.expect("they are read").len()
        });
        let lines: usize = lines.sum();
        assert_eq!(lines, self.answered + self.happened, "half done");
        let restart = self.restart();
        let Self {
            rounds,
            answered,
            open,
            happened,
            restarts,
        } = self;
        let slowest = restarts.into_iter().max().expect("there were some");
        run::report(
            promise,
            &format!(
                "{rounds} kills, {answered} changes answered, 0 lost, 0 half done; \
                 {open} not answered, of which {happened} had happened; \
                 from a restart to the first answer {restart:.0?} (median), at most {slowest:.0?}"
            ),
        );
    }
}

/// Within what a server on SQLite answers again, the median of all restarts.
const READY_AGAIN: Duration = Duration::from_millis(100);

/// How many clients each node has.
const CLIENTS: usize = 8;
