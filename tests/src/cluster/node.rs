//! One server of PostgreSQL.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    place::Place,
    programs::{Programs, USER, must, output},
    until,
};

/// A server, its data and its port.
#[derive(Debug)]
pub(super) struct Node {
    name: &'static str,
    place: Place,
    data: PathBuf,
    log: PathBuf,
    port: u16,
    /// The stopped process that receives changes.
    receiver: Option<Pid>,
}

impl Node {
    /// A new server with these settings beside the usual ones, running.
    pub(super) fn create(name: &'static str, folder: &Path, place: Place, settings: &str) -> Self {
        let node = Self::at(name, folder, place, free_port());
        let mut initdb = Programs::installed().command("initdb");
        initdb.args(["--no-sync", "--no-locale", "-E", "UTF8"]);
        initdb.args(["--auth=trust", "-U", USER, "-D"]);
        must(initdb.arg(&node.data).current_dir(folder));
        let (host, sockets) = (node.place.host(), folder.display());
        node.append(
            "postgresql.conf",
            &format!(
                "listen_addresses = '{host}'\nunix_socket_directories = '{sockets}'\n{SETTINGS}{settings}"
            ),
        );
        node.append("pg_hba.conf", "host all all samenet trust\n");
        node.started(None)
    }

    /// A copy of a running server that follows it, on this port or a free one.
    pub(super) fn standby_of(
        primary: &Self,
        name: &'static str,
        folder: &Path,
        port: Option<u16>,
    ) -> Self {
        let node = Self::at(name, folder, Place::Here, port.unwrap_or_else(free_port));
        let _ = fs::remove_dir_all(&node.data); // of the old primary, if there was one
        primary.sql(
            "postgres",
            &format!(
                "select pg_create_physical_replication_slot('{name}', true) where not exists \
                 (select from pg_replication_slots where slot_name = '{name}')"
            ),
        );
        let from = format!(
            "host={} port={} user={USER} application_name={name}",
            primary.place.host(),
            primary.port
        );
        let mut copy = Programs::installed().command("pg_basebackup");
        copy.args(["--no-sync", "-R", "-X", "stream", "-c", "fast"]);
        copy.args(["-S", name, "-d", &from, "-D"]).arg(&node.data);
        must(copy.current_dir(folder));
        node.started(port)
    }

    /// Writes certificate and key, puts the rules before those of `pg_hba.conf`, and has it read all.
    pub(super) fn configure_tls(&self, [certificate, key]: [&str; 2], rules: &str) {
        let rules_of_all = fs::read_to_string(self.data.join("pg_hba.conf"));
        let rules = format!("{rules}\n{}", rules_of_all.expect("a file of the server"));
        let owner = Programs::installed().owner.as_ref().map(|owner| owner.id);
        for (file, text, mode) in [
            ("server.crt", certificate, 0o644),
            ("server.key", key, 0o600),
            ("pg_hba.conf", &rules, 0o600),
        ] {
            let path = self.data.join(file);
            fs::write(&path, text).expect("a folder of ours");
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our file");
            chown(&path, owner, None).expect("root may give it away");
        }
        self.sql("postgres", "alter system set ssl = on");
        self.sql("postgres", "select pg_reload_conf()");
    }

    fn append(&self, file: &str, lines: &str) {
        let file = OpenOptions::new().append(true).open(self.data.join(file));
        let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
        written.expect("a file of the server");
    }

