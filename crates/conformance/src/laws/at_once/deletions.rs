//! One caller creates and deletes, again and again, while the other one works with what is new: a
//! deleted resource stays deleted, with all that belongs to it.

use std::sync::{Arc, Mutex, PoisonError};

use super::{habits::is_not_found, *};

pub(super) fn of_users(place: &Place) -> [Vec<Habit>; 2] {
    let Place {
        gym, front, known, ..
    } = *place;
    let new = Newest::default();
    let maker = new.made_by(
        CreateAcsUser::new(NewAcsUser::new(place.systems[0], name("Newcomer"))),
        |id| GetAcsUser::new(id).into(),
        |id| DeleteAcsUser::new(id).into(),
    );
    let maker = maker.needing([Capability::GetAcsUser, Capability::DeleteAcsUser]);
    let update = AcsUserUpdate {
        phone_number: Some(contact("+1")),
        ..AcsUserUpdate::default()
    };
    let calls = [
        new.used("AddUser", move |user| add(user, gym)),
        new.used("GrantAccess", move |user| {
            GrantAccess::new(user, front).into()
        }),
        new.used("UpdateAcsUser", move |user| {
            UpdateAcsUser::new(user, update.clone()).into()
        }),
        new.used("SuspendAcsUser", |user| SuspendAcsUser::new(user).into()),
        new.used("LinkAcsUser", move |user| link(user, known)),
    ];
    [vec![maker], calls.into()]
}

pub(super) fn of_groups(place: &Place) -> [Vec<Habit>; 2] {
    let Place {
        ada,
        front,
        systems: [main, _],
        ..
    } = *place;
    let new = Newest::default();
    let maker = new.made_by(
        CreateAccessGroup::new(NewAccessGroup::new(main, title("New"))),
        |id| GetAccessGroup::new(id).into(),
        |id| DeleteAccessGroup::new(id).into(),
    );
    let maker = maker.needing([Capability::GetAccessGroup, Capability::DeleteAccessGroup]);
    let rename = AccessGroupUpdate {
        name: Some(title("Renamed")),
        ..AccessGroupUpdate::default()
    };
    let hold = AccessGroupUpdate {
        add_entrances: vec![front],
        ..AccessGroupUpdate::default()
    };
    let calls = [
        new.used("AddUser", move |group| add(ada, group)),
        new.used("UpdateAccessGroup", move |group| {
            UpdateAccessGroup::new(group, rename.clone()).into()
        }),
        new.used("UpdateAccessGroup", move |group| {
            UpdateAccessGroup::new(group, hold.clone()).into()
        }),
        new.joined_by(move |group| NewAcsUser::new(main, name("Newcomer")).in_group(group)),
    ];
    [vec![maker], calls.into()]
}

pub(super) fn of_identities(place: &Place) -> [Vec<Habit>; 2] {
    let Place {
        gym,
        front,
        systems: [_, west],
        ..
    } = *place;
    let new = Newest::default();
    let maker = new.made_by(
        CreateUserIdentity::new(NewUserIdentity::named(name("Newcomer"))),
        |id| GetUserIdentity::new(id).into(),
        |id| DeleteUserIdentity::new(id).into(),
    );
    let maker = maker.needing([Capability::GetUserIdentity, Capability::DeleteUserIdentity]);
    let update = UserIdentityUpdate {
        key: Patch::Set(key("new")),
        ..UserIdentityUpdate::default()
    };
    let calls = [
        new.used("AddUser", move |identity| add(identity, gym)),
        new.used("GrantAccess", move |identity| {
            GrantAccess::new(identity, front).into()
        }),
        new.used("UpdateUserIdentity", move |identity| {
            UpdateUserIdentity::new(identity, update.clone()).into()
        }),
        // In the system in which the calls above create no user.
        new.joined_by(move |identity| {
            NewAcsUser::new(west, name("Newcomer")).with_identity(identity)
        }),
    ];
    [vec![maker], calls.into()]
}

pub(super) fn of_entrances(place: &Place) -> [Vec<Habit>; 2] {
    let Place {
        ada,
        gym,
        systems: [main, _],
        ..
    } = *place;
    let new = Newest::default();
    let maker = new.made_by(
        CreateEntrance::new(NewEntrance::new(main, title("New"))),
        |id| GetEntrance::new(id).into(),
        |id| DeleteEntrance::new(id).into(),
    );
    let maker = maker.needing([Capability::GetEntrance, Capability::DeleteEntrance]);
    let rename = EntranceUpdate {
        name: Some(title("Renamed")),
    };
    let hold = |entrance| AccessGroupUpdate {
        add_entrances: vec![entrance],
        ..AccessGroupUpdate::default()
    };
    let calls = [
        new.used("GrantAccess", move |entrance| {
            GrantAccess::new(ada, entrance).into()
        }),
        new.used("UpdateEntrance", move |entrance| {
            UpdateEntrance::new(entrance, rename.clone()).into()
        }),
        new.used("UpdateAccessGroup", move |entrance| {
            UpdateAccessGroup::new(gym, hold(entrance)).into()
        }),
    ];
    [vec![maker], calls.into()]
}

