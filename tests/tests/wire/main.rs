//! Seam's API as its clients see it: one table over raw HTTP, numbered like the conformance
//! cases of the API's description.

mod lifecycle;
mod row;

use std::collections::BTreeSet;

use serde_json::json;

use row::{
    ADD, ADD_USER, G1, G1_U1_QUERY, G2, I1, I2, I3, K2, REMOVE, REMOVE_USER, Row, S1, T, U1, U1_G1,
    U2, U3, V, W1, W2, X, check, group_id, identity_pair, pair, row, system_id, user_id,
};

#[test]
fn every_case_of_the_table() {
    let rows = [
        mission(),
        addressing(),
        not_found(),
        validation(),
        authentication(),
        reads(),
        lifecycle::pages(),
        lifecycle::lifecycle(),
    ]
    .concat();
    let clients: [(u8, fn()); 2] = [
        (49, lifecycle::two_failures_are_retried),
        (50, lifecycle::retry_after_is_respected),
    ];
    let numbers = rows.iter().map(|row| row.number);
    let numbers: BTreeSet<u8> = numbers.chain(clients.map(|(number, _)| number)).collect();
    assert_eq!(numbers, (1..=50).collect(), "every case has a row");
    rows.iter().for_each(check);
    clients.iter().for_each(|(_, check)| check());
}

