//! What lists with a filter show.

use super::{conditions::*, listing::once, *};

pub(crate) fn a_listing_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    must_filter::<ListAccessGroups>(bench)
}

pub(crate) fn a_list_of_systems_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    must_filter::<ListAcsSystems>(bench)
}

pub(crate) fn a_list_of_users_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    must_filter::<ListAcsUsers>(bench)
}

pub(crate) fn a_list_of_entrances_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    must_filter::<ListEntrances>(bench)
}

pub(crate) fn a_list_of_identities_shows_what_passes_the_whole_filter(
    bench: &Bench<'_>,
) -> Checked {
    must_filter::<ListUserIdentities>(bench)
}

/// Each condition, each with each other, and many at once.
fn must_filter<L: Filtered>(bench: &Bench<'_>) -> Checked {
    let site = site_of_every_kind(Site::default());
    let case = Case::open(bench, &site);
    let conditions = conditions_for::<L>(&case, &site);
    let together = together(&conditions, &site);
    let questions = [alone(&conditions), pairs(&conditions), together].concat();
    for some in questions {
        must_list_what_passes(&case, &site, &some)?;
    }
    Ok(())
}

/// The list shows the rows of this site that meet the conditions, each once.
pub(super) fn must_list_what_passes<L: Filtered>(
    case: &Case<'_>,
    site: &Site,
    conditions: &[&Condition<L>],
) -> Checked {
    let list = question(conditions);
    let Some(rows) = list.listed(case)? else {
        return Ok(());
    };
    let what = || format!("the rows of {}", call_shown(&list.clone().into()));
    let expected = answer(conditions, site);
    let listed = ids(&rows).collect();
    // The text is made for a failure only: the filters are many.
    if listed != expected.iter().copied().collect() {
        case.must_equal(&what(), &listed, &expected)?;
    }
    // A repeat has vanished in the set.
    once(case, ids(&rows))
}
