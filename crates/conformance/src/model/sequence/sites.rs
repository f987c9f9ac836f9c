//! Random sites.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::{collection::vec, sample::Index};

use super::*;
use crate::Site;

/// The other workspace, whose ids are unknown in this one.
pub(crate) fn neighbour() -> &'static Site {
    static NEIGHBOUR: LazyLock<Site> = LazyLock::new(Site::elsewhere);
    &NEIGHBOUR
}

/// A user: system, e-mail, phone, suspended, schedule, identity.
type Person = (
    usize,
    Option<usize>,
    Option<usize>,
    bool,
    Option<AccessSchedule>,
    Option<usize>,
);

/// An identity: e-mail, phone, key.
type Contact = (Option<usize>, Option<usize>, Option<usize>);

pub(super) fn sites() -> impl Strategy<Value = Site> {
    let person = (
        0..2_usize,
        option::weighted(0.7, emails()),
        option::weighted(0.7, 0..2_usize),
        prop::bool::weighted(0.25),
        schedules(),
        option::weighted(0.35, prop_oneof![Just(0), 0..3_usize]),
    );
    let contact = (
        option::weighted(0.9, emails()),
        option::weighted(0.8, 0..2_usize),
        option::weighted(0.5, 0..3_usize),
    );
    (
        vec(person, 1..8),
        // Ages differ, so that one of several matches is the oldest.
        Just((0..8).collect::<Vec<u32>>()).prop_shuffle(),
        vec(contact, 0..4),
        vec((0..2_usize, select(NAMES), schedules()), 1..7),
        vec(0..2_usize, 0..4),
        vec(any::<[Index; 2]>(), 0..10),
        vec(any::<[Index; 2]>(), 0..5),
    )
        .prop_map(|(people, ages, contacts, groups, doors, members, holds)| {
            let (mut site, systems) = Site::with_two_systems();
            populate(&mut site, systems, &people, &ages, &contacts);
            for (number, (system, name, schedule)) in groups.into_iter().enumerate() {
                site.group(systems[system], name);
                site.groups[number].access_schedule = schedule;
            }
            for system in doors {
                site.entrance(systems[system], "Door");
            }
            connect(&mut site, &members, &holds);
            site.furnish();
            site
        })
}

/// Often the same one, sometimes in capitals or empty.
fn emails() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..2_usize, 1 => Just(2), 2 => Just(3), 1 => Just(4)]
}

/// Mostly none; else one that has ended, or one without end.
fn schedules() -> impl Strategy<Value = Option<AccessSchedule>> {
    let without_end = AccessSchedule::new(Timestamp::from_unix_seconds(1_000_000_000));
    let ended = without_end.with_end(Timestamp::from_unix_seconds(1_000_086_400));
    option::weighted(0.3, select(vec![without_end, ended]))
}

/// Adds users and identities, each with at most one user in a system.
fn populate(
    site: &mut Site,
    systems: [AcsSystemId; 2],
    people: &[Person],
    ages: &[u32],
    contacts: &[Contact],
) {
    let mut linked = BTreeMap::new();
    for ((system, email, phone, suspended, schedule, identity), age) in people.iter().zip(ages) {
        let edit = |base: AcsUser| {
            let mut user = base.with_created_at(Timestamp::from_unix_seconds(*age));
            user.email_address = email.map(|index| EMAILS[index].to_owned());
            user.phone_number = phone.map(|index| PHONES[index].to_owned());
            user.is_suspended = suspended.then_some(true);
            user.access_schedule = *schedule;
            user
        };
        let user = site.user_with(systems[*system], "Somebody", edit);
        if let Some(identity) = identity.filter(|index| *index < contacts.len()) {
            linked.entry((identity, *system)).or_insert(user);
        }
    }
    let mut taken = BTreeSet::new();
    // A key, address or number belongs to one identity, so a later one goes without.
    let mut own =
        |text: Option<&'static str>| text.filter(|text| taken.insert(text.to_ascii_lowercase()));
    for (number, (email, phone, key)) in contacts.iter().enumerate() {
        let of_this = linked
            .iter()
            .filter(|((identity, _), _)| *identity == number);
        let users: Vec<_> = of_this.map(|(_, user)| *user).collect();
        let email = own(email.map(|index| EMAILS[index]));
        let phone = own(phone.map(|index| PHONES[index]));
        let key = own(key.map(|index| KEYS[index]));
        site.identity("Identity", email, phone, &users);
        site.identities[number].user_identity_key = key.map(str::to_owned);
    }
}

/// Adds members and entrances to groups, within systems and each pair once.
fn connect(site: &mut Site, members: &[[Index; 2]], holds: &[[Index; 2]]) {
    for [user, group] in members {
        let (user, group) = (user.get(&site.users), group.get(&site.groups));
        let pair = (user.acs_user_id, group.acs_access_group_id);
        if user.acs_system_id == group.acs_system_id && !site.memberships.contains(&pair) {
            site.memberships.push(pair);
        }
    }
    if site.entrances.is_empty() {
        return;
    }
    for [entrance, group] in holds {
        let (entrance, group) = (entrance.get(&site.entrances), group.get(&site.groups));
        let pair = (group.acs_access_group_id, entrance.acs_entrance_id);
        if entrance.acs_system_id == group.acs_system_id && !site.group_entrances.contains(&pair) {
            site.group_entrances.push(pair);
        }
    }
}

pub(super) const EMAILS: &[&str] = &[
    "ada@example.com",
    "grace@example.com",
    "Ada@Example.COM",
    "",
    // Looks like the first, and is nobody's.
    "ａda@example.com",
];
pub(super) const PHONES: &[&str] = &["+15550100", "+15550101"];
pub(super) const KEYS: &[&str] = &["key-1", "key-2", "key-3"];
const NAMES: &[&str] = &["Gym", "Pool", "West gym", "We\u{301}ndy’s\u{a0}gym"];
