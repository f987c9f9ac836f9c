//! The filters of lists, and the users and identities that are created and changed.

use proptest::collection::vec;

use super::*;
use crate::site::{far_off, long_ago};

impl Known {
    pub(super) fn group_filters(&self) -> impl Strategy<Value = AccessGroupFilter> + use<> {
        let search = select(GROUP_SEARCHES).prop_map(|text| text.parse::<SearchText>().ok());
        (
            option::weighted(0.3, self.systems.clone()),
            option::weighted(0.4, self.users.clone()),
            option::weighted(0.3, self.identities.clone()),
            option::weighted(0.4, search),
        )
            .prop_map(|(system, user, identity, search)| {
                let mut filter = AccessGroupFilter::new();
                filter.system = system;
                filter.user = user;
                filter.identity = identity;
                filter.search = search.flatten();
                filter
            })
    }

    pub(super) fn user_filters(&self) -> impl Strategy<Value = AcsUserFilter> + use<> {
        let nullable = |texts: &'static [&'static str]| {
            option::weighted(0.1, option::weighted(0.8, select(texts)))
        };
        (
            option::weighted(0.2, self.systems.clone()),
            option::weighted(0.15, self.identities.clone()),
            nullable(EMAILS),
            nullable(PHONES),
            searches(),
            ages(),
        )
            .prop_map(|(system, identity, email, phone, search, before)| {
                let mut filter = AcsUserFilter::new();
                filter.system = system;
                filter.identity = identity;
                filter.identity_email_address = email.map(|email| email.map(contact));
                filter.identity_phone_number = phone.map(|phone| phone.map(contact));
                filter.search = search;
                filter.created_before = before;
                filter
            })
    }

    pub(super) fn entrance_filters(&self) -> impl Strategy<Value = EntranceFilter> + use<> {
        (
            option::weighted(0.3, self.systems.clone()),
            option::weighted(0.4, vec(self.entrances.clone(), 0..3)),
            searches(),
        )
            .prop_map(|(system, among, search)| {
                let mut filter = EntranceFilter::new();
                filter.system = system;
                filter.entrances = among;
                filter.search = search;
                filter
            })
    }

    pub(super) fn identity_filters(&self) -> impl Strategy<Value = UserIdentityFilter> + use<> {
        (
            option::weighted(0.4, vec(self.identities.clone(), 0..3)),
            searches(),
            ages(),
        )
            .prop_map(|(among, search, before)| {
                let mut filter = UserIdentityFilter::new();
                filter.identities = among;
                filter.search = search;
                filter.created_before = before;
                filter
            })
    }
}

// No text occurs in an id by chance, so a match means a field.
pub(super) fn searches() -> impl Strategy<Value = Option<SearchText>> {
    let text = select(SEARCHES).prop_map(|text| text.parse::<SearchText>().ok());
    option::weighted(0.4, text).prop_map(Option::flatten)
}

/// An instant before some of the site, or after all of it.
fn ages() -> impl Strategy<Value = Option<Timestamp>> {
    let early = (0_u32..8).prop_map(Timestamp::from_unix_seconds);
    option::weighted(0.2, prop_oneof![3 => early, 1 => Just(far_off(0))])
}

const GROUP_SEARCHES: &[&str] = &[
    "gym",
    "GYM",
    "o",
    "-000000000002",
    "00000001",
    "sauna",
    "wÉndy's  g",
];
const SEARCHES: &[&str] = &[
    "SOMEBODY",
    "identit",
    "entity",
    "ＭＡＲＹ",
    "some\u{ad}body\u{a0}new",
    "zoë o'gros",
    "@Example",
    "+15550100",
    "west",
    "oo",
    "-4000-8000-000000000001",
    "nobody at all",
];

impl Known {
    pub(super) fn new_users(&self) -> impl Strategy<Value = NewAcsUser> + use<> {
        let anywhere = (self.systems.clone(), vec(self.groups.clone(), 0..3));
        (
            // Groups of another system are refused, so most are of this one.
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

/// Mostly no change.
pub(super) fn patches<T: Clone + std::fmt::Debug + 'static>(
    values: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![
        5 => Just(Patch::Keep),
        1 => Just(Patch::Clear),
        2 => values.prop_map(Patch::Set),
    ]
}

fn names() -> impl Strategy<Value = PersonName> {
    select(&["Mary", "Somebody New", "Zoe\u{308} O’Groß"][..])
        .prop_map(|text| text.parse().expect("a name has letters"))
}

/// Any of the addresses but the empty one, which is not one.
fn emails() -> impl Strategy<Value = EmailAddress> {
    select(&EMAILS[..3]).prop_map(|text| text.parse().expect("the first ones are addresses"))
}

fn phones() -> impl Strategy<Value = ContactDetail> {
    select(PHONES).prop_map(contact)
}

fn contact(text: &str) -> ContactDetail {
    text.parse().expect("the texts of the kit are short")
}

/// Valid schedules, and some that end before they start or in the past.
pub(super) fn schedules() -> impl Strategy<Value = NewSchedule> {
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

pub(super) fn closed(schedule: NewSchedule) -> Option<ClosedSchedule> {
    Some(ClosedSchedule {
        starts_at: schedule.starts_at?,
        ends_at: schedule.ends_at?,
    })
}
