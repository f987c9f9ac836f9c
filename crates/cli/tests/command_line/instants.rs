//! Instants go from a site file to CSV and stay the same.

use std::hash::{BuildHasher, Hasher, RandomState};

use access_groups_core::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Site, run};

#[test]
fn csv_keeps_instants() {
    let seed = RandomState::new().build_hasher().finish();
    let mut random = seed;
    let texts: Vec<_> = std::iter::repeat_with(|| text(&mut random))
        .filter(|text| text.parse::<Timestamp>().is_ok())
        .take(COUNT)
        .collect();
    let meant: Vec<Timestamp> = texts
        .iter()
        .map(|text| text.parse().expect("one"))
        .collect();
    let site = Site::new();
    site.write(&site_of(&texts).to_string());

    let csv = run(&site.memory(), &["groups", "--format", "csv"])
        .well()
        .stdout;
    let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let columns = rows.next().expect("a header");
    let places = INSTANTS.map(|name| columns.iter().position(|column| *column == name));
    let mut rows: Vec<_> = rows.collect();
    rows.sort(); // by id, which counts
    let cells = rows
        .iter()
        .flat_map(|row| places.map(|place| row[place.expect("a column")]));
    let read: Vec<Timestamp> = cells.map(|cell| cell.parse().expect(cell)).collect();
    assert_eq!(first_difference(&read, &meant), None, "seed {seed}");
}

/// Where two lists differ first: whole ones are too long to be shown.
fn first_difference(read: &[Timestamp], meant: &[Timestamp]) -> Option<(Timestamp, Timestamp)> {
    assert_eq!(read.len(), meant.len());
    let mut pairs = read.iter().copied().zip(meant.iter().copied());
    pairs.find(|(read, meant)| read != meant)
}

fn site_of(texts: &[String]) -> Value {
    let system = "50000000-0000-4000-8000-000000000001";
    let (groups, _) = texts.as_chunks::<3>();
    let groups = groups
        .iter()
        .enumerate()
        .map(|(number, [created, start, end])| {
            json!({
                "acs_access_group_id": format!("60000000-0000-4000-8000-{number:012}"),
                "acs_system_id": system,
                "name": "G",
                "created_at": created,
                "access_schedule": {"starts_at": start, "ends_at": end},
            })
        });
    json!({
        "acs_systems": [{"acs_system_id": system, "name": "S"}],
        "acs_access_groups": groups.collect::<Vec<_>>(),
    })
}

/// A text of any year, offset and fraction; a few lie outside the years 0000 to 9999 in UTC.
fn text(random: &mut u64) -> String {
    let mut below = |bound: u64| {
        // The middle bits of a linear congruential generator are random enough.
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (*random >> 33) % bound
    };
    let (year, month, day) = match below(10) {
        0 => (9999, 12, 31),
        _ => (below(10_000), 1 + below(12), 1 + below(28)),
    };
    let (hour, minute, second) = (below(24), below(60), below(60));
    let digits = usize::try_from(below(10)).expect("small");
    let fraction = match digits {
        0 => String::new(),
        _ => format!(".{:09}", below(1_000_000_000))[..=digits].to_owned(),
    };
    let offset = match below(3) {
        0 => "Z".to_owned(),
        sign => format!(
            "{}{:02}:{:02}",
            ["+", "-"][sign as usize - 1],
            below(24),
            below(60)
        ),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
}

const INSTANTS: [&str; 3] = ["created_at", "starts_at", "ends_at"];
const COUNT: usize = 100_002;
