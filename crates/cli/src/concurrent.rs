//! Calls that are made at the same time, on threads: a command waits for round trips, not for
//! requests.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::mpsc,
    thread,
};

use access_groups_core::{
    BlockingAccessGroupPort, Context, Error,
    machine::{Machine, Step},
};

use crate::clock;

/// Runs both at the same time, the first on a thread of its own.
pub(crate) fn together<A: Send, B>(
    left: impl FnOnce() -> A + Send,
    right: impl FnOnce() -> B,
) -> (A, B) {
    thread::scope(|scope| {
        let left = scope.spawn(left);
        let right = right();
        let left = left.join();
        (
            left.unwrap_or_else(|panic| panic::resume_unwind(panic)),
            right,
        )
    })
}

/// Drives a machine, with each call on a thread of its own: calls that the machine hands out
/// together are made at the same time. `progress` gets the number of calls answered so far.
pub(crate) fn drive<M: Machine>(
    port: &dyn BlockingAccessGroupPort,
    mut machine: M,
    mut progress: impl FnMut(usize),
) -> Result<M::Output, Error> {
    let now = clock::stopwatch();
    let (sender, answers) = mpsc::channel();
    let mut answered = 0;
    thread::scope(|scope| {
        loop {
            match machine.step(now()) {
                Step::Call(ticket, operation) => {
                    let sender = sender.clone();
                    scope.spawn(move || {
                        // A panic is passed on too: without an answer, the driver would wait for ever.
                        let call = AssertUnwindSafe(|| port.call(operation, &Context::new()));
                        let _ = sender.send((ticket, panic::catch_unwind(call)));
                    });
                }
                Step::AwaitAnswer => {
                    let (ticket, answer) = answers.recv().expect("a sender lives in this function");
                    let answer = answer.unwrap_or_else(|panic| panic::resume_unwind(panic));
                    machine.answer(ticket, answer, now());
                    answered += 1;
                    progress(answered);
                }
                Step::Wait(duration) => clock::sleep(duration),
                Step::Done(result) => return result,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Condvar, Mutex},
        time::Duration,
    };

    use access_groups_core::{access::AccessCheck, prelude::*};

    use super::*;

    /// Lets nobody pass before all have arrived.
    struct Meeting {
        missing: Mutex<usize>,
        arrival: Condvar,
    }

    impl Meeting {
        fn of(all: usize) -> Self {
            Self {
                missing: Mutex::new(all),
                arrival: Condvar::new(),
            }
        }

        fn arrive(&self) {
            let mut missing = self.missing.lock().expect("no panic inside");
            *missing -= 1;
            self.arrival.notify_all();
            let minute = Duration::from_secs(60);
            let is_early = |missing: &mut usize| *missing > 0;
            let waited = self.arrival.wait_timeout_while(missing, minute, is_early);
            let is_late = waited.expect("no panic inside").1.timed_out();
            assert!(!is_late, "one after another");
        }
    }

    impl BlockingAccessGroupPort for Meeting {
        fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
            self.arrive();
            Err(Error::unsupported_operation(&operation))
        }
    }

    struct Panicking;

    impl BlockingAccessGroupPort for Panicking {
        fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            panic!("a bug in a port")
        }
    }

    fn check() -> AccessCheck {
        let (ada, door) = (AcsUserId::from_u128(1), EntranceId::from_u128(2));
        AccessCheck::new(ada, door, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn two_functions_run_at_the_same_time() {
        let meeting = Meeting::of(2);
        together(|| meeting.arrive(), || meeting.arrive());
    }

    #[test]
    fn calls_of_a_machine_are_made_at_the_same_time() {
        let mut answered = 0;
        let checked = drive(&Meeting::of(2), check(), |count| answered = count);
        let error = checked.expect_err("a port that supports nothing");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!((1..=2).contains(&answered), "{answered}");
    }

    #[test]
    #[should_panic(expected = "a bug in a port")]
    fn panic_of_a_call_ends_the_machine() {
        let _ = drive(&Panicking, check(), |_| ());
    }
}
