//! Searches in an index of trigrams: one folded text for each row, of which the index finds parts.
//!
//! The index only narrows. What is in no single field, because a part spans two of them, or is not
//! allowed by another condition, is refused by the filter.

use access_groups_core::{
    AcsUser, AcsUserFilter, SearchText, UserIdentity, UserIdentityFilter, names::fold,
};

/// The folded text by which a user is found; `identity` is the one that they are linked to. To be made
/// again when either changes, and for all rows when
/// [`FOLD_VERSION`](access_groups_core::names::FOLD_VERSION) does.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, AcsUser, AcsUserId};
/// use access_groups_sql::{part, text_of_user};
///
/// let ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada Lovelace");
/// let search = part(&"LOVE".parse()?).expect("three letters or more");
/// assert!(text_of_user(&ada, None).contains(&search));
/// # Ok::<(), access_groups_core::ParseSearchError>(())
/// ```
#[must_use]
pub fn text_of_user(user: &AcsUser, identity: Option<&UserIdentity>) -> String {
    folded(AcsUserFilter::searched(user, identity))
}

/// The folded text by which an identity is found.
#[must_use]
pub fn text_of_identity(identity: &UserIdentity) -> String {
    folded(UserIdentityFilter::searched(identity))
}

/// What the text of every row that a search finds contains. `None` if it has fewer than three
/// characters: then an index of trigrams finds nothing, and all rows must be visited.
#[must_use]
pub fn part(search: &SearchText) -> Option<String> {
    let part = fold(search.as_str());
    (part.chars().nth(2).is_some()).then_some(part)
}

/// A fold holds no line feed, so that one keeps fields apart.
fn folded(texts: impl Iterator<Item = impl AsRef<str>>) -> String {
    let texts: Vec<_> = texts.map(|text| fold(text.as_ref())).collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AcsSystemId, AcsUserId, UserIdentityId};
    use proptest::prelude::*;

    use super::*;

    fn ada() -> AcsUser {
        AcsUser::new(
            AcsUserId::from_u128(0xabc),
            AcsSystemId::from_u128(2),
            "Ada",
        )
    }

    proptest! {
        /// No search that the filter answers is missed by the index.
        #[test]
        fn the_index_misses_nothing(
            name in "\\PC{0,12}",
            phone in "[+0-9 ]{0,8}",
            start in 0_usize..12,
            length in 3_usize..6,
        ) {
            let letters = name.chars().skip(start).take(length).collect::<String>();
            let Ok(search) = letters.parse::<SearchText>() else { return Ok(()) };
            let mut user = ada();
            user.full_name = Some(name.clone());
            let identity = UserIdentity::new(UserIdentityId::from_u128(3), &*phone);
            let fits = AcsUserFilter::new().matching(search.clone()).fits(&user, Some(&identity));
            if let Some(part) = part(&search) {
                let text = text_of_user(&user, Some(&identity));
                prop_assert!(!fits || text.contains(&part), "{text:?} {part:?}");
            }
            let mut named = identity;
            named.full_name = Some(name);
            let fits = UserIdentityFilter::new().matching(search.clone()).fits(&named);
            if let Some(part) = part(&search) {
                let text = text_of_identity(&named);
                prop_assert!(!fits || text.contains(&part), "{text:?} {part:?}");
            }
        }
    }

    #[test]
    fn every_field_is_in_the_text() {
        let mut user = ada();
        user.email_address = Some("ada@example.com".into());
        user.phone_number = Some("+1 555".into());
        let mut identity = UserIdentity::new(UserIdentityId::from_u128(0xdef), "Augusta");
        identity.phone_number = Some("+44 7".into());
        identity.email_address = Some("augusta@example.com".into());
        let of_user = text_of_user(&user, Some(&identity));
        for found in [
            "ada",
            "ada@example.com",
            "+1 555",
            "000abc",
            "augusta",
            "+44 7",
        ] {
            assert!(of_user.contains(found), "{found}: {of_user}");
        }
        let of_identity = text_of_identity(&identity);
        for found in ["augusta", "augusta@example.com", "+44 7", "000def"] {
            assert!(of_identity.contains(found), "{found}: {of_identity}");
        }
    }

    #[test]
    fn a_short_search_has_no_part() {
        let check = |text: &str, expected: Option<&str>| {
            let search = text.parse().expect("a search");
            assert_eq!(part(&search).as_deref(), expected, "{text}");
        };
        check("Ad", None);
        check("ADA", Some("ada"));
        check("ﬃ", Some("ffi")); // one letter that folds to three
        check("é", None);
    }
}
