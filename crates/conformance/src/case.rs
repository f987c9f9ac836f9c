//! What a law works with: a port, the site it began with, and the calls made so far.

mod reading;

use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsUserId, AddUser, Call, Error, ErrorKind, ListAccessGroups,
    ListUsersInGroup, Operation, RemoveUser, Reply, Subject, UserRef,
};

use crate::{
    Capability, Fixture, Open, Site,
    answer::{Answer, call_shown, chain, described, shown},
};

pub(crate) use reading::{
    InPages, Resource, ids, questions, questions_on_group, questions_on_identity,
    questions_on_user, walk, whole,
};

/// Why a law ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The port breaks it; a message for the author of the adapter.
    Broken(String),
    /// It needs what the adapter lacks and correctly refuses.
    Absent,
}

pub(crate) type Checked<T = ()> = Result<T, Stop>;

/// Opens ports for a law, and notes the absent capabilities that it needed.
pub(crate) struct Bench<'o> {
    open: &'o Open<'o>,
    // Behind a lock, because a law may call from several threads.
    absent: Mutex<BTreeSet<Capability>>,
}

impl<'o> Bench<'o> {
    pub(crate) fn new(open: &'o Open<'o>) -> Self {
        Self {
            open,
            absent: Mutex::default(),
        }
    }

    /// How many of each the laws on size make through calls.
    pub(crate) fn bulk(&self) -> usize {
        (self.open)(&Site::default()).bulk()
    }

    /// Notes that a capability was needed and is absent.
    pub(crate) fn lacks(&self, capability: Capability) {
        let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.insert(capability);
    }

    /// The capabilities that were needed and are absent.
    pub(crate) fn absent(&self) -> Vec<Capability> {
        let absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.iter().copied().collect()
    }
}

pub(crate) struct Case<'s> {
    pub(crate) fixture: Fixture,
    site: &'s Site,
    bench: &'s Bench<'s>,
    calls: Mutex<Vec<String>>,
}

/// The handle of the store that a call goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    Port,
    Clone,
}

impl<'s> Case<'s> {
    pub(crate) fn open(bench: &'s Bench<'s>, site: &'s Site) -> Self {
        Self {
            fixture: (bench.open)(site),
            site,
            bench,
            calls: Mutex::default(),
        }
    }

    /// Makes a call that must succeed.
    ///
    /// If the adapter lacks the operation, the law ends after the check that it is unsupported.
    pub(crate) fn call<C: Call>(&self, call: C) -> Checked<C::Reply> {
        self.call_through(Through::Port, call)
    }

    pub(crate) fn call_through<C: Call>(&self, through: Through, call: C) -> Checked<C::Reply> {
        self.look_through(through, call)?.ok_or(Stop::Absent)
    }

    /// Makes a call that must succeed; `None` if the adapter lacks the operation and correctly
    /// refuses it, so that the rest of the law can still be checked.
    pub(crate) fn look<C: Call>(&self, call: C) -> Checked<Option<C::Reply>> {
        self.look_through(Through::Port, call)
    }

    pub(crate) fn look_through<C: Call>(
        &self,
        through: Through,
        call: C,
    ) -> Checked<Option<C::Reply>> {
        let operation = call.into();
        match self.ask(through, &operation)? {
            Some(answer) => self.expect::<C>(&operation, answer).map(Some),
            None => Ok(None),
        }
    }

    /// Every page of a list, with at most this many rows each; `None` as in [`look`](Self::look).
    pub(crate) fn pages<L: InPages>(
        &self,
        through: Through,
        list: &L,
        limit: Option<NonZeroU32>,
    ) -> Checked<Option<Vec<Vec<L::Row>>>> {
        let first: Operation = list.clone().into();
        if self.fixture.lacks(&first).is_some() {
            return Ok(self.ask(through, &first)?.map(|_| Vec::new()));
        }
        match walk(|page| self.answer(through, page), list, limit) {
            Ok(pages) => Ok(Some(pages)),
            Err(error) => {
                let (call, refused) = (call_shown(&first), chain(&error));
                let limit = limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
                Err(self.broken(format!(
                    "all pages of {call} must come, limit {limit}, but one was {refused}"
                )))
            }
        }
    }

