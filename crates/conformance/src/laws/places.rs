//! One resource in all the places that show it.

mod shown;

use shown::Places;

use super::*;

/// With and without a schedule; also after it was renamed.
pub(crate) fn a_group_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.groups.iter().enumerate() {
        let mut places = Places::of(&case, known.acs_access_group_id);
        must_show_group(&mut places, &site, number)?;
        places.must_be_kept(GroupSeen::from(known))?;

        let update = AccessGroupUpdate {
            name: Some(title("Renamed")),
            ..AccessGroupUpdate::default()
        };
        let rename = UpdateAccessGroup::new(known.acs_access_group_id, update);
        if case.look(rename)?.is_some() {
            places.forget(&["name", "display_name"]);
            must_show_group(&mut places, &site, number)?;
        }
    }
    Ok(())
}

fn must_show_group(places: &mut Places<'_, AccessGroup>, site: &Site, number: usize) -> Checked {
    let (user, group) = site.memberships[number];
    let system = site.groups[number].acs_system_id;
    let of_identity = site.identities.get(number);
    let of_identity = of_identity.map(|identity| all().of_identity(identity.user_identity_id));
    places.must_be_in(GetAccessGroup::new(group))?;
    let filters = [
        all(),
        all().in_system(system),
        all().of_user(user),
        all().matching(search(&group.to_string())),
        all().of_user(user).in_system(system),
    ];
    for filter in filters.into_iter().chain(of_identity) {
        places.must_be_in(ListAccessGroups::new(filter))?;
    }
    Ok(())
}

/// Linked and not, with every field and with few; also after a change of each kind.
pub(crate) fn a_user_reads_the_same_wherever_they_are_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.users.iter().enumerate() {
        let user = known.acs_user_id;
        let mut places = Places::of(&case, user);
        must_show_user(&mut places, &site, number)?;
        places.must_be_kept(UserSeen::from(known))?;

        let update = AcsUserUpdate {
            full_name: Some(name("Renamed")),
            ..AcsUserUpdate::default()
        };
        let changes: [(Operation, &[_]); 3] = [
            (
                UpdateAcsUser::new(user, update).into(),
                &["full_name", "display_name"],
            ),
            (SuspendAcsUser::new(user).into(), &["is_suspended"]),
            (UnsuspendAcsUser::new(user).into(), &["is_suspended"]),
        ];
        for (change, fields) in changes {
            if case.ask(Through::Port, &change)?.is_some() {
                places.forget(fields);
                must_show_user(&mut places, &site, number)?;
            }
        }
    }
    Ok(())
}

fn must_show_user(places: &mut Places<'_, AcsUser>, site: &Site, number: usize) -> Checked {
    let known = &site.users[number];
    let (user, system) = (known.acs_user_id, known.acs_system_id);
    let (_, group) = site.memberships[number];
    places.must_be_in(GetAcsUser::new(user))?;
    places.must_be_in(ListUsersInGroup::new(group))?;
    let every = AcsUserFilter::new;
    let mut filters = vec![
        every(),
        every().in_system(system),
        every().matching(search(&user.to_string())),
        every().created_before(long_ago(0)),
    ];
    if let Some(identity) = site.identities.get(number) {
        let id = identity.user_identity_id;
        places.must_be_in(GetAcsUser::new(AcsUserSelector::of(id, system)))?;
        places.must_be_in(ListUsersOfIdentity::new(id))?;
        let some = |text: &Option<String>| Some(text.as_deref().map(contact));
        let (email, phone) = (some(&identity.email_address), some(&identity.phone_number));
        filters.push(every().of_identity(id));
        filters.push(with(every(), |filter| {
            filter.identity_email_address = email
        }));
        filters.push(with(every(), |filter| filter.identity_phone_number = phone));
    }
    for filter in filters {
        places.must_be_among(users_that(filter))?;
    }
    Ok(())
}

/// Also after it was renamed.
pub(crate) fn an_entrance_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.entrances.iter().enumerate() {
        let mut places = Places::of(&case, known.acs_entrance_id);
        must_show_entrance(&mut places, &site, number)?;
        places.must_be_kept(EntranceSeen::from(known))?;

        let update = EntranceUpdate {
            name: Some(title("Renamed")),
        };
        let rename = UpdateEntrance::new(known.acs_entrance_id, update);
        if case.look(rename)?.is_some() {
            places.forget(&["display_name"]);
            must_show_entrance(&mut places, &site, number)?;
        }
    }
    Ok(())
}

