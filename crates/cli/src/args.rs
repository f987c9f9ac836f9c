//! The command line, and what `--help` says about it.

mod apply;
mod change;
mod database;
mod nouns;
mod options;
mod provision;
mod roster;
mod serve;
mod values;

use std::path::{Path, PathBuf};

use access_groups_core::{AccessGroupId, AcsUserId, EntranceId};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::{local_time::When, output::Format};

pub(crate) use apply::*;
pub(crate) use change::Change;
pub(crate) use database::*;
pub(crate) use nouns::*;
pub(crate) use options::Options;
pub(crate) use provision::*;
pub(crate) use roster::*;
pub(crate) use serve::*;
pub(crate) use values::{IdOrName, Rate};

/// Put people into access groups and take them out again.
#[derive(Debug, Parser)]
#[command(name = "access-groups", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put a user into a group; does nothing if they are in it
    Add(Change),
    /// Take a user out of a group; does nothing if they are not in it
    Remove(Change),
    /// Let a user open one entrance, whatever their groups
    Grant(Grant),
    /// End the grant of one entrance; what groups open stays open
    Revoke(Grant),
    /// List, create, change and delete groups
    Groups(Listed<Groups, GroupsList>),
    /// List the users that are in a group
    Members(Members),
    /// List, find, create, change, suspend and delete users
    Users(Listed<Users, UsersList>),
    /// List, create, change and delete entrances
    Entrances(Listed<Entrances, EntrancesList>),
    /// List, create, change and delete systems
    Systems(Listed<Systems, SystemsList>),
    /// Say whether a user may open an entrance, and why; without --user, list who may; ends with
    /// 10 if not, or if nobody may
    Check(Check),
    /// Say whether a roster, a file that says who is in which group, can be read; asks no store
    Validate(Validate),
    /// Show what must change so that the groups are as a roster says; changes nothing
    Plan(Plan),
    /// Carry out a saved plan, or a roster
    Apply(Apply),
    /// Go on with an apply that was interrupted
    Resume(Resume),
    /// Make the plan that takes back what one apply has changed
    Undo(Undo),
    /// Say what the groups have that a roster does not say, and lack that it says; changes nothing
    Drift(Drift),
    /// Print everything in the store as a site file, or the memberships as a roster
    Export(Export),
    /// Fill an empty workspace of a database, or a new or empty file: store, from a site file
    Import(Import),
    /// Serve a store, all workspaces of a database, or several site files, as Seam's HTTP API
    Serve(Serve),
    /// List, create and delete the workspaces of a database
    Workspaces(Listed<Workspaces, WorkspacesList>),
    /// List, create and revoke the keys that open the workspaces of a database
    Keys(Listed<Keys, KeysList>),
    /// Show who has changed what in a database, and when
    History(History),
    /// Say whether everything that a database holds is sound; ends with 1 if not
    #[command(after_help = "Example:\n  access-groups --store sqlite:site.db check-store")]
    CheckStore,
    /// Copy a sqlite: database to a new file, also while it is served
    Backup(Backup),
    /// Bring the tables of a database to this version
    #[command(after_help = "Example:\n  access-groups --store postgres://doors@db/doors migrate")]
    Migrate,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// Whether it prints in this format.
    pub(crate) fn prints(&self, format: Format) -> bool {
        match format {
            Format::Human | Format::Json => true,
            Format::Csv => self.is_list() || self.prints_roster(),
            Format::Jsonl => self.has_events(),
        }
    }

    /// Whether it makes or plans many changes, for which JSON lines exist.
    fn has_events(&self) -> bool {
        match self {
            Self::Plan(_) | Self::Undo(_) | Self::Apply(_) | Self::Resume(_) => true,
            Self::Add(change) | Self::Remove(change) => change.only_user().is_none(),
            _ => false,
        }
    }

    /// Whether it prints a roster, which is CSV unless it is to be JSON.
    pub(crate) fn prints_roster(&self) -> bool {
        matches!(self, Self::Export(export) if export.roster)
    }

    /// Whether it reads a roster or a list of people from stdin.
    pub(crate) fn reads_stdin(&self) -> bool {
        match self {
            Self::Validate(validate) => validate.roster == Path::new("-"),
            Self::Plan(plan) => plan.roster == Path::new("-"),
            Self::Drift(drift) => drift.roster == Path::new("-"),
            Self::Apply(apply) => apply.file == Path::new("-"),
            Self::Add(change) | Self::Remove(change) => {
                change.from.as_deref() == Some(Path::new("-"))
            }
            _ => false,
        }
    }

    /// Whether it creates what everything else belongs to.
    pub(crate) fn begins_site(&self) -> bool {
        matches!(self, Self::Systems(systems) if matches!(systems.command, Some(Systems::Create(_))))
    }

    /// Whether it prints a list.
    fn is_list(&self) -> bool {
        match self {
            Self::Members(_) => true,
            Self::Groups(groups) => matches!(groups.command, None | Some(Groups::List(_))),
            Self::Systems(systems) => matches!(systems.command, None | Some(Systems::List(_))),
            Self::Entrances(entrances) => {
                matches!(entrances.command, None | Some(Entrances::List(_)))
            }
            Self::Users(users) => {
                matches!(users.command, None | Some(Users::List(_) | Users::Find(_)))
            }
            Self::Check(check) => check.user.is_none(),
            Self::Workspaces(all) => matches!(all.command, None | Some(Workspaces::List(_))),
            Self::Keys(all) => matches!(all.command, None | Some(Keys::List(_))),
            Self::History(history) => history.keep.is_none(),
            Self::Add(change) | Self::Remove(change) => change.only_user().is_none(),
            _ => false,
        }
    }
}

