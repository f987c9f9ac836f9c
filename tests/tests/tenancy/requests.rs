//! Requests for everything that a workspace has, in every way of naming it. Each one succeeds
//! for its owner, and for what it names, it has something to show or to do.

use std::num::NonZeroU32;

use access_groups_core::{
    AccessGroupFilter, AcsSystemFilter, AcsUserFilter, AcsUserSelector, AcsUserUpdate, AddUser,
    ClosedSchedule, CreateAcsUser, CreateUserIdentity, DeleteAccessGroup, DeleteAcsUser,
    DeleteUserIdentity, EntranceFilter, GetAccessGroup, GetAcsSystem, GetAcsUser, GetEntrance,
    GetUnmanagedAccessGroup, GetUnmanagedAcsUser, GetUserIdentity, GetWorkspace, GrantAccess,
    LinkAcsUser, ListAccessGroups, ListAcsSystems, ListAcsUsers, ListEntrances,
    ListEntrancesOfGroup, ListEntrancesOfIdentity, ListEntrancesOfUser, ListSystemsOfIdentity,
    ListUnmanagedAccessGroups, ListUnmanagedAcsUsers, ListUserIdentities, ListUsersInGroup,
    ListUsersOfIdentity, NewAcsUser, NewSchedule, NewUserIdentity, Operation, PageRequest, Patch,
    Position, RemoveUser, RevokeAccessToAllEntrances, SuspendAcsUser, Timestamp, UnlinkAcsUser,
    UnmanagedAcsUserFilter, UnsuspendAcsUser, UpdateAcsUser, UpdateUserIdentity,
    UserIdentityFilter, UserIdentitySelector, UserIdentityUpdate, UserRef,
};

use crate::{
    place::after,
    world::{NOW, World, email, key, phone},
};

/// All requests, about the first world.
pub(crate) fn all() -> Vec<Operation> {
    let own = Own(World::First);
    [
        own.memberships(),
        own.groups(),
        own.users(),
        own.changes_of_users(),
        own.directory(),
        own.identities(),
        own.changes_of_identities(),
        own.unmanaged(),
    ]
    .concat()
}

struct Own(World);

impl Own {
    fn memberships(&self) -> Vec<Operation> {
        let world = self.0;
        let (user, identity) = (
            |number| UserRef::from(world.user(number)),
            |number| UserRef::from(world.identity(number)),
        );
        let group = |number| world.group(number);
        let entrance = |number| world.entrance(number);
        let add = |user, number| {
            AddUser {
                user,
                group: group(number),
            }
            .into()
        };
        let remove = |user, number| {
            RemoveUser {
                user,
                group: group(number),
            }
            .into()
        };
        let grant = |user, number| {
            GrantAccess {
                user,
                entrance: entrance(number),
            }
            .into()
        };
        vec![
            add(user(2), 1),
            add(user(3), 3),
            add(identity(1), 2), // linked
            add(identity(3), 1), // to be linked to user 2
            add(identity(4), 1), // to become a new user
            remove(user(1), 1),
            remove(user(3), 3),
            remove(identity(1), 1),
            remove(identity(4), 1), // nobody there
            grant(user(1), 2),
            grant(user(3), 3),
            grant(identity(2), 2),
            grant(identity(4), 3), // to become a new user
        ]
    }

    fn groups(&self) -> Vec<Operation> {
        let world = self.0;
        let group = world.group(1);
        let list = |edit: fn(AccessGroupFilter, World) -> AccessGroupFilter| {
            let filter = edit(AccessGroupFilter::new(), world);
            ListAccessGroups { filter }.into()
        };
        vec![
            GetAccessGroup { group }.into(),
            ListUsersInGroup { group }.into(),
            ListEntrancesOfGroup { group }.into(),
            DeleteAccessGroup { group }.into(),
            list(|it, _| it),
            list(|it, world| it.in_system(world.system(1))),
            list(|it, world| it.of_user(world.user(1))),
            list(|it, world| it.of_identity(world.identity(1))),
            list(|it, world| it.matching(search(world.group(1)))),
            list(|it, world| it.matching(search(world.text("group-1")))),
            list(|it, world| {
                it.in_system(world.system(1))
                    .of_user(world.user(1))
                    .of_identity(world.identity(1))
                    .matching(search(world.group(2)))
            }),
        ]
    }

