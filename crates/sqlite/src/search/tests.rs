//! What the index finds, and when it is not believed.

mod walks;

use access_groups_core::{
    AcsSystem, AcsUserFilter, AcsUserId, BlockingAcsUsers, NewAcsUser, PageRequest, Timestamp,
    Workspace, WorkspaceId,
};
use access_groups_in_memory::{Slice, State};
use fastrand::Rng;
use tempfile::TempDir;

use super::*;
use crate::{BlockingSqlite, Database, change::Origin, session::Session, site, waiting::Patience};

const OWN: WorkspaceId = WorkspaceId::from_u128(7);
const SYSTEMS: [AcsSystemId; 5] = [
    AcsSystemId::from_u128(1),
    AcsSystemId::from_u128(2),
    AcsSystemId::from_u128(3),
    AcsSystemId::from_u128(4),
    AcsSystemId::from_u128(5),
];

struct File {
    port: BlockingSqlite,
    _folder: TempDir,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open(folder.path().join("site.db")).expect("opened");
        let workspace = Workspace::new(OWN, "Own");
        database.create_workspace(&workspace).expect("created");
        let port = database.workspace(OWN).expect("read");
        Self {
            port: port.expect("created"),
            _folder: folder,
        }
    }

    fn holding(site: Slice) -> Self {
        let file = Self::new();
        let mut site = State::from_slice(site, 0);
        file.write(move |scope| site::import(scope, &mut site, &Origin::nobody()));
        file
    }

    fn write<T: Send + 'static>(
        &self,
        mut write: impl FnMut(Scope<'_, '_>) -> Result<T> + Send + 'static,
    ) -> T {
        let write = move |session: &Session<'_>| write(session.scope(OWN));
        let written = self.port.database().commit(Patience::default(), write);
        written.expect("committed")
    }

    fn is_current(&self) -> bool {
        let read = |session: &Session<'_>| is_current(session.scope(OWN));
        self.port
            .database()
            .read(Patience::default(), read)
            .expect("read")
    }

    fn set_fold(&self, fold: u32) {
        self.write(move |scope| scope.execute(sql::SET_FOLD, &[&fold]));
    }

    /// All that the index finds, without the decision of `core`.
    fn found<T: Searched>(&self, search: &str) -> Option<Vec<Uuid>> {
        let search: SearchText = search.parse().expect("a search");
        let read = move |session: &Session<'_>| {
            walk(session.scope(OWN), &search, None, None, |rows| {
                rows.map(|row: T| row.id()).collect()
            })
        };
        let found = self.port.database().read(Patience::default(), read);
        found.expect("read")
    }

    /// Asks with the index and without.
    fn check<T: PartialEq>(&self, ask: impl Fn(&BlockingSqlite) -> T) -> T {
        assert!(self.is_current());
        let found = ask(&self.port);
        self.set_fold(0);
        let walked = ask(&self.port);
        self.set_fold(FOLD_VERSION);
        assert!(found == walked);
        found
    }
}

fn people(names: &[&str]) -> Slice {
    let users = (1..)
        .zip(names)
        .map(|(number, name)| AcsUser::new(AcsUserId::from_u128(number << 100), SYSTEMS[0], *name));
    Slice {
        users: users.collect(),
        systems: vec![AcsSystem::new(SYSTEMS[0], "Main")],
        ..Slice::default()
    }
}

#[test]
fn the_index_finds_few() {
    let file = File::holding(people(&["Ada Lovelace", "Grace Hopper", "Love, Ada"]));
    let count = |search| file.found::<AcsUser>(search).map(|found| found.len());
    assert_eq!(count("LOVE"), Some(2));
    assert_eq!(count("lovelace"), Some(1));
    assert_eq!(count("hopper ada"), Some(0));
    assert_eq!(count("ad"), None, "too short");
}

#[test]
fn a_search_passes_over_other_workspaces() {
    let file = File::holding(people(&["Ada Lovelace"]));
    let other = WorkspaceId::from_u128(8);
    let mut crowd = State::from_slice(people(&vec!["Ada"; 5_000]), 0);
    let database = file.port.database();
    let workspace = Workspace::new(other, "Other");
    database.create_workspace(&workspace).expect("created");
    let import = move |session: &Session<'_>| {
        site::import(session.scope(other), &mut crowd, &Origin::nobody())
    };
    let imported = database.commit(Patience::default(), import);
    imported.expect("imported");
    let ada = NewAcsUser::new(SYSTEMS[0], "Ada".parse().expect("a name"));
    file.port.create_acs_user(ada).expect("created");
    let read = |session: &Session<'_>| {
        let search = "ada".parse().expect("a search");
        session.take_costs();
        let found = walk(session.scope(OWN), &search, None, None, |rows| {
            let people: Vec<AcsUser> = rows.collect();
            people.len()
        });
        let steps: i32 = session.take_costs().iter().map(|(_, _, steps)| steps).sum();
        Ok((found?, steps))
    };
    let (found, steps) = database.read(Patience::default(), read).expect("read");
    assert_eq!(found, Some(2));
    assert!(steps < 500, "{steps}");
}

#[test]
fn what_is_deleted_leaves_the_index() {
    let file = File::holding(people(&["Ada Lovelace"]));
    let ada = AcsUserId::from_u128(1 << 100);
    file.port.delete_acs_user(ada).expect("deleted");
    let rows = "SELECT count(*) FROM acs_user_search";
    let rows = file.port.database().read(Patience::default(), |session| {
        let count = session
            .connection()
            .query_row(rows, [], |row| row.get::<_, i64>(0));
        Ok(count?)
    });
    assert_eq!(rows.expect("read"), 0);
}

#[test]
fn texts_of_another_fold_are_not_believed() {
    let file = File::holding(people(&["Ada Lovelace", "Grace Hopper"]));
    // As a program with another fold has left it.
    file.set_fold(FOLD_VERSION + 1);
    file.write(|scope| {
        let index = "DELETE FROM acs_user_search";
        Ok(scope.session().connection().execute_batch(index)?)
    });
    let filter = AcsUserFilter::new().matching("love".parse().expect("a search"));
    let count = || {
        let page = file.port.acs_users(filter.clone(), PageRequest::first());
        page.expect("read").items.len()
    };
    assert_eq!(count(), 1);
    let love = NewAcsUser::new(SYSTEMS[0], "Love".parse().expect("a name"));
    file.port.create_acs_user(love).expect("created");
    // Now there are texts of both.
    assert!(!file.is_current());
    file.set_fold(FOLD_VERSION);
    assert_eq!(count(), 1, "the test has emptied the index");
    file.write(rebuild);
    assert_eq!(count(), 2);
    assert_eq!(
        file.found::<AcsUser>("love").map(|found| found.len()),
        Some(2)
    );
}

#[test]
fn a_crowd_of_one_second_is_walked_over() {
    let names = vec!["Ada"; 10_001];
    let file = File::holding(people(&names));
    assert_eq!(file.found::<AcsUser>("ada"), None);
    let filter = AcsUserFilter::new().matching("ada".parse().expect("a search"));
    let page = file.port.acs_users(filter, PageRequest::first());
    assert_eq!(page.expect("read").items.len(), 500);
}
