//! Our server as a child process, over a copy of a site file or over a database.

mod database;

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{cannot, copy, progress, write};
use crate::commands::{CARGO_RUN, hide_variables, output};

/// Builds the command-line program, and says where it is.
///
/// # Errors
///
/// The build fails.
pub(crate) fn build(root: &Path) -> Result<PathBuf, String> {
    progress("building the server");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--locked", "--quiet"])
        .args(["--package", "access-groups-cli"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root)
        .stderr(Stdio::inherit());
    hide_variables(&mut cargo, CARGO_RUN);
    let built =
        output(&mut cargo).map_err(|error| format!("the server does not build: {error}"))?;
    let mut messages = serde_json::Deserializer::from_slice(&built).into_iter::<Value>();
    messages
        .find_map(|message| Some(message.ok()?["executable"].as_str()?.into()))
        .ok_or_else(|| "cargo does not say where the server is".to_owned())
}

/// A running server. It ends when this value is dropped and when this process ends, even if it is
/// killed: a shell between the two waits for the end of a pipe that this process holds.
#[derive(Debug)]
pub(crate) struct Server {
    shell: Child,
    alive: Option<ChildStdin>,
    log: PathBuf,
    endpoint: String,
    settings: String,
}

impl Server {
    /// Starts one over a copy of the site, and a small second workspace beside it, with these further
    /// arguments.
    ///
    /// # Errors
    ///
    /// The server does not start.
    pub(crate) fn start(
        binary: &Path,
        site: &Path,
        folder: &Path,
        further: &[&OsStr],
    ) -> Result<Self, String> {
        let config = configure(site, folder)?;
        let mut arguments = vec!["--config".as_ref(), config.as_os_str()];
        arguments.extend(further);
        Self::serving(binary, site, folder, &arguments, Keys::fixed())
    }

    /// Starts one over a database, as `--store` names it, with the same two workspaces.
    ///
    /// # Errors
    ///
    /// The database cannot be filled, or the server does not start.
    pub(crate) fn over(
        binary: &Path,
        site: &Path,
        folder: &Path,
        store: &str,
    ) -> Result<Self, String> {
        let keys = database::fill(binary, site, folder, store)?;
        let arguments = ["--store", store].map(OsStr::new);
        Self::serving(binary, site, folder, &arguments, keys)
    }

    fn serving(
        binary: &Path,
        site: &Path,
        folder: &Path,
        arguments: &[&OsStr],
        keys: Keys,
    ) -> Result<Self, String> {
        let log = folder.join("server.log");
        let file = File::create(&log).map_err(|error| cannot("create", &log, &error))?;
        let mut shell = Command::new("sh")
            .args(["-c", UNTIL_THE_PIPE_CLOSES, "server"])
            .arg(binary)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .map_err(|error| format!("sh does not start: {error}"))?;
        let stdout = shell.stdout.take().expect("stdout is piped");
        let mut server = Self {
            alive: shell.stdin.take(),
            shell,
            log,
            endpoint: String::new(),
            settings: String::new(),
        };
        server.endpoint = server.listening(BufReader::new(stdout))?;
        server.settings = keys.settings(&server.endpoint, site);
        Ok(server)
    }

    /// What a driver must know, as JSON.
    pub(crate) fn settings(&self) -> &str {
        &self.settings
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The key of the site, with the variable that the SDKs read it from.
    pub(crate) fn api_key(&self) -> (&str, &str) {
        ("SEAM_API_KEY", API_KEY)
    }

    /// Stops the server, and returns what it has said.
    ///
    /// # Errors
    ///
    /// It ended with a failure.
    pub(crate) fn stop(mut self) -> Result<String, String> {
        match self.end() {
            Ok(status) if status.success() => {
                fs::read_to_string(&self.log).map_err(|error| cannot("read", &self.log, &error))
            }
            Ok(status) => Err(self.complaint(&format!("the server ended with {status}"))),
            Err(error) => Err(format!("the server's end cannot be waited for: {error}")),
        }
    }

    fn end(&mut self) -> io::Result<ExitStatus> {
        drop(self.alive.take());
        self.shell.wait()
    }

    /// Waits for the line that says where it listens.
    fn listening(&self, stdout: impl BufRead + Send + 'static) -> Result<String, String> {
        let (say, hear) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // After the first line nobody listens; reading on keeps the pipe from filling up.
                drop(say.send(line));
            }
        });
        let first = hear.recv_timeout(START_WITHIN);
        let line = first.map_err(|_| self.complaint("the server does not start"))?;
        line.strip_prefix("listening on ")
            .map(str::to_owned)
            .ok_or_else(|| self.complaint(&format!("the server says `{line}`")))
    }

    fn complaint(&self, what: &str) -> String {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        format!("{what}; its own words:\n{said}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `stop` may have waited already; a second wait returns the same status.
        drop(self.end());
    }
}

