//! Meetings by hand: the plainest one, and those that once went wrong or that random cases rarely find.

use std::rc::Rc;

use access_groups_core::*;
use access_groups_in_memory::{SiteBuilder, State};
use access_groups_sql::Lock;

use crate::{
    database::{Duty, Store},
    interleave::Tally,
    law::check,
    transaction::{Call, Place, Weak},
};

/// What the interleavings have in common; the store locks as the crate says, or one lock more weakly.
fn meeting<const N: usize>(
    site: &State,
    store: Store,
    operations: [Operation; N],
    weak: Option<Weak>,
) -> Result<Tally, String> {
    let mut nonce = 0;
    let calls = operations.map(|operation| {
        nonce += 1;
        Rc::new(Call {
            operation,
            nonce,
            now: Timestamp::UNIX_EPOCH,
        })
    });
    check(site, store, &calls, weak)
}

fn holds<const N: usize>(site: &State, operations: [Operation; N]) -> Tally {
    let tally = meeting(site, PLAIN, operations, None);
    tally.unwrap_or_else(|why| panic!("{why}"))
}

/// The law breaks if the operation does not lock this.
fn needs(site: &State, operations: [Operation; 2], of: Place) {
    holds(site, operations.clone());
    let instead = Lock::None;
    let broken = meeting(site, PLAIN, operations, Some(Weak { of, instead }));
    assert!(broken.is_err(), "not needed: {of:?}");
}

fn place(operation: &'static str, want: &'static str, lock: Lock) -> Place {
    Place {
        operation,
        want,
        lock,
    }
}

const PLAIN: Store = Store {
    systems_are_keys: false,
    cascades_backwards: false,
    lacks: None,
};

#[test]
fn joining_meets_the_deletion_of_the_group() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let deletion = || DeleteAccessGroup::new(gym).into();
    let adds = [AddUser::new(ada, gym).into(), deletion()];
    let tally = holds(&site.build_state(), adds);
    assert!(tally.interleavings > 10.0, "{tally:?}");
    assert_eq!(tally.repeated, 0.0);

    site.members(gym, [ada]);
    let tally = holds(
        &site.build_state(),
        [RemoveUser::new(ada, gym).into(), deletion()],
    );
    assert_eq!(tally.repeated, 0.0);
}

#[test]
fn revoking_meets_the_deletion_of_the_person() {
    let mut site = SiteBuilder::new();
    let (ada, gym, door) = (site.user("Ada"), site.group("Gym"), site.entrance("Door"));
    let identity = site.identity("Ada", [ada]);
    let system = site.system();
    site.members(gym, [ada]).grant(ada, [door]);
    let site = site.build_state();
    let selector = AcsUserSelector::of(identity, system);
    let by_identity = || RevokeAccessToAllEntrances::new(selector).into();
    let deletion = || DeleteUserIdentity::new(identity).into();
    let name = "revoke_access_to_all_entrances";
    let refers = place(name, "identity", Lock::Refer);
    needs(&site, [by_identity(), deletion()], refers);

    let by_id = RevokeAccessToAllEntrances::new(ada).into();
    let backwards = Store {
        cascades_backwards: true,
        ..PLAIN
    };
    let operations = [by_id, DeleteAcsUser::new(ada).into()];
    let deadlocks = |weak| {
        let tally = meeting(&site, backwards, operations.clone(), weak);
        tally.expect("the law holds").deadlocked
    };
    assert_eq!(deadlocks(None), 0.0);
    // Pair by pair, one from each end.
    let (of, instead) = (place(name, "user", Lock::Remove), Lock::None);
    assert!(deadlocks(Some(Weak { of, instead })) > 0.0);
}

