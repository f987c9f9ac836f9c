//! Where an operation names something: the places in which another workspace's ids may stand.

use std::{
    fmt::{Debug, Display},
    iter,
    num::NonZeroU32,
    str::FromStr,
};

use access_groups_core::{
    self as op, AccessGroupFilter, AcsSystemFilter, AcsUserFilter, AcsUserSelector, AcsUserUpdate,
    EntranceFilter, NewAcsUser, NewUserIdentity, Operation, PageRequest, Position,
    UnmanagedAcsUserFilter, UserIdentityFilter, UserIdentitySelector, UserIdentityUpdate, UserRef,
};
use uuid::Uuid;

use crate::world::World;

/// One place of an operation that names something, and what is named there.
pub(crate) struct Place<'a> {
    pub(crate) label: &'static str,
    word: Box<dyn Word + 'a>,
}

impl Place<'_> {
    /// What is named there.
    pub(crate) fn text(&self) -> String {
        self.word.text()
    }

    /// Names what that world has instead.
    pub(crate) fn move_to(&mut self, world: World) {
        let text = world.own(&self.text());
        self.word.set(&text);
    }
}

/// Every place of the operation that names something.
///
/// A new operation, or a new field of one, does not compile before it is here. A new field of a
/// filter is found by the tests: every field is used by a request, and no request may hold a
/// word of a world that all its places have left.
pub(crate) fn places(operation: &mut Operation) -> Vec<Place<'_>> {
    let none = Places(Vec::new());
    let found = match operation {
        Operation::AddUser(op::AddUser { user, group })
        | Operation::RemoveUser(op::RemoveUser { user, group }) => {
            none.user_ref(user).at("group", group)
        }
        Operation::GetAccessGroup(op::GetAccessGroup { group })
        | Operation::ListUsersInGroup(op::ListUsersInGroup { group })
        | Operation::ListEntrancesOfGroup(op::ListEntrancesOfGroup { group })
        | Operation::DeleteAccessGroup(op::DeleteAccessGroup { group })
        | Operation::GetUnmanagedAccessGroup(op::GetUnmanagedAccessGroup { group }) => {
            none.at("group", group)
        }
        Operation::ListAccessGroups(op::ListAccessGroups { filter }) => none.group_filter(filter),
        Operation::CreateAcsUser(op::CreateAcsUser { user }) => none.new_user(user),
        Operation::GetAcsUser(op::GetAcsUser { user })
        | Operation::DeleteAcsUser(op::DeleteAcsUser { user })
        | Operation::SuspendAcsUser(op::SuspendAcsUser { user })
        | Operation::UnsuspendAcsUser(op::UnsuspendAcsUser { user })
        | Operation::ListEntrancesOfUser(op::ListEntrancesOfUser { user })
        | Operation::RevokeAccessToAllEntrances(op::RevokeAccessToAllEntrances { user }) => {
            none.selector(user)
        }
        Operation::ListAcsUsers(op::ListAcsUsers { filter, page }) => {
            none.cursor(page, filter).user_filter(filter)
        }
        Operation::UpdateAcsUser(op::UpdateAcsUser { user, update }) => {
            none.selector(user).user_update(update)
        }
        Operation::GetWorkspace(op::GetWorkspace {}) => none,
        Operation::GetAcsSystem(op::GetAcsSystem { system }) => none.at("system", system),
        Operation::ListAcsSystems(op::ListAcsSystems { filter }) => none.system_filter(filter),
        Operation::GetEntrance(op::GetEntrance { entrance }) => none.at("entrance", entrance),
        Operation::ListEntrances(op::ListEntrances { filter, page }) => {
            none.cursor(page, filter).entrance_filter(filter)
        }
        Operation::GrantAccess(op::GrantAccess { user, entrance }) => {
            none.user_ref(user).at("entrance", entrance)
        }
        Operation::CreateUserIdentity(op::CreateUserIdentity { identity }) => {
            none.new_identity(identity)
        }
        Operation::GetUserIdentity(op::GetUserIdentity { identity }) => {
            none.identity_selector(identity)
        }
        Operation::ListUserIdentities(op::ListUserIdentities { filter, page }) => {
            none.cursor(page, filter).identity_filter(filter)
        }
        Operation::UpdateUserIdentity(op::UpdateUserIdentity { identity, update }) => {
            none.at("identity", identity).identity_update(update)
        }
        Operation::DeleteUserIdentity(op::DeleteUserIdentity { identity })
        | Operation::ListUsersOfIdentity(op::ListUsersOfIdentity { identity })
        | Operation::ListSystemsOfIdentity(op::ListSystemsOfIdentity { identity })
        | Operation::ListEntrancesOfIdentity(op::ListEntrancesOfIdentity { identity }) => {
            none.at("identity", identity)
        }
        Operation::LinkAcsUser(op::LinkAcsUser { user, identity }) => {
            none.at("user", user).identity_selector(identity)
        }
        Operation::UnlinkAcsUser(op::UnlinkAcsUser { user, identity }) => {
            none.at("user", user).at("identity", identity)
        }
        Operation::ListUnmanagedAccessGroups(op::ListUnmanagedAccessGroups {
            system,
            user,
            search,
        }) => none
            .if_any("system", system)
            .if_any("user", user)
            .if_any("search", search),
        Operation::GetUnmanagedAcsUser(op::GetUnmanagedAcsUser { user }) => none.at("user", user),
        Operation::ListUnmanagedAcsUsers(op::ListUnmanagedAcsUsers { filter }) => {
            none.unmanaged_filter(filter)
        }
    };
    found.0
}

