use std::num::NonZeroU32;

use super::SearchText;
use crate::{AcsSystemId, AcsUser, Timestamp, UserIdentity, UserIdentityId};

/// Which users a listing shows: those that pass every condition given.
///
/// The default has no condition and shows all users of the workspace.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUserFilter};
///
/// let filter = AcsUserFilter::new()
///     .in_system(AcsSystemId::from_u128(1))
///     .matching("ada".parse()?);
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct AcsUserFilter {
    /// Users of this system; of an unknown one there are none.
    pub system: Option<AcsSystemId>,
    /// Users linked to this identity; to an unknown one there are none.
    pub identity: Option<UserIdentityId>,
    /// Users whose identity has this e-mail address, in any case of its letters;
    /// `Some(None)` are users whose identity has none.
    pub identity_email_address: Option<Option<String>>,
    /// Users whose identity has this phone number, letter by letter; `Some(None)` are users
    /// whose identity has none.
    pub identity_phone_number: Option<Option<String>>,
    /// Users whose name, e-mail address, phone number or id, or whose identity's name, phone
    /// number or id, contains this text.
    pub search: Option<SearchText>,
    /// Users known since before this instant.
    pub created_before: Option<Timestamp>,
}

impl AcsUserFilter {
    /// All users.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only users of this system.
    #[must_use]
    pub fn in_system(mut self, system: AcsSystemId) -> Self {
        self.system = Some(system);
        self
    }

    /// Only users linked to this identity.
    #[must_use]
    pub fn of_identity(mut self, identity: UserIdentityId) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Only users who, or whose identity, this text is found in.
    #[must_use]
    pub fn matching(mut self, search: SearchText) -> Self {
        self.search = Some(search);
        self
    }

    /// Only users known since before this instant.
    #[must_use]
    pub fn created_before(mut self, instant: Timestamp) -> Self {
        self.created_before = Some(instant);
        self
    }

    /// Whether the user, linked to this identity or to none, passes every condition.
    #[must_use]
    pub fn fits(&self, user: &AcsUser, identity: Option<&UserIdentity>) -> bool {
        let linked = user.user_identity_id.as_deref();
        self.system
            .is_none_or(|system| user.acs_system_id == system)
            && self
                .identity
                .is_none_or(|id| linked.is_some_and(|linked| linked.parse() == Ok(id)))
            && self
                .created_before
                .is_none_or(|instant| user.created_at < instant)
            && is_reached(
                &self.identity_email_address,
                identity.map(|it| it.email_address.as_deref()),
                |one, other| one.to_lowercase() == other.to_lowercase(),
            )
            && is_reached(
                &self.identity_phone_number,
                identity.map(|it| it.phone_number.as_deref()),
                |one, other| one == other,
            )
            && self.search.as_ref().is_none_or(|search| {
                search.is_in_any([
                    user.full_name.as_deref(),
                    user.email_address.as_deref(),
                    user.phone_number.as_deref(),
                    Some(user.acs_user_id.to_string().as_str()),
                    linked,
                    identity.and_then(|it| it.full_name.as_deref()),
                    identity.and_then(|it| it.phone_number.as_deref()),
                ])
            })
    }
}

/// Whether an identity has what is wanted; without an identity, there is nobody to have it.
fn is_reached(
    wanted: &Option<Option<String>>,
    has: Option<Option<&str>>,
    is_same: impl FnOnce(&str, &str) -> bool,
) -> bool {
    match (wanted, has) {
        (None, _) | (Some(None), Some(None)) => true,
        (Some(Some(wanted)), Some(Some(has))) => is_same(wanted, has),
        _ => false,
    }
}

/// Which unmanaged users a listing shows. Nothing is unmanaged in any adapter of this
/// project; Seam's API has the question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct UnmanagedAcsUserFilter {
    /// Users of this system.
    pub system: Option<AcsSystemId>,
    /// Users linked to this identity.
    pub identity: Option<UserIdentityId>,
    /// Users whose identity has this e-mail address.
    pub identity_email_address: Option<String>,
    /// Users whose identity has this phone number.
    pub identity_phone_number: Option<String>,
    /// Users in whom this text is found.
    pub search: Option<SearchText>,
    /// How many at most; Seam's default is 500.
    pub limit: Option<NonZeroU32>,
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
        filter.identity_email_address = Some(address.map(str::to_owned));
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
    fn a_search_looks_at_the_user_and_at_their_identity() {
        let search = |text: &str| AcsUserFilter::new().matching(text.parse().expect("not empty"));
        for found in ["lovelace", "555 01", "000abc", "00001d", "AUGUSTA"] {
            check(search(found), true);
        }
        check(search("grace"), false);
        let alone = search("augusta").fits(&ada(), None);
        assert!(!alone);
    }

    #[test]
    fn an_identity_without_an_address_can_be_asked_for() {
        check(by_email(Some("ada@example.COM")), true);
        check(by_email(Some("grace@example.com")), false);
        check(by_email(None), false);
        let mut phone = AcsUserFilter::new();
        phone.identity_phone_number = Some(None);
        check(phone.clone(), true);
        assert!(!phone.fits(&ada(), None), "of no identity");
    }
}
