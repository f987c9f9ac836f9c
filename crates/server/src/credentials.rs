//! Which credentials a server accepts, and the port that each opens.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use access_groups_core::{AccessGroupPort, Error, WorkspaceId, async_trait};
use access_groups_protocol::PresentedCredential;

use crate::SecretDigest;

/// Where a server looks credentials up: [`Credentials`] keeps them in memory; a database is another
/// implementation.
///
/// It is asked once for each call, before the body of the request is read, also for credentials that
/// somebody made up.
///
/// # Examples
///
/// One key, whose digest is kept elsewhere:
///
/// ```
/// use std::sync::Arc;
///
/// use access_groups_core::{AccessGroupPort, Error, async_trait};
/// use access_groups_server::{Access, CredentialDigest, CredentialStore};
///
/// struct Table {/* a connection pool */}
/// # impl Table {
/// #     async fn port_of(&self, _: &CredentialDigest) -> Option<(Arc<dyn AccessGroupPort>, String)> { None }
/// # }
///
/// #[async_trait]
/// impl CredentialStore for Table {
///     async fn find(&self, credential: &CredentialDigest) -> Result<Option<Access>, Error> {
///         let found = self.port_of(credential).await;
///         Ok(found.map(|(port, label)| Access::new(port, label)))
///     }
/// }
/// ```
#[async_trait]
pub trait CredentialStore: Send + Sync + 'static {
    /// What this credential opens; `None` if it opens nothing.
    ///
    /// # Errors
    ///
    /// The store could not be asked: the caller is told so, and not that the credential is wrong.
    async fn find(&self, credential: &CredentialDigest) -> Result<Option<Access>, Error>;
}

/// The credentials that a server accepts, each with the port that it opens: an API key opens that of
/// one workspace, a personal access token that of each of its workspaces.
///
/// Only digests are kept, and they are compared in constant time. A call costs one digest and one
/// lookup, however many credentials there are. A token for a workspace that it does not open is
/// treated exactly like an unknown token, so that nobody learns which workspaces exist.
///
/// A clone shares the credentials: insertions and removals take effect with the next call, also
/// while a router serves.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use access_groups_core::{AccessGroupPort, WorkspaceId};
/// use access_groups_in_memory::InMemory;
/// use access_groups_protocol::Secret;
/// use access_groups_server::{Credentials, SecretDigest};
///
/// let north: Arc<dyn AccessGroupPort> = Arc::new(InMemory::default());
/// let south: Arc<dyn AccessGroupPort> = Arc::new(InMemory::default());
/// let (key, old_key) = (Secret::new("seam_north"), Secret::new("seam_north_old"));
/// let digest: SecretDigest =
///     "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".parse()?;
/// let token = Secret::new("seam_at1_both");
///
/// let credentials = Credentials::new()
///     .with_key(&key, north.clone())
///     .with_key(&old_key, north.clone())
///     .with_key(digest, south.clone())
///     .with_token(&token, WorkspaceId::from_u128(1), north)
///     .with_token(&token, WorkspaceId::from_u128(2), south);
/// assert_eq!(format!("{credentials:?}"), "Credentials(3 keys, 2 of tokens)");
///
/// let router = access_groups_server::router(credentials.clone());
/// credentials.remove(&old_key); // no longer accepted
/// credentials.remove_token(&token, WorkspaceId::from_u128(2)); // no longer for that one
/// # Ok::<(), access_groups_server::ParseDigestError>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials(
    // Hashed under a random seed, so that neither slot nor comparison reveals the secret.
    Arc<RwLock<HashMap<CredentialDigest, Access>>>,
);

/// What a credential opens.
#[derive(Clone)]
#[non_exhaustive]
pub struct Access {
    /// The port of its workspace.
    pub port: Arc<dyn AccessGroupPort>,
    /// The credential in logs and limits; no secret. Credentials with one label share their limits.
    pub label: Arc<str>,
}

impl Access {
    /// Access to this port under this label.
    #[must_use]
    pub fn new(port: Arc<dyn AccessGroupPort>, label: impl Into<Arc<str>>) -> Self {
        let label = label.into();
        Self { port, label }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// A credential as a caller presents it: the digest of an API key, or that of a personal access
/// token and the workspace that the caller names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CredentialDigest {
    /// The digest of the key or token.
    pub secret: SecretDigest,
    /// The workspace that a token is presented for; `None` for a key, which implies its own.
    pub workspace: Option<WorkspaceId>,
}

impl CredentialDigest {
    /// An API key as its caller presents it.
    #[must_use]
    pub fn of_key(key: impl Into<SecretDigest>) -> Self {
        Self {
            secret: key.into(),
            workspace: None,
        }
    }

    /// A personal access token as its caller presents it for this workspace.
    #[must_use]
    pub fn of_token(token: impl Into<SecretDigest>, workspace: WorkspaceId) -> Self {
        Self {
            secret: token.into(),
            workspace: Some(workspace),
        }
    }

