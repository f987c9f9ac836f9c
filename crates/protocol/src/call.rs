//! One call as a machine: attempts, waits, per-attempt timeout, deadline.

#[cfg(test)]
mod tests;

use std::{marker::PhantomData, num::NonZeroU32, time::Duration};

use access_groups_core::{Call, Effect, Error, ErrorKind, Operation};
use http::{Request, Response, header};

use crate::{
    Credential, Endpoint, Form, TransportError, TransportErrorKind, encode, response, status,
};

/// What an adapter needs to make calls, without the socket.
///
/// # Examples
///
/// A driver is one loop; this one plays a service that is away once and then answers:
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{AccessGroupId, AcsUserId, AddUser};
/// use access_groups_protocol::{Client, Credential, Endpoint, Step};
///
/// let client = Client::new(Endpoint::default(), Credential::api_key("seam_example")?);
/// let operation = AddUser { user: AcsUserId::from_u128(1).into(), group: AccessGroupId::from_u128(2) };
///
/// let mut now = Duration::ZERO; // since some fixed moment
/// let mut statuses = [503, 200].into_iter();
/// let mut call = client.call(operation, now, 42);
/// let result = loop {
///     match call.step(now) {
///         Step::Send { request, timeout: _ } => {
///             assert_eq!(request.uri().path(), "/acs/users/add_to_access_group");
///             let status = statuses.next().expect("at most two attempts");
///             let response = http::Response::builder().status(status);
///             call.finish_attempt(Ok(response.body(br#"{"ok":true}"#.to_vec())?));
///         }
///         Step::Wait(duration) => now += duration,
///         Step::Done(result) => break result,
///     }
/// };
/// result?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    endpoint: Endpoint,
    credential: Credential,
    policy: RetryPolicy,
}

impl Client {
    /// A client with the default policy.
    #[must_use]
    pub fn new(endpoint: Endpoint, credential: Credential) -> Self {
        Self {
            endpoint,
            credential,
            policy: RetryPolicy::default(),
        }
    }

    /// With this policy.
    #[must_use]
    pub fn with_policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Where the service is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Begins a call. `now` is the time since any fixed moment, the same one that the steps
    /// use; `seed` varies the waits between attempts.
    #[must_use]
    pub fn call<O: Call>(&self, operation: O, now: Duration, seed: u64) -> CallMachine<O> {
        CallMachine {
            operation: operation.into(),
            endpoint: self.endpoint.clone(),
            credential: self.credential.clone(),
            policy: self.policy,
            deadline: now.saturating_add(self.policy.call_timeout),
            random: fastrand::Rng::with_seed(seed),
            attempts: 0,
            ambiguous: false,
            seen: Seen::default(),
            state: State::Ready,
            reply: PhantomData,
        }
    }
}

/// How long connecting may take by default: 5 seconds, TLS included. Part of the attempt's time.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest response body that a driver reads by default: 256 MiB, room for a list of
/// 100,000 users.
pub const RESPONSE_LIMIT: usize = 256 * 1024 * 1024;

/// How long and how often a call tries.
///
/// | setting | default |
/// |---|---|
/// | attempts | 3 |
/// | one attempt | 30 s |
/// | the whole call, waits included | 120 s |
/// | wait before the second attempt | 200 ms, doubled before each further one, plus up to 20 % |
///
/// Repeated are connections that failed or broke, timeouts, and the statuses 408, 429 and
/// 5xx except 501. What [creates](Effect::Creates) something is repeated only when no
/// connection came about: otherwise two might come of it. Everything else may be carried out
/// twice without harm.
/// A `Retry-After` in seconds lengthens the wait; a wait that would pass the end of the
/// call ends it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a call is tried at most.
    pub attempts: NonZeroU32,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// How long the whole call may take, waits included.
    pub call_timeout: Duration,
    /// The wait before the second attempt.
    pub first_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: NonZeroU32::new(3).expect("three is not zero"),
            attempt_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(120),
            first_wait: Duration::from_millis(200),
        }
    }
}

