//! What happens to one request.

/// What the service does with a request that it has read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Whether the store carries the request out. It does in any case where its answer is sent.
    pub is_carried_out: bool,
    /// What is sent.
    pub say: Say,
    /// What happens to the connection then.
    pub end: End,
}

/// What is sent in answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// Nothing.
    Nothing,
    /// The answer of the store.
    Answer,
    /// Its first 9 bytes: half of the status line.
    HalfStatusLine,
    /// Its status line and half of its headers.
    HalfHead,
    /// Its headers, and nothing of its body.
    Head,
    /// Its headers, and half of its body.
    HalfBody,
    /// All but the last byte.
    AllButLastByte,
    /// All of it, each byte in a packet of its own.
    Drip,
    /// All of it, in chunks.
    Chunked,
    /// The first of its chunks.
    HalfChunks,
    /// All of it, under a length that is 7 bytes larger.
    LongLength,
    /// All of it, under a length that is 1 byte smaller.
    ShortLength,
    /// A success with a body of this many blanks, announced as such.
    Huge(usize),
    /// A success with a body of this many blanks in chunks, whose number is not announced.
    HugeChunks(usize),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// What happens to the connection after what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It waits for the next request.
    Stay,
    /// It ends in order, with all that was sent delivered.
    Close,
    /// It is reset: the client may lose even what was sent.
    Reset,
    /// Nothing is read or sent for as long as the client stays.
    Silence,
}

impl Act {
    /// The store carries the request out and answers.
    pub const SERVE: Self = Self::say(Say::Answer, End::Stay);

    /// The store carries the request out, and the connection is reset in place of an answer.
    pub const LOSE_ANSWER: Self = Self {
        is_carried_out: true,
        say: Say::Nothing,
        end: End::Reset,
    };

    /// The connection ends like this without the request being carried out, nor answered.
    #[must_use]
    pub const fn ignore(end: End) -> Self {
        Self::say(Say::Nothing, end)
    }

    /// The store carries the request out, and the connection ends like this without an answer.
    #[must_use]
    pub const fn lose_answer(end: End) -> Self {
        Self {
            end,
            ..Self::LOSE_ANSWER
        }
    }

    /// This is sent; the store is asked only if its answer is.
    #[must_use]
    pub const fn say(say: Say, end: End) -> Self {
        Self {
            is_carried_out: false,
            say,
            end,
        }
    }

    /// A complete response, and the store is not asked. Headers end with `\r\n` each.
    #[must_use]
    pub fn status(code: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text =
            format!("HTTP/1.1 {code} Something\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
        Self::say(Say::Bytes(text.into_bytes()), End::Stay)
    }

    /// Whether the store is asked.
    #[must_use]
    pub fn asks_store(&self) -> bool {
        let needs_answer = !matches!(
            self.say,
            Say::Nothing | Say::Huge(_) | Say::HugeChunks(_) | Say::Bytes(_)
        );
        self.is_carried_out || needs_answer
    }
}
