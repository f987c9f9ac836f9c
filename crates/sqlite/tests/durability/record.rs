//! Changes that write several rows each, and what must be true of them afterwards.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemId, AcsUserId, BlockingAccessGroups,
    BlockingAcsUsers, BlockingStore, Error, NewAcsUser, Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_sql::Event;
use access_groups_sqlite::{BlockingSqlite, Database, Entry, HistoryFilter};

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);

/// A database with a workspace in which there is one group.
pub(crate) fn furnish(database: &Database, workspace: WorkspaceId) {
    let created = database.create_workspace(&Workspace::new(workspace, "Lab"));
    assert!(created.expect("created"));
    let mut site = SiteBuilder::new();
    site.group("Gym");
    let port = database.workspace(workspace).expect("read").expect("there");
    port.import(&site.build_state().to_site_json())
        .expect("imported");
}

/// Creates and deletes users of the one group.
pub(crate) struct Writer {
    port: BlockingSqlite,
    system: AcsSystemId,
    group: AccessGroupId,
}

impl Writer {
    pub(crate) fn new(database: &Database, workspace: WorkspaceId) -> Self {
        let port = database.workspace(workspace).expect("read").expect("there");
        let groups = port.access_groups(AccessGroupFilter::new()).expect("read");
        Self {
            system: groups[0].acs_system_id,
            group: groups[0].acs_access_group_id,
            port,
        }
    }

    /// A user and a membership: two rows, and two lines of history.
    pub(crate) fn create(&self, name: &str) -> Result<AcsUserId, Error> {
        let user = NewAcsUser::new(self.system, name.parse().expect("a name"));
        let user = user.in_group(self.group);
        Ok(self.port.create_acs_user(user)?.acs_user_id)
    }

    pub(crate) fn delete(&self, user: AcsUserId) -> Result<(), Error> {
        self.port.delete_acs_user(user)
    }

    pub(crate) fn members(&self) -> Result<BTreeSet<AcsUserId>, Error> {
        let members = self.port.users_in_group(self.group)?;
        Ok(members.iter().map(|user| user.acs_user_id).collect())
    }
}

/// What the workspace holds, after this has made sure that nothing in it is half done.
pub(crate) struct Held {
    /// Who was created, the first one first.
    pub(crate) created: Vec<AcsUserId>,
    pub(crate) deleted: BTreeSet<AcsUserId>,
}

impl Held {
    pub(crate) fn of(database: &Database, workspace: WorkspaceId) -> Self {
        assert_eq!(database.check().expect("checked"), Vec::<String>::new());
        let mut filter = HistoryFilter::default();
        filter.limit = u32::MAX;
        let mut lines = database.history(workspace, &filter).expect("read");
        lines.retain(|line| line.line.event != Event::Imported);
        let mut events: BTreeMap<AcsUserId, Vec<&str>> = BTreeMap::new();
        for line in lines.iter().rev() {
            let user = line.line.user.expect("all changes are about users");
            events.entry(user).or_default().push(line.line.event.name());
        }
        let mut deleted = BTreeSet::new();
        for (user, events) in &events {
            match events[..] {
                ["created", "joined"] => {}
                ["created", "joined", "deleted", "left"] => drop(deleted.insert(*user)),
                _ => panic!("half done: {user}: {events:?}"),
            }
        }
        let there: BTreeSet<_> = events
            .into_keys()
            .filter(|user| !deleted.contains(user))
            .collect();
        let writer = Writer::new(database, workspace);
        assert_eq!(
            writer.members().expect("read"),
            there,
            "members and history"
        );
        let created = |line: &Entry| {
            line.line
                .user
                .filter(|_| line.line.event.name() == "created")
        };
        let created = lines.iter().rev().filter_map(created).collect();
        Self { created, deleted }
    }
}
