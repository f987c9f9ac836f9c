//! A generated site and roster, and what the roster means.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_in_memory::State;
use fastrand::Rng;
use serde_json::{Value, json};

use super::sheet::Row;
use crate::harness::Site;

/// Pairs of a group and a person, by their ids.
pub(super) type Memberships = BTreeSet<(String, String)>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) adds: bool,
    pub(super) group: String,
    pub(super) person: String,
}

impl Change {
    /// Whether it is of a user, not of an identity alone.
    pub(super) fn is_of_user(&self) -> bool {
        self.person.starts_with("a0")
    }
}

/// How much a roster takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temper {
    /// No more than the guards allow.
    Calm,
    /// As it comes.
    Wild,
}

pub(super) struct Office {
    pub(super) site: Site,
    pub(super) groups: Vec<Group>,
    pub(super) people: Vec<Person>,
    pub(super) rows: Vec<Row>,
    pub(super) before: Memberships,
    /// What the groups are to be like.
    pub(super) after: Memberships,
    users: BTreeSet<String>,
    workspace: String,
}

pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    system: String,
    pub(super) is_authoritative: bool,
    /// Whether the roster has rows of it.
    pub(super) is_named: bool,
}

pub(super) struct Person {
    /// Of the user; of the identity, if that is all there is.
    pub(super) id: String,
    pub(super) address: Option<String>,
    /// `None`: an identity without a user in any system.
    system: Option<String>,
}

impl Office {
    /// So many people in each of one or two systems.
    pub(super) fn new(rng: &mut Rng, people: usize, temper: Temper) -> Self {
        let mut office = Self::empty(rng);
        for system in 0..rng.usize(1..=2) {
            let system = uuid(rng, &format!("5{system}"));
            office.furnish(rng, &system, people);
        }
        for number in 0..rng.usize(0..3) {
            let id = uuid(rng, "1d");
            let address = Some(format!("caller{number}@example.org"));
            office.people.push(Person {
                id,
                address,
                system: None,
            });
        }
        for place in 0..office.groups.len() {
            office.populate(rng, place);
            office.desire(rng, place, temper);
        }
        rng.shuffle(&mut office.rows);
        office.save();
        office
    }

    /// One group of so many members, of whom so many are removed.
    pub(super) fn crowd(rng: &mut Rng, members: usize, removals: usize) -> Self {
        let mut office = Self::empty(rng);
        let system = uuid(rng, "50");
        office.furnish(rng, &system, members);
        office.groups.truncate(1);
        let group = &mut office.groups[0];
        (group.is_named, group.is_authoritative) = (true, true);
        for (place, person) in office.people.iter().enumerate() {
            let pair = (group.id.clone(), person.id.clone());
            office.before.insert(pair.clone());
            if place >= removals {
                office.after.insert(pair);
            }
        }
        let (gone, left) = office.people.split_at(removals);
        let (gone, left): (Vec<_>, Vec<_>) = (gone.iter().collect(), left.iter().collect());
        office.rows = Row::of_group(rng, group, &left, &gone);
        office.save();
        office
    }

    fn empty(rng: &mut Rng) -> Self {
        Self {
            site: Site::new(),
            groups: Vec::new(),
            people: Vec::new(),
            rows: Vec::new(),
            before: Memberships::new(),
            after: Memberships::new(),
            users: BTreeSet::new(),
            workspace: uuid(rng, "77"),
        }
    }

    fn furnish(&mut self, rng: &mut Rng, system: &str, people: usize) {
        for _ in 0..people {
            let id = uuid(rng, "a0");
            let number = self.people.len();
            let address = rng.f32() < 0.8;
            self.people.push(Person {
                address: address.then(|| format!("p{number}.o'hara@example.com")),
                system: Some(system.to_owned()),
                id: id.clone(),
            });
            self.users.insert(id);
        }
        for _ in 0..rng.usize(2..=4) {
            let name = *rng.choice(NAMES).expect("names");
            let number = self.groups.len();
            self.groups.push(Group {
                id: uuid(rng, "60"),
                name: format!("{name} ({number})"),
                system: system.to_owned(),
                is_authoritative: rng.bool(),
                // One at least, so that there is a roster.
                is_named: number == 0 || rng.f32() < 0.85,
            });
        }
    }

