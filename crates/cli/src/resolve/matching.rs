//! Which of many resources match a text. Pure.

use std::collections::BTreeSet;

use access_groups_core::{AcsSystemId, SearchText, names};

use super::{Resource, sort};

/// The resources whose name or e-mail address is the text, or whose id begins with it; each once,
/// sorted by name and then by id.
pub(super) fn matches<T: Resource>(text: &SearchText, all: &[T]) -> Vec<T> {
    let (text, folded) = (text.as_str(), names::fold(text.as_str()));
    let is_address = |known: &str| names::are_same_address(known, text);
    let is_name = |known: &str| match text.contains('@') {
        // Many people are shown by their address: one that looks alike may be a stranger's.
        true => is_address(known.trim()),
        // A text of nothing that is shown names nobody, not those without a name.
        false => !folded.is_empty() && names::fold(known) == folded,
    };
    let begins = is_id_prefix(text).then(|| text.to_ascii_lowercase());
    sorted(all, |item| {
        let begins = begins.as_ref();
        item.names().any(is_name)
            || item.addresses().any(is_address)
            || begins.is_some_and(|begin| item.id().to_string().starts_with(begin))
    })
}

/// Of both lists, the resources whose system occurs in the other list.
pub(super) fn of_common_systems<A: Resource, B: Resource>(
    left: Vec<A>,
    right: Vec<B>,
) -> (Vec<A>, Vec<B>) {
    // First the left side by the right one, then the right side by what remains of the left.
    let of_right: BTreeSet<AcsSystemId> = right.iter().map(Resource::system).collect();
    let mut left = left;
    left.retain(|item| of_right.contains(&item.system()));
    let of_left: BTreeSet<AcsSystemId> = left.iter().map(Resource::system).collect();
    let mut right = right;
    right.retain(|item| of_left.contains(&item.system()));
    (left, right)
}

/// The least length of the beginning of an id; tables show no shorter one.
pub(crate) const SHORTEST_ID: usize = 8;

/// Whether a text can be the beginning of an id: 8 characters or more, hyphens as in UUIDs.
pub(super) fn is_id_prefix(text: &str) -> bool {
    let fits = |(place, letter): (usize, char)| match place {
        8 | 13 | 18 | 23 => letter == '-',
        _ => letter.is_ascii_hexdigit(),
    };
    (SHORTEST_ID..=36).contains(&text.len()) && text.char_indices().all(fits)
}

fn sorted<T: Resource>(all: &[T], fits: impl Fn(&T) -> bool) -> Vec<T> {
    let mut found: Vec<_> = all.iter().filter(|item| fits(item)).cloned().collect();
    sort(&mut found);
    // Two searches may have found the same resource. Equal ids are neighbours: their names are equal.
    found.dedup_by_key(|item| item.id());
    found
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AccessGroup, AccessGroupId, AcsUser, AcsUserId};

    use super::*;
    use crate::{args::IdOrName, resolve::Index};

    const ADA: u128 = 0xada00000_0000_4000_8000_000000000001;
    const NORTH: AcsSystemId = AcsSystemId::from_u128(1);
    const SOUTH: AcsSystemId = AcsSystemId::from_u128(2);

    fn user(id: u128, name: &str) -> AcsUser {
        AcsUser::new(AcsUserId::from_u128(id), NORTH, name)
    }

    fn people() -> Vec<AcsUser> {
        let mut linked = user(4, "M. Kowalska");
        linked.user_identity_full_name = Some(Some("Marta Kowalska".into()));
        linked.user_identity_email_address = Some(Some("marta@example.org".into()));
        vec![
            user(ADA, "Ada Lovelace").with_email_address("Ada@Example.com"),
            user(2, "Ada Lovelace").with_display_name("Ada L."),
            user(3, "ADA00000"),
            linked,
            user(5, "Étienne"),
            user(6, "kim@example.com "),
            user(7, ""),
        ]
    }

    fn check(text: &str, expected: &[u128]) {
        let (people, text) = (people(), text.parse().expect("a text"));
        let found = matches(&text, &people);
        let ids: Vec<_> = found.iter().map(|user| user.acs_user_id).collect();
        let indexed = Index::new(&people).matches(&IdOrName::Name(text.clone()));
        assert_eq!(indexed, found, "{text:?}");
        let expected: Vec<_> = expected
            .iter()
            .map(|id| AcsUserId::from_u128(*id))
            .collect();
        assert_eq!(ids, expected, "{text:?}");
    }

    #[test]
    fn whole_name_matches_in_any_case() {
        check("ada lovelace", &[2, ADA]);
        check("ADA L.", &[2]);
        check("étienne", &[5]);
        check("ÉTIENNE", &[5]);
        check("Ada", &[]);
        check("\u{200b}", &[]);
        check("da Lovelac", &[]);
    }

    #[test]
    fn address_of_user_or_identity_matches() {
        check("ada@example.com", &[ADA]);
        check("MARTA@example.org", &[4]);
        check("marta kowalska", &[4]);
        check("example.com", &[]);
        check("\u{212a}im@example.com", &[]); // the sign of kelvins, which looks like a K
        check("KIM@EXAMPLE.COM", &[6]);
    }

    #[test]
    fn beginning_of_id_and_equal_name_match() {
        check("ada00000-", &[ADA]);
        check("ADA00000-0000-4", &[ADA]);
        check("ada00000", &[ADA, 3]); // no match takes precedence
        check("ada0000", &[]);
    }

    #[test]
    fn id_prefix_has_8_characters_and_hyphens() {
        let check = |text: &str, expected| assert_eq!(is_id_prefix(text), expected, "{text:?}");
        check("ada00000", true);
        check("ADA00000", true);
        check("ada00000-", true);
        check("ada00000-0000-4000-8000-00000000000", true);
        check("ada0000", false);
        check("ada000000", false);
        check("ada0000-0", false);
        check("adag0000", false);
        check("ada00000-0000-4000-8000-0000000000011", false);
        check("ada0000é", false);
    }

    #[test]
    fn each_match_is_listed_once() {
        let twice = [people(), people()].concat();
        let found = matches(&"Ada L.".parse().expect("a text"), &twice);
        assert_eq!(found.len(), 1);
    }

    fn check_common(
        users: &[(u128, AcsSystemId)],
        groups: &[(u128, AcsSystemId)],
        left: &[u128],
        right: &[u128],
    ) {
        let users = users
            .iter()
            .map(|(id, system)| AcsUser::new(AcsUserId::from_u128(*id), *system, "x"));
        let groups = groups
            .iter()
            .map(|(id, system)| AccessGroup::new(AccessGroupId::from_u128(*id), *system, "x"));
        let (users, groups) = of_common_systems(users.collect(), groups.collect());
        let users: Vec<_> = users
            .iter()
            .map(|user| user.acs_user_id.as_uuid().as_u128())
            .collect();
        let groups: Vec<_> = groups
            .iter()
            .map(|group| group.acs_access_group_id.as_uuid().as_u128())
            .collect();
        assert_eq!((&*users, &*groups), (left, right));
    }

    #[test]
    fn only_resources_of_common_systems_remain() {
        check_common(&[(1, NORTH), (2, SOUTH)], &[(3, SOUTH)], &[2], &[3]);
        check_common(&[(1, NORTH)], &[(3, SOUTH), (4, NORTH)], &[1], &[4]);
        check_common(&[(1, NORTH), (2, NORTH)], &[(3, NORTH)], &[1, 2], &[3]);
        check_common(&[(1, NORTH), (2, NORTH)], &[(3, SOUTH)], &[], &[]);
    }
}
