//! Texts that a caller passes to a call, checked once at the edge.

use std::{fmt, str::FromStr};

/// One table of texts: each row is a type, what it is called, and what it must be like.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $noun:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseTextError;

            fn from_str(text: &str) -> Result<Self, ParseTextError> {
                let check: fn(&str) -> Option<TextProblem> = $check;
                match check(text) {
                    None => Ok(Self(text.to_owned())),
                    Some(problem) => Err(ParseTextError { noun: $noun, problem }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
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
    /// The full name of a person: at least one character that is not a blank.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::PersonName;
    ///
    /// let ada: PersonName = "Ada Lovelace".parse()?;
    /// assert!("  ".parse::<PersonName>().is_err());
    /// # Ok::<(), access_groups_core::ParseTextError>(())
    /// ```
    PersonName = "full name", |text| text.trim().is_empty().then_some(TextProblem::Empty);
    /// An e-mail address: `local@domain.tld`, in the characters that Seam accepts.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::EmailAddress;
    ///
    /// let ada: EmailAddress = "ada@example.com".parse()?;
    /// assert!("ada at example".parse::<EmailAddress>().is_err());
    /// # Ok::<(), access_groups_core::ParseTextError>(())
    /// ```
    EmailAddress = "e-mail address", |text| {
        if text.is_empty() {
            Some(TextProblem::Empty)
        } else {
            (!is_email(text)).then_some(TextProblem::NotAnEmailAddress)
        }
    };
    /// Your own key for a person across systems: at least one character.
    UserIdentityKey = "user identity key", |text| text.is_empty().then_some(TextProblem::Empty);
    /// Your own key for a customer: at least one character.
    CustomerKey = "customer key", |text| text.is_empty().then_some(TextProblem::Empty);
}

/// A text that cannot be what it should be. The text itself, personal data perhaps, is not
/// in the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no {noun}: {problem}")]
pub struct ParseTextError {
    noun: &'static str,
    problem: TextProblem,
}

impl ParseTextError {
    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> TextProblem {
        self.problem
    }
}

/// What can be wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextProblem {
    /// There is nothing in it.
    Empty,
    /// It does not have the form of an e-mail address.
    NotAnEmailAddress,
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it needs at least one character",
            Self::NotAnEmailAddress => "expected local@domain.tld",
        })
    }
}

/// The form that the schema validator behind Seam's API accepts.
fn is_email(text: &str) -> bool {
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
    fn an_address_has_the_form_that_seam_accepts() {
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
    fn a_name_has_more_than_blanks() {
        assert!(" x ".parse::<PersonName>().is_ok());
        let error = " \t".parse::<PersonName>().expect_err("blank");
        assert_eq!(
            error.to_string(),
            "this is no full name: it needs at least one character"
        );
        assert!(" ".parse::<UserIdentityKey>().is_ok());
        assert!("".parse::<UserIdentityKey>().is_err());
    }
}
