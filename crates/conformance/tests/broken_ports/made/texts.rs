//! Texts that are kept otherwise than they were given.

use std::str::FromStr;

use access_groups_core::*;

use super::{Class, Made, Store, made};

pub(super) fn table() -> Vec<Made> {
    let pairs = WAYS
        .iter()
        .flat_map(|way| SPOILERS.iter().map(move |spoiler| (way, spoiler)));
    let real = pairs.filter(|(way, spoiler)| way.3(spoiler.1));
    real.map(|(way, spoiler)| keeps(*way, *spoiler)).collect()
}

/// A text in an operation: changed, if the change is one that its type can hold.
type Way = (
    &'static str,
    &'static str,
    fn(&mut Operation, Change),
    fn(Change) -> bool,
);
type Change = fn(&str) -> String;

/// The operation, the field, and where it is.
macro_rules! ways {
    ($($operation:ident: $($field:literal as $type:ty = $($path:ident).+ by $how:ident,)*;)*) => {
        const WAYS: &[Way] = &[$($((
            $operation::NAME,
            $field,
            |operation, change| {
                if let Operation::$operation(op) = operation {
                    $how(&mut op.$($path).+, change);
                }
            },
            is_real::<$type>,
        ),)*)*];
    };
}

ways! {
    CreateAcsUser:
        "full_name" as PersonName = user.full_name by text,
        "email_address" as EmailAddress = user.email_address by option,
        "phone_number" as ContactDetail = user.phone_number by option,;
    UpdateAcsUser:
        "full_name" as PersonName = update.full_name by option,
        "email_address" as EmailAddress = update.email_address by option,
        "phone_number" as ContactDetail = update.phone_number by option,;
    CreateUserIdentity:
        "key" as UserIdentityKey = identity.key by option,
        "full_name" as PersonName = identity.full_name by option,
        "email_address" as EmailAddress = identity.email_address by option,
        "phone_number" as ContactDetail = identity.phone_number by option,;
    UpdateUserIdentity:
        "key" as UserIdentityKey = update.key by patch,
        "full_name" as PersonName = update.full_name by patch,
        "email_address" as EmailAddress = update.email_address by patch,
        "phone_number" as ContactDetail = update.phone_number by patch,;
    LinkAcsUser: "key" as UserIdentityKey = identity by key,;
    CreateAccessGroup: "name" as ResourceName = group.name by text,;
    UpdateAccessGroup: "name" as ResourceName = update.name by option,;
    CreateAcsSystem: "name" as ResourceName = system.name by text,;
    UpdateAcsSystem: "name" as ResourceName = update.name by option,;
    CreateEntrance: "name" as ResourceName = entrance.name by text,;
    UpdateEntrance: "name" as ResourceName = update.name by option,;
}

fn text<T: FromStr + ToString>(text: &mut T, change: Change) {
    if let Ok(changed) = change(&text.to_string()).parse() {
        *text = changed;
    }
}

fn option<T: FromStr + ToString>(given: &mut Option<T>, change: Change) {
    if let Some(given) = given {
        text(given, change);
    }
}

fn patch<T: FromStr + ToString>(given: &mut Patch<T>, change: Change) {
    if let Patch::Set(given) = given {
        text(given, change);
    }
}

fn key(given: &mut UserIdentitySelector, change: Change) {
    if let UserIdentitySelector::Key(given) = given {
        text(given, change);
    }
}

