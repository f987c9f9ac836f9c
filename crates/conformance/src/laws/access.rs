//! What users can open: through groups, and directly.

use super::*;

/// Also for a suspended user, and through a group whose schedule has ended: the list does not
/// depend on time.
pub(crate) fn the_entrances_of_a_user_are_those_of_their_groups_and_those_granted(
    bench: &Bench<'_>,
) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let ended = AccessSchedule::new(long_ago(0)).with_end(long_ago(1));
    let ada = site.user_with(main, "Ada", |user| user.with_suspended(true));
    let (grace, edsger) = (site.user(main, "Grace"), site.user(west, "Edsger"));
    let gym = site.group(main, "Gym");
    site.groups[0].access_schedule = Some(ended);
    let (pool, roof) = (site.group(main, "Pool"), site.group(west, "Roof"));
    let [front, side, vault] = ["Front", "Side", "Vault"].map(|name| site.entrance(main, name));
    let hatch = site.entrance(west, "Hatch");
    site.members(gym, &[ada, grace]);
    site.members(pool, &[ada]);
    // Two groups hold the front door, which must be listed once.
    site.holds(gym, &[front, side]);
    site.holds(pool, &[front]);
    site.holds(roof, &[hatch]);
    let case = Case::open(bench, &site);

    must_open(&case, &site, ada, &[front, side])?;
    must_open(&case, &site, grace, &[front, side])?;
    must_open(&case, &site, edsger, &[])?;
    // One that a group of theirs holds as well, and one that none does.
    for entrance in [side, vault] {
        case.look(GrantAccess::new(ada, entrance))?;
    }
    let can_grant = case.fixture.can(Capability::GrantAccess);
    let and_granted = |held: &[EntranceId], granted: &[EntranceId]| match can_grant {
        true => [held, granted].concat(),
        false => held.to_vec(),
    };
    must_open(&case, &site, ada, &and_granted(&[front, side], &[vault]))?;
    must_open(&case, &site, grace, &[front, side])?;

    // Out of the gym, the pool and the grants are left.
    if case.look(RemoveUser::new(ada, gym))?.is_some() {
        must_open(&case, &site, ada, &and_granted(&[front], &[side, vault]))?;
    }
    Ok(())
}

/// Of that user only, and of the identity's user in that system only; a user without access may be
/// named too.
pub(crate) fn revoking_access_ends_every_membership_and_every_grant(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let grace = site.user(main, "Grace");
    let anywhere = site.identity("Ada", None, None, &[ada, there]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let sauna = site.group(west, "Sauna");
    let (front, vault) = (site.entrance(main, "Front"), site.entrance(main, "Vault"));
    let gate = site.entrance(west, "Gate");
    site.members(gym, &[ada, grace]);
    site.members(pool, &[ada]);
    site.members(sauna, &[there]);
    site.holds(gym, &[front]);
    site.holds(sauna, &[gate]);

    let by_id = AcsUserSelector::Id(ada);
    let by_identity = AcsUserSelector::of(anywhere, main);
    for user in [by_id, by_identity] {
        let case = Case::open(bench, &site);
        for holder in [ada, grace] {
            case.look(GrantAccess::new(holder, vault))?;
        }
        let before = case.shown([grace, there].map(questions_on_user).concat());
        // The second time there is nothing to end, and the call succeeds nevertheless.
        for _ in 0..2 {
            let revoked = case.look(RevokeAccessToAllEntrances::new(user))?;
            if revoked.is_none() {
                break;
            }
            must_open(&case, &site, ada, &[])?;
            case.must_answer(list(all().of_user(ada)), &Answer::Groups(Vec::new()))?;
            for (group, members) in [(gym, &[grace][..]), (pool, &[]), (sauna, &[there])] {
                case.must_list_all(ListUsersInGroup::new(group), members)?;
            }
            case.must_show(&before)?;
        }
    }
    Ok(())
}

/// By user and by identity; twice is once, and no membership comes of it.
pub(crate) fn a_granted_entrance_is_among_those_of_its_user(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let grace = site.user(main, "Grace");
    let anywhere = site.identity("Ada", None, None, &[ada, there]);
    let nobody = site.identity("Nobody", None, None, &[]);
    let gym = site.group(main, "Gym");
    let [front, side] = ["Front", "Side"].map(|name| site.entrance(main, name));
    site.members(gym, &[grace]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    let mut before = case.visible();
    // Memberships are among what stays.
    before.retain(|(question, _)| !is_about_entrances_of(question));
    for _ in 0..2 {
        case.call(GrantAccess::new(ada, front))?;
        must_open(&case, &site, ada, &[front])?;
        must_open(&case, &site, grace, &[front])?;
        case.must_show(&before)?;
    }
    if let Some(()) = case.look(GrantAccess::new(anywhere, side))? {
        must_open(&case, &site, ada, &[front, side])?;
        must_open(&case, &site, there, &[])?;
        case.must_show(&before)?;
    }
    a_new_user_opens_it(&case, nobody, &site, side)
}

/// As when an identity that matches nobody is added to a group.
fn a_new_user_opens_it(
    case: &Case<'_>,
    nobody: UserIdentityId,
    site: &Site,
    entrance: EntranceId,
) -> Checked {
    let system = site.systems[0].acs_system_id;
    let selector = AcsUserSelector::of(nobody, system);
    for _ in 0..2 {
        // The second time the identity has a user, and gets no other one.
        if case.look(GrantAccess::new(nobody, entrance))?.is_none() {
            return Ok(());
        }
        let expected = Answer::Entrances(these(&site.entrances, &[entrance]));
        case.must_answer(ListEntrancesOfUser::new(selector), &expected)?;
        case.must_answer(ListEntrancesOfIdentity::new(nobody), &expected)?;
    }
    Ok(())
}

/// Neither by user nor by identity; the user is checked before the entrance.
pub(crate) fn granting_does_not_mix_systems(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, there) = (site.user(main, "Ada"), site.user(west, "Edsger"));
    let anywhere = site.identity("Ada", None, None, &[ada]);
    let (front, gate) = (site.entrance(main, "Front"), site.entrance(west, "Gate"));
    let case = Case::open(bench, &site);

    let before = case.visible();
    for (user, entrance) in [(ada, gate), (there, front)] {
        case.refused(GrantAccess::new(user, entrance), ErrorKind::Invalid)?;
        case.must_show(&before)?;
    }
    for (call, unknown) in [
        (GrantAccess::new(NO_USER, front), Subject::from(NO_USER)),
        (GrantAccess::new(NO_USER, NO_ENTRANCE), NO_USER.into()),
        (GrantAccess::new(NO_IDENTITY, front), NO_IDENTITY.into()),
        (
            GrantAccess::new(NO_IDENTITY, NO_ENTRANCE),
            NO_IDENTITY.into(),
        ),
        (GrantAccess::new(ada, NO_ENTRANCE), NO_ENTRANCE.into()),
        (GrantAccess::new(anywhere, NO_ENTRANCE), NO_ENTRANCE.into()),
    ] {
        case.not_found(call, unknown)?;
        case.must_show(&before)?;
    }
    Ok(())
}

/// The entrances of the user are these, each once.
fn must_open(case: &Case<'_>, site: &Site, user: AcsUserId, expected: &[EntranceId]) -> Checked {
    case.must_answer(
        ListEntrancesOfUser::new(user),
        &Answer::Entrances(these(&site.entrances, expected)),
    )
}

pub(super) fn is_about_entrances_of(question: &Operation) -> bool {
    matches!(
        question,
        Operation::ListEntrancesOfUser(_) | Operation::ListEntrancesOfIdentity(_)
    )
}
