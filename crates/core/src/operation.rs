//! Operations as values: what can be asked of the ports, and what comes back.

use std::fmt;

use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, Entrance, EntranceId,
    UserRef,
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

/// One table of operations: each row is a type, its name, its fields and its reply.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $name:ident = $label:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        } -> $reply:ident($reply_type:ty), $changes:literal;
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

            /// Whether it changes anything; if not, it is a read.
            #[must_use]
            pub const fn changes_state(&self) -> bool {
                match self {
                    $(Self::$name(_) => $changes,)*
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
    } -> Done(()), true;
    /// Takes a user out of a group:
    /// [`AccessGroupPort::remove_user`](crate::AccessGroupPort::remove_user).
    RemoveUser = "remove_user" {
        /// The user.
        user: UserRef,
        /// The group.
        group: AccessGroupId,
    } -> Done(()), true;
    /// Reads one group: [`AccessGroupPort::access_group`](crate::AccessGroupPort::access_group).
    GetAccessGroup = "access_group" {
        /// The group.
        group: AccessGroupId,
    } -> AccessGroup(AccessGroup), false;
    /// Lists groups: [`AccessGroupPort::access_groups`](crate::AccessGroupPort::access_groups).
    ListAccessGroups = "access_groups" {
        /// Which ones.
        filter: AccessGroupFilter,
    } -> AccessGroups(Vec<AccessGroup>), false;
    /// Lists members:
    /// [`AccessGroupPort::users_in_group`](crate::AccessGroupPort::users_in_group).
    ListUsersInGroup = "users_in_group" {
        /// The group.
        group: AccessGroupId,
    } -> AcsUsers(Vec<AcsUser>), false;
    /// Lists doors:
    /// [`AccessGroupPort::entrances_of_group`](crate::AccessGroupPort::entrances_of_group).
    ListEntrancesOfGroup = "entrances_of_group" {
        /// The group.
        group: AccessGroupId,
    } -> Entrances(Vec<Entrance>), false;
    /// Deletes a group, its memberships with it:
    /// [`AccessGroupPort::delete_access_group`](crate::AccessGroupPort::delete_access_group).
    DeleteAccessGroup = "delete_access_group" {
        /// The group.
        group: AccessGroupId,
    } -> Done(()), true;
    /// Reads one user: [`AcsUserPort::acs_user`](crate::AcsUserPort::acs_user).
    GetAcsUser = "acs_user" {
        /// The user.
        user: AcsUserId,
    } -> AcsUser(AcsUser), false;
    /// Reads one entrance: [`DirectoryPort::entrance`](crate::DirectoryPort::entrance).
    GetEntrance = "entrance" {
        /// The entrance.
        entrance: EntranceId,
    } -> Entrance(Entrance), false;
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
    /// One entrance.
    Entrance(Entrance);
    /// Entrances, in no particular order.
    Entrances(Vec<Entrance>);
}
