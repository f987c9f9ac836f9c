//! What is pending about one membership.

use super::MembershipChange;
use crate::{
    AccessGroup, AccessGroupChange, AccessGroupErrorCode, AcsUser, AcsUserChange, AcsUserErrorCode,
    DeferredVariant,
};

/// What is pending about the membership of one user in one group. Everything that asks whether a
/// membership is pending uses this type.
///
/// # Examples
///
/// ```
/// use access_groups_core::{
///     AccessGroup, AccessGroupId, AcsSystemId, AcsUser, AcsUserChange, AcsUserId, DeferredVariant,
///     MembershipChange, PendingMembership, PendingMutation, Timestamp,
/// };
///
/// let system = AcsSystemId::from_u128(1);
/// let mut ada = AcsUser::new(AcsUserId::from_u128(2), system, "Ada");
/// let gym = AccessGroup::new(AccessGroupId::from_u128(3), system, "Gym");
/// assert!(!PendingMembership::between(&ada, &gym).is_pending());
///
/// // A membership that ends at a scheduled time is pending, and still effective:
/// let change = AcsUserChange::DeferringGroupMembershipUpdate {
///     acs_access_group_id: gym.acs_access_group_id,
///     variant: DeferredVariant::Removing,
/// };
/// ada.pending_mutations.push(PendingMutation::new(change, "", Timestamp::UNIX_EPOCH));
/// let pending = PendingMembership::between(&ada, &gym);
/// assert!(pending.is_pending() && !pending.is_ineffective());
/// assert!(pending.holds_up(MembershipChange::Removed));
///
/// // It does not concern other groups:
/// let pool = AccessGroup::new(AccessGroupId::from_u128(4), system, "Pool");
/// assert!(!PendingMembership::between(&ada, &pool).is_pending());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct PendingMembership {
    /// The user is being added to the group, removed from it, or replaced.
    pub is_changing: bool,
    /// The membership starts at a scheduled time.
    pub begins_later: bool,
    /// The membership ends at a scheduled time. The user is a member until then.
    pub ends_later: bool,
    /// The user or the group is being created at the provider, or will be.
    pub is_being_created: bool,
    /// The user or the group is being deleted at the provider.
    pub is_being_deleted: bool,
    /// The user or the group does not exist at the provider: its creation failed, or it was
    /// deleted there.
    pub is_impossible: bool,
}

impl PendingMembership {
    /// Evaluates the pending mutations and the errors of both resources.
    #[must_use]
    pub fn between(user: &AcsUser, group: &AccessGroup) -> Self {
        let (user_id, group_id) = (user.acs_user_id, group.acs_access_group_id);
        // Both sides are read: Seam documents the change on both, but a resource may be older.
        let mut found = Self::of_user(user);
        for pending in &user.pending_mutations {
            match &pending.change {
                AcsUserChange::DeferringGroupMembershipUpdate { variant, .. }
                    if pending.change.is_about_group(group_id) =>
                {
                    found.note_deferred(variant);
                }
                change => found.is_changing |= change.is_about_group(group_id),
            }
        }
        for pending in &group.pending_mutations {
            match &pending.change {
                // `DeferringDeletion` is not among them: the group works until then.
                AccessGroupChange::Creating => found.is_being_created = true,
                AccessGroupChange::Deleting => found.is_being_deleted = true,
                AccessGroupChange::DeferringUserMembershipUpdate { variant, .. }
                    if pending.change.is_about_user(user_id) =>
                {
                    found.note_deferred(variant);
                }
                change => found.is_changing |= change.is_about_user(user_id),
            }
        }
        use AccessGroupErrorCode::FailedToCreateOnAcsSystem;
        let mut errors = group.errors.iter();
        found.is_impossible |= errors.any(|error| error.code == FailedToCreateOnAcsSystem);
        found
    }

    /// Evaluates the user alone, without a group: for direct grants.
    #[must_use]
    pub fn of_user(user: &AcsUser) -> Self {
        let mut found = Self::default();
        for pending in &user.pending_mutations {
            match pending.change {
                AcsUserChange::Creating | AcsUserChange::DeferringCreation { .. } => {
                    found.is_being_created = true;
                }
                AcsUserChange::Deleting => found.is_being_deleted = true,
                _ => {}
            }
        }
        // Other errors, such as a failed update, leave the former state in force.
        use AcsUserErrorCode::{DeletedExternally, FailedToCreateOnAcsSystem};
        let mut errors = user.errors.iter();
        found.is_impossible =
            errors.any(|error| matches!(error.code, DeletedExternally | FailedToCreateOnAcsSystem));
        found
    }

    /// Whether the membership itself changes, now or at a scheduled time.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.is_changing || self.begins_later || self.ends_later
    }

    /// Whether the membership gives no access: it is changing in either direction, it starts at a
    /// scheduled time, or the user or the group does not exist at the provider. A membership that
    /// ends at a scheduled time is effective until then.
    #[must_use]
    pub const fn is_ineffective(&self) -> bool {
        // Without `ends_later`: the user is a member until then.
        self.is_changing
            || self.begins_later
            || self.is_being_created
            || self.is_being_deleted
            || self.is_impossible
    }

    /// Whether this change has not propagated yet.
    ///
    /// An addition also waits until user and group are created at the provider, and a removal until
    /// they are deleted there: a user whose deletion is pending may still have access.
    #[must_use]
    pub const fn holds_up(&self, change: MembershipChange) -> bool {
        self.is_pending()
            || match change {
                MembershipChange::Added => self.is_being_created,
                MembershipChange::Removed => self.is_being_deleted,
            }
    }

    fn note_deferred(&mut self, variant: &DeferredVariant) {
        match variant {
            DeferredVariant::Adding => self.begins_later = true,
            DeferredVariant::Removing => self.ends_later = true,
        }
    }
}
