//! Many people at once: rosters.

pub(crate) mod events;
mod source;
mod validate;

use std::fs;

use access_groups_roster::{Observed, Origin, Plan, SavedPlan};

use crate::{
    apply::TOOL,
    args::Shown,
    clock,
    failure::{Exit, Failure},
    output,
    store::Store,
};

pub(crate) use source::Source;
pub(crate) use validate::validate;

/// Shows a plan, and saves it where that is asked for.
pub(crate) fn present(
    plan: Plan,
    observed: &Observed,
    shown: &Shown,
    store: &Store,
) -> Result<Exit, Failure> {
    let origin =
        Origin::new(TOOL, clock::now(), store.identity()).in_workspace(observed.workspace());
    let hash = plan.hash();
    if let Some(path) = &shown.output {
        let saved = SavedPlan::new(plan, observed, origin).to_json();
        fs::write(path, saved).map_err(|error| {
            Failure::failed(format!("{} cannot be written", path.display())).caused_by(&error)
        })?;
    }
    output::to_stdout(&format!("Plan {hash}"))?;
    Ok(Exit::Done)
}
