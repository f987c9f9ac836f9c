//! The same for operations that read: what `Read` asks and makes of the rows is what the whole site says.

use std::num::NonZeroU32;

use access_groups_core::*;
use access_groups_in_memory::State;
use access_groups_sql::{
    Among, Ask, Chunk, Contact, IdentityKeys, List, Read, Slice, UserKeys, text_of_identity,
    text_of_user,
};
use proptest::{option, prelude::*, sample::select};

use crate::{
    operations::{entrance, group, identity, selected, system, text, user},
    sites::{EMAILS, KEYS, PHONES, second, site},
    source::answer,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_agree_with_the_whole_site(site in site(), operation in reading()) {
        let mut site = site.state();
        let mut next = Some(operation);
        // All pages of a list, one after another.
        while let Some(operation) = next.take() {
            let expected = site.execute(operation.clone(), Timestamp::UNIX_EPOCH);
            let actual = read(&site, operation.clone());
            match (expected, actual) {
                (Ok(expected), Ok(actual)) => {
                    prop_assert_eq!(&expected, &actual, "{:?}", &operation);
                    next = following(operation, actual);
                }
                (Err(expected), Err(actual)) => {
                    prop_assert_eq!(expected.message(), actual.message());
                    prop_assert_eq!(expected.subject(), actual.subject());
                }
                (expected, actual) => {
                    prop_assert!(false, "the site says {:?}, the read {:?}", expected, actual);
                }
            }
        }
    }
}

fn read(site: &State, operation: Operation) -> Result<Reply, Error> {
    let mut read = Read::new(operation).expect("it reads");
    for _ in 0..100 {
        if read.asks().is_empty() {
            return read.reply();
        }
        let answers = read.asks().iter().map(|ask| match ask {
            Ask::Rows(want) => answer(site, [want]),
            Ask::All(list) => listed(site, list),
            Ask::Next(chunk) => next(site, chunk),
        });
        let answers = answers.collect();
        read.found(answers);
    }
    panic!("it asks for ever");
}

/// The operation that reads the next page, if there is one.
fn following(operation: Operation, reply: Reply) -> Option<Operation> {
    match operation {
        Operation::ListAcsUsers(mut op) => {
            op.page = op.page.after(ListAcsUsers::reply(reply).ok()?.next?);
            Some(op.into())
        }
        Operation::ListUserIdentities(mut op) => {
            op.page = op.page.after(ListUserIdentities::reply(reply).ok()?.next?);
            Some(op.into())
        }
        Operation::ListEntrances(mut op) => {
            op.page = op.page.after(ListEntrances::reply(reply).ok()?.next?);
            Some(op.into())
        }
        _ => None,
    }
}

