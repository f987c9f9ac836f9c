use super::*;
use crate::interop::{
    driver::Check,
    rows::{SDKS, operations},
};

const ROW: &str = "/acs/systems/get";
const OTHER: &str = "/acs/access_groups/list_users";

fn said(row: &str, name: Option<&str>, outcome: Outcome) -> Check {
    Check {
        row: row.to_owned(),
        name: name.map(str::to_owned),
        outcome,
    }
}

/// Drivers that make one check in every row, and lack what they are known to lack.
fn good() -> Vec<Transcript> {
    let rows: Vec<_> = operations()
        .into_iter()
        .chain(FURTHER.iter().copied())
        .collect();
    let transcript = |sdk: &&'static Sdk| {
        let checks = rows.iter().flat_map(|row| {
            let lacking = sdk.lacking().filter(|lack| lack.row == *row);
            let lacks: Vec<_> = lacking
                .map(|lack| said(row, lack.check, Outcome::Lacking))
                .collect();
            let whole = lacks.iter().any(|check| check.name.is_none());
            // The checks that only an old SDK lacks, the others pass.
            let old = SDKS.iter().flat_map(|sdk| sdk.lacking());
            let passed = old
                .filter(|lack| lack.row == *row && !sdk.lacks(row, lack.check))
                .filter_map(|lack| lack.check)
                .chain(["it works"])
                .map(|name| said(row, Some(name), Outcome::Passed));
            let passed: Vec<_> = passed.filter(|_| !whole).collect();
            lacks.into_iter().chain(passed)
        });
        Transcript {
            sdk,
            checks: checks.collect(),
            problems: Vec::new(),
        }
    };
    SDKS.iter().map(transcript).collect()
}

/// Good drivers, the first of which is changed, have this problem.
fn check(change: impl FnOnce(&mut Transcript), expected: &[&str]) {
    let mut transcripts = good();
    change(&mut transcripts[0]);
    let verdict = Verdict::of(&operations(), &transcripts);
    assert_eq!(verdict.problems, expected);
    assert_eq!(verdict.into_result().is_err(), !expected.is_empty());
}

fn cell(transcripts: &[Transcript], row: &str) -> Cell {
    let verdict = Verdict::of(&operations(), transcripts);
    let mut rows = verdict.rows.into_iter();
    let (_, cells) = rows.find(|(name, _)| name == row).expect("it is a row");
    cells[0]
}

#[test]
fn good_drivers_have_no_problem() {
    check(|_| {}, &[]);
    assert_eq!(cell(&good(), ROW), Cell::Passed);
    let lacking = "/acs/users/unmanaged/get";
    assert_eq!(cell(&good(), lacking), Cell::Lacking);
}

#[test]
fn one_check_that_fails_fails_its_row() {
    let failed = said(ROW, Some("it works"), Outcome::Failed("why".to_owned()));
    check(
        |driver| {
            let mut checks = driver.checks.iter_mut();
            *checks.find(|check| check.row == ROW).expect("a row") = failed.clone();
        },
        &["/acs/systems/get: @seamapi/http 2.32.0: it works: why"],
    );
    let mut transcripts = good();
    transcripts[0].checks.retain(|check| check.row != ROW);
    transcripts[0].checks.push(failed);
    assert_eq!(cell(&transcripts, ROW), Cell::Failed);
    assert_eq!(cell(&transcripts, OTHER), Cell::Passed);
}

#[test]
fn a_row_without_a_driver_fails() {
    check(
        |driver| driver.checks.retain(|check| check.row != ROW),
        &["/acs/systems/get: @seamapi/http 2.32.0: no such row in its driver"],
    );
}

#[test]
fn a_check_of_other_drivers_is_missing() {
    check(
        |driver| {
            let mut checks = driver.checks.iter_mut();
            let check = checks.find(|check| check.row == ROW).expect("a row");
            check.name = Some("it works, too".to_owned());
        },
        &[
            "/acs/systems/get: @seamapi/http 2.32.0: it works: no such check in its driver",
            "/acs/systems/get: seam (npm) 1.245.0: it works, too: no such check in its driver",
            "/acs/systems/get: seam (PyPI) 3.18.0: it works, too: no such check in its driver",
            "/acs/systems/get: @seamapi/http 1.102.0: it works, too: no such check in its driver",
            "/acs/systems/get: seam (PyPI) 1.99.0: it works, too: no such check in its driver",
        ],
    );
}

#[test]
fn an_unknown_lack_is_a_problem() {
    check(
        |driver| {
            driver.checks.retain(|check| check.row != ROW);
            driver.checks.push(said(ROW, None, Outcome::Lacking));
        },
        &[
            "/acs/systems/get: @seamapi/http 2.32.0: the whole row: the driver does not find \
           it, and it is not known to be lacking",
        ],
    );
}

#[test]
fn a_known_lack_must_exist() {
    let row = "/acs/users/unmanaged/get";
    check(
        |driver| {
            driver.checks.retain(|check| check.row != row);
            let passed = said(row, Some("it works"), Outcome::Passed);
            driver.checks.push(passed);
        },
        &["/acs/users/unmanaged/get: @seamapi/http 2.32.0: it is said to be lacking, and is not"],
    );
}

#[test]
fn a_check_counts_once() {
    check(
        |driver| {
            driver
                .checks
                .push(said(ROW, Some("it works"), Outcome::Passed));
            driver
                .checks
                .push(said("/nowhere", Some("it works"), Outcome::Passed));
        },
        &[
            "@seamapi/http 2.32.0: unexpected row `/nowhere`",
            "/acs/systems/get: @seamapi/http 2.32.0: it works: it is there more than once",
        ],
    );
}

#[test]
fn a_failed_driver_is_a_problem() {
    check(
        |driver| driver.problems.push("the driver died early".to_owned()),
        &["@seamapi/http 2.32.0: the driver died early"],
    );
}

#[test]
fn the_table_ends_with_a_summary() {
    let verdict = Verdict::of(&operations(), &good()).to_string();
    let lines: Vec<_> = verdict.lines().collect();
    let rows = operations().into_iter().chain(FURTHER.iter().copied());
    let width = rows.map(str::len).max().unwrap_or(0);
    let first = format!(
        "{:width$}  @seamapi/http  seam (npm)  seam (PyPI)  @seamapi/http  seam (PyPI)",
        ""
    );
    let second = format!(
        "{:width$}  2.32.0         1.245.0     3.18.0       1.102.0        1.99.0",
        ""
    );
    let row = format!(
        "{:width$}  -              -           -            ok             -",
        "/acs/users/unmanaged/get"
    );
    assert_eq!(lines[..2], [first, second]);
    assert!(lines.contains(&row.as_str()), "{verdict}");
    let summary = lines.last().expect("there are lines");
    assert!(summary.ends_with("0 problems"), "{summary}");
}
