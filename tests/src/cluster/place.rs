//! Where a server runs: on this machine, or on one of which a part can fail.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{
    guard::NAMESPACE,
    programs::{Programs, output},
};

/// What a server has around it.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// Nothing.
    Here,
    /// A network of its own, at the other end of a link.
    BehindLink { namespace: String, host: String },
    /// A small disk beside the one with its data.
    SmallDisk { folder: PathBuf, bytes: u64 },
}

impl Place {
    /// A new network.
    ///
    /// # Errors
    ///
    /// Only root may make one, and needs `ip`.
    pub(super) fn behind_link(folder: &Path) -> Result<Self, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let namespace = format!("access-groups-{process}-{number}");
        // Before it is there, so that it does not stay.
        fs::write(folder.join(NAMESPACE), &namespace).expect("our folder");
        // Names of links are short, and so is the range for tests of networks (RFC 2544).
        let (here, there) = (format!("ag{process}x{number}"), "eth0");
        let net = process % (1 << 14) * 4 + number * 4 % 256;
        let address = |end: u32| {
            let [_, _, c, d] = (net + end).to_be_bytes();
            format!("198.18.{c}.{d}")
        };
        let (near, host) = (address(1), address(2));
        for line in [
            format!("netns add {namespace}"),
            format!("link add {here} type veth peer name {there} address {MAC} netns {namespace}"),
            format!("addr add {near}/30 dev {here}"),
            format!("link set {here} up"),
            // Otherwise this end would notice the cut, since nobody answers whose address that is.
            format!("neigh add {host} lladdr {MAC} nud permanent dev {here}"),
            format!("-n {namespace} addr add {host}/30 dev {there}"),
            format!("-n {namespace} link set {there} up"),
            format!("-n {namespace} link set lo up"),
        ] {
            output(Command::new("ip").args(line.split(' ')))?;
        }
        Ok(Self::BehindLink { namespace, host })
    }

    /// A disk of so many bytes, for the time of the server.
    ///
    /// # Errors
    ///
    /// Only root may mount one.
    pub(super) fn small_disk(folder: &Path, bytes: u64) -> Result<Self, String> {
        let folder = folder.join("small");
        fs::create_dir(&folder).expect("our folder");
        let place = Self::SmallDisk { folder, bytes };
        output(&mut place.command(Command::new("true")))?;
        Ok(place)
    }

    /// The address at which the server listens.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::BehindLink { host, .. } => host,
            Self::Here | Self::SmallDisk { .. } => "127.0.0.1",
        }
    }

    /// The same command in this place.
    pub(super) fn command(&self, inner: Command) -> Command {
        let mut command = match self {
            Self::Here => return inner,
            Self::BehindLink { namespace, .. } => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]);
                command
            }
            // Nobody else sees the disk, and it goes with the last process that does.
            Self::SmallDisk { folder, bytes } => {
                let owner = Programs::installed().owner.as_ref();
                let owner = owner.map_or(0, |owner| owner.id);
                let mut command = Command::new("unshare");
                command.args(["-m", "sh", "-c"]).arg(format!(
                    "mount -t tmpfs -o size={bytes},uid={owner},mode=700 none '{}' && exec \"$@\"",
                    folder.display()
                ));
                command.arg("sh");
                command
            }
        };
        command.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir("/");
        command
    }

    /// Cuts the link, or mends it. While it is cut, packets vanish without a word.
    pub(super) fn set_link(&self, is_up: bool) {
        let Self::BehindLink { namespace, .. } = self else {
            panic!("there is no link");
        };
        let state = if is_up { "up" } else { "down" };
        let mut ip = Command::new("ip");
        let set = ip.args(["-n", namespace, "link", "set", "eth0", state]);
        output(set).unwrap_or_else(|why| panic!("{why}"));
    }

    /// Takes all the space of the small disk, or gives it back. `process` is one that sees the disk.
    pub(super) fn set_full(&self, process: i32, is_full: bool) {
        let Self::SmallDisk { folder, .. } = self else {
            panic!("there is no small disk");
        };
        let folder = folder.strip_prefix("/").expect("a whole path");
        let filler = Path::new(&format!("/proc/{process}/root"))
            .join(folder)
            .join("filler");
        if !is_full {
            return fs::remove_file(filler).expect("it was filled");
        }
        let mut filler = File::create(filler).expect("a file");
        let error = loop {
            if let Err(error) = filler.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

/// Of the far end of each link. It begins as those do that anybody may give.
const MAC: &str = "02:00:00:00:00:02";
