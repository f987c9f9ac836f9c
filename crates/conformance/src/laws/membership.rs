//! Who is in which group, what is refused, and deleted groups.

use std::time::Duration;

use super::*;

/// In the listing of the group and in that of the user; for a user without groups and for a
/// member of another one.
pub(crate) fn adding_makes_a_member(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    case.must_have(gym, &[ada])?;
    case.add(grace, gym)?;
    case.must_have(gym, &[ada, grace])?;
    // Joining one group leaves no other.
    case.must_have(pool, &[grace])?;
    for (user, groups) in [(ada, &[gym][..]), (grace, &[gym, pool])] {
        case.must_list_groups(all().of_user(user), groups)?;
    }
    Ok(())
}

pub(crate) fn adding_twice_is_adding_once(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let gym = site.group(main, "Gym");
    site.members(gym, &[grace]);
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    case.add(ada, gym)?;
    // A member of the site may be stored in another way than one who was added.
    case.add(grace, gym)?;
    case.must_have(gym, &[ada, grace])?;
    // One removal ends what two calls began: membership is no counter.
    case.remove(ada, gym)?;
    case.must_have(gym, &[grace])?;
    case.remove(grace, gym)?;
    case.must_have(gym, &[])
}

pub(crate) fn removing_ends_membership_of_that_group_only(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(gym, &[ada, grace]);
    site.members(pool, &[ada, grace]);
    let case = Case::open(bench, &site);

    case.remove(ada, gym)?;
    case.must_have(gym, &[grace])?;
    case.must_have(pool, &[ada, grace])
}

pub(crate) fn removing_a_non_member_succeeds_and_changes_nothing(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(gym, &[grace]);
    site.members(pool, &[ada]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.remove(ada, gym)?;
    case.must_show(&before)
}

pub(crate) fn suspension_does_not_touch_membership(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let [ada, grace] =
        ["Ada", "Grace"].map(|name| site.user_with(main, name, |user| user.with_suspended(true)));
    let edsger = site.user(main, "Edsger");
    let gym = site.group(main, "Gym");
    site.members(gym, &[grace]);
    let case = Case::open(bench, &site);

    case.must_have(gym, &[grace])?;
    case.add(ada, gym)?;
    case.must_have(gym, &[ada, grace])?;
    case.remove(grace, gym)?;
    case.must_have(gym, &[ada])?;
    case.add(edsger, gym)?;
    if case.look(SuspendAcsUser::new(edsger))?.is_some() {
        case.must_have(gym, &[ada, edsger])?;
    }
    if case.look(UnsuspendAcsUser::new(ada))?.is_some() {
        case.must_have(gym, &[ada, edsger])?;
    }
    Ok(())
}

/// Of members and others, by user and by identity, before and after changes, through both handles.
pub(crate) fn verifying_tells_who_is_a_member(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, edsger) = (site.user(main, "Ada"), site.user(west, "Edsger"));
    let grace = site.user_with(main, "Grace", |user| user.with_suspended(true));
    let (gym, roof) = (site.group(main, "Gym"), site.group(west, "Roof"));
    let anywhere = site.identity("Ada", None, None, &[ada, edsger]);
    site.members(gym, &[grace]);
    site.members(roof, &[edsger]);
    let case = Case::open(bench, &site);

    verifies(&case, grace, gym, true)?;
    verifies(&case, anywhere, roof, true)?;
    let others: [(UserRef, _); 6] = [
        (ada.into(), gym),
        (edsger.into(), gym),
        (anywhere.into(), gym),
        (NO_USER.into(), gym),
        (NO_IDENTITY.into(), gym),
        (grace.into(), NO_GROUP),
    ];
    for (user, group) in others {
        verifies(&case, user, group, false)?;
    }
    case.add(ada, gym)?;
    verifies(&case, ada, gym, true)?;
    verifies(&case, anywhere, gym, true)?;
    verifies(&case, anywhere, roof, true)?;
    case.remove(grace, gym)?;
    verifies(&case, grace, gym, false)
}

fn verifies(
    case: &Case<'_>,
    user: impl Into<UserRef>,
    group: AccessGroupId,
    expected: bool,
) -> Checked {
    let user = user.into();
    for through in [Through::Port, Through::Clone] {
        let mut check = MembershipCheck::new(user, group);
        while let Step::Call(ticket, operation) = check.step(Duration::ZERO) {
            let Some(answer) = case.ask(through, &operation)? else {
                return Ok(());
            };
            check.answer(ticket, answer, Duration::ZERO);
            if let Step::Done(told) = check.step(Duration::ZERO) {
                let is_right = told.as_ref().is_ok_and(|is_member| *is_member == expected);
                let why = format!("verifying {user} in {group} told {told:?}, not {expected}");
                case.must(is_right, &why)?;
            }
        }
    }
    Ok(())
}

pub(crate) fn an_unknown_user_is_not_found(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let gym = site.groups[0].acs_access_group_id;
    let case = Case::open(bench, &site);

    case.all_not_found([add(NO_USER, gym), remove(NO_USER, gym)], NO_USER)?;
    case.all_not_found(
        [add(NO_IDENTITY, gym), remove(NO_IDENTITY, gym)],
        NO_IDENTITY,
    )?;
    Ok(())
}

