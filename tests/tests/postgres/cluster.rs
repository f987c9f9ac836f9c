//! The servers that the other tests start are as their documentation says.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use access_groups_tests::cluster::{Cluster, sql, until};

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn shared_server_has_databases_for_all() {
    let shared = Cluster::shared();
    let [one, other] = [shared.create_database(), shared.create_database()];
    shared.sql(&one, "create table only_here ()");
    let tables = "select count(*) from pg_tables where tablename = 'only_here'";
    assert_eq!(shared.sql(&one, tables), "1");
    assert_eq!(shared.sql(&other, tables), "0");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn dropped_cluster_leaves_nothing() {
    let cluster = Cluster::start().with_standby();
    let bouncer = cluster.pgbouncer();
    assert_eq!(sql(&bouncer.url("postgres"), "select 1"), "1");
    let folder = cluster.folder().to_owned();
    assert_eq!(
        processes_of(&folder),
        4,
        "two servers, a pgbouncer, a guard"
    );
    drop(cluster);
    assert_eq!(processes_of(&folder), 0);
    assert!(!folder.exists());
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn killed_process_leaves_nothing() {
    if let Some(path) = env::var_os(TO_BE_KILLED) {
        let cluster = Cluster::start();
        fs::write(path, cluster.folder().to_str().expect("text")).expect("written");
        thread::park();
    }
    let room = tempfile::tempdir().expect("a folder");
    let path = room.path().join("folder");
    let mut child = Command::new(env::current_exe().expect("this test"))
        .args([
            "--exact",
            "cluster::killed_process_leaves_nothing",
            "--include-ignored",
        ])
        .env(TO_BE_KILLED, &path)
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    until("it has started a server", || {
        fs::read_to_string(&path).is_ok_and(|folder| !folder.is_empty())
    });
    let folder = fs::read_to_string(&path).expect("it is there");
    let folder = Path::new(&folder);
    assert_eq!(processes_of(folder), 2, "a server, a guard");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    until("the guard has cleaned up", || {
        processes_of(folder) == 0 && !folder.exists()
    });
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn durable_server_survives_a_kill() {
    let mut cluster = Cluster::durable();
    cluster.sql("postgres", "create table kept as select 7 as number");
    cluster.kill_primary();
    cluster.restart_primary();
    assert_eq!(cluster.sql("postgres", "select number from kept"), "7");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn standby_takes_over_and_back() {
    let mut cluster = Cluster::durable().with_standby();
    let both = cluster.url_of_both("postgres");
    sql(&both, "create table kept as select 1 as number");
    for number in 2..4 {
        cluster.kill_primary();
        cluster.promote();
        sql(&both, &format!("insert into kept values ({number})"));
        cluster.rejoin();
        let numbers = "select string_agg(number::text, ' ' order by number) from kept";
        let expected = ["1 2", "1 2 3"][number - 2];
        assert_eq!(sql(&both, numbers), expected);
        // What is synchronous is written, but perhaps not shown yet.
        until("the standby shows it", || {
            cluster.sql_of_standby("postgres", numbers) == expected
        });
    }
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn commit_waits_for_a_stopped_receiver() {
    let mut cluster = Cluster::start().with_standby();
    let url = cluster.url("postgres");
    cluster.stop_receiver();
    let commit = thread::spawn(move || sql(&url, "create table kept ()"));
    let waiting = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'";
    until("the commit waits", || {
        cluster.sql("postgres", waiting) == "1"
    });
    assert!(!commit.is_finished());
    cluster.continue_receiver();
    commit.join().expect("it is committed");
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn pgbouncer_shares_eight_connections() {
    let cluster = Cluster::start();
    let url = cluster.pgbouncer().url(&cluster.create_database());
    let sessions = "select count(*) from pg_stat_activity where datname = current_database()";
    let counts = thread::scope(|scope| {
        let session = || sql(&url, &format!("select pg_sleep(0.2); {sessions}"));
        let clients: Vec<_> = (0..24).map(|_| scope.spawn(session)).collect();
        let counts = clients
            .into_iter()
            .map(|client| client.join().expect("an answer"));
        counts.collect::<Vec<_>>()
    });
    let counts = counts
        .iter()
        .map(|count| count.trim().parse::<usize>().expect("a number"));
    assert_eq!(counts.max(), Some(8));
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn cut_link_loses_packets() {
    let Some(cluster) = or_say(Cluster::behind_link()) else {
        return;
    };
    let folder = cluster.folder().to_owned();
    let network = fs::read_to_string(folder.join("namespace")).expect("it has a network");
    let network = Path::new("/run/netns").join(network);
    assert!(network.exists());
    let url = cluster.url("postgres");
    let within = format!("{url}?connect_timeout=2");
    assert_eq!(sql(&within, "select 1"), "1");
    cluster.cut_link();
    let error = std::panic::catch_unwind(|| sql(&within, "select 1")).expect_err("no answer");
    let error = error.downcast_ref::<String>().expect("words");
    assert!(error.contains("timeout expired"), "{error}");
    cluster.mend_link();
    assert_eq!(sql(&url, "select 1"), "1");
    drop(cluster);
    assert!(!network.exists());
}

#[test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
fn full_disk_refuses_until_it_is_freed() {
    let Some(cluster) = or_say(Cluster::with_small_disk(24 << 20)) else {
        return;
    };
    cluster.sql("small", "create table things (text text)");
    let insert = "insert into things select repeat('x', 1000) from generate_series(1, 100)";
    cluster.sql("small", insert);
    cluster.fill_disk();
    let refused = std::panic::catch_unwind(|| cluster.sql("small", insert)).expect_err("no space");
    let refused = refused.downcast_ref::<String>().expect("words");
    assert!(refused.contains("No space left on device"), "{refused}");
    assert_eq!(cluster.sql("small", "select count(*) from things"), "100");
    cluster.free_disk();
    cluster.sql("small", insert);
}

/// What only root can have; for others, why this was not tested.
///
/// # Panics
///
/// If nobody has allowed that: `cargo xtask postgres --allow-not-run`.
#[expect(
    clippy::print_stderr,
    reason = "whoever runs this must know what was left out"
)]
fn or_say(cluster: Result<Cluster, String>) -> Option<Cluster> {
    let is_allowed = env::var_os("ACCESS_GROUPS_ALLOW_NOT_RUN").is_some();
    assert!(cluster.is_ok() || is_allowed, "NOT TESTED: {cluster:?}");
    cluster
        .inspect_err(|why| eprintln!("NOT TESTED: {why}"))
        .ok()
}

/// How many processes name this folder in their command line.
fn processes_of(folder: &Path) -> usize {
    let folder = folder.to_str().expect("text");
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains(folder))
        .count()
}

/// Tells the test that it is the process to be killed, and where to write the folder of its servers.
const TO_BE_KILLED: &str = "ACCESS_GROUPS_TO_BE_KILLED";
