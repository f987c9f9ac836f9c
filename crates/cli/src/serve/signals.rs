//! Signals while serving: the first one says stop, the second one says now.

use std::io;

use crate::{interrupt, output};

/// Ctrl-C and, where there is one, `SIGTERM`; watched from the moment that the value exists.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn watch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C; watched from the first wait on.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn watch() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Signals {
    /// Completes at the first signal; the second one ends the process with 130.
    pub(super) async fn first(mut self) {
        self.next().await;
        output::to_stderr("stopping: requests in flight are finished; a second signal cuts them");
        tokio::spawn(async move {
            self.next().await;
            interrupt::stop("interrupted: what was not saved yet is lost");
        });
    }
}
