//! A database with any number of workspaces, as servers and operators see it.

use std::{fmt, sync::Arc};

use access_groups_core::{Error, Store, Timestamp, Workspace, WorkspaceId, async_trait};

use crate::{Entry, HistoryFilter};

/// A SQL database as a whole: its workspaces, the credentials that open them, and their history.
///
/// The port of one workspace is [`workspace`](Self::workspace). Nothing here is a rule on users or
/// groups.
///
/// # Errors
///
/// Every method fails with those kinds that calls on the database do, whatever they say of it:
/// `Unavailable`, `TimedOut` or `Internal`.
#[async_trait]
pub trait SqlStore: fmt::Debug + Send + Sync {
    /// All workspaces, sorted by id.
    async fn workspaces(&self) -> Result<Vec<StoredWorkspace>, Error>;

    /// The port of a workspace; `None` if there is no such workspace.
    async fn workspace(&self, id: WorkspaceId) -> Result<Option<Arc<dyn Store>>, Error>;

    /// Creates an empty workspace with this id and name. False, and nothing has changed, if there is one
    /// with this id.
    ///
    /// The name is nothing in it: an import still finds it empty. The id and the name stay, whatever the
    /// imported site says; the rest of what it says of its workspace replaces this one.
    async fn create_workspace(&self, workspace: &Workspace) -> Result<bool, Error>;

    /// Like [`create_workspace`](Self::create_workspace), if the database has no workspace at all: of
    /// several who do this at once, one creates its own. False, and nothing has changed, if there is one.
    async fn create_first_workspace(&self, workspace: &Workspace) -> Result<bool, Error>;

    /// Deletes a workspace with everything in it, its credentials and its history. False if there is
    /// none with this id.
    async fn delete_workspace(&self, id: WorkspaceId) -> Result<bool, Error>;

    /// Deletes a workspace that nothing is in: no resource, credential or line of history. False, and
    /// nothing has changed, if there is something in it, or no workspace with this id.
    async fn delete_empty_workspace(&self, id: WorkspaceId) -> Result<bool, Error>;

    /// The credentials of one workspace or of all, by workspace and creation.
    async fn credentials(
        &self,
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<StoredCredential>, Error>;

    /// The credential with this digest: a key, or a token for this workspace.
    async fn credential(
        &self,
        digest: Digest,
        token_for: Option<WorkspaceId>,
    ) -> Result<Option<StoredCredential>, Error>;

    /// Stores a credential. False, and nothing has changed, if there is no such workspace, or if it opens
    /// one already: a key any workspace, a token this one.
    async fn add_credential(&self, credential: &StoredCredential) -> Result<bool, Error>;

    /// Revokes the credential with this digest, in this workspace or in all. Returns how many
    /// were revoked.
    async fn revoke_credential(
        &self,
        digest: Digest,
        workspace: Option<WorkspaceId>,
    ) -> Result<u64, Error>;

    /// The newest changes of the workspace that match the filter, newest first.
    ///
    /// # Errors
    ///
    /// Beside those of every method: `NotFound`, code `workspace_not_found`, if there is no such workspace.
    async fn history(
        &self,
        workspace: WorkspaceId,
        filter: &HistoryFilter,
    ) -> Result<Vec<Entry>, Error>;

    /// From now on, the history of the workspace is kept for so many days; `None`: for ever, which is the
    /// default. What is older goes with the next [`forget`](Self::forget). False if there is no such
    /// workspace.
    async fn keep_history(&self, workspace: WorkspaceId, days: Option<u32>) -> Result<bool, Error>;

    /// Deletes history that is older than its workspace keeps it. Returns how many lines were deleted.
    /// Servers do this once an hour.
    async fn forget(&self) -> Result<u64, Error>;

    /// Compares everything stored with what it is found by. The problems, one sentence each; none if all
    /// is well. It reads the whole database.
    async fn check(&self) -> Result<Vec<String>, Error>;

    /// Whether the database can be reached and written to at the moment.
    async fn ready(&self) -> Result<(), Error>;
}

/// What a call is told whose workspace was deleted after its port was made: `NotFound`, code
/// `workspace_not_found`.
#[must_use]
pub fn workspace_not_found(id: WorkspaceId) -> Error {
    Error::unknown(id).with_message(format!("the workspace {id} does not exist any more"))
}

/// A workspace of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredWorkspace {
    /// The id that the database knows it by.
    pub id: WorkspaceId,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// For how many days its history is kept; `None`: for ever.
    pub history_days: Option<u32>,
}

impl StoredWorkspace {
    /// A workspace whose history is kept for ever.
    #[must_use]
    pub fn new(id: WorkspaceId, name: Option<String>) -> Self {
        Self {
            id,
            name,
            history_days: None,
        }
    }
}

/// The SHA-256 of a secret: the secret itself is never stored.
pub type Digest = [u8; 32];

/// A credential that opens a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredCredential {
    /// The digest of the key or token. No secret, but no business of a log either.
    pub digest: Digest,
    /// What kind of credential it is.
    pub kind: CredentialKind,
    /// The workspace that it opens.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Since when it opens the workspace.
    pub created_at: Timestamp,
}

impl StoredCredential {
    /// A credential.
    #[must_use]
    pub fn new(
        digest: Digest,
        kind: CredentialKind,
        workspace: WorkspaceId,
        name: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            digest,
            kind,
            workspace,
            name: name.into(),
            created_at,
        }
    }
}

/// A kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// An API key: it opens one workspace, which it implies.
    Key,
    /// A personal access token: it opens any number of workspaces, one of which the caller names.
    Token,
}

impl CredentialKind {
    /// Its name in a database, which does not change between versions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Token => "token",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Key, Self::Token]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}
