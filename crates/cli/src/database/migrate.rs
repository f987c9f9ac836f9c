//! `migrate`: the tables of a database as this version needs them.

use std::time::Duration;

use serde_json::json;

use super::{DatabaseName, open, runtime};
use crate::{args::Options, failure::Failure, output, signals};

pub(super) fn run(name: &DatabaseName, options: &Options) -> Result<(), Failure> {
    name.must_exist()?;
    signals::set_note("interrupted: each step was made whole, or not at all");
    let done = migrated(name, options.lock_timeout())?;
    let words = match &*done {
        [] => format!("{name} has all steps already: nothing was to do."),
        steps => {
            let lines: String = steps.iter().map(|step| format!("\n  {step}")).collect();
            format!("Migrated {name}:{lines}")
        }
    };
    output::answer_after(
        "the database is migrated",
        options.format,
        "migrate",
        &words,
        &json!({"steps": done}),
    )
}

/// The same for a server, whose database may not exist yet.
pub(crate) fn migrated_if_any(
    name: &DatabaseName,
    patience: Duration,
) -> Result<Vec<String>, Failure> {
    match name.exists() {
        true => migrated(name, patience),
        false => Ok(Vec::new()),
    }
}

/// Carries out the steps that the database lacks, and says which they were.
fn migrated(name: &DatabaseName, patience: Duration) -> Result<Vec<String>, Failure> {
    runtime()?.block_on(open::migrate(name, patience))
}
