//! Faults in what is read and listed, in pages of lists, and in how calls are refused.

use std::sync::{PoisonError, Weak};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AcsSystem, AcsUser, AddUser, Call, CreateAcsUser,
    DeleteAcsUser, Entrance, Error, ErrorKind, GetAccessGroup, GetAcsUser, GrantAccess,
    LinkAcsUser, ListAccessGroups, ListAcsSystems, ListAcsUsers, ListEntrances,
    ListEntrancesOfGroup, ListSystemsOfIdentity, ListUserIdentities, ListUsersInGroup, Operation,
    Page, PageRequest, RemoveUser, Reply, RevokeAccessToAllEntrances, SearchText, Subject,
    SuspendAcsUser, UnlinkAcsUser, UnsuspendAcsUser, UpdateAcsUser, UserIdentitySelector,
    WorkspaceId,
};
use access_groups_in_memory::State;

use super::{Broken, ask, execute};
use crate::faults::Fault;

/// Asks another question than the caller did.
pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let mut other = operation.clone();
    match &mut other {
        Operation::ListAcsSystems(op) => match fault {
            Fault::SystemListIgnoresTheSearch => op.filter.search = None,
            Fault::SystemListIgnoresTheAccount => op.filter.connected_account = None,
            _ => {}
        },
        Operation::ListEntrances(op) => match (fault, op.filter.entrances.as_deref()) {
            (Fault::NoEntrancesAreAllEntrances, Some([])) => op.filter.entrances = None,
            (Fault::EntranceListIgnoresTheSystem, _) => op.filter.system = None,
            (Fault::EntranceListIgnoresCredentials, _) => op.filter.credential = None,
            _ => {}
        },
        Operation::ListUserIdentities(op) => match (fault, op.filter.identities.as_deref()) {
            (Fault::IdentityListIgnoresTheSearch, _) => op.filter.search = None,
            (Fault::NoIdentitiesAreAllIdentities, Some([])) => op.filter.identities = None,
            _ => {}
        },
        Operation::ListAcsUsers(op) => match fault {
            Fault::UserListIgnoresAges => op.filter.created_before = None,
            Fault::UserListIgnoresAddresses => op.filter.identity_email_address = None,
            Fault::UserPagesAreTooLong => {
                op.page.limit = op.page.limit.map(|limit| limit.saturating_add(1));
            }
            _ => {}
        },
        _ => {}
    }
    if other != *operation {
        return Some(execute(state, other));
    }
    let page = page_of(&mut other)?;
    let answer = execute(state, operation.clone());
    match answer {
        Err(error) if error.code() == Some("mismatched_page_parameters") => match fault {
            Fault::AnyCursorWillDo => {
                page.cursor = None;
                Some(execute(state, other))
            }
            Fault::CursorIsRefusedWithoutCode => Some(Err(Error::invalid(error.message()))),
            _ => Some(Err(error)),
        },
        answer => Some(answer),
    }
}

impl Broken {
    /// The refusal, or what a broken port answers instead.
    pub(super) fn instead_of_refusal(
        &self,
        fault: Fault,
        operation: &Operation,
        error: Error,
    ) -> Result<Reply, Error> {
        let is_change = !operation.effect().is_safe();
        let invalid = || Error::invalid(error.message());
        match (fault, error.subject(), operation) {
            (Fault::AcceptsUnknownUsers, Some(Subject::AcsUser(_)), _)
                if error.kind() == ErrorKind::NotFound =>
            {
                done(operation).ok_or(error)
            }
            (Fault::NamesNoUser, Some(Subject::AcsUser(_)), _) if is_change => {
                Err(Error::of_kind(error.kind(), error.message()))
            }
            (Fault::WrongErrorKind, Some(Subject::AccessGroup(_)), _) => {
                Err(Error::conflict(error.message()))
            }
            (
                Fault::ChecksGroupBeforeUser,
                Some(Subject::AcsUser(_) | Subject::UserIdentity(_)),
                Operation::AddUser(AddUser { group, .. })
                | Operation::RemoveUser(RemoveUser { group, .. }),
            ) if self.store.state().access_group(*group).is_err() => Err(Error::unknown(*group)),
            (Fault::SeesOtherWorkspaces, _, _) if error.kind() == ErrorKind::NotFound => {
                let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
                opened.retain(|store| store.strong_count() > 0);
                let stores = opened.iter().filter_map(Weak::upgrade);
                let mut answers =
                    stores.map(|store| execute(&mut store.state(), operation.clone()));
                answers.find_map(Result::ok).ok_or(error)
            }
            (Fault::UnknownUserIsInvalid, _, Operation::GetAcsUser(_))
            | (Fault::UnknownEntranceIsInvalid, _, Operation::GetEntrance(_))
            | (Fault::UnknownSystemIsInvalid, _, Operation::GetAcsSystem(_)) => Err(invalid()),
            (Fault::UnknownIdentityIsInvalid, _, Operation::GetUserIdentity(op)) => {
                Err(if is_key(&op.identity) {
                    error
                } else {
                    invalid()
                })
            }
            (Fault::UnknownKeyIsInvalid, _, Operation::GetUserIdentity(op)) => {
                Err(if is_key(&op.identity) {
                    invalid()
                } else {
                    error
                })
            }
            _ => Err(error),
        }
    }

