//! A large site on SQLite, served by the command line: what callers wait for, and what the server keeps in
//! memory.
//!
//! The yardstick of each row is a limit, since the question is whether a site of this size can be worked with.

mod people;
mod program;

use std::{collections::BTreeSet, fs, path::Path, time::Instant};

use access_groups_core::{
    AccessGroupFilter, AcsUserFilter, BlockingAccessGroups, BlockingAcsUsers, BlockingStore,
    PageRequest,
};
use access_groups_http_blocking::Client;
use access_groups_sqlite::Database;

use super::{disk_to_measure, sqlite};
use crate::{
    Outcome, children,
    table::{Row, Section, Unit, median, thousands},
    told,
};
use people::{Person, Site};
use program::{Program, Server};

/// How large the site is.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// Each is in five groups.
    pub(crate) people: usize,
    /// Whether a limit that does not hold is an error.
    pub(crate) has_limits: bool,
}

/// Measures and prints all of it. A limit that does not hold is only told once everything is printed.
pub(crate) fn measure(sizes: &Sizes) -> Outcome<()> {
    let people = thousands(sizes.people);
    // Dropped last, when no server uses it any more.
    let folder = tempfile::tempdir_in(disk_to_measure()?)?;
    let file = folder.path().join("large.db");
    let some = import(sizes.people, &file)?;
    let program = Program::over(&file)?;
    let mut rows = vec![starts(&program, &some)?];
    let server = program.serve()?;
    let client = server.client()?;
    eprintln!("{people} people: reads, {ADDS} additions twice, {SEARCHES} searches");
    reads(&client, &some)?;
    rows.extend(resident(
        &server,
        &format!("{} mixed reads", thousands(READS)),
    ));
    rows.extend(additions(&program, &server, &client, &some)?);
    rows.extend(searches(&client, &some)?);
    let limited = rows.len();
    // Without a limit: all members are one answer, and what the allocator keeps of it is no part of the store.
    for person in &some[..LISTS] {
        client.users_in_group(person.inside)?;
    }
    let lists = format!("{LISTS} lists of all members of a group");
    rows.extend(resident(&server, &lists));
    let section = Section {
        title: format!("SQLite, {people} people served"),
        yardstick: "their limits",
        rows,
    };
    println!("{section}");
    let missed = section.rows[..limited].iter();
    let missed = missed.filter_map(|row| row.check(1.0).err());
    told(missed.filter(|_| sizes.has_limits))
}

const READS: usize = 1_000;
/// Each of a fortieth of the people.
const LISTS: usize = 10;
const ADDS: usize = 9;
const SEARCHES: usize = 50;

/// Makes the site and the file; some of its people.
fn import(people: usize, file: &Path) -> Outcome<Vec<Person>> {
    eprintln!("{} people: making them up", thousands(people));
    let Site { text, some } = Site::of_people(people);
    let megabytes = |bytes| thousands(bytes / 1_000_000);
    let of_text = megabytes(text.len());
    eprintln!("{} people: importing {of_text} MB", thousands(people));
    let start = Instant::now();
    let database = Database::open(file)?;
    sqlite::new_workspace(&database)?.import(&text)?;
    // With the last connection, the WAL is written into the file.
    drop(database);
    let seconds = start.elapsed().as_secs_f64();
    let of_file = megabytes(fs::metadata(file)?.len().try_into()?);
    eprintln!("imported in {seconds:.1} s; the file has {of_file} MB");
    Ok(some)
}

/// From the start of a server to its first answer.
fn starts(program: &Program, some: &[Person]) -> Outcome<Row> {
    let mut times = Vec::new();
    for person in &some[..5] {
        let (server, milliseconds) = timed(|| {
            let server = program.serve()?;
            server.client()?.acs_user(person.user)?;
            Ok(server)
        })?;
        drop(server);
        times.push(milliseconds);
    }
    Ok(within(
        200.0,
        "from the start of the server to its first answer",
        times,
    ))
}

