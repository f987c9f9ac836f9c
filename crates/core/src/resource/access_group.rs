//! The access group.

use serde::{Deserialize, Serialize};

use crate::wire::{
    Extra, epoch, group_type, group_type_display_name, in_words, no_connected_account, yes,
};
use crate::{
    AccessGroupChange, AccessGroupErrorCode, AccessGroupId, AccessGroupType,
    AccessGroupWarningCode, AccessSchedule, AcsSystemId, PendingMutation, ResourceError,
    ResourceWarning, Timestamp, WorkspaceId,
};

/// A set of ACS users combined with permissions: the entrances they can open, and when.
///
/// The resource contains neither members nor entrances: read them with
/// [`users_in_group`](crate::AccessGroups::users_in_group) and
/// [`entrances_of_group`](crate::AccessGroups::entrances_of_group).
///
/// Source: `acs_access_group` of Seam's API.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroup, AccessGroupId, AcsSystemId};
///
/// let group = AccessGroup::new(AccessGroupId::from_u128(1), AcsSystemId::from_u128(2), "Gym");
/// assert_eq!(group.display_name, "Gym");
/// let json = serde_json::to_value(&group)?;
/// assert_eq!(json["access_group_type"], json["external_type"]); // the deprecated alias
/// assert!(json.get("access_schedule").is_none()); // access at any time
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessGroup {
    /// The id.
    pub acs_access_group_id: AccessGroupId,
    /// The system it belongs to; only users of the same system can be members.
    pub acs_system_id: AcsSystemId,
    /// The tenant. Default: the nil UUID.
    #[serde(default)]
    pub workspace_id: WorkspaceId,
    /// The account through which Seam reaches the provider; opaque text. Default:
    /// [`NO_CONNECTED_ACCOUNT`](crate::NO_CONNECTED_ACCOUNT).
    #[serde(default = "no_connected_account")]
    pub connected_account_id: String,
    /// The name at the provider.
    pub name: String,
    /// The name to show. Default: empty.
    #[serde(default)]
    pub display_name: String,
    /// The kind of group at the provider. Default: `brivo_group`.
    /// Alias: `access_group_type`.
    // Flattened, because serde's `alias` reads a second name but does not write it.
    #[serde(flatten, with = "group_type")]
    pub external_type: AccessGroupType,
    /// The kind as text for people. Default: empty. Alias: `access_group_type_display_name`.
    #[serde(flatten, with = "group_type_display_name")]
    pub external_type_display_name: String,
    /// When its members have access; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_schedule: Option<AccessSchedule>,
    /// When it was created in Seam. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Whether Seam manages it. Default: true.
    #[serde(default = "yes")]
    pub is_managed: bool,
    /// Present errors. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<AccessGroupErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<AccessGroupWarningCode>>,
    /// Changes that have not propagated yet. Default: none.
    #[serde(default)]
    pub pending_mutations: Vec<PendingMutation<AccessGroupChange>>,
    /// Fields that this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AccessGroup {
    /// A group of this system with this name; everything else has its default.
    #[must_use]
    pub fn new(id: AccessGroupId, system: AcsSystemId, name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            acs_access_group_id: id,
            acs_system_id: system,
            workspace_id: WorkspaceId::default(),
            connected_account_id: no_connected_account(),
            display_name: name.clone(),
            name,
            external_type: AccessGroupType::default(),
            external_type_display_name: in_words(AccessGroupType::default().as_str()),
            access_schedule: None,
            created_at: Timestamp::UNIX_EPOCH,
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

        /// Sets the access schedule.
        with_access_schedule(schedule: AccessSchedule) => access_schedule = Some(schedule);

        /// Sets the time of creation.
        with_created_at(created_at: Timestamp) => created_at = created_at;
    }

    /// Sets the type, and its display name from the code.
    #[must_use]
    pub fn with_external_type(mut self, external_type: AccessGroupType) -> Self {
        self.external_type_display_name = in_words(external_type.as_str());
        self.external_type = external_type;
        self
    }
}
