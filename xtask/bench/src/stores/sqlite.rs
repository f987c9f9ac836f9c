//! SQLite: single writers and many, imports, pages, and a server over it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};

use access_groups_core::{
    BlockingAccessGroups, BlockingAcsUsers, BlockingStore, Workspace, WorkspaceId,
};
use access_groups_sqlite::{BlockingSqlite, Database, OpenOptions};
use rusqlite::{Connection, params};

use super::{Limited, Sizes, disk, reading};
use crate::{
    Outcome, in_turn, rounds,
    site::{Pair, Site},
    table::{Row, Unit, median},
};

/// Measures everything about SQLite, in files of this folder.
pub(crate) fn measure(sizes: &Sizes, folder: &Path) -> Outcome<Vec<Limited>> {
    let site = Site::of_users(sizes.users);
    let store = Store::new(folder, "measured.db", &site)?;
    let bare = Bare::over(Store::new(folder, "bare.db", &site)?)?;
    let mut measured = Vec::from(alone(sizes, &store, &bare, &site)?);
    measured.extend(together(sizes, &store, &bare, folder, &site)?);
    measured.push(import(sizes, folder)?);
    measured.push(reading::pages(sizes, |filter, page| {
        store.port.acs_users(filter, page)
    })?);
    let port = Arc::new(store.port.asynchronous());
    measured.push(Limited::new(reading::served(sizes, port, &site)?, 0.5));
    Ok(measured)
}

/// A file with the users and groups of a site.
struct Store {
    path: PathBuf,
    port: BlockingSqlite,
}

impl Store {
    fn new(folder: &Path, name: &str, site: &Site) -> Outcome<Self> {
        let path = folder.join(name);
        Self::open(path.clone(), Database::open(&path)?, site)
    }

    /// Whose changes do not wait for the disk.
    fn unsafe_one(folder: &Path, site: &Site) -> Outcome<Self> {
        let path = folder.join("unsafe.db");
        let options = OpenOptions::new().without_fsync();
        Self::open(path.clone(), options.open(&path)?, site)
    }

    fn open(path: PathBuf, database: Database, site: &Site) -> Outcome<Self> {
        let port = new_workspace(&database)?;
        port.import(&site.state().to_site_json())?;
        Ok(Self { path, port })
    }

    /// Adds each of the pairs and removes it again, by so many writers at the same time.
    fn change(&self, pairs: &[Pair], writers: usize) -> Outcome<f64> {
        let share = pairs.len().div_ceil(writers);
        let start = Instant::now();
        thread::scope(|scope| {
            let of_writer = |pairs: &'_ [Pair]| -> Outcome<()> {
                for (user, group) in pairs {
                    self.port.add_user(*user, *group)?;
                }
                for (user, group) in pairs {
                    self.port.remove_user(*user, *group)?;
                }
                Ok(())
            };
            let writers: Vec<_> = pairs
                .chunks(share)
                .map(|pairs| scope.spawn(move || of_writer(pairs)))
                .collect();
            let mut ended = writers.into_iter();
            ended.try_for_each(|writer| writer.join().map_err(|_| "a writer has panicked")?)
        })?;
        Ok(2.0 * pairs.len() as f64 / start.elapsed().as_secs_f64())
    }
}

/// The one that is measured, empty.
pub(super) fn new_workspace(database: &Database) -> Outcome<BlockingSqlite> {
    database.create_workspace(&Workspace::new(WORKSPACE, "Measured"))?;
    Ok(database.workspace(WORKSPACE)?.ok_or("it was created")?)
}

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);

