//! Changes that have not propagated, and how resources show them.

use access_groups_core::{
    AccessGroupChange, AccessGroupId, AcsUserChange, AcsUserId, DeferredVariant, PendingGroup,
    PendingSuspension, PendingUser, Timestamp, Update,
};

/// A change that may be pending, at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    // The first, so that of all that is sent at one time a user is created before they join.
    Creation(AcsUserId),
    Membership(AcsUserId, AccessGroupId),
    Suspension(AcsUserId),
    /// Everything else that a loaded user shows.
    OfUser(AcsUserId),
    /// Everything else that a loaded group shows.
    OfGroup(AccessGroupId),
}

/// How far a pending change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// A site file shows it, and no time has passed since the file was loaded.
    Loaded,
    /// It is sent to the provider when the user's schedule starts.
    Deferred(Timestamp),
    /// It propagates at this time; without one, when it is told to.
    Sent(Option<Timestamp>),
}

/// What the resources show of a pending change.
pub(super) struct Shown {
    pub(super) on_user: AcsUserChange,
    pub(super) on_group: Option<AccessGroupChange>,
    pub(super) message: &'static str,
}

impl Change {
    /// The changes that a user shows with this mutation; several if they move between groups.
    pub(super) fn of_user(user: AcsUserId, shown: &AcsUserChange) -> Vec<Self> {
        let groups = match shown {
            AcsUserChange::Creating | AcsUserChange::DeferringCreation { .. } => {
                return vec![Self::Creation(user)];
            }
            AcsUserChange::UpdatingSuspensionState(_) => return vec![Self::Suspension(user)],
            AcsUserChange::UpdatingGroupMembership(Update { from, to }) => {
                [from.acs_access_group_id, to.acs_access_group_id]
            }
            AcsUserChange::DeferringGroupMembershipUpdate {
                acs_access_group_id,
                ..
            } => [Some(*acs_access_group_id), None],
            _ => [None, None],
        };
        let groups = groups.into_iter().flatten();
        or(
            groups.map(|group| Self::Membership(user, group)),
            Self::OfUser(user),
        )
    }

    /// The changes that a group shows with this mutation; several if one member replaces another.
    pub(super) fn of_group(group: AccessGroupId, shown: &AccessGroupChange) -> Vec<Self> {
        let users = match shown {
            AccessGroupChange::UpdatingUserMembership(Update { from, to }) => {
                [from.acs_user_id, to.acs_user_id]
            }
            AccessGroupChange::DeferringUserMembershipUpdate { acs_user_id, .. } => {
                [Some(*acs_user_id), None]
            }
            _ => [None, None],
        };
        let users = users.into_iter().flatten();
        or(
            users.map(|user| Self::Membership(user, group)),
            Self::OfGroup(group),
        )
    }

    pub(super) fn user(self) -> Option<AcsUserId> {
        match self {
            Self::Membership(user, _)
            | Self::Creation(user)
            | Self::Suspension(user)
            | Self::OfUser(user) => Some(user),
            Self::OfGroup(_) => None,
        }
    }

    pub(super) fn group(self) -> Option<AccessGroupId> {
        match self {
            Self::Membership(_, group) | Self::OfGroup(group) => Some(group),
            Self::Creation(_) | Self::Suspension(_) | Self::OfUser(_) => None,
        }
    }
}

impl Stage {
    /// When time alone moves the change on.
    pub(super) fn due_at(self) -> Option<Timestamp> {
        match self {
            // At once, as soon as the time is known.
            Self::Loaded => Some(Timestamp::MIN),
            Self::Deferred(at) => Some(at),
            Self::Sent(at) => at,
        }
    }
}

/// Whether the user shows what starts with a schedule. A scheduled removal does not.
pub(super) fn waits_for_schedule(shown: &AcsUserChange) -> bool {
    matches!(
        shown,
        AcsUserChange::DeferringCreation { .. }
            | AcsUserChange::DeferringGroupMembershipUpdate {
                variant: DeferredVariant::Adding,
                ..
            }
    )
}

/// The creation of a user.
pub(super) fn creation(stage: Stage) -> Shown {
    let on_user = match stage {
        Stage::Loaded | Stage::Sent(_) => AcsUserChange::Creating,
        Stage::Deferred(at) => AcsUserChange::DeferringCreation {
            scheduled_at: Some(at),
        },
    };
    Shown {
        on_user,
        on_group: None,
        message: "The user is being created.",
    }
}

/// A suspension, or its end, that the rules have recorded: the provider has the opposite.
pub(super) fn suspension(is_suspended: bool) -> Shown {
    let side = |is_suspended| PendingSuspension { is_suspended };
    let (from, to) = (side(!is_suspended), side(is_suspended));
    Shown {
        on_user: AcsUserChange::UpdatingSuspensionState(Update { from, to }),
        on_group: None,
        message: "The suspension is changing.",
    }
}

/// A membership, or its end, on both resources, each naming the other.
pub(super) fn membership(
    user: AcsUserId,
    group: AccessGroupId,
    is_member: bool,
    stage: Stage,
) -> Shown {
    let groups = |is_in: bool| PendingGroup {
        acs_access_group_id: is_in.then_some(group),
    };
    let users = |is_in: bool| PendingUser {
        acs_user_id: is_in.then_some(user),
    };
    let (on_user, on_group) = match stage {
        Stage::Loaded | Stage::Sent(_) => (
            AcsUserChange::UpdatingGroupMembership(Update {
                from: groups(!is_member),
                to: groups(is_member),
            }),
            AccessGroupChange::UpdatingUserMembership(Update {
                from: users(!is_member),
                to: users(is_member),
            }),
        ),
        // Only an addition waits for a schedule.
        Stage::Deferred(_) => (
            AcsUserChange::DeferringGroupMembershipUpdate {
                acs_access_group_id: group,
                variant: DeferredVariant::Adding,
            },
            AccessGroupChange::DeferringUserMembershipUpdate {
                acs_user_id: user,
                variant: DeferredVariant::Adding,
            },
        ),
    };
    Shown {
        on_user,
        on_group: Some(on_group),
        message: match is_member {
            true => "The user is being added to the group.",
            false => "The user is being removed from the group.",
        },
    }
}

/// These, or the other one if there are none.
fn or(changes: impl Iterator<Item = Change>, otherwise: Change) -> Vec<Change> {
    let changes: Vec<_> = changes.collect();
    match changes.is_empty() {
        true => vec![otherwise],
        false => changes,
    }
}
