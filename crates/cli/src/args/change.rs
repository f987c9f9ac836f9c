//! Arguments of `add` and `remove`.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use access_groups_core::{AccessGroupId, AcsUserId};

use super::{DEFAULT_WAIT, IdOrName, duration};

/// Arguments of `add` and `remove`.
#[derive(Debug, clap::Args)]
pub(crate) struct Change {
    /// The user; may be given several times
    #[arg(long = "user", value_name = "USER", required_unless_present = "from")]
    pub(crate) users: Vec<IdOrName<AcsUserId>>,

    /// The users that this file names: one a line, or CSV with a column `user`, `acs_user_id`, `email`,
    /// `id` or `name`; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,

    /// The group
    #[arg(long)]
    pub(crate) group: IdOrName<AccessGroupId>,

    /// Only say what would change
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Of many users, how many changes are made at the same time, 1 to 100
    #[arg(long, value_name = "N", default_value_t = CONCURRENCY, value_parser = concurrency)]
    pub(crate) concurrency: NonZeroUsize,

    /// Wait until the change has propagated to the access control system, for 2m or as long
    /// as given, like 30s; ends with 75 if it has not by then
    #[arg(
        long,
        value_name = "DURATION",
        num_args = 0..=1,
        default_missing_value = DEFAULT_WAIT,
        value_parser = duration
    )]
    pub(crate) wait: Option<Duration>,
}

impl Change {
    /// The user of a change that is described whole; none if there may be many.
    pub(crate) fn only_user(&self) -> Option<&IdOrName<AcsUserId>> {
        match &*self.users {
            [user] if self.from.is_none() && !self.dry_run => Some(user),
            _ => None,
        }
    }
}

pub(super) fn concurrency(text: &str) -> Result<NonZeroUsize, &'static str> {
    let calls = text.parse().ok();
    let calls = calls.filter(|calls: &NonZeroUsize| calls.get() <= 100);
    calls.ok_or("expected a number from 1 to 100")
}

/// As `Limits` of the library have it.
pub(super) const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(8).expect("not zero");
