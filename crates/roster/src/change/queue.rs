//! Which change may start next: pure.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque, hash_map::Entry},
    fmt,
    iter::{self, Enumerate, Fuse},
    mem,
    time::Duration,
};

use access_groups_core::{
    AccessGroup, AccessGroupId, Call, CancelToken, Error, GetAccessGroup, ListUsersInGroup,
    Machine, MembershipCheck, Operation, Reply, Step, Ticket, UserRef,
};

use super::{
    Change, Limits, Outcome, Report, StopReason,
    before::{Before, Memberships},
};

/// Decides which change may start next, and what came of it: the logic of
/// [`change_all`](crate::change_all), which makes no calls.
///
/// At most [`Limits::concurrency`] calls are open, and at most one change of a person: what a
/// [`UserRef`] names. A user and the identity linked to them count as two people, so do not mix the
/// two for one person if the order matters. At most 1,024 changes are taken in advance, in search of
/// one that may start.
///
/// # For callers
///
/// Most use [`change_all`](crate::change_all) or
/// [`change_all_blocking`](crate::change_all_blocking). A driver of your own calls
/// [`step`](Self::step) until it returns [`ChangeStep::Done`].
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser, Call, Error};
/// use access_groups_roster::{Change, ChangeQueue, ChangeStep, Limits, Outcome};
///
/// let (ada, grace) = (AcsUserId::from_u128(1), AcsUserId::from_u128(2));
/// let (gym, pool) = (AccessGroupId::from_u128(1), AccessGroupId::from_u128(2));
/// let changes = [Change::add(ada, gym), Change::remove(ada, pool), Change::add(grace, gym)];
/// let mut queue = ChangeQueue::new(changes, Limits::new().without_reading());
///
/// assert!(matches!(queue.step(), ChangeStep::Begin(0)));
/// let ChangeStep::Call(first, operation) = queue.step() else { panic!("a call") };
/// assert_eq!(operation, AddUser::new(ada, gym).into());
/// // Ada's second change waits for her first one, Grace's does not:
/// assert!(matches!(queue.step(), ChangeStep::Begin(2)));
/// let ChangeStep::Call(_, operation) = queue.step() else { panic!("a call") };
/// assert_eq!(operation, AddUser::new(grace, gym).into());
/// assert!(matches!(queue.step(), ChangeStep::AwaitAnswer));
///
/// queue.answer(first, Err(Error::conflict("the group is full")));
/// let ChangeStep::Report(report) = queue.step() else { panic!("a report") };
/// assert!(report.index == 0 && matches!(report.outcome, Outcome::Failed(_)));
/// assert!(matches!(queue.step(), ChangeStep::Begin(1))); // a failure does not stop the others
/// ```
pub struct ChangeQueue<I> {
    changes: Enumerate<Fuse<I>>,
    limits: Limits,
    /// The changes taken so far and not reported.
    people: HashMap<UserRef, Person>,
    held: usize,
    groups: HashMap<AccessGroupId, Group>,
    /// The people whose last change was not made.
    held_back: HashSet<UserRef>,
    ready: VecDeque<Task>,
    /// They come first, and even after a stop: an outcome waits for each.
    verifications: VecDeque<(Box<Verification>, Operation)>,
    /// What was announced, whose call comes next.
    announced: Option<Queued>,
    open: BTreeMap<Ticket, Open>,
    next_ticket: u32,
    reports: VecDeque<Report>,
    failed: usize,
    stopped: Option<StopReason>,
}

/// What the driver of a [`ChangeQueue`] must do next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "moved once a step")]
pub enum ChangeStep {
    /// The call of the change at this place comes next, unless everything is stopped before.
    Begin(usize),
    /// Make this call, and pass the answer to [`ChangeQueue::answer`] with the ticket.
    Call(Ticket, Operation),
    /// A change has its outcome.
    Report(Report),
    /// Wait until one of the open calls is answered.
    AwaitAnswer,
    /// Every change was reported, and no call is open.
    Done,
}

