//! The release build of the command line: as a server that is killed at the end, and as a command.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use access_groups_http_blocking::Client;

use super::people::Person;
use crate::{Outcome, servers::KEY};

/// The command line, and the store that it works on.
pub(super) struct Program {
    path: PathBuf,
    /// As `--store` names it.
    pub(super) store: String,
    log: PathBuf,
}

impl Program {
    /// On a file of SQLite. The command line stands beside this program.
    pub(super) fn over(file: &Path) -> Outcome<Self> {
        let name = format!("access-groups{}", env::consts::EXE_SUFFIX);
        let path = env::current_exe()?.with_file_name(name);
        if !path.exists() {
            let path = path.display();
            return Err(format!("{path} is missing: `cargo xtask bench` builds it").into());
        }
        Ok(Self {
            path,
            store: format!("sqlite:{}", file.display()),
            log: file.with_extension("log"),
        })
    }

    /// Returns when it says that it listens.
    pub(super) fn serve(&self) -> Outcome<Server> {
        let mut command = self.command(&self.store);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("ACCESS_GROUPS_API_KEY", KEY)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&self.log)?);
        let mut server = Server {
            process: command.spawn()?,
            address: String::new(),
        };
        let mut line = String::new();
        let output = server
            .process
            .stdout
            .as_mut()
            .ok_or("the output is piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let Some(address) = line.trim_end().strip_prefix("listening on ") else {
            let log = fs::read_to_string(&self.log)?;
            return Err(format!("the server does not start; its own words:\n{log}").into());
        };
        address.clone_into(&mut server.address);
        Ok(server)
    }

    /// Puts somebody into a group, and returns when the command has ended.
    pub(super) fn add(&self, store: &str, person: &Person) -> Outcome<()> {
        let (user, group) = (person.user.to_string(), person.outside.to_string());
        let mut command = self.command(store);
        command.args(["add", "--user", &user, "--group", &group]);
        let ended = command.env("SEAM_API_KEY", KEY).output()?;
        let words = String::from_utf8_lossy(&ended.stderr);
        match ended.status.success() {
            true => Ok(()),
            false => Err(format!("`add` on {store} ended with {}: {words}", ended.status).into()),
        }
    }

    /// Without the settings of whoever runs this.
    fn command(&self, store: &str) -> Command {
        let mut command = Command::new(&self.path);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("SEAM_") || text.starts_with("ACCESS_GROUPS_") {
                command.env_remove(&name);
            }
        }
        command.args(["--store", store]);
        command
    }
}

/// It is killed when it is dropped.
pub(super) struct Server {
    process: Child,
    pub(super) address: String,
}

impl Server {
    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn client(&self) -> Outcome<Client> {
        Ok(Client::builder(KEY).endpoint(&*self.address).build()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
