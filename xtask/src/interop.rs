//! `cargo xtask interop`: Seam's own SDKs drive our server.
//!
//! An application that uses one of the SDKs must see no difference between this server and Seam.
//! All are pinned, by the lock files in `xtask/interop`, and installed into `target/interop`.
//! Each drives a server of its own, over each kind of store, so that no SDK sees the changes of another. The
//! drivers are in `xtask/interop/js` and `xtask/interop/python`; see the README there.

mod cluster;
mod driver;
mod example;
pub(crate) mod install;
mod rows;
mod server;
mod verdict;

use std::{fs, path::Path};

use crate::commands::root;
use cluster::Cluster;
use driver::Transcript;
use rows::{SDKS, Sdk};
use server::Server;
pub(crate) use server::build;
use verdict::Verdict;

/// What the server keeps the workspaces in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Backend {
    /// Site files
    Files,
    /// A SQLite database
    Sqlite,
    /// A PostgreSQL server, which is started for it
    Postgres,
}

/// What to drive.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What the server keeps the workspaces in
    #[arg(
        long,
        value_name = "BACKEND",
        value_delimiter = ',',
        default_value = "files,sqlite"
    )]
    on: Vec<Backend>,
}

/// Installs the SDKs, lets each drive a server over each backend, and prints a table for each: operation
/// by SDK. Then it runs `examples/faults`.
///
/// # Errors
///
/// Something is missing and cannot be installed, the server does not build, or not every
/// check of every SDK has passed, or the example differs from its README.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let root = root();
    let folder = root.join("target/interop");
    let tools = install::all(&root.join("xtask/interop"), &folder)?;
    let server = build(&root)?;

    let site = root.join("examples/maple-court/site.json");
    let work = Work {
        tools: &tools,
        binary: &server,
        site: &site,
        folder: &folder,
    };
    for backend in &options.on {
        let verdict = work.on(*backend)?;
        println!("\nover {}\n{verdict}", backend.name());
        verdict.into_result()?;
    }
    example::run(&root, &tools, rows::PYTHON_ENVIRONMENT, &server, &folder)
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Self::Files => "site files",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    fn slug(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What all SDKs have in common.
struct Work<'a> {
    tools: &'a install::Tools,
    binary: &'a Path,
    site: &'a Path,
    folder: &'a Path,
}

impl Work<'_> {
    /// Lets each SDK drive a server of its own.
    fn on(&self, backend: Backend) -> Result<Verdict, String> {
        let cluster = match backend {
            Backend::Postgres => Some(Cluster::start(SDKS.len())?),
            Backend::Files | Backend::Sqlite => None,
        };
        let databases = cluster.iter().flat_map(Cluster::databases);
        let databases = databases.map(Some).chain(std::iter::repeat(None));
        let transcripts = SDKS
            .iter()
            .zip(databases)
            .map(|(sdk, database)| self.driven(sdk, backend, database))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Verdict::of(&rows::operations(), &transcripts))
    }

    /// Lets one SDK drive a server over a fresh copy of the site.
    fn driven(
        &self,
        sdk: &'static Sdk,
        backend: Backend,
        database: Option<&str>,
    ) -> Result<Transcript, String> {
        progress(&format!(
            "{} drives the server over {}",
            sdk.title(),
            backend.name()
        ));
        let folder = self
            .folder
            .join("run")
            .join(backend.slug())
            .join(sdk.slug());
        fresh(&folder)?;
        let over = |store: &str| Server::over(self.binary, self.site, &folder, store);
        let server = match (backend, database) {
            (Backend::Files, _) => Server::start(self.binary, self.site, &folder, &[]),
            (Backend::Sqlite, _) => over(&format!("sqlite:{}", folder.join("site.db").display())),
            (Backend::Postgres, Some(url)) => over(url),
            (Backend::Postgres, None) => Err("there are fewer databases than SDKs".to_owned()),
        }?;
        let mut transcript = driver::drive(sdk, self.tools, server.settings());
        transcript.problems.extend(server.stop().err());
        Ok(transcript)
    }
}

/// Empties a folder, or makes it.
pub(crate) fn fresh(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| cannot("empty", folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| cannot("copy", from, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &dyn std::error::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

fn progress(line: &str) {
    println!("interop: {line}");
}
