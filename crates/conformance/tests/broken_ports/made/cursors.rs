//! Cursors and pages: what they are bound to, where they begin, and in which order.

use std::collections::BTreeSet;

use access_groups_core::*;

use super::{
    Class, Layer, Made, Store,
    content::{Row, edited, on_rows, page_of, whole},
    filters::{CONDITIONS, may_be_met, without},
    made,
    paging::{cut, limit, paged, position, question, strange, unbound},
};

pub(super) fn table() -> Vec<Made> {
    let mut table = Vec::new();
    for (list, conditions) in CONDITIONS.iter().filter(|(list, _)| PAGED.contains(list)) {
        for condition in *conditions {
            table.push(forgets(list, condition));
            if may_be_met(condition) {
                table.push(exceeds_the_limit(list, Some(condition)));
            }
        }
        table.push(exceeds_the_limit(list, None));
        let others = PAGED.iter().filter(|other| *other != list);
        table.extend(others.map(|other| serves_cursors_of(list, other)));
        table.extend(SLIPS.iter().map(|slip| slips(list, *slip)));
        table.push(wears_out(list));
    }
    table
}

const PAGED: &[&str] = &[
    ListAcsUsers::NAME,
    ListEntrances::NAME,
    ListUserIdentities::NAME,
];

/// The cursor is good for another value of this condition.
fn forgets(list: &'static str, condition: &'static str) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        if operation.name() != list {
            return store.call(operation);
        }
        let bound = without(operation, list, condition).unwrap_or_else(|| operation.clone());
        paged(
            operation,
            &whole(store.state, operation)?,
            &question(&bound),
        )
    };
    made(
        Class::Cursors,
        format!("a cursor of {list} forgets {condition}"),
        layer,
    )
}

/// One row more than asked for, with this condition or without any.
fn exceeds_the_limit(list: &'static str, condition: Option<&'static str>) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut asked = operation.clone();
        let page = page_of(&mut asked).filter(|page| page.limit.is_some());
        let Some(page) = page.cloned().filter(|_| operation.name() == list) else {
            return store.call(operation);
        };
        let mut conditions = CONDITIONS.iter().find(|known| known.0 == list);
        let mut conditions = conditions.iter_mut().flat_map(|known| known.1);
        let is_met = match condition {
            Some(condition) => without(operation, list, condition).is_some(),
            None => conditions.all(|known| without(operation, list, known).is_none()),
        };
        if !is_met {
            return store.call(operation);
        }
        let bound = question(operation);
        let start = page
            .cursor
            .map(|cursor| position(&cursor, &bound))
            .transpose()?;
        let all = whole(store.state, operation)?;
        let limit = page.limit.map_or(1, |limit| limit.get()).min(1000) as usize + 1;
        Ok(cut(operation, &all, &bound, limit, |row| {
            start.is_none_or(|start| row > start)
        }))
    };
    let given = condition.map_or_else(String::new, |condition| format!(" by {condition}"));
    made(
        Class::Cursors,
        format!("{list}{given} exceeds the limit by one"),
        layer,
    )
}

/// A cursor of another list is taken for one of its own.
fn serves_cursors_of(list: &'static str, other: &'static str) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut asked = operation.clone();
        let Some(page) = page_of(&mut asked) else {
            return store.call(operation);
        };
        let all = whole(store.state, operation)?;
        let bound = question(operation);
        let foreign = page.cursor.as_ref().and_then(unbound);
        // The text of a question begins with its list.
        let foreign = foreign.filter(|(_, bound)| {
            let starts = |name: &str| bound.starts_with(type_of(name));
            operation.name() == list && starts(other)
        });
        match foreign {
            Some((start, _)) => Ok(cut(operation, &all, &bound, limit(page), |row| row > start)),
            None => paged(operation, &all, &bound),
        }
    };
    made(
        Class::Cursors,
        format!("{list} serves cursors of {other}"),
        layer,
    )
}

fn type_of(list: &str) -> &'static str {
    match list {
        ListAcsUsers::NAME => "ListAcsUsers",
        ListEntrances::NAME => "ListEntrances",
        _ => "ListUserIdentities",
    }
}

/// A page that is not the one that was asked for.
type Slip = (
    &'static str,
    fn(&Operation, &PageRequest, &Reply, &str) -> Option<Result<Reply, Error>>,
);

