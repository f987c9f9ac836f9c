//! What an adapter may lack.

use std::fmt;

use access_groups_core::{Operation, Subject};

/// One table of capabilities: each row is an operation and its name.
macro_rules! capabilities {
    ($($operation:ident = $name:literal;)*) => {
        /// Something that an adapter supports, or [declares absent](crate::Fixture::without): each
        /// operation is one, and naming users by identity is one more.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Capability {
            $(
                #[doc = concat!("The operation `", $name, "`.")]
                $operation,
            )*
            /// Users named by their identity: a
            /// [`UserRef::Identity`](access_groups_core::UserRef::Identity), an
            /// [`AcsUserSelector::Identity`](access_groups_core::AcsUserSelector::Identity), the
            /// identity of a new user, and filters by identity. The operations of
            /// [`UserIdentities`](access_groups_core::UserIdentities) are capabilities of their
            /// own.
            Identities,
        }

        impl Capability {
            /// Every capability.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)* Self::Identities];

            pub(crate) fn of(operation: &Operation) -> Self {
                match operation {
                    $(Operation::$operation(_) => Self::$operation,)*
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
    CreateAccessGroup = "create_access_group";
    UpdateAccessGroup = "update_access_group";
    CreateAcsUser = "create_acs_user";
    GetAcsUser = "acs_user";
    ListAcsUsers = "acs_users";
    UpdateAcsUser = "update_acs_user";
    DeleteAcsUser = "delete_acs_user";
    SuspendAcsUser = "suspend_acs_user";
    UnsuspendAcsUser = "unsuspend_acs_user";
    ListEntrancesOfUser = "entrances_of_user";
    GrantAccess = "grant_access";
    RevokeAccessToAllEntrances = "revoke_access_to_all_entrances";
    RevokeAccess = "revoke_access";
    GetWorkspace = "workspace";
    GetAcsSystem = "acs_system";
    ListAcsSystems = "acs_systems";
    GetEntrance = "entrance";
    ListEntrances = "entrances";
    CreateAcsSystem = "create_acs_system";
    UpdateAcsSystem = "update_acs_system";
    DeleteAcsSystem = "delete_acs_system";
    CreateEntrance = "create_entrance";
    UpdateEntrance = "update_entrance";
    DeleteEntrance = "delete_entrance";
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
    /// The operations of [`AcsUsers`](access_groups_core::AcsUsers) that change something, for an
    /// adapter that only reads them.
    pub const CHANGING_ACS_USERS: &'static [Self] = &[
        Self::CreateAcsUser,
        Self::UpdateAcsUser,
        Self::DeleteAcsUser,
        Self::SuspendAcsUser,
        Self::UnsuspendAcsUser,
        Self::GrantAccess,
        Self::RevokeAccessToAllEntrances,
        Self::RevokeAccess,
    ];

    /// The operations that Seam's API lacks, for an adapter that carries it.
    pub const WITHOUT_WIRE: &'static [Self] = &[
        Self::CreateAccessGroup,
        Self::UpdateAccessGroup,
        Self::RevokeAccess,
        Self::CreateAcsSystem,
        Self::UpdateAcsSystem,
        Self::DeleteAcsSystem,
        Self::CreateEntrance,
        Self::UpdateEntrance,
        Self::DeleteEntrance,
    ];

    /// All operations of [`AcsUsers`](access_groups_core::AcsUsers).
    pub const ACS_USERS: &'static [Self] = Self::from_to(Self::CreateAcsUser, Self::RevokeAccess);

    /// All operations of [`Directory`](access_groups_core::Directory).
    pub const DIRECTORY: &'static [Self] = Self::from_to(Self::GetWorkspace, Self::DeleteEntrance);

    /// The operations of [`UserIdentities`](access_groups_core::UserIdentities) that change
    /// something, for an adapter that only reads them.
    pub const CHANGING_USER_IDENTITIES: &'static [Self] = &[
        Self::CreateUserIdentity,
        Self::UpdateUserIdentity,
        Self::DeleteUserIdentity,
        Self::LinkAcsUser,
        Self::UnlinkAcsUser,
    ];

    /// All operations of [`UserIdentities`](access_groups_core::UserIdentities).
    pub const USER_IDENTITIES: &'static [Self] =
        Self::from_to(Self::CreateUserIdentity, Self::ListEntrancesOfIdentity);
}

