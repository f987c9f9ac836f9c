//! Each field of each request is read, written again, and refused where the contract refuses it.

mod case;

use access_groups_core::{Operation, Timestamp};
use serde_json::{Map, Value};

use crate::{
    contract::{CONTRACT, Fields, Kind, Location, Path, full, of_another_kind},
    differences::{NULL_IS_TAKEN, WRITTEN_UNDER_ANOTHER_NAME},
};
pub(crate) use case::candidates;
use case::{Accepted, Refusal, accepted, call, decode, each_field, encode, to_query};

#[test]
fn another_value_makes_another_operation() {
    each_field(&[], |case| {
        let other = decode(case.path, &case.with(case.other_value()))?;
        if other == Accepted::Unmanaged {
            return Ok(()); // whatever it asks for, the answer is the same
        }
        if other == decode(case.path, &case.request)? {
            return Err("two values make the same operation".to_owned());
        }
        match case.without().map(|without| decode(case.path, &without)) {
            Some(Ok(without)) if without == other => Err("its absence says the same".to_owned()),
            _ => Ok(()),
        }
    });
}

#[test]
fn fields_are_written_as_read() {
    each_field(WRITTEN_UNDER_ANOTHER_NAME, |case| {
        let accepted = decode(case.path, &case.request)?;
        let Accepted::Call(operation) = &accepted else {
            return Ok(()); // no operation, so nothing writes it
        };
        let (path, written) = encode(operation);
        if decode(&path, &written)? != accepted {
            return Err(format!("written to {path}, it is another operation"));
        }
        let (sent, written) = (case.value(), Value::from(written));
        match written.pointer(&case.place.pointer) {
            Some(written) if is_same(&sent, written) => Ok(()),
            other => Err(format!("read as {sent}, it is written as {other:?}")),
        }
    });
}

#[test]
fn exactly_the_required_fields_are_required() {
    each_field(&[], |case| {
        let Some(without) = case.without() else {
            return Ok(()); // an item of an array
        };
        let outcome = decode(case.path, &without);
        if case.place.shape.required {
            return case.is_refused(outcome);
        }
        // Two ids that together name something need each other, unless there is another way.
        if outcome.is_ok() || case.can_be_avoided() {
            return Ok(());
        }
        Err(format!("optional, and missed: {outcome:?}"))
    });
}

#[test]
fn null_is_accepted_where_nullable() {
    each_field(NULL_IS_TAKEN, |case| {
        let outcome = decode(case.path, &case.with(Value::Null));
        if !case.place.shape.nullable {
            return case.is_refused(outcome);
        }
        let accepted = outcome?;
        let Accepted::Call(operation) = &accepted else {
            return Ok(());
        };
        let (path, written) = encode(operation);
        if decode(&path, &written)? != accepted {
            return Err("null is written as something else".to_owned());
        }
        Ok(())
    });
}

#[test]
fn unfitting_values_are_refused() {
    each_field(&[], |case| {
        let shape = case.place.shape;
        let mut wrong = vec![of_another_kind(shape)];
        if shape.format.is_some() || !shape.values.is_empty() {
            wrong.push("nonsense".into());
        }
        if shape.min_length > 0 {
            wrong.push("x".repeat(shape.min_length - 1).into());
        }
        if let Some(minimum) = shape.minimum {
            let below = if shape.exclusive_minimum { 0 } else { 1 };
            wrong.push((i64::from(minimum) - below).into());
        }
        if shape.kind == Kind::Integer {
            wrong.push(1.5.into());
        }
        let mut outcomes = wrong
            .into_iter()
            .map(|value| decode(case.path, &case.with(value)));
        outcomes.try_for_each(|outcome| case.is_refused(outcome))
    });
}

#[test]
fn parameters_travel_where_the_contract_says() {
    for (path, operation) in &CONTRACT.paths {
        for fields in operation.request.alternatives() {
            for request in candidates(fields) {
                if let Ok(expected) = decode(path, &request) {
                    check_travel(path, operation, fields, &request, &expected);
                }
            }
        }
    }
}

fn check_travel(
    path: &str,
    operation: &Path,
    fields: &Fields,
    request: &Map<String, Value>,
    expected: &Accepted,
) {
    // The same fields with other values.
    let mut others = full(fields, 7);
    others.retain(|name, _| request.contains_key(name));
    let (others, query) = (to_query(&others), to_query(request));
    for method in &operation.methods {
        let check = |outcome: Result<Accepted, Refusal>| {
            assert_eq!(
                outcome.as_ref(),
                Ok(expected),
                "{method} {path} {request:?}"
            );
        };
        check(call(method, path, "", Some(request)));
        check(call(method, path, &others, Some(request)));
        if operation.location == Some(Location::Body) {
            let nothing = call(method, path, "", None);
            let found = call(method, path, &query, None);
            assert_eq!(found, nothing, "{method} {path}?{query}");
        } else {
            check(call(method, path, &query, None));
            check(call(method, path, &format!("{query}&_strict=true"), None));
        }
    }
}

#[test]
fn other_methods_are_refused() {
    for (path, operation) in &CONTRACT.paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if !operation.methods.iter().any(|allowed| allowed == method) {
                let refusal = call(method, path, "", None).expect_err("a refusal");
                assert_eq!(refusal.code, "method_not_allowed", "{method} {path}");
            }
        }
    }
}

/// An operation of a path; the reads of unmanaged resources have none.
pub(crate) fn an_operation(path: &str) -> Option<Operation> {
    let alternatives = CONTRACT.paths[path].request.alternatives();
    let request = alternatives
        .iter()
        .find_map(|fields| accepted(path, fields, |_| true));
    match decode(path, &request.expect("every path takes a request")) {
        Ok(Accepted::Call(operation)) => Some(operation),
        Ok(Accepted::Unmanaged) => None,
        Err(refusal) => panic!("{path}: {refusal:?}"),
    }
}

/// The same value, or the same instant in another notation.
fn is_same(one: &Value, other: &Value) -> bool {
    let instant = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let in_other =
                |(name, value)| other.get(name).is_some_and(|other| is_same(value, other));
            one.len() == other.len() && one.iter().all(in_other)
        }
        _ => one == other || instant(one).is_some_and(|one| instant(other) == Some(one)),
    }
}
