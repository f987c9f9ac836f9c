//! The options that every command has.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use super::{Rate, database::visible, short_text, shows_something, values::page_size};
use crate::{failure::Failure, output::Format, store};

/// Options of every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// The store that has the groups: memory:SITE.json, file:SITE.json, sqlite:SITE.db,
    /// postgres://USER@HOST/DATABASE, https://HOST, or http://HOST on this machine [env: ACCESS_GROUPS_STORE] [default: Seam, if SEAM_API_KEY is set]
    #[arg(long, global = true, value_name = "STORE")]
    pub(crate) store: Option<String>,

    /// The workspace of a database, by id or name [env: ACCESS_GROUPS_WORKSPACE] [default: the only one]
    #[arg(long = "workspace", global = true, value_name = "WORKSPACE", value_parser = visible)]
    pub(crate) workspaces: Vec<String>,

    /// Who makes the changes, for the history of a database
    /// [env: ACCESS_GROUPS_ACTOR] [default: the user of this machine]
    #[arg(long, global = true, value_name = "NAME", value_parser = short_text)]
    pub(crate) actor: Option<String>,

    /// The format of the output on stdout
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    pub(crate) format: Format,

    /// Show whole ids in tables
    #[arg(long, global = true)]
    pub(crate) ids: bool,

    /// Make CSV safe for spreadsheets: with a byte order mark, and `'` before what they would run
    #[arg(long, global = true)]
    pub(crate) excel: bool,

    /// A file with the API key instead of SEAM_API_KEY; `-` is stdin. For `serve`, the keys
    /// to accept, one a line
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,

    /// How many seconds to wait while another process works on a file: store, or writes to a database
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) lock_timeout: u32,

    /// How many requests per second are sent to an https:// or http:// store at most; `off` sends them
    /// as they come [env: ACCESS_GROUPS_RATE] [default: 50]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) rate: Option<Rate>,

    /// How many rows of a list an https:// or http:// store is asked for at once, 1 to 1000: more for a
    /// list that has too many pages [default: as many as the service chooses]
    #[arg(long, global = true, value_name = "ROWS", value_parser = page_size)]
    pub(crate) page_size: Option<NonZeroU32>,

    /// Send the key unencrypted to an http:// store on another machine
    #[arg(long, global = true)]
    pub(crate) allow_insecure_http: bool,
}

impl Options {
    /// How long to wait while another process works on a site file.
    pub(crate) fn lock_timeout(&self) -> Duration {
        Duration::from_secs(self.lock_timeout.into())
    }

    /// The workspace that is chosen, by the option or else by its variable.
    pub(crate) fn workspace(&self) -> Result<Option<String>, Failure> {
        match &*self.workspaces {
            [] => match store::variable(WORKSPACE) {
                Some(text) if !shows_something(&text) => {
                    Err(Failure::usage(format!("{WORKSPACE} shows nothing"))
                        .with_hint("set it to the name or the id of a workspace, or unset it"))
                }
                chosen => Ok(chosen),
            },
            [one] => Ok(Some(one.clone())),
            _ => Err(Failure::usage("this command works on one workspace")
                .with_hint("give --workspace once")),
        }
    }

    /// Refuses options that mean nothing where the store is no database.
    pub(crate) fn must_not_choose_of_databases(&self) -> Result<(), Failure> {
        let given = [
            ("--workspace", !self.workspaces.is_empty()),
            ("--actor", self.actor.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((option, _)) => Err(Failure::usage(format!(
                "{option} is for databases: this store has one workspace, and no history"
            ))
            .with_hint(format!(
                "leave {option} out, or name a sqlite: or postgres: store"
            ))),
        }
    }
}

const WORKSPACE: &str = "ACCESS_GROUPS_WORKSPACE";
