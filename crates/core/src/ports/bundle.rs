//! The ports of one service together.

use std::{fmt, sync::Arc};

use super::*;
use crate::Error;

/// The ports of one service, for code that needs several; all but the first are optional.
///
/// A clone shares the ports.
#[derive(Clone)]
pub struct Ports {
    access_groups: Arc<dyn AccessGroupPort>,
    acs_users: Option<Arc<dyn AcsUserPort>>,
    directory: Option<Arc<dyn DirectoryPort>>,
    user_identities: Option<Arc<dyn UserIdentityPort>>,
}

impl Ports {
    /// One adapter that has them all.
    #[must_use]
    pub fn of<T>(adapter: T) -> Self
    where
        T: AccessGroupPort + AcsUserPort + DirectoryPort + UserIdentityPort + 'static,
    {
        let adapter = Arc::new(adapter);
        Self::new(adapter.clone())
            .with_acs_users(adapter.clone())
            .with_directory(adapter.clone())
            .with_user_identities(adapter)
    }

    /// Access groups only.
    #[must_use]
    pub fn new(access_groups: impl AccessGroupPort + 'static) -> Self {
        Self {
            access_groups: Arc::new(access_groups),
            acs_users: None,
            directory: None,
            user_identities: None,
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

    /// And these user identities.
    #[must_use]
    pub fn with_user_identities(mut self, port: impl UserIdentityPort + 'static) -> Self {
        self.user_identities = Some(Arc::new(port));
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
        let port = self
            .acs_users
            .as_ref()
            .ok_or_else(|| missing("ACS users"))?;
        Ok(port)
    }

    /// The directory.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn directory(&self) -> Result<&dyn DirectoryPort, Error> {
        let port = self
            .directory
            .as_ref()
            .ok_or_else(|| missing("directory"))?;
        Ok(port)
    }

    /// The user identities.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn user_identities(&self) -> Result<&dyn UserIdentityPort, Error> {
        let port = self
            .user_identities
            .as_ref()
            .ok_or_else(|| missing("user identities"))?;
        Ok(port)
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports")
            .field("acs_users", &self.acs_users.is_some())
            .field("directory", &self.directory.is_some())
            .field("user_identities", &self.user_identities.is_some())
            .finish_non_exhaustive()
    }
}

/// The blocking twin of [`Ports`].
#[derive(Clone)]
pub struct BlockingPorts {
    access_groups: Arc<dyn BlockingAccessGroupPort>,
    acs_users: Option<Arc<dyn BlockingAcsUserPort>>,
    directory: Option<Arc<dyn BlockingDirectoryPort>>,
    user_identities: Option<Arc<dyn BlockingUserIdentityPort>>,
}

impl BlockingPorts {
    /// One adapter that has them all.
    #[must_use]
    pub fn of<T>(adapter: T) -> Self
    where
        T: BlockingAccessGroupPort
            + BlockingAcsUserPort
            + BlockingDirectoryPort
            + BlockingUserIdentityPort
            + 'static,
    {
        let adapter = Arc::new(adapter);
        Self::new(adapter.clone())
            .with_acs_users(adapter.clone())
            .with_directory(adapter.clone())
            .with_user_identities(adapter)
    }

    /// Access groups only.
    #[must_use]
    pub fn new(access_groups: impl BlockingAccessGroupPort + 'static) -> Self {
        Self {
            access_groups: Arc::new(access_groups),
            acs_users: None,
            directory: None,
            user_identities: None,
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

    /// And these user identities.
    #[must_use]
    pub fn with_user_identities(mut self, port: impl BlockingUserIdentityPort + 'static) -> Self {
        self.user_identities = Some(Arc::new(port));
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
        let port = self
            .acs_users
            .as_ref()
            .ok_or_else(|| missing("ACS users"))?;
        Ok(port)
    }

    /// The directory.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn directory(&self) -> Result<&dyn BlockingDirectoryPort, Error> {
        let port = self
            .directory
            .as_ref()
            .ok_or_else(|| missing("directory"))?;
        Ok(port)
    }

    /// The user identities.
    ///
    /// # Errors
    ///
    /// `Unsupported`: there is no such port.
    pub fn user_identities(&self) -> Result<&dyn BlockingUserIdentityPort, Error> {
        let port = self
            .user_identities
            .as_ref()
            .ok_or_else(|| missing("user identities"))?;
        Ok(port)
    }
}

impl fmt::Debug for BlockingPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPorts")
            .field("acs_users", &self.acs_users.is_some())
            .field("directory", &self.directory.is_some())
            .field("user_identities", &self.user_identities.is_some())
            .finish_non_exhaustive()
    }
}

fn missing(what: &str) -> Error {
    Error::unsupported(format!("this service has no {what}"))
}
