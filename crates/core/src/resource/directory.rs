//! Systems, entrances and the workspace.

use serde::{Deserialize, Serialize};

use crate::{
    AcsSystemErrorCode, AcsSystemId, AcsSystemType, AcsSystemWarningCode, EntranceId,
    EntranceWarningCode, ResourceError, ResourceWarning, Timestamp, WorkspaceId,
    wire::{Extra, epoch, in_words, no_connected_account, system_type, system_type_display_name},
};

/// One access control system: a site, a building, with its own users, groups and entrances.
///
/// Source: `acs_system` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystem, AcsSystemId, AcsSystemType};
///
/// let east = AcsSystem::new(AcsSystemId::from_u128(1), "East Wing")
///     .with_external_type(AcsSystemType::SaltoKsSite)
///     .with_time_zone("Europe/Paris");
/// assert_eq!(east.external_type_display_name.as_deref(), Some("Salto KS site"));
///
/// let json = serde_json::to_value(&east)?;
/// assert_eq!(json["system_type"], "salto_ks_site"); // the deprecated alias
/// assert_eq!(json["location"]["time_zone"], "Europe/Paris");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcsSystem {
    /// The id.
    pub acs_system_id: AcsSystemId,
    /// The tenant. Default: the nil UUID.
    #[serde(default)]
    pub workspace_id: WorkspaceId,
    /// The account through which Seam reaches the provider; opaque text. Default:
    /// [`NO_CONNECTED_ACCOUNT`](crate::NO_CONNECTED_ACCOUNT).
    #[serde(default = "no_connected_account")]
    pub connected_account_id: String,
    /// The account as a list. Deprecated, but still required on the wire. Default: empty.
    // Written even if empty: clients that follow Seam's schema require it.
    #[serde(default)]
    pub connected_account_ids: Vec<String>,
    /// The name.
    pub name: String,
    /// The kind of system at the provider. Alias: `system_type`.
    #[serde(flatten, with = "system_type")]
    pub external_type: Option<AcsSystemType>,
    /// The kind as text for people. Alias: `system_type_display_name`.
    #[serde(flatten, with = "system_type_display_name")]
    pub external_type_display_name: Option<String>,
    /// The location. Default: no time zone.
    #[serde(default)]
    pub location: Location,
    /// Whether it manages credentials of other systems. Default: false.
    #[serde(default)]
    pub is_credential_manager: bool,
    /// The URL of an image of the system's brand. Default: empty.
    #[serde(default)]
    pub image_url: String,
    /// The alternative text of the image. Default: empty.
    #[serde(default)]
    pub image_alt_text: String,
    /// When it was created in Seam. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Present errors. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<AcsSystemErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<AcsSystemWarningCode>>,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The location of a system.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// The IANA name of the time zone; null if it is unknown.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AcsSystem {
    /// A system with this name; everything else has its default.
    #[must_use]
    pub fn new(id: AcsSystemId, name: impl Into<String>) -> Self {
        Self {
            acs_system_id: id,
            workspace_id: WorkspaceId::default(),
            connected_account_id: no_connected_account(),
            connected_account_ids: Vec::new(),
            name: name.into(),
            external_type: None,
            external_type_display_name: None,
            location: Location::default(),
            is_credential_manager: false,
            image_url: String::new(),
            image_alt_text: String::new(),
            created_at: Timestamp::UNIX_EPOCH,
            errors: Vec::new(),
            warnings: Vec::new(),
            extra: Extra::new(),
        }
    }

    crate::setters! {
        /// Sets the workspace.
        with_workspace(workspace: WorkspaceId) => workspace_id = workspace;

        /// Sets the IANA time zone.
        with_time_zone(name: impl Into<String>) => location.time_zone = Some(name.into());

        /// Sets the time of creation.
        with_created_at(created_at: Timestamp) => created_at = created_at;
    }

    /// Sets the type, and its display name from the code.
    #[must_use]
    pub fn with_external_type(mut self, external_type: AcsSystemType) -> Self {
        self.external_type_display_name = Some(in_words(external_type.as_str()));
        self.external_type = Some(external_type);
        self
    }
}

