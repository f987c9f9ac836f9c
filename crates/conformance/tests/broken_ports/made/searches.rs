//! Searches that look at too little, at too much, or in their own way.

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{
    Class, Made, Store,
    content::{Row, edited, on_rows, whole},
    filters::without,
    made,
    paging::{paged, question},
};

pub(super) fn table() -> Vec<Made> {
    let mut table = Vec::new();
    for (list, fields) in SEARCHED {
        // One field is joined with nothing.
        let ways = WAYS
            .iter()
            .filter(|way| fields.len() > 1 || !way.0.contains("joined"));
        table.extend(ways.map(|way| searches_its_way(list, *way)));
        table.extend(fields.iter().map(|field| overlooks(list, field)));
        table.extend(REWRITES.iter().map(|rewrite| rewrites(list, *rewrite)));
    }
    table
}

/// The lists with a search, and what they search.
const SEARCHED: &[(&str, &[&str])] = &[
    (ListAccessGroups::NAME, &["name", "id"]),
    (
        ListAcsUsers::NAME,
        &[
            "full name",
            "e-mail address",
            "phone number",
            "id",
            "id of the identity",
            "name of the identity",
            "phone number of the identity",
        ],
    ),
    (ListAcsSystems::NAME, &["name", "id"]),
    (ListEntrances::NAME, &["name"]),
    (
        ListUserIdentities::NAME,
        &["full name", "e-mail address", "phone number", "id"],
    ),
];

/// The texts of a row that its list searches, in the order of the table.
trait Searched: Row {
    fn texts(&self, state: &State) -> Vec<Option<String>>;
}

impl Searched for AccessGroup {
    fn texts(&self, _: &State) -> Vec<Option<String>> {
        vec![
            Some(self.name.clone()),
            Some(self.acs_access_group_id.to_string()),
        ]
    }
}

impl Searched for AcsSystem {
    fn texts(&self, _: &State) -> Vec<Option<String>> {
        vec![
            Some(self.name.clone()),
            Some(self.acs_system_id.to_string()),
        ]
    }
}

impl Searched for Entrance {
    fn texts(&self, _: &State) -> Vec<Option<String>> {
        vec![Some(self.display_name.clone())]
    }
}

impl Searched for UserIdentity {
    fn texts(&self, _: &State) -> Vec<Option<String>> {
        vec![
            self.full_name.clone(),
            self.email_address.clone(),
            self.phone_number.clone(),
            Some(self.user_identity_id.to_string()),
        ]
    }
}

impl Searched for AcsUser {
    fn texts(&self, state: &State) -> Vec<Option<String>> {
        let identity = self
            .user_identity_id
            .as_deref()
            .and_then(|id| id.parse().ok());
        let identity = identity.and_then(|id: UserIdentityId| state.user_identity(id).ok());
        vec![
            self.full_name.clone(),
            self.email_address.clone(),
            self.phone_number.clone(),
            Some(self.acs_user_id.to_string()),
            self.user_identity_id.clone(),
            identity.and_then(|identity| identity.full_name.clone()),
            identity.and_then(|identity| identity.phone_number.clone()),
        ]
    }
}

/// The rows that a search of one's own finds among those that pass the other conditions.
fn found(
    store: &mut Store<'_>,
    operation: &Operation,
    list: &'static str,
    finds: impl Fn(&str, &[Option<String>]) -> bool,
) -> Result<Reply, Error> {
    let (Some(all), Some(text)) = (without(operation, list, "search"), search_of(operation)) else {
        return store.call(operation);
    };
    let all = whole(store.state, &all)?;
    let found = edited(operation, all, |content| {
        on_rows!(content, rows => rows.retain(|row| finds(&text, &row.texts(store.state))), else ());
    });
    paged(operation, &found, &question(operation))
}

