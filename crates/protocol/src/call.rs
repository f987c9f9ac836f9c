//! One call as a machine: attempts, waits, per-attempt timeout, deadline.

use std::{marker::PhantomData, num::NonZeroU32, time::Duration};

use access_groups_core::{Call, Error, ErrorKind, Operation};
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
            state: State::Ready,
            reply: PhantomData,
        }
    }
}

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
/// 5xx except 501: every operation of this version may be carried out twice without harm.
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
    state: State<O::Reply>,
    reply: PhantomData<O>,
}

#[derive(Debug)]
enum State<T> {
    Ready,
    Sent { timeout: Duration },
    Failed { error: Error, retry: bool },
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
            State::Failed { error, retry } => self.after_failure(error, retry, now),
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
        self.state = match outcome {
            Ok(response) => self.read(&response),
            Err(failure) => self.failed(failure, timeout),
        };
    }

    /// How many attempts have been made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
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

    fn read(&mut self, response: &Response<Vec<u8>>) -> State<O::Reply> {
        let error = match response::decode(&self.operation, response) {
            Ok(reply) => match O::reply(reply) {
                Some(reply) => return State::Succeeded(reply),
                None => Error::internal("the answer belongs to another operation"),
            },
            Err(error) => error,
        };
        let status = response.status();
        self.ambiguous |= status.is_success() || status::is_ambiguous(status);
        let error = match retry_after(response) {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        };
        State::Failed {
            error,
            retry: status::is_worth_repeating(status),
        }
    }

    fn failed(&mut self, failure: TransportError, timeout: Duration) -> State<O::Reply> {
        use TransportErrorKind::{Interrupted, NotConnected, NotTrusted, TimedOut, TooLarge};
        let (kind, retry) = match failure.kind() {
            NotConnected => (ErrorKind::Unavailable, true),
            NotTrusted => (ErrorKind::Unavailable, false),
            TimedOut => (ErrorKind::TimedOut, true),
            Interrupted => (ErrorKind::Unavailable, true),
            TooLarge => (ErrorKind::Internal, false),
        };
        self.ambiguous |= matches!(failure.kind(), TimedOut | Interrupted | TooLarge);
        let message = match failure.kind() {
            TimedOut => format!("{failure} (limit {timeout:?})"),
            _ => failure.to_string(),
        };
        let error = Error::of_kind(kind, message);
        let error = match failure.into_source() {
            Some(source) => error.with_source(source),
            None => error,
        };
        State::Failed { error, retry }
    }

    fn after_failure(&mut self, error: Error, retry: bool, now: Duration) -> Step<O::Reply> {
        if !retry || self.attempts >= self.policy.attempts.get() {
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
        let mut message = self.credential.redact(error.message());
        if self.attempts > 1 {
            message = format!("{message} (gave up after {} attempts)", self.attempts);
        }
        let ambiguous = self.ambiguous && self.operation.changes_state();
        Step::Done(Err(error
            .with_message(message)
            .with_operation(O::NAME)
            .with_ambiguity(ambiguous)))
    }
}

