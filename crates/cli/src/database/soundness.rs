//! `check-store`: whether everything that a database holds is sound.

use serde_json::json;

use super::{DatabaseName, run::existing};
use crate::{
    args::Options,
    failure::{Exit, Failure},
    output::{self, counted},
    terminal,
};

pub(super) fn run(name: DatabaseName, options: &Options) -> Result<Exit, Failure> {
    let called = name.to_string();
    let problems = match problems(name, options) {
        // So much that it could not be looked through to the end: an answer, too.
        Err(failure) if failure.is_of_damage() => {
            let line = failure.in_one_line();
            let of_it = format!("{called}: ");
            vec![line.strip_prefix(&of_it).unwrap_or(&line).to_owned()]
        }
        found => found?,
    };
    let words = match problems.len() {
        0 => format!("{called} is sound."),
        count => {
            let lines: String = problems.iter().map(|line| format!("\n  {line}")).collect();
            let counted = counted(count as u64, "problem", "problems");
            format!("{called} has {counted}:{lines}")
        }
    };
    let body = json!({"is_sound": problems.is_empty(), "problems": problems});
    output::answer(options.format, "check-store", &words, &body)?;
    Ok(match problems.is_empty() {
        true => Exit::Done,
        false => Exit::Failed,
    })
}

fn problems(name: DatabaseName, options: &Options) -> Result<Vec<String>, Failure> {
    let database = existing(name, options)?;
    let found = terminal::while_waiting("reading everything, seconds", || {
        database.wait(database.store.check())
    });
    Ok(found?)
}
