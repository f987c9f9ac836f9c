//! Whatever the plan, the store behind the faults holds what a model says: a fault before a change
//! changes nothing, one after it changes once.

use std::{collections::BTreeSet, time::Duration};

use access_groups_conformance::block_on;
use access_groups_core::{
    AcsSystemId, Context, CreateAcsUser, NewAcsUser, Operation, Reply, prelude::*,
};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};
use access_groups_layers::{ANSWER_LOST, FaultPlan, FaultRule, Faults, Recorder};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_store_holds_what_the_model_says(plan in plans(), steps in vec(steps(), 1..60)) {
        let (blocking, asynchronous) = (World::new(), World::new());
        let through_blocking = Faults::new(Recorder::new(blocking.store.clone()), plan.clone());
        let through_async =
            Faults::new(Recorder::new(asynchronous.store.clone().asynchronous()), plan);
        let mut model = Model::default();
        for step in steps {
            let operation = blocking.operation(step);
            let answer = through_blocking.call(operation.clone(), &Context::new());
            model.take(step, &answer);
            let other = block_on(through_async.call(operation, &Context::new()));
            prop_assert_eq!(in_short(&answer), in_short(&other));
        }
        prop_assert_eq!(through_blocking.report(), through_async.report());
        for world in [blocking, asynchronous] {
            prop_assert_eq!(world.members(), model.members.clone());
            prop_assert_eq!(world.created(), model.created);
        }
    }
}

/// A call, by the numbers of a user and a group. One user more than there are, and one group.
#[derive(Debug, Clone, Copy)]
enum Step {
    Add(usize, usize),
    Remove(usize, usize),
    Create,
    Read,
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..=USERS, 0..=GROUPS).prop_map(|(user, group)| Step::Add(user, group)),
        2 => (0..=USERS, 0..=GROUPS).prop_map(|(user, group)| Step::Remove(user, group)),
        1 => Just(Step::Create),
        1 => Just(Step::Read),
    ]
}

fn plans() -> impl Strategy<Value = FaultPlan> {
    (any::<u64>(), vec(rules(), 0..4)).prop_map(|(seed, rules)| {
        let plan = FaultPlan::new().with_seed(seed);
        rules.into_iter().fold(plan, FaultPlan::with_rule)
    })
}

fn rules() -> impl Strategy<Value = FaultRule> {
    let about = prop_oneof![
        Just(FaultRule::of_all()),
        Just(FaultRule::of_changes()),
        Just(FaultRule::of::<AddUser>()),
        Just(FaultRule::of::<CreateAcsUser>().and::<RemoveUser>()),
    ];
    let condition = (0..5_u8, 1..9_u64);
    (about, condition, 0..4_u8, 0..3_u64).prop_map(|(rule, (condition, number), fault, wait)| {
        let rule = match condition {
            0 => rule,
            1 => rule.every(number),
            2 => rule.calls(number..=number + 5),
            3 => rule.with_probability(0.3),
            _ => {
                let start = Duration::from_secs(number);
                rule.during(start..start + Duration::from_secs(5))
            }
        };
        let rule = rule.waits(Duration::from_secs(wait));
        match fault {
            0 => rule,
            1 => rule.fails(Error::unavailable("away")),
            2 => rule.loses_request(),
            _ => rule.loses_answer(),
        }
    })
}

struct World {
    store: BlockingInMemory,
    system: AcsSystemId,
    users: Vec<AcsUserId>,
    groups: Vec<AccessGroupId>,
}

impl World {
    fn new() -> Self {
        let mut site = SiteBuilder::new();
        let mut users: Vec<_> = (0..USERS)
            .map(|number| site.user(format!("User {number}")))
            .collect();
        let mut groups: Vec<_> = (0..GROUPS)
            .map(|number| site.group(format!("Group {number}")))
            .collect();
        // The last of each does not exist: calls with it are refused.
        users.push(AcsUserId::from_u128(u128::MAX));
        groups.push(AccessGroupId::from_u128(u128::MAX));
        let system = site.system();
        let clock = || Timestamp::UNIX_EPOCH;
        Self {
            store: site.build_blocking().with_clock(clock),
            system,
            users,
            groups,
        }
    }

    fn operation(&self, step: Step) -> Operation {
        match step {
            Step::Add(user, group) => AddUser::new(self.users[user], self.groups[group]).into(),
            Step::Remove(user, group) => {
                RemoveUser::new(self.users[user], self.groups[group]).into()
            }
            Step::Create => {
                let new = NewAcsUser::new(self.system, "New".parse().expect("a name"));
                CreateAcsUser::new(new).into()
            }
            Step::Read => ListUsersInGroup::new(self.groups[0]).into(),
        }
    }

    fn members(&self) -> BTreeSet<(usize, usize)> {
        let pairs = (0..USERS).flat_map(|user| (0..GROUPS).map(move |group| (user, group)));
        self.store.read(|state| {
            let is_member = |(user, group): &(usize, usize)| {
                state.is_member(self.users[*user], self.groups[*group])
            };
            pairs.filter(is_member).collect()
        })
    }

    fn created(&self) -> usize {
        let users = self.store.all_acs_users(AcsUserFilter::new());
        users.count() - USERS
    }
}

#[derive(Default)]
struct Model {
    members: BTreeSet<(usize, usize)>,
    created: usize,
}

impl Model {
    /// Takes a step if the caller was told that it was made, or that its answer was lost.
    fn take(&mut self, step: Step, answer: &Result<Reply, Error>) {
        let is_made = match answer {
            Ok(_) => true,
            Err(error) => error.code() == Some(ANSWER_LOST),
        };
        match step {
            _ if !is_made => {}
            // Whose refusal was lost.
            Step::Add(user, group) | Step::Remove(user, group)
                if user == USERS || group == GROUPS => {}
            Step::Add(user, group) => {
                self.members.insert((user, group));
            }
            Step::Remove(user, group) => {
                self.members.remove(&(user, group));
            }
            Step::Create => self.created += 1,
            Step::Read => {}
        }
    }
}

/// What both flavours must say alike.
fn in_short(answer: &Result<Reply, Error>) -> Result<(), (ErrorKind, Option<String>, bool)> {
    let short = |error: &Error| {
        (
            error.kind(),
            error.code().map(str::to_owned),
            error.is_ambiguous(),
        )
    };
    answer.as_ref().map(|_| ()).map_err(short)
}

const USERS: usize = 3;
const GROUPS: usize = 2;