/// One writer, beside loops that insert the same rows by hand.
fn alone(sizes: &Sizes, store: &Store, bare: &Bare, site: &Site) -> Outcome<[Limited; 2]> {
    let pairs = &site.memberships[..sizes.changes / 2];
    let beside = |what: &str, pages| -> Outcome<Row> {
        let what = format!("changes of a writer alone / a bare rusqlite loop{what}");
        bare.checkpoint_after(pages)?;
        let made = rounds(
            sizes.rounds,
            &what,
            || store.change(pairs, 1),
            || bare.change(pairs, 1),
        )?;
        Ok(Row::new(what, Unit::PerSecond, made))
    };
    Ok([
        Limited::new(beside("", PAGES_OF_SQLITE)?, 0.85),
        Limited::unlimited(beside(" with as few checkpoints", PAGES_OF_OURS)?),
    ])
}

/// How many pages the WAL holds before a checkpoint.
const PAGES_OF_SQLITE: u32 = 1_000;
const PAGES_OF_OURS: u32 = 8_000;

/// The rows of a change, written without a look at anything.
struct Bare(Connection);

impl Bare {
    /// On the tables of a store, which is closed first.
    fn over(store: Store) -> Outcome<Self> {
        let path = store.path.clone();
        drop(store);
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -16 * 1024)?;
        Ok(Self(connection))
    }

    /// Of so many pages in the WAL.
    fn checkpoint_after(&self, pages: u32) -> Outcome<()> {
        Ok(self.0.pragma_update(None, "wal_autocheckpoint", pages)?)
    }

    /// So many changes in a transaction.
    fn change(&self, pairs: &[Pair], together: usize) -> Outcome<f64> {
        let workspace = 1_u128.to_be_bytes();
        let begin = &mut self.0.prepare("BEGIN IMMEDIATE")?;
        let commit = &mut self.0.prepare("COMMIT")?;
        let mut join = self.0.prepare(
            "INSERT INTO membership (workspace, acs_user, access_group) VALUES (?1, ?2, ?3)",
        )?;
        let mut leave = self.0.prepare(
            "DELETE FROM membership WHERE workspace = ?1 AND acs_user = ?2 AND access_group = ?3",
        )?;
        let mut note = self.0.prepare(HISTORY)?;
        let mut number = 0_i64;
        let start = Instant::now();
        for (statement, event) in [(&mut join, "joined"), (&mut leave, "left")] {
            for pairs in pairs.chunks(together) {
                begin.execute([])?;
                for (user, group) in pairs {
                    let (user, group) = (uuid::Uuid::from(*user), uuid::Uuid::from(*group));
                    let (user, group) = (user.into_bytes(), group.into_bytes());
                    statement.execute(params![workspace, user, group])?;
                    // Lines follow one another, as ours do.
                    let at = i64::try_from(UNIX_EPOCH.elapsed()?.as_millis())?;
                    number += 1;
                    let nonce = fastrand::i64(0..);
                    note.execute(params![workspace, at, number, nonce, event, user, group])?;
                }
                commit.execute([])?;
            }
        }
        Ok(2.0 * pairs.len() as f64 / start.elapsed().as_secs_f64())
    }

    /// The rate of one thread that commits as many changes at once as there are writers, with and without
    /// fsync: what this disk leaves of the rate, whatever is built on it.
    fn kept(&self, pairs: &[Pair]) -> Outcome<(f64, f64)> {
        let safe = self.change(pairs, WRITERS)?;
        self.0.pragma_update(None, "synchronous", "OFF")?;
        let without = self.change(pairs, WRITERS)?;
        self.0.pragma_update(None, "synchronous", "FULL")?;
        Ok((safe, without))
    }
}

const HISTORY: &str = "INSERT INTO history \
    (workspace, at_ms, number, nonce, operation, event, acs_user, access_group) \
    VALUES (?1, ?2, ?3, ?4, 'add_user', ?5, ?6, ?7)";

