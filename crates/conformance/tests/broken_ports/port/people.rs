//! Faults in identities: how they are made, found, changed, linked and listed.

use access_groups_core::{
    AcsUserId, CreateUserIdentity, DeleteUserIdentity, Error, ErrorKind, LinkAcsUser, NewAcsUser,
    Operation, Patch, Reply, UnlinkAcsUser, UpdateUserIdentity, UserIdentityId,
    UserIdentitySelector, UserIdentityUpdate,
};
use access_groups_in_memory::State;

use super::{NOW, ask, honest};
use crate::fault::Fault;

/// What the port does instead of what it should; `None` if this is no fault of identities.
pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let done = |it: Result<(), Error>| it.map(Reply::from);
    match operation {
        Operation::CreateUserIdentity(op) => create(fault, state, op),
        Operation::UpdateUserIdentity(op) => update(fault, state, op).map(done),
        Operation::LinkAcsUser(op) => link(fault, state, op).map(done),
        Operation::UnlinkAcsUser(op) => unlink(fault, state, op).map(done),
        Operation::DeleteUserIdentity(op) => delete(fault, state, op).map(done),
        Operation::ListUserIdentities(op) => {
            let mut op = op.clone();
            match (fault, op.filter.identities.as_deref()) {
                (Fault::IdentityListIgnoresTheSearch, _) => op.filter.search = None,
                (Fault::NoIdentitiesAreAllIdentities, Some([])) => op.filter.identities = None,
                _ => return None,
            }
            Some(honest(state, op.into()))
        }
        Operation::ListSystemsOfIdentity(op) if fault == Fault::ListsSystemsOfTheWorkspace => {
            state.user_identity(op.identity).ok()?;
            let systems: Vec<_> = state.acs_systems().cloned().collect();
            Some(Ok(systems.into()))
        }
        Operation::ListEntrancesOfIdentity(op) if fault == Fault::ListsEntrancesOfOneUser => {
            let first = state.users_of_identity(op.identity).min()?;
            let entrances = state.entrances_of_user(first).ok()?;
            Some(Ok(entrances.cloned().collect::<Vec<_>>().into()))
        }
        _ => None,
    }
}

fn create(
    fault: Fault,
    state: &mut State,
    op: &CreateUserIdentity,
) -> Option<Result<Reply, Error>> {
    let checked = honest(&mut state.clone(), op.clone().into());
    let conflict = matches!(&checked, Err(error) if error.kind() == ErrorKind::Conflict);
    let mut identity = op.identity.clone();
    match fault {
        Fault::CreatesNoIdentity => return Some(checked),
        Fault::NewIdentityGetsNoUsers if checked.is_ok() => identity.systems.clear(),
        Fault::SkipsUnknownSystems => identity.systems.retain(|it| state.acs_system(*it).is_ok()),
        Fault::SharesKeys if conflict => identity.key = None,
        Fault::SharesAddressesInOtherLetters if conflict => {
            let address = identity.email_address.take()?;
            let mut others = state.user_identities();
            if others.any(|it| it.email_address.as_deref() == Some(address.as_str())) {
                return None;
            }
        }
        Fault::RefusedIdentityStays if checked.is_err() => {
            identity.systems.clear();
            drop(honest(state, CreateUserIdentity { identity }.into()));
            return Some(checked);
        }
        Fault::CreatedIdentityForgetsItsKey => {
            return Some(ask(state, op.clone()).and_then(|made| {
                let update = UserIdentityUpdate {
                    key: Patch::Clear,
                    ..UserIdentityUpdate::default()
                };
                state.update_user_identity(made.user_identity_id, update)?;
                Ok(made.into())
            }));
        }
        Fault::NewIdentityGetsNewUsersOnly if checked.is_ok() => {
            let systems = std::mem::take(&mut identity.systems);
            return Some(
                ask(state, CreateUserIdentity { identity }).and_then(|made| {
                    let id = made.user_identity_id;
                    for system in systems {
                        let name = "Somebody new".parse().expect("a name");
                        let user = NewAcsUser::new(system, name).with_identity(id);
                        state.create_acs_user(user, NOW)?;
                    }
                    Ok(state.user_identity(id)?.clone().into())
                }),
            );
        }
        _ => return None,
    }
    Some(honest(state, CreateUserIdentity { identity }.into()))
}

/// Decides by what was seen a while ago whether the key is free.
pub(super) fn create_late(
    mut seen: State,
    state: &mut State,
    op: &CreateUserIdentity,
) -> Result<Reply, Error> {
    honest(&mut seen, op.clone().into())?;
    honest(state, op.clone().into()).or_else(|_| {
        let mut identity = op.identity.clone();
        identity.key = None;
        honest(state, CreateUserIdentity { identity }.into())
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
    let theirs: Option<UserIdentityId> = user.user_identity_id.and_then(|it| it.parse().ok());
    let known = state.user_identity(op.identity.clone());
    let meant = known.ok().map(|it| it.user_identity_id);
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
            let unlinked = users.map(|it| state.unlink_acs_user(it, op.identity).map(drop));
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
