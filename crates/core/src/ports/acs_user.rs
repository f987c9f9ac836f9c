use async_trait::async_trait;

use crate::{
    AcsUser, AcsUserFilter, AcsUserSelector, AcsUserUpdate, Entrance, Error, NewAcsUser, Page,
    PageRequest,
};

/// Creates, reads, lists, changes and deletes ACS users: people as one system knows them.
///
/// # Contract
///
/// Each sentence in italics is a law: the conformance kit checks it under this name.
///
/// - *A user reads the same wherever they are shown*: here, in a listing, and among the members
///   of a group.
/// - *An unknown user cannot be read*, nor can one of another workspace: they are not found.
/// - *A created user is there*, as they were asked for: read, listed, without groups but those
///   given.
/// - *A created user is in their groups at once*; if one of them is unknown or of another
///   system, nobody is created.
/// - *A user created for an identity is linked to it*; an unknown identity is not found, and
///   one that has a user in the system already is a [`Conflict`](crate::ErrorKind::Conflict).
/// - *A user is found by identity and system*, in every call that names one.
/// - *A schedule must end in the future and after it starts*: otherwise the call is
///   [`Invalid`](crate::ErrorKind::Invalid) and changes nothing.
/// - *An update changes what it names and nothing else.*
/// - *A suspended user reads as suspended* until that ends; twice is once, both ways.
/// - *A deleted user is unknown*, and in no group.
/// - *The entrances of a user are those of their groups and those granted*: each once.
/// - *Revoking access ends every membership and every grant*, of that user only.
/// - *A list of users shows what passes the whole filter.*
/// - *The pages of users hold everybody once*, none more than its limit, in the same order
///   whatever the limit.
/// - *A page cursor belongs to its question*: with another filter or limit it is
///   [`Invalid`](crate::ErrorKind::Invalid) with code `mismatched_page_parameters`; this holds
///   for every list that comes in pages.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AcsUserPort: Send + Sync {
    /// Creates a user.
    ///
    /// Repeating a call whose answer was lost may create a second one: look for them first.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the system, the identity or one of the groups does not exist in this workspace.
    /// - `Invalid`: a group belongs to another system, or the schedule does not end in the future
    ///   and after it starts.
    /// - `Conflict`: the identity has a user in this system already.
    async fn create_acs_user(&self, user: NewAcsUser) -> Result<AcsUser, Error>;

    /// Reads one user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    async fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error>;

    /// Lists the users that pass the filter, oldest first, page by page.
    ///
    /// A walk over all pages: [`AcsUserPortExt::all_acs_users`](crate::AcsUserPortExt::all_acs_users).
    ///
    /// # Errors
    ///
    /// - `Invalid` with code `mismatched_page_parameters`: the cursor was made for another filter or
    ///   limit.
    /// - `Invalid`: the cursor was not made by this service.
    async fn acs_users(
        &self,
        filter: AcsUserFilter,
        page: PageRequest,
    ) -> Result<Page<AcsUser>, Error>;

    /// Changes what the update names, and nothing else.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    /// - `Invalid`: the schedule does not end in the future and after it starts.
    async fn update_acs_user(
        &self,
        user: AcsUserSelector,
        update: AcsUserUpdate,
    ) -> Result<(), Error>;

    /// Deletes the user, with all their memberships and grants.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    async fn delete_acs_user(&self, user: AcsUserSelector) -> Result<(), Error>;

    /// Suspends the user: nothing opens until that ends.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    async fn suspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error>;

    /// Ends the suspension of the user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    async fn unsuspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error>;

    /// Lists what the user can open: through groups, and directly.
    ///
    /// Whether they can open it *now* is another question, of schedules and suspension: see
    /// [`Verdict`](crate::Verdict).
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    async fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error>;

    /// Ends all access of the user: every membership and every direct grant.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user does not exist in this workspace; by identity, the identity, else the
    ///   system, does not, or the identity has no user in it.
    async fn revoke_access_to_all_entrances(&self, user: AcsUserSelector) -> Result<(), Error>;
}

/// The blocking twin of [`AcsUserPort`]: same contract.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingAcsUserPort: Send + Sync {
    /// See [`AcsUserPort::create_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn create_acs_user(&self, user: NewAcsUser) -> Result<AcsUser, Error>;

    /// See [`AcsUserPort::acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn acs_user(&self, user: AcsUserSelector) -> Result<AcsUser, Error>;

    /// See [`AcsUserPort::acs_users`].
    ///
    /// # Errors
    ///
    /// The same.
    fn acs_users(&self, filter: AcsUserFilter, page: PageRequest) -> Result<Page<AcsUser>, Error>;

    /// See [`AcsUserPort::update_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn update_acs_user(&self, user: AcsUserSelector, update: AcsUserUpdate) -> Result<(), Error>;

    /// See [`AcsUserPort::delete_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn delete_acs_user(&self, user: AcsUserSelector) -> Result<(), Error>;

    /// See [`AcsUserPort::suspend_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn suspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error>;

    /// See [`AcsUserPort::unsuspend_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn unsuspend_acs_user(&self, user: AcsUserSelector) -> Result<(), Error>;

    /// See [`AcsUserPort::entrances_of_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn entrances_of_user(&self, user: AcsUserSelector) -> Result<Vec<Entrance>, Error>;

    /// See [`AcsUserPort::revoke_access_to_all_entrances`].
    ///
    /// # Errors
    ///
    /// The same.
    fn revoke_access_to_all_entrances(&self, user: AcsUserSelector) -> Result<(), Error>;
}
