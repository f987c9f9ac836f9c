//! The table: operation by SDK, and what is wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    driver::{Outcome, Transcript},
    rows::{FURTHER, Sdk},
};

/// The result of all checks.
#[derive(Debug)]
pub(crate) struct Verdict {
    titles: Vec<(String, &'static str)>,
    rows: Vec<(String, Vec<Cell>)>,
    lacks: Vec<String>,
    problems: Vec<String>,
    summary: String,
}

/// One SDK on one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Passed,
    Failed,
    Lacking,
}

impl Verdict {
    /// Compares what the drivers report with these operations and all further rows.
    pub(crate) fn of(operations: &[&'static str], transcripts: &[Transcript]) -> Self {
        let expected: Vec<&str> = operations.iter().chain(FURTHER).copied().collect();
        let known = Known::from(transcripts);
        let mut problems = Vec::new();
        let mut columns = Vec::new();
        for transcript in transcripts {
            let column = Column::of(transcript);
            problems.extend(column.problems(&expected));
            let cells: Vec<_> = expected
                .iter()
                .map(|row| column.cell(row, &known, &mut problems))
                .collect();
            columns.push(cells);
        }
        let rows = expected
            .iter()
            .enumerate()
            .map(|(at, row)| {
                let cells = columns.iter().map(|column| column[at]).collect();
                ((*row).to_owned(), cells)
            })
            .collect();
        Self {
            titles: transcripts
                .iter()
                .map(|transcript| (transcript.sdk.short_title(), transcript.sdk.version))
                .collect(),
            rows,
            lacks: lacks(transcripts),
            summary: summary(operations.len(), transcripts, problems.len()),
            problems,
        }
    }

    /// Success only if there is no problem.
    pub(crate) fn into_result(self) -> Result<(), String> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(format!("{} problems, listed above", self.problems.len()))
    }
}

/// The checks of each row that at least one driver makes: every driver must make them.
struct Known<'t>(BTreeMap<&'t str, BTreeSet<&'t str>>);

impl<'t> From<&'t [Transcript]> for Known<'t> {
    fn from(transcripts: &'t [Transcript]) -> Self {
        let mut known = BTreeMap::<_, BTreeSet<_>>::new();
        for check in transcripts.iter().flat_map(|transcript| &transcript.checks) {
            let checks = known.entry(check.row.as_str()).or_default();
            checks.extend(check.name.as_deref());
        }
        Self(known)
    }
}

/// The report of one driver, row by row: each check with its outcomes.
struct Column<'t> {
    transcript: &'t Transcript,
    rows: BTreeMap<&'t str, Checks<'t>>,
}

type Checks<'t> = BTreeMap<Option<&'t str>, Vec<&'t Outcome>>;

impl<'t> Column<'t> {
    fn of(transcript: &'t Transcript) -> Self {
        let mut rows = BTreeMap::<_, Checks<'_>>::new();
        for check in &transcript.checks {
            let checks = rows.entry(check.row.as_str()).or_default();
            let outcomes = checks.entry(check.name.as_deref()).or_default();
            outcomes.push(&check.outcome);
        }
        Self { transcript, rows }
    }

