//! The adapter's clock, as far as its answers show it.

use std::time::Duration;

use access_groups_core::{Operation, Patch, Timestamp};

/// Stands for the adapter's time when the random calls are made up: an instant within two days of
/// it is as far from the adapter's own time when the call is made.
// No pool has an instant of that year.
pub(super) const NOW: Timestamp = Timestamp::from_unix_seconds(1_893_456_000);

/// The call at the adapter's time; `None` if it names an instant around now, and now is unknown.
pub(super) fn told(operation: &Operation, now: Option<Timestamp>) -> Option<Operation> {
    let mut operation = operation.clone();
    let mut is_known = true;
    for instant in instants(&mut operation) {
        let Some((before, after)) = around_now(*instant) else {
            continue;
        };
        let told = now.and_then(|now| (now + after).checked_sub(before));
        is_known &= told.is_some();
        *instant = told.unwrap_or(*instant);
    }
    is_known.then_some(operation)
}

/// How long before or after now it is; `None` if it is not around now.
fn around_now(instant: Timestamp) -> Option<(Duration, Duration)> {
    let (before, after) = (NOW.duration_since(instant), instant.duration_since(NOW));
    (before.max(after) <= Duration::from_secs(2 * 86_400)).then_some((before, after))
}

/// Every instant that the call names.
fn instants(operation: &mut Operation) -> Vec<&mut Timestamp> {
    match operation {
        Operation::CreateAcsUser(op) => {
            let schedule = op.user.access_schedule.iter_mut();
            let ends =
                schedule.flat_map(|schedule| [&mut schedule.starts_at, &mut schedule.ends_at]);
            ends.flatten().collect()
        }
        Operation::CreateAccessGroup(op) => {
            let schedule = op.group.access_schedule.iter_mut();
            let ends =
                schedule.flat_map(|schedule| [&mut schedule.starts_at, &mut schedule.ends_at]);
            ends.flatten().collect()
        }
        Operation::UpdateAcsUser(op) => match &mut op.update.access_schedule {
            Patch::Set(schedule) => vec![&mut schedule.starts_at, &mut schedule.ends_at],
            Patch::Keep | Patch::Clear => Vec::new(),
        },
        Operation::UpdateAccessGroup(op) => match &mut op.update.access_schedule {
            Patch::Set(schedule) => vec![&mut schedule.starts_at, &mut schedule.ends_at],
            Patch::Keep | Patch::Clear => Vec::new(),
        },
        Operation::ListAcsUsers(op) => op.filter.created_before.iter_mut().collect(),
        Operation::ListUserIdentities(op) => op.filter.created_before.iter_mut().collect(),
        _ => Vec::new(),
    }
}
