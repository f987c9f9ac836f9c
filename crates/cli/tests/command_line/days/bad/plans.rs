//! Saved plans that do not fit any more, or are not what was looked at.

use std::{fs, time::SystemTime};

use access_groups_core::Timestamp;
use access_groups_in_memory::{BlockingInMemory, State};
use access_groups_roster::{
    Origin, Plan, PlanOptions, ReadOptions, Roster, SavedPlan, observe_blocking,
};
use fastrand::Rng;
use serde_json::json;

use super::{Day, calm, must_be_refused, office};
use crate::days::{
    office::{Change, Office, Temper, must_be},
    round::Round,
    service::{self, Served},
};
use crate::harness::Ended;

pub(super) const DAYS: &[Day] = &[
    ("a second writer at the same memberships", second_writer),
    ("a second writer elsewhere", second_writer_elsewhere),
    ("a clock that was set back", clock_set_back),
    ("clocks that differ a little", clocks_differ),
    ("rows that have ended since", rows_ended),
    ("a confirmation of another plan", other_plan),
    ("half a plan", half_plan),
    ("a plan that was changed by hand", changed_by_hand),
    ("another workspace", other_workspace),
    ("another store", other_store),
    ("a group that is gone", group_gone),
];

/// An office at a service, and the plan of its roster, made so many seconds from now.
fn planned(rng: &mut Rng, office: Office, seconds: i64) -> Round {
    let round = Round::new(rng, office, None);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(since.expect("after 1970").as_secs()).expect("soon");
    save(&round, u32::try_from(now + seconds).expect("before 2106"));
    round
}

