//! Whether a plan still fits what is.

use std::{collections::HashSet, fmt};

use access_groups_core::{AccessGroupId, AcsUserId, MembershipChange, UserIdentityId, UserRef};

use super::{GroupPlan, Plan};
use crate::Observed;

/// The members of one group, for look-ups.
pub(crate) struct Present {
    users: HashSet<AcsUserId>,
    identities: HashSet<UserIdentityId>,
}

impl Present {
    /// Those of this group, if its members were observed.
    pub(crate) fn of(group: AccessGroupId, observed: &Observed) -> Option<Self> {
        let members = observed.members.get(&group)?;
        Some(Self {
            users: members.users.iter().map(|(user, _)| *user).collect(),
            identities: HashSet::new(),
        })
    }

    pub(crate) fn with_identities(mut self, observed: &Observed) -> Self {
        let members = observed.users.iter();
        let members = members.filter(|user| self.users.contains(&user.id));
        self.identities = members.filter_map(|user| user.identity).collect();
        self
    }

    pub(crate) fn contains(&self, user: UserRef) -> bool {
        match user {
            UserRef::AcsUser(user) => self.users.contains(&user),
            UserRef::Identity(identity) => self.identities.contains(&identity),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.users.len()
    }
}

impl Plan {
    /// Compares the memberships that the plan changes with what was observed now, and counts the
    /// members of its groups anew, so that [`stops`](Self::stops) is about what is.
    ///
    /// # Errors
    ///
    /// What has moved since the plan was made: memberships that are as the plan would make them
    /// already, and groups that do not exist any more. Other memberships may have changed.
    pub fn recheck(&self, observed: &Observed) -> Result<Self, Vec<Moved>> {
        let mut moved = Vec::new();
        let mut plan = self.clone();
        for group in &mut plan.groups {
            match Present::of(group.group, observed) {
                Some(present) => {
                    let has_identities = has_identities(group);
                    let present = match has_identities {
                        true => present.with_identities(observed),
                        false => present,
                    };
                    moved.extend(changed_since(group, &present));
                    group.members = present.count();
                }
                None => moved.push(Moved::group(group)),
            }
        }
        match moved.is_empty() {
            true => Ok(plan),
            false => Err(moved),
        }
    }
}

/// Whether it names somebody by identity: to look these up costs a walk over all users. A plan that takes
/// an addition back removes by identity, too.
fn has_identities(group: &GroupPlan) -> bool {
    let mut changes = group.additions.iter().chain(&group.removals);
    changes.any(|planned| matches!(planned.user, UserRef::Identity(_)))
}

fn changed_since(group: &GroupPlan, present: &Present) -> Vec<Moved> {
    let joined = group.additions.iter();
    let joined = joined.filter(|planned| present.contains(planned.user));
    let left = group.removals.iter();
    let left = left.filter(|planned| !present.contains(planned.user));
    let moved = |kind| {
        move |planned: &super::Planned| Moved {
            group: group.group,
            group_name: group.name.clone(),
            membership: Some((kind, planned.user)),
            name: planned.name.clone(),
        }
    };
    let joined = joined.map(moved(MembershipChange::Added));
    joined
        .chain(left.map(moved(MembershipChange::Removed)))
        .collect()
}

/// Something that is not as it was when a plan was made.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// The group.
    pub group: AccessGroupId,
    /// Its name, to show.
    pub group_name: String,
    /// What has happened to this membership meanwhile; `None` if the group does not exist any more.
    pub membership: Option<(MembershipChange, UserRef)>,
    /// The name of the person, to show; it may be empty.
    pub name: String,
}

impl Moved {
    fn group(group: &GroupPlan) -> Self {
        Self {
            group: group.group,
            group_name: group.name.clone(),
            membership: None,
            name: String::new(),
        }
    }
}

/// Without the name of the person.
impl fmt::Debug for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moved")
            .field("group", &self.group)
            .field("membership", &self.membership)
            .finish_non_exhaustive()
    }
}
