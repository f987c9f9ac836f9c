//! Operations as values: what can be asked of the ports, and what comes back.

use std::fmt;

use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, AcsUserUpdate, Entrance, EntranceFilter,
    EntranceId, NewAcsUser, NewUserIdentity, Page, PageRequest, SearchText, UnmanagedAcsUserFilter,
    UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentitySelector, UserIdentityUpdate,
    UserRef, Workspace,
};

/// One operation as a type of its own, with the type of its reply.
///
/// # For implementors
///
/// Implemented by the types of this module only; the list of operations is [`Operation`].
pub trait Call: Into<Operation> + Clone + fmt::Debug + Send + 'static {
    /// See [`Operation::name`].
    const NAME: &'static str;

    /// What the call answers.
    type Reply;

    /// The reply of this operation, or `None` if `reply` belongs to another one.
    fn reply(reply: Reply) -> Option<Self::Reply>;
}

/// What carrying an operation out does, and doing so twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It changes nothing.
    Reads,
    /// It brings about a state; twice brings about the same.
    Sets,
    /// It makes something new each time.
    Creates,
}

impl Effect {
    /// Whether anything changes.
    #[must_use]
    pub const fn changes_state(self) -> bool {
        !matches!(self, Self::Reads)
    }
}

/// One table of operations: each row is a type, its name, its fields and its reply.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $name:ident = $label:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        } -> $reply:ident($reply_type:ty), $effect:ident;
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl Call for $name {
                const NAME: &'static str = $label;
                type Reply = $reply_type;

                fn reply(reply: Reply) -> Option<$reply_type> {
                    match reply {
                        Reply::$reply(value) => Some(value),
                        _ => None,
                    }
                }
            }

            impl From<$name> for Operation {
                fn from(operation: $name) -> Self {
                    Self::$name(operation)
                }
            }
        )*

        /// Every operation of the ports, as a value.
        ///
        /// Exhaustive on purpose: code that carries operations must say what becomes of a
        /// new one.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name($name),)*
        }

        impl Operation {
            /// The name of every operation, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$($label,)*];

            /// Its name: the port's method.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $label,)*
                }
            }

            /// What carrying it out does, and doing so twice.
            #[must_use]
            pub const fn effect(&self) -> Effect {
                match self {
                    $(Self::$name(_) => Effect::$effect,)*
                }
            }
        }
    };
}

