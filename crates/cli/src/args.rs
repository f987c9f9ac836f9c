//! The command line, and what `--help` says about it.

mod users;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use access_groups_core::{AccessGroupId, AcsUserId, EntranceId, Timestamp};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::{output::Format, wanted::Wanted};

pub(crate) use users::{Create, Delete, Entrances, EntrancesList, Find, Users, UsersList};

/// Put people into access groups and take them out again.
#[derive(Debug, Parser)]
#[command(name = "access-groups", version, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) options: Options,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the groups are: memory:SITE.json, file:SITE.json, https://HOST, or http://HOST on
    /// this machine [env: ACCESS_GROUPS_STORE] [default: Seam, if SEAM_API_KEY is set]
    #[arg(long, global = true, value_name = "STORE")]
    pub(crate) store: Option<String>,

    /// How the answer is written to stdout
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    pub(crate) format: Format,

    /// A file with the API key instead of SEAM_API_KEY; `-` is stdin. For `serve`, the keys
    /// to accept, one a line
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,

    /// Send the key unencrypted to an http:// store on another machine
    #[arg(long, global = true)]
    pub(crate) allow_insecure_http: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put a user into a group; does nothing if they are in it
    Add(Change),
    /// Take a user out of a group; does nothing if they are not in it
    Remove(Change),
    /// List groups: all, or those that a user is in
    Groups {
        /// The user
        #[arg(long)]
        user: Option<Wanted<AcsUserId>>,
    },
    /// List the users that are in a group
    Members {
        /// The group
        group: Wanted<AccessGroupId>,
    },
    /// List, find, create, suspend and delete users
    #[command(subcommand)]
    Users(Users),
    /// List entrances
    #[command(subcommand)]
    Entrances(Entrances),
    /// List the systems
    Systems,
    /// Say whether a user may open an entrance, and why; ends with 10 if not
    Check(Check),
    /// Print everything that the store shows as a site file
    Export,
    /// Fill a new or empty file: store from a site file
    Import(Import),
    /// Serve a memory: or file: store, or several site files, as Seam's HTTP API
    Serve(Serve),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// Whether it prints a list, which any format can show.
    pub(crate) fn is_list(&self) -> bool {
        match self {
            Self::Groups { .. }
            | Self::Members { .. }
            | Self::Entrances(Entrances::List(_))
            | Self::Systems
            | Self::Users(Users::List(_) | Users::Find(_)) => true,
            Self::Add(_)
            | Self::Remove(_)
            | Self::Users(_)
            | Self::Check(_)
            | Self::Export
            | Self::Import(_)
            | Self::Serve(_)
            | Self::Completions { .. } => false,
        }
    }
}

/// What `add` and `remove` take.
#[derive(Debug, clap::Args)]
pub(crate) struct Change {
    /// The user
    #[arg(long)]
    pub(crate) user: Wanted<AcsUserId>,

    /// The group
    #[arg(long)]
    pub(crate) group: Wanted<AccessGroupId>,

    /// Wait until the doors know, for 2m or as long as said, like --wait=30s; ends with 75 if
    /// they do not know by then
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_WAIT,
        value_parser = duration
    )]
    pub(crate) wait: Option<Duration>,
}

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The user
    #[arg(long)]
    pub(crate) user: Wanted<AcsUserId>,

    /// The entrance
    #[arg(long)]
    pub(crate) entrance: Wanted<EntranceId>,

    /// When, like 2026-07-01T08:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<Timestamp>,
}

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The site file to read; `-` is stdin
    #[arg(value_name = "SITE.json")]
    pub(crate) site: PathBuf,
}

/// What `serve` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3030", value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// Serve the workspaces of this JSON file, each with its site, instead of one store
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = text.parse::<jiff::SignedDuration>();
    let duration = duration.ok().and_then(|it| Duration::try_from(it).ok());
    duration.ok_or("expected a duration like 30s, 2m or 1h 30m")
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let numeric = text.strip_prefix("localhost:").map_or_else(
        || text.to_owned(),
        |port| format!("{}:{port}", std::net::Ipv4Addr::LOCALHOST),
    );
    numeric
        .parse()
        .map_err(|_| "expected an address and a port like 127.0.0.1:3030")
}

