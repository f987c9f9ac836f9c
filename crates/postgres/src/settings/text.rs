//! Settings as a text like libpq's: a URL, or `key=value` pairs.

use std::{borrow::Cow, fs};

use access_groups_core::Error;
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use tokio_postgres::config::Config;

use super::{Statements, address, unsupported};
use crate::tls;

/// What a text says.
pub(super) struct Read {
    pub(super) config: Config,
    pub(super) statements: Statements,
    pub(super) roots: Vec<CertificateDer<'static>>,
    /// Whether it says after which time a silent connection is probed. The driver's default, two hours,
    /// cannot be told from the same number in the text.
    pub(super) has_idle: bool,
}

/// Reads the text, and the file of root certificates that it names.
pub(super) fn read(text: &str) -> Result<Read, Error> {
    let (start, pairs) = parts(text);
    if start.is_some() {
        address::check(text)?;
    }
    let mut rest = Vec::with_capacity(pairs.len());
    let (mut statements, mut roots, mut has_idle) = (Statements::default(), Vec::new(), false);
    for pair in &pairs {
        // What is our own is taken out: the driver does not know it.
        match (pair.key, &*pair.value) {
            ("statements", "prepared") => statements = Statements::Prepared,
            ("statements", "unnamed") => statements = Statements::Unnamed,
            ("statements", _) => {
                return Err(unsupported("`statements` is `prepared` or `unnamed`"));
            }
            // The roots of the system are always trusted.
            ("sslrootcert", "system") => {}
            ("sslrootcert", path) => roots = root_certificates(path)?,
            // TLS always verifies here, so these ask for nothing more.
            ("sslmode", "verify-full" | "verify-ca") => rest.push("sslmode=require"),
            ("sslmode", other) if !matches!(other, "disable" | "prefer" | "require") => {
                return Err(unsupported(&wrong_mode(other)));
            }
            (key, _) => {
                has_idle |= key == "keepalives_idle";
                rest.push(pair.raw);
            }
        }
    }
    let text = match start {
        Some(start) if rest.is_empty() => start.to_owned(),
        Some(start) => format!("{start}?{}", rest.join("&")),
        None => rest.join(" "),
    };
    let config = text.parse().map_err(|error| {
        refused(
            start.is_some_and(address::has_certain_options),
            &pairs,
            &error,
        )
    })?;
    Ok(Read {
        config,
        statements,
        roots,
        has_idle,
    })
}

/// Says which mode it is, if that is a word: anything else may be a part of the password.
fn wrong_mode(mode: &str) -> String {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    let found = match mode {
        "allow" => ", not `allow`, which may end without TLS".to_owned(),
        _ if mode.len() <= 12 && !mode.is_empty() && mode.chars().all(is_letter) => {
            format!(", not `{mode}`")
        }
        _ => String::new(),
    };
    format!("`sslmode` is `disable`, `prefer`, `require`, `verify-ca` or `verify-full`{found}")
}

fn root_certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = fs::read(path).map_err(|error| error.to_string());
    let found = read.and_then(|pem| tls::certificates(&pem));
    found.map_err(|why| {
        unsupported(&format!(
            "the root certificates of `sslrootcert`, {path}, cannot be used: {why}"
        ))
    })
}

/// An option of the text.
struct Pair<'t> {
    key: &'t str,
    value: Cow<'t, str>,
    /// The whole option, as it is written.
    raw: &'t str,
}

/// What comes before the options, if it is a URL, and the options.
fn parts(text: &str) -> (Option<&str>, Vec<Pair<'_>>) {
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return (None, pairs(text));
    }
    // Before the `@`, a question mark may be a part of the password.
    let host = text.find('@').unwrap_or(0);
    let Some(mark) = text[host..].find('?').map(|mark| host + mark) else {
        return (Some(text), Vec::new());
    };
    let options = text[mark + 1..].split('&').filter(|raw| !raw.is_empty());
    let pair = |raw| {
        let (key, value) = str::split_once(raw, '=').unwrap_or((raw, ""));
        let value = percent_decode_str(value).decode_utf8_lossy();
        Pair { key, value, raw }
    };
    (Some(&text[..mark]), options.map(pair).collect())
}

/// The options between blanks. What is none stays as it is: the driver says what is wrong with it.
fn pairs(text: &str) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    let mut text = text.trim();
    while let Some((key, after)) = text.split_once('=') {
        let after = after.trim_start();
        let (value, rest) = match after.strip_prefix('\'') {
            Some(quoted) => until(quoted, |letter| letter == '\''),
            None => until(after, char::is_whitespace),
        };
        pairs.push(Pair {
            key: key.trim_end(),
            value: value.into(),
            raw: &text[..text.len() - rest.len()],
        });
        text = rest.trim_start();
    }
    if !text.is_empty() {
        let (key, value) = (text, Cow::default());
        pairs.push(Pair {
            key,
            value,
            raw: text,
        });
    }
    pairs
}

/// The value that such a letter ends, and what follows. A backslash takes the meaning from the letter
/// behind it.
fn until(text: &str, is_end: impl Fn(char) -> bool) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter if is_end(letter) => return (value, &text[at + letter.len_utf8()..]),
            letter => value.push(letter),
        }
    }
    (value, "")
}

