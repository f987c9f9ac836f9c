//! Users and identities with the same addresses and numbers, so that joins have several to choose
//! from, and a value is that of another identity.

use super::{
    returns::{passed_on, rejoins},
    *,
};

impl Known {
    /// A call that makes a match, that uses one, or that sets what another identity has.
    pub(super) fn matching(&self) -> BoxedStrategy<Operation> {
        let scene = &self.scene;
        let identities = scene.oracle.identities.values();
        let mut calls = Vec::new();
        for (identity, system) in
            identities.flat_map(|one| scene.oracle.systems().map(move |system| (one, system)))
        {
            calls.extend(passed_on(scene, system, &identity.contact));
            if scene.oracle.linked_in(identity.id, system).is_none() {
                calls.extend(rejoins(scene, identity.id.into(), system));
            }
        }
        or_any(calls, made(self.new_identities(), CreateUserIdentity::new))
    }
}
