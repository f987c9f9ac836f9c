//! What can be read of a site.

use access_groups_core::{
    AccessGroupFilter, AcsSystemFilter, AcsUserFilter, AcsUserId, EntranceFilter, GetAcsSystem,
    GetAcsUser, GetEntrance, GetUserIdentity, ListAccessGroups, ListAcsSystems, ListAcsUsers,
    ListEntrances, ListEntrancesOfGroup, ListEntrancesOfIdentity, ListEntrancesOfUser,
    ListSystemsOfIdentity, ListUserIdentities, ListUsersInGroup, ListUsersOfIdentity, Operation,
    PageRequest, UserIdentityFilter, UserIdentityId,
};

use crate::Site;

/// Every read of a thing of the site, and every listing of all things.
pub(crate) fn questions(site: &Site) -> Vec<Operation> {
    let filter = AccessGroupFilter::new();
    let mut questions: Vec<Operation> = vec![ListAccessGroups { filter }.into()];
    for it in &site.groups {
        let group = it.acs_access_group_id;
        questions.push(ListUsersInGroup { group }.into());
        questions.push(ListEntrancesOfGroup { group }.into());
    }
    let users = site.users.iter().map(|it| it.acs_user_id);
    questions.extend(users.flat_map(questions_on_user));
    let identities = site.identities.iter().map(|it| it.user_identity_id);
    questions.extend(identities.flat_map(questions_on_identity));
    for it in &site.entrances {
        let entrance = it.acs_entrance_id;
        questions.push(GetEntrance { entrance }.into());
    }
    for it in &site.systems {
        let system = it.acs_system_id;
        questions.push(GetAcsSystem { system }.into());
    }
    let filter = AcsSystemFilter::new();
    questions.push(ListAcsSystems { filter }.into());
    questions.extend(lists());
    questions
}

pub(crate) fn questions_on_user(user: AcsUserId) -> [Operation; 3] {
    let filter = AccessGroupFilter::new().of_user(user);
    let by_id = user.into();
    [
        ListAccessGroups { filter }.into(),
        GetAcsUser { user: by_id }.into(),
        ListEntrancesOfUser { user: by_id }.into(),
    ]
}

pub(crate) fn questions_on_identity(identity: UserIdentityId) -> [Operation; 5] {
    let filter = AccessGroupFilter::new().of_identity(identity);
    let by_id = identity.into();
    [
        ListAccessGroups { filter }.into(),
        GetUserIdentity { identity: by_id }.into(),
        ListUsersOfIdentity { identity }.into(),
        ListSystemsOfIdentity { identity }.into(),
        ListEntrancesOfIdentity { identity }.into(),
    ]
}

/// All that comes in pages.
fn lists() -> [Operation; 3] {
    let page = PageRequest::first;
    let users = ListAcsUsers {
        filter: AcsUserFilter::new(),
        page: page(),
    };
    let entrances = ListEntrances {
        filter: EntranceFilter::new(),
        page: page(),
    };
    let identities = ListUserIdentities {
        filter: UserIdentityFilter::new(),
        page: page(),
    };
    [users.into(), entrances.into(), identities.into()]
}