    fn sdk(&self) -> &'static Sdk {
        self.transcript.sdk
    }

    /// Problems of the driver as a whole.
    fn problems(&self, expected: &[&str]) -> Vec<String> {
        let title = self.sdk().title();
        let whole = self.transcript.problems.iter();
        let unknown = self.rows.keys().filter(|row| !expected.contains(row));
        whole
            .map(|problem| format!("{title}: {problem}"))
            .chain(unknown.map(|row| format!("{title}: unexpected row `{row}`")))
            .collect()
    }

    fn cell(&self, row: &str, known: &Known<'_>, problems: &mut Vec<String>) -> Cell {
        let wrong = self.wrong(row, known);
        let failed = !wrong.is_empty();
        let title = self.sdk().title();
        problems.extend(
            wrong
                .into_iter()
                .map(|what| format!("{row}: {title}: {what}")),
        );
        match self.rows.get(row) {
            _ if failed => Cell::Failed,
            Some(checks)
                if checks
                    .values()
                    .flatten()
                    .any(|outcome| **outcome == Outcome::Passed) =>
            {
                Cell::Passed
            }
            _ => Cell::Lacking,
        }
    }

    fn wrong(&self, row: &str, known: &Known<'_>) -> Vec<String> {
        let Some(checks) = self.rows.get(row) else {
            return vec!["no such row in its driver".to_owned()];
        };
        let mut wrong = Vec::new();
        for (name, outcomes) in checks {
            let shown = name.unwrap_or("the whole row");
            if outcomes.len() > 1 {
                wrong.push(format!("{shown}: it is there more than once"));
            }
            for outcome in outcomes {
                match outcome {
                    Outcome::Failed(why) => wrong.push(format!("{shown}: {why}")),
                    Outcome::Lacking if !self.sdk().lacks(row, *name) => wrong.push(format!(
                        "{shown}: the driver does not find it, and it is not known to be lacking"
                    )),
                    Outcome::Passed if self.sdk().lacks(row, *name) => {
                        wrong.push(format!("{shown}: it is said to be lacking, and is not"));
                    }
                    Outcome::Passed | Outcome::Lacking => {}
                }
            }
        }
        if !checks.contains_key(&None) {
            if self.sdk().lacks(row, None) {
                wrong.push("it is said to be lacking, and is not".to_owned());
            }
            let of_others = known.0.get(row).into_iter().flatten();
            let missing = of_others.filter(|name| !checks.contains_key(&Some(**name)));
            wrong.extend(missing.map(|name| format!("{name}: no such check in its driver")));
        }
        wrong
    }
}

fn lacks(transcripts: &[Transcript]) -> Vec<String> {
    let sdks = transcripts.iter().map(|transcript| transcript.sdk);
    sdks.flat_map(|sdk| {
        sdk.lacking().map(|lack| {
            let check = lack.check.map(|check| format!(", {check}"));
            let (row, check, title) = (lack.row, check.unwrap_or_default(), sdk.title());
            format!("{title}: {row}{check}: {}", lack.why)
        })
    })
    .collect()
}

fn summary(operations: usize, transcripts: &[Transcript], problems: usize) -> String {
    let checks = || transcripts.iter().flat_map(|transcript| &transcript.checks);
    let passed = checks()
        .filter(|check| check.outcome == Outcome::Passed)
        .count();
    let lacking = checks()
        .filter(|check| check.outcome == Outcome::Lacking)
        .count();
    format!(
        "{operations} operations and {} further rows, by {} SDKs: {passed} checks passed, \
         {lacking} known to be lacking, {problems} problems",
        FURTHER.len(),
        transcripts.len(),
    )
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let first = width(&mut self.rows.iter().map(|(row, _)| row.len()));
        let widths: Vec<_> = self
            .titles
            .iter()
            .map(|(title, version)| title.len().max(version.len()))
            .collect();
        let mut line = |row: &str, cells: &mut dyn Iterator<Item = &str>| {
            let mut text = format!("{row:first$}");
            for (cell, width) in cells.zip(&widths) {
                text += &format!("  {cell:width$}");
            }
            writeln!(out, "{}", text.trim_end())
        };
        line("", &mut self.titles.iter().map(|(title, _)| title.as_str()))?;
        line("", &mut self.titles.iter().map(|(_, version)| *version))?;
        for (row, cells) in &self.rows {
            line(row, &mut cells.iter().map(|cell| cell.text()))?;
        }
        if !self.lacks.is_empty() {
            writeln!(out, "\nLacking in the SDK, and therefore not driven:")?;
            self.lacks
                .iter()
                .try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        if !self.problems.is_empty() {
            writeln!(out, "\nProblems:")?;
            self.problems
                .iter()
                .try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        write!(out, "\n{}", self.summary)
    }
}

impl Cell {
    const fn text(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "FAIL",
            Self::Lacking => "-",
        }
    }
}

#[cfg(test)]
mod tests;
