use serde::{Deserialize, Serialize};

use super::{Extra, epoch, in_words, no_connected_account, system_type, system_type_display_name};
use crate::{
    AcsSystemErrorCode, AcsSystemId, AcsSystemType, AcsSystemWarningCode, ResourceError,
    ResourceWarning, Timestamp, WorkspaceId,
};

/// One access control system: a site, a building, with its own users, groups and entrances.
///
/// Source: `acs_system` of Seam's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcsSystem {
    /// Its id.
    pub acs_system_id: AcsSystemId,
    /// The tenant. Default: the nil UUID.
    #[serde(default)]
    pub workspace_id: WorkspaceId,
    /// The account through which Seam reaches the provider; opaque text. Default:
    /// [`NO_CONNECTED_ACCOUNT`](crate::NO_CONNECTED_ACCOUNT).
    #[serde(default = "no_connected_account")]
    pub connected_account_id: String,
    /// The same in an array: deprecated, still required on the wire. Default: empty.
    #[serde(default)]
    pub connected_account_ids: Vec<String>,
    /// Its name.
    pub name: String,
    /// Its brand. Alias: `system_type`.
    #[serde(flatten, with = "system_type")]
    pub external_type: Option<AcsSystemType>,
    /// The same in words. Alias: `system_type_display_name`.
    #[serde(flatten, with = "system_type_display_name")]
    pub external_type_display_name: Option<String>,
    /// Where it stands. Default: no time zone.
    #[serde(default)]
    pub location: Location,
    /// Whether it manages credentials of other systems. Default: false.
    #[serde(default)]
    pub is_credential_manager: bool,
    /// A picture of the brand. Default: empty.
    #[serde(default)]
    pub image_url: String,
    /// That picture in words. Default: empty.
    #[serde(default)]
    pub image_alt_text: String,
    /// Since when it is known. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Standing problems. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<AcsSystemErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<AcsSystemWarningCode>>,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where a system stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Location {
    /// An IANA time zone name; null where it is unknown.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl AcsSystem {
    /// A system with that name, everything else at its default.
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

    /// In this workspace.
    #[must_use]
    pub fn with_workspace(mut self, workspace: WorkspaceId) -> Self {
        self.workspace_id = workspace;
        self
    }

    /// Of this brand, and its name in words.
    #[must_use]
    pub fn with_external_type(mut self, external_type: AcsSystemType) -> Self {
        self.external_type_display_name = Some(in_words(external_type.as_str()));
        self.external_type = Some(external_type);
        self
    }

    /// In this IANA time zone.
    #[must_use]
    pub fn with_time_zone(mut self, name: impl Into<String>) -> Self {
        self.location.time_zone = Some(name.into());
        self
    }

    /// Known since this instant.
    #[must_use]
    pub fn with_created_at(mut self, created_at: Timestamp) -> Self {
        self.created_at = created_at;
        self
    }
}
