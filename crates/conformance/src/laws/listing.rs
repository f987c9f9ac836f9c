//! What listings show.

use std::collections::BTreeSet;

use super::*;

pub(crate) fn a_listing_shows_nothing_twice(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let edsger = site.user(west, "Edsger");
    let anywhere = site.identity("Ada", None, None, &[ada, edsger]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let (front, side) = (site.entrance(main, "Front"), site.entrance(main, "Side"));
    site.members(gym, &[ada, grace]);
    site.members(pool, &[ada]);
    site.holds(gym, &[front, side]);
    site.holds(pool, &[front]);
    let case = Case::open(bench, &site);

    let users = case.call(ListUsersInGroup::new(gym))?;
    once(&case, ids(&users))?;
    let entrances = case.call(ListEntrancesOfGroup::new(gym))?;
    once(&case, ids(&entrances))?;
    for filter in [
        all(),
        all().of_user(ada),
        all().in_system(main),
        all().of_identity(anywhere),
    ] {
        let groups = case.call(ListAccessGroups::new(filter))?;
        once(&case, ids(&groups))?;
    }
    Ok(())
}

pub(crate) fn the_entrances_of_a_group_are_those_it_holds(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let roof = site.group(west, "Roof");
    let (front, side) = (site.entrance(main, "Front"), site.entrance(main, "Side"));
    // No group holds this one.
    site.entrance(west, "Hatch");
    site.holds(gym, &[front, side]);
    site.holds(pool, &[front]);
    let case = Case::open(bench, &site);

    for (group, expected) in [(gym, &[front, side][..]), (pool, &[front]), (roof, &[])] {
        case.must_list_all(ListEntrancesOfGroup::new(group), expected)?;
    }
    Ok(())
}

pub(super) fn once<T: Ord + Copy + std::fmt::Debug>(
    case: &Case<'_>,
    ids: impl Iterator<Item = T>,
) -> Checked {
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = ids.filter(|id| !seen.insert(*id)).collect();
    let why = format!("shown more than once: {twice:?}");
    case.must(twice.is_empty(), &why)
}
