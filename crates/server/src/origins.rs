//! Whose pages in browsers may call: CORS.

use axum::http::{HeaderMap, HeaderValue, header};

/// Whose pages in browsers may call.
///
/// A browser sends no cookies to this server in either case that would open anything: callers name
/// their credential in `Authorization`. Unlike Seam's API, the default does not allow credentials of
/// the browser's own.
///
/// # Examples
///
/// ```
/// use access_groups_server::Origins;
///
/// let origins = Origins::only(["https://keys.example", "http://localhost:3000"])?;
/// assert!(Origins::only(["https://keys.example/"]).is_err()); // an origin has no path
/// # Ok::<(), access_groups_server::OriginError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Option<Vec<HeaderValue>>);

impl Origins {
    /// Any page, without credentials of the browser: `Access-Control-Allow-Origin: *`.
    #[must_use]
    pub fn any() -> Self {
        Self(None)
    }

    /// Pages of these origins only, with credentials of the browser, as Seam's API allows them. Without
    /// an origin, no page may call.
    ///
    /// # Errors
    ///
    /// A text is no origin as browsers write it: `http://` or `https://`, a host in lower case, and a
    /// port if it is not the usual one; no path.
    pub fn only<T: AsRef<str>>(origins: impl IntoIterator<Item = T>) -> Result<Self, OriginError> {
        let origins = origins.into_iter();
        let origins = origins.map(|origin| parse(origin.as_ref()));
        origins.collect::<Result<_, _>>().map(Some).map(Self)
    }

    /// Adds the headers for a request with this `Origin` header, which every browser sends that will
    /// look at them.
    pub(crate) fn allow(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.insert(header::VARY, VARY);
        let Some(origin) = origin else { return };
        match &self.0 {
            None => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
            }
            Some(origins) if origins.contains(origin) => {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
                headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, YES);
            }
            Some(_) => return,
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self::any()
    }
}

/// An origin as browsers write it, so that the comparison with theirs is one of texts.
fn parse(text: &str) -> Result<HeaderValue, OriginError> {
    let is_origin = || {
        let uri: axum::http::Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let usual = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let is_plain = !authority.as_str().contains(['@', '*'])
            && !authority.host().is_empty()
            && authority.port_u16() != Some(usual)
            && !text.contains(|letter: char| letter.is_ascii_uppercase())
            && text == format!("{scheme}://{authority}");
        is_plain.then_some(())
    };
    is_origin()
        .and_then(|()| text.try_into().ok())
        .ok_or_else(|| OriginError(text.escape_default().to_string()))
}

/// A text that is no origin as browsers write it, so that none could ever match it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no origin: write https:// or http://, the host in lower case, the port if it is not the \
     usual one, and no path"
)]
pub struct OriginError(String);

const ANY: HeaderValue = HeaderValue::from_static("*");
const YES: HeaderValue = HeaderValue::from_static("true");
const VARY: HeaderValue = HeaderValue::from_static("origin");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, seam-workspace, seam-lts-version, seam-sdk-name, \
     seam-sdk-version, seam-publishable-key, seam-client-session-token, client-session-token, \
     seam-api-key, seam-user-identifier-key",
);
const EXPOSED: HeaderValue = HeaderValue::from_static("seam-request-id, retry-after");

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origins: &Origins, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        origins.allow(origin.map(HeaderValue::from_static).as_ref(), &mut headers);
        headers
    }

    #[test]
    fn any_page_may_call_without_credentials() {
        let headers = allowed(&Origins::any(), Some("https://a.example"));
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert!(!headers.contains_key("access-control-allow-credentials"));
        let exposed = "seam-request-id, retry-after";
        assert_eq!(headers["access-control-expose-headers"], exposed);
    }

    #[test]
    fn who_is_no_browser_gets_no_headers_for_one() {
        let headers = allowed(&Origins::any(), None);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["vary"], "origin", "a cache keeps them apart");
    }

    #[test]
    fn a_named_origin_may_call_with_credentials() {
        let origins = Origins::only(["https://a.example", "http://b.example:3000"]);
        let origins = origins.expect("origins");
        let headers = allowed(&origins, Some("http://b.example:3000"));
        assert_eq!(
            headers["access-control-allow-origin"],
            "http://b.example:3000"
        );
        assert_eq!(headers["access-control-allow-credentials"], "true");
        for origin in [None, Some("null"), Some("https://a.example.org"), Some("*")] {
            let headers = allowed(&origins, origin);
            assert_eq!(headers["vary"], "origin", "a cache keeps them apart");
            assert!(!headers.contains_key("access-control-allow-origin"));
        }
    }

    #[test]
    fn without_an_origin_no_page_may_call() {
        let none = Origins::only::<&str>([]).expect("no origin");
        let headers = allowed(&none, Some("https://a.example"));
        assert!(!headers.contains_key("access-control-allow-origin"));
    }

    #[test]
    fn an_origin_that_no_browser_writes_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/page",
            "https://A.example",
            "HTTPS://a.example",
            "https://a.example:443",
            "http://a.example:80",
            "https://me@a.example",
            "ftp://a.example",
            "https://a.example?",
            "https://*.example",
        ] {
            assert!(Origins::only([text]).is_err(), "{text:?}");
        }
        for text in [
            "https://a.example:8443",
            "http://127.0.0.1",
            "http://[::1]:3000",
        ] {
            assert!(Origins::only([text]).is_ok(), "{text:?}");
        }
    }
}
