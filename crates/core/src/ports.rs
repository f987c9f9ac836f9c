//! The ports: what an adapter implements and an application calls.
//!
//! Every port comes in two flavours with the same names, order, arguments and errors. No
//! type implements both flavours of one port: with both traits in scope, every call would
//! be ambiguous.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, Call, Entrance, EntranceId,
    Error, GetAcsUser, GetEntrance, Lift, Operation, Reply, UserRef,
};

/// Puts people into access groups, takes them out, and says who is in and what they open.
///
/// # Contract
///
/// Each sentence in italics is a law: the conformance kit checks it under this name.
///
/// - *Adding makes a member.* The user is then among the group's users, and the group among
///   the user's groups.
/// - *Adding twice is adding once.* It succeeds, and one removal ends the membership.
/// - *Removing ends membership of that group only.*
/// - *Removing a non-member succeeds and changes nothing.*
/// - *An unknown user is not found*, nor is an unknown identity: the error names which.
/// - *An unknown group is not found*: the error names it.
/// - *The user is looked at before the group*: with both unknown, the error is the user's.
/// - *Another workspace's ids are unknown.*
/// - *Systems do not mix.* Adding a user to a group of another system is
///   [`Invalid`](crate::ErrorKind::Invalid) and changes nothing; removing them succeeds, for
///   such a user is never a member.
/// - *Suspension does not touch membership.* Suspended users join, stay, are listed and leave
///   like any others.
/// - *An identity joins as its user of the group's system*: the ACS user linked to it.
/// - *An identity leaves as its user of the group's system.*
/// - *An identity without a user is linked by e-mail address or phone number* when it is
///   added: to the unlinked user of the group's system with the same e-mail address, else
///   with the same phone number; of several, the one that was created first. E-mail addresses
///   are the same in any case of their letters, phone numbers letter by letter; an empty
///   address or number matches nobody.
/// - *A linked user is never linked to another identity.*
/// - *An identity that matches nobody gets a user* when it is added: a new one of the group's
///   system, linked to it.
/// - *Removing an identity neither creates nor links*: without a linked user in the group's
///   system it succeeds and changes nothing.
/// - *A listing shows what passes the whole filter*; of an unknown system, user or identity
///   there is nothing.
/// - *A search finds part of a name or id in any case.*
/// - *A listing shows nothing twice.* The order is not specified.
/// - *A listing is complete however long.*
/// - *The entrances of a group are those it holds.*
/// - *A group reads the same wherever it is shown.*
/// - *Deleting a group ends its memberships*, and no other; its users and entrances stay.
/// - *A deleted group is unknown.*
/// - *A refused call changes nothing.*
/// - *A change is seen by every later call*, through any clone of the port.
/// - *Calls at once lose nothing*: each method may be called from many tasks or threads, and
///   every call that succeeded counts.
/// - *What an adapter cannot do is unsupported*: it answers
///   [`Unsupported`](crate::ErrorKind::Unsupported) and changes nothing.
///
/// # For callers
///
/// Success means *accepted*: the doors of a real system may learn of it later; see
/// `pending_mutations` of both resources.
///
/// # For implementors
///
/// Return [`Error`]s of the kind that the contract names; put nothing into messages that
/// must stay secret. Prove the contract with the conformance kit,
/// `access-groups-conformance`: one macro call makes a test of each law.
///
/// # Cancel safety
///
/// A dropped future may leave the change made or not made, never half made.
///
/// # Errors
///
/// Beside those of the contract: [`Unauthenticated`](crate::ErrorKind::Unauthenticated),
/// [`RateLimited`](crate::ErrorKind::RateLimited), [`Unavailable`](crate::ErrorKind::Unavailable)
/// and [`TimedOut`](crate::ErrorKind::TimedOut) from adapters that talk to a service;
/// [`is_ambiguous`](Error::is_ambiguous) tells whether the change may have happened.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccessGroupPort: Send + Sync {
    /// Makes the user a member of the group.
    ///
    /// An identity may be linked to an ACS user, or get a new one, on the way: see the
    /// contract.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user or identity, else the group, does not exist in this workspace.
    /// - `Invalid`: user and group belong to different systems.
    async fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error>;

    /// Ends the user's membership of the group, and of this group only.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user or identity, else the group, does not exist in this workspace.
    async fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error>;

    /// Reads one group.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the group does not exist in this workspace.
    async fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error>;

    /// Lists the groups that pass the filter; an unknown system or user has none.
    ///
    /// # Errors
    ///
    /// None of its own.
    async fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error>;

    /// Lists the members of the group, suspended ones among them.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the group does not exist in this workspace.
    async fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error>;

    /// Lists what the members of the group can open.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the group does not exist in this workspace.
    async fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error>;

    /// Deletes the group and all its memberships; its users and entrances stay.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the group does not exist in this workspace, or no longer.
    async fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error>;
}

