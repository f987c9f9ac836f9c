//! Faults in users: how they are created, found and changed, and what is granted to them.

use access_groups_core::{
    AccessSchedule, AcsUser, AcsUserId, AcsUserSelector, AcsUserUpdate, CreateAcsUser,
    DeleteAcsUser, Entrance, EntranceId, Error, ErrorKind, GrantAccess, ListEntrancesOfUser,
    NewAcsUser, Operation, Patch, Reply, RevokeAccessToAllEntrances, Subject, UpdateAcsUser,
    UserRef,
};
use access_groups_in_memory::State;

use super::{NOW, Notes, answered, ask, execute};
use crate::faults::Fault;

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    notes: &mut Notes,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    if fault == Fault::IdentityAloneFindsUsers {
        return any_user_of_the_identity(state, operation);
    }
    match operation {
        Operation::CreateAcsUser(op) => answered::<CreateAcsUser>(create(fault, state, op)),
        Operation::UpdateAcsUser(op) => answered::<UpdateAcsUser>(update(fault, state, op)),
        Operation::SuspendAcsUser(op) => {
            let was = state.acs_user(op.user).map(|user| user.is_suspended);
            Some(match fault {
                Fault::ForgetsToSuspend => execute(&mut state.clone(), operation.clone()),
                Fault::RefusesToSuspendTwice if was.ok() == Some(Some(true)) => {
                    Err(Error::conflict("the user is suspended"))
                }
                Fault::SuspensionEndsMemberships => execute(state, operation.clone())
                    .and_then(|reply| leave_all(state, op.user).map(|()| reply)),
                _ => return None,
            })
        }
        Operation::UnsuspendAcsUser(_) if fault == Fault::ForgetsToUnsuspend => {
            Some(execute(&mut state.clone(), operation.clone()))
        }
        Operation::DeleteAcsUser(op) => answered::<DeleteAcsUser>(delete(fault, state, op.user)),
        Operation::ListEntrancesOfUser(op) => {
            answered::<ListEntrancesOfUser>(entrances(fault, state, notes, op.user))
        }
        Operation::RevokeAccessToAllEntrances(op) => {
            answered::<RevokeAccessToAllEntrances>(revoke(fault, state, op))
        }
        Operation::GrantAccess(op) => answered::<GrantAccess>(grant(fault, state, notes, op)),
        _ => None,
    }
}

fn create(fault: Fault, state: &mut State, op: &CreateAcsUser) -> Option<Result<AcsUser, Error>> {
    let checked = ask(&mut state.clone(), op.clone());
    let refused_as = |kind| matches!(&checked, Err(error) if error.kind() == kind);
    let mut user = op.user.clone();
    match fault {
        Fault::CreatesNobody => return Some(checked),
        Fault::JoinsTheFirstGroupOnly if checked.is_ok() => user.groups.truncate(1),
        Fault::SkipsUnknownGroups => user
            .groups
            .retain(|group| state.access_group(*group).is_ok()),
        Fault::NewUserIsNotLinked if checked.is_ok() => user.identity = None,
        Fault::AcceptsASecondUser if refused_as(ErrorKind::Conflict) => user.identity = None,
        Fault::ReportsSecondUsersFirst if refused_as(ErrorKind::NotFound) => {
            user.groups.clear();
            let bare = ask(&mut state.clone(), CreateAcsUser::new(user));
            let is_conflict = |error: &Error| error.kind() == ErrorKind::Conflict;
            return bare.err().filter(is_conflict).map(Err);
        }
        Fault::RefusedCreationLeavesAUser if checked.is_err() => {
            let bare = NewAcsUser::new(user.system, user.full_name);
            drop(state.create_acs_user(bare, NOW));
            return Some(checked);
        }
        Fault::TheSameNewUserIsOne if checked.is_ok() => {
            let there = state
                .acs_users()
                .find(|known| is_made_like(known, &user))
                .cloned();
            return there.map(Ok);
        }
        Fault::AcceptsPastSchedules | Fault::AcceptsBackwardSchedules
            if refused_as(ErrorKind::Invalid) =>
        {
            let schedule = user.access_schedule.take()?;
            let starts_at = schedule.starts_at.unwrap_or(NOW);
            let schedule = AccessSchedule::new(starts_at).with_end(schedule.ends_at?);
            return is_accepted(fault, schedule).then(|| {
                let made = ask(state, CreateAcsUser::new(user))?;
                let made = made.with_access_schedule(schedule);
                state.replace_user(made.clone())?;
                Ok(made)
            });
        }
        Fault::CreatedUserLosesThePhone => {
            return Some(ask(state, CreateAcsUser::new(user)).and_then(|made| {
                let mut stored = made.clone();
                stored.phone_number = None;
                state.replace_user(stored)?;
                Ok(made)
            }));
        }
        Fault::NewUsersAreInNoWorkspace => {
            return Some(ask(state, CreateAcsUser::new(user)).and_then(|made| {
                let made = made.with_workspace(Default::default());
                state.replace_user(made.clone())?;
                Ok(made)
            }));
        }
        _ => return None,
    }
    Some(ask(state, CreateAcsUser::new(user)))
}

