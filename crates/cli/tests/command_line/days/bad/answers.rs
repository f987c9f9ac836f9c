//! A service whose answers cannot be trusted while the plan is made.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use fastrand::Rng;

use super::{Day, apply, calm, must_be_refused};
use crate::days::{
    proxy::{Asked, Deed},
    round::Round,
};

pub(super) const DAYS: &[Day] = &[
    ("a list that is cut off on the way", cut_off),
    ("JSON that ends in the middle", half_json),
    ("a cursor that comes back", repeated_cursor),
    ("errors while reading", errors),
    ("a page to sign in while reading", sign_in_page),
    ("lost connections while reading", hang_up),
    ("a refused credential while reading", refused_credential),
    ("a service that stutters", stutter),
];

/// From a random read on, this happens to every request: no plan, no change.
fn check(
    rng: &mut Rng,
    codes: &[i32],
    words: &[&str],
    deed: impl Fn(&Asked<'_>) -> Deed + Send + Sync + 'static,
) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    let from = rng.usize(1..=round.reads());
    round.proxy.decide(move |asked| match asked.number >= from {
        true => deed(asked),
        false => Deed::Pass,
    });
    let ended = apply(&round, &[]);
    let code = ended.code.expect("a code");
    assert!(codes.contains(&code), "{ended:?}");
    must_be_refused(&round, ended, code, words);
}

fn cut_off(rng: &mut Rng) {
    let part = rng.f64();
    check(rng, &[69], &["hint: "], move |_| {
        change_body(move |body| cut(body, part), false)
    });
}

fn half_json(rng: &mut Rng) {
    let part = rng.f64();
    check(rng, &[1, 69], &[], move |_| {
        change_body(move |body| cut(body, part), true)
    });
}

fn errors(rng: &mut Rng) {
    let status = *rng.choice(&[500, 502, 503, 504]).expect("some");
    // A mistake of the service is not cured by trying again.
    let code = if status == 500 { 1 } else { 69 };
    check(rng, &[code], &[&status.to_string()], move |_| {
        Deed::Answer(status, "application/json", "{}")
    });
}

fn sign_in_page(rng: &mut Rng) {
    check(rng, &[69], &["sign-in page"], |_| {
        Deed::Answer(200, "text/html", "<html>Please sign in</html>")
    });
}

fn hang_up(rng: &mut Rng) {
    check(rng, &[69], &["hint: "], |_| Deed::HangUp);
}

fn refused_credential(rng: &mut Rng) {
    check(rng, &[4], &["SEAM_API_KEY"], |_| {
        Deed::Answer(401, "application/json", "{}")
    });
}

/// The first page of users, again and again.
fn repeated_cursor(rng: &mut Rng) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    // Of each system: a cursor belongs to its list.
    let first = Arc::new(Mutex::new(HashMap::<String, Vec<u8>>::new()));
    round.proxy.decide(move |asked| {
        if asked.path != "/acs/users/list" {
            return Deed::Pass;
        }
        let asked: serde_json::Value = serde_json::from_str(asked.body).expect("JSON");
        let (first, system) = (Arc::clone(&first), asked["acs_system_id"].to_string());
        change_body(
            move |body| {
                first
                    .lock()
                    .expect("no panic")
                    .entry(system)
                    .or_insert(body)
                    .clone()
            },
            true,
        )
    });
    let size = rng.usize(1..=2).to_string();
    let ended = apply(&round, &["--page-size", &size]);
    must_be_refused(&round, ended, 1, &["cursor"]);
}

/// Every third request fails, and succeeds when it is repeated.
fn stutter(rng: &mut Rng) {
    let office = calm(rng);
    let round = Round::new(rng, office, None);
    round.proxy.decide(|asked| match asked.number % 3 {
        0 => Deed::Answer(503, "application/json", "{}"),
        _ => Deed::Pass,
    });
    let (roster, journal) = (round.roster.clone(), round.office.path("a.journal"));
    let ended = round.run(&["apply", &roster, "--journal", &journal]);
    if ended.code != Some(0) {
        // Other calls come in between: three attempts of one may all be third ones. With 75, those of
        // a group that is read at the end.
        assert!(matches!(ended.code, Some(1 | 3 | 69 | 75)), "{ended:?}");
        round.proxy.pass();
        round.settle_apply(&roster, &journal);
    }
    round.proxy.pass();
    round.must_be_over(|round, undo, journal, is_guarded| round.finish(undo, journal, is_guarded));
}

fn change_body(
    change: impl FnOnce(Vec<u8>) -> Vec<u8> + Send + 'static,
    with_length: bool,
) -> Deed {
    Deed::Change(Box::new(move |head, body| {
        let before = format!("content-length: {}\r\n", body.len());
        let body = change(body);
        let after = format!("content-length: {}\r\n", body.len());
        assert!(head.contains(&before), "{head}");
        let head = if with_length {
            head.replace(&before, &after)
        } else {
            head
        };
        (head, body)
    }))
}

/// A part of it, and not all.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a few kilobytes"
)]
fn cut(mut body: Vec<u8>, part: f64) -> Vec<u8> {
    body.truncate((body.len() as f64 * part) as usize);
    body
}
