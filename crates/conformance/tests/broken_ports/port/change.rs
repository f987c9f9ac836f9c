//! Faults in what changes memberships and groups.

use access_groups_core::{AccessGroupId, AcsUserId, Error, ErrorKind};
use access_groups_in_memory::State;

use super::Notes;
use crate::fault::Fault;

pub(super) fn add(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    user: AcsUserId,
    group: AccessGroupId,
) -> Result<(), Error> {
    match fault {
        Fault::ForgetsToAdd => state.clone().add_user(user, group).map(drop),
        Fault::AddsTwice => {
            let added = state.add_user(user, group)?;
            *notes.again.entry((user, group)).or_default() += usize::from(!added);
            Ok(())
        }
        Fault::RefusesSuspendedUsers if is_suspended(state, user) => {
            state.clone().add_user(user, group)?;
            Err(Error::invalid("the user is suspended").with_subject(user))
        }
        Fault::AcceptsOtherSystems => match state.add_user(user, group) {
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(()),
            added => added.map(drop),
        },
        Fault::RefusedAddEndsAMembership => {
            let refused = state.add_user(user, group).map(drop);
            let some_group = state.groups_of(user).next();
            if let (Err(_), Some(group)) = (&refused, some_group) {
                state.remove_user(user, group)?;
            }
            refused
        }
        _ => state.add_user(user, group).map(drop),
    }
}

pub(super) fn remove(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    user: AcsUserId,
    group: AccessGroupId,
) -> Result<(), Error> {
    match fault {
        Fault::ForgetsToRemove => state.clone().remove_user(user, group).map(drop),
        Fault::AddsTwice => {
            match notes.again.get_mut(&(user, group)) {
                Some(times) if *times > 0 => *times -= 1,
                _ => drop(state.remove_user(user, group)?),
            }
            Ok(())
        }
        Fault::RemovesFromAllGroups => {
            state.remove_user(user, group)?;
            for group in state.groups_of(user).collect::<Vec<_>>() {
                state.remove_user(user, group)?;
            }
            Ok(())
        }
        Fault::RefusesRemovalOfNonMembers => {
            if state.remove_user(user, group)? {
                return Ok(());
            }
            Err(Error::not_found("no such membership").with_subject(user))
        }
        Fault::RefusesRemovalAcrossSystems => {
            state.remove_user(user, group)?;
            // Refuses what `add_user` refuses.
            state.clone().add_user(user, group).map(drop)
        }
        _ => state.remove_user(user, group).map(drop),
    }
}

pub(super) fn delete(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    group: AccessGroupId,
) -> Result<(), Error> {
    let known = state.access_group(group)?.clone();
    let members: Vec<_> = state.members_of(group).collect();
    match fault {
        Fault::DeletedGroupStays => {
            for user in members {
                state.remove_user(user, group)?;
            }
            return Ok(());
        }
        Fault::DeletionKeepsMemberships => notes.deleted.push((known, members)),
        Fault::DeletionEndsOtherMemberships => {
            for user in members {
                for group in state.groups_of(user).collect::<Vec<_>>() {
                    state.remove_user(user, group)?;
                }
            }
        }
        Fault::DeletionTakesTheUsers => {
            for user in members {
                state.delete_user(user)?;
            }
        }
        _ => {}
    }
    state.delete_group(group)
}

/// Writes back what was seen a while ago, without the group.
pub(super) fn delete_late(
    mut seen: State,
    state: &mut State,
    group: AccessGroupId,
) -> Result<(), Error> {
    seen.delete_group(group)?;
    *state = seen;
    Ok(())
}

fn is_suspended(state: &State, user: AcsUserId) -> bool {
    let user = state.acs_user(user);
    user.is_ok_and(|user| user.is_suspended == Some(true))
}
