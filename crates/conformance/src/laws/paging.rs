//! Lists in pages.

use std::num::NonZeroU32;

use super::*;

// Not in the order of insertion, and four of one age: neither orders the pages alone.
const AGES: [u32; 7] = [5, 1, 1, 1, 9, 1, 0];

/// Also with several of one age, with a filter, with a limit and without.
pub(crate) fn the_pages_of_users_hold_everybody_once(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let twins = AGES.map(|age| site.user_with(main, "Twin", |user| user.with_created_at(at(age))));
    let elsewhere = site.user(west, "Edsger");
    let (all, here) = (AcsUserFilter::new, AcsUserFilter::new().in_system(main));
    must_hold_twins_once(
        bench,
        &site,
        [all(), here].map(users_that),
        &twins,
        elsewhere,
    )
}

pub(crate) fn the_pages_of_entrances_hold_each_once(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let twins = AGES.map(|_| site.entrance(main, "Door"));
    for (entrance, age) in site.entrances.iter_mut().zip(AGES) {
        entrance.created_at = at(age);
    }
    let elsewhere = site.entrance(west, "Gate");
    let (all, here) = (EntranceFilter::new, EntranceFilter::new().in_system(main));
    let lists = [all(), here].map(entrances_that);
    must_hold_twins_once(bench, &site, lists, &twins, elsewhere)
}

pub(crate) fn the_pages_of_identities_hold_each_once(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let twins = AGES.map(|_| site.identity("Twin", None, None, &[]));
    for (identity, age) in site.identities.iter_mut().zip(AGES) {
        identity.created_at = at(age);
    }
    let other = site.identity("Other", None, None, &[]);
    let all = UserIdentityFilter::new;
    let lists = [all(), all().matching(search("twin"))].map(identities_that);
    must_hold_twins_once(bench, &site, lists, &twins, other)
}

/// The first list holds all there are, the second one only the twins.
fn must_hold_twins_once<L: InPages>(
    bench: &Bench<'_>,
    site: &Site,
    [all, filtered]: [L; 2],
    twins: &[L::Id],
    other: L::Id,
) -> Checked {
    let case = Case::open(bench, site);
    must_hold_each_once(&case, &filtered, twins)?;
    must_hold_each_once(&case, &all, &[twins, &[other]].concat())
}

/// With another limit, without one, with another filter; a cursor that no service made is refused
/// too.
pub(crate) fn a_page_cursor_belongs_to_its_question(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    for system in [main, west] {
        site.users(system, 2);
        site.entrances(system, 2);
        site.identity("Somebody", None, None, &[]);
    }
    let case = Case::open(bench, &site);

    let all_users = users_that(AcsUserFilter::new());
    let here = AcsUserFilter::new().in_system(main);
    must_bind_cursors(&case, &all_users, &users_that(here))?;
    let all_entrances = entrances_that(EntranceFilter::new());
    let here = EntranceFilter::new().in_system(main);
    must_bind_cursors(&case, &all_entrances, &entrances_that(here))?;
    let identities = identities_that(UserIdentityFilter::new());
    let found = UserIdentityFilter::new().matching(search("some"));
    must_bind_cursors(&case, &identities, &identities_that(found))
}

fn must_bind_cursors<L: InPages>(case: &Case<'_>, list: &L, other: &L) -> Checked {
    let limited = |limit: u32| {
        let mut page = PageRequest::first();
        page.limit = NonZeroU32::new(limit);
        page
    };
    let Some(first) = case.look(list.on(limited(1)))? else {
        return Ok(());
    };
    let Some(cursor) = first.next else {
        let call = call_shown(&list.on(limited(1)).into());
        return Err(case.broken(format!("{call} must name a next page")));
    };
    must_mismatch(case, list.on(limited(2).after(cursor.clone())))?;
    // A limit of 0 is none here.
    must_mismatch(case, list.on(limited(0).after(cursor.clone())))?;
    must_mismatch(case, other.on(limited(1).after(cursor.clone())))?;
    let strange = list.on(limited(1).after(PageCursor::new("!")));
    case.refused(strange, ErrorKind::Invalid)?;
    // None of the refusals has used it up.
    case.look(list.on(limited(1).after(cursor)))?;
    Ok(())
}

