//! One reading operation, from the questions that a store answers to the reply.

mod page;
mod questions;

use std::fmt;

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, Call, EntranceId, Error, GetAccessGroup, GetAcsSystem,
    GetAcsUser, GetEntrance, GetUserIdentity, GetWorkspace, ListAccessGroups, ListAcsSystems,
    ListAcsUsers, ListEntrances, ListEntrancesOfGroup, ListEntrancesOfIdentity,
    ListEntrancesOfUser, ListSystemsOfIdentity, ListUserIdentities, ListUsersInGroup,
    ListUsersOfIdentity, Operation, Position, Reply, UserIdentityId,
};
use access_groups_in_memory::State;

use crate::{Contact, Slice, Want};

/// A question of an operation that reads. A store answers each with one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// What a change would want to see, without its lock.
    Rows(Want),
    /// All resources that belong to something.
    All(List),
    /// The next rows of a list in pages.
    Next(Chunk),
}

/// Resources that a list names, each once, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// All systems.
    Systems,
    /// The users linked to the identity.
    UsersOfIdentity(UserIdentityId),
    /// The systems in which the identity has a user.
    SystemsOf(UserIdentityId),
    /// The groups that meet all of these conditions.
    Groups {
        /// Groups of this system.
        system: Option<AcsSystemId>,
        /// Groups that this user is a member of.
        user: Option<AcsUserId>,
        /// Groups that a user of this identity is a member of.
        identity: Option<UserIdentityId>,
    },
    /// The members of the group.
    Members(AccessGroupId),
    /// The entrances of the group.
    EntrancesOfGroup(AccessGroupId),
    /// The entrances that the user can open, through groups and directly.
    EntrancesOfUser(AcsUserId),
    /// The entrances that any user of the identity can open.
    EntrancesOfIdentity(UserIdentityId),
    /// The identities with these ids.
    Identities(Vec<UserIdentityId>),
    /// The entrances with these ids.
    Entrances(Vec<EntranceId>),
}

/// The next rows of a list: the `limit` oldest ones after `after`, by creation and then by id.
///
/// A store may leave out rows that the [`part`](Self::part) excludes, and no others: what remains is
/// decided by the filters of `access-groups-core`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk {
    /// Which rows.
    pub of: Among,
    /// Only rows that come later; `None`: from the first.
    pub after: Option<Position>,
    /// The most rows.
    pub limit: u32,
    /// What the [text](crate::text_of_user) of the row or of its identity contains.
    pub part: Option<String>,
    /// Whether the identities of the users are to be found with them, as far as they exist.
    pub with_identities: bool,
}

/// The rows that a list in pages is about: each index of a store serves one.
#[derive(Clone, PartialEq, Eq)]
pub enum Among {
    /// All users.
    Users,
    /// Users of the system.
    UsersOfSystem(AcsSystemId),
    /// Users linked to the identity.
    UsersOfIdentity(UserIdentityId),
    /// Users linked to an identity with this contact: see [`IdentityKeys`](crate::IdentityKeys).
    UsersOfContact(Contact),
    /// All identities.
    Identities,
    /// All entrances.
    Entrances,
    /// Entrances of the system.
    EntrancesOfSystem(AcsSystemId),
}

/// Without the texts, which are personal data.
impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Chunk");
        shown.field("of", &self.of).field("after", &self.after);
        shown.field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// Without the contact, which is personal data.
impl fmt::Debug for Among {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users => f.write_str("Users"),
            Self::UsersOfSystem(system) => write!(f, "UsersOfSystem({system})"),
            Self::UsersOfIdentity(identity) => write!(f, "UsersOfIdentity({identity})"),
            Self::UsersOfContact(_) => f.write_str("UsersOfContact"),
            Self::Identities => f.write_str("Identities"),
            Self::Entrances => f.write_str("Entrances"),
            Self::EntrancesOfSystem(system) => write!(f, "EntrancesOfSystem({system})"),
        }
    }
}

/// An operation that reads, on its way through as many rounds as it needs.
///
/// The questions of a round are [asked](Self::asks) in their order, and a later one may see a newer state
/// of the database than an earlier one: a list is asked for before what it belongs to, so that what is
/// there afterwards was there all the time. All rows are passed to [`found`](Self::found). When there
/// is nothing more to ask, there is a [reply](Self::reply).
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroup, AccessGroupId, AcsSystemId, ListUsersInGroup};
/// use access_groups_sql::{Ask, List, Lock, Read, Slice, Want};
///
/// let gym = AccessGroupId::from_u128(1);
/// let mut read = Read::new(ListUsersInGroup::new(gym).into()).expect("it reads");
/// let group = Want::Groups(vec![gym], Lock::None);
/// assert_eq!(read.asks(), [Ask::All(List::Members(gym)), Ask::Rows(group)]);
///
/// read.found(vec![Slice::default(), Slice::default()]);
/// assert!(read.asks().is_empty());
/// let refused = read.reply().expect_err("there is no such group");
/// assert_eq!(refused.code(), Some("acs_access_group_not_found"));
/// ```
#[derive(Debug, Clone)]
pub struct Read {
    operation: Operation,
    asks: Vec<Ask>,
    /// What is asked about.
    seen: Slice,
    /// What is listed.
    listed: Slice,
}

