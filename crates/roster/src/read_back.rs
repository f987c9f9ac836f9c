//! What a service shows of changes that it has accepted.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessGroupPort, BlockingAccessGroupPort, Call, Error,
    GetAccessGroup, ListUsersInGroup, Machine, Operation, PropagationWait, Reply, Step, Ticket,
    machine, setters,
};

use crate::{
    Change,
    change::before::{Before, Memberships},
    threads,
};

/// Reads the groups of accepted changes, and says what the service shows of each: a [`Machine`] that
/// [`read_back`] drives.
///
/// Each group costs two calls, up to 8 at a time, however many of its members have changed. With a
/// [timeout](Self::with_timeout), groups are read again until everything has propagated or the time is
/// over: after half a second at first, then after twice as long, up to 10 seconds.
///
/// # Examples
///
/// ```
/// use access_groups_core::prelude::*;
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_roster::{Change, ReadBack, Shown, read_back_blocking};
///
/// let mut site = SiteBuilder::new();
/// let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
/// let port = site.members(gym, [ada]).build_blocking();
///
/// // Grace was never added.
/// let reading = ReadBack::new([Change::add(ada, gym), Change::add(grace, gym)]);
/// let clock = || std::time::Duration::ZERO;
/// let shown = read_back_blocking(port, reading, clock, |_| ())?;
/// assert_eq!(shown.of_changes, [Shown::AsAsked, Shown::NotAsAsked]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct ReadBack {
    changes: Vec<Change>,
    shown: Vec<Shown>,
    /// The changes of each group, by their places.
    groups: BTreeMap<AccessGroupId, Vec<usize>>,
    unread: BTreeMap<AccessGroupId, Error>,
    timeout: Duration,
    queue: VecDeque<Question>,
    open: HashMap<Ticket, Question>,
    next_ticket: u32,
    begun_at: Option<Duration>,
    next_wait: Duration,
}

#[derive(Debug)]
enum Question {
    Group(AccessGroupId),
    Members(Box<AccessGroup>),
}

/// What the service shows of a change that it has accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shown {
    /// The membership is as asked for, and nothing is pending.
    AsAsked,
    /// It is as asked for, and has not propagated to the access control system.
    Pending,
    /// It is not as asked for: the service has not made it, or it was reverted.
    NotAsAsked,
    /// The group could not be read.
    Unread,
}

/// What a service shows of many changes: the result of a [`ReadBack`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ShownChanges {
    /// What it shows of each change, in their order.
    pub of_changes: Vec<Shown>,
    /// The groups that could not be read, with the error of each.
    pub unread: Vec<(AccessGroupId, Error)>,
}

impl ReadBack {
    /// Reads what is shown of these changes. Of several changes of one membership, pass the last.
    #[must_use]
    pub fn new(changes: impl IntoIterator<Item = Change>) -> Self {
        let changes: Vec<_> = changes.into_iter().collect();
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, change) in changes.iter().enumerate() {
            groups.entry(change.group).or_default().push(place);
        }
        Self {
            shown: vec![Shown::Unread; changes.len()],
            queue: groups.keys().copied().map(Question::Group).collect(),
            changes,
            groups,
            unread: BTreeMap::new(),
            timeout: Duration::ZERO,
            open: HashMap::new(),
            next_ticket: 0,
            begun_at: None,
            next_wait: PropagationWait::FIRST_WAIT,
        }
    }

    setters! {
        /// Sets how long to wait until everything has propagated. Default: zero, each group is read once.
        with_timeout(timeout: Duration) => timeout = timeout;
    }

    fn take(&mut self, question: Question, answer: Result<Reply, Error>) -> Result<(), Error> {
        match question {
            Question::Group(_) => {
                let group = GetAccessGroup::reply(answer?)?;
                // The members last: what propagates between the two calls is then shown as pending,
                // not as missing.
                self.queue.push_front(Question::Members(Box::new(group)));
            }
            Question::Members(group) => {
                let members = ListUsersInGroup::reply(answer?)?;
                let id = group.acs_access_group_id;
                let memberships = Memberships::read(*group, &members);
                self.unread.remove(&id);
                for place in self.groups.get(&id).into_iter().flatten() {
                    self.shown[*place] = match memberships.before(self.changes[*place]) {
                        Before::Same => Shown::AsAsked,
                        Before::SameButPending => Shown::Pending,
                        Before::Opposite => Shown::NotAsAsked,
                        Before::Unknown => Shown::Unread,
                    };
                }
            }
        }
        Ok(())
    }

    fn call(&mut self, question: Question) -> (Ticket, Operation) {
        let operation = match &question {
            Question::Group(group) => GetAccessGroup::new(*group).into(),
            Question::Members(group) => ListUsersInGroup::new(group.acs_access_group_id).into(),
        };
        let ticket = Ticket::new(self.next_ticket);
        self.next_ticket = self.next_ticket.wrapping_add(1);
        self.open.insert(ticket, question);
        (ticket, operation)
    }

    /// The groups of which something is not shown as asked for.
    fn unsettled(&self) -> VecDeque<AccessGroupId> {
        let is_unsettled = |places: &Vec<usize>| {
            let mut shown = places.iter().map(|place| self.shown[*place]);
            shown.any(|shown| shown != Shown::AsAsked)
        };
        let groups = self.groups.iter();
        let unsettled = groups.filter(|(_, places)| is_unsettled(places));
        unsettled.map(|(group, _)| *group).collect()
    }
}

