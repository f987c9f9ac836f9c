//! The body of a request or a response.

use std::{fmt, ops::Deref};

/// The bytes of a body. They are personal data, so `Debug` shows only how many there are.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::Payload;
///
/// let body = Payload::from(br#"{"full_name":"Ada"}"#.to_vec());
/// assert_eq!(body.len(), 19);
/// assert_eq!(format!("{body:?}"), "19 bytes");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Payload(Vec<u8>);

impl Payload {
    /// The bytes.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
