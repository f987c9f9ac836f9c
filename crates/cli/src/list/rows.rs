//! Resources as rows of CSV. The columns are documented; new ones come at the end only.

use access_groups_core::{ResourceIssue, prelude::*};
use serde::Serialize;
use serde_json::Value;

use crate::describe;

/// A resource as a row of CSV.
pub(crate) trait Row: Serialize {
    /// The header. A column is a key of the resource, of its access schedule or its location.
    const COLUMNS: &'static [&'static str];

    /// Its errors and warnings.
    fn issues(&self) -> Vec<ResourceIssue>;

    /// Its state at this instant, if it has one.
    fn state(&self, _now: Timestamp) -> Option<&'static str> {
        None
    }

    /// A cell for each column; empty if the value is unknown.
    fn cells(&self, now: Timestamp) -> Vec<String> {
        let resource = serde_json::to_value(self).unwrap_or_default();
        // A key is in one of the three: their keys do not overlap.
        let places = [
            &resource,
            &resource["access_schedule"],
            &resource["location"],
        ];
        let issues = self.issues();
        let cell = |column: &&str| {
            match *column {
                ERRORS => return joined(&issues, true),
                WARNINGS => return joined(&issues, false),
                STATE => return self.state(now).unwrap_or_default().to_owned(),
                _ => {}
            }
            let mut values = places.iter().filter_map(|place| place.get(column));
            match values.next() {
                Some(Value::String(text)) => text.clone(),
                // A schedule without an end is known to have none; without a schedule, access is
                // known to have neither.
                None | Some(Value::Null) if ["starts_at", "ends_at"].contains(column) => {
                    NONE.to_owned()
                }
                None | Some(Value::Null) => String::new(),
                Some(value) => value.to_string(),
            }
        };
        Self::COLUMNS.iter().map(cell).collect()
    }
}

/// The errors, or else the warnings, in one cell: "code: message; code: message".
pub(crate) fn joined(issues: &[ResourceIssue], are_errors: bool) -> String {
    let issues = issues.iter();
    let issues = issues.filter(|issue| issue.is_error == are_errors);
    let cells = issues.map(|issue| match issue.message.as_str() {
        "" => issue.code.clone(),
        message => format!("{}: {message}", issue.code),
    });
    match cells.collect::<Vec<_>>().join("; ") {
        none if none.is_empty() => NONE.to_owned(),
        cells => cells,
    }
}

/// What is known not to exist.
pub(crate) const NONE: &str = "none";

const ERRORS: &str = "errors";
const WARNINGS: &str = "warnings";
const STATE: &str = "state";

impl Row for AccessGroup {
    const COLUMNS: &'static [&'static str] = &[
        "acs_access_group_id",
        "acs_system_id",
        "name",
        "display_name",
        "external_type",
        "starts_at",
        "ends_at",
        "created_at",
        ERRORS,
        WARNINGS,
    ];

    fn issues(&self) -> Vec<ResourceIssue> {
        self.issues()
    }
}

impl Row for AcsUser {
    const COLUMNS: &'static [&'static str] = &[
        "acs_user_id",
        "acs_system_id",
        "display_name",
        "full_name",
        "email_address",
        "phone_number",
        "is_suspended",
        "user_identity_id",
        "starts_at",
        "ends_at",
        "created_at",
        STATE,
        ERRORS,
        WARNINGS,
    ];

    fn issues(&self) -> Vec<ResourceIssue> {
        self.issues()
    }

    fn state(&self, now: Timestamp) -> Option<&'static str> {
        Some(describe::user_state(self, now))
    }
}

impl Row for Entrance {
    const COLUMNS: &'static [&'static str] = &[
        "acs_entrance_id",
        "acs_system_id",
        "display_name",
        "created_at",
        ERRORS,
        WARNINGS,
    ];

    fn issues(&self) -> Vec<ResourceIssue> {
        self.issues()
    }
}