struct Places<'a>(Vec<Place<'a>>);

impl<'a> Places<'a> {
    fn at<T: Display + FromStr>(self, label: &'static str, named: &'a mut T) -> Self {
        self.with(label, named)
    }

    fn if_any<T: Display + FromStr>(self, label: &'static str, named: &'a mut Option<T>) -> Self {
        named.iter_mut().fold(self, |all, it| all.with(label, it))
    }

    fn each<T: Display + FromStr>(self, label: &'static str, named: &'a mut [T]) -> Self {
        named.iter_mut().fold(self, |all, it| all.with(label, it))
    }

    fn user_ref(self, user: &'a mut UserRef) -> Self {
        match user {
            UserRef::AcsUser(id) => self.at("user", id),
            UserRef::Identity(id) => self.at("identity", id),
        }
    }

    fn selector(self, user: &'a mut AcsUserSelector) -> Self {
        match user {
            AcsUserSelector::Id(id) => self.at("user", id),
            AcsUserSelector::Identity { identity, system } => {
                self.at("identity", identity).at("system", system)
            }
        }
    }

    fn identity_selector(self, identity: &'a mut UserIdentitySelector) -> Self {
        match identity {
            UserIdentitySelector::Id(id) => self.at("identity", id),
            UserIdentitySelector::Key(key) => self.at("key", key),
        }
    }

    fn group_filter(self, filter: &'a mut AccessGroupFilter) -> Self {
        self.if_any("filter.system", &mut filter.system)
            .if_any("filter.user", &mut filter.user)
            .if_any("filter.identity", &mut filter.identity)
            .if_any("filter.search", &mut filter.search)
    }

    fn user_filter(self, filter: &'a mut AcsUserFilter) -> Self {
        let email = filter.identity_email_address.iter_mut().flatten();
        let phone = filter.identity_phone_number.iter_mut().flatten();
        let all = email.fold(self, |all, it| all.at("filter.email", it));
        phone
            .fold(all, |all, it| all.at("filter.phone", it))
            .if_any("filter.system", &mut filter.system)
            .if_any("filter.identity", &mut filter.identity)
            .if_any("filter.search", &mut filter.search)
    }

    fn unmanaged_filter(self, filter: &'a mut UnmanagedAcsUserFilter) -> Self {
        self.if_any("filter.system", &mut filter.system)
            .if_any("filter.identity", &mut filter.identity)
            .if_any("filter.email", &mut filter.identity_email_address)
            .if_any("filter.phone", &mut filter.identity_phone_number)
            .if_any("filter.search", &mut filter.search)
    }

