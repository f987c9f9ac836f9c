//! `add` of many people at a service that does not always do what it is asked for.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use access_groups_core::{Page, async_trait, prelude::*};
use access_groups_in_memory::{InMemory, SiteBuilder, State};

use crate::{
    harness::{Ended, KEY, Running, Site, binary, run},
    in_process::InProcess,
    many::{change, events},
};

/// A service with so many people, which does with additions what the function says.
struct Crowd {
    memory: InMemory,
    group: AccessGroupId,
    calls: Arc<AtomicUsize>,
    additions: AtomicUsize,
    /// For the number of the addition, from 0; `Ok(false)`: accepted, and not made.
    answer: fn(usize) -> Result<bool, Error>,
}

impl Crowd {
    fn new(count: usize, answer: fn(usize) -> Result<bool, Error>) -> Self {
        let mut site = SiteBuilder::new();
        for number in 0..count {
            site.user(format!("Person {number}"));
        }
        let group = site.group("Gym");
        Self {
            memory: site.build(),
            group,
            calls: Arc::default(),
            additions: AtomicUsize::new(0),
            answer,
        }
    }

    fn list(&self) -> String {
        let users = self.memory.read(|state: &State| {
            let users = state.acs_users();
            users.map(|user| user.acs_user_id).collect::<Vec<_>>()
        });
        users.iter().fold(String::new(), |mut list, id| {
            let _ = writeln!(list, "{id}");
            list
        })
    }

    /// Adds everybody, and how many calls it took.
    fn add_all(self, options: &[&str]) -> (Ended, usize) {
        let site = Site::new();
        let list = site.with_file("list.txt", &self.list());
        let calls = Arc::clone(&self.calls);
        let group = self.group.to_string();
        let service = InProcess::serve(self);
        let arguments = [&change("add", &group, &list)[..], options].concat();
        let ended = run(&service.address, &arguments);
        (ended, calls.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl AccessGroupPort for Crowd {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if matches!(operation, Operation::AddUser(_)) {
            let number = self.additions.fetch_add(1, Ordering::SeqCst);
            if !(self.answer)(number)? {
                return Ok(AddUser::answer(()));
            }
        }
        self.memory.call(operation, context).await
    }
}

#[test]
fn everybody_is_found_with_few_calls() {
    let count = 300;
    let (added, calls) = Crowd::new(count, |_| Ok(true)).add_all(&["--rate", "off"]);
    let added = added.well();
    assert!(
        added.stdout.starts_with("Added 300 people to Gym."),
        "{added:?}"
    );
    let besides = calls - count;
    assert!(besides <= 12, "{besides} calls beside the additions");
}

#[test]
fn failures_are_lines_and_the_code_is_3() {
    let answer = |number| match number {
        1 => Err(Error::conflict("the group is full")),
        _ => Ok(true),
    };
    let options = ["--concurrency", "1", "--rate", "off"];
    let (added, _) = Crowd::new(3, answer).add_all(&options);
    assert_eq!(added.code, Some(3), "{added:?}");
    let first = added.stdout.lines().next();
    assert_eq!(first, Some("Added 2 people to Gym; 1 failed."));
    let failed: Vec<_> = added.stderr.lines().collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].starts_with("failed: row 2 ("), "{failed:?}");
    assert!(
        failed[0].contains("the group is full; request id req_"),
        "{failed:?}"
    );

    let (added, _) =
        Crowd::new(3, answer).add_all(&[&options[..], &["--format", "jsonl"]].concat());
    let events = events(&added);
    let failed: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1, "{events:?}");
    assert_eq!(failed[0]["error"], "the group is full");
    assert!(failed[0]["request_id"].is_string());
}

#[test]
fn only_failures_end_with_1() {
    let (refused, _) = Crowd::new(3, |_| Err(Error::conflict("full"))).add_all(&[]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_eq!(refused.stdout, "Added nobody to Gym; 3 failed.\n");
}

#[test]
fn refused_key_stops_the_others() {
    let answer = |number| match number {
        0 => Ok(true),
        _ => Err(Error::unauthenticated("the key is revoked")),
    };
    let options = ["--concurrency", "1", "--rate", "off"];
    let (added, _) = Crowd::new(50, answer).add_all(&options);
    assert_eq!(added.code, Some(3), "{added:?}");
    let added = added.saying("given up: 48 of 50 not tried");
    assert!(
        added
            .stdout
            .starts_with("Added 1 person to Gym; 1 failed; 48 not tried.")
    );
    let (refused, _) = Crowd::new(50, |_| Err(Error::unauthenticated("no"))).add_all(&options);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    // As `apply` ends: not with what all failures share.
    let answer = |number| match number {
        0 => Err(Error::conflict("the group is full")),
        _ => Err(Error::unauthenticated("the key is revoked")),
    };
    let (refused, _) = Crowd::new(50, answer).add_all(&options);
    assert_eq!(refused.code, Some(4), "{refused:?}");
}

/// A service that shows nothing any more once somebody was added.
struct Blind(Crowd);

#[async_trait]
impl AccessGroupPort for Blind {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let is_blind = self.0.additions.load(Ordering::SeqCst) > 0;
        match operation {
            Operation::AddUser(_) => self.0.call(operation, context).await,
            _ if is_blind => Err(Error::invalid("not now")),
            _ => self.0.call(operation, context).await,
        }
    }
}

