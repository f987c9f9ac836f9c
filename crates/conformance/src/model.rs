//! Random calls, compared with an oracle that knows every answer.

mod ids;
mod oracle;
mod run;
mod sequence;

use std::{cell::RefCell, env, str::FromStr};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
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
/// What the contract leaves to the adapter, such as ids and ages of new resources, is learnt from
/// its answers; a call whose outcome the contract leaves open is not made.
///
/// | setting | variable | default |
/// |---|---|---|
/// | seed | `ACCESS_GROUPS_CONFORMANCE_SEED` | 1 |
/// | cases | `ACCESS_GROUPS_CONFORMANCE_CASES` | 512 |
/// | calls in a case, at most | `ACCESS_GROUPS_CONFORMANCE_STEPS` | 20 |
///
/// The same settings give the same calls in every run.
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
            cases: 512,
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
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &self.seed_bytes());
        let mut runner = TestRunner::new_with_rng(self.config(), rng);
        let bench = Bench::new(open);
        let sequences = Sequence::sequential_strategy(1..=self.steps);
        // One for all cases, as none may change it.
        let neighbour = RefCell::new(None);
        let result = runner.run(&sequences, |(oracle, steps, seen)| {
            // The counter is for shortening, and an error without.
            let seen = seen.filter(|_| self.shorten);
            let mut neighbour = neighbour.borrow_mut();
            let opened = neighbour.get_or_insert_with(|| Neighbour::open(&bench));
            match Run::start(&bench, oracle).take_all(steps, seen, opened) {
                Err(Stop::Broken(why)) => {
                    // The fault may have changed it, and shortening repeats the case.
                    *neighbour = None;
                    Err(TestCaseError::fail(why))
                }
                Ok(()) | Err(Stop::Absent) => Ok(()),
            }
        });
        match result {
            Ok(()) => Outcome::without(bench.absent()),
            Err(TestError::Fail(why, _)) => Outcome::Broken(why.message().to_owned()),
            Err(TestError::Abort(why)) => Outcome::Broken(why.message().to_owned()),
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

    fn config(&self) -> Config {
        Config {
            cases: self.cases,
            // The seed is what brings a failure back.
            failure_persistence: None,
            max_shrink_iters: if self.shorten { 2000 } else { 0 },
            ..Config::default()
        }
    }

    fn seed_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.seed.to_be_bytes());
        bytes
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
