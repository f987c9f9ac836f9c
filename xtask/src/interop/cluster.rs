//! A PostgreSQL server for the length of this run, which the package of tests starts.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::progress;
use crate::commands::{CARGO_RUN, hide_variables, root};

/// The server, with some empty databases. It stops when this value is dropped, and when this process ends.
#[derive(Debug)]
pub(super) struct Cluster {
    process: Child,
    databases: Vec<String>,
}

impl Cluster {
    /// Starts one with so many databases.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or does not start: its own words are on standard error.
    pub(super) fn start(databases: usize) -> Result<Self, String> {
        progress("starting PostgreSQL");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["run", "--locked", "--quiet"])
            .args(["--package", "access-groups-tests", "--bin", "cluster", "--"])
            .arg(databases.to_string())
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        hide_variables(&mut cargo, CARGO_RUN);
        let mut process = cargo
            .spawn()
            .map_err(|error| format!("cargo does not start: {error}"))?;
        let stdout = process.stdout.take().expect("stdout is piped");
        let urls = BufReader::new(stdout).lines().map_while(Result::ok);
        let databases: Vec<_> = urls.take(databases).collect();
        Ok(Self { process, databases })
    }

    /// Where they are.
    pub(super) fn databases(&self) -> impl Iterator<Item = &str> {
        self.databases.iter().map(String::as_str)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}
