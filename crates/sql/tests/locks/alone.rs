//! A change that meets nobody: what it sees, and which locks it takes.

use std::{collections::BTreeSet, rc::Rc};

use access_groups_core::Reply;
use access_groups_in_memory::State;
use access_groups_sql::{Lock, Slice};

use crate::{
    law::{described, kind},
    source::answer,
    table::Table,
    transaction::{Call, Place, lock_of},
};

pub(crate) struct Alone {
    pub(crate) places: BTreeSet<Place>,
    pub(crate) answer: Result<Reply, String>,
    seen: Slice,
    after: State,
}

impl Alone {
    pub(crate) fn on(site: &State, call: &Call) -> Self {
        let mut change = call.change();
        let (mut seen, mut places) = (Slice::default(), BTreeSet::new());
        while !change.wants().is_empty() {
            let found = answer(site, change.wants());
            let locks = change
                .wants()
                .iter()
                .map(|want| (kind(want), lock_of(want)));
            let locks = locks.filter(|(_, lock)| *lock != Lock::None);
            places.extend(locks.map(|(want, lock)| Place {
                operation: call.operation.name(),
                want,
                lock,
            }));
            seen.append(found.clone());
            change.found(found);
        }
        // By the rules themselves, and not by what was decided on the slice.
        let mut after = State::from_slice(Table::of(site).slice(), change.nonce());
        let outcome = after.execute(call.operation.clone(), call.now);
        Self {
            places,
            answer: outcome.map_err(|error| described(&error)),
            seen,
            after,
        }
    }
}

/// Changes that may come at once, on one site.
pub(crate) struct Party {
    pub(crate) calls: Vec<Rc<Call>>,
    pub(crate) alone: Vec<Alone>,
}

impl Party {
    pub(crate) fn new(site: &State, calls: Vec<Call>) -> Self {
        Self {
            alone: calls.iter().map(|call| Alone::on(site, call)).collect(),
            calls: calls.into_iter().map(Rc::new).collect(),
        }
    }

    /// These of the calls.
    pub(crate) fn some(&self, which: &[usize]) -> Vec<Rc<Call>> {
        which.iter().map(|at| Rc::clone(&self.calls[*at])).collect()
    }

    /// Whether one of the two sees what the other has changed. Others can come in any order.
    pub(crate) fn meet(&self, one: usize, other: usize) -> bool {
        self.notices(one, other) || self.notices(other, one)
    }

    fn notices(&self, one: usize, other: usize) -> bool {
        let after = &self.alone[other].after;
        Alone::on(after, &self.calls[one]).seen != self.alone[one].seen
    }
}

/// The outcome of the changes, one after another.
pub(crate) struct Serial {
    pub(crate) order: Vec<usize>,
    pub(crate) site: State,
    pub(crate) answers: Vec<Result<Reply, String>>,
}

impl Serial {
    pub(crate) fn all(site: &State, calls: &[Rc<Call>]) -> Vec<Self> {
        let orders = orders(calls.len()).into_iter();
        orders.map(|order| Self::of(site, calls, order)).collect()
    }

    fn of(site: &State, calls: &[Rc<Call>], order: Vec<usize>) -> Self {
        let mut site = site.clone();
        let mut answers = vec![None; calls.len()];
        for at in &order {
            let alone = Alone::on(&site, &calls[*at]);
            (answers[*at], site) = (Some(alone.answer), alone.after);
        }
        let answers = answers.into_iter().flatten().collect();
        Self {
            order,
            site,
            answers,
        }
    }

    /// Whether nobody comes before somebody who had ended before they began.
    pub(crate) fn keeps(&self, after: &[&[usize]]) -> bool {
        let place = |change| self.order.iter().position(|at| *at == change);
        let mut pairs = after.iter().enumerate();
        pairs.all(|(at, earlier)| earlier.iter().all(|other| place(*other) < place(at)))
    }
}

fn orders(many: usize) -> Vec<Vec<usize>> {
    let Some(last) = many.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let shorter = orders(last).into_iter();
    let each = shorter.flat_map(|order| {
        (0..many).map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    });
    each.collect()
}
