//! What one apply has done, as lines of a file that only grows.

mod read;

use access_groups_core::{AccessGroupId, Error, MembershipChange, Timestamp, UserRef, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::{Change, Guards, Observed, Outcome, Stale, saved::SavedUser};

pub use read::{Journal, JournalError, Remaining, Stage};

/// What a journal is about: its first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct JournalHeader {
    /// The program that writes it, with its version.
    pub tool: String,
    /// When the apply began.
    pub begun_at: Timestamp,
    /// The store, as its user names it.
    pub store: String,
    /// The workspace.
    pub workspace_id: Option<WorkspaceId>,
    /// [`Plan::hash`](crate::Plan::hash) of the plan.
    pub plan: String,
    /// How many changes the plan has.
    pub changes: usize,
    /// When rows of the roster begin or end next: from then on the plan is outdated.
    pub valid_until: Option<Timestamp>,
    /// The guards that the plan has passed; `None` if it was confirmed in spite of them.
    pub guards: Option<Guards>,
}

impl JournalHeader {
    /// An apply of so many changes, begun now by this tool on this store.
    pub fn new(
        tool: impl Into<String>,
        begun_at: Timestamp,
        store: impl Into<String>,
        plan: &crate::Plan,
    ) -> Self {
        let rows = [plan.next_begin(), plan.next_end()];
        Self {
            tool: tool.into(),
            begun_at,
            store: store.into(),
            workspace_id: None,
            plan: plan.hash(),
            changes: plan.changes().count(),
            valid_until: rows.into_iter().flatten().min(),
            guards: None,
        }
    }

    /// Sets the guards that the plan has passed.
    #[must_use]
    pub const fn with_guards(mut self, guards: Guards) -> Self {
        self.guards = Some(guards);
        self
    }

    /// Whether the apply may go on now, at the store that was observed.
    ///
    /// # Errors
    ///
    /// Rows of the roster have begun or ended since, the clock was set back, or it is another workspace.
    pub fn recheck(&self, observed: &Observed, now: Timestamp) -> Result<(), Stale> {
        Stale::check_workspace(self.workspace_id, observed)?;
        Stale::check_time(self.begun_at, self.valid_until, now)
    }

    /// Sets the workspace.
    #[must_use]
    pub const fn in_workspace(mut self, workspace: Option<WorkspaceId>) -> Self {
        self.workspace_id = workspace;
        self
    }
}

/// One line of a journal.
///
/// # The file
///
/// A [header](Self::Header), then a [change](Self::Change) for each change of the plan: these are
/// written, and must be on the disk, before the first call. Then, as they happen, [`Begin`](Self::Begin)
/// before each call and [`Outcome`](Self::Outcome) after it. A crash may lose the last lines. What has
/// begun and has no outcome may have been made; a change is made again without harm.
///
/// A program that dies loses nothing that was written. A machine that does may lose the `Begin` of a call,
/// too, unless it was on the disk before: such a change counts as [`Unchanged`](JournalOutcome::Unchanged)
/// afterwards, made by somebody else, and is not taken back.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsUserId, AccessGroupId};
/// use access_groups_roster::{Change, JournalEntry};
///
/// let change = Change::add(AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
/// assert_eq!(JournalEntry::Begin { change: 7 }.to_line(), "{\"entry\":\"begin\",\"change\":7}\n");
/// assert!(JournalEntry::of_change(&change).to_line().contains("\"kind\":\"add\""));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalEntry {
    /// The first line.
    Header {
        /// The version of the format: 1.
        format_version: u32,
        /// What it is about.
        #[serde(flatten)]
        header: JournalHeader,
    },
    /// A change that will be made.
    Change(JournalChange),
    /// A call starts.
    Begin {
        /// The change, by its place in the plan, from 0.
        change: usize,
    },
    /// A change has its outcome.
    Outcome {
        /// The change, by its place in the plan, from 0.
        change: usize,
        /// What came of it.
        #[serde(flatten)]
        outcome: JournalOutcome,
        /// When.
        at: Timestamp,
    },
    /// The apply goes on after it was interrupted.
    Resumed {
        /// When.
        at: Timestamp,
    },
    /// Everything was tried, or the apply was stopped.
    End {
        /// When.
        at: Timestamp,
    },
}

/// A change as a journal holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalChange {
    kind: Kind,
    #[serde(flatten)]
    user: SavedUser,
    acs_access_group_id: AccessGroupId,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    only_after_success: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Add,
    Remove,
}

/// What came of a change, as a journal holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalOutcome {
    /// The service has accepted it.
    Applied,
    /// It was like this already, by somebody else.
    Unchanged,
    /// The call failed.
    Failed {
        /// Whether it may have been made all the same.
        is_ambiguous: bool,
        /// The message of the error.
        error: String,
        /// The request's id, if the service has named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    /// No call was made.
    NotTried {
        /// Why.
        reason: String,
    },
}

impl JournalOutcome {
    /// The outcome of a change that a plan has found necessary.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Changed | Outcome::Accepted => Self::Applied,
            Outcome::Unchanged | Outcome::Pending => Self::Unchanged,
            Outcome::Failed(error) => Self::failed(error),
            Outcome::NotTried(reason) => Self::NotTried {
                reason: reason.to_string(),
            },
        }
    }

    fn failed(error: &Error) -> Self {
        Self::Failed {
            is_ambiguous: error.is_ambiguous(),
            error: error.message().to_owned(),
            request_id: error.request_id().map(str::to_owned),
        }
    }
}

impl JournalEntry {
    /// The first line.
    #[must_use]
    pub const fn header(header: JournalHeader) -> Self {
        Self::Header {
            format_version: VERSION,
            header,
        }
    }

    /// The line of a change.
    #[must_use]
    pub fn of_change(change: &Change) -> Self {
        Self::Change(JournalChange {
            kind: match change.kind {
                MembershipChange::Added => Kind::Add,
                MembershipChange::Removed => Kind::Remove,
            },
            user: change.user.into(),
            acs_access_group_id: change.group,
            only_after_success: change.only_after_success,
        })
    }

    /// The line with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        // Plain values, and texts as keys: nothing of it can fail to be written.
        let line = serde_json::to_string(self).unwrap_or_default();
        format!("{line}\n")
    }
}

impl JournalChange {
    fn change(&self) -> Change {
        let (user, group) = (UserRef::from(self.user), self.acs_access_group_id);
        let change = match self.kind {
            Kind::Add => Change::add(user, group),
            Kind::Remove => Change::remove(user, group),
        };
        match self.only_after_success {
            true => change.only_after_success(),
            false => change,
        }
    }
}

/// Incremented with every change of the lines.
const VERSION: u32 = 1;
