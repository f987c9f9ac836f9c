//! `--wait`: until the doors know of a change.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use access_groups_core::{
    AccessGroupId, AcsUserId, BlockingPorts, EffectiveWait, Goal, Settled, Settlement,
    wait_until_effective_blocking,
};

use crate::{clock, failure::Failure, interrupt, output};

/// Waits for so long at most, and says how far a change came that is made: `Effective` or
/// `Accepted`. What the provider refused is a failure with its words.
pub(crate) fn until_effective(
    user: AcsUserId,
    group: AccessGroupId,
    goal: Goal,
    limit: Duration,
    ports: &BlockingPorts,
    done: &str,
) -> Result<Settled, Failure> {
    interrupt::from_now_on(format!(
        "interrupted while waiting for the doors: {done}, and stays so"
    ));
    if io::stderr().is_terminal() {
        output::to_stderr(format_args!(
            "waiting until the doors know, for {} at most; Ctrl-C ends the wait, not the change",
            shown(limit)
        ));
    }
    let wait = EffectiveWait::new(user, group, goal).with_limit(limit);
    let settled = wait_until_effective_blocking(ports, wait, clock::stopwatch(), clock::sleep);
    interrupt::from_now_on(format!("interrupted: {done}"));
    match settled {
        Ok(settlement) if settlement.settled == Settled::Failed => Err(refused(goal, &settlement)),
        Ok(settlement) => Ok(settlement.settled),
        Err(error) => Err(Failure::from(error)
            .with_detail(format!("{done}; whether the doors know of it is not known"))),
    }
}

/// A duration as people write it: "1m 30s".
pub(crate) fn shown(duration: Duration) -> String {
    match jiff::SignedDuration::try_from(duration) {
        Ok(duration) => format!("{duration:#}"),
        Err(_) => format!("{duration:?}"),
    }
}

fn refused(goal: Goal, settlement: &Settlement) -> Failure {
    let message = match goal {
        Goal::Member => {
            "the change was accepted, and did not come about: the user is not in the group"
        }
        Goal::NonMember => {
            "the change was accepted, and did not come about: the user is in the group"
        }
    };
    let of_user = settlement.user_errors.iter();
    let of_group = settlement.group_errors.iter();
    let of_user = of_user.map(|error| format!("the user: {}: {}", error.code, error.message));
    let of_group = of_group.map(|error| format!("the group: {}: {}", error.code, error.message));
    let failure = of_user
        .chain(of_group)
        .fold(Failure::failed(message), Failure::with_detail);
    failure.with_hint(
        "the provider has refused it, or somebody has changed it back; when the reason is gone, \
         try again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_as_it_is_typed() {
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
