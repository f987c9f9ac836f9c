//! Bodies that are longer than a client reads.

use http::{HeaderMap, Response, StatusCode, header};

use super::{appearance, is_json, text_header};
use crate::Payload;

/// Marks a response whose body was cut.
#[derive(Debug, Clone, Copy)]
struct Cut;

/// How many bytes a driver reads of the body of a response with this head, where a reply may have
/// `body_limit`. `None`: nothing, since it is a success in JSON whose `Content-Length` is over that,
/// and its call fails whatever comes.
///
/// A failure or a page for people is read up to 256 KiB at most: its status counts, and its start.
#[must_use]
pub fn read_limit(status: StatusCode, headers: &HeaderMap, body_limit: usize) -> Option<usize> {
    if !status.is_success() || appearance::is_html(headers) {
        return Some(body_limit.min(FAILURE_LIMIT));
    }
    let length = text_header(headers, &header::CONTENT_LENGTH);
    let length = length.and_then(|digits| digits.trim().parse::<u64>().ok());
    let is_over =
        length.is_some_and(|length| usize::try_from(length).unwrap_or(usize::MAX) > body_limit);
    // Without a type, it may still be a page.
    (!(is_over && is_json(headers))).then_some(body_limit)
}

/// Cuts the body at the limit, and tells whether the response is refused because of its size: a
/// success that is no page for people.
pub(crate) fn limit(response: &mut Response<Payload>, body_limit: usize) -> bool {
    // Nearly every response: whatever its limit is, it is not over it.
    if (1..=body_limit.min(FAILURE_LIMIT)).contains(&response.body().len()) {
        return false;
    }
    let Some(limit) = read_limit(response.status(), response.headers(), body_limit) else {
        return true;
    };
    if response.body().len() <= limit {
        return false;
    }
    let mut body = std::mem::take(response.body_mut()).into_vec();
    body.truncate(limit);
    *response.body_mut() = body.into();
    response.extensions_mut().insert(Cut);
    response.status().is_success() && !appearance::is_page(response)
}

/// Whether there is more of the body than was read.
pub(super) fn is_cut(response: &Response<Payload>) -> bool {
    response.extensions().get::<Cut>().is_some()
}

/// How much of a failure is read: far more than an error of the API has.
const FAILURE_LIMIT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, headers: &[(&str, &str)], expected: Option<usize>) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = response.body(()).expect("a response");
        let limit = read_limit(response.status(), response.headers(), 1 << 20);
        assert_eq!(limit, expected, "{status} {headers:?}");
    }

    #[test]
    fn a_reply_may_have_more_than_a_failure() {
        let json = ("content-type", "application/json; charset=utf-8");
        let html = ("content-type", "Text/HTML");
        let fitting = ("content-length", "1048576");
        check(200, &[], Some(1 << 20));
        check(200, &[json, fitting], Some(1 << 20));
        for over in ["1048577", "18446744073709551615"] {
            let over = ("content-length", over);
            check(200, &[json, over], None);
            check(200, &[over], Some(1 << 20));
            check(200, &[html, over], Some(256 << 10));
            check(503, &[json, over], Some(256 << 10));
        }
        for status in [302, 401, 404, 503] {
            check(status, &[json], Some(256 << 10));
        }
        // Never more than the client reads.
        assert_eq!(
            read_limit(StatusCode::CONFLICT, &HeaderMap::new(), 5),
            Some(5)
        );
    }
}
