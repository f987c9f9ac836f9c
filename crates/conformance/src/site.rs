//! What a port holds when a case begins.

mod furnish;

use std::{collections::BTreeSet, fmt, sync::LazyLock, time::Duration};

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessSchedule, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    Entrance, EntranceId, Timestamp, UserIdentity, UserIdentityId, Workspace, WorkspaceId,
};
use serde_json::json;

/// The resources that a port holds when a case begins: put all of them into a fresh store.
///
/// It is sound: ids and pairs are unique, every id that is named exists, and memberships and
/// entrances of groups stay within one system. Ids repeat from site to site, so every
/// [`Fixture`](crate::Fixture) needs a store, a schema or a workspace of its own.
///
/// The fields that a port must keep:
///
/// | resource | fields |
/// |---|---|
/// | system | id, name, `connected_account_id`, time zone, errors and warnings |
/// | user | id, system, `display_name`, `full_name`, `email_address`, `phone_number`, `is_suspended`, `access_schedule`, `user_identity_id` and the three fields on that identity, `hid_acs_system_id`, `created_at`, errors and warnings |
/// | identity | id, `user_identity_key`, `full_name`, `email_address`, `phone_number`, `acs_user_ids`, `created_at`, errors and warnings |
/// | group | id, system, name, `access_schedule`, errors and warnings |
/// | entrance | id, system, `display_name`, `connected_account_id`, `space_ids`, `created_at`, errors and warnings |
///
/// Of the other fields, and of those that this version does not know, a port may keep any; but what
/// it shows of a resource in one place it shows in all of them. Exempt is what changes by itself:
/// `pending_mutations`, `last_successful_sync_at`, `is_locked`. Errors and warnings are kept
/// because they decide who can open a door.
///
/// The workspace may be another one, as long as every system, user, identity and group names it.
///
/// A user is linked to the identity that their `user_identity_id` names; the same links are
/// in the identity's `acs_user_ids`. No entrance is granted to anybody.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Site {
    /// The workspace.
    pub workspace: Workspace,
    /// The access control systems.
    pub systems: Vec<AcsSystem>,
    /// The ACS users.
    pub users: Vec<AcsUser>,
    /// The user identities.
    pub identities: Vec<UserIdentity>,
    /// The access groups.
    pub groups: Vec<AccessGroup>,
    /// The entrances.
    pub entrances: Vec<Entrance>,
    /// Pairs of a group and an entrance that it holds.
    pub group_entrances: Vec<(AccessGroupId, EntranceId)>,
    /// Pairs of a user and a group that they are a member of.
    pub memberships: Vec<(AcsUserId, AccessGroupId)>,
}

impl Default for Site {
    fn default() -> Self {
        Self::of(WorkspaceId::from_u128(1))
    }
}

impl Site {
    /// A small site, to try a fixture with: two systems; in the first, a gym with an entrance and
    /// the members Ada, who is linked to an identity, and Grace; in the second, a pool.
    #[must_use]
    pub fn sample() -> Self {
        let (mut site, [main, west]) = Self::with_two_systems();
        let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
        site.identity("Ada", None, None, &[ada]);
        let gym = site.group(main, "Gym");
        site.members(gym, &[ada, grace]);
        let door = site.entrance(main, "Gym Door");
        site.group_entrances.push((gym, door));
        site.user(west, "Edsger");
        site.group(west, "Pool");
        site
    }

    /// The site as one JSON document: the project's site file, which `access-groups-in-memory`
    /// reads.
    #[must_use]
    pub fn to_json(&self) -> String {
        let memberships = self
            .memberships
            .iter()
            .map(|(user, group)| json!({"acs_user_id": user, "acs_access_group_id": group}));
        let group_entrances = self.group_entrances.iter().map(
            |(group, entrance)| json!({"acs_access_group_id": group, "acs_entrance_id": entrance}),
        );
        let site = json!({
            "workspace": self.workspace,
            "acs_systems": self.systems,
            "acs_users": self.users,
            "user_identities": self.identities,
            "acs_access_groups": self.groups,
            "acs_entrances": self.entrances,
            "memberships": memberships.collect::<Vec<_>>(),
            "group_entrances": group_entrances.collect::<Vec<_>>(),
        });
        site.to_string()
    }

    /// The other workspace with nothing in it.
    pub(crate) fn empty_elsewhere() -> Self {
        Self::of(ELSEWHERE)
    }

    /// The other workspace, whose ids are unknown in every other site.
    pub(crate) fn elsewhere() -> Self {
        let mut site = Self::of(ELSEWHERE);
        let far = site.system("Far");
        let eve = site.user(far, "Eve");
        site.identity("Eve", Some("ada@example.com"), None, &[eve]);
        site.identities[0].user_identity_key = Some("eve".to_owned());
        let pool = site.group(far, "Pool");
        let gate = site.entrance(far, "Gate");
        site.members(pool, &[eve]);
        site.holds(pool, &[gate]);
        site
    }

