//! Tells whether a workspace can notice that another one has something.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use access_groups_core::{GetAccessGroup, Operation};
use access_groups_in_memory::State;

use crate::{
    place::places,
    requests,
    service::{Caller, Check, Outcome, Way, ask, before},
    world::World,
};

/// An operation's name, and a place in it.
pub(crate) type Tried = (&'static str, &'static str);

/// What came of all requests.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// How many requests were sent that succeed for the owners of what they name: each to both
    /// workspaces, by key and by token.
    pub(crate) proven: usize,
    /// How many requests of the first workspace named something of the second: the proven
    /// ones, with one place or all of them made the other's, by key and by token.
    pub(crate) asked: usize,
    pub(crate) tried: BTreeSet<Tried>,
    /// Where the first workspace could tell, and how for the first time.
    pub(crate) told: BTreeMap<Tried, String>,
}

/// Tries every request in every way, as a key and as a token.
pub(crate) fn judge(check: Check) -> Report {
    let mut report = Report::default();
    for operation in requests::all() {
        for way in Way::all(&operation) {
            let counts = is_valid(&way, &operation);
            report.proven += usize::from(counts);
            for caller in [Caller::Key(World::First), Caller::Token(World::First)] {
                for trial in Trial::all(&operation) {
                    let tried = (operation.name(), trial.label);
                    report.tried.insert(tried);
                    report.asked += usize::from(counts && !trial.names.is_empty());
                    if let Some(told) = trial.told(check, &way, caller) {
                        report.told.entry(tried).or_insert(told);
                    }
                }
            }
        }
    }
    report
}

/// Proves that the request succeeds for each owner; `false` if it is about what no owner has.
fn is_valid(way: &Way, operation: &Operation) -> bool {
    let mut statuses = Vec::new();
    for world in [World::First, World::Second] {
        let own = about(world, operation);
        for caller in [Caller::Key(world), Caller::Token(world)] {
            statuses.push(ask(Check::InPlace, way, &own, caller).status);
        }
    }
    let expected = match operation {
        Operation::GetUnmanagedAccessGroup(_) | Operation::GetUnmanagedAcsUser(_) => 404,
        _ => 200,
    };
    assert_eq!(statuses, [expected; 4], "{way:?} {operation:?}");
    expected == 200
}

/// The same request about the same things of another world.
pub(crate) fn about(world: World, operation: &Operation) -> Operation {
    let mut moved = operation.clone();
    places(&mut moved)
        .iter_mut()
        .for_each(|place| place.move_to(world));
    moved
}

/// A request of the first workspace that names something of the second in one place or in
/// all, and the same request for something that is nowhere.
struct Trial {
    label: &'static str,
    foreign: Operation,
    missing: Operation,
    /// What is named in them.
    names: Vec<[String; 2]>,
}

impl Trial {
    fn all(operation: &Operation) -> Vec<Self> {
        let labels: Vec<_> = places(&mut operation.clone())
            .iter()
            .map(|place| place.label)
            .collect();
        let one_by_one = labels
            .iter()
            .enumerate()
            .map(|(index, label)| Self::new(operation, label, |at| at == index));
        let at_once = (labels.len() != 1).then(|| match labels.len() {
            0 => Self::new(operation, NOTHING, |_| false),
            _ => Self::new(operation, EVERYTHING, |_| true),
        });
        one_by_one.chain(at_once).collect()
    }

    fn new(operation: &Operation, label: &'static str, moves: impl Fn(usize) -> bool) -> Self {
        let moved = |world| {
            let mut moved = operation.clone();
            let mut names = Vec::new();
            for (index, place) in places(&mut moved).iter_mut().enumerate() {
                if moves(index) {
                    place.move_to(world);
                    names.push(place.text());
                }
            }
            (moved, names)
        };
        let (foreign, foreign_names) = moved(World::Second);
        let (missing, missing_names) = moved(World::Nowhere);
        let names = foreign_names.into_iter().zip(missing_names);
        Self {
            label,
            foreign,
            missing,
            names: names.map(|(foreign, missing)| [foreign, missing]).collect(),
        }
    }

    /// What the first workspace can tell the two by, if anything.
    fn told(&self, check: Check, way: &Way, caller: Caller) -> Option<String> {
        let foreign = ask(check, way, &self.foreign, caller);
        let missing = ask(check, way, &self.missing, caller);
        let told = self.difference(check, &foreign, &missing)?;
        Some(format!(
            "{told}\n  {caller:?} {way:?} {:?}\n  {} {}\n  {} {}",
            self.foreign, foreign.status, foreign.body, missing.status, missing.body
        ))
    }

