//! Operations on everything that a workspace has, with every kind of selector. Each one succeeds
//! for the owner, and finds something to show or to change.

use std::{iter, num::NonZeroU32};

use access_groups_core::{operation::*, *};
use serde::Serialize;

use crate::world::{NOW, World, email, key, phone};

/// All of them, about the first world.
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
    ]
    .concat()
}

struct Own(World);

impl Own {
    fn memberships(&self) -> Vec<Operation> {
        let world = self.0;
        let user = |number| UserRef::from(world.user(number));
        let identity = |number| UserRef::from(world.identity(number));
        let add = |user, number| AddUser::new(user, world.group(number)).into();
        let remove = |user, number| RemoveUser::new(user, world.group(number)).into();
        let grant = |user, number| GrantAccess::new(user, world.entrance(number)).into();
        vec![
            add(user(2), 1),
            add(user(3), 3),
            add(identity(1), 2), // linked
            add(identity(3), 1), // to be linked to user 2
            add(identity(4), 1), // to become a new user
            remove(user(1), 1),
            remove(user(3), 3),
            remove(identity(1), 1),
            remove(identity(4), 1), // without a user: changes nothing
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
            ListAccessGroups::new(edit(AccessGroupFilter::new(), world)).into()
        };
        vec![
            GetAccessGroup::new(group).into(),
            ListUsersInGroup::new(group).into(),
            ListEntrancesOfGroup::new(group).into(),
            DeleteAccessGroup::new(group).into(),
            list(|filter, _| filter),
            list(|filter, world| filter.in_system(world.system(1))),
            list(|filter, world| filter.of_user(world.user(1))),
            list(|filter, world| filter.of_identity(world.identity(1))),
            list(|filter, world| filter.matching(search(world.group(1)))),
            list(|filter, world| filter.matching(search(world.text("group-1")))),
            list(|filter, world| {
                filter
                    .in_system(world.system(1))
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
            ListAcsUsers::new(filter, page).into()
        };
        let filter = AcsUserFilter::new().created_before(LATER);
        let page = after(TWO, &filter, row(1, world.user(1)));
        let mut all = vec![
            ListAcsUsers::new(filter, page).into(),
            list(|_, _| ()),
            list(|filter, world| filter.system = Some(world.system(1))),
            list(|filter, world| filter.identity = Some(world.identity(1))),
            list(|filter, world| {
                filter.identity_email_address = Some(email(world, 11).parse().ok())
            }),
            list(|filter, world| filter.identity_phone_number = Some(phone(world, 1).parse().ok())),
            list(|filter, world| filter.search = Some(search(world.user(2)))),
            list(|filter, world| filter.search = Some(search(world.identity(1)))),
            list(|filter, world| filter.search = Some(search(email(world, 2)))),
            list(|filter, world| {
                filter.system = Some(world.system(1));
                filter.identity = Some(world.identity(1));
                filter.identity_email_address = Some(email(world, 11).parse().ok());
                filter.identity_phone_number = Some(phone(world, 1).parse().ok());
                filter.search = Some(search(world.user(1)));
                filter.created_before = Some(LATER);
            }),
        ];
        for user in self.selectors() {
            all.push(GetAcsUser::new(user).into());
            all.push(ListEntrancesOfUser::new(user).into());
        }
        all
    }

    fn changes_of_users(&self) -> Vec<Operation> {
        let world = self.0;
        let plain = NewAcsUser::new(world.system(2), name("Somebody New"));
        let everything = NewAcsUser::new(world.system(1), name("Somebody New"))
            .with_email_address(address())
            .with_phone_number("+1 555 999".parse().expect("short"))
            .with_identity(world.identity(4))
            .in_group(world.group(1))
            .in_group(world.group(2))
            .with_access_schedule(NewSchedule {
                starts_at: Some(NOW),
                ends_at: Some(LATER),
            });
        let mut all = vec![
            CreateAcsUser::new(plain).into(),
            CreateAcsUser::new(everything).into(),
        ];
        let update = AcsUserUpdate {
            full_name: Some(name("Somebody Else")),
            email_address: Some(address()),
            phone_number: "+1 555 999".parse().ok(),
            hid_acs_system: Some(world.system(2)),
            access_schedule: Patch::Set(ClosedSchedule {
                starts_at: NOW,
                ends_at: LATER,
            }),
        };
        for user in self.selectors() {
            let update = update.clone();
            all.push(UpdateAcsUser::new(user, update).into());
            all.push(DeleteAcsUser::new(user).into());
            all.push(SuspendAcsUser::new(user).into());
            all.push(UnsuspendAcsUser::new(user).into());
            all.push(RevokeAccessToAllEntrances::new(user).into());
        }
        all
    }

    fn directory(&self) -> Vec<Operation> {
        let world = self.0;
        let systems = |edit: fn(&mut AcsSystemFilter, World)| {
            let mut filter = AcsSystemFilter::new();
            edit(&mut filter, world);
            ListAcsSystems::new(filter).into()
        };
        let entrances = |edit: fn(&mut EntranceFilter, World)| {
            let mut filter = EntranceFilter::new();
            edit(&mut filter, world);
            let page = PageRequest::first();
            ListEntrances::new(filter, page).into()
        };
        let filter = EntranceFilter::new();
        let page = after(TWO, &filter, row(1, world.entrance(1)));
        let (system, entrance) = (world.system(1), world.entrance(1));
        vec![
            GetWorkspace::new().into(),
            GetAcsSystem::new(system).into(),
            systems(|_, _| ()),
            systems(|filter, world| filter.connected_account = Some(world.account(1))),
            systems(|filter, world| filter.customer_key = world.text("customer").parse().ok()),
            systems(|filter, world| filter.search = Some(search(world.system(1)))),
            systems(|filter, world| filter.search = Some(search(world.text("system-1")))),
            GetEntrance::new(entrance).into(),
            ListEntrances::new(filter, page).into(),
            entrances(|_, _| ()),
            entrances(|filter, world| filter.system = Some(world.system(1))),
            entrances(|filter, world| filter.entrances = Some(vec![world.entrance(1)])),
            entrances(|filter, world| {
                filter.entrances = Some(vec![world.entrance(3), world.entrance(2)]);
            }),
            entrances(|filter, world| filter.connected_account = Some(world.account(1))),
            entrances(|filter, world| filter.space = Some(world.space(1))),
            entrances(|filter, world| filter.location = Some(world.id_of_nothing())),
            entrances(|filter, world| filter.credential = Some(world.id_of_nothing())),
            entrances(|filter, world| filter.access_method = Some(world.id_of_nothing())),
            entrances(|filter, world| filter.customer_key = world.text("customer").parse().ok()),
            entrances(|filter, world| filter.search = Some(search(world.text("entrance-1")))),
            entrances(|filter, world| {
                filter.system = Some(world.system(1));
                filter.entrances = Some(vec![world.entrance(1), world.entrance(2)]);
                filter.connected_account = Some(world.account(1));
                filter.space = Some(world.space(1));
            }),
        ]
    }

    fn identities(&self) -> Vec<Operation> {
        let world = self.0;
        let list = |edit: fn(&mut UserIdentityFilter, World)| {
            let mut filter = UserIdentityFilter::new();
            edit(&mut filter, world);
            let page = PageRequest::first();
            ListUserIdentities::new(filter, page).into()
        };
        let filter = UserIdentityFilter::new();
        let page = after(TWO, &filter, row(1, world.identity(1)));
        let identity = world.identity(1);
        vec![
            ListUserIdentities::new(filter, page).into(),
            list(|_, _| ()),
            list(|filter, world| filter.identities = Some(vec![world.identity(1)])),
            list(|filter, world| {
                filter.identities = Some(vec![world.identity(4), world.identity(2)])
            }),
            list(|filter, world| filter.credential_manager = Some(world.system(1))),
            list(|filter, world| filter.search = Some(search(world.identity(1)))),
            list(|filter, world| filter.search = Some(search(email(world, 11)))),
            list(|filter, world| {
                filter.identities = Some(vec![world.identity(1), world.identity(2)]);
                filter.search = Some(search(world.identity(2)));
                filter.created_before = Some(LATER);
            }),
            ListUsersOfIdentity::new(identity).into(),
            ListSystemsOfIdentity::new(identity).into(),
            ListEntrancesOfIdentity::new(identity).into(),
            GetUserIdentity::new(identity).into(),
            GetUserIdentity::new(self.by_key(1)).into(),
        ]
    }

    fn changes_of_identities(&self) -> Vec<Operation> {
        let world = self.0;
        let (identity, user) = (world.identity(1), world.user(2));
        let new = NewUserIdentity {
            key: "a-new-key".parse().ok(),
            full_name: Some(name("Somebody New")),
            email_address: Some(address()),
            phone_number: "+1 555 999".parse().ok(),
            systems: vec![world.system(1), world.system(2)],
        };
        let update = UserIdentityUpdate {
            key: Patch::Set("a-new-key".parse().expect("a key")),
            full_name: Patch::Set(name("Somebody Else")),
            email_address: Patch::Set(address()),
            phone_number: Patch::Clear,
        };
        let link = |user, identity: UserIdentitySelector| LinkAcsUser::new(user, identity).into();
        vec![
            CreateUserIdentity::new(new).into(),
            UpdateUserIdentity::new(identity, update).into(),
            DeleteUserIdentity::new(identity).into(),
            link(user, world.identity(4).into()),
            link(user, self.by_key(4)),
            link(world.user(1), self.by_key(1)), // linked already
            UnlinkAcsUser::new(world.user(1), identity).into(),
            UnlinkAcsUser::new(user, identity).into(), // not linked
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

fn search(text: impl ToString) -> SearchText {
    text.to_string().parse().expect("a text to search for")
}

fn name(text: &str) -> PersonName {
    text.parse().expect("a name")
}

/// No user and no identity of any world has it.
fn address() -> EmailAddress {
    "new@nobody.example".parse().expect("an address")
}

fn row(number: u32, id: impl Into<uuid::Uuid>) -> Position {
    Position::new(Timestamp::from_unix_seconds(1_000 * number), id)
}

/// The page of this length after this row.
fn after(limit: NonZeroU32, question: &impl Serialize, row: Position) -> PageRequest {
    let request = PageRequest::first().with_limit(limit);
    let page = request.cut(question, limit, iter::repeat(row), |row| *row);
    request.after(page.next.expect("there is always more"))
}

/// A page of this length has room for a row of each world, if both are visible.
const TWO: NonZeroU32 = NonZeroU32::new(2).expect("not zero");

/// After everything that happens.
const LATER: Timestamp = Timestamp::from_unix_seconds(2_000_000);
