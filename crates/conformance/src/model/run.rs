//! One sequence, carried out on a port and beside it on the oracle.

use std::{
    collections::BTreeMap,
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsUserId, Error, GetAcsUser, ListAccessGroups,
    ListUsersInGroup, Operation, Reply, Subject, UserRef,
};

use super::{
    oracle::Oracle,
    sequence::{Step, neighbour},
};
use crate::{
    Capability, Site,
    answer::{Answer, UserSeen},
    case::{Bench, Case, Checked, Through, questions},
};

/// A port, the oracle, and which of the adapter's ids stand for which of the oracle's.
pub(crate) struct Run<'b> {
    bench: &'b Bench<'b>,
    oracle: Oracle,
    /// Users that the adapter created: the oracle's id, and the adapter's once it was read.
    newcomers: BTreeMap<AcsUserId, Option<AcsUserId>>,
}

impl<'b> Run<'b> {
    pub(crate) fn start(bench: &'b Bench<'b>, oracle: Oracle) -> Self {
        Self {
            bench,
            oracle,
            newcomers: BTreeMap::new(),
        }
    }

    /// Every step, then a look at the workspace next door.
    pub(crate) fn take_all(mut self, steps: Vec<Step>, seen: Option<Arc<AtomicUsize>>) -> Checked {
        let (site, elsewhere): (Site, Site) = (self.oracle.site().clone(), neighbour());
        let case = Case::open(self.bench, &site);
        let next_door = Case::open(self.bench, &elsewhere);
        let before = next_door.visible();
        for (number, step) in (1..).zip(steps) {
            if let Some(seen) = &seen {
                seen.fetch_add(1, Ordering::SeqCst);
            }
            self.take(&case, step)?;
            if number % LOOK_AROUND == 0 {
                self.must_show_everything(&case)?;
            }
        }
        self.must_show_everything(&case)?;
        next_door.must_show(&before)
    }

    fn take(&mut self, case: &Case<'_>, step: Step) -> Checked {
        let Some(operation) = self.outward(&step.operation) else {
            // It names a user whose id could not be read, or who was never created.
            return Ok(());
        };
        let answer = call(case, step.through, &operation);
        if let Some(capability) = case.fixture().lacks(&operation) {
            case.must_be_unsupported(capability, &operation, &answer)?;
            self.bench.lacks(capability);
            return Ok(());
        }
        let expected = self.oracle.execute(&step.operation);
        let actual = self.inward(Answer::from(&answer));
        case.compare(&operation, &actual, answer.as_ref().err(), &expected.answer)?;
        if let (Some(newcomer), Operation::AddUser(op)) = (expected.newcomer, &operation) {
            self.meet(case, newcomer, op.group)?;
        }
        Ok(())
    }

    /// Learns which id the adapter chose for a user that it created.
    fn meet(&mut self, case: &Case<'_>, newcomer: AcsUserId, group: AccessGroupId) -> Checked {
        self.newcomers.insert(newcomer, None);
        if !case.fixture().can(Capability::ListUsersInGroup) {
            return Ok(());
        }
        let users = case.call(ListUsersInGroup { group })?;
        let users = users.iter().map(UserSeen::from);
        let new: Vec<_> = users
            .filter(|it| self.oracle.user(self.ours(it.id)).is_none())
            .collect();
        let [new] = &new[..] else {
            let why = format!("one user must be new in {group}, not {}", new.len());
            return Err(case.broken(why));
        };
        let guess = self.oracle.user(newcomer).cloned();
        let fits = |it: &UserSeen| it.system == new.system && it.identity == new.identity;
        case.must(
            guess.as_ref().is_some_and(fits),
            "the new user must be of the group's system, and linked to the identity",
        )?;
        self.newcomers.insert(newcomer, Some(new.id));
        let mut learnt = new.clone();
        learnt.id = newcomer;
        self.oracle.learn(learnt);
        Ok(())
    }

    /// What can be read is what the oracle says.
    fn must_show_everything(&mut self, case: &Case<'_>) -> Checked {
        let mut all = questions(self.oracle.site());
        for user in self.newcomers.keys().copied() {
            all.push(GetAcsUser { user }.into());
            let filter = AccessGroupFilter::new().of_user(user);
            all.push(ListAccessGroups { filter }.into());
        }
        for question in all {
            let Some(asked) = self.outward(&question) else {
                continue;
            };
            if case.fixture().lacks(&asked).is_some() {
                continue;
            }
            let answer = case.fixture().call(asked.clone());
            let actual = self.inward(Answer::from(&answer));
            let expected = self.oracle.execute(&question).answer;
            case.compare(&asked, &actual, answer.as_ref().err(), &expected)?;
        }
        Ok(())
    }

    /// The call with the adapter's ids; `None` if one of them is not known.
    fn outward(&self, operation: &Operation) -> Option<Operation> {
        let mut operation = operation.clone();
        let named = match &mut operation {
            Operation::AddUser(op) => acs_user(&mut op.user),
            Operation::RemoveUser(op) => acs_user(&mut op.user),
            Operation::ListAccessGroups(op) => op.filter.user.as_mut(),
            Operation::GetAcsUser(op) => Some(&mut op.user),
            _ => None,
        };
        if let Some(user) = named
            && let Some(theirs) = self.newcomers.get(user)
        {
            *user = (*theirs)?;
        }
        Some(operation)
    }

    /// The answer with the oracle's ids.
    fn inward(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Users(mut users) => {
                users.iter_mut().for_each(|it| it.id = self.ours(it.id));
                users.sort();
                Answer::Users(users)
            }
            Answer::Refused(kind, Some(Subject::AcsUser(user))) => {
                Answer::refused(kind, self.ours(user))
            }
            other => other,
        }
    }

    fn ours(&self, theirs: AcsUserId) -> AcsUserId {
        let mut newcomers = self.newcomers.iter();
        let met = newcomers.find(|(_, met)| **met == Some(theirs));
        met.map_or(theirs, |(ours, _)| *ours)
    }
}

/// Through the clone from a thread of its own, as another caller would.
fn call(case: &Case<'_>, through: Through, operation: &Operation) -> Result<Reply, Error> {
    let answer = || case.answer(through, operation.clone());
    match through {
        Through::Port => answer(),
        Through::Clone => thread::scope(|scope| {
            let answer = scope.spawn(answer).join();
            answer.unwrap_or_else(|panic| panic::resume_unwind(panic))
        }),
    }
}

fn acs_user(user: &mut UserRef) -> Option<&mut AcsUserId> {
    match user {
        UserRef::AcsUser(user) => Some(user),
        UserRef::Identity(_) => None,
    }
}

/// After so many calls everything that can be read is compared, and at the end.
const LOOK_AROUND: usize = 4;