    fn difference(&self, check: Check, foreign: &Outcome, missing: &Outcome) -> Option<String> {
        let [foreign_body, missing_body] = [
            self.nameless(0, &foreign.body),
            self.nameless(1, &missing.body),
        ];
        let (first, second) = before(check);
        let is_refused = foreign.status >= 400;
        let rules = [
            ("the status", foreign.status == missing.status),
            ("the headers", foreign.headers == missing.headers),
            ("the body", foreign_body == missing_body),
            ("a word of the other", !has_words_of_second(&foreign_body)),
            (
                "what changed here",
                self.alike(first, &foreign.first, &missing.first),
            ),
            (
                "what changed there",
                self.alike(second, &foreign.second, &missing.second),
            ),
            (
                "a refusal that changes something",
                !is_refused || foreign.first == *first,
            ),
            (
                "a change there",
                check == Check::Removed || foreign.second == *second,
            ),
        ];
        let broken = rules.iter().find(|(_, is_kept)| !is_kept);
        broken.map(|(rule, _)| (*rule).to_owned())
    }

    /// Whether the same has changed, but for the names.
    fn alike(&self, before: &State, foreign: &State, missing: &State) -> bool {
        let changes = |side, after: &State| {
            let mut changes = BTreeMap::<_, i32>::new();
            for (text, change) in [(after.to_site_json(), 1), (before.to_site_json(), -1)] {
                for line in text.lines() {
                    *changes.entry(self.nameless(side, line)).or_default() += change;
                }
            }
            changes.retain(|_, count| *count != 0);
            changes
        };
        foreign == missing || changes(0, foreign) == changes(1, missing)
    }

    /// The text with placeholders for what was named in the request.
    fn nameless(&self, side: usize, text: &str) -> String {
        let names = self.names.iter().enumerate();
        names.fold(text.to_owned(), |text, (index, names)| {
            text.replace(&names[side], &format!("<{index}>"))
        })
    }
}

/// Whether a text has an id or a name of the second world.
fn has_words_of_second(text: &str) -> bool {
    [World::Second.piece(), World::Second.mark()]
        .iter()
        .any(|word| text.contains(word))
}

/// Lines for a person.
pub(crate) struct Told<'a>(pub(crate) &'a BTreeMap<Tried, String>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((operation, place), told) in self.0 {
            writeln!(f, "{operation}, {place}: {told}")?;
        }
        Ok(())
    }
}

/// The label of a request that names nothing: what it lists is looked at all the same.
pub(crate) const NOTHING: &str = "nothing";

/// The label of a request in which everything is the other workspace's.
pub(crate) const EVERYTHING: &str = "everything";

/// A judge that finds nothing proves nothing: each rule is broken once.
#[test]
fn whatever_is_different_is_told() {
    let operation: Operation = GetAccessGroup {
        group: World::First.group(1),
    }
    .into();
    let trial = &Trial::all(&operation)[0];
    let way = &Way::all(&operation)[0];
    let caller = Caller::Key(World::First);
    let foreign = ask(Check::InPlace, way, &trial.foreign, caller);
    let missing = ask(Check::InPlace, way, &trial.missing, caller);
    let told = |edit: &dyn Fn(&mut Outcome), of_missing: bool| {
        let (mut foreign, mut missing) = (foreign.clone(), missing.clone());
        edit(&mut foreign);
        if of_missing {
            edit(&mut missing);
        }
        trial.difference(Check::InPlace, &foreign, &missing)
    };
    let check = |edit: &dyn Fn(&mut Outcome), of_missing, expected: Option<&str>| {
        assert_eq!(told(edit, of_missing).as_deref(), expected);
    };
    check(&|_| (), false, None);
    check(&|it| it.status = 403, false, Some("the status"));
    let header = |it: &mut Outcome| drop(it.headers.remove("content-type"));
    check(&header, false, Some("the headers"));
    check(&|it| it.body.push(' '), false, Some("the body"));
    check(
        &|it| it.body.push_str(&World::Second.mark()),
        true,
        Some("a word of the other"),
    );
    let delete = |state: &mut State, world: World| {
        state.delete_group(world.group(1)).expect("there");
    };
    let here = |it: &mut Outcome| delete(&mut it.first, World::First);
    check(&here, false, Some("what changed here"));
    check(&here, true, Some("a refusal that changes something"));
    let there = |it: &mut Outcome| delete(&mut it.second, World::Second);
    check(&there, false, Some("what changed there"));
    check(&there, true, Some("a change there"));
}
