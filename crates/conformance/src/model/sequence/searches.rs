//! Searches: for parts of texts that are there, and for what is nearly such a part.

use access_groups_core::names::fold;

use super::{
    pools::{NAMES, nth},
    *,
};

/// In which text, for what of it, and what is changed of that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    text: usize,
    part: usize,
    at: [usize; 2],
    twist: Option<usize>,
}

pub(super) fn searches() -> impl Strategy<Value = Search> {
    let number = || 0..64_usize;
    // Seldom changed again: then it would be far from all texts.
    let (at, twist) = ([number(), number()], option::weighted(0.15, number()));
    (number(), 0..PARTS.len(), at, twist).prop_map(|(text, part, at, twist)| Search {
        text,
        part,
        at,
        twist,
    })
}

impl Search {
    /// The search in these texts of a resource, in the order in which a store may join them.
    pub(super) fn in_texts(self, texts: &[String]) -> Option<SearchText> {
        let text = nth(texts, self.text)?;
        let next = nth(texts, self.text + 1)?;
        let found = nth(PARTS, self.part)?(text, next, self.at);
        NAMES.twisted(&found, self.twist).parse().ok()
    }
}

/// What is searched of a text and of the one after it, at these places.
type Part = fn(text: &str, next: &str, at: [usize; 2]) -> String;

const PARTS: &[Part] = &[
    |text, _, _| text.to_owned(),
    |text, _, at| {
        let [start, end] = places(text, at);
        text[start..end].to_owned()
    },
    |text, _, at| across_a_blank(text, at),
    |text, _, at| fold(&across_a_blank(text, at)),
    |text, _, at| {
        let [start, end] = places(text, at);
        text[start..end].to_uppercase()
    },
    // From here on, most are nearly parts.
    |text, _, [at, by]| with_letter(text, at, nth(&["x", "_", "%", "?", "*", "."], by)),
    |text, _, at| {
        let [start, end] = places(text, at);
        format!("{}%{}", &text[..start], &text[end..])
    },
    |text, _, _| {
        let words: Vec<_> = text.split_whitespace().rev().collect();
        words.join(" ")
    },
    |text, _, _| {
        let (first, last) = (
            text.split_whitespace().next(),
            text.split_whitespace().last(),
        );
        [first, last]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    },
    |text, next, at| format!("{}{}", end_of(text, at), start_of(next, at)),
    |text, next, at| format!("{} {}", end_of(text, at), start_of(next, at)),
    |text, _, _| format!("{text}{text}"),
    |text, _, _| text.split_whitespace().collect(),
    |_, _, _| " ".to_owned(),
    |_, _, _| "nobody at all".to_owned(),
];

/// Two places in the text, in order.
fn places(text: &str, [one, other]: [usize; 2]) -> [usize; 2] {
    let mut places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
    places.push(text.len());
    let [one, other] = [one % places.len(), other % places.len()];
    [places[one.min(other)], places[one.max(other)]]
}

/// A part with a blank of the text inside, if there is one.
fn across_a_blank(text: &str, [before, after]: [usize; 2]) -> String {
    let Some((left, right)) = text.split_once(' ') else {
        return text.to_owned();
    };
    format!(
        "{} {}",
        end_of(left, [before, after]),
        start_of(right, [after, before])
    )
}

/// The last letters of the text, one at least.
fn end_of(text: &str, [count, _]: [usize; 2]) -> &str {
    let start = text.char_indices().rev().nth(count % 4);
    start.map_or(text, |(at, _)| &text[at..])
}

/// The first letters of the text, one at least.
fn start_of(text: &str, [_, count]: [usize; 2]) -> &str {
    let end = text.char_indices().nth(1 + count % 4);
    end.map_or(text, |(at, _)| &text[..at])
}

fn with_letter(text: &str, at: usize, letter: Option<&&str>) -> String {
    let count = text.chars().count().max(1);
    let letters = text.chars().enumerate();
    let changed = letters.map(|(number, known)| match letter {
        Some(letter) if number == at % count => (*letter).to_owned(),
        _ => known.to_string(),
    });
    changed.collect()
}
