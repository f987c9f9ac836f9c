//! The arguments of `apply`, `resume` and `undo`.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use super::{roster::new_file, values::duration};

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// A saved plan, or a roster, which is planned and applied at once; `-` is stdin
    #[arg(value_name = "PLAN|ROSTER")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) planning: super::Planning,

    /// Apply the plan with this hash although guards stop it; any other plan is refused
    #[arg(long, value_name = "HASH")]
    pub(crate) confirm: Option<String>,

    /// Do not ask at a terminal
    #[arg(long)]
    pub(crate) yes: bool,

    /// Make removals before additions: for an emergency
    #[arg(long)]
    pub(crate) removals_first: bool,

    /// The journal to write, for `resume` and `undo` [default: apply-TIME-HASH.journal; none for a
    /// memory: store]
    #[arg(long, value_name = "FILE", value_parser = new_file())]
    pub(crate) journal: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) carrying: Carrying,
}

/// Arguments of `resume`.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The journal of the apply
    #[arg(value_name = "JOURNAL")]
    pub(crate) journal: PathBuf,

    /// Carry out the rest with this hash although guards stop it, or although it is old; any other rest is
    /// refused
    #[arg(long, value_name = "HASH")]
    pub(crate) confirm: Option<String>,

    #[command(flatten)]
    pub(crate) carrying: Carrying,
}

/// How changes are carried out.
#[derive(Debug, clap::Args)]
pub(crate) struct Carrying {
    /// Of many changes, how many are made at the same time, 1 to 100
    #[arg(long, value_name = "N", default_value_t = CONCURRENCY, value_parser = concurrency)]
    pub(crate) concurrency: NonZeroUsize,

    /// Wait until what was changed has propagated to the access control systems, for 2m or as long as
    /// given, like 30s; ends with 75 if it has not by then
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        default_missing_value = DEFAULT_WAIT,
        value_parser = duration
    )]
    pub(crate) wait: Option<Duration>,
}

/// Arguments of `undo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Undo {
    /// The journal of the apply
    #[arg(value_name = "JOURNAL")]
    pub(crate) journal: PathBuf,

    #[command(flatten)]
    pub(crate) shown: super::Shown,
}

fn concurrency(text: &str) -> Result<NonZeroUsize, &'static str> {
    let calls = text.parse().ok();
    let calls = calls.filter(|calls: &NonZeroUsize| calls.get() <= 100);
    calls.ok_or("expected a number from 1 to 100")
}

/// As `Limits` of the library have it.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");

/// The value of `--wait` without a value.
const DEFAULT_WAIT: &str = "2m";
