//! What goes wrong below HTTP looks the same through both HTTP adapters.

use std::{error::Error as _, net::TcpListener, process::Command, time::Duration};

use access_groups_core::{
    AccessGroupId, AccessGroupPort, AcsUserId, BlockingAccessGroupPort, Error, ErrorKind,
};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use access_groups_protocol::{Credential, Endpoint, RetryPolicy};
use access_groups_tests::{
    scripted::{Act, Identity, Scripted},
    time::FakeTime,
};
use rustls::pki_types::CertificateDer;
use tokio::runtime::Runtime;

/// What one adapter made of a script: the error, and the waits between its attempts.
#[derive(Debug, PartialEq)]
struct Trace {
    kind: Option<ErrorKind>,
    text: Option<String>,
    ambiguous: bool,
    request_id: Option<String>,
    waits: Vec<Duration>,
    connections: usize,
}

/// Runs the script against both adapters, which must agree on everything.
fn check(script: &[Act]) -> Trace {
    let traces = [add_async, add_blocking].map(|add| {
        let service = Scripted::start(script.to_vec());
        let time = FakeTime::default();
        let result = add(&service.url(), &time, None);
        trace(result, &service, &time)
    });
    let [through_async, through_blocking] = traces;
    assert_eq!(through_async, through_blocking);
    through_async
}

fn trace(result: Result<(), Error>, service: &Scripted, time: &FakeTime) -> Trace {
    let error = result.err();
    // The place differs from run to run.
    let text = error
        .as_ref()
        .map(|error| error.to_string().replace(&service.url(), "PLACE"));
    Trace {
        kind: error.as_ref().map(Error::kind),
        text,
        ambiguous: error.as_ref().is_some_and(Error::is_ambiguous),
        request_id: error
            .as_ref()
            .and_then(Error::request_id)
            .map(str::to_owned),
        waits: time.sleeps(),
        connections: service.connections(),
    }
}

type Add = fn(&str, &FakeTime, Option<CertificateDer<'static>>) -> Result<(), Error>;

fn add_async(
    url: &str,
    time: &FakeTime,
    root: Option<CertificateDer<'static>>,
) -> Result<(), Error> {
    let mut builder = HttpAsync::builder(key())
        .endpoint(endpoint(url))
        .body_limit(LIMIT)
        .time(time.clone())
        .jitter_seed(1);
    if let Some(root) = root {
        builder = builder.root_certificate(root);
    }
    let adapter = builder.build().expect("an adapter");
    Runtime::new()
        .expect("a runtime")
        .block_on(adapter.add_user(USER.into(), GROUP))
}

fn add_blocking(
    url: &str,
    time: &FakeTime,
    root: Option<CertificateDer<'static>>,
) -> Result<(), Error> {
    let mut builder = HttpBlocking::builder(key())
        .endpoint(endpoint(url))
        .body_limit(LIMIT)
        .time(time.clone())
        .jitter_seed(1);
    if let Some(root) = root {
        builder = builder.root_certificate(root);
    }
    builder
        .build()
        .expect("an adapter")
        .add_user(USER.into(), GROUP)
}

#[test]
fn passing_faults_are_repeated_with_growing_waits() {
    let trace = check(&[Act::status(503, "", ""), Act::HangUp, Act::ok()]);
    assert_eq!(trace.kind, None, "{trace:?}");
    assert_eq!(trace.connections, 3);
    let [first, second] = trace.waits.try_into().expect("two waits");
    assert!((200..=240).contains(&first.as_millis()), "{first:?}");
    assert!((400..=480).contains(&second.as_millis()), "{second:?}");
}

#[test]
fn a_service_that_asks_for_time_gets_it() {
    let trace = check(&[Act::status(429, "retry-after: 3\r\n", ""), Act::ok()]);
    assert_eq!(trace.kind, None, "{trace:?}");
    assert!(
        (3000..=3600).contains(&trace.waits[0].as_millis()),
        "{trace:?}"
    );
}

#[test]
fn a_broken_connection_leaves_the_change_in_doubt() {
    let trace = check(&[Act::HangUp, Act::HangUp, Act::HangUp]);
    assert_eq!(trace.kind, Some(ErrorKind::Unavailable));
    assert!(trace.ambiguous);
    let text = "add_user: the connection to PLACE broke (gave up after 3 attempts)";
    assert_eq!(trace.text.as_deref(), Some(text));
}

#[test]
fn half_an_answer_leaves_the_change_in_doubt() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\"";
    let trace = check(&[Act::Answer(half.into()), Act::HangUp, Act::HangUp]);
    assert_eq!(
        (trace.kind, trace.ambiguous),
        (Some(ErrorKind::Unavailable), true)
    );
}

