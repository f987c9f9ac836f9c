//! Calls that reach as many as there are.

use super::*;

/// What a call looks for, makes, changes, ends or deletes: 1,100 of each, or as many as the fixture
/// says if those are fewer.
pub(crate) fn all_means_all_however_many(bench: &Bench<'_>) -> Checked {
    let tower = Tower::of(bench.bulk().min(MANY));
    let case = Case::open(bench, &tower.site);
    must_find_the_last(&case, &tower)?;
    must_refuse_as_a_whole(&case, &tower)?;
    must_make_all_in_one_call(&case, &tower)?;
    must_rename_every_user(&case, &tower)?;
    must_revoke_everything(&case, &tower)?;
    must_end_every_membership(&case, &tower)?;
    must_close_the_passage(&case, &tower)?;
    must_delete_every_user(&case, &tower)
}

/// The last of many is found like the first: by key, by address, by number, by system, in a group.
fn must_find_the_last(case: &Case<'_>, tower: &Tower) -> Checked {
    let many = tower.people.len();
    let (Some(&person), Some(&wing)) = (tower.people.last(), tower.wings.last()) else {
        return Ok(());
    };
    let by_key = GetUserIdentity::new(key_of(many));
    if let Some(found) = quietly(case, by_key)? {
        let why = "the identity that was created last must be found by its key";
        case.must(found.user_identity_id == person, why)?;
    }
    let inspector = AcsUserSelector::of(tower.inspector, wing);
    if let Some(found) = quietly(case, GetAcsUser::new(inspector))? {
        let why = "the user of an identity in the last of its systems must be found";
        case.must(Some(&found.acs_user_id) == tower.inspectors.last(), why)?;
    }
    must_leave_and_join_again(case, tower)?;
    must_notice_conflicts(case, tower)?;

    // The youngest of the users with an address, and the youngest but one with a number.
    let found = tower.crowd.iter().rev();
    let by_email = NewUserIdentity {
        email_address: Some(email(&email_of("guest", many))),
        ..NewUserIdentity::default()
    };
    let by_phone = NewUserIdentity {
        phone_number: Some(contact(&phone_of("556", many - 1))),
        ..NewUserIdentity::default()
    };
    for (mut asked, user) in [by_email, by_phone].into_iter().zip(found.clone()) {
        asked.systems = vec![tower.main];
        if let Some(made) = quietly(case, CreateUserIdentity::new(asked))? {
            let users = ListUsersOfIdentity::new(made.user_identity_id);
            must_list_each_once(case, users, &[*user])?;
        }
    }
    let Some(&stranger) = found.clone().nth(2) else {
        return Ok(());
    };
    if quietly(case, LinkAcsUser::new(stranger, key_of(many)))?.is_some() {
        must_list_each_once(case, ListUsersOfIdentity::new(person), &[stranger])?;
    }
    Ok(())
}

/// Of a long list of members, of entrances, and of users of an identity: the last.
fn must_leave_and_join_again(case: &Case<'_>, tower: &Tower) -> Checked {
    // Whoever is removed must be added again: later checks count on it.
    if !case.fixture.can(Capability::AddUser) {
        return Ok(());
    }
    let Some((&guest, others)) = tower.crowd.split_last() else {
        return Ok(());
    };
    let members = ListUsersInGroup::new(tower.hall);
    if quietly(case, RemoveUser::new(guest, tower.hall))?.is_some() {
        must_list_each_once(case, members.clone(), others)?;
    }
    // The second time changes nothing.
    let again = AddUser::new(guest, tower.hall);
    each(case, [again.clone(), again])?;
    must_list_each_once(case, members, &tower.crowd)?;

    let (Some(&lodge), Some(&inspector)) = (tower.lodges.last(), tower.inspectors.last()) else {
        return Ok(());
    };
    let members = ListUsersInGroup::new(lodge);
    if quietly(case, RemoveUser::new(tower.inspector, lodge))?.is_some() {
        must_list_each_once(case, members.clone(), &[])?;
    }
    if quietly(case, AddUser::new(tower.inspector, lodge))?.is_some() {
        must_list_each_once(case, members, &[inspector])?;
    }
    let users = ListUsersOfIdentity::new(tower.inspector);
    must_list_each_once(case, users, &tower.of_inspector())
}

