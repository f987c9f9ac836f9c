//! Typed expectations for the mocks of the ports (feature `mock`).
//!
//! A mock has one method, [`call`](crate::AccessGroupPort::call). [`expect`] sets an expectation of
//! one operation, whose result has the operation's type; [`delegate`] lets a real store answer
//! everything else. Expectations are tried in the order in which they were set; one that has reached
//! its maximum number of calls is skipped. A call that no expectation takes panics, and so does a mock
//! that is dropped before its expectations are met.
//!
//! # Examples
//!
//! ```
//! use access_groups_core::{MockBlockingAccessGroupPort, prelude::*, testing};
//!
//! let (ada, gym) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
//! let mut port = MockBlockingAccessGroupPort::new();
//! testing::expect(&mut port, AddUser::new(ada, gym))
//!     .times(1)
//!     .returns(Err(Error::unavailable("the service is unavailable")));
//!
//! assert_eq!(port.add_user(ada, gym).unwrap_err().kind(), ErrorKind::Unavailable);
//! ```

use std::fmt;

use mockall::{Sequence, TimesRange};

use crate::{
    BlockingAccessGroupPort, Call, Context, Error, MockAccessGroupPort,
    MockBlockingAccessGroupPort, Operation, Reply,
};

pub use mockall;

/// Expects calls of this operation with exactly these arguments, on a mock of either flavour. The
/// expectation takes effect when [`returns`](Expected::returns) or [`answers`](Expected::answers)
/// sets the result.
#[must_use = "an expectation takes effect when its result is set"]
pub fn expect<M: Mock, C: Call>(mock: &mut M, call: C) -> Expected<'_, M, C> {
    Expected {
        mock,
        call,
        times: None,
        sequence: None,
    }
}

/// Lets this store answer every call that no earlier expectation takes. For an async store, pass its
/// blocking flavour, `store.blocking()`.
///
/// # Examples
///
/// A fault on the first call, and the store's answer from then on:
///
/// ```
/// use access_groups_core::{MockBlockingAccessGroupPort, prelude::*, testing};
///
/// fn flaky(
///     store: impl BlockingAccessGroupPort + 'static,
///     (ada, gym): (AcsUserId, AccessGroupId),
/// ) -> MockBlockingAccessGroupPort {
///     let mut port = MockBlockingAccessGroupPort::new();
///     testing::expect(&mut port, AddUser::new(ada, gym))
///         .times(1)
///         .returns(Err(Error::unavailable("the service is unavailable")));
///     testing::delegate(&mut port, store);
///     port
/// }
/// ```
pub fn delegate(mock: &mut impl Mock, store: impl BlockingAccessGroupPort + 'static) {
    let answer = move |operation, context: &Context| store.call(operation, context);
    mock.expect_operation(None, None, None, Box::new(answer));
}

/// An expectation without a result yet; made by [`expect`].
pub struct Expected<'a, M, C> {
    mock: &'a mut M,
    call: C,
    times: Option<TimesRange>,
    sequence: Option<&'a mut Sequence>,
}

impl<'a, M: Mock, C: Call> Expected<'a, M, C> {
    /// Sets the number of calls: `1`, `..=3`, `2..`. Default: at least one.
    #[must_use = "an expectation takes effect when its result is set"]
    pub fn times(mut self, times: impl Into<TimesRange>) -> Self {
        self.times = Some(times.into());
        self
    }

    /// Requires the calls after the earlier expectations of this sequence and before the later ones.
    /// It needs an exact number of [`times`](Self::times). Default in a sequence: one.
    #[must_use = "an expectation takes effect when its result is set"]
    pub fn in_sequence(mut self, sequence: &'a mut Sequence) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// Sets the result of every call.
    pub fn returns(self, result: Result<C::Reply, Error>) {
        self.answers(move || result.clone());
    }

    /// Sets a function that is called for the result of each call.
    pub fn answers(self, mut answer: impl FnMut() -> Result<C::Reply, Error> + Send + 'static)
    where
        C::Reply: Send,
    {
        let answer = move |_: Operation, _: &Context| answer().map(C::answer);
        let times = match (&self.sequence, self.times) {
            // mockall panics for an inexact number in a sequence.
            (Some(_), None) => Some(1.into()),
            // An expectation that nothing meets is a mistake of the test.
            (None, None) => Some((1..).into()),
            (_, times) => times,
        };
        let operation = Some(self.call.into());
        self.mock
            .expect_operation(operation, times, self.sequence, Box::new(answer));
    }
}

impl<M, C: fmt::Debug> fmt::Debug for Expected<'_, M, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Expected");
        shown.field("call", &self.call).finish_non_exhaustive()
    }
}

