//! One test, written three ways: what `crates/in-memory/README.md` shows, compiled and run.

use std::error::Error as StdError;

use access_groups_core::{
    AccessGroupId, AcsUserId, BlockingAccessGroupPort, Error, ErrorKind,
    MockBlockingAccessGroupPort, Ports, UserRef,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_protocol::Secret;
use access_groups_server::{
    Credentials,
    axum::{body::Body, http::Request},
    router,
};
use mockall::predicate::eq;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Moves somebody in, and says in how many of the groups they are now. A group that is gone
/// is none of theirs.
fn move_in(
    port: &dyn BlockingAccessGroupPort,
    user: UserRef,
    groups: &[AccessGroupId],
) -> Result<usize, Error> {
    let mut joined = 0;
    for group in groups {
        match port.add_user(user, *group) {
            Ok(()) => joined += 1,
            Err(error) if is_gone(&error, *group) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(joined)
}

fn is_gone(error: &Error, group: AccessGroupId) -> bool {
    error.kind() == ErrorKind::NotFound && error.subject() == Some(group.into())
}

#[test]
fn in_memory() -> Result<(), Box<dyn StdError>> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let port = site.build_blocking();

    assert_eq!(move_in(&port, ada.into(), &[gym, GONE])?, 1);
    assert!(port.read(|state| state.is_member(ada, gym)));
    Ok(())
}

#[test]
fn with_a_mock() -> Result<(), Box<dyn StdError>> {
    let mut port = MockBlockingAccessGroupPort::new();
    port.expect_add_user()
        .with(eq(UserRef::from(ADA)), eq(GYM))
        .once()
        .returning(|_, _| Ok(()));
    port.expect_add_user()
        .with(eq(UserRef::from(ADA)), eq(GONE))
        .once()
        .returning(|_, group| Err(Error::unknown(group)));

    assert_eq!(move_in(&port, ADA.into(), &[GYM, GONE])?, 1);
    Ok(())
}

#[test]
fn a_mock_can_be_in_doubt_as_memory_cannot() {
    let mut port = MockBlockingAccessGroupPort::new();
    port.expect_add_user()
        .once()
        .returning(|_, _| Err(Error::unavailable("the line went dead").with_ambiguity(true)));

    let error = move_in(&port, ADA.into(), &[GYM, GONE]).expect_err("it does not go on");
    assert!(error.is_ambiguous());
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
        let keys = Credentials::new().with_key(&Secret::new("seam_test"), Ports::of(store.clone()));
        let response = router(keys).oneshot(request).await?;

        assert_eq!(response.status(), 200);
        assert!(store.read(|state| state.is_member(ada, gym)));
        Ok(())
    })
}

/// The README shows the bodies of these tests, word for word.
#[test]
fn the_guide_shows_the_code_that_runs_here() {
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let here = words(include_str!("doubles.rs"));
    let guide = include_str!("../../crates/in-memory/README.md");
    let shown = guide.split("```rs\n").skip(1);
    let shown: Vec<_> = shown.filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(shown.len(), 3);
    for passage in shown.iter().flat_map(|block| block.split("\n\n")) {
        assert!(here.contains(&words(passage)), "{passage}");
    }
}

const ADA: AcsUserId = AcsUserId::from_u128(1);
const GYM: AccessGroupId = AccessGroupId::from_u128(2);
const GONE: AccessGroupId = AccessGroupId::from_u128(3);
