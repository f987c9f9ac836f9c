//! The six jobs, without a service.

use access_groups::{MockAccessGroupPort, memory::SiteBuilder, prelude::*, testing};
use access_groups_example_jobs::{
    add_people::add_people,
    decide::{Decision, decide},
    everybody::everybody,
    move_service::Moves,
    wait::add_and_wait,
    who_may_open::who_may_open,
};

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

#[tokio::test]
async fn fifty_people_are_added_and_two_fail() {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let system = site.system();
    let port = site.build();
    let people: Vec<_> = (0..52)
        .map(|n| address(&format!("p{n}@example.com")))
        .collect();
    for (n, person) in people.iter().enumerate().take(50) {
        let name = format!("Person {n}").parse().expect("a name");
        let user = NewAcsUser::new(system, name).with_email_address(person.clone());
        port.create_acs_user(user).await.expect("created");
    }

    let failures = add_people(&port, &people, "Gym").await.expect("a group");

    assert_eq!(port.users_in_group(gym).await.expect("listed").len(), 50);
    let failed: Vec<_> = failures
        .iter()
        .map(|(person, error)| (person, error.kind()))
        .collect();
    let not_found = ErrorKind::NotFound;
    assert_eq!(failed, [(&people[50], not_found), (&people[51], not_found)]);
    let error = add_people(&port, &people, "Pool")
        .await
        .expect_err("no such group");
    assert_eq!(error.kind(), not_found);
}

#[tokio::test]
async fn only_members_who_may_open_are_named() {
    let mut site = SiteBuilder::new();
    let (ada, grace, gym) = (site.user("Ada"), site.user("Grace"), site.group("Gym"));
    let door = site.entrance("Front Door");
    site.opens(gym, [door]);
    let port = site.build();
    for user in [ada, grace] {
        port.add_user(user, gym).await.expect("added");
    }
    port.suspend_acs_user(grace).await.expect("suspended");
    let names = who_may_open(&port, gym, door, access_groups::now()).await;
    assert_eq!(names.expect("names"), ["Ada"]);
}

#[tokio::test]
async fn the_service_moves_a_user_in_memory() {
    let mut site = SiteBuilder::new();
    let (ada, gym, pool) = (site.user("Ada"), site.group("Gym"), site.group("Pool"));
    let port = site.build();
    port.add_user(ada, gym).await.expect("added");
    Moves(&port).relocate(ada, gym, pool).await.expect("moved");
    assert!(port.users_in_group(gym).await.expect("listed").is_empty());
    assert_eq!(port.users_in_group(pool).await.expect("listed").len(), 1);
}

const ADA: AcsUserId = AcsUserId::from_u128(1);
const GYM: AccessGroupId = AccessGroupId::from_u128(2);
const POOL: AccessGroupId = AccessGroupId::from_u128(3);

#[tokio::test]
async fn the_service_adds_before_it_removes() {
    let mut port = MockAccessGroupPort::new();
    let mut order = testing::mockall::Sequence::new();
    testing::expect(&mut port, AddUser::new(ADA, POOL))
        .in_sequence(&mut order)
        .returns(Ok(()));
    testing::expect(&mut port, RemoveUser::new(ADA, GYM))
        .in_sequence(&mut order)
        .returns(Ok(()));
    Moves(port).relocate(ADA, GYM, POOL).await.expect("moved");
}

#[tokio::test]
async fn a_fault_leaves_the_user_in_the_old_group() {
    let mut site = SiteBuilder::new();
    let (ada, gym, pool) = (site.user("Ada"), site.group("Gym"), site.group("Pool"));
    let store = site.build();
    store.add_user(ada, gym).await.expect("added");
    let mut port = MockAccessGroupPort::new();
    testing::expect(&mut port, AddUser::new(ada, pool))
        .times(1)
        .returns(Err(Error::unavailable("the service is unavailable")));
    testing::delegate(&mut port, store.blocking());
    let moves = Moves(port);
    moves.relocate(ada, gym, pool).await.expect_err("the fault");
    assert_eq!(store.users_in_group(gym).await.expect("listed").len(), 1);
    moves.relocate(ada, gym, pool).await.expect("moved");
    assert!(store.users_in_group(gym).await.expect("listed").is_empty());
}

#[tokio::test]
async fn all_users_are_listed_over_all_pages() {
    let mut site = SiteBuilder::new();
    let names: Vec<_> = (0..1203).map(|n| format!("Person {n}")).collect();
    for name in &names {
        site.user(name);
    }
    let mut listed = everybody(&site.build()).await.expect("listed");
    let mut expected = names;
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn a_failure_becomes_a_decision() {
    let check = |error: Error, expected| assert_eq!(decide(&error), expected, "{error}");
    check(Error::unknown(ADA), Decision::CorrectTheList);
    check(Error::unavailable("away"), Decision::Repeat);
    check(
        Error::unavailable("away").with_ambiguity(true),
        Decision::Verify,
    );
    check(Error::unauthenticated("no"), Decision::Escalate);
}

#[tokio::test]
async fn an_unreachable_service_fails_the_wait() {
    let client = Client::builder("seam_test_key")
        .endpoint("http://127.0.0.1:1")
        .retry_policy(
            access_groups::RetryPolicy::default().with_attempts(std::num::NonZeroU32::MIN),
        )
        .build()
        .expect("a client");
    let error = add_and_wait(&client, ADA, GYM)
        .await
        .expect_err("nobody there");
    assert_eq!(decide(&error), Decision::Repeat);
}

#[test]
fn each_job_is_short_and_has_one_use() {
    for (name, source) in [
        ("add_people", include_str!("../src/add_people.rs")),
        ("decide", include_str!("../src/decide.rs")),
        ("everybody", include_str!("../src/everybody.rs")),
        ("move_service", include_str!("../src/move_service.rs")),
        ("wait", include_str!("../src/wait.rs")),
        ("who_may_open", include_str!("../src/who_may_open.rs")),
    ] {
        let code = source.lines().map(str::trim);
        let code = code.filter(|line| !line.is_empty() && !line.starts_with("//"));
        let uses = code.clone().filter(|line| line.starts_with("use ")).count();
        assert!(code.count() <= 25 && uses == 1, "{name}");
    }
}
