//! Credentials of the client, and texts that must not be shown.

use std::fmt;

use access_groups_core::{Error, FieldError, WorkspaceId, without_mark};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use memchr::{memchr, memmem};
use zeroize::Zeroizing;

use crate::Payload;

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
    /// Wraps the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text. Only the wire should see it.
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

/// A credential, checked as far as possible without the service.
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
    /// A personal access token, `seam_at…`, and the workspace to work in.
    PersonalAccessToken {
        /// The token.
        token: Secret,
        /// The workspace.
        workspace: WorkspaceId,
    },
}

impl Credential {
    /// Checks an API key.
    ///
    /// # Errors
    ///
    /// The text cannot be an API key. Each kind of wrong token has its own message; none repeats
    /// the text.
    pub fn api_key(text: impl Into<String>) -> Result<Self, CredentialError> {
        let secret = checked(text, |token| {
            // Before the prefix of keys, which these tokens share: their message says more.
            let mut others = OTHER_KINDS.iter();
            match others.find(|(prefix, _)| token.starts_with(prefix)) {
                Some((_, kind)) => Some(CredentialError::WrongKind(kind)),
                None => (!token.starts_with("seam_")).then_some(CredentialError::NotAnApiKey),
            }
        })?;
        Ok(Self::ApiKey(secret))
    }

    /// Checks a personal access token, for this workspace.
    ///
    /// # Errors
    ///
    /// The text cannot be such a token. No message repeats it.
    pub fn personal_access_token(
        text: impl Into<String>,
        workspace: WorkspaceId,
    ) -> Result<Self, CredentialError> {
        let token = checked(text, |token| {
            let is_one = token.starts_with(PERSONAL_ACCESS_TOKEN);
            (!is_one).then_some(CredentialError::NotAPersonalAccessToken)
        })?;
        Ok(Self::PersonalAccessToken { token, workspace })
    }

    /// Reads the variables that Seam's SDKs read, through `lookup`: `SEAM_API_KEY`, or
    /// `SEAM_PERSONAL_ACCESS_TOKEN` with `SEAM_WORKSPACE_ID`.
    ///
    /// `SEAM_WORKSPACE_ID` is ignored next to a key, which implies its workspace.
    ///
    /// # Errors
    ///
    /// The variables are missing or unacceptable, or name both a key and a token.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, CredentialError> {
        // An empty variable counts as absent: that is how a shell or a container unsets one.
        let set = |name| lookup(name).filter(|text| !text.is_empty());
        match (set("SEAM_API_KEY"), set("SEAM_PERSONAL_ACCESS_TOKEN")) {
            (Some(_), Some(_)) => Err(CredentialError::Ambiguous),
            // Files that are read into variables end with a line break, and some begin with a mark.
            (Some(key), None) => Self::api_key(without_mark(&key).trim()),
            (None, Some(token)) => {
                let workspace = set("SEAM_WORKSPACE_ID").ok_or(CredentialError::NoWorkspace)?;
                let workspace = workspace
                    .trim()
                    .parse()
                    .map_err(|_| CredentialError::NoWorkspaceId)?;
                Self::personal_access_token(without_mark(&token).trim(), workspace)
            }
            (None, None) => Err(CredentialError::Missing),
        }
    }

    /// Puts the credential into the headers of a request.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        // Wiped after use; the header's own copy is freed with the request.
        let text = Zeroizing::new(format!("Bearer {}", self.secret().expose()));
        let mut value = HeaderValue::from_str(&text)
            .expect("a checked credential has graphic ASCII characters only");
        value.set_sensitive(true); // hides it from `Debug`, and from header compression
        headers.insert(header::AUTHORIZATION, value);
        if let Self::PersonalAccessToken { workspace, .. } = self {
            let workspace = HeaderValue::try_from(workspace.to_string())
                .expect("hexadecimal digits and hyphens make a header");
            headers.insert(WORKSPACE_HEADER, workspace);
        }
    }

    /// Replaces the credential in the text, should a service have repeated it.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(self.secret().expose(), "[redacted]")
    }

    /// Replaces the credential everywhere in a response: whatever is read of it is shown or logged.
    pub(crate) fn redact_response(&self, response: &mut Response<Payload>) {
        let secret = self.secret().expose().as_bytes();
        // Every header of every answer is looked at. Few are long enough, and few of these have what
        // hardly any word has: the first underscore of a key, say.
        let is_rare = |byte: &&u8| !byte.is_ascii_lowercase();
        let Some(rare) = secret.iter().find(is_rare).or_else(|| secret.first()) else {
            return; // an empty secret is none
        };
        let holds_secret = |bytes: &[u8]| {
            bytes.len() >= secret.len()
                && memchr(*rare, bytes).is_some()
                && memmem::find(bytes, secret).is_some()
        };
        for value in response.headers_mut().values_mut() {
            if holds_secret(value.as_bytes()) {
                *value = HeaderValue::from_static("[redacted]");
            }
        }
        if holds_secret(response.body()) {
            let body = self.redact(&String::from_utf8_lossy(response.body()));
            *response.body_mut() = body.into_bytes().into();
        }
    }

    /// Replaces the credential in the texts of an error: JSON may have hidden it from
    /// [`redact_response`](Self::redact_response) behind escapes.
    pub(crate) fn redact_error(&self, error: Error) -> Error {
        let fields = error.fields().iter().map(|field| FieldError {
            path: self.redact(&field.path),
            message: self.redact(&field.message),
        });
        let (fields, message) = (fields.collect(), self.redact(error.message()));
        let code = error.code().map(|code| self.redact(code));
        let request_id = error.request_id().map(|id| self.redact(id));
        let mut error = error.with_message(message).with_fields(fields);
        if let Some(code) = code {
            error = error.with_code(code);
        }
        if let Some(id) = request_id {
            error = error.with_request_id(id);
        }
        error
    }

    fn secret(&self) -> &Secret {
        match self {
            Self::ApiKey(secret) | Self::PersonalAccessToken { token: secret, .. } => secret,
        }
    }
}

