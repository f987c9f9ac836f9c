//! What an adapter may lack.

use std::fmt;

use access_groups_core::{AcsUserFilter, AcsUserSelector, Operation, UserRef};

/// One table of capabilities: each row is an operation of a port and its name.
macro_rules! capabilities {
    ($($operation:ident = $name:literal;)*) => {
        /// Something that an adapter can do, or declares that it cannot: each method of the
        /// ports is one, and naming users by identity is one more.
        ///
        /// See [`Fixture::without`](crate::Fixture::without).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Capability {
            $(
                #[doc = concat!("The operation `", $name, "`.")]
                $operation,
            )*
            /// Users named by their identity: a [`UserRef::Identity`], an
            /// [`AcsUserSelector::Identity`], the identity of a user to be created, and filters
            /// by identity. The methods of `UserIdentityPort` are capabilities of their own.
            Identities,
        }

        impl Capability {
            /// Every capability.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)* Self::Identities];

            /// The method that the operation calls; `None` where no port is asked.
            fn of(operation: &Operation) -> Option<Self> {
                match operation {
                    $(Operation::$operation(_) => Some(Self::$operation),)*
                    Operation::GetUnmanagedAccessGroup(_)
                    | Operation::ListUnmanagedAccessGroups(_)
                    | Operation::GetUnmanagedAcsUser(_)
                    | Operation::ListUnmanagedAcsUsers(_) => None,
                }
            }
        }

        impl fmt::Display for Capability {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$operation => $name,)*
                    Self::Identities => "naming users by identity",
                })
            }
        }
    };
}

capabilities! {
    AddUser = "add_user";
    RemoveUser = "remove_user";
    GetAccessGroup = "access_group";
    ListAccessGroups = "access_groups";
    ListUsersInGroup = "users_in_group";
    ListEntrancesOfGroup = "entrances_of_group";
    DeleteAccessGroup = "delete_access_group";
    CreateAcsUser = "create_acs_user";
    GetAcsUser = "acs_user";
    ListAcsUsers = "acs_users";
    UpdateAcsUser = "update_acs_user";
    DeleteAcsUser = "delete_acs_user";
    SuspendAcsUser = "suspend_acs_user";
    UnsuspendAcsUser = "unsuspend_acs_user";
    ListEntrancesOfUser = "entrances_of_user";
    RevokeAccessToAllEntrances = "revoke_access_to_all_entrances";
    GetWorkspace = "workspace";
    GetAcsSystem = "acs_system";
    ListAcsSystems = "acs_systems";
    GetEntrance = "entrance";
    ListEntrances = "entrances";
    GrantAccess = "grant_access";
    CreateUserIdentity = "create_user_identity";
    GetUserIdentity = "user_identity";
    ListUserIdentities = "user_identities";
    UpdateUserIdentity = "update_user_identity";
    DeleteUserIdentity = "delete_user_identity";
    LinkAcsUser = "link_acs_user";
    UnlinkAcsUser = "unlink_acs_user";
    ListUsersOfIdentity = "users_of_identity";
    ListSystemsOfIdentity = "systems_of_identity";
    ListEntrancesOfIdentity = "entrances_of_identity";
}

/// Several at once, for [`Fixture::without_all`](crate::Fixture::without_all).
impl Capability {
    /// What changes users: the adapter only reads them.
    pub const CHANGING_ACS_USERS: &'static [Self] = &[
        Self::CreateAcsUser,
        Self::UpdateAcsUser,
        Self::DeleteAcsUser,
        Self::SuspendAcsUser,
        Self::UnsuspendAcsUser,
        Self::RevokeAccessToAllEntrances,
    ];

    /// All of `AcsUserPort`.
    pub const ACS_USER_PORT: &'static [Self] = &[
        Self::CreateAcsUser,
        Self::GetAcsUser,
        Self::ListAcsUsers,
        Self::UpdateAcsUser,
        Self::DeleteAcsUser,
        Self::SuspendAcsUser,
        Self::UnsuspendAcsUser,
        Self::ListEntrancesOfUser,
        Self::RevokeAccessToAllEntrances,
    ];

    /// All of `DirectoryPort`.
    pub const DIRECTORY_PORT: &'static [Self] = &[
        Self::GetWorkspace,
        Self::GetAcsSystem,
        Self::ListAcsSystems,
        Self::GetEntrance,
        Self::ListEntrances,
        Self::GrantAccess,
    ];

    /// What changes identities: the adapter only reads them.
    pub const CHANGING_USER_IDENTITIES: &'static [Self] = &[
        Self::CreateUserIdentity,
        Self::UpdateUserIdentity,
        Self::DeleteUserIdentity,
        Self::LinkAcsUser,
        Self::UnlinkAcsUser,
    ];

    /// All of `UserIdentityPort`.
    pub const USER_IDENTITY_PORT: &'static [Self] = &[
        Self::CreateUserIdentity,
        Self::GetUserIdentity,
        Self::ListUserIdentities,
        Self::UpdateUserIdentity,
        Self::DeleteUserIdentity,
        Self::LinkAcsUser,
        Self::UnlinkAcsUser,
        Self::ListUsersOfIdentity,
        Self::ListSystemsOfIdentity,
        Self::ListEntrancesOfIdentity,
    ];
}

