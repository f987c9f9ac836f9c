//! Users and identities to be made and changed.

use access_groups_core::{
    AcsUserUpdate, ClosedSchedule, EmailAddress, NewAcsUser, NewSchedule, NewUserIdentity, Patch,
    PersonName, UserIdentityUpdate,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Known, keys,
    sites::{EMAILS, PHONES},
};
use crate::{
    laws::NO_SYSTEM,
    time::{far_off, long_ago},
};

impl Known {
    pub(super) fn new_users(&self) -> impl Strategy<Value = NewAcsUser> + use<> {
        let anywhere = (self.systems.clone(), vec(self.groups.clone(), 0..3));
        (
            prop_oneof![2 => self.at_home.clone(), 1 => anywhere],
            names(),
            option::weighted(0.5, emails()),
            option::weighted(0.5, phones()),
            option::weighted(0.3, self.identities.clone()),
            option::weighted(0.3, schedules()),
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
        let schedules = schedules().prop_filter_map("open", closed);
        (
            option::weighted(0.4, names()),
            option::weighted(0.3, emails()),
            option::weighted(0.3, phones()),
            option::weighted(0.2, self.several_systems.clone()),
            patches(schedules),
        )
            .prop_map(|(name, email, phone, systems, schedule)| AcsUserUpdate {
                full_name: name,
                email_address: email,
                phone_number: phone,
                hid_acs_system: systems.and_then(|it| it.first().copied()),
                access_schedule: schedule,
            })
    }

    pub(super) fn new_identities(&self) -> impl Strategy<Value = NewUserIdentity> + use<> {
        let several = self.several_systems.clone();
        let and_another = (several.clone(), self.systems.clone());
        let and_another = and_another.prop_map(|(mut several, another)| {
            several.retain(|it| *it != another);
            several.push(another);
            several
        });
        let and_none = several.clone().prop_map(|mut several| {
            several.push(NO_SYSTEM);
            several
        });
        (
            option::weighted(0.4, keys()),
            option::weighted(0.7, names()),
            option::weighted(0.7, emails()),
            option::weighted(0.3, phones()),
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
            patches(keys()),
            patches(names()),
            patches(emails()),
            patches(phones()),
        )
            .prop_map(|(key, name, email, phone)| UserIdentityUpdate {
                key,
                full_name: name,
                email_address: email,
                phone_number: phone,
            })
    }
}

/// Mostly none.
fn patches<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![
        5 => Just(Patch::Keep),
        1 => Just(Patch::Clear),
        2 => values.prop_map(Patch::Set),
    ]
}

fn names() -> impl Strategy<Value = PersonName> {
    select(&["Mary", "Somebody New"][..]).prop_map(|it| it.parse().expect("a name has letters"))
}

/// Any but the empty one.
fn emails() -> impl Strategy<Value = EmailAddress> {
    select(&EMAILS[..3]).prop_map(|it| it.parse().expect("the first ones are addresses"))
}

fn phones() -> impl Strategy<Value = String> {
    select(PHONES).prop_map(str::to_owned)
}

/// Some that can be, and some that end before they start, or before anybody asks.
fn schedules() -> impl Strategy<Value = NewSchedule> {
    let schedule = |starts_at, ends_at| NewSchedule {
        starts_at: Some(starts_at),
        ends_at,
    };
    select(vec![
        schedule(long_ago(0), None),
        schedule(long_ago(0), Some(far_off(1))),
        schedule(far_off(1), Some(far_off(2))),
        schedule(far_off(2), Some(far_off(1))),
        schedule(far_off(1), Some(far_off(1))),
        schedule(long_ago(0), Some(long_ago(1))),
    ])
}

fn closed(schedule: NewSchedule) -> Option<ClosedSchedule> {
    Some(ClosedSchedule {
        starts_at: schedule.starts_at?,
        ends_at: schedule.ends_at?,
    })
}
