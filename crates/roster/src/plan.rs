//! The difference between a roster and what is.

mod adopt;
mod difference;
mod groups;
mod guard;
mod merge;
mod moves;
mod people;
mod recheck;
mod undo;

use std::{collections::BTreeMap, fmt, num::NonZeroUsize};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystemId, MembershipChange, Timestamp, UserRef, setters,
};
use sha2::{Digest, Sha256};

use crate::{Change, Mode, Observed, Problems, Roster, roster::Found};

use groups::Groups;
use people::People;

pub use adopt::Adopted;
pub use guard::{Guards, Stop};
pub use recheck::Moved;

pub(crate) use recheck::Presence;

/// What must change so that the groups of a roster have the members that it desires.
///
/// It is made without calls, from what was [observed](crate::observe) before. Groups that the roster
/// does not name are left alone, and so are the members of [additive](Mode::Additive) groups.
///
/// # Examples
///
/// ```
/// use access_groups_core::Timestamp;
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_roster::{
///     Limits, Plan, PlanOptions, ReadOptions, Roster, change_all_blocking, observe_blocking,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut site = SiteBuilder::new();
/// let ([ada, grace], gym) = (site.users(["Ada", "Grace"]), site.group("Gym"));
/// let port = site.members(gym, [grace]).build_blocking();
///
/// let file = format!("user,group,mode\n{ada},Gym,authoritative\n");
/// let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new())?;
/// let observed = observe_blocking(port.clone(), &roster)?;
/// let now = Timestamp::from_unix_seconds(0);
/// let plan = Plan::new(&roster, &observed, now, &PlanOptions::new())?;
/// let changed = &plan.groups()[0];
/// assert_eq!((changed.additions.len(), changed.removals.len()), (1, 1));
///
/// assert!(plan.stops(&Default::default()).is_empty());
/// let reports = change_all_blocking(port.clone(), plan.changes(), Limits::new());
/// assert!(reports.into_iter().all(|report| report.outcome.is_accepted()));
///
/// let observed = observe_blocking(port, &roster)?;
/// assert!(Plan::new(&roster, &observed, now, &PlanOptions::new())?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) groups: Vec<GroupPlan>,
    pub(crate) repeated_rows: usize,
    pub(crate) next_begin: Option<Timestamp>,
    pub(crate) next_end: Option<Timestamp>,
}

impl Plan {
    /// Compares the roster with what was observed. A row counts if it holds at this instant.
    ///
    /// # Errors
    ///
    /// Everything in the roster that names nobody, nothing, or several, with row and column: there is
    /// no plan for a part of a roster. Users are looked for only where their row holds.
    pub fn new(
        roster: &Roster,
        observed: &Observed,
        at: Timestamp,
        options: &PlanOptions,
    ) -> Result<Self, Problems> {
        let mut found = Found::new(options.listed_problems.get());
        let groups = Groups::new(roster, observed, options, &mut found);
        let mut people = People::new(observed);
        let (desired, repeated_rows) =
            difference::desired(roster, at, &groups, &mut people, &mut found);
        let plan = Self {
            groups: difference::difference(&groups, desired, observed, &mut people),
            repeated_rows,
            next_begin: roster.next_begin(at),
            next_end: roster.next_end(at),
        };
        found.or(plan)
    }

    /// The groups of the roster, each once, in the order of the file.
    #[must_use]
    pub fn groups(&self) -> &[GroupPlan] {
        &self.groups
    }

    /// Whether nothing changes. Something may be pending even so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// All changes: the additions of all groups, then the removals. In this order, nobody who moves is
    /// without access in between, and whose addition fails is not removed.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let removals = self.removals().map(|(change, moves)| match moves {
            true => change.only_after_success(),
            false => change,
        });
        self.additions().chain(removals)
    }

    /// All changes: the removals of all groups, then the additions. For an emergency: who moves is
    /// without access in between.
    pub fn changes_removals_first(&self) -> impl Iterator<Item = Change> + '_ {
        let removals = self.removals().map(|(change, _)| change);
        removals.chain(self.additions())
    }

    fn additions(&self) -> impl Iterator<Item = Change> + '_ {
        self.groups.iter().flat_map(|group| {
            let additions = group.additions.iter();
            additions.map(|planned| Change::add(planned.user, group.group))
        })
    }

    /// Each with whether the person moves.
    fn removals(&self) -> impl Iterator<Item = (Change, bool)> + '_ {
        self.groups.iter().flat_map(|group| {
            let removals = group.removals.iter();
            removals.map(|planned| {
                let change = Change::remove(planned.user, group.group);
                (change, planned.moves.is_some())
            })
        })
    }

    /// The part of the plan for these groups. Who moves between one of them and another group is only
    /// added, or only removed, in it. The rows that begin and end next are still those of the whole
    /// roster.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::Timestamp;
    /// use access_groups_in_memory::SiteBuilder;
    /// use access_groups_roster::{Plan, PlanOptions, ReadOptions, Roster, observe_blocking};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut site = SiteBuilder::new();
    /// let (ada, [gym, pool]) = (site.user("Ada"), site.groups(["Gym", "Pool"]));
    /// let port = site.members(gym, [ada]).build_blocking();
    /// let file = format!("user,group,mode\n{ada},Pool,\n,Gym,authoritative\n");
    /// let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new())?;
    /// let observed = observe_blocking(port, &roster)?;
    /// let now = Timestamp::from_unix_seconds(0);
    /// let plan = Plan::new(&roster, &observed, now, &PlanOptions::new())?;
    /// assert_eq!(plan.changes().count(), 2);
    ///
    /// let of_pool = plan.only(&[pool]);
    /// assert_eq!(of_pool.changes().count(), 1);
    /// assert_eq!(of_pool.groups()[0].additions[0].moves, None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn only(&self, groups: &[AccessGroupId]) -> Self {
        let mut plan = self.clone();
        plan.groups.retain(|plan| groups.contains(&plan.group));
        moves::find(&mut plan.groups);
        plan
    }

    /// The groups in which the plan does more than these guards allow.
    #[must_use]
    pub fn stops(&self, guards: &Guards) -> Vec<Stop> {
        self.groups
            .iter()
            .filter_map(|group| guards.check(group))
            .collect()
    }

    /// A short text for the changes: 12 hexadecimal digits. Two plans with the same changes have the
    /// same hash, whatever the order of the rows and the time; others have another one.
    #[must_use]
    pub fn hash(&self) -> String {
        hash(self.changes())
    }

    /// How many rows that hold say the same of a person and a group as an earlier one.
    #[must_use]
    pub const fn repeated_rows(&self) -> usize {
        self.repeated_rows
    }

    /// When rows begin next: until then, and until [the next end](Self::next_end), the roster says the
    /// same.
    #[must_use]
    pub const fn next_begin(&self) -> Option<Timestamp> {
        self.next_begin
    }

    /// When rows end next.
    #[must_use]
    pub const fn next_end(&self) -> Option<Timestamp> {
        self.next_end
    }
}

