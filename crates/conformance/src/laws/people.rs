//! Identities: created, changed and deleted.

use access_groups_core::shown::with_texts;

use super::*;

/// With no field, twice, and with every field.
pub(crate) fn a_created_identity_is_there(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    site.system("Main");
    let grace = site.identity("Grace", None, None, &[]);
    let case = Case::open(bench, &site);

    let bare = NewUserIdentity::default;
    let mut everybody = vec![grace];
    for asked in [bare(), bare(), ada()] {
        let created = case.call(CreateUserIdentity::new(asked.clone()))?;
        let seen = IdentitySeen::from(&created);
        let as_asked = seen.contact == ContactSeen::from(&asked)
            && seen.key.as_deref() == asked.key.as_ref().map(UserIdentityKey::as_str)
            && seen.users.is_empty();
        let shown = with_texts(|| format!("{asked:?}"));
        let why = format!("the new identity must be as asked for, {shown}\n  but is {seen:?}");
        case.must(as_asked, &why)?;
        let why = "a created identity must be a new one, not one that was there";
        case.must(!everybody.contains(&seen.id), why)?;
        everybody.push(seen.id);

        let identity = seen.id;
        let expected = Answer::Identities(vec![seen]);
        case.must_answer(GetUserIdentity::new(identity), &expected)?;
        if let Some(key) = asked.key {
            case.must_answer(GetUserIdentity::new(key), &expected)?;
        }
        case.must_list(&identities_that(UserIdentityFilter::new()), &everybody)?;
    }
    Ok(())
}

/// Where users have its e-mail address, older, younger and linked ones; where a user has its
/// number only; where there is no user. With an unknown system, nobody is linked either.
pub(crate) fn a_created_identity_has_a_user_in_each_of_its_systems(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (east, unasked) = (site.system("East Wing"), site.system("Annex"));
    // The oldest match is linked already, the next one has the number only.
    let taken = site.user_with(main, "Taken", with_email);
    site.user_with(main, "By phone", with_phone);
    let by_email = site.user_with(main, "By e-mail", |user| {
        // Capitals do not distinguish addresses.
        user.with_email_address(EMAIL.to_uppercase())
    });
    site.user_with(main, "Younger", with_email);
    let by_phone = site.user_with(west, "By phone", with_phone);
    site.user(east, "Somebody else");
    // A match in a system that is not named must stay unlinked.
    site.user_with(unasked, "Not asked for", with_email);
    site.identity("Owner", None, None, &[taken]);
    let case = Case::open(bench, &site);

    let before = case.visible();
    for systems in [
        vec![NO_SYSTEM],
        vec![main, NO_SYSTEM],
        vec![NO_SYSTEM, east],
    ] {
        let identity = NewUserIdentity { systems, ..ada() };
        let call = CreateUserIdentity::new(identity);
        case.not_found(call, NO_SYSTEM)?;
        case.must_show(&before)?;
    }

    let systems = vec![main, west, east];
    let identity = NewUserIdentity { systems, ..ada() };
    let created = case.call(CreateUserIdentity::new(identity))?;
    let identity = created.user_identity_id;
    let Some(users) = case.look(ListUsersOfIdentity::new(identity))? else {
        return Ok(());
    };
    let mut users: Vec<_> = users.iter().map(UserSeen::from).collect();
    let why = format!("each system asked for must have one user of it, not {users:?}");
    // Without the link they do not count, and their system is missing below.
    users.retain(|user| user.identity == Some(identity));
    let mut systems: Vec<_> = users.iter().map(|user| user.system).collect();
    systems.sort();
    case.must(systems == [main, west, east], &why)?;
    let user_in = |system| {
        let found = users.iter().find(|user| user.system == system);
        found.map(|user| user.id)
    };
    for (system, expected) in [(main, by_email), (west, by_phone)] {
        let found = user_in(system);
        let why = format!("of {system}, {expected} must be linked, not {found:?}");
        case.must(found == Some(expected), &why)?;
    }
    let is_new = user_in(east).is_some_and(|user| ids(&site.users).all(|known| known != user));
    case.must(is_new, "where nobody matches, the user must be a new one")
}

/// By id in every call, and by key.
pub(crate) fn an_unknown_identity_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let user = site.users[0].acs_user_id;
    let case = Case::open(bench, &site);

    let before = case.visible();
    case.all_not_found(calls_on_identity(NO_IDENTITY, user), NO_IDENTITY)?;
    let identity = UserIdentitySelector::from(key("nobody's"));
    case.refused(GetUserIdentity::new(identity), ErrorKind::NotFound)?;
    // The user is checked first.
    let unlink = UnlinkAcsUser::new(NO_USER, NO_IDENTITY);
    case.all_not_found(
        [link(NO_USER, NO_IDENTITY), unlink.into()],
        Subject::from(NO_USER),
    )?;
    case.must_show(&before)
}