#[test]
fn a_service_that_never_answers_is_timed_out() {
    let mut impatient = RetryPolicy::default();
    impatient.attempt_timeout = Duration::from_millis(500);
    let service = || Scripted::start(vec![Act::Stall; 3]);

    let (stalled, time) = (service(), FakeTime::default());
    let through_async = HttpAsync::builder(key())
        .endpoint(endpoint(&stalled.url()))
        .policy(impatient)
        .time(time.clone())
        .jitter_seed(1)
        .build()
        .expect("an adapter");
    let runtime = Runtime::new().expect("a runtime");
    let result = runtime.block_on(through_async.add_user(USER.into(), GROUP));
    let through_async = trace(result, &stalled, &time);

    let (stalled, time) = (service(), FakeTime::default());
    let through_blocking = HttpBlocking::builder(key())
        .endpoint(endpoint(&stalled.url()))
        .policy(impatient)
        .time(time.clone())
        .jitter_seed(1)
        .build()
        .expect("an adapter");
    let through_blocking = trace(
        through_blocking.add_user(USER.into(), GROUP),
        &stalled,
        &time,
    );

    assert_eq!(through_async, through_blocking);
    let Trace {
        kind,
        ambiguous,
        connections,
        ..
    } = through_async;
    assert_eq!(
        (kind, ambiguous, connections),
        (Some(ErrorKind::TimedOut), true, 3)
    );
}

#[test]
fn a_service_that_is_not_there_leaves_nothing_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    for add in [add_async as Add, add_blocking] {
        let error = add(&url, &FakeTime::default(), None).expect_err("nobody is there");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!error.is_ambiguous());
        let text = format!("add_user: no connection to {url} (gave up after 3 attempts)");
        assert_eq!(error.to_string(), text);
        assert!(error.source().is_some());
    }
}

