use std::borrow::Cow;

use serde::Serialize;

use crate::{
    AcsSystemId, AcsUser, ContactDetail, SearchText, Timestamp, UserIdentity, UserIdentityId, names,
};

/// Conditions of a listing of ACS users. A user is listed if they meet all of them.
///
/// The default has no condition and lists all users of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUser, AcsUserFilter, AcsUserId};
///
/// let system = AcsSystemId::from_u128(1);
/// let ada = AcsUser::new(AcsUserId::from_u128(2), system, "Ada Lovelace");
/// let filter = AcsUserFilter::new().in_system(system).matching("ADA".parse()?);
/// assert!(filter.fits(&ada, None));
///
/// // `Some(None)` selects users whose identity has no address; Ada has no identity at all.
/// let mut without_address = AcsUserFilter::new();
/// without_address.identity_email_address = Some(None);
/// assert!(!without_address.fits(&ada, None));
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
// Page cursors are bound to the serialised filter: renaming a field invalidates those in use. A
// field that may be null is left out if it is no condition, as JSON has one null only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct AcsUserFilter {
    /// Users of this system. An unknown system has none.
    pub system: Option<AcsSystemId>,
    /// Users linked to this identity. An unknown identity has none.
    pub identity: Option<UserIdentityId>,
    /// Users whose identity has this e-mail address, in any case of the letters A to Z.
    /// `Some(None)` selects users whose identity has no e-mail address, or an empty one; an empty
    /// text selects nobody. Seam: a nullable parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_email_address: Option<Option<ContactDetail>>,
    /// Users whose identity has this phone number, compared exactly. `Some(None)` selects users
    /// whose identity has no phone number, or an empty one; an empty text selects nobody. Seam: a
    /// nullable parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_phone_number: Option<Option<ContactDetail>>,
    /// Users whose full name, e-mail address, phone number or id, or whose identity's full name,
    /// phone number or id, contains this text in any case. As in Seam's API, neither display names
    /// nor the identity's e-mail address are searched.
    pub search: Option<SearchText>,
    /// Users created before this instant.
    pub created_before: Option<Timestamp>,
}

impl AcsUserFilter {
    /// All users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Only users of this system.
        in_system(system: AcsSystemId) => system = Some(system);

        /// Only users linked to this identity.
        of_identity(identity: UserIdentityId) => identity = Some(identity);

        /// Only users for whom one of the [searched](Self::search) texts contains this one.
        matching(search: SearchText) => search = Some(search);

        /// Only users created before this instant.
        created_before(instant: Timestamp) => created_before = Some(instant);
    }

    /// Whether the user meets every condition. `identity` is the one that the user is linked to,
    /// if any: the resource holds only its id.
    #[must_use]
    pub fn fits(&self, user: &AcsUser, identity: Option<&UserIdentity>) -> bool {
        // An opaque text in the resource: one that is not a UUID equals no identity.
        let linked = user.user_identity_id.as_deref();
        self.system
            .is_none_or(|system| user.acs_system_id == system)
            && self
                .identity
                .is_none_or(|id| linked.is_some_and(|linked| linked.parse() == Ok(id)))
            && self
                .created_before
                .is_none_or(|instant| user.created_at < instant)
            && meets(
                &self.identity_email_address,
                identity.map(|identity| identity.email_address.as_deref()),
                names::are_same_address,
            )
            && meets(
                &self.identity_phone_number,
                identity.map(|identity| identity.phone_number.as_deref()),
                // Exactly: the same number may be written in many ways, and none is enforced.
                |one, other| one == other,
            )
            && self
                .search
                .as_ref()
                .is_none_or(|search| search.is_in_any(Self::searched(user, identity)))
    }

    /// The texts that a [search](Self::search) of this user looks into; `identity` as in
    /// [`fits`](Self::fits). A store may index them, [folded](crate::names::fold).
    pub fn searched<'a>(
        user: &'a AcsUser,
        identity: Option<&'a UserIdentity>,
    ) -> impl Iterator<Item = Cow<'a, str>> {
        let texts = [
            user.full_name.as_deref(),
            user.email_address.as_deref(),
            user.phone_number.as_deref(),
            user.user_identity_id.as_deref(),
            identity.and_then(|identity| identity.full_name.as_deref()),
            identity.and_then(|identity| identity.phone_number.as_deref()),
        ];
        let id = user.acs_user_id.to_string().into();
        let texts = texts.into_iter().flatten().map(Cow::Borrowed);
        texts.chain([id])
    }
}

