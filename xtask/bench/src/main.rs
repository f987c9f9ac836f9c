//! How fast the crates are, compared with hand-written code.
//!
//! Prints one table of ratios. Reading and planning rosters, the durable stores, a large site, and what counting and
//! limits cost the server have limits: a run that misses one fails at its end. Both sides of a comparison take turns,
//! round by round, in one run: a ratio is more stable on a noisy machine than a figure.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose purpose is to print a table, and its progress beside it"
)]

mod children;
mod clients;
mod costs;
mod load;
mod roster;
mod servers;
mod site;
mod stores;
mod structure;
mod table;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, ValueEnum};

use crate::{
    children::{Child, Program},
    clients::{Client, Kind},
    load::{Load, Pace},
    roster::{Bare, Work},
    servers::Server,
    site::Site,
    structure::{Maps, Ours, Questions, measures, timed},
    table::{HEAD, Row, Section, Unit, thousands},
};

/// A measurement fails as a whole.
type Outcome<T> = Result<T, Failure>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How fast the crates are, beside what else one would use.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Options {
    /// Do a little of everything, to see that it runs: the figures mean nothing
    #[arg(long)]
    quick: bool,
    /// Print this part of the table alone
    #[arg(long, value_name = "PART", conflicts_with = "quick")]
    only: Option<Part>,
    /// Compare the server with that of another build of this benchmark, in the part `costs`
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    #[command(subcommand)]
    child: Option<Child>,
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Outcome<()> {
    if let Some(child) = options.child {
        return child.run();
    }
    let plan = if options.quick {
        Plan::QUICK
    } else {
        Plan::FULL
    };
    println!("{HEAD}");
    let parts = Part::value_variants().iter();
    let wanted = parts.filter(|part| options.only.is_none_or(|only| only == **part));
    // What fails in one part, a limit most often, is told when the others are measured.
    let failed = wanted.filter_map(|part| part.measure(&plan, options.against.as_deref()).err());
    told(failed)
}

/// An error that tells of each failure in a line.
fn told(failed: impl Iterator<Item = Failure>) -> Outcome<()> {
    let failed: Vec<_> = failed.map(|error| error.to_string()).collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("\n").into()),
    }
}

/// The sizes of all measurements.
#[derive(Debug)]
struct Plan {
    rounds: usize,
    /// Calls of a client, and requests to a server, in one round.
    calls: usize,
    /// Two numbers of calls under callgrind.
    counted_calls: (u32, u32),
    /// Users in a served store.
    users: &'static [usize],
    /// Memberships in process, and rounds.
    memberships: &'static [(usize, usize)],
    /// Operations of one measurement in process, at most.
    operations: usize,
    rosters: Rosters,
    stores: stores::Sizes,
    large: stores::large::Sizes,
}

/// The sizes of the measurements of rosters.
#[derive(Debug)]
struct Rosters {
    /// Memberships and groups to plan, with the limits: milliseconds of a CPU, and megabytes.
    planned: &'static [(usize, usize, f64, f64)],
    /// Rows to read.
    rows: usize,
    /// Changes to apply.
    changes: usize,
    /// Whether a limit that does not hold is an error.
    has_limits: bool,
}

impl Plan {
    const FULL: Self = Self {
        rounds: 12,
        calls: 16_000,
        counted_calls: (200, 1_200),
        users: &[100, 100_000],
        memberships: &[(100_000, 9), (1_000_000, 7), (10_000_000, 3)],
        operations: 1_000_000,
        rosters: Rosters {
            planned: &[
                (10_000, 200, 100.0, 50.0),
                (1_000_000, 10_000, 5_000.0, 1_000.0),
            ],
            rows: 1_000_000,
            changes: 10_000,
            has_limits: true,
        },
        stores: stores::Sizes {
            rounds: 9,
            changes: 1_000,
            users: 200_000,
            page: 1_000,
            requests: 16_000,
            has_limits: true,
        },
        large: stores::large::Sizes {
            people: 1_000_000,
            has_limits: true,
        },
    };

    /// Everything once, to see that it runs: the figures mean nothing.
    const QUICK: Self = Self {
        rounds: 2,
        calls: 640,
        counted_calls: (5, 10),
        users: &[100],
        memberships: &[(10_000, 2)],
        operations: 10_000,
        rosters: Rosters {
            planned: &[(10_000, 200, 100.0, 50.0)],
            rows: 10_000,
            changes: 200,
            has_limits: false,
        },
        stores: stores::Sizes {
            rounds: 2,
            changes: 40,
            users: 2_000,
            page: 10,
            requests: 640,
            has_limits: false,
        },
        large: stores::large::Sizes {
            people: 2_000,
            has_limits: false,
        },
    };
}

/// One section of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Clients,
    Servers,
    Structure,
    Rosters,
    Stores,
    Costs,
    Large,
}

