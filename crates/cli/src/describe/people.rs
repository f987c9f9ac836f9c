//! Words about users who come, go, and are suspended.

use access_groups_core::{AccessGroup, AcsUser, Timestamp};

use super::{detail, group_name, line, schedule, user_name};

/// Who was created where; without groups where they are not known.
pub(crate) fn created(
    user: &AcsUser,
    system: &str,
    groups: Option<&[AccessGroup]>,
    now: Timestamp,
) -> String {
    let mut lines = vec![format!("Created {} in {}.", name(user), line(system))];
    lines.push(detail("id", &user.acs_user_id.to_string()));
    if let Some(groups) = groups {
        let mut names: Vec<_> = groups
            .iter()
            .map(|group| line(&group_name(group)))
            .collect();
        names.sort_by_cached_key(|name| super::order(name));
        let names = match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        };
        lines.push(detail("group", &names));
    }
    lines.push(detail("when", &schedule(user.access_schedule, now)));
    lines.join("\n")
}

/// What suspending, or ending that, has changed for the user as they were before.
pub(crate) fn suspended(suspended: bool, changed: bool, before: &AcsUser) -> String {
    let name = name(before);
    match (suspended, changed) {
        (true, true) => format!("Suspended {name}: no door opens until that ends."),
        (true, false) => format!("{name} is suspended already; nothing changed."),
        (false, true) => format!("{name} is no longer suspended."),
        (false, false) => format!("{name} is not suspended; nothing changed."),
    }
}

/// What is asked before a user is deleted.
pub(crate) fn delete_question(user: &AcsUser, system: &str, groups: usize) -> String {
    let address = user.email_address.as_ref();
    let address = address.map(|address| format!(" ({})", line(address)));
    let groups = match groups {
        0 => "in no group".to_owned(),
        1 => "in 1 group".to_owned(),
        many => format!("in {many} groups"),
    };
    format!(
        "Delete {}{} of {}, {groups}, for ever?",
        name(user),
        address.unwrap_or_default(),
        line(system)
    )
}

/// Who was deleted.
pub(crate) fn deleted(user: &AcsUser) -> String {
    format!("Deleted {}, with all memberships.", name(user))
}

fn name(user: &AcsUser) -> String {
    line(&user_name(user))
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AccessGroupId, AccessSchedule, AcsSystemId, AcsUserId};

    use super::*;

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);

    fn ada() -> AcsUser {
        AcsUser::new(AcsUserId::from_u128(1), SYSTEM, "Ada Lovelace")
    }

    fn group(id: u128, name: &str) -> AccessGroup {
        AccessGroup::new(AccessGroupId::from_u128(id), SYSTEM, name)
    }

    fn check_created(user: &AcsUser, groups: Option<&[AccessGroup]>, expected: &str) {
        let now = Timestamp::from_unix_seconds(0);
        assert_eq!(created(user, "Main", groups, now), expected);
    }

    #[test]
    fn who_is_created_is_told_with_their_groups_and_times() {
        check_created(
            &ada(),
            Some(&[group(1, "Pool"), group(2, "Gym")]),
            "Created Ada Lovelace in Main.\n  \
             id     00000000-0000-0000-0000-000000000001\n  \
             group  Gym, Pool\n  \
             when   always",
        );
        let from_then_on = AccessSchedule::new(Timestamp::from_unix_seconds(60));
        check_created(
            &ada().with_access_schedule(from_then_on),
            Some(&[]),
            "Created Ada Lovelace in Main.\n  \
             id     00000000-0000-0000-0000-000000000001\n  \
             group  none\n  \
             when   starts on 1970-01-01 00:01 UTC",
        );
        check_created(
            &ada(),
            None,
            "Created Ada Lovelace in Main.\n  \
             id     00000000-0000-0000-0000-000000000001\n  \
             when   always",
        );
    }

    #[test]
    fn whoever_is_asked_knows_whom_they_delete() {
        assert_eq!(
            delete_question(&ada().with_email_address("ada@example.com"), "Main", 2),
            "Delete Ada Lovelace (ada@example.com) of Main, in 2 groups, for ever?"
        );
        assert_eq!(
            delete_question(&ada().with_display_name("A\nda"), "Ma\u{1b}in", 0),
            "Delete A da of Ma\u{fffd}in, in no group, for ever?"
        );
    }

    #[test]
    fn a_suspension_says_whether_it_changed_anything() {
        let first = |suspended, changed| super::suspended(suspended, changed, &ada());
        assert!(first(true, true).starts_with("Suspended Ada Lovelace"));
        assert!(first(false, true).contains("no longer"));
        for suspended in [true, false] {
            assert!(first(suspended, false).ends_with("nothing changed."));
        }
    }
}
