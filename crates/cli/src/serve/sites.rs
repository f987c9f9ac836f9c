//! The sites that are served, and those that are served no more and not saved yet.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use access_groups_core::{AccessGroupPort, WorkspaceId};
use access_groups_server::{Credentials, SecretDigest};
use tokio::time::sleep;

use super::{saving::Savers, site::Site};
use crate::output;

/// A site with the port through which it is called.
#[derive(Clone)]
pub(super) struct Workspace {
    /// Its id and name; `None` for the site of a store, which has one caller.
    pub(super) named: Option<(WorkspaceId, String)>,
    pub(super) site: Arc<Site>,
    pub(super) port: Arc<dyn AccessGroupPort>,
}

/// A site that this process has open.
pub(super) struct OpenSite {
    pub(super) site: Arc<Site>,
    /// If it is served.
    pub(super) port: Option<Arc<dyn AccessGroupPort>>,
}

/// A credential, and what it opens.
pub(super) struct Grant {
    pub(super) secret: SecretDigest,
    /// The workspace that a caller with a token must name; `None` for a key.
    pub(super) of_token: Option<WorkspaceId>,
    pub(super) port: Arc<dyn AccessGroupPort>,
}

/// What is to be served from now on.
pub(super) struct Loaded {
    pub(super) workspaces: Vec<Workspace>,
    pub(super) grants: Vec<Grant>,
}

/// What differs from before, in words without secrets.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) renamed: Vec<String>,
    pub(super) keys_added: Vec<String>,
    pub(super) keys_removed: Vec<String>,
}

/// All sites of the process.
pub(super) struct Sites {
    credentials: Credentials,
    savers: Savers,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    served: Vec<Workspace>,
    leaving: Vec<Leaving>,
    known: HashSet<(SecretDigest, Option<WorkspaceId>)>,
}

/// A site that nobody can call any more.
struct Leaving {
    site: Arc<Site>,
    /// Calls in flight hold the port.
    port: Weak<dyn AccessGroupPort>,
}

impl Sites {
    pub(super) fn new(credentials: Credentials, savers: Savers) -> Arc<Self> {
        Arc::new(Self {
            credentials,
            savers,
            state: Mutex::default(),
        })
    }

    /// The site of this file, if this process has it open. The path has no symbolic links.
    pub(super) fn of_file(&self, path: &Path) -> Option<OpenSite> {
        let state = self.lock();
        let mut served = state.served.iter();
        if let Some(served) = served.find(|served| served.site.path() == Some(path)) {
            return Some(OpenSite {
                site: Arc::clone(&served.site),
                port: Some(Arc::clone(&served.port)),
            });
        }
        let mut leaving = state.leaving.iter().map(|leaving| &leaving.site);
        let site = leaving.find(|site| site.path() == Some(path))?;
        Some(OpenSite {
            site: Arc::clone(site),
            port: None,
        })
    }

    /// The workspaces that are served.
    pub(super) fn workspaces(&self) -> Vec<Workspace> {
        self.lock().served.clone()
    }

    /// From now on, this is served, and nothing else: no caller meets a part of both. Sites that go
    /// are saved, and let go of when no call needs them.
    pub(super) fn serve(self: &Arc<Self>, loaded: Loaded) -> Changes {
        let credentials = Credentials::new();
        for grant in &loaded.grants {
            let port = Arc::clone(&grant.port);
            match grant.of_token {
                None => credentials.insert_key(grant.secret, port),
                Some(workspace) => credentials.insert_token(grant.secret, workspace, port),
            }
        }
        let known = loaded.grants.iter();
        let known = known.map(|grant| (grant.secret, grant.of_token)).collect();
        let mut state = self.lock();
        let mut changes = Changes::default();
        (changes.keys_added, changes.keys_removed) = differences(&state.known, &known);
        state.known = known;
        // The name is part of what callers see: just before they can.
        for workspace in &loaded.workspaces {
            changes.renamed.extend(workspace.take_name());
        }
        self.credentials.replace(&credentials);
        self.replace_sites(&mut state, loaded.workspaces, &mut changes);
        changes
    }

