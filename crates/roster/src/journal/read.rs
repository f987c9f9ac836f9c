//! What a journal says.

use std::{
    collections::{HashMap, HashSet},
    error::Error as StdError,
    fmt,
};

use access_groups_core::{AccessGroupId, UserRef};

use super::{JournalEntry, JournalHeader, JournalOutcome, VERSION};
use crate::{Change, Observed, Plan, plan};

/// A journal that was read.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsUserId, Timestamp};
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_roster::{
///     Journal, JournalEntry, JournalHeader, Plan, PlanOptions, ReadOptions, Roster, Stage,
///     observe_blocking,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut site = SiteBuilder::new();
/// let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
/// let roster = format!("user,group\n{ada},{gym}\n{grace},{gym}\n");
/// let roster = Roster::from_csv(roster.as_bytes(), &ReadOptions::new())?;
/// let observed = observe_blocking(site.build_blocking(), &roster)?;
/// let now = Timestamp::from_unix_seconds(0);
/// let plan = Plan::new(&roster, &observed, now, &PlanOptions::new())?;
///
/// let header = JournalHeader::new("a test", now, "memory", &plan);
/// let mut file = JournalEntry::header(header).to_line();
/// for change in plan.changes() {
///     file += &JournalEntry::of_change(&change).to_line();
/// }
/// file += &JournalEntry::Begin { change: 0 }.to_line();
/// file += "{\"entry\":\"outco"; // here the power went out
///
/// let journal = Journal::read(file.as_bytes())?;
/// assert_eq!(journal.stages, [Stage::Begun, Stage::Planned]);
/// assert_eq!(journal.whole_bytes, file.rfind('\n').map_or(0, |end| end + 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Journal {
    /// What it is about.
    pub header: JournalHeader,
    /// The changes of the plan, in their order.
    pub changes: Vec<Change>,
    /// How far each of them has come.
    pub stages: Vec<Stage>,
    /// Whether the apply has come to its end.
    pub has_ended: bool,
    /// Whether an earlier attempt at a change may have made it.
    uncertain: Vec<bool>,
    /// The length of all lines that are whole. What follows was cut off by a crash.
    pub whole_bytes: usize,
}

/// How far a change in a [`Journal`] has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// No call was made.
    Planned,
    /// A call was about to start, and its outcome is unknown.
    Begun,
    /// It has an outcome.
    Over(JournalOutcome),
}

impl Stage {
    /// Whether the change was made by this apply: `None` if that is unknown.
    #[must_use]
    pub const fn was_made(&self) -> Option<bool> {
        match self {
            Self::Over(JournalOutcome::Applied) => Some(true),
            Self::Begun
            | Self::Over(JournalOutcome::Failed {
                is_ambiguous: true, ..
            }) => None,
            Self::Planned
            | Self::Over(
                JournalOutcome::Unchanged
                | JournalOutcome::NotTried { .. }
                | JournalOutcome::Failed { .. },
            ) => Some(false),
        }
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(
            self,
            Self::Over(JournalOutcome::Applied | JournalOutcome::Unchanged)
        )
    }
}

impl Journal {
    /// Reads the file of a journal.
    ///
    /// # Errors
    ///
    /// If it is none, is of a newer version, is damaged before its end, has other changes than its plan,
    /// or ends before its changes do: then no call was made.
    pub fn read(file: &[u8]) -> Result<Self, JournalError> {
        let mut lines = Lines {
            file,
            at: 0,
            line: 0,
        };
        let header = match lines.next()? {
            Some(JournalEntry::Header {
                format_version: VERSION,
                header,
            }) => header,
            Some(JournalEntry::Header { format_version, .. }) => {
                return Err(JournalError::Version(format_version));
            }
            Some(_) | None => return Err(JournalError::Other),
        };
        let mut journal = Self {
            changes: Vec::new(),
            stages: Vec::new(),
            uncertain: Vec::new(),
            has_ended: false,
            whole_bytes: 0,
            header,
        };
        while let Some(entry) = lines.next()? {
            journal
                .take(entry)
                .ok_or(JournalError::Damaged(lines.line))?;
        }
        if journal.changes.len() < journal.header.changes {
            return Err(JournalError::CutOff);
        }
        if plan::hash(journal.changes.iter().copied()) != journal.header.plan {
            return Err(JournalError::Changed);
        }
        journal.whole_bytes = lines.at;
        Ok(journal)
    }

    /// `None` if the entry does not fit the others.
    fn take(&mut self, entry: JournalEntry) -> Option<()> {
        match entry {
            JournalEntry::Header { .. } => return None,
            JournalEntry::Change(change) => {
                if self.changes.len() == self.header.changes {
                    return None;
                }
                self.changes.push(change.change());
                self.stages.push(Stage::Planned);
                self.uncertain.push(false);
            }
            JournalEntry::Begin { change } => {
                let stage = self.stages.get_mut(change)?;
                self.uncertain[change] |= stage.was_made().is_none();
                *stage = Stage::Begun;
            }
            JournalEntry::Outcome {
                change, outcome, ..
            } => *self.stages.get_mut(change)? = Stage::Over(outcome),
            JournalEntry::Resumed { .. } => self.has_ended = false,
            JournalEntry::End { .. } => self.has_ended = true,
        }
        Some(())
    }

    /// Whether the change at this place was made by this apply: `None` if that is unknown.
    #[must_use]
    pub fn was_made(&self, place: usize) -> Option<bool> {
        match &self.stages[place] {
            // What comes of the second attempt says nothing of the first, which may have made it.
            Stage::Over(
                JournalOutcome::Unchanged
                | JournalOutcome::Failed { .. }
                | JournalOutcome::NotTried { .. },
            ) if self.uncertain[place] => None,
            stage => stage.was_made(),
        }
    }

