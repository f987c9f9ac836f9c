//! The arguments of commands that are about a database as a whole.

use std::{path::PathBuf, str::FromStr};

use access_groups_core::{AccessGroupId, AcsUserId, EntranceId, WorkspaceId, names};
use clap::Subcommand;

use super::IdOrName;
use crate::local_time::When;

/// The commands about workspaces.
#[derive(Debug, Subcommand)]
pub(crate) enum Workspaces {
    /// List the workspaces
    List(WorkspacesList),
    /// Create an empty workspace
    Create(CreateWorkspace),
    /// Delete a workspace with everything in it, its keys and its history; asks first
    Delete(DeleteWorkspace),
}

/// Arguments of `workspaces` and `workspaces list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  access-groups --store sqlite:site.db workspaces
  access-groups --store sqlite:site.db workspaces create 'North Tower'
  access-groups --store sqlite:site.db workspaces delete 'North Tower' --yes")]
pub(crate) struct WorkspacesList {}

/// Arguments of `workspaces create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateWorkspace {
    /// The name
    #[arg(value_parser = short_text)]
    pub(crate) name: String,

    /// The id, a UUID [default: a random one]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<WorkspaceId>,
}

/// Arguments of `workspaces delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteWorkspace {
    /// The workspace, by id or name
    #[arg(value_name = "WORKSPACE", value_parser = visible)]
    pub(crate) which: String,

    /// Do not ask; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The commands about keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List the keys and tokens: all, or those of --workspace
    List(KeysList),
    /// Create a key, and print it once
    Create(CreateKey),
    /// Revoke a key or token: a running server refuses it within 5 seconds
    Revoke(RevokeKey),
}

/// Arguments of `keys` and `keys list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  access-groups --store sqlite:site.db keys
  (umask 077; access-groups --store sqlite:site.db keys create --name 'front desk' > front-desk.key)
  access-groups --store sqlite:site.db keys revoke 'front desk'")]
pub(crate) struct KeysList {}

/// Arguments of `keys create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateKey {
    /// What to call it, in lists, logs and the history [default: who creates it]
    #[arg(long, value_name = "NAME", value_parser = short_text)]
    pub(crate) name: Option<String>,

    /// Create a personal access token, which may open several workspaces: give --workspace for each
    #[arg(long)]
    pub(crate) token: bool,
}

/// Arguments of `keys revoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeKey {
    /// The name of the key, or the first digits of its fingerprint; never the key itself
    #[arg(value_name = "NAME|FINGERPRINT", value_parser = visible)]
    pub(crate) which: String,
}

/// Arguments of `history`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  access-groups --store sqlite:site.db history --user 'Ada Lovelace'
  access-groups --store sqlite:site.db history --actor 'front desk' --since 2026-07-01
  access-groups --store sqlite:site.db history --keep 400")]
pub(crate) struct History {
    /// Only changes on behalf of this one: a person, or a key, by name or with its fingerprint
    // In place of the option of the same id that says who makes changes.
    #[arg(id = "actor", long = "actor", value_name = "NAME")]
    pub(crate) by: Option<String>,

    /// Only changes about this user; a deleted one by id
    #[arg(long)]
    pub(crate) user: Option<IdOrName<AcsUserId>>,

    /// Only changes about this group; a deleted one by id
    #[arg(long)]
    pub(crate) group: Option<IdOrName<AccessGroupId>>,

    /// Only changes about this entrance; a deleted one by id
    #[arg(long)]
    pub(crate) entrance: Option<IdOrName<EntranceId>>,

    /// Only changes from this time on, like 2026-07-01, "2026-07-01 08:00" in the time zone of the
    /// systems, or 2026-07-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<When>,

    /// How many lines at most, the newest first
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,

    /// From now on, keep the history for so many days, or `forever`; prints no history
    #[arg(
        long,
        value_name = "DAYS|forever",
        conflicts_with_all = ["actor", "user", "group", "entrance", "since"]
    )]
    pub(crate) keep: Option<Keep>,
}

/// How long a history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Forever,
    Days(u32),
}

impl FromStr for Keep {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text, text.parse()) {
            ("forever", _) => Ok(Self::Forever),
            (_, Ok(days @ 1..)) => Ok(Self::Days(days)),
            _ => Err("expected a number of days like 90, or `forever`"),
        }
    }
}

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  access-groups --store sqlite:site.db backup monday.db
  access-groups --store sqlite:site.db backup copy-$(date +%F).db")]
pub(crate) struct Backup {
    /// The file to write, which must not exist
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
}

/// A name that fits into a line of a list or a log.
pub(crate) fn short_text(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let is_short = (1..=LONGEST).contains(&text.chars().count());
    match is_short && shows_something(text) && !text.chars().any(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err(
            "expected 1 to 100 characters that show something, none of them a control character",
        ),
    }
}

/// What names something that is there. A variable that a script has not set must name nothing.
pub(super) fn visible(text: &str) -> Result<String, &'static str> {
    match shows_something(text) {
        true => Ok(text.to_owned()),
        false => Err("expected a name or an id, and this shows nothing"),
    }
}

/// As names of users and groups must: not blanks and invisible characters only.
pub(crate) fn shows_something(text: &str) -> bool {
    !names::fold(text).is_empty()
}

const LONGEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_kept_for_days_or_forever() {
        let check =
            |text: &str, expected| assert_eq!(text.parse::<Keep>().ok(), expected, "{text}");
        check("forever", Some(Keep::Forever));
        check("90", Some(Keep::Days(90)));
        for wrong in ["", "0", "-1", "1.5", "90d", "never", "5000000000"] {
            check(wrong, None);
        }
    }

    #[test]
    fn names_fit_into_a_line() {
        assert_eq!(short_text(" night shift ").as_deref(), Ok("night shift"));
        assert!(short_text(&"é".repeat(100)).is_ok());
        for wrong in [
            String::new(),
            " ".to_owned(),
            " \u{200b}\u{ad}".to_owned(),
            "a\nb".to_owned(),
            "é".repeat(101),
        ] {
            assert!(short_text(&wrong).is_err(), "{wrong:?}");
        }
    }
}
