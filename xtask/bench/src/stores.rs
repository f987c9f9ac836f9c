//! The durable stores, beside what their engines can do.

mod disk;
pub(crate) mod large;
mod postgres;
mod reading;
mod sqlite;

use std::{env, path::PathBuf};

use access_groups_tests::cluster;

use crate::{
    Outcome,
    table::{Row, Section},
    told,
};

/// The sizes of the measurements of durable stores.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// How often each is measured.
    pub(crate) rounds: usize,
    /// Changes in one round of a writer alone; with company, it is ten times as many.
    pub(crate) changes: usize,
    /// Users in the store.
    pub(crate) users: usize,
    /// The page that is compared with the first one; each has [`ROWS`](reading::ROWS) users.
    pub(crate) page: usize,
    /// Requests in one round.
    pub(crate) requests: usize,
    /// Whether a limit that does not hold is an error.
    pub(crate) has_limits: bool,
}

/// A measurement, and how many times as good as its yardstick it has to be.
#[derive(Debug)]
pub(crate) struct Limited {
    row: Row,
    least: f64,
}

impl Limited {
    fn new(row: Row, least: f64) -> Self {
        Self { row, least }
    }

    fn unlimited(row: Row) -> Self {
        Self::new(row, 0.0)
    }
}

/// Measures and prints all of them. A limit that does not hold is only told once everything is printed.
pub(crate) fn measure(sizes: &Sizes) -> Outcome<()> {
    let folder = tempfile::tempdir_in(disk_to_measure()?)?;
    let sqlite = print("SQLite", sqlite::measure(sizes, folder.path())?);
    drop(folder);
    cluster::must_be_installed()?;
    let postgres = print("PostgreSQL", postgres::measure(sizes)?);
    let limited = sqlite.iter().chain(&postgres);
    let missed = limited.filter_map(|(row, least)| row.check(*least).err());
    told(missed.filter(|_| sizes.has_limits))
}

/// The rows that were printed, each with its limit.
fn print(title: &str, measured: Vec<Limited>) -> Vec<(Row, f64)> {
    let least: Vec<_> = measured.iter().map(|limited| limited.least).collect();
    let section = Section {
        title: title.into(),
        yardstick: "what each row names",
        rows: measured.into_iter().map(|limited| limited.row).collect(),
    };
    println!("{section}");
    section.rows.into_iter().zip(least).collect()
}

/// That of this program. Where temporary files are kept in memory, an fsync costs nothing.
fn disk_to_measure() -> Outcome<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.parent().ok_or("the program is in no folder")?;
    Ok(folder.to_owned())
}