#[derive(Clone, Copy)]
struct Queued {
    index: usize,
    change: Change,
}

/// The changes of one person.
struct Person {
    /// The next to start, or started.
    first: Queued,
    later: VecDeque<Queued>,
}

enum Task {
    ReadGroup(AccessGroupId),
    ReadMembers(Box<AccessGroup>),
    Make(Queued),
}

enum Open {
    Task(Task),
    Verification(Box<Verification>),
}

/// Reads whether this change was made, whose answer was lost.
struct Verification {
    queued: Queued,
    error: Error,
    check: MembershipCheck,
    ticket: Ticket,
}

enum Group {
    /// These wait for it.
    Reading(Vec<Queued>),
    Known(Box<Memberships>),
}

impl<I: Iterator<Item = Change>> ChangeQueue<I> {
    /// Makes these changes, within these limits.
    pub fn new(changes: impl IntoIterator<IntoIter = I>, limits: Limits) -> Self {
        Self {
            changes: changes.into_iter().fuse().enumerate(),
            limits,
            people: HashMap::new(),
            held: 0,
            groups: HashMap::new(),
            held_back: HashSet::new(),
            ready: VecDeque::new(),
            verifications: VecDeque::new(),
            announced: None,
            open: BTreeMap::new(),
            next_ticket: 0,
            reports: VecDeque::new(),
            failed: 0,
            stopped: None,
        }
    }

    /// Returns what to do next. After [`ChangeStep::Call`] the driver may step again at once: further
    /// calls may follow before the first is answered.
    pub fn step(&mut self) -> ChangeStep {
        loop {
            if let Some(report) = self.reports.pop_front() {
                return ChangeStep::Report(report);
            }
            // It takes the place of the call that it is about, so that the limit holds.
            if let Some((verification, operation)) = self.verifications.pop_front() {
                let ticket = self.open_call(Open::Verification(verification));
                return ChangeStep::Call(ticket, operation);
            }
            if let Some(reason) = self.stop_reason() {
                return self.wind_up(reason);
            }
            if let Some(queued) = self.announced.take() {
                let call = Open::Task(Task::Make(queued));
                return ChangeStep::Call(self.open_call(call), queued.change.operation());
            }
            if self.open.len() == self.limits.concurrency.get() {
                return ChangeStep::AwaitAnswer;
            }
            if let Some(task) = self.ready.pop_front() {
                return self.call(task);
            }
            match self.next_change() {
                Some(queued) => self.take(queued),
                None if self.open.is_empty() => return ChangeStep::Done,
                None => return ChangeStep::AwaitAnswer,
            }
        }
    }

