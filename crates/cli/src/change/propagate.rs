//! The wait until a change has propagated.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use access_groups_core::propagation::{
    Propagation, PropagationStatus, PropagationWait, wait_until_propagated_blocking,
};

use crate::{clock, describe::Verb, failure::Failure, output, signals};

use super::{Before, pair::Pair, statement};

/// Waits, and returns `Propagated` or `Accepted`; a refusal of the provider is a failure.
pub(super) fn wait(
    verb: Verb,
    pair: &Pair<'_>,
    before: &Before,
    timeout: Duration,
) -> Result<PropagationStatus, Failure> {
    let was_needed = before.was_needed;
    let done = statement(was_needed);
    // An interrupted wait must not sound like an interrupted change.
    signals::set_note(match was_needed {
        Some(false) => format!("interrupted while waiting: {done}"),
        _ => format!("interrupted while waiting: {done}, and stays so"),
    });
    announce(
        match was_needed {
            Some(false) => "nothing has to change; waiting until earlier changes have",
            _ => "waiting until the change has",
        },
        timeout,
    );
    let mut wait = PropagationWait::new(pair.user, pair.group)
        .after(verb.change())
        .with_timeout(timeout);
    if let Some((user, group)) = &before.resources {
        wait = wait.since(user, group);
    }
    let waited = wait_until_propagated_blocking(pair.port, wait, clock::stopwatch(), clock::sleep);
    signals::set_note(format!("interrupted: {done}"));
    match waited {
        Ok(propagation) if propagation.status == PropagationStatus::Failed => {
            Err(refused(verb, was_needed, &propagation))
        }
        Ok(propagation) => Ok(propagation.status),
        Err(error) => Err(Failure::from(error).with_detail(format!(
            "{done}; whether {} is unknown",
            match was_needed {
                Some(false) => "everything has propagated",
                _ => "it has propagated",
            }
        ))),
    }
}

/// Says at a terminal what is waited for.
pub(super) fn announce(what: &str, timeout: Duration) {
    if io::stderr().is_terminal() {
        let timeout = shown(timeout);
        output::to_stderr(format_args!(
            "{what} propagated, for {timeout} at most; Ctrl-C ends the wait, not the change"
        ));
    }
}

fn refused(verb: Verb, was_needed: Option<bool>, propagation: &Propagation) -> Failure {
    let state = match verb {
        Verb::Add => "the user opens nothing through the group",
        Verb::Remove => "the user is in the group",
    };
    let of_user = propagation.user_errors.iter();
    let of_group = propagation.group_errors.iter();
    let of_user = of_user.map(|error| format!("the user: {}: {}", error.code, error.message));
    let of_group = of_group.map(|error| format!("the group: {}: {}", error.code, error.message));
    let message = match was_needed {
        Some(false) => format!("nothing had to change, and then an earlier change failed: {state}"),
        _ => format!("the change was accepted, and then failed: {state}"),
    };
    let failure = of_user
        .chain(of_group)
        .fold(Failure::failed(message), Failure::with_detail);
    failure.with_hint(
        "the provider has refused it, or somebody has reverted it; when the cause is removed, try \
         again",
    )
}

/// A duration as people write it: "1m 30s".
pub(super) fn shown(duration: Duration) -> String {
    match jiff::SignedDuration::try_from(duration) {
        Ok(duration) => format!("{duration:#}"),
        Err(_) => format!("{duration:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_shown_as_it_is_typed() {
        let check = |text: &str| {
            let duration: jiff::SignedDuration = text.parse().expect("a duration");
            let duration = Duration::try_from(duration).expect("not negative");
            assert_eq!(shown(duration), text);
        };
        check("2m");
        check("1h 30m");
        check("500ms");
    }
}