/// In the opposite order, because none is promised.
fn listed(site: &State, list: &List) -> Slice {
    let mut found = Slice::default();
    let linked = |id: &UserIdentityId| -> Vec<AcsUser> {
        let users = site
            .acs_users()
            .filter(|user| UserKeys::of(user).identity == Some(*id));
        users.cloned().collect()
    };
    let opened = |users: Vec<AcsUserId>| -> Vec<Entrance> {
        let opens = |door: &&Entrance| {
            let id = door.acs_entrance_id;
            let held = |group| site.group_entrances().any(|pair| pair == (group, id));
            users.iter().any(|user| site.is_granted(*user, id))
                || site
                    .memberships()
                    .any(|(user, group)| users.contains(&user) && held(group))
        };
        site.entrances().filter(opens).cloned().collect()
    };
    match list {
        List::Systems => found.systems = site.acs_systems().cloned().collect(),
        List::UsersOfIdentity(id) => found.users = linked(id),
        List::SystemsOf(id) => {
            let users = linked(id);
            let has = |system: &&AcsSystem| {
                users
                    .iter()
                    .any(|user| user.acs_system_id == system.acs_system_id)
            };
            found.systems = site.acs_systems().filter(has).cloned().collect();
        }
        List::Groups {
            system,
            user,
            identity,
        } => {
            let users = identity.as_ref().map(linked);
            let is_member = |user: AcsUserId, group: &AccessGroup| {
                site.is_member(user, group.acs_access_group_id)
            };
            let all = AccessGroupFilter::new();
            let groups = site.access_groups(&all).filter(|group| {
                let mut of = users.iter().flatten();
                system.is_none_or(|system| group.acs_system_id == system)
                    && user.is_none_or(|user| is_member(user, group))
                    && (users.is_none() || of.any(|user| is_member(user.acs_user_id, group)))
            });
            found.groups = groups.cloned().collect();
        }
        List::Members(group) => {
            let members = site
                .acs_users()
                .filter(|user| site.is_member(user.acs_user_id, *group));
            found.users = members.cloned().collect();
        }
        List::EntrancesOfGroup(group) => {
            let holds = |door: &&Entrance| {
                site.group_entrances()
                    .any(|pair| pair == (*group, door.acs_entrance_id))
            };
            found.entrances = site.entrances().filter(holds).cloned().collect();
        }
        List::EntrancesOfUser(user) => found.entrances = opened(vec![*user]),
        List::EntrancesOfIdentity(id) => {
            found.entrances = opened(linked(id).iter().map(|user| user.acs_user_id).collect());
        }
        List::Identities(ids) => {
            let named = site
                .user_identities()
                .filter(|row| ids.contains(&row.user_identity_id));
            found.identities = named.cloned().collect();
        }
        List::Entrances(ids) => {
            let named = site
                .entrances()
                .filter(|door| ids.contains(&door.acs_entrance_id));
            found.entrances = named.cloned().collect();
        }
    }
    found.systems.reverse();
    found.users.reverse();
    found.groups.reverse();
    found.entrances.reverse();
    found.identities.reverse();
    found
}

fn next(site: &State, chunk: &Chunk) -> Slice {
    let identity_of = |user: &AcsUser| {
        UserKeys::of(user)
            .identity
            .and_then(|id| site.user_identity(id).ok().cloned())
    };
    let is_in = |text: String| chunk.part.as_ref().is_none_or(|part| text.contains(part));
    let users = |is_among: &dyn Fn(&AcsUser) -> bool| {
        let users = site.acs_users().filter(|user| {
            let identity = identity_of(user);
            is_among(user)
                && (is_in(text_of_user(user, None))
                    || identity.is_some_and(|identity| is_in(text_of_identity(&identity))))
        });
        let position = |user: &AcsUser| Position::new(user.created_at, user.acs_user_id);
        let users = by_age(users.cloned(), position, chunk);
        let linked = users
            .iter()
            .filter(|_| chunk.with_identities)
            .filter_map(identity_of);
        Slice {
            identities: linked.collect(),
            users,
            ..Slice::default()
        }
    };
    let entrances = |is_among: &dyn Fn(&Entrance) -> bool| {
        let doors = site.entrances().filter(|door| is_among(door)).cloned();
        let position = |door: &Entrance| Position::new(door.created_at, door.acs_entrance_id);
        Slice {
            entrances: by_age(doors, position, chunk),
            ..Slice::default()
        }
    };
    match &chunk.of {
        Among::Users => users(&|_| true),
        Among::UsersOfSystem(id) => users(&|user| user.acs_system_id == *id),
        Among::UsersOfIdentity(id) => users(&|user| UserKeys::of(user).identity == Some(*id)),
        Among::UsersOfContact(contact) => users(&|user| {
            let keys = identity_of(user).map(|identity| IdentityKeys::of(&identity));
            keys.is_some_and(|keys| match contact {
                Contact::Email(address) => keys.email.as_ref() == Some(address),
                Contact::Phone(number) => keys.phone.as_ref() == Some(number),
            })
        }),
        Among::Identities => {
            let rows = site
                .user_identities()
                .filter(|row| is_in(text_of_identity(row)));
            let position = |row: &UserIdentity| Position::new(row.created_at, row.user_identity_id);
            let identities = by_age(rows.cloned(), position, chunk);
            Slice {
                identities,
                ..Slice::default()
            }
        }
        Among::Entrances => entrances(&|_| true),
        Among::EntrancesOfSystem(id) => entrances(&|door| door.acs_system_id == *id),
    }
}

