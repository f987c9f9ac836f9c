//! A plan as a file, to be looked at now and applied later.

use std::{collections::BTreeMap, error::Error as StdError, fmt, time::Duration};

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, Timestamp, UserIdentityId, UserRef, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{GroupPlan, Mode, Moved, Observed, Plan, Planned};

/// Where a plan comes from, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Origin {
    /// The program that made it, with its version.
    pub tool: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The store, as its user names it.
    pub store: String,
    /// The workspace, if there was any group.
    pub workspace_id: Option<WorkspaceId>,
    /// The name of the roster.
    pub roster: String,
    /// SHA-256 of the roster, in hexadecimal digits; empty if it was made without one.
    pub roster_sha256: String,
}

impl Origin {
    /// A plan made now by this tool for this store.
    pub fn new(tool: impl Into<String>, made_at: Timestamp, store: impl Into<String>) -> Self {
        Self {
            tool: tool.into(),
            made_at,
            store: store.into(),
            workspace_id: None,
            roster: String::new(),
            roster_sha256: String::new(),
        }
    }

    /// Sets the workspace.
    #[must_use]
    pub const fn in_workspace(mut self, workspace: Option<WorkspaceId>) -> Self {
        self.workspace_id = workspace;
        self
    }

    /// Sets the name and the content of the roster.
    #[must_use]
    pub fn of_roster(mut self, name: impl Into<String>, file: &[u8]) -> Self {
        self.roster = name.into();
        self.roster_sha256 = sha256(file);
        self
    }
}

/// A plan with its origin and the members that it was made from: what a file of a plan holds.
///
/// The file is JSON, and names people.
///
/// # Examples
///
/// ```
/// use access_groups_core::Timestamp;
/// use access_groups_in_memory::SiteBuilder;
/// use access_groups_roster::{
///     Origin, Plan, PlanOptions, ReadOptions, Roster, SavedPlan, observe_blocking,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// let port = site.build_blocking();
/// let file = format!("user,group\n{ada},{gym}\n");
/// let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new())?;
/// let observed = observe_blocking(port.clone(), &roster)?;
/// let now = Timestamp::from_unix_seconds(0);
/// let plan = Plan::new(&roster, &observed, now, &PlanOptions::new())?;
///
/// let origin = Origin::new("a test", now, "memory").of_roster("roster.csv", file.as_bytes());
/// let saved = SavedPlan::new(plan, &observed, origin);
/// let read = SavedPlan::from_json(saved.to_json().as_bytes())?;
/// assert_eq!(read, saved);
/// assert!(read.recheck(&observed, now).is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedPlan {
    /// Where it comes from.
    pub origin: Origin,
    /// The plan.
    pub plan: Plan,
    /// The members of each group of the plan when it was made, sorted.
    pub members: BTreeMap<AccessGroupId, Vec<AcsUserId>>,
}

impl SavedPlan {
    /// A plan made from what was observed.
    #[must_use]
    pub fn new(plan: Plan, observed: &Observed, origin: Origin) -> Self {
        let members = plan.groups().iter().map(|group| {
            let found = observed.members.get(&group.group);
            let users = found.map(|members| members.users.as_slice());
            let users = users.unwrap_or_default().iter();
            let mut users: Vec<_> = users.map(|(user, _)| *user).collect();
            users.sort_unstable();
            (group.group, users)
        });
        Self {
            members: members.collect(),
            origin,
            plan,
        }
    }

