//! Peers that fall silent at a point of their own.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
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
    Serving(FaultServer),
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
            _ => Self::Serving(FaultServer::start(
                BlockingInMemory::default(),
                move |received| match received.request.uri().path() {
                    "/workspaces/get" => Act::SERVE,
                    _ => Act::say(point.said(), End::Silence),
                },
            )),
        }
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::Full(queue) => format!("http://{}", queue.address),
            Self::Holding(holding) => format!("{}://{}", holding.scheme, holding.address),
            Self::Serving(server) => server.url(),
        }
    }
}

/// Answers the client's hello with half of the server's messages.
fn half_handshake(mut stream: &TcpStream, mut tls: ServerConnection) -> io::Result<()> {
    while !tls.wants_write() {
        tls.read_tls(&mut stream)?;
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
    acceptor: Option<JoinHandle<()>>,
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
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                // The client may have given up before.
                let _ = first(&stream);
                held.push(stream);
            }
        });
        Self {
            scheme,
            address,
            is_stopping,
            acceptor: Some(acceptor),
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().expect("no panic");
        }
    }
}
