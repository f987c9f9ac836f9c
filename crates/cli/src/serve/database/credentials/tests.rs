use std::sync::atomic::{AtomicUsize, Ordering};

use access_groups_core::{Store, Timestamp, Workspace};
use access_groups_in_memory::InMemory;
use access_groups_protocol::Secret;
use access_groups_sql::{
    CredentialKind, Digest, Entry, HistoryFilter, StoredCredential, StoredWorkspace,
};
use tokio::time::advance;

use super::*;
use crate::serve::Log;

const NORTH: WorkspaceId = WorkspaceId::from_u128(1);

/// A database with credentials only, which counts the questions and can be away.
#[derive(Debug, Default)]
struct Table {
    stored: Mutex<Vec<StoredCredential>>,
    asked: AtomicUsize,
    is_away: Mutex<bool>,
}

impl Table {
    fn with(secret: &str) -> Arc<Self> {
        let table = Self::default();
        let digest = SecretDigest::of(&Secret::new(secret)).to_bytes();
        let (kind, at) = (CredentialKind::Key, Timestamp::UNIX_EPOCH);
        lock(&table.stored).push(StoredCredential::new(
            digest,
            kind,
            NORTH,
            "night shift",
            at,
        ));
        Arc::new(table)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SqlStore for Table {
    async fn workspaces(&self) -> Result<Vec<StoredWorkspace>, Error> {
        unreachable!("no question of credentials")
    }

    async fn workspace(&self, _: WorkspaceId) -> Result<Option<Arc<dyn Store>>, Error> {
        Ok(Some(Arc::new(InMemory::default())))
    }

    async fn create_workspace(&self, _: &Workspace) -> Result<bool, Error> {
        unreachable!("no question of credentials")
    }

    async fn create_first_workspace(&self, _: &Workspace) -> Result<bool, Error> {
        unreachable!("no question of credentials")
    }

    async fn delete_workspace(&self, _: WorkspaceId) -> Result<bool, Error> {
        unreachable!("no question of credentials")
    }

    async fn delete_empty_workspace(&self, _: WorkspaceId) -> Result<bool, Error> {
        unreachable!("no question of credentials")
    }

    async fn credentials(&self, _: Option<WorkspaceId>) -> Result<Vec<StoredCredential>, Error> {
        unreachable!("only one is asked for")
    }

    async fn credential(
        &self,
        digest: Digest,
        _: Option<WorkspaceId>,
    ) -> Result<Option<StoredCredential>, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if *lock(&self.is_away) {
            return Err(Error::unavailable("away"));
        }
        let stored = lock(&self.stored);
        Ok(stored
            .iter()
            .find(|stored| stored.digest == digest)
            .cloned())
    }

    async fn add_credential(&self, _: &StoredCredential) -> Result<bool, Error> {
        unreachable!("servers create none")
    }

    async fn revoke_credential(&self, _: Digest, _: Option<WorkspaceId>) -> Result<u64, Error> {
        unreachable!("servers revoke none")
    }

    async fn history(&self, _: WorkspaceId, _: &HistoryFilter) -> Result<Vec<Entry>, Error> {
        unreachable!("no question of credentials")
    }

    async fn keep_history(&self, _: WorkspaceId, _: Option<u32>) -> Result<bool, Error> {
        unreachable!("no question of credentials")
    }

    async fn forget(&self) -> Result<u64, Error> {
        unreachable!("no question of credentials")
    }

    async fn check(&self) -> Result<Vec<String>, Error> {
        unreachable!("no question of credentials")
    }

    async fn ready(&self) -> Result<(), Error> {
        unreachable!("no question of credentials")
    }
}

fn keys_of(table: &Arc<Table>) -> StoredKeys {
    let front = Front::new(Log::Off, None).expect("without a plan");
    let store = Arc::clone(table) as Arc<dyn SqlStore>;
    StoredKeys::new(Credentials::new(), store, Arc::new(front))
}

fn presented(secret: &str) -> CredentialDigest {
    CredentialDigest::of_key(&Secret::new(secret))
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_stops_within_five_seconds() {
    let table = Table::with("seam_north");
    let (keys, key) = (keys_of(&table), presented("seam_north"));
    let found = keys.find(&key).await.expect("asked").expect("known");
    let fingerprint = SecretDigest::of(&Secret::new("seam_north")).fingerprint();
    assert_eq!(&*found.label, format!("night shift ({fingerprint})"));
    lock(&table.stored).clear();
    advance(HOLDS - Duration::from_millis(1)).await;
    assert!(keys.find(&key).await.expect("not asked").is_some());
    assert_eq!(table.asked(), 1);
    advance(Duration::from_millis(1)).await;
    assert!(keys.find(&key).await.expect("asked again").is_none());
    assert_eq!(table.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_is_asked_for_once() {
    let table = Table::with("seam_north");
    let (keys, key) = (keys_of(&table), presented("seam_nobody"));
    for _ in 0..3 {
        assert!(keys.find(&key).await.expect("asked").is_none());
    }
    assert_eq!(table.asked(), 1);
    advance(HOLDS).await;
    assert!(keys.find(&key).await.expect("asked").is_none());
    assert_eq!(table.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn strangers_cannot_fill_the_memory() {
    let table = Table::with("seam_north");
    let keys = keys_of(&table);
    assert!(
        keys.find(&presented("seam_north"))
            .await
            .expect("asked")
            .is_some()
    );
    for number in 0..MOST + 10 {
        let key = presented(&format!("seam_{number}"));
        assert!(keys.find(&key).await.expect("asked").is_none());
    }
    assert!(lock(&keys.unknown).answers.len() <= MOST);
    let asked = table.asked();
    assert!(
        keys.find(&presented("seam_north"))
            .await
            .expect("kept")
            .is_some()
    );
    assert_eq!(table.asked(), asked, "others do not push it out");
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_refuses_nobody() {
    let table = Table::with("seam_north");
    let (keys, key) = (keys_of(&table), presented("seam_north"));
    *lock(&table.is_away) = true;
    let error = keys.find(&key).await.expect_err("no answer");
    assert!(error.is_retryable());
    *lock(&table.is_away) = false;
    assert!(keys.find(&key).await.expect("asked again").is_some());
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_workspace_share_its_port() {
    let table = Table::with("seam_north");
    let other = SecretDigest::of(&Secret::new("seam_other")).to_bytes();
    let mut second = lock(&table.stored)[0].clone();
    second.digest = other;
    lock(&table.stored).push(second);
    let keys = keys_of(&table);
    let one = keys
        .find(&presented("seam_north"))
        .await
        .expect("asked")
        .expect("known");
    let two = keys
        .find(&presented("seam_other"))
        .await
        .expect("asked")
        .expect("known");
    assert!(Arc::ptr_eq(&one.port, &two.port));
    assert_ne!(one.label, two.label);
}
