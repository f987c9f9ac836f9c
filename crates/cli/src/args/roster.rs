//! The arguments of the commands about rosters.

use std::path::PathBuf;

use access_groups_roster::TimeZone;

use crate::local_time;

/// A roster, and how its dates are read.
#[derive(Debug, clap::Args)]
pub(crate) struct RosterFile {
    /// The roster: CSV with the columns user, group, from, until, note and mode, or JSON; `-` is stdin
    #[arg(value_name = "ROSTER")]
    pub(crate) roster: PathBuf,

    /// The time zone of days and local times in the roster, like Europe/Berlin [default: that of the
    /// systems of its groups; for `validate`, UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: Option<TimeZone>,
}

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) file: RosterFile,
}

fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    let zone = local_time::time_zone(name.trim());
    zone.ok_or("expected the name of a time zone like Europe/Berlin, America/Toronto or UTC")
}
