//! Import and export of everything that a store holds.

use async_trait::async_trait;

use crate::{AccessGroupPort, BlockingAccessGroupPort, Error};

/// An adapter that keeps the data itself, and can load and save all of it as a site file.
///
/// A site file is a JSON snapshot of systems, users, identities, entrances, groups, memberships,
/// group entrances and grants; `access-groups-in-memory` documents its format.
///
/// # Examples
///
/// ```
/// use access_groups_core::{Error, Store};
///
/// /// Copies everything into an empty store.
/// async fn copy(from: &dyn Store, to: &dyn Store) -> Result<(), Error> {
///     to.import(&from.export().await?).await
/// }
/// ```
// A trait of its own: an import is no single operation, and adapters to a service have none.
#[async_trait]
pub trait Store: AccessGroupPort {
    /// Loads a site file into the store, which must be empty.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the text is not a valid site file; [`fields`](Error::fields) lists each problem
    ///   with its place. Nothing is imported.
    /// - `Conflict`: the store is not empty.
    async fn import(&self, site: &str) -> Result<(), Error>;

    /// Returns everything in the store as a site file. The same content gives the same text, so
    /// that exports can be compared and kept under version control.
    ///
    /// # Errors
    ///
    /// None of its own.
    async fn export(&self) -> Result<String, Error>;
}

/// The blocking flavour of [`Store`].
///
/// # Examples
///
/// A failed import lists every problem of the file:
///
/// ```
/// use access_groups_core::{BlockingStore, Error};
///
/// fn load(store: &dyn BlockingStore, site: &str) -> Result<(), Error> {
///     store.import(site).inspect_err(|error| {
///         for field in error.fields() {
///             eprintln!("{}: {}", field.path, field.message);
///         }
///     })
/// }
/// ```
pub trait BlockingStore: BlockingAccessGroupPort {
    /// Loads a site file into the store, which must be empty.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the text is not a valid site file; [`fields`](Error::fields) lists each problem
    ///   with its place. Nothing is imported.
    /// - `Conflict`: the store is not empty.
    fn import(&self, site: &str) -> Result<(), Error>;

    /// Returns everything in the store as a site file. The same content gives the same text, so
    /// that exports can be compared and kept under version control.
    ///
    /// # Errors
    ///
    /// None of its own.
    fn export(&self) -> Result<String, Error>;
}