/// What the driver of a [`CallMachine`] does next.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "moved once an attempt; a box costs more"
)]
pub enum Step<T> {
    /// Send this, wait at most so long for the complete response, and hand the outcome to
    /// [`CallMachine::finish_attempt`].
    Send {
        /// The request.
        request: Request<Vec<u8>>,
        /// From before connecting until the last byte of the body.
        timeout: Duration,
    },
    /// Wait so long.
    Wait(Duration),
    /// The call is over.
    Done(Result<T, Error>),
}

/// One call. See [`Client`] for the loop that drives it.
#[derive(Debug)]
pub struct CallMachine<O: Call> {
    operation: Operation,
    endpoint: Endpoint,
    credential: Credential,
    policy: RetryPolicy,
    deadline: Duration,
    random: fastrand::Rng,
    attempts: u32,
    ambiguous: bool,
    seen: Seen,
    state: State<O::Reply>,
    reply: PhantomData<O>,
}

/// What the last attempt brought, for a log.
#[derive(Debug, Default)]
struct Seen {
    status: Option<u16>,
    request_id: Option<String>,
}

/// Who may repeat an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// This call.
    Here,
    /// Nobody but the caller, later: it was refused untouched, and this call does not insist.
    Later,
    /// Nobody: it would fail again, or do harm.
    Never,
}

#[derive(Debug)]
enum State<T> {
    Ready,
    Sent { timeout: Duration },
    Failed { error: Error, repeat: Repeat },
    Waiting { until: Duration, error: Error },
    Succeeded(T),
    Over,
}

impl<O: Call> CallMachine<O> {
    /// What to do now; `now` is the time since the moment that [`Client::call`] used.
    ///
    /// A [`Step::Send`] whose outcome never arrived counts as interrupted.
    pub fn step(&mut self, now: Duration) -> Step<O::Reply> {
        if matches!(self.state, State::Sent { .. }) {
            let kind = TransportErrorKind::Interrupted;
            self.finish_attempt(Err(TransportError::new(kind, "the attempt was given up")));
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Succeeded(reply) => Step::Done(Ok(reply)),
            State::Failed { error, repeat } => self.after_failure(error, repeat, now),
            State::Waiting { until, error } if now < until => {
                self.state = State::Waiting { until, error };
                Step::Wait(until - now)
            }
            State::Waiting { error, .. } if now >= self.deadline => self.give_up(error),
            State::Ready | State::Waiting { .. } => self.send(now),
            State::Sent { .. } | State::Over => Step::Done(Err(Error::internal(
                "the call is over already",
            )
            .with_operation(O::NAME))),
        }
    }

    /// What became of the request of the last [`Step::Send`].
    pub fn finish_attempt(&mut self, outcome: Result<Response<Vec<u8>>, TransportError>) {
        let State::Sent { timeout } = self.state else {
            return;
        };
        self.seen = Seen::default();
        self.state = match outcome {
            Ok(response) => self.read(response),
            Err(failure) => self.failed(failure, timeout),
        };
    }

