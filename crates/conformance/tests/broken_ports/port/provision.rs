//! Faults in systems, groups and entrances that are created, changed and deleted.

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{answered, ask, execute};
use crate::faults::Fault;

pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    match operation {
        Operation::CreateAccessGroup(op) => {
            answered::<CreateAccessGroup>(create_group(fault, state, op))
        }
        Operation::UpdateAccessGroup(op) => {
            answered::<UpdateAccessGroup>(update_group(fault, state, op))
        }
        Operation::RevokeAccess(op) => answered::<RevokeAccess>(revoke(fault, state, op)),
        Operation::CreateAcsSystem(op) => {
            let copy = fault == Fault::CreatesNoSystem;
            answered::<CreateAcsSystem>(copy.then(|| ask(&mut state.clone(), op.clone())))
        }
        Operation::UpdateAcsSystem(op) if fault == Fault::UpdatedSystemLosesItsTimeZone => {
            let mut op = op.clone();
            op.update.time_zone = Patch::Clear;
            Some(execute(state, op.into()))
        }
        Operation::DeleteAcsSystem(op) => {
            answered::<DeleteAcsSystem>(delete_system(fault, state, op))
        }
        Operation::CreateEntrance(op) => {
            answered::<CreateEntrance>(create_entrance(fault, state, op))
        }
        Operation::UpdateEntrance(op) if fault == Fault::UpdatedEntranceLeavesItsGroups => {
            let updated = execute(state, op.clone().into());
            Some(updated.and_then(|reply| leave_groups(state, op.entrance).map(|()| reply)))
        }
        Operation::DeleteEntrance(op) => {
            answered::<DeleteEntrance>(delete_entrance(fault, state, op.entrance))
        }
        _ => None,
    }
}

fn create_group(
    fault: Fault,
    state: &mut State,
    op: &CreateAccessGroup,
) -> Option<Result<AccessGroup, Error>> {
    let create = |state: &mut State, group| ask(state, CreateAccessGroup::new(group));
    match fault {
        Fault::CreatesNoGroup => Some(create(&mut state.clone(), op.group.clone())),
        Fault::NewGroupOpensNothing => {
            let mut group = op.group.clone();
            let created = create(&mut state.clone(), group.clone());
            group.entrances.clear();
            Some(created.and_then(|_| create(state, group)))
        }
        Fault::RefusedGroupIsCreated => {
            let refused = create(state, op.group.clone()).err()?;
            let bare = NewAccessGroup::new(op.group.system, op.group.name.clone());
            // The system may be what is unknown.
            let _ = create(state, bare);
            Some(Err(refused))
        }
        Fault::TheSameNewGroupIsOne => {
            let same = |group: &&AccessGroup| {
                group.acs_system_id == op.group.system
                    && group.name == op.group.name.as_str()
                    && op.group.access_schedule.is_some() == group.access_schedule.is_some()
            };
            let filter = AccessGroupFilter::new();
            let known = state.access_groups(&filter).find(same).cloned();
            known.map(Ok)
        }
        _ => None,
    }
}

fn update_group(
    fault: Fault,
    state: &mut State,
    op: &UpdateAccessGroup,
) -> Option<Result<(), Error>> {
    match fault {
        Fault::UpdatedGroupOpensNothing => {
            let held = state.entrances_of_group(op.group).ok()?;
            let held: Vec<_> = held.map(|entrance| entrance.acs_entrance_id).collect();
            let mut op = op.clone();
            op.update.remove_entrances.extend(held);
            Some(ask(state, op))
        }
        Fault::UpdatedGroupLosesItsMembers => {
            let updated = ask(state, op.clone());
            let members: Vec<_> = state.members_of(op.group).collect();
            let removed = |state: &mut State| {
                let mut members = members.into_iter();
                members.try_for_each(|user| state.remove_user(user, op.group).map(drop))
            };
            Some(updated.and_then(|()| removed(state)))
        }
        Fault::UpdatedGroupKeepsItsSchedule => {
            let mut op = op.clone();
            if op.update.access_schedule == Patch::Clear {
                op.update.access_schedule = Patch::Keep;
            }
            Some(ask(state, op))
        }
        Fault::RefusedUpdateRenamesTheGroup => {
            let refused = ask(state, op.clone()).err()?;
            let renamed = AccessGroupUpdate {
                name: op.update.name.clone(),
                ..AccessGroupUpdate::default()
            };
            // The group may be what is unknown.
            let _ = ask(state, UpdateAccessGroup::new(op.group, renamed));
            Some(Err(refused))
        }
        _ => None,
    }
}

