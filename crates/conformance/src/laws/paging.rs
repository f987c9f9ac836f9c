//! Lists in pages.

use std::num::NonZeroU32;

use super::{conditions::*, listing::once, *};

// Not in the order of insertion, and four of one age: neither orders the pages alone.
const AGES: [u32; 7] = [5, 1, 1, 1, 9, 1, 0];

/// Also with several of one age, with a filter, with a limit and without.
pub(crate) fn the_pages_of_users_hold_everybody_once(bench: &Bench<'_>) -> Checked {
    must_page_under_conditions::<ListAcsUsers>(bench)?;
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
    must_page_under_conditions::<ListEntrances>(bench)?;
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
    must_page_under_conditions::<ListUserIdentities>(bench)?;
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

/// Under every condition and every two of them, the pages are the list, and none exceeds the limit.
fn must_page_under_conditions<L: Filtered + InPages>(bench: &Bench<'_>) -> Checked {
    let site = site_of_every_kind(Site::default());
    let case = Case::open(bench, &site);
    let conditions = conditions_for::<L>(&case, &site);
    for (limit, questions) in [
        (1, alone(&conditions)),
        (3, alone(&conditions)),
        (2, pairs(&conditions)),
    ] {
        let limit = NonZeroU32::new(limit).expect("not zero");
        for some in questions {
            let list: L = question(&some);
            let Some(order) = ids_in_order(&case, Through::Port, &list, None)? else {
                continue;
            };
            must_be_in_order(&case, Through::Port, &list, limit, &order)?;
        }
    }
    Ok(())
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

/// Every condition of every list: left out, of another value, with another beside it, and with other
/// limits; in another list; and cursors that no service made.
pub(crate) fn a_page_cursor_belongs_to_its_question(bench: &Bench<'_>) -> Checked {
    let site = site_of_every_kind(Site::default());
    let case = Case::open(bench, &site);

    let users = must_bind_cursors::<ListAcsUsers>(&case, &site)?;
    let entrances = must_bind_cursors::<ListEntrances>(&case, &site)?;
    let identities = must_bind_cursors::<ListUserIdentities>(&case, &site)?;
    must_be_strange::<ListAcsUsers>(&case, [&entrances, &identities])?;
    must_be_strange::<ListEntrances>(&case, [&users, &identities])?;
    must_be_strange::<ListUserIdentities>(&case, [&users, &entrances])
}

/// Returns the cursor of the list without conditions, unless the adapter lacks the list.
fn must_bind_cursors<L: Filtered + InPages>(
    case: &Case<'_>,
    site: &Site,
) -> Checked<Option<PageCursor>> {
    let conditions = conditions_for::<L>(case, site);
    let firsts = first_of_each(&conditions);
    let in_two = firsts.iter().flat_map(|one| with_another(&[one], &firsts));
    for some in alone(&conditions).into_iter().chain(in_two) {
        if answer(&some, site).len() < 2 {
            continue;
        }
        let list: L = question(&some);
        let Some(cursor) = first_cursor(case, &list)? else {
            return Ok(None);
        };
        let others = without_one(&some).into_iter();
        let others = others.chain(of_another_value(&some, &conditions));
        for other in others.chain(with_another(&some, &firsts)) {
            let other: L = question(&other);
            must_mismatch(case, other.on(limited(1).after(cursor.clone())))?;
        }
        // A limit of 0 is none here.
        for limit in [2, 0, u32::MAX] {
            must_mismatch(case, list.on(limited(limit).after(cursor.clone())))?;
        }
        must_be_no_cursors(case, &list, &cursor)?;
        // None of the refusals has used it up.
        case.look(list.on(limited(1).after(cursor)))?;
    }
    first_cursor(case, &question::<L>(&[]))
}

/// The cursor of the first page of one row; `None` if the adapter lacks the list.
fn first_cursor<L: InPages>(case: &Case<'_>, list: &L) -> Checked<Option<PageCursor>> {
    let Some(first) = case.look(list.on(limited(1)))? else {
        return Ok(None);
    };
    if first.next.is_none() {
        let call = call_shown(&list.on(limited(1)).into());
        return Err(case.broken(format!("{call} must name a next page")));
    }
    Ok(first.next)
}

/// The conditions but for each one.
fn without_one<'c, L: Filtered>(some: &[&'c Condition<L>]) -> Vec<Vec<&'c Condition<L>>> {
    let others = |left_out: usize| {
        let others = some
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != left_out);
        others.map(|(_, condition)| *condition).collect()
    };
    (0..some.len()).map(others).collect()
}

/// The conditions with every other value of the last one.
fn of_another_value<'c, L: Filtered>(
    some: &[&'c Condition<L>],
    all: &'c [Condition<L>],
) -> Vec<Vec<&'c Condition<L>>> {
    let Some((last, others)) = some.split_last() else {
        return Vec::new();
    };
    let is_other =
        |other: &&Condition<L>| other.field == last.field && !std::ptr::eq(*other, *last);
    let values = all.iter().filter(is_other);
    values.map(|value| [others, &[value]].concat()).collect()
}

/// The conditions with each one of these beside them that is of another field.
fn with_another<'c, L: Filtered>(
    some: &[&'c Condition<L>],
    others: &[&'c Condition<L>],
) -> Vec<Vec<&'c Condition<L>>> {
    let is_named = |field| some.iter().any(|named| named.field == field);
    let others = others.iter().filter(|other| !is_named(other.field));
    others.map(|other| [some, &[*other]].concat()).collect()
}

