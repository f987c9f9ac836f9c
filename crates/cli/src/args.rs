//! The command line, and what `--help` says about it.

mod apply;
mod change;
mod database;
mod provision;
mod roster;
mod serve;

use std::{
    fmt,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, ContactDetail, EmailAddress, EntranceId, PageRequest,
    ParseSearchError, PersonName, SearchText,
};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::{failure::Failure, local_time::When, output::Format, store};

pub(crate) use apply::*;
pub(crate) use change::Change;
pub(crate) use database::*;
pub(crate) use provision::*;
pub(crate) use roster::*;
pub(crate) use serve::*;

/// Put people into access groups and take them out again.
#[derive(Debug, Parser)]
#[command(name = "access-groups", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// The store that has the groups: memory:SITE.json, file:SITE.json, sqlite:SITE.db,
    /// postgres://USER@HOST/DATABASE, https://HOST, or http://HOST on this machine [env: ACCESS_GROUPS_STORE] [default: Seam, if SEAM_API_KEY is set]
    #[arg(long, global = true, value_name = "STORE")]
    pub(crate) store: Option<String>,

    /// The workspace of a database, by id or name [env: ACCESS_GROUPS_WORKSPACE] [default: the only one]
    #[arg(long = "workspace", global = true, value_name = "WORKSPACE")]
    pub(crate) workspaces: Vec<String>,

    /// Who makes the changes, for the history of a database; for `history`, whose changes are shown
    /// [env: ACCESS_GROUPS_ACTOR] [default: the user of this machine]
    #[arg(long, global = true, value_name = "NAME")]
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

    /// How many seconds to wait while another process works on a file: store
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
            [] => Ok(store::variable(WORKSPACE)),
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
            .with_hint(format!("leave {option} out, or name a sqlite: store"))),
        }
    }
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
    CheckStore,
    /// Copy a sqlite: database to a new file, also while it is served
    Backup(Backup),
    /// Bring the tables of a database to this version
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

/// A command about a noun; without one, the list, with the conditions of the list.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Listed<Command: Subcommand, List: clap::Args> {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) list: List,
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

/// The commands about groups.
#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    /// List groups: all, or those that pass every condition given
    List(GroupsList),
    /// Create a group, with the entrances that it opens
    Create(CreateGroup),
    /// Change the name, the entrances or the schedule of a group
    Update(UpdateGroup),
    /// Delete a group with all memberships; asks first
    Delete(DeleteGroup),
}

/// Arguments of `groups` and `groups list`.
#[derive(Debug, clap::Args)]
pub(crate) struct GroupsList {
    /// Only groups that this user is in
    #[arg(long)]
    pub(crate) user: Option<IdOrName<AcsUserId>>,

    /// Only groups of this system
    #[arg(long)]
    pub(crate) system: Option<IdOrName<AcsSystemId>>,

    /// Only groups whose name or id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
}

/// The commands about systems.
#[derive(Debug, Subcommand)]
pub(crate) enum Systems {
    /// List the systems
    List(SystemsList),
    /// Create a system
    Create(CreateSystem),
    /// Change the name or the time zone of a system
    Update(UpdateSystem),
    /// Delete a system without users, groups and entrances; asks first
    Delete(DeleteSystem),
}

/// Arguments of `systems` and `systems list`.
#[derive(Debug, clap::Args)]
pub(crate) struct SystemsList {
    /// Only systems whose name or id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
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
pub(crate) struct Import {
    /// The site file to read; `-` is stdin
    #[arg(value_name = "SITE.json")]
    pub(crate) site: PathBuf,
}

/// The commands about users.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users: all, or those that pass every condition given
    List(UsersList),
    /// Find users by part of a name, an e-mail address, a phone number or an id
    Find(Find),
    /// Create a user in a system
    Create(Create),
    /// Change the name, the addresses or the schedule of a user
    Update(UpdateUser),
    /// Suspend a user: no entrance opens until the suspension ends
    Suspend {
        /// The user
        user: IdOrName<AcsUserId>,
    },
    /// End the suspension of a user
    Unsuspend {
        /// The user
        user: IdOrName<AcsUserId>,
    },
    /// Delete a user with all memberships; asks first
    Delete(Delete),
}

/// Arguments of `users` and `users list`.
#[derive(Debug, clap::Args)]
pub(crate) struct UsersList {
    /// Only users of this system
    #[arg(long)]
    pub(crate) system: Option<IdOrName<AcsSystemId>>,

    /// Only users whose name, e-mail address, phone number or id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,

    /// Only members of this group
    #[arg(long)]
    pub(crate) group: Option<IdOrName<AccessGroupId>>,
}

/// Arguments of `users find`.
#[derive(Debug, clap::Args)]
pub(crate) struct Find {
    /// A part of a name, an e-mail address, a phone number or an id
    pub(crate) text: SearchText,
}