#[test]
fn what_was_not_read_is_not_said() {
    let site = Site::new();
    let added = |format: &str| {
        let crowd = Crowd::new(2, |_| Ok(true));
        let list = site.with_file("list.txt", &crowd.list());
        let group = crowd.group.to_string();
        let service = InProcess::serve(Blind(crowd));
        let arguments = [&change("add", &group, &list)[..], &["--format", format]].concat();
        run(&service.address, &arguments).saying("not now")
    };
    let json = added("json").json();
    for person in json["people"].as_array().expect("people") {
        assert_eq!(person["outcome"], "changed", "{json}");
        assert!(person["is_shown"].is_null(), "{json}");
    }
    let events = events(&added("jsonl"));
    let pending = events.iter().filter(|event| event["event"] == "pending");
    assert_eq!(pending.count(), 0, "{events:?}");
}

#[test]
fn what_is_accepted_and_not_shown_is_75() {
    let answer = |number| Ok(number > 0);
    let (added, _) = Crowd::new(3, answer).add_all(&["--concurrency", "1"]);
    assert_eq!(added.code, Some(75), "{added:?}");
    added.saying("note: accepted, but not yet listed as a member: row 1 (");
    let (added, _) = Crowd::new(3, answer).add_all(&["--concurrency", "1", "--wait", "0s"]);
    assert_eq!(added.code, Some(75), "{added:?}");
    let (added, _) = Crowd::new(3, |_| Ok(true)).add_all(&["--wait"]);
    let added = added.well();
    assert!(
        added
            .stdout
            .contains("propagated to the access control system"),
        "{added:?}"
    );
}

/// Holds every addition until the test lets it go on.
struct Gated {
    memory: InMemory,
    begun: mpsc::Sender<()>,
    gate: Arc<tokio::sync::Semaphore>,
}

#[async_trait]
impl AccessGroupPort for Gated {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        if matches!(operation, Operation::AddUser(_)) {
            let _ = self.begun.send(());
            self.gate
                .acquire()
                .await
                .expect("it is not closed")
                .forget();
        }
        self.memory.call(operation, context).await
    }
}

#[test]
fn first_signal_finishes_the_open_calls() {
    let crowd = Crowd::new(20, |_| Ok(true));
    let (list, group, memory) = (crowd.list(), crowd.group, crowd.memory);
    let (begun, begins) = mpsc::channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let service = InProcess::serve(Gated {
        memory: memory.clone(),
        begun,
        gate: Arc::clone(&gate),
    });
    let site = Site::new();
    let list = site.with_file("list.txt", &list);
    let group_id = group.to_string();
    let mut command = binary(&change("add", &group_id, &list));
    command.args(["--concurrency", "3", "--store", &service.address]);
    let mut running = Running::start({
        command.env("SEAM_API_KEY", KEY);
        command
    });
    for _ in 0..3 {
        begins.recv().expect("an addition");
    }
    running.signal("INT");
    running.await_note("stopping: open calls are finished");
    gate.add_permits(3);
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let ended = ended.saying("interrupted: 17 of 20 not tried; the same command again goes on");
    assert!(
        ended
            .stdout
            .starts_with("Added 3 people to Gym; 17 not tried."),
        "{ended:?}"
    );
    assert_eq!(
        memory.read(|state: &State| state.members_of(group).count()),
        3
    );
}

#[test]
fn second_signal_ends_at_once() {
    let crowd = Crowd::new(5, |_| Ok(true));
    let (list, group) = (crowd.list(), crowd.group.to_string());
    let (begun, begins) = mpsc::channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let service = InProcess::serve(Gated {
        memory: crowd.memory,
        begun,
        gate,
    });
    let site = Site::new();
    let list = site.with_file("list.txt", &list);
    let mut command = binary(&change("add", &group, &list));
    command
        .args(["--store", &service.address])
        .env("SEAM_API_KEY", KEY);
    let mut running = Running::start(command);
    begins.recv().expect("an addition");
    running.signal("INT");
    running.await_note("stopping");
    running.signal("INT");
    let ended = running.end();
    assert_eq!((ended.code, &*ended.stdout), (Some(130), ""), "{ended:?}");
    ended.saying("repeating the command is safe");
}

/// A service whose list of users lacks everybody: another program manages them.
struct Unlisted(InMemory);

#[async_trait]
impl AccessGroupPort for Unlisted {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        match operation {
            Operation::ListAcsUsers(_) => Ok(ListAcsUsers::answer(Page::only(Vec::new()))),
            operation => self.0.call(operation, context).await,
        }
    }
}

#[test]
fn member_whom_no_list_shows_is_removed() {
    let mut builder = SiteBuilder::new();
    let (members, group) = (builder.users(["Ada", "Grace"]), builder.group("Gym"));
    builder.members(group, members);
    let service = InProcess::serve(Unlisted(builder.build()));
    let site = Site::new();
    let list = site.with_file("list.txt", &format!("{}\nGrace\n", members[0]));
    let removed = run(
        &service.address,
        &change("remove", &group.to_string(), &list),
    )
    .well();
    assert!(
        removed.stdout.starts_with("Removed 2 people from Gym."),
        "{removed:?}"
    );
}
