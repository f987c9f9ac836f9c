//! Nodes whose clocks are off by an hour: the time of everything is the database's.

use std::{fs, num::NonZeroU32, path::PathBuf, process::Command, sync::LazyLock, time::Duration};

use access_groups_core::{NewSchedule, prelude::*};
use access_groups_http_blocking::Client;
use access_groups_postgres::Database;
use access_groups_protocol::ProxyVars;
use access_groups_sql::{Event, HistoryFilter, SqlStore};
use access_groups_tests::cluster::Cluster;

use super::{RUNTIME, World, alone, settings};
use crate::{
    losses::{
        load::client,
        server::{KEY, Server, binary},
    },
    run,
};

#[test]
fn nodes_with_wrong_clocks_agree() {
    let _alone = alone();
    let cluster = Cluster::durable();
    let url = cluster.url("postgres");
    let world = World::on(&url);
    let nodes = CLOCKS.map(|clock| Node::start(&url, clock));
    let drill = Drill { cluster, world };
    let (mut distance, mut created) = (Duration::ZERO, Vec::new());
    let rounds = if run::is_full() { 100 } else { 10 };
    for round in 0..rounds {
        for node in &nodes {
            let name = format!("User {round} {}", node.clock);
            let (user, apart) = drill.create(node, &name);
            distance = distance.max(apart);
            created.push(user);
        }
    }
    for node in &nodes {
        assert_eq!(node.everybody(), created, "pages of {}", node.clock);
    }
    check_keys(&url, &nodes);
    drill.check_history(&url, &created);
    run::report(
        "PostgreSQL, clocks off",
        &format!(
            "three nodes, of which one is an hour ahead and one behind: {} users created in turn, each within \
             {distance:.2?} of the database's time, the pages of all nodes hold everybody once in that order",
            created.len()
        ),
    );
    assert!(distance < Duration::from_secs(1), "{distance:?}");
}

/// What each node adds to its clock.
const CLOCKS: [&str; 3] = ["+0", "+1h", "-1h"];

struct Drill {
    cluster: Cluster,
    world: World,
}

impl Drill {
    /// Creates a user through the node, with a schedule that is over when an hour is; how far from the database's
    /// time it was created at most.
    fn create(&self, node: &Node, name: &str) -> (AcsUserId, Duration) {
        let before = self.now();
        let half_an_hour = Duration::from_secs(30 * 60);
        let back = |time| before.checked_sub(time).expect("years later than that");
        let until = |ends_at| {
            let schedule = NewSchedule {
                starts_at: Some(back(2 * half_an_hour)),
                ends_at: Some(ends_at),
            };
            self.world.user(name).with_access_schedule(schedule)
        };
        let over = until(back(half_an_hour));
        let refused = node.client.create_acs_user(over);
        let refused = refused.expect_err("its schedule has ended, by the database's time");
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{refused}");
        let user = until(before.saturating_add(half_an_hour));
        let user = node.client.create_acs_user(user);
        let user = user.expect("its schedule has not ended, by the database's time");
        let from_now = self.world.user(name);
        let from_now = from_now.with_access_schedule(NewSchedule::default());
        let begun = node.client.create_acs_user(from_now).expect("created");
        let starts_at = begun.access_schedule.expect("a schedule").starts_at;
        node.client
            .delete_acs_user(begun.acs_user_id)
            .expect("deleted");
        let after = self.now();
        for at in [user.created_at, begun.created_at, starts_at] {
            assert!(
                before <= at && at <= after,
                "{before} {at} {after}: {}",
                node.clock
            );
        }
        (user.acs_user_id, after.duration_since(user.created_at))
    }

    /// The database's time.
    fn now(&self) -> Timestamp {
        let now = "select to_char(date_trunc('milliseconds', clock_timestamp()) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
        let now = self.cluster.sql("postgres", now);
        now.parse().expect("a time")
    }