impl Part {
    /// Measures the part, and prints it when it is done.
    fn measure(self, plan: &Plan, against: Option<&Path>) -> Outcome<()> {
        match self {
            Self::Clients => println!("{}", clients(plan)?),
            Self::Servers => println!("{}", servers(plan)?),
            Self::Costs => {
                for (section, most) in costs::measure(plan, against)? {
                    println!("{section}");
                    costs::check(&section, most, plan.rosters.has_limits)?;
                }
            }
            Self::Stores => stores::measure(&plan.stores)?,
            Self::Large => stores::large::measure(&plan.large)?,
            Self::Structure => {
                for (memberships, rounds) in plan.memberships {
                    println!("{}", structure(plan, *memberships, *rounds)?);
                }
            }
            Self::Rosters => {
                let limited = rosters(&plan.rosters, plan.rounds)?;
                println!("{limited}");
                println!("{}", applied(&plan.rosters, plan.rounds)?);
                if plan.rosters.has_limits {
                    limited.rows.iter().try_for_each(|row| row.check(1.0))?;
                }
            }
        }
        Ok(())
    }
}

fn clients(plan: &Plan) -> Outcome<Section> {
    let server = Server::start(None)?;
    let mut rows = Vec::new();
    for (kinds, many, how) in [
        ([Kind::HttpAsync, Kind::Reqwest], 32, "32 in flight"),
        ([Kind::HttpBlocking, Kind::Ureq], 8, "8 threads"),
    ] {
        let what = kinds.map(Kind::name).join(" / ");
        for (at_once, how) in [(1, "one at a time"), (many, how)] {
            let what = format!("{what}, {how}");
            let [ours, bare] = kinds.map(|kind| Client::new(kind, server.address));
            let (ours, bare) = (ours?, bare?);
            for client in [&ours, &bare] {
                client.run(at_once * 10, at_once)?; // connects
            }
            let made = rounds(
                plan.rounds,
                &what,
                || ours.measure(plan.calls, at_once),
                || bare.measure(plan.calls, at_once),
            )?;
            rows.extend(in_rows(&what, &made));
        }
        rows.push(instructions(&what, |ours| {
            let kind = kinds[usize::from(!ours)];
            children::instructions_of_client(kind, server.address, plan.counted_calls)
        })?);
    }
    Ok(Section {
        title: "client, `add_user`".into(),
        yardstick: "a bare loop",
        rows,
    })
}

fn servers(plan: &Plan) -> Outcome<Section> {
    let mut rows = Vec::new();
    for users in plan.users {
        let site = Site::of_users(*users);
        let ours = Server::start(Some(*users))?;
        let bare = Server::start(None)?;
        for connections in [1, 32] {
            let plural = if connections == 1 { "" } else { "s" };
            let what = format!(
                "{} users, {connections} connection{plural}",
                thousands(*users)
            );
            let connect = |to: &Server| Load::connect(to.address, &site, connections, plan.calls);
            let (mut to_ours, mut to_bare) = (connect(&ours)?, connect(&bare)?);
            to_ours.run(connections * 10)?;
            to_bare.run(connections * 10)?;
            let served = rounds(
                plan.rounds,
                &what,
                || to_ours.measure(plan.calls, &ours.cpu),
                || to_bare.measure(plan.calls, &bare.cpu),
            )?;
            rows.extend(in_rows(&what, &served));
        }
        if *users <= 1000 {
            let what = format!("{} users", thousands(*users));
            rows.push(instructions(&what, |of_ours| {
                let program = Program::this(of_ours.then_some(*users))?;
                children::instructions_of_server(&program, &site, plan.counted_calls)
            })?);
        }
    }
    Ok(Section {
        title: "server, a change of membership".into(),
        yardstick: "a bare axum handler",
        rows,
    })
}

fn structure(plan: &Plan, memberships: usize, count: usize) -> Outcome<Section> {
    let size = thousands(memberships);
    eprintln!("{size} memberships: making them up");
    let site = Site::of_memberships(memberships);
    let questions = Questions::new(&site, plan.operations.min(memberships));
    let both = measures().into_iter().zip(measures());
    let mut measures: Vec<_> = both.map(|both| (both, Vec::new())).collect();
    for round in 0..count {
        let (ours, maps) = (Ours::new(site.state()), Maps::default());
        for ((of_ours, of_maps), figures) in &mut measures {
            let name = of_ours.0;
            eprintln!("{size} memberships: {name}, round {}", round + 1);
            let ours = || timed(of_ours, &ours, &site, &questions);
            let maps = || timed(of_maps, &maps, &site, &questions);
            let (ours, maps) = in_turn(round, ours, maps);
            if ours.1 != maps.1 {
                return Err(format!("{name}: the two disagree").into());
            }
            figures.push((ours.0, maps.0));
        }
    }
    let rows = measures.into_iter();
    let row = |((measure, _), figures): ((structure::Measure<_>, _), _)| {
        Row::new(measure.0, Unit::Nanoseconds, figures)
    };
    let mut rows: Vec<_> = rows.map(row).collect();
    eprintln!("{size} memberships: bytes");
    let bytes = |of_ours| children::bytes(of_ours, memberships);
    let bytes = vec![(bytes(true)?, bytes(false)?)];
    rows.push(Row::new(
        "resident memory per membership",
        Unit::Bytes,
        bytes,
    ));
    Ok(Section {
        title: format!("in memory, {size} memberships"),
        yardstick: "two std `HashMap`s behind a lock",
        rows,
    })
}