/// What must change in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupPlan {
    /// The group.
    pub group: AccessGroupId,
    /// Its name, to show.
    pub name: String,
    /// Its system.
    pub system: AcsSystemId,
    /// How the roster is to be read for it.
    pub mode: Mode,
    /// How many members it has.
    pub members: usize,
    /// Who is added, sorted by id.
    pub additions: Vec<Planned>,
    /// Who is removed, sorted by id.
    pub removals: Vec<Planned>,
    /// Whose membership is as desired and has not propagated, sorted by id: accepted additions, and
    /// accepted removals of people who are not desired.
    pub pending: Vec<Planned>,
}

impl GroupPlan {
    fn new(group: &AccessGroup, mode: Mode) -> Self {
        Self {
            group: group.acs_access_group_id,
            name: group.display_name.clone(),
            system: group.acs_system_id,
            mode,
            members: 0,
            additions: Vec::new(),
            removals: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// How many members it has when the plan is carried out.
    #[must_use]
    pub const fn members_after(&self) -> usize {
        (self.members + self.additions.len()).saturating_sub(self.removals.len())
    }
}

/// A person in a [`GroupPlan`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Planned {
    /// The user; an identity if the person has no user in the group's system and will get one.
    pub user: UserRef,
    /// The name to show; it may be empty.
    pub name: String,
    /// The first row that desires the membership.
    pub row: Option<u32>,
    /// The other group, if the person moves: in one system one removal and one addition, and no
    /// others.
    pub moves: Option<AccessGroupId>,
}

/// Without the name.
impl fmt::Debug for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planned")
            .field("user", &self.user)
            .field("row", &self.row)
            .field("moves", &self.moves)
            .finish_non_exhaustive()
    }
}

/// How a plan is made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlanOptions {
    /// The mode of groups for which neither the roster nor [`modes`](Self::modes) has one. Default:
    /// additive.
    pub mode: Mode,
    /// The modes of groups. They win over those in the roster. Default: none.
    pub modes: BTreeMap<AccessGroupId, Mode>,
    /// The maximum number of problems in a list; the others are counted. Default: 100.
    pub listed_problems: NonZeroUsize,
}

impl PlanOptions {
    /// Groups are additive unless the roster says otherwise.
    #[must_use]
    pub fn new() -> Self {
        Self {
            mode: Mode::default(),
            modes: BTreeMap::new(),
            listed_problems: const { NonZeroUsize::new(100).expect("not zero") },
        }
    }

    setters! {
        /// Sets the mode of groups for which nothing else is said.
        with_mode(mode: Mode) => mode = mode;
    }

    /// Sets the mode of this group, whatever the roster says.
    #[must_use]
    pub fn with_mode_of(mut self, group: AccessGroupId, mode: Mode) -> Self {
        self.modes.insert(group, mode);
        self
    }
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// What [`Plan::hash`] is of a plan with these changes.
pub(crate) fn hash(changes: impl Iterator<Item = Change>) -> String {
    let mut changes: Vec<_> = changes.collect();
    changes.sort_by_key(|change| {
        (
            change.group,
            change.user,
            change.kind == MembershipChange::Added,
        )
    });
    let mut digest = Sha256::new();
    for change in changes {
        let kind = match change.kind {
            MembershipChange::Added => '+',
            MembershipChange::Removed => '-',
        };
        let user = match change.user {
            UserRef::AcsUser(user) => format!("user {user}"),
            UserRef::Identity(identity) => format!("identity {identity}"),
        };
        digest.update(format!("{kind} {user} {}\n", change.group));
    }
    let digest = digest.finalize();
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A place in a list of groups, of which there are fewer than rows.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
