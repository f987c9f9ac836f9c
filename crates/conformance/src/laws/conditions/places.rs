//! Conditions on systems, groups and entrances.

use super::*;

type OfSystems = Condition<ListAcsSystems>;
type OfGroups = Condition<ListAccessGroups>;
type OfEntrances = Condition<ListEntrances>;

const ACCOUNTS: [ConnectedAccountId; 2] = [
    ConnectedAccountId::from_u128(0xacc1),
    ConnectedAccountId::from_u128(0xacc2),
];
const SPACES: [SpaceId; 2] = [SpaceId::from_u128(0x59ace1), SpaceId::from_u128(0x59ace2)];

pub(super) fn build_systems(site: &mut Site) {
    let names = ["North Tower", "South Tower", "North Hall", "South Hall"];
    for (number, name) in names.into_iter().enumerate() {
        site.system(name);
        site.systems[number].connected_account_id = pick(number >> 1, ACCOUNTS).to_string();
    }
}

/// Groups of two systems with users of two identities and entrances.
pub(super) fn build(site: &mut Site) {
    let systems = [0, 1].map(|number| site.systems[number].acs_system_id);
    for number in 0..24 {
        let place = number % 2;
        // A search by id finds the later ones only, so these differ otherwise than the first.
        let kind = if number < 16 { number } else { number ^ 5 };
        let group = site.group(systems[place], pick(kind >> 3, ["Gym", "Pool"]));
        for person in 0..2 {
            if kind & (2 << person) != 0 {
                let user = site.users[person * site.systems.len() + place].acs_user_id;
                site.members(group, &[user]);
            }
        }
    }
    for number in 0..32 {
        site.entrance(
            pick(number, systems),
            pick(number >> 3, ["Front Door", "Gate"]),
        );
        let entrance = &mut site.entrances[number];
        entrance.created_at = shuffled(number);
        entrance.connected_account_id = pick(number >> 1, ACCOUNTS).to_string();
        let spaces = pick(number >> 2, [&SPACES[..], &SPACES[1..]]);
        entrance.space_ids = spaces.iter().map(ToString::to_string).collect();
    }
}

pub(super) fn of_systems(site: &Site) -> Vec<OfSystems> {
    let id = site.systems[2].acs_system_id.to_string().to_uppercase();
    vec![
        system_account(ACCOUNTS[0]),
        system_account(ACCOUNTS[1]),
        system_account(NO_ACCOUNT),
        // No site has customers: an adapter that ignores the condition lists everything.
        OfSystems::new(
            "customer_key",
            |filter| filter.customer_key = "nobody's".parse().ok(),
            |_, _| false,
        ),
        system_search("NORTH"),
        system_search(&id),
        system_search("%"),
    ]
}

fn system_account(account: ConnectedAccountId) -> OfSystems {
    let set = move |filter: &mut AcsSystemFilter| filter.connected_account = Some(account);
    let account = account.to_string();
    OfSystems::new("connected_account", set, move |_, system| {
        system.connected_account_id == account
    })
}

fn system_search(text: &str) -> OfSystems {
    let asked = search(text);
    let set = move |filter: &mut AcsSystemFilter| filter.search = Some(asked.clone());
    let text = text.to_lowercase();
    OfSystems::new("search", set, move |_, system| {
        let id = system.acs_system_id.to_string();
        holds(&text, [Some(system.name.clone()), Some(id)])
    })
}

pub(super) fn of_groups(site: &Site) -> Vec<OfGroups> {
    let [main, west, hall] = [0, 1, 2].map(|number| site.systems[number].acs_system_id);
    let second = site.systems.len();
    let users = [0, second, 1].map(|number| site.users[number].acs_user_id);
    let [one, other] = [0, 1].map(|number| site.identities[number].user_identity_id);
    vec![
        group_system(main),
        group_system(west),
        group_system(hall),
        group_system(NO_SYSTEM),
        group_user(users[0]),
        group_user(users[1]),
        group_user(users[2]),
        group_user(NO_USER),
        group_identity(one),
        group_identity(other),
        group_identity(NO_IDENTITY),
        group_search("GYM"),
        group_search("60000000-0000-4000-8000-00000000001"),
        group_search("%"),
    ]
}

fn group_system(system: AcsSystemId) -> OfGroups {
    let set = move |filter: &mut AccessGroupFilter| filter.system = Some(system);
    OfGroups::new("system", set, move |_, group| group.acs_system_id == system)
}

fn group_user(user: AcsUserId) -> OfGroups {
    let set = move |filter: &mut AccessGroupFilter| filter.user = Some(user);
    OfGroups::new("user", set, move |site, group| {
        let membership = (user, group.acs_access_group_id);
        site.memberships.contains(&membership)
    })
}