    /// All rows of a list; `None` as in [`look`](Self::look).
    pub(crate) fn rows<L: InPages>(&self, list: &L) -> Checked<Option<Vec<L::Row>>> {
        let pages = self.pages(Through::Port, list, list.limit())?;
        Ok(pages.map(|pages| pages.concat()))
    }

    /// The list holds these, and no others.
    pub(crate) fn must_list<L: InPages>(&self, list: &L, expected: &[L::Id]) -> Checked {
        let Some(rows) = self.rows(list)? else {
            return Ok(());
        };
        let what = format!("the rows of {}", call_shown(&list.clone().into()));
        self.must_equal(&what, &ids(&rows).collect(), expected)
    }

    /// Makes a call; `None` if the adapter lacks the operation and correctly refuses it.
    pub(crate) fn ask(
        &self,
        through: Through,
        operation: &Operation,
    ) -> Checked<Option<Result<Reply, Error>>> {
        let answer = self.answer(through, operation.clone());
        // Called even if absent: a refusal that is declared must come.
        let Some(capability) = self.fixture.lacks(operation) else {
            self.must_be_supported(operation, &answer)?;
            return Ok(Some(answer));
        };
        self.must_be_unsupported(capability, operation, &answer)?;
        self.bench.lacks(capability);
        Ok(None)
    }

    /// Whatever the law is about, an undeclared refusal is the one thing to say.
    fn must_be_supported(&self, operation: &Operation, answer: &Result<Reply, Error>) -> Checked {
        let refused = answer.as_ref().err().map(Error::kind) == Some(ErrorKind::Unsupported);
        match Capability::needed_by(operation).last().filter(|_| refused) {
            None => Ok(()),
            Some(needed) => Err(Stop::Broken(format!(
                "{} was refused as Unsupported: support it, or add \
                 .without(Capability::{needed:?}) to the fixture",
                call_shown(operation)
            ))),
        }
    }

    /// Notes that a capability was needed and is absent.
    pub(crate) fn lacks(&self, capability: Capability) {
        self.bench.lacks(capability);
    }

    /// The answer must be a success.
    pub(crate) fn expect<C: Call>(
        &self,
        operation: &Operation,
        answer: Result<Reply, Error>,
    ) -> Checked<C::Reply> {
        let call = call_shown(operation);
        match answer {
            Ok(reply) => {
                // A reply of another operation, as from a port that mixes up its calls.
                let foreign = |error| self.broken(format!("{call}: {error}"));
                C::reply(reply).map_err(foreign)
            }
            Err(error) => {
                let refused = chain(&error);
                Err(self.broken(format!("{call} must succeed, but was {refused}")))
            }
        }
    }

    /// Makes a call of any kind that must succeed; `None` as in [`look`](Self::look).
    pub(crate) fn must_succeed(&self, operation: &Operation) -> Checked<Option<Reply>> {
        match self.ask(Through::Port, operation)? {
            Some(Ok(reply)) => Ok(Some(reply)),
            Some(Err(error)) => {
                let (call, refused) = (call_shown(operation), chain(&error));
                Err(self.broken(format!("{call} must succeed, but was {refused}")))
            }
            None => Ok(None),
        }
    }

    /// Makes a call that must be refused with this kind, about any subject.
    pub(crate) fn refused(&self, operation: impl Into<Operation>, kind: ErrorKind) -> Checked {
        self.must_answer(operation, &Answer::Refused(kind, None))
    }

    /// Makes a call that must be refused because this does not exist.
    pub(crate) fn not_found(
        &self,
        operation: impl Into<Operation>,
        subject: impl Into<Subject>,
    ) -> Checked {
        self.must_answer(operation, &Answer::not_found(subject))
    }

