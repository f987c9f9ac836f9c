//! The index answers as a walk over all rows does.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsSystem, AcsUserFilter, AcsUserId, AcsUserUpdate, BlockingAcsUsers, BlockingUserIdentities,
    NewAcsUser, Page, PageRequest, Patch, Timestamp, UserIdentityFilter, UserIdentityId,
    UserIdentityUpdate, Workspace, WorkspaceId,
};
use access_groups_in_memory::{Slice, State};
use fastrand::Rng;
use tempfile::TempDir;

use super::*;
use crate::{BlockingSqlite, Database, session::Session, site, waiting::Patience};

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
        file.write(move |scope| site::import(scope, &mut site));
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

/// All pages of so many rows, each found through the cursor before it.
fn pages<T>(limit: u32, list: impl Fn(PageRequest) -> Page<T>) -> Vec<Vec<T>> {
    let mut request = PageRequest::first();
    request.limit = NonZeroU32::new(limit);
    let mut pages = Vec::new();
    loop {
        let page = list(request.clone());
        pages.push(page.items);
        match page.next {
            Some(next) => request = request.after(next),
            None => return pages,
        }
    }
}

/// Texts that are awkward to fold, to cut into characters, or to quote.
const PARTS: &[&str] = &[
    "ada",
    "Ada",
    "LOVE",
    "lace",
    "an",
    "n",
    "a",
    "ß",
    "ﬃ",
    "é",
    "e\u{301}",
    "İ",
    "ı",
    "Ω",
    "😀",
    "𝒜",
    "\u{f0007}",
    "\u{fffe}",
    "\u{ffff}",
    "\0",
    "\n",
    "\t",
    " ",
    "  ",
    "'",
    "’",
    "\"",
    "\"\"",
    "*",
    "(",
    ")",
    "AND",
    "OR",
    " NOT ",
    "NEAR",
    ":",
    "-",
    "–",
    "+",
    "%",
    "_",
    "\\",
    "1",
    "555",
    "@x.org",
    "\u{ad}",
    "\u{200b}",
    "한",
    "が",
    "ﷺ",
    "\u{327}",
];

fn text(random: &mut Rng) -> String {
    let parts = (0..random.usize(0..7)).map(|_| PARTS[random.usize(..PARTS.len())]);
    parts.collect()
}

fn second(random: &mut Rng) -> Timestamp {
    Timestamp::from_unix_seconds(random.u32(..8))
}

fn identity_id(random: &mut Rng) -> UserIdentityId {
    UserIdentityId::from_u128(random.u128(..20) << 64 | 0xabc)
}

/// People of two systems, or of so many that a search asks for one.
fn site(random: &mut Rng) -> Slice {
    let systems = if random.bool() { 2 } else { 5 };
    let identities = (0..random.u128(..15)).map(|number| {
        let id = UserIdentityId::from_u128(number << 64 | 0xabc);
        let mut identity = UserIdentity::new(id, text(random)).with_created_at(second(random));
        identity.full_name = Some(text(random)).filter(|_| random.bool());
        identity.phone_number = Some(text(random)).filter(|_| random.bool());
        identity.email_address = Some(text(random)).filter(|_| random.bool());
        identity
    });
    let identities = identities.collect();
    let users = (0..random.u128(1..60)).map(|number| {
        let id = AcsUserId::from_u128(random.u128(..) << 64 | number);
        let system = SYSTEMS[random.usize(..systems)];
        let mut user = AcsUser::new(id, system, text(random)).with_created_at(second(random));
        user.full_name = Some(text(random)).filter(|_| random.bool());
        user.phone_number = Some(text(random)).filter(|_| random.bool());
        user.email_address = Some(text(random)).filter(|_| random.bool());
        // Some of them do not exist.
        user.user_identity_id = Some(identity_id(random).to_string()).filter(|_| random.bool());
        user
    });
    let systems = SYSTEMS[..systems]
        .iter()
        .map(|system| AcsSystem::new(*system, "Main"));
    Slice {
        users: users.collect(),
        identities,
        systems: systems.collect(),
        ..Slice::default()
    }
}

