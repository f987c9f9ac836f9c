//! The way back.

use std::collections::BTreeMap;

use access_groups_core::{AccessGroupId, MembershipChange, UserRef};

use super::{
    GroupPlan, Plan, Planned, moves,
    recheck::{Presence, Present},
};
use crate::{Change, Mode, Observed};

impl Plan {
    /// Takes back these changes, and nothing else: who was added is removed, who was removed is added,
    /// unless somebody has done so already. Groups that do not exist any more are left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::Error;
    /// use access_groups_in_memory::SiteBuilder;
    /// use access_groups_roster::{Change, Plan, Survey, observe_blocking};
    ///
    /// let mut site = SiteBuilder::new();
    /// let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
    /// let port = site.members(gym, [ada]).build_blocking();
    ///
    /// // Ada was added, and Grace was, who has been removed by somebody else meanwhile.
    /// let made = [Change::add(ada, gym), Change::add(grace, gym)];
    /// let observed = observe_blocking(port, Survey::of_groups([gym]))?;
    /// let undo = Plan::undo(made, &observed);
    /// assert!(undo.changes().eq([Change::remove(ada, gym)]));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn undo(made: impl IntoIterator<Item = Change>, observed: &Observed) -> Self {
        // The last change of a membership counts.
        let mut last: BTreeMap<(AccessGroupId, UserRef), MembershipChange> = BTreeMap::new();
        for change in made {
            last.insert((change.group, change.user), change.kind);
        }
        let back = last.into_iter().map(|((group, user), kind)| match kind {
            MembershipChange::Added => Change::remove(user, group),
            MembershipChange::Removed => Change::add(user, group),
        });
        Self::of_changes(back, observed)
    }

    /// These changes as a plan, without those that are made already and those of groups that do not exist.
    pub(crate) fn of_changes(
        changes: impl IntoIterator<Item = Change>,
        observed: &Observed,
    ) -> Self {
        let (names, presence) = (observed.names(), Presence::new(observed));
        let mut groups: BTreeMap<AccessGroupId, Option<(GroupPlan, Present)>> = BTreeMap::new();
        for change in changes {
            let group = groups
                .entry(change.group)
                .or_insert_with(|| group(change.group, observed, &presence));
            let Some((plan, present)) = group else {
                continue;
            };
            if present.contains(change.user) == change.adds() {
                continue;
            }
            let name = names.get(&change.user).copied().unwrap_or_default();
            let planned = Planned {
                user: change.user,
                name: name.to_owned(),
                row: None,
                moves: None,
            };
            match change.kind {
                MembershipChange::Added => plan.additions.push(planned),
                MembershipChange::Removed => plan.removals.push(planned),
            }
        }
        let groups = groups.into_values().flatten();
        let mut groups: Vec<_> = groups.map(|(plan, _)| plan).collect();
        moves::find(&mut groups);
        Self {
            groups,
            repeated_rows: 0,
            next_begin: None,
            next_end: None,
        }
    }
}

fn group(
    id: AccessGroupId,
    observed: &Observed,
    presence: &Presence<'_>,
) -> Option<(GroupPlan, Present)> {
    let present = presence.of(id)?;
    let mut plan = GroupPlan::new(observed.group(id)?, Mode::Additive);
    plan.members = present.count();
    Some((plan, present))
}
