//! Random sites, as odd as a site file may be: shared keys and addresses, two users of one identity
//! in one system, links to nobody, lists of users that are wrong.

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessSchedule, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, Timestamp, UserIdentity, UserIdentityId, Workspace, WorkspaceId,
};
use access_groups_in_memory::{Slice, State, identity_of};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// A site as its rows, of which every pair is one that the rules allow.
#[derive(Debug, Clone)]
pub(crate) struct Site(Slice);

impl Site {
    pub(crate) fn state(&self) -> State {
        State::from_slice(self.0.clone(), 0)
    }
}

pub(crate) fn site() -> impl Strategy<Value = Site> {
    let resources = (
        option::of(0..2_u8),
        vec(0..3_u8, 1..=SYSTEMS),
        vec(identity(), 1..=IDENTITIES),
        vec(user(), 3..=USERS),
        vec((of_system(), option::weighted(0.2, schedule())), 1..=GROUPS),
        vec((of_system(), second()), 1..=ENTRANCES),
    );
    let pairs = |of, to| vec((0..of, 0..to), 0..16);
    let pairs = (
        pairs(USERS, GROUPS),
        pairs(USERS, ENTRANCES),
        pairs(GROUPS, ENTRANCES),
    );
    (resources, pairs).prop_map(|(resources, pairs)| {
        let (workspace, systems, identities, users, groups, entrances) = resources;
        let system_of = |number: usize| system_id(number % systems.len());
        let mut slice = Slice {
            workspace: workspace.map(|number| Workspace::new(workspace_id(number), "Own")),
            systems: numbered(&systems, |at, workspace| made_system(at, *workspace)),
            identities: numbered(&identities, |at, made| made.made(at)),
            users: numbered(&users, |at, made| made.made(at, system_of(made.system))),
            groups: numbered(&groups, |at, (system, schedule)| {
                let mut group = AccessGroup::new(group_id(at), system_of(*system), "Gym");
                group.access_schedule = *schedule;
                group
            }),
            entrances: numbered(&entrances, |at, (system, created_at)| {
                Entrance::new(entrance_id(at), system_of(*system), "Door")
                    .with_created_at(*created_at)
            }),
            ..Slice::default()
        };
        list_users(&mut slice, &identities);
        put_pairs(&mut slice, &pairs);
        Site(slice)
    })
}

fn numbered<T, Made>(rows: &[T], make: impl Fn(usize, &T) -> Made) -> Vec<Made> {
    let rows = rows.iter().enumerate();
    rows.map(|(at, row)| make(at, row)).collect()
}

fn made_system(at: usize, workspace: u8) -> AcsSystem {
    let mut system = AcsSystem::new(system_id(at), "Main").with_workspace(workspace_id(workspace));
    system.connected_account_id = format!("account {workspace}");
    system
}

#[derive(Debug, Clone)]
struct MadeIdentity {
    key: Option<&'static str>,
    email: Option<&'static str>,
    phone: Option<&'static str>,
    full_name: Option<&'static str>,
    display_name: &'static str,
    created_at: Timestamp,
    /// What it lists beside or instead of its users.
    listed: Vec<Listed>,
    lists_users: bool,
}

#[derive(Debug, Clone)]
enum Listed {
    User(usize),
    InCapitals(usize),
    Somebody,
}

fn identity() -> impl Strategy<Value = MadeIdentity> {
    let listed = prop_oneof![
        (0..USERS).prop_map(Listed::User),
        (0..USERS).prop_map(Listed::InCapitals),
        Just(Listed::Somebody),
    ];
    let listed = prop_oneof![3 => Just(Vec::new()), 1 => vec(listed, 1..3)];
    let texts = (
        option::of(select(KEYS)),
        option::of(select(EMAILS)),
        option::of(select(PHONES)),
        option::of(select(NAMES)),
    );
    let rest = (select(NAMES), second(), listed, prop::bool::weighted(0.8));
    (texts, rest).prop_map(|(texts, rest)| {
        let (key, email, phone, full_name) = texts;
        let (display_name, created_at, listed, lists_users) = rest;
        MadeIdentity {
            key,
            email,
            phone,
            full_name,
            display_name,
            created_at,
            listed,
            lists_users,
        }
    })
}

impl MadeIdentity {
    fn made(&self, at: usize) -> UserIdentity {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let mut identity =
            UserIdentity::new(identity_id(at), self.display_name).with_created_at(self.created_at);
        identity.full_name = owned(self.full_name);
        identity.user_identity_key = owned(self.key);
        identity.email_address = owned(self.email);
        identity.phone_number = owned(self.phone);
        identity
    }
}

fn list_users(slice: &mut Slice, made: &[MadeIdentity]) {
    for (identity, made) in slice.identities.iter_mut().zip(made) {
        let listed = made.listed.iter().map(|listed| match listed {
            Listed::User(at) => user_id(*at).to_string(),
            Listed::InCapitals(at) => user_id(*at).to_string().to_uppercase(),
            Listed::Somebody => "somebody".to_owned(),
        });
        identity.acs_user_ids.extend(listed);
        let linked = slice.users.iter().filter(|user| {
            made.lists_users && identity_of(user) == Some(identity.user_identity_id)
        });
        let linked = linked.map(|user| user.acs_user_id.to_string());
        identity.acs_user_ids.extend(linked);
    }
}

