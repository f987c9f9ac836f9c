//! The two workspaces of the table, and the names of what is in them.

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId, UserIdentity,
    UserIdentityId,
};
use access_groups_in_memory::State;
use serde_json::json;

/// Systems S1 (users U1, U2, groups G1, G2) and S2 (user U3, group G3); identity I1 linked to
/// U1, I2 with the e-mail address of U2, I3 like nobody.
pub(crate) fn first_workspace(memberships: &[(&str, &str)]) -> State {
    let mut state = State::new();
    for (id, name) in [(S1, "S1"), (S2, "S2")] {
        state
            .insert_system(AcsSystem::new(system_id(id), name))
            .expect("a new system");
    }
    for (id, system, name) in [(U1, S1, "U1"), (U2, S1, "U2"), (U3, S2, "U3")] {
        let mut user = AcsUser::new(user_id(id), system_id(system), name);
        match id {
            U1 => user = user.with_user_identity(identity_id(I1)),
            U2 => user = user.with_email_address("u2@example.com"),
            _ => {}
        }
        state.insert_user(user).expect("a new user");
    }
    for (id, address) in [(I1, "i1"), (I2, "u2"), (I3, "i3")] {
        let identity = UserIdentity::new(identity_id(id), "somebody");
        let identity = identity.with_email_address(format!("{address}@example.com"));
        state.insert_identity(identity).expect("a new identity");
    }
    for (id, system, name) in [(G1, S1, "G1"), (G2, S1, "G2"), (G3, S2, "G3")] {
        let group = AccessGroup::new(group_id(id), system_id(system), name);
        state.insert_group(group).expect("a new group");
    }
    for (user, group) in memberships {
        state
            .add_user(user_id(user), group_id(group))
            .expect("both exist");
    }
    state
}

/// User V, and nothing else.
pub(crate) fn second_workspace() -> State {
    let mut state = State::new();
    let system = AcsSystemId::from_u128(99);
    state
        .insert_system(AcsSystem::new(system, "elsewhere"))
        .expect("a new system");
    state
        .insert_user(AcsUser::new(user_id(V), system, "V"))
        .expect("a new user");
    state
}

pub(crate) fn system_id(text: &str) -> AcsSystemId {
    text.parse().expect("an id")
}

pub(crate) fn user_id(text: &str) -> AcsUserId {
    text.parse().expect("an id")
}

pub(crate) fn identity_id(text: &str) -> UserIdentityId {
    text.parse().expect("an id")
}

pub(crate) fn group_id(text: &str) -> AccessGroupId {
    text.parse().expect("an id")
}

pub(crate) fn pair(user: &str, group: &str) -> String {
    json!({"acs_user_id": user, "acs_access_group_id": group}).to_string()
}

pub(crate) fn identity_pair(identity: &str, group: &str) -> String {
    json!({"user_identity_id": identity, "acs_access_group_id": group}).to_string()
}

pub(crate) const ADD: &str = "/acs/users/add_to_access_group";
pub(crate) const REMOVE: &str = "/acs/users/remove_from_access_group";
pub(crate) const ADD_USER: &str = "/acs/access_groups/add_user";
pub(crate) const REMOVE_USER: &str = "/acs/access_groups/remove_user";
pub(crate) const U1_G1: &str = r#"{"acs_user_id":"10000000-0000-4000-8000-000000000001","acs_access_group_id":"20000000-0000-4000-8000-000000000001"}"#;
pub(crate) const G1_U1_QUERY: &str = "acs_access_group_id=20000000-0000-4000-8000-000000000001&acs_user_id=10000000-0000-4000-8000-000000000001";

pub(crate) const K1: &str = "seam_test0001_first";
pub(crate) const K2: &str = "seam_test0002_second";

/// A personal access token with access to W1.
pub(crate) const T: &str = "seam_at1T0001_token";
pub(crate) const W1: &str = "70000000-0000-4000-8000-000000000001";
pub(crate) const W2: &str = "70000000-0000-4000-8000-000000000002";

pub(crate) const U1: &str = "10000000-0000-4000-8000-000000000001";
pub(crate) const U2: &str = "10000000-0000-4000-8000-000000000002";
pub(crate) const U3: &str = "10000000-0000-4000-8000-000000000003";
pub(crate) const V: &str = "10000000-0000-4000-8000-000000000009";
pub(crate) const I1: &str = "40000000-0000-4000-8000-000000000001";
pub(crate) const I2: &str = "40000000-0000-4000-8000-000000000002";
pub(crate) const I3: &str = "40000000-0000-4000-8000-000000000003";
pub(crate) const G1: &str = "20000000-0000-4000-8000-000000000001";
pub(crate) const G2: &str = "20000000-0000-4000-8000-000000000002";
pub(crate) const G3: &str = "20000000-0000-4000-8000-000000000003";
pub(crate) const S1: &str = "30000000-0000-4000-8000-000000000001";
pub(crate) const S2: &str = "30000000-0000-4000-8000-000000000002";
pub(crate) const X: &str = "90000000-0000-4000-8000-00000000000f";
