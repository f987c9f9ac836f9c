//! The texts and instants of resources.

use super::*;

/// Every resource in the reply, with its fields.
pub(super) fn shown_in(content: &Content) -> Vec<(Subject, Fields)> {
    match content {
        Content::AcsUser(user) => vec![user.row()],
        Content::AcsUsers(users) => users.iter().map(Shown::row).collect(),
        Content::AcsUserPage(page) => page.items.iter().map(Shown::row).collect(),
        Content::UserIdentity(identity) => vec![identity.row()],
        Content::UserIdentityPage(page) => page.items.iter().map(Shown::row).collect(),
        Content::AccessGroup(group) => vec![group.row()],
        Content::AccessGroups(groups) => groups.iter().map(Shown::row).collect(),
        Content::Entrance(entrance) => vec![entrance.row()],
        Content::Entrances(entrances) => entrances.iter().map(Shown::row).collect(),
        Content::EntrancePage(page) => page.items.iter().map(Shown::row).collect(),
        Content::AcsSystem(system) => vec![system.row()],
        Content::AcsSystems(systems) => systems.iter().map(Shown::row).collect(),
        Content::Done(()) | Content::Workspace(_) => Vec::new(),
    }
}

/// A resource with its texts and instants.
pub(super) trait Shown {
    fn subject(&self) -> Subject;

    fn fields(&self) -> Fields;

    fn row(&self) -> (Subject, Fields) {
        (self.subject(), self.fields())
    }
}

impl Shown for AcsUser {
    fn subject(&self) -> Subject {
        self.acs_user_id.into()
    }

    fn fields(&self) -> Fields {
        // Absent and null are the same here.
        let of_identity = |text: &Option<Option<String>>| Value::Text(text.clone().flatten());
        let mut fields = vec![
            ("display_name", text(&self.display_name)),
            ("full_name", Value::Text(self.full_name.clone())),
            ("email_address", Value::Text(self.email_address.clone())),
            ("phone_number", Value::Text(self.phone_number.clone())),
            (
                "user_identity_full_name",
                of_identity(&self.user_identity_full_name),
            ),
            (
                "user_identity_email_address",
                of_identity(&self.user_identity_email_address),
            ),
            (
                "user_identity_phone_number",
                of_identity(&self.user_identity_phone_number),
            ),
            ("created_at", Value::Instant(Some(self.created_at))),
        ];
        fields.extend(instants(self.access_schedule));
        fields.extend(issues(&self.errors, &self.warnings));
        fields
    }
}

impl Shown for UserIdentity {
    fn subject(&self) -> Subject {
        self.user_identity_id.into()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![
            (
                "user_identity_key",
                Value::Text(self.user_identity_key.clone()),
            ),
            ("full_name", Value::Text(self.full_name.clone())),
            ("email_address", Value::Text(self.email_address.clone())),
            ("phone_number", Value::Text(self.phone_number.clone())),
            ("created_at", Value::Instant(Some(self.created_at))),
        ];
        fields.extend(issues(&self.errors, &self.warnings));
        fields
    }
}

impl Shown for AccessGroup {
    fn subject(&self) -> Subject {
        self.acs_access_group_id.into()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name))];
        fields.extend(instants(self.access_schedule));
        fields.extend(issues(&self.errors, &self.warnings));
        fields
    }
}

impl Shown for Entrance {
    fn subject(&self) -> Subject {
        self.acs_entrance_id.into()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![
            ("display_name", text(&self.display_name)),
            ("created_at", Value::Instant(Some(self.created_at))),
        ];
        fields.extend(issues(&self.errors, &self.warnings));
        fields
    }
}

impl Shown for AcsSystem {
    fn subject(&self) -> Subject {
        self.acs_system_id.into()
    }

    fn fields(&self) -> Fields {
        let zone = self.location.time_zone.clone();
        let mut fields = vec![("name", text(&self.name)), ("time_zone", Value::Text(zone))];
        fields.extend(issues(&self.errors, &self.warnings));
        fields
    }
}

pub(in crate::laws) fn text(text: &(impl ToString + ?Sized)) -> Value {
    Value::Text(Some(text.to_string()))
}

/// The two instants of a schedule.
pub(in crate::laws) fn instants(schedule: Option<AccessSchedule>) -> Fields {
    let starts_at = schedule.map(|schedule| schedule.starts_at);
    let ends_at = schedule.and_then(|schedule| schedule.ends_at);
    vec![
        ("starts_at", Value::Instant(starts_at)),
        ("ends_at", Value::Instant(ends_at)),
    ]
}

/// The messages of errors and warnings, and when the first of each was noticed.
fn issues<E, W>(errors: &[ResourceError<E>], warnings: &[ResourceWarning<W>]) -> Fields {
    let of_errors = errors.iter().map(|error| &*error.message);
    let of_warnings = warnings.iter().map(|warning| &*warning.message);
    let first_error = errors.iter().map(|error| error.created_at).min();
    let first_warning = warnings.iter().map(|warning| warning.created_at).min();
    vec![
        ("messages of errors", sorted(of_errors)),
        ("messages of warnings", sorted(of_warnings)),
        ("time of the first error", Value::Instant(first_error)),
        ("time of the first warning", Value::Instant(first_warning)),
    ]
}

fn sorted<'t>(texts: impl Iterator<Item = &'t str>) -> Value {
    let mut texts: Vec<_> = texts.collect();
    texts.sort_unstable();
    text(&texts.join(" / "))
}
