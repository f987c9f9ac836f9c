//! A site with very many people, who have names to search for.

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, Timestamp,
    UserIdentity, UserIdentityId,
};
use access_groups_in_memory::{Slice, State};
use fastrand::Rng;

/// A site file, and some of the people in it.
pub(crate) struct Site {
    pub(crate) text: String,
    /// Evenly spread over the site.
    pub(crate) some: Vec<Person>,
}

pub(crate) struct Person {
    pub(crate) user: AcsUserId,
    pub(crate) name: String,
    /// A group that the person is in.
    pub(crate) inside: AccessGroupId,
    /// A group that the person is not in.
    pub(crate) outside: AccessGroupId,
}

impl Site {
    /// Each person is in five of 200 groups, and every other one has an identity.
    pub(crate) fn of_people(count: usize) -> Self {
        let mut random = Rng::with_seed(1);
        let group = |number| AccessGroup::new(group_id(number), SYSTEM, format!("Group {number}"));
        let mut slice = Slice {
            systems: vec![AcsSystem::new(SYSTEM, "Main")],
            groups: (0..GROUPS).map(group).collect(),
            ..Slice::default()
        };
        let apart = (count / SOME).max(1);
        let mut some = Vec::new();
        for number in 0..count {
            let person = insert_person(&mut slice, number, &mut random);
            if number.is_multiple_of(apart) {
                some.push(person);
            }
        }
        let text = State::from_slice(slice, 0).to_site_json();
        Self { text, some }
    }
}

fn insert_person(slice: &mut Slice, number: usize, random: &mut Rng) -> Person {
    let name = format!("{} {}", word(random), word(random));
    let address = format!("{number}.{}@example.com", name.replace(' ', "."));
    let created_at = Timestamp::from_unix_seconds(random.u32(1_600_000_000..1_760_000_000));
    let user = AcsUserId::from_u128(random.u128(..));
    let mut row = AcsUser::new(user, SYSTEM, &*name)
        .with_created_at(created_at)
        .with_email_address(address)
        .with_phone_number(format!("+1 555 {:07}", random.u32(..10_000_000)));
    if number.is_multiple_of(2) {
        let id = UserIdentityId::from_u128(random.u128(..));
        let mut identity = UserIdentity::new(id, &*name).with_created_at(created_at);
        identity.full_name = Some(name.clone());
        identity.email_address = row.email_address.clone();
        slice.identities.push(identity);
        row = row.with_user_identity(id);
    }
    slice.users.push(row);
    let first = random.u128(..GROUPS);
    let groups = (0..5).map(|step| group_id(first + step * 7));
    slice.memberships.extend(groups.map(|group| (user, group)));
    Person {
        user,
        name,
        inside: group_id(first),
        outside: group_id(first + 1),
    }
}

/// Counts from 0 on after the last one.
fn group_id(number: u128) -> AccessGroupId {
    AccessGroupId::from_u128(1000 + number % GROUPS)
}

/// As in names: two to four syllables.
fn word(random: &mut Rng) -> String {
    (0..random.usize(2..5))
        .map(|_| SYLLABLES[random.usize(..SYLLABLES.len())])
        .collect()
}

const SYLLABLES: &[&str] = &[
    "an", "na", "el", "ma", "ri", "jo", "ka", "ro", "le", "na", "ber", "ton", "son", "gar", "lo",
    "vi", "mo", "han", "sen", "ste", "fan", "der", "win", "tho", "mas", "ing", "rid", "zo", "qui",
    "xan",
];

const SYSTEM: AcsSystemId = AcsSystemId::from_u128(2);
const GROUPS: u128 = 200;
const SOME: usize = 100;
