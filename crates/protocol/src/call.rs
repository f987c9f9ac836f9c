//! One call as a machine: attempts, waits, per-attempt timeout, deadline.

mod limits;
mod requester;
mod retry_after;
mod span;
mod step;
#[cfg(test)]
mod tests;
mod transport;
mod waiting;

use std::{fmt, time::Duration};

use access_groups_core::{CancelToken, Effect, Error, ErrorKind, Operation, Reply};
use http::{HeaderValue, Response};

use crate::{Payload, pace::Reserved, response, retry::Fault, status, wire};

use limits::Limits;
use retry_after::retry_after;

pub use requester::Requester;
pub use step::Step;
pub use transport::{TransportError, TransportErrorKind, UNTRUSTED_CERTIFICATE};
pub(crate) use waiting::WaitObserver;
pub use waiting::{WaitReason, Waiting};

/// One call: attempts and waits until there is a reply or an error. [`Requester`] shows the loop
/// that drives it.
///
/// # Cancel safety
///
/// It may be dropped at any step. A request that was sent may have been carried out. One that was
/// not sent yet leaves its turn under the rate limit to others, and returns what it took from the
/// quota; what sent retries took is not returned, as after a failed call.
pub struct CallMachine<'a> {
    operation: Operation,
    requester: &'a Requester,
    deadline: Duration,
    random: fastrand::Rng,
    attempts: u32,
    cancel: Option<CancelToken>,
    ambiguous: bool,
    /// The error of the attempt that may have been carried out first.
    doubt: Option<Error>,
    /// The tokens that the last retry took.
    taken: Option<u32>,
    /// Turn and tokens of the next request.
    reserved: Reserved<'a>,
    last: LastResponse,
    state: State,
}

/// Without the operation's fields and the reply, which are personal data.
impl fmt::Debug for CallMachine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMachine")
            .field("operation", &self.operation.name())
            .field("attempts", &self.attempts)
            .field("status", &self.last.status)
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}

/// The response to the last attempt, for a log.
#[derive(Debug, Default)]
struct LastResponse {
    status: Option<u16>,
    /// As it came: few callers ask for it.
    request_id: Option<HeaderValue>,
}

/// Who may retry an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// This call.
    ThisCall,
    /// The caller only: the service refused it, and did not carry it out, as with 429. What is not
    /// idempotent is not retried automatically once it reached the service.
    Caller,
    /// Nobody: it would fail again, or be carried out twice.
    Never,
}

#[allow(
    clippy::large_enum_variant,
    reason = "one per call, moved once; a box costs more"
)]
enum State {
    /// Until the moment of the next attempt, with the error of the last one.
    Waiting {
        until: Duration,
        error: Option<Error>,
        reason: WaitReason,
    },
    Sent(Limits),
    Failed {
        error: Error,
        retry: Retry,
        fault: Fault,
    },
    Succeeded(Reply),
    Over,
}

