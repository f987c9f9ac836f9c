//! What a service sends to a client.

use std::{num::NonZeroU32, time::Duration};

use access_groups_core::*;
use access_groups_protocol::{Payload, Requester, Settings, Step, decode, respond};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::{KEY, must_be_presentable, with_key};

/// The first byte chooses an operation, the second a status, the third the headers; the rest is the
/// body.
///
/// A reply is one that the server half can write and the client half reads again; an error can be
/// shown to anybody.
pub fn response(data: &[u8]) {
    let [operation, status, headers, body @ ..] = data else {
        return;
    };
    let operations = operations();
    let operation = &operations[usize::from(*operation) % operations.len()];
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let response = || {
        let mut response = Response::new(Payload::from(with_key(body)));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        let text = HeaderValue::from_bytes(&with_key(body)).ok();
        for (bit, name) in NAMES.iter().enumerate() {
            let value = match (headers & (1 << bit) != 0, &text) {
                // Without the bit, what a client usually meets: JSON, and no other header.
                (false, _) if bit == 0 => HeaderValue::from_static("application/json"),
                (true, Some(text)) => text.clone(),
                _ => continue,
            };
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        response
    };
    match decode(operation, &response()) {
        Ok(reply) => must_come_back(operation, reply),
        // The key is taken out by the call, below.
        Err(error) => assert!(error.operation().is_some()),
    }
    let requester = requester();
    let mut call = requester.call(operation.clone(), &Context::new(), Duration::ZERO);
    if let (_, Err(error)) = run(&mut call, response) {
        must_be_presentable(&error);
    }
}

/// The reply, written and read again, is itself from the second time on: instants lose what is below
/// a millisecond.
fn must_come_back(operation: &Operation, reply: Reply) {
    let again = |reply: Reply| decode(operation, &respond(&Ok(reply))).expect("a reply as written");
    let once = again(reply);
    let twice = again(once.clone());
    assert!(once == twice, "{}", operation.name());
}

/// The bytes are `Retry-After`; after a line feed, they are `Date`.
///
/// The waits end before the deadline, and no wait is shorter than a number of seconds that is asked
/// for.
pub fn retry_after(data: &[u8]) {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let mut values = [lines.next(), lines.next()].map(|line| {
        let value = line.map(HeaderValue::from_bytes);
        value.and_then(Result::ok)
    });
    let response = || {
        let mut response = Response::new(Payload::from(Vec::new()));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        for (name, value) in [("retry-after", &values[0]), ("date", &values[1])] {
            if let Some(value) = value {
                let name = HeaderName::from_static(name);
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    };
    let requester = requester();
    let group = AccessGroupId::from_u128(1);
    let mut call = requester.call(
        GetAccessGroup::new(group).into(),
        &Context::new(),
        Duration::ZERO,
    );
    let (waits, result) = run(&mut call, response);
    let error = result.expect_err("429");
    must_be_presentable(&error);
    let total = waits.iter().sum::<Duration>();
    assert!(total < DEADLINE, "{waits:?}");
    // Digits alone: what else counts as a number is the law's business.
    let digits = values[0]
        .take()
        .and_then(|value| value.to_str().map(str::to_owned).ok());
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let asked = digits.and_then(|digits| digits.parse::<u64>().ok());
    if let Some(asked) = asked.filter(|seconds| *seconds <= 1000) {
        let asked = Duration::from_secs(asked);
        assert!(
            waits.iter().all(|wait| *wait >= asked),
            "{waits:?} {asked:?}"
        );
        assert_eq!(error.retry_after(), Some(asked));
    }
}

/// Drives the call with the same response to every attempt; the waits, and the result.
fn run(
    call: &mut access_groups_protocol::CallMachine<'_>,
    response: impl Fn() -> Response<Payload>,
) -> (Vec<Duration>, Result<Reply, Error>) {
    let (mut now, mut waits) = (Duration::ZERO, Vec::new());
    for _ in 0..100 {
        match call.step(now) {
            Step::Send { .. } => call.finish_attempt(Ok(response())),
            Step::Wait(wait) => {
                now += wait;
                waits.push(wait);
            }
            Step::Done(result) => return (waits, result),
        }
    }
    panic!("the call does not end: {waits:?}");
}

fn requester() -> Requester {
    let settings = Settings::new(KEY).with_timeout(DEADLINE);
    settings.requester(7).expect("fine settings")
}

const DEADLINE: Duration = Duration::from_secs(120);

const STATUSES: [u16; 16] = [
    200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 407, 409, 429, 500, 503, 999,
];

/// The headers that are read; a bit for each.
const NAMES: [&str; 6] = [
    "content-type",
    "seam-request-id",
    "content-encoding",
    "location",
    "retry-after",
    "date",
];

/// One operation for each type of a reply.
fn operations() -> [Operation; 14] {
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    let (system, entrance) = (AcsSystemId::from_u128(3), EntranceId::from_u128(4));
    let page = || PageRequest::first().with_limit(NonZeroU32::MIN);
    [
        AddUser::new(user, group).into(),
        GetAccessGroup::new(group).into(),
        ListAccessGroups::new(AccessGroupFilter::new()).into(),
        GetAcsUser::new(user).into(),
        ListUsersInGroup::new(group).into(),
        ListAcsUsers::new(AcsUserFilter::new(), page()).into(),
        GetEntrance::new(entrance).into(),
        ListEntrancesOfGroup::new(group).into(),
        ListEntrances::new(EntranceFilter::new(), page()).into(),
        GetAcsSystem::new(system).into(),
        ListAcsSystems::new(AcsSystemFilter::new()).into(),
        GetUserIdentity::new(UserIdentityId::from_u128(5)).into(),
        ListUserIdentities::new(UserIdentityFilter::new(), page()).into(),
        GetWorkspace::new().into(),
    ]
}
