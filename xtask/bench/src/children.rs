//! Measurements that need a process of their own: instructions and memory.
//!
//! The benchmark starts itself again, under callgrind or alone, with `child` as its first
//! argument.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::{
    Outcome, clients,
    load::Load,
    servers::{self, Server},
    site::Site,
    structure::{Maps, Ours, Store},
};

/// Whether instructions can be counted.
pub(crate) fn has_valgrind() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// Instructions per call, of the client alone.
pub(crate) fn instructions_of_client(
    kind: clients::Kind,
    server: SocketAddr,
    calls: (u32, u32),
) -> Outcome<f64> {
    per_call(calls, |calls| {
        let arguments = [
            "client",
            kind.name(),
            &server.to_string(),
            &calls.to_string(),
        ];
        let output = callgrind()?.args(arguments).output()?;
        collected(&String::from_utf8_lossy(&output.stderr))
    })
}

/// Instructions per request, of the server alone.
pub(crate) fn instructions_of_server(
    kind: servers::Kind,
    site: &Site,
    requests: (u32, u32),
) -> Outcome<f64> {
    per_call(requests, |requests| {
        let users = match kind {
            servers::Kind::Bare => 0,
            servers::Kind::Ours(users) => users,
        };
        let mut child = callgrind()?
            .args(["server", &users.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let address = first_line(&mut child)?.trim().parse()?;
        Load::connect(address, site, 1, 1000)?.run(requests.try_into()?)?;
        drop(child.stdin.take()); // which tells it to stop
        collected(&String::from_utf8_lossy(&child.wait_with_output()?.stderr))
    })
}

/// Resident bytes per membership, beside the users and the groups themselves.
pub(crate) fn bytes(of_ours: bool, memberships: usize) -> Outcome<f64> {
    let whose = if of_ours { "ours" } else { "maps" };
    let output = Command::new(env::current_exe()?)
        .args(["child", "bytes", whose, &memberships.to_string()])
        // glibc then returns large blocks immediately, so that resident memory is used memory.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("MALLOC_TRIM_THRESHOLD_", "131072")
        .stderr(Stdio::inherit())
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Does in the child what its arguments say.
pub(crate) fn run(arguments: &[&str]) -> Outcome<()> {
    match arguments {
        ["client", name, server, calls] => {
            let kinds = clients::Kind::ALL.into_iter();
            let kind = kinds.clone().find(|kind| kind.name() == *name);
            let kind = kind.ok_or("no such client")?;
            clients::Client::new(kind, server.parse()?)?.run(calls.parse()?, 1)?;
        }
        ["server", users] => {
            let kind = match users.parse()? {
                0 => servers::Kind::Bare,
                users => servers::Kind::Ours(users),
            };
            let server = Server::start(kind)?;
            println!("{}", server.address);
            io::stdin().read_to_end(&mut Vec::new())?;
        }
        ["bytes", whose, memberships] => {
            let site = Site::of_memberships(memberships.parse()?);
            println!("{}", resident_per_membership(*whose == "ours", &site)?);
        }
        _ => return Err(format!("no such child: {arguments:?}").into()),
    }
    Ok(())
}

fn resident_per_membership(of_ours: bool, site: &Site) -> Outcome<f64> {
    if of_ours {
        let store = Ours::new(site.state());
        resident_after(&store, site)
    } else {
        resident_after(&Maps::default(), site)
    }
}

fn resident_after(store: &impl Store, site: &Site) -> Outcome<f64> {
    let before = resident()?;
    for pair in &site.memberships {
        store.add(*pair);
    }
    Ok((resident()? - before) as f64 / site.memberships.len() as f64)
}

/// The memory of this process that is in RAM, in bytes.
fn resident() -> Outcome<i64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.ok_or("no VmRSS")?.parse::<i64>()? * 1024)
}

/// The difference of two runs cancels the cost of starting and stopping.
fn per_call(calls: (u32, u32), count: impl Fn(u32) -> Outcome<f64>) -> Outcome<f64> {
    let (few, many) = (count(calls.0)?, count(calls.1)?);
    Ok((many - few) / f64::from(calls.1 - calls.0))
}

fn callgrind() -> Outcome<Command> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .arg("child");
    Ok(command)
}

/// The total that callgrind prints at its end.
fn collected(stderr: &str) -> Outcome<f64> {
    let total = stderr
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    let total = total.ok_or_else(|| format!("callgrind printed no total: {stderr}"))?;
    Ok(total.trim().parse()?)
}

fn first_line(child: &mut Child) -> Outcome<String> {
    let mut line = String::new();
    let output = child.stdout.as_mut().ok_or("the output is piped")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}