/// Names options only, and unknown ones only where they are certain to be options: anything else in the text
/// may be a part of the password.
fn refused(names_options: bool, pairs: &[Pair<'_>], error: &tokio_postgres::Error) -> Error {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let is_told = |source: &String| {
        source.starts_with("invalid value for option")
            || (names_options && source.starts_with("unknown option") && source.len() < 60)
    };
    let value = source.filter(is_told);
    let known = pairs.iter().find(|pair| UNKNOWN.contains(&pair.key));
    let why = match (value, known) {
        (Some(value), _) => format!(": {value}"),
        (None, Some(option)) => format!(": `{}` is not supported", option.key),
        (None, None) => String::new(),
    };
    unsupported(&format!("the database settings cannot be read{why}"))
}

/// Options of libpq that the driver does not know.
const UNKNOWN: &[&str] = &[
    "sslcert",
    "sslkey",
    "sslcrl",
    "passfile",
    "service",
    "gssencmode",
];

#[cfg(test)]
mod tests {
    use super::super::{Settings, Statements};

    fn parsed(text: &str) -> Settings {
        Settings::parse(text).expect("sound settings")
    }

    #[test]
    fn statements_are_an_option() {
        let check = |text: &str, expected| assert_eq!(parsed(text).statements(), expected);
        check("postgres://a@h/d", Statements::Prepared);
        check("postgres://a@h/d?statements=unnamed", Statements::Unnamed);
        check(
            "postgres://a@h/d?statements=unnamed&sslmode=disable",
            Statements::Unnamed,
        );
        check("host=h statements=unnamed user=a", Statements::Unnamed);
        check("host=h statements = 'unnamed' user=a", Statements::Unnamed);
        check("postgres://a:statements=b@h/d", Statements::Prepared);
        check(
            "postgres://a:b?statements=unnamed@h/d",
            Statements::Prepared,
        );
        check(
            "host=h password='a statements=unnamed'",
            Statements::Prepared,
        );
        assert!(Settings::parse("postgres://a@h/d?statements=some").is_err());
    }

    #[test]
    fn other_options_stay_as_they_are() {
        let check = |text: &str| {
            let host = &parsed(text).hosts()[0];
            assert_eq!(host.get_application_name(), Some("a b"), "{text}");
            assert_eq!(host.get_password(), Some(&b"x y'z"[..]), "{text}");
        };
        check("postgres://a:x%20y'z@h/d?application_name=a%20b&statements=unnamed");
        check(r"host=h application_name = 'a b' statements=unnamed password='x y\'z'");
        check(r"password=x\ y\'z sslmode=verify-full host=h application_name=a\ b");
    }

    #[test]
    fn a_wrong_option_is_named() {
        let check = |text: &str, part: &str| {
            let refused = Settings::parse(text).expect_err(text);
            assert!(refused.message().contains(part), "{refused}");
        };
        check("postgres://a@h/d?foo=bar", "unknown option `foo`");
        check("postgres://h/d?foo=bar", "unknown option `foo`");
        check(
            "postgres://a@h/d?sslmode=allow",
            "or `verify-full`, not `allow`",
        );
        check("postgres://a@h/d?sslmode=on", "or `verify-full`, not `on`");
        check("host=h sslmode=allow", "or `verify-full`, not `allow`");
        check("postgres://a@h/d?keepalives=x", "option `keepalives`");
    }

    #[test]
    fn no_message_shows_the_password() {
        for text in [
            "postgres://a:hunter2@h/d?port=x",
            "postgres://a:hunter2?b=c@h/d",
            "postgres://a:b/hunter2@h/d",
            "host=h password=hunter2 hunter2=1",
            "host=h password=hunter2 sslrootcert=a",
            "host=h password=hunter2 sslcert=a",
            "host=h password='hunter2 sslrootcert=a",
            "postgres://a:b?hunter2=1",
            "postgres://a@h/d?sslmode=Hunter2hunter2",
            "password=hunter2",
            "hunter2",
        ] {
            match Settings::parse(text) {
                Err(error) => assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}"),
                Ok(settings) => assert!(!format!("{settings:?}").contains("hunter2")),
            }
        }
    }

    #[test]
    fn a_file_of_roots_must_hold_some() {
        let folder = std::env::temp_dir();
        let folder = folder.display();
        let check = |text: &str, part: &str| {
            let error = Settings::parse(text).expect_err("no certificates");
            assert_eq!(error.code(), Some("store_settings"));
            assert!(error.message().contains(part), "{error}");
        };
        let missing = format!("{folder}/no such file of roots");
        check(&format!("host=h sslrootcert='{missing}'"), &missing);
        let encoded = missing.replace(' ', "%20");
        check(
            &format!("postgres://a@h/d?sslrootcert={encoded}"),
            "(os error",
        );
        let empty = tempfile::NamedTempFile::new().expect("a file");
        let path = empty.path().display();
        check(
            &format!("host=h sslrootcert={path}"),
            "there is no certificate in it",
        );
        parsed("host=h sslrootcert=system");
    }
}
