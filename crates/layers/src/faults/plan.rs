//! Plans of faults, as data: rules in order, and a seed.

use std::{fmt, time::Duration};

use access_groups_core::Error;

use super::rule::FaultRule;

/// Which calls are hit by what: rules in order, and a seed for those that draw lots.
///
/// Of several rules that are met by a call, the first one counts. A plan without rules lets
/// everything pass. Displayed, it has a line for the seed and a line for each rule.
///
/// # Examples
///
/// The plan from a text and from code; [`from_json`](Self::from_json) describes the text:
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{AddUser, Error, RemoveUser};
/// use access_groups_layers::{FaultPlan, FaultRule};
///
/// let plan = FaultPlan::from_json(
///     r#"{
///         "seed": 7,
///         "rules": [
///             {"operations": ["add_user", "remove_user"], "first": 2,
///              "error": "rate_limited", "retry_after_ms": 1500},
///             {"operations": ["changes"], "probability": 0.25, "lost": "answer"},
///             {"from": 10, "to": 20, "wait_ms": 300, "error": "unavailable"}
///         ]
///     }"#,
/// )?;
///
/// let busy = Error::rate_limited("injected").with_retry_after(Duration::from_millis(1500));
/// let same = FaultPlan::new()
///     .with_seed(7)
///     .with_rule(FaultRule::of::<AddUser>().and::<RemoveUser>().first(2).fails(busy))
///     .with_rule(FaultRule::of_changes().with_probability(0.25).loses_answer())
///     .with_rule(
///         FaultRule::of_all()
///             .calls(10..=20)
///             .waits(Duration::from_millis(300))
///             .fails(Error::unavailable("injected")),
///     );
/// assert_eq!(plan.to_string(), same.to_string());
/// assert_eq!(
///     plan.to_string(),
///     "seed 7
///   1. add_user, remove_user, calls 1 to 2: error rate_limited, retry after 1.5s
///   2. changes, 25 % of the calls: the answer is lost
///   3. all operations, calls 10 to 20: wait 300ms, error unavailable",
/// );
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    pub(super) seed: u64,
    pub(super) rules: Vec<FaultRule>,
}

impl FaultPlan {
    /// A plan without rules, with the seed 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A mix of everything that a client of a service must survive, for this seed:
    ///
    /// | calls | what happens |
    /// |---|---|
    /// | five in a row, somewhere in the first hundred | `Unavailable`: an outage |
    /// | 5 % of all | `RateLimited`, with a pause of 100 ms |
    /// | 5 % of all | `Unavailable` |
    /// | 5 % of the changes | the answer is lost after the change was made |
    /// | 5 % of the changes | the request is lost |
    /// | 5 % of all | a wait of 200 ms |
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let start = fastrand::Rng::with_seed(seed).u64(11..=96);
        let busy = Error::rate_limited(INJECTED).with_retry_after(Duration::from_millis(100));
        let rare = |rule: FaultRule| rule.with_probability(0.05);
        Self::new()
            .with_seed(seed)
            .with_rule(
                FaultRule::of_all()
                    .calls(start..=start + 4)
                    .fails(Error::unavailable(INJECTED)),
            )
            .with_rule(rare(FaultRule::of_all()).fails(busy))
            .with_rule(rare(FaultRule::of_all()).fails(Error::unavailable(INJECTED)))
            .with_rule(rare(FaultRule::of_changes()).loses_answer())
            .with_rule(rare(FaultRule::of_changes()).loses_request())
            .with_rule(rare(FaultRule::of_all()).waits(Duration::from_millis(200)))
    }

    /// Sets the seed of the rules with a probability.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a rule after the others.
    #[must_use]
    pub fn with_rule(mut self, rule: FaultRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many rules there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.seed)?;
        for (number, rule) in (1..).zip(&self.rules) {
            write!(f, "\n  {number}. {rule}")?;
        }
        Ok(())
    }
}

/// The message of an error that has none of its own.
pub(super) const INJECTED: &str = "injected";
