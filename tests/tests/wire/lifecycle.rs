//! Cases that take several requests, each knowing what the one before answered, and cases of the
//! client's side: what both HTTP adapters do when the service is unavailable or busy.

use std::{collections::BTreeSet, time::Duration};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_in_memory::PropagationMode;
use access_groups_tests::{
    scripted::{Act, FakeTime, Scripted},
    server,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::row::{ADD, G1, I1, K1, Row, S1, Talk, U1, U1_G1, U2, U3, X, row, user_id};

/// F. Reads, page by page.
pub(crate) fn pages() -> Vec<Row> {
    vec![
        row(40, "three pages of one user").talks(|talk| {
            let (mut seen, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let target = match &cursor {
                    None => "/acs/users/list?limit=1&_strict=true".to_owned(),
                    Some(cursor) => {
                        let cursor = cursor.replace('+', "%2B").replace('=', "%3D");
                        format!("/acs/users/list?limit=1&page_cursor={cursor}&_strict=true")
                    }
                };
                let page = talk.ok("GET", &target, "");
                let users = page["acs_users"].as_array().expect("an array");
                assert_eq!(users.len(), 1, "{page}");
                seen.push(users[0]["acs_user_id"].as_str().expect("an id").to_owned());
                let pagination = &page["pagination"];
                assert_eq!(pagination["next_page_url"], Value::Null, "{page}");
                let next = pagination["next_page_cursor"].as_str();
                assert_eq!(pagination["has_next_page"], next.is_some(), "{page}");
                match next {
                    Some(next) => cursor = Some(next.to_owned()),
                    None => break,
                }
            }
            assert_eq!(seen.len(), 3);
            let once: BTreeSet<_> = seen.iter().map(String::as_str).collect();
            assert_eq!(once, BTreeSet::from([U1, U2, U3]));
        }),
        row(41, "a cursor with another limit, or filter").talks(|talk| {
            let page = talk.ok("POST", LIST, r#"{"limit": 1}"#);
            let cursor = &page["pagination"]["next_page_cursor"];
            assert!(cursor.is_string(), "{page}");
            let others = [
                json!({"limit": 2, "page_cursor": cursor}),
                json!({"page_cursor": cursor}),
                json!({"limit": 1, "acs_system_id": S1, "page_cursor": cursor}),
                json!({"limit": 1, "search": "u", "page_cursor": cursor}),
            ];
            for other in others {
                talk.fails(
                    "POST",
                    LIST,
                    &other.to_string(),
                    400,
                    "mismatched_page_parameters",
                );
            }
            let same = json!({"limit": 1, "page_cursor": cursor});
            talk.ok("POST", LIST, &same.to_string());
        }),
        row(42, "a limit that is none").talks(|talk| {
            for query in [
                "limit=0",
                "limit=-1",
                "limit=abc",
                "limit=1.5",
                "page_cursor=%21",
            ] {
                let target = format!("{LIST}?{query}");
                talk.fails("GET", &target, "", 400, "invalid_input");
            }
            // Base64, and no cursor of this service.
            talk.fails(
                "GET",
                &format!("{LIST}?page_cursor=AAAA"),
                "",
                400,
                "invalid_input",
            );
        }),
        row(43, "no parameters at all").talks(|talk| {
            for (method, body) in [("GET", ""), ("POST", ""), ("POST", "{}")] {
                let page = talk.ok(method, LIST, body);
                assert_eq!(page["acs_users"].as_array().expect("an array").len(), 3);
                let last = json!({
                    "has_next_page": false,
                    "next_page_cursor": null,
                    "next_page_url": null,
                });
                assert_eq!(page["pagination"], last);
            }
        }),
    ]
}

/// G. Lifecycle.
pub(crate) fn lifecycle() -> Vec<Row> {
    vec![
        row(44, "a new user, in a group at once")
            .leaves_a_new_user()
            .talks(|talk| {
                let ada = json!({
                    "acs_system_id": S1,
                    "full_name": "Ada",
                    "acs_access_group_ids": [G1],
                });
                let answer = talk.ok("POST", "/acs/users/create", &ada.to_string());
                let user = answer["acs_user"].as_object().expect("an object");
                let required = [
                    "acs_user_id", "acs_system_id", "workspace_id", "connected_account_id",
                    "created_at", "display_name", "is_managed", "errors", "warnings",
                    "last_successful_sync_at",
                ];
                for key in required {
                    assert!(user.contains_key(key), "{key} is missing: {user:?}");
                }
                assert_eq!((&user["full_name"], &user["is_managed"]), (&json!("Ada"), &json!(true)));
                let members = talk.ok("POST", LIST_USERS, &json!({GROUP: G1}).to_string());
                assert_eq!(members["acs_users"][0]["acs_user_id"], user["acs_user_id"]);
            })
            .then(|state| assert_eq!(state.acs_users().count(), 4)),
        row(44, "a full name without outer blanks, the number as it is")
            .leaves_a_new_user()
            .talks(|talk| {
                let blank = "\u{feff}  Mara Lind\u{a0} ";
                let mara = json!({
                    "acs_system_id": S1, "full_name": blank, "phone_number": " +1 555 ",
                    "acs_access_group_ids": [G1],
                });
                let answer = talk.ok("POST", "/acs/users/create", &mara.to_string());
                let user = &answer["acs_user"];
                assert_eq!(user["full_name"], "Mara Lind");
                assert_eq!(user["phone_number"], " +1 555 ");
                let id = &user["acs_user_id"];
                let update = json!({"acs_user_id": id, "full_name": " Mara  Lund "});
                talk.ok("POST", "/acs/users/update", &update.to_string());
                let get = json!({"acs_user_id": id}).to_string();
                let answer = talk.ok("POST", "/acs/users/get", &get);
                assert_eq!(answer["acs_user"]["full_name"], "Mara  Lund");
            }),
        row(44, "or not at all").talks(|talk| {
            let with = |group: &str| {
                json!({"acs_system_id": S1, "full_name": "Ada", "acs_access_group_ids": [G1, group]})
            };
            let unknown = with(X).to_string();
            talk.fails("POST", "/acs/users/create", &unknown, 404, "acs_access_group_not_found");
            let members = talk.ok("POST", LIST_USERS, &json!({GROUP: G1}).to_string());
            assert_eq!(members["acs_users"], json!([]));
        }),
        row(45, "a member is suspended for a while")
            .given(&[(U1, G1)])
            .leaves(&[(U1, G1)])
            .talks(|talk| {
                let user = json!({"acs_user_id": U1}).to_string();
                for (path, expected) in [("suspend", true), ("unsuspend", false)] {
                    talk.ok("POST", &format!("/acs/users/{path}"), &user);
                    let read = talk.ok("POST", "/acs/users/get", &user);
                    assert_eq!(read["acs_user"]["is_suspended"], expected, "{read}");
                    let members = talk.ok("POST", LIST_USERS, &json!({GROUP: G1}).to_string());
                    assert_eq!(members["acs_users"][0]["acs_user_id"], U1);
                }
            }),
        row(46, "a deleted user is in no group, and unknown")
            .given(&[(U1, G1)])
            .talks(|talk| {
                let user = json!({"acs_user_id": U1}).to_string();
                assert_eq!(talk.ok("POST", "/acs/users/delete", &user), json!({"ok": true}));
                let members = talk.ok("POST", LIST_USERS, &json!({GROUP: G1}).to_string());
                assert_eq!(members["acs_users"], json!([]));
                talk.fails("POST", ADD, U1_G1, 404, "acs_user_not_found");
            })
            .then(|state| assert!(state.acs_user(user_id(U1)).is_err())),
        row(47, "get of no user").talks(|talk| {
            let either = "Either acs_user_id, or user_identity_id with acs_system_id, is required";
            let error = talk.fails("POST", "/acs/users/get", "{}", 400, "invalid_input");
            assert_eq!(error["error"]["message"], either);
            talk.fails("GET", "/acs/users/get", "", 400, "invalid_input");
            // Half a selector, and two.
            let wrong = [
                json!({"user_identity_id": I1}),
                json!({"acs_system_id": S1}),
                json!({"acs_user_id": U1, "acs_system_id": S1}),
                json!({"acs_user_id": U1, "user_identity_id": I1, "acs_system_id": S1}),
            ];
            for wrong in wrong {
                talk.fails("POST", "/acs/users/get", &wrong.to_string(), 400, "invalid_input");
            }
            let selected = json!({"user_identity_id": I1, "acs_system_id": S1}).to_string();
            let user = talk.ok("POST", "/acs/users/get", &selected);
            assert_eq!(user["acs_user"]["acs_user_id"], U1);
        }),
        row(48, "a change that propagates later")
            .leaves(&[(U1, G1)])
            .talks(|talk| {
                talk.store
                    .update(|state| state.set_propagation(PropagationMode::Manual));
                let user = json!({"acs_user_id": U1}).to_string();
                let group = json!({GROUP: G1}).to_string();
                let pending = || {
                    let user = talk.ok("POST", "/acs/users/get", &user);
                    let group = talk.ok("POST", "/acs/access_groups/get", &group);
                    (
                        user["acs_user"]["pending_mutations"].clone(),
                        group["acs_access_group"]["pending_mutations"].clone(),
                    )
                };
                talk.ok("POST", ADD, U1_G1);
                let (on_user, on_group) = pending();
                assert_eq!(on_user[0]["mutation_code"], "updating_group_membership");
                assert_eq!(on_user[0]["from"], json!({GROUP: null}));
                assert_eq!(on_user[0]["to"], json!({GROUP: G1}));
                assert_eq!(on_group[0]["mutation_code"], "updating_user_membership");
                assert_eq!(on_group[0]["from"], json!({"acs_user_id": null}));
                assert_eq!(on_group[0]["to"], json!({"acs_user_id": U1}));
                // Listings show what was accepted.
                let members = talk.ok("POST", LIST_USERS, &group);
                assert_eq!(members["acs_users"][0]["acs_user_id"], U1);
                assert!(talk.store.propagate_all());
                assert_eq!(pending(), (json!([]), json!([])));
            }),
    ]
}

/// Case 49 says PUT, which is what an SDK sends; our clients send POST, which every
/// operation accepts, and repeat it all the same: what may be repeated is a property of the
/// operation. The count and the end are those of the case.
pub(crate) fn two_failures_are_retried() {
    for client in CLIENTS {
        let away = Act::status(503, "", "");
        let (result, waits, asked) = client(vec![away.clone(), away, Act::ok()], true);
        result.expect("the third attempt succeeds");
        assert_eq!((asked, waits.len()), (3, 2));
    }
}

/// Case 50 says DELETE: our clients send POST.
pub(crate) fn retry_after_is_respected() {
    for client in CLIENTS {
        let busy = Act::status(429, "retry-after: 1\r\n", "");
        let (result, waits, asked) = client(vec![busy, Act::ok()], false);
        result.expect("the second attempt succeeds");
        assert_eq!((asked, waits.len()), (2, 1));
        assert!(waits[0] >= Duration::from_secs(1), "{waits:?}");
    }
}

/// Adds, or removes, at a service that follows the script: how it ends, the waits between
/// attempts, and how many attempts reached the service.
type Client = fn(Vec<Act>, bool) -> (Result<(), Error>, Vec<Duration>, usize);

const CLIENTS: [Client; 2] = [
    |script, adds| {
        let (service, time) = (Scripted::start(script), FakeTime::default());
        let builder = http_async::Client::builder(K1).endpoint(service.url());
        let client = builder.time(time.clone()).build().expect("a client");
        let runtime = Runtime::new().expect("a runtime");
        let result = runtime.block_on(async {
            match adds {
                true => client.add_user(USER, GROUP_ID).await,
                false => client.remove_user(USER, GROUP_ID).await,
            }
        });
        (result, time.sleeps(), service.connections())
    },
    |script, adds| {
        let (service, time) = (Scripted::start(script), FakeTime::default());
        let builder = http_blocking::Client::builder(K1).endpoint(service.url());
        let client = builder.time(time.clone()).build().expect("a client");
        let result = match adds {
            true => client.add_user(USER, GROUP_ID),
            false => client.remove_user(USER, GROUP_ID),
        };
        (result, time.sleeps(), service.connections())
    },
];

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP_ID: AccessGroupId = AccessGroupId::from_u128(2);

impl Talk<'_> {
    /// A request that succeeds.
    fn ok(&self, method: &str, target: &str, body: &str) -> Value {
        let (status, answer) = self.send(method, target, body);
        assert_eq!(status, 200, "{method} {target} {body}: {answer}");
        assert_eq!(answer["ok"], true, "{answer}");
        answer
    }

    /// A request that is refused like this.
    fn fails(&self, method: &str, target: &str, body: &str, status: u16, code: &str) -> Value {
        let (found, answer) = self.send(method, target, body);
        assert_eq!(found, status, "{method} {target} {body}: {answer}");
        assert_eq!(
            (&answer["error"]["type"], &answer["ok"]),
            (&json!(code), &json!(false))
        );
        answer
    }

    fn send(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.key);
        let mut headers = vec![("authorization", bearer.as_str())];
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        let response = server::send(self.address, method, target, &headers, body);
        let answer = serde_json::from_str(&response.body);
        (
            response.status,
            answer.unwrap_or_else(|_| panic!("{response:?}")),
        )
    }
}

const GROUP: &str = "acs_access_group_id";
const LIST: &str = "/acs/users/list";
const LIST_USERS: &str = "/acs/access_groups/list_users";
