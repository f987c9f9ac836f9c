//! `add` and `remove`, with the wait until a change has propagated.
//!
//! An answer that accepts a change is no proof of it: the membership is read again, too. By ids, a
//! change takes six calls in three round trips; by names, seven calls in four. Where a schedule is
//! shown, the time zone of the system takes one more.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use access_groups_core::{
    prelude::*,
    propagation::{
        Propagation, PropagationStatus, PropagationWait, wait_until_propagated_blocking,
    },
};

use crate::{
    args::Change,
    clock,
    concurrent::together,
    describe::{self, Outcome, Times, Verb},
    failure::{Exit, Failure, exit_of, printable},
    local_time::Zones,
    output::{self, Format},
    resolve::{self, Resource},
    signals,
    store::Store,
};

/// Makes the user a member, or ends the membership, and says what that means.
pub(crate) fn run(
    verb: Verb,
    arguments: &Change,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    let (user, group) =
        resolve::pair::<AcsUser, AccessGroup>(&arguments.user, &arguments.group, port)?;
    let (known_user, known_group) = (user.resource, group.resource);
    let (user, group) = (user.id, group.id);
    // The change does not touch the entrances of the group, so they are read beforehand, in the
    // same round trip as the membership; and what a wait compares errors with.
    let ((was_member, entrances), before) = together(
        || {
            together(
                || is_member(user, group, port),
                || port.entrances_of_group(group),
            )
        },
        || {
            arguments
                .wait
                .and_then(|_| before(user, group, &known_user, &known_group, port))
        },
    );
    let was_member = match was_member {
        Ok(was_member) => Some(was_member),
        // Nothing has been changed yet, so the failure is unambiguous.
        Err(error) if is_hopeless(&error) => return Err(error.into()),
        // The change is made anyway, and described with less certainty.
        Err(_) => None,
    };
    let wanted = verb == Verb::Add;
    let changed = match verb {
        Verb::Add => port.add_user(user, group),
        Verb::Remove => port.remove_user(user, group),
    };
    let was_needed = was_member.map(|was_member| was_member != wanted);
    let done = match changed {
        Ok(()) => statement(was_needed),
        Err(error) if error.is_ambiguous() => match port.verify(user, group) {
            Ok(is_member) => {
                let names = Names::read(&known_user, &known_group, user, group, port);
                if is_member != wanted {
                    return Err(not_made(verb, &error, &names.say(is_member)));
                }
                let now = names.say(is_member);
                output::to_stderr(format_args!("note: the answer was lost; {now}"));
                "the change is made, although its answer was lost"
            }
            Err(unread) => return Err(perhaps_made(error, &unread, group)),
        },
        Err(error) => return Err(error.into()),
    };
    signals::set_note(format!("interrupted: {done}"));
    let propagation = match arguments.wait {
        Some(timeout) => {
            let mut wait = PropagationWait::new(user, group)
                .after(verb.change())
                .with_timeout(timeout);
            if let Some((user, group)) = &before {
                wait = wait.since(user, group);
            }
            Some(wait_until_propagated(
                wait, verb, timeout, port, was_needed,
            )?)
        }
        None => None,
    };
    // A group that was looked up by its name is not read a second time. The user is: their pending
    // mutations tell whether the change has propagated.
    let (is_member, (user_now, group_now)) = together(
        || match propagation {
            Some(PropagationStatus::Propagated) => Ok(wanted),
            _ => is_member(user, group, port),
        },
        || {
            together(
                || port.acs_user(user),
                || known_group.map_or_else(|| port.access_group(group), Ok),
            )
        },
    );
    let mut unread = Vec::new();
    let is_member = read(is_member, "the membership", &mut unread);
    let outcome = Outcome {
        acs_user_id: user,
        acs_access_group_id: group,
        changed: match (was_needed, is_member) {
            // Accepted, and not seen: it may have changed something.
            (Some(true), None) => None,
            _ => was_needed.map(|was_needed| was_needed && is_member != Some(!wanted)),
        },
        is_member,
        user: read(user_now, "the user", &mut unread),
        group: read(group_now, "the group", &mut unread),
        entrances: read(entrances, "the entrances of the group", &mut unread).map(
            |mut entrances| {
                resolve::sort(&mut entrances);
                entrances
            },
        ),
        propagation,
    };
    let words = match format {
        Format::Human => {
            let (now, zones) = (clock::now(), &Zones::new(port));
            describe::outcome(verb, &outcome, &Times { now, zones })
        }
        // JSON has no words, so the read of the time zone is saved.
        Format::Json | Format::Csv => String::new(),
    };
    output::answer_after(done, format, verb.name(), &words, &outcome)?;
    for (what, error) in unread {
        output::warn_unread(done, what, &error);
    }
    // No reminder for a change that was none.
    if outcome.changed != Some(false) {
        store.remind();
    }
    Ok(exit(verb, &outcome, was_needed, arguments.wait))
}

