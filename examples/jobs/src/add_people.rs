//! Adds many people, named by e-mail address, to a group, named by its name, eight at a time.

use access_groups::prelude::*;

/// Adds everybody; those who could not be added are in the list, each with the reason.
///
/// # Errors
///
/// The group does not exist, or is not the only one with the name.
pub async fn add_people(
    port: &dyn AccessGroupPort,
    people: &[EmailAddress],
    group: &str,
) -> Result<Vec<(EmailAddress, Error)>, Error> {
    let group = port.access_group_by_name(group, None).await?;
    let (group, system) = (group.acs_access_group_id, Some(group.acs_system_id));
    let calls = people.iter().map(async |person| {
        let added = async {
            let user = port.acs_user_by_email_address(person, system).await?;
            port.add_user(&user, group).await
        };
        added.await.err().map(|error| (person.clone(), error))
    });
    let outcomes = futures_util::stream::iter(calls);
    let outcomes = futures_util::StreamExt::buffered(outcomes, 8);
    let outcomes: Vec<_> = futures_util::StreamExt::collect(outcomes).await;
    Ok(outcomes.into_iter().flatten().collect())
}
