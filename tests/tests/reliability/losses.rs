//! Nothing answered 200 is lost without a word: a real `access-groups serve` on a site file, clients that
//! remember each answer, and a disk, descriptors or signals in between. After each round another server
//! reads the file, and what is there is compared with what was answered.

mod killed;
pub(crate) mod load;
mod room;
pub(crate) mod server;
mod tally;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};

use crate::run;
use load::{Load, client, read, site};
use room::{Room, prlimit};
use server::Server;
use tally::{Allowed, Answers, judge};

#[test]
fn a_full_disk_loses_nothing_in_silence() {
    rounds(Fault::Full);
}

#[test]
fn a_read_only_folder_loses_nothing_in_silence() {
    rounds(Fault::ReadOnly);
}

#[test]
fn descriptors_that_are_gone_lose_nothing_in_silence() {
    rounds(Fault::Descriptors);
}

#[test]
fn sigterm_loses_nothing() {
    rounds(Fault::Terminate);
}

#[test]
fn sigkill_loses_what_is_documented() {
    rounds(Fault::Kill);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Full,
    ReadOnly,
    Descriptors,
    Terminate,
    Kill,
}

fn rounds(fault: Fault) {
    // Alone, where it counts how long a save takes, or a site takes a gigabyte.
    static ALONE: RwLock<()> = RwLock::new(());
    let _alone = match (run::is_full(), fault) {
        (true, _) | (_, Fault::Kill) => Err(ALONE.write().unwrap_or_else(PoisonError::into_inner)),
        (false, _) => Ok(ALONE.read().unwrap_or_else(PoisonError::into_inner)),
    };
    let _sockets = run::SOCKETS.read().unwrap_or_else(PoisonError::into_inner);
    let sizes: &[(usize, usize)] = match (run::is_full(), fault) {
        (true, _) => &[(24, 20), (300_000, 20)],
        (false, Fault::Kill) => &[(24, 2), (20_000, 1)],
        (false, _) => &[(24, 2)],
    };
    for (users, rounds) in sizes {
        let mut world = World::new(fault, *users);
        (0..*rounds).for_each(|number| world.round(number));
        // What the last round has left.
        let server = world.start();
        server.terminate();
        assert_eq!(server.end().0, Some(0));
        let promise = format!("losses, {}, {users} users", world.fault());
        run::report(&promise, &world.counts.to_string());
    }
}

/// A site that many servers serve, one after the other.
struct World {
    fault: Fault,
    users: usize,
    random: fastrand::Rng,
    room: Room,
    /// What the clients of the last server were answered, and what may be lost of it.
    left: Option<Left>,
    counts: Counts,
}

struct Left {
    clients: Vec<(usize, Answers)>,
    allowed: Allowed,
}

#[derive(Default)]
struct Counts {
    rounds: usize,
    answered: usize,
    refused: usize,
    /// Rounds that ended while nothing could be saved.
    unsaved: usize,
    told: u64,
    lost: usize,
    oldest: Duration,
    /// How long a save took at most.
    save: Duration,
    is_kill: bool,
}

impl World {
    fn new(fault: Fault, users: usize) -> Self {
        let seed = run::seed() ^ ((fault as u64) << 32) ^ users as u64;
        Self {
            fault,
            users,
            random: fastrand::Rng::with_seed(seed),
            room: Room::with_site(&site(users)),
            left: None,
            counts: Counts {
                is_kill: fault == Fault::Kill,
                ..Counts::default()
            },
        }
    }

    /// What the fault is on this machine.
    fn fault(&self) -> String {
        match self.fault {
            Fault::Full => format!("full disk ({})", self.room.full()),
            Fault::ReadOnly => format!("read-only folder ({})", self.room.read_only()),
            Fault::Descriptors => "no descriptors".to_owned(),
            Fault::Terminate => "SIGTERM".to_owned(),
            Fault::Kill => "SIGKILL".to_owned(),
        }
    }

    /// Starts a server, and judges what it shows of the last one's changes.
    fn start(&mut self) -> Server {
        let server = Server::start(&self.room, FILES);
        let Some(Left { clients, allowed }) = self.left.take() else {
            return server;
        };
        let client = client(&server.url);
        let found = clients.into_iter().map(|(user, answers)| {
            let found = read(&client, user).expect("it is served");
            (answers, found)
        });
        let found: Vec<_> = found.collect();
        self.counts.answered += found.iter().map(|(own, _)| own.at.len()).sum::<usize>();
        let (fault, round, users) = (self.fault, self.counts.rounds, self.users);
        let lost = judge(&found, allowed)
            .unwrap_or_else(|why| panic!("{fault:?}, {users} users, round {round}: {why}"));
        self.counts.lost += lost.changes;
        self.counts.oldest = self.counts.oldest.max(lost.oldest);
        server
    }

    fn round(&mut self, number: usize) {
        let mut server = self.start();
        self.counts.rounds += 1;
        let client = client(&server.url);
        let first = self.random.usize(..self.users - CLIENTS);
        let users: Vec<_> = (first..first + CLIENTS)
            .map(|user| (user, read(&client, user).expect("it is served")))
            .collect();
        let load = Load::start(&server.url, &users);
        self.warm_up(&mut server, &load);
        let (load, allowed) = match self.fault {
            Fault::Kill => self.kill(server, load),
            Fault::Terminate => {
                assert_eq!(load.refusals(), 0, "it could save");
                self.terminate(server, load)
            }
            Fault::Full | Fault::ReadOnly | Fault::Descriptors => self.fail(server, load, number),
        };
        self.counts.refused += load.refusals();
        let answers = load.end();
        let clients = users.iter().map(|(user, _)| *user).zip(answers).collect();
        self.left = Some(Left { clients, allowed });
    }

