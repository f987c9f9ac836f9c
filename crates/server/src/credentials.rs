//! Who may call, and what they then see.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use access_groups_core::{Error, Ports, WorkspaceId};
use access_groups_protocol::Presented;

use crate::SecretDigest;

/// The credentials that a server accepts, each with the ports that it opens: an API key those
/// of one workspace, a personal access token those of each workspace that it is for.
///
/// Only digests are kept, and they are compared in constant time. A call costs one digest and
/// one look-up, however many credentials there are. A token for a workspace that it does not
/// open is looked for, and refused, like a token that nobody knows.
///
/// A clone shares the credentials: what is inserted and removed while a router serves counts
/// from the next call on.
///
/// # Examples
///
/// ```
/// use access_groups_core::{Ports, WorkspaceId};
/// use access_groups_in_memory::InMemory;
/// use access_groups_protocol::Secret;
/// use access_groups_server::{Credentials, SecretDigest};
///
/// let (north, south) = (Ports::of(InMemory::default()), Ports::of(InMemory::default()));
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
pub struct Credentials(Arc<RwLock<HashMap<Entry, Ports>>>);

/// What a caller presents: a key alone, or a token with a workspace.
///
/// The map hashes it under a random seed of its own, so that neither the slot nor the
/// comparison tells anything of the secret.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Entry {
    secret: SecretDigest,
    workspace: Option<WorkspaceId>,
}

impl Entry {
    fn key(key: impl Into<SecretDigest>) -> Self {
        let secret = key.into();
        Self {
            secret,
            workspace: None,
        }
    }

    fn token(token: impl Into<SecretDigest>, workspace: WorkspaceId) -> Self {
        Self {
            secret: token.into(),
            workspace: Some(workspace),
        }
    }
}

impl Credentials {
    /// None: every call is refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This API key opens these ports, and whatever it opened before no longer. The result is
    /// a set of its own: clones made before do not get the key.
    #[must_use]
    pub fn with_key(self, key: impl Into<SecretDigest>, ports: Ports) -> Self {
        self.with(Entry::key(key), ports)
    }

    /// This personal access token opens these ports to whoever asks for this workspace; what
    /// it opens of other workspaces stays. The result is a set of its own, as above.
    #[must_use]
    pub fn with_token(
        self,
        token: impl Into<SecretDigest>,
        workspace: WorkspaceId,
        ports: Ports,
    ) -> Self {
        self.with(Entry::token(token, workspace), ports)
    }

    /// From now on, this API key opens these ports, and whatever it opened before no longer.
    pub fn insert_key(&self, key: impl Into<SecretDigest>, ports: Ports) {
        let entry = Entry::key(key);
        self.write(|entries| entries.insert(entry, ports));
    }

    /// From now on, this personal access token opens these ports to whoever asks for this
    /// workspace; what it opens of other workspaces stays.
    pub fn insert_token(
        &self,
        token: impl Into<SecretDigest>,
        workspace: WorkspaceId,
        ports: Ports,
    ) {
        let entry = Entry::token(token, workspace);
        self.write(|entries| entries.insert(entry, ports));
    }

    /// From now on, this key or token opens nothing, in no workspace; calls that are under way
    /// finish. Looks at all credentials, while calls wait.
    pub fn remove(&self, secret: impl Into<SecretDigest>) {
        let secret = secret.into();
        self.write(|entries| -> Vec<_> {
            let all = entries.extract_if(|entry, _| entry.secret == secret);
            all.collect()
        });
    }

    /// From now on, this token no longer opens this workspace; calls that are under way finish.
    pub fn remove_token(&self, token: impl Into<SecretDigest>, workspace: WorkspaceId) {
        let entry = Entry::token(token, workspace);
        self.write(|entries| entries.remove(&entry));
    }

    /// What the presented credential opens.
    pub(crate) fn open(&self, presented: Presented<'_>) -> Result<Ports, Error> {
        let (entry, refusal) = match presented {
            Presented::ApiKey(key) => (Entry::key(key), "the API key is unknown"),
            // As if the workspace were no id: nobody learns which ones there are.
            Presented::PersonalAccessToken { token, workspace } => (
                Entry::token(token, workspace),
                "the token, or the workspace for it, is unknown",
            ),
            _ => {
                let message = "credentials of this kind are unknown here";
                return Err(Error::unauthenticated(message));
            }
        };
        self.read(|entries| entries.get(&entry).cloned())
            .ok_or_else(|| Error::unauthenticated(refusal))
    }

    fn with(self, entry: Entry, ports: Ports) -> Self {
        let mut entries = match Arc::try_unwrap(self.0) {
            Ok(unshared) => unshared
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            Err(shared) => shared
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        };
        entries.insert(entry, ports);
        Self(Arc::new(RwLock::new(entries)))
    }

