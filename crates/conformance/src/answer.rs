//! Answers as the laws compare them: without what an adapter may choose.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessSchedule, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, Error, ErrorKind, Operation, Reply, Subject, Timestamp, UserIdentityId,
};

/// An answer, or what an answer must be: lists sorted, errors by kind and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Groups(Vec<GroupSeen>),
    Users(Vec<UserSeen>),
    Entrances(Vec<EntranceSeen>),
    /// The subject counts for `NotFound` only; `None` where the adapter named none.
    Refused(ErrorKind, Option<Subject>),
}

/// A group as callers know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupSeen {
    pub(crate) id: AccessGroupId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
    pub(crate) schedule: Option<ScheduleSeen>,
}

/// A user as callers know them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserSeen {
    pub(crate) id: AcsUserId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) suspended: bool,
    pub(crate) schedule: Option<ScheduleSeen>,
    pub(crate) identity: Option<UserIdentityId>,
}

/// When access holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScheduleSeen {
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
}

/// An entrance as callers know it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntranceSeen {
    pub(crate) id: EntranceId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
}

impl Answer {
    pub(crate) fn refused(kind: ErrorKind, subject: impl Into<Subject>) -> Self {
        let named = kind == ErrorKind::NotFound;
        Self::Refused(kind, named.then(|| subject.into()))
    }

    /// The same with everything once.
    pub(crate) fn without_repeats(mut self) -> Self {
        match &mut self {
            Self::Groups(groups) => groups.dedup(),
            Self::Users(users) => users.dedup(),
            Self::Entrances(entrances) => entrances.dedup(),
            Self::Done | Self::Refused(..) => {}
        }
        self
    }
}

impl From<&Result<Reply, Error>> for Answer {
    fn from(answer: &Result<Reply, Error>) -> Self {
        match answer {
            Ok(Reply::Done(())) => Self::Done,
            Ok(Reply::AccessGroup(group)) => Self::Groups(vec![group.into()]),
            Ok(Reply::AccessGroups(groups)) => Self::Groups(sorted(groups)),
            Ok(Reply::AcsUser(user)) => Self::Users(vec![user.into()]),
            Ok(Reply::AcsUsers(users)) => Self::Users(sorted(users)),
            Ok(Reply::Entrance(entrance)) => Self::Entrances(vec![entrance.into()]),
            Ok(Reply::Entrances(entrances)) => Self::Entrances(sorted(entrances)),
            Err(error) => {
                let named = error.kind() == ErrorKind::NotFound;
                Self::Refused(error.kind(), error.subject().filter(|_| named))
            }
        }
    }
}

impl From<&AccessGroup> for GroupSeen {
    fn from(group: &AccessGroup) -> Self {
        Self {
            id: group.acs_access_group_id,
            system: group.acs_system_id,
            name: group.name.clone(),
            schedule: group.access_schedule.as_ref().map(ScheduleSeen::from),
        }
    }
}

impl From<&AcsUser> for UserSeen {
    fn from(user: &AcsUser) -> Self {
        Self {
            id: user.acs_user_id,
            system: user.acs_system_id,
            name: user.display_name.clone(),
            email: user.email_address.clone(),
            phone: user.phone_number.clone(),
            suspended: user.is_suspended == Some(true),
            schedule: user.access_schedule.as_ref().map(ScheduleSeen::from),
            identity: user
                .user_identity_id
                .as_ref()
                .and_then(|id| id.parse().ok()),
        }
    }
}

impl From<&AccessSchedule> for ScheduleSeen {
    fn from(schedule: &AccessSchedule) -> Self {
        Self {
            starts_at: schedule.starts_at,
            ends_at: schedule.ends_at,
        }
    }
}

impl From<&Entrance> for EntranceSeen {
    fn from(entrance: &Entrance) -> Self {
        Self {
            id: entrance.acs_entrance_id,
            system: entrance.acs_system_id,
            name: entrance.display_name.clone(),
        }
    }
}

/// One line on a call and its answer, for messages.
pub(crate) fn described(operation: &Operation, answer: &Result<Reply, Error>) -> String {
    let answer = match answer {
        Ok(_) => shown(&answer.into()),
        Err(error) => chain(error),
    };
    format!("{}: {answer}", call_shown(operation))
}

/// The call as one would write it.
pub(crate) fn call_shown(operation: &Operation) -> String {
    let arguments = match operation {
        Operation::AddUser(op) => format!("{}, {}", op.user, op.group),
        Operation::RemoveUser(op) => format!("{}, {}", op.user, op.group),
        Operation::ListAccessGroups(op) => filter_shown(&op.filter),
        Operation::GetAccessGroup(op) => op.group.to_string(),
        Operation::ListUsersInGroup(op) => op.group.to_string(),
        Operation::ListEntrancesOfGroup(op) => op.group.to_string(),
        Operation::DeleteAccessGroup(op) => op.group.to_string(),
        Operation::GetAcsUser(op) => op.user.to_string(),
        Operation::GetEntrance(op) => op.entrance.to_string(),
    };
    format!("{}({arguments})", operation.name())
}

/// The conditions of a filter.
pub(crate) fn filter_shown(filter: &AccessGroupFilter) -> String {
    let system = filter.system.map(|it| format!("system {it}"));
    let user = filter.user.map(|it| format!("user {it}"));
    let identity = filter.identity.map(|it| format!("identity {it}"));
    let search = filter
        .search
        .as_ref()
        .map(|it| format!("matching {:?}", it.as_str()));
    let conditions = [system, user, identity, search].into_iter().flatten();
    let conditions: Vec<_> = conditions.collect();
    if conditions.is_empty() {
        "all".to_owned()
    } else {
        conditions.join(", ")
    }
}

/// The answer in a few words: ids where there are many.
pub(crate) fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Groups(groups) => list(groups, "group", |it| it.id.to_string()),
        Answer::Users(users) => list(users, "user", |it| it.id.to_string()),
        Answer::Entrances(entrances) => list(entrances, "entrance", |it| it.id.to_string()),
        Answer::Refused(kind, Some(subject)) => format!("refused as {kind:?}, about {subject}"),
        Answer::Refused(kind, None) => format!("refused as {kind:?}"),
    }
}

/// An error with its kind, its subject, and what caused it.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = format!("refused as {:?}: {error}", error.kind());
    if error.subject().is_none() {
        text.push_str(" (no subject)");
    }
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

fn list<T>(items: &[T], noun: &str, id: impl Fn(&T) -> String) -> String {
    let few: Vec<_> = items.iter().take(8).map(id).collect();
    let more = if items.len() > few.len() { ", …" } else { "" };
    format!("{} {noun}(s) [{}{more}]", items.len(), few.join(", "))
}

fn sorted<'a, T, S: From<&'a T> + Ord>(items: &'a [T]) -> Vec<S> {
    let mut seen: Vec<S> = items.iter().map(S::from).collect();
    seen.sort();
    seen
}
