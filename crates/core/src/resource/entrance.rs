use serde::{Deserialize, Serialize};

use super::{Extra, epoch, no_connected_account};
use crate::{
    AcsSystemId, EntranceId, EntranceWarningCode, ResourceError, ResourceWarning, Timestamp,
};

/// A door, area or other asset that a user can open.
///
/// What only one brand knows (`brivo_metadata`, `salto_ks_metadata`, …) waits in
/// [`extra`](Self::extra).
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entrance {
    /// Its id.
    pub acs_entrance_id: EntranceId,
    /// The system it belongs to.
    pub acs_system_id: AcsSystemId,
    /// The account through which Seam reaches the provider; opaque text. Default:
    /// [`NO_CONNECTED_ACCOUNT`](crate::NO_CONNECTED_ACCOUNT).
    #[serde(default = "no_connected_account")]
    pub connected_account_id: String,
    /// Its name. Default: empty.
    #[serde(default)]
    pub display_name: String,
    /// The spaces it belongs to; opaque texts. Default: none.
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
    /// Since when it is known. Default: 1970-01-01T00:00:00Z.
    #[serde(default = "epoch")]
    pub created_at: Timestamp,
    /// Standing problems, by any code. Default: none.
    #[serde(default)]
    pub errors: Vec<ResourceError<String>>,
    /// Warnings. Default: none.
    #[serde(default)]
    pub warnings: Vec<ResourceWarning<EntranceWarningCode>>,
    /// Fields this version does not know; written back unchanged.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Entrance {
    /// An entrance of that system with that name, everything else at its default.
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

    /// Known since this instant.
    #[must_use]
    pub fn with_created_at(mut self, created_at: Timestamp) -> Self {
        self.created_at = created_at;
        self
    }
}
