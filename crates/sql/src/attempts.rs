//! Attempts at one change, and what follows a failed one.

use std::time::Duration;

use access_groups_core::{Error, ErrorKind};

/// How far an attempt had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// `COMMIT` had not been sent: nothing has happened.
    Before,
    /// `COMMIT` had been sent, so the change may have been made.
    Commit,
}

/// Why an attempt failed, as far as it matters for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// Another transaction was in the way, or a row was not as it was seen. This one is rolled back.
    Overlap,
    /// A lock or a statement took longer than it may.
    TooSlow,
    /// The database only reads: it is a standby, or has become one.
    ReadOnly,
    /// There is no connection, or it broke.
    Lost,
    /// A prepared statement is unknown: a pool in between has given the session to somebody else.
    UnknownStatement,
    /// It is committed, and may not have reached the standby that must confirm it.
    NotReplicated,
    /// There is no room. The transaction is rolled back.
    Full,
    /// Anything else.
    Other,
}

impl Failure {
    /// The failure that an `SQLSTATE` of PostgreSQL stands for, sent as an error.
    #[must_use]
    pub fn of_sqlstate(code: &str) -> Self {
        match code {
            // A unique index or a foreign key has stopped what another transaction made impossible
            // after this one had looked.
            "40001" | "40P01" | "23505" | "23503" => Self::Overlap,
            "55P03" | "57014" => Self::TooSlow,
            "25006" => Self::ReadOnly,
            // The server ends sessions for many reasons, limits of its own among them.
            "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" | "53300" => Self::Lost,
            "26000" | "42P05" => Self::UnknownStatement,
            "53000" | "53100" | "53200" => Self::Full,
            _ if code.starts_with("08") => Self::Lost,
            _ => Self::Other,
        }
    }

    /// The failure that a notice beside a successful `COMMIT` stands for, if it does. A server that is
    /// told to cancel its wait for a standby reports success, and only warns. The text of the warning
    /// depends on the server's language; no other warning comes with `COMMIT`.
    #[must_use]
    pub fn of_commit_notice(code: &str) -> Option<Self> {
        (code == "01000").then_some(Self::NotReplicated)
    }
}

/// What to do after a failed attempt.
#[derive(Debug, Clone)]
pub enum Next {
    /// Make another attempt, with the same nonce and time.
    Again(Again),
    /// Give up, with this error.
    End(Error),
}

/// How to make the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Again {
    /// How long to wait first.
    pub after: Duration,
    /// Where.
    pub through: Through,
    /// Whether to look first for the change in the history, by its nonce and time: an attempt whose
    /// `COMMIT` was not answered may have made it. If it is there, the answer is that of the attempt's
    /// decision.
    pub looks: bool,
}

/// The connection of the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Through {
    /// The same one, or any other.
    Any,
    /// Any, without prepared statements.
    Unprepared,
    /// Another one: this one is closed.
    Another,
    /// One to another host: all connections to this one are closed.
    AnotherHost,
}

/// The attempts at one change.
///
/// Pure: how much time has passed and what is random are arguments.
///
/// # The law
///
/// | failure | before `COMMIT` | after it was sent |
/// |---|---|---|
/// | overlap | again at once, then after 5 to 50 ms, 8 attempts in all; then `Unavailable` | the same |
/// | too slow | `TimedOut` | `TimedOut`, ambiguous |
/// | read-only | again through another host, after 5 to 50 ms | the same |
/// | lost | again through another connection, after 5 to 50 ms | the same, and looks first |
/// | unknown statement | again at once, without prepared statements; a second time `Internal` | `Internal`, ambiguous |
/// | not replicated | | `Unavailable`, ambiguous |
/// | full | `Unavailable` | `Unavailable` |
/// | other | `Internal` | `Internal`, ambiguous |
///
/// A wait that would go beyond the limit of the call is not begun: then `Unavailable`. Once an
/// unanswered `COMMIT` has left a doubt, every error is ambiguous, that of the rules too.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_sql::{Attempts, Failure, Next, Stage, Through};
///
/// let mut attempts = Attempts::new(Duration::from_secs(5));
/// // The primary is gone while it commits:
/// let elapsed = Duration::from_millis(3);
/// let next = attempts.failed(Failure::Lost, Stage::Commit, elapsed, 7);
/// let Next::Again(again) = next else { panic!("there is time left") };
/// assert!(again.looks && again.through == Through::Another);
/// ```
#[derive(Debug, Clone)]
pub struct Attempts {
    limit: Duration,
    overlaps: u32,
    was_unprepared: bool,
    is_in_doubt: bool,
}

