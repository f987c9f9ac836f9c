//! Answers as the laws compare them: without what an adapter may choose.

mod seen;
mod shown;

use access_groups_core::{Error, ErrorKind, Reply, Subject, WorkspaceId};

pub(crate) use seen::{
    ContactSeen, EntranceSeen, GroupSeen, IdentitySeen, ScheduleSeen, SystemSeen, UserSeen,
};
pub(crate) use shown::{call_shown, chain, described, shown};

/// An answer, or what an answer must be: lists sorted, errors by kind and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Groups(Vec<GroupSeen>),
    Users(Vec<UserSeen>),
    Entrances(Vec<EntranceSeen>),
    Systems(Vec<SystemSeen>),
    Identities(Vec<IdentitySeen>),
    Workspace(WorkspaceId),
    /// The subject counts for `NotFound` only. `None` where the adapter named none; in what an
    /// answer must be, any will do.
    Refused(ErrorKind, Option<Subject>),
}

impl Answer {
    pub(crate) fn refused(kind: ErrorKind, subject: impl Into<Subject>) -> Self {
        let named = kind == ErrorKind::NotFound;
        Self::Refused(kind, named.then(|| subject.into()))
    }

    /// Whether this answer is as the other one must be.
    pub(crate) fn is_as(&self, expected: &Self) -> bool {
        match (self, expected) {
            (Self::Refused(kind, _), Self::Refused(expected, None)) => kind == expected,
            _ => self == expected,
        }
    }

    /// The same with everything once.
    pub(crate) fn without_repeats(mut self) -> Self {
        match &mut self {
            Self::Groups(groups) => groups.dedup(),
            Self::Users(users) => users.dedup(),
            Self::Entrances(entrances) => entrances.dedup(),
            Self::Systems(systems) => systems.dedup(),
            Self::Identities(identities) => identities.dedup(),
            Self::Done | Self::Workspace(_) | Self::Refused(..) => {}
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
            Ok(Reply::AcsUserPage(page)) => Self::Users(sorted(&page.items)),
            Ok(Reply::Entrance(entrance)) => Self::Entrances(vec![entrance.into()]),
            Ok(Reply::Entrances(entrances)) => Self::Entrances(sorted(entrances)),
            Ok(Reply::EntrancePage(page)) => Self::Entrances(sorted(&page.items)),
            Ok(Reply::AcsSystem(system)) => Self::Systems(vec![system.into()]),
            Ok(Reply::AcsSystems(systems)) => Self::Systems(sorted(systems)),
            Ok(Reply::UserIdentity(identity)) => Self::Identities(vec![identity.into()]),
            Ok(Reply::UserIdentityPage(page)) => Self::Identities(sorted(&page.items)),
            Ok(Reply::Workspace(workspace)) => Self::Workspace(workspace.workspace_id),
            Err(error) => {
                let named = error.kind() == ErrorKind::NotFound;
                Self::Refused(error.kind(), error.subject().filter(|_| named))
            }
        }
    }
}

fn sorted<'a, T, S: From<&'a T> + Ord>(items: &'a [T]) -> Vec<S> {
    let mut seen: Vec<S> = items.iter().map(S::from).collect();
    seen.sort();
    seen
}
