//! Everything in bulk, through calls.

use super::*;

/// Each call is made more than 1,000 times, or as often as the fixture says.
pub(crate) fn however_many_are_created_all_are_there(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let hall = site.group(main, "Hall");
    let desk = site.entrance(main, "Desk");
    let case = Case::open(bench, &site);
    let most = case.fixture.bulk();
    let users = must_create_members(&case, most, main, hall)?;
    let users = users.unwrap_or_default();
    must_create_groups(&case, most, main, hall, users.first().copied())?;
    let few = most.min(MANY);
    must_create_entrances(&case, few, main, desk)?;
    must_change_each(&case, &users, few, hall, desk)?;
    must_create_systems(&case, few, main)
}

fn must_create_members(
    case: &Case<'_>,
    count: usize,
    main: AcsSystemId,
    hall: AccessGroupId,
) -> Checked<Option<Vec<AcsUserId>>> {
    let user = NewAcsUser::new(main, name("One of many")).in_group(hall);
    let users = create(case, count, |_| CreateAcsUser::new(user.clone()))?;
    if let Some(users) = &users {
        must_list_each_once(case, ListUsersInGroup::new(hall), users)?;
        let of_system = users_that(AcsUserFilter::new().in_system(main));
        must_page_with(case, &of_system, Some(PageRequest::MAX_LIMIT), users)?;
    }
    Ok(users)
}

/// One user joins all of them, one after the other.
fn must_create_groups(
    case: &Case<'_>,
    count: usize,
    main: AcsSystemId,
    hall: AccessGroupId,
    user: Option<AcsUserId>,
) -> Checked {
    let group = NewAccessGroup::new(main, title("One of many"));
    let groups = create(case, count, |_| CreateAccessGroup::new(group.clone()))?;
    let Some(mut groups) = groups else {
        return Ok(());
    };
    groups.push(hall);
    must_list_each_once(case, ListAccessGroups::new(all()), &groups)?;
    if let Some(user) = user
        && each(case, groups.iter().map(|group| AddUser::new(user, *group)))?
    {
        must_list_each_once(case, ListAccessGroups::new(all().of_user(user)), &groups)?;
    }
    Ok(())
}

/// Also held by one group, which is created with all of them.
fn must_create_entrances(
    case: &Case<'_>,
    count: usize,
    main: AcsSystemId,
    desk: EntranceId,
) -> Checked {
    let entrance = NewEntrance::new(main, title("One of many"));
    let entrances = create(case, count, |_| CreateEntrance::new(entrance.clone()))?;
    let Some(mut entrances) = entrances else {
        return Ok(());
    };
    entrances.push(desk);
    let all_entrances = entrances_that(EntranceFilter::new());
    let longest = Some(PageRequest::MAX_LIMIT);
    must_page_with(case, &all_entrances, longest, &entrances)?;
    let user = NewAcsUser::new(main, name("Keeper"));
    let Some(user) = quietly(case, CreateAcsUser::new(user))? else {
        return Ok(());
    };
    let user = user.acs_user_id;
    if each(
        case,
        entrances
            .iter()
            .map(|entrance| GrantAccess::new(user, *entrance)),
    )? {
        let opened = ListEntrancesOfUser::new(user);
        must_list_each_once(case, opened.clone(), &entrances)?;
        // One by one, until one remains.
        let rest = entrances.iter().skip(1);
        if each(
            case,
            rest.map(|entrance| RevokeAccess::new(user, *entrance)),
        )? {
            must_list_each_once(case, opened, &entrances[..1])?;
        }
    }
    Ok(())
}

/// A user in each, who are linked to one identity, one after the other.
fn must_create_systems(case: &Case<'_>, count: usize, main: AcsSystemId) -> Checked {
    let system = NewAcsSystem::new(title("One of many"));
    let systems = create(case, count, |_| CreateAcsSystem::new(system.clone()))?;
    let Some(mut systems) = systems else {
        return Ok(());
    };
    systems.push(main);
    must_list_each_once(case, ListAcsSystems::new(AcsSystemFilter::new()), &systems)?;
    let users = create(case, count, |number| {
        CreateAcsUser::new(NewAcsUser::new(systems[number], name("Everywhere")))
    })?;
    let Some(users) = users else {
        return Ok(());
    };
    let one = NewUserIdentity::named(name("Everywhere"));
    let Some(identity) = quietly(case, CreateUserIdentity::new(one))? else {
        return Ok(());
    };
    let identity = identity.user_identity_id;
    let links = users.iter().map(|user| LinkAcsUser::new(*user, identity));
    if each(case, links)? {
        must_list_each_once(case, ListUsersOfIdentity::new(identity), &users)?;
        let theirs = &systems[1..=users.len()];
        must_list_each_once(case, ListSystemsOfIdentity::new(identity), theirs)?;
    }
    case.look(DeleteUserIdentity::new(identity)).map(drop)
}

/// Identities, links, memberships that end and begin again, and grants: one of each user.
fn must_change_each(
    case: &Case<'_>,
    users: &[AcsUserId],
    few: usize,
    hall: AccessGroupId,
    desk: EntranceId,
) -> Checked {
    let identities = create(case, few, |number| {
        CreateUserIdentity::new(NewUserIdentity {
            key: Some(key_of(number)),
            ..NewUserIdentity::default()
        })
    })?;
    if let Some(identities) = &identities {
        let listed = identities_that(UserIdentityFilter::new());
        must_page_each_once(case, &listed, identities)?;
    }
    let (some, others) = users.split_at(few.min(users.len()));
    let identities = identities.unwrap_or_default();
    let pairs = || some.iter().copied().zip(identities.iter().copied());
    if each(
        case,
        pairs().map(|(user, identity)| LinkAcsUser::new(user, identity)),
    )? {
        for (user, identity) in pairs() {
            must_list_each_once(case, ListUsersOfIdentity::new(identity), &[user])?;
        }
    }
    let members = ListUsersInGroup::new(hall);
    if each(case, some.iter().map(|user| RemoveUser::new(*user, hall)))? {
        must_list_each_once(case, members.clone(), others)?;
    }
    if each(case, some.iter().map(|user| AddUser::new(*user, hall)))? {
        must_list_each_once(case, members, users)?;
    }
    if each(case, some.iter().map(|user| GrantAccess::new(*user, desk)))? {
        for user in some {
            must_list_each_once(case, ListEntrancesOfUser::new(*user), &[desk])?;
        }
    }
    Ok(())
}
