//! Faults in what is shown, and in how calls are refused.

use std::sync::{PoisonError, Weak};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, Error, ErrorKind, ListAccessGroups, Operation,
    Reply, Subject, UserIdentitySelector, WorkspaceId,
};

use super::{Broken, NOW, honest};
use crate::fault::Fault;

impl Broken {
    /// The refusal, or what a broken port says and does instead.
    pub(super) fn instead_of_refusal(
        &self,
        fault: Fault,
        operation: &Operation,
        answer: Result<Reply, Error>,
    ) -> Result<Reply, Error> {
        let error = match answer {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        let subject = error.subject();
        let is_change = operation.effect().changes_state();
        match (fault, subject) {
            (Fault::AcceptsUnknownUsers, Some(Subject::AcsUser(_)))
                if is_change && error.kind() == ErrorKind::NotFound =>
            {
                Ok(Reply::Done(()))
            }
            (Fault::NamesNoUser, Some(Subject::AcsUser(_))) if is_change => {
                Err(Error::of_kind(error.kind(), error.message()))
            }
            (Fault::WrongErrorKind, Some(Subject::AccessGroup(_))) => {
                Err(Error::conflict(error.message()))
            }
            (
                Fault::ChecksGroupBeforeUser,
                Some(Subject::AcsUser(_) | Subject::UserIdentity(_)),
            ) => {
                let group = group_of(operation);
                let unknown = group.filter(|it| self.store.state().access_group(*it).is_err());
                Err(unknown.map_or(error, Error::unknown))
            }
            (Fault::SeesOtherWorkspaces, _) if error.kind() == ErrorKind::NotFound => {
                let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.retain(|it| it.strong_count() > 0);
                let stores = opened.iter().filter_map(Weak::upgrade);
                let mut answers = stores.map(|it| honest(&mut it.state(), operation.clone()));
                answers.find_map(Result::ok).ok_or(error)
            }
            (Fault::UnknownUserIsInvalid, _) if matches!(operation, Operation::GetAcsUser(_)) => {
                Err(Error::invalid(error.message()))
            }
            (Fault::UnknownEntranceIsInvalid, _)
                if matches!(operation, Operation::GetEntrance(_)) =>
            {
                Err(Error::invalid(error.message()))
            }
            (Fault::UnknownSystemIsInvalid, _)
                if matches!(operation, Operation::GetAcsSystem(_)) =>
            {
                Err(Error::invalid(error.message()))
            }
            (Fault::UnknownIdentityIsInvalid | Fault::UnknownKeyIsInvalid, _) => match operation {
                Operation::GetUserIdentity(op)
                    if is_key(&op.identity) == (fault == Fault::UnknownKeyIsInvalid) =>
                {
                    Err(Error::invalid(error.message()))
                }
                _ => Err(error),
            },
            _ => Err(error),
        }
    }

    /// The reply, or what a broken port makes of it.
    pub(super) fn shown(&self, fault: Fault, operation: &Operation, mut reply: Reply) -> Reply {
        match (operation, &mut reply) {
            (Operation::ListAccessGroups(op), Reply::AccessGroups(groups)) => {
                self.spoil_groups(fault, &op.filter, groups);
                spoil_list(fault, groups);
            }
            (Operation::ListUsersInGroup(_), Reply::AcsUsers(users)) => {
                match fault {
                    Fault::LeavesOutSuspendedUsers => {
                        users.retain(|it| it.is_suspended != Some(true));
                    }
                    Fault::HidesPhonesInListings => {
                        users.iter_mut().for_each(|it| it.phone_number = None);
                    }
                    Fault::LosesSchedulesOfMembers => {
                        users.iter_mut().for_each(|it| it.access_schedule = None);
                    }
                    _ => {}
                }
                spoil_list(fault, users);
            }
            (Operation::ListEntrancesOfGroup(op), Reply::Entrances(entrances)) => {
                match fault {
                    Fault::ShowsEntrancesOfTheSystem => {
                        let state = self.store.state();
                        let system = state.access_group(op.group).map(|it| it.acs_system_id);
                        let of_system = |it: &&access_groups_core::Entrance| {
                            system.as_ref().ok() == Some(&it.acs_system_id)
                        };
                        *entrances = state.entrances().filter(of_system).cloned().collect();
                    }
                    Fault::RenamesEntrancesInListings => {
                        entrances
                            .iter_mut()
                            .for_each(|it| it.display_name.push('!'));
                    }
                    _ => {}
                }
                spoil_list(fault, entrances);
            }
            (_, Reply::EntrancePage(page)) if fault == Fault::RenamesEntrancesInPages => {
                let names = page.items.iter_mut().map(|it| &mut it.display_name);
                names.for_each(|it| it.push('!'));
            }
            (_, Reply::AcsSystems(systems)) if fault == Fault::RenamesSystemsInListings => {
                systems.iter_mut().for_each(|it| it.name.push('!'));
            }
            (_, Reply::AccessGroup(group)) if fault == Fault::GroupsNameAnotherWorkspace => {
                group.workspace_id = WorkspaceId::from_u128(0xbad);
            }
            (_, Reply::AccessGroup(group)) if fault == Fault::LosesTheScheduleOfOneGroup => {
                group.access_schedule = None;
            }
            (_, Reply::AcsUser(user)) if fault == Fault::LosesTheScheduleOfOneUser => {
                user.access_schedule = None;
            }
            _ => {}
        }
        reply
    }

    fn spoil_groups(
        &self,
        fault: Fault,
        filter: &AccessGroupFilter,
        groups: &mut Vec<AccessGroup>,
    ) {
        match fault {
            Fault::IgnoresTheUserFilter => {
                let mut without = filter.clone();
                without.user = None;
                *groups = self.listed(without);
            }
            Fault::OneConditionSuffices => *groups = self.any_of(filter),
            Fault::SearchesInThisCaseOnly => {
                let text = filter.search.as_ref().map_or("", |it| it.as_str());
                groups.retain(|it| {
                    it.name.contains(text) || it.acs_access_group_id.to_string().contains(text)
                });
            }
            Fault::SearchesNamesOnly => {
                if let Some(text) = &filter.search {
                    groups.retain(|it| text.is_in(&it.name));
                }
            }
            Fault::DeletionKeepsMemberships => {
                let notes = self.store.notes();
                let still = notes
                    .deleted
                    .iter()
                    .filter(|(_, members)| filter.user.is_some_and(|user| members.contains(&user)));
                groups.extend(still.map(|(group, _)| group.clone()));
            }
            Fault::RenamesGroupsInListings => {
                groups.iter_mut().for_each(|it| it.name.push('!'));
            }
            Fault::LosesSchedulesInListings => {
                groups.iter_mut().for_each(|it| it.access_schedule = None);
            }
            _ => {}
        }
    }

    /// Groups that pass one condition of the filter, if it has any.
    fn any_of(&self, filter: &AccessGroupFilter) -> Vec<AccessGroup> {
        let one = AccessGroupFilter::new;
        let conditions = [
            filter.system.map(|it| one().in_system(it)),
            filter.user.map(|it| one().of_user(it)),
            filter.identity.map(|it| one().of_identity(it)),
            filter.search.clone().map(|it| one().matching(it)),
        ];
        let conditions: Vec<_> = conditions.into_iter().flatten().collect();
        if conditions.is_empty() {
            return self.listed(one());
        }
        let mut groups: Vec<_> = conditions
            .into_iter()
            .flat_map(|it| self.listed(it))
            .collect();
        groups.sort_by_key(|it| it.acs_access_group_id);
        groups.dedup();
        groups
    }

    fn listed(&self, filter: AccessGroupFilter) -> Vec<AccessGroup> {
        let list = ListAccessGroups { filter };
        match self.store.state().execute(list.into(), NOW) {
            Ok(Reply::AccessGroups(groups)) => groups,
            other => panic!("a listing lists: {other:?}"),
        }
    }
}

fn spoil_list<T: Clone>(fault: Fault, items: &mut Vec<T>) {
    match fault {
        Fault::ListsTwice => items.extend(items.first().cloned()),
        Fault::LosesTheLastOfMany if items.len() > 4 => drop(items.pop()),
        _ => {}
    }
}

fn is_key(identity: &UserIdentitySelector) -> bool {
    matches!(identity, UserIdentitySelector::Key(_))
}

fn group_of(operation: &Operation) -> Option<AccessGroupId> {
    match operation {
        Operation::AddUser(op) => Some(op.group),
        Operation::RemoveUser(op) => Some(op.group),
        _ => None,
    }
}
