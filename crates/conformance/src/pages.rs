//! Lists that come in pages, walked from the first to the last.

use std::{fmt::Debug, num::NonZeroU32};

use access_groups_core::{
    AcsUser, AcsUserId, Call, Entrance, EntranceId, Error, ListAcsUsers, ListEntrances,
    ListUserIdentities, Operation, Page, PageRequest, PageWalk, Reply, UserIdentity,
    UserIdentityId,
};

/// More pages than any list of the kit can have.
const TOO_MANY: u32 = 1000;

/// A list that comes in pages.
pub(crate) trait InPages: Call<Reply = Page<Self::Row>> {
    type Row: Clone + Debug;
    type Id: Ord + Copy + Debug;

    /// The same question, about this page of the answer.
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
                let filter = self.filter.clone();
                Self { filter, page }
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

/// Every page of the list, each with at most so many rows.
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
        let strange = || Error::internal("a list got another call's reply");
        let page = L::reply(reply).ok_or_else(strange)?;
        walk.advance(&page)?;
        pages.push(page.items);
    }
    Ok(pages)
}

/// The answer to the call; of a list that comes in pages, all of it.
pub(crate) fn whole(
    ask: impl Fn(Operation) -> Result<Reply, Error>,
    operation: Operation,
) -> Result<Reply, Error> {
    match &operation {
        Operation::ListAcsUsers(list) => rows(ask, list),
        Operation::ListEntrances(list) => rows(ask, list),
        Operation::ListUserIdentities(list) => rows(ask, list),
        _ => ask(operation),
    }
}

fn rows<L: InPages>(
    ask: impl Fn(Operation) -> Result<Reply, Error>,
    list: &L,
) -> Result<Reply, Error>
where
    Reply: From<Page<L::Row>>,
{
    let pages = walk(ask, list, list.limit())?;
    Ok(Page::only(pages.concat()).into())
}
