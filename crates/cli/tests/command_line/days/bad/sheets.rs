//! Rosters that are not what somebody meant.

use std::{collections::BTreeSet, fs};

use fastrand::Rng;

use super::{Day, apply, calm, must_be_refused, office};
use crate::days::{
    office::{Office, Temper, changes},
    round::Round,
    sheet::{self, COLUMNS, Row},
};

pub(super) const DAYS: &[Day] = &[
    ("an empty file", empty),
    ("half a file", half),
    ("a renamed column", renamed_column),
    ("a shifted column", shifted_column),
    ("renamed users", renamed_users),
    ("renamed groups", renamed_groups),
    ("an id that a spreadsheet rounded", rounded_id),
    ("two modes of one group", two_modes),
    ("a date of two meanings", ambiguous_date),
    ("another encoding", other_encoding),
    ("no file", no_file),
];

/// The roster is refused whole, for this reason, before anybody is asked to change anything.
fn check(rng: &mut Rng, office: Office, file: &[u8], words: &[&str]) {
    let round = Round::new(rng, office, None);
    fs::write(&round.roster, file).expect("writable");
    must_be_refused(&round, apply(&round, &[]), 1, words);
    assert!(!fs::exists(round.office.path("a.journal")).expect("readable"));
}

fn empty(rng: &mut Rng) {
    let office = calm(rng);
    let file = *rng
        .choice(&["", "\u{feff}", "\n\r\n", "user,group\n", ",,\n,,\n", "[]"])
        .expect("some");
    let words = if file.starts_with(',') {
        "column"
    } else {
        "there are no rows"
    };
    check(rng, office, file.as_bytes(), &[words]);
}

/// Cut at a byte: refused, or read as a shorter roster, of which the guards still hold.
fn half(rng: &mut Rng) {
    let office = office(rng, Temper::Wild, |_| true);
    let (name, bytes) = sheet::as_saved(rng, &office.rows);
    let mut round = Round::new(rng, office, None);
    round.roster = round.office.file(name, &bytes[..rng.usize(0..bytes.len())]);
    let ended = apply(&round, &[]);
    if ended.code != Some(0) {
        assert!(matches!(ended.code, Some(1 | 6)), "{ended:?}");
        let code = ended.code.expect("a code");
        return must_be_refused(&round, ended, code, &[]);
    }
    let (office, found) = (&round.office, round.memberships());
    assert!(
        !office.is_guarded(&office.before, &found),
        "without a confirmation: {ended:?}"
    );
    // The row that was cut may have lost the cell that says when it begins.
    let listed: BTreeSet<_> = office.rows.iter().map(|row| row.pair.clone()).collect();
    let mut invented = 0;
    for change in changes(&office.before, &found) {
        let pair = (change.group.clone(), change.person.clone());
        if change.adds && !office.after.contains(&pair) {
            assert!(listed.contains(&pair), "{change:?}");
            invented += 1;
        }
        let mut groups = office.groups.iter();
        let group = groups
            .find(|group| group.id == change.group)
            .expect("a group");
        assert!(
            change.adds || group.is_authoritative && group.is_named,
            "{change:?}"
        );
    }
    assert!(invented <= 1, "{invented} rows");
}

fn renamed_column(rng: &mut Rng) {
    let office = calm(rng);
    let place = *rng.choice(&[0, 1, 2, 3, 5]).expect("some");
    let name = ["usr", "grupo", "form", "untill", "", "moed"][place];
    let (header, rows) = split(&office.rows);
    let file = header.replacen(COLUMNS[place], name, 1) + &rows;
    check(rng, office, file.as_bytes(), &["column"]);
}

/// The header has one cell less or more than the rows.
fn shifted_column(rng: &mut Rng) {
    let office = calm(rng);
    let (header, rows) = split(&office.rows);
    let file = match rng.u8(0..4) {
        0 => header.replacen("user,", "", 1) + &rows,
        1 => format!(",{header}{rows}"),
        left => {
            let mut shifted = office.rows.clone();
            for row in &mut shifted {
                match left {
                    2 => row.cells.rotate_left(1),
                    _ => row.cells.rotate_right(1),
                }
            }
            sheet::plain(&shifted)
        }
    };
    check(rng, office, file.as_bytes(), &["problem"]);
}