impl Capability {
    /// What the operation takes: the capability of its name, and `Identities` if it names a
    /// user by one. What no port is asked for takes none.
    pub fn needed_by(operation: &Operation) -> impl Iterator<Item = Self> + use<> {
        let identities = names_by_identity(operation).then_some(Self::Identities);
        Self::of(operation).into_iter().chain(identities)
    }
}

fn names_by_identity(operation: &Operation) -> bool {
    match operation {
        Operation::AddUser(op) => is_identity(op.user),
        Operation::RemoveUser(op) => is_identity(op.user),
        Operation::GrantAccess(op) => is_identity(op.user),
        Operation::ListAccessGroups(op) => op.filter.identity.is_some(),
        Operation::CreateAcsUser(op) => op.user.identity.is_some(),
        Operation::GetAcsUser(op) => is_of_identity(op.user),
        Operation::ListAcsUsers(op) => filters_by_identity(&op.filter),
        Operation::UpdateAcsUser(op) => is_of_identity(op.user),
        Operation::DeleteAcsUser(op) => is_of_identity(op.user),
        Operation::SuspendAcsUser(op) => is_of_identity(op.user),
        Operation::UnsuspendAcsUser(op) => is_of_identity(op.user),
        Operation::ListEntrancesOfUser(op) => is_of_identity(op.user),
        Operation::RevokeAccessToAllEntrances(op) => is_of_identity(op.user),
        _ => false,
    }
}

fn is_identity(user: UserRef) -> bool {
    matches!(user, UserRef::Identity(_))
}

fn is_of_identity(user: AcsUserSelector) -> bool {
    matches!(user, AcsUserSelector::Identity { .. })
}

fn filters_by_identity(filter: &AcsUserFilter) -> bool {
    filter.identity.is_some()
        || filter.identity_email_address.is_some()
        || filter.identity_phone_number.is_some()
}

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserId, GetAcsUser, GetUnmanagedAcsUser,
        ListAccessGroups, UserIdentityId,
    };

    use super::*;

    #[test]
    fn each_operation_of_a_port_is_a_capability_of_the_same_name() {
        let names: Vec<_> = Capability::ALL.iter().map(ToString::to_string).collect();
        let operations = Operation::NAMES.iter().copied();
        let of_ports: Vec<_> = operations
            .filter(|it| !it.starts_with("unmanaged"))
            .collect();
        assert_eq!(names[..names.len() - 1], of_ports);
    }

    #[test]
    fn naming_an_identity_takes_a_capability_of_its_own() {
        let check = |operation: Operation, expected: &[Capability]| {
            let needed: Vec<_> = Capability::needed_by(&operation).collect();
            assert_eq!(needed, expected, "{operation:?}");
        };
        let identity = UserIdentityId::from_u128(1);
        let list = |filter| ListAccessGroups { filter }.into();
        let all = AccessGroupFilter::new();
        check(list(all.clone()), &[Capability::ListAccessGroups]);
        check(
            list(all.of_identity(identity)),
            &[Capability::ListAccessGroups, Capability::Identities],
        );
        let group = AccessGroupId::from_u128(1);
        let user = identity.into();
        check(
            access_groups_core::AddUser { user, group }.into(),
            &[Capability::AddUser, Capability::Identities],
        );
        let id = AcsUserId::from_u128(1);
        let by_id = GetAcsUser { user: id.into() };
        check(by_id.into(), &[Capability::GetAcsUser]);
        let user = AcsUserSelector::of(identity, AcsSystemId::from_u128(1));
        check(
            GetAcsUser { user }.into(),
            &[Capability::GetAcsUser, Capability::Identities],
        );
        check(GetUnmanagedAcsUser { user: id }.into(), &[]);
    }

    #[test]
    fn the_ports_and_naming_by_identity_are_all_there_is() {
        let small = [
            Capability::ACS_USER_PORT,
            Capability::DIRECTORY_PORT,
            Capability::USER_IDENTITY_PORT,
            &[Capability::Identities],
        ];
        assert_eq!(Capability::ALL[7..], small.concat());
    }
}
