//! Whatever one half writes, the other reads; whatever a stranger writes, nobody panics.

mod operations;
mod replies;

use std::collections::BTreeSet;

use access_groups_core::{AcsUserId, Error, FieldError, Operation};
use access_groups_protocol::{
    Action, Credential, Endpoint, Head, Payload, PresentedCredential, ReceivedHead, RequestLimits,
    RequestStyle, WITHOUT_WIRE, decode, encode, receive_head, respond, routes,
};
use http::{Request, Response};
use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree};
use serde_json::{Value, json};

use operations::operations;
use replies::reply_to;

proptest! {
    #[test]
    fn decode_of_encode_is_the_operation_in_every_style(operation in operations()) {
        for style in RequestStyle::all(&operation) {
            let request = encode(&operation, &Endpoint::default(), &key(), &style).expect("a request");
            let (head, body) = call(request);
            let credential = head.credential().expect("a key");
            prop_assert!(matches!(credential, PresentedCredential::ApiKey(key) if key.expose() == KEY));
            prop_assert_eq!(asked((head, body)), operation.clone());
        }
    }

    #[test]
    fn unknown_parameters_are_ignored_in_the_query_and_in_the_body(
        operation in operations(),
        name in "zz[a-z\\[\\]]{0,5}",
        value in ".{0,10}",
    ) {
        let mut request = encode(&operation, &Endpoint::default(), &key(), &RequestStyle::default()).expect("a request");
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair(&name, &value)
            .append_pair(&name, &value)
            .finish();
        *request.uri_mut() = format!("{}?{query}", request.uri()).parse().expect("an address");
        let mut body: Value = serde_json::from_slice(request.body()).expect("json");
        body[&name] = json!({"deep": [value]});
        *request.body_mut() = body.to_string().into_bytes().into();
        prop_assert_eq!(asked(call(request)), operation);
    }

    #[test]
    fn what_the_body_says_beats_what_the_query_says(
        operation in operations(),
        id in any::<u128>(),
    ) {
        let mut request = encode(&operation, &Endpoint::default(), &key(), &RequestStyle::default()).expect("a request");
        let body: Value = serde_json::from_slice(request.body()).expect("json");
        let other = AcsUserId::from_u128(id);
        let query: Vec<_> = body.as_object().expect("an object").keys()
            .map(|name| format!("{name}={other}"))
            .collect();
        *request.uri_mut() =
            format!("{}?{}", request.uri(), query.join("&")).parse().expect("an address");
        prop_assert_eq!(asked(call(request)), operation);
    }

    #[test]
    fn decode_of_respond_is_the_reply(
        operation in operations(),
        id in any::<u128>(),
        name in ".{1,8}",
        count in 0_usize..4,
    ) {
        let response = respond(&Ok(reply_to(&operation, id, &name, count)));
        prop_assert_eq!(response.status(), 200);
        // No text of a caller may hold U+0000, so an answer shows it as another character.
        let reply = reply_to(&operation, id, &name.replace('\0', "\u{fffd}"), count);
        prop_assert_eq!(decode(&operation, &response).expect("a reply"), reply);
    }

    #[test]
    fn decode_of_respond_is_the_error(operation in operations(), error in 0_usize..9) {
        let sent = errors().swap_remove(error);
        let (kind, code) = (sent.kind(), sent.code().map(str::to_owned));
        let (message, fields) = (sent.message().to_owned(), sent.fields().to_vec());
        let found = decode(&operation, &respond(&Err(sent))).expect_err("an error");
        prop_assert_eq!((found.kind(), found.code().map(str::to_owned)), (kind, code));
        prop_assert_eq!((found.message(), found.fields()), (message.as_str(), fields.as_slice()));
        prop_assert_eq!(found.operation(), Some(operation.name()));
    }

    #[test]
    fn no_request_makes_the_server_half_panic(
        method in select(vec!["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"]),
        path in select(paths()),
        query in "[a-z_=&%\\[\\]0-9+]{0,60}",
        kind in select(vec!["application/json", "text/plain", "", "application/json; \u{e9}"]),
        body in prop_oneof![vec(any::<u8>(), 0..60), json_bodies()],
    ) {
        let mut request = Request::builder().method(method).uri(format!("{path}?{query}"));
        if let Ok(kind) = http::HeaderValue::from_bytes(kind.as_bytes()) {
            request = request.header("content-type", kind);
        }
        let request = request.body(body).expect("a request");
        let (parts, body) = request.into_parts();
        if let ReceivedHead::Call(head) = receive_head(&parts) {
            let refused = head.credential().expect_err("no credential");
            prop_assert!(head.refuse(Some(&body), &refused).status().is_client_error());
            if let Err(error) = head.operation(&body, &RequestLimits::default()) {
                prop_assert!(respond(&Err(error)).status().is_client_error());
            }
        }
    }

    #[test]
    fn no_response_makes_the_client_half_panic(
        operation in operations(),
        status in 200_u16..=999,
        kind in select(vec!["application/json", "text/plain", ""]),
        body in prop_oneof![vec(any::<u8>(), 0..60), json_bodies()],
    ) {
        let response = Response::builder().status(status).header("content-type", kind);
        let result = decode(&operation, &response.body(body.into()).expect("a response"));
        if let Err(error) = result {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}

/// Every path, and one that is none.
fn paths() -> Vec<&'static str> {
    routes()
        .map(|route| route.path)
        .chain(["/acs/nowhere"])
        .collect()
}

#[test]
fn every_operation_has_a_route_and_is_tried() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut tried, mut sent_to) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..4000 {
        let operation = operations().new_tree(&mut runner).expect("one").current();
        let request = encode(
            &operation,
            &Endpoint::default(),
            &key(),
            &RequestStyle::default(),
        )
        .expect("a request");
        tried.insert(operation.name());
        sent_to.insert(request.uri().path().to_owned());
    }
    let on_wire = Operation::NAMES.iter().copied();
    let on_wire = on_wire.filter(|name| !WITHOUT_WIRE.contains(name));
    assert_eq!(tried, on_wire.collect());
    // Unmanaged groups and users are answered by the server half alone.
    let known = routes().filter(|route| !route.path.contains("/unmanaged/"));
    let known: BTreeSet<_> = known.map(|route| route.path.to_owned()).collect();
    assert_eq!(sent_to, known, "a route that no operation uses");
}

