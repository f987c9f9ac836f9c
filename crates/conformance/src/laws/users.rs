//! Users: found, changed and deleted.

use super::*;

/// A call by identity and system does the same as the call by id, and nothing to the identity's
/// user of the other system.
pub(crate) fn a_user_is_found_by_identity_and_system(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let ada = site.identity("Ada", None, None, &[here, there]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let (front, gate) = (site.entrance(main, "Front"), site.entrance(west, "Gate"));
    site.members(gym, &[here]);
    site.members(pool, &[there]);
    site.holds(gym, &[front]);
    site.holds(pool, &[gate]);

    for (system, meant, other) in [(main, here, there), (west, there, here)] {
        let (case, like) = (Case::open(bench, &site), Case::open(bench, &site));
        let untouched = about(&case, other);
        let by_identity = calls_on_user(AcsUserSelector::of(ada, system));
        // The call that deletes the user is the last, so that all share two stores.
        for (by_identity, by_id) in by_identity.iter().zip(calls_on_user(meant)) {
            must_do_the_same(&case, by_identity, &like, &by_id)?;
            case.must_show(&untouched)?;
        }
    }
    Ok(())
}

/// One call does on its port what the other call does on the other port.
fn must_do_the_same(
    case: &Case<'_>,
    call: &Operation,
    other: &Case<'_>,
    like: &Operation,
) -> Checked {
    let (Some(answer), Some(expected)) = (
        case.ask(Through::Port, call)?,
        other.ask(Through::Port, like)?,
    ) else {
        return Ok(());
    };
    case.compare_whole(call, &answer, &Answer::from(&expected))?;
    // A read leaves nothing to compare.
    if call.effect().is_safe() {
        return Ok(());
    }
    case.must_show(&other.visible())
}

/// What the port shows of this user.
fn about(case: &Case<'_>, user: AcsUserId) -> Vec<(Operation, Answer)> {
    case.shown(questions_on_user(user))
}

pub(crate) fn an_update_changes_what_it_names_and_nothing_else(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let ada = site.user_with(main, "Ada", with_everything);
    let grace = site.user_with(main, "Grace", with_everything);
    site.identity("Ada", Some("countess@example.com"), None, &[ada]);
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada, grace]);
    let case = Case::open(bench, &site);

    let mut expected = case.visible();
    for update in updates(west) {
        case.call(UpdateAcsUser::new(ada, update.clone()))?;
        // The display name may follow the full name.
        let renamed = shown_somewhere(&case, ada).filter(|_| update.full_name.is_some());
        expected = with_user(&expected, ada, |user| {
            user.update(&update);
            user.name = renamed.as_ref().unwrap_or(user).name.clone();
        });
        case.must_show(&expected)?;
    }
    Ok(())
}

/// No field, then one field at a time, then several.
fn updates(system: AcsSystemId) -> [AcsUserUpdate; 8] {
    let schedule = |starts_at, ends_at| Patch::Set(ClosedSchedule { starts_at, ends_at });
    let mut updates = [(); 8].map(|()| AcsUserUpdate::default());
    updates[1].full_name = Some(name("Ada King"));
    updates[2].email_address = Some(email("king@example.com"));
    updates[3].phone_number = Some(contact("555-0177"));
    updates[4].hid_acs_system = Some(system);
    updates[5].access_schedule = schedule(far_off(1), far_off(2));
    updates[6].access_schedule = Patch::Clear;
    updates[7].full_name = Some(name("Ada Byron"));
    updates[7].access_schedule = schedule(long_ago(0), far_off(3));
    updates
}

fn with_everything(user: AcsUser) -> AcsUser {
    user.with_email_address("somebody@example.com")
        .with_phone_number("+1 555 0100")
        .with_suspended(true)
        .with_access_schedule(AccessSchedule::new(long_ago(0)))
}

/// Twice each, for a user who is not suspended and for one who is; memberships stay.
pub(crate) fn a_suspended_user_reads_as_suspended(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user(main, "Ada");
    let grace = site.user_with(main, "Grace", |user| user.with_suspended(true));
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada, grace]);
    let case = Case::open(bench, &site);

    let can = |capability| case.fixture.can(capability);
    let mut expected = case.visible();
    for user in [ada, grace] {
        for _ in 0..2 {
            case.look(SuspendAcsUser::new(user))?;
            let suspended = can(Capability::SuspendAcsUser);
            expected = with_user(&expected, user, |user| user.suspended |= suspended);
            case.must_show(&expected)?;
        }
        for _ in 0..2 {
            case.look(UnsuspendAcsUser::new(user))?;
            let freed = can(Capability::UnsuspendAcsUser);
            expected = with_user(&expected, user, |user| user.suspended &= !freed);
            case.must_show(&expected)?;
        }
    }
    Ok(())
}

/// To every call. Other users stay as they are.
pub(crate) fn a_deleted_user_is_unknown(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let grace = site.user(main, "Grace");
    let identity = site.identity("Ada", None, None, &[ada, there]);
    let gym = site.group(main, "Gym");
    let (front, vault) = (site.entrance(main, "Front"), site.entrance(main, "Vault"));
    site.members(gym, &[ada, grace]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    case.look(GrantAccess::new(ada, vault))?;
    let (about_grace, about_there) = (about(&case, grace), about(&case, there));
    case.call(DeleteAcsUser::new(ada))?;
    let by_id = calls_on_user(ada).into_iter();
    let elsewhere = [
        add(ada, gym),
        remove(ada, gym),
        GrantAccess::new(ada, vault).into(),
        link(ada, identity),
        UnlinkAcsUser::new(ada, identity).into(),
    ];
    case.all_not_found(by_id.chain(elsewhere), ada)?;
    let by_identity = AcsUserSelector::of(identity, main);
    case.refused(GetAcsUser::new(by_identity), ErrorKind::NotFound)?;
    case.must_list(&users_that(AcsUserFilter::new()), &[there, grace])?;
    case.must_answer(list(all().of_user(ada)), &Answer::Groups(Vec::new()))?;
    case.must_list_all(ListUsersInGroup::new(gym), &[grace])?;
    case.must_list_all(ListUsersOfIdentity::new(identity), &[there])?;
    case.must_show(&about_grace)?;
    case.must_show(&about_there)
}