#[test]
fn revoking_sees_everything_given_before() {
    let mut site = SiteBuilder::new();
    let (ada, gym, door) = (site.user("Ada"), site.group("Gym"), site.entrance("Door"));
    let site = site.build_state();
    let operations: [Operation; 3] = [
        RevokeAccessToAllEntrances::new(ada).into(),
        AddUser::new(ada, gym).into(),
        GrantAccess::new(ada, door).into(),
    ];
    let tally = holds(&site, operations.clone());
    assert_eq!(tally.untimely, 0.0);
    // It would take the later of the two, and leave the earlier one.
    let of = place("revoke_access_to_all_entrances", "user", Lock::Remove);
    let instead = Lock::Change;
    let tally = meeting(&site, PLAIN, operations, Some(Weak { of, instead }));
    assert!(tally.expect("some order is kept").untimely > 0.0);
}

#[test]
fn linking_meets_the_new_holder_of_the_key() {
    let mut site = SiteBuilder::new();
    let (ada, system) = (site.user("Ada"), site.system());
    let email = "ada@example.com";
    site.edit_user(ada, |user| user.with_email_address(email));
    let bob = site.user("Bob");
    let site = site.build_state();
    let key = || "k".parse::<UserIdentityKey>().expect("a key");
    let link = |user, key: UserIdentityKey| LinkAcsUser::new(user, key).into();
    let creation = |key, email: Option<&str>| {
        let email = email.map(|text| text.parse().expect("an address"));
        CreateUserIdentity::new(NewUserIdentity {
            key,
            email_address: email,
            systems: vec![system],
            ..NewUserIdentity::default()
        })
        .into()
    };
    holds(&site, [link(ada, key()), creation(Some(key()), None)]);
    holds(&site, [link(ada, key()), creation(None, Some(email))]);
    holds(
        &site,
        [link(ada, key()), link(ada, "l".parse().expect("a key"))],
    );
    let claim = place("link_acs_user", "holders", Lock::Remove);
    needs(&site, [link(ada, key()), link(bob, key())], claim);
    // The address that counts is the one that the user has in the end.
    let update = AcsUserUpdate {
        email_address: Some("bob@example.com".parse().expect("an address")),
        ..AcsUserUpdate::default()
    };
    let update = UpdateAcsUser::new(ada, update).into();
    let other = creation(None, Some("bob@example.com"));
    let tally = holds(&site, [link(ada, key()), update, other]);
    // Its claim comes after the lock on the user, whom the new identity gets.
    assert!(tally.deadlocked > 0.0);
}

#[test]
fn an_identity_is_one_person() {
    let mut site = SiteBuilder::new();
    let (gym, ada, bob) = (site.group("Gym"), site.user("Ada"), site.user("Bob"));
    let (system, linked) = (site.system(), site.identity("Bob", [bob]));
    // As a site file may: it lists her, and she is not linked. Then a link leaves the identity as it is,
    // so that no guard of its row stands in for the lock.
    let identity = site.identity("Ada", [ada]);
    site.edit_user(ada, |mut user| {
        user.user_identity_id = None;
        user
    });
    let site = site.build_state();
    let join = || AddUser::new(identity, gym).into();
    let link = || LinkAcsUser::new(ada, identity).into();
    let deletion = |identity| DeleteUserIdentity::new(identity).into();
    let identity_of = |operation, lock| place(operation, "identity", lock);
    needs(
        &site,
        [join(), link()],
        identity_of("add_user", Lock::Change),
    );
    let removes = identity_of("delete_user_identity", Lock::Remove);
    needs(&site, [link(), deletion(identity)], removes);
    let suspension = SuspendAcsUser::new(AcsUserSelector::of(linked, system)).into();
    let refers = identity_of("suspend_acs_user", Lock::Refer);
    needs(&site, [suspension, deletion(linked)], refers);
}