impl CallMachine<'_> {
    /// What to do next; `now` is the time since the moment that [`Requester::call`] used.
    ///
    /// A [`Step::Send`] whose outcome never arrived counts as interrupted. Once the call
    /// [is cancelled](Self::is_cancelled), nothing more is sent or waited for; an answer that came
    /// before still counts.
    pub fn step(&mut self, now: Duration) -> Step {
        let step = self.next_step(now);
        if let Some(observer) = &self.requester.wait_observer
            && let Some(waiting) = self.waiting(&step)
        {
            observer.tell(&waiting);
        }
        step
    }

    fn next_step(&mut self, now: Duration) -> Step {
        // A driver that lost the outcome must not send again as if nothing had happened.
        if matches!(self.state, State::Sent(_)) {
            let kind = TransportErrorKind::Interrupted;
            self.finish_attempt(Err(TransportError::new(kind)));
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Succeeded(reply) => Step::Done(Ok(reply)),
            State::Failed {
                error,
                retry,
                fault,
            } => self.after_failure(error, retry, fault, now),
            State::Waiting {
                until,
                error,
                reason,
            } => match self.cancelled_by() {
                Some(why) => self.cancelled(why, error),
                None if now < until => self.wait(until, error, reason, now),
                None => self.send(error, now),
            },
            State::Sent(_) | State::Over => {
                Step::Done(Err(Error::internal("the call is over already")
                    .with_operation(self.operation.name())))
            }
        }
    }

    /// What the driver waits for, if it waits in this step.
    fn waiting(&self, step: &Step) -> Option<Waiting> {
        let (attempt, reason, time) = match (step, &self.state) {
            (Step::Send { timeout, .. }, _) => (self.attempts, WaitReason::Answer, *timeout),
            (Step::Wait(time), State::Waiting { reason, .. }) => {
                (self.attempts + 1, *reason, *time)
            }
            _ => return None,
        };
        Some(Waiting::new(self.operation.name(), attempt, reason, time))
    }

    /// Takes the outcome of the last [`Step::Send`].
    pub fn finish_attempt(&mut self, outcome: Result<Response<Payload>, TransportError>) {
        let State::Sent(limits) = self.state else {
            return;
        };
        self.last = LastResponse::default();
        self.state = match outcome {
            Ok(response) => self.read(response, limits),
            Err(failure) => self.failed(failure, limits),
        };
    }

    /// Whether the token of the context was cancelled, or the requester shut down. A driver that waits
    /// asks now and then, and steps early.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled_by().is_some()
    }

    /// How many attempts have been made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The status of the last attempt, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.last.status
    }

    /// The service's id of the last request, if there was one.
    #[must_use]
    pub fn request_id(&self) -> Option<String> {
        let id = self.last.request_id.as_ref()?;
        response::id_in(id)
    }

    /// Why nothing more is sent.
    fn cancelled_by(&self) -> Option<&'static str> {
        if self.requester.is_shut_down() {
            return Some("the client is shut down");
        }
        let cancel = self.cancel.as_ref()?;
        cancel.is_cancelled().then_some("the call was cancelled")
    }

    /// The end of a cancelled call; what came of its last attempt is the cause.
    fn cancelled(&mut self, why: &'static str, last: Option<Error>) -> Step {
        let error = Error::cancelled(why);
        self.give_up(match last {
            Some(last) => error.with_source(last),
            None => error,
        })
    }

    fn wait(
        &mut self,
        until: Duration,
        error: Option<Error>,
        reason: WaitReason,
        now: Duration,
    ) -> Step {
        self.state = State::Waiting {
            until,
            error,
            reason,
        };
        Step::Wait(until.saturating_sub(now))
    }

    fn send(&mut self, failed: Option<Error>, now: Duration) -> Step {
        let requester = self.requester;
        // A driver may have slept longer than it was told. Nothing is sent then: some clients take
        // no time at all for all the time there is.
        if now >= self.deadline {
            let no_time = || {
                Error::timed_out("the call had no time left before anything was sent")
                    .without_retry()
            };
            return self.give_up(failed.unwrap_or_else(no_time));
        }
        let request = match requester.request(&self.operation) {
            Ok(request) => request,
            Err(error) => return Step::Done(Err(error)),
        };
        match self.reserved.slot(now, self.deadline, &mut self.random) {
            Ok((slot, reason)) if slot > now => return self.wait(slot, failed, reason, now),
            Ok(_) => self.reserved.use_up(),
            Err(held) => return self.give_up(held.into_error(failed)),
        }
        if self.ambiguous && self.doubt.is_none() {
            self.doubt = failed;
        }
        let limits = Limits {
            timeout: requester.policy.attempt_timeout.min(self.deadline - now),
            body_limit: wire::reply_limit(&self.operation).min(requester.body_limit),
        };
        self.attempts += 1;
        self.state = State::Sent(limits);
        Step::Send {
            request,
            timeout: limits.timeout,
            body_limit: limits.body_limit,
        }
    }

    fn read(&mut self, mut response: Response<Payload>, limits: Limits) -> State {
        let status = response.status();
        let credential = &self.requester.credential;
        let is_too_large = response::limit(&mut response, limits.body_limit);
        // Replies and errors are shown and logged; some services repeat a wrong credential.
        credential.redact_response(&mut response);
        let decoded = if is_too_large {
            let error = limits.too_large(self.requester, self.operation.name());
            Err(response::identified(error, &response))
        } else {
            response::decode(&self.operation, &response)
        };
        self.last = LastResponse {
            status: Some(status.as_u16()),
            request_id: response.headers().get(&response::REQUEST_ID).cloned(),
        };
        let error = match decoded {
            Ok(reply) => {
                self.requester.pace().give_back(self.taken.unwrap_or(1));
                return State::Succeeded(reply.with_bytes(response.body().len()));
            }
            Err(error) => credential.redact_error(error),
        };
        if self.may_be_own_work(&error)
            && let Some(doubt) = self.doubt.take()
        {
            return self.after_own_work(doubt, &error);
        }
        // Once an attempt may have been carried out, later certainty about another does not help.
        self.ambiguous |= status.is_success() || status::is_ambiguous(status);
        let error = match retry_after(&response) {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        };
        let retry = match (status::is_retryable(status), self.operation.effect()) {
            (false, _) => Retry::Never,
            (true, Effect::NonIdempotent) if status::is_ambiguous(status) => Retry::Never,
            (true, Effect::NonIdempotent) => Retry::Caller,
            (true, _) => Retry::ThisCall,
        };
        State::Failed {
            error,
            retry,
            fault: status::fault(status),
        }
    }

    /// Whether an earlier attempt of this call may be why there is nothing to change, or nothing left.
    fn may_be_own_work(&self, error: &Error) -> bool {
        let is_change = !self.operation.effect().is_safe();
        let kind = error.kind();
        self.ambiguous && is_change && matches!(kind, ErrorKind::NotFound | ErrorKind::Conflict)
    }

    /// What is deleted is gone, whoever did it. Of other changes the answer does not tell whether they
    /// were made, and a conflict with oneself is none.
    fn after_own_work(&self, doubt: Error, answer: &Error) -> State {
        if let Some((deleted, reply)) = self.operation.deletion()
            && answer.kind() == ErrorKind::NotFound
            && answer.subject() == Some(deleted)
        {
            self.requester.pace().give_back(self.taken.unwrap_or(1));
            return State::Succeeded(reply);
        }
        let message = format!("{}; then: {}", doubt.message(), answer.message());
        State::Failed {
            error: doubt.with_message(message),
            retry: Retry::Never,
            fault: Fault::Transient,
        }
    }

    fn failed(&mut self, failure: TransportError, limits: Limits) -> State {
        use TransportErrorKind::{
            HeadTooLarge, Interrupted, NotConnected, NotHttp, NotTls, NotTrusted, TimedOut,
        };
        let if_idempotent = match self.operation.effect() {
            Effect::NonIdempotent => Retry::Never,
            Effect::Safe | Effect::Idempotent => Retry::ThisCall,
        };
        let (kind, retry) = match failure.kind() {
            NotConnected => (ErrorKind::Unavailable, Retry::ThisCall),
            // It will be the same at the next attempt.
            NotTrusted | NotTls => (ErrorKind::Unavailable, Retry::Never),
            TimedOut => (ErrorKind::TimedOut, if_idempotent),
            Interrupted => (ErrorKind::Unavailable, if_idempotent),
            // What answers something else than HTTP does so again.
            NotHttp => (ErrorKind::Unavailable, Retry::Never),
            HeadTooLarge => (ErrorKind::Internal, Retry::Never),
        };
        self.ambiguous |= !matches!(failure.kind(), NotConnected | NotTrusted | NotTls);
        let error = failure.into_error(kind, self.requester, limits);
        State::Failed {
            error,
            retry,
            fault: Fault::Transient,
        }
    }

    fn after_failure(&mut self, error: Error, retry: Retry, fault: Fault, now: Duration) -> Step {
        let requester = self.requester;
        let policy = &requester.policy;
        let wait = policy.wait(fault, self.attempts, error.retry_after(), &mut self.random);
        if fault == Fault::Throttled {
            requester.pace().pause(now, wait);
        }
        match retry {
            Retry::ThisCall => {
                if let Some(why) = self.cancelled_by() {
                    return self.cancelled(why, Some(error));
                }
            }
            Retry::Caller => return self.give_up(error),
            Retry::Never => return self.give_up(error.without_retry()),
        }
        let until = now.saturating_add(wait);
        // Waiting until there is no time left for another attempt would only delay the error.
        if self.attempts >= policy.attempts.get() || until >= self.deadline {
            return self.give_up(error);
        }
        // Asked last, so that what is not retried anyway takes nothing.
        let cost = policy.cost(fault);
        if !self.reserved.take(cost) {
            let message = format!(
                "{} (no retry: the client's retry quota is used up)",
                error.message()
            );
            return self.give_up(error.with_message(message));
        }
        self.taken = Some(cost);
        let reason = WaitReason::Retry {
            status: self.last.status,
        };
        self.state = State::Waiting {
            until,
            error: Some(error),
            reason,
        };
        self.next_step(now) // a wait of zero is over at once
    }

    fn give_up(&mut self, error: Error) -> Step {
        self.reserved.release();
        let error = match self.attempts {
            0 | 1 => error,
            several => {
                let message = format!("{} (gave up after {several} attempts)", error.message());
                error.with_message(message)
            }
        };
        // A read that may have been carried out changes nothing.
        let ambiguous = self.ambiguous && !self.operation.effect().is_safe();
        Step::Done(Err(error
            .with_operation(self.operation.name())
            .with_ambiguity(ambiguous)))
    }
}