impl Capability {
    // The operations of one trait stand together in the table, which has their order.
    const fn from_to(first: Self, last: Self) -> &'static [Self] {
        let (up_to_last, _) = Self::ALL.split_at(last as usize + 1);
        up_to_last.split_at(first as usize).1
    }

    /// The capabilities that the operation needs: that of its name, and `Identities` if it names
    /// a user by identity.
    pub fn needed_by(operation: &Operation) -> impl Iterator<Item = Self> + use<> {
        let own = Self::of(operation);
        // The operations on identities name them as what they are, not in place of a user.
        let by_identity =
            !Self::USER_IDENTITIES.contains(&own) && names_user_by_identity(operation);
        std::iter::once(own).chain(by_identity.then_some(Self::Identities))
    }
}

fn names_user_by_identity(operation: &Operation) -> bool {
    let is_identity = |id: &Subject| matches!(id, Subject::UserIdentity(_));
    let filters_by_contact = matches!(operation, Operation::ListAcsUsers(op)
        if op.filter.identity_email_address.is_some() || op.filter.identity_phone_number.is_some());
    filters_by_contact || operation.ids().iter().any(is_identity)
}

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserFilter, AcsUserId, AcsUserSelector,
        AddUser, GetAcsUser, LinkAcsUser, ListAccessGroups, ListAcsUsers, PageRequest,
        UserIdentityId,
    };

    use super::*;

    #[test]
    fn each_operation_is_a_capability_of_its_name() {
        let names: Vec<_> = Capability::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(names[..names.len() - 1], *Operation::NAMES);
    }

    #[test]
    fn naming_an_identity_needs_its_own_capability() {
        let check = |operation: Operation, expected: &[Capability]| {
            let needed: Vec<_> = Capability::needed_by(&operation).collect();
            assert_eq!(needed, expected, "{operation:?}");
        };
        let (user, identity) = (AcsUserId::from_u128(1), UserIdentityId::from_u128(1));
        let (group, system) = (AccessGroupId::from_u128(1), AcsSystemId::from_u128(1));
        let all = AccessGroupFilter::new();
        let by_identity = all.clone().of_identity(identity);
        check(
            ListAccessGroups::new(all).into(),
            &[Capability::ListAccessGroups],
        );
        check(
            ListAccessGroups::new(by_identity).into(),
            &[Capability::ListAccessGroups, Capability::Identities],
        );
        check(
            AddUser::new(identity, group).into(),
            &[Capability::AddUser, Capability::Identities],
        );
        check(GetAcsUser::new(user).into(), &[Capability::GetAcsUser]);
        check(
            GetAcsUser::new(AcsUserSelector::of(identity, system)).into(),
            &[Capability::GetAcsUser, Capability::Identities],
        );
        let mut by_phone = AcsUserFilter::new();
        by_phone.identity_phone_number = Some(None);
        check(
            ListAcsUsers::new(by_phone, PageRequest::first()).into(),
            &[Capability::ListAcsUsers, Capability::Identities],
        );
        check(
            LinkAcsUser::new(user, identity).into(),
            &[Capability::LinkAcsUser],
        );
    }

    #[test]
    fn the_named_sets_and_identities_are_all_but_groups() {
        let sets = [
            Capability::ACS_USERS,
            Capability::DIRECTORY,
            Capability::USER_IDENTITIES,
            &[Capability::Identities],
        ];
        assert_eq!(Capability::ALL[9..], sets.concat());
    }
}
