//! One sequence of calls, carried out on a port and on the oracle.

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use access_groups_core::*;

use super::{
    clock,
    coverage::Met,
    ids::CreatedIds,
    oracle::Oracle,
    sequence::{Scene, Step, neighbour},
};
use crate::{
    Capability,
    answer::{Answer, call_shown, workspaces_in},
    case::*,
    laws::{must_come_in_pages, must_come_oldest_first},
    site::Site,
};

/// Another workspace, and what it showed at first.
pub(crate) struct Neighbour<'b> {
    case: Case<'b>,
    before: Vec<(Operation, Answer)>,
}

impl<'b> Neighbour<'b> {
    pub(crate) fn open(bench: &'b Bench<'b>) -> Self {
        let case = Case::open(bench, neighbour());
        let before = case.visible();
        Self { case, before }
    }
}

/// The oracle, and the ids by which the adapter knows what it created.
pub(crate) struct Run<'b> {
    bench: &'b Bench<'b>,
    oracle: Oracle,
    ids: CreatedIds,
    workspace: Option<WorkspaceId>,
    met: &'b mut Met,
}

impl<'b> Run<'b> {
    pub(crate) fn start(bench: &'b Bench<'b>, scene: Scene, met: &'b mut Met) -> Self {
        Self {
            bench,
            oracle: Oracle::clone(&scene.oracle).without_clock(),
            ids: CreatedIds::default(),
            workspace: None,
            met,
        }
    }

    /// Makes each change between two looks at everything.
    pub(crate) fn look_around_each(
        bench: &'b Bench<'b>,
        site: &Site,
        changes: impl IntoIterator<Item = Operation>,
    ) -> Checked {
        let case = Case::open(bench, site);
        let mut run = Run {
            bench,
            oracle: Oracle::new(site.clone()).without_clock(),
            ids: CreatedIds::default(),
            workspace: None,
            met: &mut Met::default(),
        };
        run.must_show_everything(&case)?;
        for (seed, operation) in (1..).zip(changes) {
            let step = Step {
                operation,
                through: Through::Port,
                seed, // of the ids of what is created, so another one each time
            };
            run.take(&case, step)?;
            run.must_show_everything(&case)?;
        }
        Ok(())
    }

    /// Takes every step, and looks at everything after so many and at the end; then the other
    /// workspace must be unchanged.
    pub(crate) fn take_all(
        mut self,
        steps: Vec<Step>,
        seen: Option<Arc<AtomicUsize>>,
        look_after: usize,
        neighbour: &Neighbour<'_>,
    ) -> Checked {
        let site = self.oracle.site.clone();
        let case = Case::open(self.bench, &site);
        for (number, step) in (1..).zip(steps) {
            if let Some(seen) = &seen {
                // Shortening begins by cutting off the steps that were not reached.
                seen.fetch_add(1, Ordering::SeqCst);
            }
            self.take(&case, step)?;
            if number % look_after == 0 {
                self.must_show_everything(&case)?;
            }
        }
        self.must_show_everything(&case)?;
        neighbour.case.must_show(&neighbour.before)
    }

    fn take(&mut self, case: &Case<'_>, mut step: Step) -> Checked {
        let Some(operation) = clock::told(&step.operation, self.oracle.now) else {
            // Nothing was created, so that the time is unknown.
            return Ok(());
        };
        step.operation = operation;
        let Some(operation) = self.ids.to_adapter(&step.operation) else {
            // It names a resource whose id could not be read, or that was never created.
            return Ok(());
        };
        // Not executed by the oracle either: a refusal has no effect.
        if let Some(capability) = case.fixture.lacks(&operation) {
            let answer = call(case, step.through, &operation);
            case.must_be_unsupported(capability, &operation, &answer)?;
            self.bench.lacks(capability);
            return Ok(());
        }
        if self.oracle.is_open(&step.operation) || looks_through_identities(case, &operation) {
            return Ok(());
        }
        let situations = self.oracle.situations(&step.operation);
        let answer = call(case, step.through, &operation);
        // Executed even if the answer is wrong: the comparison needs what should have come.
        let expected = self.oracle.execute(&step.operation, step.seed);
        let (oracle, asked) = (&mut self.oracle, &step.operation);
        self.met.note(oracle, asked, &expected, &situations);
        self.ids.expect_created(&self.oracle);
        self.ids.learn(&mut self.oracle, &Answer::from(&answer));
        self.learn_created(case, &step.operation)?;
        self.compare(case, &operation, &answer, expected)?;
        must_come_in_pages(case, step.through, &operation)
    }

