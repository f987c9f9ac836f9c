//! A pgbouncer before a server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::Signal;

use super::{
    node::{Node, free_port, pid, signal},
    programs::{Programs, USER, output},
    until,
};

/// A pgbouncer with transaction pooling; it ends with its [`Cluster`](super::Cluster).
#[derive(Debug)]
pub struct Bouncer {
    port: u16,
    /// Up to the ends of the names of its files.
    files: PathBuf,
}

impl Bouncer {
    pub(super) fn before(node: &Node, folder: &Path, number: usize) -> Self {
        let program = program();
        // Between the moment when a port was free and now, somebody else may have taken it.
        for _ in 0..10 {
            let bouncer = Self {
                port: free_port(),
                files: folder.join(format!("pgbouncer-{number}")),
            };
            bouncer.write_settings(node);
            let mut start = Programs::installed().as_owner(&program);
            start.args(["-q", "-d"]).arg(bouncer.file("ini"));
            match output(start.current_dir("/")) {
                Ok(_) => {
                    // It is in the background before it has written this.
                    let is_written = || {
                        fs::read_to_string(bouncer.file("pid"))
                            .is_ok_and(|process| process.ends_with('\n'))
                    };
                    until("the pgbouncer runs", is_written);
                    return bouncer;
                }
                Err(why) if why.contains("in use") => {}
                Err(why) => panic!("{why}"),
            }
        }
        panic!("ten free ports were taken by somebody else");
    }

    /// Where a database is, through it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// From now on, it leads to this server; its clients stay connected.
    pub(super) fn turn_to(&self, node: &Node) {
        self.write_settings(node);
        let process = fs::read_to_string(self.file("pid")).expect("it runs");
        signal(pid(process.trim()), Signal::HUP);
    }

    fn write_settings(&self, node: &Node) {
        let (port, server, host) = (self.port, node.port(), node.place().host());
        let (log, pid) = (self.file("log"), self.file("pid"));
        let settings = format!(
            "[databases]\n* = host={host} port={server} user={USER}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = {POOL}\nmax_client_conn = 500\n\
             logfile = {}\npidfile = {}\n",
            log.display(),
            pid.display()
        );
        fs::write(self.file("ini"), settings).expect("our folder");
    }

    fn file(&self, end: &str) -> PathBuf {
        self.files.with_extension(end)
    }
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into()); // where Debian keeps it, out of the way of ordinary users
    let mut programs = folders.iter().map(|folder| folder.join("pgbouncer"));
    let program = programs.find(|program| program.is_file());
    program.expect("pgbouncer is installed: on Debian with `apt-get install pgbouncer`")
}

/// Connections to the server, for each database.
const POOL: usize = 8;
