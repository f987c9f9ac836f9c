//! What single arguments are made of.

use std::{fmt, net::SocketAddr, num::NonZeroU32, str::FromStr, time::Duration};

use access_groups_core::{PageRequest, ParseSearchError, SearchText};

use super::shows_something;

/// An argument that names a resource. Blanks around it do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdOrName<Id> {
    /// An id, which needs no look-up.
    Id(Id),
    /// A name, an e-mail address, or the beginning of an id.
    Name(SearchText),
}

impl<Id: fmt::Display> fmt::Display for IdOrName<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(text) => f.write_str(text.as_str()),
        }
    }
}

impl<Id: FromStr> FromStr for IdOrName<Id> {
    type Err = ParseSearchError;

    fn from_str(text: &str) -> Result<Self, ParseSearchError> {
        let text = text.trim();
        match text.parse() {
            // A whole UUID is never a name: it must not depend on what exists.
            Ok(id) => Ok(Self::Id(id)),
            // What shows nothing is as good as empty.
            Err(_) if !shows_something(text) => Err(ParseSearchError::Empty),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}
/// How many requests per second are sent to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rate {
    /// As they come.
    Off,
    /// So many at most.
    PerSecond(NonZeroU32),
}

/// Few enough for a workspace that others use too, and more than a person notices. Seam documents no
/// limit.
impl Default for Rate {
    fn default() -> Self {
        Self::PerSecond(const { NonZeroU32::new(50).expect("not zero") })
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text == "off" {
            return Ok(Self::Off);
        }
        let number: u32 = text
            .parse()
            .map_err(|_| "expected a number of requests per second like 20, or `off`")?;
        Ok(NonZeroU32::new(number).map_or(Self::Off, Self::PerSecond))
    }
}
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    let duration = text.parse::<jiff::SignedDuration>();
    let duration = duration
        .ok()
        .and_then(|signed| Duration::try_from(signed).ok());
    duration.ok_or("expected a duration like 30s, 2m or 1h 30m")
}

pub(super) fn page_size(text: &str) -> Result<NonZeroU32, &'static str> {
    let rows = text.parse().ok();
    let rows = rows.filter(|rows| *rows <= PageRequest::MAX_LIMIT);
    rows.ok_or("expected a number from 1 to 1000")
}

pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    // The only name: others would need a resolver, and may change their meaning.
    let numeric = text.strip_prefix("localhost:").map_or_else(
        || text.to_owned(),
        |port| format!("{}:{port}", std::net::Ipv4Addr::LOCALHOST),
    );
    numeric
        .parse()
        .map_err(|_| "expected an address and a port like 127.0.0.1:3030")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_a_number_or_off() {
        let rate = |text: &str| text.parse::<Rate>().ok();
        assert_eq!(rate("off"), Some(Rate::Off));
        assert_eq!(rate(" 0 "), Some(Rate::Off));
        assert_eq!(rate("50"), Some(Rate::default()));
        for wrong in ["", "-1", "1.5", "fast", "5000000000"] {
            assert_eq!(rate(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn page_has_1_to_1000_rows() {
        let rows = |text: &str| page_size(text).ok().map(NonZeroU32::get);
        assert_eq!(rows("1"), Some(1));
        assert_eq!(rows("1000"), Some(1000));
        for wrong in ["", "0", "1001", "-1", "all"] {
            assert_eq!(rows(wrong), None, "{wrong:?}");
        }
    }

    fn check(text: &str, expected: Option<&str>) {
        let shown = address(text).ok().map(|address| address.to_string());
        assert_eq!(shown.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn address_is_numeric_or_localhost() {
        check("127.0.0.1:0", Some("127.0.0.1:0"));
        check("[::1]:80", Some("[::1]:80"));
        check("localhost:3030", Some("127.0.0.1:3030"));
        check("localhost", None);
        check("3030", None);
        check("doors.example:80", None);
        check("127.0.0.1:99999", None);
    }
}