/// The exit code, with a note where the change was not seen.
fn exit(verb: Verb, outcome: &Outcome, was_needed: Option<bool>, wait: Option<Duration>) -> Exit {
    let wanted = verb == Verb::Add;
    match (outcome.propagation, wait) {
        (Some(PropagationStatus::Accepted), Some(timeout)) => {
            let what = match was_needed {
                Some(false) => "nothing had to change, but an earlier change",
                _ => "the change is accepted, but",
            };
            let within = shown(timeout);
            output::to_stderr(format_args!(
                "note: {what} did not propagate within {within}"
            ));
            Exit::NotPropagated
        }
        _ if outcome.is_member == Some(!wanted) => {
            output::to_stderr(describe::unlisted(verb));
            Exit::NotPropagated
        }
        // What was not seen is not called done.
        _ if outcome.is_member.is_none() && was_needed != Some(false) => Exit::NotPropagated,
        _ => Exit::Done,
    }
}

/// The failure after an answer that was lost, of a change that is not made.
fn not_made(verb: Verb, error: &Error, now: &str) -> Failure {
    Failure::new(exit_of(error), format!("the answer was lost; {now}"))
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

/// What user and group are called.
struct Names {
    user: String,
    group: String,
}

impl Names {
    /// Those that were not looked up by name are read now, as far as they can be.
    fn read(
        known_user: &Option<AcsUser>,
        known_group: &Option<AccessGroup>,
        user: AcsUserId,
        group: AccessGroupId,
        port: &dyn BlockingAccessGroupPort,
    ) -> Self {
        let found = |name: Option<String>, or: String| printable(&name.unwrap_or(or));
        let known_user = known_user.clone().or_else(|| port.acs_user(user).ok());
        let known_group = known_group
            .clone()
            .or_else(|| port.access_group(group).ok());
        Self {
            user: found(
                known_user.map(|user| user.displayed_name()),
                format!("user {user}"),
            ),
            group: found(
                known_group.map(|group| group.displayed_name()),
                format!("group {group}"),
            ),
        }
    }

    fn say(&self, is_member: bool) -> String {
        let Self { user, group } = self;
        let not = if is_member { "" } else { "not " };
        format!("{user} is {not}a member of {group} now")
    }
}

/// User and group as they are before the change; those that were looked up by name are known.
fn before(
    user: AcsUserId,
    group: AccessGroupId,
    known_user: &Option<AcsUser>,
    known_group: &Option<AccessGroup>,
    port: &dyn BlockingAccessGroupPort,
) -> Option<(AcsUser, AccessGroup)> {
    let (user, group) = together(
        || known_user.clone().map_or_else(|| port.acs_user(user), Ok),
        || {
            known_group
                .clone()
                .map_or_else(|| port.access_group(group), Ok)
        },
    );
    // What cannot be read is not compared: the first poll is then the baseline.
    user.ok().zip(group.ok())
}

/// Whether the change would only meet the same failure again: the service cannot be reached, or
/// refuses the credential.
fn is_hopeless(error: &Error) -> bool {
    matches!(exit_of(error), Exit::Unavailable | Exit::CredentialRefused)
}

fn is_member(
    user: AcsUserId,
    group: AccessGroupId,
    port: &dyn BlockingAccessGroupPort,
) -> Result<bool, Error> {
    let groups = port.access_groups(AccessGroupFilter::new().of_user(user))?;
    let mut ids = groups.iter().map(|group| group.acs_access_group_id);
    Ok(ids.any(|id| id == group))
}

/// Takes what was read, or notes that it could not be.
fn read<T>(
    result: Result<T, Error>,
    what: &'static str,
    unread: &mut Vec<(&'static str, Error)>,
) -> Option<T> {
    result.map_err(|error| unread.push((what, error))).ok()
}

fn statement(was_needed: Option<bool>) -> &'static str {
    match was_needed {
        Some(false) => "nothing had to change",
        _ => "the change is accepted",
    }
}

/// Waits, and returns `Propagated` or `Accepted`; a refusal of the provider is a failure.
fn wait_until_propagated(
    wait: PropagationWait,
    verb: Verb,
    timeout: Duration,
    port: &dyn BlockingAccessGroupPort,
    was_needed: Option<bool>,
) -> Result<PropagationStatus, Failure> {
    let done = statement(was_needed);
    // An interrupted wait must not sound like an interrupted change.
    signals::set_note(match was_needed {
        Some(false) => format!("interrupted while waiting: {done}"),
        _ => format!("interrupted while waiting: {done}, and stays so"),
    });
    if io::stderr().is_terminal() {
        let what = match was_needed {
            Some(false) => "nothing has to change; waiting until earlier changes have",
            _ => "waiting until the change has",
        };
        output::to_stderr(format_args!(
            "{what} propagated, for {} at most; Ctrl-C ends the wait, not the change",
            shown(timeout)
        ));
    }
    let propagation = wait_until_propagated_blocking(port, wait, clock::stopwatch(), clock::sleep);
    signals::set_note(format!("interrupted: {done}"));
    match propagation {
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
fn shown(duration: Duration) -> String {
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