#[test]
fn a_name_that_nobody_has_leaves_nothing_in_doubt() {
    for add in [add_async as Add, add_blocking] {
        let error = add(
            "https://nobody.invalid",
            &FakeTime::default(),
            Some(Identity::new().root()),
        );
        let error = error.expect_err("nobody has that name");
        assert_eq!(
            (error.kind(), error.is_ambiguous()),
            (ErrorKind::Unavailable, false)
        );
        let text = "add_user: no connection to https://nobody.invalid (gave up after 3 attempts)";
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Scripted::start(vec![Act::ok()]);
    let location = format!("location: {}/\r\n", elsewhere.url());
    let trace = check(&[Act::status(307, &location, "")]);
    assert_eq!(
        (trace.kind, trace.connections),
        (Some(ErrorKind::Invalid), 1)
    );
    assert!(trace.text.expect("an error").contains(&elsewhere.url()));
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn an_answer_over_the_limit_is_refused() {
    let long = format!("{{\"ok\":true,\"more\":\"{}\"}}", "x".repeat(LIMIT));
    let trace = check(&[Act::status(200, "", &long)]);
    assert_eq!(
        (trace.kind, trace.ambiguous),
        (Some(ErrorKind::Internal), true)
    );
    let text = format!("add_user: the answer has more than {LIMIT} bytes");
    assert_eq!(trace.text, Some(text));
    let fitting = format!("{{\"ok\":true,\"more\":\"{}\"}}", "x".repeat(LIMIT - 21));
    assert_eq!(fitting.len(), LIMIT);
    assert_eq!(check(&[Act::status(200, "", &fitting)]).kind, None);
}

#[test]
fn a_refusal_names_its_request() {
    let body = r#"{"error":{"type":"acs_user_not_found","message":"No such user"},"ok":false}"#;
    let trace = check(&[Act::status(404, "seam-request-id: req_9\r\n", body)]);
    assert_eq!(trace.kind, Some(ErrorKind::NotFound));
    assert_eq!(trace.request_id.as_deref(), Some("req_9"));
    assert!(trace.waits.is_empty(), "{trace:?}");
}

#[test]
fn tls_succeeds_with_the_services_root_and_fails_without() {
    let identity = Identity::new();
    let stranger = Identity::new();
    for add in [add_async as Add, add_blocking] {
        let service = Scripted::start_tls(vec![Act::ok(), Act::ok()], &identity);
        add(&service.url(), &FakeTime::default(), Some(identity.root())).expect("trusted");

        // Another root: so that there is one where the platform has none.
        let error = add(&service.url(), &FakeTime::default(), Some(stranger.root()));
        let error = error.expect_err("not trusted");
        let text = format!(
            "add_user: the certificate of {} is not trusted",
            service.url()
        );
        assert_eq!(error.to_string(), text);
        assert!(!error.is_ambiguous());
        assert_eq!(service.connections(), 2, "distrust is not repeated");
    }
}

#[test]
fn connecting_has_a_limit_of_its_own_and_leaves_nothing_in_doubt() {
    // It takes connections, and never says a word of TLS.
    let service = Scripted::start(vec![Act::Stall; 6]);
    let url = service.url().replace("http:", "https:");
    let root = Identity::new().root();
    let limit = Duration::from_millis(200);
    let through_async = HttpAsync::builder(key())
        .endpoint(endpoint(&url))
        .root_certificate(root.clone())
        .connect_timeout(limit)
        .time(FakeTime::default())
        .build()
        .expect("an adapter");
    let through_blocking = HttpBlocking::builder(key())
        .endpoint(endpoint(&url))
        .root_certificate(root)
        .connect_timeout(limit)
        .time(FakeTime::default())
        .build()
        .expect("an adapter");
    let runtime = Runtime::new().expect("a runtime");
    for error in [
        runtime.block_on(through_async.add_user(USER.into(), GROUP)),
        through_blocking.add_user(USER.into(), GROUP),
    ] {
        let error = error.expect_err("no connection");
        let text = format!("add_user: no connection to {url} (gave up after 3 attempts)");
        assert_eq!(error.to_string(), text);
        assert!(!error.is_ambiguous());
    }
}

#[test]
fn the_environment_names_credential_and_endpoint_and_no_proxy_sees_plain_http() {
    let service = Scripted::start(vec![Act::ok(), Act::ok()]);
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let proxy = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let child = Command::new(env!("CARGO_BIN_EXE_from_env"))
        .env_clear()
        .env("SEAM_API_KEY", KEY)
        .env("SEAM_ENDPOINT", service.url())
        .envs(["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"].map(|name| (name, &proxy)))
        .output()
        .expect("it runs");
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stderr)
    );
    assert_eq!(service.connections(), 2);
}

#[test]
fn the_credential_is_in_no_error() {
    let body = format!(r#"{{"error":{{"type":"unauthorized","message":"no key {KEY}"}}}}"#);
    for add in [add_async as Add, add_blocking] {
        let service = Scripted::start(vec![Act::status(401, "", &body)]);
        let error = add(&service.url(), &FakeTime::default(), None).expect_err("refused");
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("[redacted]") && !shown.contains(KEY),
            "{shown}"
        );
    }
}

fn key() -> Credential {
    Credential::api_key(KEY).expect("a key")
}

fn endpoint(url: &str) -> Endpoint {
    url.parse().expect("an endpoint")
}

const KEY: &str = "seam_test_swordfish";
const LIMIT: usize = 200;
const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
