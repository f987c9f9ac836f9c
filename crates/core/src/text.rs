//! Texts that a caller passes to a call, checked once when they are parsed.
//!
//! None of them is longer than [`MAX_TEXT_CHARS`] or holds U+0000, which databases and C strings cannot
//! keep. Texts that are read from a service have no such limit.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{names::fold, shown::Show};

/// The texts: each row is a type, the error of an invalid one, and the check.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $error:ident = $check:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// Its `Debug` shows no text: see [`shown`](crate::shown).
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let check: fn(&str) -> Result<&str, $error> = $check;
                check(text).map(|kept| Self(kept.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&Show(&self.0)).finish()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

texts! {
    /// The full name of a person: at least one character that is not whitespace. It is kept without
    /// outer whitespace, as in Seam's API.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::PersonName;
    ///
    /// let ada: PersonName = " Ada Lovelace ".parse()?;
    /// assert_eq!(ada.as_str(), "Ada Lovelace");
    /// assert!("  ".parse::<PersonName>().is_err());
    /// # Ok::<(), access_groups_core::ParseTextError>(())
    /// ```
    PersonName: ParseTextError = |text| {
        // A byte order mark is white space where Seam trims.
        let is_outer = |letter: char| letter.is_whitespace() || letter == '\u{feff}';
        let noun = "full name";
        let name = not_empty(noun, text.trim_matches(is_outer))?;
        // Of characters that nobody sees, it would be nobody's name, and the same as any such.
        not_empty(noun, &fold(name))?;
        bounded(noun, name)
    };
    /// An e-mail address of the form `local@domain.tld`, in ASCII.
    ///
    /// Source: the schema validator behind Seam's API, which is stricter than RFC 5322. The case is
    /// kept; comparisons ignore it, and nothing else: see [`names`](crate::names).
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::EmailAddress;
    ///
    /// let ada: EmailAddress = "ada@example.com".parse()?;
    /// assert!("ada at example".parse::<EmailAddress>().is_err());
    /// assert!("ada@localhost".parse::<EmailAddress>().is_err()); // no top-level domain
    /// assert!("é@example.com".parse::<EmailAddress>().is_err()); // not ASCII
    /// # Ok::<(), access_groups_core::ParseTextError>(())
    /// ```
    EmailAddress: ParseTextError = |text| {
        let noun = "e-mail address";
        not_empty(noun, text)?;
        bounded(noun, text)?;
        let problem = TextProblem::NotAnEmailAddress;
        match is_email(text) {
            true => Ok(text),
            false => Err(ParseTextError { noun, problem }),
        }
    };
    /// Your own key for a person across systems: at least one character, of any kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::UserIdentityKey;
    ///
    /// let key: UserIdentityKey = "employee-7".parse()?;
    /// assert!(" ".parse::<UserIdentityKey>().is_ok()); // unlike a name, a key may be blank
    /// assert!("".parse::<UserIdentityKey>().is_err());
    /// # Ok::<(), access_groups_core::ParseTextError>(())
    /// ```
    UserIdentityKey: ParseTextError = |text| {
        not_empty("user identity key", text)?;
        bounded("user identity key", text)
    };
    /// Your own key for a customer: at least one character, of any kind.
    CustomerKey: ParseTextError = |text| {
        not_empty("customer key", text)?;
        bounded("customer key", text)
    };
    /// A phone number or another contact detail, in any notation. It may be empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::ContactDetail;
    ///
    /// let phone: ContactDetail = "+1 (555) 0100, ask for Ada".parse()?;
    /// assert!("+1 555\0".parse::<ContactDetail>().is_err()); // U+0000
    /// assert!("1".repeat(1001).parse::<ContactDetail>().is_err());
    /// # Ok::<(), access_groups_core::ParseTextError>(())
    /// ```
    ContactDetail: ParseTextError = |text| bounded("contact detail", text);
    /// The name of a system, a group or an entrance: at least one character that is not whitespace.
    /// It is kept exactly.
    ResourceName: ParseTextError = |text| {
        not_empty("name", &fold(text))?;
        bounded("name", text)
    };
    /// The IANA name of a time zone, such as `Europe/Berlin`: at least one character. Whether there is
    /// such a zone is not checked: that depends on a database.
    TimeZoneName: ParseTextError = |text| {
        not_empty("time zone", text)?;
        bounded("time zone", text)
    };
    /// A search text of 1 to 1,000 characters. It matches any part of an attribute that looks the
    /// same: both are [folded](crate::names::fold). A text of blanks only matches everything.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::SearchText;
    ///
    /// let search: SearchText = "GYM".parse()?;
    /// assert!(search.is_in("Residents’ gym"));
    /// assert!("residents' ".parse::<SearchText>()?.is_in("Residents’ gym"));
    /// assert!(!search.is_in("g y m")); // one text, not several words
    /// assert!("".parse::<SearchText>().is_err());
    /// # Ok::<(), access_groups_core::ParseSearchError>(())
    /// ```
    SearchText: ParseSearchError = |text| {
        match limit_exceeded(text) {
            _ if text.is_empty() => Err(ParseSearchError::Empty),
            Some(TextProblem::HoldsNul) => Err(ParseSearchError::HoldsNul),
            Some(_) => Err(ParseSearchError::TooLong),
            None => Ok(text),
        }
    };
}

impl From<EmailAddress> for ContactDetail {
    fn from(address: EmailAddress) -> Self {
        Self(address.0)
    }
}

impl From<SearchText> for ContactDetail {
    fn from(text: SearchText) -> Self {
        Self(text.0)
    }
}

/// The error of an invalid text. The message does not contain the text, which may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {noun}: {problem}")]
pub struct ParseTextError {
    noun: &'static str,
    problem: TextProblem,
}

impl ParseTextError {
    /// What is wrong with the text.
    #[must_use]
    pub fn problem(&self) -> TextProblem {
        self.problem
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextProblem {
    /// It is empty, or a name of whitespace only.
    Empty,
    /// It is not an e-mail address.
    NotAnEmailAddress,
    /// It is longer than [`MAX_TEXT_CHARS`].
    TooLong,
    /// It holds the character U+0000.
    HoldsNul,
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "must not be empty",
            Self::NotAnEmailAddress => "expected the form local@domain.tld",
            Self::TooLong => "must not be longer than 1,000 characters",
            Self::HoldsNul => "must not hold the character U+0000",
        })
    }
}

