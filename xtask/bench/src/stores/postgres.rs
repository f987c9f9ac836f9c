//! PostgreSQL: changes beside pgbench that inserts the same rows, imports, pages, and a server over it.
//!
//! The server is one of its own, which waits for the disk. Each side has a database in it: the same tables
//! and indexes, with the same users and groups.

use std::{cell::Cell, sync::Arc, time::Instant};

use access_groups_core::{
    AccessGroupId, AccessGroups, AcsUserId, AcsUsers, Error, Store, Workspace, WorkspaceId,
};
use access_groups_postgres::{Database, Postgres, Settings, SqlStore};
use access_groups_tests::cluster::Cluster;
use futures_util::future::try_join_all;
use tokio::runtime::{self, Runtime};

use super::{Limited, Sizes, disk, reading};
use crate::{
    Outcome, rounds,
    site::{Pair, Site},
    table::{Row, Unit},
};

/// Measures everything about PostgreSQL.
pub(crate) fn measure(sizes: &Sizes) -> Outcome<Vec<Limited>> {
    eprintln!("PostgreSQL: starting it, importing two databases");
    let bench = Bench::new(sizes)?;
    let mut measured = vec![
        bench.adds(sizes, IN_FLIGHT, sizes.changes * 10, 0.55)?,
        bench.adds(sizes, 1, sizes.changes, 0.6)?,
    ];
    bench.compare()?;
    measured.push(bench.import(sizes)?);
    measured.push(reading::pages(sizes, |filter, page| {
        bench.runtime.block_on(bench.ours.acs_users(filter, page))
    })?);
    let port = Arc::new(bench.ours.clone());
    let served = reading::served(sizes, port, &bench.site)?;
    measured.push(Limited::unlimited(served));
    Ok(measured)
}

const IN_FLIGHT: usize = 32;

/// A server, and what both sides have done so far.
struct Bench {
    site: Site,
    ours: Postgres,
    names: [String; 2],
    /// How many pairs each side has added.
    added: [Cell<usize>; 2],
    runtime: Runtime,
    cluster: Cluster,
}

impl Bench {
    fn new(sizes: &Sizes) -> Outcome<Self> {
        let site = Site::numbered(sizes.users);
        let cluster = Cluster::durable();
        // As the server of the command line has it.
        let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
        let names = [(); 2].map(|()| cluster.create_database());
        let text = site.state().to_site_json();
        let filled = |name| {
            runtime.block_on(async {
                let database = connect(&cluster.url(name)).await?;
                let port = new_workspace(&database, WORKSPACE).await?;
                port.import(&text).await?;
                Outcome::Ok(port)
            })
        };
        let (ours, _) = (filled(&names[0])?, filled(&names[1])?);
        Ok(Self {
            site,
            ours,
            names,
            added: Default::default(),
            runtime,
            cluster,
        })
    }

    /// Adds so many in a round, this many at the same time, beside pgbench with as many clients.
    fn adds(&self, sizes: &Sizes, at_once: usize, count: usize, least: f64) -> Outcome<Limited> {
        let fsync = disk::fsync(self.cluster.folder())?.as_secs_f64() * 1e6;
        let what =
            format!("adds, {at_once} in flight / pgbench, prepared; an fsync takes {fsync:.0} µs");
        let made = rounds(
            sizes.rounds,
            &what,
            || self.add(at_once, count / at_once),
            || self.pgbench(at_once, count / at_once),
        )?;
        Ok(Limited::new(Row::new(what, Unit::PerSecond, made), least))
    }