    /// The changes that were made, and those that may have been made: what
    /// [`Plan::undo`](crate::Plan::undo) takes back.
    pub fn made(&self) -> impl Iterator<Item = Change> + '_ {
        let changes = self.changes.iter().enumerate();
        let made = changes.filter(|(place, _)| self.was_made(*place) != Some(false));
        made.map(|(_, change)| *change)
    }

    /// What is left to do, where this is observed now.
    ///
    /// A change that is made already is settled: it was this apply that made it if a call of it has
    /// begun, because the plan found it necessary; and somebody else if none has.
    #[must_use]
    pub fn remaining(&self, observed: &Observed) -> Remaining {
        let presence = plan::Presence::new(observed);
        let mut groups: HashMap<AccessGroupId, Option<_>> = HashMap::new();
        let mut left = Left::default();
        for (place, change) in self.changes.iter().enumerate() {
            let present = groups
                .entry(change.group)
                .or_insert_with(|| presence.of(change.group));
            let is_member = present
                .as_ref()
                .map(|present| present.contains(change.user));
            let is_made = is_member == Some(change.adds());
            match (self.stages[place].is_settled(), is_made) {
                (true, true) => {}
                (true, false) => left.lost(place, *change),
                (false, true) => left.settled.push((place, self.settled(place))),
                (false, false) => left.open(place, *change),
            }
        }
        let changes = left.to_make.iter().map(|(_, change)| *change);
        Remaining {
            plan: Plan::of_changes(changes, observed),
            to_make: left.to_make,
            settled: left.settled,
            held_back: left.held_back,
            unshown: left.unshown,
        }
    }

    /// The outcome of a change that is made and has none.
    fn settled(&self, place: usize) -> JournalOutcome {
        match self.was_made(place) {
            Some(false) => JournalOutcome::Unchanged,
            Some(true) | None => JournalOutcome::Applied,
        }
    }
}

/// The parts of a [`Remaining`].
#[derive(Default)]
struct Left {
    to_make: Vec<(usize, Change)>,
    settled: Vec<(usize, JournalOutcome)>,
    held_back: Vec<usize>,
    unshown: Vec<usize>,
    /// Whose last change is not shown.
    unshown_users: HashSet<UserRef>,
}

impl Left {
    fn lost(&mut self, place: usize, change: Change) {
        self.unshown.push(place);
        self.unshown_users.insert(change.user);
    }

    fn open(&mut self, place: usize, change: Change) {
        // Who moves must not leave one group while the other is not shown.
        match change.only_after_success && self.unshown_users.contains(&change.user) {
            true => self.held_back.push(place),
            false => self.to_make.push((place, change)),
        }
    }
}

/// What is left of an apply that was interrupted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Remaining {
    /// The changes to make, each with its place in the plan.
    pub to_make: Vec<(usize, Change)>,
    /// Those that are made, with the outcome that the journal lacks.
    pub settled: Vec<(usize, JournalOutcome)>,
    /// Removals of people who move, and whose addition was accepted and is not shown: not to be made.
    pub held_back: Vec<usize>,
    /// Those that were accepted, and that the service does not show: it has lost them, or somebody has
    /// taken them back.
    pub unshown: Vec<usize>,
    /// The changes to make, as a plan: to show it, and to ask guards of it.
    pub plan: Plan,
}

/// The lines of a file. The last one may be cut off.
struct Lines<'f> {
    file: &'f [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<JournalEntry>, JournalError> {
        let rest = &self.file[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        self.line += 1;
        match entry(&rest[..end]) {
            Some(entry) => {
                self.at += end + 1;
                Ok(Some(entry))
            }
            // After a power failure, blocks at the end may hold anything: only what is followed by
            // nothing readable counts as cut off.
            None if !has_entry(&rest[end + 1..]) => Ok(None),
            None => Err(JournalError::Damaged(self.line)),
        }
    }
}

fn entry(line: &[u8]) -> Option<JournalEntry> {
    // Before it, JSON allows blanks, which may be what is left of another line.
    let is_whole = line.starts_with(b"{");
    is_whole
        .then(|| serde_json::from_slice(line).ok())
        .flatten()
}

fn has_entry(rest: &[u8]) -> bool {
    let mut lines = rest.split(|byte| *byte == b'\n');
    lines.any(|line| entry(line).is_some())
}

/// Why a file is no journal that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalError {
    /// It does not begin as a journal does: the caller has named another file.
    Other,
    /// It has this version, which is unknown: read it with the program that wrote it.
    Version(u32),
    /// This line cannot be read, and others follow: restore the file from a copy, or make a new plan,
    /// which finds what is left to do.
    Damaged(usize),
    /// It ends before the list of changes does. No call was made: apply the plan again, with another
    /// journal.
    CutOff,
    /// Its changes are not those of the plan's hash: somebody has edited it. Restore it from a copy, or
    /// make a new plan.
    Changed,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other => f.write_str("the file is no journal"),
            Self::Version(version) => write!(
                f,
                "the journal has version {version}, and only version {VERSION} is known"
            ),
            Self::Damaged(line) => write!(f, "line {line} of the journal is damaged"),
            Self::CutOff => {
                f.write_str("the journal ends before its list of changes does: nothing was changed")
            }
            Self::Changed => f.write_str("the changes of the journal are not those of its plan"),
        }
    }
}

impl StdError for JournalError {}
