//! Errors and warnings of resources, and the codes and types of Seam's API.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    AccessGroup, AcsSystem, AcsUser, Entrance, Timestamp,
    shown::{Show, Shown},
    wire::{Extra, epoch},
};

/// The notices on a resource: a row is the type, the noun in its docs, and the name of its code on the
/// wire.
macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident($noun:literal) = $code:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant => f.write_str(stringify!($variant)),)*
                    // A service may send any text for a code.
                    Self::Other(text) => f.debug_tuple("Other").field(&Show(text)).finish(),
                }
            }
        }

        impl Shown for $name {}

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

/// What an error or a warning of a resource means for access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccessEffect {
    /// The user opens nothing, or nobody opens the entrance.
    Blocks,
    /// Access is as before.
    DoesNotBlock,
    /// Nothing is documented. It blocks nothing, and is shown to people.
    Unknown,
}

/// The code of an error or a warning of a resource.
pub trait IssueCode: fmt::Display {
    /// What it means for access.
    fn effect_on_access(&self) -> AccessEffect;
}

/// The effects of all codes on access: each row is a code, with the reason in Seam's descriptions.
macro_rules! effects {
    ($($name:ident { $($variant:ident => $effect:ident,)* })*) => {$(
        impl IssueCode for $name {
            fn effect_on_access(&self) -> AccessEffect {
                match self {
                    $(Self::$variant => AccessEffect::$effect,)*
                    Self::Other(_) => AccessEffect::Unknown,
                }
            }
        }
    )*};
}

effects! {
    AcsUserErrorCode {
        // The user does not exist at the provider.
        DeletedExternally => Blocks,
        FailedToCreateOnAcsSystem => Blocks,
        // All subscriptions of the site are taken, so this user has none.
        SaltoKsSubscriptionLimitExceeded => Blocks,
        // The former state is in force.
        FailedToUpdateOnAcsSystem => DoesNotBlock,
        FailedToDeleteOnAcsSystem => DoesNotBlock,
        // The person exists in two places, which is unsupported; whether doors open is not said.
        LatchConflictWithResidentUser => Unknown,
    }
    AcsUserWarningCode {
        // Soon gone, and no longer to be relied on.
        BeingDeleted => Blocks,
        // "They cannot unlock doors or perform any actions."
        SaltoKsUserNotSubscribed => Blocks,
        // The provider does not grant access to the user, though nobody has suspended them.
        AcsUserInactive => Blocks,
        UnknownIssueWithAcsUser => Unknown,
        // Managed elsewhere: changes are refused, doors open.
        LatchResidentUser => DoesNotBlock,
    }
    AccessGroupErrorCode {
        // The group does not exist at the provider.
        FailedToCreateOnAcsSystem => Blocks,
    }
    AccessGroupWarningCode {
        UnknownIssueWithAcsAccessGroup => Unknown,
        BeingDeleted => Blocks,
    }
    EntranceWarningCode {
        // One kind of credential is gone, the others open.
        SaltoKsEntranceAccessCodeSupportRemoved => DoesNotBlock,
        // It opens, together with others.
        EntranceSharesZone => DoesNotBlock,
        EntranceSetupRequired => Unknown,
        // Locked from inside: credentials do not open it.
        SaltoKsPrivacyMode => Blocks,
        PrivacyMode => Blocks,
    }
    // What stops changes from reaching a system does not stop its doors: they go on with what they
    // were told last.
    AcsSystemErrorCode {
        SeamBridgeDisconnected => DoesNotBlock,
        BridgeDisconnected => DoesNotBlock,
        VisionlineInstanceUnreachable => DoesNotBlock,
        // Users who have no subscription carry an error of their own.
        SaltoKsSubscriptionLimitExceeded => DoesNotBlock,
        AcsSystemDisconnected => DoesNotBlock,
        AccountDisconnected => DoesNotBlock,
        SaltoKsCertificationExpired => DoesNotBlock,
        ProviderServiceUnavailable => DoesNotBlock,
        InsufficientPermissions => DoesNotBlock,
    }
    AcsSystemWarningCode {
        SaltoKsSubscriptionLimitAlmostReached => DoesNotBlock,
        TimeZoneDoesNotMatchLocation => DoesNotBlock,
        SetupRequired => Unknown,
        UnknownIssueWithAcsSystem => Unknown,
    }
}

