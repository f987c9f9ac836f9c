//! A random sequence of operations gives the same answers through each HTTP adapter over a
//! real socket as directly on the model.

mod operations;

use std::{collections::BTreeSet, sync::LazyLock};

use access_groups_core::{Content, UserIdentity, prelude::*};
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::WITHOUT_WIRE;
use access_groups_tests::server::TestServer;
use operations::operations;
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use tokio::runtime::Runtime;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn http_async_answers_like_the_model(sequence in vec(operations(), 1..40)) {
        let (server, store) = start();
        let client = server.client(KEY);
        check(sequence, &store, |operation| {
            RUNTIME.block_on(client.call(operation, &Context::default()))
        })?;
    }

    #[test]
    fn http_blocking_answers_like_the_model(sequence in vec(operations(), 1..40)) {
        let (server, store) = start();
        let client = server.blocking_client(KEY);
        check(sequence, &store, |operation| client.call(operation, &Context::default()))?;
    }
}

#[test]
fn every_operation_is_generated() {
    let mut runner = TestRunner::deterministic();
    let sequence = vec(operations(), 2_000).new_tree(&mut runner);
    let names: BTreeSet<_> = sequence
        .expect("a sequence")
        .current()
        .iter()
        .map(Operation::name)
        .collect();
    let on_wire = Operation::NAMES.iter().copied();
    let on_wire = on_wire.filter(|name| !WITHOUT_WIRE.contains(name));
    assert_eq!(names, on_wire.collect());
}

/// Every answer of the adapter is the model's, and so is what is left in the store.
fn check(
    sequence: Vec<Operation>,
    store: &InMemory,
    adapter: impl Fn(Operation) -> Result<Reply, Error>,
) -> Result<(), TestCaseError> {
    let mut model = site();
    for operation in sequence {
        let expected = comparable(model.execute(operation.clone(), NOW));
        prop_assert_eq!(
            comparable(adapter(operation.clone())),
            expected,
            "{:?}",
            operation
        );
    }
    prop_assert!(
        store.snapshot() == model,
        "something else is left in the store"
    );
    Ok(())
}

/// An answer without what may differ: the request id, and the order of lists.
fn comparable(answer: Result<Reply, Error>) -> Result<Content, String> {
    let mut content = answer
        .map(|reply| reply.content().clone())
        .map_err(|error| {
            // Over HTTP, only a "not found" says which resource it is about.
            let subject = error
                .subject()
                .filter(|_| error.kind() == ErrorKind::NotFound);
            let seen = (error.kind(), error.code(), subject, error.fields());
            format!("{seen:?} {} {error}", error.is_ambiguous())
        })?;
    match &mut content {
        Content::AccessGroups(groups) => groups.sort_by_key(|group| group.acs_access_group_id),
        Content::AcsUsers(users) => users.sort_by_key(|user| user.acs_user_id),
        Content::Entrances(entrances) => entrances.sort_by_key(|entrance| entrance.acs_entrance_id),
        Content::AcsSystems(systems) => systems.sort_by_key(|system| system.acs_system_id),
        // One resource, or a page, which has an order.
        _ => {}
    }
    Ok(content)
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn start() -> (TestServer, InMemory) {
    let store = InMemory::new(site()).with_clock(|| NOW);
    (TestServer::over(KEY, store.clone()), store)
}

/// Users 1-4, groups 1-3, entrances 1-2; number 5 of each kind does not exist. Identity 1 is
/// linked to user 1, identity 2 has the e-mail address of user 2, identity 3 matches nobody,
/// and there is no identity 4.
fn site() -> State {
    let mut state = State::new();
    for system in [1, 2] {
        state
            .insert_system(AcsSystem::new(system_id(system), "system"))
            .expect("a new system");
    }
    for (user, system) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
        let mut person = AcsUser::new(user_id(user), system_id(system), format!("user {user}"));
        match user {
            1 => person = person.with_user_identity(identity_id(1)),
            2 => person = person.with_email_address("two@example.com"),
            _ => {}
        }
        state.insert_user(person).expect("a new user");
    }
    for identity in [1, 2, 3] {
        let mut person = UserIdentity::new(identity_id(identity), format!("identity {identity}"));
        if identity == 2 {
            person = person.with_email_address("two@example.com");
        }
        state.insert_identity(person).expect("a new identity");
    }
    for (group, system) in [(1, 1), (2, 1), (3, 2)] {
        let group = AccessGroup::new(group_id(group), system_id(system), format!("group {group}"));
        state.insert_group(group).expect("a new group");
    }
    for entrance in [1, 2] {
        let door = Entrance::new(
            entrance_id(entrance),
            system_id(1),
            format!("door {entrance}"),
        );
        state.insert_entrance(door).expect("a new entrance");
        state
            .insert_group_entrance(group_id(1), entrance_id(entrance))
            .expect("one system");
    }
    state
}

fn system_id(number: u128) -> AcsSystemId {
    AcsSystemId::from_u128(number)
}

fn user_id(number: u128) -> AcsUserId {
    AcsUserId::from_u128(number)
}

fn identity_id(number: u128) -> UserIdentityId {
    UserIdentityId::from_u128(number)
}

fn group_id(number: u128) -> AccessGroupId {
    AccessGroupId::from_u128(number)
}

fn entrance_id(number: u128) -> EntranceId {
    EntranceId::from_u128(number)
}

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000_000);
const KEY: &str = "seam_test_equivalence";
