#![doc = include_str!("../README.md")]

mod args;
mod change;
mod check;
mod clock;
mod describe;
mod exit;
mod failure;
mod interrupt;
mod key_file;
mod list;
mod output;
mod serve;
mod site;
mod site_file;
mod store;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use exit::Exit;
use failure::Failure;
use store::{Store, StoreName};

fn main() -> ExitCode {
    let ended = match Args::try_parse() {
        Ok(args) => match run(args) {
            Ok(exit) => exit,
            Err(failure) => {
                output::to_stderr(&failure);
                failure.exit()
            }
        },
        Err(shown) => {
            // Help and version come this way too; if nobody reads them, so be it.
            let _ = shown.print();
            if shown.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            }
        }
    };
    ended.into()
}

fn run(Args { options, command }: Args) -> Result<Exit, Failure> {
    let name = StoreName::choose(&options, store::variable)?;
    if let Command::Serve(wanted) = command {
        serve::run(&wanted, name, options.api_key_file.as_deref())?;
        return Ok(Exit::Done);
    }
    interrupt::watch(command.changes_state())?;
    let store = Store::open(name, options.api_key_file.as_deref())?;
    let format = options.format;
    match command {
        Command::Check(wanted) => return check::run(&wanted, store.ports(), format),
        Command::Add(pair) => change::add(pair, &store, format),
        Command::Remove(pair) => change::remove(pair, &store, format),
        Command::Groups { user } => list::groups(user, store.ports(), format),
        Command::Members { group } => list::members(group, store.ports(), format),
        Command::Entrances { group } => list::entrances(group, store.ports(), format),
        Command::Serve(_) => unreachable!("served above"),
    }?;
    Ok(Exit::Done)
}
