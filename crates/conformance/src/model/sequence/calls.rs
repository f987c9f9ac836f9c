//! Which calls are made, and how often.

use proptest::{
    strategy::{NewTree, ValueTree},
    test_runner::TestRunner,
};

use super::{filters::limits, *};

/// A call of this state.
#[derive(Debug)]
pub(super) struct AnyCall(pub(super) Known);

impl Strategy for AnyCall {
    type Tree = Box<dyn ValueTree<Value = Operation>>;
    type Value = Operation;

    // A union of all calls would build the arguments of each in order to make one.
    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let calls = match self.0.scene.theme {
            Theme::Any => SUBJECTS,
            Theme::Returns => RETURNS,
            Theme::Plenty => PLENTY,
            Theme::Matches => MATCHES,
        };
        let calls = pick(calls, runner);
        let arguments = pick(calls, runner);
        if runner.rng().random_range(0..6) > 0 {
            return arguments(&self.0).new_tree(runner);
        }
        let kinds = [0; 2].map(|_| runner.rng().random_range(0..5));
        arguments(&self.0.with_strange(kinds)).new_tree(runner)
    }
}

/// One of the choices, each as often as its weight says.
fn pick<T: Copy>(choices: &[(u32, T)], runner: &mut TestRunner) -> T {
    let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
    let mut number = runner.rng().random_range(0..total);
    let chosen = choices.iter().find(|(weight, _)| {
        let is_here = number < *weight;
        number = number.saturating_sub(*weight);
        is_here
    });
    chosen
        .expect("the number is less than all weights together")
        .1
}

/// Calls with their weights.
type Calls = &'static [(u32, Arguments)];

/// The arguments of a call.
type Arguments = fn(&Known) -> BoxedStrategy<Operation>;

const SUBJECTS: &[(u32, Calls)] = &[
    (9, ON_GROUPS),
    (9, ON_USERS),
    (6, ON_DIRECTORY),
    (9, ON_IDENTITIES),
    (9, PROVISIONS),
    (3, &[(1, Known::looking)]),
];

const RETURNS: &[(u32, Calls)] = &[
    (1, ON_GROUPS),
    (2, ON_USERS),
    (1, ON_DIRECTORY),
    (2, ON_IDENTITIES),
    (2, PROVISIONS),
    (2, &[(1, Known::endings)]),
    (6, &[(1, Known::returns)]),
];

const PLENTY: &[(u32, Calls)] = &[
    (1, ON_GROUPS),
    (1, ON_USERS),
    (1, ON_DIRECTORY),
    (1, PROVISIONS),
    (1, &[(1, Known::returns)]),
    (8, &[(1, Known::gathering)]),
    (4, &[(1, Known::ending_several)]),
    (1, &[(1, Known::looking)]),
];

const MATCHES: &[(u32, Calls)] = &[
    (2, ON_GROUPS),
    (1, ON_USERS),
    (1, ON_DIRECTORY),
    (2, ON_IDENTITIES),
    (1, PROVISIONS),
    (1, &[(1, Known::returns)]),
    (4, &[(1, Known::matching)]),
    (3, &[(1, Known::joining)]),
    (1, &[(1, Known::looking)]),
];

const ON_GROUPS: Calls = &[
    (5, |known| {
        made(known.any_pair(), |(user, group)| AddUser::new(user, group))
    }),
    (2, |known| {
        made(known.any_pair(), |(user, group)| {
            RemoveUser::new(user, group)
        })
    }),
    // Random pairs are seldom members, so known ones are named as well.
    (3, |known| {
        made(known.memberships.clone(), |(user, group)| {
            AddUser::new(user, group)
        })
    }),
    (4, |known| {
        made(known.memberships.clone(), |(user, group)| {
            RemoveUser::new(user, group)
        })
    }),
    (4, |known| {
        made(known.joins.clone(), |(user, group)| {
            AddUser::new(user, group)
        })
    }),
    (1, |known| {
        made(known.joins.clone(), |(user, group)| {
            RemoveUser::new(user, group)
        })
    }),
    (2, |known| {
        made(known.groups.clone(), DeleteAccessGroup::new)
    }),
    (2, |known| made(known.groups.clone(), GetAccessGroup::new)),
    (4, |known| {
        made(known.group_filters(), ListAccessGroups::new)
    }),
    (2, |known| made(known.groups.clone(), ListUsersInGroup::new)),
    (2, |known| {
        made(known.groups.clone(), ListEntrancesOfGroup::new)
    }),
];

const ON_USERS: Calls = &[
    (7, |known| made(known.new_users(), CreateAcsUser::new)),
    (3, |known| made(known.selectors(), GetAcsUser::new)),
    (6, |known| {
        let list = (known.user_filters(), limits());
        made(list, |(filter, page)| ListAcsUsers::new(filter, page))
    }),
    (4, |known| {
        let updated = (known.selectors(), known.user_updates());
        made(updated, |(user, update)| UpdateAcsUser::new(user, update))
    }),
    (3, |known| made(known.selectors(), DeleteAcsUser::new)),
    (3, |known| made(known.selectors(), SuspendAcsUser::new)),
    (3, |known| made(known.selectors(), UnsuspendAcsUser::new)),
    (3, |known| made(known.selectors(), ListEntrancesOfUser::new)),
    (5, |known| {
        made(known.with_access(), RevokeAccessToAllEntrances::new)
    }),
    (2, |known| {
        made(known.selectors(), RevokeAccessToAllEntrances::new)
    }),
];