fn must_show_entrance(places: &mut Places<'_, Entrance>, site: &Site, number: usize) -> Checked {
    let known = &site.entrances[number];
    let entrance = known.acs_entrance_id;
    let (group, _) = site.group_entrances[number];
    let (user, _) = site.memberships[number];
    places.must_be_in(GetEntrance::new(entrance))?;
    places.must_be_in(ListEntrancesOfGroup::new(group))?;
    places.must_be_in(ListEntrancesOfUser::new(user))?;
    if let Some(identity) = site.identities.get(number) {
        places.must_be_in(ListEntrancesOfIdentity::new(identity.user_identity_id))?;
    }
    let every = EntranceFilter::new;
    let account = known.connected_account_id.parse().ok();
    let space = known.space_ids.first().and_then(|space| space.parse().ok());
    for filter in [
        every(),
        every().in_system(known.acs_system_id),
        every().among([entrance]),
        // What both names have in common.
        every().matching(search("r")),
        with(every(), |filter| filter.connected_account = account),
        with(every(), |filter| filter.space = space),
    ] {
        places.must_be_among(entrances_that(filter))?;
    }
    Ok(())
}

/// Also after it was renamed.
pub(crate) fn a_system_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.systems.iter().enumerate() {
        let mut places = Places::of(&case, known.acs_system_id);
        must_show_system(&mut places, &site, number)?;
        places.must_be_kept(SystemSeen::from(known))?;

        let update = AcsSystemUpdate {
            name: Some(title("Renamed")),
            ..AcsSystemUpdate::default()
        };
        let rename = UpdateAcsSystem::new(known.acs_system_id, update);
        if case.look(rename)?.is_some() {
            places.forget(&["name"]);
            must_show_system(&mut places, &site, number)?;
        }
    }
    Ok(())
}

fn must_show_system(places: &mut Places<'_, AcsSystem>, site: &Site, number: usize) -> Checked {
    let known = &site.systems[number];
    let identity = site.identities[number].user_identity_id;
    places.must_be_in(GetAcsSystem::new(known.acs_system_id))?;
    places.must_be_in(ListSystemsOfIdentity::new(identity))?;
    let every = AcsSystemFilter::new;
    let account = known.connected_account_id.parse().ok();
    for filter in [
        every(),
        every().matching(search(&known.acs_system_id.to_string())),
        with(every(), |filter| filter.connected_account = account),
    ] {
        places.must_be_in(ListAcsSystems::new(filter))?;
    }
    Ok(())
}

/// By id, by key and in lists; also after its name was changed.
pub(crate) fn an_identity_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for known in &site.identities {
        let identity = known.user_identity_id;
        let mut places = Places::of(&case, identity);
        must_show_identity(&mut places, known)?;
        places.must_be_kept(IdentitySeen::from(known))?;

        let update = UserIdentityUpdate {
            full_name: Patch::Set(name("Renamed")),
            ..UserIdentityUpdate::default()
        };
        let rename = UpdateUserIdentity::new(identity, update);
        if case.look(rename)?.is_some() {
            places.forget(&["full_name", "display_name"]);
            must_show_identity(&mut places, known)?;
        }
    }
    Ok(())
}

fn must_show_identity(places: &mut Places<'_, UserIdentity>, known: &UserIdentity) -> Checked {
    let identity = known.user_identity_id;
    places.must_be_in(GetUserIdentity::new(identity))?;
    let own_key = known.user_identity_key.as_deref().map(key);
    if let Some(own_key) = own_key {
        places.must_be_in(GetUserIdentity::new(own_key))?;
    }
    let every = UserIdentityFilter::new;
    for filter in [
        every(),
        every().among([identity]),
        every().matching(search(&identity.to_string())),
        with(every(), |filter| filter.created_before = Some(long_ago(0))),
    ] {
        places.must_be_among(identities_that(filter))?;
    }
    Ok(())
}

