use serde::{Deserialize, Serialize};

use super::{
    Extra, epoch, group_type, group_type_display_name, in_words, no_connected_account, yes,
};
use crate::{
    AccessGroupChange, AccessGroupErrorCode, AccessGroupId, AccessGroupType,
    AccessGroupWarningCode, AccessSchedule, AcsSystemId, PendingMutation, ResourceError,
    ResourceWarning, Timestamp, WorkspaceId,
};

/// A set of ACS users combined with permissions: the entrances they can open, and when.
///
/// Its members are not part of it: ask the port for
/// [`users_in_group`](crate::AccessGroupPort::users_in_group) and
/// [`entrances_of_group`](crate::AccessGroupPort::entrances_of_group).
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
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessGroup {
    /// Its id.
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
    /// Its name at the provider.
    pub name: String,
    /// Its name in Seam. Default: empty.
    #[serde(default)]
    pub display_name: String,
    /// What the provider calls such a group. Default: `brivo_group`.
    /// Alias: `access_group_type`.
    #[serde(flatten, with = "group_type")]
    pub external_type: AccessGroupType,
    /// The same in words. Default: empty. Alias: `access_group_type_display_name`.
    #[serde(flatten, with = "group_type_display_name")]
    pub external_type_display_name: String,
    /// When its members have access; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_schedule: Option<AccessSchedule>,
    /// Since when it is known. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Whether Seam manages it. Default: true.
    #[serde(default = "yes")]
    pub is_managed: bool,
    /// Standing problems. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<AccessGroupErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<AccessGroupWarningCode>>,
    /// Changes on their way to the provider. Default: none.
    #[serde(default)]
    pub pending_mutations: Vec<PendingMutation<AccessGroupChange>>,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AccessGroup {
    /// A group of that system with that name, everything else at its default.
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

    /// Of this type, and its name in words.
    #[must_use]
    pub fn with_external_type(mut self, external_type: AccessGroupType) -> Self {
        self.external_type_display_name = in_words(external_type.as_str());
        self.external_type = external_type;
        self
    }

    /// With access at these times only.
    #[must_use]
    pub fn with_access_schedule(mut self, schedule: AccessSchedule) -> Self {
        self.access_schedule = Some(schedule);
        self
    }

    /// Known since this instant.
    #[must_use]
    pub fn with_created_at(mut self, created_at: Timestamp) -> Self {
        self.created_at = created_at;
        self
    }
}
