//! Who is to be added or removed: the list, and the users that it names.

use std::{collections::HashMap, fmt, path::Path};

use access_groups_core::prelude::*;
use access_groups_roster::{PeopleList, ReadOptions};

use crate::{
    args::{Change, IdOrName},
    failure::Failure,
    output,
    resolve::{self, Index, Resource, SystemNames},
    roster::source,
    signals, terminal,
};

/// Somebody whom a list or the command line names.
pub(crate) struct Asked {
    place: Place,
    /// As it is written.
    pub(super) text: String,
    argument: IdOrName<AcsUserId>,
}

impl Asked {
    /// The row of the list; none on the command line.
    pub(super) fn row(&self) -> Option<u32> {
        match self.place {
            Place::Row(row) => Some(row),
            Place::Argument(_) => None,
        }
    }

    /// Where they are named.
    pub(super) fn place(&self) -> Place {
        self.place
    }
}

/// Where somebody is named.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Which `--user`, from 1.
    Argument(usize),
    Row(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(number) => write!(f, "--user no. {number}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// A user whose membership is to change.
pub(super) struct Person {
    pub(super) asked: Asked,
    pub(super) user: AcsUser,
}

/// Everybody whom the list and the command line name, in this order: those of `--user` first.
pub(crate) fn asked(arguments: &Change) -> Result<Vec<Asked>, Failure> {
    let named = arguments.users.iter().enumerate();
    let named = named.map(|(place, argument)| Asked {
        place: Place::Argument(place + 1),
        text: argument.to_string(),
        argument: argument.clone(),
    });
    let mut all: Vec<_> = named.collect();
    let Some(path) = &arguments.from else {
        return Ok(all);
    };
    signals::set_note("interrupted: nothing has changed");
    let wrong = || Failure::failed(format!("{} is no list of people", shown(path)));
    let bytes = read(path)?;
    let list = PeopleList::from_text(&bytes, &ReadOptions::new()).map_err(|problems| {
        let failure = wrong().with_detail(problems.to_string());
        failure.with_hint(CORRECT)
    })?;
    let mut problems = Vec::new();
    for (row, text) in list.iter() {
        match text.parse() {
            Ok(argument) => all.push(Asked {
                place: Place::Row(row),
                text: text.to_owned(),
                argument,
            }),
            Err(error) => problems.push(format!("row {row}: {error}")),
        }
    }
    match problems.is_empty() {
        true => Ok(all),
        false => Err(listing(wrong(), problems).with_hint(CORRECT)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    source::read(path).map_err(|error| {
        Failure::failed(format!("the list {} cannot be read", shown(path)))
            .caused_by(&error)
            .with_hint("name a text or CSV file that you may read with --from; `-` is stdin")
    })
}

fn shown(path: &Path) -> String {
    match path == Path::new("-") {
        true => "stdin".to_owned(),
        false => path.display().to_string(),
    }
}

/// The users whom a list names, each once.
pub(super) struct Found {
    pub(super) people: Vec<Person>,
    /// Whoever was named again, and where at first.
    again: Vec<(Place, Place)>,
}

impl Found {
    /// Says on stderr who was named more than once.
    pub(super) fn say_again(&self) {
        for (place, first) in self.again.iter().take(LISTED_AGAIN) {
            output::to_stderr(format_args!(
                "note: {place} is the same person as {first}, who counts once"
            ));
        }
        match self.again.len().saturating_sub(LISTED_AGAIN) {
            0 => {}
            more => output::to_stderr(format_args!("note: and {more} more are there again")),
        }
    }
}

/// Finds everybody among the users of the group's system, with a few calls however many they are. If
/// somebody cannot be found, the failure lists all of those.
pub(super) fn find(
    asked: Vec<Asked>,
    group: &AccessGroup,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Found, Failure> {
    let mut users = users_of(group.acs_system_id, port)?;
    if !are_all_among(&asked, &users) {
        // A list of users may lack members: those whom another program manages.
        users.extend(port.users_in_group(group.acs_access_group_id)?);
    }
    let index = Index::new(&users);
    let (mut people, mut again) = (Vec::new(), Vec::new());
    let mut places: HashMap<AcsUserId, Place> = HashMap::new();
    let (mut unknown, mut ambiguous) = (Vec::new(), Vec::new());
    for asked in asked {
        let mut found = index.matches(&asked.argument);
        match (found.pop(), found.len()) {
            (None, _) => unknown.push(asked),
            (Some(user), 0) => match places.get(&user.acs_user_id) {
                Some(first) => again.push((asked.place, *first)),
                None => {
                    places.insert(user.acs_user_id, asked.place);
                    people.push(Person { asked, user });
                }
            },
            (Some(user), _) => {
                found.push(user);
                ambiguous.push((asked, found));
            }
        }
    }
    match unknown.is_empty() && ambiguous.is_empty() {
        true => Ok(Found { people, again }),
        false => Err(unclear(&unknown, &ambiguous, &users, group, port)),
    }
}

fn are_all_among(asked: &[Asked], users: &[AcsUser]) -> bool {
    let index = Index::new(users);
    let is_among = |asked: &Asked| !index.matches(&asked.argument).is_empty();
    asked.iter().all(is_among)
}

fn users_of(
    system: AcsSystemId,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<AcsUser>, Error> {
    let mut progress = terminal::Progress::start();
    let mut users = Vec::new();
    for user in port.all_acs_users(AcsUserFilter::new().in_system(system)) {
        progress.at("looking at the users", users.len(), None);
        users.push(user?);
    }
    Ok(users)
}

/// The failure that lists everybody who cannot be found.
fn unclear(
    unknown: &[Asked],
    ambiguous: &[(Asked, Vec<AcsUser>)],
    users: &[AcsUser],
    group: &AccessGroup,
    port: &dyn BlockingAccessGroupPort,
) -> Failure {
    let unknown = lines_of_unknown(unknown, users, group, port);
    let mut lines: Vec<_> = ambiguous.iter().map(line_of_ambiguous).collect();
    lines.extend(unknown);
    lines.sort();
    let who = match lines.len() {
        1 => "one person is".to_owned(),
        count => format!("{count} people are"),
    };
    let failure = Failure::failed(format!(
        "{who} not to be found for certain; nothing was done"
    ));
    let lines = lines.into_iter().map(|(_, line)| line).collect();
    listing(failure, lines).with_hint(
        "correct the list, then try again; `access-groups users find TEXT` finds people by a part of \
         their name, e-mail address, phone number or id",
    )
}

/// The failure with the first lines, and how many more there are.
fn listing(failure: Failure, lines: Vec<String>) -> Failure {
    let more = lines.len().saturating_sub(LISTED);
    let listed = lines.into_iter().take(LISTED);
    let failure = listed.fold(failure, Failure::with_detail);
    match more {
        0 => failure,
        more => failure.with_detail(format!("and {more} more")),
    }
}

/// A line of a failure, by its place.
type Line = ((bool, u64), String);

fn line_of_ambiguous((asked, found): &(Asked, Vec<AcsUser>)) -> Line {
    let place = asked.place;
    let ids = found.iter().map(|user| user.acs_user_id.to_string());
    let (count, ids) = (found.len(), ids.collect::<Vec<_>>().join(", "));
    let who = who(asked);
    let line = format!("{place}: {who}matches {count} users: use one of these ids: {ids}");
    (place.order(), line)
}

/// A line for each, with the reason where it is known.
fn lines_of_unknown(
    unknown: &[Asked],
    users: &[AcsUser],
    group: &AccessGroup,
    port: &dyn BlockingAccessGroupPort,
) -> Vec<Line> {
    if unknown.is_empty() {
        return Vec::new();
    }
    let system = SystemNames::read(port).name(group.acs_system_id);
    // Only to explain: without them, the message says less.
    let everybody = AcsUser::all(port).unwrap_or_default();
    let everywhere = Index::new(&everybody);
    let why = |asked: &Asked| match &asked.argument {
        argument if !everywhere.matches(argument).is_empty() => {
            "; this is a user of another system".to_owned()
        }
        // To look for similar names takes long: for a few only. Whom a list names, nobody has typed here.
        IdOrName::Name(text) if asked.row().is_none() && unknown.len() <= EXPLAINED => {
            let alike = resolve::alike(text, users);
            let alike = alike.map(|name| format!("; perhaps {name:?}"));
            alike.unwrap_or_default()
        }
        _ => String::new(),
    };
    let line = |asked: &Asked| {
        let (place, who, why) = (asked.place, who(asked), why(asked));
        let line = format!("{place}: {who}matches no user of {system}{why}");
        (place.order(), line)
    };
    unknown.iter().map(line).collect()
}

/// Whom the person has named on the command line, as they typed it. What a list names stays in the list:
/// stderr may be a log.
fn who(asked: &Asked) -> String {
    match asked.place {
        Place::Argument(_) => format!("{:?} ", asked.text),
        Place::Row(_) => String::new(),
    }
}

impl Place {
    /// The order of messages.
    fn order(self) -> (bool, u64) {
        match self {
            Self::Argument(number) => (false, number as u64),
            Self::Row(row) => (true, row.into()),
        }
    }
}

const CORRECT: &str = "correct the list, then try again; nothing was done";

/// How many people who cannot be found are listed.
const LISTED: usize = 100;

/// How many people who are named again are listed.
const LISTED_AGAIN: usize = 10;

/// For how many people similar names are looked for.
const EXPLAINED: usize = 10;
