//! The arguments of the commands about rosters.

use std::path::{Path, PathBuf};

use access_groups_core::AccessGroupId;
use access_groups_roster::{Guards, TimeZone};
use clap::builder::{PathBufValueParser, TypedValueParser};

use super::IdOrName;
use crate::local_time::{self, When};

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Validate {
    /// The roster: CSV with the columns user, group, from, until, note and mode, or JSON; `-` is stdin
    #[arg(value_name = "ROSTER")]
    pub(crate) roster: PathBuf,

    /// The time zone of days and local times in the roster, like Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: Option<TimeZone>,
}

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    /// The roster: CSV with the columns user, group, from, until, note and mode, or JSON; `-` is stdin
    #[arg(value_name = "ROSTER")]
    pub(crate) roster: PathBuf,

    #[command(flatten)]
    pub(crate) planning: Planning,

    /// The plan for another time than now, like 2026-07-01 or 2026-07-01T08:00:00Z: to see what rows
    /// with dates will do then
    #[arg(long, value_name = "TIME", conflicts_with = "output")]
    pub(crate) at: Option<When>,

    /// Write a report to this file, for somebody who approves the plan in a browser; it names people
    #[arg(long, value_name = "PLAN.html", value_parser = new_file())]
    pub(crate) html: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) shown: Shown,
}

/// Arguments of `drift`.
#[derive(Debug, clap::Args)]
pub(crate) struct Drift {
    /// The roster: CSV with the columns user, group, from, until, note and mode, or JSON; `-` is stdin
    #[arg(value_name = "ROSTER")]
    pub(crate) roster: PathBuf,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// Show every line and every problem, however many there are
    #[arg(long)]
    pub(crate) all: bool,
}

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  access-groups --store sqlite:site.db export > site.json
  access-groups --store sqlite:site.db export --roster > roster.csv")]
pub(crate) struct Export {
    /// Print a roster of the memberships instead: CSV, or with `--format json` JSON. The plan of it has
    /// no changes
    #[arg(long)]
    pub(crate) roster: bool,

    /// Only the members of this group; may be given several times
    #[arg(long = "group", value_name = "GROUP", requires = "roster")]
    pub(crate) groups: Vec<IdOrName<AccessGroupId>>,

    /// Let the roster be the whole truth about its groups: whoever is deleted from it is removed by the
    /// next apply
    #[arg(long, requires = "roster")]
    pub(crate) authoritative: bool,
}

/// How a roster becomes a plan.
#[derive(Debug, clap::Args)]
pub(crate) struct Planning {
    #[command(flatten)]
    pub(crate) choice: Choice,

    #[command(flatten)]
    guards: GuardLimits,
}

impl Planning {
    /// How much the plan may take away from a group.
    pub(crate) fn guards(&self) -> Guards {
        let limits = &self.guards;
        Guards::new()
            .with_percent(limits.max_removals_percent)
            .with_most(limits.max_removals)
            .with_least(limits.free_removals)
            .with_emptied(limits.never_empty)
    }

    /// The guards that are not at their default, as options of a command line: no plan saves them.
    pub(crate) fn guard_options(&self) -> Vec<(&'static str, String)> {
        let (given, default) = (self.guards(), Guards::new());
        let limits = [
            (
                "--max-removals-percent",
                given.percent.into(),
                default.percent.into(),
            ),
            ("--max-removals", given.most, default.most),
            ("--free-removals", given.least, default.least),
            ("--never-empty", given.emptied, default.emptied),
        ];
        let changed = limits
            .into_iter()
            .filter(|(_, given, default)| given != default);
        changed
            .map(|(option, given, _)| (option, given.to_string()))
            .collect()
    }
}

/// How a roster is read, and which of its groups count.
#[derive(Debug, clap::Args)]
pub(crate) struct Choice {
    /// The time zone of days and local times in the roster, like Europe/Berlin [default: that of the
    /// systems of its groups]
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: Option<TimeZone>,

    /// Only this group of the roster; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) only: Vec<IdOrName<AccessGroupId>>,

    /// Remove members whom no row names from this group, whatever its mode in the roster; may be
    /// given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) authoritative: Vec<IdOrName<AccessGroupId>>,

    /// Remove nobody from this group, whatever its mode in the roster; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) additive: Vec<IdOrName<AccessGroupId>>,
}

impl Choice {
    /// Whether the plan is another one than that of the roster alone.
    pub(crate) fn is_given(&self) -> bool {
        !self.options().is_empty()
    }

    /// What is given of it, as options of a command line.
    pub(crate) fn options(&self) -> Vec<(&'static str, String)> {
        let zone = self.time_zone.iter();
        let zone = zone.map(|zone| ("--time-zone", local_time::name(zone).to_owned()));
        let groups = [
            ("--only", &self.only),
            ("--authoritative", &self.authoritative),
            ("--additive", &self.additive),
        ];
        let groups = groups.into_iter().flat_map(|(option, groups)| {
            groups.iter().map(move |group| (option, group.to_string()))
        });
        zone.chain(groups).collect()
    }
}

/// How much may be taken away from one group before a person has to confirm it.
#[derive(Debug, clap::Args)]
struct GuardLimits {
    /// How many percent of a group's members may be removed without a confirmation
    #[arg(long, value_name = "PERCENT", help_heading = GUARDS, default_value_t = Guards::new().percent,
          value_parser = clap::value_parser!(u8).range(0..=100))]
    max_removals_percent: u8,

    /// How many members of a group may be removed without one, whatever the percentage
    #[arg(long, value_name = "N", help_heading = GUARDS, default_value_t = Guards::new().most)]
    max_removals: usize,

    /// How many members of a group may be removed without one even if that is more than the percentage
    #[arg(long, value_name = "N", help_heading = GUARDS, default_value_t = Guards::new().least)]
    free_removals: usize,

    /// A group of so many members must not become empty without one
    #[arg(long, value_name = "N", help_heading = GUARDS, default_value_t = Guards::new().emptied)]
    never_empty: usize,
}

/// How a plan is shown.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Shown {
    /// Save the plan to this file, for `apply`; it names people
    #[arg(short, long, value_name = "PLAN.json", value_parser = new_file())]
    pub(crate) output: Option<PathBuf>,

    /// Show every line and every problem, however many there are
    #[arg(long)]
    pub(crate) all: bool,

    /// End with 2 if something changes, and with 0 if nothing does
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// A file to write. Elsewhere `-` is stdin or stdout; this must not be a file of that name.
pub(super) fn new_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path == Path::new("-") {
        true => Err("it must be a file, not a stream"),
        false => Ok(path),
    })
}

fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    let zone = local_time::time_zone(name.trim());
    zone.ok_or("expected the name of a time zone like Europe/Berlin, America/Toronto or UTC")
}

const GUARDS: &str = "Guards (what stops an apply until it is confirmed)";
