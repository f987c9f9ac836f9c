//! How long keys and tokens must be: who can reach the server can try some.

use std::net::SocketAddr;

/// Who can call the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Programs of this machine.
    Loopback,
    /// Other machines.
    Network,
}

impl Reach {
    pub(super) fn of(listen: SocketAddr) -> Self {
        match listen.ip().is_loopback() {
            true => Self::Loopback,
            false => Self::Network,
        }
    }

    /// Checks the length of a key or token that is well formed otherwise. Digests tell no length.
    pub(super) fn check(self, secret: &str) -> Result<Strength, String> {
        let (prefix, rest) = ["seam_at", "seam_"]
            .into_iter()
            .find_map(|prefix| Some((prefix, secret.strip_prefix(prefix)?)))
            .unwrap_or(("", secret));
        match (rest.chars().count(), self) {
            (LONG_ENOUGH.., _) => Ok(Strength::Long),
            (0, _) => Err(format!("there is nothing behind {prefix}")),
            (_, Self::Loopback) => Ok(Strength::Short),
            (_, Self::Network) => Err(format!(
                "where other machines can call, at least {LONG_ENOUGH} characters are needed \
                 behind {prefix}"
            )),
        }
    }
}

/// Whether a secret can be tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// It would take too long.
    Long,
    /// Good enough for this machine.
    Short,
}

/// A warning of short secrets, with the place of the first one.
pub(super) fn warning(origin: &str, places: &[String]) -> Option<String> {
    let more = match places {
        [] => return None,
        [_] => String::new(),
        [_, more @ ..] => format!(" and {} more", more.len()),
    };
    let first = places.first().filter(|place| !place.is_empty());
    let place = first.map_or_else(String::new, |place| format!(", {place}{more}"));
    Some(format!(
        "warning: {origin}{place}: fewer than {LONG_ENOUGH} characters behind the prefix: others \
         can find such a key by trying; only this machine may use it"
    ))
}

/// 16 random characters have 80 bits and more.
const LONG_ENOUGH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secret: &str, here: Result<Strength, ()>, everywhere: Result<Strength, ()>) {
        let checked = |reach: Reach| reach.check(secret).map_err(drop);
        assert_eq!(checked(Reach::Loopback), here, "{secret}");
        assert_eq!(checked(Reach::Network), everywhere, "{secret}");
    }

    #[test]
    fn sixteen_characters_are_long_enough() {
        let (long, short) = (Ok(Strength::Long), Ok(Strength::Short));
        check("seam_0123456789abcdef", long, long);
        check("seam_0123456789abcde", short, Err(()));
        check("seam_at0123456789abcdef", long, long);
        check("seam_at0123456789abcde", short, Err(()));
        check("seam_1", short, Err(()));
        check("seam_", Err(()), Err(()));
        check("seam_at", Err(()), Err(()));
    }

    #[test]
    fn reach_depends_on_the_address() {
        let reach = |address: &str| Reach::of(address.parse().expect("an address"));
        assert_eq!(reach("127.0.0.2:80"), Reach::Loopback);
        assert_eq!(reach("[::1]:80"), Reach::Loopback);
        assert_eq!(reach("0.0.0.0:80"), Reach::Network);
        assert_eq!(reach("[::ffff:127.0.0.1]:80"), Reach::Network);
    }

    #[test]
    fn a_warning_names_the_first_place() {
        let places = ["line 1".to_owned(), "line 4".to_owned()];
        let warned = warning("keys", &places).expect("two places");
        assert!(
            warned.starts_with("warning: keys, line 1 and 1 more: "),
            "{warned}"
        );
        assert_eq!(warning("keys", &[]), None);
    }
}
