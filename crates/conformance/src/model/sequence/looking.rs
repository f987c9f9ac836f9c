//! Lists by what there is: of random conditions, most show nothing.

use std::time::Duration;

use super::{
    returns::{is_asked_for, is_searched},
    *,
};

impl Known {
    /// A list with a condition that some row meets, or just fails.
    pub(super) fn looking(&self) -> BoxedStrategy<Operation> {
        let lists = [
            lists_of_users(&self.scene.oracle),
            lists_of_groups(&self.scene.oracle),
            lists_of_entrances(&self.scene.oracle),
            lists_of_identities(&self.scene.oracle),
            lists_by_contact(&self.scene.oracle),
            lists_of_systems(&self.scene.oracle),
        ];
        let lists: Vec<_> = lists
            .into_iter()
            .filter(|lists| !lists.is_empty())
            .collect();
        if lists.is_empty() {
            return Just(ListAcsSystems::new(AcsSystemFilter::new()).into()).boxed();
        }
        select(lists).prop_flat_map(select).boxed()
    }
}

fn lists_of_users(oracle: &Oracle) -> Vec<Operation> {
    let mut calls = Vec::new();
    for user in oracle.users.values() {
        calls.extend(is_searched([&user.full_name, &user.email, &user.phone]));
        let mut filter = AcsUserFilter::new().in_system(user.system);
        filter.created_before = Some(user.created_at);
        calls.push(ListAcsUsers::new(filter, two_rows()).into());
        if let Some(identity) = user.identity {
            let mut filter = AcsUserFilter::new();
            filter.identity = Some(identity);
            calls.push(ListAcsUsers::new(filter, two_rows()).into());
        }
    }
    calls
}

fn lists_of_groups(oracle: &Oracle) -> Vec<Operation> {
    let mut calls = Vec::new();
    for (user, _) in &oracle.members {
        let of_user = AccessGroupFilter::new().of_user(*user);
        calls.push(ListAccessGroups::new(of_user).into());
        if let Some(identity) = oracle.users.get(user).and_then(|user| user.identity) {
            let of_identity = AccessGroupFilter::new().of_identity(identity);
            calls.push(ListAccessGroups::new(of_identity).into());
        }
    }
    calls
}

fn lists_of_entrances(oracle: &Oracle) -> Vec<Operation> {
    let mut calls = Vec::new();
    for entrance in oracle.entrances.values() {
        let mut filters = vec![EntranceFilter::new().in_system(entrance.system)];
        if let Ok(text) = entrance.name.parse() {
            filters.push(EntranceFilter::new().matching(text));
        }
        let mut among = EntranceFilter::new();
        among.entrances = Some(vec![entrance.id]);
        filters.push(among);
        calls.extend(
            filters
                .into_iter()
                .map(|filter| ListEntrances::new(filter, one_row()).into()),
        );
    }
    calls
}

fn lists_of_identities(oracle: &Oracle) -> Vec<Operation> {
    let mut calls = Vec::new();
    for identity in oracle.identities.values() {
        let later = identity.created_at + Duration::from_secs(1);
        for before in [identity.created_at, later] {
            let mut filter = UserIdentityFilter::new();
            filter.created_before = Some(before);
            calls.push(ListUserIdentities::new(filter, one_row()).into());
        }
        let all = UserIdentityFilter::new();
        calls.push(ListUserIdentities::new(all, one_row()).into());
    }
    calls
}

fn lists_by_contact(oracle: &Oracle) -> Vec<Operation> {
    let users = oracle.users.values().filter_map(|user| user.identity);
    let identities = users.filter_map(|identity| oracle.identities.get(&identity));
    identities
        .flat_map(|identity| is_asked_for(&identity.contact))
        .collect()
}

fn lists_of_systems(oracle: &Oracle) -> Vec<Operation> {
    let names = oracle.systems.values().map(|system| &system.name);
    let searches = names.filter_map(|name| name.parse::<SearchText>().ok());
    let lists = searches.map(|text| {
        let mut filter = AcsSystemFilter::new();
        filter.search = Some(text);
        ListAcsSystems::new(filter).into()
    });
    lists.collect()
}

fn one_row() -> PageRequest {
    PageRequest::first().with_limit(NonZeroU32::MIN)
}

fn two_rows() -> PageRequest {
    PageRequest::first().with_limit(NonZeroU32::MIN.saturating_add(1))
}
