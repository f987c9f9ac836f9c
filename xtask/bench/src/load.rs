//! Prebuilt requests over keep-alive sockets: the load on the servers.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

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

/// One connection and the changes it asks for, over and over.
#[derive(Debug)]
struct Lane {
    stream: TcpStream,
    changes: Vec<Change>,
    next: usize,
}

/// A membership that is added and removed in turn, so that every request changes something.
#[derive(Debug)]
struct Change {
    add: Vec<u8>,
    remove: Vec<u8>,
    is_in: bool,
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
            let stream = TcpStream::connect(to)?;
            stream.set_nodelay(true)?;
            let changes = pairs
                .iter()
                .map(|pair| Change::of(*pair, members.contains(pair), to));
            Ok(Lane {
                stream,
                changes: changes.collect(),
                next: 0,
            })
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
    fn send(&mut self) -> Outcome<()> {
        let change = &mut self.changes[self.next];
        let request = if change.is_in {
            &change.remove
        } else {
            &change.add
        };
        self.stream.write_all(request)?;
        change.is_in = !change.is_in;
        self.next = (self.next + 1) % self.changes.len();
        Ok(())
    }

    fn receive(&mut self) -> Outcome<()> {
        let (mut buffer, mut filled) = ([0; 2048], 0);
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

impl Change {
    fn of(pair: site::Pair, is_in: bool, host: SocketAddr) -> Self {
        let body = serde_json::to_string(&Pair::from(pair)).expect("ids are text");
        let request = |path: &str| {
            format!(
                "POST /acs/users/{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {KEY}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        Self {
            add: request("add_to_access_group"),
            remove: request("remove_from_access_group"),
            is_in,
        }
    }
}

const SUCCESS: &[u8] = b"HTTP/1.1 200 OK\r\n";
const OK: &[u8] = br#"{"ok":true}"#;

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
