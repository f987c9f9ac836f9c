//! Which credentials a server accepts, and the port that each opens.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use access_groups_core::{AccessGroupPort, Error, WorkspaceId};
use access_groups_protocol::{PresentedCredential, Secret};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

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
pub struct Credentials(Arc<RwLock<HashMap<Entry, Access>>>);

/// What a credential opens.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) port: Arc<dyn AccessGroupPort>,
    /// The credential in logs; made once, not for each call.
    pub(crate) actor: Arc<str>,
}

/// The key of the map: an API key alone, or a token with a workspace.
///
/// The map hashes it under a random seed, so that neither slot nor comparison reveals the secret.
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

    fn opens(&self, port: Arc<dyn AccessGroupPort>) -> Access {
        let actor = self.secret.fingerprint().into();
        Access { port, actor }
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
        self.with(Entry::key(key), port)
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
        self.with(Entry::token(token, workspace), port)
    }

    /// From now on, this API key opens this port instead of whatever it opened before.
    pub fn insert_key(&self, key: impl Into<SecretDigest>, port: Arc<dyn AccessGroupPort>) {
        let entry = Entry::key(key);
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
        let entry = Entry::token(token, workspace);
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
        let entry = Entry::token(token, workspace);
        self.write(|entries| entries.remove(&entry));
    }

    /// What the presented credential opens.
    pub(crate) fn open(&self, presented: PresentedCredential<'_>) -> Result<Access, Error> {
        let (entry, refusal) = match presented {
            PresentedCredential::ApiKey(key) => (Entry::key(key), "the API key is unknown"),
            // One message for an unknown token, workspace, or pair: it reveals no workspace.
            PresentedCredential::PersonalAccessToken { token, workspace } => (
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

    fn with(self, entry: Entry, port: Arc<dyn AccessGroupPort>) -> Self {
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

    // A poisoned lock is used all the same: each change is one call of the map, never half done.

    fn read<R>(&self, question: impl FnOnce(&HashMap<Entry, Access>) -> R) -> R {
        question(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops what was there before outside the lock: a store may take long to drop.
    fn write<R>(&self, change: impl FnOnce(&mut HashMap<Entry, Access>) -> R) {
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

/// The SHA-256 digest of an API key or a token: it recognises the secret without holding it.
///
/// Written `sha256:` and 64 hexadecimal digits. Use long random secrets: one that people made up
/// can be found from its digest by trying.
///
/// Digests are compared in constant time, and not shown by `Debug`.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::Secret;
/// use access_groups_server::SecretDigest;
///
/// // printf %s seam_north | sha256sum
/// let text = "sha256:40fea43abcfd4ceff85cf697fb8aeb52077defbcc3989992c1e32166d5b2d724";
/// let digest: SecretDigest = text.parse()?;
/// assert!(digest == SecretDigest::of(&Secret::new("seam_north")));
/// assert_eq!(format!("{digest:?}"), "SecretDigest([redacted])");
/// # Ok::<(), access_groups_server::ParseDigestError>(())
/// ```
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// The digest of this secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(Sha256::digest(secret.expose().as_bytes()).into())
    }

    /// The beginning of a digest in text, with which no secret of Seam's begins.
    pub const PREFIX: &str = "sha256:";

    /// The first 8 of the 64 digits: enough to find the credential in a configuration, too few to
    /// find the secret.
    fn fingerprint(self) -> String {
        let [a, b, c, d, ..] = self.0;
        format!("{}{a:02x}{b:02x}{c:02x}{d:02x}", Self::PREFIX)
    }
}

impl From<&Secret> for SecretDigest {
    fn from(secret: &Secret) -> Self {
        Self::of(secret)
    }
}

impl FromStr for SecretDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(ParseDigestError)?;
        let mut bytes = [0; 32];
        let decoded = base16ct::mixed::decode(digits, &mut bytes);
        match decoded.is_ok_and(|all| all.len() == 32) {
            true => Ok(Self(bytes)),
            false => Err(ParseDigestError),
        }
    }
}

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretDigest {}

impl Hash for SecretDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest([redacted])")
    }
}

/// A text that is not a digest. The message does not repeat it: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is \"sha256:\" and 64 hexadecimal digits")]
#[non_exhaustive]
pub struct ParseDigestError;

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
        credentials.open(presented).is_ok()
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
    fn the_refusal_of_a_token_does_not_tell_which_workspaces_there_are() {
        let credentials = Credentials::new().with_token(&secret("seam_at_one"), NORTH, port());
        let refusal = |token: &str, workspace| {
            let token = &secret(token);
            let presented = PresentedCredential::PersonalAccessToken { token, workspace };
            let error = credentials.open(presented).err().expect("a refusal");
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
    fn a_key_given_again_opens_the_new_port() {
        let (old, new) = (port(), port());
        let key = secret("seam_one");
        let opens = |credentials: &Credentials, expected: &Arc<dyn AccessGroupPort>| {
            let access = credentials.open(PresentedCredential::ApiKey(&key));
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

    fn check_digest(text: &str, expected: bool) {
        assert_eq!(text.parse::<SecretDigest>().is_ok(), expected, "{text:?}");
    }

    #[test]
    fn a_digest_has_a_prefix_and_64_digits() {
        check_digest(&format!("sha256:{}", "0aF9".repeat(16)), true);
        check_digest(&format!("sha256:{}", "0".repeat(62)), false);
        check_digest(&format!("sha256:{}", "0".repeat(63)), false);
        check_digest(&format!("sha256:{}", "0".repeat(66)), false);
        check_digest(&format!("sha256:{}x", "0".repeat(63)), false);
        check_digest(&format!("sha256:+{}", "0".repeat(63)), false);
        check_digest(&format!("SHA256:{}", "0".repeat(64)), false);
        check_digest(&"0".repeat(64), false);
        check_digest("sha256:", false);
        check_digest("", false);
    }

    #[test]
    fn digests_are_equal_as_their_secrets_are() {
        let of = |text| SecretDigest::of(&Secret::new(text));
        assert!(of("seam_one") == of("seam_one"));
        assert!(of("seam_one") != of("seam_onf"));
        let hex = |last: &str| format!("sha256:{}{last}", "0".repeat(63)).parse::<SecretDigest>();
        assert!(hex("1").expect("a digest") == hex("1").expect("a digest"));
        assert!(
            hex("1").expect("a digest") != hex("2").expect("a digest"),
            "to the last digit"
        );
    }

    #[test]
    fn a_fingerprint_is_the_beginning_of_the_digest() {
        let digest = SecretDigest::of(&secret("seam_north"));
        assert_eq!(digest.fingerprint(), "sha256:40fea43a");
    }
}