/// The answer to an expected call.
// Boxed, because the two mocks take closures of any type, and this trait takes them for both.
pub type Answer = Box<dyn FnMut(Operation, &Context) -> Result<Reply, Error> + Send>;

/// A mock of a port in either flavour.
pub trait Mock {
    /// Expects this operation, or any.
    #[doc(hidden)]
    fn expect_operation(
        &mut self,
        operation: Option<Operation>,
        times: Option<TimesRange>,
        sequence: Option<&mut Sequence>,
        answer: Answer,
    );
}

/// Implements `Mock` for both mocks. mockall generates the same methods for them, but no common trait.
macro_rules! mocks {
    ($($mock:ty),*) => {$(
        impl Mock for $mock {
            fn expect_operation(
                &mut self,
                operation: Option<Operation>,
                times: Option<TimesRange>,
                sequence: Option<&mut Sequence>,
                answer: Answer,
            ) {
                let mut expectation = self.expect_call();
                // Compared as a whole: an expectation of other arguments is another one.
                if let Some(expected) = operation {
                    expectation = expectation.withf(move |operation, _| *operation == expected);
                }
                if let Some(times) = times {
                    expectation = expectation.times(times);
                }
                if let Some(sequence) = sequence {
                    expectation = expectation.in_sequence(sequence);
                }
                expectation.returning(answer);
            }
        }
    )*};
}

mocks!(MockAccessGroupPort, MockBlockingAccessGroupPort);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, machine::ready, prelude::*};

    const ADA: AcsUserId = AcsUserId::from_u128(1);
    const GYM: AccessGroupId = AccessGroupId::from_u128(2);

    #[test]
    fn an_expectation_takes_its_operation_only() {
        let mut port = MockBlockingAccessGroupPort::new();
        expect(&mut port, AddUser::new(ADA, GYM)).returns(Ok(()));
        port.add_user(ADA, GYM).expect("expected");
        let other = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = port.remove_user(ADA, GYM);
        }));
        assert!(other.is_err());
    }

    #[test]
    fn a_fault_comes_before_the_store() {
        let mut store = MockBlockingAccessGroupPort::new();
        expect(&mut store, AddUser::new(ADA, GYM))
            .times(1)
            .returns(Ok(()));
        let mut port = MockAccessGroupPort::new();
        expect(&mut port, AddUser::new(ADA, GYM))
            .times(1)
            .returns(Err(Error::unavailable("away")));
        delegate(&mut port, store);
        let error = ready(port.add_user(ADA, GYM)).expect_err("the fault");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        ready(port.add_user(ADA, GYM)).expect("the store");
    }

    #[test]
    fn an_unmet_expectation_fails() {
        let unmet = std::panic::catch_unwind(|| {
            let mut port = MockBlockingAccessGroupPort::new();
            expect(&mut port, AddUser::new(ADA, GYM)).returns(Ok(()));
        });
        assert!(unmet.is_err());
    }

    #[test]
    fn a_sequence_keeps_its_order() {
        let in_order = || {
            let mut port = MockBlockingAccessGroupPort::new();
            let mut sequence = Sequence::new();
            expect(&mut port, AddUser::new(ADA, GYM))
                .in_sequence(&mut sequence)
                .returns(Ok(()));
            expect(&mut port, RemoveUser::new(ADA, GYM))
                .in_sequence(&mut sequence)
                .returns(Ok(()));
            port
        };
        let early = std::panic::catch_unwind(|| in_order().remove_user(ADA, GYM).is_ok());
        assert!(early.is_err());
        let port = in_order();
        port.add_user(ADA, GYM).expect("first");
        port.remove_user(ADA, GYM).expect("second");
    }
}