pub(super) fn of_systems() -> [Vec<Habit>; 2] {
    let new = Newest::default();
    let slot = new.clone();
    let maker = Habit::new("CreateAcsSystem, DeleteAcsSystem", move |caller| {
        let create = CreateAcsSystem::new(NewAcsSystem::new(title("New")));
        let system = caller.change(create)?.acs_system_id;
        slot.set(system);
        // What is not empty is left to the other caller.
        let refused = &[ErrorKind::Conflict, ErrorKind::NotFound];
        caller.make_unless(refused, &DeleteAcsSystem::new(system).into())?;
        Ok(())
    });
    let maker = maker.needing([Capability::DeleteAcsSystem]);
    let calls = [
        new.filled_with(
            |system| CreateEntrance::new(NewEntrance::new(system, title("New"))),
            |id| DeleteEntrance::new(id).into(),
        )
        .needing([Capability::DeleteEntrance]),
        new.filled_with(
            |system| CreateAccessGroup::new(NewAccessGroup::new(system, title("New"))),
            |id| DeleteAccessGroup::new(id).into(),
        )
        .needing([Capability::DeleteAccessGroup]),
        new.filled_with(
            |system| CreateAcsUser::new(NewAcsUser::new(system, name("Newcomer"))),
            |id| DeleteAcsUser::new(id).into(),
        )
        .needing([Capability::DeleteAcsUser]),
    ];
    [vec![maker], calls.into()]
}

/// What one caller created last, for the other one.
struct Newest<I>(Arc<Mutex<Option<I>>>);

impl<I> Default for Newest<I> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<I> Clone for Newest<I> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<I: Copy + Send + 'static> Newest<I> {
    fn get(&self) -> Option<I> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, id: I) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
    }

    /// Creates and deletes; what was deleted must not come back.
    fn made_by<C>(&self, new: C, get: fn(I) -> Operation, delete: fn(I) -> Operation) -> Habit
    where
        C: Call<Reply: Resource<Id = I>>,
    {
        let newest = self.clone();
        let operation: Operation = new.clone().into();
        let does = format!("{}, and deletes it", call_shown(&operation));
        Habit::new(does, move |caller| {
            // By now the other caller has probably done what it began before the deletion.
            if let Some(former) = newest.get() {
                caller.must_see(&get(former), &delete(former), is_not_found)?;
            }
            let id = caller.change(new.clone())?.id();
            newest.set(id);
            let delete = delete(id);
            caller.make(&delete)?;
            caller.must_see(&get(id), &delete, is_not_found)
        })
    }

    /// Makes a call on it, which may be deleted.
    fn used(&self, name: &str, call: impl Fn(I) -> Operation + Send + Sync + 'static) -> Habit {
        let newest = self.clone();
        let does = format!("{name}, with the latest of them");
        Habit::new(does, move |caller| {
            let Some(id) = newest.get() else {
                return Ok(());
            };
            caller
                .make_unless(&[ErrorKind::NotFound], &call(id))
                .map(drop)
        })
    }

    /// Creates a user who needs it, and deletes them, if they did not go with it.
    fn joined_by(&self, new: impl Fn(I) -> NewAcsUser + Send + Sync + 'static) -> Habit {
        let newest = self.clone();
        Habit::new(
            "CreateAcsUser, DeleteAcsUser, with the latest of them",
            move |caller| {
                let Some(id) = newest.get() else {
                    return Ok(());
                };
                let create = CreateAcsUser::new(new(id));
                if let Some(user) = caller.change_unless(&[ErrorKind::NotFound], create)? {
                    let delete = DeleteAcsUser::new(user.acs_user_id);
                    caller.change_unless(&[ErrorKind::NotFound], delete)?;
                }
                Ok(())
            },
        )
        .needing([Capability::DeleteAcsUser])
    }
}

impl Newest<AcsSystemId> {
    /// Puts something into it: while it is there, the system stays.
    fn filled_with<C: Call<Reply: Resource>>(
        &self,
        create: fn(AcsSystemId) -> C,
        delete: fn(<C::Reply as Resource>::Id) -> Operation,
    ) -> Habit {
        let newest = self.clone();
        let does = format!("{} in the latest of them, and deletes it", C::NAME);
        Habit::new(does, move |caller| {
            let Some(system) = newest.get() else {
                return Ok(());
            };
            let create = create(system);
            let operation = create.clone().into();
            if let Some(made) = caller.change_unless(&[ErrorKind::NotFound], create)? {
                let look = GetAcsSystem::new(system).into();
                caller.must_see(&look, &operation, Result::is_ok)?;
                caller.make(&delete(made.id()))?;
                caller.change_unless(&[ErrorKind::NotFound], DeleteAcsSystem::new(system))?;
            }
            Ok(())
        })
        .needing([Capability::GetAcsSystem, Capability::DeleteAcsSystem])
    }
}
