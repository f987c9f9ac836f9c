//! How many statements each change takes, and what pages cost.

use std::{cell::RefCell, collections::BTreeSet, num::NonZeroU32};

use access_groups_core::*;
use access_groups_in_memory::{Slice, State};

use crate::{
    OpenOptions,
    change::{self, Origin},
    connection::{self, Source},
    read,
    session::Session,
    site, workspaces,
};

const OWN: WorkspaceId = WorkspaceId::from_u128(1);
const MAIN: AcsSystemId = AcsSystemId::from_u128(1);
const EMPTY: AcsSystemId = AcsSystemId::from_u128(2);
const ADA: AcsUserId = AcsUserId::from_u128(3); // of no identity, with everything
const GRACE: AcsUserId = AcsUserId::from_u128(4); // of an identity
const KNOWN: UserIdentityId = UserIdentityId::from_u128(5); // Grace's
const NEW: UserIdentityId = UserIdentityId::from_u128(6); // of nobody
const GYM: AccessGroupId = AccessGroupId::from_u128(7);
const POOL: AccessGroupId = AccessGroupId::from_u128(8);
const DOOR: EntranceId = EntranceId::from_u128(9);
const GATE: EntranceId = EntranceId::from_u128(10);

fn lab() -> Slice {
    let email = "new@example.com";
    Slice {
        systems: vec![AcsSystem::new(MAIN, "Main"), AcsSystem::new(EMPTY, "Empty")],
        identities: vec![
            UserIdentity::new(KNOWN, "Grace"),
            UserIdentity::new(NEW, "New").with_email_address(email),
        ],
        users: vec![
            AcsUser::new(ADA, MAIN, "Ada"),
            AcsUser::new(GRACE, MAIN, "Grace").with_user_identity(KNOWN),
        ],
        groups: vec![
            AccessGroup::new(GYM, MAIN, "Gym"),
            AccessGroup::new(POOL, MAIN, "Pool"),
        ],
        entrances: vec![
            Entrance::new(DOOR, MAIN, "Door"),
            Entrance::new(GATE, MAIN, "Gate"),
        ],
        memberships: vec![(ADA, GYM)],
        grants: vec![(ADA, DOOR)],
        group_entrances: vec![(GYM, DOOR)],
        ..Slice::default()
    }
}