fn search_of(operation: &Operation) -> Option<String> {
    let search = match operation {
        Operation::ListAccessGroups(op) => &op.filter.search,
        Operation::ListAcsUsers(op) => &op.filter.search,
        Operation::ListAcsSystems(op) => &op.filter.search,
        Operation::ListEntrances(op) => &op.filter.search,
        Operation::ListUserIdentities(op) => &op.filter.search,
        _ => return None,
    };
    search.as_ref().map(|text| text.as_str().to_owned())
}

fn overlooks(list: &'static str, field: &'static str) -> Made {
    let fields = SEARCHED.iter().find(|known| known.0 == list);
    let number = fields.and_then(|known| known.1.iter().position(|known| *known == field));
    let number = number.expect("a field of the list");
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        found(store, operation, list, |text, texts| {
            let mut others = texts.to_vec();
            others.remove(number);
            others.iter().flatten().any(|other| contains(other, text))
        })
    };
    made(
        Class::Searches,
        format!("{list} searches without the {field}"),
        layer,
    )
}

/// Whether a text is found in these.
type Way = (&'static str, fn(&str, &[Option<String>]) -> bool);

const WAYS: &[Way] = &[
    ("at the beginning", |text, texts| {
        any(texts, |known| {
            names::fold(known).starts_with(&names::fold(text))
        })
    }),
    ("at the end", |text, texts| {
        any(texts, |known| {
            names::fold(known).ends_with(&names::fold(text))
        })
    }),
    ("whole texts", |text, texts| {
        any(texts, |known| names::fold(known) == names::fold(text))
    }),
    ("at the beginning of words", |text, texts| {
        let (part, spaced) = (names::fold(text), |known: &str| {
            format!(" {}", names::fold(known))
        });
        any(texts, |known| spaced(known).contains(&format!(" {part}")))
    }),
    ("words in any order", |text, texts| {
        let (part, words) = (names::fold(text), |known: &str| names::fold(known));
        any(texts, |known| {
            part.split_whitespace()
                .all(|word| words(known).contains(word))
        })
    }),
    ("words over all texts", |text, texts| {
        let part = names::fold(text);
        let joined = names::fold(&joined(texts, " "));
        !part.trim().is_empty() && part.split_whitespace().all(|word| joined.contains(word))
    }),
    ("in the texts joined by a blank", |text, texts| {
        contains(&joined(texts, " "), text)
    }),
    ("in the texts joined", |text, texts| {
        contains(&joined(texts, ""), text)
    }),
    ("A to Z in any case", |text, texts| {
        let lower = |text: &str| text.to_ascii_lowercase();
        any(texts, |known| lower(known).contains(&lower(text)))
    }),
    ("in this case only", |text, texts| {
        any(texts, |known| known.contains(text))
    }),
    ("in small letters", |text, texts| {
        any(texts, |known| {
            known.to_lowercase().contains(&text.to_lowercase())
        })
    }),
    ("without accents", |text, texts| {
        let bare = |text: &str| {
            let is_mark = |letter: &char| ('\u{300}'..'\u{370}').contains(letter);
            names::fold(text)
                .chars()
                .filter(|letter| !is_mark(letter))
                .collect::<String>()
        };
        any(texts, |known| bare(known).contains(&bare(text)))
    }),
    ("letters and digits only", |text, texts| {
        let bare = |text: &str| {
            names::fold(text)
                .chars()
                .filter(|letter| letter.is_alphanumeric())
                .collect::<String>()
        };
        any(texts, |known| bare(known).contains(&bare(text)))
    }),
    ("with % and _ as wildcards", |text, texts| {
        any(texts, |known| {
            like(&names::fold(text), &names::fold(known), None)
        })
    }),
    ("with \\ as an escape", |text, texts| {
        any(texts, |known| {
            like(&names::fold(text), &names::fold(known), Some('\\'))
        })
    }),
    ("with * and ? as wildcards", |text, texts| {
        let pattern = names::fold(text).replace('*', "%").replace('?', "_");
        any(texts, |known| like(&pattern, &names::fold(known), None))
    }),
];

fn searches_its_way(list: &'static str, (what, finds): Way) -> Made {
    let layer =
        move |store: &mut Store<'_>, operation: &Operation| found(store, operation, list, finds);
    made(Class::Searches, format!("{list} searches {what}"), layer)
}

/// A search text that is changed on its way.
type Rewrite = (&'static str, fn(&str) -> String);

const REWRITES: &[Rewrite] = &[
    ("cut at 50", |text| text.chars().take(50).collect()),
    ("cut at 255", |text| text.chars().take(255).collect()),
    ("without quotes", |text| text.replace(['\'', '"'], "")),
    ("with doubled quotes", |text| text.replace('\'', "''")),
    ("with doubled backslashes", |text| {
        text.replace('\\', "\\\\")
    }),
    ("with escaped %", |text| {
        text.replace('%', "\\%").replace('_', "\\_")
    }),
    ("escaped for HTML", |text| {
        text.replace('&', "&amp;").replace('<', "&lt;")
    }),
    ("with + as a blank", |text| text.replace('+', " ")),
    ("up to a #", |text| {
        text.split('#').next().unwrap_or_default().to_owned()
    }),
    ("up to a &", |text| {
        text.split('&').next().unwrap_or_default().to_owned()
    }),
    ("without letters of four bytes", |text| {
        text.chars()
            .filter(|letter| letter.len_utf8() < 4)
            .collect()
    }),
];

fn rewrites(list: &'static str, (what, change): Rewrite) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        found(store, operation, list, |text, texts| {
            let text = change(text);
            any(texts, |known| contains(known, &text))
        })
    };
    made(
        Class::Searches,
        format!("{list} searches a text {what}"),
        layer,
    )
}

