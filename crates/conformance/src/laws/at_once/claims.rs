//! What only one of two callers can have: a key, an address, the place of a user.

use super::{habits::is_not_found, *};

/// A key, an e-mail address and a phone number that new and old identities ask for.
pub(super) fn claims(place: &Place) -> [[Vec<Habit>; 2]; 3] {
    let rivals = [place.known, place.other];
    let values: [fn(&mut NewUserIdentity); 3] = [
        |new| new.key = Some(key("wanted")),
        |new| new.email_address = Some(email("wanted@example.com")),
        |new| new.phone_number = Some(contact("+9")),
    ];
    let sides = |give: fn(&mut NewUserIdentity)| {
        let mut wanted = NewUserIdentity::default();
        give(&mut wanted);
        rivals.map(|identity| vec![claim_by_new(&wanted), claim_by_old(identity, &wanted)])
    };
    values.map(sides)
}

fn claim_by_new(wanted: &NewUserIdentity) -> Habit {
    let (create, wanted) = (CreateUserIdentity::new(wanted.clone()), wanted.clone());
    let operation: Operation = create.clone().into();
    let does = format!("{}, and deletes it", call_shown(&operation));
    Habit::new(does, move |caller| {
        let Some(made) = caller.change_unless(&[ErrorKind::Conflict], create.clone())? else {
            return Ok(());
        };
        let id = made.user_identity_id;
        must_be_the_only(caller, id, &wanted, &operation)?;
        caller.make(&DeleteUserIdentity::new(id).into())
    })
    .needing([
        Capability::ListUserIdentities,
        Capability::DeleteUserIdentity,
    ])
}

fn claim_by_old(identity: UserIdentityId, wanted: &NewUserIdentity) -> Habit {
    let wanted = wanted.clone();
    let (mut set, mut clear) = (UserIdentityUpdate::default(), UserIdentityUpdate::default());
    if let Some(key) = wanted.key.clone() {
        (set.key, clear.key) = (Patch::Set(key), Patch::Clear);
    }
    if let Some(email) = wanted.email_address.clone() {
        (set.email_address, clear.email_address) = (Patch::Set(email), Patch::Clear);
    }
    if let Some(phone) = wanted.phone_number.clone() {
        (set.phone_number, clear.phone_number) = (Patch::Set(phone), Patch::Clear);
    }
    let [set, clear] = [set, clear].map(|update| UpdateUserIdentity::new(identity, update));
    let (operation, clear): (Operation, Operation) = (set.clone().into(), clear.into());
    let does = format!("{}\n  {}", call_shown(&operation), call_shown(&clear));
    Habit::new(does, move |caller| {
        if caller
            .change_unless(&[ErrorKind::Conflict], set.clone())?
            .is_none()
        {
            return Ok(());
        }
        must_be_the_only(caller, identity, &wanted, &operation)?;
        caller.make(&clear)
    })
    .needing([Capability::ListUserIdentities])
}

/// Of all identities, this one has the value.
fn must_be_the_only(
    caller: &Caller<'_>,
    owner: UserIdentityId,
    wanted: &NewUserIdentity,
    after: &Operation,
) -> Checked {
    let look = identities_that(UserIdentityFilter::new()).into();
    caller.must_see(&look, after, |answer| owners_of(wanted, answer) == [owner])
}

/// Who has the key, the address or the number, of the identities that a list shows.
fn owners_of(wanted: &NewUserIdentity, answer: &Result<Reply, Error>) -> Vec<UserIdentityId> {
    let Answer::Identities(seen) = Answer::from(answer) else {
        return Vec::new();
    };
    let key = wanted.key.as_ref().map(ToString::to_string);
    let contact = ContactSeen::from(wanted);
    let same = |wanted: &Option<String>, has: &Option<String>| wanted.is_some() && wanted == has;
    let owners = seen.iter().filter(|one| {
        same(&key, &one.key)
            || same(&contact.email, &one.contact.email)
            || same(&contact.phone, &one.contact.phone)
    });
    owners.map(|one| one.id).collect()
}

/// One identity without a user joins in several ways, and gets one user.
pub(super) fn joins(place: &Place) -> [Vec<Habit>; 2] {
    let (identity, main) = (place.nobody, place.systems[0]);
    let new = NewAcsUser::new(main, name("Newcomer")).with_identity(identity);
    let sides = [(place.gym, place.front), (place.pool, place.back)];
    sides.map(|(group, entrance)| {
        vec![
            join(AddUser::new(identity, group), identity, main),
            join(GrantAccess::new(identity, entrance), identity, main),
            join(CreateAcsUser::new(new.clone()), identity, main),
        ]
    })
}

