//! Changes that a caller makes and takes back: nobody else touches the membership, the field or the
//! new resource, but all of one team are kept in one row, list or table by some adapters.

use super::*;

/// One part for each caller of what is small and often kept as one list or one row. In a team few
/// calls that meet would be about the same one.
pub(super) fn parts(place: &Place) -> Vec<Vec<Habit>> {
    let Place {
        ada,
        known,
        other,
        gym,
        ..
    } = *place;
    let [main, west] = place.systems;
    let newcomer = |system| NewAcsUser::new(system, name("Newcomer"));
    let mut parts: Vec<Vec<_>> = vec![
        place.groups.map(|group| membership(ada, group)).into(),
        place.guests.map(|guest| member(gym, guest)).into(),
        place.doors.map(|door| grant(ada, door)).into(),
        place.doors.map(|door| held(gym, door)).into(),
        place.travellers.map(|user| link_of(user, known)).into(),
        vec![
            new_group(main),
            new_entrance(main),
            new_user(newcomer(main)),
            new_identity(NewUserIdentity::named(name("Newcomer"))),
            new_system(),
            new_group(west),
            new_user(newcomer(west)),
            new_entrance(west),
        ],
        vec![
            identity_key(known, "known"),
            identity_phone(known),
            identity_email(known),
            identity_key(other, "other"),
        ],
        vec![
            system_name(main, "Main"),
            time_zone(main),
            system_name(west, "West Wing"),
            time_zone(west),
        ],
    ];
    // The row of a group is small, and read and written in no time: it takes several heats.
    parts.extend((0..3).map(|_| row_of(gym, &place.doors[..4])));
    parts
}

/// The fields of a group, and changes of its entrances by calls that may write the fields back.
fn row_of(group: AccessGroupId, doors: &[EntranceId]) -> Vec<Habit> {
    let fields = [group_name(group, "Gym"), group_schedule(group)];
    let held = doors.iter().map(|door| held(group, *door));
    fields.into_iter().chain(held).collect()
}

/// Teams of what an adapter may keep together.
pub(super) fn teams(place: &Place) -> [Vec<Habit>; 5] {
    [
        with_one_user(place),
        with_one_group(place),
        among_users(place),
        among_identities(place),
        in_the_directory(place),
    ]
}

fn with_one_user(place: &Place) -> Vec<Habit> {
    let Place { ada, known, .. } = *place;
    vec![
        membership(ada, place.gym),
        membership(ada, place.pool),
        grant(ada, place.front),
        grant(ada, place.back),
        phone(ada),
        schedule(ada),
        suspension(ada),
        link_of(ada, known),
    ]
}

fn with_one_group(place: &Place) -> Vec<Habit> {
    let Place {
        ada, grace, gym, ..
    } = *place;
    vec![
        member(gym, ada),
        member(gym, grace),
        group_name(gym, "Gym"),
        group_schedule(gym),
        held(gym, place.front),
        held(gym, place.back),
        group_name(place.pool, "Pool"),
        new_group(place.systems[0]),
    ]
}

fn among_users(place: &Place) -> Vec<Habit> {
    let [main, west] = place.systems;
    let newcomer = |system| NewAcsUser::new(system, name("Newcomer"));
    vec![
        phone(place.ada),
        phone(place.grace),
        suspension(place.edsger),
        link_of(place.edsger, place.other),
        new_user(newcomer(main)),
        new_user(newcomer(west)),
        revoked(newcomer(main).in_group(place.gym), place.gym),
        new_user(newcomer(main).with_identity(place.nobody)),
    ]
}

fn among_identities(place: &Place) -> Vec<Habit> {
    let Place { known, other, .. } = *place;
    vec![
        identity_key(known, "known"),
        identity_phone(known),
        identity_email(known),
        identity_key(other, "other"),
        link_of(place.ada, known),
        link_of(place.edsger, known),
        new_identity(NewUserIdentity::named(name("Newcomer"))),
        new_identity(NewUserIdentity {
            key: Some(key("newcomer")),
            systems: vec![place.systems[0]],
            ..NewUserIdentity::default()
        }),
    ]
}

