//! What a plan may not do without being asked again.

use std::fmt;

use access_groups_core::{AccessGroupId, setters};
use serde::{Deserialize, Serialize};

use super::GroupPlan;

/// How much a plan may take away from one group: a wrong file must not lock a house.
///
/// More than a [share](Self::percent) of the members may not be removed, though [some](Self::least)
/// always may, and no more than [so many](Self::most). A group that has [enough](Self::emptied)
/// members must not become empty.
///
/// # Examples
///
/// ```
/// use access_groups_roster::Guards;
///
/// let guards = Guards::new();
/// assert_eq!(guards.allowed(10), 3); // a tenth is one, but three always may be
/// assert_eq!(guards.allowed(100), 10);
/// assert_eq!(guards.allowed(10_000), 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Guards {
    /// The share of a group's members that may be removed, in percent. Default: 10.
    pub percent: u8,
    /// So many may always be removed. Default: 3.
    pub least: usize,
    /// No more may be removed, whatever the share is. Default: 20.
    pub most: usize,
    /// A group with so many members, or more, must not become empty. Default: 4.
    pub emptied: usize,
}

impl Guards {
    /// A tenth of a group, at least 3 and at most 20 removals, and no group of four or more emptied.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            percent: 10,
            least: 3,
            most: 20,
            emptied: 4,
        }
    }

    setters! {
        /// Sets the share of a group's members that may be removed, in percent.
        with_percent(percent: u8) => percent = percent;

        /// Sets how many may always be removed.
        with_least(removals: usize) => least = removals;

        /// Sets how many may be removed at most.
        with_most(removals: usize) => most = removals;

        /// Sets from how many members on a group must not become empty.
        with_emptied(members: usize) => emptied = members;
    }

    /// How many may be removed from a group of so many members. If the limits contradict each other,
    /// the lower one counts.
    #[must_use]
    pub fn allowed(&self, members: usize) -> usize {
        let share = members.saturating_mul(self.percent.into()) / 100;
        share.max(self.least).min(self.most)
    }

    pub(super) fn check(&self, group: &GroupPlan) -> Option<Stop> {
        let (members, removals) = (group.members, group.removals.len());
        let is_emptied = removals > 0 && group.members_after() == 0 && members >= self.emptied;
        let allowed = self.allowed(members);
        (removals > allowed || is_emptied).then_some(Stop {
            group: group.group,
            members,
            removals,
            allowed,
            is_emptied,
        })
    }
}

impl Default for Guards {
    fn default() -> Self {
        Self::new()
    }
}

/// A group in which a plan does more than the [`Guards`] allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Stop {
    /// The group.
    pub group: AccessGroupId,
    /// How many members it has.
    pub members: usize,
    /// How many the plan removes.
    pub removals: usize,
    /// How many may be removed.
    pub allowed: usize,
    /// Whether nobody would be left where somebody must be.
    pub is_emptied: bool,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            group,
            members,
            removals,
            allowed,
            ..
        } = self;
        write!(
            f,
            "{removals} of {members} members of group {group} would be removed"
        )?;
        match removals > allowed {
            true => write!(f, ", and {allowed} may be"),
            false => f.write_str(", and nobody would be left"),
        }
    }
}
