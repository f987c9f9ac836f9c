//! What the cases have reached: a law that only meets refusals would prove nothing.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::Operation;

use crate::law::{Outcome, Run};

#[derive(Debug, Default)]
pub(crate) struct Coverage {
    outcomes: BTreeMap<(&'static str, Outcome), usize>,
    rounds: BTreeMap<usize, usize>,
    /// What each operation wanted, and whether it ever missed that.
    wanted: BTreeMap<(&'static str, &'static str), bool>,
}

impl Coverage {
    pub(crate) fn count(&mut self, operation: &Operation, run: &Run) {
        let name = operation.name();
        *self.outcomes.entry((name, run.outcome)).or_default() += 1;
        *self.rounds.entry(run.rounds).or_default() += 1;
        for kind in &run.asked {
            self.wanted.entry((name, *kind)).or_default();
        }
    }

    pub(crate) fn is_needed(&self, operation: &Operation, kind: &'static str) -> bool {
        self.wanted.get(&(operation.name(), kind)) == Some(&true)
    }

    /// The law breaks if the operation is not shown this.
    pub(crate) fn needs(&mut self, operation: &Operation, kind: &'static str) {
        self.wanted.insert((operation.name(), kind), true);
    }

    /// Everything that can happen has happened.
    pub(crate) fn check(&self) {
        let known: BTreeSet<_> = [CHANGING, READING].into_iter().flatten().collect();
        assert_eq!(
            known,
            Operation::NAMES.iter().collect(),
            "an operation has no list here"
        );
        println!("rounds: {:?}", self.rounds);
        let mut missing = Vec::new();
        for name in CHANGING {
            let [changed, unchanged, refused] =
                [Outcome::Changed, Outcome::Unchanged, Outcome::Refused]
                    .map(|outcome| self.outcomes.get(&(name, outcome)).copied().unwrap_or(0));
            println!("{name}: {changed} changed, {unchanged} not, {refused} refused");
            let makes = name.starts_with("create_") || name.starts_with("delete_");
            if changed == 0
                || (unchanged == 0) != makes
                || (refused == 0) != (*name == "create_acs_system")
            {
                missing.push(*name);
            }
        }
        assert!(missing.is_empty(), "too little was reached of {missing:?}");
        let unneeded = self.wanted.iter().filter(|(_, is_needed)| !**is_needed);
        let unneeded: Vec<_> = unneeded.map(|(wanted, _)| wanted).collect();
        println!(
            "{} wants, each without which the law breaks",
            self.wanted.len()
        );
        assert!(unneeded.is_empty(), "never missed: {unneeded:?}");
        assert_eq!(self.rounds.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    }
}

/// The operations that change something.
const CHANGING: &[&str] = &[
    "add_user",
    "remove_user",
    "delete_access_group",
    "create_access_group",
    "update_access_group",
    "create_acs_user",
    "update_acs_user",
    "delete_acs_user",
    "suspend_acs_user",
    "unsuspend_acs_user",
    "grant_access",
    "revoke_access",
    "revoke_access_to_all_entrances",
    "create_acs_system",
    "update_acs_system",
    "delete_acs_system",
    "create_entrance",
    "update_entrance",
    "delete_entrance",
    "create_user_identity",
    "update_user_identity",
    "delete_user_identity",
    "link_acs_user",
    "unlink_acs_user",
];

/// The others.
const READING: &[&str] = &[
    "access_group",
    "access_groups",
    "users_in_group",
    "entrances_of_group",
    "acs_user",
    "acs_users",
    "entrances_of_user",
    "workspace",
    "acs_system",
    "acs_systems",
    "entrance",
    "entrances",
    "user_identity",
    "user_identities",
    "users_of_identity",
    "systems_of_identity",
    "entrances_of_identity",
];
