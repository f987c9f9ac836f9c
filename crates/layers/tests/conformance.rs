//! Layers that do nothing keep the contract of the port, in both flavours.

use access_groups_conformance::{Fixture, Law, ModelRun, Outcome, Site, block_on, laws};
use access_groups_core::{AddUser, Error, ListUsersInGroup};
use access_groups_in_memory::{BlockingInMemory, State};
use access_groups_layers::{FaultPlan, FaultRule, Faults, Recorder};

laws!(mod faults, faults, few_cases());
laws!(mod blocking_faults, blocking_faults, few_cases());
laws!(mod recorder, recorder, few_cases());
laws!(mod blocking_recorder, blocking_recorder, few_cases());

fn faults(site: &Site) -> Fixture {
    let adapter = Faults::new(filled_with(site).asynchronous(), harmless());
    let fixture = |port| Fixture::asynchronous(port, block_on);
    fixture(adapter.clone()).with_clone(fixture(adapter))
}

fn blocking_faults(site: &Site) -> Fixture {
    let adapter = Faults::new(filled_with(site), harmless());
    Fixture::blocking(adapter.clone()).with_clone(Fixture::blocking(adapter))
}

fn recorder(site: &Site) -> Fixture {
    let adapter = Recorder::new(filled_with(site).asynchronous()).with_limit(10);
    let fixture = |port| Fixture::asynchronous(port, block_on);
    fixture(adapter.clone()).with_clone(fixture(adapter))
}

fn blocking_recorder(site: &Site) -> Fixture {
    let adapter = Recorder::new(filled_with(site)).with_limit(10);
    Fixture::blocking(adapter.clone()).with_clone(Fixture::blocking(adapter))
}

/// Layers only pass calls on to the store in memory, which has its own full run.
fn few_cases() -> ModelRun {
    ModelRun::new().with_cases(16)
}

/// Rules that are met by calls, and change nothing about them.
fn harmless() -> FaultPlan {
    FaultPlan::new()
        .with_rule(FaultRule::of_changes().with_probability(0.5))
        .with_rule(FaultRule::of_reads().every(3))
}

fn filled_with(site: &Site) -> BlockingInMemory {
    let state = State::from_site_json(&site.to_json());
    BlockingInMemory::new(state.expect("the kit's sites are sound"))
}

/// What these tests would say of a layer that does something.
#[test]
fn faults_break_the_contract() {
    let law = Law::named("adding_makes_a_member").expect("a law");
    let broken_by = |rule: FaultRule| {
        let plan = FaultPlan::new().with_rule(rule);
        let open = |site: &Site| Fixture::blocking(Faults::new(filled_with(site), plan.clone()));
        matches!(law.check(&open), Outcome::Broken(_))
    };
    assert!(!broken_by(FaultRule::of::<AddUser>()));
    assert!(broken_by(FaultRule::of::<AddUser>().loses_request()));
    assert!(broken_by(FaultRule::of::<AddUser>().loses_answer()));
    assert!(broken_by(
        FaultRule::of::<ListUsersInGroup>().fails(Error::internal("no"))
    ));
}
