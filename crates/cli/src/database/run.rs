//! The commands that are about a database as a whole.

use crate::{
    args::{Command, Keys, Listed, Options, Workspaces},
    failure::{Exit, Failure},
    store::StoreName,
};

use super::{Database, DatabaseName, backup, history, keys, migrate, soundness, workspaces};

/// Whether a command is about a database, and about no other store.
pub(crate) fn is_about(command: &Command) -> bool {
    matches!(
        command,
        Command::Workspaces(_)
            | Command::Keys(_)
            | Command::History(_)
            | Command::CheckStore
            | Command::Backup(_)
            | Command::Migrate
    )
}

/// Runs such a command.
pub(crate) fn run(command: &Command, name: StoreName, options: &Options) -> Result<Exit, Failure> {
    let StoreName::Database(name) = name else {
        return Err(
            Failure::usage("this command is for a database, and the store is none")
                .with_hint("name one: --store sqlite:SITE.db, or --store postgres://HOST/DB"),
        );
    };
    match command {
        Command::Workspaces(Listed { command, .. }) => {
            let format = options.format;
            match command {
                None | Some(Workspaces::List(_)) => {
                    workspaces::list(&existing(name, options)?, format)
                }
                Some(Workspaces::Create(new)) => {
                    let database = Database::open_bare(name, options.lock_timeout())?;
                    workspaces::create(new, &database, format)
                }
                Some(Workspaces::Delete(which)) => {
                    workspaces::delete(which, &existing(name, options)?, format)
                }
            }
        }
        Command::Keys(Listed { command, .. }) => match command {
            None | Some(Keys::List(_)) => keys::list(&existing(name, options)?, options),
            Some(Keys::Create(new)) => {
                let database = Database::open(name, options.lock_timeout())?;
                keys::create(new, &database, options)
            }
            Some(Keys::Revoke(which)) => keys::revoke(which, &existing(name, options)?, options),
        },
        Command::History(arguments) => history::run(arguments, &existing(name, options)?, options),
        Command::CheckStore => return soundness::run(name, options),
        Command::Backup(arguments) => backup::run(arguments, &name, options),
        Command::Migrate => migrate::run(&name, options),
        _ => unreachable!("`is_about` lists these commands"),
    }?;
    Ok(Exit::Done)
}

/// Opens a database that must exist: it would be new and empty, and say nothing.
pub(super) fn existing(name: DatabaseName, options: &Options) -> Result<Database, Failure> {
    name.must_exist()?;
    Database::open_bare(name, options.lock_timeout())
}
