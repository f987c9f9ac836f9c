//! Faults in systems and entrances, and in who is granted what.

use access_groups_core::{
    AcsUserId, EntranceId, Error, ErrorKind, GrantAccess, Operation, Reply, Subject, UserRef,
};
use access_groups_in_memory::State;

use super::{Notes, ask, honest};
use crate::fault::Fault;

/// What the port does instead of what it should; `None` if this is no fault of doors.
pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let mut operation = operation.clone();
    match &mut operation {
        Operation::ListAcsSystems(op) => match fault {
            Fault::SystemListIgnoresTheSearch => op.filter.search = None,
            Fault::SystemListIgnoresTheAccount => op.filter.connected_account = None,
            _ => return None,
        },
        Operation::ListEntrances(op) => match (fault, op.filter.entrances.as_deref()) {
            (Fault::NoEntrancesAreAllEntrances, Some([])) => op.filter.entrances = None,
            (Fault::EntranceListIgnoresTheSystem, _) => op.filter.system = None,
            (Fault::EntranceListIgnoresCredentials, _) => op.filter.credential = None,
            _ => return None,
        },
        Operation::GrantAccess(op) => {
            return grant(fault, state, notes, op).map(|it| it.map(Reply::from));
        }
        Operation::ListEntrancesOfUser(op) if fault == Fault::GrantsTwice => {
            let user = state.acs_user(op.user).ok()?.acs_user_id;
            let mut opens = ask(state, op.clone()).ok()?;
            let again = notes.granted_again.iter().filter(|it| it.0 == user);
            let still = again.filter(|(user, entrance)| state.is_granted(*user, *entrance));
            let again = still.filter_map(|(_, entrance)| state.entrance(*entrance).ok().cloned());
            opens.extend(again);
            return Some(Ok(opens.into()));
        }
        _ => return None,
    }
    Some(honest(state, operation))
}

fn grant(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    op: &GrantAccess,
) -> Option<Result<(), Error>> {
    match fault {
        Fault::ForgetsGrants => Some(ask(&mut state.clone(), op.clone())),
        Fault::GrantJoinsAGroup => Some(ask(state, op.clone()).and_then(|()| {
            let holding = state.group_entrances().find(|it| it.1 == op.entrance);
            match (user_of(state, op), holding) {
                (Some(user), Some((group, _))) => state.add_user(user, group).map(drop),
                _ => Ok(()),
            }
        })),
        Fault::GrantsTwice => {
            if let Some(user) = user_of(state, op)
                && state.is_granted(user, op.entrance)
            {
                notes.granted_again.push((user, op.entrance));
            }
            None
        }
        Fault::GrantsAcrossSystems => match ask(state, op.clone()) {
            Err(error) if error.kind() == ErrorKind::Invalid => Some(Ok(())),
            granted => Some(granted),
        },
        Fault::ChecksEntranceBeforeUser => {
            let unknown = |entrance: EntranceId| Error::unknown(Subject::from(entrance));
            let is_known = state.entrance(op.entrance).is_ok();
            (!is_known).then(|| Err(unknown(op.entrance)))
        }
        _ => None,
    }
}

/// Who it is in the entrance's system.
fn user_of(state: &State, op: &GrantAccess) -> Option<AcsUserId> {
    let identity = match op.user {
        UserRef::AcsUser(user) => return Some(user),
        UserRef::Identity(identity) => identity,
    };
    let system = state.entrance(op.entrance).ok()?.acs_system_id;
    let mut users = state.users_of_identity(identity);
    users.find(|it| {
        state
            .acs_user(*it)
            .is_ok_and(|it| it.acs_system_id == system)
    })
}
