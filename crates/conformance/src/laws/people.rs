//! Identities: created, changed and deleted.

use access_groups_core::{
    AcsUser, CreateUserIdentity, DeleteUserIdentity, ErrorKind, GetUserIdentity, NewUserIdentity,
    Patch, Subject, UserIdentity, UserIdentitySelector,
};

use crate::{
    Site,
    answer::{Answer, ContactSeen, IdentitySeen, UserSeen},
    case::{Bench, Case, Checked, questions_on_user},
};

use super::*;

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+1 555 0100";

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
        let as_asked = seen.contact == contact_of(&asked)
            && seen.key.as_deref() == asked.key.as_ref().map(UserIdentityKey::as_str)
            && seen.users.is_empty();
        let why = format!("the new identity must be as asked for, {asked:?}\n  but is {seen:?}");
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
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (east, unasked) = (site.system("East Wing"), site.system("Annex"));
    // The oldest match is linked already, the next one has the number only.
    let taken = site.user_with(main, "Taken", emailed);
    site.user_with(main, "By phone", phoned);
    let by_email = site.user_with(main, "By e-mail", |user| {
        // Capitals do not distinguish addresses.
        user.with_email_address(EMAIL.to_uppercase())
    });
    site.user_with(main, "Younger", emailed);
    let by_phone = site.user_with(west, "By phone", phoned);
    site.user(east, "Somebody else");
    // A match in a system that is not named must stay unlinked.
    site.user_with(unasked, "Not asked for", emailed);
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
        case.refused(call, ErrorKind::NotFound, NO_SYSTEM)?;
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
    users.retain(|user| user.identity == Some(identity));
    let mut systems: Vec<_> = users.iter().map(|user| user.system).collect();
    systems.sort();
    case.must(systems == [main, west, east], &why)?;
    let user_in = |system| {
        users
            .iter()
            .find(|user| user.system == system)
            .map(|user| user.id)
    };
    for (system, expected) in [(main, by_email), (west, by_phone)] {
        let found = user_in(system);
        let why = format!("of {system}, {expected} must be linked, not {found:?}");
        case.must(found == Some(expected), &why)?;
    }
    let known = site.users.iter().map(|user| user.acs_user_id);
    let is_new = user_in(east).is_some_and(|user| !known.into_iter().any(|known| known == user));
    case.must(is_new, "where nobody matches, the user must be a new one")
}

/// By id in every call, and by key.
pub(crate) fn an_unknown_identity_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let user = site.users[0].acs_user_id;
    let case = Case::open(bench, &site);

    let before = case.visible();
    for call in calls_on_identity(NO_IDENTITY, user) {
        case.refused(call, ErrorKind::NotFound, NO_IDENTITY)?;
    }
    let identity = UserIdentitySelector::from(key("nobody's"));
    case.refused_as(GetUserIdentity::new(identity), ErrorKind::NotFound)?;
    // The user is checked first.
    let unlink = UnlinkAcsUser::new(NO_USER, NO_IDENTITY);
    for call in [link(NO_USER, NO_IDENTITY), unlink.into()] {
        case.refused(call, ErrorKind::NotFound, Subject::from(NO_USER))?;
    }
    case.must_show(&before)
}

/// At creation and in an update; addresses in any case of their letters. After a deletion they are
/// free again.
pub(crate) fn key_e_mail_address_and_phone_number_belong_to_one_identity(
    bench: &Bench<'_>,
) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let owner = site.identity_with("Ada", &[], |mut identity| {
        identity.user_identity_key = Some("ada".to_owned());
        identity.email_address = Some(EMAIL.to_owned());
        identity.phone_number = Some(PHONE.to_owned());
        identity
    });
    let grace = site.identity("Grace", Some("grace@example.com"), None, &[]);
    let case = Case::open(bench, &site);

    let update = |identity, update| UpdateUserIdentity::new(identity, update);
    let before = case.visible();
    for (taken, again, cleared) in contacts() {
        let mut identity = taken.clone();
        // A careless adapter creates the user before it finds the conflict.
        identity.systems = vec![main];
        identity.full_name = Some(name("Somebody else"));
        case.refused_as(CreateUserIdentity::new(identity), ErrorKind::Conflict)?;
        case.must_show(&before)?;
        let mut changes = again.clone();
        changes.full_name = Patch::Set(name("Renamed"));
        case.refused_as(update(grace, changes), ErrorKind::Conflict)?;
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
    case.refused_as(CreateUserIdentity::new(identity), ErrorKind::Conflict)?;
    case.must_show(&before)
}

