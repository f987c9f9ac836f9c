//! All interleavings of some changes, each state once.

use std::{collections::HashMap, rc::Rc};

use access_groups_core::Reply;
use access_groups_in_memory::State;

use crate::{
    database::{Store, View},
    transaction::{Call, Stepped, Transaction, Weak},
};

/// Everything at one moment.
#[derive(Debug, Clone)]
pub(crate) struct World {
    store: Store,
    pub(crate) site: Rc<State>,
    changes: Vec<Rc<Changing>>,
}

#[derive(Debug, Clone)]
struct Changing {
    now: Transaction,
    /// Whether its last step found a lock in its way.
    waits: bool,
    overlaps: usize,
    deadlocks: usize,
    /// Which of the others had ended before it began, once it has.
    after: Option<Vec<usize>>,
}

/// What the interleavings had in common.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) interleavings: f64,
    /// Those in which something started again.
    pub(crate) repeated: f64,
    pub(crate) deadlocked: f64,
    /// Those whose order is not that of time: what began later comes first.
    pub(crate) untimely: f64,
    /// How often a change started again at most.
    pub(crate) most: usize,
    /// How many states they went through.
    pub(crate) states: usize,
    /// There were more states than are visited; then, the interleavings are some of many.
    pub(crate) is_sampled: bool,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.interleavings += other.interleavings;
        self.repeated += other.repeated;
        self.deadlocked += other.deadlocked;
        self.untimely += other.untimely;
        self.most = self.most.max(other.most);
    }
}

/// How an interleaving ended.
pub(crate) struct End<'a> {
    pub(crate) site: &'a State,
    pub(crate) answers: Vec<Result<Reply, String>>,
    /// For each change, which others had ended before it began.
    pub(crate) after: Vec<&'a [usize]>,
}

type Judge<'a> = dyn Fn(&End<'_>) -> Result<bool, String> + 'a;

/// What has been found of each state.
pub(crate) struct Explorer<'a> {
    judge: &'a Judge<'a>,
    known: HashMap<Vec<usize>, Vec<(World, Tally)>>,
    states: usize,
    random: u64,
}

impl<'a> Explorer<'a> {
    pub(crate) fn new(judge: &'a Judge<'a>) -> Self {
        Self {
            judge,
            known: HashMap::new(),
            states: 0,
            random: 1,
        }
    }

    /// Every interleaving, or the first that breaks the law, with its steps.
    pub(crate) fn all(mut self, world: World) -> Result<Tally, String> {
        let mut tally = self.explore(world)?;
        tally.states = self.states;
        tally.is_sampled = self.states > MOST_STATES;
        Ok(tally)
    }

    fn explore(&mut self, world: World) -> Result<Tally, String> {
        let digest = world.digest();
        if let Some(known) = self.known.get(&digest)
            && let Some((_, tally)) = known.iter().find(|(other, _)| world.is_like(other))
        {
            return Ok(*tally);
        }
        self.states += 1;
        let tally = self.explore_anew(&world)?;
        self.known.entry(digest).or_default().push((world, tally));
        Ok(tally)
    }

    fn explore_anew(&mut self, world: &World) -> Result<Tally, String> {
        let mut moves = world.moves();
        if moves.is_empty() {
            return self.end(world);
        }
        if self.states > MOST_STATES {
            // Knuth's numbers: any will do, as long as they are the same ones every time.
            self.random = self
                .random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let many = u64::try_from(moves.len()).expect("few moves");
            let chosen = usize::try_from((self.random >> 33) % many).expect("few moves");
            moves = vec![moves[chosen]];
        }
        let mut sum = Tally::default();
        for next in moves {
            let after = world.after(next);
            let tally = after.and_then(|after| self.explore(after));
            sum.add(tally.map_err(|why| format!("{}\n{why}", world.told(next)))?);
        }
        Ok(sum)
    }

    fn end(&self, world: &World) -> Result<Tally, String> {
        let changes = &world.changes;
        let answers = changes
            .iter()
            .filter_map(|change| change.now.outcome.clone());
        let is_in_time = (self.judge)(&End {
            site: &world.site,
            answers: answers.collect(),
            after: changes
                .iter()
                .map(|change| change.after.as_deref().unwrap_or_default())
                .collect(),
        })?;
        let most = changes.iter().map(|change| change.overlaps).max();
        let most = most.unwrap_or_default();
        let is_deadlocked = changes.iter().any(|change| change.deadlocks > 0);
        Ok(Tally {
            interleavings: 1.0,
            repeated: f64::from(u8::from(most > 0)),
            deadlocked: f64::from(u8::from(is_deadlocked)),
            untimely: f64::from(u8::from(!is_in_time)),
            most,
            ..Tally::default()
        })
    }
}

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Move {
    Step(usize),
    /// Nobody can go on; this one is rolled back.
    Victim(usize),
}

