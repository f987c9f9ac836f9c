//! Reads what a roster names, and nothing else: pure.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserFilter, Call, Error, ErrorKind,
    ListAccessGroups, ListAcsUsers, ListUserIdentities, ListUsersInGroup, Machine, Operation,
    PageWalk, Reply, Step, Ticket, UserIdentityFilter,
};

use super::{Observed, key, keys};
use crate::Roster;

/// Reads what a roster names: the [`Machine`] that [`observe`](crate::observe) drives.
///
/// Only the members of groups that the roster names are read. Every failure ends it with that error:
/// a plan on half of the members would remove the other half's access, or add what is there.
#[derive(Debug)]
pub struct Survey {
    /// The folded names, and the ids, of the groups of the roster.
    wanted: BTreeSet<String>,
    observed: Observed,
    queue: VecDeque<(Question, Operation)>,
    open: HashMap<Ticket, Question>,
    next_ticket: u32,
    failure: Option<Error>,
}

#[derive(Debug)]
enum Question {
    Groups,
    Members(AccessGroupId),
    Users(AcsSystemId, PageWalk),
    Identities(PageWalk),
}

impl Survey {
    /// Reads what this roster names.
    #[must_use]
    pub fn new(roster: &Roster) -> Self {
        Self::of_keys(roster.groups().iter().map(|group| key(&group.name)))
    }

    /// Reads these groups, as if a roster named them.
    #[must_use]
    pub fn of_groups(groups: impl IntoIterator<Item = AccessGroupId>) -> Self {
        Self::of_keys(groups.into_iter().map(|group| group.to_string()))
    }

    fn of_keys(wanted: impl Iterator<Item = String>) -> Self {
        let mut survey = Self {
            wanted: wanted.collect(),
            observed: Observed::new(),
            queue: VecDeque::new(),
            open: HashMap::new(),
            next_ticket: 0,
            failure: None,
        };
        let all = ListAccessGroups::new(AccessGroupFilter::new());
        survey.queue.push_back((Question::Groups, all.into()));
        survey.ask_for_identities(PageWalk::new());
        survey
    }

    fn take(&mut self, question: Question, answer: Result<Reply, Error>) -> Result<(), Error> {
        match question {
            Question::Groups => self.take_groups(answer?)?,
            Question::Members(group) => {
                let members = ListUsersInGroup::reply(answer?)?;
                self.observed.add_members(group, &members);
            }
            Question::Users(system, mut walk) => {
                let page = ListAcsUsers::reply(answer?)?;
                walk.advance(&page)?;
                page.items
                    .iter()
                    .for_each(|user| self.observed.add_user(user));
                self.ask_for_users(system, walk);
            }
            Question::Identities(mut walk) => {
                // A port without identities has no person who is known by one alone.
                if matches!(&answer, Err(error) if error.kind() == ErrorKind::Unsupported) {
                    return Ok(());
                }
                let page = ListUserIdentities::reply(answer?)?;
                walk.advance(&page)?;
                page.items
                    .iter()
                    .for_each(|identity| self.observed.add_identity(identity));
                self.ask_for_identities(walk);
            }
        }
        Ok(())
    }

    fn take_groups(&mut self, reply: Reply) -> Result<(), Error> {
        let mut systems = BTreeSet::new();
        for group in ListAccessGroups::reply(reply)? {
            let id = group.acs_access_group_id;
            if keys(&group).iter().any(|key| self.wanted.contains(key)) {
                let members = ListUsersInGroup::new(id);
                self.queue
                    .push_back((Question::Members(id), members.into()));
                systems.insert(group.acs_system_id);
            }
            self.observed.add_group(group);
        }
        for system in systems {
            self.ask_for_users(system, PageWalk::new());
        }
        Ok(())
    }

    fn ask_for_users(&mut self, system: AcsSystemId, walk: PageWalk) {
        if let Some(page) = walk.request() {
            let users = ListAcsUsers::new(AcsUserFilter::new().in_system(system), page);
            self.queue
                .push_back((Question::Users(system, walk), users.into()));
        }
    }

    fn ask_for_identities(&mut self, walk: PageWalk) {
        if let Some(page) = walk.request() {
            let identities = ListUserIdentities::new(UserIdentityFilter::new(), page);
            self.queue
                .push_back((Question::Identities(walk), identities.into()));
        }
    }
}

/// Reads what this roster names.
impl From<&Roster> for Survey {
    fn from(roster: &Roster) -> Self {
        Self::new(roster)
    }
}

impl Machine for Survey {
    type Output = Observed;

    fn step(&mut self, _: Duration) -> Step<Observed> {
        if let Some(failure) = self.failure.take() {
            return Step::Done(Err(failure));
        }
        if self.open.len() < LIMIT
            && let Some((question, operation)) = self.queue.pop_front()
        {
            let ticket = Ticket::new(self.next_ticket);
            self.next_ticket = self.next_ticket.wrapping_add(1);
            self.open.insert(ticket, question);
            return Step::Call(ticket, operation);
        }
        match self.open.is_empty() {
            true => Step::Done(Ok(std::mem::take(&mut self.observed))),
            false => Step::AwaitAnswer,
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, _: Duration) {
        let Some(question) = self.open.remove(&ticket) else {
            return;
        };
        if let Err(error) = self.take(question, answer) {
            // A late answer finds no question, and is ignored.
            self.queue.clear();
            self.open.clear();
            self.failure = Some(error);
        }
    }
}

/// The maximum number of open calls: as for the machines of the core.
const LIMIT: usize = 8;