fn is_made_like(user: &AcsUser, asked: &NewAcsUser) -> bool {
    user.created_at == NOW
        && user.acs_system_id == asked.system
        && user.full_name.as_deref() == Some(asked.full_name.as_str())
}

fn is_accepted(fault: Fault, schedule: AccessSchedule) -> bool {
    let is_backward = schedule
        .ends_at
        .is_some_and(|end| end <= schedule.starts_at);
    is_backward == (fault == Fault::AcceptsBackwardSchedules)
}

fn update(fault: Fault, state: &mut State, op: &UpdateAcsUser) -> Option<Result<(), Error>> {
    let checked = ask(&mut state.clone(), op.clone());
    let refused = matches!(&checked, Err(error) if error.kind() == ErrorKind::Invalid);
    let without_schedule = UpdateAcsUser::new(
        op.user,
        AcsUserUpdate {
            access_schedule: Patch::Keep,
            ..op.update.clone()
        },
    );
    match (fault, op.update.access_schedule) {
        (Fault::RefusedScheduleRenames, _) if refused => {
            drop(ask(state, without_schedule));
            Some(checked)
        }
        (Fault::AcceptsPastSchedules | Fault::AcceptsBackwardSchedules, Patch::Set(schedule))
            if refused =>
        {
            let schedule = AccessSchedule::new(schedule.starts_at).with_end(schedule.ends_at);
            is_accepted(fault, schedule).then(|| {
                ask(state, without_schedule)?;
                let user = state.acs_user(op.user)?.clone();
                state.replace_user(user.with_access_schedule(schedule))
            })
        }
        (Fault::UpdateIgnoresClearing, Patch::Clear) => Some(ask(state, without_schedule)),
        (Fault::UpdateClearsThePhone, _) if op.update.phone_number.is_none() => {
            Some(ask(state, op.clone()).and_then(|()| {
                let mut user = state.acs_user(op.user)?.clone();
                user.phone_number = None;
                state.replace_user(user)
            }))
        }
        _ => None,
    }
}

fn delete(fault: Fault, state: &mut State, user: AcsUserSelector) -> Option<Result<(), Error>> {
    let known = state.acs_user(user).ok()?.clone();
    match fault {
        Fault::DeletedUserStays => Some(ask(state, RevokeAccessToAllEntrances::new(user))),
        Fault::DeletionTakesTheIdentitysOthers => {
            let identity = known.user_identity_id?.parse().ok()?;
            let users: Vec<_> = state.users_of_identity(identity).collect();
            Some(
                users
                    .into_iter()
                    .try_for_each(|user| state.delete_user(user)),
            )
        }
        _ => None,
    }
}

