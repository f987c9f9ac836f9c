use serde::{Deserialize, Serialize};

use super::Extra;
use crate::WorkspaceId;

/// The tenant: a credential belongs to exactly one, and sees nothing else.
///
/// Source: `workspace` of Seam's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Workspace {
    /// Its id.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The company behind it. Default: empty.
    #[serde(default)]
    pub company_name: String,
    /// The same, under the other name that Seam gives it; null where there is none.
    #[serde(default)]
    pub connect_partner_name: Option<String>,
    /// Whether nothing in it opens a real door. Default: false.
    #[serde(default)]
    pub is_sandbox: bool,
    /// Whether it is suspended. Default: false.
    #[serde(default)]
    pub is_suspended: bool,
    /// Whether publishable keys work. Default: false.
    #[serde(default)]
    pub is_publishable_key_auth_enabled: bool,
    /// The organization it belongs to, opaque text; null where there is none.
    #[serde(default)]
    pub organization_id: Option<String>,
    /// How the connect dialogue looks. Default: an empty object.
    #[serde(default)]
    pub connect_webview_customization: Extra,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Workspace {
    /// A workspace with that name, everything else at its default.
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
