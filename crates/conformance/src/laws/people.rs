//! Identities that are new, changed and deleted.

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

/// With nothing at all, twice, and with everything.
pub(crate) fn a_created_identity_is_there(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    site.system("Main");
    let grace = site.identity("Grace", None, None, &[]);
    let case = Case::open(bench, &site);

    let bare = NewUserIdentity::default;
    let mut everybody = vec![grace];
    for asked in [bare(), bare(), ada()] {
        let identity = asked.clone();
        let created = case.call(CreateUserIdentity { identity })?;
        let seen = IdentitySeen::from(&created);
        let as_asked = seen.contact == contact_of(&asked)
            && seen.key.as_deref() == asked.key.as_ref().map(UserIdentityKey::as_str)
            && seen.users.is_empty();
        let why = format!("the new identity must be as asked for, {asked:?}\n  but is {seen:?}");
        case.must(as_asked, &why)?;
        let why = "a created identity must be a new one, not one that was there";
        case.must(!everybody.contains(&seen.id), why)?;
        everybody.push(seen.id);

        let identity = seen.id.into();
        let expected = Answer::Identities(vec![seen]);
        case.must_answer(GetUserIdentity { identity }, &expected)?;
        if let Some(key) = asked.key {
            let identity = key.into();
            case.must_answer(GetUserIdentity { identity }, &expected)?;
        }
        case.must_list(&identities_that(UserIdentityFilter::new()), &everybody)?;
    }
    Ok(())
}

/// Where somebody has its e-mail address, older and younger and linked; where somebody has its
/// number only; where there is nobody. With an unknown system, nobody is linked either.
pub(crate) fn a_created_identity_has_a_user_in_each_of_its_systems(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (east, unasked) = (site.system("East Wing"), site.system("Annex"));
    let taken = site.user_with(main, "Taken", emailed);
    site.user_with(main, "By phone", phoned);
    let by_email = site.user_with(main, "By e-mail", |it| {
        it.with_email_address(EMAIL.to_uppercase())
    });
    site.user_with(main, "Younger", emailed);
    let by_phone = site.user_with(west, "By phone", phoned);
    site.user(east, "Somebody else");
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
        let call = CreateUserIdentity { identity };
        case.refused(call, ErrorKind::NotFound, NO_SYSTEM)?;
        case.must_show(&before)?;
    }

    let systems = vec![main, west, east];
    let identity = NewUserIdentity { systems, ..ada() };
    let created = case.call(CreateUserIdentity { identity })?;
    let identity = created.user_identity_id;
    let Some(users) = case.look(ListUsersOfIdentity { identity })? else {
        return Ok(());
    };
    let mut users: Vec<_> = users.iter().map(UserSeen::from).collect();
    let why = format!("each system asked for must have one user of it, not {users:?}");
    users.retain(|it| it.identity == Some(identity));
    let mut systems: Vec<_> = users.iter().map(|it| it.system).collect();
    systems.sort();
    case.must(systems == [main, west, east], &why)?;
    let user_in = |system| users.iter().find(|it| it.system == system).map(|it| it.id);
    for (system, expected) in [(main, by_email), (west, by_phone)] {
        let found = user_in(system);
        let why = format!("of {system}, {expected} must be linked, not {found:?}");
        case.must(found == Some(expected), &why)?;
    }
    let known = site.users.iter().map(|it| it.acs_user_id);
    let is_new = user_in(east).is_some_and(|it| !known.into_iter().any(|known| known == it));
    case.must(is_new, "where nobody matches, the user must be a new one")
}

/// By id to every call, and by key.
pub(crate) fn an_unknown_identity_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let user = site.users[0].acs_user_id;
    let case = Case::open(bench, &site);

    let before = case.visible();
    for call in calls_on_identity(NO_IDENTITY, user) {
        case.refused(call, ErrorKind::NotFound, NO_IDENTITY)?;
    }
    let identity = UserIdentitySelector::from(key("nobody's"));
    case.refused_as(GetUserIdentity { identity }, ErrorKind::NotFound)?;
    // The user is looked at first.
    let unlink = UnlinkAcsUser {
        user: NO_USER,
        identity: NO_IDENTITY,
    };
    for call in [link(NO_USER, NO_IDENTITY), unlink.into()] {
        case.refused(call, ErrorKind::NotFound, Subject::from(NO_USER))?;
    }
    case.must_show(&before)
}

