//! What happens to a call: decided by the plan, its seed and the calls before.

use std::{fmt, time::Duration};

use access_groups_core::{Context, Error, Operation};

use super::{
    ANSWER_LOST, LostByPlan, REQUEST_LOST,
    plan::FaultPlan,
    rule::{Fault, FaultRule},
};

/// A plan in use: its rules, with what each has counted.
#[derive(Debug)]
pub(super) struct Decisions {
    plan: FaultPlan,
    counters: Vec<Counter>,
    calls: u64,
    /// The sum of all waits, which is the clock of a layer without another one.
    waited: Duration,
}

/// What a rule has counted.
#[derive(Debug)]
struct Counter {
    matched: u64,
    fired: u64,
    /// Of this rule alone: another rule does not change what this one draws.
    random: fastrand::Rng,
}

/// What happens to one call.
#[derive(Debug)]
pub(super) struct Injection {
    /// The wait before everything else.
    pub(super) wait: Duration,
    pub(super) then: Then,
}

#[derive(Debug)]
pub(super) enum Then {
    /// The port is called, and its answer returned.
    Pass,
    /// The port is not called.
    Fail(Error),
    /// The port is called, and its answer dropped.
    Lose(Error),
}

impl Decisions {
    pub(super) fn new(plan: FaultPlan) -> Self {
        let seeds = (0..).map(|rule: u64| plan.seed.wrapping_add(rule.wrapping_mul(SEED_STEP)));
        let counters = plan.rules.iter().zip(seeds).map(|(_, seed)| Counter {
            matched: 0,
            fired: 0,
            random: fastrand::Rng::with_seed(seed),
        });
        Self {
            counters: counters.collect(),
            plan,
            calls: 0,
            waited: Duration::ZERO,
        }
    }

    /// Decides about the next call. Every rule counts the call if it is about it, also when an
    /// earlier rule hits: what one rule does never depends on the others.
    pub(super) fn decide(
        &mut self,
        operation: &Operation,
        context: &Context,
        now: Option<Duration>,
    ) -> Injection {
        self.calls += 1;
        let now = now.unwrap_or(self.waited);
        let mut hit = None;
        for (rule, counter) in self.plan.rules.iter().zip(&mut self.counters) {
            if counter.takes(rule, operation, now) && hit.is_none() {
                counter.fired += 1;
                hit = Some(rule);
            }
        }
        let Some(rule) = hit else {
            return Injection {
                wait: Duration::ZERO,
                then: Then::Pass,
            };
        };
        let injection = injection(rule, operation, context);
        self.waited = self.waited.saturating_add(injection.wait);
        injection
    }

    pub(super) fn report(&self) -> FaultReport {
        let rules = self.plan.rules.iter().zip(&self.counters);
        FaultReport {
            seed: self.plan.seed,
            calls: self.calls,
            waited: self.waited,
            rules: rules
                .map(|(rule, counter)| RuleReport {
                    rule: rule.to_string(),
                    matched: counter.matched,
                    fired: counter.fired,
                })
                .collect(),
        }
    }
}

impl Counter {
    /// Counts the call if the rule is about its operation, and tells whether the rule is met.
    fn takes(&mut self, rule: &FaultRule, operation: &Operation, now: Duration) -> bool {
        if !rule.operations.contain(operation) {
            return false;
        }
        self.matched += 1;
        // Drawn for every call, so that a window of calls or time does not move what is drawn later.
        let draw = self.random.f64();
        rule.calls.contains(&self.matched)
            && self.matched.is_multiple_of(rule.every)
            && rule.during.contains(&now)
            && draw < rule.probability
    }
}

fn injection(rule: &FaultRule, operation: &Operation, context: &Context) -> Injection {
    let is_change = !operation.effect().is_safe();
    // The caller's own limit ends a wait: nothing has been sent on.
    if let Some(timeout) = context.timeout
        && timeout < rule.wait
    {
        let error = Error::timed_out("no answer came within the time limit")
            .with_operation(operation.name())
            .with_ambiguity(is_change);
        return Injection {
            wait: timeout,
            then: Then::Fail(error),
        };
    }
    let lost = |code| {
        Error::unavailable("the connection ended before an answer came")
            .with_code(code)
            .with_source(LostByPlan)
            .with_operation(operation.name())
            .with_ambiguity(is_change)
    };
    let then = match &rule.fault {
        None => Then::Pass,
        Some(Fault::Error(error)) => {
            // A read is never ambiguous, whatever the plan says.
            let is_ambiguous = error.is_ambiguous() && is_change;
            let error = error.clone().with_operation(operation.name());
            Then::Fail(error.with_ambiguity(is_ambiguous))
        }
        Some(Fault::RequestLost) => Then::Fail(lost(REQUEST_LOST)),
        Some(Fault::AnswerLost) => Then::Lose(lost(ANSWER_LOST)),
    };
    Injection {
        wait: rule.wait,
        then,
    }
}

/// What [`Faults`](super::Faults) have done so far.
///
/// Displayed, it has a line for the whole and a line for each rule.
///
/// # Examples
///
/// ```
/// use access_groups_layers::{FaultPlan, FaultRule, Faults};
///
/// let plan = FaultPlan::new().with_rule(FaultRule::of_changes().every(3).loses_request());
/// let report = Faults::new((), plan).report();
/// assert_eq!(
///     report.to_string(),
///     "seed 0: 0 calls, 0 of them hit\n  1. changes, every 3rd call: the request is lost: never",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultReport {
    /// The seed of the plan.
    pub seed: u64,
    /// How many calls were made.
    pub calls: u64,
    /// The sum of all waits, whether they took time or not.
    pub waited: Duration,
    /// The rules, in the order of the plan.
    pub rules: Vec<RuleReport>,
}

/// What a rule has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleReport {
    /// The rule in words.
    pub rule: String,
    /// How many calls the rule was about.
    pub matched: u64,
    /// How many of them it has hit.
    pub fired: u64,
}

impl FaultReport {
    /// How many calls were hit.
    #[must_use]
    pub fn injected(&self) -> u64 {
        self.rules.iter().map(|rule| rule.fired).sum()
    }

    /// The rules that have hit nothing yet.
    pub fn unused(&self) -> impl Iterator<Item = &RuleReport> {
        self.rules.iter().filter(|rule| rule.fired == 0)
    }
}

impl fmt::Display for FaultReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, calls, injected) = (self.seed, self.calls, self.injected());
        write!(f, "seed {seed}: {calls} calls, {injected} of them hit")?;
        for (number, RuleReport { rule, fired, .. }) in (1..).zip(&self.rules) {
            match fired {
                0 => write!(f, "\n  {number}. {rule}: never")?,
                1 => write!(f, "\n  {number}. {rule}: once")?,
                _ => write!(f, "\n  {number}. {rule}: {fired} times")?,
            }
        }
        Ok(())
    }
}

/// Between the seeds of two rules: odd, and far from small numbers (the golden ratio in 64 bits).
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;
