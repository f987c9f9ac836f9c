//! What the history tells of pairs is what there is of them.

use std::collections::BTreeMap;

use access_groups_core::{
    AccessGroupId, AccessGroupUpdate, AcsSystemId, AcsUserId, AddUser, Content, Context,
    CreateAccessGroup, CreateAcsUser, CreateEntrance, DeleteAccessGroup, DeleteAcsUser,
    DeleteEntrance, DeleteUserIdentity, EntranceId, GrantAccess, LinkAcsUser, NewAccessGroup,
    NewAcsUser, NewEntrance, Operation, RemoveUser, RevokeAccess, RevokeAccessToAllEntrances,
    Store, UpdateAccessGroup, UserIdentityId, UserRef, WorkspaceId,
};
use access_groups_in_memory::{SiteBuilder, State};
use access_groups_sql::{Event, HistoryFilter, Line, SqlStore};
use fastrand::Rng;

/// Makes random changes to a new workspace, and counts what its history tells of. In which order does not matter:
/// changes of one millisecond have none.
pub(crate) async fn history_tells_of_all_pairs(store: &dyn SqlStore, workspace: WorkspaceId) {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let port = store.workspace(workspace).await.expect("read");
    let port = port.expect("created");
    let mut ids = Ids::filled(&*port).await;
    let before = Pairs::of(&*port).await;
    for _ in 0..CHANGES {
        let operation = ids.operation(&mut random);
        // What it names may be gone.
        if let Ok(reply) = port.call(operation, &Context::new()).await {
            ids.learn(reply.content());
        }
    }
    let mut filter = HistoryFilter::default();
    filter.limit = u32::MAX;
    let lines = store.history(workspace, &filter).await.expect("read");
    let mut told = before;
    lines.iter().for_each(|entry| told.count(&entry.line));
    assert_eq!(told.that_are(), Pairs::of(&*port).await, "seed {seed}");
    for event in [Event::Left, Event::Revoked, Event::Removed] {
        let is_ended = |operation: &str| {
            let mut entries = lines.iter().filter(|entry| entry.line.event == event);
            entries.any(|entry| entry.operation.starts_with(operation))
        };
        assert!(is_ended("delete_"), "{event:?} by no deletion, seed {seed}");
    }
}

/// So many that each kind of deletion meets pairs, in practice always.
const CHANGES: usize = 600;

/// What there is, or was.
struct Ids {
    system: AcsSystemId,
    users: Vec<AcsUserId>,
    identities: Vec<UserIdentityId>,
    groups: Vec<AccessGroupId>,
    entrances: Vec<EntranceId>,
}

impl Ids {
    /// Of a small site, which the workspace gets.
    async fn filled(port: &dyn Store) -> Self {
        let mut site = SiteBuilder::new();
        let system = site.system();
        let users: Vec<_> = (0..6)
            .map(|number| site.user(format!("User {number}")))
            .collect();
        let identities = (0..4).map(|number| site.identity(format!("Person {number}"), []));
        let identities: Vec<_> = identities.collect();
        let groups: Vec<_> = (0..4)
            .map(|number| site.group(format!("Group {number}")))
            .collect();
        let entrances = (0..4).map(|number| site.entrance(format!("Door {number}")));
        let entrances: Vec<_> = entrances.collect();
        site.members(groups[0], users.iter().copied());
        let site = site.build_state().to_site_json();
        port.import(&site).await.expect("a sound site");
        Self {
            system,
            users,
            identities,
            groups,
            entrances,
        }
    }