const ON_DIRECTORY: Calls = &[
    (1, |_| made(Just(()), |()| GetWorkspace::new())),
    (2, |known| made(known.systems.clone(), GetAcsSystem::new)),
    (2, |known| made(known.system_filters(), ListAcsSystems::new)),
    (2, |known| made(known.entrances.clone(), GetEntrance::new)),
    (3, |known| {
        let list = (known.entrance_filters(), limits());
        made(list, |(filter, page)| ListEntrances::new(filter, page))
    }),
    // The only one of these that changes something.
    (8, |known| {
        let granted = (
            either(&known.users, &known.identities),
            known.entrances.clone(),
        );
        made(granted, |(user, entrance)| GrantAccess::new(user, entrance))
    }),
];

const ON_IDENTITIES: Calls = &[
    (5, |known| {
        made(known.new_identities(), CreateUserIdentity::new)
    }),
    (2, |known| {
        made(known.identity_selectors(), GetUserIdentity::new)
    }),
    (4, |known| {
        let list = (known.identity_filters(), limits());
        made(list, |(filter, page)| ListUserIdentities::new(filter, page))
    }),
    (4, |known| {
        let updated = (known.identities.clone(), known.identity_updates());
        made(updated, |(identity, update)| {
            UpdateUserIdentity::new(identity, update)
        })
    }),
    (2, |known| {
        made(known.identities.clone(), DeleteUserIdentity::new)
    }),
    (5, |known| {
        let linked = (known.users.clone(), known.identity_selectors());
        made(linked, |(user, identity)| LinkAcsUser::new(user, identity))
    }),
    (1, |known| {
        made(known.links.clone(), |(user, identity, _)| {
            LinkAcsUser::new(user, identity)
        })
    }),
    (3, |known| {
        made(known.links.clone(), |(user, identity, _)| {
            UnlinkAcsUser::new(user, identity)
        })
    }),
    (2, |known| {
        made(known.identities.clone(), ListUsersOfIdentity::new)
    }),
    (2, |known| {
        made(known.identities.clone(), ListSystemsOfIdentity::new)
    }),
    (2, |known| {
        made(known.identities.clone(), ListEntrancesOfIdentity::new)
    }),
];

/// Systems, groups and entrances that are created, changed and deleted, and grants that end.
const PROVISIONS: Calls = &[
    (4, |known| made(known.new_groups(), CreateAccessGroup::new)),
    (5, |known| {
        let updated = (known.groups.clone(), known.group_updates());
        made(updated, |(group, update)| {
            UpdateAccessGroup::new(group, update)
        })
    }),
    // With one grant only, ending it and ending all are the same.
    (7, |known| {
        made(known.second_grants.clone(), |(user, entrance)| {
            GrantAccess::new(user, entrance)
        })
    }),
    // An end of a schedule that may be there.
    (2, |known| {
        made(known.groups.clone(), |group| {
            let update = AccessGroupUpdate {
                access_schedule: Patch::Clear,
                ..AccessGroupUpdate::default()
            };
            UpdateAccessGroup::new(group, update)
        })
    }),
    (8, |known| {
        made(known.grants.clone(), |(user, entrance)| {
            RevokeAccess::new(user, entrance)
        })
    }),
    (4, |known| made(known.new_systems(), CreateAcsSystem::new)),
    (2, |known| {
        let updated = (known.systems.clone(), known.system_updates());
        made(updated, |(system, update)| {
            UpdateAcsSystem::new(system, update)
        })
    }),
    (8, |known| {
        made(known.bare_systems.clone(), DeleteAcsSystem::new)
    }),
    (2, |known| {
        made((known.bare_systems.clone(), known.titles()), new_entrance)
    }),
    (2, |known| {
        made((known.systems.clone(), known.titles()), new_entrance)
    }),
    (2, |known| {
        let renamed = (
            known.entrances.clone(),
            option::weighted(0.7, known.titles()),
        );
        made(renamed, |(entrance, name)| {
            UpdateEntrance::new(entrance, EntranceUpdate { name })
        })
    }),
    (2, |known| {
        made(known.entrances.clone(), DeleteEntrance::new)
    }),
];

/// A strategy of these calls.
pub(super) fn made<T: fmt::Debug, C: Into<Operation>>(
    arguments: impl Strategy<Value = T> + 'static,
    call: impl Fn(T) -> C + 'static,
) -> BoxedStrategy<Operation> {
    arguments
        .prop_map(move |arguments| call(arguments).into())
        .boxed()
}

fn new_entrance((system, name): (AcsSystemId, ResourceName)) -> CreateEntrance {
    CreateEntrance::new(NewEntrance::new(system, name))
}
