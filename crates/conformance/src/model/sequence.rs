//! Which sites and calls are tried.

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AccessSchedule, AcsUser, AcsUserId, AddUser,
    DeleteAccessGroup, GetAccessGroup, GetAcsUser, GetEntrance, ListAccessGroups,
    ListEntrancesOfGroup, ListUsersInGroup, Operation, RemoveUser, SearchText, Timestamp, UserRef,
};
use proptest::{collection::vec, option, prelude::*, sample::Index, sample::select};
use proptest_state_machine::ReferenceStateMachine;

use super::oracle::Oracle;
use crate::{
    Site,
    case::Through,
    laws::{NO_ENTRANCE, NO_GROUP, NO_IDENTITY, NO_USER},
};

/// One call, and through which handle.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) through: Through,
}

/// The state machine behind the sequences: the oracle knows which ids mean something.
#[derive(Debug)]
pub(crate) struct Sequence;

impl ReferenceStateMachine for Sequence {
    type State = Oracle;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Oracle> {
        sites().prop_map(Oracle::new).boxed()
    }

    fn transitions(oracle: &Oracle) -> BoxedStrategy<Step> {
        let through = prop_oneof![3 => Just(Through::Port), 1 => Just(Through::Clone)];
        (operations(oracle), through)
            .prop_map(|(operation, through)| Step { operation, through })
            .boxed()
    }

    fn apply(mut oracle: Oracle, step: &Step) -> Oracle {
        oracle.execute(&step.operation);
        oracle
    }
}

/// The other workspace: its ids are strangers here.
pub(crate) fn neighbour() -> Site {
    let mut site = Site::elsewhere();
    let far = site.system("Far");
    let eve = site.user(far, "Eve");
    site.identity("Eve", Some(EMAILS[0]), None, &[eve]);
    let group = site.group(far, "Gym");
    let gate = site.entrance(far, "Gate");
    site.members(group, &[eve]);
    site.holds(group, &[gate]);
    site
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

/// An identity: e-mail, phone.
type Contact = (Option<usize>, Option<usize>);

fn sites() -> impl Strategy<Value = Site> {
    let person = (
        0..2_usize,
        option::weighted(0.6, emails()),
        option::weighted(0.6, 0..2_usize),
        prop::bool::weighted(0.25),
        schedules(),
        option::weighted(0.35, 0..3_usize),
    );
    let contact = (
        option::weighted(0.7, emails()),
        option::weighted(0.7, 0..2_usize),
    );
    (
        vec(person, 1..8),
        Just((0..8).collect::<Vec<u32>>()).prop_shuffle(),
        vec(contact, 0..4),
        vec((0..2_usize, select(NAMES), schedules()), 1..7),
        vec(0..2_usize, 0..4),
        vec(any::<[Index; 2]>(), 0..10),
        vec(any::<[Index; 2]>(), 0..5),
    )
        .prop_map(|(people, ages, contacts, groups, doors, members, holds)| {
            let mut site = Site::default();
            settle(&mut site, &people, &ages, &contacts);
            let systems: Vec<_> = site.systems.iter().map(|it| it.acs_system_id).collect();
            for (system, name, schedule) in groups {
                site.group_with(systems[system], name, |mut group| {
                    group.access_schedule = schedule;
                    group
                });
            }
            for system in doors {
                site.entrance(systems[system], "Door");
            }
            connect(&mut site, &members, &holds);
            site
        })
}

/// Often the same, at times in capitals, now and then an empty one.
fn emails() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..2_usize, 2 => Just(2), 1 => Just(3)]
}

/// None, mostly; else one that ended, or one without end.
fn schedules() -> impl Strategy<Value = Option<AccessSchedule>> {
    let without_end = AccessSchedule::new(Timestamp::from_unix_seconds(1_000_000_000));
    let ended = without_end.with_end(Timestamp::from_unix_seconds(1_000_086_400));
    option::weighted(0.3, select(vec![without_end, ended]))
}

/// Two systems, the people in them, and identities: each with one user of a system at most.
fn settle(site: &mut Site, people: &[Person], ages: &[u32], contacts: &[Contact]) {
    let systems = site.two_systems();
    let mut linked = std::collections::BTreeMap::new();
    for ((system, email, phone, suspended, schedule, identity), age) in people.iter().zip(ages) {
        let edit = |it: AcsUser| {
            let mut user = it.with_created_at(Timestamp::from_unix_seconds(*age));
            user.email_address = email.map(|it| EMAILS[it].to_owned());
            user.phone_number = phone.map(|it| PHONES[it].to_owned());
            user.is_suspended = suspended.then_some(true);
            user.access_schedule = *schedule;
            user
        };
        let user = site.user_with(systems[*system], "Somebody", edit);
        if let Some(identity) = identity.filter(|it| *it < contacts.len()) {
            linked.entry((identity, *system)).or_insert(user);
        }
    }
    for (number, (email, phone)) in contacts.iter().enumerate() {
        let of_this = linked
            .iter()
            .filter(|((identity, _), _)| *identity == number);
        let users: Vec<_> = of_this.map(|(_, user)| *user).collect();
        let (email, phone) = (email.map(|it| EMAILS[it]), phone.map(|it| PHONES[it]));
        site.identity("Identity", email, phone, &users);
    }
}