/// Each of the three alone: at creation, set, and cleared.
fn contacts() -> [(NewUserIdentity, UserIdentityUpdate, UserIdentityUpdate); 3] {
    let mut contacts = [(); 3].map(|()| Default::default());
    let (whole, [by_key, by_email, by_phone]) = (ada(), &mut contacts);
    let (new, again, cleared): &mut (NewUserIdentity, UserIdentityUpdate, UserIdentityUpdate) =
        by_key;
    (new.key, again.key, cleared.key) = (whole.key.clone(), whole.key.into(), Patch::Clear);
    let (new, again, cleared) = by_email;
    new.email_address.clone_from(&whole.email_address);
    (again.email_address, cleared.email_address) = (whole.email_address.into(), Patch::Clear);
    let (new, again, cleared) = by_phone;
    new.phone_number.clone_from(&whole.phone_number);
    (again.phone_number, cleared.phone_number) = (whole.phone_number.into(), Patch::Clear);
    contacts
}

/// One field at a time, set and cleared; each user of the identity shows the change.
pub(crate) fn an_updated_identity_keeps_what_was_not_named(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let other = site.user(main, "Grace");
    let whole = |mut identity: UserIdentity| {
        identity.user_identity_key = Some("ada".to_owned());
        identity.email_address = Some(EMAIL.to_owned());
        identity.phone_number = Some(PHONE.to_owned());
        identity
    };
    let identity = site.identity_with("Ada", &[here, there], whole);
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
    updates[3].phone_number = Patch::Set("555-0177".to_owned());
    updates[4].key = Patch::Set(key("countess"));
    updates[5].phone_number = Patch::Clear;
    updates[6].email_address = Patch::Clear;
    updates[7].key = Patch::Clear;
    updates[8].full_name = Patch::Clear;
    updates[8].phone_number = Patch::Set(PHONE.to_owned());
    updates
}

/// In every system; its key and addresses are free again, and other users stay.
pub(crate) fn a_deleted_identity_takes_its_users_with_it(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let (grace, free) = (site.user(main, "Grace"), site.user(main, "Edsger"));
    let whole = |mut identity: UserIdentity| {
        identity.user_identity_key = Some("ada".to_owned());
        identity.email_address = Some(EMAIL.to_owned());
        identity
    };
    let identity = site.identity_with("Ada", &[here, there], whole);
    let other = site.identity("Grace", None, None, &[grace]);
    let (gym, sauna) = (site.group(main, "Gym"), site.group(west, "Sauna"));
    let front = site.entrance(main, "Front");
    site.members(gym, &[here, grace]);
    site.members(sauna, &[there]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    // Lists change with the users, so only single reads of the others are compared.
    let others = [grace, free].map(questions_on_user).concat();
    let mut before = case.visible();
    before.retain(|(question, _)| others.contains(question));
    case.call(DeleteUserIdentity::new(identity))?;
    for user in [here, there] {
        for call in calls_on_user(user) {
            case.refused(call, ErrorKind::NotFound, user)?;
        }
        case.must_answer(list(all().of_user(user)), &Answer::Groups(Vec::new()))?;
    }
    for call in calls_on_identity(identity, free) {
        case.refused(call, ErrorKind::NotFound, identity)?;
    }
    let by_key = UserIdentitySelector::from(key("ada"));
    case.refused_as(GetUserIdentity::new(by_key), ErrorKind::NotFound)?;
    for (group, members) in [(gym, &[grace][..]), (sauna, &[])] {
        case.must_list_users(ListUsersInGroup::new(group), members)?;
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
        phone_number: Some(PHONE.to_owned()),
        systems: Vec::new(),
    }
}

fn contact_of(asked: &NewUserIdentity) -> ContactSeen {
    ContactSeen {
        name: asked.full_name.as_ref().map(ToString::to_string),
        email: asked.email_address.as_ref().map(ToString::to_string),
        phone: asked.phone_number.clone(),
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
                let shown = identities
                    .iter_mut()
                    .filter(|shown| shown.id == identity.id);
                shown.for_each(|shown| {
                    shown.key.clone_from(&identity.key);
                    shown.contact.clone_from(&identity.contact);
                });
                identities.sort();
            }
            Answer::Users(users) => {
                let its_own = users
                    .iter_mut()
                    .filter(|user| user.identity == Some(identity.id));
                its_own.for_each(|user| user.of_identity.clone_from(&identity.contact));
                users.sort();
            }
            _ => {}
        }
    }
    now
}

fn emailed(user: AcsUser) -> AcsUser {
    user.with_email_address(EMAIL)
}

fn phoned(user: AcsUser) -> AcsUser {
    user.with_phone_number(PHONE)
}
