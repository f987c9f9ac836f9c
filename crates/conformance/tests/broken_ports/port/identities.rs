//! Faults in identities: how they are created, changed, linked and listed.

use access_groups_core::{
    AcsUserId, Call, CreateUserIdentity, DeleteUserIdentity, Error, ErrorKind, LinkAcsUser,
    ListEntrancesOfIdentity, ListSystemsOfIdentity, NewAcsUser, NewUserIdentity, Operation, Patch,
    Reply, UnlinkAcsUser, UpdateUserIdentity, UserIdentity, UserIdentityId, UserIdentitySelector,
    UserIdentityUpdate,
};
use access_groups_in_memory::State;

use super::{NOW, answered, ask};
use crate::faults::Fault;

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    match operation {
        Operation::CreateUserIdentity(op) => {
            answered::<CreateUserIdentity>(create(fault, state, op))
        }
        Operation::UpdateUserIdentity(op) => {
            answered::<UpdateUserIdentity>(update(fault, state, op))
        }
        Operation::LinkAcsUser(op) => answered::<LinkAcsUser>(link(fault, state, op)),
        Operation::UnlinkAcsUser(op) => answered::<UnlinkAcsUser>(unlink(fault, state, op)),
        Operation::DeleteUserIdentity(op) => {
            answered::<DeleteUserIdentity>(delete(fault, state, op))
        }
        Operation::ListSystemsOfIdentity(op) if fault == Fault::ListsSystemsOfTheWorkspace => {
            state.user_identity(op.identity).ok()?;
            let systems: Vec<_> = state.acs_systems().cloned().collect();
            Some(Ok(ListSystemsOfIdentity::answer(systems)))
        }
        Operation::ListEntrancesOfIdentity(op) if fault == Fault::ListsEntrancesOfOneUser => {
            let first = state.users_of_identity(op.identity).min()?;
            let entrances = state.entrances_of_user(first).ok()?;
            Some(Ok(ListEntrancesOfIdentity::answer(
                entrances.cloned().collect(),
            )))
        }
        _ => None,
    }
}

fn create(
    fault: Fault,
    state: &mut State,
    op: &CreateUserIdentity,
) -> Option<Result<UserIdentity, Error>> {
    let checked = ask(&mut state.clone(), op.clone());
    let conflict = matches!(&checked, Err(error) if error.kind() == ErrorKind::Conflict);
    let mut identity = op.identity.clone();
    match fault {
        Fault::CreatesNoIdentity => return Some(checked),
        Fault::NewIdentityGetsNoUsers if checked.is_ok() => identity.systems.clear(),
        Fault::SkipsUnknownSystems => identity
            .systems
            .retain(|system| state.acs_system(*system).is_ok()),
        Fault::SharesKeys if conflict => identity.key = None,
        Fault::SharesAddressesInOtherLetters if conflict => {
            let address = identity.email_address.take()?;
            let mut others = state.user_identities();
            if others.any(|other| other.email_address.as_deref() == Some(address.as_str())) {
                return None;
            }
        }
        Fault::ReportsTakenValuesFirst if checked.is_err() => {
            identity.systems.clear();
            let bare = ask(&mut state.clone(), CreateUserIdentity::new(identity));
            return bare.err().map(Err);
        }
        Fault::RefusedIdentityStays if checked.is_err() => {
            identity.systems.clear();
            drop(ask(state, CreateUserIdentity::new(identity)));
            return Some(checked);
        }
        Fault::CreatedIdentityForgetsItsKey => {
            return Some(ask(state, op.clone()).and_then(|made| {
                let update = UserIdentityUpdate {
                    key: Patch::Clear,
                    ..UserIdentityUpdate::default()
                };
                state.update_user_identity(made.user_identity_id, update)?;
                Ok(made)
            }));
        }
        Fault::NewIdentityGetsNewUsersOnly if checked.is_ok() => {
            let systems = std::mem::take(&mut identity.systems);
            return Some(
                ask(state, CreateUserIdentity::new(identity)).and_then(|made| {
                    let id = made.user_identity_id;
                    for system in systems {
                        let name = "Somebody new".parse().expect("a name");
                        let user = NewAcsUser::new(system, name).with_identity(id);
                        state.create_acs_user(user, NOW)?;
                    }
                    Ok(state.user_identity(id)?.clone())
                }),
            );
        }
        _ => return None,
    }
    Some(ask(state, CreateUserIdentity::new(identity)))
}

/// Decides by an old copy of the state whether the key is free.
pub(super) fn create_late(
    mut seen: State,
    state: &mut State,
    op: &CreateUserIdentity,
) -> Result<UserIdentity, Error> {
    ask(&mut seen, op.clone())?;
    ask(state, op.clone()).or_else(|_| {
        let mut identity = op.identity.clone();
        identity.key = None;
        ask(state, CreateUserIdentity::new(identity))
    })
}

