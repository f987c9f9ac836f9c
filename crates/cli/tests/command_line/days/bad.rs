//! Days on which something is wrong: nobody is removed whom the plan does not show and the guards, or
//! a person, have not allowed; nothing is invented; and the message says what is wrong.

mod answers;
mod crowds;
mod journals;
mod outages;
mod plans;
mod sheets;

use std::thread;

use fastrand::Rng;

use super::{
    office::{Office, Temper, must_be},
    round::Round,
};
use crate::harness::Ended;

/// What is wrong, and the day.
type Day = (&'static str, fn(&mut Rng));

#[test]
fn bad_days_do_no_harm() {
    let days = [
        sheets::DAYS,
        answers::DAYS,
        outages::DAYS,
        plans::DAYS,
        crowds::DAYS,
        journals::DAYS,
    ]
    .concat();
    let each = u64::try_from(days.len()).expect("few");
    super::run("bad days", each, 500, |rng, number| {
        let (what, day) = days[usize::try_from(number % each).expect("few")];
        let _named = Named(what);
        day(rng);
        vec![("kinds", usize::from(number < each))]
    });
}

/// Says on which day a test has failed.
struct Named(&'static str);

impl Drop for Named {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("bad day: {}", self.0);
        }
    }
}

/// An office whose roster has something to do, and no more than the guards allow.
fn calm(rng: &mut Rng) -> Office {
    office(rng, Temper::Calm, |_| true)
}

/// The first of many offices that has what a day is about.
fn office(rng: &mut Rng, temper: Temper, has: impl Fn(&Office) -> bool) -> Office {
    loop {
        let people = rng.usize(4..=40);
        let office = Office::new(rng, people, temper);
        if office.changes().len() >= 2 && has(&office) {
            return office;
        }
    }
}

/// Nothing was changed, and the error has this code and all of these words.
#[track_caller]
fn must_be_refused(round: &Round, ended: Ended, code: i32, words: &[&str]) {
    let ended = ended.badly(code);
    for words in words {
        assert!(
            ended.stderr.contains(words),
            "{words:?} is not in {ended:?}"
        );
    }
    assert_eq!(
        round.proxy.changes(),
        [],
        "nothing was asked for: {ended:?}"
    );
    let before = super::office::changed(round.office.before.clone(), &round.by_others);
    must_be(&round.memberships(), &before, "nothing was changed");
}

/// Applies the round's roster; the guards let it pass.
fn apply(round: &Round, more: &[&str]) -> Ended {
    let journal = round.office.path("a.journal");
    round.run(&[&["apply", &round.roster, "--journal", &journal], more].concat())
}
