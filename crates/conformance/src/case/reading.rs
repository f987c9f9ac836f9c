//! What can be read of a site, and lists page by page.

use std::{fmt::Debug, num::NonZeroU32};

// It reads everything that the port shows.
use access_groups_core::*;
use serde_json::{Value, json};

use crate::Site;

/// Every read of a resource of the site, and every list of all resources.
pub(crate) fn questions(site: &Site) -> Vec<Operation> {
    let mut questions = vec![ListAccessGroups::new(AccessGroupFilter::new()).into()];
    questions.extend(ids(&site.groups).flat_map(questions_on_group));
    questions.extend(ids(&site.users).flat_map(questions_on_user));
    questions.extend(ids(&site.identities).flat_map(questions_on_identity));
    questions.extend(ids(&site.entrances).map(|entrance| GetEntrance::new(entrance).into()));
    questions.extend(ids(&site.systems).map(|system| GetAcsSystem::new(system).into()));
    questions.push(ListAcsSystems::new(AcsSystemFilter::new()).into());
    questions.extend(lists());
    questions
}

pub(crate) fn questions_on_group(group: AccessGroupId) -> [Operation; 2] {
    [
        ListUsersInGroup::new(group).into(),
        ListEntrancesOfGroup::new(group).into(),
    ]
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
const TOO_MANY: u32 = 10_000;

/// A resource with an id of its own kind.
pub(crate) trait Resource {
    type Id: Ord + Copy + Debug;

    fn id(&self) -> Self::Id;

    /// All its fields.
    fn json(&self) -> Value;
}

pub(crate) fn ids<R: Resource>(resources: &[R]) -> impl Iterator<Item = R::Id> {
    resources.iter().map(R::id)
}

/// One table of resources.
macro_rules! resources {
    ($($resource:ident by $field:ident: $id:ident;)*) => {$(
        impl Resource for $resource {
            type Id = $id;

            fn id(&self) -> $id {
                self.$field
            }

            fn json(&self) -> Value {
                json!(self)
            }
        }
    )*};
}

resources! {
    AccessGroup by acs_access_group_id: AccessGroupId;
    AcsUser by acs_user_id: AcsUserId;
    AcsSystem by acs_system_id: AcsSystemId;
    Entrance by acs_entrance_id: EntranceId;
    UserIdentity by user_identity_id: UserIdentityId;
}

/// A list that comes in pages.
pub(crate) trait InPages: Call<Reply = Page<Self::Row>> {
    type Row: Resource<Id = Self::Id> + Clone + Debug;
    type Id: Ord + Copy + Debug;

    /// The same list, for this page.
    fn on(&self, page: PageRequest) -> Self;

    fn limit(&self) -> Option<NonZeroU32>;

    /// When the row was created.
    fn age(row: &Self::Row) -> Timestamp;
}

/// One table of lists.
macro_rules! in_pages {
    ($($list:ident of $row:ident;)*) => {$(
        impl InPages for $list {
            type Row = $row;
            type Id = <$row as Resource>::Id;

            fn on(&self, page: PageRequest) -> Self {
                Self::new(self.filter.clone(), page)
            }

            fn limit(&self) -> Option<NonZeroU32> {
                self.page.limit
            }

            fn age(row: &$row) -> Timestamp {
                row.created_at
            }
        }
    )*};
}

in_pages! {
    ListAcsUsers of AcsUser;
    ListEntrances of Entrance;
    ListUserIdentities of UserIdentity;
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
    // Each list has rows of its own type, so that no one arm serves all.
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
