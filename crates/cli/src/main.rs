#![doc = include_str!("../README.md")]

mod args;
mod change;
mod check;
mod clock;
mod confirm;
mod describe;
mod exit;
mod export;
mod failure;
mod import;
mod interrupt;
mod key_file;
mod list;
mod output;
mod progress;
mod resolve;
mod serve;
mod site;
mod site_file;
mod store;
mod system_names;
mod table;
mod users;
mod wait;
mod wanted;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command, Entrances, Users};
use exit::Exit;
use failure::Failure;
use output::Format;
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
    let format = options.format;
    if format == Format::Csv && !command.is_list() {
        return Err(
            Failure::usage("--format csv is for lists, and this command has none")
                .with_hint("--format json is for scripts too"),
        );
    }
    match &command {
        Command::Serve(wanted) => serve::run(wanted, &options).map(|()| Exit::Done),
        Command::Completions { shell } => {
            output::text_to_stdout(&completions(*shell)).map(|()| Exit::Done)
        }
        Command::Import(wanted) => {
            let name = StoreName::choose(&options, store::variable)?;
            interrupt::watch(&command)?;
            import::run(wanted, name, format).map(|()| Exit::Done)
        }
        once => {
            let name = StoreName::choose(&options, store::variable)?;
            interrupt::watch(once)?;
            let store = Store::open(name, options.api_key_file.as_deref())?;
            on_store(once, &store, format)
        }
    }
}

/// Carries out a command that works on any store.
fn on_store(command: &Command, store: &Store, format: Format) -> Result<Exit, Failure> {
    let ports = store.ports();
    match command {
        Command::Check(wanted) => return check::run(wanted, ports, format),
        Command::Add(wanted) => return change::add(wanted, store, format),
        Command::Remove(wanted) => return change::remove(wanted, store, format),
        Command::Groups { user } => list::groups(user.as_ref(), ports, format),
        Command::Members { group } => list::members(group, ports, format),
        Command::Entrances(Entrances::List(wanted)) => list::entrances(wanted, ports, format),
        Command::Systems => list::systems(ports, format),
        Command::Users(Users::List(wanted)) => list::users(wanted, ports, format),
        Command::Users(Users::Find(wanted)) => list::find(wanted, ports, format),
        Command::Users(Users::Create(wanted)) => users::create(wanted, store, format),
        Command::Users(Users::Suspend { user }) => users::suspend(true, user, store, format),
        Command::Users(Users::Unsuspend { user }) => users::suspend(false, user, store, format),
        Command::Users(Users::Delete(wanted)) => users::delete(wanted, store, format),
        Command::Export => export::run(ports),
        Command::Serve(_) | Command::Completions { .. } | Command::Import(_) => {
            unreachable!("they open no store of this kind")
        }
    }?;
    Ok(Exit::Done)
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
