//! The report of a plan: one page of HTML for whoever approves it and does not use a terminal.
//!
//! Pure: what it says comes in, a text comes out. `gather` reads what the plan does not say.

mod gather;
mod group;
mod page;

use std::collections::BTreeSet;

use access_groups_core::UserRef;
use access_groups_roster::Mode;

pub(crate) use gather::{Sources, gather};

/// What a report says, in the order of the page.
pub(crate) struct Report {
    pub(crate) origin: Origin,
    /// Those with changes, in the order of the plan.
    pub(crate) groups: Vec<Group>,
    /// The names of the roster's other groups.
    pub(crate) unchanged: Vec<String>,
}

/// Where a plan comes from, and how it is applied.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The store as it was named, without a credential.
    pub(crate) store: String,
    /// The workspace, if the store has said it.
    pub(crate) workspace: Option<String>,
    /// The name of the roster's file.
    pub(crate) roster: String,
    /// The SHA-256 of the roster's bytes, in hexadecimal digits.
    pub(crate) roster_hash: String,
    /// The instant that the plan is for, in words.
    pub(crate) made: String,
    /// Whether that was the time when it was made.
    pub(crate) is_for_now: bool,
    /// When rows begin to count next, in words.
    pub(crate) next_begin: Option<String>,
    /// When rows cease to count next, in words.
    pub(crate) next_end: Option<String>,
    /// The hash of the plan.
    pub(crate) hash: String,
    /// The command that applies the plan, without `--confirm`; `None` for a plan that is for another
    /// time and was not saved.
    pub(crate) command: Option<String>,
}

/// What changes in one group.
pub(crate) struct Group {
    /// Its place in the plan.
    pub(crate) place: usize,
    pub(crate) name: String,
    pub(crate) system: String,
    pub(crate) mode: Mode,
    pub(crate) members: usize,
    pub(crate) members_after: usize,
    /// The entrances that it holds, sorted.
    pub(crate) doors: Vec<String>,
    /// When its members have access, in words.
    pub(crate) when: String,
    /// Why a guard stops the plan here.
    pub(crate) stop: Option<String>,
    /// Its changes; none of them is empty.
    pub(crate) lists: Vec<List>,
}

/// Changes that are of one kind and, if they move, have the same other group.
pub(crate) struct List {
    pub(crate) kind: Kind,
    pub(crate) people: Vec<Person>,
}

/// What happens to the people of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Added,
    Removed,
    MovedIn(Move),
    MovedOut(Move),
    /// Accepted before, and not propagated yet.
    AdditionPending,
    RemovalPending,
}

/// The other group of people who move, and what that means for doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// The place of the other group in the plan.
    pub(crate) place: usize,
    /// Its name.
    pub(crate) other: String,
    /// Doors of the new group only.
    pub(crate) opened: Vec<String>,
    /// Doors of the old group only.
    pub(crate) closed: Vec<String>,
    /// Doors of both.
    pub(crate) kept: Vec<String>,
    /// The hours of the old group and of the new one, if they differ.
    pub(crate) hours: Option<(String, String)>,
}

/// Somebody in a list.
pub(crate) struct Person {
    pub(crate) user: UserRef,
    pub(crate) name: String,
    /// The e-mail address, else the id.
    pub(crate) contact: String,
    /// The row of the roster.
    pub(crate) row: Option<u32>,
    pub(crate) note: String,
    /// Which other group of the roster holds a door of this one, for somebody who is removed from this
    /// one: "also in East Residents, which holds Front Door (always)".
    pub(crate) remains: Option<String>,
}

impl Report {
    /// The page: a whole HTML document.
    pub(crate) fn to_html(&self) -> String {
        page::page(self).into_string()
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for group in &self.groups {
            for list in &group.lists {
                let count = match list.kind {
                    Kind::Added => &mut totals.added,
                    Kind::Removed => &mut totals.removed,
                    // The other half of a move is in the other group.
                    Kind::MovedIn(_) => &mut totals.moved,
                    Kind::MovedOut(_) => continue,
                    Kind::AdditionPending | Kind::RemovalPending => &mut totals.pending,
                };
                count
                    .people
                    .extend(list.people.iter().map(|person| person.user));
                count.lines += list.people.len();
                count.groups += 1;
            }
        }
        totals
    }
}

impl Group {
    fn lines(&self) -> usize {
        self.lists.iter().map(|list| list.people.len()).sum()
    }
}

/// How many changes there are of each kind.
#[derive(Debug, Default)]
struct Totals {
    added: Total,
    removed: Total,
    moved: Total,
    pending: Total,
}

#[derive(Debug, Default)]
struct Total {
    /// Each once, in however many groups.
    people: BTreeSet<UserRef>,
    lines: usize,
    groups: usize,
}

#[cfg(test)]
mod tests;
