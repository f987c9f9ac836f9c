use async_trait::async_trait;

use crate::{
    AcsSystem, AcsSystemFilter, AcsSystemId, Entrance, EntranceFilter, EntranceId, Error, Page,
    PageRequest, UserRef, Workspace,
};

/// Reads what there is, workspace, systems and entrances, and opens single entrances to people.
///
/// # Contract
///
/// Each sentence in italics is a law: the conformance kit checks it under this name.
///
/// - *The workspace names itself in what it holds*: every group and user of it has its id.
/// - *A system reads the same wherever it is shown*: here, in a listing, and among those of an
///   identity.
/// - *An unknown system cannot be read*, nor can one of another workspace: it is not found.
/// - *A list of systems shows what passes the whole filter.*
/// - *An entrance reads the same wherever it is shown*: here, in a listing, among those of a
///   group, of a user and of an identity.
/// - *An unknown entrance cannot be read*, nor can one of another workspace: it is not found.
/// - *A list of entrances shows what passes the whole filter.*
/// - *The pages of entrances hold each once*, none more than its limit.
/// - *A granted entrance is among those of its user*; granting twice is granting once, and no
///   membership comes of it.
/// - *Granting does not mix systems*: a user and an entrance of different systems are
///   [`Invalid`](crate::ErrorKind::Invalid); of unknown ones, the user is looked at first.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DirectoryPort: Send + Sync {
    /// Reads the workspace that the credential belongs to: the cheapest check that it is accepted.
    ///
    /// # Errors
    ///
    /// None of its own.
    async fn workspace(&self) -> Result<Workspace, Error>;

    /// Reads one system.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the system does not exist in this workspace.
    async fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error>;

    /// Lists the systems that pass the filter.
    ///
    /// # Errors
    ///
    /// None of its own.
    async fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error>;

    /// Reads one entrance.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the entrance does not exist in this workspace.
    async fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error>;

    /// Lists the entrances that pass the filter, oldest first, page by page.
    ///
    /// A walk over all pages: [`DirectoryPortExt::all_entrances`](crate::DirectoryPortExt::all_entrances).
    ///
    /// # Errors
    ///
    /// - `Invalid` with code `mismatched_page_parameters`: the cursor was made for another filter or
    ///   limit.
    /// - `Invalid`: the cursor was not made by this service.
    async fn entrances(
        &self,
        filter: EntranceFilter,
        page: PageRequest,
    ) -> Result<Page<Entrance>, Error>;

    /// Lets the user open the entrance, beside whatever their groups open.
    ///
    /// An identity may be linked to an ACS user of the entrance's system, or get a new one, on the
    /// way, like in [`AccessGroupPort::add_user`](crate::AccessGroupPort::add_user).
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user or identity, else the entrance, does not exist in this workspace.
    /// - `Invalid`: user and entrance belong to different systems.
    async fn grant_access(&self, user: UserRef, entrance: EntranceId) -> Result<(), Error>;
}

/// The blocking twin of [`DirectoryPort`]: same contract.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait BlockingDirectoryPort: Send + Sync {
    /// See [`DirectoryPort::workspace`].
    ///
    /// # Errors
    ///
    /// The same.
    fn workspace(&self) -> Result<Workspace, Error>;

    /// See [`DirectoryPort::acs_system`].
    ///
    /// # Errors
    ///
    /// The same.
    fn acs_system(&self, system: AcsSystemId) -> Result<AcsSystem, Error>;

    /// See [`DirectoryPort::acs_systems`].
    ///
    /// # Errors
    ///
    /// The same.
    fn acs_systems(&self, filter: AcsSystemFilter) -> Result<Vec<AcsSystem>, Error>;

    /// See [`DirectoryPort::entrance`].
    ///
    /// # Errors
    ///
    /// The same.
    fn entrance(&self, entrance: EntranceId) -> Result<Entrance, Error>;

    /// See [`DirectoryPort::entrances`].
    ///
    /// # Errors
    ///
    /// The same.
    fn entrances(&self, filter: EntranceFilter, page: PageRequest)
    -> Result<Page<Entrance>, Error>;

    /// See [`DirectoryPort::grant_access`].
    ///
    /// # Errors
    ///
    /// The same.
    fn grant_access(&self, user: UserRef, entrance: EntranceId) -> Result<(), Error>;
}
