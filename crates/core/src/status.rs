//! Errors and warnings of resources, and the codes and types of Seam's API.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    Timestamp,
    wire::{Extra, epoch},
};

/// The notices on a resource: a row is the type, the noun in its docs, and the name of its code on the
/// wire.
macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident($noun:literal) = $code:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct $name<Code> {
            #[doc = concat!("The kind of ", $noun, ".")]
            #[serde(rename = $code)]
            pub code: Code,
            #[doc = concat!("The ", $noun, " as text for people. Default: empty.")]
            #[serde(default)]
            pub message: String,
            /// When it occurred. Default: 1970-01-01T00:00:00Z.
            #[serde(default = "epoch")]
            pub created_at: Timestamp,
            /// Fields that this version does not know; written back unchanged.
            #[serde(flatten)]
            pub extra: Extra,
        }

        impl<Code> $name<Code> {
            #[doc = concat!("The ", $noun, " that occurred at this instant.")]
            #[must_use]
            pub fn new(code: Code, message: impl Into<String>, created_at: Timestamp) -> Self {
                Self {
                    code,
                    message: message.into(),
                    created_at,
                    extra: Extra::new(),
                }
            }
        }
    )*};
}

notices! {
    /// A present error of a resource, such as a user who could not be created at the provider.
    ///
    /// It is part of a resource. The failure of a call is an [`Error`](crate::Error).
    ///
    /// # Examples
    ///
    /// A change that was accepted may fail later, and then only the resource tells:
    ///
    /// ```
    /// use access_groups_core::{
    ///     AcsSystemId, AcsUser, AcsUserErrorCode, AcsUserId, ResourceError, Timestamp,
    /// };
    ///
    /// let mut ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada");
    /// let code = AcsUserErrorCode::FailedToCreateOnAcsSystem;
    /// ada.errors.push(ResourceError::new(code, "The site is full.", Timestamp::UNIX_EPOCH));
    /// assert_eq!(ada.errors[0].code.as_str(), "failed_to_create_on_acs_system");
    /// ```
    ResourceError("error") = "error_code";

    /// A warning on a resource: a condition that people should know about.
    ResourceWarning("warning") = "warning_code";
}

/// The codes: each row is a variant and its text on the wire. Source: Seam's published types.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        ///
        /// Seam adds values without notice. A value that this version does not know is kept as its
        /// text in `Other` and written back unchanged.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// A value that this version does not know. Build values from text with `parse` or
            /// `from`, which never put a known text here.
            Other(String),
        }

        impl $name {
            /// All values that this version knows.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            /// The text on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl FromStr for $name {
            // Any text is a value, so that a listing never fails for a new code.
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(<Cow<'de, str>>::deserialize(deserializer)?.as_ref().into())
            }
        }
    )*};
}