fn with_site(slice: Slice, check: impl FnOnce(&Session<'_>)) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let options = OpenOptions::new().without_fsync();
    let connection = connection::writer(&Source { path, options }).expect("opened");
    let session = Session::new(&connection);
    let workspace = Workspace::new(OWN, "Lab");
    assert!(workspaces::create(&session, &workspace).expect("created"));
    let mut state = State::from_slice(slice, 0);
    site::import(session.scope(OWN), &mut state, &Origin::nobody()).expect("imported");
    check(&session);
}

/// Carries the change out, and counts its statements that read and those that write. Beyond these are those
/// of the transaction.
fn check(session: &Session<'_>, operation: Operation, expected: (i32, i32)) {
    let origin = Origin {
        nonce: 7,
        now: Timestamp::UNIX_EPOCH,
        actor: None,
        request_id: None,
    };
    session.control("BEGIN").expect("begun");
    session.take_costs();
    let outcome = change::carry_out(session.scope(OWN), &operation, &origin);
    let costs = session.take_costs();
    session.control("ROLLBACK").expect("ended");
    let name = operation.name();
    outcome.unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    let count = |is_meant: fn(&str) -> bool| {
        let meant = costs.iter().filter(|(text, ..)| is_meant(text));
        meant.map(|(_, runs, _)| runs).sum::<i32>()
    };
    let reads = count(|text| text.starts_with("SELECT"));
    let writes = count(|_| true) - reads;
    assert_eq!((reads, writes), expected, "{name}: {costs:#?}");
}

#[test]
fn changes_take_few_statements() {
    let name = || "Ada Lovelace".parse().expect("a name");
    let called = || "East".parse().expect("a name");
    with_site(lab(), |session| {
        let checked = RefCell::new(BTreeSet::new());
        let check = |operation: Operation, expected| {
            checked.borrow_mut().insert(operation.name());
            check(session, operation, expected);
        };
        // The user, the group and the pair. Written are the pair and its line in the history.
        check(AddUser::new(ADA, POOL).into(), (3, 2));
        check(AddUser::new(ADA, GYM).into(), (3, 0)); // nothing changes
        check(RemoveUser::new(ADA, GYM).into(), (3, 2));
        check(AddUser::new(KNOWN, POOL).into(), (4, 2));
        check(AddUser::new(NEW, POOL).into(), (6, 9)); // gets a user
        check(RemoveUser::new(KNOWN, GYM).into(), (4, 0));
        check(GrantAccess::new(ADA, GATE).into(), (3, 2));
        check(RevokeAccess::new(ADA, DOOR).into(), (3, 2));
        check(RevokeAccessToAllEntrances::new(ADA).into(), (3, 4));
        // What ends with it is read, and each pair has a line.
        check(DeleteAccessGroup::new(GYM).into(), (3, 6));
        check(
            CreateAcsUser::new(NewAcsUser::new(MAIN, name())).into(),
            (1, 5),
        );
        let renamed = AcsUserUpdate {
            full_name: Some(name()),
            ..AcsUserUpdate::default()
        };
        check(UpdateAcsUser::new(ADA, renamed).into(), (1, 4));
        check(SuspendAcsUser::new(ADA).into(), (1, 2));
        check(UnsuspendAcsUser::new(ADA).into(), (1, 2));
        check(DeleteAcsUser::new(ADA).into(), (3, 7));
        let identity = NewUserIdentity::named(name());
        check(CreateUserIdentity::new(identity).into(), (1, 5));
        let renamed = UserIdentityUpdate {
            full_name: Patch::Set(name()),
            ..UserIdentityUpdate::default()
        };
        check(UpdateUserIdentity::new(KNOWN, renamed).into(), (3, 8));
        check(DeleteUserIdentity::new(KNOWN).into(), (4, 8));
        check(LinkAcsUser::new(ADA, NEW).into(), (4, 6));
        check(UnlinkAcsUser::new(GRACE, KNOWN).into(), (2, 4));
        check(
            CreateAccessGroup::new(NewAccessGroup::new(MAIN, called())).into(),
            (1, 2),
        );
        let wider = AccessGroupUpdate {
            add_entrances: vec![GATE],
            ..AccessGroupUpdate::default()
        };
        check(UpdateAccessGroup::new(GYM, wider).into(), (3, 2));
        check(
            CreateAcsSystem::new(NewAcsSystem::new(called())).into(),
            (1, 2),
        );
        let update = AcsSystemUpdate {
            name: Some(called()),
            ..AcsSystemUpdate::default()
        };
        check(UpdateAcsSystem::new(MAIN, update).into(), (1, 2));
        check(DeleteAcsSystem::new(EMPTY).into(), (4, 2));
        check(
            CreateEntrance::new(NewEntrance::new(MAIN, called())).into(),
            (1, 2),
        );
        let update = EntranceUpdate {
            name: Some(called()),
        };
        check(UpdateEntrance::new(DOOR, update).into(), (1, 2));
        check(DeleteEntrance::new(DOOR).into(), (3, 6));
        assert_eq!(checked.borrow().len(), 24, "all that change something");
    });
}

/// 3,000 people, one a second, each with an identity, and as many entrances.
fn crowd() -> Slice {
    let mut slice = Slice {
        systems: vec![AcsSystem::new(MAIN, "Main")],
        ..Slice::default()
    };
    for number in 0..3_000 {
        let at = Timestamp::from_unix_seconds(number);
        let id = u128::from(number) << 64;
        let identity = UserIdentityId::from_u128(id);
        let user = AcsUser::new(AcsUserId::from_u128(id), MAIN, "Ada");
        slice
            .identities
            .push(UserIdentity::new(identity, "Ada").with_created_at(at));
        slice
            .users
            .push(user.with_user_identity(identity).with_created_at(at));
        let door = Entrance::new(EntranceId::from_u128(id), MAIN, "Door");
        slice.entrances.push(door.with_created_at(at));
    }
    slice
}

/// The steps of the second page, the first one with a cursor, and of the 1,000th, with two rows each.
fn pages<T>(
    session: &Session<'_>,
    list: impl Fn(PageRequest) -> Operation,
    page: fn(Reply) -> Result<Page<T>, Error>,
) -> (i32, i32) {
    let mut request = PageRequest::first();
    request.limit = NonZeroU32::new(2);
    let mut costs = Vec::new();
    for _ in 0..1_000 {
        session.take_costs();
        let reply = read::answer(session.scope(OWN), &list(request.clone()));
        let reply = reply.expect("read").expect("no change");
        let rows = page(reply).expect("a page");
        assert_eq!(rows.items.len(), 2);
        let taken = session.take_costs();
        costs.push(taken.iter().map(|(_, _, steps)| steps).sum());
        request = request.after(rows.next.expect("one more"));
    }
    (costs[1], costs[999])
}

#[test]
fn a_late_page_costs_no_more() {
    with_site(crowd(), |session| {
        let check = |what: &str, (second, last): (i32, i32)| {
            assert!(second > 0 && last <= second, "{what}: {second}, {last}");
        };
        let of = |filter: AcsUserFilter| {
            let list = move |page| ListAcsUsers::new(filter.clone(), page).into();
            pages(session, list, ListAcsUsers::reply)
        };
        check("users", of(AcsUserFilter::new()));
        check("of a system", of(AcsUserFilter::new().in_system(MAIN)));
        let search = || "ada".parse().expect("a search");
        // A search reads a block of 1,024 numbers before it knows that no older row follows.
        let (second, last) = of(AcsUserFilter::new().matching(search()));
        assert!(last <= second * 3 / 2, "found: {second}, {last}");
        let list = |page| ListUserIdentities::new(UserIdentityFilter::new(), page).into();
        check(
            "identities",
            pages(session, list, ListUserIdentities::reply),
        );
        let list = |page| ListEntrances::new(EntranceFilter::new(), page).into();
        check("entrances", pages(session, list, ListEntrances::reply));
    });
}
