//! The difference between a roster and what is.

mod guard;
mod merge;
mod people;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    num::NonZeroUsize,
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystemId, MembershipChange, Timestamp, UserRef, setters,
};
use sha2::{Digest, Sha256};

use crate::{
    Change, Column, Mode, Observed, Problem, ProblemKind, Problems, Roster, roster::Found,
};

use merge::{Pair, Said};
use people::People;

pub use guard::{Guards, Stop};

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
    groups: Vec<GroupPlan>,
    repeated_rows: usize,
    next_begin: Option<Timestamp>,
    next_end: Option<Timestamp>,
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
        let (desired, repeated_rows) = desired(roster, at, &groups, &mut people, &mut found);
        let plan = Self {
            groups: difference(&groups, desired, observed, &mut people),
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
    /// without access in between.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let additions = self.groups.iter().flat_map(|group| {
            group
                .additions
                .iter()
                .map(|planned| Change::add(planned.user, group.group))
        });
        let removals = self.groups.iter().flat_map(|group| {
            group
                .removals
                .iter()
                .map(|planned| Change::remove(planned.user, group.group))
        });
        additions.chain(removals)
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
        let mut changes: Vec<_> = self.changes().collect();
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
        self.members + self.additions.len() - self.removals.len()
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

/// The groups of a roster, found.
struct Groups<'o> {
    found: Vec<(&'o AccessGroup, Mode)>,
    /// For each group of the roster, its place in `found`; two names may mean one group.
    places: Vec<Option<u32>>,
}

impl<'o> Groups<'o> {
    fn new(
        roster: &Roster,
        observed: &'o Observed,
        options: &PlanOptions,
        problems: &mut Found,
    ) -> Self {
        let named = NamedGroups::new(observed);
        let mut groups = Self {
            found: Vec::new(),
            places: Vec::new(),
        };
        // The place of each group, and the row and mode that the roster has set.
        let mut known: HashMap<AccessGroupId, (u32, Option<(Mode, u32)>)> = HashMap::new();
        for wanted in roster.groups() {
            let group = match named.only(&wanted.name, observed) {
                Ok(group) => group,
                Err(kind) => {
                    problems.add(Problem::of_cell(wanted.row, Column::Group, kind));
                    groups.places.push(None);
                    continue;
                }
            };
            let next = number(groups.found.len());
            let (place, mode) = known
                .entry(group.acs_access_group_id)
                .or_insert((next, None));
            if *place == next {
                groups.found.push((group, options.mode));
            }
            groups.places.push(Some(*place));
            match (*mode, wanted.set_mode()) {
                (None, set) => *mode = set,
                (Some((mode, row)), Some((other, at))) if mode != other => {
                    let kind = ProblemKind::OtherMode { row, mode };
                    problems.add(Problem::of_cell(at, Column::Mode, kind));
                }
                (Some(_), _) => {}
            }
        }
        for (group, mode) in &mut groups.found {
            let id = group.acs_access_group_id;
            let of_roster = known
                .get(&id)
                .and_then(|(_, set)| set.map(|(mode, _)| mode));
            *mode = options
                .modes
                .get(&id)
                .copied()
                .or(of_roster)
                .unwrap_or(*mode);
        }
        groups
    }
}

/// All groups, by everything that names them.
struct NamedGroups<'o>(HashMap<String, Vec<&'o AccessGroup>>);

impl<'o> NamedGroups<'o> {
    fn new(observed: &'o Observed) -> Self {
        let mut named: HashMap<String, Vec<&AccessGroup>> = HashMap::new();
        for group in observed.groups.values() {
            for key in crate::observed::keys(group) {
                named.entry(key).or_default().push(group);
            }
        }
        Self(named)
    }

    fn only(&self, name: &str, observed: &Observed) -> Result<&'o AccessGroup, ProblemKind> {
        let groups = self.0.get(&crate::observed::key(name));
        match groups.map(Vec::as_slice).unwrap_or_default() {
            [] => Err(ProblemKind::UnknownGroup),
            [only] if observed.members.contains_key(&only.acs_access_group_id) => Ok(only),
            // Without its members, everybody would be added and nobody removed.
            [_] => Err(ProblemKind::UnreadGroup),
            several => Err(ProblemKind::SeveralGroups(several.len())),
        }
    }
}

/// The pairs that the roster desires, sorted, each with its row; and the number of repeated rows.
fn desired(
    roster: &Roster,
    at: Timestamp,
    groups: &Groups<'_>,
    people: &mut People<'_>,
    problems: &mut Found,
) -> (Vec<Pair<u32>>, usize) {
    let mut pairs = Vec::with_capacity(roster.rows().len());
    for row in roster.rows().filter(|row| row.is_desired_at(at)) {
        let Some(place) = groups.places[row.group] else {
            continue; // the group is a problem already
        };
        let (group, _) = groups.found[place as usize];
        match people.named(row.user, group.acs_system_id) {
            Ok(person) => pairs.push(Pair {
                group: place,
                person,
                about: row.number,
            }),
            Err(kind) => problems.add(Problem::of_cell(row.number, Column::User, kind)),
        }
    }
    let count = pairs.len();
    let pairs = merge::sorted(pairs, groups.found.len(), people.count());
    let repeated = count - pairs.len();
    (pairs, repeated)
}