/// A value that the last of many identities has is taken.
fn must_notice_conflicts(case: &Case<'_>, tower: &Tower) -> Checked {
    let many = tower.people.len();
    let by_key = UserIdentityUpdate {
        key: Patch::Set(key_of(many)),
        ..UserIdentityUpdate::default()
    };
    let by_email = UserIdentityUpdate {
        email_address: Patch::Set(email(&email_of("person", many))),
        ..UserIdentityUpdate::default()
    };
    let by_phone = UserIdentityUpdate {
        phone_number: Patch::Set(contact(&phone_of("555", many))),
        ..UserIdentityUpdate::default()
    };
    for update in [by_key, by_email, by_phone] {
        let update = UpdateUserIdentity::new(tower.people[0], update);
        case.refused(update, ErrorKind::Conflict)?;
    }
    let named = NewUserIdentity {
        key: Some(key_of(many)),
        ..NewUserIdentity::default()
    };
    case.refused(CreateUserIdentity::new(named), ErrorKind::Conflict)?;
    let Some(&wing) = tower.wings.last() else {
        return Ok(());
    };
    let second = NewAcsUser::new(wing, name("Second")).with_identity(tower.inspector);
    case.refused(CreateAcsUser::new(second), ErrorKind::Conflict)
}

/// The last of many things does not exist: nothing of the call is done, not even its first part.
fn must_refuse_as_a_whole(case: &Case<'_>, tower: &Tower) -> Checked {
    let mut user = NewAcsUser::new(tower.main, name("Nobody"));
    user.groups = with_another(&tower.rooms, NO_GROUP);
    case.not_found(CreateAcsUser::new(user), NO_GROUP)?;
    let mut group = NewAccessGroup::new(tower.main, title("Nowhere"));
    group.entrances = with_another(&tower.doors, NO_ENTRANCE);
    case.not_found(CreateAccessGroup::new(group), NO_ENTRANCE)?;
    let update = AccessGroupUpdate {
        add_entrances: with_another(&tower.doors, NO_ENTRANCE),
        ..AccessGroupUpdate::default()
    };
    let room = tower.rooms[0];
    case.not_found(UpdateAccessGroup::new(room, update), NO_ENTRANCE)?;
    let mut identity = NewUserIdentity::named(name("Nobody"));
    identity.systems = with_another(&tower.wings, NO_SYSTEM);
    case.not_found(CreateUserIdentity::new(identity), NO_SYSTEM)?;

    let nobody = AcsUserFilter::new().matching(search("nobody"));
    must_page_with(case, &users_that(nobody), None, &[])?;
    let nobody = UserIdentityFilter::new().matching(search("nobody"));
    must_page_with(case, &identities_that(nobody), None, &[])?;
    let nowhere = all().matching(search("nowhere"));
    must_list_each_once(case, ListAccessGroups::new(nowhere), &[])?;
    let held = [tower.doors[0], tower.passage];
    must_list_each_once(case, ListEntrancesOfGroup::new(room), &held)?;
    let alone = ListUsersInGroup::new(room);
    must_list_each_once(case, alone, &[tower.caretaker])
}

/// A group with as many entrances as one call may name, and an identity with users in as many systems.
fn must_make_all_in_one_call(case: &Case<'_>, tower: &Tower) -> Checked {
    let (doors, of_caretaker) = (most(&tower.doors), tower.of_caretaker());
    let (of_caretaker, systems) = (most(&of_caretaker), tower.systems());
    let systems = most(&systems);
    let mut group = NewAccessGroup::new(tower.main, title("Store"));
    group.entrances = doors.to_vec();
    if let Some(store) = quietly(case, CreateAccessGroup::new(group))? {
        let store = store.acs_access_group_id;
        let held = ListEntrancesOfGroup::new(store);
        must_list_each_once(case, held.clone(), doors)?;
        let closed = AccessGroupUpdate {
            remove_entrances: doors.to_vec(),
            ..AccessGroupUpdate::default()
        };
        if quietly(case, UpdateAccessGroup::new(store, closed))?.is_some() {
            must_list_each_once(case, held.clone(), &[])?;
        }
        let open = AccessGroupUpdate {
            add_entrances: of_caretaker.to_vec(),
            ..AccessGroupUpdate::default()
        };
        if quietly(case, UpdateAccessGroup::new(store, open))?.is_some() {
            must_list_each_once(case, held, of_caretaker)?;
        }
    }
    let mut identity = NewUserIdentity::named(name("Everywhere"));
    identity.systems = systems.to_vec();
    if let Some(made) = quietly(case, CreateUserIdentity::new(identity))? {
        let made = made.user_identity_id;
        must_list_each_once(case, ListSystemsOfIdentity::new(made), systems)?;
        let users = quietly(case, ListUsersOfIdentity::new(made))?;
        let users: Vec<_> = users.iter().flatten().map(Resource::id).collect();
        let of_identity = AcsUserFilter::new().of_identity(made);
        if !users.is_empty() {
            must_page_each_once(case, &users_that(of_identity), &users)?;
        }
    }
    Ok(())
}

