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