    /// The digest of what is presented, and what an unknown one is told; `None` for a credential of
    /// a kind that has no digest here.
    pub(crate) fn of(presented: PresentedCredential<'_>) -> Option<(Self, &'static str)> {
        match presented {
            PresentedCredential::ApiKey(key) => Some((Self::of_key(key), "the API key is unknown")),
            // One message for an unknown token, workspace, or pair: it reveals no workspace.
            PresentedCredential::PersonalAccessToken { token, workspace } => Some((
                Self::of_token(token, workspace),
                "the token, or the workspace for it, is unknown",
            )),
            _ => None,
        }
    }

    fn opens(&self, port: Arc<dyn AccessGroupPort>) -> Access {
        Access::new(port, self.secret.fingerprint())
    }
}

impl Credentials {
    /// No credentials: every call is refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an API key that opens this port instead of whatever it opened before. The result is
    /// independent: clones made before do not get the key.
    #[must_use]
    pub fn with_key(self, key: impl Into<SecretDigest>, port: Arc<dyn AccessGroupPort>) -> Self {
        self.with(CredentialDigest::of_key(key), port)
    }

    /// Adds a personal access token that opens this port to callers that name this workspace; its
    /// other workspaces stay. The result is independent: clones made before do not get the token.
    #[must_use]
    pub fn with_token(
        self,
        token: impl Into<SecretDigest>,
        workspace: WorkspaceId,
        port: Arc<dyn AccessGroupPort>,
    ) -> Self {
        self.with(CredentialDigest::of_token(token, workspace), port)
    }

    /// From now on, this API key opens this port instead of whatever it opened before.
    pub fn insert_key(&self, key: impl Into<SecretDigest>, port: Arc<dyn AccessGroupPort>) {
        let entry = CredentialDigest::of_key(key);
        let access = entry.opens(port);
        self.write(|entries| entries.insert(entry, access));
    }

    /// From now on, this personal access token opens this port to callers that name this
    /// workspace; its other workspaces stay.
    pub fn insert_token(
        &self,
        token: impl Into<SecretDigest>,
        workspace: WorkspaceId,
        port: Arc<dyn AccessGroupPort>,
    ) {
        let entry = CredentialDigest::of_token(token, workspace);
        let access = entry.opens(port);
        self.write(|entries| entries.insert(entry, access));
    }

    /// From now on, this key or token opens nothing, in no workspace; calls in flight finish. It
    /// takes time in proportion to the number of credentials, and blocks calls meanwhile.
    pub fn remove(&self, secret: impl Into<SecretDigest>) {
        let secret = secret.into();
        self.write(|entries| -> Vec<_> {
            let all = entries.extract_if(|entry, _| entry.secret == secret);
            all.collect()
        });
    }

    /// From now on, this token no longer opens this workspace; calls in flight finish.
    pub fn remove_token(&self, token: impl Into<SecretDigest>, workspace: WorkspaceId) {
        let entry = CredentialDigest::of_token(token, workspace);
        self.write(|entries| entries.remove(&entry));
    }

    /// From now on, these are the credentials, and no others: no call meets a part of the old and a
    /// part of the new ones. Calls in flight finish. The other value stays independent.
    pub fn replace(&self, credentials: &Self) {
        let mut new = credentials.read(HashMap::clone);
        self.write(|entries| {
            std::mem::swap(entries, &mut new);
            new
        });
    }

    fn with(self, entry: CredentialDigest, port: Arc<dyn AccessGroupPort>) -> Self {
        let access = entry.opens(port);
        let mut entries = match Arc::try_unwrap(self.0) {
            Ok(unshared) => unshared
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            Err(shared) => shared
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        };
        entries.insert(entry, access);
        Self(Arc::new(RwLock::new(entries)))
    }

    fn get(&self, credential: &CredentialDigest) -> Option<Access> {
        self.read(|entries| entries.get(credential).cloned())
    }

    // A poisoned lock is used all the same: each change is one call of the map, never half done.

    fn read<R>(&self, question: impl FnOnce(&HashMap<CredentialDigest, Access>) -> R) -> R {
        question(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops what was there before outside the lock: a store may take long to drop.
    fn write<R>(&self, change: impl FnOnce(&mut HashMap<CredentialDigest, Access>) -> R) {
        let before = change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
        drop(before);
    }
}

#[async_trait]
impl CredentialStore for Credentials {
    async fn find(&self, credential: &CredentialDigest) -> Result<Option<Access>, Error> {
        Ok(self.get(credential))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tokens, keys) = self.read(|entries| {
            let of_tokens = entries.keys().filter(|entry| entry.workspace.is_some());
            let tokens = of_tokens.count();
            (tokens, entries.len() - tokens)
        });
        write!(f, "Credentials({keys} keys, {tokens} of tokens)")
    }
}

#[cfg(test)]
mod tests {
    use access_groups_in_memory::InMemory;
    use access_groups_protocol::Secret;

    use super::*;

    const NORTH: WorkspaceId = WorkspaceId::from_u128(1);
    const SOUTH: WorkspaceId = WorkspaceId::from_u128(2);

