//! Changes whose answer was lost: what has become of them is read.

use access_groups_core::prelude::*;

use crate::{
    describe::Verb,
    failure::{Exit, Failure},
    output,
};

use super::pair::Pair;

/// Says that the change is made, or fails with what is known of it.
pub(super) fn verify(verb: Verb, pair: &Pair<'_>, error: Error) -> Result<&'static str, Failure> {
    match pair.port.verify(pair.user, pair.group) {
        Ok(is_member) if is_member == verb.wanted() => {
            let now = pair.say(is_member);
            if is_of_store(&error) {
                let why = error.message();
                output::to_stderr(format_args!("note: {why}; {now} nevertheless"));
                return Ok("the change is made, although it was not confirmed");
            }
            output::to_stderr(format_args!("note: the answer was lost; {now}"));
            Ok("the change is made, although its answer was lost")
        }
        Ok(is_member) if is_of_store(&error) => Err(refused(error, &pair.say(is_member))),
        Ok(is_member) => Err(not_made(verb, &error, &pair.say(is_member))),
        Err(unread) => Err(perhaps_made(error, &unread, pair.group)),
    }
}

/// Whether a store says why it has not saved the change: an answer came, and nothing is on its way any more.
fn is_of_store(error: &Error) -> bool {
    let code = error.code().unwrap_or_default();
    code.starts_with("store_") || code == "saving_fails"
}

/// The failure of a change that the store has refused, as was read afterwards.
fn refused(error: Error, now: &str) -> Failure {
    // It was in doubt, and is no longer.
    Failure::from(error.with_ambiguity(false)).with_detail(format!("nothing was changed: {now}"))
}

/// The failure after an answer that was lost, of a change that is not made.
fn not_made(verb: Verb, error: &Error, now: &str) -> Failure {
    // Whatever was wrong with the answer.
    Failure::new(Exit::Unavailable, format!("the answer was lost; {now}"))
        .with_detail(format!("the call: {}", error.message()))
        .with_hint(format!(
            "a request that is still on its way may change that; `{} ...` again is safe",
            verb.name()
        ))
}

/// The failure after an answer that was lost, if the membership cannot be read either.
fn perhaps_made(error: Error, unread: &Error, group: AccessGroupId) -> Failure {
    // It says already that the change may have been made.
    Failure::from(error)
        .with_detail(format!(
            "reading whether it was failed, too: {}",
            unread.message()
        ))
        .with_hint(format!(
            "`access-groups members {group}` shows who is in the group"
        ))
}
