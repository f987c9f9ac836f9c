//! The list of all users who can open one entrance.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Candidate, UserReason, Verdict, blocked_by,
    check::{explains_access, is_among, unless},
};
use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsUser, AcsUserFilter, AcsUserId,
    Call, Entrance, EntranceId, Error, ErrorKind, GetAcsSystem, GetEntrance, ListAccessGroups,
    ListAcsUsers, ListEntrancesOfGroup, ListEntrancesOfUser, ListUsersInGroup, Machine, PageWalk,
    Reply, ResourceIssue, Step, Ticket, Timestamp, machine::Calls,
};

/// Finds all users who may open an entrance at an instant, each with the reason: a [`Machine`].
///
/// [`who_can_open`](crate::AccessGroupPortExt::who_can_open) drives it. It works in three phases:
///
/// 1. It reads the entrance, its system with its groups, the entrances of each group, and the members
///    of the groups that hold the entrance.
/// 2. It reads all users of the system, page by page.
/// 3. It reads the entrances of each active user to whom no group opens the entrance, because Seam's
///    API does not list direct grants. That is one call per such user.
///
/// [`without_direct_grants`](Self::without_direct_grants) leaves out the last two phases. At most 8
/// calls are open at a time. If an error or a warning of the entrance [blocks](Self::blocked_by) it,
/// nothing more is read; one of its system leaves out the last two phases.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{
///     EntranceId, Error, ErrorKind, Machine, Step, Timestamp, access::WhoCanOpen,
/// };
///
/// let door = EntranceId::from_u128(1);
/// let mut machine = WhoCanOpen::new(door, Timestamp::UNIX_EPOCH).without_direct_grants();
/// let Step::Call(ticket, operation) = machine.step(Duration::ZERO) else { panic!("a call") };
/// assert_eq!(operation.name(), "entrance");
/// assert!(matches!(machine.step(Duration::ZERO), Step::AwaitAnswer)); // all others depend on it
///
/// // An entrance that does not exist is an error, not an empty list:
/// machine.answer(ticket, Err(Error::unknown(door)), Duration::ZERO);
/// let Step::Done(Err(error)) = machine.step(Duration::ZERO) else { panic!("a failure") };
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// ```
#[derive(Debug)]
pub struct WhoCanOpen {
    entrance_id: EntranceId,
    at: Timestamp,
    direct_grants: bool,
    calls: Calls<Question>,
    entrance: Option<Entrance>,
    system: Option<AcsSystem>,
    /// The groups that hold the entrance.
    groups: BTreeMap<AccessGroupId, AccessGroup>,
    members: BTreeMap<AccessGroupId, BTreeSet<AcsUserId>>,
    users: BTreeMap<AcsUserId, AcsUser>,
    granted: BTreeSet<AcsUserId>,
    walk: PageWalk,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Groups,
    AllUsers,
    Grants,
}

#[derive(Debug)]
enum Question {
    Entrance,
    System,
    GroupsOfSystem,
    EntrancesOfGroup(Box<AccessGroup>),
    MembersOfGroup(AccessGroupId),
    UsersOfSystem,
    EntrancesOfUser(AcsUserId),
}

impl WhoCanOpen {
    /// Finds who may open this entrance at this instant.
    #[must_use]
    pub fn new(entrance: EntranceId, at: Timestamp) -> Self {
        let mut calls = Calls::new();
        calls.push(Question::Entrance, GetEntrance::new(entrance));
        Self {
            entrance_id: entrance,
            at,
            direct_grants: true,
            calls,
            entrance: None,
            system: None,
            groups: BTreeMap::new(),
            members: BTreeMap::new(),
            users: BTreeMap::new(),
            granted: BTreeSet::new(),
            walk: PageWalk::new(),
            phase: Phase::Groups,
        }
    }

    /// Leaves out users who have access by a direct grant only, and saves up to one call per user of
    /// the system. Default: they are included.
    #[must_use]
    pub fn without_direct_grants(mut self) -> Self {
        self.direct_grants = false;
        self
    }