    fn replace_sites(
        self: &Arc<Self>,
        state: &mut State,
        workspaces: Vec<Workspace>,
        changes: &mut Changes,
    ) {
        let mut before = std::mem::take(&mut state.served);
        for workspace in workspaces {
            let is_it = |site: &Arc<Site>| Arc::ptr_eq(site, &workspace.site);
            if let Some(index) = before.iter().position(|other| is_it(&other.site)) {
                before.swap_remove(index);
            } else {
                changes.added.push(workspace.label());
                state.leaving.retain(|other| !is_it(&other.site));
                self.savers.add(&workspace.site);
            }
            state.served.push(workspace);
        }
        for workspace in before {
            changes.removed.push(workspace.label());
            let leaving = Leaving {
                port: Arc::downgrade(&workspace.port),
                site: workspace.site,
            };
            tokio::spawn(Arc::clone(self).leave(Arc::downgrade(&leaving.site)));
            state.leaving.push(leaving);
        }
    }

    /// Saves a site until no call can change it any more, then closes it; ends if it is served again.
    async fn leave(self: Arc<Self>, site: Weak<Site>) {
        let taking = loop {
            // Under the lock, under which it is served again.
            match self.leaving(&mut self.lock(), &site) {
                Some(leaving) if leaving.port.strong_count() == 0 => {
                    break self.savers.take(&leaving.site);
                }
                Some(_) => {}
                None => return,
            }
            sleep(LEAVE_PAUSE).await;
        };
        if !taking.await {
            return;
        }
        while self.is_open(&site) {
            sleep(CLOSE_PAUSE).await;
        }
    }

    /// Closes a site that leaves, unless somebody else holds it for a moment: a reload that may serve
    /// it again, or the end of a save.
    fn is_open(&self, site: &Weak<Site>) -> bool {
        let mut state = self.lock();
        let mut leaving = state.leaving.iter();
        let left = leaving.position(|leaving| is_same(&leaving.site, site));
        let Some(index) = left else { return false };
        if Arc::strong_count(&state.leaving[index].site) > 1 {
            return true;
        }
        // Under the lock: a reload finds the site here, or the file without a lock.
        let Leaving { site, .. } = state.leaving.swap_remove(index);
        let file = site.path().map(|path| path.display().to_string());
        drop(site);
        output::to_stderr(format_args!(
            "closed {}: everything is saved, and its lock is free",
            file.unwrap_or_default()
        ));
        false
    }

    fn leaving<'a>(&self, state: &'a mut State, site: &Weak<Site>) -> Option<&'a mut Leaving> {
        let mut leaving = state.leaving.iter_mut();
        leaving.find(|leaving| is_same(&leaving.site, site))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace {
    /// What is served under which id and name.
    pub(super) fn note(&self) -> String {
        let path = self.site.path();
        let path = path.map_or_else(String::new, |path| format!(": {}", path.display()));
        format!("workspace {}{path}", self.label())
    }

    fn label(&self) -> String {
        match &self.named {
            Some((id, name)) => format!("{id} ({name})"),
            None => "the store".to_owned(),
        }
    }

    /// Gives the site the id and the name of the configuration; a label, if there was another name.
    fn take_name(&self) -> Option<String> {
        let (id, name) = self.named.as_ref()?;
        let memory = self.site.memory();
        let before = memory.read(|state| state.workspace().map(|own| own.name.clone()));
        if before.as_ref() == Some(name) {
            return None;
        }
        // Whose site it is was checked when it was loaded.
        let named = memory.update(|state| state.adopt_workspace(*id, name));
        named.is_ok().then(|| self.label())
    }
}

fn is_same(site: &Arc<Site>, other: &Weak<Site>) -> bool {
    std::ptr::eq(Arc::as_ptr(site), other.as_ptr())
}

/// The labels of what is new, and of what is gone: each once.
fn differences(
    before: &HashSet<(SecretDigest, Option<WorkspaceId>)>,
    after: &HashSet<(SecretDigest, Option<WorkspaceId>)>,
) -> (Vec<String>, Vec<String>) {
    let labels = |from: &HashSet<_>, without: &HashSet<_>| {
        let own = from.difference(without);
        let mut labels: Vec<_> = own
            .map(|(secret, _): &(SecretDigest, _)| secret.fingerprint())
            .collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    };
    (labels(after, before), labels(before, after))
}

/// How long a site that cannot be closed yet waits for the next try.
const LEAVE_PAUSE: Duration = Duration::from_millis(200);

/// How long it waits for whoever holds it for a moment.
const CLOSE_PAUSE: Duration = Duration::from_millis(10);
