//! Those who attack, and as many who do not.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    CROWD, GONE_AFTER,
    http::{Http, request},
    scale::Scale,
};
use crate::losses::load::{group, user};

/// What somebody does to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Half a header in drops.
    Header,
    /// Half a body in drops, of a stranger.
    Body,
    /// A chunked body in drops, with a key.
    Chunks,
    /// An answer taken in drops.
    Answer,
    /// Nothing after `100 Continue` was asked for, or after an answer.
    Idle,
    /// Nothing at all.
    Silent,
    /// The worst bodies, without a key.
    Keyless,
    /// The largest lists, over and over.
    Lists,
    /// Wrong keys.
    WrongKeys,
    /// A small call now and then.
    Honest,
}

impl Kind {
    pub(super) const DRIPPING: [Self; 5] = [
        Self::Header,
        Self::Body,
        Self::Chunks,
        Self::Answer,
        Self::Idle,
    ];

    /// How long its connection may last without a request, if it is one that does no work.
    fn limit(self, scale: &Scale) -> Option<Duration> {
        Some(match self {
            Self::Header | Self::Silent => scale.header,
            Self::Body | Self::Chunks => scale.body,
            Self::Answer => scale.unread,
            Self::Idle => scale.idle,
            Self::Keyless | Self::Lists | Self::WrongKeys | Self::Honest => return None,
        })
    }
}

/// What came of it.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) opened: usize,
    pub(super) statuses: BTreeMap<u16, usize>,
    /// By how much the longest connection has outlived its limit.
    pub(super) overdue: Duration,
}

#[derive(Clone)]
pub(super) struct Crowd {
    pub(super) to: SocketAddr,
    pub(super) scale: Arc<Scale>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) tallies: Arc<Mutex<BTreeMap<Kind, Tally>>>,
}

impl Crowd {
    /// Acts until it is told to stop; then until the server has closed its last connection.
    pub(super) async fn act(self, kind: Kind, number: usize) {
        while !*self.stop.borrow() {
            // A server that is full lets some wait, who hold nothing of it yet.
            let from = address(kind, number);
            let buffer = (kind == Kind::Answer).then_some(4096);
            let connecting = Http::with_buffer(from, self.to, buffer);
            let Ok(Ok(http)) = timeout(LONG, connecting).await else {
                continue;
            };
            let begun = Instant::now();
            // What outlives its limit for longer fails the test, and does not keep it waiting.
            let longest = kind.limit(&self.scale).unwrap_or(LONG) + 2 * GONE_AFTER;
            let local = http.stream.local_addr().expect("an address");
            let ended = timeout(longest, self.use_up(http, kind, number)).await;
            let took = begun.elapsed();
            // Of a crowd, the system forgets some whose first packet is all that they send.
            if ended.is_err() && !is_accepted(self.to, local) {
                continue;
            }
            self.tally(kind, |tally| {
                tally.opened += 1;
                if let Some(limit) = kind.limit(&self.scale) {
                    tally.overdue = tally.overdue.max(took.saturating_sub(limit));
                }
            });
            if kind == Kind::WrongKeys {
                return; // one of so many
            }
            sleep(AGAIN).await;
        }
    }

    /// Does what this kind does to one connection, until it is closed.
    async fn use_up(&self, http: Http, kind: Kind, number: usize) -> io::Result<()> {
        match kind {
            Kind::Header | Kind::Silent => self.drip(http, kind, HALF_A_HEADER, b"x").await,
            Kind::Body => self.drip(http, kind, &half_a_body(), b" ").await,
            Kind::Chunks => {
                self.drip(http, kind, &half_of_chunks(), b"1\r\n \r\n")
                    .await
            }
            Kind::Answer => self.take_in_drops(http).await,
            Kind::Idle => self.idle(http, number).await,
            Kind::Keyless => self.ask(http, kind, &worst_body(number), false).await,
            Kind::Lists => self.ask(http, kind, &list(number), false).await,
            Kind::WrongKeys => self.ask(http, kind, &wrong_key(number), true).await,
            Kind::Honest => self.ask(http, kind, &small_call(number), true).await,
        }
    }

    /// Sends the beginning, then a drop each second until the server has closed the connection.
    async fn drip(&self, mut http: Http, kind: Kind, start: &[u8], drop: &[u8]) -> io::Result<()> {
        if kind != Kind::Silent {
            http.stream.write_all(start).await?;
        }
        let mut buffer = [0; 4096];
        loop {
            match timeout(DROP, http.stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => return Ok(()),
                Ok(Ok(_)) => {} // an answer, 408 say
                Err(_) if kind == Kind::Silent => {}
                Err(_) => match http.stream.write_all(drop).await {
                    Ok(()) => {}
                    Err(_) => return Ok(()),
                },
            }
        }
    }