    /// The error or warning of the entrance, or of its system, because of which nobody opens it, as
    /// far as they have been read. After the result it says why nobody is in it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use access_groups_core::{
    ///     AcsSystemId, Call, Entrance, EntranceId, EntranceWarningCode, GetEntrance, Machine,
    ///     ResourceWarning, Step, Timestamp, access::WhoCanOpen,
    /// };
    ///
    /// let mut door = Entrance::new(EntranceId::from_u128(1), AcsSystemId::from_u128(2), "Door");
    /// let warning = EntranceWarningCode::PrivacyMode;
    /// door.warnings.push(ResourceWarning::new(warning, "", Timestamp::UNIX_EPOCH));
    ///
    /// let mut machine = WhoCanOpen::new(door.acs_entrance_id, Timestamp::UNIX_EPOCH);
    /// let Step::Call(ticket, _) = machine.step(Duration::ZERO) else { panic!("a call") };
    /// machine.answer(ticket, Ok(GetEntrance::answer(door)), Duration::ZERO);
    /// // No answer about groups and users would change the result, so nobody is asked.
    /// let Step::Done(Ok(everybody)) = machine.step(Duration::ZERO) else { panic!("a result") };
    /// assert!(everybody.is_empty());
    /// assert_eq!(machine.blocked_by().expect("the reason").code, "privacy_mode");
    /// ```
    #[must_use]
    pub fn blocked_by(&self) -> Option<ResourceIssue> {
        blocked_by(self.entrance.as_ref()?, self.system.as_ref())
    }

    fn take(&mut self, question: Question, answer: Result<Reply, Error>) -> Result<(), Error> {
        match question {
            Question::Entrance => {
                let entrance = GetEntrance::reply(answer?)?;
                let system = entrance.acs_system_id;
                self.entrance = Some(entrance);
                // Nobody opens an entrance that is blocked, whatever the other answers are.
                if self.blocked_by().is_none() {
                    let filter = AccessGroupFilter::new().in_system(system);
                    self.calls
                        .push(Question::GroupsOfSystem, ListAccessGroups::new(filter));
                    self.calls.push(Question::System, GetAcsSystem::new(system));
                }
            }
            Question::System => {
                // Neither is a failure: an adapter without systems, or one deleted in the meantime.
                let answer = unless(ErrorKind::Unsupported, answer).transpose();
                let answer = answer.map(|answer| unless(ErrorKind::NotFound, answer));
                let reply = answer.transpose()?.flatten();
                self.system = reply.map(GetAcsSystem::reply).transpose()?;
            }
            Question::GroupsOfSystem => {
                for group in ListAccessGroups::reply(answer?)? {
                    let entrances = ListEntrancesOfGroup::new(group.acs_access_group_id);
                    self.calls
                        .push(Question::EntrancesOfGroup(Box::new(group)), entrances);
                }
            }
            Question::EntrancesOfGroup(group) => {
                let Some(reply) = unless(ErrorKind::NotFound, answer)? else {
                    return Ok(());
                };
                // Other groups are dropped here: their members need no call.
                if is_among(&ListEntrancesOfGroup::reply(reply)?, self.entrance_id) {
                    let id = group.acs_access_group_id;
                    self.calls
                        .push(Question::MembersOfGroup(id), ListUsersInGroup::new(id));
                    self.groups.insert(id, *group);
                }
            }
            Question::MembersOfGroup(group) => {
                let Some(reply) = unless(ErrorKind::NotFound, answer)? else {
                    self.groups.remove(&group);
                    return Ok(());
                };
                let members = ListUsersInGroup::reply(reply)?;
                let ids = members.iter().map(|user| user.acs_user_id).collect();
                self.members.insert(group, ids);
                self.users
                    .extend(members.into_iter().map(|user| (user.acs_user_id, user)));
            }
            Question::UsersOfSystem => {
                let reply = answer?;
                let bytes = reply.bytes();
                let page = ListAcsUsers::reply(reply)?;
                self.walk.advance_with(&page, bytes)?;
                for user in page.items {
                    // The user as read with the group stays: it belongs to the same moment.
                    self.users.entry(user.acs_user_id).or_insert(user);
                }
                self.ask_for_users();
            }
            Question::EntrancesOfUser(user) => {
                // Neither is a failure: an adapter without grants, or a user deleted in the meantime.
                let answer = unless(ErrorKind::Unsupported, answer).transpose();
                let answer = answer.map(|answer| unless(ErrorKind::NotFound, answer));
                let Some(reply) = answer.transpose()?.flatten() else {
                    return Ok(());
                };
                if is_among(&ListEntrancesOfUser::reply(reply)?, self.entrance_id) {
                    self.granted.insert(user);
                }
            }
        }
        Ok(())
    }

