//! Operations as values: carried out and refused.

use std::collections::BTreeSet;

// One of each operation: a list of them would be the table again.
use access_groups_core::{shown::with_texts, *};

use super::*;

/// The operations that always succeed.
fn never_refused() -> [Operation; 4] {
    [
        ListAccessGroups::new(AccessGroupFilter::new()).into(),
        GetWorkspace::new().into(),
        ListAcsSystems::new(AcsSystemFilter::new()).into(),
        CreateAcsSystem::new(NewAcsSystem::new(title())).into(),
    ]
}

fn title() -> ResourceName {
    "Gym".parse().expect("a name")
}

/// One of each other operation, with unknown ids.
fn refused() -> Vec<Operation> {
    let (group, entrance) = (NO_GROUP, NO_ENTRANCE);
    let (user, identity) = (AcsUserSelector::Id(NO_USER), NO_IDENTITY);
    let page = PageRequest::first().after(PageCursor::new("strange"));
    let name = || "Ada".parse().expect("a name");
    let new_user = NewAcsUser::new(NO_SYSTEM, name());
    let mut new_identity = NewUserIdentity::named(name());
    new_identity.systems = vec![NO_SYSTEM];
    let somebody = UserRef::from(NO_USER);
    vec![
        AddUser::new(somebody, group).into(),
        RemoveUser::new(somebody, group).into(),
        GetAccessGroup::new(group).into(),
        ListUsersInGroup::new(group).into(),
        ListEntrancesOfGroup::new(group).into(),
        DeleteAccessGroup::new(group).into(),
        CreateAcsUser::new(new_user).into(),
        GetAcsUser::new(user).into(),
        ListAcsUsers::new(AcsUserFilter::new(), page.clone()).into(),
        UpdateAcsUser::new(user, AcsUserUpdate::default()).into(),
        DeleteAcsUser::new(user).into(),
        SuspendAcsUser::new(user).into(),
        UnsuspendAcsUser::new(user).into(),
        ListEntrancesOfUser::new(user).into(),
        RevokeAccessToAllEntrances::new(user).into(),
        GetAcsSystem::new(NO_SYSTEM).into(),
        GetEntrance::new(entrance).into(),
        ListEntrances::new(EntranceFilter::new(), page.clone()).into(),
        GrantAccess::new(somebody, entrance).into(),
        CreateUserIdentity::new(new_identity).into(),
        GetUserIdentity::new(identity).into(),
        ListUserIdentities::new(UserIdentityFilter::new(), page).into(),
        UpdateUserIdentity::new(identity, UserIdentityUpdate::default()).into(),
        DeleteUserIdentity::new(identity).into(),
        LinkAcsUser::new(NO_USER, identity).into(),
        UnlinkAcsUser::new(NO_USER, identity).into(),
        ListUsersOfIdentity::new(identity).into(),
        ListSystemsOfIdentity::new(identity).into(),
        ListEntrancesOfIdentity::new(identity).into(),
        CreateAccessGroup::new(NewAccessGroup::new(NO_SYSTEM, title())).into(),
        UpdateAccessGroup::new(NO_GROUP, AccessGroupUpdate::default()).into(),
        RevokeAccess::new(NO_USER, NO_ENTRANCE).into(),
        UpdateAcsSystem::new(NO_SYSTEM, AcsSystemUpdate::default()).into(),
        DeleteAcsSystem::new(NO_SYSTEM).into(),
        CreateEntrance::new(NewEntrance::new(NO_SYSTEM, title())).into(),
        UpdateEntrance::new(NO_ENTRANCE, EntranceUpdate::default()).into(),
        DeleteEntrance::new(NO_ENTRANCE).into(),
    ]
}

#[test]
fn a_refused_operation_changes_nothing() {
    let Wings { mut state, .. } = wings();
    let before = state.clone();
    for operation in refused() {
        let name = operation.name();
        let error = state.execute(operation, NOW).expect_err(name);
        assert_eq!(error.operation(), Some(name));
        assert_eq!(
            (&state, state.revision()),
            (&before, before.revision()),
            "{name}"
        );
    }
}

#[test]
fn every_operation_is_tested() {
    let (refused, never_refused) = (refused(), never_refused());
    let tested = refused.iter().chain(&never_refused).map(Operation::name);
    let expected: BTreeSet<_> = Operation::NAMES.iter().copied().collect();
    assert_eq!(tested.collect::<BTreeSet<_>>(), expected);
}

#[test]
fn only_reads_are_answered_without_a_change() {
    let Wings { mut state, .. } = wings();
    for operation in refused().into_iter().chain(never_refused()) {
        let answer = state.answer(&operation);
        assert_eq!(
            answer.is_some(),
            operation.effect().is_safe(),
            "{operation:?}"
        );
        if let Some(answer) = answer {
            let shown = |result: Result<Reply, Error>| with_texts(|| format!("{result:?}"));
            assert_eq!(shown(answer), shown(state.execute(operation, NOW)));
        }
    }
}

#[test]
fn execute_carries_out_and_names_errors() -> Result<(), Error> {
    let Wings {
        mut state, east, ..
    } = wings();
    let (user, [group, _]) = (east.user, east.groups);
    assert_eq!(
        state.execute(AddUser::new(user, group).into(), NOW)?,
        AddUser::answer(())
    );
    let ada = state.acs_user(user)?.clone();
    let members = state.execute(ListUsersInGroup::new(group).into(), NOW)?;
    assert_eq!(members, ListUsersInGroup::answer(vec![ada]));
    let filter = AccessGroupFilter::new().of_user(user);
    let gym = state.access_group(group)?.clone();
    let groups = state.execute(ListAccessGroups::new(filter).into(), NOW)?;
    assert_eq!(groups, ListAccessGroups::answer(vec![gym]));
    assert_eq!(
        state.execute(RemoveUser::new(user, group).into(), NOW)?,
        RemoveUser::answer(())
    );
    assert!(!state.is_member(user, group));

    let entrance = NO_ENTRANCE;
    let refused = state.execute(GetEntrance::new(entrance).into(), NOW);
    assert_eq!(refused.expect_err("none").operation(), Some("entrance"));
    Ok(())
}