    /// Ours: that many tasks, each with its share of pairs that are new. How many in a second.
    fn add(&self, tasks: usize, share: usize) -> Outcome<f64> {
        let first = self.next(0, tasks * share);
        let start = Instant::now();
        let tasks = (0..tasks).map(|task| {
            let port = self.ours.clone();
            let first = first + task * share;
            let pairs: Vec<_> = (first..first + share)
                .map(|number| self.pair(number))
                .collect();
            self.runtime.spawn(async move {
                for (user, group) in pairs {
                    port.add_user(user, group).await?;
                }
                Ok::<_, Error>(())
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let count = tasks.len() * share;
        for ended in self.runtime.block_on(try_join_all(tasks))? {
            ended?;
        }
        Ok(count as f64 / start.elapsed().as_secs_f64())
    }

    /// The yardstick, with the same pairs.
    fn pgbench(&self, clients: usize, share: usize) -> Outcome<f64> {
        let first = self.next(1, clients * share);
        let [users, groups] = [self.site.users.len(), self.site.groups.len()];
        let clients = clients.to_string();
        let define = [
            format!("--define=first={first}"),
            format!("--define=share={share}"),
            format!("--define=users={users}"),
            format!("--define=groups={groups}"),
            format!("--transactions={share}"),
            format!("--client={clients}"),
        ];
        let mut arguments = vec!["--protocol=prepared", "--define=n=0"];
        arguments.extend(define.iter().map(String::as_str));
        let printed = self.cluster.pgbench(&self.names[1], SCRIPT, &arguments)?;
        // "tps = 1234.567890 (without initial connection time)"
        let rate = printed.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|rate| rate.split(' ').next());
        let rate = rate.ok_or_else(|| format!("pgbench says no rate: {printed}"))?;
        Ok(rate.parse()?)
    }

    /// The number of the first of so many pairs that this side has not added yet.
    fn next(&self, side: usize, count: usize) -> usize {
        let added = &self.added[side];
        added.replace(added.get() + count)
    }

    /// As the script computes it. All are different, until every user is in every group.
    fn pair(&self, number: usize) -> Pair {
        let [users, groups] = [self.site.users.len(), self.site.groups.len()];
        let user = 1 + number * 7919 % users;
        let group = 1 + (number / users + number) % groups;
        (
            AcsUserId::from_u128(user as u128),
            AccessGroupId::from_u128(group as u128),
        )
    }

    /// An error if the two sides have not written the same rows.
    fn compare(&self) -> Outcome<()> {
        let [ours, theirs] = [0, 1].map(|side| self.cluster.sql(&self.names[side], WRITTEN));
        match ours == theirs {
            true => Ok(()),
            false => Err(format!("pgbench wrote other rows: {theirs}, not {ours}").into()),
        }
    }

    /// Memberships of an import, beside single adds.
    fn import(&self, sizes: &Sizes) -> Outcome<Limited> {
        let site = Site::of_users(sizes.changes);
        let (full, empty) = (
            site.full_state().to_site_json(),
            site.state().to_site_json(),
        );
        let what = "memberships of an import / added singly";
        let number = Cell::new(1);
        let new = |text: &str| {
            number.set(number.get() + 1);
            let id = WorkspaceId::from_u128(number.get());
            self.runtime.block_on(async {
                let port = new_workspace(self.ours.database(), id).await?;
                let start = Instant::now();
                port.import(text).await?;
                Outcome::Ok((port, start.elapsed().as_secs_f64()))
            })
        };
        let imported = || Ok(site.memberships.len() as f64 / new(&full)?.1);
        let singly = || {
            let (port, _) = new(&empty)?;
            let few = &site.memberships[..sizes.changes];
            let start = Instant::now();
            self.runtime.block_on(async {
                for (user, group) in few {
                    port.add_user(*user, *group).await?;
                }
                Ok::<_, Error>(())
            })?;
            Ok(few.len() as f64 / start.elapsed().as_secs_f64())
        };
        let made = rounds(sizes.rounds.min(3), what, imported, singly)?;
        Ok(Limited::new(Row::new(what, Unit::PerSecond, made), 4.0))
    }
}

async fn connect(url: &str) -> Outcome<Database> {
    let settings = Settings::parse(url)?.with_connections(IN_FLIGHT);
    Database::migrate(&settings).await?;
    Ok(Database::connect(&settings).await?)
}

async fn new_workspace(database: &Database, id: WorkspaceId) -> Outcome<Postgres> {
    database
        .create_workspace(&Workspace::new(id, "Measured"))
        .await?;
    Ok(database.port(id).await?.ok_or("it was created")?)
}

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);

/// The rows of one add, written without a look at anything. Numbers become ids in the server, since pgbench
/// has no other values.
const SCRIPT: &str = r"
\set n :n + 1
\set pair :first + :client_id * :share + :n - 1
\set user 1 + (:pair * 7919) % :users
\set group 1 + (:pair / :users + :pair) % :groups
\set nonce random(0, 9223372036854775806)
BEGIN;
INSERT INTO access_groups.membership (workspace, acs_user, access_group)
VALUES ('00000000-0000-0000-0000-000000000001', lpad(to_hex(:user::bigint), 32, '0')::uuid,
lpad(to_hex(:group::bigint), 32, '0')::uuid);
INSERT INTO access_groups.history (workspace, at_ms, nonce, line, operation, actor, request_id, event,
system, identity, acs_user, access_group, entrance)
VALUES ('00000000-0000-0000-0000-000000000001', 1700000000000 + :pair, :nonce, 0, 'add_user', NULL, NULL,
'joined', NULL, NULL, lpad(to_hex(:user::bigint), 32, '0')::uuid, lpad(to_hex(:group::bigint), 32, '0')::uuid,
NULL);
COMMIT;
";

/// What the rows have in common, as numbers: how many, and a sum of what is in them but times and nonces.
const WRITTEN: &str = "SELECT count(*), sum(hashtext(m::text)::bigint), \
    (SELECT sum(hashtext(row(operation, actor, request_id, event, system, identity, acs_user, \
    access_group, entrance)::text)::bigint) FROM access_groups.history) FROM access_groups.membership AS m";
