//! Measurements that need a process of their own: instructions and memory.
//!
//! The benchmark starts itself again, under callgrind or alone, with a subcommand.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
};

use access_groups_server::Metrics;

use crate::{
    Outcome,
    clients::{Client, Kind},
    load::Load,
    roster::{self, House},
    servers::{CpuClock, Server},
    site::Site,
    structure::{Maps, Ours, Store},
};

/// What a child does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Child {
    /// Makes calls, one at a time
    #[command(hide = true)]
    Client {
        kind: Kind,
        server: SocketAddr,
        calls: usize,
    },
    /// Serves until its input ends
    #[command(hide = true)]
    Server {
        users: Option<usize>,
        /// Counts what it does
        #[arg(long)]
        counting: bool,
    },
    /// Prints the memory that a membership takes in ours, or else in the maps
    #[command(hide = true)]
    Bytes {
        memberships: usize,
        #[arg(long)]
        ours: bool,
    },
    /// Prints what planning a roster costs: milliseconds of a CPU, and the peak of memory in bytes
    #[command(hide = true)]
    Plan { memberships: usize, groups: usize },
}

/// Whether instructions can be counted.
pub(crate) fn has_valgrind() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Instructions per call, of the client alone.
pub(crate) fn instructions_of_client(
    kind: Kind,
    server: SocketAddr,
    calls: (u32, u32),
) -> Outcome<f64> {
    per_call(calls, |calls| {
        let (server, calls) = (server.to_string(), calls.to_string());
        let arguments = ["client", &kind.name(), &server, &calls];
        let output = callgrind(&env::current_exe()?).args(arguments).output()?;
        collected(&output.stderr)
    })
}

/// Instructions per request, of the server alone.
pub(crate) fn instructions_of_server(
    program: &Program,
    site: &Site,
    requests: (u32, u32),
) -> Outcome<f64> {
    per_call(requests, |requests| {
        let server = program.serve(callgrind(&program.path))?;
        Load::connect(server.address, site, 1, 1000)?.run(requests.try_into()?)?;
        collected(&server.stop()?)
    })
}

/// A build of this program, and how it serves.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    path: PathBuf,
    users: Option<usize>,
    counting: bool,
}

impl Program {
    /// This build, serving ours with this many users, or the yardstick.
    pub(crate) fn this(users: Option<usize>) -> Outcome<Self> {
        Ok(Self::of(env::current_exe()?, users))
    }

    /// Another build.
    pub(crate) fn of(path: PathBuf, users: Option<usize>) -> Self {
        Self {
            path,
            users,
            counting: false,
        }
    }

    /// The same, counting what it does.
    pub(crate) fn counting(self) -> Self {
        Self {
            counting: true,
            ..self
        }
    }

    /// Starts it as it is.
    pub(crate) fn start(&self) -> Outcome<Served> {
        self.serve(Command::new(&self.path))
    }

    fn serve(&self, mut command: Command) -> Outcome<Served> {
        let mut child = command
            .arg("server")
            .args(self.users.map(|users| users.to_string()))
            .args(self.counting.then_some("--counting"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.as_mut().ok_or("the output is piped")?;
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Served { address, child })
    }
}

/// A server in a process of its own; it stops when its input ends.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    child: process::Child,
}

impl Served {
    pub(crate) fn cpu(&self) -> CpuClock {
        CpuClock::of_process(self.child.id())
    }

    /// Stops it, and says what it printed on stderr.
    fn stop(mut self) -> Outcome<Vec<u8>> {
        drop(self.child.stdin.take());
        Ok(self.child.wait_with_output()?.stderr)
    }
}

/// Resident bytes per membership, beside the users and the groups themselves.
pub(crate) fn bytes(of_ours: bool, memberships: usize) -> Outcome<f64> {
    let output = Command::new(env::current_exe()?)
        .args(["bytes", &memberships.to_string()])
        .args(of_ours.then_some("--ours"))
        // glibc then returns large blocks immediately, so that resident memory is used memory.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("MALLOC_TRIM_THRESHOLD_", "131072")
        .stderr(Stdio::inherit())
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// What planning costs in a process of its own: milliseconds of a CPU, and its peak of memory in
/// megabytes.
pub(crate) fn planning(memberships: usize, groups: usize) -> Outcome<(f64, f64)> {
    let output = Command::new(env::current_exe()?)
        .args(["plan", &memberships.to_string(), &groups.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let (cpu, peak) = text.trim().split_once(' ').ok_or("the child has failed")?;
    Ok((cpu.parse()?, peak.parse::<f64>()? / 1e6))
}

impl Child {
    /// Does it, in the child.
    pub(crate) fn run(self) -> Outcome<()> {
        match self {
            Self::Client {
                kind,
                server,
                calls,
            } => {
                Client::new(kind, server)?.run(calls, 1)?;
            }
            Self::Server { users, counting } => {
                let metrics = match counting {
                    true => Metrics::default(),
                    false => Metrics::none(),
                };
                let server = Server::counting(users, metrics)?;
                println!("{}", server.address);
                io::stdin().read_to_end(&mut Vec::new())?;
            }
            Self::Bytes { memberships, ours } => {
                let site = Site::of_memberships(memberships);
                let bytes = if ours {
                    resident_after(&Ours::new(site.state()), &site)?
                } else {
                    resident_after(&Maps::default(), &site)?
                };
                println!("{bytes}");
            }
            Self::Plan {
                memberships,
                groups,
            } => {
                let cpu = roster::plan(&House::new(memberships, groups))?;
                println!(
                    "{} {}",
                    cpu.as_secs_f64() * 1e3,
                    memory(process::id(), "VmHWM:")?
                );
            }
        }
        Ok(())
    }
}

fn resident_after(store: &impl Store, site: &Site) -> Outcome<f64> {
    let before = memory(process::id(), "VmRSS:")?;
    for pair in &site.memberships {
        store.add(*pair);
    }
    Ok((memory(process::id(), "VmRSS:")? - before) as f64 / site.memberships.len() as f64)
}

/// The memory of a process that is in RAM (`VmRSS:`), or the most that was (`VmHWM:`), in bytes.
pub(crate) fn memory(process: u32, what: &str) -> Outcome<i64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.ok_or("no such line")?.parse::<i64>()? * 1024)
}

/// The difference of two runs cancels the cost of starting and stopping.
fn per_call(calls: (u32, u32), count: impl Fn(u32) -> Outcome<f64>) -> Outcome<f64> {
    let (few, many) = (count(calls.0)?, count(calls.1)?);
    Ok((many - few) / f64::from(calls.1 - calls.0))
}

fn callgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program);
    command
}

/// The total that callgrind prints at its end.
fn collected(stderr: &[u8]) -> Outcome<f64> {
    let stderr = String::from_utf8_lossy(stderr);
    let total = stderr.split("Collected : ").nth(1);
    let total = total.and_then(|rest| rest.lines().next());
    let total = total.ok_or_else(|| format!("callgrind printed no total: {stderr}"))?;
    Ok(total.trim().parse()?)
}
