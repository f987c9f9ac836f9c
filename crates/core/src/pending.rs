//! Changes that the service has accepted and the doors do not know yet.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{AccessGroupId, AccessSchedule, AcsUserId, EntranceId, Extra, Timestamp};

/// A change on its way to the provider, as a resource shows it.
///
/// `Change` is [`AccessGroupChange`] or [`AcsUserChange`]. A change that this version does
/// not know, or whose payload it cannot read, is kept whole: its code in `Other`, the rest
/// in [`extra`](Self::extra).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingMutation<Change> {
    /// What is about to change.
    pub change: Change,
    /// The change in words, for a person.
    pub message: String,
    /// When the service accepted it.
    pub created_at: Timestamp,
    /// Fields this version does not know; written back unchanged.
    pub extra: Extra,
}

impl<Change> PendingMutation<Change> {
    /// A change, accepted at this instant.
    #[must_use]
    pub fn new(change: Change, message: impl Into<String>, created_at: Timestamp) -> Self {
        Self {
            change,
            message: message.into(),
            created_at,
            extra: Extra::new(),
        }
    }
}

/// A before or after value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update<T> {
    /// The value that the doors know.
    pub from: T,
    /// The value that they are about to learn.
    pub to: T,
}

/// Whether a deferred membership begins or ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeferredVariant {
    /// The membership begins later.
    Adding,
    /// The membership ends later.
    Removing,
}

/// One side of a membership change of a group: `None` is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSide {
    /// The user.
    pub acs_user_id: Option<AcsUserId>,
}

/// One side of a membership change of a user: `None` is no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSide {
    /// The group.
    pub acs_access_group_id: Option<AccessGroupId>,
}

/// One side of a change of a group's doors: `None` is no door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntranceSide {
    /// The entrance.
    pub acs_entrance_id: Option<EntranceId>,
}

/// One side of a change of schedule: both `None` is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleSide {
    /// See [`AccessSchedule`](crate::AccessSchedule).
    pub starts_at: Option<Timestamp>,
    /// See [`AccessSchedule`](crate::AccessSchedule).
    pub ends_at: Option<Timestamp>,
}

impl ScheduleSide {
    /// The schedule, if there is one; without a start, it has run for ever.
    #[must_use]
    pub fn schedule(&self) -> Option<AccessSchedule> {
        let Self { starts_at, ends_at } = *self;
        if starts_at.is_none() && ends_at.is_none() {
            return None;
        }
        let mut schedule = AccessSchedule::new(starts_at.unwrap_or(Timestamp::MIN));
        schedule.ends_at = ends_at;
        Some(schedule)
    }
}

/// One side of a change of suspension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspensionSide {
    /// Whether the user is suspended.
    pub is_suspended: bool,
}

/// One side of a change of credential; the id is opaque text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialSide {
    /// The credential, `None` if there is none.
    pub acs_credential_id: Option<String>,
}

/// What is about to change on an access group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mutation_code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessGroupChange {
    /// The group itself is being created.
    Creating,
    /// The group is being deleted.
    Deleting,
    /// The group will be deleted later: it has an access window, say.
    DeferringDeletion,
    /// Its name. Both sides are kept as sent, for an absent name differs from a null one.
    UpdatingGroupInformation(Update<Extra>),
    /// Its schedule.
    UpdatingAccessSchedule(Update<ScheduleSide>),
    /// A member comes (`from` nobody), goes (`to` nobody), or is replaced.
    UpdatingUserMembership(Update<UserSide>),
    /// A door comes, goes, or is replaced.
    UpdatingEntranceMembership(Update<EntranceSide>),
    /// A membership that begins or ends at a scheduled time.
    DeferringUserMembershipUpdate {
        /// The user.
        acs_user_id: AcsUserId,
        /// Whether the membership begins or ends.
        variant: DeferredVariant,
    },
    /// A change that this version does not know.
    #[serde(skip)]
    Other(String),
}

