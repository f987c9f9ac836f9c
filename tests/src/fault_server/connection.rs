//! One connection: reads requests, asks the script, and does what it says.

use std::{
    io::{self, BufReader, Write},
    net::{Shutdown, TcpStream},
    sync::atomic::Ordering,
    time::Duration,
};

use access_groups_core::{BlockingAccessGroupPort, Context, Error};
use access_groups_in_memory::BlockingInMemory;
use access_groups_protocol::{
    Action, Head, Payload, PresentedCredential, ReceivedHead, RequestLimits, receive_head, respond,
};
use http::{Request, Response};
use socket2::SockRef;

use super::{End, KEY, Received, Say, Shared};

pub(super) fn serve(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket.try_clone()?);
    while let Some((head, request)) = Received::read(&mut reader)? {
        let number = shared.requests.fetch_add(1, Ordering::SeqCst);
        let received = Received {
            number,
            head,
            request,
        };
        let act = (shared.script)(&received);
        // Before anything is sent: who sees an answer, or the end of the connection, may rely on it.
        let answer = match act.asks_store() {
            true => Answer::of(&shared.store, &received.request),
            false => Answer::default(),
        };
        // A client that has hung up must not keep the act from its end.
        let said = say(&socket, &act.say, &answer);
        match act.end {
            End::Stay => said?,
            End::Close => return close(socket, reader),
            End::Reset => return reset(&socket),
            End::Silence => return wait_for_client(&mut reader),
        }
    }
    Ok(())
}

/// The response of the store, as bytes.
#[derive(Debug, Default)]
struct Answer {
    /// The status line and the headers but for the length, each with its line end.
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn of(store: &BlockingInMemory, request: &Request<Vec<u8>>) -> Self {
        let (parts, body) = request.clone().into_parts();
        let response = match receive_head(&parts) {
            ReceivedHead::Answer(response) => response,
            ReceivedHead::Call(head) => respond_to(store, &head, &body),
        };
        let mut head = format!("HTTP/1.1 {}\r\n", response.status());
        for (name, value) in response.headers() {
            head.push_str(&format!(
                "{name}: {}\r\n",
                value.to_str().unwrap_or_default()
            ));
        }
        let body = response.into_body().into_vec();
        Self { head, body }
    }

    fn with_length(&self, length: usize) -> Vec<u8> {
        let head = format!("{}content-length: {length}\r\n\r\n", self.head);
        [head.as_bytes(), &self.body].concat()
    }

    fn in_chunks(&self) -> [Vec<u8>; 3] {
        let head = format!("{}transfer-encoding: chunked\r\n\r\n", self.head).into_bytes();
        let (first, second) = self.body.split_at(self.body.len() / 2);
        let chunk =
            |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let last = [chunk(second), b"0\r\n\r\n".to_vec()].concat();
        [head, chunk(first), last]
    }
}

fn respond_to(store: &BlockingInMemory, head: &Head, body: &[u8]) -> Response<Payload> {
    let is_known = match head.credential() {
        Ok(PresentedCredential::ApiKey(key)) => key.expose() == KEY,
        _ => false,
    };
    if !is_known {
        return head.refuse(Some(body), &Error::unauthenticated("the key is unknown"));
    }
    let result = head
        .operation(body, &RequestLimits::default())
        .and_then(|action| match action {
            Action::Call(operation) => store.call(operation, &Context::new()),
            Action::Reply(reply) => Ok(reply),
        });
    respond(&result)
}

fn say(mut socket: &TcpStream, say: &Say, answer: &Answer) -> io::Result<()> {
    let length = answer.body.len();
    let whole = answer.with_length(length);
    let head = whole.len() - length;
    match say {
        Say::Nothing => Ok(()),
        Say::Answer => socket.write_all(&whole),
        Say::HalfStatusLine => socket.write_all(&whole[..9]),
        Say::HalfHead => socket.write_all(&whole[..head / 2]),
        Say::Head => socket.write_all(&whole[..head]),
        Say::HalfBody => socket.write_all(&whole[..head + length / 2]),
        Say::AllButLastByte => socket.write_all(&whole[..whole.len() - 1]),
        Say::Drip => whole.chunks(1).try_for_each(|byte| socket.write_all(byte)),
        Say::Chunked => answer
            .in_chunks()
            .iter()
            .try_for_each(|chunk| socket.write_all(chunk)),
        Say::HalfChunks => answer.in_chunks()[..2]
            .iter()
            .try_for_each(|chunk| socket.write_all(chunk)),
        Say::LongLength => socket.write_all(&answer.with_length(length + 7)),
        Say::ShortLength => socket.write_all(&answer.with_length(length - 1)),
        Say::Huge(size) => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n");
            socket.write_all(head.as_bytes())?;
            blanks(*size, |piece| socket.write_all(piece))
        }
        Say::HugeChunks(size) => {
            socket.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            blanks(*size, |piece| {
                write!(socket, "{:x}\r\n", piece.len())?;
                socket.write_all(piece)?;
                socket.write_all(b"\r\n")
            })?;
            socket.write_all(b"0\r\n\r\n")
        }
        Say::Bytes(bytes) => socket.write_all(bytes),
    }
}

/// Sends this many blanks in pieces, up to the first error.
fn blanks(size: usize, mut send: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let piece = vec![b' '; 64 * 1024];
    let mut left = size;
    while left > 0 {
        let length = piece.len().min(left);
        send(&piece[..length])?;
        left -= length;
    }
    Ok(())
}

/// Ends what is sent, then reads until the client has closed, too: a socket that is dropped with unread
/// bytes resets the connection.
fn close(socket: TcpStream, mut reader: BufReader<TcpStream>) -> io::Result<()> {
    socket.shutdown(Shutdown::Write)?;
    wait_for_client(&mut reader)
}

/// Without a linger, dropping the socket sends a reset in place of the end of the stream.
fn reset(socket: &TcpStream) -> io::Result<()> {
    SockRef::from(socket).set_linger(Some(Duration::ZERO))
}

/// Reads until the client closes the connection.
fn wait_for_client(reader: &mut BufReader<TcpStream>) -> io::Result<()> {
    io::copy(reader, &mut io::sink()).map(drop)
}
