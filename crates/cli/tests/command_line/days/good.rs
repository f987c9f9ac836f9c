//! Rosters as offices write them, all of which apply fully.

use std::fs::File;

use fastrand::Rng;

use super::{
    office::{Office, Temper, must_be},
    service::{Served, memberships},
    sheet,
};
use crate::harness::{Ended, KEY, binary, end, run};

#[test]
fn good_days_apply_fully() {
    super::run("good days", 10, 100, round);
}

fn round(rng: &mut Rng, _: u64) -> super::Counts {
    let temper = if rng.bool() {
        Temper::Calm
    } else {
        Temper::Wild
    };
    let people = rng.usize(1..=60);
    let office = Office::new(rng, people, temper);
    let (name, bytes) = sheet::as_saved(rng, &office.rows);
    let roster = office.file(name, &bytes);
    run("memory:none", &["validate", &roster]).well();

    let is_served = rng.bool();
    let (served, store) = match is_served {
        true => {
            let served = Served::start(&office.site.memory(), None);
            let address = served.address.clone();
            (Some(served), address)
        }
        false => (None, office.site.file()),
    };
    let journal = office.path("a.journal");
    let apply = |file: &str, more: &[&str]| -> Ended {
        let mut command = binary(&["apply", file, "--journal", &journal, "--rate", "off"]);
        command.args(["--store", &store]).args(more);
        if is_served {
            command.env("SEAM_API_KEY", KEY);
        }
        if file == "-" {
            command.stdin(File::open(&roster).expect("there"));
        }
        end(command)
    };
    let is_guarded = office.is_guarded(&office.before, &office.after);
    // A name is what tells JSON; on stdin it is the first character.
    let file = if rng.u8(0..4) == 0 { "-" } else { &roster };
    let mut applied = apply(file, &[]);
    if is_guarded {
        let stopped = applied.badly(6);
        let (_, hash) = stopped.stderr.split_once("--confirm ").expect("a hint");
        applied = apply(file, &["--confirm", &hash[..12]]);
    }
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let changes = office.changes().len();
    match changes {
        0 => assert!(applied.stdout.starts_with("No changes"), "{applied:?}"),
        _ => assert!(
            applied.stdout.contains(&format!(": {changes} done.\n")),
            "{applied:?}"
        ),
    }
    let again = apply(&roster, &[]).well();
    assert!(again.stdout.starts_with("No changes"), "{again:?}");
    let served = served.unwrap_or_else(|| Served::start(&office.site.file(), None));
    must_be(
        &memberships(&served.address, &office),
        &office.after,
        "after the apply",
    );
    vec![
        ("rows", office.rows.len()),
        ("changes", changes),
        ("confirmed", is_guarded.into()),
    ]
}