impl Attempts {
    /// Attempts that may take so long together.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            overlaps: 0,
            was_unprepared: false,
            is_in_doubt: false,
        }
    }

    /// What follows an attempt that failed like this, so long after the call began. `random` is any
    /// number, another one each time.
    pub fn failed(
        &mut self,
        failure: Failure,
        stage: Stage,
        elapsed: Duration,
        random: u64,
    ) -> Next {
        let is_answered = matches!(
            failure,
            Failure::Overlap | Failure::Full | Failure::ReadOnly
        );
        // An error in answer to `COMMIT` says that nothing was committed; no answer says nothing.
        self.is_in_doubt |= stage == Stage::Commit && !is_answered;
        let pause = Duration::from_millis(5 + random % 46);
        let (after, through) = match failure {
            Failure::Overlap => {
                self.overlaps += 1;
                match self.overlaps {
                    1 => (Duration::ZERO, Through::Any),
                    2..ATTEMPTS => (pause, Through::Any),
                    _ => return self.end(ErrorKind::Unavailable, OVERLAPS),
                }
            }
            Failure::ReadOnly => (pause, Through::AnotherHost),
            Failure::Lost => (pause, Through::Another),
            Failure::UnknownStatement if stage == Stage::Before && !self.was_unprepared => {
                self.was_unprepared = true;
                (Duration::ZERO, Through::Unprepared)
            }
            Failure::TooSlow => return self.end(ErrorKind::TimedOut, TOO_SLOW),
            Failure::NotReplicated => return self.end(ErrorKind::Unavailable, NOT_REPLICATED),
            Failure::Full => return self.end(ErrorKind::Unavailable, FULL),
            Failure::UnknownStatement | Failure::Other => {
                return self.end(ErrorKind::Internal, "the database has failed");
            }
        };
        if elapsed + after >= self.limit {
            return self.end(ErrorKind::Unavailable, unreached(failure));
        }
        Next::Again(Again {
            after,
            through,
            looks: self.is_in_doubt,
        })
    }

    /// The error of an attempt that the rules have refused: ambiguous if an earlier one may have been
    /// carried out.
    #[must_use]
    pub fn refused(&self, error: Error) -> Error {
        match self.is_in_doubt {
            true => error.with_ambiguity(true),
            false => error,
        }
    }

    fn end(&self, kind: ErrorKind, message: &str) -> Next {
        Next::End(self.refused(Error::of_kind(kind, message)))
    }
}

fn unreached(failure: Failure) -> &'static str {
    match failure {
        Failure::Overlap => OVERLAPS,
        Failure::ReadOnly => "no database that may be written to was found in time",
        _ => "the database was not reached in time",
    }
}

/// The most attempts that others may be in the way of.
const ATTEMPTS: u32 = 8;

const OVERLAPS: &str = "other changes were in the way of every attempt";
const TOO_SLOW: &str = "the database was too slow: a lock or a statement took longer than it may";
const NOT_REPLICATED: &str = "the change is made, and may be lost with this database: its standby has \
                              not confirmed it";
const FULL: &str = "the database has no room left";

#[cfg(test)]
mod tests {
    use super::*;

    use Failure::*;
    use Stage::{Before, Commit};

    const LIMIT: Duration = Duration::from_secs(5);

    /// What follows the last of these failures, a millisecond after each other.
    fn after(failures: &[(Failure, Stage)]) -> Next {
        let mut attempts = Attempts::new(LIMIT);
        let mut next = None;
        for (number, (failure, stage)) in failures.iter().enumerate() {
            let elapsed = Duration::from_millis(number as u64);
            next = Some(attempts.failed(*failure, *stage, elapsed, number as u64 * 77));
        }
        next.expect("a failure")
    }