fn save(round: &Round, made_at: u32) {
    let made_at = Timestamp::from_unix_seconds(made_at);
    let state = State::from_site_json(&round.office.site.text()).expect("a site");
    let file = fs::read(&round.roster).expect("readable");
    let roster = Roster::from_csv(&file, &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(BlockingInMemory::new(state), &roster).expect("in memory");
    let plan = Plan::new(&roster, &observed, made_at, &PlanOptions::new()).expect("a plan");
    let origin = Origin::new("a test", made_at, &round.proxy.address)
        .in_workspace(observed.workspace())
        .of_roster("roster.csv", &file);
    let saved = SavedPlan::new(plan, &observed, origin);
    round.office.file("plan.json", saved.to_json().as_bytes());
}

fn apply(round: &Round, more: &[&str]) -> Ended {
    let (plan, journal) = (
        round.office.path("plan.json"),
        round.office.path("a.journal"),
    );
    round.run(&[&["apply", &plan, "--journal", &journal], more].concat())
}

fn second_writer(rng: &mut Rng) {
    let office = office(rng, Temper::Calm, |office| {
        office.changes().iter().any(Change::is_of_user)
    });
    let mut round = planned(rng, office, 0);
    let mut changes: Vec<_> = round
        .office
        .changes()
        .into_iter()
        .filter(Change::is_of_user)
        .collect();
    rng.shuffle(&mut changes);
    changes.truncate(rng.usize(1..=3));
    let words = match changes[0].adds {
        true => format!("{} is a member already", changes[0].person),
        false => format!("{} is not a member any more", changes[0].person),
    };
    round.meanwhile(changes);
    must_be_refused(&round, apply(&round, &[]), 5, &[&words, "make a new plan"]);
}

fn second_writer_elsewhere(rng: &mut Rng) {
    let office = calm(rng);
    let mut round = planned(rng, office, 0);
    let others = round.office.elsewhere(rng, 5);
    round.meanwhile(others);
    let ended = apply(&round, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    round.must_be_over(|round, undo, journal, is_guarded| round.finish(undo, journal, is_guarded));
}

fn clock_set_back(rng: &mut Rng) {
    let office = calm(rng);
    let ahead = *rng.choice(&[360, 3_600, 90_000, 40_000_000]).expect("some");
    let round = planned(rng, office, ahead);
    must_be_refused(&round, apply(&round, &[]), 5, &["clock", "make a new plan"]);
}

fn clocks_differ(rng: &mut Rng) {
    let office = calm(rng);
    let ahead = rng.i64(-240..=240);
    let round = planned(rng, office, ahead);
    let ended = apply(&round, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    must_be(&round.memberships(), &round.office.after, "after the apply");
}

/// Made in the year 2000, when the rows that have ended in fact were still to come.
fn rows_ended(rng: &mut Rng) {
    let is_dated = |cell: &String| cell.contains("200") || cell.contains("201");
    let has_ended =
        |office: &Office| (office.rows.iter()).any(|row| row.cells[2..=3].iter().any(is_dated));
    let office = office(rng, Temper::Calm, has_ended);
    let round = Round::new(rng, office, None);
    save(&round, 946_684_800);
    must_be_refused(
        &round,
        apply(&round, &[]),
        5,
        &["have begun or ended since", "make a new plan"],
    );
}

fn other_plan(rng: &mut Rng) {
    let temper = if rng.bool() {
        Temper::Calm
    } else {
        Temper::Wild
    };
    let office = office(rng, temper, |_| true);
    let round = planned(rng, office, 0);
    let hash = format!("{:012x}", rng.u64(..1 << 48));
    let words = format!("{hash} was confirmed");
    let ended = match rng.bool() {
        true => apply(&round, &["--confirm", &hash]),
        false => super::apply(&round, &["--confirm", &hash]),
    };
    must_be_refused(&round, ended, 5, &[&words, "look at"]);
}

fn half_plan(rng: &mut Rng) {
    let office = calm(rng);
    let round = planned(rng, office, 0);
    let path = round.office.path("plan.json");
    let plan = fs::read(&path).expect("readable");
    // The line end is not missed.
    fs::write(&path, &plan[..rng.usize(0..plan.len() - 1)]).expect("writable");
    must_be_refused(&round, apply(&round, &[]), 1, &["plan.json: "]);
}

/// One digit of it is another one.
fn changed_by_hand(rng: &mut Rng) {
    let office = calm(rng);
    let round = planned(rng, office, 0);
    let path = round.office.path("plan.json");
    let mut plan = fs::read(&path).expect("readable");
    let digits: Vec<_> = (0..plan.len())
        .filter(|place| plan[*place].is_ascii_digit())
        .collect();
    let place = *rng.choice(&digits).expect("digits");
    plan[place] = if plan[place] == b'9' {
        b'8'
    } else {
        plan[place] + 1
    };
    fs::write(&path, &plan).expect("writable");
    must_be_refused(&round, apply(&round, &[]), 1, &["plan.json: "]);
}

/// The same address leads to another workspace now.
fn other_workspace(rng: &mut Rng) {
    let (one, two) = (calm(rng), calm(rng));
    let round = planned(rng, one, 0);
    let other = Served::start(&two.site.memory(), None);
    round.proxy.redirect(&other.address);
    let ended = apply(&round, &[]);
    must_be_refused(&round, ended, 5, &["for workspace ", "nothing was changed"]);
    must_be(
        &service::memberships(&other.address, &two),
        &two.before,
        "of the other workspace",
    );
}

fn other_store(rng: &mut Rng) {
    let office = calm(rng);
    let round = planned(rng, office, 0);
    let served = round.served_address().to_owned();
    let plan = round.office.path("plan.json");
    let ended = round.run(&["apply", &plan, "--store", &served]);
    must_be_refused(&round, ended, 64, &["the plan is for", "--store"]);
}

fn group_gone(rng: &mut Rng) {
    let office = calm(rng);
    let mut round = planned(rng, office, 0);
    let group = round.office.changes().first().expect("two").group.clone();
    let asked = json!({"acs_access_group_id": group});
    service::post(round.served_address(), "/acs/access_groups/delete", &asked);
    let place = round
        .office
        .groups
        .iter()
        .position(|found| found.id == group);
    round.office.groups.remove(place.expect("there"));
    round.office.before.retain(|pair| pair.0 != group);
    must_be_refused(
        &round,
        apply(&round, &[]),
        5,
        &["the group does not exist any more"],
    );
}
