//! The random sites and calls of the model run.

mod arguments;
mod calls;
mod filters;
mod instants;
mod looking;
mod matches;
mod past;
mod plenty;
mod pools;
mod provision;
mod returns;
mod searches;
mod sites;

use std::{collections::BTreeMap, fmt, num::NonZeroU32, sync::Arc};

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
    theme: Theme,
}

/// What most calls of a sequence are about. What takes several calls of one kind is rare among all
/// kinds of calls.
#[derive(Debug, Clone, Copy)]
enum Theme {
    /// All calls alike.
    Any,
    /// What has ended or changed comes back.
    Returns,
    /// One user gets several things before they end.
    Plenty,
    /// Users and identities with the same addresses and numbers.
    Matches,
}

/// The state machine behind the sequences: the oracle is the state, so that calls name ids that
/// exist.
#[derive(Debug)]
pub(crate) struct Sequence;

impl ReferenceStateMachine for Sequence {
    type State = Scene;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Scene> {
        let theme = prop_oneof![
            2 => Just(Theme::Any),
            1 => Just(Theme::Returns),
            1 => Just(Theme::Plenty),
            1 => Just(Theme::Matches),
        ];
        (sites::sites(), theme)
            .prop_map(|(site, theme)| Scene {
                oracle: Arc::new(Oracle::new(site)),
                past: Arc::default(),
                theme,
            })
            .boxed()
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
#[derive(Debug, Clone)]
struct Known {
    scene: Scene,
    strange: Strange,
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

/// Ids that do not exist: of nothing, of the other workspace, and of what is deleted.
#[derive(Debug, Clone)]
struct Strange {
    users: Vec<AcsUserId>,
    identities: Vec<UserIdentityId>,
    groups: Vec<AccessGroupId>,
    systems: Vec<AcsSystemId>,
    entrances: Vec<EntranceId>,
}

impl Strange {
    fn to(scene: &Scene) -> Self {
        let (now, past, elsewhere) = (&scene.oracle, &scene.past, neighbour());
        let mut strange = Self {
            users: vec![NO_USER],
            identities: vec![NO_IDENTITY],
            groups: vec![NO_GROUP],
            systems: vec![NO_SYSTEM],
            entrances: vec![NO_ENTRANCE],
        };
        strange.users.extend(ids(&elsewhere.users));
        strange.identities.extend(ids(&elsewhere.identities));
        strange.groups.extend(ids(&elsewhere.groups));
        strange.systems.extend(ids(&elsewhere.systems));
        strange.entrances.extend(ids(&elsewhere.entrances));
        strange
            .users
            .extend(gone(&past.users, |user| user.id, &now.users));
        let identities = gone(&past.identities, |identity| identity.id, &now.identities);
        strange.identities.extend(identities);
        strange
            .groups
            .extend(gone(&past.groups, |group| group.id, &now.groups));
        strange
            .systems
            .extend(gone(&past.systems, |system| system.id, &now.systems));
        let entrances = gone(&past.entrances, |entrance| entrance.id, &now.entrances);
        strange.entrances.extend(entrances);
        strange
    }
}

/// The ids of those that are no longer there.
fn gone<I: Ord, T>(past: &[T], id: impl Fn(&T) -> I, now: &BTreeMap<I, T>) -> Vec<I> {
    let past = past.iter().map(id);
    past.filter(|id| !now.contains_key(id)).collect()
}

impl Known {
    fn of(scene: &Scene) -> Self {
        let oracle = &scene.oracle;
        let strange = Strange::to(scene);
        let users = oracle.users.keys().copied().collect();
        let users = mostly(users, strange.users.clone());
        let identities = oracle.identities.keys().copied();
        let identities = mostly(identities.collect(), strange.identities.clone());
        let groups = oracle.groups.keys().copied().collect();
        let groups = mostly(groups, strange.groups.clone());
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
        let systems = mostly(systems, strange.systems.clone());
        let entrances = mostly(oracle.entrances().collect(), strange.entrances.clone());
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
            strange,
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

    /// The same with ids of nothing for one kind of resources, or for two.
    fn with_strange(&self, kinds: [u32; 2]) -> Self {
        let mut known = self.clone();
        for kind in kinds {
            match kind {
                0 => known.users = select(self.strange.users.clone()).boxed(),
                1 => known.identities = select(self.strange.identities.clone()).boxed(),
                2 => known.groups = select(self.strange.groups.clone()).boxed(),
                3 => {
                    known.systems = select(self.strange.systems.clone()).boxed();
                    known.bare_systems = known.systems.clone();
                    let nowhere = (known.systems.clone(), Just(Vec::new()));
                    known.at_home = nowhere.boxed();
                }
                _ => known.entrances = select(self.strange.entrances.clone()).boxed(),
            }
        }
        known
    }

    fn selectors(&self) -> BoxedStrategy<AcsUserSelector> {
        let by_id = self.users.clone().prop_map(AcsUserSelector::from);
        let linked = self.links.clone();
        let linked = linked.prop_map(|(_, identity, system)| (identity, system));
        let any = (self.identities.clone(), self.systems.clone());
        // Of an identity that is known: nothing else is looked at if it is not.
        let nowhere = (self.links.clone(), select(self.strange.systems.clone()));
        let nowhere = nowhere.prop_map(|((_, identity, _), system)| (identity, system));
        let of = prop_oneof![3 => linked, 3 => any, 2 => nowhere];
        let of = of.prop_map(|(identity, system)| AcsUserSelector::of(identity, system));
        prop_oneof![by_id, of].boxed()
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
