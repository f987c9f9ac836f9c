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
    let members = port.users_in_group(group).await?;
    let mut allowed = port.who_can_open(entrance, at).await?;
    allowed.retain(|verdict| {
        let mut members = members.iter();
        members.any(|member| member.acs_user_id == verdict.user.acs_user_id)
    });
    Ok(allowed
        .into_iter()
        .map(|verdict| verdict.user.display_name)
        .collect())
}
