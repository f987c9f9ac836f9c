//! The real binary, as a person and a script meet it.

mod adopting;
mod applies;
mod builds;
mod canary;
mod changes;
mod checks;
mod crowds;
mod databases;
#[cfg(unix)]
mod days;
mod drifts;
mod faults;
mod foreign;
mod harness;
mod histories;
mod in_process;
mod instants;
mod interrupts;
mod keys;
mod lists;
mod many;
mod names;
mod people;
mod plans;
#[cfg(all(unix, feature = "postgres"))]
mod postgres;
mod processes;
mod provision;
mod refusals;
#[cfg(unix)]
mod reloading;
mod reports;
mod requests;
mod rosters;
mod saving;
mod scripted;
mod served_databases;
mod serving;
mod sites;
#[cfg(unix)]
mod terminals;
mod uncertain;
mod waits;
#[cfg(unix)]
mod watching;
mod workspaces;
