use std::sync::mpsc::channel;

use access_groups_core::{ErrorKind, Workspace, WorkspaceId};
use tempfile::TempDir;

use super::*;
use crate::{connection::reader, waiting::Patience, workspaces};

struct File {
    committer: Committer,
    source: Source,
    _folder: TempDir,
}

fn file() -> File {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Source {
        path: folder.path().join("site.db"),
        options: OpenOptions::new().with_busy_timeout(Duration::from_secs(60)),
    };
    let writer = connection::writer(&source).expect("opened");
    File {
        committer: Committer::start(writer, source.clone()).expect("started"),
        source,
        _folder: folder,
    }
}

fn create(session: &Session<'_>, workspace: u128) -> Result<bool> {
    let workspace = Workspace::new(WorkspaceId::from_u128(workspace), "Lab");
    workspaces::create(session, &workspace)
}

fn is_there(connection: &Connection, workspace: u128) -> bool {
    let session = Session::new(connection);
    workspaces::exists(&session, WorkspaceId::from_u128(workspace)).expect("read")
}

impl Committer {
    fn commit<T: Send + 'static>(
        &self,
        work: impl FnMut(&Session<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        let (place, answer) = Place::of_thread(Patience::default());
        self.queue(place, work);
        answer.recv().expect("answered")
    }
}

impl File {
    fn commit<T: Send + 'static>(
        &self,
        work: impl FnMut(&Session<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        self.committer.commit(work)
    }

    fn holds(&self, workspace: u128) -> bool {
        is_there(&reader(&self.source).expect("opened"), workspace)
    }
}

/// Lets COMMIT fail: a system of a workspace that does not exist.
fn dangle(session: &Session<'_>) -> Result<bool> {
    let dangling = "PRAGMA defer_foreign_keys = ON; \
        INSERT INTO acs_system VALUES (zeroblob(16), zeroblob(16), '{}')";
    session.connection().execute_batch(dangling)?;
    Ok(true)
}

#[test]
fn what_waits_is_committed_together() {
    let file = file();
    let (started, is_running) = channel();
    let (release, is_released) = channel();
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            file.commit(move |session| {
                started.send(()).expect("the test waits");
                is_released.recv().expect("the test releases");
                create(session, 1)
            })
        });
        is_running.recv().expect("started");
        // In the queue now, one after the other, and in one transaction later.
        let queue = file.committer.queue.as_ref().expect("open");
        let (job, second) = task(|session| create(session, 2));
        queue.send(job).expect("queued");
        let source = file.source.clone();
        let (job, third) = task(move |session| {
            let outside = is_there(&reader(&source)?, 2);
            Ok((outside, is_there(session.connection(), 2)))
        });
        queue.send(job).expect("queued");
        release.send(()).expect("the job waits");
        busy.join().expect("no panic").expect("committed");
        second.recv().expect("answered").expect("committed");
        let (outside, inside) = third.recv().expect("answered").expect("committed");
        assert!(inside && !outside, "committed before: {outside}");
    });
    assert!(file.holds(1) && file.holds(2));
}

#[test]
fn a_failed_commit_is_ambiguous() {
    let file = file();
    let error = file.commit(dangle).expect_err("dangling");
    assert!(error.is_ambiguous(), "{error:?}");
    // Through another connection.
    file.commit(|session| create(session, 1))
        .expect("committed");
    assert!(file.holds(1));
}

#[test]
fn a_full_disk_refuses_without_ambiguity() {
    let file = file();
    let fill = |session: &Session<'_>| {
        session
            .connection()
            .pragma_update(None, "max_page_count", 1)?;
        for workspace in 100..10_000 {
            create(session, workspace)?;
        }
        Ok(true)
    };
    let error = file.commit(fill).expect_err("full");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.code(), Some("store_full"));
    assert!(!error.is_ambiguous());
    assert!(!file.holds(100), "rolled back");
}

