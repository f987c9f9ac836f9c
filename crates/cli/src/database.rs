//! SQL databases: how they are opened, and the commands that are about one as a whole.
//!
//! Everything here works on any [`SqlStore`]; only [`open`] knows which databases there are.

mod backup;
mod choose;
mod history;
mod keys;
mod migrate;
mod name;
mod open;
#[cfg(feature = "postgres")]
mod password;
mod port;
#[cfg(feature = "postgres")]
mod postgres;
mod run;
mod soundness;
mod workspaces;

use std::{sync::Arc, time::Duration};

use access_groups_core::{Error, Workspace, WorkspaceId};
use access_groups_sql::{SqlStore, StoredCredential, StoredWorkspace};
use tokio::runtime::{Builder, Runtime};

use crate::{
    args::{Options, short_text},
    failure::Failure,
    random,
};

pub(crate) use choose::Chosen;
pub(crate) use migrate::migrated_if_any;
pub(crate) use name::DatabaseName;
pub(crate) use open::Caller;
pub(crate) use run::{is_about, run};

/// An open database.
pub(crate) struct Database {
    name: DatabaseName,
    store: Arc<dyn SqlStore>,
    runtime: Arc<Runtime>,
}

impl Database {
    /// Opens it. A file that does not exist is created, with a workspace that is named after it.
    pub(crate) fn open(name: DatabaseName, patience: Duration) -> Result<Self, Failure> {
        Self::open_on(Arc::new(runtime()?), name, Caller::Command(patience))
    }

    /// Like [`open`](Self::open), to fill a workspace from a site. If the database has none yet, and none
    /// is wanted, the site's own is made, so that it is the same site here. Also says which one was made.
    pub(crate) fn open_to_fill(
        name: DatabaseName,
        own: Option<&Workspace>,
        options: &Options,
    ) -> Result<(Self, Option<WorkspaceId>), Failure> {
        let database = Self::open_bare(name, options.lock_timeout())?;
        let is_wanted = options.workspace()?.is_some();
        let own = own.filter(|_| !is_wanted);
        let made = database.create_first(own)?;
        Ok((database, made))
    }

    /// Opens it as it is. A file that does not exist is created, without a workspace.
    fn open_bare(name: DatabaseName, patience: Duration) -> Result<Self, Failure> {
        Self::connect(Arc::new(runtime()?), name, Caller::Command(patience))
    }

    /// Like [`open`](Self::open), for callers that have a runtime.
    pub(crate) fn open_on(
        runtime: Arc<Runtime>,
        name: DatabaseName,
        caller: Caller,
    ) -> Result<Self, Failure> {
        let database = Self::connect(runtime, name, caller)?;
        database.create_first(None)?;
        Ok(database)
    }

    fn connect(runtime: Arc<Runtime>, name: DatabaseName, caller: Caller) -> Result<Self, Failure> {
        Ok(Self {
            store: runtime.block_on(open::open(&name, caller))?,
            name,
            runtime,
        })
    }

    /// Waits for an answer of the database.
    pub(crate) fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.runtime.block_on(answer)
    }

    /// What it is called, without secrets.
    pub(crate) fn name(&self) -> &DatabaseName {
        &self.name
    }

    /// The database, for servers.
    pub(crate) fn store(&self) -> Arc<dyn SqlStore> {
        Arc::clone(&self.store)
    }

    /// The credentials of all workspaces.
    pub(crate) fn credentials(&self) -> Result<Vec<StoredCredential>, Error> {
        self.wait(self.store.credentials(None))
    }

    /// All workspaces.
    pub(crate) fn workspaces(&self) -> Result<Vec<StoredWorkspace>, Error> {
        self.wait(self.store.workspaces())
    }

    /// The workspace that the options name, or the only one.
    pub(crate) fn choose(&self, options: &Options) -> Result<Chosen, Failure> {
        let wanted = options.workspace()?;
        let stored = choose::among(&self.workspaces()?, wanted.as_deref(), &self.name)?;
        let found = self.wait(self.store.workspace(stored.id))?;
        // Somebody has deleted it since.
        let found =
            found.ok_or_else(|| choose::unknown(&stored.id.to_string(), &[], &self.name))?;
        Ok(Chosen::new(self, stored, found))
    }

    fn create_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        self.wait(self.store.create_workspace(workspace))
    }

    /// A file has a workspace as soon as somebody works on it, so that nobody needs to know of workspaces:
    /// this one, or one that is named after the file. Answers the id of the one that was made.
    fn create_first(&self, own: Option<&Workspace>) -> Result<Option<WorkspaceId>, Failure> {
        if !self.workspaces()?.is_empty() {
            return Ok(None);
        }
        let first = match (own, self.name.of_first_workspace()) {
            (Some(own), _) => own.clone(),
            (None, Some(name)) => Workspace::new(random::workspace_id()?, &*name),
            // Only an administrator makes workspaces there.
            (None, None) => return Ok(None),
        };
        let is_made = self.wait(self.store.create_first_workspace(&first))?;
        Ok(is_made.then_some(first.workspace_id))
    }

    /// Takes a workspace back. False if somebody has put something into it since.
    pub(crate) fn delete_empty(&self, id: WorkspaceId) -> Result<bool, Error> {
        self.wait(self.store.delete_empty_workspace(id))
    }
}

/// A command waits for one answer after the other: one thread is enough for what a database does
/// meanwhile.
fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.map_err(|error| Failure::failed("no thread for the database").caused_by(&error))
}

/// Who makes the changes, for the history: `--actor`, else its variable, else the user of the system.
/// `None` if nobody is known.
pub(crate) fn actor(
    options: &Options,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, Failure> {
    if options.actor.is_some() {
        return Ok(options.actor.clone());
    }
    if let Some(text) = lookup(ACTOR) {
        let read = short_text(&text).map(Some);
        return read.map_err(|why| Failure::usage(format!("{ACTOR} is no name: {why}")));
    }
    // Nobody has chosen these for us: what is no name is passed over.
    let user = USER.iter().find_map(|name| short_text(&lookup(name)?).ok());
    Ok(user)
}

/// What stands for somebody who is not known.
pub(crate) const UNKNOWN: &str = "unknown";

const ACTOR: &str = "ACCESS_GROUPS_ACTOR";

const USER: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_a_short_name() {
        let check = |vars: &[(&str, &str)], expected: Result<Option<&str>, &str>| {
            let found = actor(&Options::default(), |name| {
                let found = vars.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            });
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.as_deref(), expected, "{vars:?}"),
                (Err(failure), Err(part)) => {
                    assert!(failure.to_string().contains(part), "{failure}")
                }
                (found, _) => panic!("{vars:?}: {found:?}"),
            }
        };
        check(&[], Ok(None));
        check(&[("USER", "keiko")], Ok(Some("keiko")));
        check(&[("USER", "a\nb"), ("LOGNAME", "keiko")], Ok(Some("keiko")));
        check(&[(ACTOR, "marta"), ("USER", "keiko")], Ok(Some("marta")));
        let long = "x".repeat(101);
        for wrong in ["", "a\nb", &long] {
            check(
                &[(ACTOR, wrong), ("USER", "keiko")],
                Err("1 to 100 characters"),
            );
        }
    }
}