/// The call is refused with the code of a mismatch.
fn must_mismatch<L: InPages>(case: &Case<'_>, list: L) -> Checked {
    let operation = list.into();
    let actual = match case.answer(Through::Port, operation.clone()) {
        Err(error) if error.kind() == ErrorKind::Invalid && error.code() == Some(MISMATCH) => {
            return Ok(());
        }
        Err(error) => format!("{}, with code {:?}", chain(&error), error.code()),
        Ok(_) => "answered".to_owned(),
    };
    let call = call_shown(&operation);
    let why = "of another question or limit: it must be refused as Invalid, with code";
    Err(case.broken(format!("{call}, {why} {MISMATCH}, but was\n  {actual}")))
}

/// If the call is of a list in pages, its pages are correct. Any other call passes.
pub(crate) fn must_come_in_pages(case: &Case<'_>, through: Through, call: &Operation) -> Checked {
    if let Operation::ListAcsUsers(list) = call {
        must_page(case, through, list)
    } else if let Operation::ListEntrances(list) = call {
        must_page(case, through, list)
    } else if let Operation::ListUserIdentities(list) = call {
        must_page(case, through, list)
    } else {
        Ok(())
    }
}

/// The rows come in the same order as without a limit, and a cursor fails with another limit.
fn must_page<L: InPages>(case: &Case<'_>, through: Through, list: &L) -> Checked {
    let Some(limit) = list.limit() else {
        return Ok(());
    };
    let Some(order) = ids_in_order(case, through, list, None)? else {
        return Ok(());
    };
    must_be_in_order(case, through, list, limit, &order)?;
    // The walk above has kept no cursor.
    let first = case.call_through(through, list.on(PageRequest::first().with_limit(limit)))?;
    match first.next {
        Some(cursor) => {
            let longer = limit.saturating_add(1);
            let page = PageRequest::first().with_limit(longer).after(cursor);
            must_mismatch(case, list.on(page))
        }
        None => Ok(()),
    }
}

fn must_hold_each_once<L: InPages>(case: &Case<'_>, list: &L, expected: &[L::Id]) -> Checked {
    let Some(order) = ids_in_order(case, Through::Port, list, None)? else {
        return Ok(());
    };
    case.must_list(list, expected)?;
    once(case, order.iter().copied())?;
    // Around the number of rows, where a last page is full, short or missing.
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        let limit = NonZeroU32::new(limit).expect("not zero");
        must_be_in_order(case, Through::Port, list, limit, &order)?;
    }
    Ok(())
}

/// With this limit, pages are no longer than it, and hold these rows in this order.
fn must_be_in_order<L: InPages>(
    case: &Case<'_>,
    through: Through,
    list: &L,
    limit: NonZeroU32,
    order: &[L::Id],
) -> Checked {
    let Some(pages) = case.pages(through, list, Some(limit))? else {
        return Ok(());
    };
    let call = call_shown(&list.clone().into());
    let longest = pages.iter().map(Vec::len).max().unwrap_or_default();
    let why = format!("{call}: a page of {longest} rows, the limit was {limit}");
    case.must(
        u32::try_from(longest).is_ok_and(|longest| longest <= limit.get()),
        &why,
    )?;
    let walked: Vec<_> = pages.iter().flatten().map(Resource::id).collect();
    let why = format!(
        "{call} in pages of {limit}: {walked:?}\n  in pages as long as the service likes: {order:?}"
    );
    case.must(walked == order, &why)
}

/// The ids of all rows, in the order in which they come.
fn ids_in_order<L: InPages>(
    case: &Case<'_>,
    through: Through,
    list: &L,
    limit: Option<NonZeroU32>,
) -> Checked<Option<Vec<L::Id>>> {
    let pages = case.pages(through, list, limit)?;
    Ok(pages.map(|pages| pages.iter().flatten().map(Resource::id).collect()))
}

const MISMATCH: &str = "mismatched_page_parameters";
