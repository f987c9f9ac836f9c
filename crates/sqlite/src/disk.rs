//! Whether a file system can hold a database that several processes lock.

use std::path::Path;

use access_groups_core::Error;

/// Refuses network file systems, whose locks do not hold: two machines would both write. The answer is a
/// warning for the operator, if there is one.
pub(crate) fn check(path: &Path) -> Result<Option<String>, Error> {
    match magic(path).map_or(Verdict::Sound, judge) {
        Verdict::Sound => Ok(None),
        Verdict::Doubtful(kind) => Ok(Some(format!(
            "{} is on a file system of the kind {kind}: its locks and its fsync may not hold, and the \
             database may be lost or damaged. A disk of this machine is safe",
            path.display()
        ))),
        Verdict::Unfit(kind) => {
            let message = format!(
                "{} is on a network file system ({kind}), where locks do not hold and a database gets \
                 damaged: use a disk of this machine, or a Postgres store for several machines",
                path.display()
            );
            Err(Error::unsupported(message).with_code("store_on_network"))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Sound,
    /// It may be anything behind that.
    Doubtful(&'static str),
    Unfit(&'static str),
}

/// The numbers are those of Linux's statfs(2).
fn judge(magic: u32) -> Verdict {
    match magic {
        0x6969 => Verdict::Unfit("NFS"),
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => Verdict::Unfit("SMB"),
        0x0102_1997 => Verdict::Doubtful("9p"),
        0x6573_5546 => Verdict::Doubtful("FUSE"),
        _ => Verdict::Sound,
    }
}

/// The kind of the file system that the file is on, or will be.
#[cfg(target_os = "linux")]
fn magic(path: &Path) -> Option<u32> {
    let found = rustix::fs::statfs(path).or_else(|_| rustix::fs::statfs(folder_of(path)));
    // Its lower half: 32 bits are all that there are, and some systems extend the sign. Without an answer,
    // opening the file says what is wrong.
    found
        .ok()
        .map(|found| (found.f_type as u64 & 0xFFFF_FFFF) as u32)
}

/// The folder that the file is in, or will be.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn magic(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(magics: &[u32], expected: Verdict) {
        for magic in magics {
            assert_eq!(judge(*magic), expected, "{magic:#x}");
        }
    }

    #[test]
    fn network_file_systems_are_refused() {
        check(&[0x6969], Verdict::Unfit("NFS"));
        check(&[0x517B, 0xFF53_4D42, 0xFE53_4D42], Verdict::Unfit("SMB"));
        check(&[0x0102_1997], Verdict::Doubtful("9p"));
        check(&[0x6573_5546], Verdict::Doubtful("FUSE"));
        // ext4, XFS, Btrfs, tmpfs, overlayfs, ZFS.
        let local = [
            0xEF53,
            0x5846_5342,
            0x9123_683E,
            0x0102_1994,
            0x794C_7630,
            0x2FC1_2FC1,
        ];
        check(&local, Verdict::Sound);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_not_there_yet_is_judged() {
        let folder = tempfile::tempdir().expect("a folder");
        let of_folder = magic(folder.path()).expect("an answer");
        assert_eq!(magic(&folder.path().join("site.db")), Some(of_folder));
        assert!(magic(Path::new("site.db")).is_some(), "in this folder");
        // The number of procfs, as statfs(2) has it.
        assert_eq!(magic(Path::new("/proc/self/stat")), Some(0x9FA0));
    }
}
