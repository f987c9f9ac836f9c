//! Two workspaces that differ in their ids and texts only, and a third that does not exist.

use std::fmt::Display;

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, ConnectedAccountId,
    Entrance, EntranceId, SpaceId, Timestamp, UserIdentity, UserIdentityId, Workspace, WorkspaceId,
};
use access_groups_in_memory::State;
use uuid::Uuid;

/// The owner of an id or text. Those of `Nowhere` name nothing that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    First = 1,
    Second = 2,
    Nowhere = 3,
}

impl World {
    pub(crate) const ALL: [Self; 3] = [Self::First, Self::Second, Self::Nowhere];

    pub(crate) fn workspace(self) -> WorkspaceId {
        self.id(0x7700_0000, 1)
    }

    /// Systems 1 and 2.
    pub(crate) fn system(self, number: u16) -> AcsSystemId {
        self.id(0x5000_0000, number)
    }

    /// Users 1, 2 and 4 of system 1, and 3 of system 2.
    pub(crate) fn user(self, number: u16) -> AcsUserId {
        self.id(0xa000_0000, number)
    }

    /// Groups 1 and 2 of system 1, and 3 of system 2.
    pub(crate) fn group(self, number: u16) -> AccessGroupId {
        self.id(0x6000_0000, number)
    }

    /// Entrances 1 and 2 of system 1, and 3 of system 2.
    pub(crate) fn entrance(self, number: u16) -> EntranceId {
        self.id(0xe000_0000, number)
    }

    /// Identity 1 is users 1 and 3, 2 is user 4, 3 has the e-mail address of user 2, 4 matches no user.
    pub(crate) fn identity(self, number: u16) -> UserIdentityId {
        self.id(0x1d00_0000, number)
    }

    /// The account of the system with that number.
    pub(crate) fn account(self, number: u16) -> ConnectedAccountId {
        self.id(0xcc00_0000, number)
    }

    /// The space of the entrance with that number.
    pub(crate) fn space(self, number: u16) -> SpaceId {
        self.id(0x5bac_e000, number)
    }

    /// An id of something that is in no site at all.
    pub(crate) fn id_of_nothing<T: From<Uuid>>(self) -> T {
        self.id(0x0bad_0000, 1)
    }

    /// This text with the mark of the world, which no other world has.
    pub(crate) fn text(self, text: impl Display) -> String {
        format!("{text}.{}", self.mark())
    }

    /// The end of every text of this world.
    pub(crate) fn mark(self) -> String {
        format!("world-{}.example", self as u8)
    }

    /// The part of every id of this world that no other world has.
    pub(crate) fn piece(self) -> String {
        format!("-800{}-", self as u8)
    }

    /// Whether the text has an id or a name of this world.
    pub(crate) fn is_in(self, text: &str) -> bool {
        [self.piece(), self.mark()]
            .iter()
            .any(|word| text.contains(word))
    }

    /// An id or a text of any world, as this world has it.
    pub(crate) fn own(self, text: &str) -> String {
        let replace = |text: String, other: Self| {
            let text = text.replace(&other.piece(), &self.piece());
            text.replace(&other.mark(), &self.mark())
        };
        Self::ALL.into_iter().fold(text.to_owned(), replace)
    }

    /// Ids of one kind are sorted by world, then by number.
    fn id<T: From<Uuid>>(self, kind: u32, number: u16) -> T {
        let world = 0x8000 + self as u128;
        let id = u128::from(kind) << 96 | 0x4000 << 64 | world << 48 | u128::from(number);
        Uuid::from_u128(id).into()
    }
}

/// A site with everything of these worlds in it, as one workspace: that of the first.
pub(crate) fn site(worlds: &[World]) -> State {
    let mut state = State::new();
    let workspace = worlds[0].workspace();
    state.set_workspace(Workspace::new(workspace, worlds[0].text("workspace")));
    for world in worlds {
        put_systems(&mut state, *world, workspace);
        put_people(&mut state, *world, workspace);
        put_access(&mut state, *world);
    }
    state
}

fn put_systems(state: &mut State, world: World, workspace: WorkspaceId) {
    for number in 1..=2 {
        let name = world.text(format_args!("system-{number}"));
        let mut system = AcsSystem::new(world.system(number), name)
            .with_workspace(workspace)
            .with_created_at(age(number));
        system.connected_account_id = world.account(number).to_string();
        system.connected_account_ids = vec![system.connected_account_id.clone()];
        state.insert_system(system).expect("a new system");
    }
    for (number, system) in [(1, 1), (2, 1), (3, 2)] {
        let name = world.text(format_args!("group-{number}"));
        let group = AccessGroup::new(world.group(number), world.system(system), name)
            .with_workspace(workspace)
            .with_created_at(age(number));
        state.insert_group(group).expect("a new group");
        let name = world.text(format_args!("entrance-{number}"));
        let mut entrance = Entrance::new(world.entrance(number), world.system(system), name)
            .with_created_at(age(number));
        entrance.connected_account_id = world.account(system).to_string();
        entrance.space_ids = vec![world.space(number).to_string()];
        state.insert_entrance(entrance).expect("a new entrance");
    }
}

fn put_people(state: &mut State, world: World, workspace: WorkspaceId) {
    for (number, system, identity) in [
        (1, 1, Some(1)),
        (2, 1, None),
        (3, 2, Some(1)),
        (4, 1, Some(2)),
    ] {
        let name = world.text(format_args!("user-{number}"));
        let mut user = AcsUser::new(world.user(number), world.system(system), name)
            .with_workspace(workspace)
            .with_email_address(email(world, number))
            .with_suspended(number == 4)
            .with_created_at(age(number));
        if let Some(identity) = identity {
            user = user.with_user_identity(world.identity(identity));
        }
        state.insert_user(user).expect("a new user");
    }
    for (number, users) in [(1, [1, 3].as_slice()), (2, &[4]), (3, &[]), (4, &[])] {
        let name = world.text(format_args!("identity-{number}"));
        let reached_like = if number == 3 { 2 } else { number + 10 };
        let mut identity = UserIdentity::new(world.identity(number), name)
            .with_workspace(workspace)
            .with_email_address(email(world, reached_like))
            .with_created_at(age(number));
        identity.user_identity_key = Some(key(world, number));
        identity.phone_number = Some(phone(world, number));
        identity.acs_user_ids = users
            .iter()
            .map(|user| world.user(*user).to_string())
            .collect();
        state.insert_identity(identity).expect("a new identity");
    }
}

fn put_access(state: &mut State, world: World) {
    for (user, group) in [(1, 1), (1, 2), (4, 1), (3, 3)] {
        state
            .add_user(world.user(user), world.group(group))
            .expect("one system");
    }
    for number in 1..=3 {
        state
            .insert_group_entrance(world.group(number), world.entrance(number))
            .expect("one system");
    }
    state
        .insert_entrance_grant(world.user(2), world.entrance(1))
        .expect("one system");
}

/// Users have the address of their number, identities that of ten more.
pub(crate) fn email(world: World, number: u16) -> String {
    format!("person-{number}@{}", world.mark())
}

pub(crate) fn phone(world: World, number: u16) -> String {
    world.text(format_args!("+1-555-{number}"))
}

pub(crate) fn key(world: World, number: u16) -> String {
    world.text(format_args!("key-{number}"))
}

fn age(number: u16) -> Timestamp {
    Timestamp::from_unix_seconds(1_000 * u32::from(number))
}

/// The time of every request.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);
