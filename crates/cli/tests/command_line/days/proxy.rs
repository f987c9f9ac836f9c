//! A proxy in front of a service, at which a test decides what becomes of each request.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What becomes of a request.
pub(super) enum Deed {
    /// It is answered by the service.
    Pass,
    /// It is carried out by the service, whose answer becomes another one.
    Change(Box<Distort>),
    /// It is answered with this status, content type and body.
    Answer(u16, &'static str, &'static str),
    /// The connection ends before the service gets it.
    HangUp,
}

/// Makes another answer of one: of its head and its body.
type Distort = dyn FnOnce(String, Vec<u8>) -> (String, Vec<u8>) + Send;

/// A request: which one it is, from 1, its path and its body.
pub(super) struct Asked<'a> {
    pub(super) number: usize,
    pub(super) path: &'a str,
    pub(super) body: &'a str,
}

impl Asked<'_> {
    /// Whether it changes a membership.
    pub(super) fn is_change(&self) -> bool {
        adds(self.path).is_some()
    }
}

type Decide = dyn Fn(&Asked<'_>) -> Deed + Send + Sync;

/// It ends with its test, as soon as its connections do.
pub(super) struct Proxy {
    pub(super) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    service: Mutex<String>,
    decide: Mutex<Arc<Decide>>,
    count: AtomicUsize,
    is_over: AtomicBool,
    /// How many connections are served.
    connections: Mutex<usize>,
    fewer: Condvar,
    /// What was passed on: path and body.
    passed: Mutex<Vec<(String, String)>>,
}

impl Proxy {
    /// In front of the service at this address; everything passes.
    pub(super) fn before(service: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            service: Mutex::new(host(service)),
            decide: Mutex::new(Arc::new(|_: &Asked<'_>| Deed::Pass)),
            count: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            connections: Mutex::new(0),
            fewer: Condvar::new(),
            passed: Mutex::default(),
        });
        let sharing = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if sharing.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&sharing);
                *shared.connections.lock().expect("no panic") += 1;
                thread::spawn(move || {
                    // A client that is killed ends its connection anywhere.
                    let _ = connection.and_then(|client| shared.serve(&client));
                    *shared.connections.lock().expect("no panic") -= 1;
                    shared.fewer.notify_all();
                });
            }
        });
        Self { address, shared }
    }

    /// From now on, this decides; requests are counted from 1 again.
    pub(super) fn decide(&self, decide: impl Fn(&Asked<'_>) -> Deed + Send + Sync + 'static) {
        *self.shared.decide.lock().expect("no panic") = Arc::new(decide);
        self.shared.count.store(0, Ordering::SeqCst);
    }

    /// From now on, everything passes.
    pub(super) fn pass(&self) {
        self.decide(|_| Deed::Pass);
    }

    /// Waits until everything that a client has sent before its end is answered.
    pub(super) fn settle(&self) {
        let mut last = TcpStream::connect(host(&self.address)).expect("listening");
        last.write_all(format!("{SETTLE}\r\n\r\n").as_bytes())
            .expect("sent");
        // Connections are accepted in their order, so that all earlier ones are known then.
        last.read_to_end(&mut Vec::new()).expect("answered");
        let mut connections = self.shared.connections.lock().expect("no panic");
        while *connections > 0 {
            connections = self.shared.fewer.wait(connections).expect("no panic");
        }
    }

    /// New connections go to this service.
    pub(super) fn redirect(&self, service: &str) {
        *self.shared.service.lock().expect("no panic") = host(service);
    }

    /// The changes that reached the service since this was asked last: path and body.
    pub(super) fn changes(&self) -> Vec<(String, String)> {
        let passed = std::mem::take(&mut *self.shared.passed.lock().expect("no panic"));
        let changes = passed.into_iter();
        changes.filter(|(path, _)| adds(path).is_some()).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(host(&self.address)); // who waits for connections looks again
    }
}

impl Shared {
    /// Serves a connection until either end closes it.
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let service = self.service.lock().expect("no panic").clone();
        let service = TcpStream::connect(service)?;
        service.set_nodelay(true)?;
        let (mut requests, mut answers) = (BufReader::new(client), BufReader::new(&service));
        while let Some((head, body)) = message(&mut requests)? {
            if head.starts_with(SETTLE) {
                return Ok(());
            }
            let path = head.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
            let text = String::from_utf8_lossy(&body).into_owned();
            let asked = Asked {
                number: self.count.fetch_add(1, Ordering::SeqCst) + 1,
                path: &path,
                body: &text,
            };
            let decide = Arc::clone(&self.decide.lock().expect("no panic"));
            let change = match decide(&asked) {
                Deed::HangUp => return Ok(()),
                Deed::Answer(status, kind, body) => {
                    let length = body.len();
                    let answer = format!(
                        "HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\n\
                         content-length: {length}\r\n\r\n{body}"
                    );
                    (&mut &*client).write_all(answer.as_bytes())?;
                    continue;
                }
                Deed::Pass => None,
                Deed::Change(change) => Some(change),
            };
            self.passed.lock().expect("no panic").push((path, text));
            (&service).write_all(&[head.as_bytes(), &body].concat())?;
            let Some((mut head, mut body)) = message(&mut answers)? else {
                return Ok(());
            };
            let is_changed = change.is_some();
            if let Some(change) = change {
                (head, body) = change(head, body);
            }
            (&mut &*client).write_all(&[head.as_bytes(), &body].concat())?;
            if is_changed {
                return Ok(()); // its length may be wrong
            }
        }
        Ok(())
    }
}

/// The next head, with the blank line at its end, and body; `None` at the end.
fn message(stream: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let begin = head.len();
        if stream.read_line(&mut head)? == 0 {
            return Ok(None);
        }
        let line = head[begin..].trim_end().to_ascii_lowercase();
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().expect("a length");
        }
        assert!(
            !line.starts_with("transfer-encoding"),
            "this proxy needs lengths"
        );
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some((head, body)))
}

fn host(address: &str) -> String {
    address.trim_start_matches("http://").to_owned()
}

/// Instead of a request: see [`Proxy::settle`].
const SETTLE: &str = "SETTLE";

/// Whether a request to this path adds somebody to a group, or removes somebody; `None` for others.
pub(super) fn adds(path: &str) -> Option<bool> {
    match path {
        "/acs/users/add_to_access_group" | "/acs/access_groups/add_user" => Some(true),
        "/acs/users/remove_from_access_group" | "/acs/access_groups/remove_user" => Some(false),
        _ => None,
    }
}
