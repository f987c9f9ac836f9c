//! Random sites.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, sample::Index};

use super::{
    instants,
    pools::{Draw, EMAILS, KEYS, NAMES, PHONES, Pool, TITLES},
    *,
};
use crate::Site;

pub(super) fn sites() -> impl Strategy<Value = Site> {
    let titled = (0..2_usize, TITLES.draws(), instants::site_schedules());
    (
        texts(),
        vec(people(), 1..8),
        vec(contacts(), 0..5),
        [instants::ages(8), instants::ages(5)],
        [TITLES.draws(), TITLES.draws()],
        vec(titled, 1..7),
        vec((0..2_usize, TITLES.draws(), 0..3_usize), 0..6),
        vec(any::<[Index; 2]>(), 0..10),
        vec(any::<[Index; 2]>(), 0..8),
    )
        .prop_map(
            |(texts, people, contacts, ages, names, groups, doors, members, holds)| {
                let (mut site, systems) = Site::with_two_systems();
                let title = |draw| valid::<ResourceName>(&TITLES, texts.titles, draw);
                for (system, name) in site.systems.iter_mut().zip(names) {
                    system.name = title(name);
                }
                site.systems[1].connected_account_id = ACCOUNT.to_string();
                let [of_users, of_identities] = ages;
                let linked = add_people(&mut site, systems, &texts, people, of_users);
                add_contacts(&mut site, &texts, contacts, of_identities, &linked);
                for (number, (system, name, schedule)) in groups.into_iter().enumerate() {
                    site.group(systems[system], &title(name));
                    site.groups[number].access_schedule = schedule;
                }
                for (number, (system, name, space)) in doors.into_iter().enumerate() {
                    site.entrance(systems[system], &title(name));
                    let door = &mut site.entrances[number];
                    door.space_ids = SPACES[..space].iter().map(ToString::to_string).collect();
                    door.connected_account_id = site.systems[system].connected_account_id.clone();
                }
                connect(&mut site, &members, &holds);
                site.furnish();
                site
            },
        )
}

/// Of what the texts of a site are made, so that they are near each other.
#[derive(Debug, Clone)]
struct Texts {
    names: [usize; 2],
    titles: [usize; 2],
    emails: [usize; 2],
    phones: [usize; 2],
    keys: [usize; 2],
}

fn texts() -> impl Strategy<Value = Texts> {
    let people = (NAMES.of_site(), EMAILS.of_site(), PHONES.of_site());
    (people, TITLES.of_site(), KEYS.of_site()).prop_map(|(people, titles, keys)| {
        let (names, emails, phones) = people;
        Texts {
            names,
            titles,
            emails,
            phones,
            keys,
        }
    })
}

/// The text that is drawn, if a call could name it; else a plain one.
fn valid<T: std::str::FromStr + Into<String>>(
    pool: &Pool,
    texts: [usize; 2],
    draw: Draw,
) -> String {
    let text = pool.drawn(texts, draw).parse::<T>();
    text.map_or_else(|_| pool.text(0).to_owned(), T::into)
}

/// A user: system, name, e-mail, phone, suspended, schedule, identity.
type Person = (
    usize,
    Draw,
    Option<Draw>,
    Option<Draw>,
    bool,
    Option<AccessSchedule>,
    Option<usize>,
);

fn people() -> impl Strategy<Value = Person> {
    (
        0..2_usize,
        NAMES.draws(),
        option::weighted(0.7, EMAILS.draws()),
        option::weighted(0.7, PHONES.draws()),
        prop::bool::weighted(0.25),
        instants::site_schedules(),
        option::weighted(0.35, prop_oneof![Just(0), 0..3_usize]),
    )
}

/// Adds users, and gives each identity one at most in a system: by their numbers.
fn add_people(
    site: &mut Site,
    systems: [AcsSystemId; 2],
    texts: &Texts,
    people: Vec<Person>,
    ages: Vec<Timestamp>,
) -> BTreeMap<(usize, usize), AcsUserId> {
    let mut linked = BTreeMap::new();
    for ((system, name, email, phone, suspended, schedule, identity), age) in
        people.into_iter().zip(ages)
    {
        let name = valid::<PersonName>(&NAMES, texts.names, name);
        let edit = |base: AcsUser| {
            // The display name is shown, and not searched.
            let mut user = base.with_created_at(age).with_display_name("Shown So");
            user.email_address = email.map(|draw| EMAILS.drawn(texts.emails, draw));
            user.phone_number = phone.map(|draw| PHONES.drawn(texts.phones, draw));
            user.is_suspended = suspended.then_some(true);
            user.access_schedule = schedule;
            user
        };
        let user = site.user_with(systems[system], &name, edit);
        if let Some(identity) = identity {
            linked.entry((identity, system)).or_insert(user);
        }
    }
    linked
}

/// An identity: name, e-mail, phone, key.
type Contact = (Draw, Option<Draw>, Option<Draw>, Option<Draw>);

fn contacts() -> impl Strategy<Value = Contact> {
    (
        NAMES.draws(),
        option::weighted(0.9, EMAILS.draws()),
        option::weighted(0.8, PHONES.draws()),
        option::weighted(0.5, KEYS.draws()),
    )
}

fn add_contacts(
    site: &mut Site,
    texts: &Texts,
    contacts: Vec<Contact>,
    ages: Vec<Timestamp>,
    linked: &BTreeMap<(usize, usize), AcsUserId>,
) {
    // A key, address or number belongs to one identity, so a later one goes without; an empty one
    // belongs to nobody.
    let mut taken = BTreeSet::new();
    let mut own = |kind: u8, text: &Option<String>| {
        let text = text.clone()?;
        let is_own = text.is_empty() || taken.insert((kind, text.clone()));
        is_own.then_some(text)
    };
    for (number, ((name, email, phone, key), age)) in contacts.into_iter().zip(ages).enumerate() {
        let name = valid::<PersonName>(&NAMES, texts.names, name);
        let email = email.map(|draw| EMAILS.drawn(texts.emails, draw));
        let is_first = own(0, &email.as_ref().map(|email| email.to_ascii_lowercase())).is_some();
        let email = email.filter(|_| is_first);
        let phone = phone.map(|draw| PHONES.drawn(texts.phones, draw));
        let phone = own(1, &phone);
        let key = key.map(|draw| valid::<UserIdentityKey>(&KEYS, texts.keys, draw));
        let of_this = linked
            .iter()
            .filter(|((identity, _), _)| *identity == number);
        let users: Vec<_> = of_this.map(|(_, user)| *user).collect();
        site.identity(&name, email.as_deref(), phone.as_deref(), &users);
        let identity = &mut site.identities[number];
        identity.user_identity_key = own(2, &key);
        identity.created_at = age;
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

/// The account of the second system and of its entrances.
const ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(0xacc);

/// An entrance is in none of these, the first, or both.
const SPACES: [SpaceId; 2] = [SpaceId::from_u128(0x59ace), SpaceId::from_u128(0x59acf)];
