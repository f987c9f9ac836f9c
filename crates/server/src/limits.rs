//! What a server lets its peers and callers take, each with a default and a reason.

mod contradictions;

use std::{fmt, time::Duration};

/// A row is a limit: its type, default and unit, and the reason for it.
///
/// One table, so that the settings, their names for a command line, and the table of the README
/// cannot differ.
macro_rules! limits {
    ($(
        $(#[$doc:meta])*
        $name:ident, $with:ident: $type:ty = $default:expr, $reason:literal;
    )*) => {
        /// What peers and callers of a server may take at most.
        ///
        /// The first rows hold for connections, so only where [`Server::serve`](crate::Server::serve)
        /// accepts them; the others for requests, also in a router without a socket.
        ///
        /// # Examples
        ///
        /// ```
        /// use std::time::Duration;
        ///
        /// use access_groups_server::Limits;
        ///
        /// let limits = Limits::default();
        /// assert_eq!(limits.header, Duration::from_secs(10));
        /// let mut limits = limits.with_header(Duration::from_secs(5)).with_connections(100);
        /// assert_eq!(limits.peer_connections(), 50); // follows, as long as it is not set
        ///
        /// // By name, as a command line has it:
        /// limits.set("idle", "20")?;
        /// assert_eq!(limits.idle, Duration::from_secs(20));
        /// assert!(limits.set("idle", "0").is_err());
        /// # Ok::<(), access_groups_server::LimitError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits {
            $($(#[$doc])* pub $name: $type,)*
        }

        impl Limits {
            /// The name of every limit, in the order of the table.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            $(
                #[doc = concat!("Sets [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                #[must_use]
                pub fn $with(mut self, $name: $type) -> Self {
                    self.$name = $name;
                    self
                }
            )*

            /// Sets a limit by its name, to a whole number above zero: of seconds where it is a time.
            ///
            /// # Errors
            ///
            /// There is no limit of this name, or the text is no such number.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
                match name {
                    $(stringify!($name) => self.$name = Value::parse(name, value)?,)*
                    _ => return Err(LimitError::unknown(name)),
                }
                Ok(())
            }

            /// The name, the default with its unit, and the reason of every limit, for documentation.
            ///
            /// The row of [`connections`](Self::connections) holds for a process that may open any
            /// number of files.
            #[must_use]
            pub fn rows() -> Vec<(&'static str, String, &'static str)> {
                let limits = Self::beside(None);
                vec![$((stringify!($name), limits.$name.shown(), $reason),)*]
            }

            fn beside(files: Option<u64>) -> Self {
                Self { $($name: $default,)* }.fitting(files)
            }
        }
    };
}

limits! {
    /// How long the header of a request may take, from its first byte, or from the start of the
    /// connection. Default: 10 seconds.
    header, with_header: Duration = Duration::from_secs(10),
        "a header fits into a packet or two; then the connection is closed";

    /// How long the body of a request may take. Default: 30 seconds.
    body, with_body: Duration = Duration::from_secs(30),
        "1 MiB at 35 KB/s; then 408";

    /// How long a connection may be idle between two requests. Default: 75 seconds.
    idle, with_idle: Duration = Duration::from_secs(75),
        "longer than clients keep theirs, so that they close first";

    /// How long a peer may take nothing of its answer. Default: 30 seconds.
    unread, with_unread: Duration = Duration::from_secs(30),
        "an answer waits in memory until it is taken";

    /// How many bytes of a long answer a peer takes in a second at least, once
    /// [`unread`](Self::unread) has passed. Default: 16,384.
    unread_rate, with_unread_rate: Bytes = Bytes(16 * 1024),
        "in a second: a peer that takes single bytes would hold its answer for hours";

    /// How long a shutdown waits for requests that are not complete yet. Default: 5 seconds.
    unfinished, with_unfinished: Duration = Duration::from_secs(5),
        "nothing was accepted yet; container runtimes kill after 10 s";

    /// How long a shutdown waits in all, also for answers that are being made or taken. Default: 7
    /// seconds.
    shutdown, with_shutdown: Duration = Duration::from_secs(7),
        "the last save needs the rest of the 10 s";

    /// The most connections at one time. Default: three quarters of the files that the process may
    /// open, and at most 10,000.
    connections, with_connections: usize = MOST_CONNECTIONS,
        "fewer if the process may open fewer files: a quarter is kept for stores";

    /// The most connections of one address at one time; an IPv6 network of 64 bits counts as one
    /// address. Default: `None`, half of [`connections`](Self::connections).
    connections_per_peer, with_connections_per_peer: Option<usize> = None,
        "one machine cannot take them all; behind a proxy, set it to `connections`";

    /// The most bytes of request bodies in memory at one time, and a quarter of them for the callers of
    /// one port; bodies of up to 4 KiB are not counted, and one of unknown length counts as 1 MiB.
    /// Default: 64 MiB.
    body_bytes, with_body_bytes: Bytes = Bytes(64 * 1024 * 1024),
        "a body of 1 MiB becomes several MiB of values; others wait for 2 s, then 503";

    /// The most calls of one key at one time. Default: 128.
    calls_per_key, with_calls_per_key: usize = 128,
        "one caller leaves room for the others; further calls wait for 1 s, then 429";

    /// The most lists and large bodies that are read, made or taken at one time. Default: 64.
    heavy_calls, with_heavy_calls: usize = 64,
        "each may hold some MiB; others wait for 5 s, then 503";

    /// The same for the callers of one port, which is one workspace. Default: 8.
    heavy_calls_per_port, with_heavy_calls_per_port: usize = 8,
        "one tenant's lists wait for each other, not for everybody";

    /// How many wrong keys an address may present in a minute before it has to wait: each further
    /// one is answered 429, a second later. A body over 4 KiB without a good key counts as one. Default:
    /// 10.
    wrong_keys, with_wrong_keys: usize = 10,
        "of an address in a minute: keys are not found by trying, and logs stay readable";

    /// The most ids in one list of a request. Default: 1,000.
    ids, with_ids: usize = 1_000,
        "an answer grows with the list; then 400";
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(
    /// How many.
    pub u64,
);

impl Limits {
    /// The [rows](Self::rows) as a table in Markdown.
    #[must_use]
    pub fn table() -> String {
        let rows = Self::rows().into_iter();
        let rows = rows.map(|(name, default, why)| format!("| `{name}` | {default} | {why} |\n"));
        let head = "| limit | default | why |\n|---|---|---|\n".to_owned();
        rows.fold(head, |table, row| table + &row)
    }

    /// The most connections of one address: [`connections_per_peer`](Self::connections_per_peer), or
    /// half of all.
    #[must_use]
    pub fn peer_connections(&self) -> usize {
        let half = self.connections.div_ceil(2);
        self.connections_per_peer.unwrap_or(half).max(1)
    }

    /// Leaves at least this many of the files that the process may open to others than connections.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_server::Limits;
    ///
    /// let limits = Limits::default().with_connections(100);
    /// assert_eq!(limits.clone().leaving_files(usize::MAX).connections, 1);
    /// assert_eq!(limits.leaving_files(0).connections, 100);
    /// ```
    #[must_use]
    pub fn leaving_files(self, reserved: usize) -> Self {
        let Some(files) = open_files() else {
            return self;
        };
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let room = files.saturating_sub(reserved).max(1);
        let connections = self.connections.min(room);
        self.with_connections(connections)
    }

    fn fitting(self, files: Option<u64>) -> Self {
        self.with_connections(connections_beside_files(files))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::beside(open_files())
    }
}

/// Lets this process open as many files and sockets as it may by itself: on Unix, it raises the soft
/// limit to the hard one. Returns how many that are; `None` if there is no limit.
pub fn raise_open_files() -> Option<u64> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        // A refusal leaves what there was, which is read again.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    open_files()
}

