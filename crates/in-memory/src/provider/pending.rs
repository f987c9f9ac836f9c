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
}

/// How far a pending change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
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
    pub(super) fn user(self) -> AcsUserId {
        let (Self::Membership(user, _) | Self::Creation(user) | Self::Suspension(user)) = self;
        user
    }

    pub(super) fn group(self) -> Option<AccessGroupId> {
        match self {
            Self::Membership(_, group) => Some(group),
            Self::Creation(_) | Self::Suspension(_) => None,
        }
    }

    /// Whether a user's pending mutation shows this change.
    pub(super) fn is_shown_by(self, pending: &AcsUserChange) -> bool {
        match self {
            Self::Membership(_, group) => pending.is_about_group(group),
            Self::Creation(_) => matches!(
                pending,
                AcsUserChange::Creating | AcsUserChange::DeferringCreation { .. }
            ),
            Self::Suspension(_) => matches!(pending, AcsUserChange::UpdatingSuspensionState(_)),
        }
    }
}

impl Stage {
    /// When time alone moves the change on.
    pub(super) fn due_at(self) -> Option<Timestamp> {
        match self {
            Self::Deferred(at) => Some(at),
            Self::Sent(at) => at,
        }
    }
}

/// The creation of a user.
pub(super) fn creation(stage: Stage) -> Shown {
    let on_user = match stage {
        Stage::Sent(_) => AcsUserChange::Creating,
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
        Stage::Sent(_) => (
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
