//! What goes wrong below HTTP looks the same through both HTTP adapters.

use std::{error::Error as _, net::TcpListener, process::Command, sync::LazyLock, time::Duration};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::ProxyVars;
use access_groups_tests::scripted::{Act, FakeTime, Identity, Scripted};
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
    check_with(script, Setup::default())
}

fn check_with(script: &[Act], setup: Setup) -> Trace {
    let traces = CLIENTS.map(|add| {
        let service = Scripted::start(script.to_vec());
        let time = FakeTime::default();
        let result = add(&service.url(), &time, &setup);
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

/// Settings that only some tests need.
#[derive(Clone, Default)]
struct Setup {
    root: Option<CertificateDer<'static>>,
    attempt_timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    call_timeout: Option<Duration>,
}

impl Setup {
    fn trusting(identity: &Identity) -> Self {
        let root = Some(identity.root());
        Self {
            root,
            ..Self::default()
        }
    }
}

/// Adds the user to the group at this address.
type Add = fn(&str, &FakeTime, &Setup) -> Result<(), Error>;

/// The builders have the same methods, and no type in common.
macro_rules! build {
    ($adapter:ident, $url:expr, $time:expr, $setup:expr) => {{
        let mut builder = $adapter::Client::builder(KEY)
            .endpoint($url)
            .body_limit(LIMIT)
            .proxy_vars(ProxyVars::default())
            .time($time.clone())
            .jitter_seed(1);
        if let Some(root) = &$setup.root {
            builder = builder.root_certificate(root.clone());
        }
        if let Some(timeout) = $setup.attempt_timeout {
            builder = builder.attempt_timeout(timeout);
        }
        if let Some(timeout) = $setup.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some(timeout) = $setup.call_timeout {
            builder = builder.timeout(timeout);
        }
        builder.build().expect("a client")
    }};
}

const CLIENTS: [Add; 2] = [
    |url, time, setup| RUNTIME.block_on(build!(http_async, url, time, setup).add_user(USER, GROUP)),
    |url, time, setup| build!(http_blocking, url, time, setup).add_user(USER, GROUP),
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

#[test]
fn passing_faults_are_retried_after_waits() {
    let trace = check(&[Act::status(503, "", ""), Act::HangUp, Act::ok()]);
    assert_eq!(trace.kind, None, "{trace:?}");
    assert_eq!(trace.connections, 3);
    let [first, second] = trace.waits.try_into().expect("two waits");
    assert!(first <= Duration::from_millis(50), "{first:?}");
    assert!(second <= Duration::from_millis(100), "{second:?}");
}

#[test]
fn retry_after_is_respected() {
    let trace = check(&[Act::status(429, "retry-after: 3\r\n", ""), Act::ok()]);
    assert_eq!(trace.kind, None, "{trace:?}");
    assert_eq!(trace.waits, [Duration::from_secs(3)]);
}

#[test]
fn a_broken_connection_is_ambiguous() {
    let trace = check(&[Act::HangUp, Act::HangUp, Act::HangUp]);
    assert_eq!(trace.kind, Some(ErrorKind::Unavailable));
    assert!(trace.ambiguous);
    let text = "add_user: the connection to PLACE broke (gave up after 3 attempts)";
    assert_eq!(trace.text.as_deref(), Some(text));
}

#[test]
fn half_an_answer_is_ambiguous() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\"";
    let trace = check(&[Act::Answer(half.into()), Act::HangUp, Act::HangUp]);
    assert_eq!(
        (trace.kind, trace.ambiguous),
        (Some(ErrorKind::Unavailable), true)
    );
}

#[test]
fn a_silent_service_times_out() {
    // Short, since it is waited for three times by each client, on the real clock.
    let setup = Setup {
        attempt_timeout: Some(Duration::from_millis(250)),
        ..Setup::default()
    };
    let Trace {
        kind,
        ambiguous,
        connections,
        ..
    } = check_with(&vec![Act::Stall; 3], setup);
    assert_eq!(
        (kind, ambiguous, connections),
        (Some(ErrorKind::TimedOut), true, 3)
    );
}

#[test]
fn a_refused_connection_is_not_ambiguous() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    for add in CLIENTS {
        let error =
            add(&url, &FakeTime::default(), &Setup::default()).expect_err("nothing listens");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!error.is_ambiguous());
        let text = format!("add_user: no connection to {url} (gave up after 3 attempts)");
        assert_eq!(error.to_string(), text);
        assert!(error.source().is_some());
    }
}

#[test]
fn an_unknown_name_is_not_ambiguous() {
    for add in CLIENTS {
        let error = add(
            "https://nobody.invalid",
            &FakeTime::default(),
            &Setup::trusting(&Identity::new()),
        );
        let error = error.expect_err("the name is unknown");
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
    let text = format!(
        "add_user: the answer has more than {LIMIT} bytes, the limit of the client: ask for less, \
         or raise its body_limit"
    );
    assert_eq!(trace.text, Some(text));
    let fitting = format!("{{\"ok\":true,\"more\":\"{}\"}}", "x".repeat(LIMIT - 21));
    assert_eq!(fitting.len(), LIMIT);
    assert_eq!(check(&[Act::status(200, "", &fitting)]).kind, None);
}

#[test]
fn an_announced_length_over_the_limit_is_not_read() {
    // Nothing of the body comes, and the connection stays open: whoever read on would wait.
    let head =
        "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\ncontent-type: application/json\r\n\r\n";
    let trace = check(&[Act::AnswerAndStall(head.into())]);
    assert_eq!(
        (trace.kind, trace.ambiguous, trace.connections),
        (Some(ErrorKind::Internal), true, 1)
    );
}

#[test]
fn an_endless_body_is_read_to_the_limit() {
    let chunks = format!("{:x}\r\n{}\r\n", LIMIT, "x".repeat(LIMIT)).repeat(2);
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let trace = check(&[Act::AnswerAndStall(format!("{head}{chunks}"))]);
    assert_eq!(
        (trace.kind, trace.ambiguous, trace.connections),
        (Some(ErrorKind::Internal), true, 1)
    );
}

#[test]
fn of_a_large_page_the_status_counts() {
    let check_page = |status: u16, shown: &str, kind| {
        let page = format!("<html>{}", "x".repeat(LIMIT));
        let length = page.len();
        let answer = Act::Answer(format!(
            "HTTP/1.1 {status} -\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n{page}"
        ));
        let trace = check(&[answer]);
        assert_eq!((trace.kind, trace.connections), (Some(kind), 1));
        let text = format!(
            "add_user: the answer has status {shown} (text/html, more than {LIMIT} bytes); this is \
             not the API: is it a sign-in page, or a proxy on the way?"
        );
        assert_eq!(trace.text, Some(text));
        trace.ambiguous
    };
    assert!(check_page(200, "200 OK", ErrorKind::Internal));
    assert!(!check_page(
        401,
        "401 Unauthorized",
        ErrorKind::Unauthenticated
    ));
    let proxy = "407 Proxy Authentication Required";
    assert!(!check_page(407, proxy, ErrorKind::Unavailable));
}

/// What comes of a success with so many headers, whose values have this size.
fn with_headers(count: usize, size: usize) -> Trace {
    let value = "x".repeat(size);
    let headers: String = (0..count)
        .map(|number| format!("x-{number}: {value}\r\n"))
        .collect();
    check(&[Act::status(200, &headers, r#"{"ok":true}"#)])
}

#[test]
fn headers_have_limits() {
    for (count, size) in [(120, 1), (60, 1000), (1, 65_000)] {
        assert_eq!(with_headers(count, size).kind, None, "{count} x {size}");
    }
    // hyper's own limit of size is the last.
    for (count, size) in [(130, 1), (70, 1000), (1, 65_540), (1, 500_000)] {
        let trace = with_headers(count, size);
        let text = "add_user: the headers of the answer of PLACE have more than 64 KiB or are more \
                    than 128: is there a proxy on the way?";
        assert_eq!(trace.text.as_deref(), Some(text), "{count} x {size}");
        assert_eq!(
            (trace.kind, trace.ambiguous, trace.connections),
            (Some(ErrorKind::Internal), true, 1)
        );
    }
}

#[test]
fn a_timeout_may_be_as_long_as_can_be() {
    let setup = Setup {
        attempt_timeout: Some(Duration::MAX),
        connect_timeout: Some(Duration::MAX),
        call_timeout: Some(Duration::MAX),
        ..Setup::default()
    };
    let script = [Act::status(503, "", ""), Act::HangUp, Act::ok()];
    let trace = check_with(&script, setup);
    assert_eq!((trace.kind, trace.connections), (None, 3), "{trace:?}");
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
fn tls_needs_the_services_root() {
    let identity = Identity::new();
    let stranger = Identity::new();
    for add in CLIENTS {
        let service = Scripted::start_tls(vec![Act::ok(), Act::ok()], &identity);
        let trusting = Setup::trusting(&identity);
        add(&service.url(), &FakeTime::default(), &trusting).expect("trusted");

        // Another root: so that there is one where the platform has none.
        let trusting = Setup::trusting(&stranger);
        let error = add(&service.url(), &FakeTime::default(), &trusting);
        let error = error.expect_err("not trusted");
        let text = format!(
            "add_user: the certificate of {} is not trusted: ",
            service.url()
        );
        assert!(error.to_string().starts_with(&text), "{error}");
        assert!(!error.is_ambiguous());
        assert_eq!(service.connections(), 2, "distrust is not repeated");
    }
}

#[test]
fn connecting_has_a_timeout_of_its_own() {
    // It accepts connections, and never begins a TLS handshake.
    let service = Scripted::start(vec![Act::Stall; 6]);
    let url = service.url().replace("http:", "https:");
    let setup = Setup {
        connect_timeout: Some(Duration::from_millis(200)),
        ..Setup::trusting(&Identity::new())
    };
    for add in CLIENTS {
        let error = add(&url, &FakeTime::default(), &setup);
        let error = error.expect_err("no connection");
        let text = format!("add_user: no connection to {url} (gave up after 3 attempts)");
        assert_eq!(error.to_string(), text);
        assert!(!error.is_ambiguous());
    }
}

#[test]
fn from_env_takes_no_proxy_for_loopback() {
    let service = Scripted::start(vec![Act::ok(), Act::ok()]);
    let unused = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let proxy = format!("http://{}", unused.local_addr().expect("an address"));
    drop(unused); // so that whoever used the proxy would fail
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
    for add in CLIENTS {
        let service = Scripted::start(vec![Act::status(401, "", &body)]);
        let error =
            add(&service.url(), &FakeTime::default(), &Setup::default()).expect_err("refused");
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains("[redacted]") && !shown.contains(KEY),
            "{shown}"
        );
    }
}

const KEY: &str = "seam_test_swordfish";
const LIMIT: usize = 200;
const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
