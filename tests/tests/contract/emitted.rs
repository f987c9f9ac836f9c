//! Each answer has its form: as protocol writes it, and as the server gives it over a site.

mod service;

use std::collections::{BTreeMap, BTreeSet};

use access_groups_in_memory::PropagationMode;
use access_groups_protocol::{decode, respond};
use http::Response;
use serde_json::{Value, json};

use crate::{
    contract::{CONTRACT, Path, full},
    differences::{NOTHING_TO_SHOW, judge_all},
    requests::an_operation,
    typed::sample,
    validate::{NOTHING, problems},
};
use service::Service;

#[test]
fn answers_are_read_and_written_again() {
    for (path, operation) in &CONTRACT.paths {
        let Some(asked) = an_operation(path) else {
            continue; // the server half answers it itself, and no client half reads it
        };
        let answer = full_answer(operation);
        let response = Response::builder().header("content-type", "application/json");
        let response = response
            .body(answer.to_string().into_bytes().into())
            .expect("a response");
        let reply = decode(&asked, &response).unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let written = respond(&Ok(reply));
        let mut body: Value = serde_json::from_slice(written.body()).expect("JSON");
        assert_eq!(problems_of(path, operation, &body), NOTHING);
        if operation.paginated {
            assert_eq!(
                body["pagination"]["next_page_url"],
                Value::Null,
                "not to be relied on"
            );
            body["pagination"]["next_page_url"] = answer["pagination"]["next_page_url"].clone();
        }
        assert_eq!(body, answer, "{path}");
    }
}

#[test]
fn server_answers_fit_the_contract() {
    let known = Service::new().known_ids();
    let mut verdicts = BTreeMap::new();
    for (path, operation) in &CONTRACT.paths {
        let shown = check_answers(path, operation, &known);
        let verdict = match shown {
            0 => Err("no answer shows anything".to_owned()),
            _ => Ok(()),
        };
        verdicts.insert(path.clone(), verdict);
    }
    judge_all(&verdicts, NOTHING_TO_SHOW);
}

#[test]
fn pending_and_refused_changes_fit_the_contract() {
    let service = Service::with(PropagationMode::Manual);
    let known = service.known_ids();
    let (users, groups) = (&known["acs_user_id"], &known["acs_access_group_id"]);
    let pairs = users
        .iter()
        .flat_map(|user| groups.iter().map(move |group| (user, group)));
    let mut joined = Vec::new();
    for (turn, (user, group)) in pairs.enumerate() {
        let pair = json!({"acs_user_id": user, "acs_access_group_id": group});
        let path = [ADD, REMOVE][turn % 2];
        if service.post(path, &pair).0 == 200 && path == ADD {
            joined.push((user, group, pair));
        }
    }
    for user in users {
        service.post("/acs/users/suspend", &json!({"acs_user_id": user}));
    }
    let system = &known["acs_system_id"][0];
    let new = json!({"acs_system_id": system, "full_name": "Ada Lovelace"});
    assert_eq!(service.post("/acs/users/create", &new).0, 200);
    let expected = [
        "acs_access_group updating_user_membership",
        "acs_user creating",
        "acs_user updating_group_membership",
        "acs_user updating_suspension_state",
    ];
    assert_eq!(codes_shown(&service), expected);

    service.store.propagate_all();
    let (user, group, pair) = &joined[0];
    let (user, group) = (user.parse().expect("an id"), group.parse().expect("an id"));
    service.store.refuse_next_change(user, group, "No.");
    assert_eq!(service.post(REMOVE, pair).0, 200);
    service.store.propagate_all();
    assert_eq!(
        codes_shown(&service),
        ["acs_user failed_to_update_on_acs_system"]
    );
}

/// The codes of all that is listed, which must fit the contract.
fn codes_shown(service: &Service) -> Vec<String> {
    let mut codes = BTreeSet::new();
    for (name, resource) in service.all_lists() {
        assert_eq!(problems(name, &CONTRACT.schemas[name], &resource), NOTHING);
        for (list, code) in [
            ("errors", "error_code"),
            ("pending_mutations", "mutation_code"),
        ] {
            let entries = resource[list].as_array().into_iter().flatten();
            let code = |entry: &Value| entry[code].as_str().expect("a code").to_owned();
            codes.extend(entries.map(|entry| format!("{name} {}", code(entry))));
        }
    }
    codes.into_iter().collect()
}

const ADD: &str = "/acs/users/add_to_access_group";
const REMOVE: &str = "/acs/users/remove_from_access_group";

/// Asks everything that the ids allow, of a service of its own; how many resources, or bare
/// successes, the answers show.
fn check_answers(path: &str, operation: &Path, known: &BTreeMap<String, Vec<String>>) -> usize {
    let service = Service::new();
    let mut shown = 0;
    for request in service::requests(operation, known) {
        let (status, body) = service.post(path, &request);
        let what = format!("{path} {request}: {body}");
        if status != 200 {
            assert!((400..500).contains(&status), "{status} {what}");
            continue;
        }
        assert_eq!(problems_of(path, operation, &body), NOTHING, "{what}");
        shown += match &operation.response {
            Some(response) if response.many => body[&response.key].as_array().map_or(0, Vec::len),
            _ => 1,
        };
        let next = &body["pagination"]["next_page_cursor"];
        if let Some(cursor) = next.as_str() {
            let mut request = request.clone();
            request["page_cursor"] = cursor.into();
            let (status, body) = service.post(path, &request);
            assert_eq!(status, 200, "{path} {request}: {body}");
            assert_eq!(problems_of(path, operation, &body), NOTHING, "{what}");
        }
    }
    shown
}

/// What is wrong with the body of a success.
fn problems_of(path: &str, operation: &Path, body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut rest = body.as_object().cloned().unwrap_or_default();
    if rest.remove("ok") != Some(true.into()) {
        wrong.push(format!("{path}: `ok` is not true"));
    }
    if operation.paginated {
        let pagination = rest.remove("pagination").unwrap_or_default();
        wrong.extend(problems(
            "pagination",
            &CONTRACT.schemas["pagination"],
            &pagination,
        ));
    }
    if let Some(response) = &operation.response {
        let (name, fields) = (&response.resource, &CONTRACT.schemas[&response.resource]);
        match (rest.remove(&response.key), response.many) {
            (Some(Value::Array(all)), true) => {
                wrong.extend(all.iter().flat_map(|one| problems(name, fields, one)));
            }
            (Some(one), false) => wrong.extend(problems(name, fields, &one)),
            (other, _) => wrong.push(format!("{path}: {} is {other:?}", response.key)),
        }
    }
    wrong.extend(rest.keys().map(|key| format!("{path}: {key} is unknown")));
    wrong
}

/// A success as the contract has it, with everything that it may show.
fn full_answer(operation: &Path) -> Value {
    let mut answer = json!({"ok": true});
    if operation.paginated {
        answer["pagination"] = full(&CONTRACT.schemas["pagination"], 0).into();
    }
    if let Some(response) = &operation.response {
        let fields = &CONTRACT.schemas[&response.resource];
        let one = |turn| sample(&response.resource, fields, turn);
        answer[&response.key] = match response.many {
            true => json!([one(0), one(1)]),
            false => one(0),
        };
    }
    answer
}
