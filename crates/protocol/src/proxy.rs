//! The proxy variables of an environment, read in one way for every client.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, uri::Authority};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::{Endpoint, Secret};

/// The proxy variables of an environment.
///
/// They are read as [curl](https://curl.se/docs/manpage.html#ENVIRONMENT) reads them, whatever
/// carries the requests:
///
/// - The proxy is that of the first variable that is set, of `https_proxy`, `HTTPS_PROXY`,
///   `all_proxy` and `ALL_PROXY`; an empty or blank one counts as unset. `HTTP_PROXY` is not for
///   `https`.
/// - Its form is `[http[s]://][USER[:PASSWORD]@]HOST[:PORT]`. User and password are percent-encoded.
///   Without a port it is 1080, or 443 after `https://`. SOCKS is not supported.
/// - `no_proxy`, else `NO_PROXY`, lists hosts that are reached without it, with commas or blanks in
///   between: a domain, which covers its subdomains, with or without a dot or `*.` before it; an IP
///   address or a network like `10.0.0.0/8`, for endpoints that are addresses; each of them with
///   `:PORT` for that port alone; `*` for every host.
///
/// Two rules go beyond curl's. An `http` endpoint never uses a proxy, which would see the credential.
/// Nor does a loopback one: the proxy would connect to its own machine instead of this one.
///
/// # Examples
///
/// ```
/// use access_groups_protocol::{Endpoint, ProxyVars};
///
/// let vars = ProxyVars::from_vars(|name| match name {
///     "HTTPS_PROXY" => Some("http://ada:swordfish@proxy.example:3128".to_owned()),
///     "NO_PROXY" => Some("localhost, example.org".to_owned()),
///     _ => None,
/// });
/// let proxy = vars.proxy_for(&"https://doors.example".parse()?)?.expect("a proxy");
/// assert_eq!(proxy.to_string(), "http://proxy.example:3128"); // without the password
/// assert!(vars.proxy_for(&"https://doors.example.org".parse()?)?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct ProxyVars {
    /// The variable that counts, and its text.
    proxy: Option<(&'static str, Secret)>,
    no_proxy: Option<(&'static str, String)>,
}

impl ProxyVars {
    /// Reads the variables through `lookup`. The default has none: no proxy is used.
    #[must_use]
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let find = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let text = lookup(name).filter(|text| !text.trim().is_empty())?;
                Some((*name, Secret::new(text)))
            })
        };
        let no_proxy = find(&["no_proxy", "NO_PROXY"]);
        Self {
            proxy: find(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            no_proxy: no_proxy.map(|(variable, text)| (variable, text.expose().to_owned())),
        }
    }

    /// The proxy through which the endpoint is reached; `None` if it is reached directly.
    ///
    /// # Errors
    ///
    /// The variable that counts holds no proxy, or no list of hosts. The message names it, and does
    /// not repeat it: it may hold a password.
    pub fn proxy_for(&self, endpoint: &Endpoint) -> Result<Option<Proxy>, ProxyError> {
        let Some((variable, text)) = &self.proxy else {
            return Ok(None);
        };
        if !endpoint.is_https() || endpoint.is_loopback() {
            return Ok(None);
        }
        if let Some((variable, list)) = &self.no_proxy {
            // One that cannot be read must not send to a proxy what should go past it.
            check_list(list).map_err(|reason| ProxyError {
                variable,
                expected: "a list of hosts like localhost,.example.org",
                reason,
            })?;
            if is_listed(list, endpoint.host(), endpoint.port()) {
                return Ok(None);
            }
        }
        let proxy = Proxy::parse(variable, text.expose()).map_err(|reason| ProxyError {
            variable,
            expected: "a proxy like http://proxy.example:3128",
            reason,
        });
        proxy.map(Some)
    }
}

/// Without the text, which may hold a password.
impl fmt::Debug for ProxyVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyVars")
            .field("proxy", &self.proxy.as_ref().map(|(variable, _)| variable))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// A proxy that tunnels (`CONNECT`). It shows as its address, without user and password.
#[derive(Clone)]
pub struct Proxy {
    variable: &'static str,
    is_https: bool,
    authority: Authority,
    port: u16,
    user: Option<(Secret, Secret)>,
}

