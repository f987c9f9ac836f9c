//! The law as the documentation states it, worked out again without the code that obeys it.

use std::time::Duration;

use access_groups_core::Effect;

use super::{
    Case, Outcome, Trace,
    faults::Class,
    operations::{OPERATIONS, Site},
};

/// What must be seen of a case.
#[derive(Debug)]
pub(super) struct Expected {
    requests: usize,
    /// The least and the most that may be waited after each attempt but the last.
    waits: Vec<(Duration, Duration)>,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    Failed { is_ambiguous: bool },
}

const ATTEMPTS: usize = 3;
const CALL_TIMEOUT: Duration = Duration::from_secs(120);
const MAX_WAIT: Duration = Duration::from_secs(20);
const TRANSIENT_BASE: Duration = Duration::from_millis(50);
const THROTTLED_BASE: Duration = Duration::from_secs(1);

impl Expected {
    pub(super) fn of(case: &Case) -> Self {
        let (_, operation) = OPERATIONS[case.operation];
        let effect = operation(&Site::new()).effect();
        let mut waits = Vec::new();
        let mut may_have_happened = false;
        for (number, fault) in case.script().into_iter().enumerate() {
            let requests = number + 1;
            let ended = |waits, end| Self {
                requests,
                waits,
                end,
            };
            may_have_happened |= matches!(fault.class, Class::Transient | Class::Unreadable);
            // Reads change nothing, whatever happens to them.
            let failed = End::Failed {
                is_ambiguous: may_have_happened && effect != Effect::Safe,
            };
            let base = match fault.class {
                // A deletion too, whose own first attempt was carried out: what it deletes is gone.
                Class::Good => return ended(waits, End::Answered),
                Class::Refused | Class::Unreadable => return ended(waits, failed),
                Class::Transient => TRANSIENT_BASE,
                Class::Throttled => THROTTLED_BASE,
            };
            let asked = Duration::from_secs(fault.asks);
            if requests == ATTEMPTS || effect == Effect::NonIdempotent || asked >= CALL_TIMEOUT {
                return ended(waits, failed);
            }
            let doublings = u32::try_from(number).expect("few attempts");
            let most = (base * 2_u32.pow(doublings)).min(MAX_WAIT);
            waits.push((asked, most.max(asked)));
        }
        Self {
            requests: case.script().len() + 1,
            waits,
            end: End::Answered,
        }
    }

    /// Says what the trace does otherwise.
    pub(super) fn check(&self, trace: &Trace) -> Result<(), String> {
        let (requests, waits) = (trace.requests(), trace.waits());
        let is_within = waits.len() == self.waits.len()
            && waits
                .iter()
                .zip(&self.waits)
                .all(|(wait, (least, most))| (least..=most).contains(&wait));
        let is_end = match (&trace.outcome, self.end) {
            (Outcome::Answered, End::Answered) => true,
            (
                Outcome::Failed {
                    is_ambiguous: actual,
                    ..
                },
                End::Failed { is_ambiguous },
            ) => *actual == is_ambiguous,
            _ => false,
        };
        match requests == self.requests && is_within && is_end {
            true => Ok(()),
            false => Err(format!("not as the law demands: {self:#?}")),
        }
    }
}
