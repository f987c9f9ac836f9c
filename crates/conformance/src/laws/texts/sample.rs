//! A text in every type, and every call that takes it.

use super::*;

/// One text in each type that takes it.
pub(super) struct Sample {
    pub(super) person: PersonName,
    pub(super) title: ResourceName,
    pub(super) key: UserIdentityKey,
    pub(super) email: EmailAddress,
    pub(super) phone: ContactDetail,
    pub(super) zone: TimeZoneName,
}

impl Sample {
    pub(super) fn of(text: &str, address: &str) -> Self {
        Self {
            person: text.parse().unwrap_or_else(|_| name("Nameless")),
            title: text.parse().unwrap_or_else(|_| title("Nameless")),
            key: text.parse().unwrap_or_else(|_| key("nobody's")),
            email: email(address),
            phone: contact(text),
            zone: ZONES[text.len() % ZONES.len()].parse().expect("not empty"),
        }
    }

    pub(super) fn as_user<'u>(&self, user: &'u mut AcsUser) -> &'u mut AcsUser {
        user.display_name = self.person.to_string();
        user.full_name = Some(self.person.to_string());
        user.email_address = Some(self.email.to_string());
        user.phone_number = Some(self.phone.to_string());
        user
    }

    /// The fields of a user with these texts.
    pub(super) fn of_a_user(&self) -> Fields {
        vec![
            ("full_name", text(&self.person)),
            ("email_address", text(&self.email)),
            ("phone_number", text(&self.phone)),
        ]
    }

    /// The fields of an identity with these texts.
    pub(super) fn as_identity(&self) -> Fields {
        vec![
            ("user_identity_key", text(&self.key)),
            ("full_name", text(&self.person)),
            ("email_address", text(&self.email)),
            ("phone_number", text(&self.phone)),
        ]
    }

    /// What a user shows of that identity.
    pub(super) fn of_the_identity(&self) -> Fields {
        vec![
            ("user_identity_full_name", text(&self.person)),
            ("user_identity_email_address", text(&self.email)),
            ("user_identity_phone_number", text(&self.phone)),
        ]
    }

    /// Every call that makes something with texts, and the fields that it gives.
    pub(super) fn creations(&self, bundle: Bundle) -> [(Operation, Fields); 5] {
        let user = NewAcsUser::new(bundle.system, self.person.clone())
            .with_email_address(self.email.clone())
            .with_phone_number(self.phone.clone())
            .in_group(bundle.group);
        let identity = NewUserIdentity {
            key: Some(self.key.clone()),
            full_name: Some(self.person.clone()),
            email_address: Some(self.email.clone()),
            phone_number: Some(self.phone.clone()),
            systems: vec![bundle.system],
        };
        let group = NewAccessGroup::new(bundle.system, self.title.clone());
        let entrance = NewEntrance::new(bundle.system, self.title.clone());
        let system = NewAcsSystem::new(self.title.clone()).with_time_zone(self.zone.clone());
        [
            (CreateAcsUser::new(user).into(), self.of_a_user()),
            (CreateUserIdentity::new(identity).into(), self.as_identity()),
            (
                CreateAccessGroup::new(group).into(),
                vec![("name", text(&self.title))],
            ),
            (
                CreateEntrance::new(entrance).into(),
                vec![("display_name", text(&self.title))],
            ),
            (CreateAcsSystem::new(system).into(), self.of_a_system()),
        ]
    }

    /// Every call that changes texts, what it changes, and the fields that it gives.
    pub(super) fn updates(&self, bundle: Bundle) -> [(Operation, Subject, Fields); 5] {
        let user = AcsUserUpdate {
            full_name: Some(self.person.clone()),
            email_address: Some(self.email.clone()),
            phone_number: Some(self.phone.clone()),
            ..AcsUserUpdate::default()
        };
        let identity = UserIdentityUpdate {
            key: Patch::Set(self.key.clone()),
            full_name: Patch::Set(self.person.clone()),
            email_address: Patch::Set(self.email.clone()),
            phone_number: Patch::Set(self.phone.clone()),
        };
        let group = AccessGroupUpdate {
            name: Some(self.title.clone()),
            ..AccessGroupUpdate::default()
        };
        let entrance = EntranceUpdate {
            name: Some(self.title.clone()),
        };
        let system = AcsSystemUpdate {
            name: Some(self.title.clone()),
            time_zone: Patch::Set(self.zone.clone()),
        };
        [
            (
                UpdateAcsUser::new(bundle.user, user).into(),
                bundle.user.into(),
                self.of_a_user(),
            ),
            (
                UpdateUserIdentity::new(bundle.identity, identity).into(),
                bundle.identity.into(),
                self.as_identity(),
            ),
            (
                UpdateAccessGroup::new(bundle.group, group).into(),
                bundle.group.into(),
                vec![("name", text(&self.title))],
            ),
            (
                UpdateEntrance::new(bundle.entrance, entrance).into(),
                bundle.entrance.into(),
                vec![("display_name", text(&self.title))],
            ),
            (
                UpdateAcsSystem::new(bundle.system, system).into(),
                bundle.system.into(),
                self.of_a_system(),
            ),
        ]
    }

    pub(super) fn of_a_system(&self) -> Fields {
        vec![("name", text(&self.title)), ("time_zone", text(&self.zone))]
    }
}

/// Real ones, as an adapter may look them up.
const ZONES: [&str; 4] = [
    "America/Argentina/ComodRivadavia",
    "America/Port-au-Prince",
    "Etc/GMT+12",
    "UTC",
];
