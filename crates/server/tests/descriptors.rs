//! A server that may open no more files goes on. In a process of its own, whose limit it lowers.
#![cfg(target_os = "linux")]

use std::{fs::File, future::pending};

use access_groups_server::{Credentials, Limits, Metrics, Server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

const WAITING: usize = 20;

#[tokio::test]
async fn accepting_goes_on_without_descriptors() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let metrics = Metrics::default();
    let server = Server::new(Credentials::new())
        .with_limits(Limits::default().with_connections(1_000))
        .with_metrics(metrics.clone());
    tokio::spawn(server.serve(listener, pending()));
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        waiting.push(answered(TcpStream::connect(address).await.expect("a connection")).await);
    }
    // This one has a descriptor, and the server finds none for its end of the connection.
    let last = TcpSocket::new_v4().expect("a socket");
    let taken = take_all_files();
    assert!(!taken.is_empty());
    drop(answered(last.connect(address).await.expect("a connection")).await);
    let text = metrics.to_string();
    let refused = |reason: &str| text.contains(&format!("{{reason=\"{reason}\"}}"));
    assert!(refused("not_accepted") && refused("replaced"), "{text}");
}

/// A connection that has been answered, and is kept.
async fn answered(mut client: TcpStream) -> TcpStream {
    let request = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request.as_bytes()).await.expect("sent");
    let mut begin = [0; 12];
    client.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 200");
    client
}

/// Takes all descriptors that are left under a limit, until the result is dropped.
fn take_all_files() -> Vec<File> {
    let limit = Rlimit {
        current: Some(FILES),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, limit).expect("less is always allowed");
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

/// More than are open before.
const FILES: u64 = 200;