/// The configuration: two workspaces, with a key each, and a token for the first.
fn configure(site: &Path, folder: &Path) -> Result<PathBuf, String> {
    let (main, other) = (folder.join("site.json"), folder.join("other.json"));
    copy(site, &main)?;
    write(&other, &other_site().to_string())?;
    let workspace = |id: &str, name: &str, site: &Path, key: &str| json!({"workspace_id": id, "name": name, "site": site, "api_keys": [key]});
    let config = json!({
        "workspaces": [
            workspace(WORKSPACE, "Maple Court", &main, API_KEY),
            workspace(OTHER_WORKSPACE, "Elsewhere", &other, OTHER_API_KEY),
        ],
        "personal_access_tokens": [{"token": TOKEN, "workspace_ids": [WORKSPACE]}],
    });
    let path = folder.join("server.json");
    write(&path, &config.to_string())?;
    Ok(path)
}

/// One system with one user.
fn other_site() -> Value {
    json!({
        "workspace": { "workspace_id": OTHER_WORKSPACE, "name": "Elsewhere" },
        "acs_systems": [{
            "acs_system_id": "70000000-0000-4000-8000-000000000001",
            "name": "Elsewhere",
            "created_at": "2024-01-01T00:00:00Z",
        }],
        "acs_users": [{
            "acs_user_id": "70000000-0000-4000-8000-000000000002",
            "acs_system_id": "70000000-0000-4000-8000-000000000001",
            "full_name": "Somebody Else",
            "created_at": "2024-01-01T00:00:00Z",
        }],
    })
}

/// What opens the two workspaces.
struct Keys {
    main: String,
    other: String,
    /// Opens the first.
    token: String,
}

impl Keys {
    /// Those of the configuration.
    fn fixed() -> Self {
        Self {
            main: API_KEY.to_owned(),
            other: OTHER_API_KEY.to_owned(),
            token: TOKEN.to_owned(),
        }
    }

    /// What a driver must know, as JSON.
    fn settings(&self, endpoint: &str, site: &Path) -> String {
        json!({
            "endpoint": endpoint,
            "site": site,
            "api_key": self.main,
            "other_api_key": self.other,
            "other_workspace_id": OTHER_WORKSPACE,
            "personal_access_token": self.token,
        })
        .to_string()
    }
}

/// When the pipe closes, `cat` ends, and the server is told to stop. A signal to the whole
/// group reaches the server itself.
const UNTIL_THE_PIPE_CLOSES: &str =
    r#"trap : HUP INT TERM; "$@" & cat; kill "$!" 2>/dev/null; wait "$!""#;

const START_WITHIN: Duration = Duration::from_secs(60);

/// The id in the site file.
const WORKSPACE: &str = "77011090-31c0-4531-a848-ba78ba04165b";
const OTHER_WORKSPACE: &str = "70000000-0000-4000-8000-000000000000";
const API_KEY: &str = "seam_interop_maple_court";
const OTHER_API_KEY: &str = "seam_interop_elsewhere";
const TOKEN: &str = "seam_at1_interop_somebody";
