//! A site file in a directory of its own, the binary, and a server that ends with its test.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

use access_groups_in_memory::State;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const ADA: &str = "a0000000-0000-4000-8000-000000000001";
pub(crate) const GRACE: &str = "a0000000-0000-4000-8000-000000000002";
pub(crate) const GYM: &str = "60000000-0000-4000-8000-000000000001";
pub(crate) const POOL: &str = "60000000-0000-4000-8000-000000000002";
pub(crate) const KEY: &str = "seam_test_swordfish";

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
    for name in [
        "ACCESS_GROUPS_STORE",
        "ACCESS_GROUPS_API_KEY",
        "SEAM_API_KEY",
        "SEAM_PERSONAL_ACCESS_TOKEN",
        "SEAM_ENDPOINT",
        "SEAM_API_URL",
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

pub(crate) fn end(mut command: Command) -> Ended {
    let output = command.output().expect("it runs");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Runs a command on this store; a service gets the key.
pub(crate) fn run(store: &str, arguments: &[&str]) -> Ended {
    let mut command = binary(arguments);
    command.env("ACCESS_GROUPS_STORE", store);
    if store.starts_with("http") {
        command.env("SEAM_API_KEY", KEY);
    }
    end(command)
}

/// A child with its pipes, killed when the test is over.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        Self {
            stdout: BufReader::new(child.stdout.take().expect("piped")),
            stderr: BufReader::new(child.stderr.take().expect("piped")),
            child,
        }
    }

    /// Waits for a line on stdout.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("text");
        line
    }

    /// Waits for a line on stderr that begins like this.
    pub(crate) fn await_note(&mut self, start: &str) {
        let mut line = String::new();
        while !line.starts_with(start) {
            line.clear();
            let length = self.stderr.read_line(&mut line).expect("text");
            assert_ne!(length, 0, "it ended without {start:?}");
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end; what was read of the pipes before is not in it.
    pub(crate) fn end(mut self) -> Ended {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("text");
        self.stderr.read_to_string(&mut stderr).expect("text");
        Ended {
            code: self.child.wait().expect("it ended").code(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `serve` on a free port and waits until it listens; answers its address.
pub(crate) fn serve(mut command: Command) -> (Running, String) {
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Running::start(command);
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("an address");
    let address = address.trim_end().to_owned();
    (server, address)
}

/// Serves this store for the key that [`run`] uses.
pub(crate) fn serve_store(store: &str) -> (Running, String) {
    let mut command = binary(&["--store", store]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    serve(command)
}
