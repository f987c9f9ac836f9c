//! Many additions and removals: what is asked for, and what came of each.

mod asynchronous;
pub(crate) mod before;
mod blocking;
mod queue;

use std::{fmt, num::NonZeroUsize};

use access_groups_core::{
    AccessGroupId, AddUser, CancelToken, Error, MembershipChange, Operation, RemoveUser, UserRef,
    setters,
};

pub use asynchronous::{ChangeAll, change_all};
pub use blocking::{BlockingChangeAll, change_all_blocking};
pub use queue::{ChangeQueue, ChangeStep};

/// One addition to a group, or one removal from it.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, MembershipChange};
/// use access_groups_roster::Change;
///
/// let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// assert_eq!(Change::add(ada, gym).kind, MembershipChange::Added);
/// assert_eq!(Change::remove(ada, gym).kind, MembershipChange::Removed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Change {
    /// Whether the user is added or removed.
    pub kind: MembershipChange,
    /// The user, by id or by identity.
    pub user: UserRef,
    /// The group.
    pub group: AccessGroupId,
    /// Whether it is not tried if the change of this user before it failed or was not tried. Default:
    /// false.
    pub only_after_success: bool,
}

impl Change {
    /// Makes the user a member of the group.
    #[must_use]
    pub fn add(user: impl Into<UserRef>, group: AccessGroupId) -> Self {
        Self {
            kind: MembershipChange::Added,
            user: user.into(),
            group,
            only_after_success: false,
        }
    }

    /// Ends the user's membership of the group.
    #[must_use]
    pub fn remove(user: impl Into<UserRef>, group: AccessGroupId) -> Self {
        Self {
            kind: MembershipChange::Removed,
            user: user.into(),
            group,
            only_after_success: false,
        }
    }

    /// Makes it depend on the change of this user before it: for the removal of somebody who moves, so
    /// that nobody leaves one group without joining the other.
    #[must_use]
    pub const fn only_after_success(mut self) -> Self {
        self.only_after_success = true;
        self
    }

    /// Whether the user is to be a member afterwards.
    pub(crate) const fn adds(self) -> bool {
        matches!(self.kind, MembershipChange::Added)
    }

    fn operation(self) -> Operation {
        match self.kind {
            MembershipChange::Added => AddUser::new(self.user, self.group).into(),
            MembershipChange::Removed => RemoveUser::new(self.user, self.group).into(),
        }
    }
}

/// How many calls are open at a time, and when no further one starts.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
///
/// use access_groups_core::CancelToken;
/// use access_groups_roster::Limits;
///
/// let cancel = CancelToken::new();
/// let limits = Limits::new()
///     .with_concurrency(NonZeroUsize::MIN)
///     .with_failures(NonZeroUsize::MIN) // stop at the first failure
///     .with_cancel(cancel.clone());
/// assert_eq!(Limits::new().failures, None); // by default every change is tried
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The maximum number of open calls. Default: 8. The blocking flavour has so many threads.
    pub concurrency: NonZeroUsize,
    /// After so many failed changes no further call starts. Default: `None`, every change is tried.
    pub failures: Option<NonZeroUsize>,
    /// When it is cancelled, no further call starts. It also accompanies every call, which may end
    /// early, as [`CancelToken`] says. Default: `None`.
    pub cancel: Option<CancelToken>,
    /// When it is cancelled, no further call starts, and open calls are finished. Default: `None`.
    pub stop: Option<CancelToken>,
    /// Whether the groups are read before their first change, to tell
    /// [`Changed`](Outcome::Changed) from [`Unchanged`](Outcome::Unchanged). Default: true.
    pub reads_before: bool,
    /// Whether a membership is read after a change whose answer was lost
    /// ([`Error::is_ambiguous`]): one call, which decides between accepted and failed. Default: false.
    pub verifies: bool,
}

impl Limits {
    /// Eight calls at a time, and no reason to stop.
    #[must_use]
    pub fn new() -> Self {
        Self {
            concurrency: const { NonZeroUsize::new(8).expect("not zero") },
            failures: None,
            cancel: None,
            stop: None,
            reads_before: true,
            verifies: false,
        }
    }

