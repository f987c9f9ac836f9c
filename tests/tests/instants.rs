//! Instants go from text to text, through every form and both clients, and stay the same.

use access_groups_core::prelude::*;
use access_groups_in_memory::{InMemory, State};
use access_groups_tests::{
    instants::{Sample, Samples},
    server::TestServer,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

#[test]
fn every_text_means_its_instant() {
    let mut samples = Samples::new();
    let mut refused = 0;
    for _ in 0..COUNT {
        let Sample { text, instant } = samples.sample();
        let read = text.parse::<Timestamp>().ok();
        assert_eq!(read, instant, "{text}, {samples}");
        let Some(instant) = instant else {
            refused += 1;
            continue;
        };
        let json = serde_json::to_string(&instant).expect("JSON");
        let back: Timestamp = serde_json::from_str(&json).expect("an instant");
        assert_eq!(back, instant, "{text}, {json}, {samples}");
    }
    assert!(refused > 0, "offsets lead out of both ends: {samples}");
}

#[test]
fn site_files_and_clients_keep_instants() {
    let mut seed = Samples::new();
    let samples = seed.in_range(COUNT);
    let text = site(&samples).to_string();
    let state = State::from_site_json(&text).unwrap_or_else(|error| panic!("{error}, {seed}"));
    let kept = |instant| instant;
    check(state.access_groups(&all()), &samples, kept, &seed);
    // What was read is written, and read again.
    let state = State::from_site_json(&state.to_site_json()).expect("a site of ours");
    check(state.access_groups(&all()), &samples, kept, &seed);

    let cut = Timestamp::whole_milliseconds;
    let server = TestServer::over(KEY, InMemory::new(state));
    let listed = server.blocking_client(KEY).access_groups(all());
    check(&listed.expect("all groups"), &samples, cut, &seed);
    let client = server.client(KEY);
    let listed = Runtime::new()
        .expect("a runtime")
        .block_on(client.access_groups(all()));
    check(&listed.expect("all groups"), &samples, cut, &seed);
}

/// The instants of a group, as they are written and as they are meant: its own three, and those of
/// its errors, which are many because whole groups take long to read and write.
type Group = [(String, Timestamp)];

fn groups(samples: &[(String, Timestamp)]) -> impl Iterator<Item = &Group> {
    samples.chunks(INSTANTS_OF_A_GROUP)
}

fn site(samples: &[(String, Timestamp)]) -> Value {
    let system = "50000000-0000-4000-8000-000000000001";
    let groups = (0_u128..).zip(groups(samples)).map(|(number, instants)| {
        let errors = instants[3..]
            .iter()
            .map(|(text, _)| json!({"error_code": "odd", "message": "odd", "created_at": text}));
        json!({
            "acs_access_group_id": AccessGroupId::from_u128(number),
            "acs_system_id": system,
            "name": "G",
            "created_at": instants[0].0,
            "access_schedule": {"starts_at": instants[1].0, "ends_at": instants[2].0},
            "errors": errors.collect::<Vec<_>>(),
        })
    });
    json!({
        "acs_systems": [{"acs_system_id": system, "name": "S"}],
        "acs_access_groups": groups.collect::<Vec<_>>(),
    })
}

/// The groups show these instants, each as `expected`.
fn check<'a>(
    shown: impl IntoIterator<Item = &'a AccessGroup>,
    samples: &[(String, Timestamp)],
    expected: impl Fn(Timestamp) -> Timestamp,
    seed: &Samples,
) {
    let mut shown: Vec<_> = shown.into_iter().collect();
    shown.sort_by_key(|group| group.acs_access_group_id);
    assert_eq!(shown.len(), groups(samples).count());
    for (group, given) in shown.into_iter().zip(groups(samples)) {
        let schedule = group.access_schedule.expect("every group has one");
        let own = [
            Some(group.created_at),
            Some(schedule.starts_at),
            schedule.ends_at,
        ];
        let of_errors = group.errors.iter().map(|error| error.created_at);
        let shown = own.into_iter().flatten().chain(of_errors);
        assert_eq!(shown.clone().count(), given.len());
        for (shown, (text, instant)) in shown.zip(given) {
            assert_eq!(shown, expected(*instant), "{text}, {seed}");
        }
    }
}

fn all() -> AccessGroupFilter {
    AccessGroupFilter::new()
}

const INSTANTS_OF_A_GROUP: usize = 1_000;
const COUNT: usize = 100 * INSTANTS_OF_A_GROUP;
const KEY: &str = "seam_test_instants";
