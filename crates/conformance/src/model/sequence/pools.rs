//! Texts that careless adapters change, or take for one another.

use std::str::FromStr;

use access_groups_core::names::fold;

use super::*;
use crate::model::oracle::Oracle;

/// Texts of one kind.
pub(super) struct Pool {
    /// The first two are plain.
    texts: &'static [&'static str],
    /// Changes that matter to this kind, besides those that matter to every text.
    twists: &'static [Twist],
    /// What the resources have now.
    present: fn(&Oracle) -> Vec<&str>,
}

/// A change that makes a text which is near another one, and is not the same.
type Twist = fn(&str) -> String;

/// Which text, and which change of it.
pub(super) type Draw = (usize, Option<usize>);

impl Pool {
    /// Texts for calls: of the pool or of a resource, often changed.
    pub(super) fn drafts<T: FromStr + Clone + fmt::Debug + 'static>(
        &'static self,
        known: &Known,
    ) -> BoxedStrategy<T> {
        let now = known.scene.oracle.clone();
        let which = prop_oneof![1 => 0..2_usize, 1 => 0..64_usize];
        let of_resource = prop::bool::weighted(0.5);
        let draw = (of_resource, which, self.twist());
        draw.prop_filter_map("an invalid text", move |(of_resource, which, twist)| {
            let present = of_resource.then(|| (self.present)(&now));
            let present = present.unwrap_or_default();
            let any = nth(&present, which).copied();
            let text = any.unwrap_or_else(|| self.text(which));
            // A change may make it invalid, as an address that ends in a blank is.
            let twisted = self.twisted(text, twist).parse();
            twisted.or_else(|_| text.parse()).ok()
        })
        .boxed()
    }

    /// The two texts from which those of a site are made, so that they are near each other.
    pub(super) fn of_site(&self) -> impl Strategy<Value = [usize; 2]> + use<> {
        let any = 0..self.texts.len();
        prop_oneof![Just([0, 1]), [any.clone(), any]]
    }

    /// A text of a site, made of one of two.
    pub(super) fn draws(&self) -> impl Strategy<Value = Draw> + use<> {
        (0..2_usize, self.twist())
    }

    /// The text that is drawn.
    pub(super) fn drawn(&self, texts: [usize; 2], (which, twist): Draw) -> String {
        self.twisted(self.text(texts[which % 2]), twist)
    }

    pub(super) fn text(&self, number: usize) -> &'static str {
        self.texts[number % self.texts.len()]
    }

    pub(super) fn twist(&self) -> impl Strategy<Value = Option<usize>> + use<> {
        option::weighted(0.45, 0..self.twists.len() + TWISTS.len())
    }

    pub(super) fn twisted(&self, text: &str, twist: Option<usize>) -> String {
        let Some(number) = twist else {
            return text.to_owned();
        };
        let twists = self.twists.iter().chain(TWISTS);
        let twist = twists.cycle().nth(number);
        twist.map_or_else(|| text.to_owned(), |twist| twist(text))
    }
}

/// One of them, if there are any.
pub(super) fn nth<T>(items: &[T], number: usize) -> Option<&T> {
    items.get(number.checked_rem(items.len())?)
}

/// The names of people.
pub(super) static NAMES: Pool = Pool {
    texts: &[
        "Somebody New",
        "Mary Ann Groß",
        "Zoe\u{308} O’Groß",
        "Kim Işık Éva",
        "A & B <c> O'Neil \"x\" \\ 100%_",
        "𝔘𝔫𝔦 😀",
        "null",
        "0",
    ],
    twists: &[],
    present: |oracle| {
        let of_users = oracle.users.values().map(|user| &user.full_name);
        let identities = oracle.identities.values();
        let of_identities = identities.map(|identity| &identity.contact.name);
        of_users
            .chain(of_identities)
            .flatten()
            .map(String::as_str)
            .collect()
    },
};

/// The names of systems, groups and entrances.
pub(super) static TITLES: Pool = Pool {
    texts: &[
        "Gym",
        "Groß West Wing",
        "We\u{301}ndy’s\u{a0}gym",
        "Tower of Kiss",
        "Lift & 'Bar' <1> \\ 100%_",
        "𝔘𝔫𝔦 😀",
        "NULL",
        "0",
    ],
    twists: &[],
    present: |oracle| {
        let of_groups = oracle.groups.values().map(|group| &group.name);
        let of_systems = oracle.systems.values().map(|system| &system.name);
        let of_entrances = oracle.entrances.values().map(|entrance| &entrance.name);
        let all = of_groups.chain(of_systems).chain(of_entrances);
        all.map(String::as_str).collect()
    },
};

