//! When access holds.

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
/// assert_eq!(july.phase_at(end), SchedulePhase::Ended); // the end is no longer in it
/// # Ok::<(), access_groups_core::ParseTimestampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessSchedule {
    /// The first instant at which access holds.
    pub starts_at: Timestamp,
    /// The first instant at which it no longer does; `None` is without end.
    pub ends_at: Option<Timestamp>,
}

impl AccessSchedule {
    /// From this instant on, without end.
    #[must_use]
    pub const fn new(starts_at: Timestamp) -> Self {
        Self {
            starts_at,
            ends_at: None,
        }
    }

    /// Until this instant, which itself is no longer in the schedule.
    #[must_use]
    pub const fn with_end(self, ends_at: Timestamp) -> Self {
        Self {
            ends_at: Some(ends_at),
            ..self
        }
    }

    /// Where an instant lies. A schedule that ends before it starts never runs: it has always
    /// ended.
    #[must_use]
    pub fn phase_at(&self, instant: Timestamp) -> SchedulePhase {
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

/// Where an instant lies relative to an [`AccessSchedule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchedulePhase {
    /// Before the start.
    NotStarted,
    /// In it.
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
    fn the_start_is_in_it_and_the_end_is_not() {
        let schedule = AccessSchedule::new(at(2)).with_end(at(4));
        let phases = [1, 2, 3, 4, 5].map(|second| schedule.phase_at(at(second)));
        use SchedulePhase::{Ended, NotStarted, Running};
        assert_eq!(phases, [NotStarted, Running, Running, Ended, Ended]);
    }

    #[test]
    fn without_an_end_it_runs_for_ever() {
        assert_eq!(
            AccessSchedule::new(at(2)).phase_at(at(9)),
            SchedulePhase::Running
        );
    }

    #[test]
    fn a_schedule_that_ends_before_it_starts_never_runs() {
        let schedule = AccessSchedule::new(at(5)).with_end(at(3));
        for second in 0..9 {
            assert_eq!(schedule.phase_at(at(second)), SchedulePhase::Ended);
        }
    }

    #[test]
    fn an_open_end_is_written_as_null() {
        let json = serde_json::to_value(AccessSchedule::new(at(2))).expect("json");
        assert_eq!(json["ends_at"], serde_json::Value::Null);
    }
}
