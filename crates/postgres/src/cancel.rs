//! The end of a wait whose caller does not want it any more.

use std::{future::Future, pin::pin, time::Duration};

use access_groups_core::Context;
use tokio::time::timeout;

use crate::fault::{Fault, Result};

/// Waits for this as long as the call is wanted.
pub(crate) async fn unless_cancelled<T>(
    context: &Context,
    wait: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(token) = &context.cancel else {
        return wait.await;
    };
    let mut wait = pin!(wait);
    while !token.is_cancelled() {
        if let Ok(outcome) = timeout(LOOK, wait.as_mut()).await {
            return outcome;
        }
    }
    Err(Fault::Cancelled)
}

/// How often the token is looked at: it is a flag, which wakes nobody.
const LOOK: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use access_groups_core::CancelToken;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_wait_ends() {
        let token = CancelToken::new();
        let context = Context::new().with_cancel(token.clone());
        let outcome = unless_cancelled(&context, async { Ok(ready(7).await) }).await;
        assert!(matches!(outcome, Ok(7)));
        let cancel = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            token.cancel();
        };
        let wait = unless_cancelled(&context, pending::<Result<()>>());
        let (outcome, ()) = tokio::join!(wait, cancel);
        assert!(matches!(outcome, Err(Fault::Cancelled)));
    }
}