    /// The text of its file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut file = File::of(self);
        file.sha256 = sha256(file.text().as_bytes());
        file.text()
    }

    /// Reads a file of a plan.
    ///
    /// # Errors
    ///
    /// If it is not one, is of a newer version, or was changed by hand.
    pub fn from_json(file: &[u8]) -> Result<Self, SavedPlanError> {
        let head: Head = serde_json::from_slice(file).map_err(SavedPlanError::from)?;
        if head.format != FORMAT {
            return Err(SavedPlanError::Other);
        }
        if head.format_version != VERSION {
            return Err(SavedPlanError::Version(head.format_version));
        }
        let file: File = serde_json::from_slice(file).map_err(SavedPlanError::from)?;
        file.into_plan()
    }

    /// Compares it with what was observed now, as [`Plan::recheck`] does.
    ///
    /// # Errors
    ///
    /// What has moved; or that rows of the roster have begun or ended since, so that the roster says
    /// something else now; or that it is for another workspace.
    pub fn recheck(&self, observed: &Observed, now: Timestamp) -> Result<Plan, Stale> {
        Stale::check_workspace(self.origin.workspace_id, observed)?;
        let rows = [self.plan.next_begin(), self.plan.next_end()];
        let valid_until = rows.into_iter().flatten().min();
        Stale::check_time(self.origin.made_at, valid_until, now)?;
        self.plan.recheck(observed).map_err(Stale::Moved)
    }
}

/// Why a saved plan does not fit any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale {
    /// Memberships that it changes have changed: show these, and make a new plan.
    Moved(Vec<Moved>),
    /// Rows of its roster have begun or ended since, at this instant first: make a new plan of the
    /// roster.
    Rows(Timestamp),
    /// The clock is more than five minutes before this instant, at which the plan was made: set the
    /// clock, or make a new plan.
    ClockSetBack(Timestamp),
    /// It was made for another workspace: use a credential of that one, or make a new plan.
    OtherWorkspace {
        /// That one.
        planned: WorkspaceId,
        /// The workspace of the store.
        found: WorkspaceId,
    },
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Which ones is long, and names groups and people.
            Self::Moved(moved) => write!(
                f,
                "the plan does not fit any more: {} changed since it was made",
                match moved.len() {
                    1 => "1 membership has".to_owned(),
                    count => format!("{count} memberships have"),
                }
            ),
            Self::Rows(at) => write!(
                f,
                "rows of the plan's roster have begun or ended since it was made, on {at} first"
            ),
            Self::ClockSetBack(made_at) => write!(
                f,
                "the plan was made at {made_at}, which the clock has not reached"
            ),
            Self::OtherWorkspace { planned, found } => write!(
                f,
                "the plan is for workspace {planned}, and the store is of workspace {found}"
            ),
        }
    }
}

impl StdError for Stale {}

impl Stale {
    pub(crate) fn check_workspace(
        planned: Option<WorkspaceId>,
        observed: &Observed,
    ) -> Result<(), Self> {
        match (planned, observed.workspace()) {
            (Some(planned), Some(found)) if planned != found => {
                Err(Self::OtherWorkspace { planned, found })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn check_time(
        made_at: Timestamp,
        valid_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Self> {
        // A clock that was set back makes every row uncertain; those of two machines differ a little.
        if now.checked_add(SKEW).is_none_or(|now| now < made_at) {
            return Err(Self::ClockSetBack(made_at));
        }
        match valid_until {
            Some(at) if at <= now => Err(Self::Rows(at)),
            _ => Ok(()),
        }
    }
}

/// Why a file is no saved plan.
#[derive(Debug)]
#[non_exhaustive]
pub enum SavedPlanError {
    /// It is not JSON, or lacks something.
    Json(serde_json::Error),
    /// It is JSON of another kind.
    Other,
    /// It has this version, which is unknown.
    Version(u32),
    /// Its content is not that of its checksum.
    Changed,
}

impl From<serde_json::Error> for SavedPlanError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl fmt::Display for SavedPlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(_) => f.write_str("the file is no saved plan, or was cut off"),
            Self::Other => f.write_str("the file is no saved plan"),
            Self::Version(version) => write!(
                f,
                "the saved plan has version {version}, and only version {VERSION} is known"
            ),
            Self::Changed => f.write_str("the saved plan was changed by hand"),
        }
    }
}

impl StdError for SavedPlanError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Other | Self::Version(_) | Self::Changed => None,
        }
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    format_version: u32,
    /// SHA-256 of the file without it, as it is written first.
    sha256: String,
    hash: String,
    origin: Origin,
    next_begin: Option<Timestamp>,
    next_end: Option<Timestamp>,
    repeated_rows: usize,
    groups: Vec<SavedGroup>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedGroup {
    acs_access_group_id: AccessGroupId,
    name: String,
    acs_system_id: AcsSystemId,
    mode: Mode,
    additions: Vec<SavedPerson>,
    removals: Vec<SavedPerson>,
    pending: Vec<SavedPerson>,
    members: Vec<AcsUserId>,
}

