//! What a change leaves in the history: who was given which access, and who lost it.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, EntranceId, Timestamp, UserIdentityId,
};

use crate::{Row, Write};

/// Pairs that end because a row is dropped: no write names them, and foreign keys delete them.
///
/// Each leaves a line as if it had been ended by itself, in the same transaction: so the history of a user
/// tells of every group that they have left, and of every entrance that they can no longer open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The groups of a user: each leaves [`Event::Left`].
    GroupsOf(AcsUserId),
    /// The direct grants of a user: each leaves [`Event::Revoked`].
    GrantsOf(AcsUserId),
    /// The members of a group: each leaves [`Event::Left`].
    MembersOf(AccessGroupId),
    /// The entrances of a group: each leaves [`Event::Removed`].
    EntrancesOf(AccessGroupId),
    /// The direct grants of an entrance: each leaves [`Event::Revoked`].
    GrantsTo(EntranceId),
    /// The groups that hold an entrance: each leaves [`Event::Removed`].
    HoldersOf(EntranceId),
}

impl Ending {
    /// What has happened to each of the pairs.
    #[must_use]
    pub fn event(self) -> Event {
        match self {
            Self::GroupsOf(_) | Self::MembersOf(_) => Event::Left,
            Self::GrantsOf(_) | Self::GrantsTo(_) => Event::Revoked,
            Self::EntrancesOf(_) | Self::HoldersOf(_) => Event::Removed,
        }
    }
}

/// One line of the history, without what all lines of a change have in common: its time, nonce,
/// operation, actor and request id.
///
/// Lines are written in the transaction of the change, so a change is in the history exactly if it was
/// made. A change that found nothing to do leaves none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// What happened.
    pub event: Event,
    /// The system, if it is about one alone.
    pub system: Option<AcsSystemId>,
    /// The identity, if it is about one alone.
    pub identity: Option<UserIdentityId>,
    /// The user, if it is about one.
    pub user: Option<AcsUserId>,
    /// The group, if it is about one.
    pub group: Option<AccessGroupId>,
    /// The entrance, if it is about one.
    pub entrance: Option<EntranceId>,
}

/// A line of the history as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The time of the change, in whole milliseconds.
    pub at: Timestamp,
    /// The operation that made it: `add_user`, for example.
    pub operation: String,
    /// On whose behalf, as the [context](access_groups_core::Context::actor) of the call says.
    pub actor: Option<String>,
    /// The caller's id of the request.
    pub request_id: Option<String>,
    /// What has happened.
    pub line: Line,
}

impl Entry {
    /// A line of a change by this operation, on nobody's behalf.
    #[must_use]
    pub fn new(at: Timestamp, operation: impl Into<String>, line: Line) -> Self {
        Self {
            at,
            operation: operation.into(),
            actor: None,
            request_id: None,
            line,
        }
    }
}

/// Which lines of a history to read: those that meet every condition that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryFilter {
    /// Lines about this user.
    pub user: Option<AcsUserId>,
    /// Lines about this group.
    pub group: Option<AccessGroupId>,
    /// Lines about this entrance.
    pub entrance: Option<EntranceId>,
    /// Lines of changes on behalf of this actor, or of a key with this name: servers add the fingerprint of
    /// the key, as in `front desk (sha256:9686a06c)`.
    pub actor: Option<String>,
    /// Lines of changes at or after this instant.
    pub since: Option<Timestamp>,
    /// The most lines. Default: 1,000.
    pub limit: u32,
}

impl Default for HistoryFilter {
    /// The newest 1,000 lines.
    fn default() -> Self {
        Self {
            user: None,
            group: None,
            entrance: None,
            actor: None,
            since: None,
            limit: 1_000,
        }
    }
}

impl HistoryFilter {
    /// Whether the line meets every condition. The limit is none.
    #[must_use]
    pub fn fits(&self, entry: &Entry) -> bool {
        fn is_met<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is_met(&self.user, &entry.line.user)
            && is_met(&self.group, &entry.line.group)
            && is_met(&self.entrance, &entry.line.entrance)
            && self
                .actor
                .as_ref()
                .is_none_or(|wanted| is_actor(wanted, entry))
            && self.since.is_none_or(|since| entry.at >= since)
    }
}

fn is_actor(wanted: &str, entry: &Entry) -> bool {
    let rest = entry.actor.as_deref();
    let rest = rest.and_then(|actor| actor.strip_prefix(wanted));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" (sha256:"))
}

/// What has happened to a resource, or between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Event {
    /// A resource was created.
    Created,
    /// Attributes of a resource changed.
    Changed,
    /// A resource was deleted. What ended with it has lines of its own: see [`Ending`].
    Deleted,
    /// A user has become a member of a group.
    Joined,
    /// A user is no longer a member of a group.
    Left,
    /// A user was granted an entrance directly.
    Granted,
    /// A direct grant of an entrance has ended.
    Revoked,
    /// An entrance was added to a group.
    Added,
    /// An entrance was removed from a group.
    Removed,
    /// A site was loaded into the workspace, which was empty: one line for all that was in it.
    Imported,
}

