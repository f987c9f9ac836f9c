//! Resources as rows of CSV. The columns are documented, and only added to, at the end.

use access_groups_core::{AccessGroup, AccessSchedule, AcsSystem, AcsUser, Entrance, Timestamp};

/// A resource as a row: what is absent is an empty cell.
pub(super) trait Row {
    /// The header: the keys of the JSON, those of an access schedule among them.
    const COLUMNS: &'static [&'static str];

    fn cells(&self) -> Vec<String>;
}

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
    ];

    fn cells(&self) -> Vec<String> {
        let (starts_at, ends_at) = times(self.access_schedule);
        vec![
            self.acs_access_group_id.to_string(),
            self.acs_system_id.to_string(),
            self.name.clone(),
            self.display_name.clone(),
            self.external_type.to_string(),
            starts_at,
            ends_at,
            self.created_at.to_string(),
        ]
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
    ];

    fn cells(&self) -> Vec<String> {
        let (starts_at, ends_at) = times(self.access_schedule);
        vec![
            self.acs_user_id.to_string(),
            self.acs_system_id.to_string(),
            self.display_name.clone(),
            text(self.full_name.as_ref()),
            text(self.email_address.as_ref()),
            text(self.phone_number.as_ref()),
            text(self.is_suspended.as_ref()),
            text(self.user_identity_id.as_ref()),
            starts_at,
            ends_at,
            self.created_at.to_string(),
        ]
    }
}

impl Row for Entrance {
    const COLUMNS: &'static [&'static str] = &[
        "acs_entrance_id",
        "acs_system_id",
        "display_name",
        "created_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.acs_entrance_id.to_string(),
            self.acs_system_id.to_string(),
            self.display_name.clone(),
            self.created_at.to_string(),
        ]
    }
}

impl Row for AcsSystem {
    const COLUMNS: &'static [&'static str] = &[
        "acs_system_id",
        "name",
        "external_type",
        "time_zone",
        "created_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.acs_system_id.to_string(),
            self.name.clone(),
            text(self.external_type.as_ref()),
            text(self.location.time_zone.as_ref()),
            self.created_at.to_string(),
        ]
    }
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn times(schedule: Option<AccessSchedule>) -> (String, String) {
    let ends_at: Option<Timestamp> = schedule.and_then(|schedule| schedule.ends_at);
    (
        text(schedule.map(|schedule| schedule.starts_at).as_ref()),
        text(ends_at.as_ref()),
    )
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AccessGroupId, AcsSystemId, AcsUserId, EntranceId};

    use super::*;

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);

    /// The cells by their column, without those that are empty.
    fn check<T: Row>(row: &T, expected: &[(&str, &str)]) {
        let cells = row.cells();
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
    fn the_readme_names_every_column() {
        let readme = include_str!("../../README.md");
        for columns in [
            AccessGroup::COLUMNS,
            AcsUser::COLUMNS,
            Entrance::COLUMNS,
            AcsSystem::COLUMNS,
        ] {
            let row = format!("| `{}` |", columns.join("`, `"));
            assert!(readme.contains(&row), "{row}");
        }
    }

    #[test]
    fn each_cell_stands_in_its_column() {
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
                .with_user_identity(access_groups_core::UserIdentityId::from_u128(1)),
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
