//! Faults that neither a law nor the model run is sure to catch yet: a list of what the kit lacks.

/// Whether nothing catches this one yet.
pub(super) fn is_open(name: &str) -> bool {
    let is_of_a_part = |part: &&str| name.contains(*part);
    OPEN.contains(&name) || OPEN_PARTS.iter().any(is_of_a_part)
}

/// Much is read, but not yet made, ended or named in one call.
const OPEN_PARTS: &[&str] = &[
    "groups at most",
    "systems at most",
    "added entrances at most",
    "removed entrances at most",
    "takes 256 entrances at most",
    "takes 1000 entrances at most",
    " keeps 255 ",
    " keeps 1000 ",
    " ends 100 at most",
    " ends 1000 at most",
];

const OPEN: &[&str] = &[
    "acs_systems looks next door by connected_account",
    "entrances looks next door by connected_account",
    "entrances looks next door by space",
    "every answer shows the age of an identity not before 0001",
    "every answer shows the end of a group not before 0001",
    "every answer shows the end of a user not before 0001",
    "access_groups searches without accents",
    "acs_users searches without accents",
    "create_acs_user keeps full_name with one kind of line break",
    "create_user_identity keeps full_name with one kind of line break",
    "update_acs_user keeps full_name with one kind of line break",
    "update_user_identity keeps full_name with one kind of line break",
    "a entrance of a group by update_access_group twice is ended by update_access_group once less",
    "access_group is stale after delete_access_group",
    "acs_systems by connected_account shows what delete_acs_system has deleted",
    "acs_systems by search shows what delete_acs_system has deleted",
    "acs_users by identity shows what delete_user_identity has deleted",
    "acs_users by identity_email_address shows what delete_user_identity has deleted",
    "after delete_acs_user the next by create_user_identity inherits each grant",
    "after delete_entrance the next by create_entrance inherits each grant",
    "after delete_user_identity the next by create_user_identity inherits each grant",
    "after unlink_acs_user the link is still there for remove_user",
    "after unlink_acs_user the link is still there for revoke_access",
    "after unsuspend_acs_user a suspension does not begin again by suspend_acs_user",
    "create_access_group finds what delete_entrance has deleted",
    "create_acs_user finds what delete_acs_system has deleted",
    "create_acs_user finds what delete_user_identity has deleted",
    "create_user_identity finds what delete_acs_system has deleted",
    "entrances by connected_account shows what delete_entrance has deleted",
    "entrances by space shows what delete_entrance has deleted",
    "entrances_of_identity is stale after update_access_group",
    "entrances_of_identity is stale after update_entrance",
    "entrances_of_user is stale after unlink_acs_user",
    "grant_access matches the e-mail address that a user had before",
    "revoke_access finds what delete_user_identity has deleted",
    "update_access_group ends one entrance of a group",
    "user_identities by identities shows what delete_user_identity has deleted",
];