/// What is about to change on an ACS user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mutation_code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AcsUserChange {
    /// The user itself is being created.
    Creating,
    /// The user is being deleted.
    Deleting,
    /// The user will be created when a credential is issued, or at this time.
    DeferringCreation {
        /// When, if it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheduled_at: Option<Timestamp>,
    },
    /// Name, e-mail, phone. Both sides are kept as sent, for an absent field differs from a
    /// null one.
    UpdatingUserInformation(Update<Extra>),
    /// The user's own schedule.
    UpdatingAccessSchedule(Update<ScheduleSide>),
    /// Suspension.
    UpdatingSuspensionState(Update<SuspensionSide>),
    /// The user joins (`from` no group), leaves (`to` no group), or moves.
    UpdatingGroupMembership(Update<GroupSide>),
    /// A membership that begins or ends at a scheduled time.
    DeferringGroupMembershipUpdate {
        /// The group.
        acs_access_group_id: AccessGroupId,
        /// Whether the membership begins or ends.
        variant: DeferredVariant,
    },
    /// A credential comes, goes, or is replaced.
    UpdatingCredentialAssignment(Update<CredentialSide>),
    /// A change that this version does not know.
    #[serde(skip)]
    Other(String),
}

impl AccessGroupChange {
    /// Whether the membership of this user changes.
    #[must_use]
    pub fn is_about_user(&self, user: AcsUserId) -> bool {
        match self {
            Self::UpdatingUserMembership(update) => [update.from, update.to]
                .iter()
                .any(|side| side.acs_user_id == Some(user)),
            Self::DeferringUserMembershipUpdate { acs_user_id, .. } => *acs_user_id == user,
            _ => false,
        }
    }

    /// Whether the group comes to hold this entrance, or ceases to.
    #[must_use]
    pub fn is_about_entrance(&self, entrance: EntranceId) -> bool {
        match self {
            Self::UpdatingEntranceMembership(update) => [update.from, update.to]
                .iter()
                .any(|side| side.acs_entrance_id == Some(entrance)),
            _ => false,
        }
    }
}

impl AcsUserChange {
    /// Whether the membership of this group changes.
    #[must_use]
    pub fn is_about_group(&self, group: AccessGroupId) -> bool {
        match self {
            Self::UpdatingGroupMembership(update) => [update.from, update.to]
                .iter()
                .any(|side| side.acs_access_group_id == Some(group)),
            Self::DeferringGroupMembershipUpdate {
                acs_access_group_id,
                ..
            } => *acs_access_group_id == group,
            _ => false,
        }
    }
}

/// What [`PendingMutation`] needs of a change to be read and written.
trait Change: Serialize + DeserializeOwned {
    fn other(code: String) -> Self;
    /// The code, where the change is unknown.
    fn unknown(&self) -> Option<&str>;
}

impl Change for AccessGroupChange {
    fn other(code: String) -> Self {
        Self::Other(code)
    }

    fn unknown(&self) -> Option<&str> {
        match self {
            Self::Other(code) => Some(code),
            _ => None,
        }
    }
}

impl Change for AcsUserChange {
    fn other(code: String) -> Self {
        Self::Other(code)
    }

    fn unknown(&self) -> Option<&str> {
        match self {
            Self::Other(code) => Some(code),
            _ => None,
        }
    }
}

fn to_fields<C: Change>(mutation: &PendingMutation<C>) -> Result<Extra, serde_json::Error> {
    let mut fields = mutation.extra.clone();
    match mutation.change.unknown() {
        Some(code) => {
            fields.insert(CODE.into(), code.into());
        }
        None => {
            if let Value::Object(known) = serde_json::to_value(&mutation.change)? {
                fields.extend(known);
            }
        }
    }
    fields.insert("message".into(), mutation.message.clone().into());
    fields.insert("created_at".into(), mutation.created_at.to_string().into());
    Ok(fields)
}

