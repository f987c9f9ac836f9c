//! What is refused, as what, and what it leaves behind.

use access_groups_core::{
    CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, ErrorKind, NewAcsUser, NewUserIdentity,
};

use crate::{
    Site,
    case::{Bench, Case, Checked, Through},
};

use super::*;

pub(crate) fn an_unknown_user_is_not_found(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let gym = site.groups[0].acs_access_group_id;
    let case = Case::open(bench, &site);

    for call in [add(NO_USER, gym), remove(NO_USER, gym)] {
        case.refused(call, ErrorKind::NotFound, NO_USER)?;
    }
    for call in [add(NO_IDENTITY, gym), remove(NO_IDENTITY, gym)] {
        case.refused(call, ErrorKind::NotFound, NO_IDENTITY)?;
    }
    Ok(())
}

pub(crate) fn an_unknown_group_is_not_found(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let (ada, identity) = (
        site.users[0].acs_user_id,
        site.identities[0].user_identity_id,
    );
    let case = Case::open(bench, &site);

    let by_identity = [add(identity, NO_GROUP), remove(identity, NO_GROUP)];
    for call in calls_on(NO_GROUP, ada).into_iter().chain(by_identity) {
        case.refused(call, ErrorKind::NotFound, NO_GROUP)?;
    }
    Ok(())
}

pub(crate) fn the_user_is_looked_at_before_the_group(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);

    for call in [add(NO_USER, NO_GROUP), remove(NO_USER, NO_GROUP)] {
        case.refused(call, ErrorKind::NotFound, NO_USER)?;
    }
    for call in [add(NO_IDENTITY, NO_GROUP), remove(NO_IDENTITY, NO_GROUP)] {
        case.refused(call, ErrorKind::NotFound, NO_IDENTITY)?;
    }
    Ok(())
}

/// `add` is refused, `remove` has nothing to do.
pub(crate) fn systems_do_not_mix(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (ada, grace) = (site.user(main, "Ada"), site.user(west, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    site.members(gym, &[ada]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.refused(add(ada, pool), ErrorKind::Invalid, ada)?;
    case.must_show(&before)?;
    case.remove(ada, pool)?;
    case.must_show(&before)
}

/// Refused calls of every kind, those that name one thing that exists among them.
pub(crate) fn a_refused_call_changes_nothing(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (ada, grace) = (site.user(main, "Ada"), site.user(west, "Grace"));
    site.user_with(main, "Eve", |it| it.with_email_address("eve@example.com"));
    let eve = site.identity("Eve", Some("eve@example.com"), None, &[]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let door = site.entrance(main, "Door");
    site.members(gym, &[ada]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    let on_groups = [
        add(ada, pool),
        add(NO_USER, gym),
        add(NO_IDENTITY, gym),
        add(ada, NO_GROUP),
        add(eve, NO_GROUP),
        remove(NO_USER, gym),
        remove(NO_IDENTITY, gym),
        remove(ada, NO_GROUP),
        remove(eve, NO_GROUP),
        DeleteAccessGroup { group: NO_GROUP }.into(),
    ];
    let on_doors = [
        grant(NO_USER, door),
        grant(NO_IDENTITY, door),
        grant(ada, NO_ENTRANCE),
        grant(eve, NO_ENTRANCE),
        grant(grace, door),
    ];
    let in_no_system = NewUserIdentity {
        email_address: Some(email("eva@example.com")),
        systems: vec![main, NO_SYSTEM],
        ..NewUserIdentity::default()
    };
    let new_ones: [Operation; 3] = [
        CreateAcsUser {
            user: NewAcsUser::new(NO_SYSTEM, name("Mary")),
        }
        .into(),
        CreateAcsUser {
            user: NewAcsUser::new(main, name("Mary")).in_group(pool),
        }
        .into(),
        CreateUserIdentity {
            identity: in_no_system,
        }
        .into(),
    ];
    let refused = on_groups
        .into_iter()
        .chain(on_doors.map(Operation::from))
        .chain(new_ones)
        .chain(calls_on_user(NO_USER))
        .chain(calls_on_user(AcsUserSelector::of(eve, main)))
        .chain(calls_on_identity(NO_IDENTITY, ada));
    for call in refused {
        // That it is refused, other laws say.
        drop(case.answer(Through::Port, call));
        case.must_show(&before)?;
    }
    Ok(())
}
