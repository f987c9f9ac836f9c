//! What is refused, as what, and what it leaves behind.

use access_groups_core::{
    DeleteAccessGroup, ErrorKind, GetAccessGroup, GetAcsUser, GetEntrance, ListEntrancesOfGroup,
    ListUsersInGroup,
};

use crate::{
    Site,
    answer::Answer,
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

/// Two ports at the same time: what one holds, the other does not know.
pub(crate) fn another_workspace_s_ids_are_unknown(bench: &Bench<'_>) -> Checked {
    let (mut here, mut there) = (Site::default(), Site::elsewhere());
    let main = here.system("Main");
    let (ada, gym) = (here.user(main, "Ada"), here.group(main, "Gym"));
    let far = there.system("Far");
    let (eve, pool) = (there.user(far, "Eve"), there.group(far, "Pool"));
    let eve_anywhere = there.identity("Eve", None, None, &[eve]);
    let gate = there.entrance(far, "Gate");
    there.members(pool, &[eve]);
    let (case, neighbour) = (Case::open(bench, &here), Case::open(bench, &there));
    let before = neighbour.visible();

    for call in calls_on(pool, ada) {
        case.refused(call, ErrorKind::NotFound, pool)?;
    }
    for call in [
        add(eve, gym),
        remove(eve, gym),
        GetAcsUser { user: eve }.into(),
    ] {
        case.refused(call, ErrorKind::NotFound, eve)?;
    }
    for call in [add(eve_anywhere, gym), remove(eve_anywhere, gym)] {
        case.refused(call, ErrorKind::NotFound, eve_anywhere)?;
    }
    case.refused(GetEntrance { entrance: gate }, ErrorKind::NotFound, gate)?;
    for filter in [
        all().of_user(eve),
        all().of_identity(eve_anywhere),
        all().in_system(far),
    ] {
        case.must_answer(list(filter), &Answer::Groups(Vec::new()))?;
    }
    neighbour.must_show(&before)
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
    site.members(gym, &[ada]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    let refused = [
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
    for call in refused {
        // That it is refused, other laws say.
        drop(case.answer(Through::Port, call));
        case.must_show(&before)?;
    }
    Ok(())
}

pub(crate) fn what_an_adapter_cannot_do_is_unsupported(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let (user, group) = (
        site.users[1].acs_user_id,
        site.groups[0].acs_access_group_id,
    );
    let (identity, entrance) = (
        site.identities[0].user_identity_id,
        site.entrances[0].acs_entrance_id,
    );
    let case = Case::open(bench, &site);

    let before = case.visible();
    let every_call: [Operation; 13] = [
        add(user, group),
        add(identity, group),
        remove(user, group),
        remove(identity, group),
        GetAccessGroup { group }.into(),
        list(all()),
        list(all().of_user(user)),
        list(all().of_identity(identity)),
        ListUsersInGroup { group }.into(),
        ListEntrancesOfGroup { group }.into(),
        GetAcsUser { user }.into(),
        GetEntrance { entrance }.into(),
        DeleteAccessGroup { group }.into(),
    ];
    for call in every_call {
        if let Some(capability) = case.fixture().lacks(&call) {
            let answer = case.answer(Through::Port, call.clone());
            case.must_be_unsupported(capability, &call, &answer)?;
            case.must_show(&before)?;
        }
    }
    Ok(())
}
