//! How a person names a user, a group, an entrance or a system on the command line.

use std::str::FromStr;

use access_groups_core::{ParseSearchError, SearchText};

/// An id, or a text that has to be looked up: a name, an e-mail address, the beginning of an
/// id. Blanks around it do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted<Id> {
    /// It costs no lookup.
    Id(Id),
    /// See [`resolve`](crate::resolve).
    Text(SearchText),
}

impl<Id: FromStr> FromStr for Wanted<Id> {
    type Err = ParseSearchError;

    fn from_str(text: &str) -> Result<Self, ParseSearchError> {
        let text = text.trim();
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use access_groups_core::AcsUserId;

    use super::*;

    fn check(text: &str, expected: Option<Wanted<AcsUserId>>) {
        assert_eq!(text.parse().ok(), expected, "{text:?}");
    }

    #[test]
    fn a_whole_id_is_an_id_and_all_else_is_looked_up() {
        let id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        check(id, Some(Wanted::Id(id.parse().expect("an id"))));
        check(
            &format!(" {id}\n"),
            Some(Wanted::Id(id.parse().expect("an id"))),
        );
        for text in ["3f2504e0", "ada@example.com", "Ada", &id[1..]] {
            check(text, Some(Wanted::Text(text.parse().expect("a text"))));
        }
        check(" Ada ", Some(Wanted::Text("Ada".parse().expect("a text"))));
    }

    #[test]
    fn nothing_is_refused() {
        check("", None);
        check("  ", None);
        check(&"a".repeat(1001), None);
    }
}
