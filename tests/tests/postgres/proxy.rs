//! A way to the server that counts round trips, and that can break.

use std::{
    collections::VecDeque,
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
    breaks: VecDeque<Breaks>,
    /// How often the client has said the name of our schema.
    names: usize,
}

/// When a connection breaks, once, after those that it was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// The server does not hear the next `COMMIT`.
    BeforeCommit,
    /// The server hears the next `COMMIT`, and its answer is lost.
    AfterCommit,
    /// The server does not hear whether the session is one's own.
    BeforeLook,
    /// The server does not hear whether the workspace is there, nor anything else, and nobody is told: the
    /// connection stays open.
    SilentAtWorkspace,
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

    /// How often the client has named our schema since this was asked last: in every statement that is not
    /// prepared.
    pub(crate) fn take_names(&self) -> usize {
        std::mem::take(&mut lock(&self.state).names)
    }

    pub(crate) fn break_once(&self, breaks: Breaks) {
        lock(&self.state).breaks.push_back(breaks);
    }

    /// Whether it has broken as often as it should.
    pub(crate) fn has_broken(&self) -> bool {
        lock(&self.state).breaks.is_empty()
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
            state.names += said
                .windows(NAME.len())
                .filter(|word| *word == NAME)
                .count();
            // Not "READ COMMITTED", with which a transaction begins.
            let is_commit = has(said, b"; COMMIT");
            let is_look = has(said, LOOK);
            let is_next = state.breaks.front().is_some_and(|breaks| match breaks {
                Breaks::BeforeCommit | Breaks::AfterCommit => is_commit,
                Breaks::BeforeLook => is_look,
                Breaks::SilentAtWorkspace => has(said, WORKSPACE),
            });
            is_next.then(|| state.breaks.pop_front()).flatten()
        };
        match breaks {
            Some(Breaks::BeforeCommit | Breaks::BeforeLook) => break,
            // Its answer finds nobody.
            Some(Breaks::AfterCommit) => {
                let _ = client.shutdown(Shutdown::Both);
                let _ = server.write_all(said);
                return;
            }
            Some(Breaks::SilentAtWorkspace) => {
                // Until the client goes.
                while let Ok(1..) = client.read(&mut bytes) {}
                break;
            }
            None if server.write_all(said).is_err() => break,
            None => {}
        }
    }
    close([client, server]);
}

fn has(said: &[u8], words: &[u8]) -> bool {
    said.windows(words.len()).any(|part| part == words)
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

const NAME: &[u8] = b"access_groups.";
/// To its end, which others of the same beginning go beyond.
const WORKSPACE: &[u8] = b"SELECT 1 FROM access_groups.workspace WHERE workspace = $1\0";
const LOOK: &[u8] = b"current_setting('access_groups.session'";
