//! Resources as callers know them: what the laws compare of each.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessSchedule, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, Timestamp, UserIdentity, UserIdentityId,
};

/// A group as callers know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupSeen {
    pub(crate) id: AccessGroupId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
    pub(crate) schedule: Option<ScheduleSeen>,
}

/// A user as callers know them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserSeen {
    pub(crate) id: AcsUserId,
    pub(crate) system: AcsSystemId,
    /// The name to show.
    pub(crate) name: String,
    pub(crate) full_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) suspended: bool,
    pub(crate) schedule: Option<ScheduleSeen>,
    pub(crate) hid_system: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) identity: Option<UserIdentityId>,
    /// Absent and null are one.
    pub(crate) of_identity: ContactSeen,
}

/// What a user shows of their identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContactSeen {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

/// When access holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScheduleSeen {
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
}

/// An entrance as callers know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntranceSeen {
    pub(crate) id: EntranceId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
}

/// A system as callers know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SystemSeen {
    pub(crate) id: AcsSystemId,
    pub(crate) name: String,
}

/// An identity as callers know it; which name it shows is the adapter's choice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdentitySeen {
    pub(crate) id: UserIdentityId,
    pub(crate) key: Option<String>,
    pub(crate) contact: ContactSeen,
    pub(crate) created_at: Timestamp,
    pub(crate) users: BTreeSet<AcsUserId>,
}

impl From<&AccessGroup> for GroupSeen {
    fn from(group: &AccessGroup) -> Self {
        Self {
            id: group.acs_access_group_id,
            system: group.acs_system_id,
            name: group.name.clone(),
            schedule: group.access_schedule.map(ScheduleSeen::from),
        }
    }
}

impl From<&AcsUser> for UserSeen {
    fn from(user: &AcsUser) -> Self {
        let identity = user.user_identity_id.as_ref();
        Self {
            id: user.acs_user_id,
            system: user.acs_system_id,
            name: user.display_name.clone(),
            full_name: user.full_name.clone(),
            email: user.email_address.clone(),
            phone: user.phone_number.clone(),
            suspended: user.is_suspended == Some(true),
            schedule: user.access_schedule.map(ScheduleSeen::from),
            hid_system: user.hid_acs_system_id.clone(),
            created_at: user.created_at,
            identity: identity.and_then(|id| id.parse().ok()),
            of_identity: ContactSeen {
                name: user.user_identity_full_name.clone().flatten(),
                email: user.user_identity_email_address.clone().flatten(),
                phone: user.user_identity_phone_number.clone().flatten(),
            },
        }
    }
}

impl From<AccessSchedule> for ScheduleSeen {
    fn from(schedule: AccessSchedule) -> Self {
        Self {
            starts_at: schedule.starts_at,
            ends_at: schedule.ends_at,
        }
    }
}

impl From<&Entrance> for EntranceSeen {
    fn from(entrance: &Entrance) -> Self {
        Self {
            id: entrance.acs_entrance_id,
            system: entrance.acs_system_id,
            name: entrance.display_name.clone(),
        }
    }
}

impl From<&AcsSystem> for SystemSeen {
    fn from(system: &AcsSystem) -> Self {
        Self {
            id: system.acs_system_id,
            name: system.name.clone(),
        }
    }
}

impl From<&UserIdentity> for IdentitySeen {
    fn from(identity: &UserIdentity) -> Self {
        let users = identity.acs_user_ids.iter();
        Self {
            id: identity.user_identity_id,
            key: identity.user_identity_key.clone(),
            contact: ContactSeen {
                name: identity.full_name.clone(),
                email: identity.email_address.clone(),
                phone: identity.phone_number.clone(),
            },
            created_at: identity.created_at,
            users: users.filter_map(|id| id.parse().ok()).collect(),
        }
    }
}
