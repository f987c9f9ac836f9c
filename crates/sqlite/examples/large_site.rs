//! A database with very many people: what it takes to make one, and what calls cost then.
//!
//! ```console
//! $ cargo build --release -p access-groups-sqlite --example large_site
//! $ target/release/examples/large_site site site.json 1000000
//! $ target/release/examples/large_site import site.db site.json
//! $ target/release/examples/large_site measure site.db
//! ```
//!
//! Each person is in five of 200 groups, and every other one has an identity. `import` takes a number
//! of workspaces as well, which all hold that site.

#![expect(clippy::print_stdout, reason = "it is a program that reports")]

use std::{
    env, fs,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserFilter, AcsUserId,
    BlockingAccessGroups, BlockingAcsUsers, BlockingStore, NewAcsUser, PageRequest, Timestamp,
    UserIdentity, UserIdentityId, Workspace, WorkspaceId,
};
use access_groups_in_memory::{Slice, State};
use access_groups_sqlite::{BlockingSqlite, Database};
use fastrand::Rng;

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);
const SYSTEM: AcsSystemId = AcsSystemId::from_u128(2);
const GROUPS: u128 = 200;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["site", path, people] => Ok(fs::write(path, site(people.parse()?).to_site_json())?),
        ["import", path, site] => import(path, site, 1),
        ["import", path, site, workspaces] => import(path, site, workspaces.parse()?),
        ["measure", path] => measure(path),
        _ => Err("site SITE PEOPLE | import DATABASE SITE [WORKSPACES] | measure DATABASE".into()),
    }
}

fn import(path: &str, site: &str, workspaces: u128) -> Outcome {
    let text = fs::read_to_string(site)?;
    println!("the site file has {} MB", text.len() >> 20);
    let database = Database::open(path)?;
    for number in 0..workspaces {
        let workspace = WorkspaceId::from_u128(1 + number);
        database.create_workspace(&Workspace::new(workspace, "Large"))?;
        let port = database.workspace(workspace)?.ok_or("just created")?;
        timed("imported", || port.import(&text))?;
    }
    show_memory()?;
    drop(database);
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
    port: &BlockingSqlite,
    filter: AcsUserFilter,
    limit: u32,
) -> Result<Vec<AcsUser>, access_groups_core::Error> {
    let mut request = PageRequest::first();
    request.limit = NonZeroU32::new(limit);
    Ok(port.acs_users(filter, request)?.items)
}

fn pages(port: &BlockingSqlite) -> Outcome {
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

/// Prints the median and the longest time, and how long this thread has worked on average.
fn repeat<T, E>(what: &str, times: u32, mut work: impl FnMut() -> Result<T, E>) -> Result<(), E> {
    let mut took: Vec<Duration> = Vec::new();
    let before = worked();
    for _ in 0..times {
        let since = Instant::now();
        work()?;
        took.push(since.elapsed());
    }
    took.sort_unstable();
    let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
    let each = (worked() - before) / times;
    println!("{what}: {median:.2?}, at most {longest:.2?}; work {each:.2?}");
    Ok(())
}

/// How long this thread has had a processor: on a busy machine, the steadier figure.
fn worked() -> Duration {
    let schedule = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = schedule
        .split(' ')
        .next()
        .and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn show_memory() -> Outcome {
    let status = fs::read_to_string("/proc/self/status")?;
    let is_memory = |line: &&str| line.starts_with("VmRSS") || line.starts_with("VmHWM");
    for line in status.lines().filter(is_memory) {
        println!("  {line}");
    }
    Ok(())
}
