//! HTTP statuses and kinds of errors: one table for both halves.

use access_groups_core::ErrorKind;
use http::StatusCode;

use crate::retry::Fault;

/// The status under which a server reports the kind.
pub(crate) fn of_kind(kind: ErrorKind) -> StatusCode {
    TABLE
        .iter()
        .find(|(_, known)| *known == kind)
        .map_or(StatusCode::INTERNAL_SERVER_ERROR, |(status, _)| *status)
}

/// The kind of error that a client reports for the status.
pub(crate) fn kind_of(status: StatusCode) -> ErrorKind {
    let row = TABLE.iter().find(|(known, _)| *known == status);
    match row {
        Some((_, kind)) => *kind,
        None if status == StatusCode::REQUEST_TIMEOUT => ErrorKind::TimedOut,
        // The caller can do the same about both: use another credential.
        None if status == StatusCode::FORBIDDEN => ErrorKind::Unauthenticated,
        // A proxy on the way asks for its own credential.
        None if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED => ErrorKind::Unavailable,
        None if status == StatusCode::METHOD_NOT_ALLOWED => ErrorKind::Unsupported,
        None if status.is_server_error() => ErrorKind::Unavailable,
        None => ErrorKind::Invalid,
    }
}

/// Whether a later attempt of the same request may succeed: the statuses that Seam's SDKs retry,
/// except "not implemented".
pub(crate) fn is_retryable(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || (is_ambiguous(status) && status != CLIENT_CLOSED_REQUEST)
}

/// Which fault a status is, if it may pass. As in the AWS SDKs, a 503 is no throttling: the service
/// does not work.
pub(crate) fn fault(status: StatusCode) -> Fault {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Fault::Throttled,
        _ => Fault::Transient,
    }
}

/// Whether only something on the way answers so, which has passed nothing on: a proxy that wants its
/// own credential, or a network where somebody must sign in first (RFC 6585).
pub(crate) fn is_of_a_proxy(status: StatusCode) -> bool {
    status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        || status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED
}

/// Whether the request may have been carried out in spite of the status: a proxy also answers 503
/// when the connection to the service behind it broke in the middle, and what a server cancels may
/// have been in the middle of an attempt.
pub(crate) fn is_ambiguous(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || status == CLIENT_CLOSED_REQUEST
        || (status.is_server_error()
            && status != StatusCode::NOT_IMPLEMENTED
            && !is_of_a_proxy(status))
}

const TABLE: &[(StatusCode, ErrorKind)] = &[
    (StatusCode::NOT_FOUND, ErrorKind::NotFound),
    (StatusCode::BAD_REQUEST, ErrorKind::Invalid),
    (StatusCode::UNAUTHORIZED, ErrorKind::Unauthenticated),
    (StatusCode::TOO_MANY_REQUESTS, ErrorKind::RateLimited),
    (StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Unavailable),
    (StatusCode::GATEWAY_TIMEOUT, ErrorKind::TimedOut),
    (StatusCode::CONFLICT, ErrorKind::Conflict),
    (StatusCode::NOT_IMPLEMENTED, ErrorKind::Unsupported),
    // No fault of the service, so that nobody who gets it repeats the call.
    (CLIENT_CLOSED_REQUEST, ErrorKind::Cancelled),
    (StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Internal),
];

/// nginx's status for a request whose sender gave up; none is registered for that.
const CLIENT_CLOSED_REQUEST: StatusCode = match StatusCode::from_u16(499) {
    Ok(status) => status,
    Err(_) => unreachable!(),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_of_its_own_and_comes_back() {
        for kind in ErrorKind::ALL {
            assert!(TABLE.iter().any(|(_, known)| known == kind), "{kind:?}");
            assert_eq!(kind_of(of_kind(*kind)), *kind);
        }
        assert_eq!(TABLE.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn every_status_has_a_kind_and_every_listed_one_comes_back() {
        for (status, kind) in TABLE {
            assert_eq!(of_kind(*kind), *status);
        }
        for code in 400..=999 {
            let status = StatusCode::from_u16(code).expect("a status");
            let kind = kind_of(status);
            assert!(of_kind(kind).is_client_error() || of_kind(kind).is_server_error());
        }
    }

    fn check(code: u16, repeated: bool, ambiguous: bool) {
        let status = StatusCode::from_u16(code).expect("a status");
        assert_eq!(is_retryable(status), repeated, "{code}");
        assert_eq!(is_ambiguous(status), ambiguous, "{code}");
    }

    #[test]
    fn a_fault_of_the_service_is_repeated_and_a_refusal_is_not() {
        check(400, false, false);
        check(401, false, false);
        check(404, false, false);
        check(408, true, true);
        check(429, true, false);
        check(499, false, true);
        check(500, true, true);
        check(501, false, false);
        check(502, true, true);
        check(503, true, true);
        check(504, true, true);
        check(511, false, false);
        check(599, true, true);
    }
}
