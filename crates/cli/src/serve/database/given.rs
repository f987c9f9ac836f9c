//! Keys that are not stored: those of a file, of the variable, or one for this run.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use access_groups_core::AccessGroupPort;
use access_groups_server::Credentials;
use access_groups_sql::StoredWorkspace;

use super::super::{Front, detached, keys::Keys, keys::VARIABLE, strength::Reach};
use crate::{
    args::{self, Options},
    database::{Chosen, Database},
    failure::{Exit, Failure},
    keys::{Reading, shown},
    output,
    signals::ServeSignals,
    store,
};

/// The keys that were given, all of which open one workspace.
pub(super) struct Given {
    pub(super) credentials: Credentials,
    keys: Option<Keys>,
    /// How many credentials the database had at the start.
    stored: usize,
    reloading: Option<Reloading>,
}

/// What reads the file of keys again.
struct Reloading {
    path: PathBuf,
    reach: Reach,
    port: Arc<dyn AccessGroupPort>,
}

impl Given {
    pub(super) fn find(
        database: &Database,
        workspaces: &[StoredWorkspace],
        front: &Front,
        arguments: &args::Serve,
        options: &Options,
    ) -> Result<Self, Failure> {
        // A token is there once for each workspace that it opens.
        let stored = database.credentials()?;
        let stored: BTreeSet<_> = stored.iter().map(|stored| stored.digest).collect();
        let stored = stored.len();
        let reach = Reach::of(arguments.listen);
        let file = options.api_key_file.as_deref();
        let is_given = file.is_some() || store::variable(VARIABLE).is_some();
        if !is_given && stored > 0 {
            return Ok(Self::none(stored));
        }
        if !is_given && (workspaces.len() != 1 || reach == Reach::Network) {
            return Err(no_key(workspaces));
        }
        let keys = Keys::find(file, store::variable, reach)?;
        let chosen = database.choose(options)?;
        let port = port(front, &chosen);
        let reloading = file.map(|path| Reloading {
            path: path.to_owned(),
            reach,
            port: Arc::clone(&port),
        });
        Ok(Self {
            credentials: credentials(&keys, &port),
            keys: Some(keys),
            stored,
            // What came from stdin cannot be read again.
            reloading: reloading.filter(|reloading| reloading.path.as_os_str() != "-"),
        })
    }

    fn none(stored: usize) -> Self {
        Self {
            credentials: Credentials::new(),
            keys: None,
            stored,
            reloading: None,
        }
    }

    /// What a person needs to know of the keys.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.stored > 0 {
            let counted = output::counted(self.stored as u64, "key or token", "keys and tokens");
            lines.push(format!(
                "{counted} of the database: `access-groups keys` lists them"
            ));
        }
        if let Some(keys) = &self.keys {
            lines.extend(keys.warnings().iter().cloned());
            lines.extend(keys.note());
        }
        lines
    }

    pub(super) fn authorization(&self) -> Option<String> {
        self.keys.as_ref().map(Keys::authorization)
    }

    /// Reads the file of keys again at each `SIGHUP`. Stored keys need none.
    pub(super) async fn reload_on(self, mut signals: ServeSignals) {
        let reloading = self.reloading.map(Arc::new);
        loop {
            signals.reload().await;
            match &reloading {
                Some(reloading) => reload(reloading, &self.credentials).await,
                None => output::to_stderr(
                    "SIGHUP: there is nothing to reload: keys of the database take effect by themselves",
                ),
            }
        }
    }
}

async fn reload(reloading: &Arc<Reloading>, credentials: &Credentials) {
    let read = {
        let reloading = Arc::clone(reloading);
        detached(move || Keys::read(&reloading.path, Reading::Again, reloading.reach)).await
    };
    let origin = shown(&reloading.path);
    let read = read.unwrap_or_else(|| Err(Failure::failed(format!("{origin} cannot be read"))));
    match read {
        Ok(keys) => {
            credentials.replace(&self::credentials(&keys, &reloading.port));
            keys.warnings().iter().for_each(output::to_stderr);
            let counted = output::counted(keys.iter().count() as u64, "key", "keys");
            output::to_stderr(format_args!("reloaded {origin}: {counted}"));
        }
        Err(failure) => output::to_stderr(
            failure.with_hint("nothing was reloaded: the server goes on as before"),
        ),
    }
}

fn credentials(keys: &Keys, port: &Arc<dyn AccessGroupPort>) -> Credentials {
    keys.iter().fold(Credentials::new(), |all, key| {
        all.with_key(key, Arc::clone(port))
    })
}

fn port(front: &Front, chosen: &Chosen) -> Arc<dyn AccessGroupPort> {
    front.over_port("", chosen.store())
}

/// Nobody could call: a key would have to be generated, and for which workspace, or who reads it?
fn no_key(workspaces: &[StoredWorkspace]) -> Failure {
    if workspaces.is_empty() {
        return Failure::failed("the database has no workspace").with_hint(
            "`access-groups import SITE.json` makes the one of a site, `access-groups workspaces create NAME` an \
             empty one, and `keys create` its key",
        );
    }
    let message = match workspaces.len() {
        1 => "other machines can reach the server, and no key opens the workspace".to_owned(),
        count => format!("no key opens any of the {count} workspaces"),
    };
    let which = match workspaces.len() {
        1 => "",
        _ => " --workspace NAME",
    };
    Failure::new(Exit::CredentialRefused, message)
        .with_hint(format!("`access-groups keys create{which}` makes one"))
}