#[test]
fn who_shares_a_transaction_with_a_fault_has_none() {
    check(|| rusqlite::Error::InvalidQuery.into(), "store_failed");
    let contradicted = || Fault::HalfWritten(Fault::Again.into());
    check(contradicted, "store_contradicts");
}

/// Of three changes in one transaction, the second one fails like this after it has written something.
fn check(fault: fn() -> Fault, code: &str) {
    let file = file();
    let connection = connection::writer(&file.source).expect("opened");
    let through = Through {
        session: Session::new(&connection),
        guard: Guard::default(),
        options: &file.source.options,
        changes: Changes::of(&connection),
    };
    let (well, first) = task(|session| create(session, 1));
    let (ill, second) = task(move |session| -> Result<bool> {
        create(session, 3)?;
        Err(fault())
    });
    let (late, third) = task(|session| create(session, 2));
    assert_eq!(
        commit_together(&through, vec![well, ill, late]),
        Trust::Kept
    );
    assert!(first.recv().expect("answered").is_ok());
    let error = second.recv().expect("answered").expect_err("its own fault");
    assert_eq!(error.code(), Some(code));
    assert!(third.recv().expect("answered").is_ok());
    assert!(file.holds(1) && file.holds(2) && !file.holds(3));
}

#[test]
fn nobody_uses_a_connection_without_trust() {
    let file = file();
    let connection = connection::writer(&file.source).expect("opened");
    let through = Through {
        session: Session::new(&connection),
        guard: Guard::default(),
        options: &file.source.options,
        changes: Changes::of(&connection),
    };
    // As after a COMMIT that failed on fsync: it is not known what it did, and the transaction is over.
    let (end, ended) = task(|session| {
        session.control("ROLLBACK")?;
        Ok(true)
    });
    let (ill, second) = task(|_| -> Result<bool> { Err(rusqlite::Error::InvalidQuery.into()) });
    let (late, third) = task(|session| create(session, 1));
    assert_eq!(commit_together(&through, vec![end, ill, late]), Trust::Lost);
    let error = ended.recv().expect("answered").expect_err("no COMMIT");
    assert!(error.is_ambiguous(), "{error:?}");
    for later in [second, third] {
        let error = later.recv().expect("answered").expect_err("not begun");
        assert_eq!(error.code(), Some("store_io"), "{error:?}");
        assert!(!error.is_ambiguous(), "{error:?}");
    }
    assert!(!file.holds(1));
}

#[test]
fn a_panic_ends_one_call_only() {
    let file = file();
    let (place, answer) = Place::of_thread(Patience::default());
    file.committer.queue(place, |session| -> Result<bool> {
        create(session, 1)?;
        panic!("a bug");
    });
    answer.recv().expect_err("nobody answers");
    file.commit(|session| create(session, 2))
        .expect("committed");
    assert!(!file.holds(1) && file.holds(2));
}

fn task<T: Send + 'static>(
    work: impl FnMut(&Session<'_>) -> Result<T> + Send + 'static,
) -> (Box<dyn Job>, Receiver<Outcome<T>>) {
    let (place, answer) = Place::of_thread(Patience::default());
    let task = Task {
        work,
        outcome: None,
        claim: Claim::new(place),
    };
    (Box::new(task), answer)
}

#[test]
fn a_lock_that_is_kept_times_out() {
    let file = file();
    let other = connection::writer(&file.source).expect("opened");
    let mut hasty = file.source.clone();
    hasty.options = hasty.options.with_busy_timeout(Duration::ZERO);
    let committer = Committer::start(other, hasty).expect("started");
    let refused = file.commit(move |_| {
        // Meanwhile, this opening has the lock.
        Ok(committer
            .commit(|session| create(session, 1))
            .map_err(|error| (error.kind(), error.is_ambiguous())))
    });
    assert_eq!(
        refused.expect("committed"),
        Err((ErrorKind::TimedOut, false))
    );
    assert!(!file.holds(1));
}