/// Conditions of a listing of identities. An identity is listed if it meets all of them.
///
/// The default has no condition and lists all identities of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{UserIdentity, UserIdentityFilter, UserIdentityId};
///
/// let ada = UserIdentity::new(UserIdentityId::from_u128(1), "Ada Lovelace");
/// assert!(UserIdentityFilter::new().fits(&ada)); // no condition: everything
/// assert!(UserIdentityFilter::new().matching("love".parse()?).fits(&ada));
///
/// assert!(!UserIdentityFilter::new().among([]).fits(&ada)); // an empty list: nothing
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
// Page cursors are bound to the serialised filter: renaming a field invalidates those in use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct UserIdentityFilter {
    /// Only these identities; an empty list selects none. Seam: `user_identity_ids`.
    pub identities: Option<Vec<UserIdentityId>>,
    /// Identities of this credential manager, an ACS system. Adapters without credential managers
    /// list none.
    pub credential_manager: Option<AcsSystemId>,
    /// Identities whose full name, e-mail address, phone number or id contains this text, in any
    /// case; neither their key nor their display name.
    pub search: Option<SearchText>,
    /// Identities created before this instant.
    pub created_before: Option<Timestamp>,
}

impl UserIdentityFilter {
    /// All identities.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Only these identities.
        among(identities: impl IntoIterator<Item = UserIdentityId>) => identities = Some(identities.into_iter().collect());

        /// Only identities for which one of the [searched](Self::search) texts contains this one.
        matching(search: SearchText) => search = Some(search);
    }

    /// Whether the identity meets every condition. A condition on a credential manager is met by
    /// none.
    #[must_use]
    pub fn fits(&self, identity: &UserIdentity) -> bool {
        let id = identity.user_identity_id;
        // Seam's resource does not name its managers: listing nothing is safer than everything.
        self.credential_manager.is_none()
            && self.identities.as_ref().is_none_or(|ids| ids.contains(&id))
            && self
                .created_before
                .is_none_or(|instant| identity.created_at < instant)
            && self
                .search
                .as_ref()
                .is_none_or(|search| search.is_in_any(Self::searched(identity)))
    }

    /// The texts that a [search](Self::search) of this identity looks into. A store may index them,
    /// [folded](crate::names::fold).
    pub fn searched(identity: &UserIdentity) -> impl Iterator<Item = Cow<'_, str>> {
        let texts = [
            identity.full_name.as_deref(),
            identity.email_address.as_deref(),
            identity.phone_number.as_deref(),
        ];
        let id = identity.user_identity_id.to_string().into();
        let texts = texts.into_iter().flatten().map(Cow::Borrowed);
        texts.chain([id])
    }
}