    /// Until something was saved, and then for a part of the time until the next save.
    fn warm_up(&mut self, server: &mut Server, load: &Load) {
        let goal = 1 + self.random.u64(..2);
        await_saves(server, load, goal);
        let before = load.answers();
        await_saves(server, load, goal + 1);
        let between = load.answers() - before;
        load.await_answers(self.random.usize(..=between));
        self.counts.save = self.counts.save.max(server.longest);
    }

    fn kill(&self, mut server: Server, load: Load) -> (Load, Allowed) {
        let end = Instant::now();
        server.kill();
        assert_eq!(load.refusals(), 0, "it could save");
        let window = INTERVAL + 2 * self.counts.save + SLACK;
        (load, Allowed::Before(end, window))
    }

    fn terminate(&self, server: Server, load: Load) -> (Load, Allowed) {
        server.terminate();
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{said}");
        (load, Allowed::Nothing)
    }

    /// Saving fails, and works again before the end or not.
    fn fail(&mut self, mut server: Server, load: Load, number: usize) -> (Load, Allowed) {
        let sockets = match self.fault {
            Fault::Descriptors => self.take_descriptors(&mut server, &load),
            _ => Vec::new(),
        };
        assert_eq!(server.health(), [200, 200]);
        self.begin_fault(&server);
        server.line("in memory only"); // one change or several
        assert_eq!(server.health(), [503, 200], "from the first failure");
        // Each kind of round in turn: until changes are refused or not, and with a recovery or not.
        let is_long = number % 4 < 2;
        if is_long {
            server.line("from now on its changes are refused");
            load.await_refusals();
        }
        if number % 2 == 1 {
            self.recover(&mut server, &load, is_long);
            drop(sockets);
            return self.terminate(server, load);
        }
        server.terminate();
        let (code, said) = server.end();
        self.end_fault(None);
        assert_eq!(code, Some(1), "{said}");
        let told = told(&said);
        self.counts.unsaved += 1;
        self.counts.told += told;
        (load, Allowed::Told(told))
    }

    /// Changes are accepted again, by the same process.
    fn recover(&self, server: &mut Server, load: &Load, is_long: bool) {
        self.end_fault(Some(server.id()));
        server.line("saved again: ");
        load.release();
        load.await_answers(if is_long { 100 } else { 1 });
        assert_eq!(server.health(), [200, 200]);
    }

    /// So many sockets that only what is kept for saving is left; that suffices.
    fn take_descriptors(&self, server: &mut Server, load: &Load) -> Vec<TcpStream> {
        let sockets = (0..2 * FILES).map(|number| connect_as(number, &server.url));
        let sockets = sockets.collect();
        let saves = server.saves();
        await_saves(server, load, saves + 2);
        sockets
    }

    fn begin_fault(&mut self, server: &Server) {
        match self.fault {
            Fault::Full => self.room.fill(server.id(), &mut self.random),
            Fault::ReadOnly => self.room.set_read_only(true),
            Fault::Descriptors => prlimit(server.id(), "--nofile=3:"),
            Fault::Terminate | Fault::Kill => {}
        }
    }

    /// The process may have ended.
    fn end_fault(&self, process: Option<u32>) {
        match (self.fault, process) {
            (Fault::Full, process) => self.room.empty(process),
            (Fault::ReadOnly, _) => self.room.set_read_only(false),
            (Fault::Descriptors, Some(process)) => prlimit(process, &format!("--nofile={FILES}:")),
            (Fault::Descriptors, None) | (Fault::Terminate | Fault::Kill, _) => {}
        }
    }
}

/// A connection of somebody else: each address may have some only.
fn connect_as(number: u32, url: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let peer = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + 1 + number);
    let bound = socket.bind(&SocketAddr::from((peer, 0)).into());
    bound.expect("a loopback address");
    let address = url.trim_start_matches("http://").parse::<SocketAddr>();
    socket
        .connect(&address.expect("an address").into())
        .expect("it listens");
    socket.into()
}

fn await_saves(server: &mut Server, load: &Load, goal: u64) {
    while server.saves() < goal {
        load.await_answers(20);
    }
}

/// How many changes the server has said to be lost.
fn told(said: &str) -> u64 {
    let lines = said.lines().filter_map(|line| line.strip_prefix("error: "));
    let mut counts = lines.filter_map(|line| {
        let (count, words) = line.split_once(' ')?;
        let is_told = UNSAVED.iter().any(|told| words.starts_with(*told));
        is_told.then(|| count.parse())
    });
    let count = counts.next_back().expect("it is said");
    count.expect("a number")
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rounds, answered, lost) = (self.rounds, self.answered, self.lost);
        write!(
            f,
            "{rounds} rounds, {answered} changes answered, {lost} lost"
        )?;
        if self.is_kill {
            return write!(
                f,
                ", the oldest {:.3} s before the kill; documented: 1 s and two saves, of {:.3} s",
                self.oldest.as_secs_f64(),
                self.save.as_secs_f64()
            );
        }
        write!(
            f,
            ": {} told at {} ends with code 1; {} refused",
            self.told, self.unsaved, self.refused
        )
    }
}

/// How one is told, and several.
const UNSAVED: [&str; 2] = [
    "change that was accepted is not saved",
    "changes that were accepted are not saved",
];

/// As documented, from a save to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// For threads that wait for their turn on a busy machine.
const SLACK: Duration = Duration::from_millis(500);

const CLIENTS: usize = 4;

/// How many files a server may have open.
const FILES: u32 = 256;
