//! A real `access-groups serve`, and what it says.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use super::room::Room;
use crate::run;

pub(crate) const KEY: &str = "seam_test_nothing_is_lost";

pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    requests: Probe,
    metrics: Probe,
    lines: Receiver<String>,
    /// What it has said so far.
    said: Vec<String>,
    /// Saves that the metrics have shown, and the seconds that they took.
    shown: (u64, f64),
    /// The longest one.
    pub(crate) longest: Duration,
}

impl Server {
    /// Starts it, with at most so many files.
    pub(super) fn start(room: &Room, files: u32) -> Self {
        let mut command = room.command(Path::new("prlimit"));
        command.arg(format!("--nofile={files}")).arg(binary());
        let store = format!("file:{}", room.site().display());
        command.args(["--store", &store, "serve", "--listen", "127.0.0.1:0"]);
        command.args(["--metrics", "127.0.0.1:0", "--log", "off"]);
        command.env_clear().env("ACCESS_GROUPS_API_KEY", KEY);
        Self::launch(command)
    }

    /// Starts a node on a database. Its key opens the only workspace.
    pub(crate) fn on_database(store: &str) -> Self {
        let mut command = Command::new(binary());
        command.args(["--store", store, "serve", "--listen", "127.0.0.1:0"]);
        command.args(["--metrics", "127.0.0.1:0", "--log", "off"]);
        command.env_clear().env("ACCESS_GROUPS_API_KEY", KEY);
        Self::launch(command)
    }

    /// Starts a server that says its addresses, with metrics.
    pub(crate) fn launch(mut command: Command) -> Self {
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = piped.spawn().expect("it runs");
        let lines = lines_of(child.stderr.take().expect("piped"));
        let listening = lines_of(child.stdout.take().expect("piped"));
        let mut server = Self {
            child,
            url: String::new(),
            requests: Probe::default(),
            metrics: Probe::default(),
            lines,
            said: Vec::new(),
            shown: (0, 0.0),
            longest: Duration::ZERO,
        };
        let metrics = server.line("metrics: http://");
        let metrics = metrics
            .strip_prefix("metrics: http://")
            .expect("it begins so");
        server.metrics.address = metrics.trim_end_matches("/metrics").to_owned();
        let line = listening.recv_timeout(LONG).expect("it listens");
        server.url = line
            .strip_prefix("listening on ")
            .expect("an address")
            .to_owned();
        server.requests.address = server.url.trim_start_matches("http://").to_owned();
        server
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line on stderr that contains this.
    pub(crate) fn line(&mut self, words: &str) -> String {
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(why) => panic!("{words:?} was not said ({why}): {:#?}", self.said),
            }
        }
    }

    /// The status of `GET /ready`, and of `GET /health`.
    pub(crate) fn health(&mut self) -> [u16; 2] {
        ["/ready", "/health"].map(|path| self.requests.get(path).0)
    }

    /// What `/metrics` says.
    pub(crate) fn metrics(&mut self) -> String {
        let (status, text) = self.metrics.get("/metrics");
        assert_eq!(status, 200);
        text
    }

    /// How many saves have succeeded.
    pub(crate) fn saves(&mut self) -> u64 {
        let text = self.metrics();
        let value = |name: &str| -> f64 {
            let lines = text.lines().map(|line| line.rsplit_once(' '));
            let mut values = lines.flatten().filter(|(of, _)| *of == name);
            let value = values.next().map(|(_, value)| value.parse());
            value.expect("a metric").expect("a number")
        };
        let (saves, seconds) = (
            value("access_groups_save_seconds_count") as u64,
            value("access_groups_save_seconds_sum"),
        );
        if saves > self.shown.0 {
            let each = (seconds - self.shown.1) / (saves - self.shown.0) as f64;
            self.longest = self.longest.max(Duration::from_secs_f64(each));
            self.shown = (saves, seconds);
        }
        saves
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    pub(crate) fn terminate(&self) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("it runs").success());
    }

    /// Waits for its end; answers the code, and everything it has said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(line) => self.said.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(why) => panic!("it does not end ({why}): {:#?}", self.said),
            }
        }
        let code = self.child.wait().expect("it ends").code();
        (code, self.said.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.said.extend(self.lines.iter());
            println!("the server has said {:#?}", self.said);
        }
    }
}

/// A connection for requests without a key, made anew if it was closed.
#[derive(Default)]
struct Probe {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Probe {
    fn get(&mut self, path: &str) -> (u16, String) {
        if let Some(mut stream) = self.stream.take()
            && let Ok(answer) = ask(&mut stream, path)
        {
            self.stream = Some(stream);
            return answer;
        }
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("a timeout");
        let mut stream = BufReader::new(stream);
        let answer = ask(&mut stream, path).expect("it answers");
        self.stream = Some(stream);
        answer
    }
}

fn ask(stream: &mut BufReader<TcpStream>, path: &str) -> std::io::Result<(u16, String)> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes())?;
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().expect("a status");
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse().expect("a length");
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, String::from_utf8(body).expect("text")))
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if sender.send(line.expect("text")).is_err() {
                return;
            }
        }
    });
    lines
}

/// Runs a command on a store to its end; the error is what it has said.
pub(crate) fn operate(store: &str, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(binary());
    command.args(arguments).args(["--store", store]).env_clear();
    let output = command.output().expect("it runs");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The program, built as this test is; in the full run optimised, as people have it.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "-p", "access-groups-cli"]);
        let profile = if run::is_full() {
            cargo.arg("--release");
            "release"
        } else {
            "debug"
        };
        let built = cargo.current_dir(root).status();
        assert!(built.expect("cargo runs").success());
        let test = std::env::current_exe().expect("this test");
        // target/debug/deps/reliability-0123
        let target = test.ancestors().nth(3).expect("the target folder");
        target.join(profile).join("access-groups")
    })
}

/// What takes longer does not come: loading a large site does.
const LONG: Duration = Duration::from_secs(120);