/// E-mail addresses.
pub(super) static EMAILS: Pool = Pool {
    texts: &[
        "ada@example.com",
        "grace@example.com",
        "a.d_a@example.com",
        "o'kissinger+gym@mail.example.com",
        // Looks like the first, and is nobody's.
        "ａda@example.com",
    ],
    twists: &[
        |text| text.to_ascii_uppercase(),
        |text| text.replace("@e", "@E"),
        |text| text.replace('@', "+gym@"),
        |text| text.replace('@', ".x@"),
        |text| text.replacen('.', "", 1),
        |text| text.replacen('a', "_", 1),
        |text| text.replace(".com", ".co"),
        |text| text.replace("@", "@mail."),
        |text| format!("{}{text}", "a".repeat(255 - text.len().min(255))),
        |text| format!("{}{text}", "b".repeat(255 - text.len().min(255))),
        |text| format!("{text}."),
        |_| String::new(),
    ],
    present: |oracle| {
        let of_users = oracle.users.values().map(|user| &user.email);
        let identities = oracle.identities.values();
        let of_identities = identities.map(|identity| &identity.contact.email);
        of_users
            .chain(of_identities)
            .flatten()
            .map(String::as_str)
            .collect()
    },
};

/// Phone numbers, in any notation.
pub(super) static PHONES: Pool = Pool {
    texts: &[
        "+15550100",
        "+15550101",
        "+1 (555) 0100",
        "+15550100 ext. 7",
        "Kiosk, ask for É & 'Zoe\u{308}'",
        "0",
    ],
    twists: &[
        |text| text.replacen('+', "00", 1),
        |text| text.replacen('+', "", 1),
        |text| text.replacen('+', "＋", 1),
        |text| text.replace("555", "-555-"),
        |text| text.replace("555", " 555 "),
        |text| text.replace('1', "١"),
        |text| text.replace('1', "１"),
        |text| text.chars().filter(char::is_ascii_digit).collect(),
        |text| text.replacen("0", "", 1),
        |_| String::new(),
    ],
    present: |oracle| {
        let of_users = oracle.users.values().map(|user| &user.phone);
        let identities = oracle.identities.values();
        let of_identities = identities.map(|identity| &identity.contact.phone);
        of_users
            .chain(of_identities)
            .flatten()
            .map(String::as_str)
            .collect()
    },
};

/// Callers' keys of identities.
pub(super) static KEYS: Pool = Pool {
    texts: &[
        "key-1",
        "key-2",
        "Kiss_1%",
        // Reads like an id, and is none.
        "1d000000-0000-4000-8000-000000000001",
        " ",
        "É",
        "null",
        "007",
    ],
    twists: &[|text| text.replacen('-', "_", 1)],
    present: |oracle| {
        let keys = oracle.identities.values().map(|identity| &identity.key);
        keys.flatten().map(String::as_str).collect()
    },
};

/// Each makes a text that some comparison or some column takes for the same.
const TWISTS: &[Twist] = &[
    // Cases.
    |text| text.to_ascii_uppercase(),
    |text| text.to_uppercase(),
    |text| text.to_lowercase(),
    // Normal forms, and letters that look alike.
    |text| text.replace('É', "E\u{301}").replace("e\u{308}", "ë"),
    |text| text.replacen(['k', 'K'], "\u{212a}", 1),
    |text| text.replacen('i', "ı", 1),
    |text| text.replacen("ss", "ß", 1),
    |text| text.replacen('a', "а", 1),
    |text| text.replacen('e', "é", 1),
    |text| text.replacen(['y', 'Y'], "ｙ", 1),
    |text| fold(text),
    // Blanks, and what is not to be seen.
    |text| format!("{text} "),
    |text| format!(" {text}"),
    |text| format!("\u{a0}{text}"),
    |text| format!("{text}\n"),
    |text| text.replacen(' ', "\u{a0}", 1),
    |text| text.replacen(' ', "  ", 1),
    |text| text.replacen(' ', "", 1),
    |text| inserted(text, "\u{200b}"),
    |text| inserted(text, "\u{ad}"),
    // One letter more, less or other.
    |text| format!("{text}s"),
    |text| but_last(text),
    |text| text.chars().skip(1).collect(),
    |text| format!("{}_", but_last(text)),
    |text| format!("{}%", but_last(text)),
    // Signs of SQL, JSON, HTML and URLs.
    |text| format!("{text}'"),
    |text| format!("{text}''"),
    |text| format!("{text}\""),
    |text| format!("{text}\\"),
    |text| format!("{text}&"),
    |text| format!("{text}&amp;"),
    |text| format!("{text}+%20<br>"),
    // Letters of four bytes.
    |text| format!("{text}😀"),
    |text| format!("{text}😁"),
    // Long ones that differ in the last letter.
    |text| lengthened(text, 256, 'x'),
    |text| lengthened(text, 256, 'y'),
    |text| lengthened(text, MAX_TEXT_CHARS, 'x'),
    |text| lengthened(text, MAX_TEXT_CHARS, '😀'),
];

fn but_last(text: &str) -> String {
    let mut letters = text.chars();
    letters.next_back();
    letters.as_str().to_owned()
}

fn inserted(text: &str, part: &str) -> String {
    let at = text.char_indices().nth(1).map_or(0, |(at, _)| at);
    format!("{}{part}{}", &text[..at], &text[at..])
}

/// The text, filled up to so many characters, with another last one.
fn lengthened(text: &str, count: usize, last: char) -> String {
    let missing = count.saturating_sub(text.chars().count() + 1);
    format!("{text}{}{last}", "o".repeat(missing))
}
