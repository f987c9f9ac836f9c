//! Tells whether a workspace can notice that another one has something.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use access_groups_core::GetAccessGroup;
use access_groups_in_memory::State;

use crate::{
    request::Request,
    service::{Caller, Check, Outcome, Service},
    world::World,
};

/// A path, and a field of its requests.
pub(crate) type Tried = (String, String);

/// The result of all requests.
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

/// Tries every request, as a key and as a token.
///
/// Whether a request is valid is asked where each owner has a workspace.
pub(crate) fn judge(service: &Service, in_place: &Service) -> Report {
    let mut report = Report::default();
    for request in Request::all() {
        let counts = is_valid(in_place, &request);
        report.proven += usize::from(counts);
        for caller in [Caller::Key(World::First), Caller::Token(World::First)] {
            for trial in Trial::all(&request) {
                let tried = (request.path.clone(), trial.label.clone());
                report.tried.insert(tried.clone());
                report.asked += usize::from(counts && !trial.names.is_empty());
                // A place that told once is caught: there is no need to ask again.
                if !report.told.contains_key(&tried)
                    && let Some(told) = trial.told(service, caller)
                {
                    report.told.insert(tried, told);
                }
            }
        }
    }
    report
}

/// Proves that the request succeeds for each owner; `false` if it is about what no owner has.
fn is_valid(in_place: &Service, request: &Request) -> bool {
    let mut statuses = Vec::new();
    for world in [World::First, World::Second] {
        let own = request.about(world);
        for caller in [Caller::Key(world), Caller::Token(world)] {
            statuses.push(in_place.ask(&own, caller).status);
        }
    }
    // Nothing is unmanaged, not even what the owner has.
    let expected = match request.path.ends_with("/unmanaged/get") {
        true => 404,
        false => 200,
    };
    assert_eq!(statuses, [expected; 4], "{request:?}");
    expected == 200
}

/// A request of the first workspace that names something of the second in one place or in
/// all, and the same request for something that does not exist anywhere.
struct Trial {
    label: String,
    foreign: Request,
    missing: Request,
    /// What is named in them.
    names: Vec<[String; 2]>,
}

impl Trial {
    fn all(request: &Request) -> Vec<Self> {
        let places = request.places();
        let one_by_one = places
            .iter()
            .enumerate()
            .map(|(index, place)| Self::new(request, &place.field, |at| at == index));
        let at_once = (places.len() != 1).then(|| match places.len() {
            0 => Self::new(request, NOTHING, |_| false),
            _ => Self::new(request, EVERYTHING, |_| true),
        });
        one_by_one.chain(at_once).collect()
    }

    fn new(request: &Request, label: &str, is_moved: impl Fn(usize) -> bool) -> Self {
        let [foreign, missing] =
            [World::Second, World::Nowhere].map(|world| request.moved_to(world, &is_moved));
        let names = foreign.places().into_iter().zip(missing.places());
        let moved = names.enumerate().filter(|(at, _)| is_moved(*at));
        Self {
            label: label.to_owned(),
            names: moved
                .map(|(_, (foreign, missing))| [foreign.name, missing.name])
                .collect(),
            foreign,
            missing,
        }
    }

    /// How the first workspace can tell the two apart, if it can.
    fn told(&self, service: &Service, caller: Caller) -> Option<String> {
        let foreign = service.ask(&self.foreign, caller);
        let missing = service.ask(&self.missing, caller);
        let told = self.difference(service, &foreign, &missing)?;
        Some(format!(
            "{told}\n  {caller:?} {:?}\n  {} {}\n  {} {}",
            self.foreign, foreign.status, foreign.body, missing.status, missing.body
        ))
    }