/// The secret, unless there is none, it is of another kind, or it could not be a header.
fn checked(
    text: impl Into<String>,
    wrong_kind: impl FnOnce(&str) -> Option<CredentialError>,
) -> Result<Secret, CredentialError> {
    let secret = Secret::new(text);
    let token = secret.expose();
    if token.is_empty() {
        return Err(CredentialError::Missing);
    }
    match wrong_kind(token) {
        Some(error) => Err(error),
        None if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(CredentialError::Garbled),
        None => Ok(secret),
    }
}

/// The request header with the workspace of a personal access token.
pub(crate) const WORKSPACE_HEADER: HeaderName = HeaderName::from_static("seam-workspace");

const PERSONAL_ACCESS_TOKEN: &str = "seam_at";

/// Why a credential was refused before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// There is none.
    #[error(
        "there is no credential: set SEAM_API_KEY, or SEAM_PERSONAL_ACCESS_TOKEN and SEAM_WORKSPACE_ID"
    )]
    Missing,
    /// The text is a token of another kind.
    #[error("{0} is not an API key: create an API key in the Seam console")]
    WrongKind(&'static str),
    /// The text does not begin like an API key.
    #[error("an API key starts with \"seam_\", and this text does not")]
    NotAnApiKey,
    /// The text begins like a credential and holds characters that none has.
    #[error(
        "the credential holds a blank or another character that none has: was it cut or joined?"
    )]
    Garbled,
    /// There are two: a key and a token.
    #[error("SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set: unset one of them")]
    Ambiguous,
    /// The text does not begin like a personal access token.
    #[error("a personal access token starts with \"seam_at\", and this text does not")]
    NotAPersonalAccessToken,
    /// The workspace of a personal access token is missing.
    #[error("a personal access token needs a workspace: set SEAM_WORKSPACE_ID to its id")]
    NoWorkspace,
    /// The workspace of a personal access token is not an id.
    #[error("SEAM_WORKSPACE_ID is not an id: expected a UUID")]
    NoWorkspaceId,
}

