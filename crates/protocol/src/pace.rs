//! What all calls of a client share: the tokens for retries.

use crate::RetryPolicy;

/// The state behind the lock of a [`Requester`](crate::Requester).
#[derive(Debug)]
pub(crate) struct Pace {
    quota: u32,
    tokens: u32,
}

impl Pace {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self {
            quota: policy.quota,
            tokens: policy.quota,
        }
    }

    /// Takes the cost of a retry, unless there are too few tokens.
    pub(crate) fn take(&mut self, cost: u32) -> bool {
        let rest = self.tokens.checked_sub(cost);
        self.tokens = rest.unwrap_or(self.tokens);
        rest.is_some()
    }

    /// Returns tokens after a success.
    pub(crate) fn give_back(&mut self, tokens: u32) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.quota);
    }
}
