//! Who may call, and what they then see.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, PoisonError, RwLock},
};

use access_groups_core::{Error, Ports};
use access_groups_protocol::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// API keys, each with the ports of its workspace.
///
/// Keys are kept as SHA-256 digests and compared in constant time; looking one up takes the
/// same time however many there are.
///
/// A clone shares the keys: [`insert`](Self::insert) and [`remove`](Self::remove) work while
/// a router serves, from the next call on.
///
/// # Examples
///
/// ```
/// use access_groups_core::Ports;
/// use access_groups_in_memory::InMemory;
/// use access_groups_protocol::Secret;
/// use access_groups_server::ApiKeys;
///
/// let (north, south) = (InMemory::default(), InMemory::default());
/// let keys = ApiKeys::new()
///     .with_key(&Secret::new("seam_north"), Ports::of(north.clone()))
///     .with_key(&Secret::new("seam_north_old"), Ports::of(north))
///     .with_key(&Secret::new("seam_south"), Ports::of(south));
/// assert_eq!(format!("{keys:?}"), "ApiKeys(3 keys)");
///
/// let router = access_groups_server::router(keys.clone());
/// keys.remove(&Secret::new("seam_north_old")); // no longer accepted
/// ```
#[derive(Clone, Default)]
pub struct ApiKeys(Arc<RwLock<HashMap<KeyDigest, Ports>>>);

impl ApiKeys {
    /// No keys: every call is refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This key opens these ports, and whatever it opened before no longer. The result is a
    /// set of its own: clones made before do not get the key.
    #[must_use]
    pub fn with_key(self, key: &Secret, ports: Ports) -> Self {
        let mut keys = match Arc::try_unwrap(self.0) {
            Ok(unshared) => unshared
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            Err(shared) => shared
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        };
        keys.insert(KeyDigest::of(key), ports);
        Self(Arc::new(RwLock::new(keys)))
    }

    /// From now on, this key opens these ports, and whatever it opened before no longer.
    pub fn insert(&self, key: &Secret, ports: Ports) {
        let digest = KeyDigest::of(key);
        self.write(|keys| keys.insert(digest, ports));
    }

    /// From now on, this key opens nothing; calls that are under way finish.
    pub fn remove(&self, key: &Secret) {
        let digest = KeyDigest::of(key);
        self.write(|keys| keys.remove(&digest));
    }

    /// What the key opens.
    pub(crate) fn ports(&self, key: &Secret) -> Result<Ports, Error> {
        let digest = KeyDigest::of(key);
        self.read(|keys| keys.get(&digest).cloned())
            .ok_or_else(|| Error::unauthenticated("the API key is unknown"))
    }

    // A panic elsewhere has not left anything half done: each change is one call of the map.

    fn read<R>(&self, question: impl FnOnce(&HashMap<KeyDigest, Ports>) -> R) -> R {
        question(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was there before is dropped outside the lock, with whatever it takes.
    fn write<R>(&self, change: impl FnOnce(&mut HashMap<KeyDigest, Ports>) -> R) {
        let before = change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
        drop(before);
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeys({} keys)", self.read(HashMap::len))
    }
}

/// The digest of a key. The map hashes it under a random seed of its own, so that neither
/// the slot nor the comparison tells anything of the key.
#[derive(Clone)]
struct KeyDigest([u8; 32]);

impl KeyDigest {
    fn of(key: &Secret) -> Self {
        Self(Sha256::digest(key.expose().as_bytes()).into())
    }
}

impl PartialEq for KeyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyDigest {}

impl Hash for KeyDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use access_groups_in_memory::InMemory;

    use super::*;

    fn check(key: &str, known: bool) {
        let keys = ApiKeys::new()
            .with_key(&Secret::new("seam_one"), Ports::of(InMemory::default()))
            .with_key(&Secret::new("seam_two"), Ports::of(InMemory::default()));
        assert_eq!(keys.ports(&Secret::new(key)).is_ok(), known, "{key}");
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

    #[test]
    fn building_on_a_set_leaves_its_clones_alone() {
        let (public, key) = (ApiKeys::new(), Secret::new("seam_admin"));
        let admin = public
            .clone()
            .with_key(&key, Ports::of(InMemory::default()));
        assert!(admin.ports(&key).is_ok());
        assert!(public.ports(&key).is_err());
    }

    #[test]
    fn keys_come_and_go_in_every_clone() {
        let keys = ApiKeys::new();
        let (serving, key) = (keys.clone(), Secret::new("seam_one"));
        assert!(serving.ports(&key).is_err());
        keys.insert(&key, Ports::of(InMemory::default()));
        assert!(serving.ports(&key).is_ok());
        keys.remove(&key);
        assert!(serving.ports(&key).is_err());
    }
}