/// Whether an attribute of an identity meets a condition; `actual` is `None` without an identity.
fn meets(
    condition: &Option<Option<ContactDetail>>,
    actual: Option<Option<&str>>,
    is_same: impl FnOnce(&str, &str) -> bool,
) -> bool {
    // An empty one is as good as none.
    let actual = actual.map(|actual| actual.filter(|text| !text.is_empty()));
    match (condition, actual) {
        (None, _) | (Some(None), Some(None)) => true,
        (Some(Some(expected)), Some(Some(actual))) => is_same(expected.as_str(), actual),
        // Among them `Some(None)` without an identity: "has none" is said of an identity only.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AcsUserId;

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);
    const IDENTITY: UserIdentityId = UserIdentityId::from_u128(0x1d);

    fn identity() -> UserIdentity {
        let mut identity = UserIdentity::new(IDENTITY, "Augusta");
        identity.email_address = Some("Ada@Example.com".into());
        identity
    }

    fn ada() -> AcsUser {
        AcsUser::new(AcsUserId::from_u128(0xabc), SYSTEM, "Ada Lovelace")
            .with_phone_number("+1 555 0100")
            .with_user_identity(IDENTITY)
            .with_created_at(Timestamp::from_unix_seconds(100))
    }

    fn check(filter: AcsUserFilter, expected: bool) {
        assert_eq!(
            filter.fits(&ada(), Some(&identity())),
            expected,
            "{filter:?}"
        );
    }

    fn by_email(address: Option<&str>) -> AcsUserFilter {
        let mut filter = AcsUserFilter::new();
        filter.identity_email_address =
            Some(address.map(|address| address.parse().expect("short")));
        filter
    }

    #[test]
    fn every_condition_must_hold() {
        check(AcsUserFilter::new(), true);
        check(AcsUserFilter::new().in_system(SYSTEM), true);
        check(
            AcsUserFilter::new().in_system(AcsSystemId::from_u128(2)),
            false,
        );
        check(AcsUserFilter::new().of_identity(IDENTITY), true);
        check(
            AcsUserFilter::new().of_identity(UserIdentityId::from_u128(2)),
            false,
        );
        let before =
            |second| AcsUserFilter::new().created_before(Timestamp::from_unix_seconds(second));
        check(before(100), false);
        check(before(101), true);
        check(before(101).in_system(AcsSystemId::from_u128(2)), false);
    }

    #[test]
    fn a_search_covers_user_and_identity() {
        let search = |text: &str| AcsUserFilter::new().matching(text.parse().expect("not empty"));
        for found in ["lovelace", "555 01", "000abc", "00001d", "AUGUSTA"] {
            check(search(found), true);
        }
        check(search("grace"), false);
        let alone = search("augusta").fits(&ada(), None);
        assert!(!alone);
    }

    #[test]
    fn a_missing_contact_detail_is_selectable() {
        check(by_email(Some("ada@example.COM")), true);
        check(by_email(Some("grace@example.com")), false);
        check(by_email(None), false);
        let mut phone = AcsUserFilter::new();
        phone.identity_phone_number = Some(None);
        check(phone.clone(), true);
        assert!(!phone.fits(&ada(), None), "of no identity");
    }

    #[test]
    fn an_empty_contact_detail_is_as_good_as_none() {
        let mut nameless = identity();
        nameless.email_address = Some(String::new());
        let check = |address, expected| {
            let fits = by_email(address).fits(&ada(), Some(&nameless));
            assert_eq!(fits, expected, "{address:?}");
        };
        check(None, true);
        check(Some(""), false);
    }

    #[test]
    fn no_condition_and_none_are_two_questions() {
        let json = |filter| serde_json::to_string(&filter).expect("a filter is JSON");
        let mut phone = AcsUserFilter::new();
        phone.identity_phone_number = Some(None);
        let questions = [AcsUserFilter::new(), by_email(None), phone].map(json);
        assert_ne!(questions[0], questions[1]);
        assert_ne!(questions[0], questions[2]);
        assert_ne!(questions[1], questions[2]);
    }

    fn check_identity(edit: impl FnOnce(&mut UserIdentityFilter), expected: bool) {
        let identity = UserIdentity::new(UserIdentityId::from_u128(5), "Ada Lovelace")
            .with_email_address("ada@example.com")
            .with_created_at(Timestamp::from_unix_seconds(100));
        let mut filter = UserIdentityFilter::new();
        edit(&mut filter);
        assert_eq!(filter.fits(&identity), expected, "{filter:?}");
    }

    #[test]
    fn every_identity_condition_must_hold() {
        check_identity(|_| (), true);
        check_identity(
            |filter| filter.identities = Some(vec![UserIdentityId::from_u128(5)]),
            true,
        );
        check_identity(|filter| filter.identities = Some(Vec::new()), false);
        for (text, found) in [
            ("LOVE", true),
            ("@example", true),
            ("000005", true),
            ("Grace", false),
        ] {
            check_identity(|filter| filter.search = text.parse().ok(), found);
        }
        let before = |second| Some(Timestamp::from_unix_seconds(second));
        check_identity(|filter| filter.created_before = before(100), false);
        check_identity(|filter| filter.created_before = before(101), true);
        check_identity(
            |filter| filter.credential_manager = Some(AcsSystemId::from_u128(1)),
            false,
        );
    }
}
