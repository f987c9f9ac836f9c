//! Which members of a group may open an entrance at a time.

use access_groups::prelude::*;

/// The names of the members who may open the entrance, through this group or otherwise.
///
/// # Errors
///
/// The group or the entrance does not exist, or the service does not answer.
pub async fn who_may_open(
    port: &dyn AccessGroupPort,
    group: AccessGroupId,
    entrance: EntranceId,
    at: Timestamp,
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for user in port.users_in_group(group).await? {
        if port.check(&user, entrance, at).await?.opens() {
            names.push(user.display_name);
        }
    }
    Ok(names)
}
