//! What the memberships of one group were before a change.

use std::collections::HashMap;

use access_groups_core::{
    AccessGroup, AcsUser, AcsUserId, MembershipChange, PendingMembership, UserIdentityId, UserRef,
};

use super::Change;

/// What a membership was before a change, seen from the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Unknown,
    Opposite,
    Same,
    /// The same as accepted, but not as propagated.
    SameButPending,
}

/// The memberships of one group: as read, and as changed since. By default nothing is known.
#[derive(Default)]
pub(crate) struct Memberships {
    read: Option<Read>,
    /// Whether these are members after what was done to them; `None` if that is unknown.
    since: HashMap<UserRef, Option<bool>>,
}

struct Read {
    group: AccessGroup,
    /// Whether the membership of each member is pending.
    members: HashMap<AcsUserId, bool>,
    identities: HashMap<UserIdentityId, AcsUserId>,
}

impl Memberships {
    pub(crate) fn read(group: AccessGroup, users: &[AcsUser]) -> Self {
        let is_pending = |user: &AcsUser| {
            PendingMembership::between(user, &group).holds_up(MembershipChange::Added)
        };
        let members = users.iter();
        let members = members.map(|user| (user.acs_user_id, is_pending(user)));
        let members = members.collect();
        let linked = users.iter().filter_map(|user| {
            let identity = user.user_identity_id.as_deref()?.parse().ok()?;
            Some((identity, user.acs_user_id))
        });
        let identities = linked.collect();
        Self {
            read: Some(Read {
                group,
                members,
                identities,
            }),
            since: HashMap::new(),
        }
    }

    /// What it was before this change, as it was read.
    pub(crate) fn before(&self, change: Change) -> Before {
        self.as_read(self.canonical(change.user), change.kind)
    }

    /// What it was before this change, which the service has accepted.
    pub(super) fn accepted(&mut self, change: Change) -> Before {
        let user = self.canonical(change.user);
        match self.since.insert(user, Some(change.adds())) {
            Some(Some(was)) if was == change.adds() => Before::Same,
            Some(Some(_)) => Before::Opposite,
            Some(None) => Before::Unknown,
            None => self.as_read(user, change.kind),
        }
    }

    /// Whether this change was made is unknown.
    pub(super) fn forget(&mut self, change: Change) {
        let user = self.canonical(change.user);
        self.since.insert(user, None);
    }

    /// The user of an identity, if they are a member: so both names mean one membership.
    fn canonical(&self, user: UserRef) -> UserRef {
        let UserRef::Identity(identity) = user else {
            return user;
        };
        let read = self.read.as_ref();
        let linked = read.and_then(|read| read.identities.get(&identity));
        linked.map_or(user, |linked| (*linked).into())
    }

    fn as_read(&self, user: UserRef, kind: MembershipChange) -> Before {
        let Some(read) = &self.read else {
            return Before::Unknown;
        };
        let membership = match user {
            UserRef::AcsUser(user) => read.members.get(&user),
            // The identity of a member was replaced by its user.
            UserRef::Identity(_) => None,
        };
        let is_pending = match (kind, membership) {
            (MembershipChange::Added, Some(is_pending)) => *is_pending,
            (MembershipChange::Removed, None) => read.is_leaving(user),
            (MembershipChange::Added, None) | (MembershipChange::Removed, Some(_)) => {
                return Before::Opposite;
            }
        };
        match is_pending {
            true => Before::SameButPending,
            false => Before::Same,
        }
    }
}

impl Read {
    /// Whether the group still shows a change of this non-member as pending.
    fn is_leaving(&self, user: UserRef) -> bool {
        let UserRef::AcsUser(id) = user else {
            return false; // pending changes name users, not identities
        };
        // The group's side suffices: Seam shows the change on both.
        let unread = AcsUser::new(id, self.group.acs_system_id, "");
        PendingMembership::between(&unread, &self.group).holds_up(MembershipChange::Removed)
    }
}
