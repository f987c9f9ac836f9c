//! Waits until a change has reached the access control system, with a timeout.

use access_groups::prelude::*;

/// Adds the user and waits for at most ten seconds; says whether it has propagated.
///
/// # Errors
///
/// The user or the group does not exist, or the service does not answer.
pub async fn add_and_wait(
    client: &Client,
    user: AcsUserId,
    group: AccessGroupId,
) -> Result<bool, Error> {
    client.add_user(user, group).await?;
    let wait = client.wait_until_propagated(user, group);
    let result = wait.timeout(std::time::Duration::from_secs(10)).await?;
    Ok(result.status == PropagationStatus::Propagated)
}