impl World {
    pub(crate) fn new(site: State, store: Store, calls: &[Rc<Call>], weak: Option<Weak>) -> Self {
        let changes = calls.iter().map(|call| Changing {
            now: Transaction::new(Rc::clone(call), weak),
            waits: false,
            overlaps: 0,
            deadlocks: 0,
            after: None,
        });
        Self {
            store,
            site: Rc::new(site),
            changes: changes.map(Rc::new).collect(),
        }
    }

    fn digest(&self) -> Vec<usize> {
        let changes = self.changes.iter().flat_map(|change| {
            let own = [usize::from(change.waits), change.overlaps, change.deadlocks];
            let after = change.after.iter().flatten();
            let after = after.fold(usize::from(change.after.is_some()), |sum, other| {
                sum + (2 << other)
            });
            own.into_iter().chain([after]).chain(change.now.digest())
        });
        changes.collect()
    }

    fn is_like(&self, other: &Self) -> bool {
        let mut changes = self.changes.iter().zip(&other.changes);
        changes.all(|(one, other)| Rc::ptr_eq(one, other) || one.now.is_like(&other.now))
            && (Rc::ptr_eq(&self.site, &other.site) || self.site == other.site)
    }

    fn moves(&self) -> Vec<Move> {
        let open = (0..self.changes.len()).filter(|at| self.changes[*at].now.outcome.is_none());
        let (waiting, free): (Vec<_>, Vec<_>) = open.partition(|at| self.changes[*at].waits);
        // A lock that is released goes to whoever waits for it.
        let freed: Vec<_> = waiting
            .iter()
            .copied()
            .filter(|at| self.can_go_on(*at))
            .collect();
        match (freed.is_empty(), free.is_empty()) {
            (false, _) => freed.into_iter().map(Move::Step).collect(),
            (true, false) => free.into_iter().map(Move::Step).collect(),
            (true, true) => waiting.into_iter().map(Move::Victim).collect(),
        }
    }

    fn can_go_on(&self, at: usize) -> bool {
        let mut tried = self.changes[at].now.clone();
        !matches!(tried.step(&self.view(at)), Stepped::Waits)
    }

    fn view(&self, at: usize) -> View<'_> {
        let others = self
            .changes
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at);
        View {
            store: self.store,
            site: &self.site,
            others: others.flat_map(|(_, change)| &change.now.locks).collect(),
        }
    }

    fn after(&self, next: Move) -> Result<Self, String> {
        let mut after = self.clone();
        let (Move::Step(at) | Move::Victim(at)) = next;
        let mut change = (*self.changes[at]).clone();
        if change.after.is_none() {
            let all = 0..self.changes.len();
            let ended = all.filter(|at| self.changes[*at].now.outcome.is_some());
            change.after = Some(ended.collect());
        }
        let stepped = match next {
            Move::Step(_) => change.now.step(&self.view(at)),
            Move::Victim(_) => {
                change.deadlocks += 1;
                Stepped::Overlap
            }
        };
        change.waits = matches!(stepped, Stepped::Waits);
        match stepped {
            Stepped::On | Stepped::Waits => {}
            Stepped::Overlap => {
                change.overlaps += 1;
                if change.overlaps == ATTEMPTS {
                    return Err(format!("no end after {ATTEMPTS} attempts"));
                }
                change.now = change.now.restarted();
            }
            Stepped::Committed(site) => after.site = site,
            Stepped::Refused => {}
        }
        if change.now.outcome.is_some() {
            change.now.locks.clear();
        }
        after.changes[at] = Rc::new(change);
        Ok(after)
    }

    fn told(&self, next: Move) -> String {
        match next {
            Move::Step(at) => {
                let change = &self.changes[at];
                let again = if change.waits { ", having waited" } else { "" };
                format!("{at} {}{again}", change.now.doing())
            }
            Move::Victim(at) => format!("{at} is rolled back: nobody can go on"),
        }
    }
}

/// See [`Attempts`](access_groups_sql::Attempts).
const ATTEMPTS: usize = 8;

/// How many states of one case are visited on every way; from there on, one way of each.
const MOST_STATES: usize = 20_000;