/// A. Mission.
fn mission() -> Vec<Row> {
    vec![
        row(1, "the guide's add")
            .post(ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(2, "add with PUT")
            .send("PUT", ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(3, "the guide's remove")
            .given(&[(U1, G1)])
            .post(REMOVE, U1_G1)
            .ok()
            .leaves(&[]),
        row(4, "remove as the current SDKs do")
            .given(&[(U1, G1)])
            .send(
                "DELETE",
                &format!("{REMOVE}?{G1_U1_QUERY}&_strict=true"),
                "",
            )
            .ok()
            .leaves(&[]),
        row(5, "remove with DELETE and a body")
            .given(&[(U1, G1)])
            .send("DELETE", REMOVE, U1_G1)
            .ok()
            .leaves(&[]),
        row(6, "adding twice leaves one membership")
            .post(ADD, U1_G1)
            .post(ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(6, "which one removal ends")
            .post(ADD, U1_G1)
            .post(ADD, U1_G1)
            .post(REMOVE, U1_G1)
            .ok()
            .leaves(&[]),
        row(7, "removing a non-member")
            .given(&[(U1, G1)])
            .post(REMOVE, &pair(U2, G1))
            .ok()
            .leaves(&[(U1, G1)]),
        row(8, "leaving one of two groups")
            .post(ADD, U1_G1)
            .post(ADD, &pair(U1, G2))
            .post(REMOVE, U1_G1)
            .ok()
            .leaves(&[(U1, G2)]),
        row(9, "an unknown field")
            .post(
                ADD,
                &format!("{}, \"extra\": 1}}", U1_G1.trim_end_matches('}')),
            )
            .ok()
            .leaves(&[(U1, G1)]),
    ]
}

/// B. Addressing.
fn addressing() -> Vec<Row> {
    let by_user = pair(U2, G1);
    let either = "Either acs_user_id or user_identity_id is required";
    let both = json!({"acs_user_id": U1, "user_identity_id": I1, "acs_access_group_id": G1});
    let group_only = json!({"acs_access_group_id": G1}).to_string();
    let disagreeing = format!("{REMOVE}?{G1_U1_QUERY}");
    vec![
        row(10, "add through the group")
            .post(ADD_USER, &by_user)
            .ok()
            .leaves(&[(U2, G1)]),
        row(10, "and list its users")
            .post(ADD_USER, &by_user)
            .post("/acs/access_groups/list_users", &group_only)
            .lists("acs_users", "acs_user_id", &[U2])
            .leaves(&[(U2, G1)]),
        row(11, "an identity joins as its linked user")
            .post(ADD_USER, &identity_pair(I1, G1))
            .ok()
            .leaves(&[(U1, G1)])
            .then(|state| assert_eq!(state.acs_users().count(), 3, "nobody was created")),
        row(12, "an identity is linked by its e-mail address")
            .post(ADD_USER, &identity_pair(I2, G1))
            .ok()
            .leaves(&[(U2, G1)])
            .then(|state| {
                let user = state.acs_user(user_id(U2)).expect("still there");
                assert_eq!(user.user_identity_id.as_deref(), Some(I2));
                assert_eq!(state.acs_users().count(), 3, "nobody was created");
            }),
        row(13, "an identity that matches nobody gets a user")
            .post(ADD_USER, &identity_pair(I3, G1))
            .ok()
            .leaves_a_new_user()
            .then(|state| {
                assert_eq!(state.acs_users().count(), 4);
                let members: Vec<_> = state.members_of(group_id(G1)).collect();
                let user = state.acs_user(members[0]).expect("just created");
                assert_eq!(user.user_identity_id.as_deref(), Some(I3));
                assert_eq!(user.acs_system_id, system_id(S1));
            }),
        row(14, "remove an identity")
            .given(&[(U1, G1)])
            .post(REMOVE, &identity_pair(I1, G1))
            .ok()
            .leaves(&[]),
        row(14, "and through the group")
            .given(&[(U1, G1)])
            .send("DELETE", REMOVE_USER, &identity_pair(I1, G1))
            .ok()
            .leaves(&[]),
        row(14, "without a linked user, nothing happens")
            .given(&[(U2, G1)])
            .post(REMOVE, &identity_pair(I2, G1))
            .ok()
            .leaves(&[(U2, G1)])
            .then(|state| assert_eq!(state.acs_users().count(), 3, "nobody was created")),
        row(15, "both named")
            .post(ADD_USER, &both.to_string())
            .fails(400, "invalid_input")
            .says("Only one of acs_user_id and user_identity_id may be given"),
        row(16, "add of no user")
            .post(ADD_USER, &group_only)
            .fails(400, "invalid_input")
            .says(either)
            .explains(json!({"_errors": [either]})),
        row(16, "remove of no user")
            .post(REMOVE_USER, &group_only)
            .fails(400, "invalid_input"),
        row(16, "remove of no user, as the guide writes it")
            .post(REMOVE, &group_only)
            .fails(400, "invalid_input")
            .says(either),
        row(17, "query and body disagree: the body wins")
            .given(&[(U1, G1), (U2, G1)])
            .send("DELETE", &disagreeing, &by_user)
            .ok()
            .leaves(&[(U1, G1)]),
    ]
}

/// C. Not found.
fn not_found() -> Vec<Row> {
    vec![
        row(18, "unknown user")
            .post(ADD, &pair(X, G1))
            .fails(404, "acs_user_not_found"),
        row(19, "unknown group")
            .post(ADD, &pair(U1, X))
            .fails(404, "acs_access_group_not_found"),
        row(20, "both unknown")
            .post(ADD, &pair(X, X))
            .fails(404, "acs_user_not_found"),
        row(21, "a user of another workspace")
            .post(ADD, &pair(V, G1))
            .fails(404, "acs_user_not_found"),
        row(21, "a caller of another workspace")
            .key(K2)
            .post(ADD, U1_G1)
            .fails(404, "acs_user_not_found"),
        row(22, "a group of another system")
            .post(ADD, &pair(U3, G1))
            .fails(400, "invalid_input"),
        row(22, "and out of it: never a member")
            .post(REMOVE, &pair(U3, G1))
            .ok(),
    ]
}

/// D. Validation.
fn validation() -> Vec<Row> {
    let twice = format!("{REMOVE}?acs_user_id={U1}&acs_user_id={U1}&acs_access_group_id={G1}");
    vec![
        row(23, "nothing given")
            .post(ADD, "{}")
            .fails(400, "invalid_input")
            .says("2 Input Errors: acs_user_id is required, acs_access_group_id is required")
            .explains(json!({
                "_errors": [],
                "acs_user_id": {"_errors": ["Required"]},
                "acs_access_group_id": {"_errors": ["Required"]},
            })),
        row(23, "no body at all")
            .send("PUT", ADD, "")
            .fails(400, "invalid_input"),
        row(24, "no group")
            .post(ADD, &format!("{{\"acs_user_id\": \"{U1}\"}}"))
            .fails(400, "invalid_input")
            .says("acs_access_group_id is required"),
        row(25, "a number and a null")
            .post(ADD, "{\"acs_user_id\": 5, \"acs_access_group_id\": null}")
            .fails(400, "invalid_input")
            .says(
                "2 Input Errors: Expected string, received number for \"acs_user_id\", \
                 Expected string, received null for \"acs_access_group_id\"",
            )
            .explains(json!({
                "_errors": [],
                "acs_user_id": {"_errors": ["Expected string, received number"]},
                "acs_access_group_id": {"_errors": ["Expected string, received null"]},
            })),
        row(26, "a malformed id")
            .post(ADD, &pair("abc", G1))
            .fails(400, "invalid_input")
            .says("Invalid uuid for \"acs_user_id\"")
            .explains(json!({"_errors": [], "acs_user_id": {"_errors": ["Invalid uuid"]}})),
        not_an_object("[]", "array"),
        not_an_object("\"x\"", "string"),
        not_an_object("null", "null"),
        row(28, "malformed JSON")
            .post(ADD, "{\"acs_user_id\":")
            .plain(400, "Invalid JSON"),
        row(28, "without credentials")
            .no_key()
            .post(ADD, "{")
            .plain(400, "Invalid JSON"),
        row(29, "plain text")
            .content_type("text/plain")
            .post(ADD, U1_G1)
            .fails(400, "invalid_content_type"),
        row(29, "a form")
            .content_type("application/x-www-form-urlencoded")
            .post(ADD, G1_U1_QUERY)
            .fails(400, "invalid_content_type"),
        row(30, "a field twice")
            .send("DELETE", &twice, "")
            .fails(400, "invalid_query_params"),
    ]
}

fn not_an_object(body: &str, name: &str) -> Row {
    let complaint = format!("Expected object, received {name}");
    row(27, "a body that is no object")
        .post(ADD, body)
        .fails(400, "invalid_input")
        .says(&complaint)
        .explains(json!({"_errors": [complaint]}))
}

/// E. Authentication and method.
fn authentication() -> Vec<Row> {
    vec![
        row(31, "no credential")
            .no_key()
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(31, "an unknown key")
            .key("seam_nobody")
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(31, "an unknown key learns nothing of the method")
            .key("seam_nobody")
            .send("GET", ADD, "")
            .fails(401, "unauthorized"),
        row(31, "nor of the fields")
            .key("seam_nobody")
            .post(ADD, "{}")
            .fails(401, "unauthorized"),
        row(32, "a token without a workspace")
            .key(T)
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(32, "a token for an unknown workspace")
            .key(T)
            .workspace(X)
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(32, "a token for somebody else's workspace")
            .key(T)
            .workspace(W2)
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(32, "a token for what is no workspace")
            .key(T)
            .workspace("north")
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(33, "a token with its workspace")
            .key(T)
            .workspace(W1)
            .post(ADD, U1_G1)
            .ok()
            .leaves(&[(U1, G1)]),
        row(34, "a client session token")
            .key("seam_cst1_token")
            .post(ADD, U1_G1)
            .fails(401, "unauthorized"),
        row(35, "GET of a change")
            .send("GET", ADD, "")
            .fails(405, "method_not_allowed")
            .says("only PUT,POST accepted"),
        row(35, "PATCH of a change")
            .send("PATCH", ADD, U1_G1)
            .fails(405, "method_not_allowed")
            .says("only PUT,POST accepted"),
        row(36, "the same without credentials")
            .no_key()
            .send("GET", ADD, "")
            .fails(401, "unauthorized"),
        row(37, "unknown path")
            .post("/acs/users/promote", U1_G1)
            .plain(404, "404"),
        row(37, "trailing slash")
            .post(&format!("{ADD}/"), U1_G1)
            .plain(404, "404"),
    ]
}

/// F. Reads.
fn reads() -> Vec<Row> {
    let get = format!("/acs/access_groups/get?acs_access_group_id={G1}&_strict=true");
    let list = format!("/acs/access_groups/list?acs_user_id={U1}&_strict=true");
    let group = json!({
        "acs_access_group_id": G1,
        "acs_system_id": S1,
        "workspace_id": "00000000-0000-0000-0000-000000000000",
        "connected_account_id": "00000000-0000-0000-0000-000000000000",
        "name": "G1",
        "display_name": "G1",
        "external_type": "brivo_group",
        "external_type_display_name": "Brivo group",
        "access_group_type": "brivo_group",
        "access_group_type_display_name": "Brivo group",
        "created_at": "1970-01-01T00:00:00.000Z",
        "is_managed": true,
        "errors": [],
        "warnings": [],
        "pending_mutations": [],
    });
    let one = json!({"acs_access_group": group, "ok": true});
    let by_post = json!({"acs_access_group_id": G1}).to_string();
    vec![
        row(38, "the groups of a user")
            .given(&[(U1, G1), (U2, G2)])
            .send("GET", &list, "")
            .answers(json!({"acs_access_groups": [group], "ok": true}))
            .leaves(&[(U1, G1), (U2, G2)]),
        row(39, "a group by GET")
            .send("GET", &get, "")
            .answers(one.clone()),
        row(39, "a group by POST")
            .post("/acs/access_groups/get", &by_post)
            .answers(one),
    ]
}