    fn of(workspace: WorkspaceId) -> Self {
        Self {
            workspace: Workspace::new(workspace, "Maple Court"),
            systems: Vec::new(),
            users: Vec::new(),
            identities: Vec::new(),
            groups: Vec::new(),
            entrances: Vec::new(),
            group_entrances: Vec::new(),
            memberships: Vec::new(),
        }
    }

    pub(crate) fn system(&mut self, name: &str) -> AcsSystemId {
        let id = AcsSystemId::from_u128(self.id(0x5000_0000, self.systems.len()));
        let system = AcsSystem::new(id, name).with_workspace(self.workspace_id());
        self.systems.push(system);
        id
    }

    pub(crate) fn with_one_system() -> (Self, AcsSystemId) {
        let mut site = Self::default();
        let main = site.system("Main");
        (site, main)
    }

    pub(crate) fn with_two_systems() -> (Self, [AcsSystemId; 2]) {
        let (mut site, main) = Self::with_one_system();
        let west = site.system("West Wing");
        (site, [main, west])
    }

    pub(crate) fn user(&mut self, system: AcsSystemId, name: &str) -> AcsUserId {
        self.user_with(system, name, |user| user)
    }

    pub(crate) fn users(&mut self, system: AcsSystemId, count: usize) -> Vec<AcsUserId> {
        let names = (1..=count).map(|number| format!("User {number}"));
        names.map(|name| self.user(system, &name)).collect()
    }

    /// A user created one second after the one before.
    pub(crate) fn user_with(
        &mut self,
        system: AcsSystemId,
        name: &str,
        edit: impl FnOnce(AcsUser) -> AcsUser,
    ) -> AcsUserId {
        let number = self.users.len();
        let id = AcsUserId::from_u128(self.id(0xa000_0000, number));
        let user = AcsUser::new(id, system, name)
            .with_workspace(self.workspace_id())
            .with_created_at(Timestamp::from_unix_seconds(number as u32));
        self.users.push(edit(user));
        id
    }

    /// An identity created one second after the one before, and these users linked to it.
    pub(crate) fn identity(
        &mut self,
        name: &str,
        email: Option<&str>,
        phone: Option<&str>,
        users: &[AcsUserId],
    ) -> UserIdentityId {
        let number = self.identities.len();
        let id = UserIdentityId::from_u128(self.id(0x1d00_0000, number));
        let mut identity = UserIdentity::new(id, name)
            .with_workspace(self.workspace_id())
            .with_created_at(Timestamp::from_unix_seconds(number as u32));
        identity.email_address = email.map(str::to_owned);
        identity.phone_number = phone.map(str::to_owned);
        identity.acs_user_ids = users.iter().map(ToString::to_string).collect();
        let users: BTreeSet<_> = users.iter().collect();
        let linked = |user: &&mut AcsUser| users.contains(&user.acs_user_id);
        for user in self.users.iter_mut().filter(linked) {
            user.user_identity_id = Some(id.to_string());
            user.user_identity_full_name = Some(identity.full_name.clone());
            user.user_identity_email_address = Some(identity.email_address.clone());
            user.user_identity_phone_number = Some(identity.phone_number.clone());
        }
        self.identities.push(identity);
        id
    }

    pub(crate) fn group(&mut self, system: AcsSystemId, name: &str) -> AccessGroupId {
        let id = AccessGroupId::from_u128(self.id(0x6000_0000, self.groups.len()));
        let group = AccessGroup::new(id, system, name).with_workspace(self.workspace_id());
        self.groups.push(group);
        id
    }

    /// An entrance created one second after the one before.
    pub(crate) fn entrance(&mut self, system: AcsSystemId, name: &str) -> EntranceId {
        let number = self.entrances.len();
        let id = EntranceId::from_u128(self.id(0xe000_0000, number));
        let age = Timestamp::from_unix_seconds(number as u32);
        let entrance = Entrance::new(id, system, name).with_created_at(age);
        self.entrances.push(entrance);
        id
    }

    pub(crate) fn entrances(&mut self, system: AcsSystemId, count: usize) -> Vec<EntranceId> {
        let names = (1..=count).map(|number| format!("Door {number}"));
        names.map(|name| self.entrance(system, &name)).collect()
    }

    pub(crate) fn members(&mut self, group: AccessGroupId, users: &[AcsUserId]) {
        let pairs = users.iter().map(|user| (*user, group));
        self.memberships.extend(pairs);
    }

    pub(crate) fn holds(&mut self, group: AccessGroupId, entrances: &[EntranceId]) {
        let pairs = entrances.iter().map(|entrance| (group, *entrance));
        self.group_entrances.extend(pairs);
    }