const SLIPS: &[Slip] = &[
    ("takes the empty cursor", |operation, page, all, bound| {
        let cursor = page.cursor.as_ref()?;
        let first = || Ok(cut(operation, all, bound, limit(page), |_| true));
        cursor.as_str().is_empty().then(first)
    }),
    (
        "takes any text as a cursor",
        |operation, page, all, bound| {
            let cursor = page.cursor.as_ref()?;
            let first = || Ok(cut(operation, all, bound, limit(page), |_| true));
            unbound(cursor).is_none().then(first)
        },
    ),
    (
        "ends at any text as a cursor",
        |operation, page, all, bound| {
            let cursor = page.cursor.as_ref()?;
            let nothing = || Ok(cut(operation, all, bound, limit(page), |_| false));
            unbound(cursor).is_none().then(nothing)
        },
    ),
    ("answers a strange cursor as internal", |_, page, _, _| {
        let cursor = page.cursor.as_ref()?;
        let failed = || Err(Error::internal("the cursor cannot be read"));
        unbound(cursor).is_none().then(failed)
    }),
    (
        "forgets the limit of its cursor",
        |operation, page, all, _| {
            Some(paged(
                operation,
                all,
                &question_without_limit(operation, page),
            ))
        },
    ),
    ("repeats the last row", |operation, page, all, bound| {
        let start = position(page.cursor.as_ref()?, bound).ok()?;
        // Not where the page would never move on.
        (limit(page) > 1).then(|| Ok(cut(operation, all, bound, limit(page), |row| row >= start)))
    }),
    (
        "begins a page by age alone",
        |operation, page, all, bound| {
            let start = position(page.cursor.as_ref()?, bound).ok()?;
            let later = |row: Position| row.created_at > start.created_at;
            Some(Ok(cut(operation, all, bound, limit(page), later)))
        },
    ),
    (
        "begins a page by id alone",
        |operation, page, all, bound| {
            let start = position(page.cursor.as_ref()?, bound).ok()?;
            Some(Ok(cut(operation, all, bound, limit(page), |row| {
                row.id > start.id
            })))
        },
    ),
    ("begins a page by seconds", |operation, page, all, bound| {
        let start = position(page.cursor.as_ref()?, bound).ok()?;
        let cut_off = |at: Timestamp| format!("{at:.0}");
        let later = |row: Position| {
            (cut_off(row.created_at), row.id) > (cut_off(start.created_at), start.id)
        };
        Some(Ok(cut(operation, all, bound, limit(page), later)))
    }),
    (
        "has no page after a full one",
        |operation, page, all, bound| {
            let start = page.cursor.as_ref().map(|cursor| position(cursor, bound));
            let start = start.transpose().ok()?;
            let later = |row: Position| start.is_none_or(|start| row > start);
            let whole = cut(operation, all, bound, usize::MAX, later);
            let rows = super::content::positions(whole.content()).len();
            // `ceil` where it must be `floor`: the last row of one too many is lost.
            (rows == limit(page) + 1).then(|| {
                Ok(edited(operation, whole, |content| {
                    on_rows!(content, rows => { rows.pop(); }, else ());
                }))
            })
        },
    ),
    ("lists the newest first", |operation, page, all, bound| {
        let start = page.cursor.as_ref().map(|cursor| position(cursor, bound));
        let start = start.transpose().ok()?;
        let earlier = |row: Position| start.is_none_or(|start| row < start);
        let turned = edited(operation, all.clone(), |content| {
            on_rows!(content, rows => rows.sort_by_key(|row| std::cmp::Reverse(row.position())), else ());
        });
        Some(Ok(cut(operation, &turned, bound, limit(page), earlier)))
    }),
    ("lists by id", |operation, page, all, bound| {
        let start = page.cursor.as_ref().map(|cursor| position(cursor, bound));
        let start = start.transpose().ok()?;
        let later = |row: Position| start.is_none_or(|start| row.id > start.id);
        let turned = edited(operation, all.clone(), |content| {
            on_rows!(content, rows => rows.sort_by_key(|row| row.position().id), else ());
        });
        Some(Ok(cut(operation, &turned, bound, limit(page), later)))
    }),
];

fn slips(list: &'static str, (what, slip): Slip) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let mut asked = operation.clone();
        let page = page_of(&mut asked).filter(|_| operation.name() == list);
        let Some(page) = page.cloned() else {
            return store.call(operation);
        };
        let all = whole(store.state, operation)?;
        let bound = question(operation);
        let slipped = slip(operation, &page, &all, &bound);
        slipped.unwrap_or_else(|| paged(operation, &all, &bound))
    };
    made(Class::Cursors, format!("{list} {what}"), layer)
}

fn question_without_limit(operation: &Operation, page: &PageRequest) -> String {
    let limit = format!("{:?}", page.limit);
    question(operation).replace(&limit, "")
}

/// A cursor that was used once is refused.
fn wears_out(list: &'static str) -> Made {
    let name = format!("a cursor of {list} is good once");
    let used = BTreeSet::new();
    made(Class::Cursors, name, Used { list, used })
}

#[derive(Clone)]
struct Used {
    list: &'static str,
    used: BTreeSet<String>,
}

impl Layer for Used {
    fn call(&mut self, store: &mut Store<'_>, operation: &Operation) -> Result<Reply, Error> {
        let mut asked = operation.clone();
        let page = page_of(&mut asked).filter(|_| operation.name() == self.list);
        if let Some(cursor) = page.and_then(|page| page.cursor.take())
            && !self.used.insert(cursor.as_str().to_owned())
        {
            return Err(strange());
        }
        store.call(operation)
    }
}
