//! Plans as JSON: read by serde, then checked for what serde cannot express.

use std::{fmt::Write as _, time::Duration};

use access_groups_core::{Error, ErrorKind, FieldError, Operation};
use serde::Deserialize;
use serde_path_to_error::Segment;

use super::{
    plan::{FaultPlan, INJECTED},
    rule::{ALL_CALLS, Fault, FaultRule, Operations, kind_name},
};

impl FaultPlan {
    /// Reads a plan from a text in JSON: an object with a `seed` (default: 0) and `rules`, each an
    /// object of these members, all optional:
    ///
    /// | member | meaning |
    /// |---|---|
    /// | `operations` | an array of operations by [name](Operation::NAMES), `reads`, `changes` and `all`; default: all |
    /// | `nth`, or `first`, or `from` and `to` | which of their calls, counted from 1; `to` is included |
    /// | `every` | only every nth of their calls |
    /// | `probability` | only this part of them, from 0 to 1, drawn by the seed |
    /// | `during_ms` | only between two times of the clock, an array of two numbers of milliseconds |
    /// | `wait_ms` | how long the call waits first, in milliseconds |
    /// | `error` | the call fails with this kind of error: `rate_limited`, `unavailable`, `timed_out`, … |
    /// | `code`, `message`, `retry_after_ms`, `ambiguous` | of that error |
    /// | `lost` | `request` or `answer`: it is lost |
    ///
    /// Every other member is a mistake, and so is a rule that does nothing.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the text is no such plan. The message and the [fields](Error::fields) list the
    ///   problems with their places; a problem of the form of the text is listed alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_layers::FaultPlan;
    ///
    /// let error = FaultPlan::from_json(
    ///     r#"{"rules": [
    ///         {"operations": ["add_usr"], "error": "unavailable"},
    ///         {"probability": 20, "retry_after_ms": 10}
    ///     ]}"#,
    /// )
    /// .unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the fault plan has 4 problems:
    ///   rules[0].operations[0]: \"add_usr\" is no operation, and not reads, changes or all
    ///   rules[1].probability: it is not between 0 and 1
    ///   rules[1].retry_after_ms: it needs an error
    ///   rules[1]: nothing happens: it needs wait_ms, error or lost",
    /// );
    /// ```
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        let plan: PlanJson = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| refused(vec![problem(path_of(error.path()), error.inner())]))?;
        // The deserializer stops after the first value: what follows must be blank.
        json.end()
            .map_err(|error| refused(vec![problem(".".to_owned(), &error)]))?;
        let mut problems = Problems::default();
        let mut rules = Vec::new();
        for (index, rule) in plan.rules.into_iter().enumerate() {
            problems.rule = index;
            rules.push(rule.checked(&mut problems));
        }
        if problems.all.is_empty() {
            let seed = plan.seed;
            return Ok(Self { seed, rules });
        }
        Err(refused(problems.all))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct PlanJson {
    #[serde(default)]
    seed: u64,
    rules: Vec<RuleJson>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "an object")]
struct RuleJson {
    operations: Option<Vec<String>>,
    nth: Option<u64>,
    first: Option<u64>,
    from: Option<u64>,
    to: Option<u64>,
    every: Option<u64>,
    probability: Option<f64>,
    during_ms: Option<[u64; 2]>,
    wait_ms: Option<u64>,
    error: Option<String>,
    code: Option<String>,
    message: Option<String>,
    retry_after_ms: Option<u64>,
    ambiguous: Option<bool>,
    lost: Option<Lost>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lost {
    Request,
    Answer,
}

impl RuleJson {
    /// The rule; whatever has a problem is left out of it.
    fn checked(self, problems: &mut Problems) -> FaultRule {
        let mut rule = FaultRule::about(operations(self.operations.as_deref(), problems));
        rule.calls = self.calls(problems).unwrap_or(ALL_CALLS);
        if let Some(every) = self.every {
            problems.check(every > 0, "every", "it is 0");
            rule = rule.every(every);
        }
        if let Some(probability) = self.probability {
            let is_part = (0.0..=1.0).contains(&probability);
            problems.check(is_part, "probability", "it is not between 0 and 1");
            rule.probability = probability;
        }
        if let Some([start, end]) = self.during_ms {
            problems.check(start < end, "during_ms", "it ends before it begins");
            rule.during = Duration::from_millis(start)..Duration::from_millis(end);
        }
        rule.wait = Duration::from_millis(self.wait_ms.unwrap_or_default());
        rule.fault = self.fault(problems);
        let is_idle = rule.wait.is_zero() && self.error.is_none() && self.lost.is_none();
        let message = "nothing happens: it needs wait_ms, error or lost";
        problems.check(!is_idle, "", message);
        rule
    }

