//! Random calls, compared with an oracle that knows every answer.

mod clock;
mod ids;
mod oracle;
mod run;
mod sequence;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    num::NonZeroUsize,
    str::FromStr,
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

use crate::{
    Open, Outcome,
    case::{Bench, Stop},
    law::say,
    model::{
        run::{Neighbour, Run},
        sequence::Sequence,
    },
};

/// Random sequences of valid and invalid calls on random sites: every answer must equal the
/// oracle's, and so must everything that can be read, after each fourth call and at the end.
///
/// The oracle is the kit's own: ordered sets, and the sentences of the contract. A failing
/// sequence is shortened before it is shown. Calls go through the port and, at random, through
/// its clone from another thread; lists in pages are read to the end, with a limit and without;
/// a second workspace is open beside it and must not change.
///
/// Texts come in families of which each member is near another: in other cases and normal forms, with
/// other blanks, cut, escaped, or longer by a letter. Searches are parts of texts that are there, and
/// what is nearly a part. The conditions of a filter, any set of them, are those of one row, or all
/// but one are. Instants are of all years, and some are around the adapter's own time.
///
/// What the contract leaves to the adapter, such as ids and ages of new resources, is learnt from
/// its answers; a call whose outcome the contract leaves open is not made.
///
/// | setting | variable | default |
/// |---|---|---|
/// | seed | `ACCESS_GROUPS_CONFORMANCE_SEED` | 1 |
/// | cases | `ACCESS_GROUPS_CONFORMANCE_CASES` | 2,000 |
/// | calls in a case, at most | `ACCESS_GROUPS_CONFORMANCE_STEPS` | 20 |
///
/// The same settings give the same calls in every run, and fewer cases are the first of more. The
/// cases are run from up to four threads.
///
/// # Examples
///
/// ```
/// use access_groups_conformance::{Fixture, ModelRun, Outcome, Site};
/// use access_groups_in_memory::{BlockingInMemory, State};
///
/// let open = |site: &Site| {
///     let state = State::from_site_json(&site.to_json()).expect("a sound site");
///     Fixture::blocking(BlockingInMemory::new(state))
/// };
/// let run = ModelRun::new().with_seed(7).with_cases(16);
/// assert_eq!(run.check(&open), Outcome::Holds);
/// ```
#[derive(Debug, Clone)]
pub struct ModelRun {
    seed: u64,
    cases: u32,
    steps: usize,
    shorten: bool,
}

impl ModelRun {
    /// The defaults of the table.
    #[must_use]
    pub fn new() -> Self {
        Self {
            seed: 1,
            cases: 2000,
            steps: 20,
            shorten: true,
        }
    }

    /// Replaces settings by those of the environment, where a variable is set.
    ///
    /// # Panics
    ///
    /// If a variable is not a number, or the number of calls is 0.
    #[must_use]
    pub fn with_env(self) -> Self {
        Self {
            seed: variable(SEED).unwrap_or(self.seed),
            cases: variable(CASES).unwrap_or(self.cases),
            steps: steps_of(variable(STEPS).unwrap_or(self.steps)),
            ..self
        }
    }

    /// Sets the seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the number of cases.
    #[must_use]
    pub fn with_cases(mut self, cases: u32) -> Self {
        self.cases = cases;
        self
    }

    /// Sets the largest number of calls in a case.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn with_steps(mut self, steps: usize) -> Self {
        self.steps = steps_of(steps);
        self
    }

    /// Shows a failing sequence as it was found, without shortening it.
    #[must_use]
    pub fn unshortened(mut self) -> Self {
        self.shorten = false;
        self
    }

    /// Runs the cases. What an adapter declares absent must be `Unsupported` here as well, and the
    /// outcome names it if a call needed it.
    pub fn check(&self, open: &Open<'_>) -> Outcome {
        let bench = Bench::new(open);
        match self.first_broken(&bench) {
            Some(why) => Outcome::Broken(why),
            None => Outcome::without(bench.absent()),
        }
    }

    /// Runs the parts from several threads; which they are does not depend on how many.
    fn first_broken(&self, bench: &Bench<'_>) -> Option<String> {
        let next = AtomicU32::new(0);
        let broken = Mutex::new(BTreeMap::new());
        let parts = self.cases.div_ceil(CASES_IN_PART);
        let work = || {
            // Taken in order: all parts before a broken one are finished as well.
            while broken
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_empty()
            {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    break;
                }
                if let Err(why) = self.part(part, bench) {
                    let mut broken = broken.lock().unwrap_or_else(PoisonError::into_inner);
                    broken.insert(part, why);
                }
            }
        };
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            for _ in 0..workers.min(MOST_THREADS).min(parts as usize) {
                scope.spawn(work);
            }
        });
        let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
        broken.into_values().next()
    }

    /// Runs the cases of one part, with a seed of its own.
    fn part(&self, part: u32, bench: &Bench<'_>) -> Result<(), String> {
        let mut runner = TestRunner::new_with_rng(self.config(part), self.rng(part));
        // Short sequences meet too little; a failing one is shortened below this.
        let sequences = Sequence::sequential_strategy(self.steps.div_ceil(2)..=self.steps);
        // One for all cases, as none may change it.
        let neighbour = RefCell::new(None);
        let result = runner.run(&sequences, |(scene, steps, seen)| {
            // The counter is for shortening, and an error without.
            let seen = seen.filter(|_| self.shorten);
            let mut neighbour = neighbour.borrow_mut();
            let opened = neighbour.get_or_insert_with(|| Neighbour::open(bench));
            match Run::start(bench, scene).take_all(steps, seen, opened) {
                Err(Stop::Broken(why)) => {
                    // The fault may have changed it, and shortening repeats the case.
                    *neighbour = None;
                    Err(TestCaseError::fail(why))
                }
                Ok(()) | Err(Stop::Absent) => Ok(()),
            }
        });
        match result {
            Ok(()) => Ok(()),
            Err(TestError::Fail(why, _) | TestError::Abort(why)) => Err(why.message().to_owned()),
        }
    }

    /// Runs the cases inside a test, and prints how to repeat them.
    ///
    /// # Panics
    ///
    /// If an answer is not the oracle's, with the shortest sequence that was found.
    #[track_caller]
    pub fn assert(&self, open: &Open<'_>) {
        let Self {
            seed, cases, steps, ..
        } = self;
        let again = format!("{SEED}={seed} {CASES}={cases} {STEPS}={steps}");
        say(&format!("random calls, to be repeated with {again}"));
        match self.check(open) {
            Outcome::Broken(why) => {
                panic!("an answer is not the oracle's; repeat with {again}\n\n{why}")
            }
            outcome => outcome.assert("random calls"),
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

impl Default for ModelRun {
    fn default() -> Self {
        Self::new()
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} must be a number, not {text:?}")))
}

fn steps_of(steps: usize) -> usize {
    assert!(steps > 0, "a sequence needs at least one call");
    steps
}

const SEED: &str = "ACCESS_GROUPS_CONFORMANCE_SEED";
const CASES: &str = "ACCESS_GROUPS_CONFORMANCE_CASES";
const STEPS: &str = "ACCESS_GROUPS_CONFORMANCE_STEPS";

/// Cases that have a seed together. Few, so that the parts end at about the same time.
const CASES_IN_PART: u32 = 25;

/// An adapter may open a connection in each.
const MOST_THREADS: usize = 4;
