//! How fast the crates are, compared with hand-written code.
//!
//! Prints one table of ratios; there is no threshold. Both sides of a comparison take turns, round
//! by round, in one run: a ratio is more stable on a noisy machine than a figure.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose purpose is to print a table, and its progress beside it"
)]

mod children;
mod clients;
mod load;
mod servers;
mod site;
mod structure;
mod table;

use std::{env, str::FromStr};

use crate::{
    clients::{Client, Kind},
    load::{Load, Pace},
    servers::Server,
    site::Site,
    structure::{Maps, Measure, Ours, Questions},
    table::{HEAD, Row, Section, Unit, thousands},
};

/// A measurement fails as a whole.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["child", rest @ ..] => children::run(rest),
        [] => measure(&Plan::FULL, &Part::ALL),
        ["--quick"] => measure(&Plan::QUICK, &Part::ALL),
        ["--only", part] => measure(&Plan::FULL, &[part.parse()?]),
        _ => Err("usage: access-groups-bench [--quick | --only clients|servers|structure]".into()),
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
}

impl Plan {
    const FULL: Self = Self {
        rounds: 12,
        calls: 16_000,
        counted_calls: (200, 1_200),
        users: &[100, 100_000],
        memberships: &[(100_000, 9), (1_000_000, 7), (10_000_000, 3)],
        operations: 1_000_000,
    };

    /// Everything once, to see that it runs: the figures mean nothing.
    const QUICK: Self = Self {
        rounds: 2,
        calls: 640,
        counted_calls: (5, 10),
        users: &[100],
        memberships: &[(10_000, 2)],
        operations: 10_000,
    };
}

/// One section of the table.
#[derive(Debug, Clone, Copy)]
enum Part {
    Clients,
    Servers,
    Structure,
}

impl Part {
    const ALL: [Self; 3] = [Self::Clients, Self::Servers, Self::Structure];
}

impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "clients" => Ok(Self::Clients),
            "servers" => Ok(Self::Servers),
            "structure" => Ok(Self::Structure),
            _ => Err(format!("no such part: {name}")),
        }
    }
}

/// Measures the parts, and prints each when it is done.
fn measure(plan: &Plan, parts: &[Part]) -> Outcome<()> {
    println!("{HEAD}");
    for part in parts {
        match part {
            Part::Clients => println!("{}", clients(plan)?),
            Part::Servers => println!("{}", servers(plan)?),
            Part::Structure => {
                for (memberships, rounds) in plan.memberships {
                    println!("{}", structure(plan, *memberships, *rounds)?);
                }
            }
        }
    }
    Ok(())
}

fn clients(plan: &Plan) -> Outcome<Section> {
    let server = Server::start(servers::Kind::Bare)?;
    let mut rows = Vec::new();
    for (kinds, many, how) in [
        ([Kind::HttpAsync, Kind::Reqwest], 32, "32 in flight"),
        ([Kind::HttpBlocking, Kind::Ureq], 8, "8 threads"),
    ] {
        let what = kinds.map(Kind::name).join(" / ");
        for (at_once, how) in [(1, "one at a time"), (many, how)] {
            let what = format!("{what}, {how}");
            let clients = kinds.map(|kind| Client::new(kind, server.address));
            let [ours, bare] = clients;
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
        let ours = Server::start(servers::Kind::Ours(*users))?;
        let bare = Server::start(servers::Kind::Bare)?;
        for connections in [1, 32] {
            let plural = if connections == 1 { "" } else { "s" };
            let what = format!(
                "{} users, {connections} connection{plural}",
                thousands(*users)
            );
            let [mut to_ours, mut to_bare] = [&ours, &bare]
                .map(|server| Load::connect(server.address, &site, connections, plan.calls))
                .into_iter()
                .collect::<Outcome<Vec<_>>>()?
                .try_into()
                .map_err(|_| "two loads")?;
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
                let kind = match of_ours {
                    true => servers::Kind::Ours(*users),
                    false => servers::Kind::Bare,
                };
                children::instructions_of_server(kind, &site, plan.counted_calls)
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
    let mut figures = Measure::ALL.map(|measure| (measure, Vec::new()));
    for round in 0..count {
        let ours = Ours::new(site.state());
        let maps = Maps::default();
        for (measure, figures) in &mut figures {
            eprintln!(
                "{size} memberships: {}, round {}",
                measure.name(),
                round + 1
            );
            let ours = || measure.run(&ours, &site, &questions);
            let maps = || measure.run(&maps, &site, &questions);
            let (ours, maps) = in_turn(round, ours, maps);
            if ours.1 != maps.1 {
                return Err(format!("{}: the two disagree", measure.name()).into());
            }
            figures.push((ours.0, maps.0));
        }
    }
    let mut rows = Vec::new();
    for (measure, figures) in figures {
        rows.push(Row::new(measure.name(), Unit::Nanoseconds, figures));
    }
    eprintln!("{size} memberships: bytes");
    let bytes = (
        children::bytes(true, memberships)?,
        children::bytes(false, memberships)?,
    );
    rows.push(Row::new(
        "resident memory per membership",
        Unit::Bytes,
        vec![bytes],
    ));
    Ok(Section {
        title: format!("in memory, {size} memberships"),
        yardstick: "two std `HashMap`s behind a lock",
        rows,
    })
}

fn instructions(what: &str, count: impl Fn(bool) -> Outcome<f64>) -> Outcome<Row> {
    let what = format!("{what}, user space, one at a time");
    if !children::has_valgrind() {
        return Ok(Row::missing(
            what,
            Unit::Instructions,
            "valgrind is not installed",
        ));
    }
    eprintln!("{what}: counting instructions");
    let counted = (count(true)?, count(false)?);
    Ok(Row::new(what, Unit::Instructions, vec![counted]))
}

/// A row for the speed and one for the CPU time.
fn in_rows(what: &str, rounds: &[(Pace, Pace)]) -> [Row; 2] {
    [
        (
            Unit::PerSecond,
            (|pace| pace.per_second) as fn(&Pace) -> f64,
        ),
        (Unit::MicrosecondsOfCpu, |pace| pace.cpu_microseconds),
    ]
    .map(|(unit, figure)| {
        let rounds = rounds
            .iter()
            .map(|(ours, theirs)| (figure(ours), figure(theirs)));
        Row::new(what, unit, rounds.collect())
    })
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
