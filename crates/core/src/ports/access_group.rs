use async_trait::async_trait;

use crate::{AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, Entrance, Error, UserRef};

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
