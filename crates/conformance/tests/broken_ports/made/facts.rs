//! What ties two things together, in a form in which one fact is like another.

use std::collections::BTreeSet;

use access_groups_core::*;
use access_groups_in_memory::State;

/// A kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Membership,
    Grant,
    Link,
    Suspension,
    Door,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Membership,
        Self::Grant,
        Self::Link,
        Self::Suspension,
        Self::Door,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Grant => "grant",
            Self::Link => "link",
            Self::Suspension => "suspension",
            Self::Door => "entrance of a group",
        }
    }
}

/// Something that holds until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    Member(AcsUserId, AccessGroupId),
    Granted(AcsUserId, EntranceId),
    Linked(AcsUserId, UserIdentityId),
    Suspended(AcsUserId),
    Holds(AccessGroupId, EntranceId),
}

impl Fact {
    pub(super) fn names(self, subject: Subject) -> bool {
        let ids: [Subject; 2] = match self {
            Self::Member(user, group) => [user.into(), group.into()],
            Self::Granted(user, entrance) => [user.into(), entrance.into()],
            Self::Linked(user, identity) => [user.into(), identity.into()],
            Self::Suspended(user) => [user.into(), user.into()],
            Self::Holds(group, entrance) => [group.into(), entrance.into()],
        };
        ids.contains(&subject)
    }

    /// The same of another user, group or entrance.
    pub(super) fn of(self, subject: Subject) -> Self {
        match (self, subject) {
            (Self::Member(_, group), Subject::AcsUser(user)) => Self::Member(user, group),
            (Self::Member(user, _), Subject::AccessGroup(group)) => Self::Member(user, group),
            (Self::Granted(_, entrance), Subject::AcsUser(user)) => Self::Granted(user, entrance),
            (Self::Granted(user, _), Subject::Entrance(entrance)) => Self::Granted(user, entrance),
            (Self::Suspended(_), Subject::AcsUser(user)) => Self::Suspended(user),
            (Self::Holds(_, entrance), Subject::AccessGroup(group)) => Self::Holds(group, entrance),
            (Self::Holds(group, _), Subject::Entrance(entrance)) => Self::Holds(group, entrance),
            (fact, _) => fact,
        }
    }

    /// Makes it hold, if what it names is there; the rules may forbid it.
    pub(super) fn begin(self, state: &mut State) {
        // What cannot be is left out.
        let _ = match self {
            Self::Member(user, group) => state.add_user(user, group).map(drop),
            Self::Granted(user, entrance) => state.insert_entrance_grant(user, entrance),
            Self::Linked(user, identity) => state
                .link_acs_user(user, identity, crate::port::NOW)
                .map(drop),
            Self::Suspended(user) => state.suspend_acs_user(user).map(drop),
            Self::Holds(group, entrance) => state.insert_group_entrance(group, entrance).map(drop),
        };
    }

    /// Ends it.
    pub(super) fn end(self, state: &mut State) {
        // What is not there is not ended.
        let _ = match self {
            Self::Member(user, group) => state.remove_user(user, group).map(drop),
            Self::Granted(user, entrance) => state.revoke_access(user, entrance).map(drop),
            Self::Linked(user, identity) => state.unlink_acs_user(user, identity).map(drop),
            Self::Suspended(user) => state.unsuspend_acs_user(user).map(drop),
            Self::Holds(group, entrance) => {
                let mut update = AccessGroupUpdate::default();
                update.remove_entrances.push(entrance);
                state
                    .update_access_group(group, update, crate::port::NOW)
                    .map(drop)
            }
        };
    }
}

/// Everything of this kind that holds.
pub(super) fn facts(state: &State, kind: Kind) -> BTreeSet<Fact> {
    match kind {
        Kind::Membership => state
            .memberships()
            .map(|(user, group)| Fact::Member(user, group))
            .collect(),
        Kind::Grant => state
            .grants()
            .map(|(user, entrance)| Fact::Granted(user, entrance))
            .collect(),
        Kind::Link => {
            let linked = state.acs_users().filter_map(|user| {
                let identity = user.user_identity_id.as_deref()?.parse().ok()?;
                Some(Fact::Linked(user.acs_user_id, identity))
            });
            linked.collect()
        }
        Kind::Suspension => {
            let suspended = state
                .acs_users()
                .filter(|user| user.is_suspended == Some(true));
            suspended
                .map(|user| Fact::Suspended(user.acs_user_id))
                .collect()
        }
        Kind::Door => state
            .group_entrances()
            .map(|(group, entrance)| Fact::Holds(group, entrance))
            .collect(),
    }
}