#[derive(Serialize, Deserialize)]
struct SavedPerson {
    #[serde(flatten)]
    user: SavedUser,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    row: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    moves: Option<AccessGroupId>,
}

/// A user as Seam's requests name one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SavedUser {
    #[serde(rename = "acs_user_id")]
    AcsUser(AcsUserId),
    #[serde(rename = "user_identity_id")]
    Identity(UserIdentityId),
}

impl From<UserRef> for SavedUser {
    fn from(user: UserRef) -> Self {
        match user {
            UserRef::AcsUser(id) => Self::AcsUser(id),
            UserRef::Identity(id) => Self::Identity(id),
        }
    }
}

impl From<SavedUser> for UserRef {
    fn from(user: SavedUser) -> Self {
        match user {
            SavedUser::AcsUser(id) => id.into(),
            SavedUser::Identity(id) => id.into(),
        }
    }
}

impl File {
    fn of(saved: &SavedPlan) -> Self {
        let SavedPlan {
            origin,
            plan,
            members,
        } = saved;
        let people = |list: &[Planned]| list.iter().map(SavedPerson::of).collect();
        let groups = plan.groups().iter().map(|group| SavedGroup {
            acs_access_group_id: group.group,
            name: group.name.clone(),
            acs_system_id: group.system,
            mode: group.mode,
            additions: people(&group.additions),
            removals: people(&group.removals),
            pending: people(&group.pending),
            members: members.get(&group.group).cloned().unwrap_or_default(),
        });
        Self {
            format: FORMAT.to_owned(),
            format_version: VERSION,
            sha256: String::new(),
            hash: plan.hash(),
            origin: origin.clone(),
            next_begin: plan.next_begin(),
            next_end: plan.next_end(),
            repeated_rows: plan.repeated_rows(),
            groups: groups.collect(),
        }
    }

    fn text(&self) -> String {
        // Keys are texts and values are plain: nothing of it can fail to be written.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }

    fn into_plan(mut self) -> Result<SavedPlan, SavedPlanError> {
        // The hash of the plan is of the changes alone. Everything counts: for whom a row ends when, who
        // moves, and who was a member.
        let digest = std::mem::take(&mut self.sha256);
        if digest != sha256(self.text().as_bytes()) {
            return Err(SavedPlanError::Changed);
        }
        let mut members = BTreeMap::new();
        let people = |list: Vec<SavedPerson>| list.into_iter().map(SavedPerson::planned).collect();
        let groups = self.groups.into_iter().map(|group| {
            let plan = GroupPlan {
                group: group.acs_access_group_id,
                name: group.name,
                system: group.acs_system_id,
                mode: group.mode,
                members: group.members.len(),
                additions: people(group.additions),
                removals: people(group.removals),
                pending: people(group.pending),
            };
            members.insert(plan.group, group.members);
            plan
        });
        let plan = Plan {
            groups: groups.collect(),
            repeated_rows: self.repeated_rows,
            next_begin: self.next_begin,
            next_end: self.next_end,
        };
        Ok(SavedPlan {
            origin: self.origin,
            plan,
            members,
        })
    }
}

impl SavedPerson {
    fn of(planned: &Planned) -> Self {
        Self {
            user: planned.user.into(),
            name: planned.name.clone(),
            row: planned.row,
            moves: planned.moves,
        }
    }

    fn planned(self) -> Planned {
        Planned {
            user: self.user.into(),
            name: self.name,
            row: self.row,
            moves: self.moves,
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How far the clocks of two machines may be apart.
const SKEW: Duration = Duration::from_secs(300);

const FORMAT: &str = "access-groups plan";

/// Incremented with every change of the file.
const VERSION: u32 = 1;