fn group_identity(identity: UserIdentityId) -> OfGroups {
    let set = move |filter: &mut AccessGroupFilter| filter.identity = Some(identity);
    let identity = Some(identity.to_string());
    OfGroups::new("identity", set, move |site, group| {
        let linked = site
            .users
            .iter()
            .filter(|user| user.user_identity_id == identity);
        let memberships = linked.map(|user| (user.acs_user_id, group.acs_access_group_id));
        memberships
            .into_iter()
            .any(|membership| site.memberships.contains(&membership))
    })
}

fn group_search(text: &str) -> OfGroups {
    let asked = search(text);
    let set = move |filter: &mut AccessGroupFilter| filter.search = Some(asked.clone());
    let text = text.to_lowercase();
    OfGroups::new("search", set, move |_, group| {
        let id = group.acs_access_group_id.to_string();
        holds(&text, [Some(group.name.clone()), Some(id)])
    })
}

pub(super) fn of_entrances(site: &Site) -> Vec<OfEntrances> {
    let [main, west] = [0, 1].map(|number| site.systems[number].acs_system_id);
    let last: Vec<_> = ids(&site.entrances).skip(16).collect();
    let few = vec![last[1], NO_ENTRANCE, last[14], last[0], last[1]];
    vec![
        entrance_system(main),
        entrance_system(west),
        entrance_system(NO_SYSTEM),
        entrances_among(last),
        entrances_among(few),
        entrances_among(vec![NO_ENTRANCE]),
        // None named is none listed; not naming any lists all.
        entrances_among(Vec::new()),
        entrance_account(ACCOUNTS[0]),
        entrance_account(ACCOUNTS[1]),
        entrance_account(NO_ACCOUNT),
        entrance_space(SPACES[0]),
        entrance_space(SPACES[1]),
        entrance_space(NO_SPACE),
        unmet("location", |filter| filter.location = Some(NO_LOCATION)),
        unmet("credential", |filter| {
            filter.credential = Some(NO_CREDENTIAL)
        }),
        unmet("access_method", |filter| {
            filter.access_method = Some(NO_METHOD)
        }),
        unmet("customer_key", |filter| {
            filter.customer_key = "nobody's".parse().ok()
        }),
        entrance_search("DOOR"),
        entrance_search("gate"),
        // Unlike groups and systems, they are not found by id.
        entrance_search("e0000000"),
        entrance_search("%"),
    ]
}

fn entrance_system(system: AcsSystemId) -> OfEntrances {
    let set = move |filter: &mut EntranceFilter| filter.system = Some(system);
    OfEntrances::new("system", set, move |_, entrance| {
        entrance.acs_system_id == system
    })
}

fn entrances_among(among: Vec<EntranceId>) -> OfEntrances {
    let asked = among.clone();
    OfEntrances::new(
        "entrances",
        move |filter| filter.entrances = Some(asked.clone()),
        move |_, entrance| among.contains(&entrance.acs_entrance_id),
    )
}

fn entrance_account(account: ConnectedAccountId) -> OfEntrances {
    let set = move |filter: &mut EntranceFilter| filter.connected_account = Some(account);
    let account = account.to_string();
    OfEntrances::new("connected_account", set, move |_, entrance| {
        entrance.connected_account_id == account
    })
}

fn entrance_space(space: SpaceId) -> OfEntrances {
    let set = move |filter: &mut EntranceFilter| filter.space = Some(space);
    let space = space.to_string();
    OfEntrances::new("space", set, move |_, entrance| {
        entrance.space_ids.contains(&space)
    })
}

/// The site has none of these: an adapter that ignores the condition lists everything.
fn unmet(field: &'static str, set: fn(&mut EntranceFilter)) -> OfEntrances {
    OfEntrances::new(field, set, |_, _| false)
}

fn entrance_search(text: &str) -> OfEntrances {
    let asked = search(text);
    let set = move |filter: &mut EntranceFilter| filter.search = Some(asked.clone());
    let text = text.to_lowercase();
    OfEntrances::new("search", set, move |_, entrance| {
        holds(&text, [Some(entrance.display_name.clone())])
    })
}

const NOBODY_S: u128 = 0xffff_ffff_ffff_4fff_8fff_ffff_ffff_ffff;
const NO_ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(NOBODY_S);
const NO_SPACE: SpaceId = SpaceId::from_u128(NOBODY_S);
const NO_LOCATION: LocationId = LocationId::from_u128(NOBODY_S);
const NO_CREDENTIAL: AcsCredentialId = AcsCredentialId::from_u128(NOBODY_S);
const NO_METHOD: AccessMethodId = AccessMethodId::from_u128(NOBODY_S);
