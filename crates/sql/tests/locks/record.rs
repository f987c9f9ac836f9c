//! What the cases have reached: how often changes had to start again, and which locks the law needs.

use std::{collections::BTreeMap, rc::Rc};

use access_groups_sql::Lock;

use crate::{
    interleave::Tally,
    transaction::{Call, Place, Weak},
};

#[derive(Debug, Default)]
pub(crate) struct Record {
    /// By the number of changes at once.
    sums: BTreeMap<usize, Sum>,
    /// Which operations started again, and met in a deadlock, in how many cases.
    repeated: BTreeMap<Vec<&'static str>, usize>,
    deadlocked: BTreeMap<Vec<&'static str>, usize>,
    untimely: BTreeMap<Vec<&'static str>, usize>,
    /// Of each lock, and of each weaker one in its place.
    weaker: BTreeMap<Place, BTreeMap<Lock, Need>>,
}

#[derive(Debug, Default)]
struct Sum {
    cases: usize,
    states: usize,
    sampled: usize,
    tally: Tally,
}

/// What happens without a lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Nothing, so far.
    #[default]
    Unknown,
    /// More changes start again: a guard or a foreign key stops them.
    Spares,
    /// The law breaks.
    Needed,
}

impl Record {
    pub(crate) fn count(&mut self, calls: &[Rc<Call>], tally: Tally) {
        let sum = self.sums.entry(calls.len()).or_default();
        sum.cases += 1;
        sum.states += tally.states;
        sum.sampled += usize::from(tally.is_sampled);
        sum.tally.add(tally);
        let mut names: Vec<_> = calls.iter().map(|call| call.operation.name()).collect();
        names.sort_unstable();
        if tally.repeated > 0.0 {
            *self.repeated.entry(names.clone()).or_default() += 1;
        }
        if tally.deadlocked > 0.0 {
            *self.deadlocked.entry(names.clone()).or_default() += 1;
        }
        if tally.untimely > 0.0 {
            *self.untimely.entry(names).or_default() += 1;
        }
    }

    /// The weaker locks that the law has not missed yet.
    pub(crate) fn weaker(&mut self, place: Place) -> Vec<Weak> {
        let needs = self.weaker.entry(place).or_default();
        // A claim is there or not.
        let weaker: &[Lock] = match place.want {
            "holders" => &[Lock::None],
            _ => &[Lock::None, Lock::Refer, Lock::Change],
        };
        let weaker = weaker.iter().copied();
        let weaker = weaker.filter(|lock| *lock < place.lock);
        let open = weaker.filter(|lock| *needs.entry(*lock).or_default() != Need::Needed);
        open.map(|instead| Weak { of: place, instead }).collect()
    }

    pub(crate) fn needs(&mut self, weak: Weak, need: Need) {
        let needs = self.weaker.entry(weak.of).or_default();
        let known = needs.entry(weak.instead).or_default();
        *known = need.max(*known);
    }

    pub(crate) fn print(&self) {
        for (many, sum) in &self.sums {
            println!(
                "{many} at once: {} cases, {} of them sampled, {} states, {} interleavings; started \
                 again in {}, {} times at most; deadlocks in {}",
                sum.cases,
                sum.sampled,
                sum.states,
                sum.tally.interleavings,
                sum.tally.repeated,
                sum.tally.most,
                sum.tally.deadlocked
            );
        }
        for (names, cases) in &self.repeated {
            println!("started again: {} ({cases})", names.join(", "));
        }
        for (names, cases) in &self.deadlocked {
            println!("deadlock: {} ({cases})", names.join(", "));
        }
        for (names, cases) in &self.untimely {
            println!("not in the order of time: {} ({cases})", names.join(", "));
        }
        for (place, needs) in &self.weaker {
            let Place {
                operation,
                want,
                lock,
            } = place;
            println!("{operation} locks {want} ({lock:?}); instead: {needs:?}");
        }
    }
}
