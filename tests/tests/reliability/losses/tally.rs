//! What a client was answered, and what is found afterwards: how many of its changes are lost.
//!
//! A client counts with its memberships: each change makes them the next number in Gray code, of which
//! one digit differs from the last. So whatever is found is a number, and says how many changes there
//! are in it.

use std::time::{Duration, Instant};

/// How many groups a client counts with.
pub(super) const DIGITS: usize = 24;

/// The memberships that stand for a number: the digit of each group.
pub(super) fn gray(number: u32) -> u32 {
    let number = number & MASK;
    number ^ (number >> 1)
}

/// The number that these memberships stand for.
pub(super) fn number(memberships: u32) -> u32 {
    let mut number = memberships;
    for shift in [1, 2, 4, 8, 16] {
        number ^= number >> shift;
    }
    number
}

/// The group to change for this number, and whether the user is a member from then on.
pub(super) fn change(to: u32) -> (usize, bool) {
    let digit = (gray(to) ^ gray(to.wrapping_sub(1))).trailing_zeros();
    (digit as usize, gray(to) >> digit & 1 == 1)
}

const MASK: u32 = (1 << DIGITS) - 1;

/// What one client was answered.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    /// The number when it began.
    pub(super) base: u32,
    /// When each change was answered.
    pub(super) at: Vec<Instant>,
    /// Whether one more change was not answered: it may be made.
    pub(super) is_one_open: bool,
}

impl Answers {
    /// When the changes were answered of which nothing is found, and whether the open one is there.
    pub(super) fn lost(&self, found: u32) -> Result<(&[Instant], bool), String> {
        let made = found.wrapping_sub(self.base) & MASK;
        let most = self.at.len() + usize::from(self.is_one_open);
        let made = made as usize;
        if made > most {
            return Err(format!(
                "{most} changes of {} were asked for, and {found} is found",
                self.base
            ));
        }
        let lost = self.at.get(made..).unwrap_or_default();
        Ok((lost, made > self.at.len()))
    }
}

/// What may be lost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Allowed {
    Nothing,
    /// What the server has told at its end.
    Told(u64),
    /// What was answered so shortly before this.
    Before(Instant, Duration),
}

/// What was lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) changes: usize,
    /// How long before the end the oldest of them was answered.
    pub(super) oldest: Duration,
}

/// The verdict on all clients of a server.
pub(super) fn judge(clients: &[(Answers, u32)], allowed: Allowed) -> Result<Lost, String> {
    let mut lost = Lost::default();
    let (mut first, mut open) = (None::<Instant>, 0);
    for (answers, found) in clients {
        let (changes, is_open_made) = answers.lost(*found)?;
        lost.changes += changes.len();
        open += usize::from(answers.is_one_open && !is_open_made);
        first = first.into_iter().chain(changes.first().copied()).min();
    }
    match allowed {
        Allowed::Nothing if lost.changes > 0 => Err("without a word".to_owned()),
        Allowed::Nothing => Ok(()),
        // A change that was made and not answered is lost, too.
        Allowed::Told(told) if !(lost.changes..=lost.changes + open).contains(&to_usize(told)) => {
            Err(format!("{told} are told, and {open} were not answered"))
        }
        Allowed::Told(_) => Ok(()),
        Allowed::Before(end, window) => {
            let age = first.map(|first| end.saturating_duration_since(first));
            lost.oldest = age.unwrap_or_default();
            match lost.oldest <= window {
                true => Ok(()),
                false => Err(format!(
                    "the oldest {:?} before the end, and {window:?} are documented",
                    lost.oldest
                )),
            }
        }
    }
    .map_err(|why| format!("{} answered changes are lost: {why}", lost.changes))?;
    Ok(lost)
}

fn to_usize(told: u64) -> usize {
    usize::try_from(told).unwrap_or(usize::MAX)
}

#[test]
fn each_number_is_one_change_away() {
    for to in (1..10_000).chain(MASK - 10..=MASK + 10) {
        let (group, is_member) = change(to);
        assert!(group < DIGITS);
        let before = gray(to - 1) >> group & 1 == 1;
        assert_ne!(before, is_member, "{to}");
        assert_eq!(gray(to - 1) ^ gray(to), 1 << group, "{to}");
        assert_eq!(number(gray(to)), to & MASK);
    }
}

#[test]
fn a_loss_without_a_word_fails() {
    let start = Instant::now();
    let second = Duration::from_secs(1);
    // Ten answers, a second apart, from the number 5 on.
    let answers = |is_one_open| Answers {
        base: 5,
        at: (1..=10).map(|number| start + number * second).collect(),
        is_one_open,
    };
    let check = |found, is_one_open, allowed, expected: Option<usize>| {
        let judged = judge(&[(answers(is_one_open), found)], allowed);
        let changes = judged.as_ref().ok().map(|lost| lost.changes);
        assert_eq!(changes, expected, "{found}, {allowed:?}: {judged:?}");
    };
    check(15, false, Allowed::Nothing, Some(0));
    check(14, false, Allowed::Nothing, None);
    check(16, true, Allowed::Nothing, Some(0));
    check(16, false, Allowed::Nothing, None); // made, and nobody asked for it
    check(4, false, Allowed::Told(100), None); // what was there before
    check(12, false, Allowed::Told(3), Some(3));
    check(12, false, Allowed::Told(2), None);
    check(12, false, Allowed::Told(4), None);
    check(12, true, Allowed::Told(4), Some(3));
    let killed = start + 10 * second;
    check(13, false, Allowed::Before(killed, second), Some(2));
    check(12, false, Allowed::Before(killed, second), None);
    check(12, false, Allowed::Before(killed, 2 * second), Some(3));
    check(15, false, Allowed::Before(killed, Duration::ZERO), Some(0));
}
