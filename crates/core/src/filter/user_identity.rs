use super::SearchText;
use crate::{AcsSystemId, Timestamp, UserIdentity, UserIdentityId};

/// Which identities a listing shows: those that pass every condition given.
///
/// The default has no condition and shows all identities of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct UserIdentityFilter {
    /// These identities only; an empty list shows none.
    pub identities: Option<Vec<UserIdentityId>>,
    /// Identities that this credential manager knows. Adapters that know no credential
    /// managers show none.
    pub credential_manager: Option<AcsSystemId>,
    /// Identities whose name, e-mail address, phone number or id contains this text.
    pub search: Option<SearchText>,
    /// Identities known since before this instant.
    pub created_before: Option<Timestamp>,
}

impl UserIdentityFilter {
    /// All identities.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these identities.
    #[must_use]
    pub fn among(mut self, identities: impl IntoIterator<Item = UserIdentityId>) -> Self {
        self.identities = Some(identities.into_iter().collect());
        self
    }

    /// Only identities in which this text is found.
    #[must_use]
    pub fn matching(mut self, search: SearchText) -> Self {
        self.search = Some(search);
        self
    }

    /// Whether the identity passes every condition; no identity is known to a credential
    /// manager.
    #[must_use]
    pub fn fits(&self, identity: &UserIdentity) -> bool {
        let id = identity.user_identity_id;
        self.credential_manager.is_none()
            && self.identities.as_ref().is_none_or(|ids| ids.contains(&id))
            && self
                .created_before
                .is_none_or(|instant| identity.created_at < instant)
            && self.search.as_ref().is_none_or(|search| {
                search.is_in_any([
                    identity.full_name.as_deref(),
                    identity.email_address.as_deref(),
                    identity.phone_number.as_deref(),
                    Some(id.to_string().as_str()),
                ])
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edit: impl FnOnce(&mut UserIdentityFilter), expected: bool) {
        let identity = UserIdentity::new(UserIdentityId::from_u128(5), "Ada Lovelace")
            .with_email_address("ada@example.com")
            .with_created_at(Timestamp::from_unix_seconds(100));
        let mut filter = UserIdentityFilter::new();
        edit(&mut filter);
        assert_eq!(filter.fits(&identity), expected, "{filter:?}");
    }

    #[test]
    fn every_condition_must_hold() {
        check(|_| (), true);
        check(
            |it| it.identities = Some(vec![UserIdentityId::from_u128(5)]),
            true,
        );
        check(|it| it.identities = Some(Vec::new()), false);
        for (text, found) in [
            ("LOVE", true),
            ("@example", true),
            ("000005", true),
            ("Grace", false),
        ] {
            check(|it| it.search = text.parse().ok(), found);
        }
        let before = |second| Some(Timestamp::from_unix_seconds(second));
        check(|it| it.created_before = before(100), false);
        check(|it| it.created_before = before(101), true);
        check(
            |it| it.credential_manager = Some(AcsSystemId::from_u128(1)),
            false,
        );
    }
}
