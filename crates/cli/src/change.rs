//! `add` and `remove`, with the wait until a change has propagated.
//!
//! An answer that accepts a change is no proof of it: the membership is read again, too. By ids, a
//! change takes six calls in three round trips; by names, seven calls in four. Where a schedule is
//! shown, the time zone of the system takes one more.

mod lost;
mod many;
mod pair;
mod propagate;

use std::time::Duration;

use access_groups_core::{prelude::*, propagation::PropagationStatus};
use access_groups_protocol::NOT_THE_API;

use crate::{
    args::{Change, IdOrName},
    clock,
    concurrent::together,
    describe::{self, Outcome, Times, Verb},
    failure::{Exit, Failure, exit_of},
    local_time::Zones,
    output::{self, Format},
    resolve, signals,
    store::Store,
};

use pair::Pair;

pub(crate) use many::{Asked, Counts, asked};

/// Makes the users members, or ends the memberships, and says what that means. Those of many changes
/// were [asked](asked) for before.
pub(crate) fn run(
    verb: Verb,
    arguments: &Change,
    asked: Vec<Asked>,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    match arguments.only_user() {
        Some(user) => one(verb, user, arguments, store, format),
        None => many::run(verb, arguments, asked, store, format),
    }
}

fn one(
    verb: Verb,
    user: &IdOrName<AcsUserId>,
    arguments: &Change,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let pair = Pair::find(user, &arguments.group, store.port())?;
    let before = Before::read(&pair, verb, arguments.carrying.wait.is_some())?;
    let was_needed = before.was_needed;
    let done = make(verb, &pair, was_needed)?;
    signals::set_note(format!("interrupted: {done}"));
    let propagation = match arguments.carrying.wait {
        Some(timeout) => Some(propagate::wait(verb, &pair, &before, timeout)?),
        None => None,
    };
    let (outcome, unread) = after(verb, &pair, before, propagation);
    let words = match format {
        Format::Human => {
            let (now, zones) = (clock::now(), &Zones::new(store.port()));
            describe::outcome(verb, &outcome, &Times { now, zones })
        }
        // JSON has no words, so the read of the time zone is saved.
        Format::Json | Format::Csv | Format::Jsonl => String::new(),
    };
    output::answer_after(done, format, verb.name(), &words, &outcome)?;
    for (what, error) in unread {
        output::warn_unread(done, what, &error);
    }
    // No reminder for a change that was none.
    if outcome.changed != Some(false) {
        store.remind();
    }
    Ok(exit(verb, &outcome, was_needed, arguments.carrying.wait))
}

/// What is read before a change.
struct Before {
    /// Whether something has to change; `None` if that could not be read.
    was_needed: Option<bool>,
    entrances: Result<Vec<Entrance>, Error>,
    /// What a wait compares errors with.
    resources: Option<(AcsUser, AccessGroup)>,
}

impl Before {
    fn read(pair: &Pair<'_>, verb: Verb, with_wait: bool) -> Result<Self, Failure> {
        // The change does not touch the entrances of the group, so they are read beforehand, in the
        // same round trip as the membership.
        let ((was_member, entrances), resources) = together(
            || together(|| pair.is_member(), || pair.entrances()),
            || with_wait.then(|| pair.resources()).flatten(),
        );
        let was_member = match was_member {
            Ok(was_member) => Some(was_member),
            // Nothing has been changed yet, so the failure is unambiguous.
            Err(error) if is_hopeless(&error) => return Err(error.into()),
            // The change is made anyway, and described with less certainty.
            Err(_) => None,
        };
        Ok(Self {
            was_needed: was_member.map(|was_member| was_member != verb.wanted()),
            entrances,
            resources,
        })
    }
}

/// Makes the change, and says what is known of it.
fn make(verb: Verb, pair: &Pair<'_>, was_needed: Option<bool>) -> Result<&'static str, Failure> {
    match pair.change(verb) {
        Ok(()) => Ok(statement(was_needed)),
        // A sign-in page would answer the next request, too.
        Err(error) if error.is_ambiguous() && error.code() != Some(NOT_THE_API) => {
            lost::verify(verb, pair, error)
        }
        Err(error) => Err(error.into()),
    }
}

/// What could not be read, and why.
type Unread = Vec<(&'static str, Error)>;

/// What is read after a change, and what could not be read.
fn after(
    verb: Verb,
    pair: &Pair<'_>,
    before: Before,
    propagation: Option<PropagationStatus>,
) -> (Outcome, Unread) {
    // A group that was looked up by its name is not read a second time. The user is: their pending
    // mutations tell whether the change has propagated.
    let (is_member, (user, group)) = together(
        || match propagation {
            Some(PropagationStatus::Propagated) => Ok(verb.wanted()),
            _ => pair.is_member(),
        },
        || together(|| pair.user_now(), || pair.group()),
    );
    let mut unread = Unread::new();
    let is_member = read(is_member, "the membership", &mut unread);
    let user = read(user, "the user", &mut unread);
    let group = read(group, "the group", &mut unread);
    let mut entrances = read(before.entrances, "the entrances of the group", &mut unread);
    if let Some(entrances) = &mut entrances {
        resolve::sort(entrances);
    }
    let outcome = Outcome {
        acs_user_id: pair.user,
        acs_access_group_id: pair.group,
        changed: match (before.was_needed, is_member) {
            // Accepted, and not seen: it may have changed something.
            (Some(true), None) => None,
            (was_needed, _) => {
                was_needed.map(|was_needed| was_needed && is_member != Some(!verb.wanted()))
            }
        },
        is_member,
        user,
        group,
        entrances,
        propagation,
    };
    (outcome, unread)
}

/// The exit code, with a note where the change was not seen.
fn exit(verb: Verb, outcome: &Outcome, was_needed: Option<bool>, wait: Option<Duration>) -> Exit {
    let wanted = verb.wanted();
    match (outcome.propagation, wait) {
        (Some(PropagationStatus::Accepted), Some(timeout)) => {
            let what = match was_needed {
                Some(false) => "nothing had to change, but an earlier change",
                _ => "the change is accepted, but",
            };
            let within = propagate::shown(timeout);
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

/// Whether the change would only meet the same failure again: the service cannot be reached, or
/// refuses the credential.
fn is_hopeless(error: &Error) -> bool {
    matches!(exit_of(error), Exit::Unavailable | Exit::CredentialRefused)
}

/// Takes what was read, or notes that it could not be.
fn read<T>(result: Result<T, Error>, what: &'static str, unread: &mut Unread) -> Option<T> {
    result.map_err(|error| unread.push((what, error))).ok()
}

fn statement(was_needed: Option<bool>) -> &'static str {
    match was_needed {
        Some(false) => "nothing had to change",
        _ => "the change is accepted",
    }
}