fn from_fields<C: Change>(mut fields: Extra) -> Result<PendingMutation<C>, serde_json::Error> {
    let message = take(&mut fields, "message")?.unwrap_or_default();
    let created_at = take(&mut fields, "created_at")?.unwrap_or(Timestamp::UNIX_EPOCH);
    let change = match C::deserialize(Value::Object(fields.clone())) {
        Ok(known) => {
            if let Value::Object(read) = serde_json::to_value(&known)? {
                fields.retain(|key, _| !read.contains_key(key));
            }
            known
        }
        Err(_) => C::other(take(&mut fields, CODE)?.unwrap_or_default()),
    };
    Ok(PendingMutation {
        change,
        message,
        created_at,
        extra: fields,
    })
}

/// The two flavours of [`PendingMutation`] are read and written alike.
macro_rules! serde_through_fields {
    ($($change:ident)*) => {$(
        impl Serialize for PendingMutation<$change> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let fields = to_fields(self).map_err(serde::ser::Error::custom)?;
                fields.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for PendingMutation<$change> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_fields(Extra::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_through_fields! { AccessGroupChange AcsUserChange }

fn take<T: DeserializeOwned>(
    fields: &mut Extra,
    key: &str,
) -> Result<Option<T>, serde_json::Error> {
    fields.remove(key).map(serde_json::from_value).transpose()
}

const CODE: &str = "mutation_code";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_group(payload: Value, expected: AccessGroupChange) {
        let mut whole = json!({"message": "m", "created_at": "2026-07-01T08:00:00Z"});
        let fields = whole.as_object_mut().expect("an object");
        fields.extend(payload.as_object().expect("an object").clone());
        let read: PendingMutation<AccessGroupChange> =
            serde_json::from_value(whole.clone()).expect("a mutation");
        assert_eq!(read.change, expected, "{whole}");
        assert_eq!(serde_json::to_value(read).expect("json"), whole);
    }

    #[test]
    fn a_membership_change_names_its_user() {
        let user = AcsUserId::from_u128(7);
        check_group(
            json!({
                "mutation_code": "updating_user_membership",
                "from": {"acs_user_id": null},
                "to": {"acs_user_id": user},
            }),
            AccessGroupChange::UpdatingUserMembership(Update {
                from: UserSide { acs_user_id: None },
                to: UserSide {
                    acs_user_id: Some(user),
                },
            }),
        );
        check_group(
            json!({
                "mutation_code": "deferring_user_membership_update",
                "acs_user_id": user,
                "variant": "removing",
            }),
            AccessGroupChange::DeferringUserMembershipUpdate {
                acs_user_id: user,
                variant: DeferredVariant::Removing,
            },
        );
    }

    #[test]
    fn a_change_without_payload_keeps_its_unknown_fields() {
        check_group(
            json!({"mutation_code": "deleting"}),
            AccessGroupChange::Deleting,
        );
        check_group(
            json!({"mutation_code": "deleting", "by": "robot"}),
            AccessGroupChange::Deleting,
        );
    }

    #[test]
    fn an_absent_name_differs_from_a_null_one() {
        let with_null = json!({"name": null});
        check_group(
            json!({"mutation_code": "updating_group_information", "from": {}, "to": with_null}),
            AccessGroupChange::UpdatingGroupInformation(Update {
                from: Extra::new(),
                to: with_null.as_object().expect("an object").clone(),
            }),
        );
    }

    #[test]
    fn an_unknown_or_unreadable_change_is_kept_whole() {
        check_group(
            json!({"mutation_code": "repainting", "colour": {"r": 1}}),
            AccessGroupChange::Other("repainting".into()),
        );
        check_group(
            json!({"mutation_code": "updating_user_membership", "from": 5}),
            AccessGroupChange::Other("updating_user_membership".into()),
        );
    }

    #[test]
    fn user_changes_are_read_and_written() {
        let whole = json!({
            "mutation_code": "updating_group_membership",
            "message": "m",
            "created_at": "2026-07-01T08:00:00Z",
            "from": {"acs_access_group_id": AccessGroupId::from_u128(1)},
            "to": {"acs_access_group_id": null},
        });
        let read: PendingMutation<AcsUserChange> =
            serde_json::from_value(whole.clone()).expect("a mutation");
        assert!(matches!(
            read.change,
            AcsUserChange::UpdatingGroupMembership(_)
        ));
        assert_eq!(serde_json::to_value(read).expect("json"), whole);
    }
}
