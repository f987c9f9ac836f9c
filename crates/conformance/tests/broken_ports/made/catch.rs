//! Which law catches a port, and how to ask for many ports at once.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use access_groups_conformance::{Law, Outcome};

use super::Made;

/// The first law of its class that the port breaks.
pub(crate) fn law_against(made: &Made) -> Option<&'static str> {
    let open = made.fixtures();
    let breaks = |name: &&str| {
        let law = Law::named(name).unwrap_or_else(|| panic!("there is no law {name}"));
        matches!(law.check(&open), Outcome::Broken(_))
    };
    made.class.laws().iter().copied().find(breaks)
}

/// The work on every item, from as many threads as there are cores; the results are in order.
pub(crate) fn for_each<'i, T: Sync, R: Send>(
    items: &'i [T],
    work: impl Fn(&'i T) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let workers = thread::available_parallelism().map_or(1, |count| count.get());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(number) else { break };
                    let result = work(item);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(number, result);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_values().collect()
}