fn any(texts: &[Option<String>], finds: impl Fn(&str) -> bool) -> bool {
    texts.iter().flatten().any(|text| finds(text))
}

fn contains(text: &str, part: &str) -> bool {
    names::fold(text).contains(&names::fold(part))
}

fn joined(texts: &[Option<String>], between: &str) -> String {
    let given: Vec<_> = texts.iter().flatten().map(String::as_str).collect();
    given.join(between)
}

/// SQL's `LIKE '%pattern%'`.
fn like(pattern: &str, text: &str, escape: Option<char>) -> bool {
    let mut pieces = vec![Piece::Any];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        pieces.push(match letter {
            _ if Some(letter) == escape => letters.next().map_or(Piece::Any, Piece::One),
            '%' if escape.is_none() => Piece::Any,
            '_' if escape.is_none() => Piece::Some,
            letter => Piece::One(letter),
        });
    }
    pieces.push(Piece::Any);
    matches(&pieces, &text.chars().collect::<Vec<_>>())
}

enum Piece {
    One(char),
    Some,
    Any,
}

fn matches(pieces: &[Piece], text: &[char]) -> bool {
    // For each number of pieces, whether they match the text so far.
    let mut here = vec![false; pieces.len() + 1];
    here[0] = true;
    let skip = |here: &mut Vec<bool>| {
        for (number, piece) in pieces.iter().enumerate() {
            here[number + 1] |= here[number] && matches!(piece, Piece::Any);
        }
    };
    skip(&mut here);
    for letter in text {
        let mut next = vec![false; here.len()];
        for (number, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Any => next[number] |= here[number],
                Piece::Some => next[number + 1] |= here[number],
                Piece::One(one) => next[number + 1] |= here[number] && one == letter,
            }
        }
        // A wildcard that was passed over may still take the letter.
        for (number, piece) in pieces.iter().enumerate() {
            if matches!(piece, Piece::Any) {
                next[number + 1] |= here[number + 1];
                next[number] |= here[number];
            }
        }
        skip(&mut next);
        here = next;
    }
    here[pieces.len()]
}
