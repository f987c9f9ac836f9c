#![doc = include_str!("../README.md")]

mod apply;
mod args;
mod carry;
mod change;
mod check;
mod clock;
mod concurrent;
mod database;
mod describe;
mod failure;
mod keys;
mod layout;
mod list;
mod local_time;
mod misplaced;
mod naming;
mod output;
mod pages;
mod progress;
mod provision;
mod random;
mod replace;
mod report;
mod resolve;
mod roster;
mod serve;
mod signals;
mod site;
mod spreadsheet;
mod stderr;
mod store;
mod table;
mod terminal;
mod users;
mod visible;
mod waiting;

use std::{borrow::Cow, io::Write as _, path::Path, process::ExitCode};

use clap::{CommandFactory, Parser};

use args::{Args, Command, Entrances, Groups, Listed, Options, Systems, Users};
use change::Asked;
use describe::Verb;
use failure::{Exit, Failure};
use output::{Format, Style};
use roster::Source;
use store::{Store, StoreName};
use table::Ids;

fn main() -> ExitCode {
    let exit = match Args::try_parse() {
        Ok(args) => match run(args) {
            Ok(exit) => exit,
            Err(failure) => {
                output::to_stderr(&failure);
                failure.exit()
            }
        },
        Err(shown) => {
            // Help and version come this way too. A closed stdout is no failure.
            let _ = print_parsed(&shown);
            if shown.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            }
        }
    };
    stderr::finish();
    exit.into()
}

/// Prints what the parser of the command line has to say.
fn print_parsed(shown: &clap::Error) -> std::io::Result<()> {
    let plain = shown.render().to_string();
    match misplaced::without_keys(&visible::printable(&plain)) {
        Cow::Borrowed(safe) if safe == plain => shown.print(),
        // Without colours: an argument may be a key, or what a script found somewhere.
        safe => std::io::stderr().write_all(safe.as_bytes()),
    }
}

fn run(Args { options, command }: Args) -> Result<Exit, Failure> {
    let format = options.format;
    let is_csv = format == Format::Csv || (format == Format::Human && command.prints_roster());
    if options.excel && !is_csv {
        return Err(Failure::usage("--excel is for CSV").with_hint("add --format csv"));
    }
    Style {
        ids: match options.ids {
            true => Ids::Whole,
            false => Ids::Short,
        },
        excel: options.excel,
    }
    .set();
    // Before anything is done: a change must not happen and then fail to print.
    if !command.prints(format) {
        let why = match format {
            Format::Jsonl => "--format jsonl is for commands that make many changes",
            _ => "--format csv is for lists, and this command has none",
        };
        return Err(Failure::usage(why).with_hint("--format json is for scripts too"));
    }
    if command.reads_stdin() && options.api_key_file.as_deref() == Some(Path::new("-")) {
        return Err(
            Failure::usage("the key and the list cannot both come from stdin")
                .with_hint("put one of them into a file"),
        );
    }
    match &command {
        Command::Serve(arguments) => serve::run(arguments, &options).map(|()| Exit::Done),
        Command::Completions { shell } => {
            output::text_to_stdout(&completions(*shell)).map(|()| Exit::Done)
        }
        Command::Validate(arguments) => roster::validate(arguments, format),
        Command::Import(arguments) => {
            let name = StoreName::choose(&options, store::variable)?;
            signals::watch(&command)?;
            site::import(arguments, name, &options).map(|()| Exit::Done)
        }
        command if database::is_about(command) => {
            let name = StoreName::choose(&options, store::variable)?;
            signals::watch(command)?;
            database::run(command, name, &options)
        }
        command => {
            let name = StoreName::choose(&options, store::variable)?;
            if !command.begins_site() {
                name.must_exist()?;
            }
            // Before the store is opened: a save may follow at any time.
            signals::watch(command)?;
            // Also before it: the program that writes the list may need the lock of the store.
            let input = Input::read(command)?;
            let store = Store::open(name, &options)?;
            if !command.begins_site() {
                store.note_if_empty();
            }
            let done = match input {
                Some(input) => run_on_input(command, input, &store, options.format),
                None => run_on_store(command, &store, &options),
            };
            store.warn();
            done.map_err(|failure| naming::named(failure, store.port()))
        }
    }
}

/// What a command reads of files and stdin.
enum Input {
    People(Vec<Asked>),
    File(Source),
}

