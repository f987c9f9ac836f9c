//! Secrets as digests.

use std::{
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use access_groups_protocol::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

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

    /// The digest with these bytes, as a store keeps it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to keep.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The beginning of a digest in text, with which no secret of Seam's begins.
    pub const PREFIX: &str = "sha256:";

    /// `sha256:` and the first 8 of the 64 digits, as logs name a credential: enough to find it in a
    /// configuration, too few to find the secret.
    #[must_use]
    pub fn fingerprint(self) -> String {
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
    use super::*;

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
        let digest = SecretDigest::of(&Secret::new("seam_north"));
        assert_eq!(digest.fingerprint(), "sha256:40fea43a");
    }
}