fn in_the_directory(place: &Place) -> Vec<Habit> {
    let [main, west] = place.systems;
    vec![
        system_name(main, "Main"),
        time_zone(main),
        system_name(west, "West Wing"),
        entrance_name(place.front, "Front"),
        entrance_name(place.back, "Back"),
        new_system(),
        new_entrance(main),
        new_entrance(west),
    ]
}

/// A change that one call makes and another one takes back, any number of times.
fn change(
    make: impl Into<Operation>,
    undo: impl Into<Operation>,
    look: impl Into<Operation>,
    shows: impl Fn(&Content) -> bool + Send + Sync + 'static,
) -> Habit {
    let (make, undo, look) = (make.into(), undo.into(), look.into());
    let does = format!("{}\n  {}", call_shown(&make), call_shown(&undo));
    let needs: Vec<_> = [&undo, &look]
        .into_iter()
        .flat_map(Capability::needed_by)
        .collect();
    let steps = [(make, true), (undo, false)];
    let habit = Habit::new(does, move |caller| {
        steps.iter().try_for_each(|(call, is_there)| {
            caller.make(call)?;
            caller.must_see(
                &look,
                call,
                |answer| matches!(answer, Ok(reply) if shows(reply.content()) == *is_there),
            )
        })
    });
    habit.needing(needs)
}

fn membership(user: AcsUserId, group: AccessGroupId) -> Habit {
    let look = list(all().of_user(user));
    change(
        add(user, group),
        remove(user, group),
        look,
        move |seen| matches!(seen, Content::AccessGroups(groups) if ids(groups).any(|id| id == group)),
    )
}

fn member(group: AccessGroupId, user: AcsUserId) -> Habit {
    let look = ListUsersInGroup::new(group);
    change(
        add(user, group),
        remove(user, group),
        look,
        move |seen| matches!(seen, Content::AcsUsers(users) if ids(users).any(|id| id == user)),
    )
}

fn grant(user: AcsUserId, entrance: EntranceId) -> Habit {
    let (make, undo) = (
        GrantAccess::new(user, entrance),
        RevokeAccess::new(user, entrance),
    );
    let look = ListEntrancesOfUser::new(user);
    change(
        make,
        undo,
        look,
        move |seen| matches!(seen, Content::Entrances(seen) if ids(seen).any(|id| id == entrance)),
    )
}

fn held(group: AccessGroupId, entrance: EntranceId) -> Habit {
    let mut make = AccessGroupUpdate::default();
    make.add_entrances.push(entrance);
    let mut undo = AccessGroupUpdate::default();
    undo.remove_entrances.push(entrance);
    let [make, undo] = [make, undo].map(|update| UpdateAccessGroup::new(group, update));
    let look = ListEntrancesOfGroup::new(group);
    change(
        make,
        undo,
        look,
        move |seen| matches!(seen, Content::Entrances(seen) if ids(seen).any(|id| id == entrance)),
    )
}

fn link_of(user: AcsUserId, identity: UserIdentityId) -> Habit {
    let undo = UnlinkAcsUser::new(user, identity);
    let look = ListUsersOfIdentity::new(identity);
    change(
        link(user, identity),
        undo,
        look,
        move |seen| matches!(seen, Content::AcsUsers(users) if ids(users).any(|id| id == user)),
    )
}

fn suspension(user: AcsUserId) -> Habit {
    let (make, undo) = (SuspendAcsUser::new(user), UnsuspendAcsUser::new(user));
    change(
        make,
        undo,
        GetAcsUser::new(user),
        |seen| matches!(seen, Content::AcsUser(user) if user.is_suspended == Some(true)),
    )
}

/// An update and its opposite.
fn updates<U: Default>(edit: impl Fn(&mut U, bool)) -> [U; 2] {
    [true, false].map(|set| {
        let mut update = U::default();
        edit(&mut update, set);
        update
    })
}

fn patch<T>(set: bool, value: T) -> Patch<T> {
    if set { Patch::Set(value) } else { Patch::Clear }
}

fn until_the_year_9000() -> ClosedSchedule {
    ClosedSchedule {
        starts_at: long_ago(0),
        ends_at: far_off(0),
    }
}