/// The errors of entrances have no documented codes.
impl IssueCode for String {
    fn effect_on_access(&self) -> AccessEffect {
        AccessEffect::Unknown
    }
}

/// A present error or warning of a resource, whatever its kind: for people.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ResourceIssue {
    /// Whether it is an error; else it is a warning.
    pub is_error: bool,
    /// Its code.
    pub code: String,
    /// Its text for people; it may be empty.
    pub message: String,
    /// What it means for access.
    pub effect: AccessEffect,
}

impl ResourceIssue {
    fn new(is_error: bool, code: &impl IssueCode, message: &str) -> Self {
        Self {
            is_error,
            code: code.to_string(),
            message: message.to_owned(),
            effect: code.effect_on_access(),
        }
    }

    /// Whether it blocks access.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.effect == AccessEffect::Blocks
    }

    /// The errors, then the warnings.
    fn all<E: IssueCode, W: IssueCode>(
        errors: &[ResourceError<E>],
        warnings: &[ResourceWarning<W>],
    ) -> Vec<Self> {
        let errors = errors
            .iter()
            .map(|error| Self::new(true, &error.code, &error.message));
        let warnings = warnings.iter();
        let warnings = warnings.map(|one| Self::new(false, &one.code, &one.message));
        errors.chain(warnings).collect()
    }
}

/// The message, if there is one, and the code: "The site is full. (failed_to_create_on_acs_system)".
impl fmt::Display for ResourceIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.is_empty() {
            true => f.write_str(&self.code),
            false => write!(f, "{} ({})", self.message, self.code),
        }
    }
}

/// The resources that have errors and warnings.
macro_rules! issues {
    ($($resource:ident)*) => {$(
        impl $resource {
            /// Its errors, then its warnings.
            #[must_use]
            pub fn issues(&self) -> Vec<ResourceIssue> {
                ResourceIssue::all(&self.errors, &self.warnings)
            }
        }
    )*};
}

issues! { AccessGroup Entrance AcsSystem }

impl AcsUser {
    /// Their errors, then their warnings. A user whom Salto KS shows as not subscribed has a warning,
    /// even if the service gives none.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{
    ///     AcsSystemId, AcsUser, AcsUserId, AcsUserWarningCode, ResourceWarning, Timestamp,
    /// };
    ///
    /// let mut ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada");
    /// let code = AcsUserWarningCode::AcsUserInactive;
    /// ada.warnings.push(ResourceWarning::new(code, "No subscription.", Timestamp::UNIX_EPOCH));
    /// assert!(ada.issues()[0].blocks());
    /// assert_eq!(ada.issues()[0].to_string(), "No subscription. (acs_user_inactive)");
    /// ```
    #[must_use]
    pub fn issues(&self) -> Vec<ResourceIssue> {
        let mut issues = ResourceIssue::all(&self.errors, &self.warnings);
        let of_salto = self.extra.get("salto_ks_metadata");
        let is_subscribed = of_salto.and_then(|of_salto| of_salto.get("is_subscribed"));
        let code = AcsUserWarningCode::SaltoKsUserNotSubscribed;
        let is_told = issues.iter().any(|known| known.code == code.as_str());
        if is_subscribed == Some(&serde_json::Value::Bool(false)) && !is_told {
            issues.push(ResourceIssue::new(false, &code, ""));
        }
        issues
    }
}

/// The first of these that blocks access.
pub(crate) fn blocking(issues: Vec<ResourceIssue>) -> Option<ResourceIssue> {
    issues.into_iter().find(ResourceIssue::blocks)
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
    fn unknown_codes_block_nothing() {
        let code = AcsUserErrorCode::from("eaten_by_a_grue");
        assert_eq!(code.effect_on_access(), AccessEffect::Unknown);
        assert_eq!("any".to_owned().effect_on_access(), AccessEffect::Unknown);
    }

    #[test]
    fn salto_users_need_a_subscription() {
        let check = |metadata: serde_json::Value, expected: bool| {
            let mut user = AcsUser::new(Default::default(), Default::default(), "Ada");
            user.extra.insert("salto_ks_metadata".to_owned(), metadata);
            assert_eq!(blocking(user.issues()).is_some(), expected);
        };
        check(serde_json::json!({"is_subscribed": false}), true);
        check(serde_json::json!({"is_subscribed": true}), false);
        check(serde_json::json!({}), false);
        check(serde_json::Value::Null, false);
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
