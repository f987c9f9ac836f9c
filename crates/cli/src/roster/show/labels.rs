//! How the groups of a plan are called.

use std::collections::{BTreeSet, HashMap};

use access_groups_core::AccessGroupId;
use access_groups_roster::GroupPlan;

use crate::{describe::line, resolve::SystemNames};

/// The names of the groups of a plan; where a name is not enough, with the system or the id.
pub(crate) struct Labels<'a> {
    labels: HashMap<AccessGroupId, String>,
    /// If there are several.
    systems: Option<&'a SystemNames>,
}

impl<'a> Labels<'a> {
    pub(crate) fn new(groups: &[GroupPlan], systems: Option<&'a SystemNames>) -> Self {
        let name = |group: &GroupPlan| match group.name.trim() {
            "" => format!("group {}", group.group),
            name => line(name),
        };
        let with_system = |group: &GroupPlan| match systems {
            Some(systems) => format!("{} in {}", name(group), line(&systems.name(group.system))),
            None => name(group),
        };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for group in groups {
            for name in BTreeSet::from([name(group), with_system(group)]) {
                *counts.entry(name).or_default() += 1;
            }
        }
        let is_only = |name: &String| counts.get(name) == Some(&1);
        let labels = groups.iter().map(|group| {
            let mut labels = [name(group), with_system(group)].into_iter();
            let label = labels.find(is_only);
            let label = label.unwrap_or_else(|| format!("{} ({})", name(group), group.group));
            (group.group, label)
        });
        Self {
            labels: labels.collect(),
            systems,
        }
    }

    /// The name of this group.
    pub(crate) fn of(&self, group: AccessGroupId) -> String {
        let label = self.labels.get(&group);
        label.map_or_else(|| group.to_string(), Clone::clone)
    }

    /// The name of this group, with its system if there are several.
    pub(crate) fn heading(&self, group: &GroupPlan) -> String {
        let label = self.of(group.group);
        let system = self
            .systems
            .map(|systems| line(&systems.name(group.system)));
        match system.map(|system| format!(" in {system}")) {
            Some(system) if !label.ends_with(&system) => label + &system,
            _ => label,
        }
    }
}