#[derive(Debug, Clone)]
struct MadeUser {
    system: usize,
    link: Link,
    email: Option<&'static str>,
    phone: Option<&'static str>,
    full_name: Option<&'static str>,
    is_suspended: Option<bool>,
    schedule: Option<AccessSchedule>,
    created_at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
enum Link {
    Nobody,
    /// The identity need not exist.
    Identity(usize),
    InCapitals(usize),
    Unreadable,
}

fn user() -> impl Strategy<Value = MadeUser> {
    let link = prop_oneof![
        5 => Just(Link::Nobody),
        5 => (0..=IDENTITIES).prop_map(Link::Identity),
        1 => (0..=IDENTITIES).prop_map(Link::InCapitals),
        1 => Just(Link::Unreadable),
    ];
    let texts = (
        option::of(select(EMAILS)),
        option::of(select(PHONES)),
        option::weighted(0.8, select(NAMES)),
    );
    let rest = (
        option::of(any::<bool>()),
        option::weighted(0.2, schedule()),
        second(),
    );
    (of_system(), link, texts, rest).prop_map(|(system, link, texts, rest)| {
        let (email, phone, full_name) = texts;
        let (is_suspended, schedule, created_at) = rest;
        MadeUser {
            system,
            link,
            email,
            phone,
            full_name,
            is_suspended,
            schedule,
            created_at,
        }
    })
}

impl MadeUser {
    fn made(&self, at: usize, system: AcsSystemId) -> AcsUser {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let mut user = AcsUser::new(user_id(at), system, "Ada").with_created_at(self.created_at);
        user.full_name = owned(self.full_name);
        user.email_address = owned(self.email);
        user.phone_number = owned(self.phone);
        user.is_suspended = self.is_suspended;
        user.access_schedule = self.schedule;
        user.user_identity_id = match self.link {
            Link::Nobody => None,
            Link::Identity(at) => Some(identity_id(at).to_string()),
            Link::InCapitals(at) => Some(identity_id(at).to_string().to_uppercase()),
            Link::Unreadable => Some("somebody".to_owned()),
        };
        user
    }
}

type Pairs = Vec<(usize, usize)>;

/// Pairs of one system, of what there is.
fn put_pairs(slice: &mut Slice, (memberships, grants, held): &(Pairs, Pairs, Pairs)) {
    let user = |at: usize| {
        let user = slice.users.get(at);
        user.map(|user| (user.acs_user_id, user.acs_system_id))
    };
    let group = |at: usize| {
        let group = slice.groups.get(at);
        group.map(|group| (group.acs_access_group_id, group.acs_system_id))
    };
    let entrance = |at: usize| {
        let entrance = slice.entrances.get(at);
        entrance.map(|entrance| (entrance.acs_entrance_id, entrance.acs_system_id))
    };
    slice.memberships = allowed(memberships, user, group);
    slice.grants = allowed(grants, user, entrance);
    slice.group_entrances = allowed(held, group, entrance);
}

fn allowed<A, B>(
    pairs: &Pairs,
    first: impl Fn(usize) -> Option<(A, AcsSystemId)>,
    second: impl Fn(usize) -> Option<(B, AcsSystemId)>,
) -> Vec<(A, B)> {
    let pairs = pairs.iter().filter_map(|(one, other)| {
        let ((one, of_one), (other, of_other)) = (first(*one)?, second(*other)?);
        (of_one == of_other).then_some((one, other))
    });
    pairs.collect()
}

fn of_system() -> impl Strategy<Value = usize> {
    // Mostly the first one, so that more things are of one system.
    prop_oneof![4 => Just(0), 1 => 0..SYSTEMS]
}

pub(crate) fn second() -> impl Strategy<Value = Timestamp> {
    (0..4_u32).prop_map(Timestamp::from_unix_seconds)
}

fn schedule() -> impl Strategy<Value = AccessSchedule> {
    let end = option::of(0..9_u32);
    (0..9_u32, end).prop_map(|(start, end)| {
        let schedule = AccessSchedule::new(Timestamp::from_unix_seconds(start));
        end.map_or(schedule, |end| {
            schedule.with_end(Timestamp::from_unix_seconds(end))
        })
    })
}

/// Ids of different kinds that are not the same number. Those beyond what a site holds are unknown.
macro_rules! ids {
    ($($name:ident($id:ident) = $kind:literal;)*) => {$(
        pub(crate) fn $name(number: usize) -> $id {
            $id::from_u128($kind << 64 | 0xab00 | number as u128)
        }
    )*};
}

ids! {
    system_id(AcsSystemId) = 5;
    group_id(AccessGroupId) = 6;
    user_id(AcsUserId) = 10;
    entrance_id(EntranceId) = 14;
    identity_id(UserIdentityId) = 29;
}

fn workspace_id(number: u8) -> WorkspaceId {
    WorkspaceId::from_u128(u128::from(number))
}

pub(crate) const SYSTEMS: usize = 3;
pub(crate) const IDENTITIES: usize = 4;
pub(crate) const USERS: usize = 7;
pub(crate) const GROUPS: usize = 4;
pub(crate) const ENTRANCES: usize = 4;

pub(crate) const KEYS: &[&str] = &["k", "K", "l"];
// The last two are different addresses: only A to Z are the same in capitals. Some of them twice, so that they meet more often.
pub(crate) const EMAILS: &[&str] = &[
    "a@x.org",
    "a@x.org",
    "A@X.org",
    "b@x.org",
    "b@x.org",
    "",
    "\u{e4}@x.org",
    "\u{c4}@x.org",
];
pub(crate) const PHONES: &[&str] = &["1", "1", "2", ""];
pub(crate) const NAMES: &[&str] = &["Ada", "Bob"];
