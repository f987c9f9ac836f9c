//! A site file as what a SQL store is filled with.

use access_groups_core::{Error, Timestamp};
use access_groups_in_memory::State;

/// Reads a site file. What it shows as pending has propagated: the tables of a SQL store hold nothing
/// pending.
///
/// # Errors
///
/// `Invalid`: those of [`State::import`].
pub fn settled(site: &str) -> Result<State, Error> {
    let mut state = State::new();
    state.import(site)?;
    // At the end of time, no schedule is waited for.
    state.advance_to(Timestamp::MAX);
    state.propagate_all();
    Ok(state)
}
