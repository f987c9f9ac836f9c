//! What is deleted, ended or replaced does not come back.

use super::*;

/// Each kind of resource is deleted once, after everything was read, as a cache would keep it. Then
/// every call that may name it is refused, and no condition lists it.
pub(crate) fn what_is_deleted_is_unknown_to_every_call(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let void = site.system("Void");
    let account = "ac000000-0000-4000-8000-000000000001";
    let space = "5bace000-0000-4000-8000-000000000001";
    site.systems[1].connected_account_id = account.to_owned();
    let [ada, bob, eve] = ["Ada", "Bob", "Eve"].map(|name| site.user(main, name));
    let ada_s = site.identity("Ada", None, None, &[ada]);
    let (mail, phone) = (Some("bob@example.com"), Some("+1 555 0100"));
    let bob_s = site.identity("Bob", mail, phone, &[bob]);
    site.identities[1].user_identity_key = Some("bob".to_owned());
    let [gym, pool] = ["Gym", "Pool"].map(|name| site.group(main, name));
    let [door, gate] = ["Door", "Gate"].map(|name| site.entrance(main, name));
    site.entrances[0].connected_account_id = account.to_owned();
    site.entrances[0].space_ids = vec![space.to_owned()];
    site.members(pool, &[ada, bob]);
    site.members(gym, &[ada, bob, eve]);
    site.holds(gym, &[door]);
    let case = Case::open(bench, &site);
    let read = || drop(case.visible());

    read();
    case.look(GetAccessGroup::new(gym))?;
    if case.look(DeleteAccessGroup::new(gym))?.is_some() {
        let newcomer = NewAcsUser::new(main, name("New")).in_group(gym);
        let named = [CreateAcsUser::new(newcomer).into()];
        case.all_not_found(calls_on(gym, eve).into_iter().chain(named), gym)?;
        case.must_list_groups(all(), &[pool])?;
    }

    read();
    if case.look(DeleteEntrance::new(door))?.is_some() {
        let opening = AccessGroupUpdate {
            add_entrances: vec![door],
            ..AccessGroupUpdate::default()
        };
        let named: [Operation; 7] = [
            GetEntrance::new(door).into(),
            UpdateEntrance::new(door, EntranceUpdate::default()).into(),
            DeleteEntrance::new(door).into(),
            GrantAccess::new(eve, door).into(),
            RevokeAccess::new(eve, door).into(),
            CreateAccessGroup::new(NewAccessGroup::new(main, title("New")).opening(door)).into(),
            UpdateAccessGroup::new(pool, opening).into(),
        ];
        case.all_not_found(named, door)?;
        let is = |edit: fn(&mut EntranceFilter)| with(EntranceFilter::new(), edit);
        let conditions = [
            is(|filter| filter.search = Some(search("Door"))),
            with(EntranceFilter::new(), |filter| {
                filter.entrances = Some(vec![door])
            }),
            with(EntranceFilter::new(), |filter| {
                filter.connected_account = account.parse().ok();
            }),
            with(EntranceFilter::new(), |filter| {
                filter.space = space.parse().ok()
            }),
        ];
        for filter in conditions {
            case.must_list(&entrances_that(filter), &[])?;
        }
        case.must_list(
            &entrances_that(EntranceFilter::new().in_system(main)),
            &[gate],
        )?;
    }

    read();
    if case.look(DeleteAcsUser::new(ada))?.is_some() {
        case.all_not_found(calls_on_user(ada), ada)?;
        let of_identity = with(AcsUserFilter::new(), |filter| filter.identity = Some(ada_s));
        case.must_list(&users_that(of_identity), &[])?;
        let earlier = with(AcsUserFilter::new(), |filter| {
            filter.created_before = Some(far_off(0));
        });
        case.must_list(&users_that(earlier), &[bob, eve])?;
        // Their place is free.
        let heir = NewAcsUser::new(main, name("Ada")).with_identity(ada_s);
        case.look(CreateAcsUser::new(heir))?;
    }

    read();
    if case.look(DeleteUserIdentity::new(bob_s))?.is_some() {
        let newcomer = NewAcsUser::new(main, name("New")).with_identity(bob_s);
        let named = [
            add(bob_s, pool),
            remove(bob_s, pool),
            GrantAccess::new(bob_s, gate).into(),
            RevokeAccess::new(bob_s, gate).into(),
            CreateAcsUser::new(newcomer).into(),
        ];
        case.all_not_found(
            calls_on_identity(bob_s, eve).into_iter().chain(named),
            bob_s,
        )?;
        case.all_not_found(calls_on_user(bob), bob)?;
        case.refused(GetUserIdentity::new(key("bob")), ErrorKind::NotFound)?;
        for filter in [
            with(AcsUserFilter::new(), |filter| filter.identity = Some(bob_s)),
            with(AcsUserFilter::new(), |filter| {
                filter.identity_email_address = Some(mail.map(contact));
            }),
            with(AcsUserFilter::new(), |filter| {
                filter.identity_phone_number = Some(phone.map(contact));
            }),
        ] {
            case.must_list(&users_that(filter), &[])?;
        }
        let by_id = with(UserIdentityFilter::new(), |filter| {
            filter.identities = Some(vec![bob_s]);
        });
        case.must_list(&identities_that(by_id), &[])?;
        let earlier = with(UserIdentityFilter::new(), |filter| {
            filter.created_before = Some(far_off(0));
        });
        case.must_list(&identities_that(earlier), &[ada_s])?;
        case.must_list_groups(with(all(), |filter| filter.identity = Some(bob_s)), &[])?;
    }

    read();
    if case.look(DeleteAcsSystem::new(void))?.is_some() {
        let mut identity = NewUserIdentity::named(name("New"));
        identity.systems = vec![main, void];
        let named: [Operation; 7] = [
            GetAcsSystem::new(void).into(),
            UpdateAcsSystem::new(void, AcsSystemUpdate::default()).into(),
            DeleteAcsSystem::new(void).into(),
            CreateAcsUser::new(NewAcsUser::new(void, name("New"))).into(),
            CreateAccessGroup::new(NewAccessGroup::new(void, title("New"))).into(),
            CreateEntrance::new(NewEntrance::new(void, title("New"))).into(),
            CreateUserIdentity::new(identity).into(),
        ];
        case.all_not_found(named, void)?;
        let by_account = with(AcsSystemFilter::new(), |filter| {
            filter.connected_account = account.parse().ok();
        });
        case.must_list_all(ListAcsSystems::new(by_account), &[])?;
        let by_name = AcsSystemFilter::new().matching(search("Void"));
        case.must_list_all(ListAcsSystems::new(by_name), &[])?;
    }
    Ok(())
}