    /// Takes drops of a long answer until its time is over. What is closed then has an end; what is not
    /// stays open once everything is taken. Who is refused has no long answer.
    async fn take_in_drops(&self, mut http: Http) -> io::Result<()> {
        http.stream.write_all(&list(0)).await?;
        let mut start = *b"HTTP/1.1 nnn";
        http.stream.read_exact(&mut start).await?;
        let status = std::str::from_utf8(&start[9..]).map(str::parse);
        let status = status.expect("text").expect("a number");
        self.count(Kind::Answer, status);
        if status != 200 {
            return Ok(());
        }
        let begun = Instant::now();
        let mut drop = [0; 1];
        while begun.elapsed() < self.scale.unread + 2 * DROP {
            sleep(DROP).await;
            if !matches!(http.stream.read(&mut drop).await, Ok(1)) {
                return Ok(());
            }
        }
        let _ = http.stream.read_to_end(&mut Vec::new()).await;
        Ok(())
    }

    /// After an answer, or with a body that is announced and never sent.
    async fn idle(&self, mut http: Http, number: usize) -> io::Result<()> {
        let (status, _) = http.call(&small_call(number)).await?;
        self.count(Kind::Idle, status);
        let mut buffer = [0; 64];
        while !matches!(http.stream.read(&mut buffer).await, Ok(0) | Err(_)) {}
        Ok(())
    }

    /// Makes one call after the other; if the server may rest, with pauses.
    async fn ask(&self, mut http: Http, kind: Kind, request: &[u8], rests: bool) -> io::Result<()> {
        loop {
            let (status, _) = http.call(request).await?;
            self.count(kind, status);
            if *self.stop.borrow() || kind == Kind::WrongKeys {
                return Ok(());
            }
            if rests {
                sleep(self.scale.pause).await;
            }
        }
    }

    fn count(&self, kind: Kind, status: u16) {
        self.tally(kind, |tally| {
            *tally.statuses.entry(status).or_default() += 1
        });
    }

    fn tally(&self, kind: Kind, change: impl FnOnce(&mut Tally)) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        change(tallies.entry(kind).or_default());
    }
}

/// Whether the server has the other end of this connection.
fn is_accepted(server: SocketAddr, client: SocketAddr) -> bool {
    let hex = |address: SocketAddr| {
        let std::net::IpAddr::V4(ip) = address.ip() else {
            unreachable!("all are of IPv4")
        };
        // As the kernel writes it: the bytes of the address in its own order.
        format!(
            "{:08X}:{:04X}",
            u32::from_ne_bytes(ip.octets()),
            address.port()
        )
    };
    let ends = format!("{} {} ", hex(server), hex(client));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux has it");
    table.lines().any(|line| line.contains(&ends))
}

/// Each kind has a network of its own, in which 50 addresses share the work.
fn address(kind: Kind, number: usize) -> Ipv4Addr {
    let last = u8::try_from(number % 50 + 1).expect("below 51");
    Ipv4Addr::new(127, 1, kind as u8, last)
}

const HALF_A_HEADER: &[u8] = b"POST /acs/users/get HTTP/1.1\r\nhost: a\r\nx-a: ";

fn half_a_body() -> Vec<u8> {
    let request = request("/acs/users/get", None, &" ".repeat(3_000));
    request[..request.len() - 2_900].to_vec()
}

fn half_of_chunks() -> Vec<u8> {
    format!(
        "POST /acs/users/get HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {CROWD}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n"
    )
    .into_bytes()
}

/// 1 MB of what is dear to read: depth, ids that are none, escapes.
fn worst_body(number: usize) -> Vec<u8> {
    let body = match number % 3 {
        0 => format!(r#"{{"a":{}1{}}}"#, "[".repeat(120), "]".repeat(120)).repeat(4_000),
        1 => format!(r#"{{"acs_user_ids":[{}"x"]}}"#, r#""0","#.repeat(240_000)),
        _ => format!(r#"{{"search":"{}"}}"#, r"\u00e9".repeat(170_000)),
    };
    request("/acs/users/list", None, &body[..body.len().min(1_000_000)])
}

fn list(number: usize) -> Vec<u8> {
    let everybody = format!(r#"{{"acs_access_group_id":"{}"}}"#, group(0));
    let (path, body) = match number % 4 {
        0 => ("/acs/users/list", r#"{"limit":1000}"#),
        1 => ("/acs/users/list", r#"{"limit":1000,"search":"number 1"}"#),
        2 => ("/acs/access_groups/list", "{}"),
        _ => ("/acs/access_groups/list_users", &*everybody),
    };
    request(path, Some(CROWD), body)
}

fn wrong_key(number: usize) -> Vec<u8> {
    let key = format!("seam_{number:032}");
    request("/acs/access_groups/list", Some(&key), "{}")
}

fn small_call(number: usize) -> Vec<u8> {
    let user = user(number % 1_000);
    let body = format!(r#"{{"acs_user_id":"{user}"}}"#);
    request("/acs/users/get", Some(CROWD), &body)
}

/// Until a peer sends or takes its next drop.
const DROP: Duration = Duration::from_secs(1);

/// What takes longer does not come.
const LONG: Duration = Duration::from_secs(300);

/// Until a connection that was closed is opened again.
const AGAIN: Duration = Duration::from_secs(1);
