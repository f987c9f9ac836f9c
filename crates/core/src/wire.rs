//! What reading and writing resources needs in addition to serde's derives: unknown fields, aliases
//! and defaults.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::Timestamp;

/// Fields of a resource that this version does not know, as JSON. They are written back unchanged.
pub type Extra = Map<String, Value>;

/// The default of a missing connected account: the nil UUID, as text. Seam requires the field, so a
/// store without connected accounts must write one.
pub const NO_CONNECTED_ACCOUNT: &str = "00000000-0000-0000-0000-000000000000";

/// The aliases: each row is a `with` module for a flattened field. The field is written under its
/// current and its deprecated name, and read from the first of them that is present.
macro_rules! aliases {
    ($($module:ident { $current:literal or $deprecated:literal })*) => {$(
        pub(crate) mod $module {
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            pub(crate) fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
            where
                T: Serialize + super::Present,
                S: Serializer,
            {
                #[derive(Serialize)]
                struct Both<'a, T> {
                    #[serde(rename = $current)]
                    current: &'a T,
                    #[serde(rename = $deprecated)]
                    deprecated: &'a T,
                }
                #[derive(Serialize)]
                struct Neither {}
                // Both names: Seam's schema still requires most of the deprecated ones.
                if value.is_present() {
                    Both { current: value, deprecated: value }.serialize(serializer)
                } else {
                    Neither {}.serialize(serializer)
                }
            }

            pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
            where
                T: Deserialize<'de> + Default,
                D: Deserializer<'de>,
            {
                #[derive(Deserialize)]
                struct Either<T> {
                    #[serde(rename = $current)]
                    current: Option<T>,
                    #[serde(rename = $deprecated)]
                    deprecated: Option<T>,
                }
                let Either { current, deprecated } = Either::deserialize(deserializer)?;
                Ok(current.or(deprecated).unwrap_or_default())
            }
        }
    )*};
}

aliases! {
    group_type { "external_type" or "access_group_type" }
    group_type_display_name { "external_type_display_name" or "access_group_type_display_name" }
    system_type { "external_type" or "system_type" }
    system_type_display_name { "external_type_display_name" or "system_type_display_name" }
    email_address { "email_address" or "email" }
}

/// Whether a value is written: a missing optional one is not.
pub(crate) trait Present {
    fn is_present(&self) -> bool {
        true
    }
}

impl Present for String {}
impl Present for crate::AccessGroupType {}

impl<T> Present for Option<T> {
    fn is_present(&self) -> bool {
        self.is_some()
    }
}

/// `with` module of an optional nullable field: absent is `None`, null is `Some(None)`.
pub(crate) fn absent_or_null<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    // Called only if the field is present: otherwise serde takes the default, `None`.
    Option::deserialize(deserializer).map(Some)
}

/// A code as text for people: "salto_ks_site" becomes "Salto KS site".
pub(crate) fn in_words(code: &str) -> String {
    let words = code.split('_').enumerate().map(|(index, word)| match word {
        // The abbreviations in Seam's codes.
        "acs" | "hid" | "ks" | "pti" => word.to_ascii_uppercase(),
        _ if index == 0 => capitalised(word),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

pub(crate) fn no_connected_account() -> String {
    NO_CONNECTED_ACCOUNT.to_owned()
}

// A server that leaves out the time must not make the whole resource unreadable.
pub(crate) fn epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

pub(crate) fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words() {
        assert_eq!(in_words("salto_ks_site"), "Salto KS site");
        assert_eq!(in_words("pti_unit"), "PTI unit");
        assert_eq!(in_words("été__x"), "été  x");
        assert_eq!(in_words(""), "");
    }
}