/// The plans of all groups.
fn difference(
    groups: &Groups<'_>,
    desired: Vec<Pair<u32>>,
    observed: &Observed,
    people: &mut People<'_>,
) -> Vec<GroupPlan> {
    let mut present = Vec::new();
    let mut leaving = Vec::new();
    for (place, (group, _)) in groups.found.iter().enumerate() {
        let Some(members) = observed.members.get(&group.acs_access_group_id) else {
            continue; // a problem already
        };
        let group_number = number(place);
        for (user, is_pending) in &members.users {
            let person = people.member(*user, group.acs_system_id);
            present.push(Pair {
                group: group_number,
                person,
                about: *is_pending,
            });
        }
        for user in &members.leaving {
            let person = people.member(*user, group.acs_system_id);
            leaving.push(Pair {
                group: group_number,
                person,
                about: (),
            });
        }
    }
    let present = merge::sorted(present, groups.found.len(), people.count());
    let mut plans: Vec<_> = groups
        .found
        .iter()
        .map(|(group, mode)| GroupPlan::new(group, *mode))
        .collect();
    let mut changed = Vec::new();
    merge::merge(&desired, &present, merge::by_numbers, |both| match both {
        Said::Left(wanted) => changed.push(Changed {
            kind: MembershipChange::Added,
            group: wanted.group,
            person: wanted.person,
            row: Some(wanted.about),
        }),
        Said::Right(member) => {
            let plan = &mut plans[member.group as usize];
            plan.members += 1;
            if plan.mode == Mode::Authoritative {
                changed.push(Changed {
                    kind: MembershipChange::Removed,
                    group: member.group,
                    person: member.person,
                    row: None,
                });
            }
        }
        Said::Both(wanted, member) => {
            let plan = &mut plans[member.group as usize];
            plan.members += 1;
            if member.about {
                plan.pending
                    .push(people.planned(wanted.person, Some(wanted.about)));
            }
        }
    });
    let leaving = merge::sorted(leaving, groups.found.len(), people.count());
    add_leaving(&mut plans, &leaving, &desired, &present, people);
    add_changes(&mut plans, &changed, people);
    for plan in &mut plans {
        for list in [&mut plan.additions, &mut plan.removals, &mut plan.pending] {
            list.sort_unstable_by_key(|planned| planned.user);
        }
    }
    plans
}

/// Adds who was removed, is not desired, and still shows a pending removal.
fn add_leaving(
    plans: &mut [GroupPlan],
    leaving: &[Pair<()>],
    desired: &[Pair<u32>],
    present: &[Pair<bool>],
    people: &People<'_>,
) {
    for pair in leaving {
        let is_desired = desired
            .binary_search_by(|other| merge::by_numbers(other, pair))
            .is_ok();
        let is_present = present
            .binary_search_by(|other| merge::by_numbers(other, pair))
            .is_ok();
        if !is_desired && !is_present {
            plans[pair.group as usize]
                .pending
                .push(people.planned(pair.person, None));
        }
    }
}

/// A change of one person in one group, by their numbers.
struct Changed {
    kind: MembershipChange,
    group: u32,
    person: u32,
    row: Option<u32>,
}

/// Adds the changes to the plans of their groups, with the other group of those who move.
fn add_changes(plans: &mut [GroupPlan], changed: &[Changed], people: &People<'_>) {
    // A person is of one system, so that all changes of theirs are.
    let mut moves: HashMap<u32, [Moving; 2]> = HashMap::new();
    for change in changed {
        let [added, removed] = moves.entry(change.person).or_default();
        let moving = match change.kind {
            MembershipChange::Added => added,
            MembershipChange::Removed => removed,
        };
        *moving = match moving {
            Moving::Nowhere => Moving::One(change.group),
            Moving::One(_) | Moving::Several => Moving::Several,
        };
    }
    for change in changed {
        let mut planned = people.planned(change.person, change.row);
        if let Some([Moving::One(to), Moving::One(from)]) = moves.get(&change.person) {
            let other = match change.kind {
                MembershipChange::Added => from,
                MembershipChange::Removed => to,
            };
            planned.moves = Some(plans[*other as usize].group);
        }
        let plan = &mut plans[change.group as usize];
        match change.kind {
            MembershipChange::Added => plan.additions.push(planned),
            MembershipChange::Removed => plan.removals.push(planned),
        }
    }
}

/// The group that somebody is added to, or removed from.
#[derive(Default)]
enum Moving {
    #[default]
    Nowhere,
    One(u32),
    Several,
}

/// A place in a list of groups, of which there are fewer than rows.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