/// At creation and in an update; addresses in any case of A to Z. After a deletion they are
/// free again.
pub(crate) fn key_e_mail_address_and_phone_number_belong_to_one_identity(
    bench: &Bench<'_>,
) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let owner = site.identity("Ada", Some(EMAIL), Some(PHONE), &[]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    let grace = site.identity("Grace", Some("grace@example.com"), None, &[]);
    let case = Case::open(bench, &site);

    let update = |identity, update| UpdateUserIdentity::new(identity, update);
    let before = case.visible();
    for (taken, again, cleared) in contacts() {
        let mut identity = taken.clone();
        // A careless adapter creates the user before it finds the conflict.
        identity.systems = vec![main];
        identity.full_name = Some(name("Somebody else"));
        case.refused(CreateUserIdentity::new(identity), ErrorKind::Conflict)?;
        case.must_show(&before)?;
        let mut changes = again.clone();
        changes.full_name = Patch::Set(name("Renamed"));
        case.refused(update(grace, changes), ErrorKind::Conflict)?;
        case.must_show(&before)?;
        // An update may name what the identity has already.
        case.look(update(owner, again))?;
        case.must_show(&before)?;

        // On a port of its own, because the next round needs the owner unchanged.
        let free = Case::open(bench, &site);
        if free.look(update(owner, cleared))?.is_some() {
            free.look(CreateUserIdentity::new(taken))?;
        }
    }
    let identity = NewUserIdentity {
        email_address: Some(email(&EMAIL.to_uppercase())),
        ..NewUserIdentity::default()
    };
    case.refused(CreateUserIdentity::new(identity), ErrorKind::Conflict)?;
    case.must_show(&before)
}

/// Each of the three alone: at creation, set, and cleared.
fn contacts() -> [(NewUserIdentity, UserIdentityUpdate, UserIdentityUpdate); 3] {
    let mut contacts = [(); 3].map(|()| Default::default());
    let (whole, [by_key, by_email, by_phone]) = (ada(), &mut contacts);
    let (new, again, cleared): &mut (NewUserIdentity, UserIdentityUpdate, UserIdentityUpdate) =
        by_key;
    (new.key, again.key, cleared.key) = (
        whole.key.clone(),
        Patch::set_or_clear(whole.key),
        Patch::Clear,
    );
    let (new, again, cleared) = by_email;
    new.email_address.clone_from(&whole.email_address);
    (again.email_address, cleared.email_address) =
        (Patch::set_or_clear(whole.email_address), Patch::Clear);
    let (new, again, cleared) = by_phone;
    new.phone_number.clone_from(&whole.phone_number);
    (again.phone_number, cleared.phone_number) =
        (Patch::set_or_clear(whole.phone_number), Patch::Clear);
    contacts
}

/// In the site, at creation, in an update, and in a condition; an address is empty in the site only,
/// as no call can pass one. Nobody is linked by it, also where an identity is made for a user.
pub(crate) fn an_empty_number_or_address_belongs_to_nobody(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let empty = Some("");
    let strangers = [0, 1].map(|_| site.user_with(main, "Stranger", without_contact));
    let users = ["Ada", "Grace", "Mary"].map(|name| site.user(main, name));
    let [ada, grace, mary] = users;
    site.identity("Ada", empty, empty, &[ada]);
    site.identity("Grace", None, None, &[grace]);
    let owner = site.identity("Mary", Some(EMAIL), Some(PHONE), &[mary]);
    let case = Case::open(bench, &site);

    for (condition, with_none) in [(Some(None), true), (Some(empty), false)] {
        let condition = condition.map(|text: Option<&str>| text.map(contact));
        let expected: &[_] = if with_none { &[ada, grace] } else { &[] };
        let every = AcsUserFilter::new;
        let by_email = with(every(), |filter| {
            filter.identity_email_address = condition.clone()
        });
        let by_phone = with(every(), |filter| filter.identity_phone_number = condition);
        case.must_list(&users_that(by_email), expected)?;
        case.must_list(&users_that(by_phone), expected)?;
    }
    // The second one is refused if the number of the first one counts.
    for (stranger, key) in strangers.into_iter().zip(["key 1", "key 2"].map(key)) {
        let new = NewUserIdentity {
            phone_number: Some(contact("")),
            systems: vec![main],
            ..NewUserIdentity::default()
        };
        if let Some(created) = case.look(CreateUserIdentity::new(new))? {
            let seen = IdentitySeen::from(&created);
            must_have_empty_number(&case, &seen)?;
            let why = "an empty number matches nobody, so nobody may be linked by it";
            case.must(!seen.users.contains(&stranger), why)?;
            let read = GetUserIdentity::new(seen.id);
            case.must_answer(read, &Answer::Identities(vec![seen]))?;
        }
        let linked = case.look(LinkAcsUser::new(stranger, key.clone()))?;
        if linked.is_some()
            && let Some(made) = case.look(GetUserIdentity::new(key))?
        {
            must_have_empty_number(&case, &IdentitySeen::from(&made))?;
        }
    }
    let update = UserIdentityUpdate {
        phone_number: Patch::Set(contact("")),
        ..UserIdentityUpdate::default()
    };
    case.call(UpdateUserIdentity::new(owner, update))?;
    match case.look(GetUserIdentity::new(owner))? {
        Some(owner) => must_have_empty_number(&case, &IdentitySeen::from(&owner)),
        None => Ok(()),
    }
}

