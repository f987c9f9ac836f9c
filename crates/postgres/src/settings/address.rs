//! The hosts of a URL: what stands there is shown, so it must be no part of a password.

use access_groups_core::Error;

use super::unsupported;

/// Refuses a URL in which a part of the password may stand where the hosts belong: after its own `@`, say.
/// Nothing of such a URL is in the message.
pub(super) fn check(url: &str) -> Result<(), Error> {
    let hosts = hosts(url);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_:[]%,".contains(letter);
    if url.matches('@').count() > 1 || !hosts.chars().all(is_plain) {
        return Err(unsupported(
            "the URL of the database cannot be read: in a user, a password or an option write `@` as %40, `/` \
             as %2F, `?` as %3F and `#` as %23",
        ));
    }
    let Some(port) = hosts.split(',').find_map(wrong_port) else {
        return Ok(());
    };
    // Without a user, it may be the beginning of a password.
    let found = if url.contains('@') { port } else { "this" };
    let message = format!("the port of a host is a number from 1 to 65535, not {found}");
    Err(unsupported(&message))
}

/// Whether the options of a URL are certain to be none of the password.
pub(super) fn has_certain_options(url: &str) -> bool {
    url.contains('@') || !hosts(url).contains(':')
}

/// All hosts with their ports.
fn hosts(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let hosts = rest.split_once('@').map_or(rest, |(_, hosts)| hosts);
    hosts.split(['/', '?']).next().unwrap_or_default()
}

/// The port of a host, if it is a number and none of a port.
fn wrong_port(host: &str) -> Option<&str> {
    let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
    let (_, port) = after.rsplit_once(':')?;
    let is_number = !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit());
    (is_number && !matches!(port.parse::<u16>(), Ok(1..))).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::super::Settings;

    #[test]
    fn a_password_is_never_taken_for_a_host() {
        for url in [
            "postgres://doors:a@bsecret@127.0.0.1:55432/doors",
            "postgres://doors:p@bsecret/1:x@127.0.0.1/doors",
            "postgres://doors:p@w/bsecret:x@127.0.0.1/doors",
            "postgres://doors:a@bsecret?x=@h/doors",
            "postgres://doors@h/doors?options=a@bsecret",
            "postgres://doors:bsecret!/doors",
            "postgres://doors:a@bsecret#1/doors",
            "postgres://doors:99999",
        ] {
            let refused = Settings::parse(url).expect_err(url);
            assert_eq!(refused.code(), Some("store_settings"));
            let text = format!("{refused:?} {refused}");
            assert!(!text.contains("bsecret"), "{url}: {text}");
            assert!(!text.contains("99999"), "{url}: {text}");
        }
        for url in [
            "postgres://doors:a%40b@127.0.0.1:55432/doors",
            "postgres://doors:a/b@[::1]:5,db_a.example-1/doors",
            "postgres://doors@%2Ftmp/doors",
        ] {
            Settings::parse(url).expect(url);
        }
    }

    #[test]
    fn a_port_is_named_with_what_there_may_be() {
        let check = |url: &str, expected: Option<&str>| {
            let refused = Settings::parse(url).err();
            let found = refused.as_ref().map(|error| error.message());
            let expected = expected
                .map(|port| format!("the port of a host is a number from 1 to 65535, not {port}"));
            assert_eq!(found, expected.as_deref(), "{url}");
        };
        check("postgres://a@h:65535/d", None);
        check("postgres://a@h,i:99999/d", Some("99999"));
        check("postgres://a@[::1]:0/d", Some("0"));
    }
}