/// `Retry-After` in seconds, at most a day.
fn retry_after(response: &Response<Vec<u8>>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: u64 = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(86_400)))
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AccessGroupId, AcsUserId, AddUser, GetAcsUser};

    use super::*;

    /// What a scripted service does with one attempt, and how long it takes.
    type Attempt = (u64, Result<u16, TransportErrorKind>);

    fn client() -> Client {
        let key = Credential::api_key("seam_swordfish").expect("a key");
        Client::new(Endpoint::default(), key)
    }

    fn add() -> AddUser {
        AddUser {
            user: AcsUserId::from_u128(1).into(),
            group: AccessGroupId::from_u128(2),
        }
    }

    /// Plays the script and returns the trace, with waits in milliseconds, and the result.
    fn run<O: Call>(operation: O, script: &[Attempt]) -> (Vec<String>, Result<O::Reply, Error>) {
        let (mut trace, mut now) = (Vec::new(), Duration::ZERO);
        let mut script = script.iter();
        let mut call = client().call(operation, now, 7);
        loop {
            match call.step(now) {
                Step::Send { timeout, .. } => {
                    trace.push(format!("send within {timeout:?}"));
                    let (seconds, outcome) =
                        script.next().expect("the script covers every attempt");
                    now += Duration::from_secs(*seconds);
                    call.finish_attempt(answer(*outcome));
                }
                Step::Wait(wait) => {
                    assert!(wait > Duration::ZERO);
                    trace.push("wait".to_owned());
                    now += wait;
                }
                Step::Done(result) => return (trace, result),
            }
        }
    }

    fn answer(
        outcome: Result<u16, TransportErrorKind>,
    ) -> Result<Response<Vec<u8>>, TransportError> {
        let status = outcome.map_err(|kind| TransportError::new(kind, "no answer"))?;
        let response = Response::builder()
            .status(status)
            .body(br#"{"ok":true}"#.to_vec());
        Ok(response.expect("a response"))
    }

    fn check(script: &[Attempt], sends: usize, kind: Option<ErrorKind>, ambiguous: bool) {
        let (trace, result) = run(add(), script);
        let sent = trace.iter().filter(|line| line.starts_with("send")).count();
        assert_eq!(sent, sends, "{script:?} {trace:?}");
        assert_eq!(result.as_ref().err().map(Error::kind), kind, "{script:?}");
        let found = result.is_err_and(|error| error.is_ambiguous());
        assert_eq!(found, ambiguous, "{script:?}");
    }

    #[test]
    fn a_passing_fault_is_repeated_and_a_refusal_is_not() {
        use ErrorKind::{Internal, Invalid, NotFound, Unauthenticated, Unavailable};
        use TransportErrorKind::{Interrupted, NotConnected, NotTrusted, TimedOut, TooLarge};
        check(&[(0, Ok(200))], 1, None, false);
        check(&[(0, Ok(503)), (0, Ok(503)), (0, Ok(200))], 3, None, false);
        check(
            &[(0, Ok(503)), (0, Ok(429)), (0, Ok(503))],
            3,
            Some(Unavailable),
            false,
        );
        check(&[(0, Ok(400))], 1, Some(Invalid), false);
        check(&[(0, Ok(401))], 1, Some(Unauthenticated), false);
        check(&[(0, Ok(404))], 1, Some(NotFound), false);
        check(&[(0, Ok(302))], 1, Some(Invalid), false);
        check(&[(0, Err(NotConnected)); 3], 3, Some(Unavailable), false);
        check(&[(0, Err(NotTrusted))], 1, Some(Unavailable), false);
        check(&[(0, Err(Interrupted)); 3], 3, Some(Unavailable), true);
        check(&[(0, Err(TooLarge))], 1, Some(Internal), true);
        check(
            &[(30, Err(TimedOut)); 3],
            3,
            Some(ErrorKind::TimedOut),
            true,
        );
        check(&[(0, Ok(500)); 3], 3, Some(Internal), true);
        // Once in doubt, later certainty about another attempt does not help.
        check(
            &[(0, Ok(502)), (0, Err(NotConnected)), (0, Ok(503))],
            3,
            Some(Unavailable),
            true,
        );
    }

    #[test]
    fn a_read_is_never_ambiguous() {
        let user = AcsUserId::from_u128(1);
        let script = [(0, Err(TransportErrorKind::Interrupted)); 3];
        let (_, result) = run(GetAcsUser { user }, &script);
        assert!(!result.expect_err("no answer").is_ambiguous());
    }

    #[test]
    fn the_last_attempt_gets_what_is_left_of_the_call() {
        let policy = RetryPolicy {
            call_timeout: Duration::from_secs(40),
            ..RetryPolicy::default()
        };
        let mut call = client().with_policy(policy).call(add(), Duration::ZERO, 7);
        let sent = |step| match step {
            Step::Send { timeout, .. } => timeout,
            other => panic!("{other:?}"),
        };
        assert_eq!(sent(call.step(Duration::ZERO)), Duration::from_secs(30));
        call.finish_attempt(answer(Err(TransportErrorKind::TimedOut)));
        let Step::Wait(_) = call.step(Duration::from_secs(30)) else {
            panic!("no wait")
        };
        assert_eq!(
            sent(call.step(Duration::from_secs(33))),
            Duration::from_secs(7)
        );
        call.finish_attempt(answer(Err(TransportErrorKind::TimedOut)));
        let Step::Done(Err(error)) = call.step(Duration::from_secs(40)) else {
            panic!("goes on")
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(
            error.message(),
            "no answer (limit 7s) (gave up after 2 attempts)"
        );
    }

    /// The wait before the second attempt, if there is one.
    fn wait_after(header: &str) -> Option<Duration> {
        let mut call = client().call(add(), Duration::ZERO, 7);
        let Step::Send { .. } = call.step(Duration::ZERO) else {
            panic!("nothing sent")
        };
        let response = Response::builder()
            .status(429)
            .header("retry-after", header);
        call.finish_attempt(Ok(response.body(Vec::new()).expect("a response")));
        match call.step(Duration::ZERO) {
            Step::Wait(wait) => Some(wait),
            Step::Done(_) => None,
            other => panic!("{other:?}"),
        }
    }

    fn check_wait(header: &str, range: Option<std::ops::Range<u64>>) {
        let wait = wait_after(header).map(|wait| u64::try_from(wait.as_millis()).expect("short"));
        match (wait, range) {
            (Some(wait), Some(range)) => assert!(range.contains(&wait), "{header:?}: {wait} ms"),
            (wait, range) => assert_eq!(wait.is_some(), range.is_some(), "{header:?}"),
        }
    }

    #[test]
    fn the_service_may_ask_for_a_longer_wait_but_not_beyond_the_call() {
        check_wait("0", Some(200..241));
        check_wait("5", Some(5000..6001));
        check_wait("soon", Some(200..241));
        check_wait("120", None);
        check_wait("99999999999", None);
    }

    #[test]
    fn a_credential_that_the_service_repeats_is_taken_out() {
        let mut call = client().call(add(), Duration::ZERO, 7);
        let Step::Send { request, .. } = call.step(Duration::ZERO) else {
            panic!("nothing sent")
        };
        let body = format!(
            r#"{{"error":{{"type":"unauthorized","message":"bad {}"}}}}"#,
            request.headers()["authorization"].to_str().expect("text"),
        );
        let response = Response::builder()
            .status(401)
            .header("content-type", "application/json");
        call.finish_attempt(Ok(response.body(body.into_bytes()).expect("a response")));
        let Step::Done(Err(error)) = call.step(Duration::ZERO) else {
            panic!("goes on")
        };
        assert_eq!(error.to_string(), "add_user: bad Bearer [redacted]");
        assert!(!format!("{error:?} {call:?}").contains("swordfish"));
    }

    #[test]
    fn a_driver_that_loses_an_outcome_or_goes_on_gets_an_error_and_no_panic() {
        let mut call = client().call(add(), Duration::ZERO, 7);
        let Step::Send { .. } = call.step(Duration::ZERO) else {
            panic!("nothing sent")
        };
        let Step::Wait(wait) = call.step(Duration::ZERO) else {
            panic!("no wait")
        };
        let Step::Send { .. } = call.step(wait) else {
            panic!("nothing sent")
        };
        call.finish_attempt(answer(Ok(200)));
        let Step::Done(Ok(())) = call.step(wait) else {
            panic!("no success")
        };
        let Step::Done(Err(_)) = call.step(wait) else {
            panic!("not over")
        };
    }
}
