//! Credentials that are stored in the database: asked for when they are used, and remembered for a
//! moment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access_groups_core::{AccessGroupPort, Error, WorkspaceId, async_trait};
use access_groups_server::{Access, CredentialDigest, CredentialStore, Credentials, SecretDigest};
use access_groups_sql::{SqlStore, StoredCredential};
use tokio::time::Instant;

use super::super::Front;

/// The keys that were given to the server, and those of the database.
///
/// An answer of the database holds for 5 seconds: so long may a key be accepted after it is revoked, or
/// refused after it is created, if it was tried before.
pub(super) struct StoredKeys {
    given: Credentials,
    store: Arc<dyn SqlStore>,
    front: Arc<Front>,
    ports: Mutex<HashMap<WorkspaceId, Arc<dyn AccessGroupPort>>>,
    known: Mutex<Answers<Access>>,
    /// Apart: strangers must not push out what others need.
    unknown: Mutex<Answers<()>>,
}

impl StoredKeys {
    pub(super) fn new(given: Credentials, store: Arc<dyn SqlStore>, front: Arc<Front>) -> Self {
        Self {
            given,
            store,
            front,
            ports: Mutex::default(),
            known: Mutex::default(),
            unknown: Mutex::default(),
        }
    }

    async fn look_up(&self, credential: &CredentialDigest) -> Result<Option<Access>, Error> {
        let digest = credential.secret.to_bytes();
        let stored = self.store.credential(digest, credential.workspace).await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let port = self.port(stored.workspace).await?;
        Ok(port.map(|port| Access::new(port, label(&stored))))
    }

    /// One port for each workspace, by which the server tells them apart.
    async fn port(&self, id: WorkspaceId) -> Result<Option<Arc<dyn AccessGroupPort>>, Error> {
        if let Some(port) = lock(&self.ports).get(&id) {
            return Ok(Some(Arc::clone(port)));
        }
        let Some(store) = self.store.workspace(id).await? else {
            return Ok(None);
        };
        let whose = format!(" of workspace {id}");
        let new = || self.front.over_port(&whose, store);
        Ok(Some(Arc::clone(
            lock(&self.ports).entry(id).or_insert_with(new),
        )))
    }
}

#[async_trait]
impl CredentialStore for StoredKeys {
    async fn find(&self, credential: &CredentialDigest) -> Result<Option<Access>, Error> {
        if let Some(access) = self.given.find(credential).await? {
            return Ok(Some(access));
        }
        let now = Instant::now();
        if let Some(access) = lock(&self.known).get(credential, now) {
            return Ok(Some(access));
        }
        if lock(&self.unknown).get(credential, now).is_some() {
            return Ok(None);
        }
        let found = self.look_up(credential).await?;
        // From before the question on: what is revoked meanwhile is not remembered for longer.
        match &found {
            Some(access) => lock(&self.known).keep(credential, access.clone(), now),
            None => lock(&self.unknown).keep(credential, (), now),
        }
        Ok(found)
    }
}

/// What logs and the history call it.
fn label(stored: &StoredCredential) -> String {
    let fingerprint = SecretDigest::from_bytes(stored.digest).fingerprint();
    format!("{} ({fingerprint})", stored.name)
}

/// Answers that hold for a moment; a bounded number of them.
struct Answers<T> {
    answers: HashMap<CredentialDigest, (Instant, T)>,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self {
            answers: HashMap::new(),
        }
    }
}

impl<T: Clone> Answers<T> {
    fn get(&self, credential: &CredentialDigest, now: Instant) -> Option<T> {
        let (asked, answer) = self.answers.get(credential)?;
        (now.duration_since(*asked) < HOLDS).then(|| answer.clone())
    }

    fn keep(&mut self, credential: &CredentialDigest, answer: T, asked: Instant) {
        if self.answers.len() >= MOST {
            let is_valid = |kept: Instant| asked.duration_since(kept) < HOLDS;
            self.answers.retain(|_, (kept, _)| is_valid(*kept));
        }
        if self.answers.len() >= MOST {
            // Rare, and harmless: the database is asked again.
            self.answers.clear();
        }
        self.answers.insert(credential.clone(), (asked, answer));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long an answer of the database is taken for true.
const HOLDS: Duration = Duration::from_secs(5);

/// How many answers of a kind are remembered at most: about 2 MB.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests;
