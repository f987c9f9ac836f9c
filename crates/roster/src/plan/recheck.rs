//! Whether a plan still fits what is.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use access_groups_core::{AccessGroupId, AcsUserId, MembershipChange, UserIdentityId, UserRef};

use super::{GroupPlan, Plan};
use crate::Observed;

/// Who is in which group, for look-ups.
pub(crate) struct Presence<'o> {
    observed: &'o Observed,
    identities: HashMap<AcsUserId, UserIdentityId>,
}

/// The members of one group.
pub(crate) struct Present {
    users: HashSet<AcsUserId>,
    identities: HashSet<UserIdentityId>,
}

impl<'o> Presence<'o> {
    pub(crate) fn new(observed: &'o Observed) -> Self {
        let users = observed.users.iter();
        let linked = users.filter_map(|user| Some((user.id, user.identity?)));
        Self {
            observed,
            identities: linked.collect(),
        }
    }

    /// The members of this group, if they were observed.
    pub(crate) fn of(&self, group: AccessGroupId) -> Option<Present> {
        let members = self.observed.members.get(&group)?;
        let users: HashSet<_> = members.users.iter().map(|(user, _)| *user).collect();
        let linked = users.iter().filter_map(|user| self.identities.get(user));
        Some(Present {
            identities: linked.copied().collect(),
            users,
        })
    }
}

impl Present {
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
        let presence = Presence::new(observed);
        let mut moved = Vec::new();
        let mut plan = self.clone();
        for group in &mut plan.groups {
            match presence.of(group.group) {
                Some(present) => {
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
