//! The command line, and what `--help` says about it.

use std::{net::SocketAddr, path::PathBuf};

use access_groups_core::{AccessGroupId, AcsUserId, EntranceId, Timestamp};
use clap::{Parser, Subcommand};

use crate::output::Format;

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
    Add(Pair),
    /// Take a user out of a group; does nothing if they are not in it
    Remove(Pair),
    /// List groups: all, or those that a user is in
    Groups {
        /// The id of the user
        #[arg(long)]
        user: Option<AcsUserId>,
    },
    /// List the users that are in a group
    Members {
        /// The id of the group
        group: AccessGroupId,
    },
    /// List the doors that a group opens
    Entrances {
        /// The id of the group
        group: AccessGroupId,
    },
    /// Say whether a user may open an entrance, and why; ends with 10 if not
    Check(Check),
    /// Serve a memory: or file: store as Seam's HTTP API
    Serve(Serve),
}

impl Command {
    /// Whether it can change who is in which group.
    pub(crate) fn changes_state(&self) -> bool {
        matches!(self, Self::Add(_) | Self::Remove(_))
    }
}

/// A user and a group.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Pair {
    /// The id of the user
    #[arg(long)]
    pub(crate) user: AcsUserId,

    /// The id of the group
    #[arg(long)]
    pub(crate) group: AccessGroupId,
}

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The id of the user
    #[arg(long)]
    pub(crate) user: AcsUserId,

    /// The id of the entrance
    #[arg(long)]
    pub(crate) entrance: EntranceId,

    /// When, like 2026-07-01T08:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<Timestamp>,
}

/// What `serve` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3030", value_parser = address)]
    pub(crate) listen: SocketAddr,
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

const AFTER_HELP: &str = "\
Stores:
  memory:SITE.json   reads the site file and never writes it: for trying things out
  file:SITE.json     reads the site file, locks it, and writes changes back
  https://HOST       Seam, or a service that speaks its API; the key is in SEAM_API_KEY or
                     --api-key-file, never an argument

Examples:
  access-groups --store memory:site.json groups
  access-groups --store file:site.json add --user USER_ID --group GROUP_ID
  SEAM_API_KEY=seam_... access-groups members GROUP_ID --format json

Exit codes:
  0    done
  1    refused or failed
  4    the credential is missing or refused
  10   check: the door does not open
  64   the command line is wrong
  69   the service, or the site file, is not available now
  130  interrupted";

const SERVE_HELP: &str = "\
Keys: those of --api-key-file, else ACCESS_GROUPS_API_KEY, else one is made for this run and
printed to stderr. An address that other machines reach needs a key of yours.

On a file: store, changes are saved at most once a second and at the end. Ctrl-C or SIGTERM
finishes the requests in flight, saves and ends with 0; a second one ends at once with 130. A
crash loses the changes since the last save: those of about the last second.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
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
