//! HTTP/1.1 byte by byte, from an address of one's own.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// A connection, and what has come of the next answer.
pub(super) struct Http {
    pub(super) stream: TcpStream,
    received: Vec<u8>,
}

impl Http {
    pub(super) async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<Self> {
        Self::with_buffer(from, to, None).await
    }

    /// With so many bytes at most that the system takes before anybody reads them.
    pub(super) async fn with_buffer(
        from: Ipv4Addr,
        to: SocketAddr,
        buffer: Option<u32>,
    ) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        let received = Vec::new();
        Ok(Self { stream, received })
    }

    /// The status of the answer to this request, and its body.
    pub(super) async fn call(&mut self, request: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<(u16, Vec<u8>)> {
        let (status, start, length) = loop {
            if let Some(head) = head(&self.received) {
                break head;
            }
            self.receive().await?;
        };
        while self.received.len() < start + length {
            self.receive().await?;
        }
        let body = self.received[start..start + length].to_vec();
        self.received.drain(..start + length);
        Ok((status, body))
    }

    async fn receive(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.received).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The status, where the body begins, and how long it is.
fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..end]).expect("a head is text");
    let status = text.get(9..12)?.parse().expect("a status");
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths
        .next()
        .map_or(0, |(_, value)| value.parse().expect("a number"));
    Some((status, end, length))
}

/// A request with this key and body.
pub(super) fn request(path: &str, key: Option<&str>, body: &str) -> Vec<u8> {
    let key = key.map_or_else(String::new, |key| {
        format!("authorization: Bearer {key}\r\n")
    });
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\n{key}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