/// Prefixes of tokens that are not API keys, and the name of each kind.
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

    fn check_vars(vars: &[(&str, &str)], expected: Result<(), CredentialError>) {
        let found = Credential::from_vars(|name| {
            let var = vars.iter().find(|(known, _)| *known == name);
            var.map(|(_, value)| (*value).to_owned())
        });
        assert_eq!(found.map(drop), expected, "{vars:?}");
    }

    #[test]
    fn two_credentials_at_once_are_refused() {
        let (key, token) = ("SEAM_API_KEY", "SEAM_PERSONAL_ACCESS_TOKEN");
        check_vars(&[(key, "seam_a")], Ok(()));
        check_vars(&[(key, "\u{feff}seam_a\n"), (token, "")], Ok(()));
        let both = [(key, "seam_a"), (token, "seam_at1")];
        check_vars(&both, Err(CredentialError::Ambiguous));
        check_vars(&[(key, "")], Err(CredentialError::Missing));
        check_vars(&[], Err(CredentialError::Missing));
    }

    #[test]
    fn a_personal_access_token_comes_with_its_workspace() {
        let (token, id) = ("SEAM_PERSONAL_ACCESS_TOKEN", "SEAM_WORKSPACE_ID");
        let north = "00000000-0000-0000-0000-000000000007";
        check_vars(&[(token, "seam_at1_a"), (id, north)], Ok(()));
        check_vars(&[(token, "seam_at1_a")], Err(CredentialError::NoWorkspace));
        let named = [(token, "seam_at1_a"), (id, "north")];
        check_vars(&named, Err(CredentialError::NoWorkspaceId));
        let wrong = [(token, "seam_a"), (id, north)];
        check_vars(&wrong, Err(CredentialError::NotAPersonalAccessToken));
        let cut = [(token, "seam_at1 a"), (id, north)];
        check_vars(&cut, Err(CredentialError::Garbled));
        // A key implies its workspace.
        check_vars(&[("SEAM_API_KEY", "seam_a"), (id, "north")], Ok(()));
    }

    #[test]
    fn a_token_travels_with_its_workspace_and_a_key_alone() {
        let mut headers = HeaderMap::new();
        let key = Credential::api_key("seam_a").expect("a key");
        key.write(&mut headers);
        assert!(!headers.contains_key(WORKSPACE_HEADER));
        let workspace = WorkspaceId::from_u128(7);
        let token = Credential::personal_access_token("seam_at1_a", workspace).expect("a token");
        token.write(&mut headers);
        assert_eq!(headers[header::AUTHORIZATION], "Bearer seam_at1_a");
        assert_eq!(headers[WORKSPACE_HEADER], workspace.to_string().as_str());
        let shown = format!("{token:?} {headers:?}");
        assert!(!shown.contains("seam_at1_a"), "{shown}");
    }

    #[test]
    fn a_response_is_cleared_of_any_secret() {
        for secret in ["seam_swordfish", "swordfish", "SEAM"] {
            let key = Credential::ApiKey(Secret::new(secret));
            let response = Response::builder()
                .header("x-key", format!("is {secret}"))
                .header("x-short", "fish")
                .header("x-long", "a_long_text_with_underscores_and_OTHERS");
            let body = format!("no {secret}!").into_bytes();
            let mut response = response.body(body.into()).expect("a response");
            key.redact_response(&mut response);
            assert_eq!(response.headers()["x-key"], "[redacted]", "{secret}");
            assert_eq!(response.headers()["x-short"], "fish");
            assert_eq!(
                response.headers()["x-long"],
                "a_long_text_with_underscores_and_OTHERS"
            );
            assert_eq!(**response.body(), *b"no [redacted]!", "{secret}");
        }
    }

    #[test]
    fn a_credential_shows_in_no_debug_output_and_is_taken_out_of_texts() {
        let key = Credential::api_key("seam_swordfish").expect("a key");
        let mut headers = HeaderMap::new();
        key.write(&mut headers);
        let shown = format!("{key:?} {headers:?}");
        assert!(!shown.contains("swordfish"), "{shown}");
        assert_eq!(key.redact("bad key seam_swordfish!"), "bad key [redacted]!");
    }
}
