//! What happens to an attempt.

use access_groups_tests::fault_server::{Act, End, Say};

use crate::client::LIMIT;

/// A fault of one attempt, and what the law says of it.
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) act: fn() -> Act,
    pub(super) class: Class,
    /// The least wait that the service asks for, in seconds.
    pub(super) asks: u64,
    /// Whether the attempt ends by its timeout only, on the real clock.
    pub(super) is_silent: bool,
}

/// What the law says of an attempt that met the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It succeeds.
    Good,
    /// It may have been carried out, and a repetition may succeed.
    Transient,
    /// It was refused for now, and certainly not carried out.
    Throttled,
    /// It was refused for good.
    Refused,
    /// It succeeded or may have, and what came is no answer: a repetition would not help.
    Unreadable,
}

impl Fault {
    const fn new(name: &'static str, class: Class, act: fn() -> Act) -> Self {
        Self {
            name,
            act,
            class,
            asks: 0,
            is_silent: false,
        }
    }

    const fn asking(self, seconds: u64) -> Self {
        Self {
            asks: seconds,
            ..self
        }
    }

    const fn silent(self) -> Self {
        Self {
            is_silent: true,
            ..self
        }
    }
}

/// What the attempts before a later one meet.
pub(super) static BUSY: Fault = Fault::new("503", Class::Transient, || Act::status(503, "", ""));

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("good, byte by byte", Class::Good, || {
        Act::say(Say::Drip, End::Stay)
    }),
    Fault::new("good, in chunks", Class::Good, || {
        Act::say(Say::Chunked, End::Stay)
    }),
    Fault::new("good, then closed", Class::Good, || {
        Act::say(Say::Answer, End::Close)
    }),
    // The connection breaks.
    Fault::new("reset before it is carried out", Class::Transient, || {
        Act::ignore(End::Reset)
    }),
    Fault::new("reset after it is carried out", Class::Transient, || {
        Act::LOSE_ANSWER
    }),
    Fault::new("closed before it is carried out", Class::Transient, || {
        Act::ignore(End::Close)
    }),
    Fault::new("closed after it is carried out", Class::Transient, || {
        Act::lose_answer(End::Close)
    }),
    Fault::new("half a status line", Class::Transient, || {
        Act::say(Say::HalfStatusLine, End::Close)
    }),
    Fault::new("half of the headers", Class::Transient, || {
        Act::say(Say::HalfHead, End::Close)
    }),
    Fault::new("no body", Class::Transient, || {
        Act::say(Say::Head, End::Close)
    }),
    Fault::new("half of the body", Class::Transient, || {
        Act::say(Say::HalfBody, End::Close)
    }),
    Fault::new("all but the last byte", Class::Transient, || {
        Act::say(Say::AllButLastByte, End::Close)
    }),
    Fault::new("half of the chunks", Class::Transient, || {
        Act::say(Say::HalfChunks, End::Close)
    }),
    Fault::new("a chunk without a size", Class::Transient, || {
        bytes(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nmany\r\n{\"ok\":true}\r\n0\r\n\r\n",
        )
    }),
    Fault::new("a length that is too large", Class::Transient, || {
        Act::say(Say::LongLength, End::Close)
    }),
    // It takes for ever.
    Fault::new("silence", Class::Transient, || {
        Act::lose_answer(End::Silence)
    })
    .silent(),
    Fault::new("silence in the body", Class::Transient, || {
        Act::say(Say::HalfBody, End::Silence)
    })
    .silent(),
    // What comes is no answer.
    Fault::new("a length that is too small", Class::Unreadable, || {
        Act::say(Say::ShortLength, End::Close)
    }),
    Fault::new("a body over the limit", Class::Unreadable, || {
        Act::say(Say::Huge(2 * LIMIT), End::Close)
    }),
    Fault::new("chunks over the limit", Class::Unreadable, || {
        Act::say(Say::HugeChunks(2 * LIMIT), End::Close)
    }),
    Fault::new("no HTTP", Class::Unreadable, || {
        bytes("\x15\x03\x01\x00\x02\x02\x46 no HTTP at all\r\n\r\n")
    }),
    Fault::new("another protocol", Class::Unreadable, || {
        bytes("SSH-2.0-OpenSSH_9.9\r\n")
    }),
    Fault::new("another version", Class::Unreadable, || {
        bytes("HTTP/2.0 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}")
    }),
    Fault::new("no status", Class::Unreadable, || {
        bytes("HTTP/1.1 OK 200\r\ncontent-length: 11\r\n\r\n{\"ok\":true}")
    }),
    Fault::new("a header without a name", Class::Unreadable, || {
        bytes("HTTP/1.1 200 OK\r\n: x\r\ncontent-length: 11\r\n\r\n{\"ok\":true}")
    }),
    Fault::new("a length that is no number", Class::Unreadable, || {
        bytes("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{\"ok\":true}")
    }),
    Fault::new("two lengths", Class::Unreadable, || {
        bytes("HTTP/1.1 200 OK\r\ncontent-length: 11\r\ncontent-length: 12\r\n\r\n{\"ok\":true}")
    }),
    Fault::new("JSON over the limit", Class::Unreadable, || {
        Act::status(200, JSON, &large(r#"{"ok":true}"#))
    }),
    Fault::new("a large page to sign in", Class::Unreadable, || {
        Act::status(200, HTML, &large(PAGE))
    }),
    Fault::new("a large page of no type", Class::Unreadable, || {
        Act::status(200, "", &large(PAGE))
    }),
    Fault::new("100 KB of headers", Class::Unreadable, || {
        Act::status(200, &headers(100, 1000), r#"{"ok":true}"#)
    }),
    Fault::new("200 headers", Class::Unreadable, || {
        Act::status(200, &headers(200, 1), r#"{"ok":true}"#)
    }),
    Fault::new("no JSON", Class::Unreadable, || {
        Act::status(200, "", "\u{0}\u{1}}{[")
    }),
    Fault::new("a page to sign in", Class::Unreadable, || {
        Act::status(200, HTML, PAGE)
    }),
    // Statuses.
    Fault::new("408", Class::Transient, || Act::status(408, "", "")),
    Fault::new("500", Class::Transient, || Act::status(500, "", "{}")),
    Fault::new("502 with a page", Class::Transient, || {
        Act::status(502, HTML, PAGE)
    }),
    Fault::new("503", Class::Transient, || Act::status(503, "", "")),
    Fault::new("503 with a large page", Class::Transient, || {
        Act::status(503, HTML, &large(PAGE))
    }),
    Fault::new("503 and 7 seconds", Class::Transient, || {
        Act::status(503, "retry-after: 7\r\n", "")
    })
    .asking(7),
    Fault::new("504", Class::Transient, || Act::status(504, "", "")),
    Fault::new("429", Class::Throttled, || Act::status(429, "", "")),
    Fault::new("429 and 3 seconds", Class::Throttled, || {
        Act::status(429, "retry-after: 3\r\n", "")
    })
    .asking(3),
    Fault::new("429 and a date", Class::Throttled, || {
        Act::status(
            429,
            "date: Thu, 26 Nov 2026 10:00:00 GMT\r\nretry-after: Thu, 26 Nov 2026 10:00:09 GMT\r\n",
            "",
        )
    })
    .asking(9),
    Fault::new("429 and an hour", Class::Throttled, || {
        Act::status(429, "retry-after: 3600\r\n", "")
    })
    .asking(3600),
    Fault::new("400", Class::Refused, || Act::status(400, "", "{}")),
    Fault::new("400 after hints", Class::Refused, || {
        bytes(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n\
             HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
        )
    }),
    Fault::new("400 of HTTP/1.0 without a length", Class::Refused, || {
        bytes("HTTP/1.0 400 Bad Request\r\n\r\n{}")
    }),
    Fault::new("400 with a length and chunks", Class::Refused, || {
        bytes(
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n\
             2\r\n{}\r\n0\r\n\r\n",
        )
    }),
    Fault::new("401", Class::Refused, || Act::status(401, "", "{}")),
    Fault::new("401 with a large page", Class::Refused, || {
        Act::status(401, HTML, &large(PAGE))
    }),
    Fault::new("400, 60 KB of headers", Class::Refused, || {
        Act::status(400, &headers(60, 1000), "{}")
    }),
    Fault::new("400, 120 headers", Class::Refused, || {
        Act::status(400, &headers(120, 1), "{}")
    }),
    Fault::new("407", Class::Refused, || Act::status(407, "", "")),
    Fault::new("407 with a large page", Class::Refused, || {
        Act::status(407, HTML, &large(PAGE))
    }),
    Fault::new("511 with a page", Class::Refused, || {
        Act::status(511, HTML, PAGE)
    }),
    Fault::new("501", Class::Refused, || Act::status(501, "", "{}")),
    Fault::new("a redirect", Class::Refused, || {
        Act::status(302, "location: http://127.0.0.1:1/\r\n", "")
    }),
];

const HTML: &str = "content-type: text/html\r\n";
const JSON: &str = "content-type: application/json\r\n";
const PAGE: &str = "<html>Welcome, guest</html>";

/// These bytes, and the end of the connection.
fn bytes(text: &str) -> Act {
    Act::say(Say::Bytes(text.as_bytes().to_vec()), End::Close)
}

/// A body over the limit with this start.
fn large(start: &str) -> String {
    [start, &" ".repeat(2 * LIMIT)].concat()
}

/// As many headers, whose values have this size.
fn headers(count: usize, size: usize) -> String {
    let value = "x".repeat(size);
    let lines = (0..count).map(|number| format!("x-{number}: {value}\r\n"));
    lines.collect()
}