    fn calls(&self, problems: &mut Problems) -> Option<std::ops::RangeInclusive<u64>> {
        let given = [self.nth, self.first, self.from.or(self.to)];
        let is_one = given.iter().flatten().count() <= 1;
        problems.check(is_one, "", "nth, first and from exclude one another");
        let (field, calls) = match (self.nth, self.first) {
            (Some(number), _) => ("nth", number..=number),
            (None, Some(count)) => ("first", 1..=count),
            (None, None) => {
                let from = self.from.unwrap_or(*ALL_CALLS.start());
                ("from", from..=self.to.unwrap_or(*ALL_CALLS.end()))
            }
        };
        // A rule that cannot hit anything is a mistake of whoever wrote it.
        problems.check(*calls.start() > 0, field, "calls are counted from 1");
        problems.check(!calls.is_empty(), field, "no call is meant");
        given.iter().any(Option::is_some).then_some(calls)
    }

    fn fault(&self, problems: &mut Problems) -> Option<Fault> {
        let is_one = self.error.is_none() || self.lost.is_none();
        problems.check(is_one, "lost", "it excludes an error");
        let details = [
            ("code", self.code.is_some()),
            ("message", self.message.is_some()),
            ("retry_after_ms", self.retry_after_ms.is_some()),
            ("ambiguous", self.ambiguous.is_some()),
        ];
        for (field, is_given) in details {
            let is_fine = !is_given || self.error.is_some();
            problems.check(is_fine, field, "it needs an error");
        }
        match (&self.error, self.lost) {
            (Some(kind), _) => self.error(kind, problems).map(Fault::Error),
            (None, Some(Lost::Request)) => Some(Fault::RequestLost),
            (None, Some(Lost::Answer)) => Some(Fault::AnswerLost),
            (None, None) => None,
        }
    }

    fn error(&self, name: &str, problems: &mut Problems) -> Option<Error> {
        let Some(kind) = ErrorKind::ALL.iter().find(|kind| kind_name(**kind) == name) else {
            let known: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind_name(*kind)).collect();
            let message = format!("{} is none of {}", quoted(name), known.join(", "));
            problems.add("error", message);
            return None;
        };
        let message = self.message.as_deref().unwrap_or(INJECTED);
        let error = with_usual_code(*kind, message);
        let error = error.with_ambiguity(self.ambiguous.unwrap_or_default());
        let error = match &self.code {
            Some(code) => error.with_code(code.clone()),
            None => error,
        };
        Some(match self.retry_after_ms {
            Some(wait) => error.with_retry_after(Duration::from_millis(wait)),
            None => error,
        })
    }
}

/// The error that the constructor of the kind makes, with its code.
fn with_usual_code(kind: ErrorKind, message: &str) -> Error {
    match kind {
        ErrorKind::Invalid => Error::invalid(message),
        ErrorKind::Unauthenticated => Error::unauthenticated(message),
        ErrorKind::RateLimited => Error::rate_limited(message),
        ErrorKind::Conflict => Error::conflict(message),
        ErrorKind::Unsupported => Error::unsupported(message),
        ErrorKind::Cancelled => Error::cancelled(message),
        ErrorKind::Internal => Error::internal(message),
        // The others have no usual code.
        kind => Error::of_kind(kind, message),
    }
}

