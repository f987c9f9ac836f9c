//! `apply`, `resume` and `undo`.

use std::fs;

use access_groups_in_memory::{SiteBuilder, State};
use serde_json::Value;

use crate::{
    faults::serve,
    harness::{ADA, Ended, GRACE, GYM, POOL, Site, run},
};

/// Grace joins the gym, and Ada moves from there to the pool.
const ROSTER: &str = "user,group,mode\n\
    a0000000-0000-4000-8000-000000000002,Gym,authoritative\n\
    ada@example.com,Pool,\n";

/// A site with this roster beside it.
struct Office {
    site: Site,
    roster: String,
}

impl Office {
    fn new(roster: &str) -> Self {
        let site = Site::new();
        let roster = site.with_file("roster.csv", roster);
        Self { site, roster }
    }

    fn path(&self, name: &str) -> String {
        let path = self.site.path().with_file_name(name);
        path.display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run(&self.site.file(), arguments)
    }

    /// Applies the roster with a journal of this name.
    fn apply(&self, journal: &str, more: &[&str]) -> Ended {
        let journal = self.path(journal);
        let apply = ["apply", &self.roster, "--journal", &journal];
        self.run(&[&apply[..], more].concat())
    }

    fn is_member(&self, user: &str, group: &str) -> bool {
        let state = State::from_site_json(&self.site.text()).expect("a site");
        let (user, group) = (user.parse().expect("an id"), group.parse().expect("an id"));
        state.is_member(user, group)
    }
}

