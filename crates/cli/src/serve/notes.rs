//! What a server says to the person who starts it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::output;

/// What is said when the server listens.
pub(super) struct Notes {
    lines: Vec<String>,
    /// The header of a call, as a word of a shell command; for a single site.
    authorization: Option<String>,
}

impl Notes {
    pub(super) fn new(lines: Vec<String>) -> Self {
        Self {
            lines,
            authorization: None,
        }
    }

    /// Adds a call to try.
    pub(super) fn with_authorization(self, authorization: String) -> Self {
        Self {
            authorization: Some(authorization),
            ..self
        }
    }

    /// Adds warnings before the other lines, the last of which belong together.
    pub(super) fn warn(&mut self, warnings: Vec<String>) {
        self.lines.splice(0..0, warnings);
    }

    pub(super) fn print(&self, address: SocketAddr) {
        if !address.ip().is_loopback() {
            output::to_stderr(
                "warning: plain http shows keys and names to everybody on the network path; other \
                 machines should connect through a proxy that speaks https",
            );
        }
        self.lines.iter().for_each(output::to_stderr);
        if let Some(authorization) = &self.authorization {
            let address = local_address(address);
            output::to_stderr(format_args!(
                "try:\n  curl -sS 'http://{address}/acs/access_groups/list' \\\n    \
                 -H {authorization}"
            ));
        }
    }
}

/// The address at which this machine reaches the server: an unspecified one cannot be called.
fn local_address(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listening: &str, expected: &str) {
        let address = listening.parse().expect("an address");
        assert_eq!(local_address(address).to_string(), expected);
    }

    #[test]
    fn unspecified_address_is_called_on_loopback() {
        check("0.0.0.0:80", "127.0.0.1:80");
        check("[::]:80", "[::1]:80");
        check("127.0.0.1:80", "127.0.0.1:80");
        check("192.0.2.7:80", "192.0.2.7:80");
        check("[2001:db8::7]:80", "[2001:db8::7]:80");
    }
}
