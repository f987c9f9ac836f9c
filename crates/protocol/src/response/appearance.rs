//! What a response looks like that is not the API's.

use http::{HeaderMap, Response, header};

use super::{begins_with, one_line, size, text_header};
use crate::Payload;

/// Status, content type, encoding and size: "status 200 OK (text/html, 1532 bytes)".
pub(super) fn in_words(response: &Response<Payload>) -> String {
    let headers = response.headers();
    let content_type = content_type(headers).map_or_else(|| "no content type".into(), one_line);
    let compression = match compression(response) {
        Some(name) => format!(", compressed: {}", one_line(name)),
        None => String::new(),
    };
    let size = match response.body().len() {
        0 => "empty".to_owned(),
        size if size::is_cut(response) => format!("more than {size} bytes"),
        size => format!("{size} bytes"),
    };
    format!(
        "status {} ({content_type}{compression}, {size})",
        response.status()
    )
}

/// Whether it is a page for people: of a proxy, say, or to sign in.
pub(super) fn is_page(response: &Response<Payload>) -> bool {
    let body = response.body().trim_ascii_start();
    body.starts_with(b"<") || is_html(response.headers())
}

/// Whether it says that it is a page.
pub(super) fn is_html(headers: &HeaderMap) -> bool {
    content_type(headers).is_some_and(|text| begins_with(text.trim_start(), "text/html"))
}

/// How the body is compressed, by its header or by its first bytes. No request asks for it.
pub(super) fn compression(response: &Response<Payload>) -> Option<&str> {
    let encoding = text_header(response.headers(), &header::CONTENT_ENCODING);
    let named = encoding
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
    let first_bytes = || match response.body().as_ref() {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        _ => None,
    };
    named.or_else(first_bytes)
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    text_header(headers, &header::CONTENT_TYPE).filter(|kind| !kind.trim().is_empty())
}