fn by_age<T>(
    rows: impl Iterator<Item = T>,
    position: impl Fn(&T) -> Position,
    chunk: &Chunk,
) -> Vec<T> {
    let later = rows.filter(|row| chunk.after.is_none_or(|after| position(row) > after));
    let mut rows: Vec<_> = later.collect();
    rows.sort_unstable_by_key(|row| position(row));
    rows.truncate(chunk.limit as usize);
    rows
}

fn reading() -> impl Strategy<Value = Operation> {
    let named = prop_oneof![
        identity().prop_map(UserIdentitySelector::Id),
        text(KEYS).prop_map(UserIdentitySelector::Key),
    ];
    let of_groups = prop_oneof![
        group().prop_map(|id| GetAccessGroup::new(id).into()),
        group().prop_map(|id| ListUsersInGroup::new(id).into()),
        group().prop_map(|id| ListEntrancesOfGroup::new(id).into()),
        (
            option::of(system()),
            option::of(user()),
            option::of(identity())
        )
            .prop_map(|(system, user, identity)| {
                let mut filter = AccessGroupFilter::new();
                (filter.system, filter.user, filter.identity) = (system, user, identity);
                ListAccessGroups::new(filter).into()
            }),
    ];
    let of_people = prop_oneof![
        selected().prop_map(|user| GetAcsUser::new(user).into()),
        selected().prop_map(|user| ListEntrancesOfUser::new(user).into()),
        named.prop_map(|name| GetUserIdentity::new(name).into()),
        identity().prop_map(|id| ListUsersOfIdentity::new(id).into()),
        identity().prop_map(|id| ListSystemsOfIdentity::new(id).into()),
        identity().prop_map(|id| ListEntrancesOfIdentity::new(id).into()),
    ];
    let of_places = prop_oneof![
        Just(GetWorkspace::new().into()),
        system().prop_map(|id| GetAcsSystem::new(id).into()),
        search().prop_map(|search| {
            let mut filter = AcsSystemFilter::new();
            filter.search = search;
            ListAcsSystems::new(filter).into()
        }),
        entrance().prop_map(|id| GetEntrance::new(id).into()),
    ];
    prop_oneof![
        4 => of_groups,
        6 => of_people,
        4 => of_places,
        6 => users(),
        3 => identities(),
        3 => entrances(),
    ]
}

fn users() -> impl Strategy<Value = Operation> {
    let contact = |texts: &'static [&str]| option::of(option::of(text(texts)));
    let conditions = (
        option::of(system()),
        option::of(identity()),
        contact(EMAILS),
        contact(PHONES),
        search(),
        option::of(second()),
    );
    (conditions, page()).prop_map(|((system, identity, email, phone, search, before), page)| {
        let mut filter = AcsUserFilter::new();
        (filter.system, filter.identity) = (system, identity);
        (filter.identity_email_address, filter.identity_phone_number) = (email, phone);
        (filter.search, filter.created_before) = (search, before);
        ListAcsUsers::new(filter, page).into()
    })
}

fn identities() -> impl Strategy<Value = Operation> {
    let among = option::of(proptest::collection::vec(identity(), 0..4));
    (among, search(), option::of(second()), page()).prop_map(|(among, search, before, page)| {
        let mut filter = UserIdentityFilter::new();
        (filter.identities, filter.search, filter.created_before) = (among, search, before);
        ListUserIdentities::new(filter, page).into()
    })
}

fn entrances() -> impl Strategy<Value = Operation> {
    let among = option::of(proptest::collection::vec(entrance(), 0..4));
    (option::of(system()), among, search(), page()).prop_map(|(system, among, search, page)| {
        let mut filter = EntranceFilter::new();
        (filter.system, filter.entrances, filter.search) = (system, among, search);
        ListEntrances::new(filter, page).into()
    })
}

fn page() -> impl Strategy<Value = PageRequest> {
    let limit = prop_oneof![Just(None), (1..4_u32).prop_map(NonZeroU32::new)];
    limit.prop_map(|limit| {
        let mut page = PageRequest::first();
        page.limit = limit;
        page
    })
}

fn search() -> impl Strategy<Value = Option<SearchText>> {
    const TEXTS: &[&str] = &["a", "ADA", "bob", "example", "00000", "1"];
    option::of(select(TEXTS).prop_map(|text| text.parse().expect("a search")))
}