    /// Checks that the answer is one of those expected, but for what the adapter may choose.
    fn compare(
        &mut self,
        case: &Case<'_>,
        asked: &Operation,
        answer: &Result<Reply, Error>,
        expected: Vec<Answer>,
    ) -> Checked {
        self.must_be_of_one_workspace(case, asked, answer)?;
        must_come_oldest_first(case, asked, answer)?;
        let seen = match Answer::from(answer) {
            // The adapter's may be another than the site's.
            Answer::Workspace(_) => Answer::Workspace(self.oracle.site.workspace.workspace_id),
            other => other,
        };
        self.ids.learn(&mut self.oracle, &seen);
        let without_unread_users = |answer| self.ids.without_unread_users(&self.oracle, answer);
        let actual = without_unread_users(self.ids.translated(seen));
        let expected = expected.into_iter();
        let expected = expected.map(|answer| self.oracle.refreshed(answer));
        let expected: Vec<_> = expected.map(without_unread_users).collect();
        if expected.iter().any(|answer| actual.is_as(answer)) {
            return Ok(());
        }
        case.compare(asked, &actual, answer.as_ref().err(), &expected[0])
    }

    /// The adapter chooses the workspace, but all that it holds must name the same one.
    fn must_be_of_one_workspace(
        &mut self,
        case: &Case<'_>,
        asked: &Operation,
        answer: &Result<Reply, Error>,
    ) -> Checked {
        for id in workspaces_in(answer) {
            let known = *self.workspace.get_or_insert(id);
            if id != known {
                let call = call_shown(asked);
                let why = format!("{call} shows workspace {id}, earlier calls {known}");
                return Err(case.broken(why));
            }
        }
        Ok(())
    }

    /// Learns which ids the adapter chose for users and identities that the call created.
    fn learn_created(&mut self, case: &Case<'_>, operation: &Operation) -> Checked {
        for user in self.ids.users.unread() {
            self.learn(case, &self.questions_on_newcomer(user, operation))?;
        }
        for identity in self.ids.identities.unread() {
            self.learn(case, &self.questions_on_new_identity(identity, operation))?;
        }
        Ok(())
    }

    /// Asks the first question that the adapter supports; without any, the ids stay unknown.
    fn learn(&mut self, case: &Case<'_>, questions: &[Operation]) -> Checked {
        for question in questions {
            if let Some(asked) = self.can_ask(case, question) {
                let answer = call(case, Through::Port, &asked);
                let expected = self.oracle.execute(question, 0);
                return self.compare(case, &asked, &answer, expected);
            }
        }
        Ok(())
    }

    /// The question with the adapter's ids, if they are known and the adapter supports it.
    fn can_ask(&self, case: &Case<'_>, question: &Operation) -> Option<Operation> {
        let asked = self.ids.to_adapter(question)?;
        case.fixture.lacks(&asked).is_none().then_some(asked)
    }

    fn questions_on_newcomer(&self, user: AcsUserId, operation: &Operation) -> Vec<Operation> {
        let Some(user) = self.oracle.users.get(&user) else {
            return Vec::new();
        };
        let mut questions: Vec<Operation> = Vec::new();
        if let Some(identity) = user.identity {
            let selector = AcsUserSelector::of(identity, user.system);
            let in_system = AcsUserFilter::new().in_system(user.system);
            questions.push(GetAcsUser::new(selector).into());
            questions.push(ListUsersOfIdentity::new(identity).into());
            questions.push(ListAcsUsers::new(in_system, PageRequest::first()).into());
        }
        if let Operation::AddUser(op) = operation {
            questions.push(ListUsersInGroup::new(op.group).into());
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
            questions.push(GetUserIdentity::new(op.identity.clone()).into());
            questions.push(GetAcsUser::new(op.user).into());
        }
        questions
    }

    /// Checks that everything that can be read is as the oracle has it.
    fn must_show_everything(&mut self, case: &Case<'_>) -> Checked {
        let mut all = questions(&self.oracle.site);
        all.extend(self.ids.groups.all().flat_map(questions_on_group));
        all.extend(self.ids.users.all().flat_map(questions_on_user));
        all.extend(self.ids.identities.all().flat_map(questions_on_identity));
        for question in all {
            if let Some(asked) = self.can_ask(case, &question) {
                let answer = case.read(asked.clone());
                let expected = self.oracle.execute(&question, 0);
                self.compare(case, &asked, &answer, expected)?;
            }
        }
        Ok(())
    }
}

/// Makes the call; through the clone, from a thread of its own, as another caller would. Of a
/// list in pages, all pages.
fn call(case: &Case<'_>, through: Through, operation: &Operation) -> Result<Reply, Error> {
    let ask = |operation| case.answer(through, operation);
    let answer = || whole(ask, operation.clone());
    match through {
        Through::Port => answer(),
        Through::Clone => thread::scope(|scope| {
            let answer = scope.spawn(answer).join();
            answer.unwrap_or_else(|panic| panic::resume_unwind(panic))
        }),
    }
}

/// Whether the operation searches the identities of users, and the adapter has none.
fn looks_through_identities(case: &Case<'_>, operation: &Operation) -> bool {
    let searches = matches!(operation, Operation::ListAcsUsers(op) if op.filter.search.is_some());
    searches && !case.fixture.can(Capability::Identities)
}
