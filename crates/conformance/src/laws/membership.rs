//! Who is in which group.

use crate::{
    Site,
    case::{Bench, Case, Checked},
};

use super::*;

/// In the group's listing and in the user's, for somebody new to groups and for a member of
/// another one.
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
    case.add(grace, gym)?;
    case.must_have(gym, &[ada, grace])?;
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
        |name, site: &mut Site| site.user_with(main, name, |it| it.with_suspended(true));
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
    let user = edsger.into();
    if case.look(SuspendAcsUser { user })?.is_some() {
        case.must_have(gym, &[ada, edsger])?;
    }
    let user = ada.into();
    if case.look(UnsuspendAcsUser { user })?.is_some() {
        case.must_have(gym, &[ada, edsger])?;
    }
    Ok(())
}