#[test]
fn apply_ends_with_whose_doors_have_changed() {
    let office = Office::new(ROSTER);
    let applied = office.apply("a.journal", &[]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let hash = applied.stdout.split([' ', ':']).nth(1).expect("a hash");
    let expected = format!(
        "Plan {hash}: 3 done.\n\
         Gym: opens Front Door, Gym Door, always\n  \
         + Grace Hopper\n  \
         - Ada Lovelace\n\
         Pool: opens Front Door, from 2020-06-01 08:00 UTC\n  \
         + Ada Lovelace\n"
    );
    assert_eq!(applied.stdout, expected);
    let journal = office.path("a.journal");
    assert_eq!(applied.stderr, format!("journal: {journal}\n"));
    assert!(office.is_member(GRACE, GYM) && office.is_member(ADA, POOL));
    assert!(!office.is_member(ADA, GYM));

    // Nothing is left, for which no journal begins.
    let again = office.apply("b.journal", &[]).well();
    assert!(again.stdout.starts_with("No changes"), "{again:?}");
    assert!(!fs::exists(office.path("b.journal")).expect("readable"));
    let resumed = office.run(&["resume", &journal]).well();
    assert_eq!(resumed.stdout, "Nothing to change.\n");
}

#[test]
fn undo_takes_back_what_was_changed_and_nothing_else() {
    let office = Office::new(ROSTER);
    let before = office.site.text();
    office.apply("a.journal", &[]);
    let undo = office.path("undo.json");
    let journal = office.path("a.journal");
    office.run(&["undo", &journal, "-o", &undo]).well();
    let undone = office.run(&["apply", &undo, "--journal", &office.path("b.journal")]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert_eq!(office.site.text(), before);

    // Whoever applies it again is told that it does not fit any more.
    let stale = office.run(&["apply", &undo]).badly(5);
    stale.saying("Gym: ACS user a0000000-0000-4000-8000-000000000001 is a member already");
    assert_eq!(office.site.text(), before);
    let nothing = "No changes: nothing is left to take back.\n";
    assert_eq!(office.run(&["undo", &journal]).well().stdout, nothing);

    // An apply that was killed before its first call has no groups to name.
    let lines = fs::read_to_string(&journal).expect("readable");
    let lines = lines.split_inclusive('\n');
    let unbegun: String = lines
        .take_while(|line| !line.contains("\"begin\""))
        .collect();
    fs::write(&journal, unbegun).expect("writable");
    assert_eq!(office.run(&["undo", &journal]).well().stdout, nothing);
}

#[test]
fn wrong_confirmation_changes_nothing() {
    let office = Office::new(ROSTER);
    let before = office.site.text();
    let refused = office.apply("a.journal", &["--confirm", "0123456789ab"]);
    refused.badly(5).saying("0123456789ab was confirmed");
    assert_eq!(office.site.text(), before);
    assert!(!fs::exists(office.path("a.journal")).expect("readable"));
}

#[test]
fn existing_journal_is_not_overwritten() {
    let office = Office::new(ROSTER);
    let before = office.site.text();
    let path = office.site.with_file("a.journal", "a diary");
    let refused = office.apply("a.journal", &[]).badly(1);
    refused
        .saying("nothing was changed")
        .saying("--journal FILE");
    assert_eq!(office.site.text(), before);
    assert_eq!(fs::read_to_string(&path).expect("readable"), "a diary");
    office.run(&["resume", &path]).badly(1).saying("no journal");
}

#[test]
fn plan_of_another_store_is_refused() {
    let office = Office::new(ROSTER);
    office.apply("a.journal", &[]);
    let other = Site::new();
    let before = other.text();
    let undo = run(&other.file(), &["undo", &office.path("a.journal")]);
    undo.badly(64).saying("name that store with --store");
    assert_eq!(other.text(), before);
}

#[test]
fn events_are_lines_of_json() {
    let office = Office::new(ROSTER);
    let applied = office.apply("a.journal", &["--format", "jsonl"]);
    let events: Vec<Value> = applied
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let names: Vec<_> = events.iter().map(|event| &event["event"]).collect();
    let expected = [
        "planned", "planned", "planned", "applied", "applied", "applied", "summary",
    ];
    assert_eq!(names, expected);
    assert!(events.iter().all(|event| event["format_version"] == 1));
    let summary = events.last().expect("a summary");
    assert_eq!(
        (&summary["done"], &summary["failed"]),
        (&3.into(), &0.into())
    );
    assert_eq!(summary["journal"], office.path("a.journal"));
}

/// Ten members, of whom the roster names one.
fn crowded() -> Office {
    let mut site = SiteBuilder::new();
    let (users, gym) = (site.users(["Somebody"; 10]), site.group("Gym"));
    let state = site.members(gym, users).build_state();
    let roster = format!("user,group,mode\n{},Gym,authoritative\n", users[0]);
    let office = Office::new(&roster);
    office.site.write(&state.to_site_json());
    office
}

#[test]
fn guard_stops_before_the_first_call() {
    let office = crowded();
    let before = office.site.text();
    let stopped = office.apply("a.journal", &[]).badly(6);
    assert_eq!(office.site.text(), before);
    assert!(!fs::exists(office.path("a.journal")).expect("readable"));
    let stopped = stopped.saying("9 of 10 members of Gym would be removed, and 3 may be");
    let (_, hash) = stopped.stderr.split_once("--confirm ").expect("a hint");
    let hash = &hash[..12];
    let applied = office.apply("a.journal", &["--confirm", hash]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stdout.contains(": 9 done."), "{applied:?}");
}

/// Keeps the lines of a journal that these words are in: as if it had been killed.
fn cut(path: &str, words: &[&str]) {
    let journal = fs::read_to_string(path).expect("a journal");
    let lines = journal.lines();
    let kept = lines.filter(|line| words.iter().any(|word| line.contains(word)));
    let kept: Vec<_> = kept.map(|line| format!("{line}\n")).collect();
    fs::write(path, kept.concat()).expect("writable");
}

const HEAD: [&str; 2] = ["\"entry\":\"header\"", "\"entry\":\"change\""];

#[test]
fn guards_are_asked_of_the_rest() {
    let mut site = SiteBuilder::new();
    let (users, gym) = (site.users(["Somebody"; 7]), site.group("Gym"));
    let state = site.members(gym, users).build_state();
    let row = |user| format!("{user},Gym,authoritative\n");
    let rows: String = users[..4].iter().map(row).collect();
    let office = Office::new(&format!("user,group,mode\n{rows}"));
    office.site.write(&state.to_site_json());
    // Three of seven leave, and nobody less than four must stay.
    office.apply("a.journal", &["--never-empty", "3"]);
    // It was killed before the first call, and then those whom the roster names have left.
    let journal = office.path("a.journal");
    cut(&journal, &HEAD);
    office.site.write(&state.to_site_json());
    for user in &users[..4] {
        let user = user.to_string();
        office
            .run(&["remove", "--group", "Gym", "--user", &user])
            .well();
    }
    let before = office.site.text();
    let stopped = office.run(&["resume", &journal]).badly(6);
    assert_eq!(office.site.text(), before);
    let (_, hash) = stopped.stderr.split_once("--confirm ").expect("a hint");
    let other = ["resume", &journal, "--confirm", "0123456789ab"];
    office.run(&other).badly(5);
    let confirmed = office.run(&["resume", &journal, "--confirm", &hash[..12]]);
    assert_eq!(confirmed.code, Some(0), "{confirmed:?}");
}

#[test]
fn old_rest_needs_a_confirmation() {
    let office = Office::new(ROSTER);
    let before = office.site.text();
    office.apply("a.journal", &[]);
    office.site.write(&before);
    let journal = office.path("a.journal");
    cut(&journal, &HEAD);
    let text = fs::read_to_string(&journal).expect("a journal");
    let (head, rest) = text.split_once("\"begun_at\":\"").expect("a header");
    let (_, rest) = rest.split_once('"').expect("an instant");
    let old = format!("{head}\"begun_at\":\"2024-01-01T00:00:00Z\"{rest}");
    fs::write(&journal, old).expect("writable");
    office
        .run(&["resume", &journal])
        .badly(6)
        .saying("more than a day ago");
    assert_eq!(office.site.text(), before);
}

#[test]
fn resume_names_what_the_service_has_lost() {
    let office = Office::new(ROSTER);
    let before = office.site.text();
    office.apply("a.journal", &[]);
    // The service has lost all of it; the removal of Ada, who moves, was not made yet.
    office.site.write(&before);
    let journal = office.path("a.journal");
    let all = ["\"change\":0", "\"change\":1", "\"change\":2"];
    cut(&journal, &[&HEAD[..], &all[..2]].concat());
    let resumed = office.run(&["resume", &journal]);
    assert_eq!(resumed.code, Some(3), "{resumed:?}");
    assert!(
        resumed
            .stdout
            .contains("2 accepted, but not shown, 1 not tried"),
        "{resumed:?}"
    );
    assert!(
        resumed.stdout.contains("add Ada Lovelace to Pool"),
        "{resumed:?}"
    );
    assert_eq!(office.site.text(), before);
}

#[test]
fn memory_has_no_journal() {
    let office = Office::new(ROSTER);
    let journal = office.path("a.journal");
    let apply = ["apply", &office.roster, "--journal", &journal];
    run(&office.site.memory(), &apply)
        .badly(64)
        .saying("forgets");
}

/// Applies the roster at a service with these faults: what came of it, and who is in the gym afterwards;
/// then resumes it.
fn apply_with_faults(faults: &str) -> (Ended, String, Ended) {
    let office = Office::new(ROSTER);
    let (server, address) = serve(&office.site, &office.site.memory(), faults);
    let journal = office.path("a.journal");
    let concurrency = ["--concurrency", "1"];
    let apply = ["apply", &office.roster, "--journal", &journal];
    let applied = run(&address, &[&apply[..], &concurrency].concat());
    let members = run(&address, &["members", "Gym", "--format", "csv"]).stdout;
    let resumed = run(
        &address,
        &[&["resume", &journal][..], &concurrency].concat(),
    );
    drop(server);
    (applied, members, resumed)
}

#[test]
fn who_is_not_added_is_not_removed() {
    let faults = r#"{"rules": [{"operations": ["add_user"], "error": "conflict"}]}"#;
    let (applied, members, _) = apply_with_faults(faults);
    assert_eq!(applied.code, Some(1), "{applied:?}");
    // Ada would have moved.
    assert!(
        members.contains(ADA) && !members.contains(GRACE),
        "{members}"
    );
    let applied = applied
        .saying("3 of 3 changes are not made")
        .saying("1 not tried");
    assert!(
        applied.stdout.contains("row 3: add Ada Lovelace to Pool: "),
        "{applied:?}"
    );
    // People are named on stdout only.
    assert!(!applied.stderr.contains("Ada"), "{applied:?}");
}

#[test]
fn partial_failure_is_3_and_resumed() {
    let faults = r#"{"rules": [{"operations": ["add_user"], "first": 1, "error": "conflict"}]}"#;
    let (applied, members, resumed) = apply_with_faults(faults);
    assert_eq!(applied.code, Some(3), "{applied:?}");
    assert!(
        !members.contains(ADA) && !members.contains(GRACE),
        "{members}"
    );
    applied.saying("a.journal` goes on");
    let resumed = resumed.well();
    assert!(resumed.stdout.contains(": 1 done."), "{resumed:?}");
    assert!(resumed.stdout.contains("  + Grace Hopper\n"), "{resumed:?}");
}

#[test]
fn lost_answer_is_verified() {
    let faults = r#"{"rules": [{"operations": ["add_user"], "lost": "answer"}]}"#;
    let (applied, members, _) = apply_with_faults(faults);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stdout.contains(": 3 done."), "{applied:?}");
    assert!(
        !members.contains(ADA) && members.contains(GRACE),
        "{members}"
    );
}
