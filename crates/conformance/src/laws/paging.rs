//! Lists in pages.

use std::num::NonZeroU32;

use access_groups_core::{Error, ErrorKind, PageCursor, Reply, Timestamp, UserIdentity};

use crate::{
    Site,
    answer::{call_shown, chain},
    case::{Bench, Case, Checked, InPages, Through},
};

use super::*;

/// Also with several of one age, with a filter, and with many rows, with a limit and without.
pub(crate) fn the_pages_of_users_hold_everybody_once(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    // Not in the order of insertion, and four of one age: neither orders the pages alone.
    let ages = [5, 1, 1, 1, 9, 1, 0];
    let everybody =
        ages.map(|age| site.user_with(main, "Twin", |user| user.with_created_at(at(age))));
    let elsewhere = site.user(west, "Edsger");
    let case = Case::open(bench, &site);
    let here = AcsUserFilter::new().in_system(main);
    must_hold_each_once(&case, &users_that(here), &everybody)?;
    let everybody: Vec<_> = everybody.into_iter().chain([elsewhere]).collect();
    must_hold_each_once(&case, &users_that(AcsUserFilter::new()), &everybody)?;

    let mut site = Site::default();
    let main = site.system("Main");
    let many = site.users(main, MANY);
    must_hold_many(bench, &site, &users_that(AcsUserFilter::new()), &many)
}

pub(crate) fn the_pages_of_entrances_hold_each_once(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let ages = [5, 1, 1, 1, 9, 1, 0];
    let doors = ages
        .map(|age| site.entrance_with(main, "Door", |entrance| entrance.with_created_at(at(age))));
    let elsewhere = site.entrance(west, "Gate");
    let case = Case::open(bench, &site);
    let here = EntranceFilter::new().in_system(main);
    must_hold_each_once(&case, &entrances_that(here), &doors)?;
    let all: Vec<_> = doors.into_iter().chain([elsewhere]).collect();
    must_hold_each_once(&case, &entrances_that(EntranceFilter::new()), &all)?;

    let mut site = Site::default();
    let main = site.system("Main");
    let many = site.entrances(main, MANY);
    must_hold_many(bench, &site, &entrances_that(EntranceFilter::new()), &many)
}

pub(crate) fn the_pages_of_identities_hold_each_once(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let ages = [5, 1, 1, 1, 9, 1, 0];
    let twin = |age| move |identity: UserIdentity| identity.with_created_at(at(age));
    let twins = ages.map(|age| site.identity_with("Twin", &[], twin(age)));
    let other = site.identity("Other", None, None, &[]);
    let case = Case::open(bench, &site);
    let filter = UserIdentityFilter::new().matching(search("twin"));
    must_hold_each_once(&case, &identities_that(filter), &twins)?;
    let all: Vec<_> = twins.into_iter().chain([other]).collect();
    must_hold_each_once(&case, &identities_that(UserIdentityFilter::new()), &all)?;

    let mut site = Site::default();
    let many = (0..MANY).map(|_| site.identity("One of many", None, None, &[]));
    let many: Vec<_> = many.collect();
    let list = identities_that(UserIdentityFilter::new());
    must_hold_many(bench, &site, &list, &many)
}

/// With another limit, without one, with another filter; a cursor that no service made is refused
/// too.
pub(crate) fn a_page_cursor_belongs_to_its_question(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
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
    case.refused_as(strange, ErrorKind::Invalid)?;
    // None of the refusals has used it up.
    case.look(list.on(limited(1).after(cursor)))?;
    Ok(())
}

/// The call is refused with the code of a mismatch.
fn must_mismatch<L: InPages>(case: &Case<'_>, list: L) -> Checked {
    let operation = list.into();
    let answer = case.answer(Through::Port, operation.clone());
    is_mismatch(&answer).map_err(|actual| {
        let call = call_shown(&operation);
        let why = "of another question or limit: it must be refused as Invalid, with code";
        case.broken(format!("{call}, {why} {MISMATCH}, but was\n  {actual}"))
    })
}

fn is_mismatch(answer: &Result<Reply, Error>) -> Result<(), String> {
    match answer {
        Err(error) if error.kind() == ErrorKind::Invalid && error.code() == Some(MISMATCH) => {
            Ok(())
        }
        Err(error) => Err(format!("{}, with code {:?}", chain(error), error.code())),
        Ok(_) => Err("answered".to_owned()),
    }
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
    let Some(order) = ids(case, through, list, None)? else {
        return Ok(());
    };
    must_be_in_order(case, through, list, limit, &order)?;
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
    let Some(order) = ids(case, Through::Port, list, None)? else {
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
    let walked: Vec<_> = pages.iter().flatten().map(L::id).collect();
    let why = format!(
        "{call} in pages of {limit}: {walked:?}\n  in pages as long as the service likes: {order:?}"
    );
    case.must(walked == order, &why)
}

fn must_hold_many<L: InPages>(
    bench: &Bench<'_>,
    site: &Site,
    list: &L,
    expected: &[L::Id],
) -> Checked {
    let case = Case::open(bench, site);
    for limit in [None, NonZeroU32::new(100)] {
        let Some(listed) = ids(&case, Through::Port, list, limit)? else {
            return Ok(());
        };
        once(&case, listed.iter().copied())?;
        let listed = listed.into_iter().collect();
        case.must_equal("all there is", &listed, expected)?;
    }
    Ok(())
}

/// The ids of all rows, in the order in which they come.
fn ids<L: InPages>(
    case: &Case<'_>,
    through: Through,
    list: &L,
    limit: Option<NonZeroU32>,
) -> Checked<Option<Vec<L::Id>>> {
    let pages = case.pages(through, list, limit)?;
    Ok(pages.map(|pages| pages.iter().flatten().map(L::id).collect()))
}

const fn at(second: u32) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

const MISMATCH: &str = "mismatched_page_parameters";
