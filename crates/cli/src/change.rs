//! `add` and `remove`.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, BlockingPorts, Entrance,
    Error, Goal, Settled,
};
use serde::{Serialize, Serializer};

use crate::{
    args::Change,
    clock::now,
    describe,
    exit::Exit,
    failure::{Failure, exit_of},
    interrupt,
    output::{self, Format},
    resolve,
    store::Store,
    wait,
};

/// Makes the user a member, and says what that means.
pub(crate) fn add(change: &Change, store: &Store, format: Format) -> Result<Exit, Failure> {
    run(Verb::Add, change, store, format)
}

/// Ends the membership, and says what that means.
pub(crate) fn remove(change: &Change, store: &Store, format: Format) -> Result<Exit, Failure> {
    run(Verb::Remove, change, store, format)
}

/// Which way a membership goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Remove,
}

/// What became of a membership, as far as it could be read. Its JSON is documented.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    pub(crate) acs_user_id: AcsUserId,
    pub(crate) acs_access_group_id: AccessGroupId,
    /// `None` where the state before is not known.
    pub(crate) changed: Option<bool>,
    pub(crate) user: Option<AcsUser>,
    pub(crate) group: Option<AccessGroup>,
    pub(crate) entrances: Option<Vec<Entrance>>,
    /// How far it came, where somebody waited for that.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_settled"
    )]
    pub(crate) settled: Option<Settled>,
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    user: AcsUserId,
    group: AccessGroupId,
}

fn run(verb: Verb, change: &Change, store: &Store, format: Format) -> Result<Exit, Failure> {
    let ports = store.ports();
    let (user, group) = resolve::pair::<AcsUser, AccessGroup>(&change.user, &change.group, ports)?;
    let pair = Pair { user, group };
    let was_member = match is_member(pair, ports) {
        Ok(was_member) => Some(was_member),
        Err(error) if is_hopeless(&error) => return Err(error.into()),
        // The change is made all the same, and only described with less certainty.
        Err(_) => None,
    };
    match verb {
        Verb::Add => ports
            .access_groups()
            .add_user(pair.user.into(), pair.group)?,
        Verb::Remove => ports
            .access_groups()
            .remove_user(pair.user.into(), pair.group)?,
    }
    store.save()?;
    let changed = was_member.map(|was_member| was_member == (verb == Verb::Remove));
    let done = what_is_done(changed);
    interrupt::from_now_on(format!("interrupted: {done}"));
    let settled = match change.wait {
        Some(limit) => {
            let waited = wait::until_effective(user, group, verb.goal(), limit, ports, done);
            Some(waited?)
        }
        None => None,
    };
    let (mut outcome, unread) = read(pair, changed, ports);
    outcome.settled = settled;
    tell(verb, &outcome, format)?;
    warn(changed, unread, store);
    Ok(match (settled, change.wait) {
        (Some(Settled::Accepted), Some(limit)) => {
            output::to_stderr(format_args!(
                "note: {done}, but the doors did not know within {}",
                wait::shown(limit)
            ));
            Exit::NotEffective
        }
        _ => Exit::Done,
    })
}

/// Whether the change would only meet the same failure again: the service is out of reach,
/// or refuses the credential.
fn is_hopeless(error: &Error) -> bool {
    matches!(exit_of(error), Exit::Unavailable | Exit::CredentialRefused)
}

fn is_member(pair: Pair, ports: &BlockingPorts) -> Result<bool, Error> {
    let filter = AccessGroupFilter::new().of_user(pair.user);
    let groups = ports.access_groups().access_groups(filter)?;
    Ok(groups
        .iter()
        .any(|group| group.acs_access_group_id == pair.group))
}

/// Reads what describes the change, and what went wrong with that.
fn read(pair: Pair, changed: Option<bool>, ports: &BlockingPorts) -> (Outcome, Vec<Unread>) {
    let mut unread = Vec::new();
    let groups = ports.access_groups();
    let user = ports
        .acs_users()
        .and_then(|users| users.acs_user(pair.user.into()));
    let mut outcome = Outcome {
        acs_user_id: pair.user,
        acs_access_group_id: pair.group,
        changed,
        user: noted(user, "user", &mut unread),
        group: noted(groups.access_group(pair.group), "group", &mut unread),
        entrances: noted(
            groups.entrances_of_group(pair.group),
            "doors of the group",
            &mut unread,
        ),
        settled: None,
    };
    if let Some(entrances) = &mut outcome.entrances {
        describe::sort_entrances(entrances);
    }
    (outcome, unread)
}

/// What could not be read, and why.
type Unread = (&'static str, Error);

fn noted<T>(result: Result<T, Error>, what: &'static str, unread: &mut Vec<Unread>) -> Option<T> {
    result.map_err(|error| unread.push((what, error))).ok()
}

fn tell(verb: Verb, outcome: &Outcome, format: Format) -> Result<(), Failure> {
    let words = describe::outcome(verb, outcome, now());
    output::answer(format, verb.name(), &words, outcome).map_err(|failure| {
        let done = what_is_done(outcome.changed);
        failure.with_hint(format!("{done} all the same"))
    })
}

fn warn(changed: Option<bool>, unread: Vec<Unread>, store: &Store) {
    let done = what_is_done(changed);
    for (what, error) in unread {
        let message = output::printable(error.message());
        output::to_stderr(format_args!(
            "warning: {done}, but the {what} could not be read: {message}"
        ));
    }
    if changed != Some(false) {
        store.remind();
    }
}

fn what_is_done(changed: Option<bool>) -> &'static str {
    match changed {
        Some(false) => "nothing had to change",
        _ => "the change is made",
    }
}

/// The word for it in JSON.
fn serialize_settled<S: Serializer>(
    settled: &Option<Settled>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let word = settled.map(|settled| match settled {
        Settled::Accepted => "accepted",
        Settled::Effective => "effective",
        Settled::Failed => "failed",
    });
    word.serialize(serializer)
}

impl Verb {
    fn goal(self) -> Goal {
        match self {
            Self::Add => Goal::Member,
            Self::Remove => Goal::NonMember,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}