impl Proxy {
    /// The variable that names it.
    #[must_use]
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// Whether the connection to the proxy itself is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The host: a name or an address, an IPv6 one in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// User and password, decoded; the password may be empty.
    #[must_use]
    pub fn user(&self) -> Option<(&str, &str)> {
        let (user, password) = self.user.as_ref()?;
        Some((user.expose(), password.expose()))
    }

    /// The `Proxy-Authorization` header, if there is a user; it is marked sensitive.
    #[must_use]
    pub fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.user()?;
        let pair = Zeroizing::new(format!("{user}:{password}"));
        let text = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())));
        let mut value = HeaderValue::from_str(&text).ok()?; // Base64 makes a header
        value.set_sensitive(true);
        Some(value)
    }

    fn parse(variable: &'static str, text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            scheme if scheme.starts_with("socks") => return Err("SOCKS is not supported"),
            _ => return Err("it does not start with http:// or https://"),
        };
        let address = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // From the right: a password may hold an `@` that should be encoded.
        let (user, address) = match address.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, address),
        };
        let authority: Authority = address.parse().map_err(|_| match address {
            "" => "it names no host",
            _ => "its host and port are not like proxy.example:3128",
        })?;
        let port = match (authority.as_str().rsplit_once(':'), authority.port_u16()) {
            (_, Some(port)) => port,
            (Some((_, digits)), None) if !digits.ends_with(']') => {
                return Err("its port is not a number up to 65535");
            }
            (_, None) if is_https => 443,
            (_, None) => 1080,
        };
        if authority.host().is_empty() {
            return Err("it names no host");
        }
        Ok(Self {
            variable,
            is_https,
            port,
            user: user.map(decoded).transpose()?,
            authority,
        })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host(), self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self} of {})", self.variable)
    }
}

/// Why a variable names no proxy, or no hosts that need none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is not {expected}: {reason}")]
pub struct ProxyError {
    variable: &'static str,
    expected: &'static str,
    reason: &'static str,
}

/// Whether a list of hosts can be read. A name that no host can have is left to whoever wrote it.
fn check_list(list: &str) -> Result<(), &'static str> {
    if list.contains(char::REPLACEMENT_CHARACTER) {
        return Err("it is not UTF-8");
    }
    if list.contains("://") {
        return Err("it has an address instead of a host");
    }
    if list.contains(';') {
        return Err("its hosts are separated by semicolons instead of commas");
    }
    Ok(())
}

/// User and password.
fn decoded(text: &str) -> Result<(Secret, Secret), &'static str> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let decode = |part| {
        let text = percent_decode_str(part).decode_utf8();
        text.map(Secret::new)
            .map_err(|_| "its user or password is not UTF-8")
    };
    Ok((decode(user)?, decode(password)?))
}

/// Whether the list of hosts without a proxy covers this one.
fn is_listed(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let (entry, its_port) = without_port(entry);
            if its_port.is_some_and(|its_port| its_port != port) {
                return false;
            }
            match address {
                _ if entry == "*" => true,
                Some(address) => covers(entry, address).unwrap_or(false),
                None => is_in_domain(&host, entry),
            }
        })
}

/// An entry without its port; an IPv6 address has one after brackets only.
fn without_port(entry: &str) -> (&str, Option<u16>) {
    let is_bare_ipv6 = entry.matches(':').count() > 1 && !entry.starts_with('[');
    match entry.rsplit_once(':') {
        Some((host, digits)) if !is_bare_ipv6 => match digits.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None), // the last part of an address in brackets
        },
        _ => (entry, None),
    }
}

fn is_in_domain(host: &str, domain: &str) -> bool {
    let domain = domain.strip_prefix('*').unwrap_or(domain);
    let domain = domain.trim_matches('.').to_ascii_lowercase();
    let before = host.strip_suffix(&domain);
    !domain.is_empty() && before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether the address is this one, or in this network; `None` for an entry that is neither.
fn covers(entry: &str, address: IpAddr) -> Option<bool> {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, Some(bits.parse().ok()?)),
        None => (entry, None),
    };
    let network = network.trim_start_matches('[').trim_end_matches(']');
    // Both as 128 bits, with the network at the front.
    let (network, address, length) = match (network.parse().ok()?, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let wide = |address: Ipv4Addr| u128::from(address.to_bits()) << 96;
            (wide(network), wide(address), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return None,
    };
    let bits = bits.unwrap_or(length);
    let mask = u128::MAX
        .checked_shl(128 - bits.min(length))
        .unwrap_or_default();
    Some(bits <= length && (network ^ address) & mask == 0)
}
