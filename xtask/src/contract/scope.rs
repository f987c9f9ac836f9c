//! Which paths of Seam's API this project serves.

/// Whether the contract covers the path.
pub(crate) fn covers(path: &str) -> bool {
    WHOLE.iter().any(|part| path.starts_with(part)) || SINGLE.contains(&path)
}

/// Whether the path is a neighbour of those that the contract covers: it is named, so that a
/// new one is seen.
pub(crate) fn borders(path: &str) -> bool {
    !covers(path) && NEIGHBOURS.iter().any(|part| path.starts_with(part))
}

/// Everything below these.
const WHOLE: [&str; 2] = ["/acs/access_groups/", "/acs/users/"];

const SINGLE: [&str; 16] = [
    "/acs/entrances/get",
    "/acs/entrances/grant_access",
    "/acs/entrances/list",
    "/acs/systems/get",
    "/acs/systems/list",
    "/user_identities/add_acs_user",
    "/user_identities/create",
    "/user_identities/delete",
    "/user_identities/get",
    "/user_identities/list",
    "/user_identities/list_accessible_entrances",
    "/user_identities/list_acs_systems",
    "/user_identities/list_acs_users",
    "/user_identities/remove_acs_user",
    "/user_identities/update",
    "/workspaces/get",
];

const NEIGHBOURS: [&str; 4] = [
    "/acs/entrances/",
    "/acs/systems/",
    "/user_identities/",
    "/workspaces/",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: (bool, bool)) {
        assert_eq!((covers(path), borders(path)), expected, "{path}");
    }

    #[test]
    fn a_path_is_covered_or_a_neighbour_or_neither() {
        check("/acs/users/unmanaged/list", (true, false));
        check("/acs/users/something_new", (true, false));
        check("/acs/systems/get", (true, false));
        check("/acs/systems/report_devices", (false, true));
        check("/devices/get", (false, false));
    }
}
