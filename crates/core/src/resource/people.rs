//! ACS users and user identities.

use serde::{Deserialize, Serialize};

use crate::{
    AccessSchedule, AcsSystemId, AcsUserChange, AcsUserErrorCode, AcsUserId, AcsUserType,
    AcsUserWarningCode, PendingMutation, ResourceError, ResourceWarning, Timestamp,
    UserIdentityErrorCode, UserIdentityId, UserIdentityWarningCode, WorkspaceId,
    wire::{Extra, absent_or_null, email_address, epoch, in_words, no_connected_account, yes},
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcsUser {
    /// The id.
    pub acs_user_id: AcsUserId,
    /// The system that the user belongs to.
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
    // Flattened, because serde's `alias` reads a second name but does not write it.
    #[serde(flatten, with = "email_address")]
    pub email_address: Option<String>,
    /// Phone number, in any notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The kind of user at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_type: Option<AcsUserType>,
    /// The kind as text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_type_display_name: Option<String>,
    /// Whether access is suspended; absent if the system cannot suspend users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
    /// The user's own access schedule; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_schedule: Option<AccessSchedule>,
    /// The id of the linked identity, as opaque text; absent if there is none.
    // Text, not an id: Seam's schema does not promise a UUID here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_identity_id: Option<String>,
    /// Name of that identity: absent, null or a text.
    // Two levels, because Seam's schema makes this field and the next two optional and nullable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "absent_or_null")]
    pub user_identity_full_name: Option<Option<String>>,
    /// E-mail address of that identity: absent, null or a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "absent_or_null")]
    pub user_identity_email_address: Option<Option<String>>,
    /// Phone number of that identity: absent, null or a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "absent_or_null")]
    pub user_identity_phone_number: Option<Option<String>>,
    /// The id of the HID credential manager's system, as opaque text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hid_acs_system_id: Option<String>,
    /// When it was created in Seam. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// When the user was last read from the provider; null means never. Default: null.
    #[serde(default)]
    pub last_successful_sync_at: Option<Timestamp>,
    /// Whether Seam manages them. Default: true.
    #[serde(default = "yes")]
    pub is_managed: bool,
    /// Present errors. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<AcsUserErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<AcsUserWarningCode>>,
    /// Changes that have not propagated yet. Default: none.
    #[serde(default)]
    pub pending_mutations: Vec<PendingMutation<AcsUserChange>>,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AcsUser {
    /// A user of this system with this name; everything else has its default.
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

    crate::setters! {
        /// Sets the workspace.
        with_workspace(workspace: WorkspaceId) => workspace_id = workspace;

        /// Sets the display name.
        with_display_name(name: impl Into<String>) => display_name = name.into();

        /// Sets the e-mail address.
        with_email_address(address: impl Into<String>) => email_address = Some(address.into());

        /// Sets the phone number.
        with_phone_number(number: impl Into<String>) => phone_number = Some(number.into());

        /// Sets whether access is suspended.
        with_suspended(suspended: bool) => is_suspended = Some(suspended);

        /// Sets the access schedule.
        with_access_schedule(schedule: AccessSchedule) => access_schedule = Some(schedule);

        /// Sets the linked identity.
        with_user_identity(identity: UserIdentityId) => user_identity_id = Some(identity.to_string());

        /// Sets the time of creation.
        with_created_at(created_at: Timestamp) => created_at = created_at;
    }

    /// Sets the type, and its display name from the code.
    #[must_use]
    pub fn with_external_type(mut self, external_type: AcsUserType) -> Self {
        self.external_type_display_name = Some(in_words(external_type.as_str()));
        self.external_type = Some(external_type);
        self
    }
}

/// A person across access control systems.
///
/// An identity has at most one ACS user in each system. Key, e-mail address and phone number are
/// unique among the identities of a workspace.
///
/// Source: `user_identity` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{UserIdentity, UserIdentityId};
///
/// let ada = UserIdentity::new(UserIdentityId::from_u128(1), "Ada Lovelace")
///     .with_email_address("ada@example.com");
/// let json = serde_json::to_value(&ada)?;
/// assert!(json["phone_number"].is_null()); // null, not absent: unlike in an ACS user
/// assert!(json.get("email").is_none()); // no alias: unlike in an ACS user
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserIdentity {
    /// The id.
    pub user_identity_id: UserIdentityId,
    /// The tenant. Default: the nil UUID.
    #[serde(default)]
    pub workspace_id: WorkspaceId,
    /// The name to show. Default: empty.
    #[serde(default)]
    pub display_name: String,
    /// Your own key for the person.
    #[serde(default)]
    pub user_identity_key: Option<String>,
    /// Full name.
    #[serde(default)]
    pub full_name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email_address: Option<String>,
    /// Phone number.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// The ids of the linked ACS users, as opaque texts. Default: none.
    #[serde(default)]
    pub acs_user_ids: Vec<String>,
    /// When it was created in Seam. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Present errors. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<UserIdentityErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<UserIdentityWarningCode>>,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl UserIdentity {
    /// An identity with this name; everything else has its default.
    #[must_use]
    pub fn new(id: UserIdentityId, full_name: impl Into<String>) -> Self {
        let full_name = full_name.into();
        Self {
            user_identity_id: id,
            workspace_id: WorkspaceId::default(),
            display_name: full_name.clone(),
            user_identity_key: None,
            full_name: Some(full_name),
            email_address: None,
            phone_number: None,
            acs_user_ids: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            errors: Vec::new(),
            warnings: Vec::new(),
            extra: Extra::new(),
        }
    }

    crate::setters! {
        /// Sets the workspace.
        with_workspace(workspace: WorkspaceId) => workspace_id = workspace;

        /// Sets the e-mail address.
        with_email_address(address: impl Into<String>) => email_address = Some(address.into());

        /// Sets the time of creation.
        with_created_at(created_at: Timestamp) => created_at = created_at;
    }
}
