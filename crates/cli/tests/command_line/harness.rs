//! A site file in a directory of its own, the binary, and a server that ends with its test.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    mem,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use access_groups_in_memory::State;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const ADA: &str = "a0000000-0000-4000-8000-000000000001";
pub(crate) const GRACE: &str = "a0000000-0000-4000-8000-000000000002";
pub(crate) const GYM: &str = "60000000-0000-4000-8000-000000000001";
pub(crate) const POOL: &str = "60000000-0000-4000-8000-000000000002";
pub(crate) const KEY: &str = "seam_test_swordfish_1";

/// A copy of a small site file: Ada is in the gym, Grace is suspended, the pool is empty.
pub(crate) struct Site {
    directory: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let site = Self {
            directory: tempfile::tempdir().expect("a directory"),
        };
        let state = State::from_site_json(&small_site().to_string()).expect("a site");
        site.write(&state.to_site_json());
        site
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("site.json")
    }

    pub(crate) fn file(&self) -> String {
        format!("file:{}", self.path().display())
    }

    pub(crate) fn memory(&self) -> String {
        format!("memory:{}", self.path().display())
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.path()).expect("readable")
    }

    /// Waits until the file shows that this user is a member of this group.
    #[track_caller]
    pub(crate) fn await_member(&self, user: &str, group: &str) {
        let (user, group) = (user.parse().expect("an id"), group.parse().expect("an id"));
        // Nothing tells when a file changes: 400 short waits are 20 s.
        for _ in 0..400 {
            let state = State::from_site_json(&self.text()).expect("a whole site, always");
            if state.is_member(user, group) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "after 20 s, the file does not show the change:\n{}",
            self.text()
        );
    }

    pub(crate) fn write(&self, text: &str) {
        fs::write(self.path(), text).expect("writable");
    }

    /// The names of all files next to the site file, and its own.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<_> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Another file next to the site file.
    pub(crate) fn with_file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, text).expect("writable");
        path.display().to_string()
    }
}

fn small_site() -> Value {
    let system = "50000000-0000-4000-8000-000000000001";
    json!({
        "acs_systems": [{"acs_system_id": system, "name": "Main"}],
        "acs_users": [
            {"acs_user_id": ADA, "acs_system_id": system, "full_name": "Ada Lovelace",
             "email_address": "ada@example.com"},
            {"acs_user_id": GRACE, "acs_system_id": system, "full_name": "Grace Hopper",
             "is_suspended": true},
        ],
        "acs_access_groups": [
            {"acs_access_group_id": GYM, "acs_system_id": system, "name": "Gym"},
            {"acs_access_group_id": POOL, "acs_system_id": system, "name": "Pool",
             "access_schedule": {"starts_at": "2020-06-01T08:00:00Z", "ends_at": null}},
        ],
        "acs_entrances": [
            {"acs_entrance_id": "e0000000-0000-4000-8000-000000000001",
             "acs_system_id": system, "display_name": "Gym Door"},
            {"acs_entrance_id": "e0000000-0000-4000-8000-000000000002",
             "acs_system_id": system, "display_name": "Front Door"},
        ],
        "memberships": [{"acs_access_group_id": GYM, "acs_user_id": ADA}],
        "group_entrances": [
            {"acs_access_group_id": GYM,
             "acs_entrance_id": "e0000000-0000-4000-8000-000000000001"},
            {"acs_access_group_id": GYM,
             "acs_entrance_id": "e0000000-0000-4000-8000-000000000002"},
            {"acs_access_group_id": POOL,
             "acs_entrance_id": "e0000000-0000-4000-8000-000000000002"},
        ],
    })
}

/// The binary, with nothing in its environment that it would listen to.
pub(crate) fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_access-groups"));
    command.args(arguments).stdin(Stdio::null());
    // An apply leaves its journal where it runs.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    for name in [
        "ACCESS_GROUPS_STORE",
        "ACCESS_GROUPS_API_KEY",
        "ACCESS_GROUPS_RATE",
        "ACCESS_GROUPS_WORKSPACE",
        "ACCESS_GROUPS_ACTOR",
        "PGPASSWORD",
        "PGPASSFILE",
        "SEAM_API_KEY",
        "SEAM_PERSONAL_ACCESS_TOKEN",
        "SEAM_WORKSPACE_ID",
        "SEAM_ENDPOINT",
        "SEAM_API_URL",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The same, if it ended well and had nothing to add.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
        self
    }

    /// The same, if it ended with this code, no data, and an error.
    #[track_caller]
    pub(crate) fn badly(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn saying(self, what: &str) -> Self {
        assert!(self.stderr.contains(what), "{what:?} is not in {self:?}");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("JSON")
    }
}

