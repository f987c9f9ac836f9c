//! A writer that is killed while it writes, beside another process that goes on.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use access_groups_core::AcsUserId;
use access_groups_sqlite::Database;

use crate::{
    count,
    record::{Held, WORKSPACE, Writer, furnish},
    show,
};

/// Users that the killed writers have been told of as created, and as deleted.
#[derive(Default)]
struct Acknowledged {
    created: BTreeSet<AcsUserId>,
    deleted: BTreeSet<AcsUserId>,
}

#[test]
fn a_killed_writer_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let database = Database::open(&path).expect("opened");
    furnish(&database, WORKSPACE);
    let ours = Writer::new(&database, WORKSPACE);
    let mut acknowledged = Acknowledged::default();
    let rounds = count(6, 40);
    for round in 0..rounds {
        // At a moment that no clock decides: another one in each round.
        let some = 1 + round * 37 % 100;
        let mut child = start(&path);
        assert_eq!(
            acknowledged.read(&mut child, some),
            some,
            "it ended by itself"
        );
        let user = ours
            .create("Beside")
            .expect("the other process writes as well");
        acknowledged.created.insert(user);
        child.kill().expect("killed");
        acknowledged.read(&mut child, usize::MAX);
        child.wait().expect("ended");
        // This process has it open all the time, another one opens it anew.
        acknowledged.check(&database);
        acknowledged.check(&Database::open(&path).expect("opened"));
    }
    let changes = acknowledged.created.len() + acknowledged.deleted.len();
    let counts = format!("{rounds} kills, {changes} changes acknowledged, 0 lost, 0 half done");
    show("killed writer", &counts);
}

impl Acknowledged {
    /// Reads so many acknowledgements, or all that there are. How many it were.
    fn read(&mut self, child: &mut Child, most: usize) -> usize {
        let output = child.stdout.as_mut().expect("piped");
        // Byte by byte, so that nothing is kept back from the next one who reads.
        let lines = BufReader::with_capacity(1, output).lines();
        let lines = lines.map(|line| line.expect("text"));
        let told = lines.filter(|line| self.note(line).is_some());
        told.take(most).count()
    }

    /// `None` for what the test harness prints, which has another form, and for a line that was cut.
    fn note(&mut self, line: &str) -> Option<()> {
        let (event, user) = line.split_once(' ')?;
        let user = user.parse().ok()?;
        match event {
            "created" => self.created.insert(user),
            "deleted" => self.deleted.insert(user),
            _ => return None,
        };
        Some(())
    }

    fn check(&self, database: &Database) {
        let held = Held::of(database, WORKSPACE);
        let created: BTreeSet<_> = held.created.into_iter().collect();
        let lost: Vec<_> = self.created.difference(&created).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        let undone: Vec<_> = self.deleted.difference(&held.deleted).collect();
        assert!(undone.is_empty(), "there again: {undone:?}");
    }
}

fn start(path: &Path) -> Child {
    Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "killed::writes_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

const PATH: &str = "ACCESS_GROUPS_TEST_DATABASE";

#[test]
#[ignore = "the process that another test kills"]
fn writes_until_it_is_killed() {
    let path = env::var_os(PATH).expect("started by the other test");
    let database = Database::open(path).expect("opened");
    let (print, printed) = channel();
    for number in 0..8 {
        let writer = Writer::new(&database, WORKSPACE);
        let print = print.clone();
        thread::spawn(move || {
            loop {
                let user = writer.create(&format!("User {number}")).expect("created");
                print.send(format!("created {user}\n")).expect("printed");
                if user.as_uuid().as_bytes()[15].is_multiple_of(3) {
                    writer.delete(user).expect("deleted");
                    print.send(format!("deleted {user}\n")).expect("printed");
                }
            }
        });
    }
    acknowledge(&printed);
}

/// Tells what has returned. A line is one write to a pipe, which nothing divides.
fn acknowledge(lines: &Receiver<String>) {
    let mut output = std::io::stdout();
    for line in lines {
        output.write_all(line.as_bytes()).expect("written");
        output.flush().expect("written");
    }
}