impl Machine for ReadBack {
    type Output = ShownChanges;

    fn step(&mut self, now: Duration) -> Step<ShownChanges> {
        let begun_at = *self.begun_at.get_or_insert(now);
        if self.queue.is_empty() && self.open.is_empty() {
            let unsettled = self.unsettled();
            let left = self.timeout.saturating_sub(now.saturating_sub(begun_at));
            if unsettled.is_empty() || left.is_zero() {
                return Step::Done(Ok(ShownChanges {
                    of_changes: std::mem::take(&mut self.shown),
                    unread: std::mem::take(&mut self.unread).into_iter().collect(),
                }));
            }
            self.queue = unsettled.into_iter().map(Question::Group).collect();
            let wait = self.next_wait.min(left);
            self.next_wait = self.next_wait.saturating_mul(2).min(LONGEST_WAIT);
            return Step::Wait(wait);
        }
        if self.open.len() < LIMIT
            && let Some(question) = self.queue.pop_front()
        {
            let (ticket, operation) = self.call(question);
            return Step::Call(ticket, operation);
        }
        Step::AwaitAnswer
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, _: Duration) {
        let Some(question) = self.open.remove(&ticket) else {
            return;
        };
        let group = question.group();
        if let Err(error) = self.take(question, answer) {
            for place in self.groups.get(&group).into_iter().flatten() {
                self.shown[*place] = Shown::Unread;
            }
            self.unread.insert(group, error);
        }
    }
}

impl Question {
    fn group(&self) -> AccessGroupId {
        match self {
            Self::Group(group) => *group,
            Self::Members(group) => group.acs_access_group_id,
        }
    }
}

/// Reads what the service shows of accepted changes, with this clock (the time since any fixed moment)
/// and this sleep.
///
/// # Errors
///
/// None of a single group: it is [`unread`](ShownChanges::unread) then.
pub async fn read_back<S: Future<Output = ()>>(
    port: &(impl AccessGroupPort + ?Sized),
    reading: ReadBack,
    clock: impl Fn() -> Duration,
    sleep: impl Fn(Duration) -> S,
) -> Result<ShownChanges, Error> {
    machine::drive(port, reading, clock, sleep).await
}

/// The blocking flavour of [`read_back`]: with up to 8 threads. For a port behind a `dyn`, pass an
/// `Arc`.
///
/// # Errors
///
/// As for [`read_back`]; and if no thread can be started.
pub fn read_back_blocking<P: BlockingAccessGroupPort + Clone + 'static>(
    port: P,
    reading: ReadBack,
    clock: impl Fn() -> Duration,
    sleep: impl Fn(Duration),
) -> Result<ShownChanges, Error> {
    threads::drive(port, reading, clock, sleep)
}

/// The maximum number of open calls: as for the machines of the core.
const LIMIT: usize = 8;

/// A longer pause would delay the result noticeably and save few calls.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
