//! One test, written in several ways: what `crates/in-memory/README.md` shows, compiled and run.

use std::{cell::Cell, error::Error as StdError, sync::Arc, time::Duration};

use access_groups_core::{
    MockAccessGroupPort, MockBlockingAccessGroupPort, prelude::*, testing,
    testing::mockall::Sequence,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_layers::{FaultPlan, FaultRule, Faults, Recorder};
use access_groups_protocol::Secret;
use access_groups_server::{
    Credentials,
    axum::{body::Body, http::Request},
    router,
};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Adds the user to the groups, and tells how many of them they joined. A group that does not
/// exist is passed over.
fn move_in(
    port: &dyn BlockingAccessGroupPort,
    user: AcsUserId,
    groups: &[AccessGroupId],
) -> Result<usize, Error> {
    let mut joined = 0;
    for group in groups {
        match port.add_user(user, *group) {
            Ok(()) => joined += 1,
            Err(error) if is_unknown(&error, *group) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(joined)
}

/// The async flavour, of the first group only.
async fn move_into_one(
    port: &dyn AccessGroupPort,
    user: AcsUserId,
    group: AccessGroupId,
) -> Result<usize, Error> {
    match port.add_user(user, group).await {
        Ok(()) => Ok(1),
        Err(error) if is_unknown(&error, group) => Ok(0),
        Err(error) => Err(error),
    }
}

fn is_unknown(error: &Error, group: AccessGroupId) -> bool {
    error.kind() == ErrorKind::NotFound && error.subject() == Some(group.into())
}

#[test]
fn in_memory() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let port = site.build_blocking();

    assert_eq!(move_in(&port, ada, &[gym, GONE])?, 1);
    assert!(port.read(|state| state.is_member(ada, gym)));
    Ok(())
}

#[test]
fn with_a_mock() -> Result<(), Error> {
    let mut port = MockBlockingAccessGroupPort::new();
    testing::expect(&mut port, AddUser::new(ADA, GYM))
        .times(1)
        .returns(Ok(()));
    testing::expect(&mut port, AddUser::new(ADA, GONE))
        .times(1)
        .returns(Err(Error::unknown(GONE)));

    assert_eq!(move_in(&port, ADA, &[GYM, GONE])?, 1);
    Ok(())
}

#[test]
fn with_an_async_mock() -> Result<(), Box<dyn StdError>> {
    let mut port = MockAccessGroupPort::new();
    let mut sequence = Sequence::new();
    testing::expect(&mut port, AddUser::new(ADA, GYM))
        .in_sequence(&mut sequence)
        .returns(Ok(()));
    testing::expect(&mut port, AddUser::new(ADA, GONE))
        .in_sequence(&mut sequence)
        .returns(Err(Error::unknown(GONE)));

    Runtime::new()?.block_on(async {
        assert_eq!(move_into_one(&port, ADA, GYM).await?, 1);
        assert_eq!(move_into_one(&port, ADA, GONE).await?, 0);
        Ok(())
    })
}

#[test]
fn a_mock_can_be_ambiguous() {
    let mut port = MockBlockingAccessGroupPort::new();
    let lost = Error::unavailable("the connection broke").with_ambiguity(true);
    testing::expect(&mut port, AddUser::new(ADA, GYM))
        .times(1)
        .returns(Err(lost));

    let error = move_in(&port, ADA, &[GYM, GONE]).expect_err("it ends with the first failure");
    assert!(error.is_ambiguous());
}

#[test]
fn with_a_fault_over_a_store() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build_blocking();
    let outage = FaultRule::of::<AddUser>()
        .first(1)
        .fails(Error::unavailable("the service is unavailable"));
    let port = Faults::new(store.clone(), FaultPlan::new().with_rule(outage));

    assert!(move_in(&port, ada, &[gym]).is_err());
    assert_eq!(move_in(&port, ada, &[gym, GONE])?, 1);
    assert!(store.read(|state| state.is_member(ada, gym)));
    assert_eq!(port.report().injected(), 1);
    Ok(())
}

/// Like `move_in`, for a service whose answers may be lost: adding again changes nothing, so every
/// call that may be repeated is, three times at most.
fn move_in_patiently(
    port: &dyn BlockingAccessGroupPort,
    user: AcsUserId,
    groups: &[AccessGroupId],
    sleep: impl Fn(Duration),
) -> Result<usize, Error> {
    for _ in 0..2 {
        match move_in(port, user, groups) {
            Err(error) if error.is_retryable() => {
                sleep(error.retry_after().unwrap_or(Duration::from_millis(100)));
            }
            result => return result,
        }
    }
    move_in(port, user, groups)
}

#[test]
fn retries_survive_a_plan() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build_blocking();
    let plan = FaultPlan::from_json(
        r#"{"rules": [
            {"operations": ["add_user"], "nth": 1, "error": "rate_limited", "retry_after_ms": 30000},
            {"operations": ["add_user"], "nth": 2, "lost": "answer"}
        ]}"#,
    )?;
    let port = Faults::new(store.clone(), plan);
    let slept = Cell::new(Duration::ZERO);

    let sleep = |wait| slept.set(slept.get() + wait);
    assert_eq!(move_in_patiently(&port, ada, &[gym], sleep)?, 1);
    assert_eq!(slept.get(), Duration::from_millis(30_100));
    assert!(store.read(|state| state.is_member(ada, gym)));
    assert_eq!(port.report().unused().count(), 0, "{}", port.report());
    Ok(())
}

