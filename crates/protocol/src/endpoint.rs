//! The base address of the service.

use std::{fmt, net::IpAddr, str::FromStr};

use access_groups_core::without_mark;
use http::uri::{Authority, Parts, Scheme, Uri};

/// The base address of a service: `https`, or `http` to loopback.
///
/// The default is `https://connect.getseam.com`.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::Endpoint;
///
/// let local: Endpoint = "http://127.0.0.1:3030".parse()?;
/// assert!(!local.is_https());
///
/// // A key must not cross a network in the clear, unless you allow it.
/// assert!("http://doors.example".parse::<Endpoint>().is_err());
/// let insecure = Endpoint::allowing_insecure_http("http://doors.example")?;
/// # Ok::<(), access_groups_protocol::EndpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

impl Endpoint {
    /// Parses an address that may also be `http` to another machine: anybody on the network path
    /// can then read the credential.
    ///
    /// # Errors
    ///
    /// The text is not an `http` or `https` address.
    pub fn allowing_insecure_http(text: &str) -> Result<Self, EndpointError> {
        let refused = |reason| EndpointError { reason };
        let text = without_mark(text).trim();
        if text.len() > MAX_BYTES {
            return Err(refused("it is too long"));
        }
        // Before it is parsed, where one complaint stands for all of these.
        let after_scheme = after_scheme(text)
            .ok_or_else(|| refused("it does not start with https:// or http://"))?;
        if after_scheme.is_empty() || after_scheme.starts_with(['/', '?', '#', ':']) {
            return Err(refused("it names no host"));
        }
        if text.contains(char::is_whitespace) {
            return Err(refused("it contains a blank"));
        }
        let not_an_address = || refused("it is not a web address");
        let uri: Uri = text.parse().map_err(|_| not_an_address())?;
        let scheme = uri.scheme().ok_or_else(not_an_address)?;
        let authority = uri
            .authority()
            .filter(|authority| !authority.host().is_empty())
            .ok_or_else(|| refused("it names no host"))?;
        // HTTP clients would turn these into an `Authorization` header of their own.
        if authority.as_str().contains('@') {
            return Err(refused("it holds a user name or password"));
        }
        if has_wrong_port(authority) {
            return Err(refused("its port is not a number up to 65535"));
        }
        // The parser drops a fragment silently, so the text is searched.
        if uri.query().is_some() || text.contains('#') {
            return Err(refused("it has a query or a fragment"));
        }
        Ok(Self {
            scheme: scheme.clone(),
            authority: authority.clone(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Reads the variables that Seam's SDKs read: `SEAM_ENDPOINT`, else the deprecated
    /// `SEAM_API_URL`, else the default.
    ///
    /// # Errors
    ///
    /// The variable that counts holds no acceptable address.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EndpointError> {
        ["SEAM_ENDPOINT", "SEAM_API_URL"]
            .into_iter()
            .find_map(|name| lookup(name).filter(|text| !text.is_empty()))
            .map_or_else(|| Ok(Self::default()), |text| text.parse())
    }

    /// Whether calls are encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The address of a path.
    pub(crate) fn uri(&self, path_and_query: &str) -> Uri {
        let target = format!("{}{path_and_query}", self.prefix);
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = target.try_into().ok();
        parts
            .try_into()
            .expect("a checked endpoint, a known path and an encoded query make an address")
    }

    pub(crate) fn from_text(text: impl AsRef<str>) -> Result<Self, EndpointError> {
        text.as_ref().parse()
    }

    /// The host: a name or an address without brackets.
    pub(crate) fn host(&self) -> &str {
        let host = self.authority.host();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        let usual = if self.is_https() { 443 } else { 80 };
        self.authority.port_u16().unwrap_or(usual)
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host();
        // No name but this one: others may resolve to anything.
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static("connect.getseam.com"),
            prefix: String::new(),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let endpoint = Self::allowing_insecure_http(text)?;
        if endpoint.is_https() || endpoint.is_loopback() {
            return Ok(endpoint);
        }
        Err(EndpointError {
            reason: "plain http to another machine would show the credential to everybody on \
                     the way: use https, or allow insecure http explicitly",
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

/// What follows `http://` or `https://`, in any case.
fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let is = |known| scheme.eq_ignore_ascii_case(known);
    (is("http") || is("https")).then_some(rest)
}

/// Whether a colon follows the host without a valid number. The parser of addresses accepts it.
fn has_wrong_port(authority: &Authority) -> bool {
    let after_host = authority.as_str().rsplit(']').next().unwrap_or_default();
    after_host.contains(':') && authority.port_u16().is_none()
}

/// Far more than an address needs, and far less than what a request line can hold.
const MAX_BYTES: usize = 2000;

/// Why a text is no endpoint. The text is not repeated: it may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an endpoint like https://connect.getseam.com: {reason}")]
pub struct EndpointError {
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let shown = text
            .parse::<Endpoint>()
            .ok()
            .map(|endpoint| endpoint.to_string());
        assert_eq!(shown.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn https_anywhere_and_http_to_loopback_only() {
        check(
            "https://connect.getseam.com",
            Some("https://connect.getseam.com"),
        );
        check(
            "https://proxy.example/seam/",
            Some("https://proxy.example/seam"),
        );
        check("http://localhost:3030/", Some("http://localhost:3030"));
        check("http://127.9.9.9", Some("http://127.9.9.9"));
        check("http://[::1]:80", Some("http://[::1]:80"));
        check("http://doors.example", None);
        check("http://10.0.0.1", None);
        check("http://localhost.example", None);
        check("http://127.0.0.1.example", None);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "connect.getseam.com",
            "ftp://a",
            "https://",
            "https://a/?b=c",
            "https://a/#b",
            "https://a:b",
            "http://localhost:99999",
            "http://[::1]:x",
            "/acs",
        ] {
            check(text, None);
        }
    }

    fn check_reason(text: &str, reason: &str) {
        let error = text.parse::<Endpoint>().expect_err(text);
        assert!(error.to_string().ends_with(reason), "{text:?}: {error}");
    }

    #[test]
    fn a_wrong_address_is_explained() {
        for text in [
            "https://",
            "HTTP://",
            "https:///",
            "https://?a",
            "https://:443",
        ] {
            check_reason(text, "it names no host");
        }
        for text in ["https:/a", "a.example", "https:", "ws://a.example", ""] {
            check_reason(text, "it does not start with https:// or http://");
        }
        check_reason("https://a b", "it contains a blank");
        check_reason("https://a:99999", "not a number up to 65535");
        check_reason("https://a/?b", "it has a query or a fragment");
    }

    #[test]
    fn case_blanks_and_a_mark_are_no_obstacle() {
        check(" HTTPS://A.example/ \n", Some("https://A.example"));
        check("\u{feff}Http://LOCALHOST:1", Some("http://LOCALHOST:1"));
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = "https://ada:swordfish@doors.example"
            .parse::<Endpoint>()
            .expect_err("secret");
        assert!(!error.to_string().contains("swordfish"), "{error}");
    }

    #[test]
    fn the_current_variable_beats_the_deprecated_one() {
        let vars = |name: &str| match name {
            "SEAM_ENDPOINT" => Some("https://a.example".to_owned()),
            "SEAM_API_URL" => Some("https://b.example".to_owned()),
            _ => None,
        };
        let current = Endpoint::from_vars(vars).expect("an endpoint");
        assert_eq!(current.to_string(), "https://a.example");
        let deprecated = Endpoint::from_vars(|name| vars(name).filter(|_| name == "SEAM_API_URL"));
        assert_eq!(
            deprecated.expect("an endpoint").to_string(),
            "https://b.example"
        );
        assert_eq!(Endpoint::from_vars(|_| None), Ok(Endpoint::default()));
    }

    #[test]
    fn a_prefix_is_kept_before_the_path() {
        let endpoint: Endpoint = "https://proxy.example/seam".parse().expect("an endpoint");
        let uri = endpoint.uri("/acs/users/get?a=b");
        assert_eq!(
            uri.to_string(),
            "https://proxy.example/seam/acs/users/get?a=b"
        );
    }
}
