//! The random sites and calls of the model run.

mod arguments;
mod calls;
mod filters;
mod instants;
mod matches;
mod past;
mod plenty;
mod pools;
mod provision;
mod returns;
mod searches;
mod sites;

use std::{fmt, sync::Arc};

// The sequences make every call of the port.
use access_groups_core::*;
use proptest::{
    option,
    prelude::*,
    sample::{select, subsequence},
};
use proptest_state_machine::ReferenceStateMachine;

use super::oracle::Oracle;
use crate::{
    case::{Through, ids},
    laws::{NO_ENTRANCE, NO_GROUP, NO_IDENTITY, NO_SYSTEM, NO_USER},
};

use calls::{AnyCall, made};
pub(crate) use filters::neighbour;
use past::Past;

/// One call, its handle, and the seed of the ids that the oracle gives to what it creates.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) through: Through,
    pub(crate) seed: u64,
}

/// What calls can be about: the present, and what was before.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(super) oracle: Arc<Oracle>,
    past: Arc<Past>,
}

/// The state machine behind the sequences: the oracle is the state, so that calls name ids that
/// exist.
#[derive(Debug)]
pub(crate) struct Sequence;

impl ReferenceStateMachine for Sequence {
    type State = Scene;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Scene> {
        let scene = |site| Scene {
            oracle: Arc::new(Oracle::new(site)),
            past: Arc::default(),
        };
        sites::sites().prop_map(scene).boxed()
    }

    fn transitions(scene: &Scene) -> BoxedStrategy<Step> {
        let through = prop_oneof![3 => Just(Through::Port), 1 => Just(Through::Clone)];
        (
            AnyCall(Known::of(scene)),
            through,
            // Shortened, it would give other ids to what the later calls name.
            any::<u64>().no_shrink(),
        )
            .prop_map(|(operation, through, seed)| Step {
                operation,
                through,
                seed,
            })
            .boxed()
    }

    fn apply(mut scene: Scene, step: &Step) -> Scene {
        if !step.operation.effect().is_safe() {
            let mut after = Oracle::clone(&scene.oracle);
            after.execute(&step.operation, step.seed);
            Arc::make_mut(&mut scene.past).note(&scene.oracle, &after);
            scene.oracle = Arc::new(after);
        }
        scene
    }
}

/// Ids to choose from: mostly such as exist, sometimes one that does not.
#[derive(Debug)]
struct Known {
    scene: Scene,
    users: BoxedStrategy<AcsUserId>,
    identities: BoxedStrategy<UserIdentityId>,
    groups: BoxedStrategy<AccessGroupId>,
    systems: BoxedStrategy<AcsSystemId>,
    /// Some systems of the site, each once.
    several_systems: BoxedStrategy<Vec<AcsSystemId>>,
    entrances: BoxedStrategy<EntranceId>,
    /// A system and some of its groups, each once.
    at_home: BoxedStrategy<(AcsSystemId, Vec<AccessGroupId>)>,
    /// A linked user with their identity and system, or any three.
    links: BoxedStrategy<(AcsUserId, UserIdentityId, AcsSystemId)>,
    /// A member and the group.
    memberships: BoxedStrategy<(UserRef, AccessGroupId)>,
    /// An identity and a group in whose system a user matches it.
    joins: BoxedStrategy<(UserRef, AccessGroupId)>,
    /// A user who was granted an entrance.
    granted: BoxedStrategy<AcsUserId>,
    /// A user with a grant and another entrance of their system, or any two.
    second_grants: BoxedStrategy<(UserRef, EntranceId)>,
    /// A system without users and groups, or any.
    bare_systems: BoxedStrategy<AcsSystemId>,
    /// A grant, or any user and entrance.
    grants: BoxedStrategy<(UserRef, EntranceId)>,
}

