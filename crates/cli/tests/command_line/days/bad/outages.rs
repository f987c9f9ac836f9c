//! A service that is lost in the middle of an apply.

use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;

use super::{Day, apply, office};
use crate::days::{office::Temper, proxy::Deed, round::Round};

pub(super) const DAYS: &[Day] = &[
    ("an outage half-way", outage),
    ("lost connections half-way", hang_up),
    ("a page to sign in half-way", sign_in_page),
    ("a refused credential half-way", refused_credential),
    ("changes that are refused", refusals),
];

/// From a random change on, this happens to everything. Then the service is there again, and the apply
/// is resumed.
fn check(rng: &mut Rng, alone: i32, deed: fn() -> Deed, ends: bool) {
    let office = office(rng, Temper::Calm, |_| true);
    let round = Round::new(rng, office, None);
    let from = rng.usize(1..=round.office.changes().len());
    let count = AtomicUsize::new(0);
    round.proxy.decide(move |asked| {
        let number = match asked.is_change() {
            true => count.fetch_add(1, Ordering::SeqCst) + 1,
            false => count.load(Ordering::SeqCst),
        };
        let is_hit = number >= from && (ends || asked.is_change());
        if is_hit { deed() } else { Deed::Pass }
    });
    let ended = apply(&round, &[]);
    let made = round.proxy.changes().len();
    let journal = round.office.path("a.journal");
    let hint = format!("`access-groups resume {journal}` goes on");
    let expected = if made == 0 { alone } else { 3 };
    assert_eq!(ended.code, Some(expected), "{made} changes made: {ended:?}");
    assert!(ended.stderr.contains(&hint), "{ended:?}");
    round.proxy.pass();
    round.resume(&journal);
    round.must_be_over(|round, undo, journal, is_guarded| round.finish(undo, journal, is_guarded));
}

fn outage(rng: &mut Rng) {
    check(
        rng,
        69,
        || Deed::Answer(503, "application/json", "{}"),
        true,
    );
}

fn hang_up(rng: &mut Rng) {
    check(rng, 69, || Deed::HangUp, true);
}

fn sign_in_page(rng: &mut Rng) {
    check(
        rng,
        69,
        || Deed::Answer(200, "text/html", "<html>Please sign in</html>"),
        true,
    );
}

fn refused_credential(rng: &mut Rng) {
    check(rng, 4, || Deed::Answer(401, "application/json", "{}"), true);
}

fn refusals(rng: &mut Rng) {
    check(
        rng,
        1,
        || Deed::Answer(409, "application/json", REFUSAL),
        false,
    );
}

const REFUSAL: &str = r#"{"ok":false,"error":{"type":"conflict","message":"the group is full"}}"#;
