use serde::{Deserialize, Serialize};

use super::{Extra, absent_or_null, email_address, epoch, in_words, no_connected_account, yes};
use crate::{
    AccessSchedule, AcsSystemId, AcsUserChange, AcsUserErrorCode, AcsUserId, AcsUserType,
    AcsUserWarningCode, PendingMutation, ResourceError, ResourceWarning, Timestamp, UserIdentityId,
    WorkspaceId,
};

/// A person as one access control system knows them.
///
/// Source: `acs_user` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUser, AcsUserId};
///
/// let ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada Lovelace")
///     .with_email_address("ada@example.com");
/// let json = serde_json::to_value(&ada)?;
/// assert_eq!(json["email"], "ada@example.com"); // the deprecated alias
/// assert!(json.get("phone_number").is_none()); // absent, not null
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcsUser {
    /// Their id.
    pub acs_user_id: AcsUserId,
    /// The system that knows them.
    pub acs_system_id: AcsSystemId,
    /// The tenant. Default: the nil UUID.
    #[serde(default)]
    pub workspace_id: WorkspaceId,
    /// The account through which Seam reaches the provider; opaque text. Default:
    /// [`NO_CONNECTED_ACCOUNT`](crate::NO_CONNECTED_ACCOUNT).
    #[serde(default = "no_connected_account")]
    pub connected_account_id: String,
    /// The name to show. Default: empty.
    #[serde(default)]
    pub display_name: String,
    /// The name at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// E-mail address. Alias: `email`.
    #[serde(flatten, with = "email_address")]
    pub email_address: Option<String>,
    /// Phone number, in any notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// What the provider calls such a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_type: Option<AcsUserType>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_type_display_name: Option<String>,
    /// Whether their access is suspended; absent where the system cannot suspend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
    /// When they have access at all; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_schedule: Option<AccessSchedule>,
    /// The identity they are linked to; opaque text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_identity_id: Option<String>,
    /// Name of that identity: absent, null or a text.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "absent_or_null"
    )]
    pub user_identity_full_name: Option<Option<String>>,
    /// E-mail address of that identity: absent, null or a text.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "absent_or_null"
    )]
    pub user_identity_email_address: Option<Option<String>>,
    /// Phone number of that identity: absent, null or a text.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "absent_or_null"
    )]
    pub user_identity_phone_number: Option<Option<String>>,
    /// The credential manager's system, opaque text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hid_acs_system_id: Option<String>,
    /// Since when they are known. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// When the provider last confirmed them; null is never. Default: null.
    #[serde(default)]
    pub last_successful_sync_at: Option<Timestamp>,
    /// Whether Seam manages them. Default: true.
    #[serde(default = "yes")]
    pub is_managed: bool,
    /// Standing problems. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<AcsUserErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<AcsUserWarningCode>>,
    /// Changes on their way to the provider. Default: none.
    #[serde(default)]
    pub pending_mutations: Vec<PendingMutation<AcsUserChange>>,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AcsUser {
    /// A user of that system with that name, everything else at its default.
    #[must_use]
    pub fn new(id: AcsUserId, system: AcsSystemId, full_name: impl Into<String>) -> Self {
        let full_name = full_name.into();
        Self {
            acs_user_id: id,
            acs_system_id: system,
            workspace_id: WorkspaceId::default(),
            connected_account_id: no_connected_account(),
            display_name: full_name.clone(),
            full_name: Some(full_name),
            email_address: None,
            phone_number: None,
            external_type: None,
            external_type_display_name: None,
            is_suspended: None,
            access_schedule: None,
            user_identity_id: None,
            user_identity_full_name: None,
            user_identity_email_address: None,
            user_identity_phone_number: None,
            hid_acs_system_id: None,
            created_at: Timestamp::UNIX_EPOCH,
            last_successful_sync_at: None,
            is_managed: true,
            errors: Vec::new(),
            warnings: Vec::new(),
            pending_mutations: Vec::new(),
            extra: Extra::new(),
        }
    }

    /// In this workspace.
    #[must_use]
    pub fn with_workspace(mut self, workspace: WorkspaceId) -> Self {
        self.workspace_id = workspace;
        self
    }

    /// Shown under this name.
    #[must_use]
    pub fn with_display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = name.into();
        self
    }

    /// With this e-mail address.
    #[must_use]
    pub fn with_email_address(mut self, address: impl Into<String>) -> Self {
        self.email_address = Some(address.into());
        self
    }

    /// With this phone number.
    #[must_use]
    pub fn with_phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// Of this type, and its name in words.
    #[must_use]
    pub fn with_external_type(mut self, external_type: AcsUserType) -> Self {
        self.external_type_display_name = Some(in_words(external_type.as_str()));
        self.external_type = Some(external_type);
        self
    }

    /// Suspended, or not.
    #[must_use]
    pub fn with_suspended(mut self, suspended: bool) -> Self {
        self.is_suspended = Some(suspended);
        self
    }

    /// With access at these times only.
    #[must_use]
    pub fn with_access_schedule(mut self, schedule: AccessSchedule) -> Self {
        self.access_schedule = Some(schedule);
        self
    }

    /// Linked to this identity.
    #[must_use]
    pub fn with_user_identity(mut self, identity: UserIdentityId) -> Self {
        self.user_identity_id = Some(identity.to_string());
        self
    }

    /// Known since this instant.
    #[must_use]
    pub fn with_created_at(mut self, created_at: Timestamp) -> Self {
        self.created_at = created_at;
        self
    }
}