/// The blocking twin of [`AccessGroupPort`]: same contract.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingAccessGroupPort: Send + Sync {
    /// See [`AccessGroupPort::add_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn add_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error>;

    /// See [`AccessGroupPort::remove_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn remove_user(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error>;

    /// See [`AccessGroupPort::access_group`].
    ///
    /// # Errors
    ///
    /// The same.
    fn access_group(&self, group: AccessGroupId) -> Result<AccessGroup, Error>;

    /// See [`AccessGroupPort::access_groups`].
    ///
    /// # Errors
    ///
    /// The same.
    fn access_groups(&self, filter: AccessGroupFilter) -> Result<Vec<AccessGroup>, Error>;

    /// See [`AccessGroupPort::users_in_group`].
    ///
    /// # Errors
    ///
    /// The same.
    fn users_in_group(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error>;

    /// See [`AccessGroupPort::entrances_of_group`].
    ///
    /// # Errors
    ///
    /// The same.
    fn entrances_of_group(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error>;

    /// See [`AccessGroupPort::delete_access_group`].
    ///
    /// # Errors
    ///
    /// The same.
    fn delete_access_group(&self, group: AccessGroupId) -> Result<(), Error>;
}

/// Reads ACS users.
///
/// # Contract
///
/// Each sentence in italics is a law: the conformance kit checks it under this name.
///
/// - *A user reads the same wherever they are shown*: here, and among the members of a group.
/// - *An unknown user cannot be read*, nor can one of another workspace: they are not found.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AcsUserPort: Send + Sync {
    /// Reads one user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace.
    async fn acs_user(&self, user: AcsUserId) -> Result<AcsUser, Error>;
}

/// The blocking twin of [`AcsUserPort`]: same contract.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingAcsUserPort: Send + Sync {
    /// See [`AcsUserPort::acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn acs_user(&self, user: AcsUserId) -> Result<AcsUser, Error>;
}

/// Reads what there is to open.
///
/// # Contract
///
/// Each sentence in italics is a law: the conformance kit checks it under this name.
///
/// - *An entrance reads the same wherever it is shown*: here, and among those of a group.
/// - *An unknown entrance cannot be read*, nor can one of another workspace: it is not found.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DirectoryPort: Send + Sync {
    /// Reads one entrance.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the entrance does not exist in this workspace.
    async fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error>;
}

/// The blocking twin of [`DirectoryPort`]: same contract.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingDirectoryPort: Send + Sync {
    /// See [`DirectoryPort::entrance`].
    ///
    /// # Errors
    ///
    /// The same.
    fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error>;
}

/// One table of methods per port: whatever points to a port is one, and so is what is lifted.
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
        acs_user(user: AcsUserId) -> AcsUser;
    }
    DirectoryPort, BlockingDirectoryPort {
        entrance(entrance: EntranceId) -> Entrance;
    }
}

/// The ports of one service, for code that needs several; all but the first are optional.
///
/// A clone shares the ports.
#[derive(Clone)]
pub struct Ports {
    access_groups: Arc<dyn AccessGroupPort>,
    acs_users: Option<Arc<dyn AcsUserPort>>,
    directory: Option<Arc<dyn DirectoryPort>>,
}

impl Ports {
    /// One adapter that has them all.
    #[must_use]
    pub fn of<T>(adapter: T) -> Self
    where
        T: AccessGroupPort + AcsUserPort + DirectoryPort + 'static,
    {
        let adapter = Arc::new(adapter);
        Self::new(adapter.clone())
            .with_acs_users(adapter.clone())
            .with_directory(adapter)
    }

    /// Access groups only.
    #[must_use]
    pub fn new(access_groups: impl AccessGroupPort + 'static) -> Self {
        Self {
            access_groups: Arc::new(access_groups),
            acs_users: None,
            directory: None,
        }
    }

    /// And these ACS users.
    #[must_use]
    pub fn with_acs_users(mut self, port: impl AcsUserPort + 'static) -> Self {
        self.acs_users = Some(Arc::new(port));
        self
    }

    /// And this directory.
    #[must_use]
    pub fn with_directory(mut self, port: impl DirectoryPort + 'static) -> Self {
        self.directory = Some(Arc::new(port));
        self
    }

    /// The access groups.
    #[must_use]
    pub fn access_groups(&self) -> &dyn AccessGroupPort {
        &self.access_groups
    }

    /// The ACS users.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn acs_users(&self) -> Result<&dyn AcsUserPort, Error> {
        let port = self.acs_users.as_ref().ok_or_else(no_acs_users)?;
        Ok(port)
    }

    /// The directory.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn directory(&self) -> Result<&dyn DirectoryPort, Error> {
        let port = self.directory.as_ref().ok_or_else(no_directory)?;
        Ok(port)
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_ports(
            f,
            "Ports",
            self.acs_users.is_some(),
            self.directory.is_some(),
        )
    }
}

