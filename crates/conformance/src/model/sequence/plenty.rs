//! Several things of one user, group or identity, and then the calls that end all of them or one:
//! with a single thing, every wrong way to end it looks right.

use proptest::strategy::Union;

use super::{
    returns::{adding, rejoins},
    *,
};
use crate::answer::UserSeen;

impl Known {
    /// A call that gives more to the user who has most, or the same to others.
    pub(super) fn gathering(&self) -> BoxedStrategy<Operation> {
        let oracle = &self.scene.oracle;
        let users = oracle.users.values();
        let Some(user) = users.max_by_key(|user| oracle.possessions(user.id)) else {
            return made(self.new_users(), CreateAcsUser::new);
        };
        let kinds = [
            (6, more_for(&self.scene, user)),
            (4, room_for(&self.scene, user)),
            (2, elsewhere(&self.scene, user)),
            (3, beside(&self.scene, user)),
        ];
        let kinds = kinds.into_iter().filter_map(|(weight, mut calls)| {
            calls.retain(|call| !oracle.has_already(call));
            (!calls.is_empty()).then(|| (weight, select(calls).boxed()))
        });
        let kinds: Vec<_> = kinds.collect();
        if kinds.is_empty() {
            return made(self.new_users(), CreateAcsUser::new);
        }
        Union::new_weighted(kinds).boxed()
    }

    /// A call that ends all or one of several things; while nobody has several, one that gives more.
    pub(super) fn ending_several(&self) -> BoxedStrategy<Operation> {
        let mut calls: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
        for call in endings(&self.scene) {
            if self.scene.oracle.ends_several(&call) {
                calls.entry(call.name()).or_default().push(call);
            }
        }
        if calls.is_empty() {
            return self.gathering();
        }
        // Each kind as often as the others, however many calls there are of it.
        let kinds: Vec<_> = calls.into_values().collect();
        select(kinds).prop_flat_map(select).boxed()
    }
}

/// Groups and entrances of their system.
fn more_for(scene: &Scene, user: &UserSeen) -> Vec<Operation> {
    rejoins(scene, user.id.into(), user.system)
}

/// Two groups and two entrances in their system, which the groups hold.
fn room_for(scene: &Scene, user: &UserSeen) -> Vec<Operation> {
    let (oracle, system) = (&scene.oracle, user.system);
    let name = || "Gym".parse::<ResourceName>().expect("a name has letters");
    let mut calls: Vec<Operation> = Vec::new();
    if oracle.groups_of(system).count() < 2 {
        calls.push(CreateAccessGroup::new(NewAccessGroup::new(system, name())).into());
    }
    if oracle.entrances_of(system).count() < 2 {
        calls.push(CreateEntrance::new(NewEntrance::new(system, name())).into());
    }
    if calls.is_empty() {
        let groups = oracle.groups_of(system);
        let pairs = groups.flat_map(|group| {
            let entrances = oracle.entrances_of(system);
            entrances.map(move |entrance| (group, entrance))
        });
        let open = pairs.filter(|pair| !oracle.holds.contains(pair));
        calls.extend(open.map(|(group, entrance)| adding(group, entrance)));
    }
    calls
}

/// The same for their identity in other systems.
fn elsewhere(scene: &Scene, user: &UserSeen) -> Vec<Operation> {
    let Some(identity) = user.identity else {
        return Vec::new();
    };
    let systems = scene.oracle.systems();
    let others = systems.filter(|system| *system != user.system);
    let calls = others.flat_map(|system| rejoins(scene, identity.into(), system));
    calls.collect()
}

/// The same things for others: ending those of the one must not end theirs.
fn beside(scene: &Scene, user: &UserSeen) -> Vec<Operation> {
    let oracle = &scene.oracle;
    let others = oracle.users.values();
    let others = others.filter(|other| other.system == user.system && other.id != user.id);
    let mut calls: Vec<Operation> = Vec::new();
    for other in others {
        let members = oracle.members.iter();
        let shared = members.filter(|(member, _)| *member == user.id);
        calls.extend(shared.map(|(_, group)| AddUser::new(other.id, *group).into()));
        let grants = oracle.grants.iter();
        let shared = grants.filter(|(holder, _)| *holder == user.id);
        calls.extend(shared.map(|(_, entrance)| GrantAccess::new(other.id, *entrance).into()));
    }
    calls
}

/// Every call that ends something.
fn endings(scene: &Scene) -> Vec<Operation> {
    let oracle = &scene.oracle;
    let mut calls: Vec<Operation> = Vec::new();
    for user in oracle.users.values() {
        calls.extend(on_all_of(user.id));
        if let Some(identity) = user.identity {
            calls.extend(on_all_of(AcsUserSelector::of(identity, user.system)));
            calls.push(UnlinkAcsUser::new(user.id, identity).into());
        }
    }
    let identities = oracle.identities.keys();
    calls.extend(identities.map(|identity| DeleteUserIdentity::new(*identity).into()));
    calls.extend(
        oracle
            .groups
            .keys()
            .map(|group| DeleteAccessGroup::new(*group).into()),
    );
    calls.extend(
        oracle
            .entrances()
            .map(|entrance| DeleteEntrance::new(entrance).into()),
    );
    let members = oracle.members.iter();
    calls.extend(members.map(|(user, group)| RemoveUser::new(*user, *group).into()));
    let grants = oracle.grants.iter();
    calls.extend(grants.map(|(user, entrance)| RevokeAccess::new(*user, *entrance).into()));
    calls
}

fn on_all_of(user: impl Into<AcsUserSelector>) -> [Operation; 2] {
    let user = user.into();
    [
        RevokeAccessToAllEntrances::new(user).into(),
        DeleteAcsUser::new(user).into(),
    ]
}