    /// Makes calls that must all be refused because this does not exist.
    pub(crate) fn all_not_found<O: Into<Operation>>(
        &self,
        operations: impl IntoIterator<Item = O>,
        subject: impl Into<Subject>,
    ) -> Checked {
        let (mut operations, subject) = (operations.into_iter(), subject.into());
        operations.try_for_each(|operation| self.not_found(operation, subject))
    }

    /// Makes a call that must have this answer; one that the adapter lacks must be unsupported
    /// instead.
    pub(crate) fn must_answer(
        &self,
        operation: impl Into<Operation>,
        expected: &Answer,
    ) -> Checked {
        let operation = operation.into();
        match self.ask(Through::Port, &operation)? {
            Some(answer) => self.compare_whole(&operation, &answer, expected),
            None => Ok(()),
        }
    }

    pub(crate) fn compare(
        &self,
        operation: &Operation,
        actual: &Answer,
        error: Option<&Error>,
        expected: &Answer,
    ) -> Checked {
        if actual.is_as(expected) {
            return Ok(());
        }
        // Ids suffice, unless the difference is in the fields.
        let (short_actual, short_expected) = (shown(actual), shown(expected));
        let difference = if short_actual == short_expected {
            format!("{actual:?}, not\n  {expected:?}")
        } else {
            let in_full = error.map(chain).unwrap_or(short_actual);
            format!("{in_full}, not\n  {short_expected}")
        };
        Err(self.broken(format!(
            "{} answered\n  {difference}",
            call_shown(operation)
        )))
    }

    pub(crate) fn compare_whole(
        &self,
        operation: &Operation,
        answer: &Result<Reply, Error>,
        expected: &Answer,
    ) -> Checked {
        self.compare(
            operation,
            &Answer::from(answer),
            answer.as_ref().err(),
            expected,
        )
    }

    pub(crate) fn answer(&self, through: Through, operation: Operation) -> Result<Reply, Error> {
        let answer = self.fixture.call(through, operation.clone());
        self.log(described(&operation, &answer));
        answer
    }

    pub(crate) fn must_be_unsupported(
        &self,
        capability: Capability,
        operation: &Operation,
        answer: &Result<Reply, Error>,
    ) -> Checked {
        match answer {
            Err(error) if error.kind() == ErrorKind::Unsupported && !error.is_ambiguous() => Ok(()),
            _ => Err(self.broken(format!(
                "{capability} is declared absent, so {} must be refused as Unsupported, but \
                 got\n  {}",
                call_shown(operation),
                shown(&answer.into())
            ))),
        }
    }

    pub(crate) fn add(&self, user: impl Into<UserRef>, group: AccessGroupId) -> Checked {
        self.call(AddUser::new(user, group))
    }

    pub(crate) fn remove(&self, user: impl Into<UserRef>, group: AccessGroupId) -> Checked {
        self.call(RemoveUser::new(user, group))
    }

    /// The groups that pass the filter are these and no others.
    pub(crate) fn must_list_groups(
        &self,
        filter: AccessGroupFilter,
        expected: &[AccessGroupId],
    ) -> Checked {
        self.must_list_all(ListAccessGroups::new(filter), expected)
    }

    /// The ids of the group's members, each once: from the list of the group or, if the adapter
    /// lacks it, from the lists of the users.
    pub(crate) fn members(&self, group: AccessGroupId) -> Checked<BTreeSet<AcsUserId>> {
        // With neither list, the call says that the first is absent, and ends the law.
        if self.fixture.can(Capability::ListUsersInGroup)
            || !self.fixture.can(Capability::ListAccessGroups)
        {
            let users = self.call(ListUsersInGroup::new(group))?;
            return Ok(ids(&users).collect());
        }
        let mut members = BTreeSet::new();
        for user in ids(&self.site.users) {
            let filter = AccessGroupFilter::new().of_user(user);
            let groups = self.call(ListAccessGroups::new(filter))?;
            members.extend(ids(&groups).any(|id| id == group).then_some(user));
        }
        Ok(members)
    }

