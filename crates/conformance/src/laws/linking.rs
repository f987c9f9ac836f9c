//! Identities and the users linked to them.

use std::collections::BTreeSet;

use super::*;

/// By id and by key; a first user, and one of another system.
pub(crate) fn linking_makes_the_user_the_identity_s(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let (second, taken) = (site.user(main, "Ada too"), site.user(main, "Grace"));
    let ada = site.identity("Ada", Some("ada@example.com"), None, &[]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    site.identity("Grace", None, None, &[taken]);
    let case = Case::open(bench, &site);

    for (number, user, identity) in [
        (0, here, UserIdentitySelector::from(ada)),
        (1, there, key("ada").into()),
    ] {
        // What identities show is compared below, by the users that they name.
        let mut before = case.visible();
        before.retain(|(question, _)| !is_about_identities(question));
        let linked = with_user(&before, user, |user| {
            user.identity = Some(ada);
            user.of_identity = IdentitySeen::from(&site.identities[0]).contact;
        });
        for _ in 0..2 {
            case.call(LinkAcsUser::new(user, identity.clone()))?;
            case.must_show(&linked)?;
            let users = &[here, there][..=number];
            must_have_users(&case, ada, users)?;
        }
    }
    let before = case.visible();
    for user in [second, taken] {
        for identity in [UserIdentitySelector::from(ada), key("ada").into()] {
            let call = LinkAcsUser::new(user, identity);
            case.refused(call, ErrorKind::Conflict)?;
            case.must_show(&before)?;
        }
    }
    Ok(())
}

/// With name, address and number of the user. For a user of another identity, none is made.
pub(crate) fn a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it(
    bench: &Bench<'_>,
) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user_with(main, "Ada Lovelace", |user| {
        user.with_display_name("Ada")
            .with_email_address("ada@example.com")
            .with_phone_number("+1 555 0100")
    });
    let taken = site.user(main, "Grace");
    // The new identity would have the address, or the number, of another one.
    let namesakes = [
        site.user_with(main, "Grace", |user| {
            user.with_email_address("GRACE@example.com")
        }),
        site.user_with(main, "Grace", |user| user.with_phone_number("555-0199")),
    ];
    site.identity(
        "Grace",
        Some("grace@example.com"),
        Some("555-0199"),
        &[taken],
    );
    let case = Case::open(bench, &site);

    let identity = UserIdentitySelector::from(key("new"));
    let by_key = || GetUserIdentity::new(identity.clone());
    let call = |user| LinkAcsUser::new(user, identity.clone());
    let before = case.visible();
    for user in [taken].into_iter().chain(namesakes) {
        case.refused(call(user), ErrorKind::Conflict)?;
    }
    case.not_found(call(NO_USER), NO_USER)?;
    case.refused(by_key(), ErrorKind::NotFound)?;
    case.must_show(&before)?;

    // The second time the key has its identity, and the link exists.
    case.call(call(ada))?;
    case.call(call(ada))?;
    let contact = ContactSeen {
        name: Some("Ada Lovelace".to_owned()),
        email: Some("ada@example.com".to_owned()),
        phone: Some("+1 555 0100".to_owned()),
    };
    let made = case.look(by_key())?;
    if let Some(made) = &made {
        let seen = IdentitySeen::from(made);
        let why = format!("the new identity must be named and reached like the user, not {seen:?}");
        case.must(seen.contact == contact, &why)?;
        must_have_users(&case, seen.id, &[ada])?;
    }
    if let Some(user) = case.look(GetAcsUser::new(ada))? {
        let seen = UserSeen::from(&user);
        let made = made.map(|identity| identity.user_identity_id);
        let linked = seen.identity.is_some() && made.is_none_or(|made| seen.identity == Some(made));
        case.must(linked, "the user must be linked to the new identity")?;
    }
    Ok(())
}

