//! Operations and replies, changed by kind instead of one by one.

use access_groups_core::*;
use access_groups_in_memory::State;

/// A resource in a list.
pub(super) trait Row: Clone {
    fn position(&self) -> Position;

    fn subject(&self) -> Subject;
}

macro_rules! rows {
    ($($resource:ident by $id:ident;)*) => {$(
        impl Row for $resource {
            fn position(&self) -> Position {
                Position::new(self.created_at, self.$id)
            }

            fn subject(&self) -> Subject {
                self.$id.into()
            }
        }
    )*};
}

rows! {
    AccessGroup by acs_access_group_id;
    AcsUser by acs_user_id;
    Entrance by acs_entrance_id;
    AcsSystem by acs_system_id;
    UserIdentity by user_identity_id;
}

macro_rules! replies {
    ($($operation:ident)*) => {
        /// The reply to the operation with this content.
        pub(super) fn reply(operation: &Operation, content: Content) -> Reply {
            match operation {
                $(Operation::$operation(_) => $operation::answer(
                    content.try_into().expect("the content is that of the operation")
                ),)*
            }
        }
    };
}

replies! {
    AddUser RemoveUser GetAccessGroup ListAccessGroups ListUsersInGroup ListEntrancesOfGroup
    DeleteAccessGroup CreateAccessGroup UpdateAccessGroup CreateAcsUser GetAcsUser ListAcsUsers
    UpdateAcsUser DeleteAcsUser SuspendAcsUser UnsuspendAcsUser ListEntrancesOfUser GrantAccess
    RevokeAccessToAllEntrances RevokeAccess GetWorkspace GetAcsSystem ListAcsSystems GetEntrance
    ListEntrances CreateAcsSystem UpdateAcsSystem DeleteAcsSystem CreateEntrance UpdateEntrance
    DeleteEntrance CreateUserIdentity GetUserIdentity ListUserIdentities UpdateUserIdentity
    DeleteUserIdentity LinkAcsUser UnlinkAcsUser ListUsersOfIdentity ListSystemsOfIdentity
    ListEntrancesOfIdentity
}

/// The reply with its content changed.
pub(super) fn edited(
    operation: &Operation,
    answer: Reply,
    change: impl FnOnce(&mut Content),
) -> Reply {
    let mut content = answer.content().clone();
    change(&mut content);
    reply(operation, content)
}

/// Does the same to the rows of a list of any kind.
macro_rules! on_rows {
    ($content:expr, $rows:ident => $done:expr, else $nothing:expr) => {
        match $content {
            Content::AccessGroups($rows) => $done,
            Content::AcsUsers($rows) => $done,
            Content::AcsUserPage(Page { items: $rows, .. }) => $done,
            Content::Entrances($rows) => $done,
            Content::EntrancePage(Page { items: $rows, .. }) => $done,
            Content::AcsSystems($rows) => $done,
            Content::UserIdentityPage(Page { items: $rows, .. }) => $done,
            _ => $nothing,
        }
    };
}
pub(super) use on_rows;

/// Does the same to the rows of two lists of one kind.
macro_rules! on_both {
    ($one:expr, $other:expr, $rows:ident, $more:ident => $done:expr) => {
        match ($one, $other) {
            (Content::AccessGroups($rows), Content::AccessGroups($more)) => $done,
            (Content::AcsUsers($rows), Content::AcsUsers($more)) => $done,
            (
                Content::AcsUserPage(Page { items: $rows, .. }),
                Content::AcsUserPage(Page { items: $more, .. }),
            ) => $done,
            (Content::Entrances($rows), Content::Entrances($more)) => $done,
            (
                Content::EntrancePage(Page { items: $rows, .. }),
                Content::EntrancePage(Page { items: $more, .. }),
            ) => $done,
            (Content::AcsSystems($rows), Content::AcsSystems($more)) => $done,
            (
                Content::UserIdentityPage(Page { items: $rows, .. }),
                Content::UserIdentityPage(Page { items: $more, .. }),
            ) => $done,
            _ => {}
        }
    };
}

/// Adds the rows that are not there yet and pass.
pub(super) fn join(
    content: &mut Content,
    other: &Content,
    mut passes: impl FnMut(Subject) -> bool,
) {
    on_both!(content, other, rows, more => {
        for row in more {
            let subject = row.subject();
            if !rows.iter().any(|known| known.subject() == subject) && passes(subject) {
                rows.push(row.clone());
            }
        }
        rows.sort_by_key(Row::position);
    });
}

