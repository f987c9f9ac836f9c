//! Who calls.

use std::fmt;

use http::{HeaderValue, Response};
use zeroize::Zeroizing;

/// A text that must not be shown: prints as `[redacted]` and is wiped when dropped.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::Secret;
///
/// let secret = Secret::new("swordfish");
/// assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
/// assert_eq!(secret.expose(), "swordfish");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Shows the text: to the wire, and to nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A credential that was checked as far as it can be without the service.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::Credential;
///
/// let key = Credential::api_key("seam_testFjxz_3tNVqTzxFMVZJgyUjvDmzBqy")?;
/// assert_eq!(format!("{key:?}"), "ApiKey([redacted])");
///
/// // A token of another kind is refused before it is sent.
/// assert!(Credential::api_key("seam_at1_shhh").is_err());
/// # Ok::<(), access_groups_protocol::CredentialError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Credential {
    /// An API key: `seam_…`. It implies its workspace.
    ApiKey(Secret),
}

impl Credential {
    /// An API key.
    ///
    /// # Errors
    ///
    /// When the text cannot be an API key: each kind of wrong token has its own message,
    /// and none repeats the text.
    pub fn api_key(text: impl Into<String>) -> Result<Self, CredentialError> {
        let secret = Secret::new(text);
        let token = secret.expose();
        if token.is_empty() {
            return Err(CredentialError::Missing);
        }
        if let Some((_, kind)) = OTHER_KINDS
            .iter()
            .find(|(prefix, _)| token.starts_with(prefix))
        {
            return Err(CredentialError::WrongKind(kind));
        }
        if !token.starts_with("seam_") {
            return Err(CredentialError::NotAnApiKey);
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialError::Garbled);
        }
        Ok(Self::ApiKey(secret))
    }

    /// Reads the variables that Seam's SDKs read, through `lookup`: `SEAM_API_KEY`.
    ///
    /// # Errors
    ///
    /// When the variable is missing or unacceptable, or when `SEAM_PERSONAL_ACCESS_TOKEN`
    /// is set: beside a key it is ambiguous, alone it is not supported.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, CredentialError> {
        let set = |name| lookup(name).filter(|text| !text.is_empty());
        match (set("SEAM_API_KEY"), set("SEAM_PERSONAL_ACCESS_TOKEN")) {
            (Some(_), Some(_)) => Err(CredentialError::Ambiguous),
            (Some(key), None) => Self::api_key(key.trim()),
            (None, Some(_)) => Err(CredentialError::PersonalAccessToken),
            (None, None) => Err(CredentialError::Missing),
        }
    }

    /// The value of the `authorization` header.
    pub(crate) fn authorization(&self) -> HeaderValue {
        let Self::ApiKey(key) = self;
        let text = Zeroizing::new(format!("Bearer {}", key.expose()));
        let mut value =
            HeaderValue::from_str(&text).expect("a checked key has graphic ASCII characters only");
        value.set_sensitive(true);
        value
    }

    /// The text with the credential taken out, should a service have repeated it.
    pub(crate) fn redact(&self, text: &str) -> String {
        let Self::ApiKey(key) = self;
        text.replace(key.expose(), "[redacted]")
    }

    /// Takes the credential out of a response; `false` if it was not there.
    pub(crate) fn take_out_of(&self, response: &mut Response<Vec<u8>>) -> bool {
        let Self::ApiKey(key) = self;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        let in_header =
            |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(key.expose()));
        let mut found = body.contains(key.expose());
        for value in response
            .headers_mut()
            .values_mut()
            .filter(|value| in_header(value))
        {
            *value = HeaderValue::from_static("[redacted]");
            found = true;
        }
        *response.body_mut() = self.redact(&body).into_bytes();
        found
    }
}

/// A credential that was refused before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There is none.
    #[error("there is no credential: set SEAM_API_KEY")]
    Missing,
    /// It is a token of another kind.
    #[error("{0} is not an API key: create an API key in the Seam console")]
    WrongKind(&'static str),
    /// It does not look like one.
    #[error("an API key starts with \"seam_\", and this text does not")]
    NotAnApiKey,
    /// It starts like one, but goes on with blanks or other characters that no key has.
    #[error(
        "the API key holds a blank or another character that no key has: was it cut or joined?"
    )]
    Garbled,
    /// Two at once.
    #[error("SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set: unset one of them")]
    Ambiguous,
    /// Only a personal access token.
    #[error(
        "personal access tokens are not supported: unset SEAM_PERSONAL_ACCESS_TOKEN and set SEAM_API_KEY"
    )]
    PersonalAccessToken,
}

/// Prefixes of tokens that are not API keys, and what such a token is.
const OTHER_KINDS: &[(&str, &str)] = &[
    ("seam_cst", "a client session token (seam_cst…)"),
    ("seam_at", "a personal access token (seam_at…)"),
    ("seam_pk", "a publishable key (seam_pk…)"),
    ("ey", "a console session token (ey…)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), CredentialError>) {
        assert_eq!(Credential::api_key(text).map(drop), expected, "{text:?}");
    }

    #[test]
    fn each_wrong_token_has_its_own_message() {
        check("seam_test1234_abc", Ok(()));
        check("", Err(CredentialError::Missing));
        check(
            "seam_cst1_a",
            Err(CredentialError::WrongKind(OTHER_KINDS[0].1)),
        );
        check(
            "seam_at1_a",
            Err(CredentialError::WrongKind(OTHER_KINDS[1].1)),
        );
        check(
            "seam_pk1_a",
            Err(CredentialError::WrongKind(OTHER_KINDS[2].1)),
        );
        check(
            "eyJhbGciOi",
            Err(CredentialError::WrongKind(OTHER_KINDS[3].1)),
        );
        check("hunter2", Err(CredentialError::NotAnApiKey));
        check("seam_a b", Err(CredentialError::Garbled));
        check("seam_a\r\nx: y", Err(CredentialError::Garbled));
        check("seam_schlüssel", Err(CredentialError::Garbled));
    }

    fn check_vars(key: Option<&str>, token: Option<&str>, expected: Result<(), CredentialError>) {
        let found = Credential::from_vars(|name| match name {
            "SEAM_API_KEY" => key.map(str::to_owned),
            "SEAM_PERSONAL_ACCESS_TOKEN" => token.map(str::to_owned),
            _ => None,
        });
        assert_eq!(found.map(drop), expected, "{key:?} {token:?}");
    }

    #[test]
    fn two_credentials_at_once_are_refused() {
        check_vars(Some("seam_a"), None, Ok(()));
        check_vars(Some("seam_a\n"), Some(""), Ok(()));
        check_vars(
            Some("seam_a"),
            Some("seam_at1"),
            Err(CredentialError::Ambiguous),
        );
        check_vars(
            None,
            Some("seam_at1"),
            Err(CredentialError::PersonalAccessToken),
        );
        check_vars(Some(""), None, Err(CredentialError::Missing));
        check_vars(None, None, Err(CredentialError::Missing));
    }

    #[test]
    fn a_credential_shows_in_no_debug_output_and_is_taken_out_of_texts() {
        let key = Credential::api_key("seam_swordfish").expect("a key");
        let shown = format!("{key:?} {:?}", key.authorization());
        assert!(!shown.contains("swordfish"), "{shown}");
        assert_eq!(key.redact("bad key seam_swordfish!"), "bad key [redacted]!");
    }
}