/// An identity's new name and addresses show in all its users, and find them.
fn must_rename_every_user(case: &Case<'_>, tower: &Tower) -> Checked {
    let (new_email, new_phone) = (email("new@example.com"), contact("+1 557"));
    let update = UserIdentityUpdate {
        full_name: Patch::Set(name("Auditor")),
        email_address: Patch::Set(new_email.clone()),
        phone_number: Patch::Set(new_phone.clone()),
        ..UserIdentityUpdate::default()
    };
    if quietly(case, UpdateUserIdentity::new(tower.inspector, update))?.is_none() {
        return Ok(());
    }
    let by_email = |address: &str| {
        users_that(with(AcsUserFilter::new(), |filter| {
            filter.identity_email_address = Some(Some(contact(address)));
        }))
    };
    must_page_with(case, &by_email(INSPECTOR_EMAIL), None, &[])?;
    let of_inspector = tower.of_inspector();
    must_page_each_once(case, &by_email(new_email.as_str()), &of_inspector)?;
    let users = quietly(case, ListUsersOfIdentity::new(tower.inspector))?;
    let of_identity = users_that(AcsUserFilter::new().of_identity(tower.inspector));
    let listed = case.rows(&of_identity)?.unwrap_or_default();
    let is_old = |user: &&AcsUser| {
        user.user_identity_full_name
            .as_ref()
            .and_then(Option::as_deref)
            != Some("Auditor")
            || user
                .user_identity_phone_number
                .as_ref()
                .and_then(Option::as_deref)
                != Some(new_phone.as_str())
    };
    let old: Vec<_> = users
        .iter()
        .flatten()
        .chain(&listed)
        .filter(is_old)
        .collect();
    let first = old.first().map(|user| user.acs_user_id);
    let why = format!(
        "every user of a changed identity must show its new name and number, but {} do not: {first:?}",
        old.len()
    );
    case.must(old.is_empty(), &why)
}

/// Two users with every room and every door: one loses all of it, the other is deleted.
fn must_revoke_everything(case: &Case<'_>, tower: &Tower) -> Checked {
    let Tower {
        main,
        rooms,
        doors,
        hall,
        ..
    } = tower;
    for ends in [
        |user| Operation::from(RevokeAccessToAllEntrances::new(user)),
        |user| Operation::from(DeleteAcsUser::new(user)),
    ] {
        let absent = ends(NO_USER);
        if case.fixture.lacks(&absent).is_some() {
            // Only that it is refused: a courier who stays would be in the way of later checks.
            case.must_answer(absent, &Answer::Done)?;
            continue;
        }
        let mut courier = NewAcsUser::new(*main, name("Courier"));
        courier.groups = most(rooms).to_vec();
        let Some(courier) = quietly(case, CreateAcsUser::new(courier))? else {
            return Ok(());
        };
        let courier = courier.acs_user_id;
        let groups = ListAccessGroups::new(all().of_user(courier));
        must_list_each_once(case, groups.clone(), most(rooms))?;
        let more = rooms.iter().skip(MAX_IDS);
        if each(case, more.map(|room| AddUser::new(courier, *room)))? {
            must_list_each_once(case, groups.clone(), rooms)?;
        }
        each(
            case,
            doors.iter().map(|door| GrantAccess::new(courier, *door)),
        )?;
        let opened = ListEntrancesOfUser::new(courier);
        must_list_each_once(case, opened.clone(), &tower.of_caretaker())?;
        let operation = ends(courier);
        case.must_answer(operation.clone(), &Answer::Done)?;
        must_list_each_once(case, groups, &[])?;
        if matches!(operation, Operation::DeleteAcsUser(_)) {
            case.not_found(GetAcsUser::new(courier), courier)?;
        } else {
            must_list_each_once(case, opened, &[])?;
        }
        for room in rooms {
            let members = ListUsersInGroup::new(*room);
            must_list_each_once(case, members, &[tower.caretaker])?;
        }
    }
    must_list_each_once(case, ListUsersInGroup::new(*hall), &tower.crowd)
}

