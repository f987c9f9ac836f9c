//! What a journal says, read by code of its own, and whether that is the truth.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::{office::Change, proxy::adds, round::Round};

/// A journal whose lines are all whole.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) changes: Vec<Change>,
    /// The last outcome of each change.
    pub(super) outcomes: Vec<Option<String>>,
    /// Whether a call of the change was announced.
    pub(super) begun: Vec<bool>,
    /// Whether the last call that was announced has no outcome.
    is_open: Vec<bool>,
}

impl Told {
    /// Reads it; a line that is not whole, or does not fit the others, fails the test.
    pub(super) fn read(path: &str) -> Self {
        let text = fs::read_to_string(path).expect("a journal");
        assert!(text.ends_with('\n'), "{path} ends in the middle of a line");
        Self::of(&text).expect("all changes")
    }

    /// Reads it without a line that was cut off; `None` if its list of changes is not whole.
    pub(super) fn read_whole_lines(path: &str) -> Option<Self> {
        let text = fs::read_to_string(path).expect("a journal");
        let end = text.rfind('\n').map_or(0, |end| end + 1);
        Self::of(&text[..end])
    }

    fn of(text: &str) -> Option<Self> {
        let mut lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let header = lines.next()?;
        assert_eq!(header["entry"], "header");
        let mut told = Self {
            changes: Vec::new(),
            outcomes: Vec::new(),
            begun: Vec::new(),
            is_open: Vec::new(),
        };
        for line in lines {
            told.take(&line);
        }
        (header["changes"] == told.changes.len()).then_some(told)
    }

    fn take(&mut self, line: &Value) {
        let place = line["change"]
            .as_u64()
            .map(|place| usize::try_from(place).expect("small"));
        match line["entry"].as_str() {
            Some("change") => {
                let id = |key: &str| line[key].as_str().map(str::to_owned);
                self.changes.push(Change {
                    adds: line["kind"] == "add",
                    group: id("acs_access_group_id").expect("a group"),
                    person: id("acs_user_id")
                        .or_else(|| id("user_identity_id"))
                        .expect("a person"),
                });
                self.outcomes.push(None);
                self.begun.push(false);
                self.is_open.push(false);
            }
            Some("begin") => {
                let place = place.expect("a place");
                self.begun[place] = true;
                self.is_open[place] = true;
            }
            Some("outcome") => {
                let place = place.expect("a place");
                self.outcomes[place] = line["outcome"].as_str().map(str::to_owned);
                self.is_open[place] = false;
            }
            Some("resumed" | "end") => {}
            other => panic!("an unknown entry: {other:?}"),
        }
    }

    /// The changes of which nobody knows what became of the last call.
    pub(super) fn open(&self) -> BTreeSet<Change> {
        let all = self.changes.iter().zip(&self.is_open);
        let open = all.filter(|(_, is_open)| **is_open);
        open.map(|(change, _)| change.clone()).collect()
    }

    fn with_outcome(&self, outcome: &str) -> BTreeSet<Change> {
        let all = self.changes.iter().zip(&self.outcomes);
        let all = all.filter(|(_, found)| found.as_deref() == Some(outcome));
        all.map(|(change, _)| change.clone()).collect()
    }

    /// Everything is done: what was planned is what had to change, and what is called applied is what
    /// the service has made by its own log, but for what somebody else has made before.
    #[track_caller]
    pub(super) fn must_be_over(
        &self,
        planned: &BTreeSet<Change>,
        by_others: &BTreeSet<Change>,
        log: &BTreeSet<Change>,
    ) {
        let listed: BTreeSet<_> = self.changes.iter().cloned().collect();
        assert_eq!(listed.len(), self.changes.len(), "a change is listed twice");
        assert_eq!(&listed, planned, "the plan is not what had to change");
        let made: BTreeSet<_> = planned.difference(by_others).cloned().collect();
        assert_eq!(
            &self.with_outcome("unchanged"),
            by_others,
            "made by somebody else"
        );
        assert_eq!(self.with_outcome("applied"), made, "made by this apply");
        let unknown: Vec<_> = made.difference(log).collect();
        assert!(
            unknown.is_empty(),
            "the service does not know of {unknown:?}"
        );
    }

    /// No call that reached the service is missing.
    #[track_caller]
    pub(super) fn must_know(&self, asked: &BTreeSet<Change>) {
        let begun = self
            .changes
            .iter()
            .zip(&self.begun)
            .filter(|(_, begun)| **begun);
        let begun: BTreeSet<_> = begun.map(|(change, _)| change.clone()).collect();
        let unknown: Vec<_> = asked.difference(&begun).collect();
        assert!(
            unknown.is_empty(),
            "the journal does not know of {unknown:?}"
        );
    }
}

/// The changes that have reached the service since this was asked last.
pub(super) fn asked(round: &Round) -> BTreeSet<Change> {
    let changes = round.proxy.changes();
    changes.iter().map(change_of).collect()
}

fn change_of((path, body): &(String, String)) -> Change {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let id = |key: &str| body[key].as_str().map(str::to_owned);
    Change {
        adds: adds(path).expect("a change"),
        group: id("acs_access_group_id").expect("a group"),
        person: id("acs_user_id")
            .or_else(|| id("user_identity_id"))
            .expect("a person"),
    }
}
