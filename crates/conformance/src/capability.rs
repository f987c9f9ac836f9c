//! What an adapter may lack.

use std::fmt;

use access_groups_core::{Operation, UserRef};

/// Something that an adapter can do, or declares that it cannot.
///
/// See [`Fixture::without`](crate::Fixture::without).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// The operation `add_user`.
    AddUser,
    /// The operation `remove_user`.
    RemoveUser,
    /// The operation `access_group`.
    GetAccessGroup,
    /// The operation `access_groups`.
    ListAccessGroups,
    /// The operation `users_in_group`.
    ListUsersInGroup,
    /// The operation `entrances_of_group`.
    ListEntrancesOfGroup,
    /// The operation `delete_access_group`.
    DeleteAccessGroup,
    /// The operation `acs_user`.
    GetAcsUser,
    /// The operation `entrance`.
    GetEntrance,
    /// Users named by their identity: in `add_user`, `remove_user`, and the filter of
    /// `access_groups`.
    Identities,
}

impl Capability {
    /// Every capability.
    pub const ALL: &'static [Self] = &[
        Self::AddUser,
        Self::RemoveUser,
        Self::GetAccessGroup,
        Self::ListAccessGroups,
        Self::ListUsersInGroup,
        Self::ListEntrancesOfGroup,
        Self::DeleteAccessGroup,
        Self::GetAcsUser,
        Self::GetEntrance,
        Self::Identities,
    ];

    /// What the operation takes: the capability of its name, and `Identities` if it names one.
    pub fn needed_by(operation: &Operation) -> impl Iterator<Item = Self> + use<> {
        let (capability, names_identity) = match operation {
            Operation::AddUser(op) => (Self::AddUser, is_identity(op.user)),
            Operation::RemoveUser(op) => (Self::RemoveUser, is_identity(op.user)),
            Operation::GetAccessGroup(_) => (Self::GetAccessGroup, false),
            Operation::ListAccessGroups(op) => {
                (Self::ListAccessGroups, op.filter.identity.is_some())
            }
            Operation::ListUsersInGroup(_) => (Self::ListUsersInGroup, false),
            Operation::ListEntrancesOfGroup(_) => (Self::ListEntrancesOfGroup, false),
            Operation::DeleteAccessGroup(_) => (Self::DeleteAccessGroup, false),
            Operation::GetAcsUser(_) => (Self::GetAcsUser, false),
            Operation::GetEntrance(_) => (Self::GetEntrance, false),
        };
        let identities = names_identity.then_some(Self::Identities);
        [capability].into_iter().chain(identities)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddUser => "add_user",
            Self::RemoveUser => "remove_user",
            Self::GetAccessGroup => "access_group",
            Self::ListAccessGroups => "access_groups",
            Self::ListUsersInGroup => "users_in_group",
            Self::ListEntrancesOfGroup => "entrances_of_group",
            Self::DeleteAccessGroup => "delete_access_group",
            Self::GetAcsUser => "acs_user",
            Self::GetEntrance => "entrance",
            Self::Identities => "naming users by identity",
        })
    }
}

fn is_identity(user: UserRef) -> bool {
    matches!(user, UserRef::Identity(_))
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AccessGroupFilter, AccessGroupId, ListAccessGroups, UserIdentityId};

    use super::*;

    #[test]
    fn each_operation_is_a_capability_of_the_same_name() {
        let names: Vec<_> = Capability::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(names[..names.len() - 1], *Operation::NAMES);
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
    }
}