    /// The attempt is repeated through this, and looks first or not.
    fn check_again(failures: &[(Failure, Stage)], through: Through, looks: bool) {
        let Next::Again(again) = after(failures) else {
            panic!("{failures:?} end");
        };
        assert_eq!(
            (again.through, again.looks),
            (through, looks),
            "{failures:?}"
        );
        assert!(again.after <= Duration::from_millis(50), "{again:?}");
    }

    /// The change ends with this kind of error.
    fn check_end(failures: &[(Failure, Stage)], kind: ErrorKind, is_ambiguous: bool) {
        let Next::End(error) = after(failures) else {
            panic!("{failures:?} go on");
        };
        assert_eq!(
            (error.kind(), error.is_ambiguous()),
            (kind, is_ambiguous),
            "{failures:?}"
        );
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        for stage in [Before, Commit] {
            check_again(&[(Overlap, stage)], Through::Any, false);
            check_again(&[(ReadOnly, stage)], Through::AnotherHost, false);
        }
        check_again(&[(Lost, Before)], Through::Another, false);
        check_again(&[(Lost, Commit)], Through::Another, true);
        check_again(&[(UnknownStatement, Before)], Through::Unprepared, false);
    }

    #[test]
    fn what_does_not_pass_ends() {
        check_end(&[(TooSlow, Before)], ErrorKind::TimedOut, false);
        check_end(&[(TooSlow, Commit)], ErrorKind::TimedOut, true);
        check_end(&[(NotReplicated, Commit)], ErrorKind::Unavailable, true);
        check_end(&[(Other, Before)], ErrorKind::Internal, false);
        check_end(&[(Other, Commit)], ErrorKind::Internal, true);
        for stage in [Before, Commit] {
            check_end(&[(Full, stage)], ErrorKind::Unavailable, false);
        }
        let twice = [(UnknownStatement, Before); 2];
        check_end(&twice, ErrorKind::Internal, false);
    }

    #[test]
    fn doubt_stays() {
        check_again(&[(Lost, Commit), (Overlap, Before)], Through::Any, true);
        let late = [(Lost, Commit), (TooSlow, Before)];
        check_end(&late, ErrorKind::TimedOut, true);
        let mut attempts = Attempts::new(LIMIT);
        let refusal = || Error::not_found("there is no such user");
        assert!(!attempts.refused(refusal()).is_ambiguous());
        let _ = attempts.failed(Lost, Commit, Duration::ZERO, 0);
        assert!(attempts.refused(refusal()).is_ambiguous());
    }

    #[test]
    fn eight_overlaps_are_enough() {
        check_again(&[(Overlap, Before); 7], Through::Any, false);
        check_end(&[(Overlap, Before); 8], ErrorKind::Unavailable, false);
    }

    #[test]
    fn first_overlap_waits_for_nothing() {
        let Next::Again(again) = after(&[(Overlap, Before)]) else {
            panic!("it ends");
        };
        assert_eq!(again.after, Duration::ZERO);
    }

    #[test]
    fn no_wait_goes_beyond_the_limit() {
        let at = |elapsed| {
            let mut attempts = Attempts::new(LIMIT);
            matches!(attempts.failed(Lost, Before, elapsed, 0), Next::Again(_))
        };
        assert!(at(LIMIT - Duration::from_millis(6)));
        assert!(!at(LIMIT - Duration::from_millis(5)));
    }

    #[test]
    fn sqlstates_are_told_apart() {
        let check = |codes: &[&str], failure| {
            for code in codes {
                assert_eq!(Failure::of_sqlstate(code), failure, "{code}");
            }
        };
        check(&["40001", "40P01", "23505", "23503"], Overlap);
        check(&["55P03", "57014"], TooSlow);
        check(&["25006"], ReadOnly);
        check(
            &["57P01", "57P02", "57P03", "53300", "08006", "08000"],
            Lost,
        );
        check(&["25P03", "25P04", "57P05"], Lost);
        check(&["26000", "42P05"], UnknownStatement);
        check(&["53100"], Full);
        check(&["42P01", "22021", "23514"], Other);
        assert_eq!(Failure::of_commit_notice("01000"), Some(NotReplicated));
        assert_eq!(Failure::of_commit_notice("00000"), None);
    }
}