/// Asked for at creation or in an update; addresses in any case of their letters. What nobody
/// has any more is free again.
pub(crate) fn key_e_mail_address_and_phone_number_belong_to_one_identity(
    bench: &Bench<'_>,
) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let owner = site.identity_with("Ada", &[], |mut it| {
        it.user_identity_key = Some("ada".to_owned());
        it.email_address = Some(EMAIL.to_owned());
        it.phone_number = Some(PHONE.to_owned());
        it
    });
    let grace = site.identity("Grace", Some("grace@example.com"), None, &[]);
    let case = Case::open(bench, &site);

    let update = |identity, update| UpdateUserIdentity { identity, update };
    let before = case.visible();
    for (taken, again, cleared) in contacts() {
        let mut identity = taken.clone();
        identity.systems = vec![main];
        identity.full_name = Some(name("Somebody else"));
        case.refused_as(CreateUserIdentity { identity }, ErrorKind::Conflict)?;
        case.must_show(&before)?;
        let mut changes = again.clone();
        changes.full_name = Patch::Set(name("Renamed"));
        case.refused_as(update(grace, changes), ErrorKind::Conflict)?;
        case.must_show(&before)?;
        // Its own it may be given again.
        case.look(update(owner, again))?;
        case.must_show(&before)?;

        let free = Case::open(bench, &site);
        if free.look(update(owner, cleared))?.is_some() {
            let identity = taken;
            free.look(CreateUserIdentity { identity })?;
        }
    }
    let identity = NewUserIdentity {
        email_address: Some(email(&EMAIL.to_uppercase())),
        ..NewUserIdentity::default()
    };
    case.refused_as(CreateUserIdentity { identity }, ErrorKind::Conflict)?;
    case.must_show(&before)
}

/// Each of the three alone: asked for, set, and cleared.
fn contacts() -> [(NewUserIdentity, UserIdentityUpdate, UserIdentityUpdate); 3] {
    let (new, update) = (NewUserIdentity::default, UserIdentityUpdate::default);
    let whole = ada();
    let with_key = |key| UserIdentityUpdate { key, ..update() };
    let with_email = |email_address| UserIdentityUpdate {
        email_address,
        ..update()
    };
    let with_phone = |phone_number| UserIdentityUpdate {
        phone_number,
        ..update()
    };
    let (key, email_address) = (whole.key, whole.email_address);
    let phone_number = whole.phone_number;
    [
        (
            NewUserIdentity {
                key: key.clone(),
                ..new()
            },
            with_key(key.into()),
            with_key(Patch::Clear),
        ),
        (
            NewUserIdentity {
                email_address: email_address.clone(),
                ..new()
            },
            with_email(email_address.into()),
            with_email(Patch::Clear),
        ),
        (
            NewUserIdentity {
                phone_number: phone_number.clone(),
                ..new()
            },
            with_phone(phone_number.into()),
            with_phone(Patch::Clear),
        ),
    ]
}

/// One field at a time, set and cleared; each user of the identity shows it.
pub(crate) fn an_updated_identity_keeps_what_was_not_named(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let other = site.user(main, "Grace");
    let whole = |mut it: UserIdentity| {
        it.user_identity_key = Some("ada".to_owned());
        it.email_address = Some(EMAIL.to_owned());
        it.phone_number = Some(PHONE.to_owned());
        it
    };
    let identity = site.identity_with("Ada", &[here, there], whole);
    site.identity("Grace", None, None, &[other]);
    let gym = site.group(main, "Gym");
    site.members(gym, &[here, other]);
    let case = Case::open(bench, &site);

    let mut expected = IdentitySeen::from(&site.identities[0]);
    let before = case.visible();
    for (update, change) in updates() {
        case.call(UpdateUserIdentity { identity, update })?;
        change(&mut expected);
        case.must_show(&with_identity(&before, &expected))?;
    }
    Ok(())
}

