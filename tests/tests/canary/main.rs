//! A key and an e-mail address go through every path of the libraries, and are found again only where
//! they belong: the key in the requests to the service, the address in results that were asked for.
//!
//! Everything that the HTTP adapters, the server and the libraries below them log is collected at
//! TRACE, for all tests together: no test may leave a trace.

#![allow(clippy::print_stdout, reason = "a run shows its counts")]

mod hostile;
mod log;
mod operations;
mod replies;
mod served;
mod values;

use std::{collections::BTreeSet, error::Error as StdError, fmt::Debug};

/// It looks like a real one.
const KEY: &str = "seam_testBird_5wordF15h5wordF15h5wordF1";

/// A part of the key that nothing else has.
const OF_KEY: &str = "5wordF15h";

const ADDRESS: &str = "canary.bird@coalmine.example";

/// Parts of the address: of neither, anything may be shown.
const OF_ADDRESS: [&str; 2] = ["canary.bird", "coalmine"];

/// Neither the key nor the address is in the text.
#[track_caller]
fn must_be_silent(what: &str, text: &str) {
    must_not_show_key(what, text);
    for part in OF_ADDRESS {
        must_not_show(what, part, text);
    }
}

#[track_caller]
fn must_not_show_key(what: &str, text: &str) {
    must_not_show(what, OF_KEY, text);
}

#[track_caller]
fn must_not_show(what: &str, part: &str, text: &str) {
    // In any case: names of headers lose theirs. A log has millions of lines, and one tells enough.
    let part = part.to_ascii_lowercase();
    let mut lines = text.lines();
    let line = lines.find(|line| line.to_ascii_lowercase().contains(&part));
    assert!(line.is_none(), "{what} shows {part}: {line:?}");
}

/// `Debug` in both forms shows neither.
#[track_caller]
fn debug_must_be_silent(value: &impl Debug) {
    must_be_silent("Debug", &format!("{value:?}"));
    must_be_silent("Debug", &format!("{value:#?}"));
}

/// An error and its causes in every form.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!("\ncaused by: {cause} {cause:?}"));
        next = cause.source();
    }
    text
}

/// Every operation of the table is among these.
#[track_caller]
fn must_be_all<'a>(names: impl IntoIterator<Item = &'a str>) {
    let names: BTreeSet<_> = names.into_iter().collect();
    let table = access_groups_core::Operation::NAMES.iter().copied();
    assert_eq!(names, table.collect());
}
