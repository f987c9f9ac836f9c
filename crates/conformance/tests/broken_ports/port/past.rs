//! Faults that let come back what is gone.

use access_groups_core::{
    AddUser, CreateAcsUser, DeleteAcsUser, Error, GetAcsUser, GetUserIdentity, Operation, Reply,
    UpdateUserIdentity, UserIdentitySelector,
};
use access_groups_in_memory::State;

use super::{Notes, answered, ask, execute};
use crate::faults::Fault;

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    match (fault, operation) {
        (Fault::LeavesOutDeletedGroups, Operation::CreateAcsUser(op)) => {
            let mut new = op.user.clone();
            new.groups
                .retain(|group| state.access_group(*group).is_ok());
            Some(execute(state, CreateAcsUser::new(new).into()))
        }
        (Fault::NewUsersInheritByAddress, Operation::DeleteAcsUser(op)) => {
            let user = ask(state, GetAcsUser::new(op.user)).ok()?;
            let groups = state.groups_of(user.acs_user_id).collect();
            notes.left.insert(user.email_address?, groups);
            Some(execute(state, DeleteAcsUser::new(op.user).into()))
        }
        (Fault::NewUsersInheritByAddress, Operation::CreateAcsUser(op)) => {
            let created = ask(state, op.clone());
            if let Ok(user) = &created
                && let Some(groups) = user
                    .email_address
                    .as_ref()
                    .and_then(|address| notes.left.get(address))
            {
                for group in groups {
                    // A group that is deleted, too, takes nobody.
                    let _ = ask(state, AddUser::new(user.acs_user_id, *group));
                }
            }
            answered::<CreateAcsUser>(Some(created))
        }
        (Fault::ReplacedKeysStillRead, Operation::UpdateUserIdentity(op)) => {
            let before = state.user_identity(op.identity).ok()?;
            let key = before.user_identity_key.clone()?;
            notes.keys.insert(key, op.identity);
            Some(execute(
                state,
                UpdateUserIdentity::new(op.identity, op.update.clone()).into(),
            ))
        }
        (Fault::ReplacedKeysStillRead, Operation::GetUserIdentity(op)) => {
            let UserIdentitySelector::Key(key) = &op.identity else {
                return None;
            };
            let found = ask(state, op.clone());
            let had = notes.keys.get(key.as_str()).copied();
            let found = found.or_else(|error| match had {
                Some(identity) => ask(state, GetUserIdentity::new(identity)),
                None => Err(error),
            });
            answered::<GetUserIdentity>(Some(found))
        }
        _ => None,
    }
}
