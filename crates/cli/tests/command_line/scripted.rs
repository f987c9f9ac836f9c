//! A service that answers as a test tells it to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// The answer of the service to a path: a status, and JSON.
pub(crate) type Script = fn(&str) -> (u16, &'static str);

/// A service that plays a script, one connection after the other, until the process ends.
pub(crate) struct Scripted {
    pub(crate) address: String,
    asked: Receiver<String>,
}

impl Scripted {
    pub(crate) fn new(script: Script) -> Self {
        Self::play(move |path, _| script(path))
    }

    /// The script gets the body of the request, too.
    pub(crate) fn with_bodies(script: fn(&str, &str) -> (u16, &'static str)) -> Self {
        Self::play(script)
    }

    /// Gives the answer once somebody has sent through the gate.
    pub(crate) fn gated(gate: Receiver<()>, answer: (u16, &'static str)) -> Self {
        Self::play(move |_, _| {
            gate.recv().expect("somebody opens the gate");
            answer
        })
    }

    fn play(script: impl Fn(&str, &str) -> (u16, &'static str) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, asked) = mpsc::channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.expect("a connection");
                let (path, body) = request(&connection);
                let (status, body) = script(&path, &body);
                // Before the answer: whoever has it finds the path among those asked for.
                let _ = sender.send(path);
                write!(
                    connection,
                    "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                )
                .expect("sent");
            }
        });
        Self { address, asked }
    }

    /// Waits until this path is asked for; what was asked for before is forgotten.
    #[track_caller]
    pub(crate) fn await_path(&self, path: &str) {
        loop {
            match self.asked.recv_timeout(DEADLINE) {
                Ok(asked) if asked == path => return,
                Ok(_) => {}
                Err(why) => panic!("nobody asks for {path}: {why}"),
            }
        }
    }

    /// The paths that were asked for until now.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.try_iter().collect()
    }
}

/// Reads a request: its path and its body.
fn request(connection: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(connection);
    let mut first = String::new();
    reader.read_line(&mut first).expect("a request");
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let path = first.split(' ').nth(1).expect("a path");
    let path = path.split('?').next().expect("a path");
    (path.to_owned(), String::from_utf8(body).expect("text"))
}

/// How long a path is waited for.
const DEADLINE: Duration = Duration::from_secs(60);
