//! Rows of a roster, and how offices write them.

use fastrand::Rng;
use serde_json::json;

use super::office::{Group, Person};

#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Group and person.
    pub(super) pair: (String, String),
    pub(super) is_in_force: bool,
    pub(super) cells: [String; 6],
}

pub(super) const COLUMNS: [&str; 6] = ["user", "group", "from", "until", "note", "mode"];

impl Row {
    /// Rows that desire these people in the group; some are there twice, and some of the unwanted are
    /// there with dates that do not hold.
    pub(super) fn of_group(
        rng: &mut Rng,
        group: &Group,
        wanted: &[&Person],
        unwanted: &[&Person],
    ) -> Vec<Self> {
        let mut rows = Vec::new();
        for person in wanted {
            let from = if rng.f32() < 0.2 {
                past(rng)
            } else {
                String::new()
            };
            let until = if rng.f32() < 0.2 {
                future(rng)
            } else {
                String::new()
            };
            rows.push(Self::new(rng, group, person, [from, until], true));
            if rng.f32() < 0.05 {
                rows.push(Self::new(
                    rng,
                    group,
                    person,
                    [String::new(), String::new()],
                    true,
                ));
            }
        }
        for person in unwanted {
            if rng.f32() > 0.2 {
                continue;
            }
            let window = match rng.bool() {
                true => [String::new(), past(rng)],
                false => [future(rng), String::new()],
            };
            rows.push(Self::new(rng, group, person, window, false));
        }
        if rows.is_empty() || rng.f32() < 0.1 {
            let mut cells = [const { String::new() }; 6];
            cells[1] = group.name.clone();
            cells[5] = "additive".to_owned();
            let pair = (group.id.clone(), String::new());
            rows.push(Self {
                pair,
                is_in_force: false,
                cells,
            });
        }
        if group.is_authoritative {
            rng.shuffle(&mut rows);
            rows[0].cells[5] = "authoritative".to_owned();
            for row in &mut rows[1..] {
                // A row without a user says something only with a mode.
                let is_said = rng.bool() || row.cells[0].is_empty();
                row.cells[5] = if is_said {
                    "Authoritative".to_owned()
                } else {
                    String::new()
                };
            }
        }
        rows
    }

    fn new(
        rng: &mut Rng,
        group: &Group,
        person: &Person,
        window: [String; 2],
        is_in_force: bool,
    ) -> Self {
        let user = match &person.address {
            Some(address) if rng.bool() => match rng.bool() {
                true => address.clone(),
                false => address.to_ascii_uppercase(),
            },
            _ => person.id.clone(),
        };
        let group_cell = match rng.u8(0..4) {
            0 => group.id.clone(),
            1 => group.name.to_uppercase(),
            _ => group.name.clone(),
        };
        let note = *rng
            .choice(&["", "", "contractor", "a, b; \"c\"", "Müller", "=1+1"])
            .expect("some");
        let [from, until] = window;
        Self {
            pair: (group.id.clone(), person.id.clone()),
            is_in_force,
            cells: [
                user,
                group_cell,
                from,
                until,
                note.to_owned(),
                String::new(),
            ],
        }
    }
}

fn past(rng: &mut Rng) -> String {
    let year = rng.u16(2001..2020);
    date(rng, year)
}

fn future(rng: &mut Rng) -> String {
    let year = rng.u16(2080..2099);
    date(rng, year)
}

/// A day after the 12th, so that no form of it is ambiguous.
fn date(rng: &mut Rng, year: u16) -> String {
    let (month, day) = (rng.usize(1..=12), rng.u8(13..=28));
    match rng.u8(0..7) {
        0 => format!("{day}.{month}.{year}"),
        1 => format!("{day}/{month:02}/{year}"),
        2 => format!("{month}/{day}/{year} 8:30 AM"),
        3 => format!("{day}-{}-{year}", MONTHS[month - 1]),
        4 => format!("{year}-{month:02}-{day}T08:00:00+02:00"),
        5 => format!("{year}-{month:02}-{day} 17:45"),
        _ => format!("{year}-{month:02}-{day}"),
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// UTF-8 with commas.
pub(super) fn plain(rows: &[Row]) -> String {
    let mut text = COLUMNS.join(",") + "\n";
    for row in rows {
        let cells = row.cells.each_ref().map(|cell| quoted(cell, ',', false));
        text += &(cells.join(",") + "\n");
    }
    text
}

/// The rows as one of many programs saves them, and how the file is named.
pub(super) fn as_saved(rng: &mut Rng, rows: &[Row]) -> (&'static str, Vec<u8>) {
    if rng.u8(0..5) == 0 {
        return ("roster.json", json(rng, rows).into_bytes());
    }
    let separator = *rng.choice(&[',', ';', '\t']).expect("some");
    let end = *rng.choice(&["\n", "\r\n", "\r"]).expect("some");
    let is_quoted = rng.bool();
    let mut columns: Vec<usize> = (0..6).collect();
    rng.shuffle(&mut columns);
    let line = |cells: &[String; 6], rng: &mut Rng| {
        let cells = columns.iter().map(|column| {
            let cell = &cells[*column];
            let blank = if rng.u8(0..10) == 0 { " " } else { "" };
            quoted(&format!("{cell}{blank}"), separator, is_quoted)
        });
        cells.collect::<Vec<_>>().join(&separator.to_string()) + end
    };
    let mut text = String::new();
    if separator == ';' && rng.u8(0..4) == 0 {
        text += &format!("sep=;{}", if end == "\r" { "\n" } else { end });
    }
    text += &line(&COLUMNS.map(str::to_owned), rng);
    for row in rows {
        text += &line(&row.cells, rng);
        if rng.u8(0..20) == 0 {
            text += &(";;;;;".replace(';', &separator.to_string()) + end);
        }
        if rng.u8(0..20) == 0 {
            text += end;
        }
    }
    ("roster.csv", encoded(rng, &text))
}

fn encoded(rng: &mut Rng, text: &str) -> Vec<u8> {
    let utf16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    match rng.u8(0..6) {
        0 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        1 => [&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat(),
        2 => [&b"\xfe\xff"[..], &utf16(u16::to_be_bytes)].concat(),
        3 => utf16(u16::to_le_bytes),
        _ => text.as_bytes().to_vec(),
    }
}

fn json(rng: &mut Rng, rows: &[Row]) -> String {
    let rows = rows.iter().map(|row| {
        let mut value = json!({});
        for (name, cell) in COLUMNS.iter().zip(&row.cells) {
            match (cell.is_empty(), rng.u8(0..3)) {
                (true, 0) => {}
                (true, 1) => value[name] = serde_json::Value::Null,
                _ => value[name] = cell.clone().into(),
            }
        }
        value
    });
    serde_json::Value::from(rows.collect::<Vec<_>>()).to_string()
}

fn quoted(cell: &str, separator: char, always: bool) -> String {
    match always || cell.contains([separator, '"']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}
