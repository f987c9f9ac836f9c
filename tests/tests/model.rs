//! The model run at full size: random calls on every adapter, each answer compared with an oracle's.
//!
//! 20,000 calls for each adapter, in the kit's cases of 20 calls at most. With
//! `ACCESS_GROUPS_RELIABILITY_FULL=1`, 1,000,000 calls for each adapter, in cases of 420 at most, and
//! everything that can be read is compared after each 100th call and at the end of each case. Prints the
//! number of calls and the seeds.

#![expect(
    clippy::print_stdout,
    reason = "the numbers and seeds are what this test is for"
)]

use std::{
    env, fs,
    path::Path,
    sync::{Arc, LazyLock},
    time::Instant,
};

use access_groups_conformance::{Capability, Fixture, ModelRun, Open, Outcome, Site};
use access_groups_core::BlockingAccessGroups;
use access_groups_example_journal::{Building, Journal};
use access_groups_file::SiteFile;
use access_groups_in_memory::{BlockingInMemory, State};
use access_groups_tests::workspaces::Workspace;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Runs one seed after the other until the adapter has answered enough.
fn check(adapter: &str, open: &Open<'_>) {
    let (wanted, first) = (wanted(), seed());
    let (mut calls, mut seed) = (0, first);
    let start = Instant::now();
    while calls < wanted {
        let run = run(seed);
        let (outcome, answered) = run.check_counting(open);
        if let Outcome::Broken(why) = outcome {
            panic!("{adapter}, seed {seed}, {CASES} cases: {why}");
        }
        assert!(answered > 0, "{adapter}: nothing was compared");
        calls += answered;
        seed += 1;
    }
    println!(
        "reliability: model run, {adapter} | {calls} calls answered like the oracle, in {:.0?} | {first} to {}",
        start.elapsed(),
        seed - 1,
    );
}

fn run(seed: u64) -> ModelRun {
    let run = ModelRun::new().with_seed(seed).with_cases(CASES);
    match is_full() {
        // With the kit's own cases, nine of ten calls would be looks, and it would take five hours.
        true => run.with_steps(420).with_look_after(100),
        false => run,
    }
}

fn wanted() -> u64 {
    if is_full() { 1_000_000 } else { 20_000 }
}

fn is_full() -> bool {
    env::var("ACCESS_GROUPS_RELIABILITY_FULL").as_deref() == Ok("1")
}

fn seed() -> u64 {
    let text = env::var("ACCESS_GROUPS_RELIABILITY_SEED");
    text.map_or(2026, |text| text.parse().expect("a number as the seed"))
}

#[test]
fn in_memory() {
    check("in memory", &|site| {
        Fixture::blocking(BlockingInMemory::new(state(site)))
    });
}

#[test]
fn file() {
    check("file", &|site| {
        let folder = folder();
        let path = folder.path().join("site.json");
        fs::write(&path, site.to_json()).expect("written");
        let store = Arc::new(SiteFile::open(&path).expect("the kit's sites are sound"));
        Fixture::blocking(store.clone())
            .with_clone(Fixture::blocking(store))
            .keeping(folder)
    });
}

#[test]
fn journal() {
    check("journal", &|site| {
        let folder = folder();
        let journal = Arc::new(filled(&folder.path().join("journal"), site));
        Fixture::blocking(journal.clone())
            .with_clone(Fixture::blocking(journal))
            .without_all(Capability::CHANGING_ACS_USERS)
            .without_all(Capability::USER_IDENTITIES)
            .without_all(Capability::WITHOUT_WIRE)
            .without(Capability::GetWorkspace)
            .keeping(folder)
    });
}

/// In memory where the system has such a folder: each change waits until it is saved, and what a disk
/// keeps is not the question here.
fn folder() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

fn filled(path: &Path, site: &Site) -> Journal {
    let building = Building {
        systems: site.systems.clone(),
        users: site.users.clone(),
        identities: site.identities.clone(),
        groups: site.groups.clone(),
        entrances: site.entrances.clone(),
        group_entrances: site.group_entrances.clone(),
    };
    let journal = Journal::open(path, building).expect("a journal");
    for (user, group) in &site.memberships {
        journal.add_user(*user, *group).expect("a member");
    }
    journal
}

#[test]
fn http_async() {
    check("http-async", &|site| {
        let workspace = Workspace::holding(state(site));
        let fixture = || {
            let client = workspace.client();
            Fixture::asynchronous(client, |call| RUNTIME.block_on(call))
        };
        without_wire(fixture().with_clone(fixture()).keeping(workspace))
    });
}

#[test]
fn http_blocking() {
    check("http-blocking", &|site| {
        let workspace = Workspace::holding(state(site));
        let fixture = || Fixture::blocking(workspace.blocking_client());
        without_wire(fixture().with_clone(fixture()).keeping(workspace))
    });
}

/// Seam's API lacks these, so its clients refuse them before anything is sent.
fn without_wire(fixture: Fixture) -> Fixture {
    fixture.without_all(Capability::WITHOUT_WIRE)
}

fn state(site: &Site) -> State {
    State::from_site_json(&site.to_json()).expect("the kit's sites are sound")
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// Of one seed: enough that the run must have met every call, refusal and condition.
const CASES: u32 = 2000;