    // A panic elsewhere has not left anything half done: each change is one call of the map.

    fn read<R>(&self, question: impl FnOnce(&HashMap<Entry, Ports>) -> R) -> R {
        question(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was there before is dropped outside the lock, with whatever it takes.
    fn write<R>(&self, change: impl FnOnce(&mut HashMap<Entry, Ports>) -> R) {
        let before = change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
        drop(before);
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

    fn ports() -> Ports {
        Ports::of(InMemory::default())
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    fn opens(credentials: &Credentials, text: &str, workspace: Option<WorkspaceId>) -> bool {
        let secret = secret(text);
        let presented = match workspace {
            None => Presented::ApiKey(&secret),
            Some(workspace) => Presented::PersonalAccessToken {
                token: &secret,
                workspace,
            },
        };
        credentials.open(presented).is_ok()
    }

    fn check(text: &str, known: bool) {
        let credentials = Credentials::new()
            .with_key(&secret("seam_one"), ports())
            .with_key(&secret("seam_two"), ports());
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
            .with_key(&secret("seam_key"), ports())
            .with_token(&secret("seam_at_one"), NORTH, ports())
            .with_token(&secret("seam_at_both"), NORTH, ports())
            .with_token(&secret("seam_at_both"), SOUTH, ports());
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
    fn the_refusal_of_a_token_does_not_tell_which_workspaces_there_are() {
        let credentials = Credentials::new().with_token(&secret("seam_at_one"), NORTH, ports());
        let refusal = |token: &str, workspace| {
            let token = &secret(token);
            let presented = Presented::PersonalAccessToken { token, workspace };
            let error = credentials.open(presented).expect_err("a refusal");
            (error.code().map(str::to_owned), error.message().to_owned())
        };
        let unknown = refusal("seam_at_none", NORTH);
        assert_eq!(unknown.0.as_deref(), Some("unauthorized"));
        assert_eq!(refusal("seam_at_one", SOUTH), unknown);
        assert_eq!(refusal("seam_at_none", SOUTH), unknown);
    }

    #[test]
    fn a_secret_may_be_given_as_its_digest() {
        let digest = SecretDigest::of(&secret("seam_one"));
        let credentials = Credentials::new().with_key(digest, ports());
        assert!(opens(&credentials, "seam_one", None));
        credentials.remove(&secret("seam_one"));
        assert!(!opens(&credentials, "seam_one", None));
    }

    #[test]
    fn building_on_a_set_leaves_its_clones_alone() {
        let public = Credentials::new();
        let admin = public.clone().with_key(&secret("seam_admin"), ports());
        assert!(opens(&admin, "seam_admin", None));
        assert!(!opens(&public, "seam_admin", None));
    }

    #[test]
    fn keys_come_and_go_in_every_clone() {
        let credentials = Credentials::new();
        let (serving, key) = (credentials.clone(), secret("seam_one"));
        assert!(!opens(&serving, "seam_one", None));
        credentials.insert_key(&key, ports());
        assert!(opens(&serving, "seam_one", None));
        credentials.remove(&key);
        assert!(!opens(&serving, "seam_one", None));
    }

    /// Whether what the key opens is what has no port but the first.
    fn opens_bare(credentials: &Credentials) -> bool {
        let key = secret("seam_one");
        let ports = credentials.open(Presented::ApiKey(&key));
        ports.expect("a known key").directory().is_err()
    }

    #[test]
    fn a_key_given_again_opens_the_new_ports() {
        let bare = || Ports::new(InMemory::default());
        let key = secret("seam_one");
        let credentials = Credentials::new().with_key(&key, ports());
        assert!(!opens_bare(&credentials));
        let credentials = credentials.with_key(&key, bare());
        assert!(opens_bare(&credentials));
        credentials.insert_key(&key, ports());
        assert!(!opens_bare(&credentials));
    }

    #[test]
    fn tokens_come_and_go_in_every_clone_one_workspace_at_a_time_or_all() {
        let credentials = Credentials::new().with_key(&secret("seam_key"), ports());
        let (serving, token) = (credentials.clone(), secret("seam_at_one"));
        let open = || [NORTH, SOUTH].map(|it| opens(&serving, "seam_at_one", Some(it)));
        credentials.insert_token(&token, NORTH, ports());
        assert_eq!(open(), [true, false]);
        credentials.insert_token(&token, SOUTH, ports());
        assert_eq!(open(), [true, true]);
        credentials.remove_token(&token, NORTH);
        assert_eq!(open(), [false, true]);
        credentials.insert_token(&token, NORTH, ports());
        credentials.remove(&token);
        assert_eq!(open(), [false, false]);
        assert!(opens(&serving, "seam_key", None), "the rest stays");
    }
}
