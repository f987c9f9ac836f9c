//! How many requests a command makes, and in how many round trips.

use std::sync::{Arc, Mutex};

use access_groups_core::{async_trait, prelude::*};
use access_groups_in_memory::{InMemory, State};
use tokio::sync::Barrier;

use crate::{
    harness::{ADA, GYM, POOL, Site, run},
    in_process::InProcess,
    scripted::Scripted,
};

/// Answers the calls of a round trip only after all of them have arrived: a command that makes
/// them one after another gets no answer.
#[derive(Clone)]
struct RoundTrips {
    inner: InMemory,
    expected: Arc<Vec<(Vec<&'static str>, Barrier)>>,
    /// The names of the operations, in the order of their arrival.
    arrived: Arc<Mutex<Vec<&'static str>>>,
}

impl RoundTrips {
    fn expect(site: &Site, trips: &[&[&'static str]]) -> Self {
        let state = State::from_site_json(&site.text()).expect("a site");
        let trips = trips.iter();
        let expected = trips.map(|names| (names.to_vec(), Barrier::new(names.len())));
        Self {
            inner: InMemory::new(state),
            expected: Arc::new(expected.collect()),
            arrived: Arc::default(),
        }
    }

    /// The round trip to which the next call belongs; none after the last expected call.
    fn arrive(&self, operation: &Operation) -> Option<&Barrier> {
        let mut arrived = self.arrived.lock().expect("no panic inside");
        let mut calls = arrived.len();
        arrived.push(operation.name());
        let trip = self.expected.iter().find(|(names, _)| {
            let is_in_trip = calls < names.len();
            calls = calls.saturating_sub(names.len());
            is_in_trip
        });
        trip.map(|(_, barrier)| barrier)
    }
}

#[async_trait]
impl AccessGroupPort for RoundTrips {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        if let Some(barrier) = self.arrive(&operation) {
            barrier.wait().await;
        }
        self.inner.call(operation, context).await
    }
}

/// The command makes these calls: each line is a round trip, in any order of its calls.
#[track_caller]
fn check(arguments: &[&str], trips: &[&[&'static str]]) {
    let port = RoundTrips::expect(&Site::new(), trips);
    let service = InProcess::serve(port.clone());
    run(&service.address, arguments).well();
    let mut arrived = port.arrived.lock().expect("no panic inside").clone();
    assert_eq!(arrived.len(), trips.concat().len(), "{arrived:?}");
    for expected in trips {
        let mut trip: Vec<_> = arrived.drain(..expected.len()).collect();
        let mut expected = expected.to_vec();
        trip.sort_unstable();
        expected.sort_unstable();
        assert_eq!(trip, expected);
    }
}

#[test]
fn change_by_ids_needs_three_round_trips() {
    for (verb, operation, group) in [("add", "add_user", GYM), ("remove", "remove_user", GYM)] {
        check(
            &[verb, "--user", ADA, "--group", group],
            &[
                &["access_groups", "entrances_of_group"],
                &[operation],
                &["acs_user", "access_group", "access_groups"],
            ],
        );
    }
}

#[test]
fn change_by_names_needs_four_round_trips() {
    for (verb, operation, group) in [("add", "add_user", "gym"), ("remove", "remove_user", "gym")] {
        check(
            &[verb, "--user", "ada lovelace", "--group", group],
            &[
                &["acs_users", "access_groups"],
                &["access_groups", "entrances_of_group"],
                &[operation],
                &["acs_user", "access_groups"],
            ],
        );
    }
}

#[test]
fn a_schedule_needs_the_time_zone() {
    let trips: [&[&str]; 4] = [
        &["access_groups", "entrances_of_group"],
        &["add_user"],
        &["acs_user", "access_group", "access_groups"],
        &["acs_systems"],
    ];
    let add = ["add", "--user", ADA, "--group", POOL];
    check(&add, &trips);
    check(&[&add[..], &["--format", "json"]].concat(), &trips[..3]);
}

#[test]
fn check_needs_three_round_trips() {
    let gym_door = "e0000000-0000-4000-8000-000000000001";
    check(
        &["check", "--user", ADA, "--entrance", gym_door],
        &[
            &["acs_user", "entrance"],
            &["access_groups", "access_groups", "acs_system"],
            &[
                "entrances_of_group",
                "entrances_of_group",
                "entrances_of_user",
            ],
        ],
    );
}

#[test]
fn a_local_time_needs_the_time_zone() {
    let gym_door = "e0000000-0000-4000-8000-000000000001";
    let at = ["check", "--user", ADA, "--entrance", gym_door, "--at"];
    let verdict: [&[&str]; 3] = [
        &["acs_user", "entrance"],
        &["access_groups", "access_groups", "acs_system"],
        &[
            "entrances_of_group",
            "entrances_of_group",
            "entrances_of_user",
        ],
    ];
    let zone: [&[&str]; 2] = [&["entrance"], &["acs_systems"]];
    check(
        &[&at[..], &["2026-07-01 08:00"]].concat(),
        &[&zone[..], &verdict].concat(),
    );
    // With an offset, only the words need it, and JSON has none.
    let utc = [&at[..], &["2026-07-01 08:00Z", "--format", "json"]].concat();
    check(&utc, &verdict);
}

#[test]
fn page_size_is_asked_for() {
    let service = Scripted::with_bodies(|_, body| match body.contains(r#""limit":7"#) {
        true => (200, PAGE),
        false => (
            400,
            r#"{"ok":false,"error":{"type":"no_limit","message":"no limit"}}"#,
        ),
    });
    let limited = ["users", "--page-size", "7", "--format", "json"];
    run(&service.address, &limited).well();
    let other = run(&service.address, &["users"]);
    assert!(other.stderr.contains("no limit"), "{other:?}");
}

const PAGE: &str = r#"{"ok":true,"acs_users":[],
    "pagination":{"has_next_page":false,"next_page_cursor":null,"next_page_url":null}}"#;
