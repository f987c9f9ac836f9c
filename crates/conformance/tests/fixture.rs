//! A fixture that is not ready is named as such, and no law tells a story of its own.

use std::sync::OnceLock;

use access_groups_conformance::{Capability, Fixture, LAWS, ModelRun, Open, Outcome, Site};
use access_groups_core::{BlockingAccessGroupPort, Context, Error, Operation, Reply};
use access_groups_in_memory::{BlockingInMemory, State};

#[test]
fn what_is_not_declared_is_listed_at_once() {
    let check = |lacking: &'static [Capability], expected: &[&str]| {
        let open = move |site: &Site| Fixture::blocking(Lacking(store(site), lacking));
        let lines: Vec<_> = expected
            .iter()
            .map(|line| format!("\n    {line}"))
            .collect();
        let text = format!(
            "the fixture is not ready:\n  it does not declare what the adapter refuses as \
             Unsupported: support it, or add{}",
            lines.concat()
        );
        must_say(&open, &text);
    };
    check(
        &[Capability::SuspendAcsUser, Capability::GetWorkspace],
        &[
            ".without(Capability::SuspendAcsUser)",
            ".without(Capability::GetWorkspace)",
        ],
    );
    check(
        Capability::DIRECTORY,
        &[".without_all(Capability::DIRECTORY)"],
    );
    check(
        Capability::WITHOUT_WIRE,
        &[".without_all(Capability::WITHOUT_WIRE)"],
    );
    check(
        &[Capability::Identities],
        &[".without(Capability::Identities)"],
    );
}

#[test]
fn what_is_not_held_is_named() {
    let check = |forget: fn(&mut Site), expected: &str| {
        let open = move |site: &Site| {
            let mut site = site.clone();
            forget(&mut site);
            Fixture::blocking(store(&site))
        };
        must_say(&open, &format!("the fixture is not ready:\n  {expected}"));
    };
    check(
        |site| {
            site.entrances.clear();
            site.group_entrances.clear();
        },
        "it does not hold 1 of the site's 1 entrances, such as \
         e0000000-0000-4000-8000-000000000001\n  it does not hold 1 of the site's 1 \
         group_entrances, such as e0000000-0000-4000-8000-000000000001",
    );
    check(
        |site| site.memberships.clear(),
        "it does not hold 2 of the site's 2 memberships, such as \
         a0000000-0000-4000-8000-000000000001",
    );
    check(
        |site| {
            site.users
                .iter_mut()
                .for_each(|user| user.phone_number = None)
        },
        "its users do not keep these fields of the site: phone_number",
    );
    check(
        |site| {
            for system in &mut site.systems {
                system.location.time_zone = None;
                system.errors.clear();
            }
        },
        "its systems do not keep these fields of the site: location/time_zone, errors",
    );
}

#[test]
fn a_service_that_is_away_is_named() {
    struct Away;

    impl BlockingAccessGroupPort for Away {
        fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            Err(Error::unavailable("nobody listens"))
        }
    }

    let open = |_: &Site| Fixture::blocking(Away);
    must_say(
        &open,
        "the fixture is not ready:\n  it cannot be read: ListAcsSystems { filter: AcsSystemFilter {} } \
         is refused as Unavailable: nobody listens (no subject)",
    );
}

#[test]
fn a_store_that_is_opened_twice_is_not_fresh() {
    let shared = OnceLock::new();
    let open = |site: &Site| Fixture::blocking(shared.get_or_init(|| store(site)).clone());
    let outcomes = LAWS.iter().map(|law| law.check(&open));
    let told = outcomes.filter(|outcome| {
        matches!(outcome, Outcome::Broken(why) if why.starts_with("the fixture is not ready:"))
    });
    assert!(told.count() > 1);
}

#[test]
fn a_fixture_that_is_ready_passes() {
    Fixture::assert_ready(&|site: &Site| Fixture::blocking(store(site)));
}

/// Every law that fails says this and nothing else, and so does the model run.
#[track_caller]
fn must_say(open: &Open<'_>, expected: &str) {
    let laws = LAWS.iter().map(|law| law.check(open));
    let model = ModelRun::new().with_cases(256).unshortened().check(open);
    let broken = laws.chain([model]).filter_map(|outcome| match outcome {
        Outcome::Broken(why) => Some(why),
        Outcome::Holds | Outcome::Absent(_) => None,
    });
    let broken: Vec<_> = broken.collect();
    assert!(!broken.is_empty(), "nothing fails");
    for why in broken {
        assert_eq!(why, expected);
    }
}

/// A store that lacks some capabilities.
struct Lacking(BlockingInMemory, &'static [Capability]);

impl BlockingAccessGroupPort for Lacking {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let mut needed = Capability::needed_by(&operation);
        if needed.any(|needed| self.1.contains(&needed)) {
            return Err(Error::unsupported_operation(&operation));
        }
        self.0.call(operation, context)
    }
}

fn store(site: &Site) -> BlockingInMemory {
    let state = State::from_site_json(&site.to_json());
    BlockingInMemory::new(state.expect("the kit's sites are sound"))
}
