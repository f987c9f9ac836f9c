//! What the systems are called, for tables: an id says nothing to people.

use std::collections::BTreeMap;

use access_groups_core::{AcsSystemFilter, AcsSystemId, BlockingPorts};

use crate::describe;

/// The names of all systems, as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct SystemNames(BTreeMap<AcsSystemId, String>);

impl SystemNames {
    /// Asks for them. A store that does not tell has systems without names.
    pub(crate) fn read(ports: &BlockingPorts) -> Self {
        let directory = ports.directory();
        let systems = directory.and_then(|port| port.acs_systems(AcsSystemFilter::new()));
        let systems = systems.into_iter().flatten();
        Self(
            systems
                .map(|system| (system.acs_system_id, describe::system_name(&system)))
                .collect(),
        )
    }

    /// Asks for them if not all of these are the same one: else there is nothing to tell apart.
    pub(crate) fn if_several(
        systems: impl IntoIterator<Item = AcsSystemId>,
        ports: &BlockingPorts,
    ) -> Option<Self> {
        let mut systems = systems.into_iter();
        let first = systems.next()?;
        let is_another = |system| system != first;
        systems.any(is_another).then(|| Self::read(ports))
    }

    /// The name, else the id.
    pub(crate) fn shown(&self, system: AcsSystemId) -> String {
        let name = self.0.get(&system);
        name.map_or_else(|| system.to_string(), Clone::clone)
    }
}