    fn port() -> Arc<dyn AccessGroupPort> {
        Arc::new(InMemory::default())
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    fn opens(credentials: &Credentials, text: &str, workspace: Option<WorkspaceId>) -> bool {
        let secret = secret(text);
        let presented = match workspace {
            None => PresentedCredential::ApiKey(&secret),
            Some(workspace) => PresentedCredential::PersonalAccessToken {
                token: &secret,
                workspace,
            },
        };
        let (digest, _) = CredentialDigest::of(presented).expect("it has a digest");
        credentials.get(&digest).is_some()
    }

    fn check(text: &str, known: bool) {
        let credentials = Credentials::new()
            .with_key(&secret("seam_one"), port())
            .with_key(&secret("seam_two"), port());
        assert_eq!(opens(&credentials, text, None), known, "{text}");
    }

    #[test]
    fn only_the_whole_key_opens_anything() {
        check("seam_one", true);
        check("seam_two", true);
        check("seam_on", false);
        check("seam_onee", false);
        check("SEAM_ONE", false);
        check("", false);
    }

    fn check_token(text: &str, workspace: Option<WorkspaceId>, known: bool) {
        let credentials = Credentials::new()
            .with_key(&secret("seam_key"), port())
            .with_token(&secret("seam_at_one"), NORTH, port())
            .with_token(&secret("seam_at_both"), NORTH, port())
            .with_token(&secret("seam_at_both"), SOUTH, port());
        let found = opens(&credentials, text, workspace);
        assert_eq!(found, known, "{text} {workspace:?}");
    }

    #[test]
    fn a_token_opens_the_workspaces_it_is_for() {
        check_token("seam_at_one", Some(NORTH), true);
        check_token("seam_at_one", Some(SOUTH), false);
        check_token("seam_at_both", Some(NORTH), true);
        check_token("seam_at_both", Some(SOUTH), true);
        check_token("seam_at_none", Some(NORTH), false);
        // Neither stands in for the other.
        check_token("seam_at_one", None, false);
        check_token("seam_key", Some(NORTH), false);
    }

    #[test]
    fn a_secret_may_be_given_as_its_digest() {
        let digest = SecretDigest::of(&secret("seam_one"));
        let credentials = Credentials::new().with_key(digest, port());
        assert!(opens(&credentials, "seam_one", None));
        credentials.remove(&secret("seam_one"));
        assert!(!opens(&credentials, "seam_one", None));
    }

    #[test]
    fn building_on_a_set_leaves_its_clones_alone() {
        let public = Credentials::new();
        let admin = public.clone().with_key(&secret("seam_admin"), port());
        assert!(opens(&admin, "seam_admin", None));
        assert!(!opens(&public, "seam_admin", None));
    }

    #[test]
    fn keys_come_and_go_in_every_clone() {
        let credentials = Credentials::new();
        let (serving, key) = (credentials.clone(), secret("seam_one"));
        assert!(!opens(&serving, "seam_one", None));
        credentials.insert_key(&key, port());
        assert!(opens(&serving, "seam_one", None));
        credentials.remove(&key);
        assert!(!opens(&serving, "seam_one", None));
    }

    #[test]
    fn credentials_are_replaced_as_a_whole() {
        let credentials = Credentials::new().with_key(&secret("seam_old"), port());
        let (serving, new) = (credentials.clone(), Credentials::new());
        new.insert_token(&secret("seam_at_new"), NORTH, port());
        credentials.replace(&new);
        assert!(!opens(&serving, "seam_old", None));
        assert!(opens(&serving, "seam_at_new", Some(NORTH)));
        new.remove(&secret("seam_at_new"));
        assert!(opens(&serving, "seam_at_new", Some(NORTH)));
    }

    #[test]
    fn a_key_given_again_opens_the_new_port() {
        let (old, new) = (port(), port());
        let key = secret("seam_one");
        let opens = |credentials: &Credentials, expected: &Arc<dyn AccessGroupPort>| {
            let access = credentials.get(&CredentialDigest::of_key(&key));
            Arc::ptr_eq(&access.expect("a known key").port, expected)
        };
        let credentials = Credentials::new().with_key(&key, old.clone());
        assert!(opens(&credentials, &old));
        let credentials = credentials.with_key(&key, new.clone());
        assert!(opens(&credentials, &new));
        credentials.insert_key(&key, old.clone());
        assert!(opens(&credentials, &old));
    }

    #[test]
    fn tokens_come_and_go_in_every_clone_one_workspace_at_a_time_or_all() {
        let credentials = Credentials::new().with_key(&secret("seam_key"), port());
        let (serving, token) = (credentials.clone(), secret("seam_at_one"));
        let open =
            || [NORTH, SOUTH].map(|workspace| opens(&serving, "seam_at_one", Some(workspace)));
        credentials.insert_token(&token, NORTH, port());
        assert_eq!(open(), [true, false]);
        credentials.insert_token(&token, SOUTH, port());
        assert_eq!(open(), [true, true]);
        credentials.remove_token(&token, NORTH);
        assert_eq!(open(), [false, true]);
        credentials.insert_token(&token, NORTH, port());
        credentials.remove(&token);
        assert_eq!(open(), [false, false]);
        assert!(opens(&serving, "seam_key", None), "the rest stays");
    }
}