impl Known {
    fn of(scene: &Scene) -> Self {
        let oracle = &scene.oracle;
        let (site, elsewhere) = (&oracle.site, neighbour());
        let strange = vec![NO_USER, elsewhere.users[0].acs_user_id];
        let users = mostly(oracle.users.keys().copied().collect(), strange);
        let identities = oracle.identities.keys().copied();
        let strange = vec![NO_IDENTITY, elsewhere.identities[0].user_identity_id];
        let identities = mostly(identities.collect(), strange);
        // Deleted groups are unknown, and worth naming.
        let live: Vec<_> = oracle.groups.keys().copied().collect();
        let ever = ids(&site.groups);
        let mut strange: Vec<_> = ever.filter(|group| !live.contains(group)).collect();
        strange.extend([NO_GROUP, elsewhere.groups[0].acs_access_group_id]);
        let groups = mostly(live, strange);
        let systems: Vec<_> = oracle.systems().collect();
        let several_systems = subsequence(systems.clone(), 0..=systems.len()).boxed();
        let in_system = |system: &AcsSystemId| (*system, oracle.groups_of(*system).collect());
        let mut homes: Vec<(_, Vec<_>)> = systems.iter().map(in_system).collect();
        if homes.is_empty() {
            homes.push((NO_SYSTEM, Vec::new()));
        }
        let several_of = |(system, groups): (_, Vec<_>)| {
            let count = groups.len();
            (Just(system), subsequence(groups, 0..=count))
        };
        let at_home = select(homes).prop_flat_map(several_of).boxed();
        let strange = vec![NO_SYSTEM, elsewhere.systems[0].acs_system_id];
        let systems = mostly(systems, strange);
        let strange = vec![NO_ENTRANCE, elsewhere.entrances[0].acs_entrance_id];
        let entrances = mostly(oracle.entrances().collect(), strange);
        let users_now = oracle.users.values();
        let linked = users_now.filter_map(|user| Some((user.id, user.identity?, user.system)));
        let anybody = (users.clone(), identities.clone(), systems.clone());
        let links = or_any(linked.collect(), anybody.boxed());
        let pairs = oracle.members.iter();
        let pairs = pairs.map(|(user, group)| (UserRef::from(*user), *group));
        let anybody = (either(&users, &identities), groups.clone());
        let anybody = anybody.boxed();
        let memberships = or_any(pairs.collect(), anybody.clone());
        let pairs = oracle.could_join();
        let pairs = pairs.map(|(identity, group)| (UserRef::from(identity), group));
        let joins = or_any(pairs.collect(), anybody);
        let granted = oracle.grants.iter().map(|(user, _)| *user);
        let granted = or_any(granted.collect(), users.clone());
        let pairs = oracle.grants.iter();
        let pairs = pairs.map(|(user, entrance)| (UserRef::from(*user), *entrance));
        let anybody = (either(&users, &identities), entrances.clone());
        let grants = or_any(pairs.collect(), anybody.boxed());
        let second_grants = or_any(oracle.second_grants().collect(), grants.clone());
        let bare_systems = or_any(oracle.bare_systems().collect(), systems.clone());
        Self {
            scene: scene.clone(),
            users,
            identities,
            groups,
            systems,
            several_systems,
            entrances,
            at_home,
            links,
            memberships,
            joins,
            granted,
            grants,
            second_grants,
            bare_systems,
        }
    }

    /// A user or identity, and a group.
    fn any_pair(&self) -> BoxedStrategy<(UserRef, AccessGroupId)> {
        (either(&self.users, &self.identities), self.groups.clone()).boxed()
    }

    fn selectors(&self) -> BoxedStrategy<AcsUserSelector> {
        let by_id = self.users.clone().prop_map(AcsUserSelector::from);
        let of = |(_, identity, system)| AcsUserSelector::of(identity, system);
        prop_oneof![2 => by_id, 1 => self.links.clone().prop_map(of)].boxed()
    }

    /// Mostly users with access, or whose identity may have other users.
    fn with_access(&self) -> BoxedStrategy<AcsUserSelector> {
        let granted = self.granted.clone().prop_map(AcsUserSelector::from);
        let linked = self.links.clone();
        let linked = linked.prop_map(|(user, _, _)| AcsUserSelector::from(user));
        prop_oneof![granted, linked, self.selectors()].boxed()
    }

    fn identity_selectors(&self) -> BoxedStrategy<UserIdentitySelector> {
        let by_id = self.identities.clone().prop_map(UserIdentitySelector::from);
        prop_oneof![2 => by_id, 1 => self.keys().prop_map(UserIdentitySelector::from)].boxed()
    }
}

fn either(
    users: &BoxedStrategy<AcsUserId>,
    identities: &BoxedStrategy<UserIdentityId>,
) -> BoxedStrategy<UserRef> {
    prop_oneof![
        users.clone().prop_map(UserRef::from),
        identities.clone().prop_map(UserRef::from),
    ]
    .boxed()
}

/// One of the known ids, often the first, so that calls name the same; sometimes a strange one.
fn mostly<T: Clone + fmt::Debug + 'static>(known: Vec<T>, strange: Vec<T>) -> BoxedStrategy<T> {
    or_any(known, select(strange).boxed())
}

fn or_any<T: Clone + fmt::Debug + 'static>(
    known: Vec<T>,
    any: BoxedStrategy<T>,
) -> BoxedStrategy<T> {
    let Some(favourite) = known.first().cloned() else {
        return any;
    };
    // Shortening goes to the first alternative, and so to the fewest ids.
    prop_oneof![3 => Just(favourite), 3 => select(known), 1 => any].boxed()
}