fn without_contact(mut user: AcsUser) -> AcsUser {
    (user.email_address, user.phone_number) = (Some(String::new()), Some(String::new()));
    user
}

fn must_have_empty_number(case: &Case<'_>, identity: &IdentitySeen) -> Checked {
    let phone = &identity.contact.phone;
    let why = format!("an empty phone number must be kept as it is, but is {phone:?}");
    case.must(phone.as_deref() == Some(""), &why)
}

/// One field at a time, set and cleared; each user of the identity shows the change.
pub(crate) fn an_updated_identity_keeps_what_was_not_named(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let other = site.user(main, "Grace");
    let identity = site.identity("Ada", Some(EMAIL), Some(PHONE), &[here, there]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    site.identity("Grace", None, None, &[other]);
    let gym = site.group(main, "Gym");
    site.members(gym, &[here, other]);
    let case = Case::open(bench, &site);

    let mut expected = IdentitySeen::from(&site.identities[0]);
    let before = case.visible();
    for update in updates() {
        expected.update(&update);
        case.call(UpdateUserIdentity::new(identity, update))?;
        case.must_show(&with_identity(&before, &expected))?;
    }
    Ok(())
}

fn updates() -> [UserIdentityUpdate; 9] {
    let mut updates = [(); 9].map(|()| UserIdentityUpdate::default());
    updates[1].full_name = Patch::Set(name("Ada King"));
    updates[2].email_address = Patch::Set(email("king@example.com"));
    updates[3].phone_number = Patch::Set(contact("555-0177"));
    updates[4].key = Patch::Set(key("countess"));
    updates[5].phone_number = Patch::Clear;
    updates[6].email_address = Patch::Clear;
    updates[7].key = Patch::Clear;
    updates[8].full_name = Patch::Clear;
    updates[8].phone_number = Patch::Set(contact(PHONE));
    updates
}

/// In every system; its key and addresses are free again, and other users stay.
pub(crate) fn a_deleted_identity_takes_its_users_with_it(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let (grace, free) = (site.user(main, "Grace"), site.user(main, "Edsger"));
    let identity = site.identity("Ada", Some(EMAIL), None, &[here, there]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    let other = site.identity("Grace", None, None, &[grace]);
    let (gym, sauna) = (site.group(main, "Gym"), site.group(west, "Sauna"));
    let front = site.entrance(main, "Front");
    site.members(gym, &[here, grace]);
    site.members(sauna, &[there]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    // Lists change with the users, so only single reads of the others are compared.
    let before = case.shown([grace, free].map(questions_on_user).concat());
    case.call(DeleteUserIdentity::new(identity))?;
    for user in [here, there] {
        case.all_not_found(calls_on_user(user), user)?;
        case.must_answer(list(all().of_user(user)), &Answer::Groups(Vec::new()))?;
    }
    case.all_not_found(calls_on_identity(identity, free), identity)?;
    let by_key = UserIdentitySelector::from(key("ada"));
    case.refused(GetUserIdentity::new(by_key), ErrorKind::NotFound)?;
    for (group, members) in [(gym, &[grace][..]), (sauna, &[])] {
        case.must_list_all(ListUsersInGroup::new(group), members)?;
    }
    case.must_list(&users_that(AcsUserFilter::new()), &[grace, free])?;
    case.must_list(&identities_that(UserIdentityFilter::new()), &[other])?;
    case.must_show(&before)
}

fn ada() -> NewUserIdentity {
    NewUserIdentity {
        key: Some(key("ada")),
        full_name: Some(name("Ada Lovelace")),
        email_address: Some(email(EMAIL)),
        phone_number: Some(contact(PHONE)),
        systems: Vec::new(),
    }
}

/// What was visible, with this identity as it must be now, and its users accordingly.
fn with_identity(
    before: &[(Operation, Answer)],
    identity: &IdentitySeen,
) -> Vec<(Operation, Answer)> {
    let mut now = before.to_vec();
    for (_, answer) in &mut now {
        match answer {
            Answer::Identities(identities) => {
                let is_it = |shown: &&mut IdentitySeen| shown.id == identity.id;
                for shown in identities.iter_mut().filter(is_it) {
                    shown.key.clone_from(&identity.key);
                    shown.contact.clone_from(&identity.contact);
                }
                identities.sort();
            }
            Answer::Users(users) => {
                let is_its_own = |user: &&mut UserSeen| user.identity == Some(identity.id);
                for user in users.iter_mut().filter(is_its_own) {
                    user.of_identity.clone_from(&identity.contact);
                }
                users.sort();
            }
            _ => {}
        }
    }
    now
}
