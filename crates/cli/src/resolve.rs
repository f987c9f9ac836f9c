//! Finds the users, groups, entrances and systems that arguments name, on any store.
//!
//! An id is taken as given, without a look-up. Any other text is searched for; if the search finds
//! nothing that fits, everything is read, because no search covers all names that are displayed.
//! If more than one resource matches, the command fails and lists all matches. What comes close is
//! listed if nothing matches, and never taken.

mod index;
mod matching;
mod resource;
mod similar;

use std::collections::BTreeMap;

use access_groups_core::{AcsSystemFilter, SearchText, prelude::*};

use crate::{
    args::IdOrName, concurrent::together, describe, failure::Failure, output, table::Table,
};

pub(crate) use index::Index;
pub(crate) use matching::SHORTEST_ID;
pub(crate) use resource::{Resource, sort};

/// A resource that an argument names.
pub(crate) struct Found<T: Resource> {
    pub(crate) id: T::Id,
    /// The resource as the look-up found it; none for an id.
    pub(crate) resource: Option<T>,
}

/// The id of the only match.
pub(crate) fn one<T: Resource>(
    argument: &IdOrName<T::Id>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<T::Id, Failure> {
    in_system::<T>(argument, None, port)
}

/// The id of the only match, with this hint if there is none.
pub(crate) fn one_else<T: Resource>(
    argument: &IdOrName<T::Id>,
    port: &dyn BlockingAccessGroupPort,
    hint: &str,
) -> Result<T::Id, Failure> {
    let matches = Matches::<T>::look_up_else(argument, port, hint)?;
    matches.only_id().ok_or_else(|| matches.ambiguous(port))
}

/// The only match, with the resource if the look-up read it.
pub(crate) fn found<T: Resource>(
    argument: &IdOrName<T::Id>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Found<T>, Failure> {
    let matches = Matches::<T>::look_up(argument, port)?;
    match matches.only_id() {
        Some(id) => Ok(matches.found(id)),
        None => Err(matches.ambiguous(port)),
    }
}

/// The id of the only match, if an argument is given.
pub(crate) fn optional<T: Resource>(
    argument: Option<&IdOrName<T::Id>>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Option<T::Id>, Failure> {
    argument
        .map(|argument| one::<T>(argument, port))
        .transpose()
}

/// The id of the only match; of several, the one in this system.
pub(crate) fn in_system<T: Resource>(
    argument: &IdOrName<T::Id>,
    system: Option<AcsSystemId>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<T::Id, Failure> {
    let mut matches = Matches::<T>::look_up(argument, port)?;
    if let (Matches::Name(_, found), Some(system)) = (&mut matches, system)
        && found.len() > 1
        && found.iter().any(|item| item.system() == system)
    {
        found.retain(|item| item.system() == system);
    }
    matches.only_id().ok_or_else(|| matches.ambiguous(port))
}

/// The two resources that two arguments name, looked up at the same time. If a text matches
/// several, only those count that share a system with a match of the other argument.
pub(crate) fn pair<A: Resource, B: Resource>(
    left: &IdOrName<A::Id>,
    right: &IdOrName<B::Id>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<(Found<A>, Found<B>), Failure> {
    let (left, right) = together(
        || Matches::<A>::look_up(left, port),
        || Matches::<B>::look_up(right, port),
    );
    // Both look-ups are over: of two errors, that of the first argument is reported.
    let (mut left, mut right) = (left?, right?);
    if left.only_id().is_none() || right.only_id().is_none() {
        let (lefts, rights) = together(|| left.read(port), || right.read(port));
        let (lefts, rights) = matching::of_common_systems(lefts?, rights?);
        // If no two share a system, the message lists all matches.
        if !lefts.is_empty() {
            left.narrow_to(lefts);
            right.narrow_to(rights);
        }
    }
    match (left.only_id(), right.only_id()) {
        (Some(left_id), Some(right_id)) => Ok((left.found(left_id), right.found(right_id))),
        (Some(_), None) => Err(right.ambiguous(port)),
        (None, Some(_)) => Err(left.ambiguous(port)),
        // Both are ambiguous: one failure lists the matches of both.
        (None, None) => Err(right.add_to(left.ambiguous(port), port)),
    }
}

/// The name of the one that a text was perhaps meant for, if it looks alike.
pub(crate) fn alike<T: Resource>(text: &SearchText, all: &[T]) -> Option<String> {
    let similar = similar::similar(text, all);
    similar.first().map(Resource::displayed_name)
}

/// The matches among these, which were read before.
pub(crate) fn among<T: Resource>(argument: &IdOrName<T::Id>, all: &[T]) -> Vec<T> {
    match argument {
        IdOrName::Id(id) => all
            .iter()
            .filter(|item| item.id() == *id)
            .cloned()
            .collect(),
        IdOrName::Name(text) => matching::matches(text, all),
    }
}

/// The id of the only one of these matches.
pub(crate) fn only_one<T: Resource>(
    argument: &IdOrName<T::Id>,
    found: Vec<T>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<T::Id, Failure> {
    let matches = match argument {
        IdOrName::Id(id) => return Ok(*id),
        IdOrName::Name(text) => Matches::Name(text.clone(), found),
    };
    matches.only_id().ok_or_else(|| matches.ambiguous(port))
}

/// The failure for an argument that matches none of these.
pub(crate) fn nobody<T: Resource>(
    argument: &IdOrName<T::Id>,
    all: &[T],
    port: &dyn BlockingAccessGroupPort,
) -> Failure {
    match argument {
        IdOrName::Id(id) => {
            Failure::failed(format!("{id} matches no {}", T::NOUN)).with_hint(T::HINT)
        }
        IdOrName::Name(text) => no_match(text, &similar::similar(text, all), port),
    }
}

/// The names of the first few that are like the text.
pub(crate) fn similar_names<T: Resource>(text: &SearchText, all: &[T]) -> Vec<String> {
    let similar = similar::similar(text, all);
    let names = similar
        .iter()
        .map(|item| describe::line(&item.displayed_name()));
    names.take(SIMILAR).collect()
}

/// The users of the system with this name or e-mail address, sorted by name.
pub(crate) fn namesakes(
    name: &SearchText,
    address: Option<&SearchText>,
    system: AcsSystemId,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Vec<AcsUser>, Error> {
    let named = |text: &SearchText| {
        let found = AcsUser::search(text, port);
        found.map(|found| matching::matches(text, &found))
    };
    let (by_name, by_address) = together(
        || named(name),
        || address.map_or_else(|| Ok(Vec::new()), named),
    );
    let mut users = [by_name?, by_address?].concat();
    users.retain(|user| user.acs_system_id == system);
    sort(&mut users);
    users.dedup_by_key(|user| user.acs_user_id);
    Ok(users)
}

/// The word for an empty list, and what is similar to the text that was searched for, if there was
/// one.
pub(crate) fn nothing<T: Resource>(
    word: &str,
    search: Option<&SearchText>,
    port: &dyn BlockingAccessGroupPort,
) -> String {
    let all = search.and_then(|search| Some((search, T::all(port).ok()?)));
    let similar = all.map(|(search, all)| similar::similar(search, &all));
    match similar.as_deref() {
        // It is an answer without them, too.
        None | Some([]) => word.to_owned(),
        Some(similar) => format!("{word}; similar:\n{}", listed(similar, port)),
    }
}

/// The names of systems, for tables: an id says nothing to people.
#[derive(Debug, Default)]
pub(crate) struct SystemNames(BTreeMap<AcsSystemId, String>);

impl SystemNames {
    /// Reads them. If the store does not list systems, they have no names.
    pub(crate) fn read(port: &dyn BlockingAccessGroupPort) -> Self {
        let systems = port.acs_systems(AcsSystemFilter::new()).unwrap_or_default();
        let names = systems.iter();
        let names = names.map(|system| (system.acs_system_id, describe::system_name(system)));
        Self(names.collect())
    }

    /// Reads them if these are not all the same one: otherwise a table needs no such column.
    pub(crate) fn if_several(
        systems: impl IntoIterator<Item = AcsSystemId>,
        port: &dyn BlockingAccessGroupPort,
    ) -> Option<Self> {
        let mut systems = systems.into_iter();
        let first = systems.next()?;
        systems
            .any(|system| system != first)
            .then(|| Self::read(port))
    }

    /// The name; without one, the id.
    pub(crate) fn name(&self, system: AcsSystemId) -> String {
        let name = self.0.get(&system);
        name.map_or_else(|| system.to_string(), Clone::clone)
    }
}

/// The matches of an argument, at least one.
enum Matches<T: Resource> {
    Id(T::Id),
    Name(SearchText, Vec<T>),
}

impl<T: Resource> Matches<T> {
    fn look_up(
        argument: &IdOrName<T::Id>,
        port: &dyn BlockingAccessGroupPort,
    ) -> Result<Self, Failure> {
        Self::look_up_else(argument, port, T::HINT)
    }

    fn look_up_else(
        argument: &IdOrName<T::Id>,
        port: &dyn BlockingAccessGroupPort,
        hint: &str,
    ) -> Result<Self, Failure> {
        let text = match argument {
            IdOrName::Id(id) => return Ok(Self::Id(*id)),
            IdOrName::Name(text) => text.clone(),
        };
        // The search of the store is cheap, but it also finds parts of names: filter its result.
        let found = matching::matches(&text, &T::search(&text, port)?);
        if !found.is_empty() {
            return Ok(Self::Name(text, found));
        }
        // No search covers display names or the names of identities.
        let all = T::all(port)?;
        match matching::matches(&text, &all) {
            found if found.is_empty() => {
                let similar = similar::similar(&text, &all);
                Err(no_match(&text, &similar, port).with_hint(hint))
            }
            found => Ok(Self::Name(text, found)),
        }
    }

    /// The id, if there is only one match.
    fn only_id(&self) -> Option<T::Id> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Name(_, found) => match found.as_slice() {
                [only] => Some(only.id()),
                _ => None,
            },
        }
    }

    fn found(self, id: T::Id) -> Found<T> {
        let resource = match self {
            Self::Id(_) => None,
            // The only one: `only_id` has returned its id.
            Self::Name(_, mut found) => found.pop(),
        };
        Found { id, resource }
    }

    fn narrow_to(&mut self, narrowed: Vec<T>) {
        if let Self::Name(_, found) = self {
            *found = narrowed;
        }
    }

    /// The resources themselves; that of an id is read.
    fn read(&self, port: &dyn BlockingAccessGroupPort) -> Result<Vec<T>, Error> {
        match self {
            Self::Id(id) => Ok(vec![T::read(*id, port)?]),
            Self::Name(_, found) => Ok(found.clone()),
        }
    }

    fn ambiguous(&self, port: &dyn BlockingAccessGroupPort) -> Failure {
        let failure = Failure::failed(format!("{}; nothing was done", self.counted()))
            .with_hint("use the id of the one that you mean, or as much of it as is shown");
        self.add_list(failure, port)
    }

    /// Adds these matches to the failure of the other argument.
    fn add_to(&self, failure: Failure, port: &dyn BlockingAccessGroupPort) -> Failure {
        self.add_list(failure.with_detail(self.counted()), port)
    }

    fn add_list(&self, failure: Failure, port: &dyn BlockingAccessGroupPort) -> Failure {
        match self {
            Self::Id(_) => failure,
            Self::Name(_, found) => failure.with_detail(listed(found, port)),
        }
    }

    fn counted(&self) -> String {
        match self {
            Self::Id(id) => format!("{id} is one {}", T::NOUN),
            Self::Name(text, found) => {
                format!("{:?} matches {} {}s", text.as_str(), found.len(), T::NOUN)
            }
        }
    }
}

fn no_match<T: Resource>(
    text: &SearchText,
    similar: &[T],
    port: &dyn BlockingAccessGroupPort,
) -> Failure {
    let failure = Failure::failed(format!("{:?} matches no {}", text.as_str(), T::NOUN))
        .with_detail(format!("looked for {}", T::WAYS))
        .with_hint(T::HINT);
    if similar.is_empty() {
        return failure;
    }
    failure
        .with_detail("similar:")
        .with_detail(listed(similar, port))
}

/// A table of matches; of many, the first ones.
fn listed<T: Resource>(found: &[T], port: &dyn BlockingAccessGroupPort) -> String {
    let systems = SystemNames::read(port);
    let has_addresses = found.iter().any(|item| item.addresses().next().is_some());
    let mut header = vec!["name", "system", "id"];
    if has_addresses {
        header.insert(1, "e-mail");
    }
    let rows = found.iter().take(LISTED).map(|item| {
        let mut row = vec![
            item.displayed_name(),
            systems.name(item.system()),
            item.id().to_string(),
        ];
        if has_addresses {
            row.insert(1, item.addresses().next().unwrap_or_default().to_owned());
        }
        row
    });
    let table = output::table_in_failure(Table::new(header, rows));
    match found.len().saturating_sub(LISTED) {
        0 => table,
        more => format!("{table}\nand {more} more"),
    }
}

/// How many similar names fit into a line.
const SIMILAR: usize = 3;

/// How many matches are listed.
const LISTED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<IdOrName<AcsUserId>>) {
        assert_eq!(text.parse().ok(), expected, "{text:?}");
    }

    #[test]
    fn whole_id_is_an_id_and_other_text_a_name() {
        let id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        check(id, Some(IdOrName::Id(id.parse().expect("an id"))));
        check(
            &format!(" {id}\n"),
            Some(IdOrName::Id(id.parse().expect("an id"))),
        );
        for text in ["3f2504e0", "ada@example.com", "Ada", &id[1..]] {
            check(text, Some(IdOrName::Name(text.parse().expect("a text"))));
        }
        check(
            " Ada ",
            Some(IdOrName::Name("Ada".parse().expect("a text"))),
        );
    }

    #[test]
    fn empty_and_overlong_text_is_refused() {
        check("", None);
        check("  ", None);
        check(&"a".repeat(1001), None);
    }
}
