//! Where the site of a server is: a small file system of its own, which can become full and read-only.
//!
//! It is a tmpfs in a namespace of its own, so that nobody else sees it, and no rights are needed where
//! users may have namespaces. Elsewhere it is a folder: a limit on the size of files stands for the full
//! disk, and a folder without the right to write for the read-only one.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

pub(super) struct Room {
    /// As the server names it.
    folder: TempDir,
    namespace: Option<Namespace>,
}

/// A process that keeps the namespace until its input ends.
struct Namespace {
    keeper: Child,
    /// What enters it, before a command.
    enter: Vec<String>,
}

impl Room {
    /// A room with this site, and space to save it.
    pub(super) fn with_site(site: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // The file, the next one, and the first one, which the server's lock holds: all of them larger
        // than this text.
        let size = 5 * site.len() + 4 * 1024 * 1024;
        let namespace = Namespace::open(folder.path(), size);
        let room = Self { folder, namespace };
        fs::write(room.seen().join(SITE), site).expect("room for it");
        // If it is there already, the server has no file open for writing: it could not be read-only.
        File::create(room.seen().join(format!("{SITE}.lock"))).expect("a lock file");
        room
    }

    /// The site, as the server names it.
    pub(super) fn site(&self) -> PathBuf {
        self.folder.path().join(SITE)
    }

    /// A command in here.
    pub(super) fn command(&self, program: &Path) -> Command {
        let enter = self.namespace.iter().flat_map(|room| &room.enter);
        let mut words = enter.map(String::as_str).collect::<Vec<_>>();
        // A file that becomes too large is an error, and not the end of the process.
        words.extend(["sh", "-c", r#"trap "" XFSZ; exec "$@""#, "sh"]);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(program);
        command
    }

    /// From now on, there is no space for the site of this process.
    pub(super) fn fill(&self, process: u32, random: &mut fastrand::Rng) {
        let size = fs::metadata(self.seen().join(SITE))
            .expect("the site")
            .len();
        // The next text may be shorter.
        let free = random.u64(0..size / 2);
        if self.namespace.is_none() {
            return prlimit(process, &format!("--fsize={free}:"));
        }
        let mut filler = File::create(self.seen().join(FILLER)).expect("a file");
        let piece = vec![0; 64 * 1024];
        let error = loop {
            if let Err(error) = filler.write_all(&piece) {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        // The save fails at its end, or at its beginning.
        let used = filler.metadata().expect("its size").len();
        filler.set_len(used.saturating_sub(free)).expect("shorter");
    }

    /// There is space again. The process may have ended.
    pub(super) fn empty(&self, process: Option<u32>) {
        match (&self.namespace, process) {
            (None, None) => {}
            (None, Some(process)) => prlimit(process, "--fsize=unlimited:"),
            (Some(_), _) => fs::remove_file(self.seen().join(FILLER)).expect("the filler"),
        }
    }

    /// From now on, nothing can be written.
    pub(super) fn set_read_only(&self, is_read_only: bool) {
        let Some(namespace) = &self.namespace else {
            let mode = if is_read_only { 0o555 } else { 0o755 };
            let set = fs::set_permissions(self.folder.path(), Permissions::from_mode(mode));
            set.expect("our folder");
            let is_obeyed = File::create(self.folder.path().join(FILLER)).is_err();
            assert_eq!(is_obeyed, is_read_only, "run this as an ordinary user");
            return;
        };
        let options = if is_read_only {
            "remount,bind,ro"
        } else {
            "remount,bind,rw"
        };
        // While a save writes, it is refused.
        for _ in 0..10_000 {
            if namespace.mount(options, self.folder.path()) {
                return;
            }
            thread::yield_now();
        }
        panic!("it cannot be mounted: {options}");
    }

    /// What a full disk is here.
    pub(super) fn full(&self) -> &'static str {
        match self.namespace {
            Some(_) => "a full tmpfs",
            None => "a limit on the size of files",
        }
    }

    /// What a read-only folder is here.
    pub(super) fn read_only(&self) -> &'static str {
        match self.namespace {
            Some(_) => "a tmpfs mounted read-only",
            None => "a folder without the right to write",
        }
    }

    /// The folder, as this process reaches it.
    fn seen(&self) -> PathBuf {
        let folder = self.folder.path();
        match &self.namespace {
            None => folder.to_owned(),
            Some(namespace) => {
                let root = format!("/proc/{}/root", namespace.keeper.id());
                Path::new(&root).join(folder.strip_prefix("/").expect("a whole path"))
            }
        }
    }
}

impl Namespace {
    /// `None` if this user may not have one.
    fn open(folder: &Path, size: usize) -> Option<Self> {
        for (unshare, enter) in [("-rm", "--user"), ("-m", "--mount")] {
            let folder = folder.display();
            // What is bound can become read-only while deleted files are open in it, as they are here.
            let script = format!(
                "mount -t tmpfs -o size={size} none '{folder}' \
                 && mount --bind '{folder}' '{folder}' && echo ready && exec cat"
            );
            let mut keeper = Command::new("unshare")
                .args([unshare, "sh", "-c", &script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let output = keeper.stdout.take().expect("piped");
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).expect("text");
            if line == "ready\n" {
                let id = keeper.id().to_string();
                let words = [
                    "nsenter",
                    "-t",
                    &id,
                    "--mount",
                    enter,
                    "--preserve-credentials",
                ];
                let enter = words.map(str::to_owned).to_vec();
                return Some(Self { keeper, enter });
            }
            keeper.wait().expect("it has ended");
        }
        None
    }

    fn mount(&self, options: &str, folder: &Path) -> bool {
        let mut command = Command::new(&self.enter[0]);
        command
            .args(&self.enter[1..])
            .args(["mount", "-o", options]);
        command.arg(folder).stderr(Stdio::null());
        command.status().expect("it runs").success()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Sets a limit of a process: what is before the colon holds from now on.
pub(super) fn prlimit(process: u32, limit: &str) {
    let mut command = Command::new("prlimit");
    let set = command
        .args(["--pid", &process.to_string(), limit])
        .status();
    assert!(set.expect("it runs").success(), "{limit}");
}

const SITE: &str = "site.json";
const FILLER: &str = "filler";