/// A child with its pipes, killed when the test is over.
pub(crate) struct Running {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        Self {
            stdout: Lines::of(child.stdout.take().expect("piped")),
            stderr: Lines::of(child.stderr.take().expect("piped")),
            child,
        }
    }

    /// Waits for a line on stdout.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        match self.stdout.next(Instant::now() + DEADLINE) {
            Ok(line) => line,
            Err(why) => panic!("no line on stdout ({why}); {:?}", self.kill()),
        }
    }

    /// Waits for a line on stdout; `false` if it ends without one.
    #[track_caller]
    pub(crate) fn has_line(&mut self) -> bool {
        match self.stdout.next(Instant::now() + DEADLINE) {
            Ok(_) => true,
            Err(RecvTimeoutError::Disconnected) => false,
            Err(why) => panic!("no line on stdout ({why}); {:?}", self.kill()),
        }
    }

    /// Waits for a line on stderr that begins like this.
    #[track_caller]
    pub(crate) fn await_note(&mut self, start: &str) {
        if !self.has_note(start) {
            panic!("no {start:?} on stderr; {:?}", self.kill());
        }
    }

    /// Waits for a line on stderr that begins like this; `false` if it ends without one.
    #[track_caller]
    pub(crate) fn has_note(&mut self, start: &str) -> bool {
        self.note(start).is_some()
    }

    /// The next line on stderr that begins like this; `None` if it ends without one.
    #[track_caller]
    pub(crate) fn note(&mut self, start: &str) -> Option<String> {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.stderr.next(until) {
                Ok(line) if line.starts_with(start) => return Some(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(why) => panic!("no {start:?} on stderr ({why}); {:?}", self.kill()),
            }
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    /// Waits for the end; what was read of the pipes before is not in it. Who does not end
    /// is killed, and the test fails with what was printed.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let until = Instant::now() + DEADLINE;
        if self.stdout.await_end(until) && self.stderr.await_end(until) {
            return self.ended();
        }
        panic!("it ran for more than {DEADLINE:?}: {:?}", self.kill());
    }

    fn kill(&mut self) -> Ended {
        let _ = self.child.kill(); // it may have ended by itself
        self.ended()
    }

    fn ended(&mut self) -> Ended {
        Ended {
            code: self.child.wait().expect("it ended").code(),
            stdout: self.stdout.rest(),
            stderr: self.stderr.rest(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a child writes to a pipe, line by line, as it comes.
struct Lines {
    coming: Receiver<Vec<u8>>,
    come: Vec<u8>,
}

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let (sender, coming) = mpsc::channel();
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).expect("a pipe") > 0 {
                if sender.send(mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        Self {
            coming,
            come: Vec::new(),
        }
    }

    fn next(&self, until: Instant) -> Result<String, RecvTimeoutError> {
        let left = until.saturating_duration_since(Instant::now());
        self.coming.recv_timeout(left).map(text)
    }

    /// Whether the pipe is closed in time.
    fn await_end(&mut self, until: Instant) -> bool {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.coming.recv_timeout(left) {
                Ok(line) => self.come.extend(line),
                Err(why) => return why == RecvTimeoutError::Disconnected,
            }
        }
    }

    /// All that was not asked for.
    fn rest(&mut self) -> String {
        self.come.extend(self.coming.iter().flatten());
        text(mem::take(&mut self.come))
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// Sends a signal to a process that has not been waited for.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), process.to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn end(command: Command) -> Ended {
    Running::start(command).end()
}

/// Runs a command with this on stdin.
#[track_caller]
pub(crate) fn piped(mut command: Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input).expect("read");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Runs a command on this store; a service gets the key.
#[track_caller]
pub(crate) fn run(store: &str, arguments: &[&str]) -> Ended {
    let mut command = binary(arguments);
    command.env("ACCESS_GROUPS_STORE", store);
    if store.starts_with("http") {
        command.env("SEAM_API_KEY", KEY);
    }
    end(command)
}

/// Starts `serve` on a free port and waits until it listens; answers its address.
#[track_caller]
pub(crate) fn serve(command: Command) -> (Running, String) {
    serve_on("127.0.0.1:0", command)
}

/// Starts `serve` at this address and waits until it listens; answers its address.
#[track_caller]
pub(crate) fn serve_on(listen: &str, mut command: Command) -> (Running, String) {
    command.args(["serve", "--listen", listen]);
    let mut server = Running::start(command);
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("an address");
    let address = address.trim_end().to_owned();
    (server, address)
}

/// Serves this store for the key that [`run`] uses.
#[track_caller]
pub(crate) fn serve_store(store: &str) -> (Running, String) {
    let mut command = binary(&["--store", store]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    serve(command)
}

/// Waits until something holds of which nobody tells: asked again and again.
#[track_caller]
pub(crate) fn await_that(mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !holds() {
        assert!(
            Instant::now() < until,
            "it does not hold after {DEADLINE:?}"
        );
        thread::yield_now();
    }
}

/// Sends a request with these lines of a header to a server; answers what comes back.
pub(crate) fn ask(address: &str, request: &str, headers: &[&str], body: &str) -> String {
    let host = address.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(host).expect("listening");
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

/// The status of a list with this key.
pub(crate) fn status_of(address: &str, key: &str) -> u16 {
    let bearer = format!("authorization: Bearer {key}");
    let answer = ask(address, "GET /acs/access_groups/list", &[&bearer], "");
    let status = answer.split(' ').nth(1);
    status
        .and_then(|status| status.parse().ok())
        .expect("a status")
}

/// How long a child may be silent when it is waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