    fn system_filter(self, filter: &'a mut AcsSystemFilter) -> Self {
        self.if_any("filter.account", &mut filter.connected_account)
            .if_any("filter.customer", &mut filter.customer_key)
            .if_any("filter.search", &mut filter.search)
    }

    fn entrance_filter(self, filter: &'a mut EntranceFilter) -> Self {
        self.if_any("filter.system", &mut filter.system)
            .each(
                "filter.entrances",
                filter.entrances.as_deref_mut().unwrap_or_default(),
            )
            .if_any("filter.account", &mut filter.connected_account)
            .if_any("filter.space", &mut filter.space)
            .if_any("filter.location", &mut filter.location)
            .if_any("filter.credential", &mut filter.credential)
            .if_any("filter.access_method", &mut filter.access_method)
            .if_any("filter.customer", &mut filter.customer_key)
            .if_any("filter.search", &mut filter.search)
    }

    fn identity_filter(self, filter: &'a mut UserIdentityFilter) -> Self {
        self.each(
            "filter.identities",
            filter.identities.as_deref_mut().unwrap_or_default(),
        )
        .if_any("filter.credential_manager", &mut filter.credential_manager)
        .if_any("filter.search", &mut filter.search)
    }

    fn new_user(self, user: &'a mut NewAcsUser) -> Self {
        self.at("new.system", &mut user.system)
            .if_any("new.identity", &mut user.identity)
            .each("new.groups", &mut user.groups)
    }

    fn user_update(self, update: &'a mut AcsUserUpdate) -> Self {
        let AcsUserUpdate {
            hid_acs_system,
            // Texts and times for the user, which name nothing.
            full_name: _,
            email_address: _,
            phone_number: _,
            access_schedule: _,
        } = update;
        self.if_any("update.hid_system", hid_acs_system)
    }

    fn new_identity(self, identity: &'a mut NewUserIdentity) -> Self {
        let NewUserIdentity {
            systems,
            // Texts for somebody new, which name nobody yet.
            key: _,
            full_name: _,
            email_address: _,
            phone_number: _,
        } = identity;
        self.each("new.systems", systems)
    }

    fn identity_update(self, update: &UserIdentityUpdate) -> Self {
        let UserIdentityUpdate {
            key: _,
            full_name: _,
            email_address: _,
            phone_number: _,
        } = update;
        self
    }

    fn cursor<F: Debug + Clone + 'a>(mut self, page: &'a mut PageRequest, filter: &F) -> Self {
        if page.cursor.is_some() {
            let question = filter.clone();
            self.0.push(Place {
                label: "cursor",
                word: Box::new(Cursor { page, question }),
            });
        }
        self
    }

    fn with<T: Display + FromStr>(mut self, label: &'static str, named: &'a mut T) -> Self {
        self.0.push(Place {
            label,
            word: Box::new(named),
        });
        self
    }
}

/// Something that names something.
trait Word {
    fn text(&self) -> String;
    fn set(&mut self, text: &str);
}

impl<T: Display + FromStr> Word for &mut T {
    fn text(&self) -> String {
        self.to_string()
    }

    fn set(&mut self, text: &str) {
        let parsed = text.parse().ok();
        **self = parsed.expect("a name of another world has the same form");
    }
}

/// A cursor names the last row of the page before.
struct Cursor<'a, F> {
    page: &'a mut PageRequest,
    question: F,
}

impl<F: Debug> Cursor<'_, F> {
    fn row(&self) -> Position {
        let start = self.page.start(&self.question).expect("a cursor of ours");
        start.expect("a page after the first")
    }
}

impl<F: Debug> Word for Cursor<'_, F> {
    fn text(&self) -> String {
        self.row().id.to_string()
    }

    fn set(&mut self, text: &str) {
        let id: Uuid = text.parse().expect("an id");
        let row = Position::new(self.row().created_at, id);
        *self.page = after(self.page.limit.expect("a limit"), &self.question, row);
    }
}

/// The page of this length after this row.
pub(crate) fn after(limit: NonZeroU32, question: &impl Debug, row: Position) -> PageRequest {
    let request = PageRequest::first().with_limit(limit);
    let page = request.cut(question, limit, iter::repeat(row), |row| *row);
    request.after(page.next.expect("there is always more"))
}