/// Both stay, and so do their other links and memberships. Where there is no such link, nothing
/// changes.
pub(crate) fn unlinking_ends_that_link_only(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let (free, other_s) = (site.user(main, "Edsger"), site.user(main, "Grace"));
    let ada = site.identity("Ada", Some("ada@example.com"), None, &[here, there]);
    let other = site.identity("Grace", None, None, &[other_s]);
    let gym = site.group(main, "Gym");
    site.members(gym, &[here, free, other_s]);
    let case = Case::open(bench, &site);

    let unlink = |user, identity| UnlinkAcsUser::new(user, identity);
    let before = case.visible();
    for user in [free, other_s] {
        case.call(unlink(user, ada))?;
        case.must_show(&before)?;
    }
    let mut kept = before;
    kept.retain(|(question, _)| !is_about_identities(question));
    let kept = with_user(&kept, here, |user| {
        user.identity = None;
        user.of_identity = ContactSeen::default();
    });
    for _ in 0..2 {
        case.call(unlink(here, ada))?;
        case.must_show(&kept)?;
        must_have_users(&case, ada, &[there])?;
        must_have_users(&case, other, &[other_s])?;
    }
    let by_identity = AcsUserSelector::of(ada, main);
    case.refused(GetAcsUser::new(by_identity), ErrorKind::NotFound)?;
    // An unlinked user can be linked again.
    if case.fixture.can(Capability::LinkAcsUser) {
        let call = LinkAcsUser::new(here, other);
        case.refused(call, ErrorKind::Conflict)?;
        let (user, identity) = (here, ada);
        case.call(LinkAcsUser::new(user, identity))?;
        must_have_users(&case, ada, &[here, there])?;
    }
    Ok(())
}

/// For two users in groups that share an entrance, one of them with a grant; and for an identity
/// without users.
pub(crate) fn what_an_identity_has_is_what_its_users_have(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    // A system without a user of the identity must not be listed.
    site.system("East Wing");
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    // Not linked to it: what she has must not be listed.
    let other = site.user(main, "Grace");
    let ada = site.identity("Ada", None, None, &[here, there]);
    let nobody = site.identity("Nobody", None, None, &[]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let (sauna, roof) = (site.group(west, "Sauna"), site.group(main, "Roof"));
    let [front, side, hatch] = ["Front", "Side", "Hatch"].map(|name| site.entrance(main, name));
    let gate = site.entrance(west, "Gate");
    let vault = site.entrance(main, "Vault");
    site.members(gym, &[here]);
    site.members(pool, &[here]);
    site.members(sauna, &[there]);
    site.members(roof, &[other]);
    site.holds(gym, &[front, side]);
    site.holds(pool, &[front]);
    site.holds(sauna, &[gate]);
    site.holds(roof, &[hatch]);
    let case = Case::open(bench, &site);

    let granted = case.look(GrantAccess::new(here, vault))?.is_some();
    let opens: &[_] = match granted {
        true => &[front, side, gate, vault],
        false => &[front, side, gate],
    };
    for (identity, users, systems, entrances) in [
        (ada, &[here, there][..], &[main, west][..], opens),
        (nobody, &[], &[], &[]),
    ] {
        let users = Answer::Users(these(&site.users, users));
        case.must_answer(ListUsersOfIdentity::new(identity), &users)?;
        let systems = Answer::Systems(these(&site.systems, systems));
        case.must_answer(ListSystemsOfIdentity::new(identity), &systems)?;
        let entrances = Answer::Entrances(these(&site.entrances, entrances));
        case.must_answer(ListEntrancesOfIdentity::new(identity), &entrances)?;
    }
    Ok(())
}

/// The users that the identity names, and those listed for it, are these.
fn must_have_users(case: &Case<'_>, identity: UserIdentityId, users: &[AcsUserId]) -> Checked {
    if let Some(shown) = case.look(GetUserIdentity::new(identity))? {
        let named: BTreeSet<_> = IdentitySeen::from(&shown).users;
        case.must_equal("the users that the identity names", &named, users)?;
    }
    case.must_list_all(ListUsersOfIdentity::new(identity), users)?;
    Ok(())
}

/// Whether a link changes the answer beside the user: it asks about identities.
fn is_about_identities(question: &Operation) -> bool {
    let filters =
        matches!(question, Operation::ListAccessGroups(op) if op.filter.identity.is_some());
    let asks = matches!(
        question,
        Operation::GetUserIdentity(_)
            | Operation::ListUserIdentities(_)
            | Operation::ListUsersOfIdentity(_)
            | Operation::ListSystemsOfIdentity(_)
            | Operation::ListEntrancesOfIdentity(_)
    );
    asks || filters
}
