//! The real binary, as a person and a script meet it.

mod changes;
mod checks;
mod harness;
mod interrupts;
mod lists;
mod refusals;
mod scripted;
mod serving;
mod uncertain;
mod workspaces;
mod in_process;
mod names;
mod people;
mod sites;
mod waits;
#[cfg(unix)]
mod terminals;