    /// The reply, or what a broken port makes of it.
    pub(super) fn spoiled(&self, fault: Fault, operation: &Operation, reply: Reply) -> Reply {
        match operation {
            Operation::ListAccessGroups(op) => edit::<ListAccessGroups>(reply, |groups| {
                self.spoil_groups(fault, &op.filter, groups);
                spoil_list(fault, groups);
            }),
            Operation::GetAccessGroup(_) => edit::<GetAccessGroup>(reply, |group| match fault {
                Fault::GroupsNameAnotherWorkspace => {
                    group.workspace_id = WorkspaceId::from_u128(0xbad);
                }
                Fault::LosesTheScheduleOfOneGroup => group.access_schedule = None,
                _ => {}
            }),
            Operation::ListUsersInGroup(_) => edit::<ListUsersInGroup>(reply, |users| {
                match fault {
                    Fault::LeavesOutSuspendedUsers => {
                        users.retain(|user| user.is_suspended != Some(true));
                    }
                    Fault::HidesPhonesInListings => {
                        users.iter_mut().for_each(|user| user.phone_number = None);
                    }
                    Fault::LosesSchedulesOfMembers => {
                        users
                            .iter_mut()
                            .for_each(|user| user.access_schedule = None);
                    }
                    _ => {}
                }
                spoil_list(fault, users);
            }),
            Operation::ListEntrancesOfGroup(op) => {
                edit::<ListEntrancesOfGroup>(reply, |entrances| {
                    match fault {
                        Fault::ShowsEntrancesOfTheSystem => {
                            let state = self.store.state();
                            let group = state.access_group(op.group).expect("it was listed");
                            let all = state.entrances();
                            let of_system = all
                                .filter(|entrance| entrance.acs_system_id == group.acs_system_id);
                            *entrances = of_system.cloned().collect();
                        }
                        Fault::RenamesEntrancesInListings => rename(entrances),
                        _ => {}
                    }
                    spoil_list(fault, entrances);
                })
            }
            Operation::GetAcsUser(_) if fault == Fault::LosesTheScheduleOfOneUser => {
                edit::<GetAcsUser>(reply, |user| user.access_schedule = None)
            }
            Operation::CreateAcsUser(_) if fault == Fault::LosesTheScheduleOfOneUser => {
                edit::<CreateAcsUser>(reply, |user| user.access_schedule = None)
            }
            Operation::ListAcsSystems(_) if fault == Fault::RenamesSystemsInListings => {
                edit::<ListAcsSystems>(reply, |systems| rename_systems(systems))
            }
            Operation::ListSystemsOfIdentity(_) if fault == Fault::RenamesSystemsInListings => {
                edit::<ListSystemsOfIdentity>(reply, |systems| rename_systems(systems))
            }
            Operation::ListAcsUsers(op) => {
                edit::<ListAcsUsers>(reply, |users| match (fault, &op.filter.search) {
                    (Fault::UserPagesAreReversed, _) if op.page.limit.is_some() => {
                        users.items.reverse();
                    }
                    (Fault::UserSearchIgnoresIdentities, Some(text)) => {
                        users.items.retain(|user| is_in_own_fields(text, user));
                    }
                    (Fault::SkipsUsersBetweenPages, _) => skip(&op.page, users),
                    (Fault::CursorsOfDeletedRowsEndTheList, _) => self.end_at_gaps(&op.page, users),
                    _ => {}
                })
            }
            Operation::ListEntrances(op) => edit::<ListEntrances>(reply, |entrances| match fault {
                Fault::RenamesEntrancesInPages => rename(&mut entrances.items),
                Fault::SkipsEntrancesBetweenPages => skip(&op.page, entrances),
                _ => {}
            }),
            Operation::ListUserIdentities(op) if fault == Fault::SkipsIdentitiesBetweenPages => {
                edit::<ListUserIdentities>(reply, |identities| skip(&op.page, identities))
            }
            _ => reply,
        }
    }

