//! What limits and counting cost a request that breaks no limit.

use std::path::Path;

use crate::{
    Outcome, Plan,
    children::{self, Program},
    in_rows, instructions,
    load::Load,
    rounds,
    site::Site,
    table::{Section, Unit},
};

/// The server beside itself without counting and, if there is one, beside another build of it; each
/// with how many times as dear a request may be.
pub(crate) fn measure(plan: &Plan, against: Option<&Path>) -> Outcome<Vec<(Section, f64)>> {
    let this = Program::this(Some(USERS))?;
    let counting = this.clone().counting();
    let title = "server, counting what it does";
    let yardstick = "the same without counting";
    let cost = compare(plan, title, yardstick, (&counting, &this))?;
    let mut sections = vec![(cost, COUNTING)];
    if let Some(path) = against {
        let before = Program::of(path.to_owned(), Some(USERS));
        let (title, yardstick) = (
            "server, a change of membership",
            "the build to compare with",
        );
        let cost = compare(plan, title, yardstick, (&this, &before))?;
        sections.push((cost, LIMITS));
    }
    Ok(sections)
}

/// Fails if a request is more than so many times as dear, in instructions or, in full, in CPU time.
pub(crate) fn check(section: &Section, most: f64, in_full: bool) -> Outcome<()> {
    let rows = section.rows.iter();
    let mut rows = rows.filter(|row| match row.unit() {
        Unit::Instructions => true,
        Unit::MicrosecondsOfCpu => in_full,
        _ => false,
    });
    rows.try_for_each(|row| row.check(1.0 / most))
}

fn compare(
    plan: &Plan,
    title: &str,
    yardstick: &'static str,
    (ours, theirs): (&Program, &Program),
) -> Outcome<Section> {
    let site = Site::of_users(USERS);
    let (served, other) = (ours.start()?, theirs.start()?);
    let connect = |address| Load::connect(address, &site, CONNECTIONS, plan.calls);
    let (mut to_ours, mut to_theirs) = (connect(served.address)?, connect(other.address)?);
    to_ours.run(CONNECTIONS * 10)?;
    to_theirs.run(CONNECTIONS * 10)?;
    let count = plan
        .rounds
        .max(if plan.rosters.has_limits { ROUNDS } else { 1 });
    let made = rounds(
        count,
        title,
        || to_ours.measure(plan.calls, &served.cpu()),
        || to_theirs.measure(plan.calls, &other.cpu()),
    )?;
    let mut rows: Vec<_> = in_rows("32 connections", &made).into();
    rows.push(instructions("one connection", |of_ours| {
        let program = if of_ours { ours } else { theirs };
        children::instructions_of_server(program, &site, COUNTED)
    })?);
    Ok(Section {
        title: title.into(),
        yardstick,
        rows,
    })
}

const USERS: usize = 100;
const CONNECTIONS: usize = 32;
const ROUNDS: usize = 20;

/// Two numbers of requests under callgrind.
const COUNTED: (u32, u32) = (200, 1_200);

/// How many times as dear counting may make a request.
const COUNTING: f64 = 1.02;

/// How many times as dear all limits may make it.
const LIMITS: f64 = 1.03;