operations! {
    /// Puts a user into a group: [`AccessGroupPort::add_user`](crate::AccessGroupPort::add_user).
    AddUser = "add_user" {
        /// The user.
        user: UserRef,
        /// The group.
        group: AccessGroupId,
    } -> Done(()), Sets;
    /// Takes a user out of a group:
    /// [`AccessGroupPort::remove_user`](crate::AccessGroupPort::remove_user).
    RemoveUser = "remove_user" {
        /// The user.
        user: UserRef,
        /// The group.
        group: AccessGroupId,
    } -> Done(()), Sets;
    /// Reads one group: [`AccessGroupPort::access_group`](crate::AccessGroupPort::access_group).
    GetAccessGroup = "access_group" {
        /// The group.
        group: AccessGroupId,
    } -> AccessGroup(AccessGroup), Reads;
    /// Lists groups: [`AccessGroupPort::access_groups`](crate::AccessGroupPort::access_groups).
    ListAccessGroups = "access_groups" {
        /// Which ones.
        filter: AccessGroupFilter,
    } -> AccessGroups(Vec<AccessGroup>), Reads;
    /// Lists members:
    /// [`AccessGroupPort::users_in_group`](crate::AccessGroupPort::users_in_group).
    ListUsersInGroup = "users_in_group" {
        /// The group.
        group: AccessGroupId,
    } -> AcsUsers(Vec<AcsUser>), Reads;
    /// Lists doors:
    /// [`AccessGroupPort::entrances_of_group`](crate::AccessGroupPort::entrances_of_group).
    ListEntrancesOfGroup = "entrances_of_group" {
        /// The group.
        group: AccessGroupId,
    } -> Entrances(Vec<Entrance>), Reads;
    /// Deletes a group, its memberships with it:
    /// [`AccessGroupPort::delete_access_group`](crate::AccessGroupPort::delete_access_group).
    DeleteAccessGroup = "delete_access_group" {
        /// The group.
        group: AccessGroupId,
    } -> Done(()), Sets;
    /// Creates a user: [`AcsUserPort::create_acs_user`](crate::AcsUserPort::create_acs_user).
    CreateAcsUser = "create_acs_user" {
        /// What they are to be like.
        user: NewAcsUser,
    } -> AcsUser(AcsUser), Creates;
    /// Reads one user: [`AcsUserPort::acs_user`](crate::AcsUserPort::acs_user).
    GetAcsUser = "acs_user" {
        /// The user.
        user: AcsUserSelector,
    } -> AcsUser(AcsUser), Reads;
    /// Lists users: [`AcsUserPort::acs_users`](crate::AcsUserPort::acs_users).
    ListAcsUsers = "acs_users" {
        /// Which ones.
        filter: AcsUserFilter,
        /// Which of those.
        page: PageRequest,
    } -> AcsUserPage(Page<AcsUser>), Reads;
    /// Changes a user: [`AcsUserPort::update_acs_user`](crate::AcsUserPort::update_acs_user).
    UpdateAcsUser = "update_acs_user" {
        /// The user.
        user: AcsUserSelector,
        /// What is to change.
        update: AcsUserUpdate,
    } -> Done(()), Sets;
    /// Deletes a user: [`AcsUserPort::delete_acs_user`](crate::AcsUserPort::delete_acs_user).
    DeleteAcsUser = "delete_acs_user" {
        /// The user.
        user: AcsUserSelector,
    } -> Done(()), Sets;
    /// Suspends a user:
    /// [`AcsUserPort::suspend_acs_user`](crate::AcsUserPort::suspend_acs_user).
    SuspendAcsUser = "suspend_acs_user" {
        /// The user.
        user: AcsUserSelector,
    } -> Done(()), Sets;
    /// Ends the suspension of a user:
    /// [`AcsUserPort::unsuspend_acs_user`](crate::AcsUserPort::unsuspend_acs_user).
    UnsuspendAcsUser = "unsuspend_acs_user" {
        /// The user.
        user: AcsUserSelector,
    } -> Done(()), Sets;
    /// Lists what a user can open:
    /// [`AcsUserPort::entrances_of_user`](crate::AcsUserPort::entrances_of_user).
    ListEntrancesOfUser = "entrances_of_user" {
        /// The user.
        user: AcsUserSelector,
    } -> Entrances(Vec<Entrance>), Reads;
    /// Ends all access of a user: [`AcsUserPort::revoke_access_to_all_entrances`](
    /// crate::AcsUserPort::revoke_access_to_all_entrances).
    RevokeAccessToAllEntrances = "revoke_access_to_all_entrances" {
        /// The user.
        user: AcsUserSelector,
    } -> Done(()), Sets;
    /// Reads the workspace: [`DirectoryPort::workspace`](crate::DirectoryPort::workspace).
    GetWorkspace = "workspace" {} -> Workspace(Workspace), Reads;
    /// Reads one system: [`DirectoryPort::acs_system`](crate::DirectoryPort::acs_system).
    GetAcsSystem = "acs_system" {
        /// The system.
        system: AcsSystemId,
    } -> AcsSystem(AcsSystem), Reads;
    /// Lists systems: [`DirectoryPort::acs_systems`](crate::DirectoryPort::acs_systems).
    ListAcsSystems = "acs_systems" {
        /// Which ones.
        filter: AcsSystemFilter,
    } -> AcsSystems(Vec<AcsSystem>), Reads;
    /// Reads one entrance: [`DirectoryPort::entrance`](crate::DirectoryPort::entrance).
    GetEntrance = "entrance" {
        /// The entrance.
        entrance: EntranceId,
    } -> Entrance(Entrance), Reads;
    /// Lists entrances: [`DirectoryPort::entrances`](crate::DirectoryPort::entrances).
    ListEntrances = "entrances" {
        /// Which ones.
        filter: EntranceFilter,
        /// Which of those.
        page: PageRequest,
    } -> EntrancePage(Page<Entrance>), Reads;
    /// Lets a user open an entrance:
    /// [`DirectoryPort::grant_access`](crate::DirectoryPort::grant_access).
    GrantAccess = "grant_access" {
        /// The user.
        user: UserRef,
        /// The entrance.
        entrance: EntranceId,
    } -> Done(()), Sets;
    /// Creates an identity: [`UserIdentityPort::create_user_identity`](
    /// crate::UserIdentityPort::create_user_identity).
    CreateUserIdentity = "create_user_identity" {
        /// What it is to be like.
        identity: NewUserIdentity,
    } -> UserIdentity(UserIdentity), Creates;
    /// Reads one identity:
    /// [`UserIdentityPort::user_identity`](crate::UserIdentityPort::user_identity).
    GetUserIdentity = "user_identity" {
        /// The identity.
        identity: UserIdentitySelector,
    } -> UserIdentity(UserIdentity), Reads;
    /// Lists identities:
    /// [`UserIdentityPort::user_identities`](crate::UserIdentityPort::user_identities).
    ListUserIdentities = "user_identities" {
        /// Which ones.
        filter: UserIdentityFilter,
        /// Which of those.
        page: PageRequest,
    } -> UserIdentityPage(Page<UserIdentity>), Reads;
    /// Changes an identity: [`UserIdentityPort::update_user_identity`](
    /// crate::UserIdentityPort::update_user_identity).
    UpdateUserIdentity = "update_user_identity" {
        /// The identity.
        identity: UserIdentityId,
        /// What is to change.
        update: UserIdentityUpdate,
    } -> Done(()), Sets;
    /// Deletes an identity and its users: [`UserIdentityPort::delete_user_identity`](
    /// crate::UserIdentityPort::delete_user_identity).
    DeleteUserIdentity = "delete_user_identity" {
        /// The identity.
        identity: UserIdentityId,
    } -> Done(()), Sets;
    /// Links a user to an identity:
    /// [`UserIdentityPort::link_acs_user`](crate::UserIdentityPort::link_acs_user).
    LinkAcsUser = "link_acs_user" {
        /// The user.
        user: AcsUserId,
        /// The identity.
        identity: UserIdentitySelector,
    } -> Done(()), Sets;
    /// Ends the link of a user to an identity:
    /// [`UserIdentityPort::unlink_acs_user`](crate::UserIdentityPort::unlink_acs_user).
    UnlinkAcsUser = "unlink_acs_user" {
        /// The user.
        user: AcsUserId,
        /// The identity.
        identity: UserIdentityId,
    } -> Done(()), Sets;
    /// Lists the users of an identity:
    /// [`UserIdentityPort::users_of_identity`](crate::UserIdentityPort::users_of_identity).
    ListUsersOfIdentity = "users_of_identity" {
        /// The identity.
        identity: UserIdentityId,
    } -> AcsUsers(Vec<AcsUser>), Reads;
    /// Lists the systems that know an identity:
    /// [`UserIdentityPort::systems_of_identity`](crate::UserIdentityPort::systems_of_identity).
    ListSystemsOfIdentity = "systems_of_identity" {
        /// The identity.
        identity: UserIdentityId,
    } -> AcsSystems(Vec<AcsSystem>), Reads;
    /// Lists what an identity can open: [`UserIdentityPort::entrances_of_identity`](
    /// crate::UserIdentityPort::entrances_of_identity).
    ListEntrancesOfIdentity = "entrances_of_identity" {
        /// The identity.
        identity: UserIdentityId,
    } -> Entrances(Vec<Entrance>), Reads;
    /// Reads a group that Seam knows and does not manage. No port has it: no adapter of this
    /// project has such groups, and [`dispatch`](crate::dispatch) says so.
    GetUnmanagedAccessGroup = "unmanaged_access_group" {
        /// The group.
        group: AccessGroupId,
    } -> AccessGroup(AccessGroup), Reads;
    /// Lists groups that Seam knows and does not manage. No port has it, as above.
    ListUnmanagedAccessGroups = "unmanaged_access_groups" {
        /// Groups of this system.
        system: Option<AcsSystemId>,
        /// Groups that this user is a member of.
        user: Option<AcsUserId>,
        /// Groups whose name or id contains this text.
        search: Option<SearchText>,
    } -> AccessGroups(Vec<AccessGroup>), Reads;
    /// Reads a user whom Seam knows and does not manage. No port has it, as above.
    GetUnmanagedAcsUser = "unmanaged_acs_user" {
        /// The user.
        user: AcsUserId,
    } -> AcsUser(AcsUser), Reads;
    /// Lists users whom Seam knows and does not manage. No port has it, as above.
    ListUnmanagedAcsUsers = "unmanaged_acs_users" {
        /// Which ones.
        filter: UnmanagedAcsUserFilter,
    } -> AcsUsers(Vec<AcsUser>), Reads;
}

