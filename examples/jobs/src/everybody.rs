//! All users of a workspace, however many pages they take.

use access_groups::prelude::*;

/// The names of all users, oldest user first.
///
/// # Errors
///
/// The service does not answer.
pub async fn everybody(port: &dyn AccessGroupPort) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut users = port.all_acs_users(AcsUserFilter::new());
    while let Some(user) = users.next().await {
        names.push(user?.display_name);
    }
    Ok(names)
}