/// Arguments of `users create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The system of the new user
    #[arg(long)]
    pub(crate) system: IdOrName<AcsSystemId>,

    /// The full name
    #[arg(long)]
    pub(crate) name: PersonName,

    /// The e-mail address
    #[arg(long)]
    pub(crate) email: Option<EmailAddress>,

    /// The phone number, in any notation
    #[arg(long)]
    pub(crate) phone: Option<ContactDetail>,

    /// A group of that system to join; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<IdOrName<AccessGroupId>>,

    /// When access begins, like 2026-07-01, "2026-07-01 08:00" in the system's time zone, or
    /// 2026-07-01T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<When>,

    /// When access ends: the first moment without it [default: never]
    #[arg(long, value_name = "TIME")]
    pub(crate) ends_at: Option<When>,
}

/// Arguments of `users delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The user
    pub(crate) user: IdOrName<AcsUserId>,

    /// Do not ask; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The commands about entrances.
#[derive(Debug, Subcommand)]
pub(crate) enum Entrances {
    /// List entrances: all, or those that pass every condition given
    List(EntrancesList),
    /// Create an entrance, which no group opens yet
    Create(CreateEntrance),
    /// Change the name of an entrance
    Update(UpdateEntrance),
    /// Delete an entrance with all grants; asks first
    Delete(DeleteEntrance),
}

/// Arguments of `entrances` and `entrances list`.
#[derive(Debug, clap::Args)]
pub(crate) struct EntrancesList {
    /// Only entrances that this group opens
    #[arg(long)]
    pub(crate) group: Option<IdOrName<AccessGroupId>>,

    /// Only entrances that this user can open, through groups or directly
    #[arg(long)]
    pub(crate) user: Option<IdOrName<AcsUserId>>,

    /// Only entrances of this system
    #[arg(long)]
    pub(crate) system: Option<IdOrName<AcsSystemId>>,

    /// Only entrances whose name contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = text.parse::<jiff::SignedDuration>();
    let duration = duration
        .ok()
        .and_then(|signed| Duration::try_from(signed).ok());
    duration.ok_or("expected a duration like 30s, 2m or 1h 30m")
}

fn page_size(text: &str) -> Result<NonZeroU32, &'static str> {
    let rows = text.parse().ok();
    let rows = rows.filter(|rows| *rows <= PageRequest::MAX_LIMIT);
    rows.ok_or("expected a number from 1 to 1000")
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    // The only name: others would need a resolver, and may change their meaning.
    let numeric = text.strip_prefix("localhost:").map_or_else(
        || text.to_owned(),
        |port| format!("{}:{port}", std::net::Ipv4Addr::LOCALHOST),
    );
    numeric
        .parse()
        .map_err(|_| "expected an address and a port like 127.0.0.1:3030")
}

const WORKSPACE: &str = "ACCESS_GROUPS_WORKSPACE";

/// The value of `--wait` without a value.
const DEFAULT_WAIT: &str = "2m";

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

/// How many requests per second are sent to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rate {
    /// As they come.
    Off,
    /// So many at most.
    PerSecond(NonZeroU32),
}

/// Few enough for a workspace that others use too, and more than a person notices. Seam documents no
/// limit.
impl Default for Rate {
    fn default() -> Self {
        Self::PerSecond(const { NonZeroU32::new(50).expect("not zero") })
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text == "off" {
            return Ok(Self::Off);
        }
        let number: u32 = text
            .parse()
            .map_err(|_| "expected a number of requests per second like 20, or `off`")?;
        Ok(NonZeroU32::new(number).map_or(Self::Off, Self::PerSecond))
    }
}

/// An argument that names a resource. Blanks around it do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdOrName<Id> {
    /// An id, which needs no look-up.
    Id(Id),
    /// A name, an e-mail address, or the beginning of an id.
    Name(SearchText),
}

impl<Id: fmt::Display> fmt::Display for IdOrName<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(text) => f.write_str(text.as_str()),
        }
    }
}

impl<Id: FromStr> FromStr for IdOrName<Id> {
    type Err = ParseSearchError;

    fn from_str(text: &str) -> Result<Self, ParseSearchError> {
        let text = text.trim();
        match text.parse() {
            // A whole UUID is never a name: it must not depend on what exists.
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn rate_is_a_number_or_off() {
        let rate = |text: &str| text.parse::<Rate>().ok();
        assert_eq!(rate("off"), Some(Rate::Off));
        assert_eq!(rate(" 0 "), Some(Rate::Off));
        assert_eq!(rate("50"), Some(Rate::default()));
        for wrong in ["", "-1", "1.5", "fast", "5000000000"] {
            assert_eq!(rate(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn page_has_1_to_1000_rows() {
        let rows = |text: &str| page_size(text).ok().map(NonZeroU32::get);
        assert_eq!(rows("1"), Some(1));
        assert_eq!(rows("1000"), Some(1000));
        for wrong in ["", "0", "1001", "-1", "all"] {
            assert_eq!(rows(wrong), None, "{wrong:?}");
        }
    }

    fn check(text: &str, expected: Option<&str>) {
        let shown = address(text).ok().map(|address| address.to_string());
        assert_eq!(shown.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn address_is_numeric_or_localhost() {
        check("127.0.0.1:0", Some("127.0.0.1:0"));
        check("[::1]:80", Some("[::1]:80"));
        check("localhost:3030", Some("127.0.0.1:3030"));
        check("localhost", None);
        check("3030", None);
        check("doors.example:80", None);
        check("127.0.0.1:99999", None);
    }
}