    fn users(&self) -> Vec<Operation> {
        let world = self.0;
        let list = |edit: fn(&mut AcsUserFilter, World)| {
            let mut filter = AcsUserFilter::new();
            edit(&mut filter, world);
            let page = PageRequest::first();
            ListAcsUsers { filter, page }.into()
        };
        let filter = AcsUserFilter::new().created_before(LATER);
        let page = after(TWO, &filter, row(1, world.user(1)));
        let mut all = vec![
            ListAcsUsers { filter, page }.into(),
            list(|_, _| ()),
            list(|it, world| it.system = Some(world.system(1))),
            list(|it, world| it.identity = Some(world.identity(1))),
            list(|it, world| it.identity_email_address = Some(Some(email(world, 11)))),
            list(|it, world| it.identity_phone_number = Some(Some(phone(world, 1)))),
            list(|it, world| it.search = Some(search(world.user(2)))),
            list(|it, world| it.search = Some(search(world.identity(1)))),
            list(|it, world| it.search = Some(search(email(world, 2)))),
            list(|it, world| {
                it.system = Some(world.system(1));
                it.identity = Some(world.identity(1));
                it.identity_email_address = Some(Some(email(world, 11)));
                it.identity_phone_number = Some(Some(phone(world, 1)));
                it.search = Some(search(world.user(1)));
                it.created_before = Some(LATER);
            }),
        ];
        for user in self.selectors() {
            all.push(GetAcsUser { user }.into());
            all.push(ListEntrancesOfUser { user }.into());
        }
        all
    }

    fn changes_of_users(&self) -> Vec<Operation> {
        let world = self.0;
        let plain = NewAcsUser::new(world.system(2), name("Somebody New"));
        let everything = NewAcsUser::new(world.system(1), name("Somebody New"))
            .with_email_address(address())
            .with_phone_number("+1 555 999")
            .with_identity(world.identity(4))
            .in_group(world.group(1))
            .in_group(world.group(2))
            .with_access_schedule(NewSchedule {
                starts_at: Some(NOW),
                ends_at: Some(LATER),
            });
        let mut all = vec![
            CreateAcsUser { user: plain }.into(),
            CreateAcsUser { user: everything }.into(),
        ];
        let update = AcsUserUpdate {
            full_name: Some(name("Somebody Else")),
            email_address: Some(address()),
            phone_number: Some("+1 555 999".into()),
            hid_acs_system: Some(world.system(2)),
            access_schedule: Patch::Set(ClosedSchedule {
                starts_at: NOW,
                ends_at: LATER,
            }),
        };
        for user in self.selectors() {
            let update = update.clone();
            all.push(UpdateAcsUser { user, update }.into());
            all.push(DeleteAcsUser { user }.into());
            all.push(SuspendAcsUser { user }.into());
            all.push(UnsuspendAcsUser { user }.into());
            all.push(RevokeAccessToAllEntrances { user }.into());
        }
        all
    }

    fn directory(&self) -> Vec<Operation> {
        let world = self.0;
        let systems = |edit: fn(&mut AcsSystemFilter, World)| {
            let mut filter = AcsSystemFilter::new();
            edit(&mut filter, world);
            ListAcsSystems { filter }.into()
        };
        let entrances = |edit: fn(&mut EntranceFilter, World)| {
            let mut filter = EntranceFilter::new();
            edit(&mut filter, world);
            let page = PageRequest::first();
            ListEntrances { filter, page }.into()
        };
        let filter = EntranceFilter::new();
        let page = after(TWO, &filter, row(1, world.entrance(1)));
        let (system, entrance) = (world.system(1), world.entrance(1));
        vec![
            GetWorkspace {}.into(),
            GetAcsSystem { system }.into(),
            systems(|_, _| ()),
            systems(|it, world| it.connected_account = Some(world.account(1))),
            systems(|it, world| it.customer_key = world.text("customer").parse().ok()),
            systems(|it, world| it.search = Some(search(world.system(1)))),
            systems(|it, world| it.search = Some(search(world.text("system-1")))),
            GetEntrance { entrance }.into(),
            ListEntrances { filter, page }.into(),
            entrances(|_, _| ()),
            entrances(|it, world| it.system = Some(world.system(1))),
            entrances(|it, world| it.entrances = Some(vec![world.entrance(1)])),
            entrances(|it, world| {
                it.entrances = Some(vec![world.entrance(3), world.entrance(2)]);
            }),
            entrances(|it, world| it.connected_account = Some(world.account(1))),
            entrances(|it, world| it.space = Some(world.space(1))),
            entrances(|it, world| it.location = Some(world.id_of_nothing())),
            entrances(|it, world| it.credential = Some(world.id_of_nothing())),
            entrances(|it, world| it.access_method = Some(world.id_of_nothing())),
            entrances(|it, world| it.customer_key = world.text("customer").parse().ok()),
            entrances(|it, world| it.search = Some(search(world.text("entrance-1")))),
            entrances(|it, world| {
                it.system = Some(world.system(1));
                it.entrances = Some(vec![world.entrance(1), world.entrance(2)]);
                it.connected_account = Some(world.account(1));
                it.space = Some(world.space(1));
            }),
        ]
    }

