//! `check-store`: whether everything that a database holds is sound.

use serde_json::json;

use super::Database;
use crate::{
    failure::{Exit, Failure},
    output::{self, Format, counted},
    terminal,
};

pub(super) fn run(database: &Database, format: Format) -> Result<Exit, Failure> {
    let problems = terminal::while_waiting("reading everything, seconds", || {
        database.wait(database.store.check())
    })?;
    let words = match problems.len() {
        0 => format!("{} is sound.", database.name),
        count => {
            let lines: String = problems.iter().map(|line| format!("\n  {line}")).collect();
            let counted = counted(count as u64, "problem", "problems");
            format!("{} has {counted}:{lines}", database.name)
        }
    };
    let body = json!({"is_sound": problems.is_empty(), "problems": problems});
    output::answer(format, "check-store", &words, &body)?;
    Ok(match problems.is_empty() {
        true => Exit::Done,
        false => Exit::Failed,
    })
}
