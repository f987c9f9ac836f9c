//! Resources: the objects of Seam's API, with one form in memory and on the wire.
//!
//! Every resource reads what Seam sends and writes the same again:
//!
//! - Unknown codes keep their text, and unknown fields of a resource are kept in its `extra`. (A
//!   schedule, which has a fixed shape, has none.)
//! - A deprecated alias is read if the current field is missing, and both are written.
//! - A field that Seam requires but a lenient server leaves out gets the default that is documented at
//!   the field.
//! - An optional field that is absent is not written; a nullable one is written as null.
//!
//! # Examples
//!
//! ```
//! use access_groups_core::AccessGroup;
//! use serde_json::json;
//!
//! let group: AccessGroup = serde_json::from_value(json!({
//!     "acs_access_group_id": "00000000-0000-0000-0000-000000000001",
//!     "acs_system_id": "00000000-0000-0000-0000-000000000002",
//!     "name": "Gym",
//!     "external_type": "moon_door_group",
//!     "phase": "waxing",
//! }))?;
//! assert_eq!(group.external_type.as_str(), "moon_door_group"); // unknown, and kept
//! assert_eq!(group.extra["phase"], "waxing");
//! assert!(group.pending_mutations.is_empty()); // a default
//!
//! // Ids and names have no default:
//! assert!(serde_json::from_value::<AccessGroup>(json!({"name": "Gym"})).is_err());
//! # Ok::<(), serde_json::Error>(())
//! ```

mod access_group;
mod directory;
mod people;

pub use access_group::AccessGroup;
pub use directory::{AcsSystem, Entrance, Location, Workspace};
pub use people::{AcsUser, UserIdentity};

pub use crate::wire::{Extra, NO_CONNECTED_ACCOUNT};

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::{Value, json};

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
    fn the_current_field_overrides_its_alias() {
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
    fn absent_and_null_stay_distinct() {
        check::<AcsUser>(user(), user());
        for name in [Value::Null, json!("Ada L.")] {
            let linked = with(user(), json!({"user_identity_full_name": name}));
            check::<AcsUser>(linked.clone(), linked);
        }
    }

    #[test]
    fn email_serialises_under_both_names() {
        let both = json!({"email": "a@example.com", "email_address": "a@example.com"});
        check::<AcsUser>(
            with(user(), json!({"email": "a@example.com"})),
            with(user(), both),
        );
    }

    #[test]
    fn missing_fields_get_defaults() {
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
