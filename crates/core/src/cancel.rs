//! A flag that ends calls early.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Ends calls early: pass it with [`Context::with_cancel`](crate::Context::with_cancel), and cancel
/// it from any thread. A clone shares the flag. There is no way back: a cancelled token stays
/// cancelled.
///
/// An adapter that waits or repeats looks at the token before each attempt and during each wait, and
/// then fails with [`Cancelled`](crate::ErrorKind::Cancelled). An attempt that was sent already is
/// not broken off: its answer counts, and where none came,
/// [`is_ambiguous`](crate::Error::is_ambiguous) says so.
///
/// Where the caller brings the sleep, as to
/// [`wait_until_propagated`](crate::propagation::wait_until_propagated), a token does not shorten it:
/// the first call after it fails. End such a sleep from outside, or keep it short.
///
/// # Examples
///
/// ```
/// use access_groups_core::{CancelToken, Context};
///
/// let token = CancelToken::new();
/// let context = Context::new().with_cancel(token.clone());
///
/// token.cancel();
/// assert!(context.cancel.is_some_and(|cancel| cancel.is_cancelled()));
/// ```
///
/// One token for the whole application, and one for a single call:
///
/// ```
/// use access_groups_core::CancelToken;
///
/// let (application, call) = (CancelToken::new(), CancelToken::new());
/// let either = call.or(&application);
/// application.cancel();
/// assert!(either.is_cancelled());
/// assert!(!call.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken {
    flag: Arc<AtomicBool>,
    others: Vec<Arc<AtomicBool>>,
}

impl CancelToken {
    /// A token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels this token and all its clones, but not what it was joined with.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Release);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let mut flags = std::iter::once(&self.flag).chain(&self.others);
        flags.any(|flag| flag.load(Ordering::Acquire))
    }

    /// This token, which then also counts as cancelled as soon as the other one is.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        joined.others.push(Arc::clone(&other.flag));
        joined.others.extend(other.others.iter().cloned());
        joined
    }
}

/// Two tokens are equal if they share their flags.
impl PartialEq for CancelToken {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, two): (&Arc<AtomicBool>, &Arc<AtomicBool>)| Arc::ptr_eq(one, two);
        Arc::ptr_eq(&self.flag, &other.flag)
            && self.others.len() == other.others.len()
            && self.others.iter().zip(&other.others).all(same)
    }
}

impl Eq for CancelToken {}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken")
            .field("is_cancelled", &self.is_cancelled())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_the_flag() {
        let token = CancelToken::new();
        let clone = token.clone();
        assert_eq!(token, clone);
        assert_ne!(token, CancelToken::new());
        clone.cancel();
        assert!(token.is_cancelled());
    }

    #[test]
    fn a_joined_token_ends_with_either() {
        let (first, second, third) = (CancelToken::new(), CancelToken::new(), CancelToken::new());
        let joined = first.or(&second.or(&third));
        assert_ne!(joined, first);
        assert!(!joined.is_cancelled());
        third.cancel();
        assert!(joined.is_cancelled());
        assert!(!first.is_cancelled() && !second.is_cancelled());
        joined.cancel();
        assert!(first.is_cancelled(), "it is the first one, and more");
    }
}