fn rosters(sizes: &Rosters, rounds: usize) -> Outcome<Section> {
    let mut rows = Vec::new();
    for (memberships, groups, milliseconds, megabytes) in sizes.planned {
        let sizes = [*memberships, *groups].map(thousands);
        let what = format!("planning {} memberships of {} groups", sizes[0], sizes[1]);
        eprintln!("{what}: {rounds} rounds");
        let costs = (0..rounds).map(|_| children::planning(*memberships, *groups));
        let costs = costs.collect::<Outcome<Vec<_>>>()?;
        let cpu = costs.iter().map(|(cpu, _)| (*cpu, *milliseconds));
        let peak = costs.iter().map(|(_, peak)| (*peak, *megabytes));
        rows.push(Row::new(&*what, Unit::MillisecondsOfCpu, cpu.collect()));
        rows.push(Row::new(
            format!("{what}, peak"),
            Unit::Megabytes,
            peak.collect(),
        ));
    }
    let what = format!("reading a roster of {} rows", thousands(sizes.rows));
    eprintln!("{what}: {rounds} rounds");
    let read = (0..rounds).map(|_| Ok((roster::reading(sizes.rows)?, LEAST_READ)));
    let read = read.collect::<Outcome<Vec<_>>>()?;
    rows.push(Row::new(what, Unit::MegabytesPerSecond, read));
    Ok(Section {
        title: "rosters".into(),
        yardstick: "their limits",
        rows,
    })
}

fn applied(sizes: &Rosters, count: usize) -> Outcome<Section> {
    let users = sizes.changes / 2;
    let site = Site::of_users(users);
    let server = Server::start(Some(users))?;
    let mut rows = Vec::new();
    for (client, bare, how) in [
        (Kind::HttpAsync, Bare::Stream, "in one task"),
        (Kind::HttpAsync, Bare::Tasks, "in a task each"),
        (Kind::HttpBlocking, Bare::Stream, "in one task"),
    ] {
        for at_once in [8, 32] {
            let work = Work::new(server.address, &site, sizes.changes, at_once)?;
            let what = format!("{} / reqwest {how}, {at_once} in flight", client.name());
            let ours = || match client {
                Kind::HttpBlocking => work.through_blocking(),
                _ => work.through_async(),
            };
            let figures = rounds(count, &what, ours, || work.through_reqwest(bare))?;
            rows.push(Row::new(what, Unit::PerSecond, figures));
        }
    }
    Ok(Section {
        title: format!("applying {} changes", thousands(sizes.changes)),
        yardstick: "a bare reqwest loop",
        rows,
    })
}

/// Megabytes of a roster to be read in a second.
const LEAST_READ: f64 = 100.0;

fn instructions(what: &str, count: impl Fn(bool) -> Outcome<f64>) -> Outcome<Row> {
    let what = format!("{what}, user space, one at a time");
    let mut counted = Vec::new();
    if children::has_valgrind() {
        eprintln!("{what}: counting instructions");
        counted.push((count(true)?, count(false)?));
    }
    Ok(Row::new(what, Unit::Instructions, counted))
}

/// A row for the speed and one for the CPU time.
fn in_rows(what: &str, rounds: &[(Pace, Pace)]) -> [Row; 2] {
    let row = |unit, figure: fn(&Pace) -> f64| {
        let figures = rounds
            .iter()
            .map(|(one, other)| (figure(one), figure(other)));
        Row::new(what, unit, figures.collect())
    };
    [
        row(Unit::PerSecond, |pace| pace.per_second),
        row(Unit::MicrosecondsOfCpu, |pace| pace.cpu_microseconds),
    ]
}

/// Measures both in turn, so that other load on the machine affects both.
fn rounds<T>(
    count: usize,
    what: &str,
    mut ours: impl FnMut() -> Outcome<T>,
    mut theirs: impl FnMut() -> Outcome<T>,
) -> Outcome<Vec<(T, T)>> {
    eprintln!("{what}: {count} rounds");
    (0..count)
        .map(|round| {
            let (ours, theirs) = in_turn(round, &mut ours, &mut theirs);
            Ok((ours?, theirs?))
        })
        .collect()
}

/// Each goes first in every other round.
fn in_turn<T>(round: usize, ours: impl FnOnce() -> T, theirs: impl FnOnce() -> T) -> (T, T) {
    if round.is_multiple_of(2) {
        let ours = ours();
        (ours, theirs())
    } else {
        let theirs = theirs();
        (ours(), theirs)
    }
}