fn operations(names: Option<&[String]>, problems: &mut Problems) -> Operations {
    let mut operations = Operations::NONE;
    let Some(names) = names else {
        (operations.reads, operations.changes) = (true, true);
        return operations;
    };
    problems.check(!names.is_empty(), "operations", "it is empty");
    for (index, name) in names.iter().enumerate() {
        let known = Operation::NAMES.iter().find(|known| *known == name);
        match (name.as_str(), known) {
            ("all", _) => (operations.reads, operations.changes) = (true, true),
            ("reads", _) => operations.reads = true,
            ("changes", _) => operations.changes = true,
            (_, Some(known)) => operations.named.push(known),
            (_, None) => problems.add(
                &format!("operations[{index}]"),
                format!(
                    "{} is no operation, and not reads, changes or all",
                    quoted(name)
                ),
            ),
        }
    }
    operations
}

/// The problems found so far, and the rule that is being looked at.
#[derive(Default)]
struct Problems {
    all: Vec<FieldError>,
    rule: usize,
}

impl Problems {
    fn check(&mut self, is_fine: bool, field: &str, message: &str) {
        if !is_fine {
            self.add(field, message);
        }
    }

    /// Adds a problem of a field of the rule, or of the rule as a whole.
    fn add(&mut self, field: &str, message: impl Into<String>) {
        let rule = self.rule;
        let path = match field {
            "" => format!("rules[{rule}]"),
            field => format!("rules[{rule}].{field}"),
        };
        let message = message.into();
        self.all.push(FieldError { path, message });
    }
}

fn problem(path: String, error: &serde_json::Error) -> FieldError {
    let message = without_texts(&error.to_string());
    FieldError { path, message }
}

/// The path, without names that are no member's: they may be anything.
fn path_of(path: &serde_path_to_error::Path) -> String {
    let mut text = String::new();
    for segment in path.iter() {
        let separator = if text.is_empty() { "" } else { "." };
        let _ = match segment {
            Segment::Seq { index } => write!(text, "[{index}]"),
            Segment::Map { key } if is_plain(key) => write!(text, "{separator}{key}"),
            Segment::Enum { variant } if is_plain(variant) => write!(text, "{separator}{variant}"),
            Segment::Map { .. } | Segment::Enum { .. } => write!(text, "{separator}…"),
            Segment::Unknown => write!(text, "{separator}?"),
        };
    }
    match text.is_empty() {
        true => ".".to_owned(), // the text as a whole
        false => text,
    }
}

/// The message of serde without a text of the plan in it that is no plain word.
fn without_texts(message: &str) -> String {
    let repeats = [
        ("unknown field `", "`, expected "),
        ("unknown variant `", "`, expected "),
        ("string \"", "\", expected "),
    ];
    for (before, after) in repeats {
        // The last end: the text may contain the same words.
        if let Some((start, rest)) = message.split_once(before)
            && let Some((text, end)) = rest.rsplit_once(after)
        {
            let text = if is_plain(text) { text } else { "…" };
            return format!("{start}{before}{text}{after}{end}");
        }
    }
    message.to_owned()
}

/// The name, if it can be a mistyped word of a plan: messages end up in logs, and any other text may
/// be an address or a secret.
fn quoted(name: &str) -> String {
    match is_plain(name) {
        true => format!("{name:?}"),
        false => "…".to_owned(),
    }
}

fn is_plain(name: &str) -> bool {
    let is_of_words = |letter: u8| letter.is_ascii_lowercase() || letter == b'_';
    name.len() <= 40 && name.bytes().all(is_of_words)
}

fn refused(problems: Vec<FieldError>) -> Error {
    let count = match problems.len() {
        1 => "a problem".to_owned(),
        count => format!("{count} problems"),
    };
    let lines = problems
        .iter()
        .map(|FieldError { path, message }| format!("\n  {path}: {message}"));
    let message = format!("the fault plan has {count}:{}", lines.collect::<String>());
    Error::invalid(message).with_fields(problems)
}