impl SearchText {
    /// The maximum length: 1,000 characters (Unicode scalar values, not bytes).
    pub const MAX_CHARS: usize = MAX_TEXT_CHARS;

    /// Whether `name` contains the text, both [folded](crate::names::fold).
    #[must_use]
    pub fn is_in(&self, name: &str) -> bool {
        self.is_in_any([name])
    }

    /// Whether one of these contains the text.
    pub(crate) fn is_in_any(&self, texts: impl IntoIterator<Item = impl AsRef<str>>) -> bool {
        let part = fold(&self.0);
        let mut texts = texts.into_iter();
        texts.any(|text| fold(text.as_ref()).contains(&part))
    }
}

/// The error of an invalid search text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSearchError {
    /// The text is empty.
    #[error("a search needs at least one character")]
    Empty,
    /// The text is longer than [`SearchText::MAX_CHARS`].
    #[error("a search has at most {} characters", SearchText::MAX_CHARS)]
    TooLong,
    /// The text holds the character U+0000.
    #[error("a search must not hold the character U+0000")]
    HoldsNul,
}

/// The maximum length of a text: 1,000 characters (Unicode scalar values, not bytes).
pub const MAX_TEXT_CHARS: usize = 1000;

fn bounded<'t>(noun: &'static str, text: &'t str) -> Result<&'t str, ParseTextError> {
    match limit_exceeded(text) {
        Some(problem) => Err(ParseTextError { noun, problem }),
        None => Ok(text),
    }
}