    fn populate(&mut self, rng: &mut Rng, place: usize) {
        let share = rng.f32();
        for person in &self.people {
            let group = &self.groups[place];
            if person.system.as_ref() == Some(&group.system) && rng.f32() < share {
                self.before.insert((group.id.clone(), person.id.clone()));
            }
        }
    }

    /// Makes the rows of a group.
    fn desire(&mut self, rng: &mut Rng, place: usize, temper: Temper) {
        let group = &self.groups[place];
        let is_of = |pair: &&(String, String)| pair.0 == group.id;
        let members: Vec<_> = self.before.iter().filter(is_of).cloned().collect();
        if !group.is_named {
            self.after.extend(members);
            return;
        }
        let share = if temper == Temper::Calm { 0.2 } else { 0.5 };
        let (mut removals, allowed) = (
            0,
            allowed(members.len()).min(members.len().saturating_sub(1)),
        );
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for person in &self.people {
            if person
                .system
                .as_ref()
                .is_some_and(|system| *system != group.system)
            {
                continue;
            }
            let pair = (group.id.clone(), person.id.clone());
            let is_member = self.before.contains(&pair);
            let mut is_wanted = if is_member {
                rng.f32() > share
            } else {
                rng.f32() < share
            };
            if is_member && !is_wanted && group.is_authoritative && temper == Temper::Calm {
                removals += 1;
                is_wanted = removals > allowed;
            }
            match is_wanted {
                true => wanted.push(person),
                false => unwanted.push(person),
            }
            if is_wanted || (is_member && !group.is_authoritative) {
                self.after.insert(pair);
            }
        }
        self.rows
            .extend(Row::of_group(rng, group, &wanted, &unwanted));
    }

    fn save(&self) {
        let systems: BTreeSet<_> = self.groups.iter().map(|group| &group.system).collect();
        let (users, identities): (Vec<_>, Vec<_>) = self
            .people
            .iter()
            .partition(|person| person.system.is_some());
        let named = |person: &&Person, id: &str| {
            let mut value = json!({"full_name": "Somebody", id: person.id});
            value["email_address"] = person.address.clone().into();
            value
        };
        let site = json!({
            "workspace": {"workspace_id": self.workspace, "name": "Generated"},
            "acs_systems": systems.iter().map(|id| json!({"acs_system_id": id, "name": id})).collect::<Vec<_>>(),
            "acs_users": users.iter().map(|user| {
                let mut value = named(user, "acs_user_id");
                value["acs_system_id"] = user.system.clone().into();
                value
            }).collect::<Vec<_>>(),
            "user_identities": identities.iter().map(|identity| named(identity, "user_identity_id"))
                .collect::<Vec<_>>(),
            "acs_access_groups": self.groups.iter().map(|group| json!({
                "acs_access_group_id": group.id, "acs_system_id": group.system, "name": group.name,
            })).collect::<Vec<_>>(),
            "memberships": self.before.iter().map(|(group, user)| json!({
                "acs_access_group_id": group, "acs_user_id": user,
            })).collect::<Vec<_>>(),
        });
        let state = State::from_site_json(&site.to_string()).expect("a site");
        self.site.write(&state.to_site_json());
    }

    /// What has to change.
    pub(super) fn changes(&self) -> BTreeSet<Change> {
        changes(&self.before, &self.after)
    }

    /// Whether the guards stop the change from one to the other. A statement of the law of its own.
    pub(super) fn is_guarded(&self, before: &Memberships, after: &Memberships) -> bool {
        self.groups.iter().any(|group| {
            let of = |all: &Memberships| all.iter().filter(|pair| pair.0 == group.id).count();
            let (members, left) = (of(before), of(after));
            let removed = before
                .difference(after)
                .filter(|pair| pair.0 == group.id)
                .count();
            removed > allowed(members) || (members >= 4 && left == 0 && removed > 0)
        })
    }

