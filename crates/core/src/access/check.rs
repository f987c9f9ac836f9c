//! The check of one user and one entrance.

use std::{collections::BTreeSet, time::Duration};

use super::{Candidate, Verdict};
use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsUser, AcsUserSelector, Call,
    Entrance, EntranceId, Error, ErrorKind, GetAcsSystem, GetAcsUser, GetEntrance,
    ListAccessGroups, ListEntrancesOfGroup, ListEntrancesOfUser, Machine, PendingMembership, Reply,
    Step, Ticket, Timestamp, machine::Calls,
};

/// Checks whether a user may open an entrance at an instant: a [`Machine`].
///
/// [`check`](crate::AccessGroupPortExt::check) drives it. It reads the user, the entrances and the
/// groups of the user, the entrance, its system with its groups, and the entrances of each of them:
/// six calls and one per group of the system. With concurrent calls that is three round trips, as
/// long as the system has no more than 8 groups; 8 calls are open at most.
///
/// # Examples
///
/// Driven by hand: a user that does not exist ends the check with the error of that call, and open
/// calls need no answer any more.
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{
///     AccessCheck, AcsUserId, EntranceId, Error, ErrorKind, Machine, Step, Timestamp,
/// };
///
/// let (nobody, door) = (AcsUserId::from_u128(1), EntranceId::from_u128(2));
/// let mut check = AccessCheck::new(nobody, door, Timestamp::UNIX_EPOCH);
/// let Step::Call(ticket, operation) = check.step(Duration::ZERO) else { panic!("a first call") };
/// assert_eq!(operation.name(), "acs_user");
///
/// check.answer(ticket, Err(Error::unknown(nobody)), Duration::ZERO);
/// let Step::Done(Err(error)) = check.step(Duration::ZERO) else { panic!("a failure") };
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// ```
#[derive(Debug)]
pub struct AccessCheck {
    entrance_id: EntranceId,
    at: Timestamp,
    calls: Calls<Question>,
    user: Option<AcsUser>,
    entrance: Option<Entrance>,
    system: Option<AcsSystem>,
    /// The groups of the entrance's system, and whether each holds the entrance: `None` before that
    /// is known, and for a group that was deleted in the meantime.
    groups: Vec<(AccessGroup, Option<bool>)>,
    joined: BTreeSet<AccessGroupId>,
    can_open: bool,
}

#[derive(Debug)]
enum Question {
    User,
    Entrance,
    EntrancesOfUser,
    GroupsOfUser,
    GroupsOfSystem,
    System,
    EntrancesOfGroup(usize),
}

impl AccessCheck {
    /// Checks whether this user may open this entrance at this instant.
    #[must_use]
    pub fn new(user: impl Into<AcsUserSelector>, entrance: EntranceId, at: Timestamp) -> Self {
        let user = user.into();
        let mut calls = Calls::new();
        // The two calls that depend on no answer; the others follow from theirs.
        calls.push(Question::User, GetAcsUser::new(user));
        calls.push(Question::Entrance, GetEntrance::new(entrance));
        Self {
            entrance_id: entrance,
            at,
            calls,
            user: None,
            entrance: None,
            system: None,
            groups: Vec::new(),
            joined: BTreeSet::new(),
            can_open: false,
        }
    }

    fn take(&mut self, question: &Question, answer: Result<Reply, Error>) -> Result<(), Error> {
        match question {
            Question::User => {
                let user = GetAcsUser::reply(answer?)?;
                // By id, because a filter has no selector of identity and system.
                let filter = AccessGroupFilter::new().of_user(user.acs_user_id);
                self.calls
                    .push(Question::GroupsOfUser, ListAccessGroups::new(filter));
                self.user = Some(user);
            }
            Question::Entrance => {
                let entrance = GetEntrance::reply(answer?)?;
                let filter = AccessGroupFilter::new().in_system(entrance.acs_system_id);
                self.calls
                    .push(Question::GroupsOfSystem, ListAccessGroups::new(filter));
                let system = GetAcsSystem::new(entrance.acs_system_id);
                self.calls.push(Question::System, system);
                self.entrance = Some(entrance);
            }
            Question::System => {
                // Neither is a failure: an adapter without systems, or one deleted in the meantime.
                let answer = unless(ErrorKind::Unsupported, answer).transpose();
                let answer = answer.map(|answer| unless(ErrorKind::NotFound, answer));
                let reply = answer.transpose()?.flatten();
                self.system = reply.map(GetAcsSystem::reply).transpose()?;
            }
            Question::EntrancesOfUser => {
                if let Some(reply) = unless(ErrorKind::Unsupported, answer)? {
                    let entrances = ListEntrancesOfUser::reply(reply)?;
                    self.can_open = is_among(&entrances, self.entrance_id);
                }
            }
            Question::GroupsOfUser => {
                let groups = ListAccessGroups::reply(answer?)?.into_iter();
                self.joined = groups.map(|group| group.acs_access_group_id).collect();
                // After the groups: of a user who is removed in between, a membership is known and
                // no access, rather than access that looks like a direct grant.
                if let Some(user) = &self.user {
                    let entrances = ListEntrancesOfUser::new(user);
                    self.calls.push(Question::EntrancesOfUser, entrances);
                }
            }
            Question::GroupsOfSystem => {
                let mut groups = ListAccessGroups::reply(answer?)?;
                // Services list in any order; the verdict must be the same each time.
                groups.sort_by(|a, b| {
                    (&a.name, a.acs_access_group_id).cmp(&(&b.name, b.acs_access_group_id))
                });
                for (index, group) in groups.into_iter().enumerate() {
                    let entrances = ListEntrancesOfGroup::new(group.acs_access_group_id);
                    self.calls
                        .push(Question::EntrancesOfGroup(index), entrances);
                    self.groups.push((group, None));
                }
            }
            Question::EntrancesOfGroup(index) => {
                // Deleted since the groups were listed, so it opens nothing.
                if let Some(reply) = unless(ErrorKind::NotFound, answer)? {
                    let entrances = ListEntrancesOfGroup::reply(reply)?;
                    self.groups[*index].1 = Some(is_among(&entrances, self.entrance_id));
                }
            }
        }
        Ok(())
    }

    fn verdict(&self) -> Result<Verdict, Error> {
        self.calls.check()?;
        let (Some(user), Some(entrance)) = (&self.user, &self.entrance) else {
            return Err(Error::internal("the check is over already"));
        };
        let mut is_granted = self.can_open;
        let mut candidates = Vec::with_capacity(self.groups.len());
        for (group, holds) in &self.groups {
            // Deleted in the meantime.
            let Some(holds) = *holds else { continue };
            let is_member = self.joined.contains(&group.acs_access_group_id);
            is_granted &= !explains_access(user, group, is_member, holds);
            candidates.push(
                Candidate::new(group)
                    .with_member(is_member)
                    .with_entrance(holds),
            );
        }
        let verdict = Verdict::new(user, entrance, candidates, self.at).with_grant(is_granted);
        Ok(verdict.with_system(self.system.as_ref()))
    }
}

impl Machine for AccessCheck {
    type Output = Verdict;

    fn step(&mut self, _: Duration) -> Step<Verdict> {
        self.calls
            .step()
            .unwrap_or_else(|| Step::Done(self.verdict()))
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, _: Duration) {
        let Some(question) = self.calls.take(ticket) else {
            return;
        };
        if let Err(error) = self.take(&question, answer) {
            // The first failure decides: a verdict from part of the answers would be wrong.
            self.calls.fail(error);
        }
    }
}

/// Whether the group explains why the user can open the entrance. Seam's API does not list direct
/// grants: access that no group explains was granted. A pending change of the membership explains it
/// too, because the access control system may still apply the former state.
///
/// # Examples
///
/// ```
/// use access_groups_core::{access::explains_access, prelude::*};
///
/// let system = AcsSystemId::from_u128(1);
/// let ada = AcsUser::new(AcsUserId::from_u128(2), system, "Ada");
/// let gym = AccessGroup::new(AccessGroupId::from_u128(3), system, "Gym");
/// assert!(explains_access(&ada, &gym, true, true));
/// assert!(!explains_access(&ada, &gym, false, true)); // then the entrance was granted
/// ```
#[must_use]
pub fn explains_access(
    user: &AcsUser,
    group: &AccessGroup,
    is_member: bool,
    holds_entrance: bool,
) -> bool {
    holds_entrance && (is_member || PendingMembership::between(user, group).is_pending())
}

/// `None` for an error of this kind, which is no failure of the question: the adapter does not list the
/// entrances of users, or what was listed is deleted since and opens nothing.
pub(super) fn unless(
    kind: ErrorKind,
    answer: Result<Reply, Error>,
) -> Result<Option<Reply>, Error> {
    match answer {
        Err(error) if error.kind() == kind => Ok(None),
        answer => answer.map(Some),
    }
}

pub(super) fn is_among(entrances: &[Entrance], id: EntranceId) -> bool {
    let mut ids = entrances.iter().map(|entrance| entrance.acs_entrance_id);
    ids.any(|other| other == id)
}