    /// Finds no next page if the last row before it is gone.
    fn end_at_gaps(&self, request: &PageRequest, users: &mut Page<AcsUser>) {
        let mut notes = self.store.notes();
        let before = request.cursor.as_ref();
        let before = before.and_then(|cursor| notes.ends.get(cursor.as_str()));
        if before.is_some_and(|user| self.store.state().acs_user(*user).is_err()) {
            *users = Page::only(Vec::new());
        }
        if let (Some(last), Some(next)) = (users.items.last(), &users.next) {
            let cursor = next.as_str().to_owned();
            notes.ends.insert(cursor, last.acs_user_id);
        }
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
            Fault::ListsNoGroupsOfSuspendedUsers => {
                let state = self.store.state();
                let user = filter.user.and_then(|user| state.acs_user(user).ok());
                if user.is_some_and(|user| user.is_suspended == Some(true)) {
                    groups.clear();
                }
            }
            Fault::ListsGroupsOfOneUserOfAnIdentity if filter.identity.is_some() => {
                let system = groups.first().map(|group| group.acs_system_id);
                groups.retain(|group| Some(group.acs_system_id) == system);
            }
            Fault::ListsAllGroupsOfUnknownUsers => {
                let state = self.store.state();
                if filter
                    .user
                    .is_some_and(|user| state.acs_user(user).is_err())
                {
                    drop(state);
                    *groups = self.listed(AccessGroupFilter::new());
                }
            }
            Fault::OneConditionSuffices => *groups = self.any_of(filter),
            Fault::SearchesInThisCaseOnly => {
                let text = filter.search.as_ref().map_or("", |text| text.as_str());
                groups.retain(|group| {
                    group.name.contains(text)
                        || group.acs_access_group_id.to_string().contains(text)
                });
            }
            Fault::SearchesNamesOnly => {
                if let Some(text) = &filter.search {
                    groups.retain(|group| text.is_in(&group.name));
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
                groups.iter_mut().for_each(|group| group.name.push('!'));
            }
            Fault::LosesSchedulesInListings => {
                groups
                    .iter_mut()
                    .for_each(|group| group.access_schedule = None);
            }
            _ => {}
        }
    }

    /// Groups that pass one condition of the filter, if it has any.
    fn any_of(&self, filter: &AccessGroupFilter) -> Vec<AccessGroup> {
        let one = AccessGroupFilter::new;
        let conditions = [
            filter.system.map(|system| one().in_system(system)),
            filter.user.map(|user| one().of_user(user)),
            filter.identity.map(|identity| one().of_identity(identity)),
            filter.search.clone().map(|search| one().matching(search)),
        ];
        let conditions: Vec<_> = conditions.into_iter().flatten().collect();
        if conditions.is_empty() {
            return self.listed(one());
        }
        let mut groups: Vec<_> = conditions
            .into_iter()
            .flat_map(|filter| self.listed(filter))
            .collect();
        groups.sort_by_key(|group| group.acs_access_group_id);
        groups.dedup();
        groups
    }

    fn listed(&self, filter: AccessGroupFilter) -> Vec<AccessGroup> {
        let listed = ask(&mut self.store.state(), ListAccessGroups::new(filter));
        listed.expect("a list of groups is never refused")
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

fn is_in_own_fields(text: &SearchText, user: &AcsUser) -> bool {
    let id = user.acs_user_id.to_string();
    let fields = [&user.full_name, &user.email_address, &user.phone_number];
    let fields = fields.into_iter().flatten().chain([&id]);
    fields.into_iter().any(|field| text.is_in(field))
}

fn rename(entrances: &mut [Entrance]) {
    let names = entrances
        .iter_mut()
        .map(|entrance| &mut entrance.display_name);
    names.for_each(|name| name.push('!'));
}

fn rename_systems(systems: &mut [AcsSystem]) {
    let names = systems.iter_mut().map(|system| &mut system.name);
    names.for_each(|name| name.push('!'));
}

/// Loses the first row of every page but the first.
fn skip<T>(page: &PageRequest, rows: &mut Page<T>) {
    if page.cursor.is_some() && !rows.items.is_empty() {
        rows.items.remove(0);
    }
}

pub(super) fn page_of(operation: &mut Operation) -> Option<&mut PageRequest> {
    match operation {
        Operation::ListAcsUsers(op) => Some(&mut op.page),
        Operation::ListEntrances(op) => Some(&mut op.page),
        Operation::ListUserIdentities(op) => Some(&mut op.page),
        _ => None,
    }
}

/// Changes the answer to this operation.
pub(super) fn edit<C: Call>(reply: Reply, change: impl FnOnce(&mut C::Reply)) -> Reply {
    let mut answer = C::reply(reply).expect("the reply answers its operation");
    change(&mut answer);
    C::answer(answer)
}

/// The answer of success to a change that names a user.
fn done(operation: &Operation) -> Option<Reply> {
    Some(match operation {
        Operation::AddUser(_) => AddUser::answer(()),
        Operation::RemoveUser(_) => RemoveUser::answer(()),
        Operation::UpdateAcsUser(_) => UpdateAcsUser::answer(()),
        Operation::DeleteAcsUser(_) => DeleteAcsUser::answer(()),
        Operation::SuspendAcsUser(_) => SuspendAcsUser::answer(()),
        Operation::UnsuspendAcsUser(_) => UnsuspendAcsUser::answer(()),
        Operation::GrantAccess(_) => GrantAccess::answer(()),
        Operation::RevokeAccessToAllEntrances(_) => RevokeAccessToAllEntrances::answer(()),
        Operation::LinkAcsUser(_) => LinkAcsUser::answer(()),
        Operation::UnlinkAcsUser(_) => UnlinkAcsUser::answer(()),
        _ => return None,
    })
}
