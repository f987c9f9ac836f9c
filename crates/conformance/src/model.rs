//! Random calls, compared with an oracle that knows every answer.

mod clock;
mod coverage;
mod ids;
mod oracle;
mod parts;
mod run;
mod sequence;

use std::{env, str::FromStr};

pub(crate) use run::Run;

use self::coverage::Met;
use crate::{Open, Outcome, case::Bench, law::say, readiness::NOT_READY};

/// Random sequences of valid and invalid calls on random sites: every answer must equal the
/// oracle's, and so must everything that can be read, after each fourth call and at the end. A long
/// run may [look less often](Self::with_look_after).
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
    look_after: usize,
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
            // After each call, the run would take four times as long.
            look_after: 4,
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

    /// Sets after how many calls of a case everything that can be read is compared: 4 by default. It
    /// also is at the end of each case.
    ///
    /// With the default, such reads are nine of ten calls that the adapter gets. With a larger number,
    /// more random calls are made in the same time; a fault may be seen later, and not at all if
    /// another call undoes it before.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[must_use]
    pub fn with_look_after(mut self, calls: usize) -> Self {
        assert!(calls > 0, "there is a look after so many calls");
        self.look_after = calls;
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
    ///
    /// With 2,000 cases of 20 calls or more, it must have met every call with each of its refusals,
    /// and every condition of each filter.
    pub fn check(&self, open: &Open<'_>) -> Outcome {
        self.check_counting(open).0
    }

    /// Like [`check`](Self::check), with the number of random calls whose answers were compared. Those
    /// that the adapter lacks, and the reads of everything, are not among them. It is 0 if
    /// one was wrong.
    pub fn check_counting(&self, open: &Open<'_>) -> (Outcome, u64) {
        let bench = Bench::new(open);
        match self.run_parts(&bench) {
            Ok(met) => (self.judge(&bench, &met), met.calls),
            Err(why) => (Outcome::broken(open, why), 0),
        }
    }

    fn judge(&self, bench: &Bench<'_>, met: &Met) -> Outcome {
        let absent = bench.absent();
        let missing = met.missing(|capability| absent.contains(&capability));
        if self.meets_everything() && !missing.is_empty() {
            let missing = missing.join("\n  ");
            let why = "the answers are correct, but these calls prove too little: never met was";
            return Outcome::Broken(format!("{why}\n  {missing}"));
        }
        Outcome::without(absent)
    }

    fn meets_everything(&self) -> bool {
        self.cases >= MANY_CASES && self.steps >= MANY_STEPS
    }

    /// Runs the cases inside a test, and prints how to repeat them.
    ///
    /// # Panics
    ///
    /// If an answer is not the oracle's, with the shortest sequence that was found; or if a large run
    /// has not met all that it must.
    #[track_caller]
    pub fn assert(&self, open: &Open<'_>) {
        let Self {
            seed, cases, steps, ..
        } = self;
        let again = format!("{SEED}={seed} {CASES}={cases} {STEPS}={steps}");
        say(&format!("random calls, to be repeated with {again}"));
        match self.check(open) {
            Outcome::Broken(why) if !why.starts_with(NOT_READY) => {
                panic!("random calls failed; repeat with {again}\n\n{why}")
            }
            outcome => outcome.assert("random calls"),
        }
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

/// Fewer cases may leave something out by chance.
const MANY_CASES: u32 = 2000;
const MANY_STEPS: usize = 20;
