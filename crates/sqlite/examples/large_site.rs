//! Builds a database with as many people as asked for, and measures what matters when they are many:
//!
//! `cargo run --release -p access-groups-sqlite --example large_site -- PATH [PEOPLE]`
//!
//! Each person is in five groups. An existing file is only measured.

use std::{
    env, fs,
    num::NonZeroU32,
    path::Path,
    time::{Duration, Instant},
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserFilter, AcsUserId,
    BlockingAccessGroups, BlockingAcsUsers, BlockingStore, NewAcsUser, PageRequest, Timestamp,
    UserIdentity, UserIdentityId, WorkspaceId,
};
use access_groups_in_memory::{Slice, State};
use access_groups_sqlite::{Database, Sqlite};
use fastrand::Rng;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);
const SYSTEM: AcsSystemId = AcsSystemId::from_u128(2);
const GROUPS: u128 = 200;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("PATH [PEOPLE]")?;
    let people = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    if !Path::new(&path).exists() {
        build(&path, people)?;
    }
    measure(&path)
}

fn build(path: &str, people: u128) -> Outcome {
    let text = timed("the site file is written", || site(people).to_site_json());
    println!("it has {} MB", text.len() >> 20);
    let database = Database::open(path)?;
    let port = database.create_workspace(WORKSPACE)?;
    timed("imported", || port.import(&text))?;
    show_memory()?;
    drop((port, database));
    println!("the database has {} MB", fs::metadata(path)?.len() >> 20);
    Ok(())
}

fn site(people: u128) -> State {
    let mut random = Rng::with_seed(1);
    let group = |number| AccessGroup::new(group_id(number), SYSTEM, format!("Group {number}"));
    let mut slice = Slice {
        systems: vec![AcsSystem::new(SYSTEM, "Main")],
        groups: (0..GROUPS).map(group).collect(),
        ..Slice::default()
    };
    for number in 0..people {
        let name = format!("{} {}", word(&mut random), word(&mut random));
        let address = format!("{}@example.com", name.replace(' ', "."));
        let created_at = Timestamp::from_unix_seconds(random.u32(1_600_000_000..1_760_000_000));
        let user = AcsUserId::from_u128(random.u128(..));
        let mut row = AcsUser::new(user, SYSTEM, &*name)
            .with_created_at(created_at)
            .with_email_address(format!("{number}.{address}"))
            .with_phone_number(format!("+1 555 {:07}", random.u32(..10_000_000)));
        // Every other one is known as an identity.
        if number % 2 == 0 {
            let id = UserIdentityId::from_u128(random.u128(..));
            let mut identity = UserIdentity::new(id, &*name).with_created_at(created_at);
            identity.full_name = Some(name);
            identity.email_address = row.email_address.clone();
            slice.identities.push(identity);
            row = row.with_user_identity(id);
        }
        slice.users.push(row);
        let first = random.u128(..GROUPS);
        let groups = (0..5).map(|step| group_id((first + step * 7) % GROUPS));
        slice.memberships.extend(groups.map(|group| (user, group)));
    }
    State::from_slice(slice, 0)
}

fn group_id(number: u128) -> AccessGroupId {
    AccessGroupId::from_u128(1000 + number)
}

/// Names like any: two to four syllables.
fn word(random: &mut Rng) -> String {
    const SYLLABLES: &[&str] = &[
        "an", "na", "el", "ma", "ri", "jo", "ka", "ro", "le", "na", "ber", "ton", "son", "gar",
        "lo", "vi", "mo", "han", "sen", "ste", "fan", "der", "win", "tho", "mas", "ing", "rid",
        "zo", "qui", "xan",
    ];
    let mut syllables = (0..random.usize(2..5)).map(|_| SYLLABLES[random.usize(..SYLLABLES.len())]);
    syllables.by_ref().collect()
}

fn measure(path: &str) -> Outcome {
    let database = timed("opened", || Database::open(path))?;
    let port = database.workspace(WORKSPACE)?.ok_or("it is not ours")?;
    show_memory()?;
    let one = first_page(&port, AcsUserFilter::new(), 1)?;
    let user = one[0].acs_user_id;
    let group = group_id(GROUPS - 1);
    repeat("add and remove", 200, || {
        port.remove_user(user, group)?;
        port.add_user(user, group)
    })?;
    repeat("create and delete a user", 200, || {
        let name = "Ada Lovelace".parse().expect("a name");
        let user = port.create_acs_user(NewAcsUser::new(SYSTEM, name))?;
        port.delete_acs_user(user.acs_user_id)
    })?;
    for text in [
        "Ann",
        "marina",
        "example.com",
        "joberson",
        "zzz",
        "ber",
        "xanquizo",
        "555 1234",
        "0.thomas",
        &user.to_string(),
    ] {
        let filter = AcsUserFilter::new().matching(text.parse()?);
        let found = first_page(&port, filter.clone(), 500)?.len();
        repeat(&format!("search {text:?}, {found} on the page"), 10, || {
            first_page(&port, filter.clone(), 500)
        })?;
        let filter = filter.in_system(SYSTEM);
        repeat("  in its system", 10, || {
            first_page(&port, filter.clone(), 500)
        })?;
    }
    pages(&port)?;
    show_memory()
}

fn first_page(
    port: &Sqlite,
    filter: AcsUserFilter,
    limit: u32,
) -> Result<Vec<AcsUser>, access_groups_core::Error> {
    let mut request = PageRequest::first();
    request.limit = NonZeroU32::new(limit);
    Ok(port.acs_users(filter, request)?.items)
}

fn pages(port: &Sqlite) -> Outcome {
    let mut request = PageRequest::first();
    request.limit = NonZeroU32::new(500);
    for number in 1..=1000 {
        let since = Instant::now();
        let page = port.acs_users(AcsUserFilter::new(), request.clone())?;
        if [1, 2, 10, 100, 999, 1000].contains(&number) {
            println!("page {number}: {:?}", since.elapsed());
        }
        match page.next {
            Some(next) => request = request.after(next),
            None => break,
        }
    }
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let since = Instant::now();
    let done = work();
    println!("{what}: {:?}", since.elapsed());
    done
}

/// Prints the median and the longest.
fn repeat<T, E>(what: &str, times: usize, mut work: impl FnMut() -> Result<T, E>) -> Result<(), E> {
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..times {
        let since = Instant::now();
        work()?;
        took.push(since.elapsed());
    }
    took.sort_unstable();
    println!(
        "{what}: {:?}, at most {:?}",
        took[times / 2],
        took[times - 1]
    );
    Ok(())
}

fn show_memory() -> Outcome {
    let status = fs::read_to_string("/proc/self/status")?;
    let is_memory = |line: &&str| line.starts_with("VmRSS") || line.starts_with("VmHWM");
    for line in status.lines().filter(is_memory) {
        println!("  {line}");
    }
    Ok(())
}