    /// How many attempts have been made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The status of the last attempt, if it brought a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.seen.status
    }

    /// The service's id of the last attempt, if it brought one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.seen.request_id.as_deref()
    }

    fn send(&mut self, now: Duration) -> Step<O::Reply> {
        let left = self.deadline.saturating_sub(now);
        let timeout = self.policy.attempt_timeout.min(left);
        self.attempts += 1;
        self.state = State::Sent { timeout };
        let (endpoint, credential) = (&self.endpoint, &self.credential);
        Step::Send {
            request: encode(&self.operation, endpoint, credential, &Form::default()),
            timeout,
        }
    }

    fn read(&mut self, mut response: Response<Vec<u8>>) -> State<O::Reply> {
        let status = response.status();
        let mut decoded = response::decode(&self.operation, &response);
        if decoded.is_err() && self.credential.take_out_of(&mut response) {
            decoded = response::decode(&self.operation, &response);
        }
        self.seen = Seen {
            status: Some(status.as_u16()),
            request_id: response::request_id(&response).map(|id| self.credential.redact(&id)),
        };
        let error = match decoded.map(O::reply) {
            Ok(Some(reply)) => return State::Succeeded(reply),
            Ok(None) => Error::internal("the answer belongs to another operation"),
            Err(error) => error,
        };
        self.ambiguous |= status.is_success() || status::is_ambiguous(status);
        let error = match retry_after(&response) {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        };
        let repeat = match (status::is_worth_repeating(status), self.operation.effect()) {
            (false, _) => Repeat::Never,
            (true, Effect::Creates) if status::is_ambiguous(status) => Repeat::Never,
            (true, Effect::Creates) => Repeat::Later,
            (true, _) => Repeat::Here,
        };
        State::Failed { error, repeat }
    }

    fn failed(&mut self, failure: TransportError, timeout: Duration) -> State<O::Reply> {
        use TransportErrorKind::{Interrupted, NotConnected, NotTrusted, TimedOut, TooLarge};
        let unless_it_creates = match self.operation.effect() {
            Effect::Creates => Repeat::Never,
            Effect::Reads | Effect::Sets => Repeat::Here,
        };
        let (kind, repeat) = match failure.kind() {
            NotConnected => (ErrorKind::Unavailable, Repeat::Here),
            NotTrusted => (ErrorKind::Unavailable, Repeat::Never),
            TimedOut => (ErrorKind::TimedOut, unless_it_creates),
            Interrupted => (ErrorKind::Unavailable, unless_it_creates),
            TooLarge => (ErrorKind::Internal, Repeat::Never),
        };
        self.ambiguous |= matches!(failure.kind(), TimedOut | Interrupted | TooLarge);
        let message = match failure.kind() {
            TimedOut => format!("{failure} (limit {timeout:?})"),
            _ => failure.to_string(),
        };
        let error = Error::of_kind(kind, message);
        let error = match failure.kind() {
            NotTrusted => error.with_code("untrusted_certificate"),
            _ => error,
        };
        let error = match failure.into_source() {
            Some(source) => error.with_source(source),
            None => error,
        };
        State::Failed { error, repeat }
    }

    fn after_failure(&mut self, error: Error, repeat: Repeat, now: Duration) -> Step<O::Reply> {
        match repeat {
            Repeat::Here => {}
            Repeat::Later => return self.give_up(error),
            Repeat::Never => return self.give_up(error.without_retry()),
        }
        if self.attempts >= self.policy.attempts.get() {
            return self.give_up(error);
        }
        let wait = self.wait(error.retry_after());
        let until = now.saturating_add(wait);
        if until >= self.deadline {
            return self.give_up(error);
        }
        self.state = State::Waiting { until, error };
        Step::Wait(wait)
    }

    /// Doubles with each attempt, is at least what the service asks for, plus up to 20 %.
    fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(16);
        let wait = self.policy.first_wait.saturating_mul(1 << doublings);
        let wait = wait.max(asked.unwrap_or_default());
        wait.saturating_add(wait.mul_f64(0.2 * self.random.f64()))
    }

    fn give_up(&self, error: Error) -> Step<O::Reply> {
        let error = match self.attempts {
            1 => error,
            several => {
                let message = format!("{} (gave up after {several} attempts)", error.message());
                error.with_message(message)
            }
        };
        let ambiguous = self.ambiguous && self.operation.effect().changes_state();
        Step::Done(Err(error.with_operation(O::NAME).with_ambiguity(ambiguous)))
    }
}

/// `Retry-After` in seconds, at most a day.
fn retry_after(response: &Response<Vec<u8>>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: u64 = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(86_400)))
}