    fn at(name: &'static str, folder: &Path, place: Place, port: u16) -> Self {
        Self {
            name,
            place,
            data: folder.join(name),
            log: folder.join(format!("{name}.log")),
            port,
            receiver: None,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.place.host(), self.port)
    }

    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}", self.address())
    }

    pub(super) fn sql(&self, database: &str, statement: &str) -> String {
        super::sql(&self.url(database), statement)
    }

    /// Starts it on a free port, unless it must be this one.
    fn started(mut self, port: Option<u16>) -> Self {
        // Between the moment when a port was free and now, somebody else may have taken it.
        for _ in 0..10 {
            match self.try_start() {
                Ok(()) => return self,
                Err(why) if why.contains(TAKEN) && port.is_none() => self.port = free_port(),
                Err(why) => panic!("{why}"),
            }
        }
        panic!("ten free ports were taken by somebody else");
    }

    /// Starts it again where it was.
    pub(super) fn start(&self) {
        self.try_start().unwrap_or_else(|why| panic!("{why}"));
    }

    fn try_start(&self) -> Result<(), String> {
        let _ = fs::remove_file(&self.log);
        let mut start = self.control("start");
        start.arg("-l").arg(&self.log);
        start.args(["-o", &format!("-p {}", self.port)]);
        match output(&mut self.place.command(start)) {
            Ok(_) => Ok(()),
            Err(why) => Err(format!("{why}\n{}", self.log())),
        }
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The first of its processes, if it runs.
    pub(super) fn process(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.data.join(PROCESS)).ok()?;
        Some(pid(text.lines().next().unwrap_or_default()))
    }

    pub(super) fn promote(&self) {
        must(&mut self.control("promote"));
    }

    fn control(&self, verb: &str) -> Command {
        let mut control = Programs::installed().command("pg_ctl");
        control.args([verb, "-w", "-t", "60", "-D"]).arg(&self.data);
        control.current_dir("/");
        control
    }

    /// Ends all of its processes with SIGKILL; does nothing if it does not run.
    pub(super) fn kill(&mut self) {
        let Some(server) = self.process() else {
            return;
        };
        // While it is stopped, it starts no others.
        signal(server, Signal::STOP);
        let mut all = children(server);
        all.push(server);
        all.iter()
            .for_each(|process| signal(*process, Signal::KILL));
        until("the server is gone", || {
            !all.iter().any(|process| is_alive(*process))
        });
        self.receiver = None;
        // Their numbers may soon be those of others, which would be taken for this server.
        let folder = self.data.parent().expect("the folder of the cluster");
        let socket = folder.join(format!(".s.PGSQL.{}.lock", self.port));
        [self.data.join(PROCESS), socket]
            .iter()
            .for_each(|file| fs::remove_file(file).expect("it was there"));
    }

    pub(super) fn stop_receiver(&mut self) {
        let receiver = pid(&self.sql("postgres", "select pid from pg_stat_wal_receiver"));
        signal(receiver, Signal::STOP);
        self.receiver = Some(receiver);
    }

    pub(super) fn end_receiver(&mut self) {
        if let Some(receiver) = self.receiver {
            // It hears this first when it continues.
            signal(receiver, Signal::TERM);
        }
        self.continue_receiver();
    }

    pub(super) fn continue_receiver(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            signal(receiver, Signal::CONT);
        }
    }
}

impl Drop for Node {
    /// A stopped process would not hear that it is to end.
    fn drop(&mut self) {
        self.continue_receiver();
    }
}

pub(super) fn signal(process: Pid, signal: Signal) {
    // It may have ended by itself.
    let _ = kill_process(process, signal);
}

pub(super) fn pid(text: &str) -> Pid {
    let number = text.parse().ok().and_then(Pid::from_raw);
    number.unwrap_or_else(|| panic!("no process: {text:?}"))
}

/// The processes that this one has started.
fn children(parent: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let processes = processes.filter_map(Pid::from_raw);
    processes
        .filter(|process| stat(*process).is_some_and(|(_, of)| of == parent.as_raw_pid()))
        .collect()
}

/// Whether it runs. One that nobody has waited for yet does not.
fn is_alive(process: Pid) -> bool {
    stat(process).is_some_and(|(state, _)| state != "Z")
}

/// State and parent of a process.
fn stat(process: Pid) -> Option<(String, i32)> {
    let text = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_pid())).ok()?;
    // The name stands in parentheses, and may hold any character.
    let (_, rest) = text.rsplit_once(')')?;
    let mut words = rest.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

/// One that was free a moment ago.
pub(super) fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("a bound socket").port()
}

/// Where a running server writes its process.
const PROCESS: &str = "postmaster.pid";

/// As PostgreSQL says that somebody else has the port.
const TAKEN: &str = "Address already in use";

/// 32 writers through two nodes; and a standby that has lost its primary can be promoted at once.
const SETTINGS: &str = "max_connections = 200\njit = off\nwal_retrieve_retry_interval = 100ms\n";