/// Two systems; in each an identity's user in a group that opens an entrance; and a user, group and
/// entrance of the first system that have nothing but what they must have.
fn building() -> Site {
    let (mut site, [main, west]) = Site::with_two_systems();
    let everything = |user: AcsUser| {
        user.with_display_name("Countess")
            .with_email_address("ada@example.com")
            .with_phone_number("+15550100")
            .with_suspended(true)
            .with_access_schedule(ENDED)
    };
    let users = [
        site.user_with(main, "Ada Lovelace", everything),
        site.user_with(west, "Grace", |user| user.with_access_schedule(WITHOUT_END)),
        site.user(main, "X"),
    ];
    for (user, email) in users.into_iter().zip(["a@example.com", "b@example.com"]) {
        let number = site.identities.len();
        let phone = format!("+1555017{number}");
        site.identity("Somebody", Some(email), Some(&phone), &[user]);
        site.identities[number].user_identity_key = Some(format!("key {number}"));
    }
    let schedules = [Some(WITHOUT_END), Some(ENDED), None];
    for (number, (user, schedule)) in users.into_iter().zip(schedules).enumerate() {
        let system = site.users[number].acs_system_id;
        let group = site.group(system, "Residents' gym, 2nd floor");
        let entrance = site.entrance(system, "Front door, 1st floor");
        site.groups[number].access_schedule = schedule;
        site.members(group, &[user]);
        site.holds(group, &[entrance]);
    }
    let bare = site.clone();
    site.furnish();
    // The last ones stay as they were.
    for (furnished, bare) in site.users.iter_mut().zip(bare.users).skip(2) {
        *furnished = bare;
    }
    for (furnished, bare) in site.groups.iter_mut().zip(bare.groups).skip(2) {
        *furnished = bare;
    }
    site
}

const WITHOUT_END: AccessSchedule =
    AccessSchedule::new(Timestamp::from_unix_seconds(1_000_000_000));

const ENDED: AccessSchedule = WITHOUT_END.with_end(Timestamp::from_unix_seconds(1_000_086_400));

/// A new resource is shown everywhere as in the answer that created it.
pub(crate) fn a_new_resource_reads_as_its_creation_showed_it(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let known = site.identity("Ada", None, None, &[]);
    let gym = site.group(main, "Gym");
    site.furnish();
    let case = Case::open(bench, &site);

    let mut user = NewAcsUser::new(main, name("Mary")).with_email_address(email("m@example.com"));
    (user.identity, user.groups) = (Some(known), vec![gym]);
    if let Some(mut places) = Places::of_new(&case, CreateAcsUser::new(user))? {
        places.must_be_in(GetAcsUser::new(places.id))?;
        places.must_be_in(GetAcsUser::new(AcsUserSelector::of(known, main)))?;
        places.must_be_in(ListUsersInGroup::new(gym))?;
        places.must_be_in(ListUsersOfIdentity::new(known))?;
        places.must_be_among(users_that(AcsUserFilter::new()))?;
    }
    let identity = NewUserIdentity {
        key: Some(key("new")),
        email_address: Some(email("new@example.com")),
        ..NewUserIdentity::default()
    };
    if let Some(mut places) = Places::of_new(&case, CreateUserIdentity::new(identity))? {
        places.must_be_in(GetUserIdentity::new(places.id))?;
        places.must_be_in(GetUserIdentity::new(key("new")))?;
        places.must_be_among(identities_that(UserIdentityFilter::new()))?;
    }
    let system = NewAcsSystem::new(title("Annex"));
    if let Some(mut places) = Places::of_new(&case, CreateAcsSystem::new(system))? {
        places.must_be_in(GetAcsSystem::new(places.id))?;
        places.must_be_in(ListAcsSystems::new(AcsSystemFilter::new()))?;
    }
    let entrance = NewEntrance::new(main, title("Gate"));
    let mut opened = None;
    if let Some(mut places) = Places::of_new(&case, CreateEntrance::new(entrance))? {
        places.must_be_in(GetEntrance::new(places.id))?;
        places.must_be_among(entrances_that(EntranceFilter::new()))?;
        opened = Some(places);
    }
    let mut group = NewAccessGroup::new(main, title("Pool"));
    group
        .entrances
        .extend(opened.iter().map(|places| places.id));
    if let Some(mut places) = Places::of_new(&case, CreateAccessGroup::new(group))? {
        places.must_be_in(GetAccessGroup::new(places.id))?;
        places.must_be_in(ListAccessGroups::new(all()))?;
        if let Some(mut opened) = opened {
            opened.must_be_in(ListEntrancesOfGroup::new(places.id))?;
        }
    }
    Ok(())
}
