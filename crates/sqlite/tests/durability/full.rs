//! A disk that is full, and has room again: a real one, a tmpfs, where one can be mounted; and SQLite's own
//! limit on the pages of a file, which fails in the file and never in the WAL.

use std::{
    env,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use access_groups_core::{Error, ErrorKind, WorkspaceId};
use access_groups_sqlite::{Database, OpenOptions};

use crate::{
    count,
    record::{Held, WORKSPACE, Writer, furnish},
    show,
};

#[test]
fn a_full_disk_stops_changes_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let roomy = Database::open(&path).expect("opened");
    let other = WorkspaceId::from_u128(2);
    for workspace in [WORKSPACE, other] {
        furnish(&roomy, workspace);
    }
    let filler = Writer::new(&roomy, other);
    for number in 0..200 {
        filler.create(&format!("User {number}")).expect("created");
    }
    let database = OpenOptions::new()
        .with_max_pages(200)
        .open(&path)
        .expect("opened");
    let writer = Writer::new(&database, WORKSPACE);
    let mut acknowledged = Vec::new();
    let error = loop {
        match writer.create("Ada") {
            Ok(user) => acknowledged.push(user),
            Err(error) => break error,
        }
        assert!(acknowledged.len() < 10_000, "the limit does not hold");
    };
    check_full(&error);
    assert_eq!(writer.members().expect("read").len(), acknowledged.len());
    assert_eq!(Held::of(&database, WORKSPACE).created, acknowledged);

    // Room in the file, without opening anything again.
    assert!(roomy.delete_workspace(other).expect("deleted"));
    acknowledged.push(writer.create("Eve").expect("there is room"));
    assert_eq!(Held::of(&database, WORKSPACE).created, acknowledged);
    let counts = format!("{} changes acknowledged, 0 lost", acknowledged.len());
    show("disk full", &counts);
}

fn check_full(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.code(), Some("store_full"), "{error}");
    assert!(!error.is_ambiguous(), "{error}");
}

#[test]
fn a_full_tmpfs_stops_changes_only() {
    let folder = tempfile::tempdir().expect("a folder");
    // As root of a namespace of users, or as root.
    let ways = ["-rm", "-m"];
    let way = ways.into_iter().find(|way| {
        let tried = on_a_small_disk(way, folder.path(), Path::new("true")).output();
        tried.is_ok_and(|output| output.status.success())
    });
    let Some(way) = way else {
        return show("full tmpfs", "NOT RUN: nobody may mount one here");
    };
    let program = env::current_exe().expect("this program");
    let mut drill = on_a_small_disk(way, folder.path(), &program);
    drill.args(["--exact", "full::changes_on_a_small_disk"]);
    drill.args(["--ignored", "--nocapture"]);
    let output = drill.env(FOLDER, folder.path()).output().expect("started");
    let said = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{words}");
    let counts = said.lines().find_map(|line| line.split_once(COUNTS));
    show("full tmpfs", counts.expect("the drill has ended").1);
}

/// A command that sees a small disk in this folder. The disk goes with the process.
fn on_a_small_disk(way: &str, folder: &Path, program: &Path) -> Command {
    let folder = folder.display();
    let mut command = Command::new("unshare");
    command.args([way, "sh", "-c"]).arg(format!(
        "mount -t tmpfs -o size={BYTES} none '{folder}' && exec \"$@\""
    ));
    command.arg("sh").arg(program);
    command
}

/// With room for the WAL before its first checkpoint.
const BYTES: usize = 64 << 20;

const FOLDER: &str = "ACCESS_GROUPS_TEST_FOLDER";

/// What the line of the drill begins with, after what the test harness prints.
const COUNTS: &str = "counts: ";

#[test]
#[ignore = "the process that another test starts on a small disk"]
fn changes_on_a_small_disk() {
    let folder = PathBuf::from(env::var_os(FOLDER).expect("started by the other test"));
    let path = folder.join("site.db");
    let database = Database::open(&path).expect("opened");
    furnish(&database, WORKSPACE);
    let writer = Writer::new(&database, WORKSPACE);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    let mut slowest = Duration::ZERO;
    let rounds = count(5, 50);
    for round in 1..=rounds {
        // The disk ends in the middle of a change, at another place in each round.
        let filler = fill(&folder, round * 37 % 64);
        while refused < 20 * round {
            match writer.create("Ada") {
                Ok(user) => acknowledged.push(user),
                Err(error) => {
                    check_full(&error);
                    refused += 1;
                }
            }
            let members = writer.members().expect("reads go on");
            assert_eq!(members.len(), acknowledged.len());
        }
        let error = database.backup(folder.join("copy.db"));
        let error = error.expect_err("there is no room for a copy");
        assert_eq!(error.code(), Some("backup_failed"), "{error}");
        fs::remove_file(filler).expect("removed");
        let since = Instant::now();
        acknowledged.push(writer.create("Eve").expect("there is room"));
        slowest = slowest.max(since.elapsed());
        // Until the WAL goes into the file and begins anew, now and then.
        for _ in 0..50 {
            acknowledged.push(writer.create("Bob").expect("there is room"));
        }
        assert_eq!(Held::of(&database, WORKSPACE).created, acknowledged);
    }
    drop((writer, database));
    let again = Database::open(&path).expect("opened");
    assert_eq!(Held::of(&again, WORKSPACE).created, acknowledged);
    let left: Vec<_> = fs::read_dir(&folder).expect("a folder").collect();
    assert_eq!(left.len(), 3, "the file, its WAL and its index: {left:?}");
    assert!(slowest <= Duration::from_secs(1), "{slowest:?}");
    println!(
        "{COUNTS}{rounds} times full, {} changes acknowledged, 0 lost, {refused} refused, none in doubt; \
         the first one {slowest:.1?} after space at most",
        acknowledged.len()
    );
}

/// Takes all the space that is left, but for so many pages.
fn fill(folder: &Path, pages: usize) -> PathBuf {
    let path = folder.join("filler");
    let mut filler = File::create(&path).expect("a file");
    let error = loop {
        if let Err(error) = filler.write_all(&[0; 4096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let used = filler.metadata().expect("its size").len();
    filler.set_len(used - 4096 * pages as u64).expect("shorter");
    path
}