fn limit_exceeded(text: &str) -> Option<TextProblem> {
    if text.contains('\0') {
        return Some(TextProblem::HoldsNul);
    }
    // At most one more than allowed is counted, however long the text is.
    let is_too_long = text.chars().nth(MAX_TEXT_CHARS).is_some();
    is_too_long.then_some(TextProblem::TooLong)
}

fn not_empty<'t>(noun: &'static str, text: &'t str) -> Result<&'t str, ParseTextError> {
    let problem = TextProblem::Empty;
    match text {
        "" => Err(ParseTextError { noun, problem }),
        text => Ok(text),
    }
}

/// The form that the schema validator behind Seam's API accepts.
fn is_email(text: &str) -> bool {
    // From the right: an `@` in the local part is then refused by its characters.
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"_'+-.".contains(&byte);
    let ends_well = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+-".contains(byte);
    let is_label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_alphanumeric())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let Some((labels, last)) = domain.rsplit_once('.') else {
        return false;
    };
    // By hand rather than by a regular expression: the crate needs none otherwise.
    local.bytes().all(is_local)
        && local.as_bytes().last().is_some_and(ends_well)
        && !local.starts_with('.')
        && !text.contains("..")
        && labels.split('.').all(is_label)
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_email(text: &str, expected: bool) {
        assert_eq!(text.parse::<EmailAddress>().is_ok(), expected, "{text:?}");
    }

    #[test]
    fn addresses_follow_seams_validator() {
        check_email("ada@example.com", true);
        check_email("a.d+a_o'x-@west-wing.example.co", true);
        check_email("ADA@EXAMPLE.COM", true);
        for wrong in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "ada@example.c",
            "ada@.com",
            "ada@example..com",
            ".ada@example.com",
            "a..da@example.com",
            "ada.@example.com",
            "ada@-example.com",
            "ada@exam_ple.com",
            "ada@example.c0m",
            "a b@example.com",
            "a@b@example.com",
            "é@example.com",
            "ada@example.com ",
        ] {
            check_email(wrong, false);
        }
    }

    #[test]
    fn a_blank_name_is_refused() {
        assert!(" x ".parse::<PersonName>().is_ok());
        assert!("\u{200b}\u{ad}".parse::<PersonName>().is_err()); // nothing to be seen
        assert!("\u{200b}".parse::<ResourceName>().is_err());
        let error = " \t".parse::<PersonName>().expect_err("blank");
        assert_eq!(error.to_string(), "invalid full name: must not be empty");
        assert!(" ".parse::<UserIdentityKey>().is_ok());
        assert!("".parse::<UserIdentityKey>().is_err());
    }

    #[test]
    fn search_text_length_is_bounded() {
        let parse = |count| "é".repeat(count).parse::<SearchText>();
        assert_eq!(parse(0), Err(ParseSearchError::Empty));
        assert!(parse(1).is_ok() && parse(1000).is_ok());
        assert_eq!(parse(1001), Err(ParseSearchError::TooLong));
        assert_eq!("a\0".parse::<SearchText>(), Err(ParseSearchError::HoldsNul));
    }

    #[test]
    fn every_text_is_bounded() {
        fn check<T: FromStr<Err = ParseTextError>>(text: impl Fn(usize) -> String) {
            let problem = |text: String| text.parse::<T>().err().map(|error| error.problem());
            assert_eq!(problem(text(1000)), None);
            assert_eq!(problem(text(1001)), Some(TextProblem::TooLong));
            assert_eq!(
                problem(format!("\0{}", text(2))),
                Some(TextProblem::HoldsNul)
            );
        }
        // Characters count, not bytes.
        check::<PersonName>(|length| "é".repeat(length));
        check::<UserIdentityKey>(|length| "é".repeat(length));
        check::<CustomerKey>(|length| "é".repeat(length));
        check::<ContactDetail>(|length| "é".repeat(length));
        check::<EmailAddress>(|length| format!("{}@b.cc", "a".repeat(length.saturating_sub(5))));
        assert!("".parse::<ContactDetail>().is_ok());
    }
}