codes! {
    /// The kind of an access group at its provider.
    AccessGroupType {
        PtiUnit = "pti_unit",
        PtiAccessLevel = "pti_access_level",
        SaltoKsAccessGroup = "salto_ks_access_group",
        BrivoGroup = "brivo_group",
        SaltoSpaceGroup = "salto_space_group",
        DormakabaCommunityAccessGroup = "dormakaba_community_access_group",
        DormakabaAmbianceAccessGroup = "dormakaba_ambiance_access_group",
        AvigilonAltaGroup = "avigilon_alta_group",
        KisiAccessGroup = "kisi_access_group",
        AkilesMemberGroup = "akiles_member_group",
    }
    /// The kind of an ACS user at its provider.
    AcsUserType {
        PtiUser = "pti_user",
        BrivoUser = "brivo_user",
        HidCredentialManagerUser = "hid_credential_manager_user",
        SaltoSiteUser = "salto_site_user",
        LatchUser = "latch_user",
        DormakabaCommunityUser = "dormakaba_community_user",
        SaltoSpaceUser = "salto_space_user",
        AvigilonAltaUser = "avigilon_alta_user",
        KisiUser = "kisi_user",
    }
    /// The kind of an access control system at its provider.
    AcsSystemType {
        PtiSite = "pti_site",
        AvigilonAltaOrg = "avigilon_alta_org",
        SaltoKsSite = "salto_ks_site",
        SaltoSpaceSystem = "salto_space_system",
        BrivoAccount = "brivo_account",
        HidCredentialManagerOrganization = "hid_credential_manager_organization",
        VisionlineSystem = "visionline_system",
        AssaAbloyCredentialService = "assa_abloy_credential_service",
        LatchBuilding = "latch_building",
        DormakabaCommunitySite = "dormakaba_community_site",
        DormakabaAmbianceSite = "dormakaba_ambiance_site",
        LegicConnectCredentialService = "legic_connect_credential_service",
        AssaAbloyVostio = "assa_abloy_vostio",
        AssaAbloyVostioCredentialService = "assa_abloy_vostio_credential_service",
        HotekSite = "hotek_site",
        KisiOrganization = "kisi_organization",
        AkilesOrganization = "akiles_organization",
    }
    /// An error of an access group.
    AccessGroupErrorCode {
        FailedToCreateOnAcsSystem = "failed_to_create_on_acs_system",
    }
    /// A warning on an access group.
    AccessGroupWarningCode {
        UnknownIssueWithAcsAccessGroup = "unknown_issue_with_acs_access_group",
        BeingDeleted = "being_deleted",
    }
    /// An error of an ACS user.
    AcsUserErrorCode {
        DeletedExternally = "deleted_externally",
        SaltoKsSubscriptionLimitExceeded = "salto_ks_subscription_limit_exceeded",
        FailedToCreateOnAcsSystem = "failed_to_create_on_acs_system",
        FailedToUpdateOnAcsSystem = "failed_to_update_on_acs_system",
        FailedToDeleteOnAcsSystem = "failed_to_delete_on_acs_system",
        LatchConflictWithResidentUser = "latch_conflict_with_resident_user",
    }
    /// A warning on an ACS user.
    AcsUserWarningCode {
        BeingDeleted = "being_deleted",
        SaltoKsUserNotSubscribed = "salto_ks_user_not_subscribed",
        AcsUserInactive = "acs_user_inactive",
        UnknownIssueWithAcsUser = "unknown_issue_with_acs_user",
        LatchResidentUser = "latch_resident_user",
    }
    /// A warning on an entrance.
    EntranceWarningCode {
        SaltoKsEntranceAccessCodeSupportRemoved = "salto_ks_entrance_access_code_support_removed",
        EntranceSharesZone = "entrance_shares_zone",
        EntranceSetupRequired = "entrance_setup_required",
        SaltoKsPrivacyMode = "salto_ks_privacy_mode",
        PrivacyMode = "privacy_mode",
    }
    /// An error of an access control system.
    AcsSystemErrorCode {
        SeamBridgeDisconnected = "seam_bridge_disconnected",
        BridgeDisconnected = "bridge_disconnected",
        VisionlineInstanceUnreachable = "visionline_instance_unreachable",
        SaltoKsSubscriptionLimitExceeded = "salto_ks_subscription_limit_exceeded",
        AcsSystemDisconnected = "acs_system_disconnected",
        AccountDisconnected = "account_disconnected",
        SaltoKsCertificationExpired = "salto_ks_certification_expired",
        ProviderServiceUnavailable = "provider_service_unavailable",
        InsufficientPermissions = "insufficient_permissions",
    }
    /// A warning on an access control system.
    AcsSystemWarningCode {
        SaltoKsSubscriptionLimitAlmostReached = "salto_ks_subscription_limit_almost_reached",
        TimeZoneDoesNotMatchLocation = "time_zone_does_not_match_location",
        SetupRequired = "setup_required",
        UnknownIssueWithAcsSystem = "unknown_issue_with_acs_system",
    }
    /// An error of a user identity.
    UserIdentityErrorCode {
        IssueWithAcsUser = "issue_with_acs_user",
    }
    /// A warning on a user identity.
    UserIdentityWarningCode {
        BeingDeleted = "being_deleted",
        AcsUserProfileDoesNotMatchUserIdentity = "acs_user_profile_does_not_match_user_identity",
    }
}

impl Default for AccessGroupType {
    /// `brivo_group`: a kind for which Seam documents no restriction.
    fn default() -> Self {
        Self::BrivoGroup
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes_round_trip() {
        for code in AcsUserErrorCode::KNOWN {
            assert_eq!(&AcsUserErrorCode::from(code.as_str()), code);
            assert!(!matches!(code, AcsUserErrorCode::Other(_)));
        }
    }

    #[test]
    fn unknown_codes_round_trip() {
        let json = serde_json::json!({
            "warning_code": "door_is_haunted",
            "message": "Boo.",
            "created_at": "2026-07-01T08:00:00Z",
            "ghost": {"name": "Casper"},
        });
        let warning: ResourceWarning<EntranceWarningCode> =
            serde_json::from_value(json.clone()).expect("a warning");
        assert_eq!(
            warning.code,
            EntranceWarningCode::Other("door_is_haunted".into())
        );
        assert_eq!(serde_json::to_value(warning).expect("json"), json);
    }
}
