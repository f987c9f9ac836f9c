//! Failures name people, groups, entrances and systems: an id says nothing to whoever typed a name.

use std::{collections::BTreeMap, str::FromStr};

use access_groups_core::prelude::*;

use crate::{
    failure::{Exit, Failure},
    resolve::Resource,
};

/// The failure, with names in place of the ids in it, as far as they can be read.
pub(crate) fn named(failure: Failure, port: &dyn BlockingAccessGroupPort) -> Failure {
    // A service that is away or refuses the credential tells no names either.
    if failure.exit() != Exit::Failed {
        return failure;
    }
    let mut known = BTreeMap::new();
    failure.map_texts(|text| {
        with_names(text, |noun, id| {
            let name = known.entry(id.to_owned());
            name.or_insert_with(|| name_of(noun, id, port)).clone()
        })
    })
}

fn name_of(noun: &str, id: &str, port: &dyn BlockingAccessGroupPort) -> Option<String> {
    match noun {
        USER => read::<AcsUser>(id, port),
        GROUP => read::<AccessGroup>(id, port),
        ENTRANCE => read::<Entrance>(id, port),
        _ => read::<AcsSystem>(id, port),
    }
}

/// "user "Ada Lovelace"", unless there is none with this id, as the failure may say itself.
fn read<T: Resource>(id: &str, port: &dyn BlockingAccessGroupPort) -> Option<String>
where
    T::Id: FromStr,
{
    let found = T::read(id.parse().ok()?, port).ok()?;
    Some(format!("{} {:?}", T::NOUN, found.displayed_name()))
}

/// The text, with each noun and its id replaced by what the function says.
fn with_names(text: &str, mut name: impl FnMut(&str, &str) -> Option<String>) -> String {
    let mut named = String::new();
    let mut rest = text;
    let next = |rest: &str| {
        let places = NOUNS.iter().filter_map(|noun| {
            let start = rest.find(&format!("{noun} "))?;
            Some((start, *noun))
        });
        places.min()
    };
    while let Some((start, noun)) = next(rest) {
        let (before, found) = rest.split_at(start);
        named.push_str(before);
        let id = found.get(noun.len() + 1..noun.len() + 1 + ID_LENGTH);
        let replaced = id.and_then(|id| Some((name(noun, id)?, id.len())));
        let taken = match replaced {
            Some((replaced, id)) => {
                named.push_str(&replaced);
                noun.len() + 1 + id
            }
            None => {
                named.push_str(noun);
                noun.len()
            }
        };
        rest = &found[taken..];
    }
    named + rest
}

const USER: &str = "ACS user";
const GROUP: &str = "access group";
const ENTRANCE: &str = "entrance";
const SYSTEM: &str = "ACS system";

/// What comes before the ids in the messages of stores.
const NOUNS: [&str; 4] = [USER, GROUP, ENTRANCE, SYSTEM];

/// The length of a UUID.
const ID_LENGTH: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a0000000-0000-4000-8000-000000000001";

    fn check(text: &str, expected: &str) {
        let named = with_names(text, |noun, id| (id == ID).then(|| format!("the {noun}")));
        assert_eq!(named, expected);
    }

    #[test]
    fn id_behind_a_noun_becomes_a_name() {
        check(
            &format!("ACS user {ID} belongs to ACS system {ID}, access group {ID} to none"),
            "the ACS user belongs to the ACS system, the access group to none",
        );
        check(&format!("entrance {ID}"), "the entrance");
    }

    #[test]
    fn other_text_stays() {
        for text in [
            "",
            "no ACS user é",
            "ACS user 1",
            ID,
            "an entrance is shut",
            "ACS user b0000000-0000-4000-8000-000000000001 is unknown",
        ] {
            check(text, text);
        }
    }
}
