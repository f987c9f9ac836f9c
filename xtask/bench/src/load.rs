//! Prebuilt requests over keep-alive sockets: the load on the servers.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use access_groups_core::AcsUserId;
use fastrand::Rng;

use crate::{
    Outcome,
    servers::{CpuClock, KEY, Pair},
    site::{self, Site},
};

/// Connections with a request of their own in flight each, all driven by one thread.
#[derive(Debug)]
pub(crate) struct Load {
    lanes: Vec<Lane>,
}

/// One connection and what it asks for, over and over.
#[derive(Debug)]
struct Lane {
    stream: TcpStream,
    asked: Vec<Asked>,
    next: usize,
}

/// What a request asks for.
#[derive(Debug)]
enum Asked {
    /// A membership that is added and removed in turn, so that every request changes something.
    Change {
        add: Vec<u8>,
        remove: Vec<u8>,
        is_in: bool,
    },
    /// A user.
    Read(Vec<u8>),
}

impl Load {
    /// Connects; together the connections change at most `changes` different memberships.
    pub(crate) fn connect(
        to: SocketAddr,
        site: &Site,
        connections: usize,
        changes: usize,
    ) -> Outcome<Self> {
        let possible = site.users.len() * site.groups.len();
        let pairs = site.distinct_pairs(changes.min(possible / 4), &mut Rng::with_seed(2));
        let members: HashSet<_> = site.memberships.iter().copied().collect();
        let lanes = pairs.chunks(pairs.len() / connections).take(connections);
        let lanes = lanes.map(|pairs| {
            let asked = pairs.iter();
            let asked = asked.map(|pair| Asked::change(*pair, members.contains(pair), to));
            Lane::connect(to, asked.collect())
        });
        Ok(Self {
            lanes: lanes.collect::<Outcome<_>>()?,
        })
    }

    /// Connects; each connection reads users of its own, one after another.
    pub(crate) fn reading(to: SocketAddr, site: &Site, connections: usize) -> Outcome<Self> {
        let share = site.users.len() / connections;
        let lanes = site.users.chunks(share).take(connections);
        let lanes = lanes.map(|users| {
            let asked = users.iter().map(|user| Asked::read(*user, to));
            Lane::connect(to, asked.collect())
        });
        Ok(Self {
            lanes: lanes.collect::<Outcome<_>>()?,
        })
    }

    /// Sends this many requests, one in flight on each connection.
    pub(crate) fn run(&mut self, requests: usize) -> Outcome<()> {
        let lanes = self.lanes.len();
        for lane in &mut self.lanes {
            lane.send()?;
        }
        for number in lanes..requests {
            let lane = &mut self.lanes[number % lanes];
            lane.receive()?;
            lane.send()?;
        }
        self.lanes.iter_mut().try_for_each(Lane::receive)
    }

    /// The same, timed.
    pub(crate) fn measure(&mut self, requests: usize, server: &CpuClock) -> Outcome<Pace> {
        let (start, cpu) = (Instant::now(), server.now());
        self.run(requests)?;
        let (time, cpu) = (start.elapsed(), server.now().saturating_sub(cpu));
        Ok(Pace::new(requests, time, cpu))
    }
}

impl Lane {
    fn connect(to: SocketAddr, asked: Vec<Asked>) -> Outcome<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            asked,
            next: 0,
        })
    }

    fn send(&mut self) -> Outcome<()> {
        let request = self.asked[self.next].request();
        self.stream.write_all(request)?;
        self.next = (self.next + 1) % self.asked.len();
        Ok(())
    }

    fn receive(&mut self) -> Outcome<()> {
        let (mut buffer, mut filled) = ([0; 4096], 0);
        loop {
            filled += match self.stream.read(&mut buffer[filled..])? {
                0 => return Err("the server hung up".into()),
                read => read,
            };
            let answer = &buffer[..filled];
            if answer.ends_with(OK) && answer.starts_with(SUCCESS) {
                return Ok(());
            }
            if filled == buffer.len() || !SUCCESS.starts_with(&answer[..filled.min(SUCCESS.len())])
            {
                return Err(String::from_utf8_lossy(answer).into());
            }
        }
    }
}

impl Asked {
    fn change(pair: site::Pair, is_in: bool, host: SocketAddr) -> Self {
        let body = serde_json::to_string(&Pair::from(pair)).expect("ids are text");
        Self::Change {
            add: post(host, "add_to_access_group", &body),
            remove: post(host, "remove_from_access_group", &body),
            is_in,
        }
    }

    fn read(user: AcsUserId, host: SocketAddr) -> Self {
        Self::Read(post(host, "get", &format!(r#"{{"acs_user_id":"{user}"}}"#)))
    }

    /// The next request.
    fn request(&mut self) -> &[u8] {
        match self {
            Self::Change { add, remove, is_in } => {
                *is_in = !*is_in;
                if *is_in { add } else { remove }
            }
            Self::Read(request) => request,
        }
    }
}

fn post(host: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /acs/users/{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

const SUCCESS: &[u8] = b"HTTP/1.1 200 OK\r\n";
/// How every answer ends: of a user, too.
const OK: &[u8] = br#""ok":true}"#;

/// How fast a number of calls was made or answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) per_second: f64,
    pub(crate) cpu_microseconds: f64,
}

impl Pace {
    /// From the number of calls, the time and the CPU time.
    pub(crate) fn new(calls: usize, time: Duration, cpu: Duration) -> Self {
        let calls = calls as f64;
        Self {
            per_second: calls / time.as_secs_f64(),
            cpu_microseconds: cpu.as_secs_f64() * 1e6 / calls,
        }
    }
}
