//! What lists are asked for.

use access_groups_core::{
    AccessGroupFilter, AcsUserFilter, EntranceFilter, SearchText, Timestamp, UserIdentityFilter,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Known,
    sites::{EMAILS, PHONES},
};
use crate::time::far_off;

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
                filter.identity_email_address = email.map(|it| it.map(str::to_owned));
                filter.identity_phone_number = phone.map(|it| it.map(str::to_owned));
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

/// Texts that are in no id by chance.
pub(super) fn searches() -> impl Strategy<Value = Option<SearchText>> {
    let text = select(SEARCHES).prop_map(|text| text.parse::<SearchText>().ok());
    option::weighted(0.4, text).prop_map(Option::flatten)
}

/// Before some of the site, or after everything.
fn ages() -> impl Strategy<Value = Option<Timestamp>> {
    let early = (0_u32..8).prop_map(Timestamp::from_unix_seconds);
    option::weighted(0.2, prop_oneof![3 => early, 1 => Just(far_off(0))])
}

const GROUP_SEARCHES: &[&str] = &["gym", "GYM", "o", "-000000000002", "0001", "sauna"];
const SEARCHES: &[&str] = &[
    "SOMEBODY",
    "identit",
    "entity",
    "mary",
    "@Example",
    "+15550100",
    "west",
    "oo",
    "-4000-8000-000000000001",
    "nobody at all",
];
