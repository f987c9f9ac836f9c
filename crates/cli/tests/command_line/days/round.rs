//! A roster that is applied at a living service through a proxy, and killed or stopped at a request.

use std::{
    collections::BTreeSet,
    fs,
    process::Command,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use fastrand::Rng;

use super::{
    journal::Told,
    office::{Change, Memberships, Office, changed, changes, must_be},
    proxy::{Deed, Proxy},
    service::{self, Served},
    sheet,
};
use crate::harness::{Ended, KEY, Running, binary, end, signal};

pub(super) struct Round {
    pub(super) office: Office,
    pub(super) proxy: Proxy,
    served: Served,
    pub(super) roster: String,
    /// What somebody else has changed.
    pub(super) by_others: Vec<Change>,
}

impl Round {
    /// Serves the office, with faults if there are any.
    pub(super) fn new(rng: &mut Rng, office: Office, faults: Option<&str>) -> Self {
        let roster = office.file("roster.csv", sheet::plain(&office.rows).as_bytes());
        let faults = faults.map(|faults| office.file("faults.json", faults.as_bytes()));
        let store = if rng.bool() {
            office.site.memory()
        } else {
            office.site.file()
        };
        let served = Served::start(&store, faults.as_deref());
        Self {
            proxy: Proxy::before(&served.address),
            served,
            roster,
            office,
            by_others: Vec::new(),
        }
    }

    /// The address of the service itself.
    pub(super) fn served_address(&self) -> &str {
        &self.served.address
    }

    /// How many requests an apply makes before the first change, at least: groups, identities, the
    /// users of a system, and the members of each group.
    pub(super) fn reads(&self) -> usize {
        let groups = self.office.groups.iter();
        3 + groups.filter(|group| group.is_named).count()
    }

    /// A command on the served store, without pacing.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary(arguments);
        if !arguments.contains(&"--store") {
            command.args(["--store", &self.proxy.address]);
        }
        command.args(["--rate", "off"]);
        command.env("SEAM_API_KEY", KEY);
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments))
    }

    /// What is applied with this journal: confirmed, if and only if the guards stop it.
    pub(super) fn apply(&self, file: &str, journal: &str, is_guarded: bool) -> Vec<String> {
        let mut apply: Vec<String> = ["apply", file, "--journal", journal]
            .map(str::to_owned)
            .into();
        if is_guarded {
            self.proxy.changes();
            let stopped = self
                .run(&strs(&apply))
                .badly(6)
                .saying("nothing was changed");
            assert_eq!(self.proxy.changes(), [], "before the first call");
            assert!(!fs::exists(journal).expect("readable"));
            let (_, hash) = stopped.stderr.split_once("--confirm ").expect("a hint");
            apply.extend(["--confirm".to_owned(), hash[..12].to_owned()]);
        }
        apply
    }

    /// Runs the command, and does this to it when it makes its n-th request, which is then passed on or
    /// lost. Answers how it ended, and whether it came to that.
    pub(super) fn disturb(
        &self,
        arguments: &[&str],
        request: usize,
        with: &'static str,
        is_passed: bool,
    ) -> (Ended, bool) {
        let process = Arc::new(OnceLock::new());
        let is_done = Arc::new(AtomicBool::new(false));
        let (shared, done) = (Arc::clone(&process), Arc::clone(&is_done));
        self.proxy.decide(move |asked| {
            if asked.number != request {
                return Deed::Pass;
            }
            signal(*shared.wait(), with);
            done.store(true, Ordering::SeqCst);
            if is_passed { Deed::Pass } else { Deed::HangUp }
        });
        let running = Running::start(self.command(arguments));
        process.set(running.id()).expect("once");
        let ended = running.end();
        self.proxy.settle();
        self.proxy.pass();
        (ended, is_done.load(Ordering::SeqCst))
    }

    /// Runs the command, and kills it when it has told of so many events: while it is working, not while
    /// it waits for an answer.
    pub(super) fn kill_after(&self, arguments: &[&str], events: usize) -> Ended {
        let told = [arguments, &["--format", "jsonl"]].concat();
        let mut running = Running::start(self.command(&told));
        let _ = (0..events).all(|_| running.has_line());
        running.signal("KILL");
        let ended = running.end();
        self.proxy.settle();
        ended
    }

    /// Applies this, and resumes it until nothing is left.
    pub(super) fn finish(&self, file: &str, journal: &str, is_guarded: bool) {
        let apply = self.apply(file, journal, is_guarded);
        self.run(&strs(&apply));
        self.resume(journal);
    }

    /// Goes on with an apply wherever it has ended.
    pub(super) fn settle_apply(&self, file: &str, journal: &str) {
        match fs::exists(journal).expect("readable") {
            true => self.resume(journal),
            false => self.finish(file, journal, false),
        }
    }

    /// Resumes until nothing is left: a lost answer may make a change fail, which is tried again.
    pub(super) fn resume(&self, journal: &str) {
        for _ in 0..5 {
            match self.run(&["resume", journal]) {
                ended if ended.code == Some(0) => return,
                ended => assert!(matches!(ended.code, Some(1 | 3 | 69)), "{ended:?}"),
            }
        }
        panic!("it does not come to an end");
    }

    /// Somebody else makes these changes.
    pub(super) fn meanwhile(&mut self, changes: Vec<Change>) {
        for change in &changes {
            service::change(&self.served.address, change);
        }
        self.by_others.extend(changes);
    }

    /// Who is in which group, by the API.
    pub(super) fn memberships(&self) -> Memberships {
        service::memberships(&self.served.address, &self.office)
    }

    /// The roster is carried out, and the journal tells the truth; then everything is taken back, with
    /// a journal of its own, by `carry`. Answers how many changes that were.
    pub(super) fn must_be_over(mut self, carry: impl FnOnce(&mut Self, &str, &str, bool)) -> usize {
        let others: BTreeSet<_> = self.by_others.iter().cloned().collect();
        let after = changed(self.office.after.clone(), &others);
        must_be(&self.memberships(), &after, "after the apply");
        self.must_have_nothing_to_do();
        let undone = changed(self.office.before.clone(), &others);
        if after != undone {
            let (journal, undo) = (self.office.path("a.journal"), self.office.path("undo.json"));
            let ended = self.run(&["undo", &journal, "-o", &undo]);
            assert_eq!(ended.code, Some(0), "{ended:?}");
            let is_guarded = self.office.is_guarded(&after, &undone);
            let journal = self.office.path("b.journal");
            carry(&mut self, &undo, &journal, is_guarded);
            must_be(&self.memberships(), &undone, "after the undo");
        }
        self.must_tell_the_truth(&others, &changes(&after, &undone))
    }

    /// Neither a plan nor an apply finds anything.
    fn must_have_nothing_to_do(&self) {
        let planned = self.run(&["plan", &self.roster, "--detailed-exitcode"]);
        assert_eq!(planned.code, Some(0), "{planned:?}");
        let none = self.office.path("none");
        let again = self.run(&["apply", &self.roster, "--journal", &none]);
        let is_empty = again.stdout.starts_with("No changes") && again.code == Some(0);
        assert!(is_empty, "{again:?}");
    }

    /// The journal of the apply says what the service says; and nothing was ever changed that neither
    /// the roster, nor its undoing, nor somebody else asked for.
    fn must_tell_the_truth(self, others: &BTreeSet<Change>, back: &BTreeSet<Change>) -> usize {
        let planned = self.office.changes();
        let log = self.served.end();
        if !planned.is_empty() {
            let by_others = planned.intersection(others).cloned().collect();
            let told = Told::read(&self.office.path("a.journal"));
            told.must_be_over(&planned, &by_others, &log);
        }
        let known = |change: &&Change| {
            planned.contains(change) || back.contains(change) || others.contains(change)
        };
        let invented: Vec<_> = log.iter().filter(|change| !known(change)).collect();
        assert!(invented.is_empty(), "nobody asked for {invented:?}");
        planned.len()
    }
}

pub(super) fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}