fn user_field(
    user: AcsUserId,
    edit: impl Fn(&mut AcsUserUpdate, bool),
    is_set: fn(&AcsUser) -> bool,
) -> Habit {
    let [make, undo] = updates(edit).map(|update| UpdateAcsUser::new(user, update));
    change(
        make,
        undo,
        GetAcsUser::new(user),
        move |seen| matches!(seen, Content::AcsUser(user) if is_set(user)),
    )
}

fn phone(user: AcsUserId) -> Habit {
    let number = |set| contact(if set { "+1" } else { "+0" });
    let edit = |update: &mut AcsUserUpdate, set| update.phone_number = Some(number(set));
    user_field(user, edit, |user| {
        user.phone_number.as_deref() == Some("+1")
    })
}

fn schedule(user: AcsUserId) -> Habit {
    let edit = |update: &mut AcsUserUpdate, set| {
        update.access_schedule = patch(set, until_the_year_9000());
    };
    user_field(user, edit, |user| user.access_schedule.is_some())
}

fn identity_field(
    identity: UserIdentityId,
    edit: impl Fn(&mut UserIdentityUpdate, bool),
    is_set: fn(&UserIdentity) -> bool,
) -> Habit {
    let [make, undo] = updates(edit).map(|update| UpdateUserIdentity::new(identity, update));
    change(
        make,
        undo,
        GetUserIdentity::new(identity),
        move |seen| matches!(seen, Content::UserIdentity(identity) if is_set(identity)),
    )
}

fn identity_key(identity: UserIdentityId, text: &str) -> Habit {
    let edit = |update: &mut UserIdentityUpdate, set| update.key = patch(set, key(text));
    identity_field(identity, edit, |seen| seen.user_identity_key.is_some())
}

fn identity_phone(identity: UserIdentityId) -> Habit {
    let edit = |update: &mut UserIdentityUpdate, set| {
        update.phone_number = patch(set, contact("+1"));
    };
    identity_field(identity, edit, |seen| seen.phone_number.is_some())
}

fn identity_email(identity: UserIdentityId) -> Habit {
    let edit = |update: &mut UserIdentityUpdate, set| {
        update.email_address = patch(set, email("known@example.com"));
    };
    identity_field(identity, edit, |seen| seen.email_address.is_some())
}

fn group_field(
    group: AccessGroupId,
    edit: impl Fn(&mut AccessGroupUpdate, bool),
    is_set: fn(&AccessGroup) -> bool,
) -> Habit {
    let [make, undo] = updates(edit).map(|update| UpdateAccessGroup::new(group, update));
    change(
        make,
        undo,
        GetAccessGroup::new(group),
        move |seen| matches!(seen, Content::AccessGroup(group) if is_set(group)),
    )
}

fn group_name(group: AccessGroupId, now: &str) -> Habit {
    let edit = |update: &mut AccessGroupUpdate, set| update.name = Some(renamed(set, now));
    group_field(group, edit, |group| group.name == RENAMED)
}

fn group_schedule(group: AccessGroupId) -> Habit {
    let edit = |update: &mut AccessGroupUpdate, set| {
        update.access_schedule = patch(set, until_the_year_9000());
    };
    group_field(group, edit, |group| group.access_schedule.is_some())
}

fn system_field(
    system: AcsSystemId,
    edit: impl Fn(&mut AcsSystemUpdate, bool),
    is_set: fn(&AcsSystem) -> bool,
) -> Habit {
    let [make, undo] = updates(edit).map(|update| UpdateAcsSystem::new(system, update));
    change(
        make,
        undo,
        GetAcsSystem::new(system),
        move |seen| matches!(seen, Content::AcsSystem(system) if is_set(system)),
    )
}

fn system_name(system: AcsSystemId, now: &str) -> Habit {
    let edit = |update: &mut AcsSystemUpdate, set| update.name = Some(renamed(set, now));
    system_field(system, edit, |system| system.name == RENAMED)
}

fn time_zone(system: AcsSystemId) -> Habit {
    let edit = |update: &mut AcsSystemUpdate, set| {
        let zone = "Europe/Paris"
            .parse()
            .expect("a zone of the kit has a name");
        update.time_zone = patch(set, zone);
    };
    system_field(system, edit, |system| system.location.time_zone.is_some())
}

