//! How much is run, from which seed, and what is printed.

use std::{
    env,
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The seed of everything random.
pub(crate) fn seed() -> u64 {
    let given = env::var("ACCESS_GROUPS_RELIABILITY_SEED").ok();
    given.map_or(2026, |seed| seed.parse().expect("a number"))
}

/// Whether this is the full run.
pub(crate) fn is_full() -> bool {
    env::var_os("ACCESS_GROUPS_RELIABILITY_FULL").is_some_and(|value| value == "1")
}

/// The line that `cargo xtask reliability` looks for.
pub(crate) fn report(promise: &str, counts: &str) {
    println!("reliability: {promise} | {counts} | {}", seed());
}

/// Held for reading by tests that open sockets, and for writing by those that count the sockets of the
/// process.
pub(crate) static SOCKETS: RwLock<()> = RwLock::new(());

/// Does this to every number below the count, in 8 threads.
pub(crate) fn in_parallel(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
}
