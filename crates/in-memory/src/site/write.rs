//! Writing a site file.

use access_groups_core::{AccessGroup, AccessGroupFilter, AcsUser, Entrance, Extra};
use serde_json::{Value, json};

use super::{
    ENTRANCE_GRANTS, GROUP_ENTRANCES, MEMBERSHIPS, SYSTEM, WORKSPACE,
    kind::{Kind, Surroundings},
};
use crate::State;

/// The whole file.
pub(super) fn text(state: &State) -> String {
    let around = surroundings(state);
    let filter = AccessGroupFilter::new();
    let mut file = Extra::new();
    if let Some(workspace) = state.workspace() {
        file.insert(WORKSPACE.into(), sparse(workspace, &around));
    }
    write(&mut file, state.acs_systems(), &around);
    write(&mut file, state.acs_users(), &around);
    write(&mut file, state.user_identities(), &around);
    write(&mut file, state.access_groups(&filter), &around);
    write(&mut file, state.entrances(), &around);
    file.insert(MEMBERSHIPS.into(), memberships(state));
    file.insert(GROUP_ENTRANCES.into(), group_entrances(state));
    if state.grants().next().is_some() {
        file.insert(ENTRANCE_GRANTS.into(), entrance_grants(state));
    }
    let mut file = Value::Object(file);
    file.sort_all_objects(); // no work, unless someone has built serde_json to keep order
    format!("{file:#}\n")
}

fn surroundings(state: &State) -> Surroundings {
    let mut around = Surroundings::default();
    if let Some(workspace) = state.workspace() {
        around.workspace = workspace.workspace_id;
    }
    around.set_systems(state.acs_systems());
    around.link(state.acs_users());
    around
}

fn write<'a, K: Kind + 'a>(
    file: &mut Extra,
    resources: impl Iterator<Item = &'a K>,
    around: &Surroundings,
) {
    let written = resources.map(|resource| sparse(resource, around)).collect();
    file.insert(K::PLACE.into(), Value::Array(written));
}

/// The resource without what the file need not say.
fn sparse<K: Kind>(resource: &K, around: &Surroundings) -> Value {
    let mut written = resource.fields();
    let mut defaults = K::of(resource.mandatory(), &written, around).fields();
    let name = K::name_key(&written);
    defaults.retain(|key, _| {
        key != K::ID && Some(key.as_str()) != name && !(K::IN_SYSTEM && key == SYSTEM)
    });
    for (key, default) in defaults {
        match written.get(&key) {
            Some(value) if *value == default => {
                written.remove(&key);
            }
            Some(_) => {}
            None => {
                written.insert(key, Value::Null); // reading must not find the default
            }
        }
    }
    Value::Object(written)
}

fn memberships(state: &State) -> Value {
    let pair = |(user, group)| json!({ AccessGroup::ID: group, AcsUser::ID: user });
    state.memberships().map(pair).collect()
}

fn group_entrances(state: &State) -> Value {
    let pair = |(group, entrance)| json!({ AccessGroup::ID: group, Entrance::ID: entrance });
    state.group_entrances().map(pair).collect()
}

fn entrance_grants(state: &State) -> Value {
    let pair = |(user, entrance)| json!({ AcsUser::ID: user, Entrance::ID: entrance });
    state.grants().map(pair).collect()
}