impl Read {
    /// A read that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// The operation itself, if it changes something.
    #[allow(
        clippy::result_large_err,
        reason = "the caller gets its own value back"
    )]
    pub fn new(operation: Operation) -> Result<Self, Operation> {
        let Some(asks) = questions::first(&operation) else {
            return Err(operation);
        };
        Ok(Self {
            operation,
            asks,
            seen: Slice::default(),
            listed: Slice::default(),
        })
    }

    /// What to ask next; nothing if there is a [reply](Self::reply).
    #[must_use]
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Takes what each question has found, in the order of the questions.
    pub fn found(&mut self, answers: Vec<Slice>) {
        let asks = std::mem::take(&mut self.asks);
        let mut seen = Slice::default();
        let is_listed = asks.iter().any(|ask| matches!(ask, Ask::All(_)));
        for (ask, answer) in asks.into_iter().zip(answers) {
            match ask {
                Ask::Rows(_) => seen.append(answer),
                Ask::All(_) => self.listed.append(answer),
                Ask::Next(chunk) => {
                    let next = page::take(&self.operation, chunk, answer, &mut self.listed);
                    self.asks.extend(next.map(Ask::Next));
                }
            }
        }
        if !is_listed {
            self.asks.extend(questions::second(&self.operation, &seen));
        }
        // Not in addition to what was seen before: a row may be gone by now.
        self.seen = seen;
    }

    /// The reply.
    ///
    /// # Errors
    ///
    /// Those of the operation: see [`State`].
    pub fn reply(self) -> Result<Reply, Error> {
        let name = self.operation.name();
        self.answer().map_err(|error| error.with_operation(name))
    }

    fn answer(self) -> Result<Reply, Error> {
        use Operation as O;
        let seen = State::from_slice(self.seen, 0);
        let listed = self.listed;
        Ok(match self.operation {
            O::GetAccessGroup(op) => GetAccessGroup::answer(seen.access_group(op.group)?.clone()),
            O::ListAccessGroups(op) => {
                let mut groups = listed.groups;
                groups.retain(|group| op.filter.fits(group));
                ListAccessGroups::answer(by(groups, |group| group.acs_access_group_id))
            }
            O::ListUsersInGroup(op) => {
                seen.access_group(op.group)?;
                ListUsersInGroup::answer(by(listed.users, |user| user.acs_user_id))
            }
            O::ListEntrancesOfGroup(op) => {
                seen.access_group(op.group)?;
                ListEntrancesOfGroup::answer(by(listed.entrances, |door| door.acs_entrance_id))
            }
            O::GetAcsUser(op) => GetAcsUser::answer(seen.acs_user(op.user)?.clone()),
            O::ListAcsUsers(op) => ListAcsUsers::answer(page::users(&op, listed.users)?),
            O::ListEntrancesOfUser(op) => {
                seen.acs_user(op.user)?;
                ListEntrancesOfUser::answer(by(listed.entrances, |door| door.acs_entrance_id))
            }
            O::GetWorkspace(_) => GetWorkspace::answer(seen.workspace_or_default()),
            O::GetAcsSystem(op) => GetAcsSystem::answer(seen.acs_system(op.system)?.clone()),
            O::ListAcsSystems(op) => {
                let mut systems = listed.systems;
                systems.retain(|system| op.filter.fits(system));
                ListAcsSystems::answer(by(systems, |system| system.acs_system_id))
            }
            O::GetEntrance(op) => GetEntrance::answer(seen.entrance(op.entrance)?.clone()),
            O::ListEntrances(op) => ListEntrances::answer(page::entrances(&op, listed.entrances)?),
            O::GetUserIdentity(op) => {
                GetUserIdentity::answer(seen.user_identity(op.identity)?.clone())
            }
            O::ListUserIdentities(op) => {
                ListUserIdentities::answer(page::identities(&op, listed.identities)?)
            }
            O::ListUsersOfIdentity(op) => {
                seen.user_identity(op.identity)?;
                ListUsersOfIdentity::answer(by(listed.users, |user| user.acs_user_id))
            }
            O::ListSystemsOfIdentity(op) => {
                seen.user_identity(op.identity)?;
                ListSystemsOfIdentity::answer(by(listed.systems, |system| system.acs_system_id))
            }
            O::ListEntrancesOfIdentity(op) => {
                seen.user_identity(op.identity)?;
                ListEntrancesOfIdentity::answer(by(listed.entrances, |door| door.acs_entrance_id))
            }
            changing => return Err(Error::unsupported_operation(&changing)),
        })
    }
}

/// The rows, sorted by id.
fn by<T, Id: Ord>(mut rows: Vec<T>, id: impl Fn(&T) -> Id) -> Vec<T> {
    rows.sort_unstable_by_key(|row| id(row));
    rows
}