/// Arguments of `members`.
#[derive(Debug, clap::Args)]
pub(crate) struct Members {
    /// The group
    #[arg(value_name = "GROUP", required_unless_present = "of")]
    pub(crate) group: Option<IdOrName<AccessGroupId>>,

    /// The group, as other commands name it
    #[arg(
        id = "of",
        long = "group",
        value_name = "GROUP",
        conflicts_with = "group"
    )]
    pub(crate) of: Option<IdOrName<AccessGroupId>>,
}

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The user; without this option, everybody who may open the entrance is listed
    #[arg(long)]
    pub(crate) user: Option<IdOrName<AcsUserId>>,

    /// The entrance
    #[arg(long)]
    pub(crate) entrance: IdOrName<EntranceId>,

    /// When, like 2026-07-01, "2026-07-01 08:00" in the system's time zone, or
    /// 2026-07-01T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<When>,
}

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  access-groups --store sqlite:site.db import site.json
  access-groups --store sqlite:site.db import site.json --workspace 'North Tower'
  access-groups --store postgres://doors@db/doors import site.json")]
pub(crate) struct Import {
    /// The site file to read; `-` is stdin
    #[arg(value_name = "SITE.json")]
    pub(crate) site: PathBuf,
}

const AFTER_HELP: &str = "\
Stores:
  memory:SITE.json   reads the site file and never writes it: to try things out
  file:SITE.json     reads the site file, locks it, and writes changes back
  sqlite:SITE.db     a database in a file: for many people, several programs, and a history
  postgres://HOST/DB a PostgreSQL database: for several servers
  https://HOST       Seam, or a service that speaks its API

The key of a service is in SEAM_API_KEY or --api-key-file, never an argument.

Users, groups, entrances and systems are named by id, by whole name in any case, or by the \
first 8 or more characters of an id; users by e-mail address, too. If more than one matches, the \
command lists them and does nothing.

Examples:
  access-groups --store memory:site.json groups
  access-groups --store file:site.json add --user 'Ada Lovelace' --group Gym
  access-groups --store file:site.json add --group Gym --from people.csv --dry-run
  access-groups --store file:site.json users list --group Gym --format csv
  SEAM_API_KEY=seam_... access-groups members GROUP_ID --format json

Exit codes:
  0    done
  1    refused or failed
  2    plan --detailed-exitcode: something would change; drift: there is drift
  3    of many changes, some are made and some are not
  4    the credential is missing or refused
  5    the plan does not fit any more
  6    a guard stopped the plan
  10   check: the entrance does not open, or opens to nobody
  64   the command line is wrong
  69   the service or the site file is unavailable
  75   accepted, but not shown by the service, or --wait: not propagated
  130  interrupted";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use access_groups_core::PropagationWait;
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    fn parse(line: &[&str]) -> Option<Command> {
        let line = [&["access-groups"], line].concat();
        Args::try_parse_from(line).ok().map(|args| args.command)
    }

    #[test]
    fn wait_without_a_value_uses_the_default() {
        let wait = |option: &[&str]| {
            let line = [&["add"], option, &["--user", "a", "--group", "b"]].concat();
            match parse(&line)? {
                Command::Add(change) => change.carrying.wait,
                _ => None,
            }
        };
        assert_eq!(wait(&["--wait"]), Some(PropagationWait::TIMEOUT));
        for given in [&["--wait=1m 30s"][..], &["--wait", "1m 30s"]] {
            assert_eq!(wait(given), Some(Duration::from_secs(90)));
        }
        assert_eq!(wait(&["--wait=0s"]), Some(Duration::ZERO));
        for wrong in [
            "--wait=",
            "--wait=2",
            "--wait=soon",
            "--wait=-1s",
            "--wait=1y",
        ] {
            assert_eq!(wait(&[wrong]), None, "{wrong}");
        }
        assert_eq!(wait(&["--wait", "soon"]), None);
    }

    #[test]
    fn noun_alone_is_its_list() {
        for noun in ["users", "groups", "entrances", "systems"] {
            for list in [&[noun][..], &[noun, "list"], &[noun, "--search", "a"]] {
                let command = parse(list).expect("well formed");
                assert!(command.is_list(), "{list:?}");
            }
            assert!(parse(&[noun, "--search", "a", "list"]).is_none(), "{noun}");
        }
    }

    #[test]
    fn members_name_their_group_either_way() {
        assert!(parse(&["members", "a"]).is_some());
        assert!(parse(&["members", "--group", "a"]).is_some());
        assert!(parse(&["members"]).is_none());
        assert!(parse(&["members", "a", "--group", "b"]).is_none());
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        let before = ["access-groups", "--format", "json", "groups"];
        let after = ["access-groups", "groups", "--format", "json"];
        for line in [before, after] {
            let args = Args::try_parse_from(line).expect("well formed");
            assert_eq!(args.options.format, Format::Json);
        }
    }
}
