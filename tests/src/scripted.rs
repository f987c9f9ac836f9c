//! A service that does to each connection what a script says, and a clock that does not wait.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};

/// What happens to a connection once its request has been read.
#[derive(Debug, Clone)]
pub enum Act {
    /// These bytes, then the end of the connection.
    Answer(String),
    /// These bytes, and nothing more for as long as the client stays.
    AnswerAndStall(String),
    /// The end of the connection.
    HangUp,
    /// Nothing, for as long as the client stays.
    Stall,
}

impl Act {
    /// A complete response.
    #[must_use]
    pub fn status(code: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Answer(format!(
            "HTTP/1.1 {code} Something\r\ncontent-length: {length}\r\nconnection: close\r\n\
             content-type: application/json\r\n{headers}\r\n{body}"
        ))
    }

    /// The success of a change.
    #[must_use]
    pub fn ok() -> Self {
        Self::status(200, "seam-request-id: req_7\r\n", r#"{"ok":true}"#)
    }
}

/// The service; it lives as long as the process.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    scheme: &'static str,
}

impl Scripted {
    /// Without TLS: the first connection gets the first act, and so on; connections after the last
    /// act are closed.
    ///
    /// # Panics
    ///
    /// When no loopback socket is available.
    #[must_use]
    pub fn start(acts: Vec<Act>) -> Self {
        Self::run("http", acts, perform)
    }

    /// Behind TLS, with the certificate chain and key of `identity`.
    ///
    /// # Panics
    ///
    /// When no loopback socket is available.
    #[must_use]
    pub fn start_tls(acts: Vec<Act>, identity: &Identity) -> Self {
        let config = Arc::new(identity.server_config());
        Self::run("https", acts, move |stream, act| {
            let tls = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            perform(StreamOwned::new(tls, stream), act)
        })
    }

    /// The base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn run(
        scheme: &'static str,
        acts: Vec<Act>,
        serve: impl Fn(TcpStream, Act) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (counter, serve) = (connections.clone(), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let act = acts.get(number).cloned().unwrap_or(Act::HangUp);
                let serve = serve.clone();
                // Some tests are about clients that refuse the certificate or hang up.
                thread::spawn(move || serve(stream, act).ok());
            }
        });
        Self {
            address,
            connections,
            scheme,
        }
    }
}

/// A certificate authority, and a certificate of 127.0.0.1 and `doors.invalid` that it signed.
#[derive(Debug)]
pub struct Identity {
    root: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    /// Root, certificate and key.
    pem: [String; 3],
}

impl Identity {
    /// A new one, which no client trusts yet.
    ///
    /// # Panics
    ///
    /// When the system has no randomness.
    #[must_use]
    pub fn new() -> Self {
        Self::signed(&["127.0.0.1", "doors.invalid"], |_| {})
    }

    /// A new authority, and a certificate for these names with something changed before it is
    /// signed.
    ///
    /// # Panics
    ///
    /// When a name cannot be one, or the system has no randomness.
    #[must_use]
    pub fn signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let root_key = KeyPair::generate().expect("a key");
        let mut root = CertificateParams::new(Vec::new()).expect("no names are valid names");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).expect("a certificate");
        let issuer = Issuer::new(root, root_key);

        let key = KeyPair::generate().expect("a key");
        let mut leaf = certificate_for(names);
        change(&mut leaf);
        let certificate = leaf.signed_by(&key, &issuer).expect("a certificate");
        Self {
            root: root_certificate.der().clone(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            pem: [
                root_certificate.pem(),
                certificate.pem(),
                key.serialize_pem(),
            ],
        }
    }

    /// A certificate of 127.0.0.1 that signed itself, as a root of its own.
    ///
    /// # Panics
    ///
    /// When the system has no randomness.
    #[must_use]
    pub fn self_signed(is_ca: IsCa) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut own = certificate_for(&["127.0.0.1"]);
        own.is_ca = is_ca;
        let certificate = own.self_signed(&key).expect("a certificate");
        Self {
            root: certificate.der().clone(),
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            pem: [certificate.pem(), certificate.pem(), key.serialize_pem()],
        }
    }

    /// The root certificate of the authority.
    #[must_use]
    pub fn root(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// The root certificate of the authority, in PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.pem[0]
    }

    /// The certificate and its key, in PEM, as files of a server have them.
    #[must_use]
    pub fn server_pem(&self) -> [&str; 2] {
        [&self.pem[1], &self.pem[2]]
    }

    /// What a server with the certificate needs.
    ///
    /// # Panics
    ///
    /// Never: the key belongs to the certificate.
    #[must_use]
    pub fn server_config(&self) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has every version")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key().into())
            .expect("the key belongs to the certificate")
    }
}

fn certificate_for(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    CertificateParams::new(names).expect("addresses and names are valid")
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

/// A clock that only sleeping moves, for both HTTP adapters; clones share it.
#[derive(Debug, Clone, Default)]
pub struct FakeTime(Arc<Mutex<Vec<Duration>>>);

impl FakeTime {
    /// Every sleep so far.
    #[must_use]
    pub fn sleeps(&self) -> Vec<Duration> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn record(&self, duration: Duration) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(duration);
    }
}

impl access_groups_http_blocking::Time for FakeTime {
    fn now(&self) -> Duration {
        self.sleeps().iter().sum()
    }

    fn sleep(&self, duration: Duration) {
        self.record(duration);
    }
}

#[async_trait]
impl access_groups_http_async::Time for FakeTime {
    fn now(&self) -> Duration {
        self.sleeps().iter().sum()
    }

    async fn sleep(&self, duration: Duration) {
        self.record(duration);
    }
}

fn perform(mut stream: impl Read + Write, act: Act) -> io::Result<()> {
    read_request(&mut stream)?;
    match act {
        Act::Answer(text) => {
            stream.write_all(text.as_bytes())?;
            stream.flush()
        }
        Act::AnswerAndStall(text) => {
            stream.write_all(text.as_bytes())?;
            stream.flush()?;
            stream.read(&mut [0]).map(drop)
        }
        Act::HangUp => Ok(()),
        Act::Stall => stream.read(&mut [0]).map(drop),
    }
}

/// Reads the headers and a body of the announced length.
fn read_request(stream: &mut impl Read) -> io::Result<()> {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0].to_ascii_lowercase());
    }
    let head = String::from_utf8_lossy(&request);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|digits| digits.parse().ok()).unwrap_or(0);
    stream.read_exact(&mut vec![0; length])
}
