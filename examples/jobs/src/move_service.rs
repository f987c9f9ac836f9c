//! A service that takes any port: tested in memory, with the mock, and with a fault.

use access_groups::prelude::*;

/// Moves people between groups.
#[derive(Debug)]
pub struct Moves<P>(pub P);

impl<P: AccessGroupPort> Moves<P> {
    /// Moves the user; they are never in neither group.
    ///
    /// # Errors
    ///
    /// Those of [`add_user`](AccessGroups::add_user) and [`remove_user`](AccessGroups::remove_user).
    pub async fn relocate(
        &self,
        user: AcsUserId,
        from: AccessGroupId,
        to: AccessGroupId,
    ) -> Result<(), Error> {
        self.0.add_user(user, to).await?;
        self.0.remove_user(user, from).await
    }
}
