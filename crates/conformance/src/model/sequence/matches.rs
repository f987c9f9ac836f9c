//! Users and identities with the same addresses and numbers, so that joins have several to choose
//! from, and a value is that of another identity.

use super::{
    returns::{made_like, passed_on, rejoins},
    *,
};

impl Known {
    /// A call that gives to others what an identity has.
    pub(super) fn matching(&self) -> BoxedStrategy<Operation> {
        let scene = &self.scene;
        let identities = scene.oracle.identities.values();
        let calls = identities.flat_map(|identity| {
            let systems = scene.oracle.systems();
            // The values of one who has a user in the system link nobody there.
            let open = systems.filter(|system| {
                let linked = scene.oracle.linked_in(identity.id, *system);
                linked.is_none()
            });
            open.flat_map(|system| passed_on(scene, system, &identity.contact))
        });
        or_any(
            calls.collect(),
            made(self.new_identities(), CreateUserIdentity::new),
        )
    }

    /// A call that gives an identity its user of a system, where several are most often.
    pub(super) fn joining(&self) -> BoxedStrategy<Operation> {
        let oracle = &self.scene.oracle;
        let could_join = oracle.could_join().map(|(identity, group)| {
            let system = oracle.groups.get(&group).map(|group| group.system);
            (identity, system)
        });
        let calls = could_join
            .filter_map(|(identity, system)| Some(rejoins(&self.scene, identity.into(), system?)));
        let mut kinds = vec![calls.flatten().collect(), new_identities(oracle)];
        kinds.retain(|calls: &Vec<_>| !calls.is_empty());
        if kinds.is_empty() {
            return self.matching();
        }
        select(kinds).prop_flat_map(select).boxed()
    }
}

/// Identities that are made with the address or number of users.
fn new_identities(oracle: &Oracle) -> Vec<Operation> {
    let users = oracle.users.values().filter(|user| user.identity.is_none());
    let calls = users.flat_map(|user| {
        let contact = user.contact();
        let email = contact.email.as_deref().and_then(|text| text.parse().ok());
        let phone = contact.phone.as_deref().and_then(|text| text.parse().ok());
        let pairs = [(email, None), (None, phone)].into_iter();
        let given = pairs.filter(|(email, phone)| email.is_some() || phone.is_some());
        let made = given.map(|(email, phone)| made_like(user.system, &contact, &email, &phone));
        made.map(|[_, identity]| identity).collect::<Vec<_>>()
    });
    calls.collect()
}
