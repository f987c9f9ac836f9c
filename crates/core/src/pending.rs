//! Pending mutations: changes that the service has accepted and that have not propagated yet.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{AccessGroupId, AccessSchedule, AcsUserId, EntranceId, Timestamp, wire::Extra};

/// A change that has not reached the access control system yet, as a resource shows it.
///
/// `Change` is [`AccessGroupChange`] or [`AcsUserChange`]. A change that this version does not know,
/// or whose payload it cannot read, is kept completely: its code in `Other`, the rest in
/// [`extra`](Self::extra).
///
/// To find out what is pending about a membership, use
/// [`PendingMembership::between`](crate::PendingMembership::between).
///
/// Source: `pending_mutations` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupChange, AcsUserId, PendingMutation};
/// use serde_json::json;
///
/// let ada = AcsUserId::from_u128(1);
/// let sent = json!({
///     "mutation_code": "updating_user_membership",
///     "message": "Adding Ada.",
///     "created_at": "2026-07-01T08:00:00Z",
///     "from": {"acs_user_id": null},
///     "to": {"acs_user_id": ada},
/// });
/// let pending: PendingMutation<AccessGroupChange> = serde_json::from_value(sent.clone())?;
/// assert!(pending.change.is_about_user(ada));
/// assert_eq!(serde_json::to_value(&pending)?, sent);
///
/// // An unknown code is not an error; it is kept and written back:
/// let sent = json!({
///     "mutation_code": "repainting",
///     "message": "",
///     "created_at": "2026-07-01T08:00:00Z",
///     "colour": "red",
/// });
/// let pending: PendingMutation<AccessGroupChange> = serde_json::from_value(sent.clone())?;
/// assert_eq!(pending.change, AccessGroupChange::Other("repainting".into()));
/// assert_eq!(serde_json::to_value(&pending)?, sent);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingMutation<Change> {
    /// What changes.
    pub change: Change,
    /// The change as text for people. Default: empty.
    pub message: String,
    /// When the service accepted the change. Default: 1970-01-01T00:00:00Z.
    pub created_at: Timestamp,
    /// Fields this version does not know; written back unchanged.
    pub extra: Extra,
}

impl<Change> PendingMutation<Change> {
    /// A change that was accepted at this instant.
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

/// The values before and after a change.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update<T> {
    /// The value that has propagated.
    pub from: T,
    /// The value that has not propagated yet.
    pub to: T,
}

/// Whether a deferred change starts or ends a membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeferredVariant {
    /// The membership starts at a scheduled time.
    Adding,
    /// The membership ends at a scheduled time.
    Removing,
}

/// The user before or after a membership change of a group; `None` if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingUser {
    /// The user.
    pub acs_user_id: Option<AcsUserId>,
}

/// The group before or after a membership change of a user; `None` if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingGroup {
    /// The group.
    pub acs_access_group_id: Option<AccessGroupId>,
}

/// The entrance before or after a change of a group's entrances; `None` if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEntrance {
    /// The entrance.
    pub acs_entrance_id: Option<EntranceId>,
}

/// The schedule before or after a change. If both fields are `None`, there is no schedule.
///
/// # Examples
///
/// ```
/// use access_groups_core::{SchedulePhase, PendingSchedule, Timestamp};
///
/// let none = PendingSchedule { starts_at: None, ends_at: None };
/// assert_eq!(none.schedule(), None); // access at any time
///
/// let until = PendingSchedule { ends_at: Some(Timestamp::from_unix_seconds(100)), ..none };
/// let schedule = until.schedule().expect("an end is a schedule");
/// assert_eq!(schedule.starts_at, Timestamp::MIN);
/// assert_eq!(schedule.phase_at(Timestamp::from_unix_seconds(100)), SchedulePhase::Ended);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSchedule {
    /// The first instant with access.
    pub starts_at: Option<Timestamp>,
    /// The first instant without access again.
    pub ends_at: Option<Timestamp>,
}

impl PendingSchedule {
    /// The schedule, if there is one. Without a start, it starts at [`Timestamp::MIN`].
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

/// The suspension before or after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSuspension {
    /// Whether the user is suspended.
    pub is_suspended: bool,
}

/// The credential before or after a change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCredential {
    /// The id of the credential, an opaque text; `None` if there is none.
    pub acs_credential_id: Option<String>,
}