const SPOILERS: &[(&str, Change)] = &[
    ("trimmed", |text| text.trim().to_owned()),
    ("cut at 255", |text| text.chars().take(255).collect()),
    ("cut at 255 bytes", |text| {
        let mut end = text.len().min(255);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[..end].to_owned()
    }),
    ("cut at 500", |text| text.chars().take(500).collect()),
    ("escaped for HTML", |text| {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\'', "&#39;")
    }),
    ("unescaped from HTML", |text| {
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }),
    ("with doubled quotes", |text| text.replace('\'', "''")),
    ("without backslashes", |text| text.replace('\\', "")),
    ("without letters of four bytes", |text| {
        text.chars()
            .map(|letter| if letter.len_utf8() < 4 { letter } else { '?' })
            .collect()
    }),
    ("in Latin-1", |text| {
        text.chars()
            .map(|letter| if letter < '\u{100}' { letter } else { '?' })
            .collect()
    }),
    ("in ASCII", |text| {
        text.chars()
            .map(|letter| if letter.is_ascii() { letter } else { '?' })
            .collect()
    }),
    ("composed", |text| {
        let composed = icu_normalizer::ComposingNormalizerBorrowed::new_nfc();
        composed.normalize(text).into_owned()
    }),
    ("decomposed", |text| {
        let decomposed = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
        decomposed.normalize(text).into_owned()
    }),
    ("in small letters", str::to_lowercase),
    ("with one blank for several", |text| {
        let mut kept = String::new();
        for letter in text.chars() {
            if letter != ' ' || !kept.ends_with(' ') {
                kept.push(letter);
            }
        }
        kept
    }),
    ("without line breaks", |text| {
        text.replace(['\r', '\n'], " ")
    }),
    ("with one kind of line break", |text| {
        text.replace("\r\n", "\n")
    }),
    ("without tabs", |text| text.replace('\t', " ")),
    ("without what nobody sees", |text| {
        text.replace(
            ['\u{ad}', '\u{200b}', '\u{200d}', '\u{200e}', '\u{feff}'],
            "",
        )
    }),
    ("percent-decoded", |text| {
        text.replace("%20", " ")
            .replace("%41", "A")
            .replace("%25", "%")
    }),
    ("with + as a blank", |text| text.replace('+', " ")),
    ("without +", |text| text.replace('+', "")),
    ("as digits", |text| {
        let is_kept = |letter: &char| letter.is_ascii_digit() || *letter == '+';
        match text.chars().any(|letter| letter.is_ascii_digit()) && text.len() < 40 {
            true => text.chars().filter(is_kept).collect(),
            false => text.to_owned(),
        }
    }),
    ("without leading zeros", |text| {
        text.trim_start_matches('0').to_owned()
    }),
    ("null as nothing", |text| {
        if text.eq_ignore_ascii_case("null") {
            ""
        } else {
            text
        }
        .to_owned()
    }),
    ("as a number", |text| {
        text.parse::<u64>()
            .map_or_else(|_| text.to_owned(), |n| n.to_string())
    }),
];

/// Whether the type lets a text through that the spoiler changes.
fn is_real<T: FromStr + PartialEq>(change: Change) -> bool {
    let mut texts = AWKWARD.iter().map(|text| (text.to_string(), change(text)));
    let long = [
        "a".repeat(600),
        "é".repeat(600),
        format!("{}@example.com", "a".repeat(600)),
    ];
    let long = long.map(|text| (text.clone(), change(&text)));
    texts.by_ref().chain(long).any(|(text, changed)| {
        let (text, changed) = (text.parse::<T>(), changed.parse::<T>());
        matches!((text, changed), (Ok(text), Ok(changed)) if text != changed)
    })
}

/// Texts that one of the spoilers changes.
const AWKWARD: &[&str] = &[
    " a ",
    "a & <b>",
    "&lt;b&gt;",
    "O'Brien \\",
    "e\u{301} é",
    "Ж 𝔊 \u{1f600}",
    "a\r\nb\nc",
    "a  b\tc",
    "a\u{ad}\u{200b}b",
    "%41%20+1",
    "+1 (555) 0100",
    "007",
    "o'neil&co+tag%41@Example.com",
    "007@example.com",
    "null",
];

fn keeps((name, field, way, _): Way, (what, change): (&'static str, Change)) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut other = operation.clone();
        if operation.name() == name {
            way(&mut other, change);
        }
        store.call(&other)
    };
    made(Class::Texts, format!("{name} keeps {field} {what}"), layer)
}
