//! The cases in parts, which are run from several threads.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use proptest::{
    prelude::Rng,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use proptest_state_machine::ReferenceStateMachine;

use super::{
    ModelRun,
    coverage::Met,
    run::{Neighbour, Run},
    sequence::Sequence,
};
use crate::case::{Bench, Stop};

impl ModelRun {
    /// Runs all parts and gives what they met, or the message of the first broken one. Neither
    /// depends on the number of threads.
    pub(super) fn run_parts(&self, bench: &Bench<'_>) -> Result<Met, String> {
        let parts = self.cases.div_ceil(CASES_IN_PART);
        let next = AtomicU32::new(0);
        let ended = Mutex::new(Ended::default());
        let work = || {
            // Taken in order: all parts before a broken one are finished as well.
            while lock(&ended).broken.is_empty() {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    break;
                }
                let result = self.run_part(part, bench);
                lock(&ended).note(part, result);
            }
        };
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            for _ in 0..workers.min(MOST_THREADS).min(parts as usize) {
                scope.spawn(work);
            }
        });
        let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.broken.into_values().next().map_or(Ok(ended.met), Err)
    }

    /// Runs the cases of one part, with a seed of its own.
    fn run_part(&self, part: u32, bench: &Bench<'_>) -> Result<Met, String> {
        let mut runner = TestRunner::new_with_rng(self.config(part), self.rng(part));
        // Short sequences meet too little; a failing one is shortened below this.
        let sequences = Sequence::sequential_strategy(self.steps.div_ceil(2)..=self.steps);
        // One for all cases, as none may change it.
        let neighbour = RefCell::new(None);
        let met = RefCell::new(Met::default());
        let result = runner.run(&sequences, |(scene, steps, seen)| {
            // The counter is for shortening, and an error without.
            let seen = seen.filter(|_| self.shorten);
            let mut neighbour = neighbour.borrow_mut();
            let opened = neighbour.get_or_insert_with(|| Neighbour::open(bench));
            let mut met = met.borrow_mut();
            let run = Run::start(bench, scene, &mut met);
            match run.take_all(steps, seen, self.look_after, opened) {
                Err(Stop::Broken(why)) => {
                    // The fault may have changed it, and shortening repeats the case.
                    *neighbour = None;
                    Err(TestCaseError::fail(why))
                }
                Ok(()) | Err(Stop::Absent) => Ok(()),
            }
        });
        match result {
            Ok(()) => Ok(met.into_inner()),
            Err(TestError::Fail(why, _) | TestError::Abort(why)) => Err(why.message().to_owned()),
        }
    }

    fn config(&self, part: u32) -> Config {
        Config {
            cases: CASES_IN_PART.min(self.cases - part * CASES_IN_PART),
            // The seed is what brings a failure back.
            failure_persistence: None,
            max_shrink_iters: if self.shorten { 2000 } else { 0 },
            ..Config::default()
        }
    }

    fn rng(&self, part: u32) -> TestRng {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        bytes[8..12].copy_from_slice(&part.to_be_bytes());
        // Strategies make a generator for most of their values, and ChaCha is slow at that; its
        // numbers make a good seed of even a small number.
        let mut seed = [0; 16];
        TestRng::from_seed(RngAlgorithm::ChaCha, &bytes).fill_bytes(&mut seed);
        TestRng::from_seed(RngAlgorithm::XorShift, &seed)
    }
}

/// What the parts that have ended came to.
#[derive(Default)]
struct Ended {
    met: Met,
    broken: BTreeMap<u32, String>,
}

impl Ended {
    fn note(&mut self, part: u32, result: Result<Met, String>) {
        match result {
            Ok(met) => self.met.add(met),
            Err(why) => {
                self.broken.insert(part, why);
            }
        }
    }
}

fn lock(ended: &Mutex<Ended>) -> std::sync::MutexGuard<'_, Ended> {
    ended.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cases that have a seed together. Few, so that the parts end at about the same time.
const CASES_IN_PART: u32 = 25;

/// An adapter may open a connection in each.
const MOST_THREADS: usize = 4;
