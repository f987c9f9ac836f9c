//! Random sites, and rosters for them, with what their rows mean.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use access_groups_conformance::block_on;
use access_groups_core::{Patch, Timestamp, UserIdentityUpdate, UserRef, prelude::*};
use access_groups_in_memory::{BlockingInMemory, PropagationMode, SiteBuilder};
use access_groups_roster::{
    Change, Mode, Observed, Plan, PlanOptions, ReadOptions, Roster, Survey, observe,
};
use proptest::{collection::vec, prelude::*};

/// A person and a group, by their numbers.
pub(crate) type Pair = (usize, usize);
pub(crate) type Memberships = BTreeSet<Pair>;

pub(crate) const PEOPLE: usize = 8;
pub(crate) const GROUPS: usize = 5;

/// How the service knows a person. All have one name, and each one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// By a user in each system, and nothing says that they are one person.
    Users,
    /// By a user in each system, linked to an identity.
    Linked,
    /// By a user in the first system, linked to an identity.
    Half,
    /// By a user in the first system, and an identity with the same address.
    Unlinked,
    /// By an identity.
    Identity,
}

/// A row of a roster, by numbers, and the instants in seconds.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    person: usize,
    by: By,
    group: usize,
    by_name: bool,
    from: Option<u32>,
    until: Option<u32>,
}

/// How a row names its person.
#[derive(Debug, Clone, Copy)]
enum By {
    Address,
    User,
    Identity,
}

/// Everything that a case is made of.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    known: Vec<Known>,
    members: Vec<Pair>,
    /// Changes that have not propagated, and whether they ever will.
    pending: Vec<(bool, Pair)>,
    is_pending: bool,
    rows: Vec<Wanted>,
    modes: Vec<Option<bool>>,
    is_strict: bool,
    at: u32,
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    use Known::{Half, Identity, Linked, Unlinked, Users};
    let known = prop::sample::select(vec![Users, Users, Linked, Linked, Half, Unlinked, Identity]);
    let pair = || (0..PEOPLE, 0..GROUPS);
    (
        vec(known, PEOPLE),
        vec(pair(), 0..30),
        vec((any::<bool>(), pair()), 0..6),
        any::<bool>(),
        vec(rows(), 1..30),
        vec(proptest::option::of(any::<bool>()), GROUPS),
        any::<bool>(),
        0_u32..12,
    )
        .prop_map(
            |(known, members, pending, is_pending, rows, modes, is_strict, at)| Case {
                known,
                members,
                pending,
                is_pending,
                rows,
                modes,
                is_strict,
                at,
            },
        )
}

impl Case {
    /// The instant for which the plan is made, in seconds.
    pub(crate) const fn at(&self) -> u32 {
        self.at
    }
}

fn rows() -> impl Strategy<Value = Wanted> {
    let bound = || proptest::option::of(0_u32..12);
    let by = prop::sample::select(vec![By::Address, By::User, By::Identity]);
    (0..PEOPLE, by, 0..GROUPS, any::<bool>(), bound(), bound()).prop_map(
        |(person, by, group, by_name, from, until)| Wanted {
            person,
            by,
            group,
            by_name,
            from,
            until: until.filter(|until| from.is_none_or(|from| from < *until)),
        },
    )
}

/// Two systems: the groups with even numbers are in the first one.
pub(crate) struct Site {
    pub(crate) store: BlockingInMemory,
    case: Case,
    users: Vec<[Option<AcsUserId>; 2]>,
    identities: Vec<Option<UserIdentityId>>,
    pub(crate) groups: Vec<AccessGroupId>,
    /// The numbers of all users seen so far.
    people: RefCell<BTreeMap<AcsUserId, usize>>,
}

impl Site {
    pub(crate) fn new(case: &Case) -> Self {
        let mut site = SiteBuilder::new();
        let systems = [site.new_system("East"), site.new_system("West")];
        let groups = (0..GROUPS).map(|number| {
            let system = systems[number % 2];
            site.in_system(system).group(format!("Group {number}"))
        });
        let groups: Vec<_> = groups.collect();
        let (mut users, mut identities) = (Vec::new(), Vec::new());
        for (person, known) in case.known.iter().enumerate() {
            let has_user = match known {
                Known::Users | Known::Linked => [true, true],
                Known::Half | Known::Unlinked => [true, false],
                Known::Identity => [false, false],
            };
            let mut there = [None; 2];
            for (place, system) in systems
                .iter()
                .enumerate()
                .filter(|(place, _)| has_user[*place])
            {
                let user = site.in_system(*system).user("Somebody");
                if matches!(known, Known::Users | Known::Unlinked) {
                    site.edit_user(user, |user| user.with_email_address(address(person)));
                }
                there[place] = Some(user);
            }
            let linked = there
                .into_iter()
                .flatten()
                .filter(|_| *known != Known::Unlinked);
            let linked: Vec<_> = linked.collect();
            users.push(there);
            identities.push((*known != Known::Users).then(|| site.identity("Somebody", linked)));
        }
        let site = Self {
            store: site.build_blocking(),
            case: case.clone(),
            people: RefCell::new(numbered(&users)),
            users,
            identities,
            groups,
        };
        site.furnish();
        site
    }

    /// Sets the addresses of the identities, and the memberships.
    fn furnish(&self) {
        let now = Timestamp::UNIX_EPOCH;
        self.store.update(|state| {
            for (person, identity) in self.identities.iter().enumerate() {
                if let Some(identity) = identity {
                    let email_address = address(person).parse().expect("an address");
                    let update = UserIdentityUpdate {
                        email_address: Patch::Set(email_address),
                        ..UserIdentityUpdate::default()
                    };
                    state
                        .update_user_identity(*identity, update)
                        .expect("an identity");
                }
            }
            for pair in &self.case.members {
                let (user, group) = self.refs(*pair);
                state.join(user, group, now).expect("a membership");
            }
            state.set_propagation(PropagationMode::Manual);
        });
        for (adds, pair) in &self.case.pending {
            self.set(*pair, *adds);
        }
        if !self.case.is_pending {
            self.store.propagate_all();
            self.store
                .update(|state| state.set_propagation(PropagationMode::Immediate));
        }
    }