    fn difference(
        &self,
        service: &Service,
        foreign: &Outcome,
        missing: &Outcome,
    ) -> Option<String> {
        let [foreign_body, missing_body] = [
            self.nameless(0, &foreign.body),
            self.nameless(1, &missing.body),
        ];
        let (first, second) = service.before();
        let is_refused = foreign.status >= 400;
        let is_alike_here = self.alike(first, &foreign.first, &missing.first);
        // With the check removed, both are one store.
        let is_alike_there = match service.check {
            Check::InPlace => self.alike(second, &foreign.second, &missing.second),
            Check::Removed => is_alike_here,
        };
        let rules = [
            ("the status", foreign.status == missing.status),
            ("the headers", foreign.headers == missing.headers),
            ("the body", foreign_body == missing_body),
            ("a word of the other", !World::Second.is_in(&foreign_body)),
            ("what changed here", is_alike_here),
            ("what changed there", is_alike_there),
            (
                "a refusal that changes something",
                !is_refused || foreign.first == *first,
            ),
            (
                "a change there",
                service.check == Check::Removed || foreign.second == *second,
            ),
        ];
        let broken = rules.iter().find(|(_, is_kept)| !is_kept);
        broken.map(|(rule, _)| (*rule).to_owned())
    }

    /// Whether the same has changed, but for the names.
    fn alike(&self, before: &State, foreign: &State, missing: &State) -> bool {
        let before = before.to_site_json();
        let changes = |which, after: &State| {
            let after = after.to_site_json();
            let mut lines = BTreeMap::<&str, i32>::new();
            for (text, change) in [(&after, 1), (&before, -1)] {
                for line in text.lines() {
                    *lines.entry(line).or_default() += change;
                }
            }
            // Names are replaced in changed lines only: equal lines cancel out, and this is slow.
            lines.retain(|_, count| *count != 0);
            let mut changes = BTreeMap::<_, i32>::new();
            for (line, count) in lines {
                *changes.entry(self.nameless(which, line)).or_default() += count;
            }
            changes.retain(|_, count| *count != 0);
            changes
        };
        foreign == missing || changes(0, foreign) == changes(1, missing)
    }

    /// The text with placeholders for what was named in the request.
    fn nameless(&self, which: usize, text: &str) -> String {
        let names = self.names.iter().enumerate();
        names.fold(text.to_owned(), |text, (index, names)| {
            text.replace(&names[which], &format!("<{index}>"))
        })
    }
}

/// A report for people.
pub(crate) struct Told<'a>(pub(crate) &'a BTreeMap<Tried, String>);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((path, place), told) in self.0 {
            writeln!(f, "{path}, {place}: {told}")?;
        }
        Ok(())
    }
}

/// The label of a request that names nothing; its answer is compared all the same.
pub(crate) const NOTHING: &str = "nothing";

/// The label of a request in which everything is the other workspace's.
pub(crate) const EVERYTHING: &str = "everything";

/// A judge that finds nothing proves nothing: each rule is broken once.
#[test]
fn every_difference_is_told() {
    let operation = GetAccessGroup::new(World::First.group(1)).into();
    let trial = &Trial::all(&Request::all_of(&operation)[0])[0];
    let (service, caller) = (&Service::new(Check::InPlace), Caller::Key(World::First));
    let foreign = service.ask(&trial.foreign, caller);
    let missing = service.ask(&trial.missing, caller);
    let told = |edit: &dyn Fn(&mut Outcome), of_missing: bool| {
        let (mut foreign, mut missing) = (foreign.clone(), missing.clone());
        edit(&mut foreign);
        if of_missing {
            edit(&mut missing);
        }
        trial.difference(service, &foreign, &missing)
    };
    let check = |edit: &dyn Fn(&mut Outcome), of_missing, expected: Option<&str>| {
        assert_eq!(told(edit, of_missing).as_deref(), expected);
    };
    check(&|_| (), false, None);
    check(&|outcome| outcome.status = 403, false, Some("the status"));
    let header = |outcome: &mut Outcome| drop(outcome.headers.remove("content-type"));
    check(&header, false, Some("the headers"));
    check(&|outcome| outcome.body.push(' '), false, Some("the body"));
    check(
        &|outcome| outcome.body.push_str(&World::Second.mark()),
        true,
        Some("a word of the other"),
    );
    let delete = |state: &mut State, world: World| {
        state.delete_group(world.group(1)).expect("there");
    };
    let here = |outcome: &mut Outcome| delete(&mut outcome.first, World::First);
    check(&here, false, Some("what changed here"));
    check(&here, true, Some("a refusal that changes something"));
    let there = |outcome: &mut Outcome| delete(&mut outcome.second, World::Second);
    check(&there, false, Some("what changed there"));
    check(&there, true, Some("a change there"));
}
