//! One table of ratios, in Markdown.

use std::fmt;

/// What a figure counts, and whether more of it is better.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    PerSecond,
    MicrosecondsOfCpu,
    Instructions,
    Nanoseconds,
    Bytes,
}

impl Unit {
    fn more_is_better(self) -> bool {
        matches!(self, Self::PerSecond)
    }

    fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::MicrosecondsOfCpu => "µs CPU",
            Self::Instructions => "instructions",
            Self::Nanoseconds => "ns",
            Self::Bytes => "B",
        }
    }
}

/// One measurement: a figure of ours and one of the yardstick for each round.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    unit: Unit,
    rounds: Vec<(f64, f64)>,
    missing: Option<&'static str>,
}

impl Row {
    /// A row of pairs (ours, yardstick), one for each round.
    pub(crate) fn new(what: impl Into<String>, unit: Unit, rounds: Vec<(f64, f64)>) -> Self {
        Self {
            what: what.into(),
            unit,
            rounds,
            missing: None,
        }
    }

    /// A row of a measurement that cannot be made here.
    pub(crate) fn missing(what: impl Into<String>, unit: Unit, why: &'static str) -> Self {
        Self {
            missing: Some(why),
            ..Self::new(what, unit, Vec::new())
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, unit) = (&self.what, self.unit.name());
        if let Some(why) = self.missing {
            return write!(f, "| {what} | {unit} | {why} | | | |");
        }
        let spread = |figure: fn(&(f64, f64)) -> f64| Spread::of(self.rounds.iter().map(figure));
        let (ours, theirs) = (spread(|round| round.0), spread(|round| round.1));
        let ratio = match self.unit.more_is_better() {
            true => spread(|round| round.0 / round.1),
            false => spread(|round| round.1 / round.0),
        };
        let [ours, theirs] = [ours, theirs].map(|figure| in_words(figure.median));
        write!(
            f,
            "| {what} | {unit} | {ours} | {theirs} | **{:.2}** | {:.2} – {:.2} |",
            ratio.median, ratio.min, ratio.max
        )
    }
}

/// The head of the table.
pub(crate) const HEAD: &str = "\
| | unit | ours | yardstick | ratio | min – max |
|---|---|---:|---:|---:|---:|";

/// The rows under one heading, and what their yardstick is.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) yardstick: &'static str,
    pub(crate) rows: Vec<Row>,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            title, yardstick, ..
        } = self;
        write!(f, "| **{title}**, beside {yardstick} | | | | | |")?;
        for row in &self.rows {
            write!(f, "\n{row}")?;
        }
        Ok(())
    }
}

struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = figures.collect();
        sorted.sort_by(f64::total_cmp);
        let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
        let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
        Self {
            min: at(0),
            median: f64::midpoint(at(low), at(high)),
            max: at(sorted.len().saturating_sub(1)),
        }
    }
}

/// With three significant digits or all digits of large numbers.
fn in_words(figure: f64) -> String {
    match figure {
        small if small < 10.0 => format!("{small:.2}"),
        middle if middle < 100.0 => format!("{middle:.1}"),
        large => thousands(large.round() as usize),
    }
}

/// A number with its thousands in groups.
pub(crate) fn thousands(number: usize) -> String {
    match number {
        small if small < 1000 => small.to_string(),
        large => format!("{},{:03}", thousands(large / 1000), large % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unit: Unit, rounds: &[(f64, f64)], expected: &str) {
        assert_eq!(Row::new("x", unit, rounds.to_vec()).to_string(), expected);
    }

    #[test]
    fn a_ratio_above_one_favours_ours() {
        let rounds = [(2000.0, 1000.0), (1000.0, 1000.0), (3000.0, 1000.0)];
        check(
            Unit::PerSecond,
            &rounds,
            "| x | /s | 2,000 | 1,000 | **2.00** | 1.00 – 3.00 |",
        );
        check(
            Unit::Nanoseconds,
            &[(4.0, 60.0), (6.0, 60.0)],
            "| x | ns | 5.00 | 60.0 | **12.50** | 10.00 – 15.00 |",
        );
    }
}
