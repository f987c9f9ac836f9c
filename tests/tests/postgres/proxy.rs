//! A way to the server that counts round trips, and that can break.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use access_groups_tests::cluster;

/// Passes bytes on between clients and the server of the tests.
pub(crate) struct Proxy {
    address: SocketAddr,
    database: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    trips: usize,
    /// The server has said something since the client did.
    is_answered: bool,
    breaks: Option<Breaks>,
}

/// When the connection breaks, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// The server does not hear the next `COMMIT`.
    BeforeCommit,
    /// The server hears the next `COMMIT`, and its answer is lost.
    AfterCommit,
}

impl Proxy {
    /// Before the database that tests share.
    pub(crate) fn start() -> Self {
        let (_, rest) = cluster::url()
            .split_once('@')
            .expect("postgres://user@host:port/name");
        let (server, database) = rest.split_once('/').expect("a database");
        let (server, database) = (server.to_owned(), database.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&server)) else {
                    continue;
                };
                pass_on(client, server, &shared);
            }
        });
        Self {
            address,
            database,
            state,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@{}/{}", self.address, self.database)
    }

    /// How often the client has waited for the server since this was asked last.
    pub(crate) fn take_trips(&self) -> usize {
        let mut state = lock(&self.state);
        state.is_answered = true;
        std::mem::take(&mut state.trips)
    }

    pub(crate) fn break_once(&self, breaks: Breaks) {
        lock(&self.state).breaks = Some(breaks);
    }

    /// Whether it has broken since.
    pub(crate) fn has_broken(&self) -> bool {
        lock(&self.state).breaks.is_none()
    }
}

fn pass_on(client: TcpStream, server: TcpStream, state: &Arc<Mutex<State>>) {
    client.set_nodelay(true).expect("a socket");
    server.set_nodelay(true).expect("a socket");
    let (from_client, to_server) = (both(&client), both(&server));
    let shared = state.clone();
    thread::spawn(move || to_the_server(from_client, to_server, &shared));
    let shared = state.clone();
    thread::spawn(move || to_the_client(server, client, &shared));
}

fn both(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket")
}

fn to_the_server(mut client: TcpStream, mut server: TcpStream, state: &Mutex<State>) {
    let mut bytes = [0; 65_536];
    while let Ok(read @ 1..) = client.read(&mut bytes) {
        let said = &bytes[..read];
        let breaks = {
            let mut state = lock(state);
            state.trips += usize::from(std::mem::take(&mut state.is_answered));
            // Not "READ COMMITTED", with which a transaction begins.
            let is_commit = said.windows(8).any(|word| word == b"; COMMIT");
            state.breaks.take_if(|_| is_commit)
        };
        match breaks {
            Some(Breaks::BeforeCommit) => break,
            // Its answer finds nobody.
            Some(Breaks::AfterCommit) => {
                let _ = client.shutdown(Shutdown::Both);
                let _ = server.write_all(said);
                return;
            }
            None if server.write_all(said).is_err() => break,
            None => {}
        }
    }
    close([client, server]);
}

fn to_the_client(mut server: TcpStream, mut client: TcpStream, state: &Mutex<State>) {
    let mut bytes = [0; 65_536];
    while let Ok(read @ 1..) = server.read(&mut bytes) {
        // Before the client can answer.
        lock(state).is_answered = true;
        let passed: io::Result<()> = client.write_all(&bytes[..read]);
        if passed.is_err() {
            break;
        }
    }
    close([client, server]);
}

fn close(streams: [TcpStream; 2]) {
    for stream in streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