impl Row for AcsSystem {
    const COLUMNS: &'static [&'static str] = &[
        "acs_system_id",
        "name",
        "external_type",
        "time_zone",
        "created_at",
        ERRORS,
        WARNINGS,
    ];

    fn issues(&self) -> Vec<ResourceIssue> {
        self.issues()
    }
}

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AcsUserErrorCode, AcsUserWarningCode, ResourceError, ResourceWarning,
        schedule::AccessSchedule,
    };

    use super::*;

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);

    /// The cells by their column, without those that are empty.
    fn check<T: Row>(row: &T, expected: &[(&str, &str)]) {
        let cells = row.cells(Timestamp::UNIX_EPOCH);
        assert_eq!(cells.len(), T::COLUMNS.len());
        let named = T::COLUMNS
            .iter()
            .copied()
            .zip(cells.iter().map(String::as_str));
        let filled: Vec<_> = named.filter(|(_, cell)| !cell.is_empty()).collect();
        for pair in expected {
            assert!(filled.contains(pair), "{pair:?}: {filled:?}");
        }
        let ids = filled.iter().filter(|(column, _)| column.ends_with("_id"));
        let known = expected
            .iter()
            .filter(|(column, _)| column.ends_with("_id"));
        assert_eq!(ids.count(), known.count(), "{filled:?}");
    }

    #[test]
    fn readme_names_every_column() {
        let readme = include_str!("../../README.md");
        for columns in [
            AccessGroup::COLUMNS,
            AcsUser::COLUMNS,
            Entrance::COLUMNS,
            AcsSystem::COLUMNS,
            crate::check::PERSON_COLUMNS,
        ] {
            let row = format!("| `{}` |", columns.join("`, `"));
            assert!(readme.contains(&row), "{row}");
        }
    }

    #[test]
    fn errors_warnings_and_state_are_cells() {
        let mut ada = AcsUser::new(AcsUserId::from_u128(1), SYSTEM, "Ada");
        let system = ("acs_system_id", "00000000-0000-0000-0000-000000000001");
        let user = ("acs_user_id", "00000000-0000-0000-0000-000000000001");
        let none = [
            ("errors", "none"),
            ("warnings", "none"),
            ("state", "active"),
        ];
        check(&ada, &[&[system, user], &none[..]].concat());

        let full = AcsUserErrorCode::FailedToCreateOnAcsSystem;
        let epoch = Timestamp::UNIX_EPOCH;
        ada.errors
            .push(ResourceError::new(full, "The site is full.", epoch));
        ada.errors
            .push(ResourceError::new("new_code".into(), "", epoch));
        let inactive = AcsUserWarningCode::AcsUserInactive;
        ada.warnings
            .push(ResourceWarning::new(inactive, "No.", epoch));
        check(
            &ada,
            &[
                system,
                user,
                (
                    "errors",
                    "failed_to_create_on_acs_system: The site is full.; new_code",
                ),
                ("warnings", "acs_user_inactive: No."),
                ("state", "blocked"),
            ],
        );
        let endless = AccessSchedule::new(epoch);
        let endless = ada.with_access_schedule(endless);
        check(&endless, &[system, user, ("ends_at", "none")]);
    }

    #[test]
    fn each_cell_is_in_its_column() {
        let (one, two) = (
            "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000002",
        );
        let epoch = ("created_at", "1970-01-01T00:00:00Z");
        let schedule = AccessSchedule::new(Timestamp::from_unix_seconds(1))
            .with_end(Timestamp::from_unix_seconds(2));
        let starts = ("starts_at", "1970-01-01T00:00:01Z");
        let ends = ("ends_at", "1970-01-01T00:00:02Z");
        check(
            &AccessGroup::new(AccessGroupId::from_u128(2), SYSTEM, "Gym")
                .with_display_name("The gym")
                .with_access_schedule(schedule),
            &[
                ("acs_access_group_id", two),
                ("acs_system_id", one),
                ("name", "Gym"),
                ("display_name", "The gym"),
                ("external_type", "brivo_group"),
                starts,
                ends,
                epoch,
            ],
        );
        check(
            &AcsUser::new(AcsUserId::from_u128(2), SYSTEM, "Ada Lovelace")
                .with_display_name("Ada")
                .with_email_address("ada@example.com")
                .with_phone_number("1")
                .with_suspended(false)
                .with_access_schedule(schedule)
                .with_user_identity(UserIdentityId::from_u128(1)),
            &[
                ("acs_user_id", two),
                ("acs_system_id", one),
                ("user_identity_id", one),
                ("display_name", "Ada"),
                ("full_name", "Ada Lovelace"),
                ("email_address", "ada@example.com"),
                ("phone_number", "1"),
                ("is_suspended", "false"),
                starts,
                ends,
                epoch,
            ],
        );
        check(
            &Entrance::new(EntranceId::from_u128(2), SYSTEM, "Door"),
            &[
                ("acs_entrance_id", two),
                ("acs_system_id", one),
                ("display_name", "Door"),
                epoch,
            ],
        );
        check(
            &AcsSystem::new(SYSTEM, "Main").with_time_zone("Asia/Tokyo"),
            &[
                ("acs_system_id", one),
                ("name", "Main"),
                ("time_zone", "Asia/Tokyo"),
                epoch,
            ],
        );
    }
}
