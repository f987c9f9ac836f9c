//! `plan --html`: the report of a plan, for whoever approves it.

use std::{fmt::Write as _, path::Path, time::Duration};

use access_groups_core::Timestamp;
use access_groups_roster::Roster;
use sha2::{Digest, Sha256};

use super::show::{self, Presented};
use crate::{
    args::Shown,
    describe::{Times, line},
    failure::Failure,
    local_time::{self, Zones},
    report::{self, Origin, Sources},
    store::Store,
};

/// Writes the report to this file.
pub(super) fn write(
    path: &Path,
    presented: &Presented<'_>,
    roster: &Roster,
    shown: &Shown,
    store: &Store,
) -> Result<(), Failure> {
    let port = store.port();
    let zones = Zones::new(port);
    let sources = Sources {
        plan: presented.plan,
        roster,
        observed: presented.observed,
        guards: presented.guards,
        times: &Times {
            now: presented.made_at,
            zones: &zones,
        },
    };
    let report = report::gather(&sources, origin(presented, shown, store), port)?;
    report::save(path, &report.to_html())
}

fn origin(presented: &Presented<'_>, shown: &Shown, store: &Store) -> Origin {
    let moment = |instant| local_time::shown(instant, presented.zone);
    let (command, has_options) = match &shown.output {
        Some(path) => (Some(show::apply_command(path)), false),
        None => (presented.next_step.clone(), presented.has_options),
    };
    let workspace = presented.observed.workspace();
    let source = presented.roster;
    Origin {
        store: line(store.identity()),
        workspace: workspace.map(|workspace| workspace.to_string()),
        roster: source.map_or_else(String::new, |source| file_name(&source.name)),
        roster_hash: source.map_or_else(String::new, |source| hash(&source.bytes)),
        made: moment(whole_seconds(presented.made_at)),
        is_for_now: presented.is_for_now,
        next_begin: presented.plan.next_begin().map(moment),
        next_end: presented.plan.next_end().map(moment),
        hash: presented.plan.hash(),
        command,
        has_options,
    }
}

/// Nobody needs to read milliseconds.
fn whole_seconds(instant: Timestamp) -> Timestamp {
    let since = instant.duration_since(Timestamp::UNIX_EPOCH);
    let rest = Duration::from_nanos(since.subsec_nanos().into());
    instant.checked_sub(rest).unwrap_or(instant)
}

/// Without the folders, which say nothing to whoever approves.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    line(&name.map_or_else(|| path.into(), |name| name.to_string_lossy()))
}

/// The SHA-256, as `sha256sum` prints it.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}