pub(super) fn positions(content: &Content) -> Vec<Position> {
    on_rows!(content, rows => rows.iter().map(Row::position).collect(), else Vec::new())
}

pub(super) fn page_of(operation: &mut Operation) -> Option<&mut PageRequest> {
    match operation {
        Operation::ListAcsUsers(op) => Some(&mut op.page),
        Operation::ListEntrances(op) => Some(&mut op.page),
        Operation::ListUserIdentities(op) => Some(&mut op.page),
        _ => None,
    }
}

/// Whether there is such a thing.
pub(super) fn is_known(state: &State, subject: Subject) -> bool {
    match subject {
        Subject::AcsUser(id) => state.acs_user(id).is_ok(),
        Subject::AccessGroup(id) => state.access_group(id).is_ok(),
        Subject::Entrance(id) => state.entrance(id).is_ok(),
        Subject::AcsSystem(id) => state.acs_system(id).is_ok(),
        Subject::UserIdentity(id) => state.user_identity(id).is_ok(),
        _ => false,
    }
}

/// The answer to a question with the rows of all pages, whichever page was asked for.
pub(super) fn whole(state: &State, operation: &Operation) -> Result<Reply, Error> {
    let mut asked = operation.clone();
    if let Some(page) = page_of(&mut asked) {
        *page = PageRequest::first().with_limit(PageRequest::MAX_LIMIT);
    }
    let ask = |asked: &Operation| state.answer(asked).expect("a question is answered");
    let first = ask(&asked)?;
    let mut content = first.content().clone();
    while let Some(cursor) = take_next(&mut content) {
        if let Some(page) = page_of(&mut asked) {
            page.cursor = Some(cursor);
        }
        let more = ask(&asked)?.content().clone();
        on_both!(&mut content, &more, rows, more => rows.extend(more.iter().cloned()));
        set_next(&mut content, next_of(&more));
    }
    Ok(reply(operation, content))
}

fn next_of(content: &Content) -> Option<PageCursor> {
    match content {
        Content::AcsUserPage(page) => page.next.clone(),
        Content::EntrancePage(page) => page.next.clone(),
        Content::UserIdentityPage(page) => page.next.clone(),
        _ => None,
    }
}

pub(super) fn set_next(content: &mut Content, next: Option<PageCursor>) {
    match content {
        Content::AcsUserPage(page) => page.next = next,
        Content::EntrancePage(page) => page.next = next,
        Content::UserIdentityPage(page) => page.next = next,
        _ => {}
    }
}

fn take_next(content: &mut Content) -> Option<PageCursor> {
    let next = next_of(content);
    set_next(content, None);
    next
}

/// The users in an answer.
pub(super) fn users(content: &mut Content) -> &mut [AcsUser] {
    match content {
        Content::AcsUser(user) => std::slice::from_mut(user),
        Content::AcsUsers(users) => users,
        Content::AcsUserPage(page) => &mut page.items,
        _ => &mut [],
    }
}

/// The groups in an answer.
pub(super) fn groups(content: &mut Content) -> &mut [AccessGroup] {
    match content {
        Content::AccessGroup(group) => std::slice::from_mut(group),
        Content::AccessGroups(groups) => groups,
        _ => &mut [],
    }
}

/// The entrances in an answer.
pub(super) fn entrances(content: &mut Content) -> &mut [Entrance] {
    match content {
        Content::Entrance(entrance) => std::slice::from_mut(entrance),
        Content::Entrances(entrances) => entrances,
        Content::EntrancePage(page) => &mut page.items,
        _ => &mut [],
    }
}

/// The systems in an answer.
pub(super) fn systems(content: &mut Content) -> &mut [AcsSystem] {
    match content {
        Content::AcsSystem(system) => std::slice::from_mut(system),
        Content::AcsSystems(systems) => systems,
        _ => &mut [],
    }
}

/// The identities in an answer.
pub(super) fn identities(content: &mut Content) -> &mut [UserIdentity] {
    match content {
        Content::UserIdentity(identity) => std::slice::from_mut(identity),
        Content::UserIdentityPage(page) => &mut page.items,
        _ => &mut [],
    }
}
