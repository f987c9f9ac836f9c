//! Several things of one user, group or identity, and then the calls that end all of them or one:
//! with a single thing, every wrong way to end it looks right.

use super::{
    returns::{adding, rejoins},
    *,
};

impl Known {
    /// A call that gives more to those who have most.
    pub(super) fn gathering(&self) -> BoxedStrategy<Operation> {
        or_any(
            gathering(&self.scene),
            made(self.new_users(), CreateAcsUser::new),
        )
    }

    /// A call that ends all or one of several things; while nobody has several, one that gives more.
    pub(super) fn ending_several(&self) -> BoxedStrategy<Operation> {
        let calls = ending_several(&self.scene);
        if calls.is_empty() {
            return self.gathering();
        }
        select(calls).boxed()
    }
}

fn gathering(scene: &Scene) -> Vec<Operation> {
    let oracle = &scene.oracle;
    let Some(user) = oracle
        .users
        .values()
        .max_by_key(|user| oracle.possessions(user.id))
    else {
        return Vec::new();
    };
    let mut calls: Vec<Operation> = rejoins(scene, user.id.into(), user.system);
    calls.retain(|call| !oracle.has_already(call));
    if let Some(identity) = user.identity {
        for system in oracle.systems().filter(|system| *system != user.system) {
            calls.extend(rejoins(scene, identity.into(), system));
        }
    }
    let name = || "Gym".parse::<ResourceName>().expect("a name has letters");
    if oracle.groups_of(user.system).count() < 2 {
        calls.push(CreateAccessGroup::new(NewAccessGroup::new(user.system, name())).into());
    }
    if oracle.entrances_of(user.system).count() < 2 {
        calls.push(CreateEntrance::new(NewEntrance::new(user.system, name())).into());
    }
    // Others beside them, so that ending the one shows what happens to the other.
    for other in oracle
        .users
        .values()
        .filter(|other| other.system == user.system)
    {
        let shared = oracle
            .members
            .iter()
            .filter(|(member, _)| *member == user.id);
        calls.extend(shared.map(|(_, group)| AddUser::new(other.id, *group).into()));
        let shared = oracle
            .grants
            .iter()
            .filter(|(holder, _)| *holder == user.id);
        calls.extend(shared.map(|(_, entrance)| GrantAccess::new(other.id, *entrance).into()));
    }
    for entrance in oracle.entrances_of(user.system) {
        let groups = oracle.groups_of(user.system);
        calls.extend(groups.map(|group| adding(group, entrance)));
    }
    calls.retain(|call| !oracle.has_already(call));
    calls
}

fn ending_several(scene: &Scene) -> Vec<Operation> {
    let oracle = &scene.oracle;
    let mut calls = Vec::new();
    for user in oracle
        .users
        .values()
        .filter(|user| oracle.possessions(user.id) > 1)
    {
        calls.extend(ending_some(user.id));
        if let Some(identity) = user.identity {
            calls.extend(ending_some(AcsUserSelector::of(identity, user.system)));
            calls.push(UnlinkAcsUser::new(user.id, identity).into());
        }
    }
    for identity in oracle.identities.keys() {
        let users: Vec<_> = oracle.linked(*identity).map(|user| user.id).collect();
        if users.len() > 1 {
            calls.push(DeleteUserIdentity::new(*identity).into());
            calls.extend(
                users
                    .iter()
                    .map(|user| UnlinkAcsUser::new(*user, *identity).into()),
            );
            calls.extend(users.into_iter().flat_map(ending_some));
        }
    }
    for group in oracle.groups.keys() {
        let members = oracle.members.iter().filter(|(_, of)| of == group);
        let members: Vec<_> = members.map(|(member, _)| *member).collect();
        if members.len() > 1 {
            calls.push(DeleteAccessGroup::new(*group).into());
            calls.extend(
                members
                    .iter()
                    .map(|user| RemoveUser::new(*user, *group).into()),
            );
        }
    }
    for entrance in oracle.entrances() {
        let holders = oracle
            .grants
            .iter()
            .filter(|(_, granted)| *granted == entrance);
        let holders: Vec<_> = holders.map(|(holder, _)| *holder).collect();
        if holders.len() > 1 {
            calls.push(DeleteEntrance::new(entrance).into());
            calls.extend(
                holders
                    .iter()
                    .map(|user| RevokeAccess::new(*user, entrance).into()),
            );
        }
    }
    calls
}

fn ending_some(user: impl Into<AcsUserSelector>) -> [Operation; 2] {
    let user = user.into();
    [
        RevokeAccessToAllEntrances::new(user).into(),
        DeleteAcsUser::new(user).into(),
    ]
}
