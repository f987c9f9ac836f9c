//! Bodies that are longer than a client reads.

use http::{HeaderMap, Response, StatusCode, header};

use super::{appearance, is_json, text_header};
use crate::Payload;

/// Marks a response whose body was cut.
#[derive(Debug, Clone, Copy)]
struct Cut;

/// Whether a driver need not read the body of a response with this head: a success in JSON whose
/// `Content-Length` is over the limit. Its call fails, whatever comes.
///
/// Every other body is read up to the limit: the status counts, and a page for people says that it
/// is no answer of the API.
#[must_use]
pub fn is_refused_unread(status: StatusCode, headers: &HeaderMap, body_limit: usize) -> bool {
    let length = text_header(headers, header::CONTENT_LENGTH.as_str());
    // A number that is too large for a `u64` is over every limit, and refused by HTTP libraries.
    let length = length.and_then(|digits| digits.trim().parse::<u64>().ok());
    let is_over =
        |length| usize::try_from(length).map_or(true, |length: usize| length > body_limit);
    status.is_success() && is_json(headers) && length.is_some_and(is_over)
}

/// Cuts the body at the limit, and tells whether the response is refused because of its size: a
/// success that is no page for people.
pub(crate) fn limit(response: &mut Response<Payload>, body_limit: usize) -> bool {
    if is_refused_unread(response.status(), response.headers(), body_limit) {
        return true;
    }
    if response.body().len() <= body_limit {
        return false;
    }
    let mut body = std::mem::take(response.body_mut()).into_vec();
    body.truncate(body_limit);
    *response.body_mut() = body.into();
    response.extensions_mut().insert(Cut);
    response.status().is_success() && !appearance::is_page(response)
}

/// Whether there is more of the body than was read.
pub(super) fn is_cut(response: &Response<Payload>) -> bool {
    response.extensions().get::<Cut>().is_some()
}
