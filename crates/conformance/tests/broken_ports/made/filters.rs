//! A condition that is ignored, joined wrongly, or looks next door.

use access_groups_core::*;

use super::{
    Class, Made, Store,
    content::{edited, join, whole},
    made,
    paging::{paged, question},
};

/// The conditions of each list.
macro_rules! conditions {
    ($($list:ident { $($condition:ident)* })*) => {
        pub(super) const CONDITIONS: &[(&str, &[&str])] =
            &[$(($list::NAME, &[$(stringify!($condition)),*])),*];

        /// Clears this condition; whether it was set.
        pub(super) fn clear(operation: &mut Operation, condition: &str) -> bool {
            match operation {
                $(Operation::$list(op) => match condition {
                    $(stringify!($condition) => op.filter.$condition.take().is_some(),)*
                    _ => false,
                },)*
                _ => false,
            }
        }
    };
}

conditions! {
    ListAccessGroups { system user identity search }
    ListAcsUsers {
        system identity identity_email_address identity_phone_number search created_before
    }
    ListAcsSystems { connected_account search customer_key }
    ListEntrances {
        system entrances connected_account space search
        location credential access_method customer_key
    }
    ListUserIdentities { identities search created_before credential_manager }
}

/// No resource shows that it meets these, so nothing passes them.
const NEVER_MET: &[&str] = &[
    "customer_key",
    "location",
    "credential",
    "access_method",
    "credential_manager",
];

pub(super) fn may_be_met(condition: &str) -> bool {
    !NEVER_MET.contains(&condition)
}

pub(super) fn table() -> Vec<Made> {
    let mut table = Vec::new();
    for (list, conditions) in CONDITIONS {
        for one in *conditions {
            table.push(ignores(list, one));
            if may_be_met(one) {
                table.push(looks_next_door(list, one));
            }
            // Beside a condition that nothing meets, nothing is listed anyway.
            let others = conditions
                .iter()
                .filter(|other| *other != one && may_be_met(other));
            for other in others {
                table.push(ignores_beside(list, one, other));
                if one < other || !may_be_met(one) {
                    table.push(takes_either(list, one, other));
                }
            }
        }
    }
    table
}

/// The operation without this condition, if it is of this list and has it.
pub(super) fn without(
    operation: &Operation,
    list: &'static str,
    condition: &str,
) -> Option<Operation> {
    let mut other = operation.clone();
    let had = operation.name() == list && clear(&mut other, condition);
    had.then_some(other)
}

fn ignores(list: &'static str, condition: &'static str) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let Some(other) = without(operation, list, condition) else {
            return store.call(operation);
        };
        paged(
            operation,
            &whole(store.state, &other)?,
            &question(operation),
        )
    };
    made(Class::Filters, format!("{list} ignores {condition}"), layer)
}

fn ignores_beside(list: &'static str, condition: &'static str, beside: &'static str) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let other = without(operation, list, condition);
        let other = other.filter(|_| without(operation, list, beside).is_some());
        let Some(other) = other else {
            return store.call(operation);
        };
        paged(
            operation,
            &whole(store.state, &other)?,
            &question(operation),
        )
    };
    let name = format!("{list} ignores {condition} beside {beside}");
    made(Class::Filters, name, layer)
}

/// `OR` where it must be `AND`.
fn takes_either(list: &'static str, one: &'static str, other: &'static str) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        let both = (
            without(operation, list, one),
            without(operation, list, other),
        );
        let (Some(without_one), Some(without_other)) = both else {
            return store.call(operation);
        };
        let more = whole(store.state, &without_other)?;
        let all = edited(operation, whole(store.state, &without_one)?, |content| {
            join(content, more.content(), |_| true);
        });
        paged(operation, &all, &question(operation))
    };
    let name = format!("{list} takes {one} or {other}");
    made(Class::Filters, name, layer)
}

/// The condition on the workspace is missing in the branch of this condition.
fn looks_next_door(list: &'static str, condition: &'static str) -> Made {
    let layer = move |store: &mut Store<'_>, operation: &Operation| {
        if without(operation, list, condition).is_none() {
            return store.call(operation);
        }
        let others = store.next_door(operation);
        let all = edited(operation, whole(store.state, operation)?, |content| {
            others
                .iter()
                .for_each(|other| join(content, other.content(), |_| true));
        });
        paged(operation, &all, &question(operation))
    };
    made(
        Class::Filters,
        format!("{list} looks next door by {condition}"),
        layer,
    )
}
