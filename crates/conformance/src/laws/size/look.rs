//! Calls and lists by the thousand: checked by id, and not logged one by one.

use std::collections::BTreeSet;

use super::*;

/// Makes a call that must succeed; `None` if the adapter lacks the operation and correctly refuses
/// it. Only a failure is logged: nobody reads a thousand lines.
pub(super) fn quietly<C: Call>(case: &Case<'_>, call: C) -> Checked<Option<C::Reply>> {
    let operation: Operation = call.into();
    if case.fixture.lacks(&operation).is_some() {
        return case.ask(Through::Port, &operation).map(|_| None);
    }
    match case.fixture.call(Through::Port, operation.clone()) {
        Ok(reply) => {
            let foreign = |error| case.broken(format!("{}: {error}", call_shown(&operation)));
            C::reply(reply).map(Some).map_err(foreign)
        }
        refused => {
            case.log(described(&operation, &refused));
            case.expect::<C>(&operation, refused).map(Some)
        }
    }
}

/// Makes these calls, which must all succeed; `false` if the adapter lacks the operation.
pub(super) fn each<C: Call>(case: &Case<'_>, calls: impl IntoIterator<Item = C>) -> Checked<bool> {
    let mut made = 0;
    for call in calls {
        if quietly(case, call)?.is_none() {
            return Ok(false);
        }
        made += 1;
    }
    case.log(format!("{made} calls of {}: done", C::NAME));
    Ok(true)
}

/// Creates as many as are asked, which must all be new; `None` if the adapter lacks the operation.
pub(super) fn create<R: Resource, C: Call<Reply = R>>(
    case: &Case<'_>,
    count: usize,
    call: impl Fn(usize) -> C,
) -> Checked<Option<Vec<R::Id>>> {
    let mut created = Vec::with_capacity(count);
    for number in 1..=count {
        match quietly(case, call(number))? {
            Some(one) => created.push(one.id()),
            None => return Ok(None),
        }
    }
    case.log(format!("{count} calls of {}: done", C::NAME));
    let different = sorted(created.iter().copied());
    let why = format!(
        "{count} calls of {} must make as many, each with an id of its own",
        C::NAME
    );
    case.must(different.windows(2).all(|two| two[0] != two[1]), &why)?;
    Ok(Some(created))
}

/// The call lists each of these once and no others, if the adapter supports it.
pub(super) fn must_list_each_once<R: Resource>(
    case: &Case<'_>,
    call: impl Call<Reply = Vec<R>>,
    expected: &[R::Id],
) -> Checked {
    let what = || format!("what {} lists", call_shown(&call.clone().into()));
    match quietly(case, call.clone())? {
        Some(listed) => must_be_each_once(case, what, ids(&listed), expected),
        None => Ok(()),
    }
}

/// The pages of the list hold each of these once and no others, without a limit and with the
/// largest.
pub(super) fn must_page_each_once<L: InPages>(
    case: &Case<'_>,
    list: &L,
    expected: &[L::Id],
) -> Checked {
    for limit in [None, Some(PageRequest::MAX_LIMIT)] {
        must_page_with(case, list, limit, expected)?;
    }
    Ok(())
}

pub(super) fn must_page_with<L: InPages>(
    case: &Case<'_>,
    list: &L,
    limit: Option<NonZeroU32>,
    expected: &[L::Id],
) -> Checked {
    let what = || {
        let limit = limit.map_or_else(|| "no limit".to_owned(), |limit| format!("limit {limit}"));
        format!("{} with {limit}", call_shown(&list.clone().into()))
    };
    let first: Operation = list.clone().into();
    if case.fixture.lacks(&first).is_some() {
        return case.ask(Through::Port, &first).map(drop);
    }
    let pages = walk(|page| case.fixture.call(Through::Port, page), list, limit);
    let pages = pages.map_err(|error| {
        let refused = chain(&error);
        case.broken(format!(
            "{}: all pages must come, but one was {refused}",
            what()
        ))
    })?;
    let most = limit.unwrap_or(NonZeroU32::MAX).min(PageRequest::MAX_LIMIT);
    let longest = pages.iter().map(Vec::len).max().unwrap_or_default();
    if longest > most.get() as usize {
        let why = format!(
            "{}: a page of {longest} rows, and {most} are allowed",
            what()
        );
        return Err(case.broken(why));
    }
    let rows = pages.iter().flatten().map(Resource::id);
    must_be_each_once(case, what, rows, expected)
}

fn must_be_each_once<Id: Ord + Copy + std::fmt::Debug>(
    case: &Case<'_>,
    what: impl Fn() -> String,
    listed: impl Iterator<Item = Id>,
    expected: &[Id],
) -> Checked {
    let listed = sorted(listed);
    if listed == sorted(expected.iter().copied()) {
        return Ok(());
    }
    let different: BTreeSet<_> = listed.iter().copied().collect();
    case.must_equal(&what(), &different, expected)?;
    let twice = listed.len() - different.len();
    Err(case.broken(format!(
        "{}: {twice} of {} rows come twice",
        what(),
        listed.len()
    )))
}

fn sorted<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all
}