impl Input {
    /// Reads it; `None` for a command without it.
    fn read(command: &Command) -> Result<Option<Self>, Failure> {
        let file = match command {
            Command::Add(arguments) | Command::Remove(arguments) => {
                return change::asked(arguments).map(|people| Some(Self::People(people)));
            }
            Command::Plan(arguments) => &arguments.roster,
            Command::Drift(arguments) => &arguments.roster,
            Command::Apply(arguments) => &arguments.file,
            _ => return Ok(None),
        };
        Source::read(file).map(|source| Some(Self::File(source)))
    }
}

/// Runs a command on what it has read.
fn run_on_input(
    command: &Command,
    input: Input,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    match (command, input) {
        (Command::Add(arguments), Input::People(asked)) => {
            change::run(Verb::Add, arguments, asked, store, format)
        }
        (Command::Remove(arguments), Input::People(asked)) => {
            change::run(Verb::Remove, arguments, asked, store, format)
        }
        (Command::Plan(arguments), Input::File(roster)) => {
            roster::plan(arguments, roster, store, format)
        }
        (Command::Drift(arguments), Input::File(roster)) => {
            roster::drift(arguments, roster, store, format)
        }
        (Command::Apply(arguments), Input::File(file)) => {
            apply::apply(arguments, file, store, format)
        }
        _ => unreachable!("`Input::read` reads for these commands only"),
    }
}

/// Runs a command that works on any store.
fn run_on_store(command: &Command, store: &Store, options: &Options) -> Result<Exit, Failure> {
    let (port, format) = (store.port(), options.format);
    match command {
        Command::Check(arguments) => return check::run(arguments, port, format),
        Command::Resume(arguments) => return apply::resume(arguments, store, format),
        Command::Undo(arguments) => return apply::undo(arguments, store, format),
        Command::Grant(arguments) => return provision::grant(arguments, store, format),
        Command::Revoke(arguments) => return provision::revoke(arguments, store, format),
        Command::Members(arguments) => list::members(arguments, port, format),
        Command::Groups(Listed { command, list }) => match command {
            None => list::groups(list, port, format),
            Some(Groups::List(list)) => list::groups(list, port, format),
            Some(Groups::Create(arguments)) => provision::create_group(arguments, store, format),
            Some(Groups::Update(arguments)) => {
                return provision::update_group(arguments, store, format);
            }
            Some(Groups::Delete(arguments)) => {
                return provision::delete_group(arguments, store, format);
            }
        },
        Command::Systems(Listed { command, list }) => match command {
            None => list::systems(list, port, format),
            Some(Systems::List(list)) => list::systems(list, port, format),
            Some(Systems::Create(arguments)) => provision::create_system(arguments, store, format),
            Some(Systems::Update(arguments)) => {
                return provision::update_system(arguments, store, format);
            }
            Some(Systems::Delete(arguments)) => {
                return provision::delete_system(arguments, store, format);
            }
        },
        Command::Entrances(Listed { command, list }) => match command {
            None => list::entrances(list, port, format),
            Some(Entrances::List(list)) => list::entrances(list, port, format),
            Some(Entrances::Create(arguments)) => {
                provision::create_entrance(arguments, store, format)
            }
            Some(Entrances::Update(arguments)) => {
                return provision::update_entrance(arguments, store, format);
            }
            Some(Entrances::Delete(arguments)) => {
                return provision::delete_entrance(arguments, store, format);
            }
        },
        Command::Users(Listed { command, list }) => match command {
            None => list::users(list, port, format),
            Some(Users::List(list)) => list::users(list, port, format),
            Some(Users::Find(arguments)) => list::find(arguments, port, format),
            Some(Users::Create(arguments)) => users::create(arguments, store, format),
            Some(Users::Update(arguments)) => {
                return provision::update_user(arguments, store, format);
            }
            Some(Users::Suspend { user }) => return users::suspend(true, user, store, format),
            Some(Users::Unsuspend { user }) => return users::suspend(false, user, store, format),
            Some(Users::Delete(arguments)) => return users::delete(arguments, store, format),
        },
        Command::Export(arguments) if arguments.roster => roster::adopt(arguments, port, format),
        Command::Export(_) => site::export(store),
        Command::Add(_)
        | Command::Remove(_)
        | Command::Plan(_)
        | Command::Drift(_)
        | Command::Apply(_) => unreachable!("`run_on_input` carries these out"),
        Command::Serve(_)
        | Command::Completions { .. }
        | Command::Import(_)
        | Command::Validate(_)
        | Command::Workspaces(_)
        | Command::Keys(_)
        | Command::History(_)
        | Command::CheckStore
        | Command::Backup(_)
        | Command::Migrate => unreachable!("`run` carries these out itself"),
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
