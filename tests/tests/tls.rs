//! Both HTTP adapters say why a certificate is refused, and when one side speaks TLS and the other
//! does not; nothing is sent again then.

use std::{
    error::Error as _,
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::ProxyVars;
use access_groups_tests::scripted::{Act, FakeTime, Identity, Scripted};
use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use rustls::pki_types::CertificateDer;
use tokio::runtime::Runtime;

/// Adds a user at this address, trusting this root.
type Add = fn(&str, CertificateDer<'static>) -> Result<(), Error>;

macro_rules! build {
    ($adapter:ident, $url:expr, $root:expr) => {
        $adapter::Client::builder("seam_test_x")
            .endpoint($url)
            .proxy_vars(ProxyVars::default())
            .root_certificate($root)
            .time(FakeTime::default())
            .build()
            .expect("a client")
    };
}

const CLIENTS: [Add; 2] = [
    |url, root| RUNTIME.block_on(build!(http_async, url, root).add_user(USER, GROUP)),
    |url, root| build!(http_blocking, url, root).add_user(USER, GROUP),
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Both adapters refuse the service's certificate at once, and say so.
fn check(service: &Identity, trusted: &Identity, reason: &str) {
    for add in CLIENTS {
        let served = Scripted::start_tls(vec![Act::ok(); 3], service);
        let error = add(&served.url(), trusted.root()).expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.code(), Some("untrusted_certificate"));
        assert!(!error.is_ambiguous() && !error.is_retryable());
        assert!(error.source().is_some());
        let text = error.to_string().replace(&served.url(), "PLACE");
        let start = "add_user: the certificate of PLACE is not trusted: ";
        let found = text.strip_prefix(start).expect("the usual start");
        let found = found.split(" it is 20").next().expect("a text"); // before today's date
        assert_eq!(found, reason);
        assert_eq!(served.connections(), 1, "tried once: {reason}");
    }
}

#[test]
fn an_expired_certificate_is_told_with_its_date() {
    let expired = Identity::signed(&["127.0.0.1"], |leaf| {
        leaf.not_before = date_time_ymd(2019, 1, 1);
        leaf.not_after = date_time_ymd(2020, 2, 29);
    });
    check(
        &expired,
        &expired,
        "it expired at 2020-02-29T00:00:00Z, and",
    );
}

#[test]
fn a_certificate_of_the_future_is_told_with_its_date() {
    let early = Identity::signed(&["127.0.0.1"], |leaf| {
        leaf.not_before = date_time_ymd(4000, 1, 1);
        leaf.not_after = date_time_ymd(4001, 1, 1);
    });
    check(
        &early,
        &early,
        "it is valid from 4000-01-01T00:00:00Z on, and",
    );
}

#[test]
fn a_certificate_of_others_is_told_with_its_names() {
    let other = Identity::signed(&["portal.example", "10.0.0.1"], |_| {});
    let reason = "it is for portal.example, 10.0.0.1, and not for 127.0.0.1: is the endpoint right, \
                  and is there a proxy or a sign-in page on the way?";
    check(&other, &other, reason);
}

#[test]
fn an_unknown_issuer_is_told_with_what_to_do() {
    let reason = "no trusted root has signed it: it is self-signed, its issuer is unknown, or a \
                  proxy on the way opens TLS. If you trust the issuer, install its root on this \
                  machine, name it in SSL_CERT_FILE, or give it to the client";
    check(&Identity::new(), &Identity::new(), reason);
    check(&Identity::self_signed(IsCa::NoCa), &Identity::new(), reason);
}

#[test]
fn an_authority_of_its_own_is_told_as_one() {
    let own = Identity::self_signed(IsCa::Ca(BasicConstraints::Unconstrained));
    let reason = "it is the certificate of an authority (CA:TRUE), as self-signed ones often are, \
                  and not that of a server: the service needs one that an authority has signed";
    check(&own, &Identity::new(), reason);
    check(&own, &own, reason);
}

#[test]
fn https_to_an_http_port_says_so() {
    for add in CLIENTS {
        // It waits for a line of HTTP, and gets the start of a handshake: this is how a server
        // answers that reads a line of it.
        let plain = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let service = AnswersAtOnce::start(plain);
        let url = service.url.replace("http:", "https:");
        let error = add(&url, Identity::new().root()).expect_err("no TLS");
        let text = format!(
            "add_user: {url} does not speak TLS: does it expect http, or is it another port?"
        );
        assert_eq!(error.to_string(), text);
        assert!(!error.is_ambiguous() && !error.is_retryable());
        assert_eq!(service.connections(), 1);
    }
}

#[test]
fn http_to_an_https_port_says_so() {
    let identity = Identity::new();
    for add in CLIENTS {
        let service = Scripted::start_tls(vec![Act::ok()], &identity);
        let url = service.url().replace("https:", "http:");
        let error = add(&url, identity.root()).expect_err("no HTTP");
        let text = format!("add_user: the answer of {url} is not HTTP: does it expect https?");
        assert_eq!(error.to_string(), text);
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(service.connections(), 1, "it would be the same again");
    }
}

/// A server that answers every connection with the same bytes once it has read a few.
struct AnswersAtOnce {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl AnswersAtOnce {
    fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                let answered = stream
                    .read(&mut [0; 4096])
                    .and_then(|_| stream.write_all(answer.as_bytes()));
                answered.expect("the client stays for the answer");
            }
        });
        Self { url, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