    /// The person of a user that the service shows.
    pub(super) fn person_of(&self, user: &Value) -> String {
        let id = user["acs_user_id"].as_str().expect("an id");
        match self.users.contains(id) {
            true => id.to_owned(),
            false => user["user_identity_id"]
                .as_str()
                .expect("an identity")
                .to_owned(),
        }
    }

    /// Memberships of users that the roster leaves alone, and what somebody else makes of them.
    pub(super) fn elsewhere(&self, rng: &mut Rng, count: usize) -> Vec<Change> {
        let changes = self.changes();
        let groups = self
            .groups
            .iter()
            .filter(|group| !(group.is_named && group.is_authoritative));
        let mut free = Vec::new();
        for group in groups {
            for person in self
                .people
                .iter()
                .filter(|person| person.system.as_ref() == Some(&group.system))
            {
                let (group, person) = (group.id.clone(), person.id.clone());
                let pair = (group.clone(), person.clone());
                // What the roster desires would be made again.
                let is_desired = self.after.contains(&pair) && !self.before.contains(&pair);
                let change = Change {
                    adds: !self.before.contains(&pair),
                    group,
                    person,
                };
                let is_listed = self
                    .rows
                    .iter()
                    .any(|row| row.pair == pair && row.is_in_force);
                if !is_desired && !is_listed && !changes.contains(&change) {
                    free.push(change);
                }
            }
        }
        rng.shuffle(&mut free);
        free.truncate(count);
        free
    }

    /// Another file beside the site.
    pub(super) fn path(&self, name: &str) -> String {
        self.site.path().with_file_name(name).display().to_string()
    }

    /// A file with these bytes.
    pub(super) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("writable");
        path
    }
}

/// What leads from one to the other.
pub(super) fn changes(before: &Memberships, after: &Memberships) -> BTreeSet<Change> {
    let of = |adds| {
        move |(group, person): &(String, String)| Change {
            adds,
            group: group.clone(),
            person: person.clone(),
        }
    };
    let added = after.difference(before).map(of(true));
    added
        .chain(before.difference(after).map(of(false)))
        .collect()
}

/// These memberships after these changes.
pub(super) fn changed<'c>(
    mut memberships: Memberships,
    changes: impl IntoIterator<Item = &'c Change>,
) -> Memberships {
    for Change {
        adds,
        group,
        person,
    } in changes
    {
        let pair = (group.clone(), person.clone());
        match adds {
            true => memberships.insert(pair),
            false => memberships.remove(&pair),
        };
    }
    memberships
}

/// How many removals the guards allow in a group of so many members: a tenth, at least 3, at most 20.
pub(super) fn allowed(members: usize) -> usize {
    (members / 10).clamp(3, 20)
}

/// What is equal is not shown: with the number of each kind.
#[track_caller]
pub(super) fn must_be(found: &Memberships, expected: &Memberships, when: &str) {
    let mut wrong = BTreeMap::new();
    for change in changes(expected, found) {
        let kind = if change.adds { "invented" } else { "missing" };
        wrong
            .entry(kind)
            .or_insert_with(Vec::new)
            .push((change.group, change.person));
    }
    assert!(wrong.is_empty(), "{when}: {wrong:#?}");
}

/// A random id that begins like this.
fn uuid(rng: &mut Rng, begin: &str) -> String {
    let digits = format!("{:032x}", rng.u128(..));
    format!(
        "{begin}{}-{}-4{}-8{}-{}",
        &digits[begin.len()..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..]
    )
}

const NAMES: &[&str] = &[
    "Gym",
    "Pool, indoor",
    "Küche",
    "\"Loft\"",
    "Dach; oben",
    "O'Hara Hall",
    "地下室",
];
