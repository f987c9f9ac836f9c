//! Refuses changes of a site that cannot be saved.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use access_groups_core::{async_trait, prelude::*};

/// What the saver of a site tells its ports.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_failing: AtomicBool,
    is_refusing: AtomicBool,
    /// For ever: the process ends.
    is_closed: AtomicBool,
    /// Changes that have passed, and are not made yet.
    passed: AtomicUsize,
}

impl Gate {
    /// Whether the last save has failed.
    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    /// Whether changes are refused.
    pub(super) fn is_refusing(&self) -> bool {
        self.is_refusing.load(Ordering::Relaxed) || self.is_closed.load(Ordering::SeqCst)
    }

    /// Whether changes have passed that are not made yet. Once it is closed, no more of them come.
    pub(super) fn is_passed(&self) -> bool {
        self.passed.load(Ordering::SeqCst) > 0
    }

    /// From now on, changes are refused, even if it recovers.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    /// Lets a change through, which lasts until the result is dropped; `None` if it is refused.
    pub(super) fn pass(&self) -> Option<Passed<'_>> {
        // Counted before it looks: whoever closes the gate sees the change, or the change sees that.
        self.passed.fetch_add(1, Ordering::SeqCst);
        let passed = Passed(self);
        (!self.is_refusing()).then_some(passed)
    }

    pub(super) fn fail(&self) {
        self.is_failing.store(true, Ordering::Relaxed);
    }

    pub(super) fn refuse(&self) {
        self.is_refusing.store(true, Ordering::Relaxed);
    }

    pub(super) fn recover(&self) {
        self.is_failing.store(false, Ordering::Relaxed);
        self.is_refusing.store(false, Ordering::Relaxed);
    }
}

/// A change that has passed a gate, until this is dropped.
pub(super) struct Passed<'a>(&'a Gate);

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        self.0.passed.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A port whose changes are refused while the gate says so; reads pass.
pub(crate) struct Guard {
    port: Arc<dyn AccessGroupPort>,
    gate: Arc<Gate>,
}

impl Guard {
    pub(crate) fn new(port: Arc<dyn AccessGroupPort>, gate: Arc<Gate>) -> Self {
        Self { port, gate }
    }
}

#[async_trait]
impl AccessGroupPort for Guard {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        if operation.effect().is_safe() {
            return self.port.call(operation, context).await;
        }
        let Some(_passed) = self.gate.pass() else {
            return Err(refusal().with_operation(operation.name()));
        };
        self.port.call(operation, context).await
    }
}

fn refusal() -> Error {
    Error::unavailable(
        "changes cannot be saved at present, so that this one is not made; reads are answered",
    )
    .with_code(SAVING_FAILS)
    .with_retry_after(RETRY_AFTER)
}

/// The code of a change that is refused because saving fails.
const SAVING_FAILS: &str = "saving_fails";

/// Saving is tried as often.
const RETRY_AFTER: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use access_groups_in_memory::SiteBuilder;

    use super::*;

    #[tokio::test]
    async fn reads_go_on_while_changes_are_refused() {
        let mut site = SiteBuilder::new();
        let (ada, gym) = (site.user("Ada"), site.group("Gym"));
        let gate = Arc::new(Gate::default());
        let port = Guard::new(Arc::new(site.build()), Arc::clone(&gate));
        gate.fail();
        port.add_user(ada, gym)
            .await
            .expect("it may be saved in time");
        gate.refuse();
        let error = port.remove_user(ada, gym).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.code(), Some("saving_fails"));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
        assert!(error.is_retryable() && !error.is_ambiguous(), "{error:?}");
        let members = port.users_in_group(gym).await.expect("a read");
        assert_eq!(members.len(), 1, "it is not made");
        gate.recover();
        port.remove_user(ada, gym).await.expect("accepted again");
    }

    #[tokio::test]
    async fn changes_that_have_begun_are_seen() {
        let mut site = SiteBuilder::new();
        let (ada, gym) = (site.user("Ada"), site.group("Gym"));
        let gate = Arc::new(Gate::default());
        let port = Guard::new(Arc::new(Never), Arc::clone(&gate));
        let mut change = Box::pin(port.add_user(ada, gym));
        tokio::select! {
            biased;
            answer = &mut change => panic!("{answer:?}"),
            () = std::future::ready(()) => {}
        }
        gate.close();
        assert!(gate.is_passed(), "it is not made yet");
        port.add_user(ada, gym)
            .await
            .expect_err("the gate is closed");
        drop(change);
        assert!(!gate.is_passed());
    }

    /// A port that answers nothing.
    struct Never;

    #[async_trait]
    impl AccessGroupPort for Never {
        async fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            std::future::pending().await
        }
    }
}