/// Texts that no list has given are refused.
fn must_be_no_cursors<L: InPages>(case: &Case<'_>, list: &L, cursor: &PageCursor) -> Checked {
    let text = cursor.as_str();
    let length = text.chars().count();
    let half: String = text.chars().take(length / 2).collect();
    let mut strange = vec![String::new(), "!".to_owned(), "null".to_owned()];
    // A service that counts its cursors gives short ones, and may have given a part of one, too.
    if length > LONGEST_NUMBER {
        strange.extend([half, format!("{text}{text}")]);
    }
    for strange in strange {
        let strange = list.on(limited(1).after(PageCursor::new(strange)));
        case.refused(strange, ErrorKind::Invalid)?;
    }
    Ok(())
}

/// How many digits a number of 64 bits has.
const LONGEST_NUMBER: usize = 20;

/// The cursors of other lists are refused.
fn must_be_strange<L: Filtered + InPages>(
    case: &Case<'_>,
    cursors: [&Option<PageCursor>; 2],
) -> Checked {
    for cursor in cursors.into_iter().flatten() {
        let list: L = question(&[]);
        let strange = list.on(limited(1).after(cursor.clone()));
        case.refused(strange, ErrorKind::Invalid)?;
    }
    Ok(())
}

/// Between the first page and the next, the last row that was shown is deleted, or the first one and
/// one that was not shown yet; and a new row comes.
pub(crate) fn a_row_that_stays_is_listed_once_whatever_comes_and_goes(
    bench: &Bench<'_>,
) -> Checked {
    let site = site_of_every_kind(Site::default());
    let system = site.systems[0].acs_system_id;
    let user = NewAcsUser::new(system, name("Ada Lovelace"));
    must_go_on::<ListAcsUsers>(bench, &site, &CreateAcsUser::new(user).into(), |user| {
        DeleteAcsUser::new(user).into()
    })?;
    let entrance = CreateEntrance::new(NewEntrance::new(system, title("Front Door"))).into();
    must_go_on::<ListEntrances>(bench, &site, &entrance, |entrance| {
        DeleteEntrance::new(entrance).into()
    })?;
    let identity = CreateUserIdentity::new(NewUserIdentity::named(name("The Countess"))).into();
    must_go_on::<ListUserIdentities>(bench, &site, &identity, |identity| {
        DeleteUserIdentity::new(identity).into()
    })
}

/// Under each condition; each time, a row less or two are left for the next.
fn must_go_on<L: Filtered + InPages>(
    bench: &Bench<'_>,
    site: &Site,
    creation: &Operation,
    deletion: fn(<L as InPages>::Id) -> Operation,
) -> Checked {
    let case = Case::open(bench, site);
    let conditions = conditions_for::<L>(&case, site);
    let firsts = first_of_each(&conditions).into_iter().map(|one| vec![one]);
    for some in [Vec::new()].into_iter().chain(firsts) {
        let list: L = question(&some);
        for (limit, places) in [(2, &[1][..]), (3, &[0, 3])] {
            let Some(order) = ids_in_order(&case, Through::Port, &list, None)? else {
                return Ok(());
            };
            let changes = places.iter().filter_map(|place| order.get(*place));
            let changes: Vec<_> = changes.map(|id| (Some(*id), deletion(*id))).collect();
            let changes = [changes, vec![(None, creation.clone())]].concat();
            must_list_the_rest(&case, &list.on(limited(limit)), &order, changes)?;
        }
    }
    Ok(())
}

/// With these changes after the first page, each with the row that it deletes, the pages hold the rows
/// in this order, but for those deleted before they were shown.
fn must_list_the_rest<L: InPages>(
    case: &Case<'_>,
    list: &L,
    order: &[L::Id],
    changes: Vec<(Option<L::Id>, Operation)>,
) -> Checked {
    let first = case.call(list.clone())?;
    let mut shown: Vec<_> = ids(&first.items).collect();
    let mut left = order.to_vec();
    for (deleted, change) in changes {
        match case.ask(Through::Port, &change)? {
            Some(Ok(_)) => left.retain(|id| Some(*id) != deleted || shown.contains(id)),
            Some(Err(error)) => {
                let call = call_shown(&change);
                return Err(case.broken(format!("{call} must succeed, but {}", chain(&error))));
            }
            // What the adapter cannot delete stays.
            None => {}
        }
    }
    let mut next = first.next;
    while let Some(cursor) = next {
        let mut page = PageRequest::first().after(cursor);
        page.limit = list.limit();
        let page = case.call(list.on(page))?;
        shown.extend(ids(&page.items));
        next = page.next.filter(|_| shown.len() <= 2 * order.len());
    }
    once(case, shown.iter().copied())?;
    // A row that came meanwhile may be on a later page or not.
    shown.retain(|id| order.contains(id));
    let call = call_shown(&list.clone().into());
    let why = format!("{call} and its next pages: {shown:?}\n  must show, in any case: {left:?}");
    case.must(shown == left, &why)
}

/// A first page of this many rows; of as many as the service likes for 0.
fn limited(limit: u32) -> PageRequest {
    let mut page = PageRequest::first();
    page.limit = NonZeroU32::new(limit);
    page
}

/// The call is refused with the code of a mismatch.
fn must_mismatch<L: InPages>(case: &Case<'_>, list: L) -> Checked {
    let operation = list.into();
    let Some(answer) = case.ask(Through::Port, &operation)? else {
        return Ok(());
    };
    let actual = match answer {
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