    /// The history has one line for each of these users, in the order of their creation.
    fn check_history(&self, url: &str, created: &[AcsUserId]) {
        let mut all = HistoryFilter::default();
        all.limit = u32::MAX;
        let lines = RUNTIME.block_on(async {
            let database = Database::connect(&settings(url)).await?;
            database.history(self.world.id, &all).await
        });
        let mut lines = lines.expect("it can be read");
        assert!(lines.is_sorted_by(|newer, older| newer.at >= older.at));
        lines.reverse();
        let users = lines
            .iter()
            .filter(|entry| entry.line.event == Event::Created);
        let users = users.filter_map(|entry| entry.line.user);
        let users: Vec<_> = users.filter(|user| created.contains(user)).collect();
        assert_eq!(users, created);
    }
}

/// A real server, and a client of it.
struct Node {
    clock: &'static str,
    server: Server,
    client: Client,
}

impl Node {
    fn start(url: &str, clock: &'static str) -> Self {
        let mut serve = program(url, clock);
        serve.args(["serve", "--listen", "127.0.0.1:0"]);
        serve.args(["--metrics", "127.0.0.1:0", "--log", "off"]);
        serve.env("ACCESS_GROUPS_API_KEY", KEY);
        let server = Server::launch(serve);
        let client = client(&server.url);
        Self {
            clock,
            server,
            client,
        }
    }

    /// All users, page by page.
    fn everybody(&self) -> Vec<AcsUserId> {
        let (mut page, mut users) = (PageRequest::first().with_limit(PAGE), Vec::new());
        loop {
            let found = self.client.acs_users(AcsUserFilter::new(), page);
            let found = found.expect("it can be read");
            users.extend(found.items.iter().map(|user| user.acs_user_id));
            let Some(next) = found.next else {
                return users;
            };
            page = PageRequest::first().with_limit(PAGE).after(next);
        }
    }
}

/// A key that a command has made by any clock opens the workspace at every node at once.
fn check_keys(url: &str, nodes: &[Node]) {
    for clock in CLOCKS {
        let mut create = program(url, clock);
        let name = format!("by {clock}");
        let create = create.args(["keys", "create", "--name", &name]).output();
        let create = create.expect("it runs");
        let words = String::from_utf8_lossy(&create.stderr);
        assert!(create.status.success(), "{words}");
        let key = String::from_utf8(create.stdout).expect("text");
        for node in nodes {
            let client = Client::builder(key.trim()).endpoint(&*node.server.url);
            let client = client.proxy_vars(ProxyVars::default()).build();
            let opened = client.expect("a client").workspace();
            opened.unwrap_or_else(|error| panic!("{clock} at {}: {error}", node.clock));
        }
    }
}

/// Our program on this database, by a clock that is off by so much.
fn program(url: &str, clock: &str) -> Command {
    let mut program = Command::new(binary());
    program.env_clear().args(["--store", url]);
    // Waits are timed by another clock, which stays.
    program.env("LD_PRELOAD", &*FAKETIME).env("FAKETIME", clock);
    program.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    program
}

/// The library that shows a program another clock.
static FAKETIME: LazyLock<PathBuf> = LazyLock::new(|| {
    let folders = fs::read_dir("/usr/lib").expect("a folder").flatten();
    let mut paths = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let path = paths.find(|path| path.exists()).unwrap_or_else(|| {
        panic!(
            "libfaketime is missing: on Debian, `apt-get install --no-install-recommends faketime` brings it"
        )
    });
    let mut date = Command::new("date");
    date.arg("+%s").env("LD_PRELOAD", &path);
    let seconds = |clock| -> i64 {
        let date = date.env("FAKETIME", clock).output().expect("it runs");
        let text = String::from_utf8(date.stdout).expect("text");
        text.trim().parse().expect("seconds")
    };
    let [now, ahead, behind] = CLOCKS.map(seconds);
    assert!((3_500..3_700).contains(&(ahead - now)), "{ahead} {now}");
    assert!((3_500..3_700).contains(&(now - behind)), "{now} {behind}");
    path
});

const PAGE: NonZeroU32 = NonZeroU32::new(7).expect("not zero");