fn call(request: Request<Payload>) -> (Head, Payload) {
    let (parts, body) = request.into_parts();
    match receive_head(&parts) {
        ReceivedHead::Call(head) => (head, body),
        ReceivedHead::Answer(answer) => panic!("not a call: {answer:?}"),
    }
}

fn asked((head, body): (Head, Payload)) -> Operation {
    let asked = head.operation(&body, &RequestLimits::default());
    match asked.expect("a valid call") {
        Action::Call(operation) => operation,
        Action::Reply(reply) => panic!("answered without a port: {reply:?}"),
    }
}

fn key() -> Credential {
    Credential::api_key(KEY).expect("a key")
}

/// One of each kind.
fn errors() -> Vec<Error> {
    let field = |path: &str| FieldError {
        path: path.to_owned(),
        message: "Required".to_owned(),
    };
    vec![
        Error::unknown(AcsUserId::from_u128(1)),
        Error::invalid("2 Input Errors: a is required, b.0 is required")
            .with_fields(vec![field("a"), field("b.0")]),
        Error::unauthenticated("no such key"),
        Error::rate_limited("slow down"),
        Error::unavailable("down for the night").with_code("unavailable"),
        Error::timed_out("too slow").with_code("timed_out"),
        Error::conflict("changed meanwhile"),
        Error::unsupported("not here"),
        Error::internal("a bug"),
    ]
}

/// Bodies that look like the real thing, and are not.
fn json_bodies() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        Just(json!("00000000-0000-0000-0000-000000000001")),
    ];
    let value = leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(NAMES.to_vec()), inner), 0..5).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    });
    value.prop_map(|value| value.to_string().into_bytes())
}

const KEY: &str = "seam_test_1";

const NAMES: [&str; 12] = [
    "error",
    "type",
    "message",
    "validation_errors",
    "_errors",
    "ok",
    "acs_user_id",
    "acs_access_group_id",
    "acs_access_groups",
    "acs_user",
    "search",
    "errors",
];