/// An update, and what it does to the identity.
type Change = (UserIdentityUpdate, fn(&mut IdentitySeen));

fn updates() -> [Change; 9] {
    let none = UserIdentityUpdate::default;
    [
        (none(), |_| ()),
        (
            UserIdentityUpdate {
                full_name: Patch::Set(name("Ada King")),
                ..none()
            },
            |it| it.contact.name = Some("Ada King".to_owned()),
        ),
        (
            UserIdentityUpdate {
                email_address: Patch::Set(email("king@example.com")),
                ..none()
            },
            |it| it.contact.email = Some("king@example.com".to_owned()),
        ),
        (
            UserIdentityUpdate {
                phone_number: Patch::Set("555-0177".to_owned()),
                ..none()
            },
            |it| it.contact.phone = Some("555-0177".to_owned()),
        ),
        (
            UserIdentityUpdate {
                key: Patch::Set(key("countess")),
                ..none()
            },
            |it| it.key = Some("countess".to_owned()),
        ),
        (
            UserIdentityUpdate {
                phone_number: Patch::Clear,
                ..none()
            },
            |it| it.contact.phone = None,
        ),
        (
            UserIdentityUpdate {
                email_address: Patch::Clear,
                ..none()
            },
            |it| it.contact.email = None,
        ),
        (
            UserIdentityUpdate {
                key: Patch::Clear,
                ..none()
            },
            |it| it.key = None,
        ),
        (
            UserIdentityUpdate {
                full_name: Patch::Clear,
                phone_number: Patch::Set(PHONE.to_owned()),
                ..none()
            },
            |it| {
                it.contact.name = None;
                it.contact.phone = Some(PHONE.to_owned());
            },
        ),
    ]
}

/// Wherever they are; the identity's other data goes too, and nobody else.
pub(crate) fn a_deleted_identity_takes_its_users_with_it(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let (grace, free) = (site.user(main, "Grace"), site.user(main, "Edsger"));
    let whole = |mut it: UserIdentity| {
        it.user_identity_key = Some("ada".to_owned());
        it.email_address = Some(EMAIL.to_owned());
        it
    };
    let identity = site.identity_with("Ada", &[here, there], whole);
    let other = site.identity("Grace", None, None, &[grace]);
    let (gym, sauna) = (site.group(main, "Gym"), site.group(west, "Sauna"));
    let front = site.entrance(main, "Front");
    site.members(gym, &[here, grace]);
    site.members(sauna, &[there]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    let others = [grace, free].map(questions_on_user).concat();
    let mut before = case.visible();
    before.retain(|(question, _)| others.contains(question));
    case.call(DeleteUserIdentity { identity })?;
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
    case.refused_as(GetUserIdentity { identity: by_key }, ErrorKind::NotFound)?;
    for (group, members) in [(gym, &[grace][..]), (sauna, &[])] {
        if let Some(users) = case.look(ListUsersInGroup { group })? {
            let users = users.iter().map(|it| it.acs_user_id).collect();
            case.must_equal("the members of the group", &users, members)?;
        }
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

/// What was visible, with this identity as it must be now, and its users showing that.
fn with_identity(
    before: &[(Operation, Answer)],
    identity: &IdentitySeen,
) -> Vec<(Operation, Answer)> {
    let mut now = before.to_vec();
    for (_, answer) in &mut now {
        match answer {
            Answer::Identities(identities) => {
                let shown = identities.iter_mut().filter(|it| it.id == identity.id);
                shown.for_each(|it| {
                    it.key.clone_from(&identity.key);
                    it.contact.clone_from(&identity.contact);
                });
                identities.sort();
            }
            Answer::Users(users) => {
                let its_own = users
                    .iter_mut()
                    .filter(|it| it.identity == Some(identity.id));
                its_own.for_each(|it| it.of_identity.clone_from(&identity.contact));
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
