//! That nothing is left out: every operation, every path, every field, every place.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::Operation;
use access_groups_protocol::routes;

use crate::{
    judge::about,
    requests,
    service::{Caller, Way},
    world::World,
};

#[test]
fn every_operation_is_asked_at_every_path() {
    let names: BTreeSet<_> = requests::all().iter().map(Operation::name).collect();
    assert_eq!(names, Operation::NAMES.iter().copied().collect());

    let paths = requests::all().into_iter().flat_map(|operation| {
        let ways = Way::all(&operation).into_iter();
        ways.map(move |way| {
            let request = way.request(&operation, Caller::Key(World::First));
            request.uri().path().to_owned()
        })
    });
    let paths: BTreeSet<String> = paths.collect();
    let routes: BTreeSet<String> = routes().map(|route| route.path.to_owned()).collect();
    assert_eq!(paths, routes);
}

/// What a filter can ask for, a request asks for: else nobody would notice that it tells.
#[test]
fn every_field_of_every_operation_is_used() {
    let mut fields: BTreeMap<&str, BTreeMap<String, bool>> = BTreeMap::new();
    for operation in requests::all() {
        let of_operation = fields.entry(operation.name()).or_default();
        for (field, is_used) in fields_of(&format!("{operation:?}")) {
            *of_operation.entry(field).or_default() |= is_used;
        }
    }
    let listed = fields["entrances"].keys().map(String::as_str);
    assert!(
        listed.collect::<BTreeSet<_>>().contains("space"),
        "{fields:?}"
    );
    for (operation, fields) in fields {
        for (field, is_used) in fields {
            assert!(is_used, "no request of {operation} has a {field}");
        }
    }
}

/// The fields that a debug text shows, and whether they have a value.
fn fields_of(text: &str) -> Vec<(String, bool)> {
    let colons = text.match_indices(": ");
    let field = colons.map(|(at, colon)| {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let name = text[..at].rsplit(|c| !is_name(c)).next();
        let value = &text[at + colon.len()..];
        let is_empty = ["None", "[]", "Keep"]
            .iter()
            .any(|empty| value.starts_with(empty));
        (name.unwrap_or_default().to_owned(), !is_empty)
    });
    field.collect()
}

/// On the wire, nothing of a world stays behind when every place has left it.
#[test]
fn every_word_of_a_request_is_in_a_place() {
    for operation in requests::all() {
        let moved = about(World::Second, &operation);
        assert_eq!(about(World::First, &moved), operation);
        for way in Way::all(&operation) {
            let words_of_first = |operation| {
                let request = way.request(operation, Caller::Key(World::First));
                let body = String::from_utf8_lossy(request.body()).into_owned();
                let request = format!("{} {body}", request.uri());
                [World::First.piece(), World::First.mark()]
                    .iter()
                    .map(|word| request.matches(word).count())
                    .sum::<usize>()
            };
            assert_eq!(words_of_first(&moved), 0, "{way:?} {moved:?}");
        }
    }
}
