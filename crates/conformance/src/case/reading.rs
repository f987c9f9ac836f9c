//! What can be read of a site, and lists page by page.

use std::{fmt::Debug, num::NonZeroU32};

use access_groups_core::{
    AccessGroupFilter, AcsSystemFilter, AcsUser, AcsUserFilter, AcsUserId, Call, Entrance,
    EntranceFilter, EntranceId, Error, GetAcsSystem, GetAcsUser, GetEntrance, GetUserIdentity,
    ListAccessGroups, ListAcsSystems, ListAcsUsers, ListEntrances, ListEntrancesOfGroup,
    ListEntrancesOfIdentity, ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities,
    ListUsersInGroup, ListUsersOfIdentity, Operation, Page, PageRequest, PageWalk, Reply,
    UserIdentity, UserIdentityFilter, UserIdentityId,
};

use crate::Site;

/// Every read of a resource of the site, and every list of all resources.
pub(crate) fn questions(site: &Site) -> Vec<Operation> {
    let filter = AccessGroupFilter::new();
    let mut questions: Vec<Operation> = vec![ListAccessGroups::new(filter).into()];
    for group in &site.groups {
        let group = group.acs_access_group_id;
        questions.push(ListUsersInGroup::new(group).into());
        questions.push(ListEntrancesOfGroup::new(group).into());
    }
    let users = site.users.iter().map(|user| user.acs_user_id);
    questions.extend(users.flat_map(questions_on_user));
    let identities = site
        .identities
        .iter()
        .map(|identity| identity.user_identity_id);
    questions.extend(identities.flat_map(questions_on_identity));
    for entrance in &site.entrances {
        questions.push(GetEntrance::new(entrance.acs_entrance_id).into());
    }
    for system in &site.systems {
        questions.push(GetAcsSystem::new(system.acs_system_id).into());
    }
    let filter = AcsSystemFilter::new();
    questions.push(ListAcsSystems::new(filter).into());
    questions.extend(lists());
    questions
}

pub(crate) fn questions_on_user(user: AcsUserId) -> [Operation; 3] {
    let filter = AccessGroupFilter::new().of_user(user);
    [
        ListAccessGroups::new(filter).into(),
        GetAcsUser::new(user).into(),
        ListEntrancesOfUser::new(user).into(),
    ]
}

pub(crate) fn questions_on_identity(identity: UserIdentityId) -> [Operation; 5] {
    let filter = AccessGroupFilter::new().of_identity(identity);
    [
        ListAccessGroups::new(filter).into(),
        GetUserIdentity::new(identity).into(),
        ListUsersOfIdentity::new(identity).into(),
        ListSystemsOfIdentity::new(identity).into(),
        ListEntrancesOfIdentity::new(identity).into(),
    ]
}

/// Every list that comes in pages.
fn lists() -> [Operation; 3] {
    let page = PageRequest::first;
    let users = ListAcsUsers::new(AcsUserFilter::new(), page());
    let entrances = ListEntrances::new(EntranceFilter::new(), page());
    let identities = ListUserIdentities::new(UserIdentityFilter::new(), page());
    [users.into(), entrances.into(), identities.into()]
}

/// More pages than any list of the kit can have.
// An adapter with an endless list must fail a law, not hang it.
const TOO_MANY: u32 = 1000;

/// A list that comes in pages.
pub(crate) trait InPages: Call<Reply = Page<Self::Row>> {
    type Row: Clone + Debug;
    type Id: Ord + Copy + Debug;

    /// The same list, for this page.
    fn on(&self, page: PageRequest) -> Self;

    fn limit(&self) -> Option<NonZeroU32>;

    fn id(row: &Self::Row) -> Self::Id;
}

/// One table of lists.
macro_rules! in_pages {
    ($($list:ident: $row:ident by $field:ident: $id:ident;)*) => {$(
        impl InPages for $list {
            type Row = $row;
            type Id = $id;

            fn on(&self, page: PageRequest) -> Self {
                Self::new(self.filter.clone(), page)
            }

            fn limit(&self) -> Option<NonZeroU32> {
                self.page.limit
            }

            fn id(row: &$row) -> $id {
                row.$field
            }
        }
    )*};
}

in_pages! {
    ListAcsUsers: AcsUser by acs_user_id: AcsUserId;
    ListEntrances: Entrance by acs_entrance_id: EntranceId;
    ListUserIdentities: UserIdentity by user_identity_id: UserIdentityId;
}

/// Every page of the list, each with at most this many rows.
pub(crate) fn walk<L: InPages>(
    ask: impl Fn(Operation) -> Result<Reply, Error>,
    list: &L,
    limit: Option<NonZeroU32>,
) -> Result<Vec<Vec<L::Row>>, Error> {
    let mut walk = PageWalk::new().with_max_pages(TOO_MANY);
    if let Some(limit) = limit {
        walk = walk.with_limit(limit);
    }
    let mut pages = Vec::new();
    while let Some(request) = walk.request() {
        let reply = ask(list.on(request).into())?;
        let page = L::reply(reply)?;
        walk.advance(&page)?;
        pages.push(page.items);
    }
    Ok(pages)
}

/// The answer to the call; of a list that comes in pages, all pages in one.
pub(crate) fn whole(
    ask: impl Fn(Operation) -> Result<Reply, Error>,
    operation: Operation,
) -> Result<Reply, Error> {
    if let Operation::ListAcsUsers(list) = &operation {
        rows(ask, list)
    } else if let Operation::ListEntrances(list) = &operation {
        rows(ask, list)
    } else if let Operation::ListUserIdentities(list) = &operation {
        rows(ask, list)
    } else {
        ask(operation)
    }
}

fn rows<L: InPages>(
    ask: impl Fn(Operation) -> Result<Reply, Error>,
    list: &L,
) -> Result<Reply, Error> {
    let pages = walk(ask, list, list.limit())?;
    Ok(L::answer(Page::only(pages.concat())))
}
