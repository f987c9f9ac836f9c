//! Import and export of everything that a store holds.

use async_trait::async_trait;

use crate::{AccessGroupPort, BlockingAccessGroupPort, Context, Error};

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
    /// Loads a site file into the store, which must be empty. Its context says on whose behalf, for
    /// the history of stores that have one.
    ///
    /// A store that has a workspace keeps the id and the name of it, whatever the site says: all that
    /// is loaded belongs to it. One that has none takes that of the site.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the text is not a valid site file; [`fields`](Error::fields) lists each problem
    ///   with its place. Or a resource belongs to another workspace than the site. Nothing is
    ///   imported.
    /// - `Conflict`: the store is not empty.
    async fn import_with(&self, site: &str, context: &Context) -> Result<(), Error>;

    /// Loads a site file on nobody's behalf: see [`import_with`](Self::import_with).
    ///
    /// # Errors
    ///
    /// Those of [`import_with`](Self::import_with).
    async fn import(&self, site: &str) -> Result<(), Error> {
        self.import_with(site, &Context::new()).await
    }

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
    /// Loads a site file into the store, which must be empty. Its context says on whose behalf, for
    /// the history of stores that have one.
    ///
    /// A store that has a workspace keeps the id and the name of it, whatever the site says: all that
    /// is loaded belongs to it. One that has none takes that of the site.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the text is not a valid site file; [`fields`](Error::fields) lists each problem
    ///   with its place. Or a resource belongs to another workspace than the site. Nothing is
    ///   imported.
    /// - `Conflict`: the store is not empty.
    fn import_with(&self, site: &str, context: &Context) -> Result<(), Error>;

    /// Loads a site file on nobody's behalf: see [`import_with`](Self::import_with).
    ///
    /// # Errors
    ///
    /// Those of [`import_with`](Self::import_with).
    fn import(&self, site: &str) -> Result<(), Error> {
        self.import_with(site, &Context::new())
    }

    /// Returns everything in the store as a site file. The same content gives the same text, so
    /// that exports can be compared and kept under version control.
    ///
    /// # Errors
    ///
    /// None of its own.
    fn export(&self) -> Result<String, Error>;
}
