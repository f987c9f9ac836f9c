//! Requests to the server that have key and address in the wrong places.

use std::sync::Arc;

use access_groups_core::*;
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{Secret, routes};
use access_groups_server::Credentials;
use access_groups_tests::server::{RawResponse, TestServer, send};

use crate::{ADDRESS, KEY, debug_must_be_silent, log::Log, must_be_silent, must_not_show_key};

#[test]
fn no_request_to_the_server_leaves_them_behind() {
    let log = Log::of_process();
    let port = Arc::new(InMemory::new(site()));
    let credentials = Credentials::new().with_key(&Secret::new(KEY), port);
    debug_must_be_silent(&credentials);
    let server = TestServer::start(credentials);
    let (mut refusals, mut answers) = (0, 0);
    let mut see = |what: &str, response: &RawResponse| match response.status {
        200 => {
            // People who were asked for; never a key.
            must_not_show_key(what, &format!("{response:?}"));
            answers += 1;
        }
        _ => {
            must_be_silent(what, &format!("{response:?}"));
            refusals += 1;
        }
    };
    let known = format!("Bearer {KEY}");
    let bodies = [
        "{}".to_owned(),
        format!(r#"{{"{ADDRESS}": "{KEY}"}}"#),
        everything(ADDRESS),
        everything(KEY),
        format!("{KEY} {ADDRESS}"),
        format!(r#""{ADDRESS}""#),
        format!(r#"{{"a": {ADDRESS}}}"#),
    ];
    for route in routes() {
        for credential in [
            &known,
            &format!("Bearer x{KEY}"),
            &format!("{KEY} {ADDRESS}"),
        ] {
            for body in &bodies {
                let headers = [("authorization", credential.as_str()), JSON];
                let response = send(server.address(), "POST", route.path, &headers, body);
                see(route.path, &response);
            }
        }
        let query = format!(
            "{}?{KEY}={ADDRESS}&search={ADDRESS}&email={KEY}",
            route.path
        );
        for method in ["GET", KEY] {
            let headers = [("authorization", known.as_str())];
            see(
                route.path,
                &send(server.address(), method, &query, &headers, ""),
            );
        }
    }
    for (target, name) in [
        (format!("/{KEY}/{ADDRESS}"), "x-other"),
        (format!("/acs/users/get/{ADDRESS}"), KEY),
        (format!("/?{KEY}"), "x-other"),
    ] {
        let headers = [(name, ADDRESS), ("authorization", &known)];
        see(
            &target,
            &send(server.address(), "GET", &target, &headers, ""),
        );
    }
    must_be_silent("the log", &log.text());
    assert!(log.text().contains("answered"));
    assert!(refusals > 300 && answers > 10, "{refusals} {answers}");
    println!("requests: {}, refusals: {refusals}", refusals + answers);
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// Every parameter that a route has, each with this text, which few of them accept.
fn everything(text: &str) -> String {
    let names = [
        "acs_user_id",
        "acs_access_group_id",
        "acs_system_id",
        "acs_entrance_id",
        "full_name",
        "user_identity_id",
        "user_identity_key",
        "email",
        "email_address",
        "phone_number",
        "search",
        "page_cursor",
        "created_before",
        "access_schedule",
        "acs_access_group_ids",
        "acs_system_ids",
        "customer_key",
        "limit",
        "user_identity_email_address",
        "space_id",
        "connected_account_id",
    ];
    let fields = names.map(|name| format!(r#""{name}": "{text}""#));
    format!("{{{}}}", fields.join(", "))
}

fn site() -> State {
    let mut state = State::new();
    let system = AcsSystemId::from_u128(3);
    let sound = |result: Result<(), Error>| result.expect("sound");
    sound(state.insert_system(AcsSystem::new(system, "Main")));
    let user = AcsUser::new(AcsUserId::from_u128(1), system, ADDRESS).with_email_address(ADDRESS);
    sound(state.insert_user(user));
    state
}