    fn identities(&self) -> Vec<Operation> {
        let world = self.0;
        let list = |edit: fn(&mut UserIdentityFilter, World)| {
            let mut filter = UserIdentityFilter::new();
            edit(&mut filter, world);
            let page = PageRequest::first();
            ListUserIdentities { filter, page }.into()
        };
        let filter = UserIdentityFilter::new();
        let page = after(TWO, &filter, row(1, world.identity(1)));
        let identity = world.identity(1);
        vec![
            ListUserIdentities { filter, page }.into(),
            list(|_, _| ()),
            list(|it, world| it.identities = Some(vec![world.identity(1)])),
            list(|it, world| it.identities = Some(vec![world.identity(4), world.identity(2)])),
            list(|it, world| it.credential_manager = Some(world.system(1))),
            list(|it, world| it.search = Some(search(world.identity(1)))),
            list(|it, world| it.search = Some(search(email(world, 11)))),
            list(|it, world| {
                it.identities = Some(vec![world.identity(1), world.identity(2)]);
                it.search = Some(search(world.identity(2)));
                it.created_before = Some(LATER);
            }),
            ListUsersOfIdentity { identity }.into(),
            ListSystemsOfIdentity { identity }.into(),
            ListEntrancesOfIdentity { identity }.into(),
            GetUserIdentity {
                identity: identity.into(),
            }
            .into(),
            GetUserIdentity {
                identity: self.by_key(1),
            }
            .into(),
        ]
    }

    fn changes_of_identities(&self) -> Vec<Operation> {
        let world = self.0;
        let (identity, user) = (world.identity(1), world.user(2));
        let new = NewUserIdentity {
            key: "a-new-key".parse().ok(),
            full_name: Some(name("Somebody New")),
            email_address: Some(address()),
            phone_number: Some("+1 555 999".into()),
            systems: vec![world.system(1), world.system(2)],
        };
        let update = UserIdentityUpdate {
            key: Patch::Set("a-new-key".parse().expect("a key")),
            full_name: Patch::Set(name("Somebody Else")),
            email_address: Patch::Set(address()),
            phone_number: Patch::Clear,
        };
        let link = |user, identity| LinkAcsUser { user, identity }.into();
        vec![
            CreateUserIdentity { identity: new }.into(),
            UpdateUserIdentity { identity, update }.into(),
            DeleteUserIdentity { identity }.into(),
            link(user, world.identity(4).into()),
            link(user, self.by_key(4)),
            link(world.user(1), self.by_key(1)), // linked already
            UnlinkAcsUser {
                user: world.user(1),
                identity,
            }
            .into(),
            UnlinkAcsUser { user, identity }.into(), // not linked
        ]
    }

    /// Nothing is: the lists are empty, and one by one, even the owner's are not found.
    fn unmanaged(&self) -> Vec<Operation> {
        let world = self.0;
        let mut filter = UnmanagedAcsUserFilter::default();
        filter.system = Some(world.system(1));
        filter.identity = Some(world.identity(1));
        filter.identity_email_address = Some(email(world, 11));
        filter.identity_phone_number = Some(phone(world, 1));
        filter.search = Some(search(world.user(1)));
        filter.limit = Some(TWO);
        let groups = ListUnmanagedAccessGroups {
            system: Some(world.system(1)),
            user: Some(world.user(1)),
            search: Some(search(world.group(1))),
        };
        let (group, user) = (world.group(1), world.user(1));
        vec![
            groups.into(),
            ListUnmanagedAcsUsers { filter }.into(),
            GetUnmanagedAccessGroup { group }.into(),
            GetUnmanagedAcsUser { user }.into(),
        ]
    }

    /// User 1 in both ways, and user 3, whose identity has a user in system 1, too.
    fn selectors(&self) -> [AcsUserSelector; 3] {
        let world = self.0;
        [
            world.user(1).into(),
            AcsUserSelector::of(world.identity(1), world.system(1)),
            AcsUserSelector::of(world.identity(1), world.system(2)),
        ]
    }

    fn by_key(&self, number: u16) -> UserIdentitySelector {
        UserIdentitySelector::Key(key(self.0, number).parse().expect("a key"))
    }
}

fn search(text: impl ToString) -> access_groups_core::SearchText {
    text.to_string().parse().expect("a text to search for")
}

fn name(text: &str) -> access_groups_core::PersonName {
    text.parse().expect("a name")
}

/// Nobody has it in any world.
fn address() -> access_groups_core::EmailAddress {
    "new@nobody.example".parse().expect("an address")
}

fn row(number: u32, id: impl Into<uuid::Uuid>) -> Position {
    Position::new(Timestamp::from_unix_seconds(1_000 * number), id)
}

/// As long as a page has to be to hold a row of each world, where both can be seen.
const TWO: NonZeroU32 = NonZeroU32::new(2).expect("not zero");

/// After everything that happens.
const LATER: Timestamp = Timestamp::from_unix_seconds(2_000_000);