/// Members and entrances of groups, within systems and each pair once.
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

fn operations(oracle: &Oracle) -> impl Strategy<Value = Operation> + use<> {
    let (user, users) = (users(oracle), acs_users(oracle));
    let group = groups(oracle);
    let doors = oracle.site().entrances.iter().map(|it| it.acs_entrance_id);
    let strange_doors = [NO_ENTRANCE, neighbour().entrances[0].acs_entrance_id];
    let entrance = mostly(doors.collect(), strange_doors.to_vec());
    prop_oneof![
        6 => (user.clone(), group.clone())
            .prop_map(|(user, group)| AddUser { user, group }.into()),
        3 => (user.clone(), group.clone())
            .prop_map(|(user, group)| RemoveUser { user, group }.into()),
        1 => memberships(oracle, user.clone(), group.clone())
            .prop_map(|(user, group)| AddUser { user, group }.into()),
        2 => memberships(oracle, user, group.clone())
            .prop_map(|(user, group)| RemoveUser { user, group }.into()),
        1 => group.clone().prop_map(|group| DeleteAccessGroup { group }.into()),
        1 => group.clone().prop_map(|group| GetAccessGroup { group }.into()),
        4 => filters(oracle).prop_map(|filter| ListAccessGroups { filter }.into()),
        1 => group.clone().prop_map(|group| ListUsersInGroup { group }.into()),
        1 => group.prop_map(|group| ListEntrancesOfGroup { group }.into()),
        2 => users.prop_map(|user| GetAcsUser { user }.into()),
        2 => entrance.prop_map(|entrance| GetEntrance { entrance }.into()),
    ]
}

/// Somebody and a group they are in; anybody and any group where nobody is in one.
fn memberships(
    oracle: &Oracle,
    user: BoxedStrategy<UserRef>,
    group: BoxedStrategy<AccessGroupId>,
) -> BoxedStrategy<(UserRef, AccessGroupId)> {
    let pairs = oracle.memberships();
    let pairs: Vec<_> = pairs
        .map(|(user, group)| (UserRef::from(user), group))
        .collect();
    if pairs.is_empty() {
        return (user, group).boxed();
    }
    let favourite = Just(pairs[0]);
    prop_oneof![favourite, select(pairs)].boxed()
}

fn users(oracle: &Oracle) -> BoxedStrategy<UserRef> {
    let known = oracle
        .site()
        .identities
        .iter()
        .map(|it| it.user_identity_id);
    let strange = [NO_IDENTITY, neighbour().identities[0].user_identity_id];
    let identities = mostly(known.collect(), strange.to_vec());
    prop_oneof![
        1 => acs_users(oracle).prop_map(UserRef::from),
        1 => identities.prop_map(UserRef::from),
    ]
    .boxed()
}

fn acs_users(oracle: &Oracle) -> BoxedStrategy<AcsUserId> {
    let strange = [NO_USER, neighbour().users[0].acs_user_id];
    mostly(oracle.users().collect(), strange.to_vec())
}

/// Groups that are there, and some that are not: deleted, unknown, another workspace's.
fn groups(oracle: &Oracle) -> BoxedStrategy<AccessGroupId> {
    let live: Vec<_> = oracle.groups().collect();
    let ever = oracle.site().groups.iter().map(|it| it.acs_access_group_id);
    let mut strange: Vec<_> = ever.filter(|it| !live.contains(it)).collect();
    strange.extend([NO_GROUP, neighbour().groups[0].acs_access_group_id]);
    mostly(live, strange)
}

fn filters(oracle: &Oracle) -> impl Strategy<Value = AccessGroupFilter> + use<> {
    let systems: Vec<_> = oracle
        .site()
        .systems
        .iter()
        .map(|it| it.acs_system_id)
        .collect();
    let strange = neighbour().systems[0].acs_system_id;
    let identities = oracle
        .site()
        .identities
        .iter()
        .map(|it| it.user_identity_id);
    let search = select(SEARCHES).prop_map(|text| text.parse::<SearchText>().ok());
    (
        option::weighted(0.3, mostly(systems, vec![strange])),
        option::weighted(0.4, acs_users(oracle)),
        option::weighted(0.3, mostly(identities.collect(), vec![NO_IDENTITY])),
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

/// One of the known, the first of them often, so that calls meet; now and then a stranger.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    known: Vec<T>,
    strange: Vec<T>,
) -> BoxedStrategy<T> {
    if known.is_empty() {
        return select(strange).boxed();
    }
    let favourite = Just(known[0].clone());
    prop_oneof![3 => favourite, 3 => select(known), 1 => select(strange)].boxed()
}

const EMAILS: [&str; 4] = [
    "ada@example.com",
    "grace@example.com",
    "Ada@Example.COM",
    "",
];
const PHONES: [&str; 2] = ["+15550100", "+15550101"];
const NAMES: &[&str] = &["Gym", "Pool", "West gym"];
const SEARCHES: &[&str] = &["gym", "GYM", "o", "-000000000002", "0001", "sauna"];
