//! New users.

use access_groups_core::shown::with_texts;

use super::*;

/// With a name only, and with everything; two equal calls make two users.
pub(crate) fn a_created_user_is_there(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let grace = site.user(main, "Grace");
    let gym = site.group(main, "Gym");
    let door = site.entrance(main, "Door");
    site.members(gym, &[grace]);
    site.holds(gym, &[door]);
    let case = Case::open(bench, &site);

    let bare = NewAcsUser::new(main, name("Mary Shelley"));
    let whole = bare
        .clone()
        .with_email_address(email("mary@example.com"))
        .with_phone_number(contact("+1 555 0100"))
        .with_access_schedule(schedule(Some(long_ago(0)), Some(far_off(1))));
    let from_now = bare
        .clone()
        .with_access_schedule(schedule(None, Some(far_off(1))));
    let mut before = case.visible();
    // The same attributes twice, because a creation is no idempotent call.
    let mut everybody = vec![grace];
    for asked in [bare, whole.clone(), whole, from_now] {
        let created = case.call(CreateAcsUser::new(asked.clone()))?;
        must_be_as_asked(&case, &created, &asked)?;
        let id = created.acs_user_id;
        let why = "a created user must be a new one, not somebody who was there";
        case.must(!everybody.contains(&id), why)?;
        everybody.push(id);

        let expected = Answer::Users(vec![UserSeen::from(&created)]);
        case.must_answer(GetAcsUser::new(id), &expected)?;
        case.must_list(&users_that(AcsUserFilter::new()), &everybody)?;
        case.must_answer(list(all().of_user(id)), &Answer::Groups(Vec::new()))?;
        case.must_answer(ListEntrancesOfUser::new(id), &Answer::Entrances(Vec::new()))?;
    }
    // Only the lists of users have changed.
    before.retain(|(question, _)| !matches!(question, Operation::ListAcsUsers(_)));
    case.must_show(&before)
}

pub(crate) fn a_created_user_is_in_their_groups_at_once(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let grace = site.user(main, "Grace");
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let (roof, sauna) = (site.group(main, "Roof"), site.group(west, "Sauna"));
    site.members(gym, &[grace]);
    let case = Case::open(bench, &site);

    let mary = || NewAcsUser::new(main, name("Mary Shelley"));
    let before = case.visible();
    for (groups, refusal) in [
        // In both orders: a careless adapter has added to the first one by then.
        ([gym, NO_GROUP], Answer::not_found(NO_GROUP)),
        ([NO_GROUP, gym], Answer::not_found(NO_GROUP)),
        ([gym, sauna], Answer::Refused(ErrorKind::Invalid, None)),
    ] {
        let mut user = mary();
        user.groups = groups.to_vec();
        case.must_answer(CreateAcsUser::new(user), &refusal)?;
        case.must_show(&before)?;
    }

    let user = mary().in_group(gym).in_group(pool);
    let new = case.call(CreateAcsUser::new(user))?.acs_user_id;
    for (group, members) in [
        (gym, &[grace, new][..]),
        (pool, &[new]),
        (roof, &[]),
        (sauna, &[]),
    ] {
        case.must_list_all(ListUsersInGroup::new(group), members)?;
    }
    case.must_list_groups(all().of_user(new), &[gym, pool])
}

/// Also where an unlinked user matches the identity.
pub(crate) fn a_user_created_for_an_identity_is_linked_to_it(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let lookalike = site.user_with(main, "Ada", |user| {
        user.with_email_address("ada@example.com")
    });
    let there = site.user(west, "Ada");
    let ada = site.identity("Ada", Some("ada@example.com"), None, &[there]);
    let case = Case::open(bench, &site);

    let mary = |system| NewAcsUser::new(system, name("Ada Lovelace"));
    let before = case.visible();
    let user = mary(main).with_identity(NO_IDENTITY);
    case.not_found(CreateAcsUser::new(user), NO_IDENTITY)?;
    case.must_show(&before)?;
    let user = mary(west).with_identity(ada);
    case.refused(CreateAcsUser::new(user), ErrorKind::Conflict)?;
    case.must_show(&before)?;

    // By e-mail address, the identity would match the lookalike; a creation makes a new user.
    let user = mary(main).with_identity(ada);
    let created = case.call(CreateAcsUser::new(user.clone()))?;
    let seen = UserSeen::from(&created);
    let why = "the new user must be linked to the identity that they were created for";
    case.must(seen.identity == Some(ada), why)?;
    case.must(seen.id != lookalike, "the new user must be a new one")?;
    let expected = Answer::Users(vec![seen.clone()]);
    case.must_answer(GetAcsUser::new(seen.id), &expected)?;
    case.must_answer(GetAcsUser::new(AcsUserSelector::of(ada, main)), &expected)?;
    case.must_list_all(ListUsersOfIdentity::new(ada), &[there, seen.id])?;
    case.refused(CreateAcsUser::new(user), ErrorKind::Conflict)
}

