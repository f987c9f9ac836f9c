//! Finds out who or what a text on the command line means, on any store.
//!
//! An id is taken as it is, without a lookup. Any other text is looked for with the store's
//! search; where that finds nobody whom the text names, everybody is looked at, for a search
//! does not know every name that is shown. No way of naming outdoes another: if a text names
//! several, all of them are candidates, and nothing is done.

mod matching;
mod named;

use access_groups_core::{AcsSystemId, BlockingPorts, SearchText};

use crate::{failure::Failure, system_names::SystemNames, table::Table, wanted::Wanted};
use matching::together;

pub(crate) use named::Named;

/// The one that is meant.
pub(crate) fn one<T: Named>(
    wanted: &Wanted<T::Id>,
    ports: &BlockingPorts,
) -> Result<T::Id, Failure> {
    within::<T>(wanted, None, ports)
}

/// The one that is meant, if any is.
pub(crate) fn maybe<T: Named>(
    wanted: Option<&Wanted<T::Id>>,
    ports: &BlockingPorts,
) -> Result<Option<T::Id>, Failure> {
    wanted.map(|wanted| one::<T>(wanted, ports)).transpose()
}

/// The one that is meant; of several, the one of this system.
pub(crate) fn within<T: Named>(
    wanted: &Wanted<T::Id>,
    system: Option<AcsSystemId>,
    ports: &BlockingPorts,
) -> Result<T::Id, Failure> {
    let meant = Meant::<T>::look_up(wanted, ports)?;
    if let Some(id) = meant.only() {
        return Ok(id);
    }
    let mut narrowed = meant.clone();
    narrowed.retain(|item| system.is_none_or(|system| item.system() == system));
    match narrowed.only() {
        Some(id) => Ok(id),
        None if narrowed.is_empty() => Err(meant.ambiguous(ports)),
        None => Err(narrowed.ambiguous(ports)),
    }
}

/// The two that are meant. Where a text names several, those count that are of one system
/// with the other: nothing else can be together.
pub(crate) fn pair<A: Named, B: Named>(
    left: &Wanted<A::Id>,
    right: &Wanted<B::Id>,
    ports: &BlockingPorts,
) -> Result<(A::Id, B::Id), Failure> {
    let (left, right) = (
        Meant::<A>::look_up(left, ports)?,
        Meant::<B>::look_up(right, ports)?,
    );
    if let (Some(left), Some(right)) = (left.only(), right.only()) {
        return Ok((left, right));
    }
    let (lefts, rights) = together(left.read(ports)?, right.read(ports)?);
    let (left, right) = match lefts.is_empty() {
        true => (left, right), // no two fit, and that is to be seen
        false => (left.among(lefts), right.among(rights)),
    };
    match (left.only(), right.only()) {
        (Some(left), Some(right)) => Ok((left, right)),
        (Some(_), None) => Err(right.ambiguous(ports)),
        (None, Some(_)) => Err(left.ambiguous(ports)),
        (None, None) => Err(right.add_to(left.ambiguous(ports), ports)),
    }
}

/// What a word on the command line may mean: never nothing.
#[derive(Clone)]
enum Meant<T: Named> {
    Id(T::Id),
    Named(SearchText, Vec<T>),
}

impl<T: Named> Meant<T> {
    fn look_up(wanted: &Wanted<T::Id>, ports: &BlockingPorts) -> Result<Self, Failure> {
        let text = match wanted {
            Wanted::Id(id) => return Ok(Self::Id(*id)),
            Wanted::Text(text) => text.clone(),
        };
        let found = matching::named(&text, &T::search(&text, ports)?);
        if !found.is_empty() {
            return Ok(Self::Named(text, found));
        }
        let all = T::all(ports)?;
        match matching::named(&text, &all) {
            found if found.is_empty() => Err(nobody(&text, &matching::similar(&text, &all), ports)),
            found => Ok(Self::Named(text, found)),
        }
    }

    /// The id, if there is no choice.
    fn only(&self) -> Option<T::Id> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Named(_, found) => match found.as_slice() {
                [one] => Some(one.id()),
                _ => None,
            },
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Named(_, found) if found.is_empty())
    }

    fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        if let Self::Named(_, found) = self {
            found.retain(keep);
        }
    }

    /// The resources themselves; the one of an id is read.
    fn read(&self, ports: &BlockingPorts) -> Result<Vec<T>, Failure> {
        match self {
            Self::Id(id) => Ok(vec![T::read(*id, ports)?]),
            Self::Named(_, found) => Ok(found.clone()),
        }
    }

    /// The same word, meaning these.
    fn among(self, found: Vec<T>) -> Self {
        match self {
            Self::Id(id) => Self::Id(id),
            Self::Named(text, _) => Self::Named(text, found),
        }
    }

    fn ambiguous(&self, ports: &BlockingPorts) -> Failure {
        let failure = Failure::failed(format!("{}; nothing was done", self.counted()))
            .with_hint("name the one that is meant by its id");
        self.add_list(failure, ports)
    }

    /// A failure that is about these, too.
    fn add_to(&self, failure: Failure, ports: &BlockingPorts) -> Failure {
        self.add_list(failure.with_detail(self.counted()), ports)
    }

    fn add_list(&self, failure: Failure, ports: &BlockingPorts) -> Failure {
        match self {
            Self::Id(_) => failure,
            Self::Named(_, found) => failure.with_detail(candidates(found, ports)),
        }
    }

    fn counted(&self) -> String {
        match self {
            Self::Id(id) => format!("{} {id} is one", T::NOUN),
            Self::Named(text, found) => {
                format!("{:?} fits {} {}", text.as_str(), found.len(), T::NOUNS)
            }
        }
    }
}

fn nobody<T: Named>(text: &SearchText, similar: &[T], ports: &BlockingPorts) -> Failure {
    let failure = Failure::failed(format!("{:?} fits no {}", text.as_str(), T::NOUN))
        .with_detail(format!("looked for {}", T::WAYS))
        .with_hint(T::HINT);
    if similar.is_empty() {
        return failure;
    }
    failure
        .with_detail("similar:")
        .with_detail(candidates(similar, ports))
}

/// A table of those that may be meant; of many, the first.
fn candidates<T: Named>(found: &[T], ports: &BlockingPorts) -> String {
    let systems = SystemNames::read(ports);
    let has_addresses = found.iter().any(|item| item.addresses().next().is_some());
    let mut header = vec!["name", "system", "id"];
    if has_addresses {
        header.insert(1, "e-mail");
    }
    let mut table = Table::new(&header);
    for item in found.iter().take(SHOWN) {
        let mut row = vec![
            item.shown(),
            systems.shown(item.system()),
            item.id().to_string(),
        ];
        if has_addresses {
            row.insert(1, item.addresses().next().unwrap_or_default().to_owned());
        }
        table.add(row);
    }
    match found.len().saturating_sub(SHOWN) {
        0 => table.render(None),
        more => format!("{}\nand {more} more", table.render(None)),
    }
}

/// How many candidates are listed.
const SHOWN: usize = 20;