    fn operation(&self, random: &mut Rng) -> Operation {
        // The newest ones are there as a rule.
        fn one<Id: Copy>(random: &mut Rng, ids: &[Id]) -> Id {
            let few = &ids[ids.len().saturating_sub(8)..];
            few[random.usize(..few.len())]
        }
        let user = one(random, &self.users);
        let identity = one(random, &self.identities);
        let group = one(random, &self.groups);
        let entrance = one(random, &self.entrances);
        let person: UserRef = match random.bool() {
            true => user.into(),
            false => identity.into(),
        };
        match random.u8(..24) {
            0..5 => AddUser::new(person, group).into(),
            5 => RemoveUser::new(person, group).into(),
            6..10 => GrantAccess::new(person, entrance).into(),
            10 => RevokeAccess::new(person, entrance).into(),
            11..14 => {
                let update = AccessGroupUpdate {
                    add_entrances: vec![entrance],
                    ..AccessGroupUpdate::default()
                };
                UpdateAccessGroup::new(group, update).into()
            }
            14 => {
                let update = AccessGroupUpdate {
                    remove_entrances: vec![entrance],
                    ..AccessGroupUpdate::default()
                };
                UpdateAccessGroup::new(group, update).into()
            }
            15 => LinkAcsUser::new(user, identity).into(),
            16 => RevokeAccessToAllEntrances::new(user).into(),
            17 => DeleteAcsUser::new(user).into(),
            18 => DeleteUserIdentity::new(identity).into(),
            19 => DeleteAccessGroup::new(group).into(),
            20 => DeleteEntrance::new(entrance).into(),
            21 => {
                let mut new = NewAcsUser::new(self.system, "New".parse().expect("a name"));
                new.groups = vec![group];
                CreateAcsUser::new(new).into()
            }
            22 => {
                let mut new = NewAccessGroup::new(self.system, "New".parse().expect("a name"));
                new.entrances = vec![entrance];
                CreateAccessGroup::new(new).into()
            }
            _ => {
                let name = "New".parse().expect("a name");
                CreateEntrance::new(NewEntrance::new(self.system, name)).into()
            }
        }
    }

    fn learn(&mut self, content: &Content) {
        if let Content::AcsUser(user) = content {
            self.users.push(user.acs_user_id);
        }
        if let Content::AccessGroup(group) = content {
            self.groups.push(group.acs_access_group_id);
        }
        if let Content::Entrance(entrance) = content {
            self.entrances.push(entrance.acs_entrance_id);
        }
    }
}

/// Who is in which group, who may open what, and which group holds what: how often it was made, less how often
/// it was ended.
#[derive(Debug, PartialEq)]
struct Pairs {
    memberships: BTreeMap<(AcsUserId, AccessGroupId), i32>,
    grants: BTreeMap<(AcsUserId, EntranceId), i32>,
    held: BTreeMap<(AccessGroupId, EntranceId), i32>,
}

impl Pairs {
    async fn of(port: &dyn Store) -> Self {
        let site = port.export().await.expect("exported");
        let site = State::from_site_json(&site).expect("a sound site");
        Self {
            memberships: site.memberships().map(|pair| (pair, 1)).collect(),
            grants: site.grants().map(|pair| (pair, 1)).collect(),
            held: site.group_entrances().map(|pair| (pair, 1)).collect(),
        }
    }

    /// Counts the pair that the line tells of.
    fn count(&mut self, line: &Line) {
        let user = || line.user.expect("a user");
        let group = || line.group.expect("a group");
        let entrance = || line.entrance.expect("an entrance");
        let (
            Self {
                memberships,
                grants,
                held,
            },
            event,
        ) = (self, line.event);
        match event {
            Event::Joined => *memberships.entry((user(), group())).or_default() += 1,
            Event::Left => *memberships.entry((user(), group())).or_default() -= 1,
            Event::Granted => *grants.entry((user(), entrance())).or_default() += 1,
            Event::Revoked => *grants.entry((user(), entrance())).or_default() -= 1,
            Event::Added => *held.entry((group(), entrance())).or_default() += 1,
            Event::Removed => *held.entry((group(), entrance())).or_default() -= 1,
            _ => {}
        }
    }

    /// Without those that were ended as often as they were made.
    fn that_are(mut self) -> Self {
        self.memberships.retain(|_, count| *count != 0);
        self.grants.retain(|_, count| *count != 0);
        self.held.retain(|_, count| *count != 0);
        self
    }
}