/// Leaves a quarter for whatever else the process opens: stores above all.
fn connections_beside_files(open_files: Option<u64>) -> usize {
    let room = open_files.map_or(u64::MAX, |limit| limit - limit.div_ceil(4));
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    room.clamp(1, MOST_CONNECTIONS)
}

/// How many files and sockets this process may open at one time; `None` if there is no limit.
#[cfg(unix)]
fn open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn open_files() -> Option<u64> {
    None
}

/// Bounds the memory of a process that may open any number of files.
const MOST_CONNECTIONS: usize = 10_000;

/// A limit that cannot be set so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LimitError(String);

impl LimitError {
    fn unknown(name: &str) -> Self {
        let names = Limits::NAMES.join(", ");
        Self(format!("there is no limit {name:?}: there are {names}"))
    }
}

/// A limit as text.
trait Value: Sized {
    fn of(number: u32) -> Self;
    fn shown(&self) -> String;

    fn parse(name: &str, text: &str) -> Result<Self, LimitError> {
        match text.parse() {
            Ok(number @ 1..) => Ok(Self::of(number)),
            _ => Err(LimitError(format!(
                "the limit {name} is a whole number from 1 to {}, not {text:?}",
                u32::MAX
            ))),
        }
    }
}

impl Value for Duration {
    fn of(number: u32) -> Self {
        Self::from_secs(number.into())
    }

    fn shown(&self) -> String {
        format!("{} s", self.as_secs())
    }
}

impl Value for usize {
    fn of(number: u32) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }

    fn shown(&self) -> String {
        grouped(*self as u64)
    }
}

impl Value for Option<usize> {
    fn of(number: u32) -> Self {
        Some(Value::of(number))
    }

    fn shown(&self) -> String {
        self.map_or_else(|| "half of `connections`".to_owned(), |all| all.shown())
    }
}

impl Value for Bytes {
    fn of(number: u32) -> Self {
        Self(number.into())
    }

    fn shown(&self) -> String {
        format!("{self}")
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", grouped(self.0))
    }
}

/// The digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_the_defaults() {
        let readme = include_str!("../README.md");
        let table = Limits::table();
        assert!(readme.contains(&table), "README.md needs this:\n{table}");
    }

    #[test]
    fn files_have_room_beside_connections() {
        for (files, connections) in [
            (Some(0), 1),
            (Some(1), 1),
            (Some(256), 192),
            (Some(1_024), 768),
            (Some(u64::MAX), 10_000),
            (None, 10_000),
        ] {
            assert_eq!(connections_beside_files(files), connections, "{files:?}");
        }
    }

    #[test]
    fn every_limit_is_set_by_its_name() {
        for name in Limits::NAMES {
            let mut limits = Limits::default();
            limits.set(name, "77").expect("a number");
            assert_ne!(limits, Limits::default(), "{name}");
        }
    }

    fn check_refused(name: &str, value: &str, expected: &str) {
        let refused = Limits::default().set(name, value).expect_err("refused");
        assert!(refused.to_string().contains(expected), "{refused}");
    }

    #[test]
    fn a_limit_is_a_number_above_zero() {
        for value in ["0", "-1", "1.5", "", "10s", "4294967296"] {
            check_refused("idle", value, "the limit idle is a whole number from 1 to");
        }
        check_refused("idol", "1", "there are header, body, idle,");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [
            (7, "7"),
            (128, "128"),
            (1_000, "1,000"),
            (67_108_864, "67,108,864"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