/// 32 writers: beside what fsync and work allow, and beside the same without fsync.
fn together(
    sizes: &Sizes,
    store: &Store,
    bare: &Bare,
    folder: &Path,
    site: &Site,
) -> Outcome<Vec<Limited>> {
    let pairs = &site.memberships[..sizes.changes * 10 / 2];
    let few = &pairs[..sizes.changes / 2];
    let without = Store::unsafe_one(folder, site)?;
    let fsync = disk::fsync(folder)?.as_secs_f64();
    bare.checkpoint_after(PAGES_OF_OURS)?;
    eprintln!("{WRITERS} writers: {} rounds", sizes.rounds);
    let (mut gained, mut kept, mut possible) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..sizes.rounds {
        let alone = store.change(few, 1)?;
        let (ours, unsafe_ones) = in_turn(
            round,
            || store.change(pairs, WRITERS),
            || without.change(pairs, WRITERS),
        );
        let (ours, unsafe_ones) = (ours?, unsafe_ones?);
        gained.push(Gain {
            times: ours / alone,
            work: 1.0 / unsafe_ones,
        });
        kept.push((ours, unsafe_ones));
        possible.push(bare.kept(pairs)?);
    }
    let mut measured = vec![gain(&gained, fsync)];
    measured.extend(kept_of(kept, possible));
    Ok(measured)
}

/// What company gains in one round.
struct Gain {
    /// The rate of all, times that of one alone.
    times: f64,
    /// The seconds of a change without fsync.
    work: f64,
}

/// Beside 32 changes that wait for one fsync, each of which waited for one of its own.
fn gain(rounds: &[Gain], fsync: f64) -> Limited {
    let many = WRITERS as f64;
    let allowed = |work: f64| many * (fsync + work) / (fsync + many * work);
    let work = median(rounds.iter().map(|round| round.work));
    let what = format!(
        "{WRITERS} writers, times one alone / what an fsync of {:.0} µs and work of {:.0} µs a change allow",
        fsync * 1e6,
        work * 1e6
    );
    let rounds = rounds
        .iter()
        .map(|round| (round.times, allowed(round.work)));
    Limited::new(Row::new(what, Unit::Times, rounds.collect()), 0.8)
}

/// What a bare loop and ours keep of their rates without fsync.
fn kept_of(ours: Vec<(f64, f64)>, bare: Vec<(f64, f64)>) -> [Limited; 2] {
    let what = format!("a bare rusqlite loop of {WRITERS} changes a commit / without fsync");
    let bare = Row::new(what, Unit::PerSecond, bare);
    // Less of the rate than this is left where the disk is slow, whatever is built on it.
    let least = bare.ratio().min(0.7);
    let what = format!("changes of {WRITERS} writers / without fsync");
    let ours = Limited::new(Row::new(what, Unit::PerSecond, ours), least);
    [Limited::unlimited(bare), ours]
}

const WRITERS: usize = 32;

/// Rows of an import, beside single changes.
fn import(sizes: &Sizes, folder: &Path) -> Outcome<Limited> {
    let site = Site::of_users(sizes.changes);
    let (full, empty) = (
        site.full_state().to_site_json(),
        site.state().to_site_json(),
    );
    let memberships = site.memberships.len() as f64;
    let what = "memberships of an import / added singly";
    let mut number = 0;
    let mut new = |text: &str| -> Outcome<(BlockingSqlite, Duration)> {
        number += 1;
        let database = Database::open(folder.join(format!("import{number}.db")))?;
        let port = new_workspace(&database)?;
        let start = Instant::now();
        port.import(text)?;
        Ok((port, start.elapsed()))
    };
    let mut made = Vec::new();
    for _ in 0..sizes.rounds.min(3) {
        let imported = memberships / new(&full)?.1.as_secs_f64();
        let (port, _) = new(&empty)?;
        let few = &site.memberships[..sizes.changes];
        let start = Instant::now();
        for (user, group) in few {
            port.add_user(*user, *group)?;
        }
        made.push((imported, few.len() as f64 / start.elapsed().as_secs_f64()));
    }
    Ok(Limited::new(Row::new(what, Unit::PerSecond, made), 4.0))
}
