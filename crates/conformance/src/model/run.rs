//! One sequence, carried out on a port and beside it on the oracle.

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use access_groups_core::{
    AccessGroup, AcsUser, AcsUserFilter, AcsUserId, AcsUserSelector, Error, GetAcsUser,
    GetUserIdentity, ListAcsUsers, ListUsersInGroup, ListUsersOfIdentity, Operation, PageRequest,
    Reply, UserIdentityId, WorkspaceId,
};

use super::{
    names::Names,
    oracle::Oracle,
    sequence::{Step, neighbour},
};
use crate::{
    Capability,
    answer::{Answer, call_shown},
    case::{Bench, Case, Checked, Through, questions, questions_on_identity, questions_on_user},
    laws::must_come_in_pages,
    pages::whole,
};

/// A port, the oracle, and which of the adapter's ids stand for which of the oracle's.
pub(crate) struct Run<'b> {
    bench: &'b Bench<'b>,
    oracle: Oracle,
    names: Names,
    workspace: Option<WorkspaceId>,
}

impl<'b> Run<'b> {
    pub(crate) fn start(bench: &'b Bench<'b>, oracle: Oracle) -> Self {
        Self {
            bench,
            oracle,
            names: Names::default(),
            workspace: None,
        }
    }

    /// Every step, then a look at the workspace next door.
    pub(crate) fn take_all(mut self, steps: Vec<Step>, seen: Option<Arc<AtomicUsize>>) -> Checked {
        let site = self.oracle.site().clone();
        let case = Case::open(self.bench, &site);
        let next_door = Case::open(self.bench, neighbour());
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
        let Some(operation) = self.names.outward(&step.operation) else {
            // It names somebody whose id could not be read, or who was never created.
            return Ok(());
        };
        if let Some(capability) = case.fixture().lacks(&operation) {
            let answer = call(case, step.through, &operation);
            case.must_be_unsupported(capability, &operation, &answer)?;
            self.bench.lacks(capability);
            return Ok(());
        }
        if self.oracle.is_open(&step.operation) || looks_through_identities(case, &operation) {
            return Ok(());
        }
        let answer = call(case, step.through, &operation);
        let expected = self.oracle.execute(&step.operation, step.seed);
        self.names.expect_newcomers(&self.oracle);
        self.names.meet(&mut self.oracle, &Answer::from(&answer));
        self.meet_newcomers(case, &step.operation)?;
        self.compare(case, &operation, &answer, expected)?;
        must_come_in_pages(case, step.through, &operation)
    }

    /// The answer is one of those expected, with what the adapter was free to choose.
    fn compare(
        &mut self,
        case: &Case<'_>,
        asked: &Operation,
        answer: &Result<Reply, Error>,
        expected: Vec<Answer>,
    ) -> Checked {
        self.must_be_of_one_workspace(case, asked, answer)?;
        let seen = match Answer::from(answer) {
            Answer::Workspace(_) => Answer::Workspace(self.oracle.site().workspace.workspace_id),
            other => other,
        };
        self.names.meet(&mut self.oracle, &seen);
        let as_far_as_met = |it| self.names.as_far_as_met(&self.oracle, it);
        let actual = as_far_as_met(self.names.inward(seen));
        let expected = expected.into_iter().map(|it| self.oracle.refreshed(it));
        let expected: Vec<_> = expected.map(as_far_as_met).collect();
        if expected.iter().any(|it| actual.is_as(it)) {
            return Ok(());
        }
        case.compare(asked, &actual, answer.as_ref().err(), &expected[0])
    }

    /// Which workspace it is, the adapter says; but it is one, in groups and users too.
    fn must_be_of_one_workspace(
        &mut self,
        case: &Case<'_>,
        asked: &Operation,
        answer: &Result<Reply, Error>,
    ) -> Checked {
        for id in workspaces_in(answer) {
            let known = *self.workspace.get_or_insert(id);
            let call = call_shown(asked);
            let why = format!("{call} shows workspace {id}, earlier calls {known}");
            case.must(id == known, &why)?;
        }
        Ok(())
    }

    /// Learns which ids the adapter chose for whom it created on the way.
    fn meet_newcomers(&mut self, case: &Case<'_>, operation: &Operation) -> Checked {
        for user in self.names.unmet_users() {
            self.meet(case, &self.questions_on_newcomer(user, operation))?;
        }
        for identity in self.names.unmet_identities() {
            self.meet(case, &self.questions_on_new_identity(identity, operation))?;
        }
        Ok(())
    }