fn update(fault: Fault, state: &mut State, op: &UpdateUserIdentity) -> Option<Result<(), Error>> {
    match fault {
        Fault::SharesAddressesInUpdates => match ask(state, op.clone()) {
            Err(error) if error.kind() == ErrorKind::Conflict => Some(Ok(())),
            updated => Some(updated),
        },
        Fault::UpdatedIdentityLosesItsPhone if op.update.phone_number.is_keep() => {
            let mut op = op.clone();
            op.update.phone_number = Patch::Clear;
            Some(ask(state, op))
        }
        Fault::UsersKeepTheOldName => {
            let old = state.user_identity(op.identity).ok()?.full_name.clone();
            Some(ask(state, op.clone()).and_then(|()| {
                for user in users_of(state, op.identity) {
                    let mut user = state.acs_user(user)?.clone();
                    user.user_identity_full_name = Some(old.clone());
                    state.replace_user(user)?;
                }
                Ok(())
            }))
        }
        _ => None,
    }
}

fn link(fault: Fault, state: &mut State, op: &LinkAcsUser) -> Option<Result<(), Error>> {
    let user = state.acs_user(op.user).ok()?.clone();
    let theirs: Option<UserIdentityId> = user.user_identity_id.and_then(|id| id.parse().ok());
    let known = state.user_identity(op.identity.clone());
    let meant = known.ok().map(|identity| identity.user_identity_id);
    match fault {
        Fault::LinkTakesUsersFromOthers => {
            let (theirs, meant) = (theirs?, meant?);
            if theirs != meant {
                state.unlink_acs_user(op.user, theirs).ok()?;
            }
            None
        }
        Fault::LinkTakesThePlaceOfAnother if theirs.is_none() => {
            for other in users_of(state, meant?) {
                if state.acs_user(other).ok()?.acs_system_id == user.acs_system_id {
                    state.unlink_acs_user(other, meant?).ok()?;
                }
            }
            None
        }
        Fault::RefusesToLinkTwice if meant.is_some() && theirs == meant => {
            Some(Err(Error::conflict("the user is linked already")))
        }
        Fault::LinkByKeyMakesNobody if meant.is_none() => {
            let is_key = matches!(op.identity, UserIdentitySelector::Key(_));
            is_key.then(|| Err(Error::not_found("there is no identity with this key")))
        }
        Fault::MadeIdentitySharesAddresses if meant.is_none() => {
            let UserIdentitySelector::Key(key) = &op.identity else {
                return None;
            };
            let is_linked = state.acs_user(op.user).ok()?.user_identity_id.is_some();
            let conflict = ask(&mut state.clone(), op.clone()).is_err() && !is_linked;
            conflict.then(|| {
                let identity = NewUserIdentity {
                    key: Some(key.clone()),
                    ..NewUserIdentity::default()
                };
                ask(state, CreateUserIdentity::new(identity))?;
                ask(state, op.clone())
            })
        }
        Fault::MadeIdentityIsNameless if meant.is_none() => {
            Some(ask(state, op.clone()).and_then(|()| {
                let made = state.user_identity(op.identity.clone())?.user_identity_id;
                let update = UserIdentityUpdate {
                    full_name: Patch::Clear,
                    ..UserIdentityUpdate::default()
                };
                state.update_user_identity(made, update).map(drop)
            }))
        }
        _ => None,
    }
}

fn unlink(fault: Fault, state: &mut State, op: &UnlinkAcsUser) -> Option<Result<(), Error>> {
    let is_its_own = users_of(state, op.identity).contains(&op.user);
    match fault {
        Fault::UnlinkEndsEveryLink if is_its_own => {
            let users = users_of(state, op.identity).into_iter();
            let unlinked = users.map(|user| state.unlink_acs_user(user, op.identity).map(drop));
            Some(unlinked.collect())
        }
        Fault::UnlinkedUserLeavesGroups if is_its_own => {
            Some(ask(state, op.clone()).and_then(|()| {
                for group in state.groups_of(op.user).collect::<Vec<_>>() {
                    state.remove_user(op.user, group)?;
                }
                Ok(())
            }))
        }
        Fault::RefusesToUnlinkStrangers if !is_its_own => {
            ask(state, op.clone()).ok()?;
            Some(Err(
                Error::not_found("there is no such link").with_subject(op.user)
            ))
        }
        _ => None,
    }
}

fn delete(fault: Fault, state: &mut State, op: &DeleteUserIdentity) -> Option<Result<(), Error>> {
    let users = users_of(state, op.identity);
    let left = match fault {
        Fault::DeletedIdentityLeavesItsUsers => &users[..],
        Fault::DeletedIdentityLeavesOneUser => users.get(..1).unwrap_or_default(),
        _ => return None,
    };
    for user in left {
        state.unlink_acs_user(*user, op.identity).ok()?;
    }
    Some(ask(state, op.clone()))
}

fn users_of(state: &State, identity: UserIdentityId) -> Vec<AcsUserId> {
    state.users_of_identity(identity).collect()
}