#[test]
fn an_address_has_one_holder() {
    let mut site = SiteBuilder::new();
    let (one, other) = (site.identity("Ada", []), site.identity("Bob", []));
    let site = site.build_state();
    let address = || {
        "ada@example.com"
            .parse::<EmailAddress>()
            .expect("an address")
    };
    let update = |identity| {
        let email_address = Patch::Set(address());
        let rest = UserIdentityUpdate::default();
        let update = UserIdentityUpdate {
            email_address,
            ..rest
        };
        UpdateUserIdentity::new(identity, update).into()
    };
    let creation = CreateUserIdentity::new(NewUserIdentity {
        email_address: Some(address()),
        ..NewUserIdentity::default()
    });
    let claims = |operation| place(operation, "holders", Lock::Remove);
    needs(
        &site,
        [update(one), update(other)],
        claims("update_user_identity"),
    );
    needs(
        &site,
        [update(one), creation.into()],
        claims("create_user_identity"),
    );
}

#[test]
fn nothing_new_is_in_a_deleted_system() {
    let mut site = SiteBuilder::new();
    let empty = site.new_system("Empty");
    let site = site.build_state();
    let name = || "New".parse().expect("a name");
    let mut identity = NewUserIdentity::named("New".parse().expect("a name"));
    identity.systems = vec![empty];
    let person = "New".parse().expect("a name");
    let creations: [Operation; 4] = [
        CreateAcsUser::new(NewAcsUser::new(empty, person)).into(),
        CreateAccessGroup::new(NewAccessGroup::new(empty, name())).into(),
        CreateEntrance::new(NewEntrance::new(empty, name())).into(),
        CreateUserIdentity::new(identity).into(),
    ];
    for creation in creations {
        let refers = place(creation.name(), "systems", Lock::Refer);
        let deletion = || DeleteAcsSystem::new(empty).into();
        needs(&site, [creation.clone(), deletion()], refers);
        let removes = place("delete_acs_system", "systems", Lock::Remove);
        needs(&site, [creation, deletion()], removes);
    }
}

#[test]
fn a_deadlock_of_cascades_ends() {
    // Only a site file gives one identity two users of a system: then a group has pairs with both.
    let mut site = SiteBuilder::new();
    let (ada, other, gym) = (site.user("Ada"), site.user("Ada"), site.group("Gym"));
    let identity = site.identity("Ada", [ada, other]);
    site.members(gym, [ada, other]);
    let backwards = Store {
        cascades_backwards: true,
        ..PLAIN
    };
    let operations = [
        DeleteUserIdentity::new(identity).into(),
        DeleteAccessGroup::new(gym).into(),
    ];
    let tally = meeting(&site.build_state(), backwards, operations, None).expect("the law holds");
    assert!(tally.deadlocked > 0.0 && tally.most <= 2, "{tally:?}");
}

#[test]
fn guards_stop_what_no_lock_does() {
    let mut site = SiteBuilder::new();
    let ada = site.user("Ada");
    let identity = site.identity("Ada", []);
    let site = site.build_state();
    // The deletion does not know the identity that it had to lock.
    let operations: [Operation; 2] = [
        DeleteAcsUser::new(ada).into(),
        LinkAcsUser::new(ada, identity).into(),
    ];
    assert!(holds(&site, operations.clone()).repeated > 0.0);
    let careless = Store {
        lacks: Some(Duty::Guards),
        ..PLAIN
    };
    meeting(&site, careless, operations, None).expect_err("an identity lists nobody");
}

#[test]
fn a_lock_or_a_foreign_key_keeps_pairs_whole() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let site = site.build_state();
    let (of, instead) = (place("add_user", "groups", Lock::Refer), Lock::None);
    let check = |lacks, weak| {
        let store = Store { lacks, ..PLAIN };
        let deletion = DeleteAccessGroup::new(gym).into();
        let tally = meeting(
            &site,
            store,
            [AddUser::new(ada, gym).into(), deletion],
            weak,
        );
        tally.map(|tally| tally.repeated > 0.0)
    };
    let (no_lock, no_key) = (Some(Weak { of, instead }), Some(Duty::Keys));
    assert_eq!(check(no_key, None), Ok(false));
    assert_eq!(check(None, no_lock), Ok(true));
    check(no_key, no_lock).expect_err("a member of no group");
}