/// In calls that would be conflicts, if all that they name existed.
pub(crate) fn a_creation_names_what_does_not_exist_before_a_conflict(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let user = site.user(main, "Ada");
    let ada = site.identity("Ada", Some("ada@example.com"), Some("+1 555 0100"), &[user]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    let gym = site.group(main, "Gym");
    let case = Case::open(bench, &site);

    let second = |groups: &[AccessGroupId]| {
        let mut user = NewAcsUser::new(main, name("Ada")).with_identity(ada);
        user.groups = groups.to_vec();
        CreateAcsUser::new(user)
    };
    case.not_found(second(&[NO_GROUP]), NO_GROUP)?;
    case.not_found(second(&[gym, NO_GROUP]), NO_GROUP)?;

    let with_systems = |systems: &[AcsSystemId]| NewUserIdentity {
        systems: systems.to_vec(),
        ..NewUserIdentity::default()
    };
    for systems in [&[NO_SYSTEM][..], &[main, NO_SYSTEM]] {
        for taken in [
            with(with_systems(systems), |new| new.key = Some(key("ada"))),
            with(with_systems(systems), |new| {
                new.email_address = Some(email("ada@example.com"));
            }),
            with(with_systems(systems), |new| {
                new.phone_number = Some(contact("+1 555 0100"));
            }),
        ] {
            case.not_found(CreateUserIdentity::new(taken), NO_SYSTEM)?;
        }
    }
    Ok(())
}

pub(super) fn must_be_as_asked(case: &Case<'_>, created: &AcsUser, asked: &NewAcsUser) -> Checked {
    let seen = UserSeen::from(created);
    // A schedule from now starts at the time of the adapter's clock.
    let starts_at = seen.schedule.map(|schedule| schedule.starts_at);
    let schedule = asked.access_schedule;
    let schedule = schedule.map(|asked| (asked.starts_at.or(starts_at), asked.ends_at));
    let seen_schedule = seen.schedule;
    let seen_schedule = seen_schedule.map(|seen| (Some(seen.starts_at), seen.ends_at));
    let holds = seen.system == asked.system
        && seen.full_name.as_deref() == Some(asked.full_name.as_str())
        && seen.email.as_deref() == asked.email_address.as_ref().map(EmailAddress::as_str)
        && seen.phone.as_deref() == asked.phone_number.as_ref().map(ContactDetail::as_str)
        && seen.identity == asked.identity
        && !seen.suspended
        && seen_schedule == schedule;
    let asked = with_texts(|| format!("{asked:?}"));
    let why = format!("the new user must be as asked for, {asked}\n  but is {seen:?}");
    case.must(holds, &why)
}

fn schedule(starts_at: Option<Timestamp>, ends_at: Option<Timestamp>) -> NewSchedule {
    NewSchedule { starts_at, ends_at }
}

/// Groups of a new user, systems of a new identity, entrances of a new group and of a changed one,
/// and resources in a filter.
pub(crate) fn what_a_call_names_twice_counts_once(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let gym = site.group(main, "Gym");
    let [front, side] = ["Front", "Side"].map(|name| site.entrance(main, name));
    let identity = site.identity("Ada", None, None, &[]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    must_join_once(&case, main, gym)?;
    let new = NewAccessGroup::new(main, title("Pool"))
        .opening(front)
        .opening(front);
    if let Some(created) = case.look(CreateAccessGroup::new(new))? {
        let held = ListEntrancesOfGroup::new(created.acs_access_group_id);
        case.must_list_all(held, &[front])?;
    }
    let update = AccessGroupUpdate {
        add_entrances: vec![side, side],
        remove_entrances: vec![front, front],
        ..AccessGroupUpdate::default()
    };
    if case.look(UpdateAccessGroup::new(gym, update))?.is_some() {
        case.must_list_all(ListEntrancesOfGroup::new(gym), &[side])?;
    }
    let twice = EntranceFilter::new().among([side, front, side]);
    if let Some(listed) = case.rows(&entrances_that(twice))? {
        once(&case, ids(&listed))?;
    }
    let twice = UserIdentityFilter::new().among([identity, identity]);
    match case.rows(&identities_that(twice))? {
        Some(listed) => once(&case, ids(&listed)),
        None => Ok(()),
    }
}

/// A new user whose group is named twice, and a new identity whose system is.
fn must_join_once(case: &Case<'_>, main: AcsSystemId, gym: AccessGroupId) -> Checked {
    let new = with(NewAcsUser::new(main, name("Mary")), |user| {
        user.groups = vec![gym, gym];
    });
    if let Some(created) = case.look(CreateAcsUser::new(new))? {
        let user = created.acs_user_id;
        case.must_list_all(ListUsersInGroup::new(gym), &[user])?;
        // One removal ends the membership.
        if case.look(RemoveUser::new(user, gym))?.is_some() {
            case.must_list_all(ListUsersInGroup::new(gym), &[])?;
        }
    }
    let new = NewUserIdentity {
        systems: vec![main, main],
        ..NewUserIdentity::default()
    };
    if let Some(created) = case.look(CreateUserIdentity::new(new))?
        && let Some(users) = case.look(ListUsersOfIdentity::new(created.user_identity_id))?
    {
        let users: Vec<_> = users.iter().map(UserSeen::from).collect();
        let why = format!("a system named twice has one user of the identity, not {users:?}");
        case.must(users.len() == 1, &why)?;
    }
    Ok(())
}
