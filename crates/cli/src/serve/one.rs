//! One site, and keys for it.

use std::{net::SocketAddr, sync::Arc};

use access_groups_core::{AccessGroupFilter, AccessGroupId, AcsUserId, Ports};
use access_groups_in_memory::State;
use access_groups_server::Credentials;

use super::keys::Keys;
use crate::{
    args::Options,
    failure::Failure,
    site::Site,
    store::{StoreName, variable},
};

/// A site, and the keys that open it.
#[derive(Debug)]
pub(super) struct One {
    pub(super) site: Arc<Site>,
    keys: Keys,
}

impl One {
    /// The site of the options, with their keys; an address that other machines reach needs
    /// keys of somebody's choice.
    pub(super) fn open(listen: SocketAddr, options: &Options) -> Result<Self, Failure> {
        let name = StoreName::choose(options, variable)?;
        let keys = Keys::find(options.api_key_file.as_deref(), variable)?;
        if keys.are_made() && !listen.ip().is_loopback() {
            return Err(needs_a_key(listen));
        }
        let site = match name {
            StoreName::Memory(path) => Site::load(&path)?,
            StoreName::File(path) => Site::open(&path)?,
            StoreName::Http(_) => return Err(not_a_site()),
        };
        let site = Arc::new(site);
        Ok(Self { site, keys })
    }

    pub(super) fn credentials(&self) -> Credentials {
        let ports = Ports::of(self.site.memory().clone());
        let keys = self.keys.iter();
        keys.fold(Credentials::new(), |all, key| {
            all.with_key(key, ports.clone())
        })
    }

    /// What whoever starts the server should know, and how to call it at this address, with
    /// ids that it knows.
    pub(super) fn notes(&self, here: SocketAddr) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.site.keeps_changes() {
            let note = "note: a memory: store forgets all changes when the server ends";
            notes.push(note.to_owned());
        }
        notes.extend(self.keys.note());
        let pair = self.site.memory().read(pair_to_try);
        notes.extend(pair.map(|(user, group)| {
            let authorization = self.keys.authorization();
            format!(
                "try:\n  curl -sS 'http://{here}/acs/users/add_to_access_group' \\\n    \
                 -H {authorization} \\\n    \
                 -H 'Content-Type: application/json' \\\n    \
                 -d '{{\"acs_user_id\":\"{user}\",\"acs_access_group_id\":\"{group}\"}}'"
            )
        }));
        notes
    }
}

/// A user who may be added to a group: of the first group whose system has any.
fn pair_to_try(state: &State) -> Option<(AcsUserId, AccessGroupId)> {
    let all = AccessGroupFilter::new();
    state.access_groups(&all).find_map(|group| {
        let mut users = state.acs_users();
        let user = users.find(|user| user.acs_system_id == group.acs_system_id)?;
        Some((user.acs_user_id, group.acs_access_group_id))
    })
}

fn not_a_site() -> Failure {
    Failure::usage("serve needs a memory: or file: store: an http store is served already")
        .with_hint("--store memory:SITE.json serves a site file and never writes it")
}

fn needs_a_key(listen: SocketAddr) -> Failure {
    Failure::usage(format!(
        "other machines reach {listen}, so it takes a key of yours"
    ))
    .with_hint("set ACCESS_GROUPS_API_KEY, or name a file of keys with --api-key-file")
}