/// What `--wait` alone means: the default of the wait.
const DEFAULT_WAIT: &str = "2m";

const AFTER_HELP: &str = "\
Stores:
  memory:SITE.json   reads the site file and never writes it: for trying things out
  file:SITE.json     reads the site file, locks it, and writes changes back
  https://HOST       Seam, or a service that speaks its API; the key is in SEAM_API_KEY or
                     --api-key-file, never an argument

Users, groups, entrances and systems are named by id, by name (whole, in any case), or by the
first 8 or more characters of an id; users by e-mail address, too. If a name fits several, they
are listed, and nothing is done.

Examples:
  access-groups --store memory:site.json groups
  access-groups --store file:site.json add --user 'Ada Lovelace' --group Gym
  access-groups --store file:site.json users list --group Gym --format csv
  SEAM_API_KEY=seam_... access-groups members GROUP_ID --format json

Exit codes:
  0    done
  1    refused or failed
  4    the credential is missing or refused
  10   check: the door does not open
  64   the command line is wrong
  69   the service, or the site file, is not available now
  75   add, remove --wait: accepted, but the doors did not know in time
  130  interrupted";

const SERVE_HELP: &str = "\
Keys: those of --api-key-file, else ACCESS_GROUPS_API_KEY, else one is made for this run and
printed to stderr. An address that other machines reach needs a key of yours.

On a file: store, changes are saved at most once a second and at the end. Ctrl-C or SIGTERM
finishes the requests in flight, saves and ends with 0; a second one ends at once with 130. A
crash loses the changes since the last save: those of about the last second.

Several workspaces, with --config instead of a store and its keys; each site is locked and saved
like a file: store:
  {
    \"workspaces\": [
      {\"workspace_id\": \"UUID\", \"name\": \"North\", \"site\": \"north.json\",
       \"api_keys\": [\"seam_...\", \"sha256:HEX\"]}
    ],
    \"personal_access_tokens\": [
      {\"token\": \"seam_at...\", \"workspace_ids\": [\"UUID\"]}
    ]
  }";

#[cfg(test)]
mod tests {
    use access_groups_core::EffectiveWait;
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_wait_without_a_duration_takes_the_default_of_the_wait() {
        let wait = |option: &str| {
            let line = [
                "access-groups",
                "add",
                "--user",
                "a",
                "--group",
                "b",
                option,
            ];
            match Args::try_parse_from(line).ok()?.command {
                Command::Add(change) => change.wait,
                _ => None,
            }
        };
        assert_eq!(wait("--wait"), Some(EffectiveWait::LIMIT));
        assert_eq!(wait("--wait=1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(wait("--wait=0s"), Some(Duration::ZERO));
        for wrong in [
            "--wait=",
            "--wait=2",
            "--wait=soon",
            "--wait=-1s",
            "--wait=1y",
        ] {
            assert_eq!(wait(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn options_may_stand_before_or_after_the_command() {
        let before = ["access-groups", "--format", "json", "groups"];
        let after = ["access-groups", "groups", "--format", "json"];
        for line in [before, after] {
            let args = Args::try_parse_from(line).expect("well formed");
            assert_eq!(args.options.format, Format::Json);
        }
    }

    fn check(text: &str, expected: Option<&str>) {
        let shown = address(text).ok().map(|address| address.to_string());
        assert_eq!(shown.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn an_address_is_numeric_or_localhost() {
        check("127.0.0.1:0", Some("127.0.0.1:0"));
        check("[::1]:80", Some("[::1]:80"));
        check("localhost:3030", Some("127.0.0.1:3030"));
        check("localhost", None);
        check("3030", None);
        check("doors.example:80", None);
        check("127.0.0.1:99999", None);
    }
}