fn join<C: Call>(call: C, identity: UserIdentityId, system: AcsSystemId) -> Habit {
    let operation: Operation = call.clone().into();
    let does = format!("{}, and deletes the user", call_shown(&operation));
    let look = ListUsersOfIdentity::new(identity).into();
    let delete = DeleteAcsUser::new(AcsUserSelector::of(identity, system));
    Habit::new(does, move |caller| {
        // Only a creation may find that the identity has a user.
        match operation {
            Operation::CreateAcsUser(_) => {
                caller.change_unless(&[ErrorKind::Conflict], call.clone())?;
            }
            _ => caller.make(&operation)?,
        }
        caller.must_see(
            &look,
            &operation,
            |answer| matches!(users_in(answer), Some(users) if users.len() <= 1),
        )?;
        caller.change_unless(&[ErrorKind::NotFound], delete.clone())?;
        Ok(())
    })
    .needing([Capability::ListUsersOfIdentity, Capability::DeleteAcsUser])
}

/// The users that a list shows.
fn users_in(answer: &Result<Reply, Error>) -> Option<&[AcsUser]> {
    match answer.as_ref().ok()?.content() {
        Content::AcsUsers(users) => Some(users),
        _ => None,
    }
}

/// Two identities join that match the same user, one by address and one by number: one of them is
/// linked to that user, and the other one gets a new user.
pub(super) fn matches(place: &Place) -> [Vec<Habit>; 2] {
    let (alike, group) = (place.alike, place.gym);
    [place.by_email, place.by_phone].map(|identity| {
        let join: Operation = add(identity, group);
        let look = ListUsersOfIdentity::new(identity).into();
        let does = format!("{}, and takes it back", call_shown(&join));
        let turn = move |caller: &Caller<'_>| {
            caller.make(&join)?;
            let mut own = None;
            caller.must_see(&look, &join, |answer| {
                own = users_in(answer).and_then(|users| match users {
                    [user] => Some(user.acs_user_id),
                    _ => None,
                });
                own.is_some()
            })?;
            let user = own.expect("seen above");
            caller.make(&remove(user, group))?;
            caller.make(&match user == alike {
                true => UnlinkAcsUser::new(user, identity).into(),
                false => DeleteAcsUser::new(user).into(),
            })
        };
        vec![Habit::new(does, turn).needing([
            Capability::ListUsersOfIdentity,
            Capability::RemoveUser,
            Capability::UnlinkAcsUser,
            Capability::DeleteAcsUser,
        ])]
    })
}

/// A user whom two identities want, an identity that two users of one system want, and a key that
/// nobody has.
pub(super) fn links(place: &Place) -> [[Vec<Habit>; 2]; 3] {
    let Place {
        ada,
        grace,
        known,
        other,
        ..
    } = *place;
    let made = place.systems.map(|system| vec![link_by_key(system)]);
    [
        [vec![link_alone(ada, known)], vec![link_alone(ada, other)]],
        [vec![link_alone(ada, known)], vec![link_alone(grace, known)]],
        made,
    ]
}

/// Links, unless the other caller was first; until it is undone, nobody else has the link.
fn link_alone(user: AcsUserId, identity: UserIdentityId) -> Habit {
    let make: Operation = link(user, identity);
    let undo: Operation = UnlinkAcsUser::new(user, identity).into();
    let looks = [
        GetAcsUser::new(user).into(),
        ListUsersOfIdentity::new(identity).into(),
    ];
    let does = format!("{}\n  {}", call_shown(&make), call_shown(&undo));
    Habit::new(does, move |caller| {
        let call = LinkAcsUser::new(user, identity);
        if caller
            .change_unless(&[ErrorKind::Conflict], call)?
            .is_none()
        {
            return Ok(());
        }
        for look in &looks {
            caller.must_see(look, &make, |answer| match Answer::from(answer) {
                Answer::Users(users) => matches!(users.as_slice(), [seen]
                    if seen.id == user && seen.identity == Some(identity)),
                _ => false,
            })?;
        }
        caller.make(&undo)
    })
    .needing([
        Capability::GetAcsUser,
        Capability::ListUsersOfIdentity,
        Capability::UnlinkAcsUser,
    ])
}

/// Links a new user by a key: of those who do so at once, one makes the identity.
fn link_by_key(system: AcsSystemId) -> Habit {
    let wanted = NewUserIdentity {
        key: Some(key("made")),
        ..NewUserIdentity::default()
    };
    let create = CreateAcsUser::new(NewAcsUser::new(system, name("Newcomer")));
    let does = "creates a user, links it by a key, and deletes the identity of that key";
    Habit::new(does, move |caller| {
        let user = caller.change(create.clone())?.acs_user_id;
        let link: Operation = LinkAcsUser::new(user, key("made")).into();
        caller.make(&link)?;
        let look = identities_that(UserIdentityFilter::new()).into();
        let mut owner = None;
        caller.must_see(&look, &link, |answer| {
            let owners = owners_of(&wanted, answer);
            owner = owners.first().copied();
            owners.len() <= 1
        })?;
        // The other caller may have deleted it by now, and this user with it.
        if let Some(owner) = owner {
            caller.change_unless(&[ErrorKind::NotFound], DeleteUserIdentity::new(owner))?;
        }
        caller.must_see(&GetAcsUser::new(user).into(), &link, is_not_found)
    })
    .needing([
        Capability::LinkAcsUser,
        Capability::ListUserIdentities,
        Capability::DeleteUserIdentity,
        Capability::GetAcsUser,
    ])
}