fn entrance_name(entrance: EntranceId, now: &str) -> Habit {
    let edit = |update: &mut EntranceUpdate, set| update.name = Some(renamed(set, now));
    let [make, undo] = updates(edit).map(|update| UpdateEntrance::new(entrance, update));
    change(
        make,
        undo,
        GetEntrance::new(entrance),
        |seen| matches!(seen, Content::Entrance(entrance) if entrance.display_name == RENAMED),
    )
}

fn renamed(set: bool, now: &str) -> ResourceName {
    title(if set { RENAMED } else { now })
}

const RENAMED: &str = "Renamed";

/// Something new that the same caller deletes: until then it is there, and then no longer.
fn creation<C: Call, I: Copy + 'static>(
    new: C,
    id: fn(&C::Reply) -> I,
    get: fn(I) -> Operation,
    delete: fn(I) -> Operation,
) -> Habit {
    let does = format!("{}, and deletes it", call_shown(&new.clone().into()));
    let create: Operation = new.clone().into();
    Habit::new(does, move |caller| {
        let made = id(&caller.change(new.clone())?);
        caller.must_see(&get(made), &create, Result::is_ok)?;
        let delete = delete(made);
        caller.make(&delete)?;
        caller.must_see(&get(made), &delete, is_not_found)
    })
}

pub(super) fn is_not_found(answer: &Result<Reply, Error>) -> bool {
    matches!(answer, Err(error) if error.kind() == ErrorKind::NotFound)
}

fn new_user(new: NewAcsUser) -> Habit {
    creation(
        CreateAcsUser::new(new),
        Resource::id,
        |id| GetAcsUser::new(id).into(),
        |id| DeleteAcsUser::new(id).into(),
    )
    .needing([Capability::GetAcsUser, Capability::DeleteAcsUser])
}

/// A new member, who loses all access, and is deleted.
fn revoked(new: NewAcsUser, group: AccessGroupId) -> Habit {
    let (create, look) = (CreateAcsUser::new(new), ListUsersInGroup::new(group).into());
    let does = format!(
        "{}, revokes all access, and deletes the user",
        call_shown(&create.clone().into())
    );
    Habit::new(does, move |caller| {
        let user = caller.change(create.clone())?.acs_user_id;
        let revoke: Operation = RevokeAccessToAllEntrances::new(user).into();
        caller.make(&revoke)?;
        caller.must_see(&look, &revoke, |answer| {
            matches!(Answer::from(answer), Answer::Users(users) if users.iter().all(|seen| seen.id != user))
        })?;
        caller.make(&DeleteAcsUser::new(user).into())
    })
    .needing([
        Capability::RevokeAccessToAllEntrances,
        Capability::ListUsersInGroup,
        Capability::DeleteAcsUser,
    ])
}

fn new_group(system: AcsSystemId) -> Habit {
    creation(
        CreateAccessGroup::new(NewAccessGroup::new(system, title("New"))),
        Resource::id,
        |id| GetAccessGroup::new(id).into(),
        |id| DeleteAccessGroup::new(id).into(),
    )
    .needing([Capability::GetAccessGroup, Capability::DeleteAccessGroup])
}

fn new_identity(new: NewUserIdentity) -> Habit {
    creation(
        CreateUserIdentity::new(new),
        Resource::id,
        |id| GetUserIdentity::new(id).into(),
        |id| DeleteUserIdentity::new(id).into(),
    )
    .needing([Capability::GetUserIdentity, Capability::DeleteUserIdentity])
}

fn new_system() -> Habit {
    creation(
        CreateAcsSystem::new(NewAcsSystem::new(title("New"))),
        Resource::id,
        |id| GetAcsSystem::new(id).into(),
        |id| DeleteAcsSystem::new(id).into(),
    )
    .needing([Capability::GetAcsSystem, Capability::DeleteAcsSystem])
}

fn new_entrance(system: AcsSystemId) -> Habit {
    creation(
        CreateEntrance::new(NewEntrance::new(system, title("New"))),
        Resource::id,
        |id| GetEntrance::new(id).into(),
        |id| DeleteEntrance::new(id).into(),
    )
    .needing([Capability::GetEntrance, Capability::DeleteEntrance])
}