    /// Makes somebody a member, or ends it, as another program would.
    pub(crate) fn set(&self, pair: Pair, adds: bool) {
        let (user, group) = self.refs(pair);
        let set = match adds {
            true => self.store.add_user(user, group),
            false => self.store.remove_user(user, group),
        };
        set.expect("a membership");
    }

    /// The person of the pair as the group's system knows them, and the group.
    fn refs(&self, (person, group): Pair) -> (UserRef, AccessGroupId) {
        let identity = || self.identities[person].expect("without users, an identity");
        let user = self.users[person][group % 2].map(UserRef::from);
        (
            user.unwrap_or_else(|| identity().into()),
            self.groups[group],
        )
    }

    pub(crate) fn memberships(&self) -> Memberships {
        let pairs: Vec<_> = self.store.read(|state| state.memberships().collect());
        let group = |id| self.groups.iter().position(|known| *known == id);
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|(user, id)| (self.person(user), group(id).expect("a group")));
        pairs.collect()
    }

    fn person(&self, user: AcsUserId) -> usize {
        let mut people = self.people.borrow_mut();
        *people.entry(user).or_insert_with(|| {
            let user = self.store.acs_user(user).expect("a user");
            let identity = user.user_identity_id.expect("a new user is an identity's");
            let identity = identity.parse().expect("an id");
            self.numbered(identity)
        })
    }

    fn numbered(&self, identity: UserIdentityId) -> usize {
        let mut identities = self.identities.iter();
        let number = identities.position(|known| *known == Some(identity));
        number.expect("an identity of this site")
    }

    /// The pair that a change is about.
    pub(crate) fn pair(&self, change: &Change) -> Pair {
        let mut groups = self.groups.iter();
        let group = groups
            .position(|known| *known == change.group)
            .expect("a group");
        let person = match change.user {
            UserRef::AcsUser(user) => self.person(user),
            UserRef::Identity(identity) => self.numbered(identity),
        };
        (person, group)
    }

    pub(crate) fn roster(&self) -> Roster {
        let file = self.file();
        Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster")
    }

    pub(crate) fn plan(&self, roster: &Roster) -> (Plan, Observed) {
        let observed = self.observe(Survey::new(roster));
        let at = Timestamp::from_unix_seconds(self.case.at);
        let options = PlanOptions::new().with_mode(mode(self.case.is_strict));
        let plan = Plan::new(roster, &observed, at, &options);
        (plan.expect("everybody is known"), observed)
    }

    /// What the service shows, read without threads.
    pub(crate) fn observe(&self, survey: Survey) -> Observed {
        block_on(observe(&self.store.asynchronous(), survey)).expect("memory")
    }

    fn file(&self) -> String {
        let mut file = "user,group,from,until,mode\n".to_owned();
        let shown = |at: Option<u32>| at.map(|at| Timestamp::from_unix_seconds(at).to_string());
        let shown = |at| shown(at).unwrap_or_default();
        let group = |number: usize, by_name: bool| match by_name {
            true => format!("GROUP  {number}"),
            false => self.groups[number].to_string(),
        };
        for row in &self.case.rows {
            let identity = self.identities[row.person];
            let user = match (row.by, self.users[row.person][row.group % 2], identity) {
                (By::Address, ..) => address(row.person).to_uppercase(),
                (By::User, Some(user), _) | (By::Identity, Some(user), None) => user.to_string(),
                (By::User, None, _) | (By::Identity, _, _) => {
                    identity.expect("without users, an identity").to_string()
                }
            };
            let group = group(row.group, row.by_name);
            file += &format!("{user},{group},{},{},\n", shown(row.from), shown(row.until));
        }
        for (number, is_strict) in self.case.modes.iter().enumerate() {
            if let Some(is_strict) = is_strict {
                let group = group(number, number % 2 == 0);
                file += &format!(",{group},,,{}\n", mode(*is_strict));
            }
        }
        file
    }

    /// Whether members who are not listed leave this group.
    pub(crate) fn is_strict(&self, group: usize) -> bool {
        let set = self.case.modes[group];
        let is_named = set.is_some() || self.case.rows.iter().any(|row| row.group == group);
        is_named && set.unwrap_or(self.case.is_strict)
    }

    /// What the rows mean, by another way than the planner's.
    pub(crate) fn meaning(&self) -> Memberships {
        let mut meaning = self.memberships();
        meaning.retain(|(_, group)| !self.is_strict(*group));
        let at = self.case.at;
        let holds = |row: &&Wanted| {
            row.from.is_none_or(|from| from <= at) && row.until.is_none_or(|until| at < until)
        };
        let rows = self.case.rows.iter().filter(holds);
        meaning.extend(rows.map(|row| (row.person, row.group)));
        meaning
    }
}

fn numbered(users: &[[Option<AcsUserId>; 2]]) -> BTreeMap<AcsUserId, usize> {
    let users = users.iter().enumerate();
    let users = users.flat_map(|(person, there)| there.map(|user| (user, person)));
    users
        .filter_map(|(user, person)| Some((user?, person)))
        .collect()
}

fn address(person: usize) -> String {
    format!("person{person}@example.com")
}

const fn mode(is_strict: bool) -> Mode {
    match is_strict {
        true => Mode::Authoritative,
        false => Mode::Additive,
    }
}
