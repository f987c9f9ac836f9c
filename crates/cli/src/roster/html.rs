//! `plan --html`: the report of a plan, for whoever approves it.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    time::Duration,
};

use access_groups_core::Timestamp;
use access_groups_roster::Roster;

use super::show::Presented;
use crate::{
    args::Shown,
    describe::{Times, line},
    failure::Failure,
    local_time::{self, Zones},
    replace::replace,
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
    let page = report.to_html();
    replace(path, page.as_bytes(), "an HTML page", is_page).map_err(|error| {
        Failure::failed(format!("the report {} cannot be written", path.display()))
            .caused_by(&error)
            .with_hint("name a file such as plan.html in a folder that exists and is writable")
    })
}

fn origin(presented: &Presented<'_>, shown: &Shown, store: &Store) -> Origin {
    let moment = |instant| local_time::shown(instant, presented.zone);
    let origin = presented.origin(store);
    Origin {
        store: line(&origin.store),
        workspace: origin.workspace_id.map(|workspace| workspace.to_string()),
        roster: file_name(&origin.roster),
        roster_hash: origin.roster_sha256,
        made: moment(whole_seconds(presented.made_at)),
        is_for_now: presented.is_for_now,
        next_begin: presented.plan.next_begin().map(moment),
        next_end: presented.plan.next_end().map(moment),
        hash: presented.plan.hash(),
        command: presented.command_to_apply(shown),
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

fn is_page(file: File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(DOCTYPE.len() as u64).read_to_end(&mut start)?;
    Ok(start.eq_ignore_ascii_case(DOCTYPE))
}

const DOCTYPE: &[u8] = b"<!DOCTYPE html>";
