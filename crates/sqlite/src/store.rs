//! The database as a whole, async.

use std::sync::Arc;

use access_groups_core::{Error, Store, Workspace, WorkspaceId, async_trait};
use access_groups_sql::{
    Digest, Entry, HistoryFilter, SqlStore, StoredCredential, StoredWorkspace,
};

use crate::{BlockingSqlite, Database, check, credentials, history, waiting::Patience, workspaces};

#[async_trait]
impl SqlStore for Database {
    async fn workspaces(&self) -> Result<Vec<StoredWorkspace>, Error> {
        self.read_soon(Patience::default(), workspaces::list).await
    }

    async fn workspace(&self, id: WorkspaceId) -> Result<Option<Arc<dyn Store>>, Error> {
        let exists = self.read_soon(Patience::default(), move |session| {
            workspaces::exists(session, id)
        });
        if !exists.await? {
            return Ok(None);
        }
        let port = BlockingSqlite::new(self.clone(), id).asynchronous();
        Ok(Some(Arc::new(port)))
    }

    async fn create_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        let workspace = workspace.clone();
        self.commit_soon(Patience::default(), move |session| {
            workspaces::create(session, &workspace)
        })
        .await
    }

    async fn create_first_workspace(&self, workspace: &Workspace) -> Result<bool, Error> {
        let workspace = workspace.clone();
        self.commit_soon(Patience::default(), move |session| {
            workspaces::create_first(session, &workspace)
        })
        .await
    }

    async fn delete_workspace(&self, id: WorkspaceId) -> Result<bool, Error> {
        self.commit_soon(Patience::default(), move |session| {
            workspaces::delete(session, id)
        })
        .await
    }

    async fn delete_empty_workspace(&self, id: WorkspaceId) -> Result<bool, Error> {
        self.commit_soon(Patience::default(), move |session| {
            workspaces::delete_empty(session, id)
        })
        .await
    }

    async fn credentials(
        &self,
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<StoredCredential>, Error> {
        self.read_soon(Patience::default(), move |session| {
            credentials::list(session, workspace)
        })
        .await
    }

    async fn credential(
        &self,
        digest: Digest,
        token_for: Option<WorkspaceId>,
    ) -> Result<Option<StoredCredential>, Error> {
        self.read_soon(Patience::default(), move |session| {
            credentials::find(session, &digest, token_for)
        })
        .await
    }

    async fn add_credential(&self, credential: &StoredCredential) -> Result<bool, Error> {
        let credential = credential.clone();
        self.commit_soon(Patience::default(), move |session| {
            credentials::add(session, &credential)
        })
        .await
    }

    async fn revoke_credential(
        &self,
        digest: Digest,
        workspace: Option<WorkspaceId>,
    ) -> Result<u64, Error> {
        self.commit_soon(Patience::default(), move |session| {
            credentials::revoke(session, &digest, workspace)
        })
        .await
    }

    async fn history(
        &self,
        workspace: WorkspaceId,
        filter: &HistoryFilter,
    ) -> Result<Vec<Entry>, Error> {
        let filter = filter.clone();
        self.read_soon(Patience::default(), move |session| {
            history::read(session, workspace, &filter)
        })
        .await
    }

    async fn keep_history(&self, workspace: WorkspaceId, days: Option<u32>) -> Result<bool, Error> {
        self.commit_soon(Patience::default(), move |session| {
            history::keep(session, workspace, days)
        })
        .await
    }

    async fn forget(&self) -> Result<u64, Error> {
        let (now, mut all) = (self.now(), 0);
        loop {
            // Changes that wait come in between.
            let some = self.commit_soon(Patience::default(), move |session| {
                history::forget_some(session, now)
            });
            match some.await? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }

    async fn check(&self) -> Result<Vec<String>, Error> {
        let source = self.source().clone();
        self.read_soon(Patience::default(), move |_| check::problems(&source))
            .await
    }

    async fn ready(&self) -> Result<(), Error> {
        let outcome = self.commit_soon(Patience::default(), self.proof()).await;
        self.proved(outcome)
    }
}