/// One table of replies.
macro_rules! replies {
    ($($(#[$doc:meta])* $variant:ident($type:ty);)*) => {
        /// What an [`Operation`] answers; which variant is fixed by the operation.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "moved twice a call; a box costs more")]
        pub enum Reply {
            $($(#[$doc])* $variant($type),)*
        }

        $(impl From<$type> for Reply {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        })*
    };
}

replies! {
    /// It is done; there is nothing to show.
    Done(());
    /// One group.
    AccessGroup(AccessGroup);
    /// Groups, in no particular order.
    AccessGroups(Vec<AccessGroup>);
    /// One user.
    AcsUser(AcsUser);
    /// Users, in no particular order.
    AcsUsers(Vec<AcsUser>);
    /// A page of users.
    AcsUserPage(Page<AcsUser>);
    /// One entrance.
    Entrance(Entrance);
    /// Entrances, in no particular order.
    Entrances(Vec<Entrance>);
    /// A page of entrances.
    EntrancePage(Page<Entrance>);
    /// One system.
    AcsSystem(AcsSystem);
    /// Systems, in no particular order.
    AcsSystems(Vec<AcsSystem>);
    /// One identity.
    UserIdentity(UserIdentity);
    /// A page of identities.
    UserIdentityPage(Page<UserIdentity>);
    /// The workspace.
    Workspace(Workspace);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creations_and_reads_are_told_from_the_rest() {
        let name = "Ada".parse().expect("a name");
        let user = NewAcsUser::new(AcsSystemId::from_u128(1), name);
        let identity = NewUserIdentity::default();
        let created: [Operation; 2] = [
            CreateAcsUser { user }.into(),
            CreateUserIdentity { identity }.into(),
        ];
        for operation in created {
            assert_eq!(operation.effect(), Effect::Creates, "{}", operation.name());
        }
        let group = AccessGroupId::from_u128(1);
        let read = Operation::from(GetAccessGroup { group });
        assert!(!read.effect().changes_state());
        let set = Operation::from(DeleteAccessGroup { group });
        assert_eq!(set.effect(), Effect::Sets);
        assert!(set.effect().changes_state() && Effect::Creates.changes_state());
    }
}