impl Event {
    /// Its name in a store, which does not change between versions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Granted => "granted",
            Self::Revoked => "revoked",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Imported => "imported",
        }
    }

    /// The event with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    const ALL: [Self; 10] = [
        Self::Created,
        Self::Changed,
        Self::Deleted,
        Self::Joined,
        Self::Left,
        Self::Granted,
        Self::Revoked,
        Self::Added,
        Self::Removed,
        Self::Imported,
    ];

    fn of<T>(row: &Row<T>) -> Self {
        match row {
            Row::New(_) => Self::Created,
            Row::Put { .. } => Self::Changed,
            Row::Drop(_) => Self::Deleted,
        }
    }

    /// A line about nothing yet.
    #[must_use]
    pub fn line(self) -> Line {
        Line {
            event: self,
            system: None,
            identity: None,
            user: None,
            group: None,
            entrance: None,
        }
    }
}

/// What stands for an operation in the line of an [import](Event::Imported), which is no operation of the
/// port.
pub const IMPORT: &str = "import";

impl<T> Row<T> {
    /// The row as it is from now on; of a deleted one, as it was.
    #[must_use]
    pub fn resource(&self) -> &T {
        match self {
            Self::New(row) | Self::Drop(row) | Self::Put { after: row, .. } => row,
        }
    }
}

impl Write {
    /// The pairs that this write ends beside those that it names. They are noted in the history before the
    /// row is dropped, and when nobody else can make another one.
    #[must_use]
    pub fn endings(&self) -> Vec<Ending> {
        match self {
            Self::User(Row::Drop(user)) => {
                let user = user.acs_user_id;
                vec![Ending::GroupsOf(user), Ending::GrantsOf(user)]
            }
            Self::Group(Row::Drop(group)) => {
                let group = group.acs_access_group_id;
                vec![Ending::MembersOf(group), Ending::EntrancesOf(group)]
            }
            Self::Entrance(Row::Drop(entrance)) => {
                let entrance = entrance.acs_entrance_id;
                vec![Ending::GrantsTo(entrance), Ending::HoldersOf(entrance)]
            }
            // Nothing may be in a system that is dropped, and identities are in no pair.
            Self::System(_)
            | Self::Identity(_)
            | Self::User(_)
            | Self::Group(_)
            | Self::Entrance(_)
            | Self::Leave(_)
            | Self::Join(_)
            | Self::Ungrant(_)
            | Self::Grant(_)
            | Self::Release(_)
            | Self::Hold(_) => Vec::new(),
        }
    }

    /// The lines that this write leaves: one for a resource, one for each pair that it names. Those of its
    /// [endings](Self::endings) are beyond these.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        match self {
            Self::System(row) => vec![Line {
                system: Some(row.resource().acs_system_id),
                ..Event::of(row).line()
            }],
            Self::Identity(row) => vec![Line {
                identity: Some(row.resource().user_identity_id),
                ..Event::of(row).line()
            }],
            Self::User(row) => vec![Line {
                user: Some(row.resource().acs_user_id),
                ..Event::of(row).line()
            }],
            Self::Group(row) => vec![Line {
                group: Some(row.resource().acs_access_group_id),
                ..Event::of(row).line()
            }],
            Self::Entrance(row) => vec![Line {
                entrance: Some(row.resource().acs_entrance_id),
                ..Event::of(row).line()
            }],
            Self::Join(pairs) => members(pairs, Event::Joined),
            Self::Leave(pairs) => members(pairs, Event::Left),
            Self::Grant(pairs) => grants(pairs, Event::Granted),
            Self::Ungrant(pairs) => grants(pairs, Event::Revoked),
            Self::Hold(pairs) => held(pairs, Event::Added),
            Self::Release(pairs) => held(pairs, Event::Removed),
        }
    }
}

fn members(pairs: &[(AcsUserId, AccessGroupId)], event: Event) -> Vec<Line> {
    let lines = pairs.iter().map(|(user, group)| Line {
        user: Some(*user),
        group: Some(*group),
        ..event.line()
    });
    lines.collect()
}

fn grants(pairs: &[(AcsUserId, EntranceId)], event: Event) -> Vec<Line> {
    let lines = pairs.iter().map(|(user, entrance)| Line {
        user: Some(*user),
        entrance: Some(*entrance),
        ..event.line()
    });
    lines.collect()
}

