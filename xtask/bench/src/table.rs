//! One table of ratios, in Markdown.

use std::fmt;

use crate::Outcome;

/// What a figure counts, and whether more of it is better.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    PerSecond,
    MicrosecondsOfCpu,
    Instructions,
    Nanoseconds,
    Bytes,
    Milliseconds,
    MillisecondsOfCpu,
    Megabytes,
    MegabytesPerSecond,
    Times,
}

impl Unit {
    fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::PerSecond | Self::MegabytesPerSecond | Self::Times
        )
    }

    fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "/s",
            Self::MicrosecondsOfCpu => "µs CPU",
            Self::Instructions => "instructions",
            Self::Nanoseconds => "ns",
            Self::Bytes => "B",
            Self::Milliseconds => "ms",
            Self::MillisecondsOfCpu => "ms CPU",
            Self::Megabytes => "MB",
            Self::MegabytesPerSecond => "MB/s",
            Self::Times => "times",
        }
    }
}

/// One measurement: a figure of ours and one of the yardstick for each round.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    unit: Unit,
    rounds: Vec<(f64, f64)>,
}

impl Row {
    /// A row of pairs (ours, yardstick), one for each round. Without a pair it says what is
    /// missing, which only counting instructions can lack.
    pub(crate) fn new(what: impl Into<String>, unit: Unit, rounds: Vec<(f64, f64)>) -> Self {
        let what = what.into();
        Self { what, unit, rounds }
    }

    /// What its figures count.
    pub(crate) fn unit(&self) -> Unit {
        self.unit
    }

    /// An error if ours is less than so many times as good as the yardstick.
    pub(crate) fn check(&self, least: f64) -> Outcome<()> {
        if self.rounds.is_empty() {
            return Err(format!("{}: it could not be measured", self.what).into());
        }
        let ratio = self.ratio();
        match ratio >= least {
            true => Ok(()),
            false => Err(format!("{}: {ratio:.2} where {least:.2} is needed", self.what).into()),
        }
    }

    /// How many times as good as the yardstick ours is, in the median of the rounds.
    pub(crate) fn ratio(&self) -> f64 {
        self.ratios().1
    }

    /// The smallest, the median and the largest.
    fn ratios(&self) -> (f64, f64, f64) {
        let rounds = self.rounds.iter();
        match self.unit.more_is_better() {
            true => spread(rounds.map(|round| round.0 / round.1)),
            false => spread(rounds.map(|round| round.1 / round.0)),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {} | ", self.what, self.unit.name())?;
        if self.rounds.is_empty() {
            return write!(f, "valgrind is not installed | | | |");
        }
        let spread = |figure: fn(&(f64, f64)) -> f64| spread(self.rounds.iter().map(figure));
        let [(_, ours, _), (_, theirs, _)] = [spread(|round| round.0), spread(|round| round.1)];
        let (min, median, max) = self.ratios();
        let (ours, theirs) = (in_words(ours), in_words(theirs));
        write!(
            f,
            "{ours} | {theirs} | **{median:.2}** | {min:.2} – {max:.2} |"
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

/// The middle one, of at least one.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    spread(figures).1
}

/// The smallest figure, the median and the largest.
fn spread(figures: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let mut sorted: Vec<_> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    let median = f64::midpoint(sorted[last / 2], sorted[sorted.len() / 2]);
    (sorted[0], median, sorted[last])
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

    #[test]
    fn a_limit_is_checked_in_both_directions() {
        let rounds = |ours| vec![(ours, 100.0)];
        assert!(
            Row::new("x", Unit::MegabytesPerSecond, rounds(100.0))
                .check(1.0)
                .is_ok()
        );
        assert!(
            Row::new("x", Unit::MegabytesPerSecond, rounds(99.0))
                .check(1.0)
                .is_err()
        );
        assert!(
            Row::new("x", Unit::Megabytes, rounds(100.0))
                .check(1.0)
                .is_ok()
        );
        assert!(
            Row::new("x", Unit::Megabytes, rounds(101.0))
                .check(1.0)
                .is_err()
        );
    }
}