    /// Asks the first question that the adapter can answer; without any, they stay unknown.
    fn meet(&mut self, case: &Case<'_>, questions: &[Operation]) -> Checked {
        for question in questions {
            let Some(asked) = self.names.outward(question) else {
                continue;
            };
            if case.fixture().lacks(&asked).is_some() {
                continue;
            }
            let answer = call(case, Through::Port, &asked);
            let expected = self.oracle.execute(question, 0);
            return self.compare(case, &asked, &answer, expected);
        }
        Ok(())
    }

    fn questions_on_newcomer(&self, user: AcsUserId, operation: &Operation) -> Vec<Operation> {
        let Some(user) = self.oracle.user(user) else {
            return Vec::new();
        };
        let mut questions: Vec<Operation> = Vec::new();
        if let Some(identity) = user.identity {
            let selector = AcsUserSelector::of(identity, user.system);
            let mut filter = AcsUserFilter::new();
            filter.system = Some(user.system);
            let page = PageRequest::first();
            questions.push(GetAcsUser { user: selector }.into());
            questions.push(ListUsersOfIdentity { identity }.into());
            questions.push(ListAcsUsers { filter, page }.into());
        }
        if let Operation::AddUser(op) = operation {
            questions.push(ListUsersInGroup { group: op.group }.into());
        }
        questions
    }

    fn questions_on_new_identity(
        &self,
        identity: UserIdentityId,
        operation: &Operation,
    ) -> Vec<Operation> {
        let mut questions: Vec<Operation> = Vec::new();
        if let Operation::LinkAcsUser(op) = operation
            && self.oracle.identity(identity).is_some()
        {
            let (user, identity) = (op.user.into(), op.identity.clone());
            questions.push(GetUserIdentity { identity }.into());
            questions.push(GetAcsUser { user }.into());
        }
        questions
    }

    /// What can be read is what the oracle says.
    fn must_show_everything(&mut self, case: &Case<'_>) -> Checked {
        let mut all = questions(self.oracle.site());
        all.extend(self.names.users().flat_map(questions_on_user));
        all.extend(self.names.identities().flat_map(questions_on_identity));
        for question in all {
            let Some(asked) = self.names.outward(&question) else {
                continue;
            };
            if case.fixture().lacks(&asked).is_some() {
                continue;
            }
            let answer = case.read(asked.clone());
            let expected = self.oracle.execute(&question, 0);
            self.compare(case, &asked, &answer, expected)?;
        }
        Ok(())
    }
}

/// Through the clone from a thread of its own, as another caller would. Of a list in pages,
/// all of it.
fn call(case: &Case<'_>, through: Through, operation: &Operation) -> Result<Reply, Error> {
    let answer = || whole(|it| case.answer(through, it), operation.clone());
    match through {
        Through::Port => answer(),
        Through::Clone => thread::scope(|scope| {
            let answer = scope.spawn(answer).join();
            answer.unwrap_or_else(|panic| panic::resume_unwind(panic))
        }),
    }
}

/// Whether it searches the identities of users, and the adapter has none.
fn looks_through_identities(case: &Case<'_>, operation: &Operation) -> bool {
    let searches = matches!(operation, Operation::ListAcsUsers(op) if op.filter.search.is_some());
    searches && !case.fixture().can(Capability::Identities)
}

/// The workspaces that are named in it.
fn workspaces_in(answer: &Result<Reply, Error>) -> Vec<WorkspaceId> {
    let of_groups = |groups: &[AccessGroup]| groups.iter().map(|it| it.workspace_id).collect();
    let of_users = |users: &[AcsUser]| users.iter().map(|it| it.workspace_id).collect();
    match answer {
        Ok(Reply::Workspace(workspace)) => vec![workspace.workspace_id],
        Ok(Reply::AccessGroup(group)) => vec![group.workspace_id],
        Ok(Reply::AccessGroups(groups)) => of_groups(groups),
        Ok(Reply::AcsUser(user)) => vec![user.workspace_id],
        Ok(Reply::AcsUsers(users)) => of_users(users),
        Ok(Reply::AcsUserPage(page)) => of_users(&page.items),
        _ => Vec::new(),
    }
}

/// After so many calls everything that can be read is compared, and at the end.
const LOOK_AROUND: usize = 4;