fn held(pairs: &[(AccessGroupId, EntranceId)], event: Event) -> Vec<Line> {
    let lines = pairs.iter().map(|(group, entrance)| Line {
        group: Some(*group),
        entrance: Some(*entrance),
        ..event.line()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AccessGroup, AcsSystem, AcsUser, Entrance, UserIdentity};

    use super::*;

    const SYSTEM: AcsSystemId = AcsSystemId::from_u128(1);
    const USER: AcsUserId = AcsUserId::from_u128(2);
    const GROUP: AccessGroupId = AccessGroupId::from_u128(3);
    const DOOR: EntranceId = EntranceId::from_u128(4);
    const IDENTITY: UserIdentityId = UserIdentityId::from_u128(5);

    fn check(write: &Write, expected: Line) {
        assert_eq!(write.lines(), [expected]);
    }

    #[test]
    fn an_actor_is_named_with_or_without_fingerprint() {
        let mut entry = Entry::new(Timestamp::UNIX_EPOCH, "add_user", Event::Joined.line());
        entry.actor = Some("front desk (sha256:9686a06c)".to_owned());
        let mut filter = HistoryFilter::default();
        let mut check = |wanted: &str, expected| {
            filter.actor = Some(wanted.to_owned());
            assert_eq!(filter.fits(&entry), expected, "{wanted}");
        };
        check("front desk", true);
        check("front desk (sha256:9686a06c)", true);
        check("front", false);
        check("front desk ", false);
        check("front desk (sha256:0686a06c)", false);
    }

    #[test]
    fn a_resource_leaves_a_line() {
        let user = Box::new(AcsUser::new(USER, SYSTEM, "Ada"));
        let of_user = |event: Event| Line {
            user: Some(USER),
            ..event.line()
        };
        check(
            &Write::User(Row::New(user.clone())),
            of_user(Event::Created),
        );
        check(
            &Write::User(Row::Drop(user.clone())),
            of_user(Event::Deleted),
        );
        let (before, after) = (user.clone(), user);
        check(
            &Write::User(Row::Put { before, after }),
            of_user(Event::Changed),
        );
        let system = Row::New(Box::new(AcsSystem::new(SYSTEM, "Main")));
        check(
            &Write::System(system),
            Line {
                system: Some(SYSTEM),
                ..Event::Created.line()
            },
        );
        let identity = Row::Drop(Box::new(UserIdentity::new(IDENTITY, "Ada")));
        check(
            &Write::Identity(identity),
            Line {
                identity: Some(IDENTITY),
                ..Event::Deleted.line()
            },
        );
        let group = Row::Drop(Box::new(AccessGroup::new(GROUP, SYSTEM, "Gym")));
        check(
            &Write::Group(group),
            Line {
                group: Some(GROUP),
                ..Event::Deleted.line()
            },
        );
        let door = Row::New(Box::new(Entrance::new(DOOR, SYSTEM, "Door")));
        check(
            &Write::Entrance(door),
            Line {
                entrance: Some(DOOR),
                ..Event::Created.line()
            },
        );
    }

    #[test]
    fn every_condition_must_be_met() {
        let (now, none) = (Timestamp::UNIX_EPOCH, HistoryFilter::default());
        let mut line = Event::Joined.line();
        (line.user, line.group) = (Some(USER), Some(GROUP));
        let mut entry = Entry::new(now, "add_user", line);
        entry.actor = Some("night shift".to_owned());
        let check = |change: &dyn Fn(&mut HistoryFilter), expected| {
            let mut filter = none.clone();
            change(&mut filter);
            assert_eq!(filter.fits(&entry), expected, "{filter:?}");
        };
        check(&|_| (), true);
        check(&|filter| filter.user = Some(USER), true);
        check(&|filter| filter.user = Some(AcsUserId::from_u128(9)), false);
        check(&|filter| filter.group = Some(GROUP), true);
        check(
            &|filter| filter.group = Some(AccessGroupId::from_u128(9)),
            false,
        );
        check(&|filter| filter.entrance = Some(DOOR), false);
        check(
            &|filter| filter.actor = Some("night shift".to_owned()),
            true,
        );
        check(&|filter| filter.actor = Some("night".to_owned()), false);
        check(&|filter| filter.since = Some(now), true);
        let later = now.saturating_add(std::time::Duration::from_nanos(1));
        check(&|filter| filter.since = Some(later), false);
        check(
            &|filter| (filter.user, filter.entrance) = (Some(USER), Some(DOOR)),
            false,
        );
    }

    #[test]
    fn names_are_read_again() {
        for event in Event::ALL {
            assert_eq!(Event::of_name(event.name()), Some(event));
        }
        assert_eq!(Event::of_name("opened"), None);
    }

    #[test]
    fn each_pair_leaves_a_line() {
        let (user, group, entrance) = (Some(USER), Some(GROUP), Some(DOOR));
        let member = |event: Event| Line {
            user,
            group,
            ..event.line()
        };
        check(&Write::Join(vec![(USER, GROUP)]), member(Event::Joined));
        check(&Write::Leave(vec![(USER, GROUP)]), member(Event::Left));
        let grant = |event: Event| Line {
            user,
            entrance,
            ..event.line()
        };
        check(&Write::Grant(vec![(USER, DOOR)]), grant(Event::Granted));
        check(&Write::Ungrant(vec![(USER, DOOR)]), grant(Event::Revoked));
        let held = |event: Event| Line {
            group,
            entrance,
            ..event.line()
        };
        check(&Write::Hold(vec![(GROUP, DOOR)]), held(Event::Added));
        check(&Write::Release(vec![(GROUP, DOOR)]), held(Event::Removed));
        let two = Write::Join(vec![(USER, GROUP), (AcsUserId::from_u128(9), GROUP)]);
        assert_eq!(two.lines().len(), 2);
    }
}
