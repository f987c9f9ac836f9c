use async_trait::async_trait;

use crate::{
    AcsSystem, AcsUser, AcsUserId, Entrance, Error, NewUserIdentity, Page, PageRequest,
    UserIdentity, UserIdentityFilter, UserIdentityId, UserIdentitySelector, UserIdentityUpdate,
};

/// Creates, reads, lists, changes and deletes user identities: people across systems.
///
/// # Contract
///
/// Each sentence in italics is a law: the conformance kit checks it under this name.
///
/// - *A created identity is there*, as it was asked for: read, listed, found by its key.
/// - *A created identity has a user in each of its systems*: the unlinked one with its e-mail
///   address, else with its phone number, else a new one; with an unknown system, nothing is
///   created.
/// - *An unknown identity cannot be read*, by id or by key, nor can one of another workspace:
///   it is not found.
/// - *Key, e-mail address and phone number belong to one identity*: asking for one that
///   another has is a [`Conflict`](crate::ErrorKind::Conflict) and changes nothing.
/// - *An updated identity keeps what was not named*; its users show the new name and addresses
///   as their identity's.
/// - *Linking makes the user the identity's*: twice is once. A user of another identity, and a
///   second user of a system, are a [`Conflict`](crate::ErrorKind::Conflict).
/// - *A key that nobody has makes an identity when a user is linked to it.*
/// - *Unlinking ends that link only*; where there is none, it succeeds and changes nothing.
/// - *A deleted identity takes its users with it*: all are unknown, and in no group.
/// - *What an identity has is what its users have*: users, systems and entrances, each once.
/// - *A list of identities shows what passes the whole filter.*
/// - *The pages of identities hold each once*, none more than its limit.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserIdentityPort: Send + Sync {
    /// Creates an identity, and links or creates a user of it in each of the systems given.
    ///
    /// Repeating a call whose answer was lost may create a second one, unless it names a key, an
    /// e-mail address or a phone number.
    ///
    /// # Errors
    ///
    /// - `NotFound`: one of the systems does not exist in this workspace.
    /// - `Conflict`: another identity has the key, the e-mail address or the phone number.
    async fn create_user_identity(&self, identity: NewUserIdentity) -> Result<UserIdentity, Error>;

    /// Reads one identity.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the identity does not exist in this workspace.
    async fn user_identity(&self, identity: UserIdentitySelector) -> Result<UserIdentity, Error>;

    /// Lists the identities that pass the filter, oldest first, page by page.
    ///
    /// A walk over all pages:
    /// [`UserIdentityPortExt::all_user_identities`](crate::UserIdentityPortExt::all_user_identities).
    ///
    /// # Errors
    ///
    /// - `Invalid` with code `mismatched_page_parameters`: the cursor was made for another filter or
    ///   limit.
    /// - `Invalid`: the cursor was not made by this service.
    async fn user_identities(
        &self,
        filter: UserIdentityFilter,
        page: PageRequest,
    ) -> Result<Page<UserIdentity>, Error>;

    /// Changes what the update names, and nothing else.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the identity does not exist in this workspace.
    /// - `Conflict`: another identity has the key, the e-mail address or the phone number.
    async fn update_user_identity(
        &self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<(), Error>;

    /// Deletes the identity and its users, with all their memberships and grants.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the identity does not exist in this workspace.
    async fn delete_user_identity(&self, identity: UserIdentityId) -> Result<(), Error>;

    /// Links the user to the identity.
    ///
    /// A key that no identity has makes a new one, named and reached like the user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user, else the identity of that id, does not exist in this workspace.
    /// - `Conflict`: the user is linked to another identity, or the identity to another user of the
    ///   system.
    async fn link_acs_user(
        &self,
        user: AcsUserId,
        identity: UserIdentitySelector,
    ) -> Result<(), Error>;

    /// Ends the link of the user to the identity, if there is one; both stay.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user, else the identity, does not exist in this workspace.
    async fn unlink_acs_user(&self, user: AcsUserId, identity: UserIdentityId)
    -> Result<(), Error>;

    /// Lists the users linked to the identity.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the identity does not exist in this workspace.
    async fn users_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsUser>, Error>;

    /// Lists the systems in which the identity has a user.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the identity does not exist in this workspace.
    async fn systems_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsSystem>, Error>;

    /// Lists what the users of the identity can open.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the identity does not exist in this workspace.
    async fn entrances_of_identity(&self, identity: UserIdentityId)
    -> Result<Vec<Entrance>, Error>;
}

/// The blocking twin of [`UserIdentityPort`]: same contract.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingUserIdentityPort: Send + Sync {
    /// See [`UserIdentityPort::create_user_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn create_user_identity(&self, identity: NewUserIdentity) -> Result<UserIdentity, Error>;

    /// See [`UserIdentityPort::user_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn user_identity(&self, identity: UserIdentitySelector) -> Result<UserIdentity, Error>;

    /// See [`UserIdentityPort::user_identities`].
    ///
    /// # Errors
    ///
    /// The same.
    fn user_identities(
        &self,
        filter: UserIdentityFilter,
        page: PageRequest,
    ) -> Result<Page<UserIdentity>, Error>;

    /// See [`UserIdentityPort::update_user_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn update_user_identity(
        &self,
        identity: UserIdentityId,
        update: UserIdentityUpdate,
    ) -> Result<(), Error>;

    /// See [`UserIdentityPort::delete_user_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn delete_user_identity(&self, identity: UserIdentityId) -> Result<(), Error>;

    /// See [`UserIdentityPort::link_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn link_acs_user(&self, user: AcsUserId, identity: UserIdentitySelector) -> Result<(), Error>;

    /// See [`UserIdentityPort::unlink_acs_user`].
    ///
    /// # Errors
    ///
    /// The same.
    fn unlink_acs_user(&self, user: AcsUserId, identity: UserIdentityId) -> Result<(), Error>;

    /// See [`UserIdentityPort::users_of_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn users_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsUser>, Error>;

    /// See [`UserIdentityPort::systems_of_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn systems_of_identity(&self, identity: UserIdentityId) -> Result<Vec<AcsSystem>, Error>;

    /// See [`UserIdentityPort::entrances_of_identity`].
    ///
    /// # Errors
    ///
    /// The same.
    fn entrances_of_identity(&self, identity: UserIdentityId) -> Result<Vec<Entrance>, Error>;
}
