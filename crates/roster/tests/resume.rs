//! What a resume may do, where the service has changed since the apply.

use access_groups_core::{Timestamp, prelude::*};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};
use access_groups_roster::{
    Guards, Journal, JournalEntry, JournalHeader, JournalOutcome, Plan, PlanOptions, ReadOptions,
    Roster, Stale, Survey, observe_blocking,
};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

/// Five members of the gym, of whom one moves to the pool and three leave; the text of the journal before
/// the first call, and the store.
fn begun() -> (String, BlockingInMemory, [AcsUserId; 5], [AccessGroupId; 2]) {
    let mut site = SiteBuilder::new();
    let users = site.users(["Ada", "Grace", "Edsger", "Barbara", "Donald"]);
    let [gym, pool] = site.groups(["Gym", "Pool"]);
    let port = site.members(gym, users).build_blocking();
    let file = format!(
        "user,group,mode\n{},{gym},authoritative\n{},{pool},\n",
        users[4], users[0]
    );
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(port.clone(), &roster).expect("memory");
    let plan = Plan::new(&roster, &observed, NOW, &PlanOptions::new()).expect("a plan");
    let header = JournalHeader::new("a test", NOW, "memory", &plan).with_guards(Guards::new());
    let mut text = JournalEntry::header(header).to_line();
    for change in plan.changes() {
        text += &JournalEntry::of_change(&change).to_line();
    }
    (text, port, users, [gym, pool])
}

#[test]
fn who_moves_stays_while_the_addition_is_not_shown() {
    let (mut text, port, users, groups) = begun();
    // The addition was accepted, and the service has lost it.
    for entry in [
        JournalEntry::Begin { change: 0 },
        JournalEntry::Outcome {
            change: 0,
            outcome: JournalOutcome::Applied,
            at: NOW,
        },
    ] {
        text += &entry.to_line();
    }
    let journal = Journal::read(text.as_bytes()).expect("a journal");
    let observed = observe_blocking(port, Survey::of_groups(groups)).expect("memory");
    let remaining = journal.remaining(&observed);
    assert_eq!(remaining.unshown, [0]);
    assert_eq!(remaining.held_back.len(), 1);
    let held_back = journal.changes[remaining.held_back[0]];
    assert_eq!(held_back.user, users[0].into());
    assert!(
        remaining
            .to_make
            .iter()
            .all(|(_, change)| change.user != users[0].into())
    );
    assert_eq!(remaining.to_make.len(), 3);
}

#[test]
fn guards_are_asked_of_what_is_left() {
    let (text, port, users, groups) = begun();
    let journal = Journal::read(text.as_bytes()).expect("a journal");
    let guards = journal.header.guards.expect("not confirmed");
    let left = |port: &BlockingInMemory| {
        let observed = observe_blocking(port.clone(), Survey::of_groups(groups)).expect("memory");
        journal.remaining(&observed).plan.stops(&guards)
    };
    // Four of five, one of whom only moves: more than three.
    let [stop] = left(&port)[..] else {
        panic!("one group")
    };
    assert_eq!((stop.members, stop.removals, stop.allowed), (5, 4, 3));
    port.remove_user(users[1], groups[0]).expect("a member");
    assert!(left(&port).is_empty());
    port.remove_user(users[4], groups[0]).expect("a member");
    // Nobody would be left of three, which is less than the four of which somebody must stay.
    assert!(left(&port).is_empty());
}

#[test]
fn clock_that_was_set_back_stops_a_resume() {
    let (text, port, _, groups) = begun();
    let header = Journal::read(text.as_bytes()).expect("a journal").header;
    let observed = observe_blocking(port, Survey::of_groups(groups)).expect("memory");
    let minutes = |minutes: u32| Timestamp::from_unix_seconds(1_000_000 - minutes * 60);
    assert_eq!(header.recheck(&observed, minutes(5)), Ok(()));
    assert_eq!(
        header.recheck(&observed, minutes(6)),
        Err(Stale::ClockSetBack(NOW))
    );
}
