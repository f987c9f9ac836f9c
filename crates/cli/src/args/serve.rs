//! The arguments of `serve`.

use std::{net::SocketAddr, path::PathBuf};

use access_groups_server::{LimitError, Limits, OriginError, Origins};

use super::values::address;
use crate::{
    failure::Failure,
    serve::{FaultSource, Log},
};

/// Arguments of `serve`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = serve_help())]
pub(crate) struct Serve {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3030", value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// Serve the workspaces of this JSON file, each with its site, instead of one store
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Bring the tables of a database to this version first; else older ones are refused
    #[arg(long)]
    pub(crate) migrate: bool,

    /// Try clients against faults: those of this plan, a JSON file, or a mix for this seed, a number.
    /// The store itself is never harmed
    #[arg(long, value_name = "FILE|SEED")]
    pub(crate) faults: Option<FaultSource>,

    /// How changes are logged to stderr: one line for each, with ids and without names
    #[arg(long, value_enum, default_value_t)]
    pub(crate) log: Log,

    /// Refuse changes of a file: store with 503 once saving it has failed for so many seconds; reads go
    /// on
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = save_patience)]
    pub(crate) save_patience: u64,

    /// Show counts of what the server does at http://ADDR/metrics, for Prometheus; port 0 picks a
    /// free port
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) metrics: Option<SocketAddr>,

    /// Set a limit, listed below: to seconds where it is a time, else to a number; may be repeated
    #[arg(long = "limit", value_name = "NAME=NUMBER", value_parser = limit)]
    pub(crate) limits: Vec<(String, String)>,

    /// Let browsers call from pages of this origin only, instead of from all; may be repeated
    #[arg(long = "cors-origin", value_name = "ORIGIN", value_parser = origin)]
    pub(crate) cors_origins: Vec<String>,
}

impl Serve {
    /// Whose pages may call.
    pub(crate) fn origins(&self) -> Result<Origins, Failure> {
        if self.cors_origins.is_empty() {
            return Ok(Origins::any());
        }
        Origins::only(&self.cors_origins).map_err(|error| Failure::usage(error.to_string()))
    }
}

fn save_patience(text: &str) -> Result<u64, &'static str> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|seconds| (1..=3600).contains(seconds));
    seconds.ok_or("expected a number of seconds from 1 to 3600")
}

fn limit(text: &str) -> Result<(String, String), LimitError> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    Limits::default().set(name, value)?;
    Ok((name.to_owned(), value.to_owned()))
}

fn origin(text: &str) -> Result<String, OriginError> {
    Origins::only([text]).map(|_| text.to_owned())
}

fn serve_help() -> String {
    let rows = Limits::rows().into_iter();
    let rows = rows.map(|(name, default, _)| format!("\n  {name:<22}{default}"));
    let limits: String = rows.collect();
    format!(
        "{SERVE_HELP}\n\nLimits, with their defaults (fewer connections if the process may open fewer files):{limits}"
    )
}

const SERVE_HELP: &str = "\
Examples:
  access-groups --store sqlite:site.db serve
  access-groups --store postgres://doors@db/doors serve --listen 127.0.0.1:3031

Keys: those of --api-key-file, else ACCESS_GROUPS_API_KEY, else a key is generated for this run \
and printed to stderr. An address that other machines can reach needs a key that you choose.

On a file: store, changes are saved at most once a second and at the end. Ctrl-C or SIGTERM \
finishes the requests in flight, saves and ends with 0; a second one, half a second later or more, \
ends at once with 130. If something is not saved at the end, it says how many changes, and ends \
with 1. A crash loses the changes since the last save began: at most 1 second and the time of two \
saves.

Faults, with --faults: each call meets the first rule that names it. A lost request or answer \
closes the connection; of a lost answer, the change is made. For a plan like
  {\"seed\": 7, \"rules\": [
    {\"operations\": [\"add_user\"], \"first\": 1, \"lost\": \"answer\"},
    {\"operations\": [\"reads\"], \"probability\": 0.1, \"error\": \"rate_limited\", \"retry_after_ms\": 1000}
  ]}
the first addition is made and not answered, and one read of ten gets 429.

Several workspaces, with --config instead of a store and its keys; each site is locked and saved \
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
