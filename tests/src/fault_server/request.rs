//! Requests as they come off the socket.

use std::io::{self, BufRead};

use http::Request;

/// A request that has arrived whole.
#[derive(Debug)]
pub struct Received {
    /// How many requests the service had received before this one.
    pub number: usize,
    /// The request line and the headers as they came, each with its line end.
    pub head: String,
    /// The request, as the protocol reads it.
    pub request: Request<Vec<u8>>,
}

impl Received {
    /// The bytes of the request but for what may differ between HTTP libraries: the order of the
    /// headers, the case of their names, and the `user-agent`; the address of the host becomes `HOST`.
    #[must_use]
    pub fn normalized(&self) -> String {
        let mut lines = self.head.lines();
        let request_line = lines.next().unwrap_or_default();
        let mut headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .filter(|(name, _)| name != "user-agent")
            .map(|(name, value)| match name.as_str() {
                "host" => "host: HOST".to_owned(),
                _ => format!("{name}: {value}"),
            })
            .collect();
        headers.sort_unstable();
        let body = String::from_utf8_lossy(self.request.body());
        format!("{request_line}\n{}\n\n{body}", headers.join("\n"))
    }

    /// The next request of the connection; `None` at its end.
    pub(super) fn read(
        stream: &mut impl BufRead,
    ) -> io::Result<Option<(String, Request<Vec<u8>>)>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_until(b'\n', &mut head)? == 0 {
                return Ok(None);
            }
        }
        let head = String::from_utf8(head).map_err(io::Error::other)?;
        let mut request = parse(&head).ok_or_else(|| io::Error::other("no request"))?;
        let length = request.headers().get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        *request.body_mut() = body;
        Ok(Some((head, request)))
    }
}

fn parse(head: &str) -> Option<Request<Vec<u8>>> {
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let mut request = Request::builder().method(words.next()?).uri(words.next()?);
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        request = request.header(name, value.trim());
    }
    request.body(Vec::new()).ok()
}