fn revoke(fault: Fault, state: &mut State, op: &RevokeAccess) -> Option<Result<(), Error>> {
    let revoked = |state: &mut State| ask(state, op.clone());
    match (fault, op.user) {
        (Fault::ForgetsToRevoke, _) => Some(revoked(&mut state.clone())),
        (Fault::RevokesEveryGrant, UserRef::AcsUser(user)) => {
            let answer = revoked(state);
            let granted: Vec<_> = state.grants().filter(|(of, _)| *of == user).collect();
            let every = |state: &mut State| {
                let mut granted = granted.into_iter();
                granted.try_for_each(|(_, entrance)| state.revoke_access(user, entrance).map(drop))
            };
            Some(answer.and_then(|()| every(state)))
        }
        (Fault::RevocationEndsMemberships, UserRef::AcsUser(user)) => {
            let answer = revoked(state);
            let groups: Vec<_> = state.groups_of(user).collect();
            let every = |state: &mut State| {
                let mut groups = groups.into_iter();
                groups.try_for_each(|group| state.remove_user(user, group).map(drop))
            };
            Some(answer.and_then(|()| every(state)))
        }
        (Fault::RevocationLinksIdentities, UserRef::Identity(_)) => {
            let granted = ask(state, GrantAccess::new(op.user, op.entrance));
            Some(granted.and_then(|()| revoked(state)))
        }
        _ => None,
    }
}

fn delete_system(
    fault: Fault,
    state: &mut State,
    op: &DeleteAcsSystem,
) -> Option<Result<(), Error>> {
    match fault {
        Fault::DeletedSystemStays => Some(ask(&mut state.clone(), op.clone())),
        Fault::DeletesSystemsWithEntrances => {
            let refused = ask(&mut state.clone(), op.clone()).err()?;
            if refused.kind() != ErrorKind::Conflict {
                return None;
            }
            let here = |entrance: &&Entrance| entrance.acs_system_id == op.system;
            let entrances = state.entrances().filter(here);
            let entrances: Vec<_> = entrances.map(|entrance| entrance.acs_entrance_id).collect();
            let mut emptied = state.clone();
            let mut deleted = entrances.into_iter();
            let deleted = deleted.try_for_each(|id| emptied.delete_entrance(id));
            // Users and groups keep it.
            deleted
                .and_then(|()| ask(&mut emptied, op.clone()))
                .ok()
                .map(|()| {
                    *state = emptied;
                    Ok(())
                })
        }
        _ => None,
    }
}

fn create_entrance(
    fault: Fault,
    state: &mut State,
    op: &CreateEntrance,
) -> Option<Result<Entrance, Error>> {
    match fault {
        Fault::CreatesNoEntrance => Some(ask(&mut state.clone(), op.clone())),
        Fault::NewEntranceIsInEveryGroup => {
            let created = ask(state, op.clone());
            let filter = AccessGroupFilter::new().in_system(op.entrance.system);
            let groups = state.access_groups(&filter);
            let groups: Vec<_> = groups.map(|group| group.acs_access_group_id).collect();
            let join = |state: &mut State, entrance: EntranceId| {
                let mut groups = groups.into_iter();
                groups.try_for_each(|group| state.insert_group_entrance(group, entrance).map(drop))
            };
            Some(created.and_then(|entrance| {
                join(state, entrance.acs_entrance_id)?;
                Ok(entrance)
            }))
        }
        _ => None,
    }
}

fn delete_entrance(
    fault: Fault,
    state: &mut State,
    entrance: EntranceId,
) -> Option<Result<(), Error>> {
    match fault {
        Fault::DeletedEntranceStays => {
            let deleted = ask(&mut state.clone(), DeleteEntrance::new(entrance));
            Some(deleted.and_then(|()| leave_groups(state, entrance)))
        }
        Fault::DeletedEntranceStaysInGroups => {
            // Another one of the same name takes its place in the groups.
            let known = state.entrance(entrance).ok()?.clone();
            let holding = groups_with(state, entrance);
            let name = known.display_name.parse().ok()?;
            let deleted = ask(state, DeleteEntrance::new(entrance));
            let new = NewEntrance::new(known.acs_system_id, name);
            let stays = |state: &mut State| {
                let stand_in = ask(state, CreateEntrance::new(new))?.acs_entrance_id;
                let mut holding = holding.into_iter();
                holding.try_for_each(|group| state.insert_group_entrance(group, stand_in).map(drop))
            };
            Some(deleted.and_then(|()| stays(state)))
        }
        _ => None,
    }
}

fn leave_groups(state: &mut State, entrance: EntranceId) -> Result<(), Error> {
    let mut groups = groups_with(state, entrance).into_iter();
    groups.try_for_each(|group| {
        let update = AccessGroupUpdate {
            remove_entrances: vec![entrance],
            ..AccessGroupUpdate::default()
        };
        ask(state, UpdateAccessGroup::new(group, update))
    })
}

fn groups_with(state: &State, entrance: EntranceId) -> Vec<AccessGroupId> {
    let filter = AccessGroupFilter::new();
    let groups = state
        .access_groups(&filter)
        .map(|group| group.acs_access_group_id);
    let holds = |group: &AccessGroupId| {
        let mut held = state.entrances_of_group(*group).into_iter().flatten();
        held.any(|known| known.acs_entrance_id == entrance)
    };
    groups.filter(holds).collect()
}
