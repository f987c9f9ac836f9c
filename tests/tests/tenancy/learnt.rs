//! Ids and times that a store chooses by itself: two requests that do the same get other ones.

use crate::world::World;

/// The text with the same ids and the same time in place of new ones.
pub(crate) fn without_new(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut ids = Vec::new();
    // What is in quotes is every other piece: no text of the worlds has quotes in it.
    for (number, piece) in text.split('"').enumerate() {
        if number > 0 {
            shown.push('"');
        }
        if is_new_id(piece) {
            let known = ids.iter().position(|id| *id == piece);
            let index = known.unwrap_or_else(|| {
                ids.push(piece);
                ids.len() - 1
            });
            shown.push_str(&format!("00000000-0000-4000-8000-{index:012}"));
        } else if is_new_time(piece) {
            shown.push_str("1970-01-12T13:46:40.000Z");
        } else {
            shown.push_str(piece);
        }
    }
    shown
}

/// Whether this is an id of no world.
fn is_new_id(text: &str) -> bool {
    let is_id = text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        });
    is_id && !World::ALL.iter().any(|world| world.is_in(text))
}

/// Whether this is a time of these years: what the worlds have is of 1970.
fn is_new_time(text: &str) -> bool {
    text.starts_with("20") && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T')
}

#[test]
fn only_what_is_new_is_replaced() {
    let check = |text: &str, expected: &str| assert_eq!(without_new(text), expected);
    let old = World::Second.user(1);
    let text = format!(r#"{{"a":"{old}","b":"1970-01-01T00:16:40Z"}}"#);
    check(&text, &text);
    let new = [
        "018f0000-0000-4000-9000-000000000007",
        "018f0000-0000-4000-9000-000000000008",
    ];
    check(
        &format!(
            r#"["{}","{}","{}","2026-11-27T08:00:00.123Z"]"#,
            new[0], new[1], new[0]
        ),
        r#"["00000000-0000-4000-8000-000000000000","00000000-0000-4000-8000-000000000001","00000000-0000-4000-8000-000000000000","1970-01-12T13:46:40.000Z"]"#,
    );
}
