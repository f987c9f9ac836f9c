//! By what the people of a plan are told apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use access_groups_core::UserRef;
use access_groups_roster::{Observed, Plan};

use super::everybody;
use crate::{
    describe::line,
    output,
    table::{self, Ids},
};

/// The addresses and ids by which people of a plan are told apart.
pub(crate) struct People<'a> {
    addresses: HashMap<UserRef, &'a str>,
    /// Of those without an address.
    ids: BTreeMap<UserRef, String>,
}

impl<'a> People<'a> {
    pub(crate) fn new(plan: &Plan, observed: &'a Observed) -> Self {
        let users: HashSet<_> = plan
            .groups()
            .iter()
            .flat_map(everybody)
            .map(|planned| planned.user)
            .collect();
        Self::of(&users, observed)
    }

    /// Those of these people.
    pub(crate) fn of(users: &HashSet<UserRef>, observed: &'a Observed) -> Self {
        let mut addresses = HashMap::new();
        for (user, address) in observed
            .addresses()
            .filter(|(user, _)| users.contains(user))
        {
            addresses.entry(user).or_insert(address);
        }
        let others: Vec<_> = users
            .iter()
            .filter(|user| !addresses.contains_key(user))
            .collect();
        let ids: Vec<_> = others.iter().map(|user| id_of(**user)).collect();
        let shown = match output::ids() {
            Ids::Whole => ids.clone(),
            Ids::Short => table::shortened(&ids.iter().collect::<Vec<_>>()),
        };
        let ids = others.into_iter().copied().zip(shown).collect();
        Self { addresses, ids }
    }

    pub(crate) fn address(&self, user: UserRef) -> Option<&'a str> {
        self.addresses.get(&user).copied()
    }

    /// The address, or else the id.
    pub(crate) fn known_by(&self, user: UserRef) -> String {
        match (self.addresses.get(&user), self.ids.get(&user)) {
            (Some(address), _) => line(address),
            (None, Some(id)) => id.clone(),
            (None, None) => id_of(user),
        }
    }
}

fn id_of(user: UserRef) -> String {
    match user {
        UserRef::AcsUser(id) => id.to_string(),
        UserRef::Identity(id) => id.to_string(),
    }
}
