//! Whatever points to a port is one, and so is what is lifted.

use std::sync::Arc;

use async_trait::async_trait;

use super::*;
use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemFilter, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, AcsUserUpdate, Entrance, EntranceFilter,
    EntranceId, Error, Lift, NewAcsUser, NewUserIdentity, Page, PageRequest, UserIdentity,
    UserIdentityFilter, UserIdentityId, UserIdentitySelector, UserIdentityUpdate, UserRef,
    Workspace,
};

/// One table of methods per port.
macro_rules! pointers_are_ports {
    ($($port:ident, $blocking:ident {
        $($method:ident($($argument:ident: $type:ty),*) -> $reply:ty;)*
    })*) => {$(
        pointers_are_ports!(@each $port, $blocking, &T, {
            $($method($($argument: $type),*) -> $reply;)*
        });
        pointers_are_ports!(@each $port, $blocking, Box<T>, {
            $($method($($argument: $type),*) -> $reply;)*
        });
        pointers_are_ports!(@each $port, $blocking, Arc<T>, {
            $($method($($argument: $type),*) -> $reply;)*
        });

        #[async_trait]
        impl<T: $blocking> $port for Lift<T> {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$reply, Error> {
                self.0.$method($($argument),*)
            })*
        }
    )*};
    (@each $port:ident, $blocking:ident, $pointer:ty, {
        $($method:ident($($argument:ident: $type:ty),*) -> $reply:ty;)*
    }) => {
        #[async_trait]
        impl<T: $port + ?Sized> $port for $pointer {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$reply, Error> {
                (**self).$method($($argument),*).await
            })*
        }

        impl<T: $blocking + ?Sized> $blocking for $pointer {
            $(fn $method(&self, $($argument: $type),*) -> Result<$reply, Error> {
                (**self).$method($($argument),*)
            })*
        }
    };
}

pointers_are_ports! {
    AccessGroupPort, BlockingAccessGroupPort {
        add_user(user: UserRef, group: AccessGroupId) -> ();
        remove_user(user: UserRef, group: AccessGroupId) -> ();
        access_group(group: AccessGroupId) -> AccessGroup;
        access_groups(filter: AccessGroupFilter) -> Vec<AccessGroup>;
        users_in_group(group: AccessGroupId) -> Vec<AcsUser>;
        entrances_of_group(group: AccessGroupId) -> Vec<Entrance>;
        delete_access_group(group: AccessGroupId) -> ();
    }
    AcsUserPort, BlockingAcsUserPort {
        create_acs_user(user: NewAcsUser) -> AcsUser;
        acs_user(user: AcsUserSelector) -> AcsUser;
        acs_users(filter: AcsUserFilter, page: PageRequest) -> Page<AcsUser>;
        update_acs_user(user: AcsUserSelector, update: AcsUserUpdate) -> ();
        delete_acs_user(user: AcsUserSelector) -> ();
        suspend_acs_user(user: AcsUserSelector) -> ();
        unsuspend_acs_user(user: AcsUserSelector) -> ();
        entrances_of_user(user: AcsUserSelector) -> Vec<Entrance>;
        revoke_access_to_all_entrances(user: AcsUserSelector) -> ();
    }
    DirectoryPort, BlockingDirectoryPort {
        workspace() -> Workspace;
        acs_system(system: AcsSystemId) -> AcsSystem;
        acs_systems(filter: AcsSystemFilter) -> Vec<AcsSystem>;
        entrance(entrance: EntranceId) -> Entrance;
        entrances(filter: EntranceFilter, page: PageRequest) -> Page<Entrance>;
        grant_access(user: UserRef, entrance: EntranceId) -> ();
    }
    UserIdentityPort, BlockingUserIdentityPort {
        create_user_identity(identity: NewUserIdentity) -> UserIdentity;
        user_identity(identity: UserIdentitySelector) -> UserIdentity;
        user_identities(filter: UserIdentityFilter, page: PageRequest) -> Page<UserIdentity>;
        update_user_identity(identity: UserIdentityId, update: UserIdentityUpdate) -> ();
        delete_user_identity(identity: UserIdentityId) -> ();
        link_acs_user(user: AcsUserId, identity: UserIdentitySelector) -> ();
        unlink_acs_user(user: AcsUserId, identity: UserIdentityId) -> ();
        users_of_identity(identity: UserIdentityId) -> Vec<AcsUser>;
        systems_of_identity(identity: UserIdentityId) -> Vec<AcsSystem>;
        entrances_of_identity(identity: UserIdentityId) -> Vec<Entrance>;
    }
}
