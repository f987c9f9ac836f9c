//! Both HTTP adapters use the same proxy for the same variables, or none.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    num::NonZeroU32,
    process::Command,
    sync::{
        LazyLock,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_protocol::{BuildError, ProxyVars, RetryPolicy};
use access_groups_tests::scripted::{Act, Identity, Scripted};
use tokio::runtime::Runtime;

/// A proxy that shows the head of each request.
struct Proxy {
    address: SocketAddr,
    heads: Receiver<String>,
}

impl Proxy {
    /// It tunnels to this address whatever it is asked for; without one, it refuses.
    fn start(target: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (sender, heads) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n")
                    && reader.read_line(&mut head).is_ok_and(|n| n > 0)
                {}
                // Before the answer: whoever has it finds the head.
                let _ = sender.send(head);
                thread::spawn(move || answer(reader.into_inner(), target).ok());
            }
        });
        Self { address, heads }
    }

    fn head(&self) -> Option<String> {
        self.heads.try_iter().next()
    }
}

fn answer(mut client: TcpStream, target: Option<SocketAddr>) -> io::Result<()> {
    let Some(target) = target else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    };
    let mut service = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, service.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut service, &mut client).map(drop)
}

/// Adds a user through the adapter, and shows the client.
type Add = fn(&str, ProxyVars, &Identity) -> Result<(Result<(), Error>, String), BuildError>;

/// The builders have the same methods, and no type in common.
macro_rules! build {
    ($adapter:ident, $url:expr, $vars:expr, $identity:expr) => {
        $adapter::Client::builder("seam_test_x")
            .endpoint($url)
            .proxy_vars($vars)
            .root_certificate($identity.root())
            .retry_policy(RetryPolicy::default().with_attempts(NonZeroU32::MIN))
            .timeout(Duration::from_secs(20))
            .build()
    };
}

const CLIENTS: [Add; 2] = [
    |url, vars, identity| {
        let client = build!(http_async, url, vars, identity)?;
        let result = RUNTIME.block_on(client.add_user(USER, GROUP));
        Ok((result, format!("{client:?}")))
    },
    |url, vars, identity| {
        let client = build!(http_blocking, url, vars, identity)?;
        let result = client.add_user(USER, GROUP);
        Ok((result, format!("{client:?}")))
    },
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::new);

/// `PROXY` in a value is the address of the proxy.
fn vars(table: &[(&str, &str)], proxy: SocketAddr) -> ProxyVars {
    ProxyVars::from_vars(|name| {
        let found = table.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.replace("PROXY", &proxy.to_string()))
    })
}

fn check(table: &[(&str, &str)], url: &str, proxied: bool) {
    for add in CLIENTS {
        let proxy = Proxy::start(None);
        let (result, _) = add(url, vars(table, proxy.address), &IDENTITY).expect("a client");
        let error = result.expect_err("nobody answers");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(!error.is_ambiguous());
        let asked = proxy
            .head()
            .is_some_and(|head| head.starts_with("CONNECT "));
        assert_eq!(asked, proxied, "{table:?} {url}");
        // The message names the proxy, if there is one on the way.
        let named = error
            .message()
            .contains(&format!("through http://{}", proxy.address));
        assert_eq!(named, proxied, "{error}");
    }
}

#[test]
fn both_adapters_read_the_variables_alike() {
    // A name that only a proxy could resolve, and an address where nobody listens.
    let (name, nobody) = ("https://doors.invalid", "https://0.0.0.0:1");
    let https = ("HTTPS_PROXY", "http://PROXY");
    check(&[https], name, true);
    check(&[https], nobody, true);
    check(&[("HTTPS_PROXY", "http://PROXY ")], name, true);
    check(&[("https_proxy", "PROXY")], name, true);
    check(&[("ALL_PROXY", "HTTP://PROXY/")], name, true);
    check(
        &[https, ("NO_PROXY", "localhost, oors.invalid")],
        name,
        true,
    );
    check(&[("HTTP_PROXY", "http://PROXY")], nobody, false);
    check(&[("http_proxy", "http://PROXY")], nobody, false);
    check(&[("HTTPS_PROXY", " ")], nobody, false);
    check(&[https, ("NO_PROXY", "localhost, 0.0.0.0")], nobody, false);
    check(&[https, ("NO_PROXY", "0.0.0.0/8:1")], nobody, false);
    check(&[https, ("NO_PROXY", "*")], nobody, false);
    check(&[https], "https://127.0.0.1:1", false);
    check(&[https], "http://127.0.0.1:1", false);
    check(&[], nobody, false);
}

#[test]
fn an_unreadable_proxy_fails_before_sending() {
    for text in ["not a url", "http://ada:swordfish@", "socks5://PROXY"] {
        for add in CLIENTS {
            let proxy = Proxy::start(None);
            let vars = vars(&[("HTTPS_PROXY", text)], proxy.address);
            let error = add("https://doors.invalid", vars, &IDENTITY).expect_err(text);
            assert!(
                error.to_string().starts_with("HTTPS_PROXY is not"),
                "{error}"
            );
            assert!(!format!("{error} {error:?}").contains("swordfish"));
            assert_eq!(proxy.head(), None);
        }
    }
}

#[test]
fn a_proxy_with_a_password_tunnels() {
    for add in CLIENTS {
        let service = Scripted::start_tls(vec![Act::ok()], &IDENTITY);
        let proxy = Proxy::start(service.url().trim_start_matches("https://").parse().ok());
        let table = [("HTTPS_PROXY", "http://ada:sword%40fish@PROXY")];
        let vars = vars(&table, proxy.address);
        let (result, shown) = add("https://doors.invalid", vars, &IDENTITY).expect("a client");
        result.expect("added");
        assert_eq!(service.connections(), 1);
        let head = proxy.head().expect("a request").to_ascii_lowercase();
        assert!(head.starts_with("connect doors.invalid:443 "), "{head}");
        // ada:sword@fish
        assert!(
            head.contains("proxy-authorization: basic ywrhonn3b3jkqgzpc2g="),
            "{head}"
        );
        assert!(!head.contains("seam_test_x"), "{head}");
        for secret in ["sword@fish", "sword%40", "YWRhOnN3b3JkQGZpc2g"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn a_proxy_may_be_behind_tls() {
    for add in CLIENTS {
        let refusal = Act::status(502, "", "");
        let proxy = Scripted::start_tls(vec![refusal], &IDENTITY);
        let address = proxy.url().trim_start_matches("https://").parse();
        let vars = vars(
            &[("HTTPS_PROXY", "https://PROXY")],
            address.expect("an address"),
        );
        let (result, _) = add("https://doors.invalid", vars, &IDENTITY).expect("a client");
        let error = result.expect_err("refused");
        // The proxy is trusted, and refuses.
        assert_eq!(error.code(), None, "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert_eq!(proxy.connections(), 1);
    }
}

#[test]
fn the_environment_decides_by_default() {
    let proxy = Proxy::start(None);
    let mut child = Command::new(env!("CARGO_BIN_EXE_from_env"));
    child.env_clear().env("SEAM_API_KEY", "seam_test_x");
    child.env("SEAM_ENDPOINT", "https://doors.invalid");
    child.env("HTTPS_PROXY", format!("http://{} ", proxy.address));
    assert!(!child.status().expect("it runs").success());
    // Three attempts of each adapter.
    assert_eq!(proxy.heads.try_iter().count(), 6);
}

const USER: AcsUserId = AcsUserId::from_u128(1);
const GROUP: AccessGroupId = AccessGroupId::from_u128(2);