/// The blocking twin of [`Ports`].
#[derive(Clone)]
pub struct BlockingPorts {
    access_groups: Arc<dyn BlockingAccessGroupPort>,
    acs_users: Option<Arc<dyn BlockingAcsUserPort>>,
    directory: Option<Arc<dyn BlockingDirectoryPort>>,
}

impl BlockingPorts {
    /// One adapter that has them all.
    #[must_use]
    pub fn of<T>(adapter: T) -> Self
    where
        T: BlockingAccessGroupPort + BlockingAcsUserPort + BlockingDirectoryPort + 'static,
    {
        let adapter = Arc::new(adapter);
        Self::new(adapter.clone())
            .with_acs_users(adapter.clone())
            .with_directory(adapter)
    }

    /// Access groups only.
    #[must_use]
    pub fn new(access_groups: impl BlockingAccessGroupPort + 'static) -> Self {
        Self {
            access_groups: Arc::new(access_groups),
            acs_users: None,
            directory: None,
        }
    }

    /// And these ACS users.
    #[must_use]
    pub fn with_acs_users(mut self, port: impl BlockingAcsUserPort + 'static) -> Self {
        self.acs_users = Some(Arc::new(port));
        self
    }

    /// And this directory.
    #[must_use]
    pub fn with_directory(mut self, port: impl BlockingDirectoryPort + 'static) -> Self {
        self.directory = Some(Arc::new(port));
        self
    }

    /// The access groups.
    #[must_use]
    pub fn access_groups(&self) -> &dyn BlockingAccessGroupPort {
        &self.access_groups
    }

    /// The ACS users.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn acs_users(&self) -> Result<&dyn BlockingAcsUserPort, Error> {
        let port = self.acs_users.as_ref().ok_or_else(no_acs_users)?;
        Ok(port)
    }

    /// The directory.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn directory(&self) -> Result<&dyn BlockingDirectoryPort, Error> {
        let port = self.directory.as_ref().ok_or_else(no_directory)?;
        Ok(port)
    }
}

impl fmt::Debug for BlockingPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_ports(
            f,
            "BlockingPorts",
            self.acs_users.is_some(),
            self.directory.is_some(),
        )
    }
}

/// Carries out an operation on the port it belongs to.
///
/// # Errors
///
/// Those of the port's method; `Unsupported` where the port is missing.
pub async fn dispatch(ports: &Ports, operation: Operation) -> Result<Reply, Error> {
    let groups = ports.access_groups();
    Ok(match operation {
        Operation::AddUser(op) => groups.add_user(op.user, op.group).await?.into(),
        Operation::RemoveUser(op) => groups.remove_user(op.user, op.group).await?.into(),
        Operation::GetAccessGroup(op) => groups.access_group(op.group).await?.into(),
        Operation::ListAccessGroups(op) => groups.access_groups(op.filter).await?.into(),
        Operation::ListUsersInGroup(op) => groups.users_in_group(op.group).await?.into(),
        Operation::ListEntrancesOfGroup(op) => groups.entrances_of_group(op.group).await?.into(),
        Operation::DeleteAccessGroup(op) => groups.delete_access_group(op.group).await?.into(),
        Operation::GetAcsUser(op) => ports.acs_users()?.acs_user(op.user).await?.into(),
        Operation::GetEntrance(op) => ports.directory()?.entrance(op.entrance).await?.into(),
    })
}

/// The blocking twin of [`dispatch`].
///
/// # Errors
///
/// The same.
pub fn dispatch_blocking(ports: &BlockingPorts, operation: Operation) -> Result<Reply, Error> {
    let groups = ports.access_groups();
    Ok(match operation {
        Operation::AddUser(op) => groups.add_user(op.user, op.group)?.into(),
        Operation::RemoveUser(op) => groups.remove_user(op.user, op.group)?.into(),
        Operation::GetAccessGroup(op) => groups.access_group(op.group)?.into(),
        Operation::ListAccessGroups(op) => groups.access_groups(op.filter)?.into(),
        Operation::ListUsersInGroup(op) => groups.users_in_group(op.group)?.into(),
        Operation::ListEntrancesOfGroup(op) => groups.entrances_of_group(op.group)?.into(),
        Operation::DeleteAccessGroup(op) => groups.delete_access_group(op.group)?.into(),
        Operation::GetAcsUser(op) => ports.acs_users()?.acs_user(op.user)?.into(),
        Operation::GetEntrance(op) => ports.directory()?.entrance(op.entrance)?.into(),
    })
}

fn no_acs_users() -> Error {
    Error::unsupported("this service does not read ACS users").with_operation(GetAcsUser::NAME)
}

fn no_directory() -> Error {
    Error::unsupported("this service does not read entrances").with_operation(GetEntrance::NAME)
}

fn debug_ports(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    acs_users: bool,
    directory: bool,
) -> fmt::Result {
    f.debug_struct(name)
        .field("acs_users", &acs_users)
        .field("directory", &directory)
        .finish_non_exhaustive()
}