    /// The group has these members and no others.
    pub(crate) fn must_have(&self, group: AccessGroupId, users: &[AcsUserId]) -> Checked {
        let members = self.members(group)?;
        self.must_equal("the members of the group", &members, users)
    }

    /// The call lists these and no others, if the adapter supports it.
    pub(crate) fn must_list_all<R: Resource>(
        &self,
        call: impl Call<Reply = Vec<R>>,
        expected: &[R::Id],
    ) -> Checked {
        let what = format!("what {} lists", call_shown(&call.clone().into()));
        match self.look(call)? {
            Some(listed) => self.must_equal(&what, &ids(&listed).collect(), expected),
            None => Ok(()),
        }
    }

    pub(crate) fn must_equal<T: Ord + Copy + std::fmt::Debug>(
        &self,
        what: &str,
        actual: &BTreeSet<T>,
        expected: &[T],
    ) -> Checked {
        let expected: BTreeSet<_> = expected.iter().copied().collect();
        if *actual == expected {
            return Ok(());
        }
        // A few show the pattern; a list of hundreds shows nothing.
        let missing: Vec<_> = expected.difference(actual).take(8).collect();
        let extra: Vec<_> = actual.difference(&expected).take(8).collect();
        Err(self.broken(format!(
            "{what}: {} were expected, {} found\n  missing: {missing:?}\n  too many: {extra:?}",
            expected.len(),
            actual.len()
        )))
    }

    pub(crate) fn must(&self, holds: bool, otherwise: &str) -> Checked {
        if holds {
            return Ok(());
        }
        Err(self.broken(otherwise.to_owned()))
    }

    /// Everything that the site's ids show: what each read answers.
    pub(crate) fn visible(&self) -> Vec<(Operation, Answer)> {
        self.shown(questions(self.site))
    }

    /// What these reads answer; those that the adapter lacks are left out.
    pub(crate) fn shown(
        &self,
        questions: impl IntoIterator<Item = Operation>,
    ) -> Vec<(Operation, Answer)> {
        let questions = questions.into_iter();
        let asked = questions.filter(|question| self.fixture.lacks(question).is_none());
        let answered = asked.map(|question| (question.clone(), self.read(question)));
        let compared = answered.map(|(question, answer)| (question, Answer::from(&answer)));
        compared.collect()
    }

    /// The port still shows this.
    pub(crate) fn must_show(&self, before: &[(Operation, Answer)]) -> Checked {
        for (question, expected) in before {
            let answer = self.read(question.clone());
            self.compare_whole(question, &answer, expected)?;
        }
        Ok(())
    }

    /// Reads without an entry in the log of calls; of a list in pages, all pages.
    pub(crate) fn read(&self, question: Operation) -> Result<Reply, Error> {
        whole(
            |operation| self.fixture.call(Through::Port, operation),
            question,
        )
    }

    pub(crate) fn log(&self, line: String) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(line);
    }

    /// The law is broken, for this reason; adds the latest calls and the site.
    pub(crate) fn broken(&self, why: String) -> Stop {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let site = self.site;
        // A law makes hundreds of calls, and the last few tell what happened.
        let earlier = calls.len().saturating_sub(20);
        let calls = calls[earlier..].join("\n  ");
        let told = format!("the latest calls:\n  {calls}\n\nthe site it began with:\n{site}");
        Stop::Broken(format!("{why}\n\n{}", shortened(&told)))
    }
}

/// The text with the start of each line: some sites hold texts of 1,000 characters.
fn shortened(text: &str) -> String {
    const MOST: usize = 800;
    let mut short = String::new();
    for line in text.lines() {
        match line.char_indices().nth(MOST) {
            Some((end, _)) => short.extend([&line[..end], "…"]),
            None => short.push_str(line),
        }
        short.push('\n');
    }
    short
}