    /// `a0000000-0000-4000-8000-000000000001`: the first digits tell the kind, the last ones
    /// count from 1, or from 1001 in the other workspace.
    fn id(&self, kind: u32, count: usize) -> u128 {
        let version_and_variant = 0x4000_8000_0000_0000_0000;
        // Other ids than here, so that a port that mixes workspaces is found out.
        let elsewhere = self.workspace_id() == ELSEWHERE;
        let number = u128::from(elsewhere) * 0x1000 + count as u128 + 1;
        (u128::from(kind) << 96) | version_and_variant | number
    }

    fn workspace_id(&self) -> WorkspaceId {
        self.workspace.workspace_id
    }
}

/// The other workspace.
const ELSEWHERE: WorkspaceId = WorkspaceId::from_u128(2);

/// One line for each resource and pair, and of hundreds the first few: for messages.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_some(f, &self.systems, |f, system| {
            write!(f, "  system    {} {}", system.acs_system_id, system.name)
        })?;
        write_some(f, &self.users, |f, user| {
            let (id, system) = (user.acs_user_id, self.name_of(user.acs_system_id));
            write!(f, "  user      {id} {} of {system}", user.display_name)?;
            contact(f, [&user.email_address, &user.phone_number])?;
            if user.is_suspended == Some(true) {
                write!(f, ", suspended")?;
            }
            schedule(f, user.access_schedule)?;
            match &user.user_identity_id {
                Some(identity) => write!(f, ", linked to {identity}"),
                None => Ok(()),
            }
        })?;
        write_some(f, &self.identities, |f, identity| {
            let (id, name) = (identity.user_identity_id, &identity.display_name);
            write!(f, "  identity  {id} {name}")?;
            if let Some(key) = &identity.user_identity_key {
                write!(f, ", key {key}")?;
            }
            contact(f, [&identity.email_address, &identity.phone_number])
        })?;
        write_some(f, &self.groups, |f, group| {
            let (id, system) = (group.acs_access_group_id, self.name_of(group.acs_system_id));
            write!(f, "  group     {id} {} of {system}", group.name)?;
            schedule(f, group.access_schedule)
        })?;
        write_some(f, &self.entrances, |f, entrance| {
            let (id, name) = (entrance.acs_entrance_id, &entrance.display_name);
            let system = self.name_of(entrance.acs_system_id);
            write!(f, "  entrance  {id} {name} of {system}")
        })?;
        write_some(f, &self.memberships, |f, (user, group)| {
            write!(f, "  member    {user} of {group}")
        })?;
        write_some(f, &self.group_entrances, |f, (group, entrance)| {
            write!(f, "  held      {entrance} by {group}")
        })
    }
}

/// A line for each of them, or for the first few of very many.
fn write_some<T>(
    f: &mut fmt::Formatter<'_>,
    all: &[T],
    write: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    let shown = if all.len() > 50 { 8 } else { all.len() };
    for one in &all[..shown] {
        write(f, one)?;
        writeln!(f)?;
    }
    match all.len() - shown {
        0 => Ok(()),
        more => writeln!(f, "            and {more} more"),
    }
}

impl Site {
    fn name_of(&self, system: AcsSystemId) -> &str {
        let mut systems = self.systems.iter();
        let found = systems.find(|known| known.acs_system_id == system);
        found.map_or("an unknown system", |known| &known.name)
    }
}

fn contact(f: &mut fmt::Formatter<'_>, contacts: [&Option<String>; 2]) -> fmt::Result {
    for contact in contacts.into_iter().flatten() {
        write!(f, ", {contact}")?;
    }
    Ok(())
}

fn schedule(f: &mut fmt::Formatter<'_>, schedule: Option<AccessSchedule>) -> fmt::Result {
    let Some(schedule) = schedule else {
        return Ok(());
    };
    write!(f, ", from {}", schedule.starts_at)?;
    match schedule.ends_at {
        Some(end) => write!(f, " until {end}"),
        None => Ok(()),
    }
}

// The laws name instants far from any clock, so that they hold at any time.

/// In the year 2000.
pub(crate) const fn long_ago(second: u32) -> Timestamp {
    Timestamp::from_unix_seconds(946_684_800 + second)
}

/// In the year 9000.
pub(crate) fn far_off(minute: u8) -> Timestamp {
    // Too far away for seconds in 32 bits, and parsed once: the model run asks for it often.
    static FIRST: LazyLock<Timestamp> = LazyLock::new(|| {
        let text = "9000-01-01T00:00:00Z";
        text.parse().expect("an instant of that year")
    });
    *FIRST + Duration::from_secs(60 * u64::from(minute))
}

pub(crate) fn is_far_off(instant: Timestamp) -> bool {
    instant >= far_off(0)
}
