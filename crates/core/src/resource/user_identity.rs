use serde::{Deserialize, Serialize};

use super::{Extra, epoch};
use crate::{
    ResourceError, ResourceWarning, Timestamp, UserIdentityErrorCode, UserIdentityId,
    UserIdentityWarningCode, WorkspaceId,
};

/// A person across access control systems.
///
/// Source: `user_identity` of Seam's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserIdentity {
    /// Their id.
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
    /// Their name.
    #[serde(default)]
    pub full_name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email_address: Option<String>,
    /// Phone number.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// The ACS users linked to the identity; opaque texts. Default: none.
    #[serde(default)]
    pub acs_user_ids: Vec<String>,
    /// Since when they are known. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Standing problems. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<UserIdentityErrorCode>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<UserIdentityWarningCode>>,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl UserIdentity {
    /// An identity with that name, everything else at its default.
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

    /// In this workspace.
    #[must_use]
    pub fn with_workspace(mut self, workspace: WorkspaceId) -> Self {
        self.workspace_id = workspace;
        self
    }

    /// With this e-mail address.
    #[must_use]
    pub fn with_email_address(mut self, address: impl Into<String>) -> Self {
        self.email_address = Some(address.into());
        self
    }

    /// Known since this instant.
    #[must_use]
    pub fn with_created_at(mut self, created_at: Timestamp) -> Self {
        self.created_at = created_at;
        self
    }
}