    /// Begins the next phase; `false` after the last one.
    fn next_phase(&mut self) -> bool {
        match self.phase {
            Phase::Groups if self.direct_grants && self.blocked_by().is_none() => {
                self.phase = Phase::AllUsers;
                self.ask_for_users();
                true
            }
            Phase::AllUsers => {
                self.phase = Phase::Grants;
                // A grant changes nothing for users who have access by a group, or who are suspended
                // or outside their schedule.
                let asked = self.users.values().filter(|user| {
                    UserReason::of(user, self.at) == UserReason::Active
                        && self.verdict(user).is_some_and(|verdict| !verdict.opens())
                });
                let asked: Vec<_> = asked.map(|user| user.acs_user_id).collect();
                for user in asked {
                    self.calls.push(
                        Question::EntrancesOfUser(user),
                        ListEntrancesOfUser::new(user),
                    );
                }
                true
            }
            Phase::Groups | Phase::Grants => false,
        }
    }

    fn ask_for_users(&mut self) {
        if let (Some(page), Some(entrance)) = (self.walk.request(), &self.entrance) {
            // One page at a time: the cursor of the next one is in the answer.
            let filter = AcsUserFilter::new().in_system(entrance.acs_system_id);
            self.calls
                .push(Question::UsersOfSystem, ListAcsUsers::new(filter, page));
        }
    }

    /// The verdict on one user; `None` if the entrance is not known yet.
    fn verdict(&self, user: &AcsUser) -> Option<Verdict> {
        let is_member = |group: &AccessGroup| {
            let members = self.members.get(&group.acs_access_group_id);
            members.is_some_and(|members| members.contains(&user.acs_user_id))
        };
        let mut groups = self.groups.values();
        let is_granted = self.granted.contains(&user.acs_user_id)
            && !groups.any(|group| explains_access(user, group, is_member(group), true));
        let candidates = self.groups.values().map(|group| {
            Candidate::new(group)
                .with_entrance(true)
                .with_member(is_member(group))
        });
        let verdict = Verdict::new(user, self.entrance.as_ref()?, candidates, self.at);
        let verdict = verdict.with_grant(is_granted);
        Some(verdict.with_system(self.system.as_ref()))
    }

    fn verdicts(&self) -> Result<Vec<Verdict>, Error> {
        self.calls.check()?;
        let verdicts = self.users.values().filter_map(|user| self.verdict(user));
        let mut verdicts: Vec<_> = verdicts.filter(Verdict::opens).collect();
        // By id too, because people may share a name.
        verdicts.sort_by(|a, b| {
            (&a.user.display_name, a.user.acs_user_id)
                .cmp(&(&b.user.display_name, b.user.acs_user_id))
        });
        Ok(verdicts)
    }
}

impl Machine for WhoCanOpen {
    type Output = Vec<Verdict>;

    fn step(&mut self, _: Duration) -> Step<Vec<Verdict>> {
        loop {
            // A phase may queue no call at all: then the next one begins at once.
            if let Some(step) = self.calls.step() {
                return step;
            }
            if self.calls.check().is_err() || !self.next_phase() {
                return Step::Done(self.verdicts());
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: Result<Reply, Error>, _: Duration) {
        let Some(question) = self.calls.take(ticket) else {
            return;
        };
        if let Err(error) = self.take(question, answer) {
            // A list from part of the answers would look complete.
            self.calls.fail(error);
        }
    }
}
