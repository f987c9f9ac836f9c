//! Calls that wait behind others, and how they end.

use std::{
    pin::pin,
    sync::{
        Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    task::{Context as Task, Waker},
    thread,
    time::Duration,
};

use access_groups_conformance::block_on;
use access_groups_core::{
    AccessGroupId, AccessGroupPort, AcsUserId, AddUser, BlockingAccessGroupPort,
    BlockingAccessGroups, BlockingStore, CancelToken, Context, Error, ErrorKind, Operation,
    Timestamp, Workspace, WorkspaceId,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_sqlite::{BlockingSqlite, Database};
use tempfile::TempDir;

/// A port whose next change is held while it is made.
struct Held {
    port: BlockingSqlite,
    users: [AcsUserId; 2],
    group: AccessGroupId,
    /// A change has begun, and goes on when this is answered.
    begun: Mutex<Receiver<SyncSender<()>>>,
    _folder: TempDir,
}

impl Held {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut site = SiteBuilder::new();
        let (users, group) = ([site.user("Ada"), site.user("Bob")], site.group("Gym"));
        let (begin, begun) = sync_channel(0);
        let begin = Mutex::new(Some(begin));
        let database = Database::open(folder.path().join("site.db")).expect("opened");
        let workspace = Workspace::new(WorkspaceId::from_u128(1), "Lab");
        database.create_workspace(&workspace).expect("created");
        let port = |database: &Database| {
            let port = database.workspace(workspace.workspace_id).expect("read");
            port.expect("created")
        };
        let text = site.build_state().to_site_json();
        port(&database).import(&text).expect("imported");
        // The clock is asked inside the transaction.
        let database = database.with_clock(move || {
            if let Some(begin) = begin.lock().expect("no panic").take() {
                let (go, gone) = sync_channel(1);
                begin.send(go).expect("the test waits");
                gone.recv().expect("the test goes on");
            }
            Timestamp::UNIX_EPOCH
        });
        Self {
            port: port(&database),
            users,
            group,
            begun: Mutex::new(begun),
            _folder: folder,
        }
    }

    fn add(&self, number: usize) -> Operation {
        AddUser::new(self.users[number], self.group).into()
    }

    /// Waits until the change is being made. It goes on with what this answers.
    fn begun(&self) -> SyncSender<()> {
        let begun = self.begun.lock().expect("no panic");
        begun.recv().expect("begun")
    }

    fn members(&self) -> usize {
        self.port.users_in_group(self.group).expect("read").len()
    }

    /// Calls with this context while another change is being made, and then lets that one end.
    fn check(context: Context, call: impl Fn(&Self, Context) -> Error, expected: ErrorKind) {
        let held = Self::new();
        thread::scope(|scope| {
            let first = scope.spawn(|| held.port.call(held.add(0), &Context::new()));
            let go = held.begun();
            let error = call(&held, context);
            assert_eq!(error.kind(), expected, "{error}");
            assert!(!error.is_ambiguous());
            assert_eq!(error.operation(), Some("add_user"));
            go.send(()).expect("it waits");
            first.join().expect("no panic").expect("added");
        });
        // A change after it shows that the queue is empty.
        held.port
            .remove_user(held.users[0], held.group)
            .expect("removed");
        assert_eq!(held.members(), 0, "the call that has ended was made");
    }

    fn blocking(&self, context: Context) -> Error {
        let outcome = self.port.call(self.add(1), &context);
        outcome.expect_err("another change is being made")
    }

    fn asynchronous(&self, context: Context) -> Error {
        let port = self.port.asynchronous();
        let outcome = block_on(port.call(self.add(1), &context));
        outcome.expect_err("another change is being made")
    }
}

#[test]
fn a_queued_change_times_out() {
    let context = || Context::new().with_timeout(Duration::from_millis(20));
    Held::check(context(), Held::blocking, ErrorKind::TimedOut);
    Held::check(context(), Held::asynchronous, ErrorKind::TimedOut);
}

#[test]
fn a_queued_change_can_be_cancelled() {
    let cancelled = |flavour: fn(&Held, Context) -> Error| {
        let token = CancelToken::new();
        let context = Context::new().with_cancel(token.clone());
        let call = |held: &Held, context| {
            thread::scope(|scope| {
                let call = scope.spawn(|| flavour(held, context));
                token.cancel();
                call.join().expect("no panic")
            })
        };
        Held::check(context, call, ErrorKind::Cancelled);
    };
    cancelled(Held::blocking);
    cancelled(Held::asynchronous);
}

#[test]
fn a_dropped_change_in_the_queue_is_not_made() {
    let held = Held::new();
    let port = held.port.asynchronous();
    let context = Context::new();
    let mut first = pin!(port.call(held.add(0), &context));
    let mut task = Task::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut task).is_pending());
    let go = held.begun();
    {
        let mut second = pin!(port.call(held.add(1), &context));
        assert!(second.as_mut().poll(&mut task).is_pending());
    }
    go.send(()).expect("it waits");
    block_on(first).expect("added");
    held.port
        .remove_user(held.users[0], held.group)
        .expect("removed");
    assert_eq!(held.members(), 0);
}

#[test]
fn a_change_that_has_begun_is_made() {
    let held = Held::new();
    let port = held.port.asynchronous();
    let token = CancelToken::new();
    let context = Context::new().with_cancel(token.clone());
    let mut task = Task::from_waker(Waker::noop());
    {
        let mut change = pin!(port.call(held.add(0), &context));
        assert!(change.as_mut().poll(&mut task).is_pending());
        let go = held.begun();
        token.cancel();
        go.send(()).expect("it waits");
    }
    held.port
        .remove_user(held.users[1], held.group)
        .expect("nothing to do");
    assert_eq!(held.members(), 1, "dropped while it was made");
}
