//! The files and sockets that this process may open: stores come first, connections take the rest.

use access_groups_server::{Limits, raise_open_files};

use crate::{failure::Failure, output::counted};

/// How many files this process may open; `None` if there is no limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenFiles(Option<u64>);

impl OpenFiles {
    /// Raises the soft limit to the hard one. The least server must have enough.
    pub(super) fn raise() -> Result<Self, Failure> {
        let files = Self(raise_open_files());
        files.check(1, 1).map(|()| files)
    }

    /// Checks that so many sites leave files for so many connections.
    pub(super) fn check(self, sites: usize, connections: usize) -> Result<(), Failure> {
        let needed = reserved(sites).saturating_add(connections);
        match self.0 {
            Some(files) if files < needed as u64 => {
                let of = counted(sites as u64, "site", "sites");
                let message =
                    format!("this process may open {files} files, and serving {of} needs {needed}");
                let hint = "raise the limit, as with `ulimit -n 1024`, or LimitNOFILE= of systemd";
                Err(Failure::failed(message).with_hint(hint))
            }
            _ => Ok(()),
        }
    }
}

/// The limits with connections that leave enough files for so many sites.
pub(super) fn leaving_files(limits: Limits, sites: usize) -> Limits {
    limits.leaving_files(reserved(sites))
}

/// A site has its lock and itself open, a save needs two more; the process itself has a few, and
/// the listener of the metrics some connections.
fn reserved(sites: usize) -> usize {
    sites.saturating_mul(4).saturating_add(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: u64, sites: usize, connections: usize, expected: bool) {
        let checked = OpenFiles(Some(files)).check(sites, connections);
        assert_eq!(checked.is_ok(), expected, "{files} {sites} {connections}");
    }

    #[test]
    fn stores_come_before_connections() {
        check(69, 1, 1, true);
        check(68, 1, 1, false);
        check(8, 1, 1, false);
        check(1024, 240, 0, true);
        check(1024, 240, 1, false);
        check(u64::MAX, usize::MAX, usize::MAX, true);
        assert!(OpenFiles(None).check(usize::MAX, 1).is_ok());
    }
}
