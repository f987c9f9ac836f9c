//! Groups that go.

use access_groups_core::{DeleteAccessGroup, ErrorKind};

use crate::{
    Site,
    case::{Bench, Case, Checked},
};

use super::*;

/// Its users are in their other groups as before, and what is not its own stays.
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
    case.call(DeleteAccessGroup { group: gym })?;
    let groups_of = |filter, expected: &[AccessGroupId]| {
        let listed = case.groups(filter)?;
        case.must_equal("the groups that are left", &listed, expected)
    };
    groups_of(all().of_user(ada), &[])?;
    groups_of(all().of_user(grace), &[pool])?;
    // What is neither the group, nor a listing of groups or of what they open, shows what it
    // showed.
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

    case.call(DeleteAccessGroup { group: gym })?;
    for call in calls_on(gym, ada) {
        case.refused(call, ErrorKind::NotFound, gym)?;
    }
    for filter in [all(), all().in_system(main)] {
        let listed = case.groups(filter)?;
        case.must_equal("the groups that are left", &listed, &[pool])?;
    }
    Ok(())
}
