//! Arguments of `add` and `remove`.

use std::path::PathBuf;

use access_groups_core::{AccessGroupId, AcsUserId};

use super::{Carrying, IdOrName};

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

    #[command(flatten)]
    pub(crate) carrying: Carrying,
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
