//! The rules of a plan: which calls are hit, and by what.

use std::{
    fmt,
    ops::{Range, RangeInclusive},
    time::Duration,
};

use access_groups_core::{Call, Error, ErrorKind, Operation};

/// A rule of a [`FaultPlan`](super::FaultPlan): which operations it is about, which of their calls it hits, and what
/// happens to these.
///
/// A rule about some operations counts the calls of these only, beginning with 1. All conditions
/// must be met; without any, every call is hit. Until [`fails`](Self::fails),
/// [`loses_request`](Self::loses_request) or [`loses_answer`](Self::loses_answer) says otherwise,
/// a call that is hit passes, after a wait if there is one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{Error, ListUsersInGroup};
/// use access_groups_layers::FaultRule;
///
/// let outage = FaultRule::of_all()
///     .during(Duration::from_secs(10)..Duration::from_secs(20))
///     .fails(Error::unavailable("maintenance"));
/// assert_eq!(outage.to_string(), "all operations, from 10s to 20s: error unavailable");
///
/// let slow = FaultRule::of::<ListUsersInGroup>().every(2).waits(Duration::from_secs(60));
/// assert_eq!(slow.to_string(), "users_in_group, every 2nd call: wait 60s");
/// ```
#[derive(Debug, Clone)]
pub struct FaultRule {
    pub(super) operations: Operations,
    pub(super) calls: RangeInclusive<u64>,
    pub(super) every: u64,
    pub(super) during: Range<Duration>,
    pub(super) probability: f64,
    pub(super) wait: Duration,
    pub(super) fault: Option<Fault>,
}

/// What happens to a call, after the wait.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    Error(Error),
    RequestLost,
    AnswerLost,
}

/// The operations that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operations {
    pub(super) reads: bool,
    pub(super) changes: bool,
    pub(super) named: Vec<&'static str>,
}

impl Operations {
    pub(super) const NONE: Self = Self {
        reads: false,
        changes: false,
        named: Vec::new(),
    };

    pub(super) fn contain(&self, operation: &Operation) -> bool {
        let of_its_effect = match operation.effect().is_safe() {
            true => self.reads,
            false => self.changes,
        };
        of_its_effect || self.named.contains(&operation.name())
    }
}

impl FaultRule {
    /// A rule about all operations.
    #[must_use]
    pub fn of_all() -> Self {
        Self::about(Operations {
            reads: true,
            changes: true,
            ..Operations::NONE
        })
    }

    /// A rule about the operations that change nothing.
    #[must_use]
    pub fn of_reads() -> Self {
        Self::about(Operations {
            reads: true,
            ..Operations::NONE
        })
    }

    /// A rule about the operations that change something.
    #[must_use]
    pub fn of_changes() -> Self {
        Self::about(Operations {
            changes: true,
            ..Operations::NONE
        })
    }

    /// A rule about one operation.
    #[must_use]
    pub fn of<C: Call>() -> Self {
        Self::about(Operations::NONE).and::<C>()
    }

    pub(super) fn about(operations: Operations) -> Self {
        Self {
            operations,
            calls: ALL_CALLS,
            every: 1,
            during: ALL_TIMES,
            probability: 1.0,
            wait: Duration::ZERO,
            fault: None,
        }
    }

    /// Also about this operation.
    #[must_use]
    pub fn and<C: Call>(mut self) -> Self {
        self.operations.named.push(C::NAME);
        self
    }

    /// Only the nth call, counted from 1.
    #[must_use]
    pub fn nth(self, number: u64) -> Self {
        self.calls(number..=number)
    }

    /// Only the first calls, as many as this.
    #[must_use]
    pub fn first(self, count: u64) -> Self {
        self.calls(1..=count)
    }

    /// Only the calls from this one on, counted from 1.
    #[must_use]
    pub fn from(self, number: u64) -> Self {
        self.calls(number..=u64::MAX)
    }

    /// Only these calls, counted from 1: an outage.
    #[must_use]
    pub fn calls(mut self, numbers: RangeInclusive<u64>) -> Self {
        self.calls = numbers;
        self
    }

    /// Only every nth call: with 3, the third, the sixth and so on. 0 is taken as 1.
    #[must_use]
    pub fn every(mut self, number: u64) -> Self {
        self.every = number.max(1);
        self
    }

    /// Only from the one time to the other, by the clock of the layer.
    #[must_use]
    pub fn during(mut self, times: Range<Duration>) -> Self {
        self.during = times;
        self
    }

    /// Only this part of the calls, drawn by the seed of the plan: 0.25 is one of four.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// The call waits for this time first. Default: none.
    #[must_use]
    pub fn waits(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// The call fails with this error, and does not reach the port. The error gets the name of the
    /// operation. An [ambiguous](Error::with_ambiguity) error is ambiguous for changes only.
    #[must_use]
    pub fn fails(mut self, error: Error) -> Self {
        self.fault = Some(Fault::Error(error));
        self
    }

    /// The request is lost: the port does not get it. The caller cannot know, so the error is
    /// ambiguous for changes.
    #[must_use]
    pub fn loses_request(mut self) -> Self {
        self.fault = Some(Fault::RequestLost);
        self
    }

    /// The answer is lost: the port makes the call, and the caller gets an error in the place of
    /// whatever the port has answered. The error is ambiguous for changes.
    #[must_use]
    pub fn loses_answer(mut self) -> Self {
        self.fault = Some(Fault::AnswerLost);
        self
    }
}

/// The rule in words, in one line.
impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operations)?;
        let (from, to) = (*self.calls.start(), *self.calls.end());
        match to {
            _ if self.calls == ALL_CALLS => {}
            u64::MAX => write!(f, ", from call {from} on")?,
            to if to == from => write!(f, ", call {from}")?,
            to => write!(f, ", calls {from} to {to}")?,
        }
        if self.every != 1 {
            write!(f, ", every {} call", ordinal(self.every))?;
        }
        if self.during != ALL_TIMES {
            write!(f, ", from {:?} to {:?}", self.during.start, self.during.end)?;
        }
        if self.probability < 1.0 {
            write!(f, ", {} % of the calls", self.probability * 100.0)?;
        }
        let wait = (!self.wait.is_zero()).then(|| format!("wait {:?}", self.wait));
        let fault = self.fault.as_ref().map(Fault::to_string);
        let happens: Vec<_> = wait.into_iter().chain(fault).collect();
        match happens.is_empty() {
            true => f.write_str(": nothing"),
            false => write!(f, ": {}", happens.join(", ")),
        }
    }
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = match (self.reads, self.changes) {
            (true, true) => Some("all operations"),
            (true, false) => Some("reads"),
            (false, true) => Some("changes"),
            (false, false) => None,
        };
        let all: Vec<_> = sets.into_iter().chain(self.named.iter().copied()).collect();
        f.write_str(&all.join(", "))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => {
                write!(f, "error {}", kind_name(error.kind()))?;
                if let Some(wait) = error.retry_after() {
                    write!(f, ", retry after {wait:?}")?;
                }
                Ok(())
            }
            Self::RequestLost => f.write_str("the request is lost"),
            Self::AnswerLost => f.write_str("the answer is lost"),
        }
    }
}

/// The kind as plans write it: `rate_limited`.
pub(super) fn kind_name(kind: ErrorKind) -> String {
    kind.to_string().replace(' ', "_")
}

fn ordinal(number: u64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

pub(super) const ALL_CALLS: RangeInclusive<u64> = 1..=u64::MAX;

pub(super) const ALL_TIMES: Range<Duration> = Duration::ZERO..Duration::MAX;
