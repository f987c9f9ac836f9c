//! Ports that may keep a thread waiting.

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use access_groups_core::{AccessGroupPort, Context, Error, Operation, Reply};

/// The ports that carry out a long call at present, or have lately kept a thread for long: another
/// call of them may wait for the lock of its store, and should not do so on a thread that serves
/// others.
#[derive(Debug, Default)]
pub(crate) struct BusyPorts {
    /// How many there are: mostly none, which is seen without a lock.
    count: AtomicUsize,
    ports: Mutex<HashMap<usize, Load>>,
}

/// What makes a port busy.
#[derive(Debug, Default)]
struct Load {
    calls: usize,
    slow_until: Option<Instant>,
}

impl Load {
    fn is_any(&self) -> bool {
        self.calls > 0 || self.slow_until.is_some()
    }
}

impl BusyPorts {
    /// Notes that this port carries out a long call, until the result is dropped.
    pub(crate) fn occupy(self: &Arc<Self>, port: &Arc<dyn AccessGroupPort>) -> BusyPort {
        let port = identity(port);
        self.change(port, |load| load.calls += 1);
        let busy = Arc::clone(self);
        BusyPort { busy, port }
    }

    /// Whether this port carries out a long call, or was slow lately.
    pub(crate) fn contain(&self, port: &Arc<dyn AccessGroupPort>) -> bool {
        if self.count.load(Ordering::SeqCst) == 0 {
            return false;
        }
        let port = identity(port);
        self.change(port, |_| {});
        self.ports().contains_key(&port)
    }

    /// Carries out a call. If it keeps its thread for long, because a large site is saved, say, the
    /// port is busy for a while.
    pub(crate) async fn watch(
        &self,
        port: &Arc<dyn AccessGroupPort>,
        operation: Operation,
        context: &Context,
    ) -> Result<Reply, Error> {
        let mut call = pin!(port.call(operation, context));
        poll_fn(|task| {
            let begun = Instant::now();
            let answer = call.as_mut().poll(task);
            if begun.elapsed() > SLOW {
                let until = Some(Instant::now() + SLOW_FOR);
                self.change(identity(port), |load| load.slow_until = until);
            }
            answer
        })
        .await
    }

    fn ports(&self) -> MutexGuard<'_, HashMap<usize, Load>> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the load of a port, and forgets ports without one.
    fn change<R>(&self, port: usize, change: impl FnOnce(&mut Load) -> R) -> R {
        let mut ports = self.ports();
        let result = change(ports.entry(port).or_default());
        // Also those that nobody calls any more.
        let now = Instant::now();
        ports.retain(|_, load| {
            load.slow_until = load.slow_until.filter(|until| *until > now);
            load.is_any()
        });
        self.count.store(ports.len(), Ordering::SeqCst);
        result
    }
}

/// A port that is busy until this is dropped.
#[derive(Debug)]
pub(crate) struct BusyPort {
    busy: Arc<BusyPorts>,
    port: usize,
}

impl Drop for BusyPort {
    fn drop(&mut self) {
        self.busy.change(self.port, |load| load.calls -= 1);
    }
}

/// One number for one port, while anybody holds it.
pub(crate) fn identity(port: &Arc<dyn AccessGroupPort>) -> usize {
    Arc::as_ptr(port).cast::<()>() as usize
}

/// A call that keeps a thread for longer delays others.
const SLOW: Duration = Duration::from_millis(10);

/// How long a port counts as slow.
const SLOW_FOR: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use access_groups_core::{GetWorkspace, async_trait};
    use access_groups_in_memory::InMemory;

    use super::*;

    #[test]
    fn a_port_is_busy_until_its_last_call_ends() {
        let port = || -> Arc<dyn AccessGroupPort> { Arc::new(InMemory::default()) };
        let (busy, port, other) = (Arc::new(BusyPorts::default()), port(), port());
        assert!(!busy.contain(&port));
        let first = busy.occupy(&port);
        let second = busy.occupy(&Arc::clone(&port));
        assert!(busy.contain(&port));
        assert!(!busy.contain(&other));
        drop(first);
        assert!(busy.contain(&port));
        drop(second);
        assert!(!busy.contain(&port));
    }

    /// Keeps its thread, as if it waited for a lock.
    struct Slow;

    #[async_trait]
    impl AccessGroupPort for Slow {
        async fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            let start = Instant::now();
            while start.elapsed() <= SLOW {}
            Err(Error::unsupported("nothing"))
        }
    }

    #[tokio::test]
    async fn a_port_that_keeps_its_thread_is_busy_for_a_while() {
        let busy = Arc::new(BusyPorts::default());
        let port: Arc<dyn AccessGroupPort> = Arc::new(Slow);
        let context = Context::new();
        let call = busy.watch(&port, GetWorkspace::new().into(), &context);
        call.await.expect_err("unsupported");
        assert!(busy.contain(&port));
        let past = Some(Instant::now());
        busy.change(identity(&port), |load| load.slow_until = past);
        assert!(!busy.contain(&port));
        assert!(
            busy.ports.lock().expect("no panic").is_empty(),
            "and forgotten"
        );
    }
}