/// A deleted group has no members, and its members no access through it.
fn must_end_every_membership(case: &Case<'_>, tower: &Tower) -> Checked {
    if quietly(case, DeleteAccessGroup::new(tower.hall))?.is_none() {
        return Ok(());
    }
    case.not_found(ListUsersInGroup::new(tower.hall), tower.hall)?;
    for guest in &tower.crowd {
        let groups = ListAccessGroups::new(all().of_user(*guest));
        must_list_each_once(case, groups, &[])?;
        must_list_each_once(case, ListEntrancesOfUser::new(*guest), &[])?;
    }
    let guests = AcsUserFilter::new().matching(search("guest"));
    must_page_with(case, &users_that(guests), None, &tower.crowd)?;
    let doors = EntranceFilter::new().matching(search("door"));
    must_page_with(case, &entrances_that(doors), None, &tower.doors)
}

/// A deleted entrance is in no group and granted to nobody.
fn must_close_the_passage(case: &Case<'_>, tower: &Tower) -> Checked {
    let passage = tower.passage;
    // Each guest opens what they did before, and the passage.
    let before = guests_open(case, tower)?;
    let grants = tower
        .crowd
        .iter()
        .map(|guest| GrantAccess::new(*guest, passage));
    if each(case, grants)? {
        for (guest, mut opened) in before.clone() {
            opened.push(passage);
            must_list_each_once(case, ListEntrancesOfUser::new(guest), &opened)?;
        }
    }
    if quietly(case, DeleteEntrance::new(passage))?.is_none() {
        return Ok(());
    }
    for (room, door) in tower.rooms.iter().zip(&tower.doors) {
        must_list_each_once(case, ListEntrancesOfGroup::new(*room), &[*door])?;
    }
    for (guest, opened) in before {
        must_list_each_once(case, ListEntrancesOfUser::new(guest), &opened)?;
    }
    let opened = ListEntrancesOfUser::new(tower.caretaker);
    must_list_each_once(case, opened, &tower.doors)
}

/// What each guest opens, if the adapter says so.
fn guests_open(case: &Case<'_>, tower: &Tower) -> Checked<Vec<(AcsUserId, Vec<EntranceId>)>> {
    let mut all = Vec::new();
    for guest in &tower.crowd {
        if let Some(opened) = quietly(case, ListEntrancesOfUser::new(*guest))? {
            // Without the deletion of groups, each guest still opens every door: a few suffice.
            if opened.len() > 1 && all.len() > 8 {
                break;
            }
            all.push((*guest, ids(&opened).collect()));
        }
    }
    Ok(all)
}

/// A deleted identity takes its user in every system with it, and the memberships of each.
fn must_delete_every_user(case: &Case<'_>, tower: &Tower) -> Checked {
    let inspector = tower.inspector;
    if quietly(case, DeleteUserIdentity::new(inspector))?.is_none() {
        return Ok(());
    }
    case.not_found(GetUserIdentity::new(inspector), inspector)?;
    for user in tower.of_inspector() {
        case.not_found(GetAcsUser::new(user), user)?;
    }
    for group in tower.lodges.iter().chain(&tower.rooms) {
        must_list_each_once(case, ListUsersInGroup::new(*group), &[])?;
    }
    let of_inspector = AcsUserFilter::new().of_identity(inspector);
    must_page_with(case, &users_that(of_inspector), None, &[])?;
    let named = AcsUserFilter::new().matching(search("Inspector"));
    must_page_with(case, &users_that(named), None, &[])?;
    let groups = ListAccessGroups::new(all().of_identity(inspector));
    must_list_each_once(case, groups, &[])
}
