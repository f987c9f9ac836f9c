//! Who is in which group, what is refused, and deleted groups.

use access_groups_core::{
    CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, ErrorKind, NewAcsUser, NewUserIdentity,
};

use super::*;
use crate::{
    Site,
    case::{Bench, Case, Checked, Through},
};

/// In the listing of the group and in that of the user; for a user without groups and for a
/// member of another one.
pub(crate) fn adding_makes_a_member(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    case.must_have(gym, &[ada])?;
    case.add(grace, gym)?;
    case.must_have(gym, &[ada, grace])?;
    case.must_have(pool, &[grace])?;
    for (user, groups) in [(ada, &[gym][..]), (grace, &[gym, pool])] {
        let listed = case.groups(all().of_user(user))?;
        case.must_equal("the groups of the user", &listed, groups)?;
    }
    Ok(())
}

pub(crate) fn adding_twice_is_adding_once(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let gym = site.group(main, "Gym");
    site.members(gym, &[grace]);
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    case.add(ada, gym)?;
    // A member of the site may be stored in another way than one who was added.
    case.add(grace, gym)?;
    case.must_have(gym, &[ada, grace])?;
    // One removal ends what two calls began: membership is no counter.
    case.remove(ada, gym)?;
    case.must_have(gym, &[grace])?;
    case.remove(grace, gym)?;
    case.must_have(gym, &[])
}

pub(crate) fn removing_ends_membership_of_that_group_only(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(gym, &[ada, grace]);
    site.members(pool, &[ada, grace]);
    let case = Case::open(bench, &site);

    case.remove(ada, gym)?;
    case.must_have(gym, &[grace])?;
    case.must_have(pool, &[ada, grace])
}

pub(crate) fn removing_a_non_member_succeeds_and_changes_nothing(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(gym, &[grace]);
    site.members(pool, &[ada]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.remove(ada, gym)?;
    case.must_show(&before)
}

pub(crate) fn suspension_does_not_touch_membership(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let suspended =
        |name, site: &mut Site| site.user_with(main, name, |user| user.with_suspended(true));
    let (ada, grace) = (suspended("Ada", &mut site), suspended("Grace", &mut site));
    let edsger = site.user(main, "Edsger");
    let gym = site.group(main, "Gym");
    site.members(gym, &[grace]);
    let case = Case::open(bench, &site);

    case.must_have(gym, &[grace])?;
    case.add(ada, gym)?;
    case.must_have(gym, &[ada, grace])?;
    case.remove(grace, gym)?;
    case.must_have(gym, &[ada])?;
    case.add(edsger, gym)?;
    if case.look(SuspendAcsUser::new(edsger))?.is_some() {
        case.must_have(gym, &[ada, edsger])?;
    }
    if case.look(UnsuspendAcsUser::new(ada))?.is_some() {
        case.must_have(gym, &[ada, edsger])?;
    }
    Ok(())
}

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

/// Adding is refused, removing has nothing to do.
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

/// Refused calls of every kind, also such as name a resource that exists.
pub(crate) fn a_refused_call_changes_nothing(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (ada, grace) = (site.user(main, "Ada"), site.user(west, "Grace"));
    // A call that names this identity would link this user, if it were not refused.
    site.user_with(main, "Eve", |user| {
        user.with_email_address("eve@example.com")
    });
    let eve = site.identity("Eve", Some("eve@example.com"), None, &[]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let door = site.entrance(main, "Door");
    site.members(gym, &[ada]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    // The system that exists comes first, so a careless adapter creates a user there.
    let bad_system = NewUserIdentity {
        email_address: Some(email("eva@example.com")),
        systems: vec![main, NO_SYSTEM],
        ..NewUserIdentity::default()
    };
    let refused: [Vec<Operation>; 7] = [
        vec![
            add(ada, pool),
            add(NO_USER, gym),
            add(NO_IDENTITY, gym),
            add(ada, NO_GROUP),
            add(eve, NO_GROUP),
        ],
        vec![
            remove(NO_USER, gym),
            remove(NO_IDENTITY, gym),
            remove(ada, NO_GROUP),
            remove(eve, NO_GROUP),
            DeleteAccessGroup::new(NO_GROUP).into(),
        ],
        vec![
            GrantAccess::new(NO_USER, door).into(),
            GrantAccess::new(NO_IDENTITY, door).into(),
            GrantAccess::new(ada, NO_ENTRANCE).into(),
            GrantAccess::new(eve, NO_ENTRANCE).into(),
            GrantAccess::new(grace, door).into(),
        ],
        vec![
            CreateAcsUser::new(NewAcsUser::new(NO_SYSTEM, name("Mary"))).into(),
            CreateAcsUser::new(NewAcsUser::new(main, name("Mary")).in_group(pool)).into(),
            CreateUserIdentity::new(bad_system).into(),
        ],
        calls_on_user(NO_USER).into(),
        calls_on_user(AcsUserSelector::of(eve, main)).into(),
        calls_on_identity(NO_IDENTITY, ada).into(),
    ];
    // One look after several calls is enough: none would undo what another did wrong.
    for calls in refused {
        for call in calls {
            // Other laws check that it is refused.
            drop(case.answer(Through::Port, call));
        }
        case.must_show(&before)?;
    }
    Ok(())
}

/// Its users stay in their other groups, and everything else stays.
pub(crate) fn deleting_a_group_ends_its_memberships(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let anywhere = site.identity("Ada", None, None, &[ada]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let front = site.entrance(main, "Front");
    site.members(gym, &[ada, grace]);
    site.members(pool, &[grace]);
    site.holds(gym, &[front]);
    site.holds(pool, &[front]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.call(DeleteAccessGroup::new(gym))?;
    let groups_of = |filter, expected: &[AccessGroupId]| {
        let listed = case.groups(filter)?;
        case.must_equal("the groups that are left", &listed, expected)
    };
    groups_of(all().of_user(ada), &[])?;
    groups_of(all().of_user(grace), &[pool])?;
    // Only the group, lists of groups and lists of entrances of users may change.
    let kept = before.into_iter().filter(|(question, _)| {
        let about_gym = calls_on(gym, ada).contains(question);
        let lists_groups = matches!(question, Operation::ListAccessGroups(_));
        !about_gym && !lists_groups && !is_about_entrances_of(question)
    });
    case.must_show(&kept.collect::<Vec<_>>())?;
    groups_of(all().of_identity(anywhere), &[])
}

pub(crate) fn a_deleted_group_is_unknown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let ada = site.user(main, "Ada");
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let case = Case::open(bench, &site);

    case.call(DeleteAccessGroup::new(gym))?;
    for call in calls_on(gym, ada) {
        case.refused(call, ErrorKind::NotFound, gym)?;
    }
    for filter in [all(), all().in_system(main)] {
        let listed = case.groups(filter)?;
        case.must_equal("the groups that are left", &listed, &[pool])?;
    }
    Ok(())
}
