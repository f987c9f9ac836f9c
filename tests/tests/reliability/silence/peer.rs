//! Peers that fall silent at a point of their own.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use access_groups_in_memory::BlockingInMemory;
use access_groups_tests::{
    fault_server::{Act, End, FaultServer, Say},
    scripted::Identity,
};
use rustls::ServerConnection;
use socket2::{Domain, Socket, Type};

/// Where a peer falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    BeforeAccept,
    AfterAccept,
    BeforeTls,
    MidTls,
    AfterRequest,
    StatusLine,
    Headers,
    BeforeBody,
    Body,
    Chunks,
    LastByte,
    Reuse,
}

impl Point {
    pub(super) const ALL: &[Self] = &[
        Self::BeforeAccept,
        Self::AfterAccept,
        Self::BeforeTls,
        Self::MidTls,
        Self::AfterRequest,
        Self::StatusLine,
        Self::Headers,
        Self::BeforeBody,
        Self::Body,
        Self::Chunks,
        Self::LastByte,
        Self::Reuse,
    ];

    /// Whether a request may have left the client by then.
    pub(super) fn may_have_been_sent(self) -> bool {
        !matches!(self, Self::BeforeAccept | Self::BeforeTls | Self::MidTls)
    }

    /// What is sent in answer to a request before the silence.
    fn said(self) -> Say {
        match self {
            Self::StatusLine => Say::HalfStatusLine,
            Self::Headers => Say::HalfHead,
            Self::BeforeBody => Say::Head,
            Self::Body => Say::HalfBody,
            Self::Chunks => Say::HalfChunks,
            Self::LastByte => Say::AllButLastByte,
            _ => Say::Nothing,
        }
    }
}

pub(super) enum Peer {
    Full(FullQueue),
    Holding(Holding),
    /// With the bodies of the requests on which it fell silent.
    Serving(FaultServer, Arc<Mutex<Vec<String>>>),
}

impl Peer {
    pub(super) fn start(point: Point, identity: &Identity) -> Self {
        match point {
            Point::BeforeAccept => Self::Full(FullQueue::start()),
            Point::AfterAccept => Self::Holding(Holding::start("http", |_| Ok(()))),
            Point::BeforeTls => Self::Holding(Holding::start("https", |_| Ok(()))),
            Point::MidTls => {
                let config = Arc::new(identity.server_config());
                Self::Holding(Holding::start("https", move |stream| {
                    half_handshake(
                        stream,
                        ServerConnection::new(config.clone()).map_err(io::Error::other)?,
                    )
                }))
            }
            _ => Self::serving(point),
        }
    }

    fn serving(point: Point) -> Self {
        let bodies = Arc::<Mutex<Vec<String>>>::default();
        let seen = bodies.clone();
        let server = FaultServer::start(BlockingInMemory::default(), move |received| {
            if received.request.uri().path() == "/workspaces/get" {
                return Act::SERVE;
            }
            let body = String::from_utf8_lossy(received.request.body()).into_owned();
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(body);
            Act::say(point.said(), End::Silence)
        });
        Self::Serving(server, bodies)
    }

    /// What has come of requests by the time that all clients are gone: whole ones, or all bytes of a
    /// connection.
    pub(super) fn received(self) -> Vec<String> {
        match self {
            Self::Full(_) => Vec::new(),
            Self::Holding(mut holding) => holding.finish(),
            Self::Serving(server, bodies) => {
                server.finish();
                std::mem::take(&mut bodies.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Full(queue) => format!("http://{}", queue.address),
            Self::Holding(holding) => format!("{}://{}", holding.scheme, holding.address),
            Self::Serving(server, _) => server.url(),
        }
    }
}

/// Answers the client's hello with half of the server's messages.
fn half_handshake(mut stream: &TcpStream, mut tls: ServerConnection) -> io::Result<()> {
    while !tls.wants_write() {
        if tls.read_tls(&mut stream)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        tls.process_new_packets().map_err(io::Error::other)?;
    }
    let mut flight = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut flight)?;
    }
    stream.write_all(&flight[..flight.len() / 2])
}

/// A listener whose queue is full, so that the system answers no further connection.
pub(super) struct FullQueue {
    address: SocketAddr,
    _held: (Socket, Vec<TcpStream>),
}

impl FullQueue {
    fn start() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listener.bind(&any.into()).expect("a port");
        listener.listen(0).expect("a listener");
        let address = listener.local_addr().expect("it is bound");
        let address = address.as_socket().expect("of the internet");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(50));
        let filling = std::iter::from_fn(|| connect().ok()).collect();
        Self {
            address,
            _held: (listener, filling),
        }
    }
}

/// Accepts connections, does something first, and holds them.
pub(super) struct Holding {
    scheme: &'static str,
    address: SocketAddr,
    is_stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<Vec<TcpStream>>>,
}

impl Holding {
    fn start(
        scheme: &'static str,
        first: impl Fn(&TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = listener.local_addr().expect("it is bound");
        let is_stopping = Arc::new(AtomicBool::new(false));
        let stopping = is_stopping.clone();
        let acceptor = thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().flatten() {
                // The client may have given up before.
                let _ = first(&stream);
                held.push(stream);
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
            }
            held
        });
        Self {
            scheme,
            address,
            is_stopping,
            acceptor: Some(acceptor),
        }
    }

    /// Accepts nothing more, and reads what the clients sent before they closed.
    fn finish(&mut self) -> Vec<String> {
        let Some(acceptor) = self.acceptor.take() else {
            return Vec::new();
        };
        self.is_stopping.store(true, Ordering::SeqCst);
        // Accepting has no timeout: one more connection wakes it up.
        drop(TcpStream::connect(self.address));
        let held = acceptor.join().expect("no panic");
        let all = held.into_iter().map(|mut stream| {
            let mut bytes = Vec::new();
            // A reset ends what came, too.
            let _ = stream.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        all.collect()
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.finish();
    }
}