/// One change of those that concern people. Refusals change nothing.
fn change(port: &BlockingSqlite, random: &mut Rng) {
    let users = port.acs_users(AcsUserFilter::new(), PageRequest::first());
    let users = users.expect("read").items;
    let Some(user) = random.choice(&users).map(|user| user.acs_user_id) else {
        return;
    };
    let (identity, system) = (identity_id(random), SYSTEMS[random.usize(..2)]);
    let name = text(random).parse().ok();
    let phone = text(random).parse().ok();
    let _ = match random.u8(..8) {
        0 => port.delete_acs_user(user),
        1 => port.link_acs_user(user, identity),
        2 => port.unlink_acs_user(user, identity),
        3 => port.suspend_acs_user(user),
        4 => port.delete_user_identity(identity),
        5 => {
            let update = UserIdentityUpdate {
                full_name: Patch::set_or_clear(name),
                phone_number: Patch::set_or_clear(phone),
                ..UserIdentityUpdate::default()
            };
            port.update_user_identity(identity, update)
        }
        6 => {
            let update = AcsUserUpdate {
                full_name: name,
                phone_number: phone,
                ..AcsUserUpdate::default()
            };
            port.update_acs_user(user, update)
        }
        _ => {
            let name = name.unwrap_or_else(|| "Ada".parse().expect("a name"));
            let mut new = NewAcsUser::new(system, name);
            new.phone_number = phone;
            new.identity = Some(identity).filter(|_| random.bool());
            port.create_acs_user(new).map(drop)
        }
    };
}

/// A part of what people are called, or something else.
fn search(site: &[AcsUser], random: &mut Rng) -> Option<SearchText> {
    let user = random.choice(site)?;
    let texts: Vec<_> = AcsUserFilter::searched(user, None).collect();
    let text = match random.u8(..4) {
        0 => text(random),
        _ => {
            let text = &texts[random.usize(..texts.len())];
            let start = random.usize(..=text.chars().count() / 2);
            let part = text.chars().skip(start).take(random.usize(1..12));
            part.collect()
        }
    };
    let text = if random.bool() {
        text.to_uppercase()
    } else {
        text
    };
    text.parse().ok()
}

#[test]
#[expect(clippy::print_stdout, reason = "the seed repeats the run")]
fn a_search_answers_as_a_walk() {
    let (mut hits, mut asked) = (0, 0);
    for seed in 0..40 {
        println!("seed {seed}");
        let mut random = Rng::with_seed(seed);
        let file = File::holding(site(&mut random));
        for _ in 0..12 {
            change(&file.port, &mut random);
        }
        let problems = file.port.database().check().expect("checked");
        assert_eq!(problems, Vec::<String>::new());
        let users = file
            .port
            .acs_users(AcsUserFilter::new(), PageRequest::first());
        let users = users.expect("read").items;
        for _ in 0..30 {
            let Some(search) = search(&users, &mut random) else {
                continue;
            };
            let mut filter = AcsUserFilter::new().matching(search.clone());
            filter.system = Some(SYSTEMS[0]).filter(|_| random.bool());
            filter.created_before = Some(second(&mut random)).filter(|_| random.bool());
            let limit = random.u32(1..9);
            let found = file.check(|port| {
                pages(limit, |page| {
                    port.acs_users(filter.clone(), page).expect("read")
                })
            });
            asked += 1;
            hits += usize::from(!found[0].is_empty());
            let filter = UserIdentityFilter::new().matching(search);
            file.check(|port| {
                pages(limit, |page| {
                    port.user_identities(filter.clone(), page).expect("read")
                })
            });
        }
    }
    assert!(hits > asked / 4 && hits < asked, "{hits} of {asked}");
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
    let import = move |session: &Session<'_>| site::import(session.scope(other), &mut crowd);
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
