//! The users and identities that are created and changed.

use proptest::collection::vec;

use super::{
    instants::{closed_schedules, schedules},
    pools::{EMAILS, KEYS, NAMES, PHONES, TITLES},
    *,
};

impl Known {
    pub(super) fn new_users(&self) -> impl Strategy<Value = NewAcsUser> + use<> {
        let anywhere = (self.systems.clone(), vec(self.groups.clone(), 0..3));
        (
            // Groups of another system are refused, so most are of this one.
            prop_oneof![2 => self.at_home.clone(), 1 => anywhere],
            self.names(),
            option::weighted(0.5, self.emails()),
            option::weighted(0.5, self.phones()),
            option::weighted(0.3, self.identities.clone()),
            option::weighted(0.3, schedules(self)),
        )
            .prop_map(|(home, name, email, phone, identity, schedule)| {
                let (system, groups) = home;
                let mut user = NewAcsUser::new(system, name);
                user.email_address = email;
                user.phone_number = phone;
                user.identity = identity;
                user.groups = groups;
                user.access_schedule = schedule;
                user
            })
    }

    pub(super) fn user_updates(&self) -> impl Strategy<Value = AcsUserUpdate> + use<> {
        (
            option::weighted(0.4, self.names()),
            option::weighted(0.3, self.emails()),
            option::weighted(0.3, self.phones()),
            option::weighted(0.2, self.several_systems.clone()),
            patches(closed_schedules(self)),
        )
            .prop_map(|(name, email, phone, systems, schedule)| AcsUserUpdate {
                full_name: name,
                email_address: email,
                phone_number: phone,
                hid_acs_system: systems.and_then(|systems| systems.first().copied()),
                access_schedule: schedule,
            })
    }

    pub(super) fn new_identities(&self) -> impl Strategy<Value = NewUserIdentity> + use<> {
        let several = self.several_systems.clone();
        let and_another = (several.clone(), self.systems.clone());
        let and_another = and_another.prop_map(|(mut several, another)| {
            several.retain(|system| *system != another);
            several.push(another);
            several
        });
        // The unknown one comes last: a careless adapter has begun by then.
        let and_none = several.clone().prop_map(|mut several| {
            several.push(NO_SYSTEM);
            several
        });
        (
            option::weighted(0.4, self.keys()),
            option::weighted(0.7, self.names()),
            option::weighted(0.7, self.emails()),
            option::weighted(0.3, self.phones()),
            prop_oneof![4 => several, 1 => and_another, 1 => and_none],
        )
            .prop_map(|(key, name, email, phone, systems)| NewUserIdentity {
                key,
                full_name: name,
                email_address: email,
                phone_number: phone,
                systems,
            })
    }

    pub(super) fn identity_updates(&self) -> impl Strategy<Value = UserIdentityUpdate> + use<> {
        (
            patches(self.keys()),
            patches(self.names()),
            patches(self.emails()),
            patches(self.phones()),
        )
            .prop_map(|(key, name, email, phone)| UserIdentityUpdate {
                key,
                full_name: name,
                email_address: email,
                phone_number: phone,
            })
    }
}

/// Mostly no change.
pub(super) fn patches<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![
        5 => Just(Patch::Keep),
        1 => Just(Patch::Clear),
        4 => values.prop_map(Patch::Set),
    ]
}

impl Known {
    pub(super) fn titles(&self) -> BoxedStrategy<ResourceName> {
        TITLES.drafts(self)
    }

    pub(super) fn keys(&self) -> BoxedStrategy<UserIdentityKey> {
        KEYS.drafts(self)
    }

    fn names(&self) -> BoxedStrategy<PersonName> {
        NAMES.drafts(self)
    }

    fn emails(&self) -> BoxedStrategy<EmailAddress> {
        EMAILS.drafts(self)
    }

    fn phones(&self) -> BoxedStrategy<ContactDetail> {
        PHONES.drafts(self)
    }
}
