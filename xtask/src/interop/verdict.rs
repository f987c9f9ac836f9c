//! The table: operation by SDK, and what is wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use comfy_table::{ContentArrangement, Table, presets};

use super::{
    driver::{Outcome, Transcript},
    rows::{FURTHER, Sdk},
};

/// The result of all checks.
#[derive(Debug)]
pub(crate) struct Verdict {
    titles: Vec<String>,
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
        let cells = |row: &&str| ((*row).to_owned(), Vec::new());
        let mut rows: Vec<_> = expected.iter().map(cells).collect();
        let mut known = Known::new();
        for check in transcripts.iter().flat_map(|transcript| &transcript.checks) {
            let checks = known.entry(&check.row).or_default();
            checks.extend(check.name.as_deref());
        }
        let mut problems = Vec::new();
        for transcript in transcripts {
            let column = Column::of(transcript);
            problems.extend(column.problems(&expected));
            for (row, cells) in &mut rows {
                cells.push(column.cell(row, &known, &mut problems));
            }
        }
        let sdks = transcripts.iter().map(|transcript| transcript.sdk);
        let title = |sdk: &Sdk| format!("{}\n{}", sdk.short_title(), sdk.version);
        Self {
            titles: sdks.clone().map(title).collect(),
            rows,
            lacks: sdks.flat_map(lacks).collect(),
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
type Known<'t> = BTreeMap<&'t str, BTreeSet<&'t str>>;

/// The report of one driver, row by row: each check with its outcomes.
struct Column<'t> {
    sdk: &'static Sdk,
    /// Problems of the driver as a whole.
    problems: &'t [String],
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
        Self {
            sdk: transcript.sdk,
            problems: &transcript.problems,
            rows,
        }
    }

    /// Problems of the driver as a whole.
    fn problems(&self, expected: &[&str]) -> Vec<String> {
        let title = self.sdk.title();
        let whole = self.problems.iter();
        let unknown = self.rows.keys().filter(|row| !expected.contains(row));
        whole
            .map(|problem| format!("{title}: {problem}"))
            .chain(unknown.map(|row| format!("{title}: unexpected row `{row}`")))
            .collect()
    }

    fn cell(&self, row: &str, known: &Known<'_>, problems: &mut Vec<String>) -> Cell {
        let wrong = self.wrong(row, known);
        let title = self.sdk.title();
        problems.extend(wrong.iter().map(|what| format!("{row}: {title}: {what}")));
        let mut outcomes = self.rows.get(row).into_iter().flat_map(BTreeMap::values);
        if !wrong.is_empty() {
            Cell::Failed
        } else if outcomes.any(|outcomes| outcomes.contains(&&Outcome::Passed)) {
            Cell::Passed
        } else {
            Cell::Lacking
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
                    Outcome::Lacking if !self.sdk.lacks(row, *name) => wrong.push(format!(
                        "{shown}: the driver does not find it, and it is not known to be lacking"
                    )),
                    Outcome::Passed if self.sdk.lacks(row, *name) => {
                        wrong.push(format!("{shown}: it is said to be lacking, and is not"));
                    }
                    Outcome::Passed | Outcome::Lacking => {}
                }
            }
        }
        if !checks.contains_key(&None) {
            if self.sdk.lacks(row, None) {
                wrong.push("it is said to be lacking, and is not".to_owned());
            }
            let of_others = known.get(row).into_iter().flatten();
            let missing = of_others.filter(|name| !checks.contains_key(&Some(**name)));
            wrong.extend(missing.map(|name| format!("{name}: no such check in its driver")));
        }
        wrong
    }
}

fn lacks(sdk: &'static Sdk) -> impl Iterator<Item = String> {
    sdk.lacking().map(|lack| {
        let check = lack.check.map(|check| format!(", {check}"));
        let (row, check, title) = (lack.row, check.unwrap_or_default(), sdk.title());
        format!("{title}: {row}{check}: {}", lack.why)
    })
}

fn summary(operations: usize, transcripts: &[Transcript], problems: usize) -> String {
    let count = |outcome: Outcome| {
        let checks = transcripts.iter().flat_map(|transcript| &transcript.checks);
        checks.filter(|check| check.outcome == outcome).count()
    };
    format!(
        "{operations} operations and {} further rows, by {} SDKs: {} checks passed, \
         {} known to be lacking, {problems} problems",
        FURTHER.len(),
        transcripts.len(),
        count(Outcome::Passed),
        count(Outcome::Lacking),
    )
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(
            [""].into_iter()
                .chain(self.titles.iter().map(String::as_str)),
        );
        for (row, cells) in &self.rows {
            let cells = cells.iter().map(|cell| cell.text());
            table.add_row([row.as_str()].into_iter().chain(cells));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        writeln!(out, "{}", table.trim_fmt())?;
        for (title, lines) in [
            ("Lacking in the SDK, and therefore not driven", &self.lacks),
            ("Problems", &self.problems),
        ] {
            if !lines.is_empty() {
                writeln!(out, "\n{title}:\n  {}", lines.join("\n  "))?;
            }
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