/// Their addresses are others in the service: each row is named, and nobody is removed.
fn renamed_users(rng: &mut Rng) {
    let has_row = |office: &Office| office.rows.iter().any(|row| row.is_in_force);
    let office = office(rng, Temper::Calm, has_row);
    let mut rows = office.rows.clone();
    let mut renamed = 0;
    for row in rows.iter_mut().filter(|row| row.is_in_force) {
        if renamed == 0 || rng.bool() {
            row.cells[0] = format!("new{renamed}@example.net");
            renamed += 1;
        }
    }
    let problems = if renamed == 1 {
        "1 problem".to_owned()
    } else {
        format!("{renamed} problems")
    };
    check(
        rng,
        office,
        sheet::plain(&rows).as_bytes(),
        &[&problems, "column user: there is no such user"],
    );
}

fn renamed_groups(rng: &mut Rng) {
    let office = calm(rng);
    let mut rows = office.rows.clone();
    rng.choice(&mut rows).expect("rows").cells[1] = "Nowhere".to_owned();
    check(
        rng,
        office,
        sheet::plain(&rows).as_bytes(),
        &["column group: there is no such group"],
    );
}

fn rounded_id(rng: &mut Rng) {
    let office = calm(rng);
    let mut rows = office.rows.clone();
    rng.choice(&mut rows).expect("rows").cells[0] = "1.16E+20".to_owned();
    check(
        rng,
        office,
        sheet::plain(&rows).as_bytes(),
        &["column user: ", "spreadsheet", "1.16E+20"],
    );
}

fn two_modes(rng: &mut Rng) {
    let is_moded = |office: &Office| {
        office
            .groups
            .iter()
            .any(|group| group.is_named && group.is_authoritative)
    };
    let office = office(rng, Temper::Calm, is_moded);
    let moded = |row: &&Row| row.cells[5] == "authoritative";
    let mut other = office.rows.iter().find(moded).expect("a mode").clone();
    other.cells[5] = "additive".to_owned();
    let mut rows = office.rows.clone();
    rows.push(other);
    check(
        rng,
        office,
        sheet::plain(&rows).as_bytes(),
        &["column mode: ", "has set the mode of this group"],
    );
}

fn ambiguous_date(rng: &mut Rng) {
    let office = calm(rng);
    let mut rows = office.rows.clone();
    let row = rng.choice(&mut rows).expect("rows");
    let column = rng.usize(2..=3);
    row.cells[column] = "03/04/2026".to_owned();
    let column = format!("column {}: ", COLUMNS[column]);
    check(
        rng,
        office,
        sheet::plain(&rows).as_bytes(),
        &[&column, "2026-04-03 or 2026-03-04"],
    );
}

fn other_encoding(rng: &mut Rng) {
    let office = calm(rng);
    let mut file = sheet::plain(&office.rows).into_bytes();
    let place = file
        .iter()
        .position(|byte| *byte == b'@' || *byte == b'(')
        .expect("somewhere");
    file[place] = 0xfc;
    check(rng, office, &file, &["UTF-8"]);
}

fn no_file(rng: &mut Rng) {
    let office = calm(rng);
    let mut round = Round::new(rng, office, None);
    round.roster = match rng.bool() {
        true => round.office.path(""),
        false => round.office.path("nowhere.csv"),
    };
    must_be_refused(&round, apply(&round, &[]), 1, &["cannot be read", "hint: "]);
}

/// The header and the rows of a file.
fn split(rows: &[Row]) -> (String, String) {
    let file = sheet::plain(rows);
    let end = file.find('\n').expect("a header") + 1;
    (file[..end].to_owned(), file[end..].to_owned())
}