    /// Takes the answer to a call. An answer to a call that is not open is ignored.
    pub fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>) {
        match self.open.remove(&ticket) {
            None => {}
            Some(Open::Verification(verification)) => self.verified(*verification, answer),
            Some(Open::Task(Task::Make(queued))) => match answer {
                Err(error) if self.limits.verifies && error.is_ambiguous() => {
                    self.verify(queued, error);
                }
                answer => self.made(queued, answer.map(drop)),
            },
            Some(Open::Task(Task::ReadGroup(group))) => {
                match answer.and_then(GetAccessGroup::reply) {
                    // The members last: what propagates between the two calls is then shown as pending,
                    // not as missing.
                    Ok(read) => self.ready.push_front(Task::ReadMembers(Box::new(read))),
                    // Unreadable is no reason not to change: a removal must not wait for a listing.
                    Err(_) => self.known(group, Memberships::default()),
                }
            }
            Some(Open::Task(Task::ReadMembers(group))) => {
                let id = group.acs_access_group_id;
                let members = answer.and_then(ListUsersInGroup::reply).ok();
                let read = members.map(|members| Memberships::read(*group, &members));
                self.known(id, read.unwrap_or_default());
            }
        }
    }

    /// The number of open calls.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Why no further call may start; once there is a reason, it stays.
    fn stop_reason(&mut self) -> Option<StopReason> {
        let tokens = [&self.limits.cancel, &self.limits.stop];
        let is_cancelled = || tokens.into_iter().flatten().any(CancelToken::is_cancelled);
        let has_failed = || {
            self.limits
                .failures
                .is_some_and(|limit| self.failed >= limit.get())
        };
        if self.stopped.is_none() {
            let failures = has_failed().then_some(StopReason::Failures);
            self.stopped = failures.or_else(|| is_cancelled().then_some(StopReason::Cancelled));
        }
        self.stopped
    }

    /// Reports all that was not tried, after the open calls are answered.
    fn wind_up(&mut self, reason: StopReason) -> ChangeStep {
        // The reports of one person stay in order.
        if !self.open.is_empty() {
            return ChangeStep::AwaitAnswer;
        }
        self.ready.clear();
        self.announced = None;
        let mut held: Vec<_> = self
            .people
            .drain()
            .flat_map(|(_, person)| iter::once(person.first).chain(person.later))
            .collect();
        held.sort_unstable_by_key(|queued| queued.index);
        self.held = 0;
        let not_tried = |queued: Queued| queued.report(Outcome::NotTried(reason));
        self.reports.extend(held.into_iter().map(not_tried));
        if self.reports.is_empty() {
            let next = self.next_change();
            self.reports.extend(next.map(not_tried));
        }
        let report = self.reports.pop_front();
        report.map_or(ChangeStep::Done, ChangeStep::Report)
    }

    fn call(&mut self, task: Task) -> ChangeStep {
        let operation = match &task {
            Task::ReadGroup(group) => GetAccessGroup::new(*group).into(),
            Task::ReadMembers(group) => ListUsersInGroup::new(group.acs_access_group_id).into(),
            Task::Make(queued) => {
                self.announced = Some(*queued);
                return ChangeStep::Begin(queued.index);
            }
        };
        ChangeStep::Call(self.open_call(Open::Task(task)), operation)
    }

    fn open_call(&mut self, call: Open) -> Ticket {
        let ticket = Ticket::new(self.next_ticket);
        // Unique among the open ones, of which there are never as many as numbers.
        self.next_ticket = self.next_ticket.wrapping_add(1);
        self.open.insert(ticket, call);
        ticket
    }

    fn next_change(&mut self) -> Option<Queued> {
        // One person with thousands of changes must not draw all others into memory.
        if self.held == HELD {
            return None;
        }
        let (index, change) = self.changes.next()?;
        Some(Queued { index, change })
    }

    fn take(&mut self, queued: Queued) {
        self.held += 1;
        match self.people.entry(queued.change.user) {
            Entry::Occupied(mut person) => person.get_mut().later.push_back(queued),
            Entry::Vacant(person) => {
                person.insert(Person {
                    first: queued,
                    later: VecDeque::new(),
                });
                self.prepare_first(Some(queued));
            }
        }
    }

    /// Makes the first change of a person ready; reports those that must not be tried.
    fn prepare_first(&mut self, mut first: Option<Queued>) {
        while let Some(queued) = first {
            let Change { user, .. } = queued.change;
            if !(queued.change.only_after_success && self.held_back.contains(&user)) {
                return self.prepare(queued);
            }
            first = self.finish_first(user, |_, _| Outcome::NotTried(StopReason::Earlier));
        }
    }

    /// Makes this change ready, or lets it wait until its group is read.
    fn prepare(&mut self, queued: Queued) {
        let Change { group, .. } = queued.change;
        let ready = &mut self.ready;
        if !self.limits.reads_before {
            return ready.push_back(Task::Make(queued));
        }
        let known = self.groups.entry(group).or_insert_with(|| {
            ready.push_back(Task::ReadGroup(group));
            Group::Reading(Vec::new())
        });
        match known {
            Group::Reading(waiting) => waiting.push(queued),
            Group::Known(_) => ready.push_back(Task::Make(queued)),
        }
    }

    fn known(&mut self, group: AccessGroupId, memberships: Memberships) {
        let before = self
            .groups
            .insert(group, Group::Known(Box::new(memberships)));
        if let Some(Group::Reading(waiting)) = before {
            self.ready.extend(waiting.into_iter().map(Task::Make));
        }
    }

    /// Reads whether this change was made.
    fn verify(&mut self, queued: Queued, error: Error) {
        let Change { user, group, .. } = queued.change;
        let mut check = MembershipCheck::new(user, group);
        match check.step(Duration::ZERO) {
            Step::Call(ticket, operation) => {
                let verification = Verification {
                    queued,
                    error,
                    check,
                    ticket,
                };
                self.verifications
                    .push_back((Box::new(verification), operation));
            }
            // It begins with a call.
            Step::AwaitAnswer | Step::Wait(_) | Step::Done(_) => self.made(queued, Err(error)),
        }
    }

    fn verified(&mut self, verification: Verification, answer: Result<Reply, Error>) {
        let Verification {
            queued,
            error,
            mut check,
            ticket,
        } = verification;
        check.answer(ticket, answer, Duration::ZERO);
        let is_member = match check.step(Duration::ZERO) {
            Step::Done(Ok(is_member)) => Some(is_member),
            Step::Done(Err(_)) | Step::Call(..) | Step::AwaitAnswer | Step::Wait(_) => None,
        };
        match is_member {
            Some(is_member) if is_member == queued.change.adds() => self.made(queued, Ok(())),
            // The request may still be on its way: the error stays ambiguous.
            Some(_) | None => self.made(queued, Err(error)),
        }
    }

    /// Reports this change, the first of its person, and prepares the next one.
    fn made(&mut self, queued: Queued, answer: Result<(), Error>) {
        let user = queued.change.user;
        let next = self.finish_first(user, |queue, change| queue.outcome(change, answer));
        self.prepare_first(next);
    }

    /// Reports the first change of this person, and returns the next one.
    fn finish_first(
        &mut self,
        user: UserRef,
        outcome: impl FnOnce(&mut Self, Change) -> Outcome,
    ) -> Option<Queued> {
        let Entry::Occupied(mut person) = self.people.entry(user) else {
            return None;
        };
        let next = person.get_mut().later.pop_front();
        let first = match next {
            Some(next) => mem::replace(&mut person.get_mut().first, next),
            None => person.remove().first,
        };
        self.held -= 1;
        let outcome = outcome(self, first.change);
        if !outcome.is_accepted() {
            self.held_back.insert(user);
        } else if !self.held_back.is_empty() {
            self.held_back.remove(&user);
        }
        self.failed += usize::from(matches!(outcome, Outcome::Failed(_)));
        self.reports.push_back(first.report(outcome));
        next
    }

    fn outcome(&mut self, change: Change, answer: Result<(), Error>) -> Outcome {
        let known = match self.limits.reads_before {
            true => self.groups.get_mut(&change.group),
            false => None,
        };
        match (answer, known) {
            (Ok(()), Some(Group::Known(memberships))) => match memberships.accepted(change) {
                Before::Unknown => Outcome::Accepted,
                Before::Opposite => Outcome::Changed,
                Before::Same => Outcome::Unchanged,
                Before::SameButPending => Outcome::Pending,
            },
            (Ok(()), _) => Outcome::Accepted,
            (Err(error), known) => {
                if let (true, Some(Group::Known(memberships))) = (error.is_ambiguous(), known) {
                    memberships.forget(change);
                }
                Outcome::Failed(error)
            }
        }
    }
}

impl Queued {
    fn report(self, outcome: Outcome) -> Report {
        Report {
            index: self.index,
            change: self.change,
            outcome,
        }
    }
}

impl<I> fmt::Debug for ChangeQueue<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeQueue")
            .field("limits", &self.limits)
            .field("held", &self.held)
            .field("open", &self.open.len())
            .field("failed", &self.failed)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

/// The maximum number of changes that are taken and not reported.
const HELD: usize = 1024;