/// A user, a group and an entrance that are made with every value of one that was deleted; and users
/// that come with an identity, by a creation and by a join.
pub(crate) fn what_is_made_again_begins_anew(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let contacts = (Some("ada@example.com"), Some("+1 555 0100"));
    let of_contacts = |user: AcsUser| {
        let mut user = user.with_email_address("ada@example.com");
        user.phone_number = contacts.1.map(str::to_owned);
        user.is_suspended = Some(true);
        user.access_schedule = Some(AccessSchedule::new(long_ago(0)));
        user
    };
    let ada = site.user_with(main, "Ada", of_contacts);
    let linked = site.user_with(main, "Ada", of_contacts);
    let first = site.identity("Ada", contacts.0, contacts.1, &[linked]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    let [gym, pool] = ["Gym", "Pool"].map(|name| site.group(main, name));
    let [door, gate] = ["Door", "Gate"].map(|name| site.entrance(main, name));
    site.members(gym, &[ada, linked]);
    site.holds(gym, &[door]);
    let case = Case::open(bench, &site);
    for user in [ada, linked] {
        case.look(GrantAccess::new(user, gate))?;
    }
    let nothing_of_theirs = |user: &AcsUser, identity: Option<UserIdentityId>, groups: &[_]| {
        let (id, seen) = (user.acs_user_id, UserSeen::from(user));
        let is_fresh = !seen.suspended && seen.schedule.is_none() && seen.identity == identity;
        case.must(is_fresh, "a new user has something of one who was deleted")?;
        case.must_list_groups(all().of_user(id), groups)?;
        case.must_list_all(ListEntrancesOfUser::new(id), &[])
    };

    // Both are gone before anybody comes, or a newcomer may rightly be linked to one.
    let are_gone = case.look(DeleteUserIdentity::new(first))?.is_some()
        && case.look(DeleteAcsUser::new(ada))?.is_some();
    if are_gone {
        let new = NewAcsUser::new(main, name("Ada"))
            .with_email_address(email("ada@example.com"))
            .with_phone_number(contact("+1 555 0100"));
        if let Some(user) = case.look(CreateAcsUser::new(new))? {
            nothing_of_theirs(&user, None, &[])?;
            case.look(DeleteAcsUser::new(user.acs_user_id))?;
        }
        for joins in [false, true] {
            let new = NewUserIdentity {
                key: Some(key("ada")),
                full_name: Some(name("Ada")),
                email_address: Some(email("ada@example.com")),
                phone_number: Some(contact("+1 555 0100")),
                systems: if joins { vec![] } else { vec![main] },
            };
            let Some(identity) = case.look(CreateUserIdentity::new(new))? else {
                break;
            };
            let id = identity.user_identity_id;
            let groups = if joins { vec![pool] } else { vec![] };
            if joins {
                case.look(AddUser::new(id, pool))?;
            }
            let users = case.look(ListUsersOfIdentity::new(id))?.unwrap_or_default();
            for user in &users {
                nothing_of_theirs(user, Some(id), &groups)?;
            }
            case.look(DeleteUserIdentity::new(id))?;
        }
    }
    if case.look(DeleteAccessGroup::new(gym))?.is_some()
        && let Some(group) = case.look(CreateAccessGroup::new(NewAccessGroup::new(
            main,
            title("Gym"),
        )))?
    {
        let id = group.acs_access_group_id;
        case.must_list_all(ListUsersInGroup::new(id), &[])?;
        case.must_list_all(ListEntrancesOfGroup::new(id), &[])?;
    }
    if case.look(DeleteEntrance::new(gate))?.is_some()
        && let Some(entrance) =
            case.look(CreateEntrance::new(NewEntrance::new(main, title("Gate"))))?
    {
        let eve = case.look(CreateAcsUser::new(NewAcsUser::new(main, name("Eve"))))?;
        if let Some(eve) = eve {
            case.must_list_all(ListEntrancesOfUser::new(eve.acs_user_id), &[])?;
        }
        case.must_list_all(ListEntrancesOfGroup::new(pool), &[])?;
        case.look(DeleteEntrance::new(entrance.acs_entrance_id))?;
    }
    Ok(())
}

/// Key, address and number that were replaced find nobody, conflict with nobody and join nobody; so
/// do those that were cleared. A link that has ended is used by no call.
pub(crate) fn what_is_replaced_or_ended_is_free(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let stranger = site.user_with(main, "Ada Lovelace", |user| {
        let mut user = user.with_email_address("old@example.com");
        user.phone_number = Some("+1 old".to_owned());
        user
    });
    let zoe = site.user(main, "Zoe");
    let [replaced, cleared] = ["1", "2"].map(|mark| {
        let (email, phone) = (format!("old{mark}@example.com"), format!("+1 old{mark}"));
        let identity = site.identity("Old", Some(&email), Some(&phone), &[]);
        let last = site.identities.len() - 1;
        site.identities[last].user_identity_key = Some(format!("old{mark}"));
        identity
    });
    let seeker = site.identity("Ada", Some("old@example.com"), Some("+1 old"), &[]);
    let zoe_s = site.identity("Zoe", None, None, &[zoe]);
    let gym = site.group(main, "Gym");
    let [gate, side] = ["Gate", "Side"].map(|name| site.entrance(main, name));
    site.members(gym, &[zoe]);
    let case = Case::open(bench, &site);

    let set = UserIdentityUpdate {
        key: Patch::Set(key("new")),
        email_address: Patch::Set(email("new@example.com")),
        phone_number: Patch::Set(contact("+1 new")),
        ..UserIdentityUpdate::default()
    };
    let clear = UserIdentityUpdate {
        key: Patch::Clear,
        email_address: Patch::Clear,
        phone_number: Patch::Clear,
        ..UserIdentityUpdate::default()
    };
    for (identity, update, mark) in [(replaced, set, "1"), (cleared, clear.clone(), "2")] {
        if case
            .look(UpdateUserIdentity::new(identity, update))?
            .is_none()
        {
            break;
        }
        let old = key(&format!("old{mark}"));
        case.refused(GetUserIdentity::new(old.clone()), ErrorKind::NotFound)?;
        let take = UserIdentityUpdate {
            key: Patch::Set(old.clone()),
            email_address: Patch::Set(email(&format!("old{mark}@example.com"))),
            phone_number: Patch::Set(contact(&format!("+1 old{mark}"))),
            ..UserIdentityUpdate::default()
        };
        for update in [take, clear.clone()] {
            case.look(UpdateUserIdentity::new(zoe_s, update))?;
        }
        let new = NewUserIdentity {
            key: Some(old.clone()),
            email_address: Some(email(&format!("old{mark}@example.com"))),
            phone_number: Some(contact(&format!("+1 old{mark}"))),
            ..NewUserIdentity::default()
        };
        if let Some(made) = case.look(CreateUserIdentity::new(new))?
            && let Some(found) = case.look(GetUserIdentity::new(old))?
        {
            let is_it = found.user_identity_id == made.user_identity_id;
            case.must(is_it, "a key finds the identity that had it before")?;
        }
    }

    let moved = AcsUserUpdate {
        full_name: Some(name("Ada King")),
        email_address: Some(email("new@example.com")),
        phone_number: Some(contact("+1 new")),
        ..AcsUserUpdate::default()
    };
    if case.look(UpdateAcsUser::new(stranger, moved))?.is_some() {
        for text in ["Lovelace", "old@example.com", "+1 old"] {
            let found = AcsUserFilter::new().matching(search(text));
            case.must_list(&users_that(found), &[])?;
        }
        if case.look(AddUser::new(seeker, gym))?.is_some() {
            let is_stranger = case.members(gym)?.contains(&stranger);
            case.must(
                !is_stranger,
                "an identity became a user by an address they had before",
            )?;
        }
    }

    // Held twice is held once.
    let opening = |add_entrances: Vec<_>, remove_entrances| {
        let mut update = AccessGroupUpdate::default();
        (update.add_entrances, update.remove_entrances) = (add_entrances, remove_entrances);
        UpdateAccessGroup::new(gym, update)
    };
    let (added, removed) = (vec![gate, side], vec![side, gate]);
    for update in [
        opening(added.clone(), vec![]),
        opening(added, vec![]),
        opening(vec![], removed),
    ] {
        case.look(update)?;
    }
    case.must_list_all(ListEntrancesOfGroup::new(gym), &[])?;

    case.look(GrantAccess::new(zoe, gate))?;
    let by_identity = AcsUserSelector::of(zoe_s, main);
    case.look(ListEntrancesOfUser::new(by_identity))?;
    if case.look(UnlinkAcsUser::new(zoe, zoe_s))?.is_some() {
        for call in calls_on_user(by_identity) {
            case.refused(call, ErrorKind::NotFound)?;
        }
        case.look(RevokeAccess::new(zoe_s, gate))?;
        case.look(RemoveUser::new(zoe_s, gym))?;
        if case.fixture.can(Capability::GrantAccess) {
            case.must_list_all(ListEntrancesOfUser::new(zoe), &[gate])?;
        }
        let is_member = case.members(gym)?.contains(&zoe);
        case.must(
            is_member,
            "a link that has ended was used to remove its user",
        )?;
    }
    Ok(())
}
