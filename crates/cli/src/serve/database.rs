//! `serve` on a database: all of its workspaces, by the keys that are stored there.

mod credentials;
mod given;
mod watch;

use std::sync::Arc;

use access_groups_server::{Health, Limits, Metrics, Server};
use access_groups_sql::StoredWorkspace;
use tokio::runtime::Runtime;

use super::{
    Front, detached, files::OpenFiles, limits, listen, notes::Notes, serve, unless_stopped,
};
use crate::{
    args::{self, Options},
    database::{self, Caller, Database, DatabaseName},
    failure::{Exit, Failure},
    output,
    signals::ServeSignals,
};

use credentials::StoredKeys;
use given::Given;

/// Serves until a signal. Every change that is answered is on the disk already.
pub(super) fn run(
    name: DatabaseName,
    arguments: &args::Serve,
    options: &Options,
) -> Result<(), Failure> {
    OpenFiles::raise()?;
    let signals = ServeSignals::watch(|_| {
        output::to_stderr("interrupted");
        Exit::Interrupted
    })
    .map_err(|error| Failure::failed("signals cannot be watched").caused_by(&error))?;
    let runtime = Runtime::new()
        .map_err(|error| Failure::failed("no threads to serve with").caused_by(&error))?;
    let runtime = Arc::new(runtime);
    let opening = {
        let (runtime, arguments, options) =
            (Arc::clone(&runtime), arguments.clone(), options.clone());
        detached(move || Opened::open(runtime, name, &arguments, &options))
    };
    let Some(opened) = runtime.block_on(unless_stopped(&signals, opening)) else {
        output::to_stderr("stopped before it listened");
        return Ok(());
    };
    let opened = opened.unwrap_or_else(|| Err(Failure::failed("the database cannot be opened")));
    let (database, opened) = opened?;
    let front = Arc::clone(&opened.front);
    let result = runtime.block_on(opened.serve(&database, arguments, signals));
    // With the last handle of the runtime, connections that were cut off end; then the database is closed.
    drop((runtime, database));
    front.reports().iter().for_each(output::to_stderr);
    result
}

/// A server that may start.
struct Opened {
    front: Arc<Front>,
    given: Given,
    limits: Limits,
    notes: Notes,
}

impl Opened {
    /// Opens the database, and finds the keys. It may wait for disks, pipes and locks.
    fn open(
        runtime: Arc<Runtime>,
        name: DatabaseName,
        arguments: &args::Serve,
        options: &Options,
    ) -> Result<(Database, Self), Failure> {
        if arguments.migrate {
            for step in database::migrated_if_any(&name, options.lock_timeout())? {
                output::to_stderr(format_args!("migrated: {step}"));
            }
        }
        let database = Database::open_on(runtime, name, Caller::Server(options.lock_timeout()))?;
        let front = Arc::new(Front::new(arguments.log, arguments.faults.as_ref())?);
        let workspaces = database.workspaces()?;
        if options.workspace()?.is_some() {
            // Only given keys need it; but one that is not there is a mistake in any case.
            database.choose(options)?;
        }
        let given = Given::find(&database, &workspaces, &front, arguments, options)?;
        let mut lines = workspace_notes(&workspaces, &database);
        lines.extend(given.notes());
        lines.extend(front.note());
        let mut notes = Notes::new(lines);
        if let Some(authorization) = given.authorization() {
            notes = notes.with_authorization(authorization);
        }
        let (limits, warnings) = limits::holding(arguments.limits.iter(), FILES_AS_SITES)?;
        notes.warn(warnings);
        let opened = Self {
            front,
            given,
            limits,
            notes,
        };
        Ok((database, opened))
    }

    async fn serve(
        self,
        database: &Database,
        arguments: &args::Serve,
        signals: ServeSignals,
    ) -> Result<(), Failure> {
        let Self {
            front,
            given,
            limits,
            notes,
        } = self;
        let (health, metrics) = (Health::default(), Metrics::default());
        let store = database.store();
        let keys = StoredKeys::new(given.credentials.clone(), Arc::clone(&store), front);
        let server = Server::new(keys)
            .with_limits(limits)
            .with_health(health.clone())
            .with_metrics(metrics.clone())
            .with_origins(arguments.origins()?);
        let listening = listen(arguments, &metrics, &notes).await?;
        let watching = tokio::spawn(watch::readiness(Arc::clone(&store), health));
        let forgetting = tokio::spawn(watch::forget(store));
        let reloading = given.reload_on(signals.clone());
        let result = serve(server, listening, reloading, signals).await;
        watching.abort();
        forgetting.abort();
        result
    }
}

fn workspace_notes(workspaces: &[StoredWorkspace], database: &Database) -> Vec<String> {
    let shown = workspaces.iter().take(LISTED);
    let mut lines: Vec<_> = shown
        .map(|workspace| {
            let name = workspace.name.as_deref().unwrap_or("without a name");
            format!("workspace {} ({name}): {}", workspace.id, database.name())
        })
        .collect();
    if let Some(more @ 1..) = workspaces.len().checked_sub(LISTED) {
        lines.push(format!("and {more} more workspaces"));
    }
    lines
}

/// How many files of a database are open, counted as sites: the file and its WAL for each connection.
const FILES_AS_SITES: usize = 8;

/// How many workspaces are listed.
const LISTED: usize = 10;
