//! Systems, groups and entrances that are created, changed and deleted, and grants that end.

use super::*;

/// With a name only, and with everything; two equal calls make two groups.
pub(crate) fn a_created_group_is_there(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let ada = site.user(main, "Ada");
    let gym = site.group(main, "Gym");
    let [front, side] = ["Front", "Side"].map(|name| site.entrance(main, name));
    let hatch = site.entrance(west, "Hatch");
    site.members(gym, &[ada]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    let bare = NewAccessGroup::new(main, title("Pool"));
    let schedule = NewSchedule {
        starts_at: Some(far_off(0)),
        ends_at: Some(far_off(1)),
    };
    let whole = bare.clone().opening(front).opening(side);
    let whole = whole.with_access_schedule(schedule);
    let mut before = case.visible();
    for (refused, answer) in [
        (
            NewAccessGroup::new(NO_SYSTEM, title("Pool")),
            Answer::not_found(NO_SYSTEM),
        ),
        // A careless adapter has created the group by then.
        (
            whole.clone().opening(NO_ENTRANCE),
            Answer::not_found(NO_ENTRANCE),
        ),
        (
            bare.clone().opening(hatch).opening(NO_ENTRANCE),
            Answer::not_found(NO_ENTRANCE),
        ),
        (
            whole.clone().opening(hatch),
            Answer::Refused(ErrorKind::Invalid, None),
        ),
        (
            bare.clone().with_access_schedule(NewSchedule {
                starts_at: Some(far_off(1)),
                ends_at: Some(far_off(1)),
            }),
            Answer::Refused(ErrorKind::Invalid, None),
        ),
    ] {
        case.must_answer(CreateAccessGroup::new(refused), &answer)?;
        case.must_show(&before)?;
    }

    let mut groups = vec![gym];
    for asked in [bare, whole.clone(), whole] {
        let created = case.call(CreateAccessGroup::new(asked.clone()))?;
        let id = created.acs_access_group_id;
        let why = "a created group must be a new one, not one that was there";
        case.must(!groups.contains(&id), why)?;
        groups.push(id);
        let expected = GroupSeen {
            id,
            system: main,
            name: "Pool".to_owned(),
            schedule: asked.access_schedule.map(|_| ScheduleSeen {
                starts_at: far_off(0),
                ends_at: Some(far_off(1)),
            }),
            // Only the adapter knows of any.
            issues: GroupSeen::from(&created).issues,
        };
        let seen = GroupSeen::from(&created);
        let why = format!("the new group must be {expected:?}\n  but is {seen:?}");
        case.must(seen == expected, &why)?;
        case.must_answer(GetAccessGroup::new(id), &Answer::Groups(vec![expected]))?;
        case.must_list_groups(all(), &groups)?;
        case.must_list_all(ListUsersInGroup::new(id), &[])?;
        case.must_list_all(ListEntrancesOfGroup::new(id), &asked.entrances)?;
    }
    // Only the list of all groups has changed.
    before.retain(|(question, _)| *question != list(all()));
    case.must_show(&before)
}

/// No field, then one field at a time, then several; a refused update changes nothing.
pub(crate) fn an_updated_group_keeps_what_was_not_named(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let ada = site.user(main, "Ada");
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let [front, side] = ["Front", "Side"].map(|name| site.entrance(main, name));
    let hatch = site.entrance(west, "Hatch");
    site.groups[0].access_schedule = Some(AccessSchedule::new(long_ago(0)));
    site.members(gym, &[ada]);
    site.members(pool, &[ada]);
    site.holds(gym, &[front]);
    site.holds(pool, &[front]);
    let case = Case::open(bench, &site);

    let schedule = |starts_at, ends_at| Patch::Set(ClosedSchedule { starts_at, ends_at });
    let mut expected = GroupSeen::from(&site.groups[0]);
    let of_pool = case.shown([
        GetAccessGroup::new(pool).into(),
        ListUsersInGroup::new(pool).into(),
        ListEntrancesOfGroup::new(pool).into(),
        list(all().of_user(ada).matching(search("pool"))),
    ]);
    for (edit, held) in updates(front, side, schedule(far_off(1), far_off(2))) {
        case.call(UpdateAccessGroup::new(gym, edit.clone()))?;
        expected.update(&edit);
        let answer = Answer::Groups(vec![expected.clone()]);
        case.must_answer(GetAccessGroup::new(gym), &answer)?;
        case.must_list_all(ListEntrancesOfGroup::new(gym), &held)?;
        case.must_list_all(ListUsersInGroup::new(gym), &[ada])?;
        case.must_show(&of_pool)?;
    }

    let before = case.visible();
    let adding = |entrance| AccessGroupUpdate {
        name: Some(title("Renamed")),
        add_entrances: vec![side, entrance],
        ..AccessGroupUpdate::default()
    };
    let ended = AccessGroupUpdate {
        name: Some(title("Renamed")),
        access_schedule: schedule(long_ago(0), long_ago(1)),
        ..AccessGroupUpdate::default()
    };
    for (refused, answer) in [
        (adding(NO_ENTRANCE), Answer::not_found(NO_ENTRANCE)),
        (adding(hatch), Answer::Refused(ErrorKind::Invalid, None)),
        (ended, Answer::Refused(ErrorKind::Invalid, None)),
    ] {
        case.must_answer(UpdateAccessGroup::new(gym, refused), &answer)?;
        case.must_show(&before)?;
    }
    case.not_found(
        UpdateAccessGroup::new(NO_GROUP, adding(NO_ENTRANCE)),
        NO_GROUP,
    )
}

/// Each update, and the entrances that the group then holds; it begins with the first one.
fn updates(
    front: EntranceId,
    side: EntranceId,
    schedule: Patch<ClosedSchedule>,
) -> [(AccessGroupUpdate, Vec<EntranceId>); 6] {
    let mut updates = [(); 6].map(|()| (AccessGroupUpdate::default(), vec![front]));
    updates[1].0.name = Some(title("Sauna"));
    updates[2].0.access_schedule = schedule;
    updates[3].0.add_entrances = vec![side, front];
    updates[3].1 = vec![front, side];
    updates[4].0.access_schedule = Patch::Clear;
    // One that is held, one that is not, and one that does not exist.
    updates[4].0.remove_entrances = vec![front, NO_ENTRANCE];
    updates[4].1 = vec![side];
    // What is in both lists is held.
    updates[5].0.add_entrances = vec![front];
    updates[5].0.remove_entrances = vec![front, side];
    updates
}

/// By user and by identity; twice is once, and what a group opens stays open.
pub(crate) fn revoking_one_entrance_ends_that_grant_only(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let grace = site.user(main, "Grace");
    let eve = site.user_with(main, "Eve", |user| {
        user.with_email_address("eve@example.com")
    });
    let anywhere = site.identity("Ada", None, None, &[ada, there]);
    let nobody = site.identity("Eve", Some("eve@example.com"), None, &[]);
    let gym = site.group(main, "Gym");
    let [front, side, vault] = ["Front", "Side", "Vault"].map(|name| site.entrance(main, name));
    site.members(gym, &[ada]);
    site.holds(gym, &[front]);

    for user in [UserRef::from(ada), UserRef::from(anywhere)] {
        let case = Case::open(bench, &site);
        let held = case.visible();
        for (holder, entrance) in [(ada, front), (ada, side), (ada, vault), (grace, side)] {
            case.look(GrantAccess::new(holder, entrance))?;
        }
        let of_others = case.shown([grace, there, eve].map(questions_on_user).concat());
        // The second time there is nothing to end, and the call succeeds nevertheless.
        for _ in 0..2 {
            if case.look(RevokeAccess::new(user, side))?.is_none() {
                break;
            }
            let left: &[_] = match case.fixture.can(Capability::GrantAccess) {
                true => &[front, vault],
                false => &[front],
            };
            case.must_list_all(ListEntrancesOfUser::new(ada), left)?;
            case.must_show(&of_others)?;
        }
        // The group opens the front door still; without the vault, all is as it was.
        let mut all_ended = true;
        for entrance in [front, vault] {
            all_ended &= case.look(RevokeAccess::new(user, entrance))?.is_some();
        }
        all_ended &= case.look(RevokeAccess::new(grace, side))?.is_some();
        // An adapter may lack users named by identity only.
        if all_ended {
            case.must_show(&held)?;
        }
    }

    let case = Case::open(bench, &site);
    let before = case.visible();
    case.look(RevokeAccess::new(nobody, side))?;
    case.must_show(&before)?;
    for (user, entrance, unknown) in [
        (NO_USER.into(), NO_ENTRANCE, Subject::from(NO_USER)),
        (UserRef::from(NO_IDENTITY), side, NO_IDENTITY.into()),
        (ada.into(), NO_ENTRANCE, NO_ENTRANCE.into()),
    ] {
        case.not_found(RevokeAccess::new(user, entrance), unknown)?;
        case.must_show(&before)?;
    }
    Ok(())
}

/// Two equal calls make two; everything else stays as it is.
pub(crate) fn a_created_system_or_entrance_is_there(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let front = site.entrance(main, "Front");
    let gym = site.group(main, "Gym");
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    let mut before = case.visible();
    let none = CreateEntrance::new(NewEntrance::new(NO_SYSTEM, title("Door")));
    case.not_found(none, NO_SYSTEM)?;
    case.must_show(&before)?;
    before.retain(|(question, _)| {
        !matches!(
            question,
            Operation::ListAcsSystems(_) | Operation::ListEntrances(_)
        )
    });
    let (mut systems, mut entrances) = (vec![main], vec![front]);
    // The first entrance is of the system that is there, the second one of a new system.
    for is_elsewhere in [false, true] {
        let new = NewAcsSystem::new(title("Annex")).with_time_zone(zone());
        let mut home = main;
        if let Some(created) = case.look(CreateAcsSystem::new(new))? {
            let id = created.acs_system_id;
            case.must(!systems.contains(&id), "a created system must be a new one")?;
            let as_asked = created.name == "Annex"
                && created.location.time_zone.as_deref() == Some(zone().as_str());
            case.must(
                as_asked,
                "the new system must have name and time zone as asked for",
            )?;
            systems.push(id);
            home = if is_elsewhere { id } else { main };
            let expected = Answer::Systems(vec![SystemSeen::from(&created)]);
            case.must_answer(GetAcsSystem::new(id), &expected)?;
            case.must_list_all(ListAcsSystems::new(AcsSystemFilter::new()), &systems)?;
        }
        let new = NewEntrance::new(home, title("Door"));
        if let Some(created) = case.look(CreateEntrance::new(new))? {
            let id = created.acs_entrance_id;
            case.must(
                !entrances.contains(&id),
                "a created entrance must be a new one",
            )?;
            let as_asked = created.display_name == "Door" && created.acs_system_id == home;
            case.must(
                as_asked,
                "the new entrance must have name and system as asked for",
            )?;
            entrances.push(id);
            let expected = Answer::Entrances(vec![EntranceSeen::from(&created)]);
            case.must_answer(GetEntrance::new(id), &expected)?;
            case.must_list(&entrances_that(EntranceFilter::new()), &entrances)?;
        }
        case.must_show(&before)?;
    }
    Ok(())
}

/// No field, then one at a time; groups and grants keep the entrance.
pub(crate) fn an_updated_system_or_entrance_keeps_what_was_not_named(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let ada = site.user(main, "Ada");
    let gym = site.group(main, "Gym");
    let (front, hatch) = (site.entrance(main, "Front"), site.entrance(west, "Hatch"));
    site.systems[0].location.time_zone = Some(zone().into());
    site.members(gym, &[ada]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    let mut updates = [(); 4].map(|()| AcsSystemUpdate::default());
    updates[1].name = Some(title("Tower"));
    updates[2].time_zone = Patch::Clear;
    updates[3].time_zone = Patch::Set(zone());
    let mut expected = SystemSeen::from(&site.systems[0]);
    let others = case.shown([
        GetAcsSystem::new(west).into(),
        GetEntrance::new(hatch).into(),
        ListUsersInGroup::new(gym).into(),
        GetAccessGroup::new(gym).into(),
        GetAcsUser::new(ada).into(),
    ]);
    for update in updates {
        if case
            .look(UpdateAcsSystem::new(main, update.clone()))?
            .is_none()
        {
            break;
        }
        if let Some(name) = update.name {
            expected.name = name.to_string();
        }
        update
            .time_zone
            .map(String::from)
            .apply(&mut expected.time_zone);
        let answer = Answer::Systems(vec![expected.clone()]);
        case.must_answer(GetAcsSystem::new(main), &answer)?;
        case.must_show(&others)?;
    }
    for (name, expected) in [(None, "Front"), (Some(title("Gate")), "Gate")] {
        let update = EntranceUpdate { name };
        if case.look(UpdateEntrance::new(front, update))?.is_none() {
            break;
        }
        let expected = Answer::Entrances(vec![EntranceSeen {
            name: expected.to_owned(),
            ..EntranceSeen::from(&site.entrances[0])
        }]);
        case.must_answer(GetEntrance::new(front), &expected)?;
        case.must_answer(ListEntrancesOfGroup::new(gym), &expected)?;
        case.must_answer(ListEntrancesOfUser::new(ada), &expected)?;
        case.must_show(&others)?;
    }
    let before = case.visible();
    case.not_found(
        UpdateAcsSystem::new(NO_SYSTEM, AcsSystemUpdate::default()),
        NO_SYSTEM,
    )?;
    let update = EntranceUpdate::default();
    case.not_found(UpdateEntrance::new(NO_ENTRANCE, update), NO_ENTRANCE)?;
    case.must_show(&before)
}

/// Neither with a user, nor with a group, nor with an entrance.
pub(crate) fn a_system_that_holds_something_is_not_deleted(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (north, empty) = (site.system("North"), site.system("Empty"));
    site.user(main, "Ada");
    site.group(west, "Gym");
    site.entrance(north, "Front");
    let case = Case::open(bench, &site);

    let before = case.visible();
    for system in [main, west, north] {
        case.refused(DeleteAcsSystem::new(system), ErrorKind::Conflict)?;
        case.must_show(&before)?;
    }
    case.call(DeleteAcsSystem::new(empty))?;
    let draft = NewEntrance::new(empty, title("Door"));
    let unknown: [Operation; 5] = [
        GetAcsSystem::new(empty).into(),
        DeleteAcsSystem::new(empty).into(),
        UpdateAcsSystem::new(empty, AcsSystemUpdate::default()).into(),
        CreateEntrance::new(draft).into(),
        CreateAccessGroup::new(NewAccessGroup::new(empty, title("Pool"))).into(),
    ];
    case.all_not_found(unknown, empty)?;
    let systems = ListAcsSystems::new(AcsSystemFilter::new());
    case.must_list_all(systems, &[main, west, north])
}

/// Neither through groups nor by grants; other entrances open as before.
pub(crate) fn a_deleted_entrance_opens_to_nobody(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let gym = site.group(main, "Gym");
    let (front, side) = (site.entrance(main, "Front"), site.entrance(main, "Side"));
    site.members(gym, &[ada]);
    site.holds(gym, &[front, side]);
    let case = Case::open(bench, &site);

    for entrance in [front, side] {
        case.look(GrantAccess::new(grace, entrance))?;
    }
    case.call(DeleteEntrance::new(front))?;
    let group = AccessGroupUpdate {
        add_entrances: vec![front],
        ..AccessGroupUpdate::default()
    };
    let unknown: [Operation; 6] = [
        GetEntrance::new(front).into(),
        GrantAccess::new(ada, front).into(),
        RevokeAccess::new(ada, front).into(),
        UpdateEntrance::new(front, EntranceUpdate::default()).into(),
        UpdateAccessGroup::new(gym, group).into(),
        DeleteEntrance::new(front).into(),
    ];
    case.all_not_found(unknown, front)?;
    let granted: &[_] = match case.fixture.can(Capability::GrantAccess) {
        true => &[side],
        false => &[],
    };
    case.must_list_all(ListEntrancesOfGroup::new(gym), &[side])?;
    case.must_list_all(ListEntrancesOfUser::new(ada), &[side])?;
    case.must_list_all(ListEntrancesOfUser::new(grace), granted)?;
    case.must_list_all(ListUsersInGroup::new(gym), &[ada])?;
    case.must_list(&entrances_that(EntranceFilter::new()), &[side])
}

fn zone() -> TimeZoneName {
    "Europe/Berlin".parse().expect("a name that is not empty")
}
