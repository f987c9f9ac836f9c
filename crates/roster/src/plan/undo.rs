//! The way back.

use std::collections::BTreeMap;

use access_groups_core::{AccessGroupId, MembershipChange, UserRef};

use super::{GroupPlan, Plan, Planned, moves, recheck::Present};
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
        let names = observed.names();
        // The last change of a membership counts.
        let mut last: BTreeMap<(AccessGroupId, UserRef), MembershipChange> = BTreeMap::new();
        for change in made {
            last.insert((change.group, change.user), change.kind);
        }
        let mut groups: BTreeMap<AccessGroupId, (GroupPlan, Present)> = BTreeMap::new();
        for ((id, user), kind) in last {
            if let Some((plan, present)) = group(&mut groups, id, observed) {
                let planned = Planned {
                    user,
                    name: names.get(&user).copied().unwrap_or_default().to_owned(),
                    row: None,
                    moves: None,
                };
                match (kind, present.contains(user)) {
                    (MembershipChange::Added, true) => plan.removals.push(planned),
                    (MembershipChange::Removed, false) => plan.additions.push(planned),
                    (MembershipChange::Added, false) | (MembershipChange::Removed, true) => {}
                }
            }
        }
        let mut groups: Vec<_> = groups.into_values().map(|(plan, _)| plan).collect();
        moves::find(&mut groups);
        Self {
            groups,
            repeated_rows: 0,
            next_begin: None,
            next_end: None,
        }
    }
}

fn group<'g>(
    groups: &'g mut BTreeMap<AccessGroupId, (GroupPlan, Present)>,
    id: AccessGroupId,
    observed: &Observed,
) -> Option<&'g mut (GroupPlan, Present)> {
    use std::collections::btree_map::Entry;
    match groups.entry(id) {
        Entry::Occupied(known) => Some(known.into_mut()),
        Entry::Vacant(new) => {
            let present = Present::of(id, observed)?.with_identities(observed);
            let mut plan = GroupPlan::new(observed.group(id)?, Mode::Additive);
            plan.members = present.count();
            Some(new.insert((plan, present)))
        }
    }
}