fn entrances(
    fault: Fault,
    state: &mut State,
    notes: &Notes,
    user: AcsUserSelector,
) -> Option<Result<Vec<Entrance>, Error>> {
    let known = match state.acs_user(user) {
        Ok(known) => known.clone(),
        Err(error) => return Some(Err(error)),
    };
    let groups: Vec<_> = state.groups_of(known.acs_user_id).collect();
    let by_group = groups
        .into_iter()
        .filter_map(|group| state.entrances_of_group(group).ok());
    let by_group: Vec<_> = by_group.flatten().cloned().collect();
    match fault {
        Fault::HidesGrants => {
            let mut once = by_group;
            once.sort_by_key(|entrance| entrance.acs_entrance_id);
            once.dedup();
            Some(Ok(once))
        }
        Fault::SuspendedUsersOpenNothing if known.is_suspended == Some(true) => {
            Some(Ok(Vec::new()))
        }
        Fault::ListsEntrancesByGroup => {
            let granted = state.entrances();
            let granted = granted
                .filter(|entrance| state.is_granted(known.acs_user_id, entrance.acs_entrance_id));
            Some(Ok(by_group.into_iter().chain(granted.cloned()).collect()))
        }
        Fault::GrantsTwice => {
            let mut opens = ask(state, ListEntrancesOfUser::new(user)).ok()?;
            let user = known.acs_user_id;
            let again = notes.granted_again.iter().filter(|again| again.0 == user);
            let still = again.filter(|(user, entrance)| state.is_granted(*user, *entrance));
            opens.extend(still.filter_map(|(_, entrance)| state.entrance(*entrance).ok().cloned()));
            Some(Ok(opens))
        }
        _ => None,
    }
}

fn revoke(
    fault: Fault,
    state: &mut State,
    op: &RevokeAccessToAllEntrances,
) -> Option<Result<(), Error>> {
    let known = state.acs_user(op.user).ok()?.clone();
    let user = known.acs_user_id;
    let groups: Vec<_> = state.groups_of(user).collect();
    let granted: Vec<_> = state.grants().filter(|grant| grant.0 == user).collect();
    let of_identity = known.user_identity_id.and_then(|id| id.parse().ok());
    let others: Vec<_> = of_identity
        .into_iter()
        .flat_map(|identity| state.users_of_identity(identity).collect::<Vec<_>>())
        .collect();
    let concerned = matches!(
        fault,
        Fault::RevokesGrantsOnly | Fault::RevokesMembershipsOnly | Fault::RevokesOfTheWholeIdentity
    );
    concerned.then(|| {
        ask(state, op.clone())?;
        match fault {
            Fault::RevokesGrantsOnly => groups
                .into_iter()
                .try_for_each(|group| state.add_user(user, group).map(drop)),
            Fault::RevokesMembershipsOnly => granted
                .into_iter()
                .try_for_each(|(user, entrance)| state.insert_entrance_grant(user, entrance)),
            _ => others
                .into_iter()
                .try_for_each(|other| ask(state, RevokeAccessToAllEntrances::new(other))),
        }
    })
}

/// Takes the first user of the identity instead of the one of that system.
fn any_user_of_the_identity(
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let mut operation = operation.clone();
    let user = match &mut operation {
        Operation::GetAcsUser(op) => &mut op.user,
        Operation::UpdateAcsUser(op) => &mut op.user,
        Operation::DeleteAcsUser(op) => &mut op.user,
        Operation::SuspendAcsUser(op) => &mut op.user,
        Operation::UnsuspendAcsUser(op) => &mut op.user,
        Operation::ListEntrancesOfUser(op) => &mut op.user,
        Operation::RevokeAccessToAllEntrances(op) => &mut op.user,
        _ => return None,
    };
    let AcsUserSelector::Identity { identity, .. } = *user else {
        return None;
    };
    state.acs_user(*user).ok()?;
    let first: Option<AcsUserId> = state.users_of_identity(identity).min();
    *user = first?.into();
    Some(execute(state, operation))
}

fn leave_all(state: &mut State, user: AcsUserSelector) -> Result<(), Error> {
    let user = state.acs_user(user)?.acs_user_id;
    let groups: Vec<_> = state.groups_of(user).collect();
    groups
        .into_iter()
        .try_for_each(|group| state.remove_user(user, group).map(drop))
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
            let holding = state.group_entrances().find(|held| held.1 == op.entrance);
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

/// The user of the entrance's system.
fn user_of(state: &State, op: &GrantAccess) -> Option<AcsUserId> {
    let identity = match op.user {
        UserRef::AcsUser(user) => return Some(user),
        UserRef::Identity(identity) => identity,
    };
    let system = state.entrance(op.entrance).ok()?.acs_system_id;
    let mut users = state.users_of_identity(identity);
    users.find(|user| {
        state
            .acs_user(*user)
            .is_ok_and(|user| user.acs_system_id == system)
    })
}
