//! Where PostgreSQL's programs are, and as whom they run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// PostgreSQL's programs as they are installed.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    /// Who runs the servers; nobody else, unless we are root.
    pub(super) owner: Option<Owner>,
}

/// A user.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) id: u32,
}

impl Programs {
    /// The programs of this machine.
    pub(super) fn installed() -> &'static Self {
        static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| {
            let folder = Programs::find().unwrap_or_else(|| panic!("{MISSING}"));
            let is_root = rustix::process::geteuid().is_root();
            let owner = is_root.then(Owner::postgres);
            Programs { folder, owner }
        });
        &PROGRAMS
    }

    /// The folder that holds all of them.
    pub(super) fn find() -> Option<PathBuf> {
        folders().into_iter().find(|folder| has_all(folder))
    }

    /// A program of PostgreSQL, as the user of the servers.
    pub(super) fn command(&self, program: &str) -> Command {
        self.as_owner(&self.folder.join(program))
    }

    /// Any program, as the user of the servers.
    pub(super) fn as_owner(&self, program: &Path) -> Command {
        let mut command = match self.owner {
            None => Command::new(program),
            Some(_) => {
                let mut command = Command::new("runuser");
                command.args(["-u", USER, "--"]).arg(program);
                command
            }
        };
        // Of the settings of libpq, those of the person at the desk; and messages in English.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C");
        command
    }
}

impl Owner {
    fn postgres() -> Self {
        let id = output(Command::new("id").args(["-u", USER]));
        let id = id.unwrap_or_else(|why| panic!("root cannot run PostgreSQL: {why}"));
        let id = id.parse().expect("`id -u` prints a number");
        Self { id }
    }
}

/// Runs a command and returns what it printed, without the last line break.
///
/// # Errors
///
/// What it wrote to standard error.
pub(super) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output();
    let output = output.map_err(|error| format!("{command:?} does not start: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}: {said}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim_end().to_owned())
}

/// As [`output`].
///
/// # Panics
///
/// If it fails.
pub(super) fn must(command: &mut Command) -> String {
    output(command).unwrap_or_else(|why| panic!("{why}"))
}

/// Where the programs may be, the likeliest first.
fn folders() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("ACCESS_GROUPS_POSTGRES_BIN") {
        return vec![named.into()];
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    // The newest version first: all of today have two digits.
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders
}

fn has_all(folder: &Path) -> bool {
    let all = ["initdb", "pg_basebackup", "pg_ctl", "postgres", "psql"];
    all.iter().all(|program| folder.join(program).is_file())
}

pub(super) const MISSING: &str = "PostgreSQL's programs (initdb, pg_basebackup, pg_ctl, postgres, psql) are not all in one folder of \
     PATH or /usr/lib/postgresql/*/bin, or in the one that ACCESS_GROUPS_POSTGRES_BIN names. On Debian, \
     `apt-get install --no-install-recommends postgresql pgbouncer` brings them; no service has to run.";

/// Owns the databases, and runs the servers where root cannot.
pub(super) const USER: &str = "postgres";
