//! HTTP/1.1 byte by byte: what a test sends is exactly what it says.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

/// A response as it came off the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The status code.
    pub status: u16,
    /// Names in lower case, values as sent.
    pub headers: Vec<(String, String)>,
    /// Everything after the headers.
    pub body: String,
}

impl RawResponse {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Sends one request on a connection of its own and reads until the server closes it.
///
/// # Panics
///
/// When the server is not there, or answers something that is not HTTP.
#[must_use]
pub fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> RawResponse {
    let mut request =
        format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(stream, "{request}\r\n{body}").expect("the server reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the server answers with text");
    parse(&answer)
}

fn parse(answer: &str) -> RawResponse {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .expect("headers end with an empty line");
    let mut lines = head.lines();
    let status_line = lines.next().expect("a status line");
    let status = status_line
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok());
    let headers = lines.map(|line| line.split_once(": ").expect("a header has a value"));
    RawResponse {
        status: status.expect("a status code"),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}
