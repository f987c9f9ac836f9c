//! Resources: what the API's objects look like, in memory and on the wire alike.
//!
//! Every resource reads what Seam sends, including what this version does not know, and
//! writes the same again: unknown codes keep their text, unknown fields of a resource wait
//! in its `extra` (a schedule, the one object inside with a fixed shape, has none), and deprecated aliases are read where the current field is missing and written beside
//! it. Fields that Seam requires but a lenient server leaves out get the default named at
//! the field.

mod access_group;
mod acs_system;
mod acs_user;
mod entrance;
mod user_identity;
mod workspace;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::Timestamp;

pub use access_group::AccessGroup;
pub use acs_system::{AcsSystem, Location};
pub use acs_user::AcsUser;
pub use entrance::Entrance;
pub use user_identity::UserIdentity;
pub use workspace::Workspace;

/// Fields of a resource that this version does not know, in their JSON form.
pub type Extra = Map<String, Value>;

/// The connected account of a resource that names none: the nil UUID, as text.
pub const NO_CONNECTED_ACCOUNT: &str = "00000000-0000-0000-0000-000000000000";

/// One table of aliases: each row is a `with` module for a flattened field that is written
/// under its current and its deprecated name, and read from the first that is there.
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

/// Whether a value goes on the wire: an absent optional one does not.
pub(crate) trait Present {
    fn is_present(&self) -> bool;
}

impl<T> Present for Option<T> {
    fn is_present(&self) -> bool {
        self.is_some()
    }
}

impl Present for String {
    fn is_present(&self) -> bool {
        true
    }
}

impl Present for crate::AccessGroupType {
    fn is_present(&self) -> bool {
        true
    }
}

/// `with` module of an optional nullable field: absent is `None`, null is `Some(None)`.
pub(crate) fn absent_or_null<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// "salto_ks_site" as a person would write it: "Salto KS site".
pub(crate) fn in_words(code: &str) -> String {
    let words = code.split('_').enumerate().map(|(index, word)| match word {
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

pub(crate) fn epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

pub(crate) fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::json;

    use super::*;

    /// Reading `sent` and writing it again gives `written`.
    fn check<T: Serialize + DeserializeOwned + Debug>(sent: Value, written: Value) {
        let resource: T = serde_json::from_value(sent).expect("a resource");
        assert_eq!(
            serde_json::to_value(&resource).expect("json"),
            written,
            "{resource:?}"
        );
    }

    fn group() -> Value {
        json!({
            "acs_access_group_id": "00000000-0000-0000-0000-000000000001",
            "acs_system_id": "00000000-0000-0000-0000-000000000002",
            "workspace_id": "00000000-0000-0000-0000-000000000003",
            "connected_account_id": "00000000-0000-0000-0000-000000000004",
            "name": "Gym",
            "display_name": "Residents' Gym",
            "external_type": "salto_ks_access_group",
            "external_type_display_name": "Salto KS Access Group",
            "access_group_type": "salto_ks_access_group",
            "access_group_type_display_name": "Salto KS Access Group",
            "access_schedule": {"starts_at": "2026-01-01T00:00:00Z", "ends_at": null},
            "created_at": "2025-06-14T16:54:17.946453Z",
            "is_managed": true,
            "errors": [],
            "warnings": [{
                "warning_code": "being_deleted",
                "message": "Soon gone.",
                "created_at": "2025-06-15T00:00:00Z",
            }],
            "pending_mutations": [{
                "mutation_code": "deleting",
                "message": "Going.",
                "created_at": "2025-06-15T00:00:00Z",
            }],
        })
    }

    fn with(mut resource: Value, fields: Value) -> Value {
        let object = resource.as_object_mut().expect("an object");
        object.extend(fields.as_object().expect("an object").clone());
        resource
    }

    fn without(mut resource: Value, keys: &[&str]) -> Value {
        let object = resource.as_object_mut().expect("an object");
        object.retain(|key, _| !keys.contains(&key.as_str()));
        resource
    }

    #[test]
    fn a_round_trip_loses_nothing() {
        check::<AccessGroup>(group(), group());
        let strange = json!({
            "external_type": "moon_door_group",
            "access_group_type": "moon_door_group",
            "phase": {"waxing": [1, null]},
        });
        check::<AccessGroup>(with(group(), strange.clone()), with(group(), strange));
    }

    #[test]
    fn codes_become_words() {
        assert_eq!(in_words("salto_ks_site"), "Salto KS site");
        assert_eq!(in_words("pti_unit"), "PTI unit");
        assert_eq!(in_words("été__x"), "été  x");
        assert_eq!(in_words(""), "");
    }

    #[test]
    fn a_deprecated_alias_is_read_only_where_the_current_field_is_missing() {
        let current = ["external_type", "external_type_display_name"];
        check::<AccessGroup>(without(group(), &current), group());
        let stale = json!({"access_group_type": "brivo_group"});
        check::<AccessGroup>(with(group(), stale), group());
    }

    fn user() -> Value {
        json!({
            "acs_user_id": "00000000-0000-0000-0000-000000000001",
            "acs_system_id": "00000000-0000-0000-0000-000000000002",
            "workspace_id": "00000000-0000-0000-0000-000000000003",
            "connected_account_id": "00000000-0000-0000-0000-000000000004",
            "display_name": "Ada",
            "created_at": "2025-06-14T16:54:17Z",
            "last_successful_sync_at": null,
            "is_managed": true,
            "errors": [],
            "warnings": [],
            "pending_mutations": [],
        })
    }

    #[test]
    fn absent_null_and_value_stay_apart() {
        check::<AcsUser>(user(), user());
        for name in [Value::Null, json!("Ada L.")] {
            let linked = with(user(), json!({"user_identity_full_name": name}));
            check::<AcsUser>(linked.clone(), linked);
        }
    }

    #[test]
    fn both_names_of_the_email_address_are_written() {
        let both = json!({"email": "a@example.com", "email_address": "a@example.com"});
        check::<AcsUser>(
            with(user(), json!({"email": "a@example.com"})),
            with(user(), both),
        );
    }

    #[test]
    fn what_a_lenient_server_leaves_out_gets_its_default() {
        let least = json!({
            "acs_access_group_id": "00000000-0000-0000-0000-000000000001",
            "acs_system_id": "00000000-0000-0000-0000-000000000002",
            "name": "Gym",
        });
        let group: AccessGroup = serde_json::from_value(least).expect("a group");
        assert!(group.is_managed && group.errors.is_empty());
        assert_eq!(group.connected_account_id, NO_CONNECTED_ACCOUNT);
    }
}
