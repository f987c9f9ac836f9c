//! Access schedules.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The time during which a group, or a user, has access: `starts_at <= t < ends_at`.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessSchedule, SchedulePhase, Timestamp};
///
/// let start: Timestamp = "2026-07-01T08:00:00Z".parse()?;
/// let end: Timestamp = "2026-07-31T08:00:00Z".parse()?;
/// let july = AccessSchedule::new(start).with_end(end);
///
/// assert_eq!(july.phase_at(start), SchedulePhase::Running);
/// assert_eq!(july.phase_at(end), SchedulePhase::Ended); // the end is excluded
///
/// let reversed = AccessSchedule::new(end).with_end(start);
/// assert_eq!(reversed.phase_at(end), SchedulePhase::Ended); // it never runs
/// # Ok::<(), access_groups_core::ParseTimestampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessSchedule {
    /// The first instant with access.
    pub starts_at: Timestamp,
    /// The first instant without access again; `None` means no end, and is written as null.
    pub ends_at: Option<Timestamp>,
}

impl AccessSchedule {
    /// A schedule that starts at this instant and has no end.
    #[must_use]
    pub const fn new(starts_at: Timestamp) -> Self {
        Self {
            starts_at,
            ends_at: None,
        }
    }

    /// Sets the end: the first instant without access again.
    #[must_use]
    pub const fn with_end(self, ends_at: Timestamp) -> Self {
        Self {
            ends_at: Some(ends_at),
            ..self
        }
    }

    /// The end, for people: `None` also if it is so late that it is written for "never".
    ///
    /// That is from 9999-12-30T00:00:00Z on: the last day of the year 9999, in whatever time zone.
    /// The phase still takes such an end at its word.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{AccessSchedule, Timestamp};
    ///
    /// let never: Timestamp = "9999-12-31T23:59:59+14:00".parse()?;
    /// assert_eq!(AccessSchedule::new(Timestamp::UNIX_EPOCH).with_end(never).end(), None);
    /// # Ok::<(), access_groups_core::ParseTimestampError>(())
    /// ```
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        // Two days: no time zone is more than a day ahead of UTC.
        let never = Timestamp::MAX - Duration::from_secs(2 * 24 * 60 * 60);
        self.ends_at.filter(|end| *end <= never)
    }

    /// The phase of the schedule at an instant. A schedule that does not end after it starts never
    /// runs: it counts as ended at any instant.
    #[must_use]
    pub fn phase_at(&self, instant: Timestamp) -> SchedulePhase {
        // Providers may send such schedules, and "starts later" would promise access that never comes.
        let never = self.ends_at.is_some_and(|end| end <= self.starts_at);
        if never || self.ends_at.is_some_and(|end| end <= instant) {
            SchedulePhase::Ended
        } else if instant < self.starts_at {
            SchedulePhase::NotStarted
        } else {
            SchedulePhase::Running
        }
    }
}

/// The phase of an [`AccessSchedule`] at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchedulePhase {
    /// Before the start.
    NotStarted,
    /// At the start or later, and before the end.
    Running,
    /// At the end or later.
    Ended,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u8) -> Timestamp {
        format!("2026-07-01T00:00:0{second}Z")
            .parse()
            .expect("an instant")
    }

    #[test]
    fn the_interval_excludes_its_end() {
        let schedule = AccessSchedule::new(at(2)).with_end(at(4));
        let phases = [1, 2, 3, 4, 5].map(|second| schedule.phase_at(at(second)));
        use SchedulePhase::{Ended, NotStarted, Running};
        assert_eq!(phases, [NotStarted, Running, Running, Ended, Ended]);
    }

    #[test]
    fn an_open_end_runs_forever() {
        assert_eq!(
            AccessSchedule::new(at(2)).phase_at(at(9)),
            SchedulePhase::Running
        );
    }

    #[test]
    fn a_far_end_is_none() {
        let end = |text: &str| {
            let end = text.parse().expect("an instant");
            AccessSchedule::new(at(2)).with_end(end).end().is_some()
        };
        assert!(end("9999-12-29T23:59:59.999999999Z"));
        assert!(!end("9999-12-30T00:00:00Z"));
        assert!(!end("9999-12-31T00:00:00+14:00"));
        assert!(!end("9999-12-31T23:59:59.999Z"));
        assert_eq!(AccessSchedule::new(at(2)).end(), None);
    }

    #[test]
    fn a_reversed_schedule_never_runs() {
        let schedule = AccessSchedule::new(at(5)).with_end(at(3));
        for second in 0..9 {
            assert_eq!(schedule.phase_at(at(second)), SchedulePhase::Ended);
        }
    }

    #[test]
    fn an_open_end_serialises_as_null() {
        let json = serde_json::to_value(AccessSchedule::new(at(2))).expect("json");
        assert_eq!(json["ends_at"], serde_json::Value::Null);
    }
}