/// A pending change of an access group.
// serde's tag keeps code and payload in one object; unknown codes are handled by `from_fields`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mutation_code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessGroupChange {
    /// The group is being created at the provider.
    Creating,
    /// The group is being deleted at the provider.
    Deleting,
    /// The group will be deleted at a scheduled time, such as the end of an access window.
    DeferringDeletion,
    /// The name changes. Both values are kept as sent, because an absent name differs from a null one.
    UpdatingGroupInformation(Update<Extra>),
    /// The group's schedule changes.
    UpdatingAccessSchedule(Update<PendingSchedule>),
    /// A member is added (`from` has none), removed (`to` has none), or replaced.
    UpdatingUserMembership(Update<PendingUser>),
    /// An entrance is added (`from` has none), removed (`to` has none), or replaced.
    UpdatingEntranceMembership(Update<PendingEntrance>),
    /// A membership starts or ends at a scheduled time.
    DeferringUserMembershipUpdate {
        /// The user.
        acs_user_id: AcsUserId,
        /// Whether the membership starts or ends.
        variant: DeferredVariant,
    },
    /// A change that this version does not know, by its code.
    #[serde(skip)]
    Other(String),
}

/// A pending change of an ACS user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mutation_code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AcsUserChange {
    /// The user is being created at the provider.
    Creating,
    /// The user is being deleted at the provider.
    Deleting,
    /// The user will be created when a credential is issued, or at a scheduled time.
    DeferringCreation {
        /// The scheduled time, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheduled_at: Option<Timestamp>,
    },
    /// Name, e-mail address or phone number change. Both values are kept as sent, because an absent
    /// field differs from a null one.
    UpdatingUserInformation(Update<Extra>),
    /// The user's own schedule changes.
    UpdatingAccessSchedule(Update<PendingSchedule>),
    /// The user is suspended, or the suspension ends.
    UpdatingSuspensionState(Update<PendingSuspension>),
    /// The user joins a group (`from` has none), leaves one (`to` has none), or moves.
    UpdatingGroupMembership(Update<PendingGroup>),
    /// A membership starts or ends at a scheduled time.
    DeferringGroupMembershipUpdate {
        /// The group.
        acs_access_group_id: AccessGroupId,
        /// Whether the membership starts or ends.
        variant: DeferredVariant,
    },
    /// A credential is added (`from` has none), removed (`to` has none), or replaced.
    UpdatingCredentialAssignment(Update<PendingCredential>),
    /// A change that this version does not know, by its code.
    #[serde(skip)]
    Other(String),
}

impl AccessGroupChange {
    /// Whether the membership of this user changes, now or at a scheduled time.
    #[must_use]
    pub fn is_about_user(&self, user: AcsUserId) -> bool {
        match self {
            // Both values: a removal has the user in `from`, a replacement may have them in either.
            Self::UpdatingUserMembership(update) => [update.from, update.to]
                .iter()
                .any(|side| side.acs_user_id == Some(user)),
            Self::DeferringUserMembershipUpdate { acs_user_id, .. } => *acs_user_id == user,
            _ => false,
        }
    }

    /// Whether this entrance is added to the group or removed from it.
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
    /// Whether the membership of this group changes, now or at a scheduled time.
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

/// The access to `Other` that reading and writing a [`PendingMutation`] needs.
trait Change: Serialize + DeserializeOwned {
    fn other(code: String) -> Self;
    /// The code, where the change is unknown.
    fn unknown(&self) -> Option<&str>;
}

/// The object on the wire: code, message, time, payload and unknown fields side by side.
fn to_fields<C: Change>(mutation: &PendingMutation<C>) -> Result<Extra, serde_json::Error> {
    let mut fields = mutation.extra.clone();
    match mutation.change.unknown() {
        // serde skips `Other`; its payload is in `extra` already.
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
            // What the change writes itself must not also be in `extra`: serde does not report
            // which fields it has read.
            if let Value::Object(read) = serde_json::to_value(&known)? {
                fields.retain(|key, _| !read.contains_key(key));
            }
            known
        }
        // An unknown code, or a known one with another payload than this version expects: Seam changes
        // both without notice, and a listing must not fail for it.
        Err(_) => C::other(take(&mut fields, CODE)?.unwrap_or_default()),
    };
    Ok(PendingMutation {
        change,
        message,
        created_at,
        extra: fields,
    })
}

/// Implements serde for both kinds of [`PendingMutation`]. A blanket impl would make the private
/// trait `Change` public.
macro_rules! serde_through_fields {
    ($($change:ident)*) => {$(
        impl Change for $change {
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
                from: PendingUser { acs_user_id: None },
                to: PendingUser {
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
    fn unknown_fields_survive_without_payload() {
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
    fn absent_and_null_names_differ() {
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
    fn unreadable_changes_are_kept_whole() {
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
    fn user_changes_round_trip() {
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
