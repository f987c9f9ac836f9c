//! When saving fails, and when changes are refused because of it: decisions without a clock.

use std::time::Duration;

use tokio::time::Instant;

/// How the saving of one site goes.
#[derive(Debug)]
pub(super) struct Saving {
    patience: Duration,
    /// How long the last save took that succeeded.
    usual: Duration,
    /// When the save began that is under way.
    begun: Option<Instant>,
    failing: Option<Failing>,
}

#[derive(Debug)]
struct Failing {
    since: Instant,
    /// When it was last said.
    told: Instant,
    is_refusing: bool,
}

/// What the time that has passed changes, to be told and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A save takes so long that it counts as failed.
    Hangs,
    /// From now on, changes are refused.
    Refuses,
    /// It has failed for one more minute: this long.
    StillFails(Duration),
}

impl Saving {
    /// Saves of a site that take `usual`, with `patience` until changes are refused.
    pub(super) fn new(patience: Duration, usual: Duration) -> Self {
        Self {
            patience,
            usual,
            begun: None,
            failing: None,
        }
    }

    /// A save begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.begun = Some(now);
    }

    /// It has succeeded. Answers how long it took, and whether one had failed before it.
    pub(super) fn succeed(&mut self, now: Instant) -> (Duration, bool) {
        let begun = self.begun.take().unwrap_or(now);
        self.usual = now - begun;
        (self.usual, self.failing.take().is_some())
    }

    /// It has failed. Answers whether it is the first one in a row.
    pub(super) fn fail(&mut self, now: Instant) -> bool {
        self.begun = None;
        let is_first = self.failing.is_none();
        self.failing.get_or_insert_with(|| Failing::since(now, now));
        is_first
    }

    /// What the time that has passed changes, one step after the other.
    pub(super) fn look(&mut self, now: Instant) -> Option<Step> {
        let Some(failing) = &mut self.failing else {
            let begun = self.begun.filter(|begun| now - *begun >= self.limit())?;
            // It has failed for all this time, and not for a moment.
            self.failing = Some(Failing::since(begun, now));
            return Some(Step::Hangs);
        };
        if !failing.is_refusing && now - failing.since >= self.patience {
            failing.is_refusing = true;
            return Some(Step::Refuses);
        }
        if now - failing.told >= REMINDER {
            failing.told = now;
            return Some(Step::StillFails(now - failing.since));
        }
        None
    }

    /// When to look again, if nothing happens before.
    pub(super) fn due(&self) -> Option<Instant> {
        match &self.failing {
            None => self.begun.map(|begun| begun + self.limit()),
            Some(failing) if failing.is_refusing => Some(failing.told + REMINDER),
            Some(failing) => {
                let refuses = failing.since + self.patience;
                Some(refuses.min(failing.told + REMINDER))
            }
        }
    }

    /// How long a save may take: a large site is not a disk that hangs.
    fn limit(&self) -> Duration {
        self.patience.max(self.usual.saturating_mul(USUALS))
    }
}

impl Failing {
    fn since(since: Instant, told: Instant) -> Self {
        Self {
            since,
            told,
            is_refusing: false,
        }
    }
}

/// How often a failure that lasts is said again.
pub(super) const REMINDER: Duration = Duration::from_secs(60);

/// A save may take this many times as long as the last one, and longer than the patience.
const USUALS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    /// What is told at these times, in milliseconds since a save has begun.
    fn check(saving: &mut Saving, start: Instant, expected: &[(u64, &[Step])]) {
        for (at, steps) in expected {
            let now = start + Duration::from_millis(*at);
            let mut told = Vec::new();
            while let Some(step) = saving.look(now) {
                told.push(step);
            }
            assert_eq!(told, *steps, "at {at} ms");
            assert!(saving.due().is_none_or(|due| due > now), "at {at} ms");
        }
    }

    fn begun(usual: Duration) -> (Saving, Instant) {
        let (mut saving, start) = (Saving::new(PATIENCE, usual), Instant::now());
        saving.begin(start);
        (saving, start)
    }

    #[test]
    fn changes_are_refused_after_the_patience() {
        let (mut saving, start) = begun(Duration::ZERO);
        assert!(saving.fail(start));
        check(
            &mut saving,
            start,
            &[(0, &[]), (4999, &[]), (5000, &[Step::Refuses]), (6000, &[])],
        );
        saving.begin(start + PATIENCE);
        let again = start + Duration::from_secs(7);
        assert!(!saving.fail(again), "told once");
        let saved = saving.succeed(again);
        assert_eq!(saved, (Duration::ZERO, true));
        assert_eq!(saving.due(), None);
        // The next failure has its own patience.
        assert!(saving.fail(again));
        check(
            &mut saving,
            start,
            &[(11_999, &[]), (12_000, &[Step::Refuses])],
        );
    }

    #[test]
    fn a_save_that_hangs_refuses_at_once() {
        let (mut saving, start) = begun(Duration::from_secs(1));
        let steps = [Step::Hangs, Step::Refuses];
        check(
            &mut saving,
            start,
            &[(4999, &[]), (5000, &steps), (6000, &[])],
        );
        let end = start + Duration::from_secs(8);
        assert_eq!(saving.succeed(end), (end - start, true));
    }

    #[test]
    fn a_large_site_may_take_its_time() {
        let (mut saving, start) = begun(Duration::from_secs(6));
        let steps = [Step::Hangs, Step::Refuses];
        check(
            &mut saving,
            start,
            &[(5000, &[]), (23_999, &[]), (24_000, &steps)],
        );
    }

    #[test]
    fn a_save_that_succeeds_sets_the_measure() {
        let (mut saving, start) = begun(Duration::ZERO);
        let end = start + Duration::from_millis(4900);
        assert_eq!(saving.succeed(end), (end - start, false));
        saving.begin(end);
        check(&mut saving, end, &[(19_599, &[])]);
        check(&mut saving, end, &[(19_600, &[Step::Hangs, Step::Refuses])]);
    }

    #[test]
    fn a_failure_that_lasts_is_repeated() {
        let (mut saving, start) = begun(Duration::ZERO);
        saving.fail(start);
        let minute = |number: u64| Step::StillFails(Duration::from_secs(60 * number));
        check(
            &mut saving,
            start,
            &[
                (5000, &[Step::Refuses]),
                (59_999, &[]),
                (60_000, &[minute(1)]),
                (60_001, &[]),
                (120_000, &[minute(2)]),
            ],
        );
    }
}