pub(crate) fn an_unknown_group_is_not_found(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let ada = site.users[0].acs_user_id;
    let identity = site.identities[0].user_identity_id;
    let case = Case::open(bench, &site);

    let by_identity = [add(identity, NO_GROUP), remove(identity, NO_GROUP)];
    case.all_not_found(
        calls_on(NO_GROUP, ada).into_iter().chain(by_identity),
        NO_GROUP,
    )?;
    Ok(())
}

pub(crate) fn the_user_is_looked_at_before_the_group(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);

    case.all_not_found([add(NO_USER, NO_GROUP), remove(NO_USER, NO_GROUP)], NO_USER)?;
    case.all_not_found(
        [add(NO_IDENTITY, NO_GROUP), remove(NO_IDENTITY, NO_GROUP)],
        NO_IDENTITY,
    )?;
    Ok(())
}

/// Adding is refused, removing has nothing to do.
pub(crate) fn systems_do_not_mix(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, grace) = (site.user(main, "Ada"), site.user(west, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    site.members(gym, &[ada]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.refused(add(ada, pool), ErrorKind::Invalid)?;
    case.must_show(&before)?;
    case.remove(ada, pool)?;
    case.must_show(&before)
}

/// Refused calls of every kind, also such as name a resource that exists.
pub(crate) fn a_refused_call_changes_nothing(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, grace) = (site.user(main, "Ada"), site.user(west, "Grace"));
    // A call that names this identity would link this user, if it were not refused.
    site.user_with(main, "Eve", |user| {
        user.with_email_address("eve@example.com")
    });
    let eve = site.identity("Eve", Some("eve@example.com"), None, &[]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let door = site.entrance(main, "Door");
    site.members(gym, &[ada]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    // The system that exists comes first, so a careless adapter creates a user there.
    let bad_system = NewUserIdentity {
        email_address: Some(email("eva@example.com")),
        systems: vec![main, NO_SYSTEM],
        ..NewUserIdentity::default()
    };
    let refused: [Vec<Operation>; 7] = [
        vec![
            add(ada, pool),
            add(NO_USER, gym),
            add(NO_IDENTITY, gym),
            add(ada, NO_GROUP),
            add(eve, NO_GROUP),
        ],
        vec![
            remove(NO_USER, gym),
            remove(NO_IDENTITY, gym),
            remove(ada, NO_GROUP),
            remove(eve, NO_GROUP),
            DeleteAccessGroup::new(NO_GROUP).into(),
        ],
        vec![
            GrantAccess::new(NO_USER, door).into(),
            GrantAccess::new(NO_IDENTITY, door).into(),
            GrantAccess::new(ada, NO_ENTRANCE).into(),
            GrantAccess::new(eve, NO_ENTRANCE).into(),
            GrantAccess::new(grace, door).into(),
        ],
        vec![
            CreateAcsUser::new(NewAcsUser::new(NO_SYSTEM, name("Mary"))).into(),
            CreateAcsUser::new(NewAcsUser::new(main, name("Mary")).in_group(pool)).into(),
            CreateUserIdentity::new(bad_system).into(),
        ],
        calls_on_user(NO_USER).into(),
        calls_on_user(AcsUserSelector::of(eve, main)).into(),
        calls_on_identity(NO_IDENTITY, ada).into(),
    ];
    // One look after several calls is enough: none would undo what another did wrong.
    for calls in refused {
        for call in calls {
            // Other laws check that it is refused.
            drop(case.answer(Through::Port, call));
        }
        case.must_show(&before)?;
    }
    Ok(())
}

/// Its users stay in their other groups, and everything else stays.
pub(crate) fn deleting_a_group_ends_its_memberships(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let anywhere = site.identity("Ada", None, None, &[ada]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let front = site.entrance(main, "Front");
    site.members(gym, &[ada, grace]);
    site.members(pool, &[grace]);
    site.holds(gym, &[front]);
    site.holds(pool, &[front]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.call(DeleteAccessGroup::new(gym))?;
    case.must_list_groups(all().of_user(ada), &[])?;
    case.must_list_groups(all().of_user(grace), &[pool])?;
    // Only the group, lists of groups and lists of entrances of users may change.
    let kept = before.into_iter().filter(|(question, _)| {
        let about_gym = calls_on(gym, ada).contains(question);
        let lists_groups = matches!(question, Operation::ListAccessGroups(_));
        !about_gym && !lists_groups && !is_about_entrances_of(question)
    });
    case.must_show(&kept.collect::<Vec<_>>())?;
    case.must_list_groups(all().of_identity(anywhere), &[])
}

pub(crate) fn a_deleted_group_is_unknown(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user(main, "Ada");
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let case = Case::open(bench, &site);

    case.call(DeleteAccessGroup::new(gym))?;
    case.all_not_found(calls_on(gym, ada), gym)?;
    for filter in [all(), all().in_system(main)] {
        case.must_list_groups(filter, &[pool])?;
    }
    Ok(())
}