/// A door, area or other asset that a user can open.
///
/// Fields of one brand (`brivo_metadata`, `salto_ks_metadata`, …) are in [`extra`](Self::extra).
///
/// It has no `workspace_id`, unlike the other resources.
///
/// Source: `acs_entrance` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, Entrance, EntranceId};
///
/// let door = Entrance::new(EntranceId::from_u128(1), AcsSystemId::from_u128(2), "Front Door");
/// let json = serde_json::to_value(&door)?;
/// assert_eq!(json["display_name"], "Front Door");
/// assert!(json.get("is_locked").is_none()); // absent, not null
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entrance {
    /// The id.
    pub acs_entrance_id: EntranceId,
    /// The system it belongs to.
    pub acs_system_id: AcsSystemId,
    /// The account through which Seam reaches the provider; opaque text. Default:
    /// [`NO_CONNECTED_ACCOUNT`](crate::NO_CONNECTED_ACCOUNT).
    #[serde(default = "no_connected_account")]
    pub connected_account_id: String,
    /// The name to show. Default: empty.
    #[serde(default)]
    pub display_name: String,
    /// The ids of its spaces, as opaque texts. Default: none.
    #[serde(default)]
    pub space_ids: Vec<String>,
    /// Whether it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_locked: Option<bool>,
    /// Whether a card opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_unlock_with_card: Option<bool>,
    /// Whether a code opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_unlock_with_code: Option<bool>,
    /// Whether a cloud key opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_unlock_with_cloud_key: Option<bool>,
    /// Whether a mobile key opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_unlock_with_mobile_key: Option<bool>,
    /// Whether it can belong to a reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_belong_to_reservation: Option<bool>,
    /// When it was created in Seam. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Present errors, with any code: Seam publishes no list of them. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<String>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<EntranceWarningCode>>,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Entrance {
    /// An entrance of this system with this name; everything else has its default.
    #[must_use]
    pub fn new(id: EntranceId, system: AcsSystemId, display_name: impl Into<String>) -> Self {
        Self {
            acs_entrance_id: id,
            acs_system_id: system,
            connected_account_id: no_connected_account(),
            display_name: display_name.into(),
            space_ids: Vec::new(),
            is_locked: None,
            can_unlock_with_card: None,
            can_unlock_with_code: None,
            can_unlock_with_cloud_key: None,
            can_unlock_with_mobile_key: None,
            can_belong_to_reservation: None,
            created_at: Timestamp::UNIX_EPOCH,
            errors: Vec::new(),
            warnings: Vec::new(),
            extra: Extra::new(),
        }
    }

    crate::setters! {
        /// Sets the time of creation.
        with_created_at(created_at: Timestamp) => created_at = created_at;
    }
}

/// The tenant: a credential belongs to exactly one, and sees nothing else.
///
/// Source: `workspace` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{Workspace, WorkspaceId};
///
/// let lab = Workspace::new(WorkspaceId::from_u128(1), "Lab");
/// assert!(!lab.is_sandbox);
/// assert!(serde_json::to_value(&lab)?["organization_id"].is_null()); // null, not absent
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Workspace {
    /// The id.
    pub workspace_id: WorkspaceId,
    /// The name.
    pub name: String,
    /// The company of the workspace. Default: empty.
    #[serde(default)]
    pub company_name: String,
    /// The company under the other name that Seam uses for it; null if there is none.
    // Seam has changed which of the two names is the deprecated one: both are kept.
    #[serde(default)]
    pub connect_partner_name: Option<String>,
    /// Whether it is a sandbox, which controls no real devices. Default: false.
    #[serde(default)]
    pub is_sandbox: bool,
    /// Whether it is suspended. Default: false.
    #[serde(default)]
    pub is_suspended: bool,
    /// Whether publishable keys are accepted. Default: false.
    #[serde(default)]
    pub is_publishable_key_auth_enabled: bool,
    /// The organization, an opaque text; null if there is none.
    #[serde(default)]
    pub organization_id: Option<String>,
    /// The appearance of the connect web view. Default: an empty object.
    #[serde(default)]
    pub connect_webview_customization: Extra,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Workspace {
    /// A workspace with this name; everything else has its default.
    #[must_use]
    pub fn new(id: WorkspaceId, name: impl Into<String>) -> Self {
        Self {
            workspace_id: id,
            name: name.into(),
            company_name: String::new(),
            connect_partner_name: None,
            is_sandbox: false,
            is_suspended: false,
            is_publishable_key_auth_enabled: false,
            organization_id: None,
            connect_webview_customization: Extra::new(),
            extra: Extra::new(),
        }
    }
}