/// Of people, their groups, searches and pages.
fn reads(client: &Client, some: &[Person]) -> Outcome<()> {
    for (number, person) in (0..READS).zip(some.iter().cycle()) {
        match number % 4 {
            0 => drop(client.acs_user(person.user)?),
            1 => drop(client.access_groups(AccessGroupFilter::new().of_user(person.user))?),
            2 => search(client, &person.name)?,
            _ => drop(client.acs_users(AcsUserFilter::new(), PageRequest::first())?),
        }
    }
    Ok(())
}

fn search(client: &Client, text: &str) -> Outcome<()> {
    let found = client.acs_users(
        AcsUserFilter::new().matching(text.parse()?),
        PageRequest::first(),
    )?;
    match found.items.is_empty() {
        true => Err(format!("nobody is found by {text:?}, which is in a name").into()),
        false => Ok(()),
    }
}

/// The memory of the server that is in RAM, where the system tells.
fn resident(server: &Server, after: &str) -> Option<Row> {
    let Ok(bytes) = children::memory(server.id(), "VmRSS:") else {
        eprintln!("resident memory: left out, since only Linux has it in /proc");
        return None;
    };
    let what = format!("resident memory of the server after {after}");
    Some(Row::new(
        what,
        Unit::Megabytes,
        vec![(bytes as f64 / 1e6, 150.0)],
    ))
}

/// By the command line, on the file that is served and through its server.
fn additions(
    program: &Program,
    server: &Server,
    client: &Client,
    some: &[Person],
) -> Outcome<[Row; 2]> {
    let add = |store: &str, people: &[Person]| -> Outcome<Vec<f64>> {
        let mut times = Vec::new();
        for person in people {
            let ((), milliseconds) = timed(|| program.add(store, person))?;
            let groups = client.access_groups(AccessGroupFilter::new().of_user(person.user))?;
            let mut groups = groups.iter().map(|group| group.acs_access_group_id);
            if !groups.any(|group| group == person.outside) {
                return Err("the server does not see what `add` has added".into());
            }
            times.push(milliseconds);
        }
        Ok(times)
    };
    let on_file = add(&program.store, &some[..ADDS])?;
    let through = add(&server.address, &some[ADDS..ADDS * 2])?;
    Ok([
        within(
            50.0,
            "`access-groups add` on the file that is served",
            on_file,
        ),
        within(50.0, "`access-groups add` through the server", through),
    ])
}

/// By parts of names, of three letters and more.
fn searches(client: &Client, some: &[Person]) -> Outcome<[Row; 2]> {
    let parts = some.iter().zip((3..9).cycle());
    let parts = parts.map(|(person, letters)| &person.name[..letters.min(person.name.len())]);
    let parts: BTreeSet<_> = parts.collect();
    if parts.len() < SEARCHES {
        return Err(format!("the names have no {SEARCHES} different beginnings").into());
    }
    let mut times = Vec::new();
    for part in parts.into_iter().take(SEARCHES) {
        // Other work on the machine would decide which is the slowest.
        let each = (0..5).map(|_| Ok(timed(|| search(client, part))?.1));
        let each = each.collect::<Outcome<Vec<_>>>()?;
        times.push(median(each.into_iter()));
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    let what = format!("{SEARCHES} searches for three letters of a name and more, over HTTP");
    Ok([
        within(20.0, &what, times),
        within(20.0, "the slowest of these searches", vec![slowest]),
    ])
}

/// What it makes, and how many milliseconds it takes.
fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(T, f64)> {
    let start = Instant::now();
    let made = work()?;
    Ok((made, start.elapsed().as_secs_f64() * 1e3))
}

fn within(limit: f64, what: &str, milliseconds: Vec<f64>) -> Row {
    let rounds = milliseconds.into_iter().map(|time| (time, limit));
    Row::new(what, Unit::Milliseconds, rounds.collect())
}