    setters! {
        /// Sets the maximum number of open calls.
        with_concurrency(calls: NonZeroUsize) => concurrency = calls;

        /// Sets the number of failed changes after which no further call starts.
        with_failures(failures: NonZeroUsize) => failures = Some(failures);

        /// Sets the token that stops everything.
        with_cancel(token: CancelToken) => cancel = Some(token);

        /// Sets the token that lets no further call start.
        with_stop(token: CancelToken) => stop = Some(token);
    }

    /// For the changes of a [`Plan`](crate::Plan): what was before is known, so no group is read before,
    /// and what is uncertain is verified.
    #[must_use]
    pub fn of_plan() -> Self {
        Self::new().without_reading().verifying()
    }

    /// Reads a membership after a change whose answer was lost.
    #[must_use]
    pub fn verifying(mut self) -> Self {
        self.verifies = true;
        self
    }

    /// Leaves out the two calls that each group costs: for a few changes in groups of thousands, or
    /// where the memberships are known. Of a successful change it then says
    /// [`Accepted`](Outcome::Accepted).
    #[must_use]
    pub fn without_reading(mut self) -> Self {
        self.reads_before = false;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// What came of one change.
///
/// A service answers an addition of a member, or a removal of a non-member, like any other one. What
/// tells them apart is what it showed before: each group and its members are read once, before the
/// first change of the group. From then on, the changes of this run are kept up with, those of
/// others are not: if somebody else makes the same change in between, both count as `Changed`.
///
/// The call is made in every case, because what was read may be outdated. A change counts when the
/// service has accepted it; whether it has propagated is a question for
/// [`propagation`](access_groups_core::propagation).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// Accepted, and the service showed the opposite before.
    Changed,
    /// Accepted, and the service showed the membership like this before, with nothing pending.
    Unchanged,
    /// Accepted, and the service showed the same change as accepted before, but not as propagated.
    Pending,
    /// Accepted. Whether it was like this before is unknown: the group was not read or could not be
    /// read, or an earlier change of the same membership was ambiguous.
    Accepted,
    /// The call failed. The change may have been made all the same if the error
    /// [is ambiguous](Error::is_ambiguous).
    Failed(Error),
    /// No call was made, because everything was stopped before.
    NotTried(StopReason),
}

impl Outcome {
    /// Whether the service has accepted the change.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_roster::{Outcome, StopReason};
    ///
    /// assert!(Outcome::Unchanged.is_accepted());
    /// assert!(!Outcome::NotTried(StopReason::Cancelled).is_accepted());
    /// ```
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        match self {
            Self::Changed | Self::Unchanged | Self::Pending | Self::Accepted => true,
            Self::Failed(_) | Self::NotTried(_) => false,
        }
    }
}

/// Why no further call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// A token of the [`Limits`] was cancelled.
    Cancelled,
    /// As many changes have failed as the [`Limits`] allow.
    Failures,
    /// The change of the same user before it was not made, and it is
    /// [only for after that](Change::only_after_success).
    Earlier,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "cancelled",
            Self::Failures => "too many failures",
            Self::Earlier => "the change before it was not made",
        })
    }
}

/// What happens to the changes, in order: see
/// [`BlockingChangeAll::next_event`] and [`ChangeAll::next_event`].
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "moved once")]
pub enum Event {
    /// The call of the change at this place starts next. Whoever keeps a journal writes it now: if
    /// nothing follows, the change may have been made. If that fails, cancel [`Limits::stop`]: the call is
    /// not made then.
    Begin(usize),
    /// A change has its outcome.
    Report(Report),
}

/// One change with its outcome.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The place of the change in what was passed, from 0. Reports come as calls are answered; those
    /// of one person come in the order of their changes.
    pub index: usize,
    /// The change.
    pub change: Change,
    /// What came of it.
    pub outcome: Outcome,
}