#[test]
fn calls_are_made_in_order() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym, pool) = (site.user("Ada"), site.group("Gym"), site.group("Pool"));
    let port = Recorder::new(site.build_blocking());

    assert_eq!(move_in(&port, ada, &[gym, GONE, pool])?, 2);
    assert_eq!(port.names(), ["add_user"; 3]);
    let calls = port.calls_of::<AddUser>();
    assert_eq!(calls[1].operation, AddUser::new(ada, GONE).into());
    assert_eq!(calls[1].error().map(Error::kind), Some(ErrorKind::NotFound));
    Ok(())
}

#[test]
fn with_an_async_fault_over_a_store() -> Result<(), Box<dyn StdError>> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build();
    let outage = FaultRule::of::<AddUser>().first(1).loses_answer();
    let port = Faults::new(store.clone(), FaultPlan::new().with_rule(outage));

    Runtime::new()?.block_on(async {
        assert!(move_into_one(&port, ada, gym).await.is_err());
        assert_eq!(move_into_one(&port, ada, gym).await?, 1);
        assert!(store.read(|state| state.is_member(ada, gym)));
        Ok(())
    })
}

#[test]
fn with_the_router_in_process() -> Result<(), Box<dyn StdError>> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build();
    let body = format!(r#"{{"acs_user_id":"{ada}","acs_access_group_id":"{gym}"}}"#);
    let request = Request::post("/acs/users/add_to_access_group")
        .header("authorization", "Bearer seam_test")
        .header("content-type", "application/json")
        .body(Body::from(body))?;
    Runtime::new()?.block_on(async {
        let credentials =
            Credentials::new().with_key(&Secret::new("seam_test"), Arc::new(store.clone()));
        let response = router(credentials).oneshot(request).await?;

        assert_eq!(response.status(), 200);
        assert!(store.read(|state| state.is_member(ada, gym)));
        Ok(())
    })
}

/// The README shows parts of these tests, word for word.
#[test]
fn the_guide_shows_this_code() {
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let here = words(include_str!("doubles.rs"));
    let guide = include_str!("../../crates/in-memory/README.md");
    let shown = guide.split("```rs\n").skip(1);
    let shown: Vec<_> = shown.filter_map(|rest| rest.split("```").next()).collect();
    assert!(shown.len() >= 3, "{shown:?}");
    for passage in shown.iter().flat_map(|block| block.split("\n\n")) {
        assert!(here.contains(&words(passage)), "{passage}");
    }
}

const ADA: AcsUserId = AcsUserId::from_u128(1);
const GYM: AccessGroupId = AccessGroupId::from_u128(2);
const GONE: AccessGroupId = AccessGroupId::from_u128(3);
