//! `users create`, `suspend`, `unsuspend` and `delete`.

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsSystemId, AcsUser, AcsUserId,
    BlockingPorts, NewAcsUser, NewSchedule,
};
use serde::Serialize;

use crate::{
    args::{Create, Delete},
    clock::now,
    confirm,
    describe::people,
    failure::Failure,
    interrupt,
    output::{self, Format},
    resolve,
    store::Store,
    system_names::SystemNames,
    wanted::Wanted,
};

/// Creates a user, and says who and where.
pub(crate) fn create(wanted: &Create, store: &Store, format: Format) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Created<'a> {
        acs_user_id: AcsUserId,
        acs_system_id: AcsSystemId,
        acs_access_group_ids: &'a [AccessGroupId],
        user: &'a AcsUser,
    }
    let ports = store.ports();
    let new = new_user(wanted, ports)?;
    let groups = new.groups.clone();
    interrupt::from_now_on(
        "interrupted: the user may or may not have been created; \
         `access-groups users find TEXT` tells",
    );
    let user = ports.acs_users()?.create_acs_user(new)?;
    store.save()?;
    interrupt::from_now_on("interrupted: the user is created");
    let words = match format {
        Format::Human => {
            let of_user = AccessGroupFilter::new().of_user(user.acs_user_id);
            let joined = ports.access_groups().access_groups(of_user);
            let joined = joined.inspect_err(|error| {
                let message = output::printable(error.message());
                output::to_stderr(format_args!(
                    "warning: the user is created, but their groups could not be read: {message}"
                ));
            });
            let system = SystemNames::read(ports).shown(user.acs_system_id);
            people::created(&user, &system, joined.ok().as_deref(), now())
        }
        Format::Json | Format::Csv => String::new(),
    };
    let body = Created {
        acs_user_id: user.acs_user_id,
        acs_system_id: user.acs_system_id,
        acs_access_group_ids: &groups,
        user: &user,
    };
    output::answer(format, "users create", &words, &body).map_err(|failure| {
        failure.with_hint(format!(
            "the user is created all the same: {}",
            user.acs_user_id
        ))
    })?;
    store.remind();
    Ok(())
}

/// Suspends a user, or ends that.
pub(crate) fn suspend(
    suspended: bool,
    wanted: &Wanted<AcsUserId>,
    store: &Store,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Suspended {
        acs_user_id: AcsUserId,
        changed: bool,
        /// As they are now, if that could be read.
        user: Option<AcsUser>,
    }
    let ports = store.ports();
    let id = resolve::one::<AcsUser>(wanted, ports)?;
    let users = ports.acs_users()?;
    let before = users.acs_user(id.into())?;
    let changed = before.is_suspended != Some(suspended);
    match suspended {
        true => users.suspend_acs_user(id.into())?,
        false => users.unsuspend_acs_user(id.into())?,
    }
    store.save()?;
    interrupt::from_now_on("interrupted: the change is made");
    let after = users.acs_user(id.into()).inspect_err(|error| {
        let message = output::printable(error.message());
        output::to_stderr(format_args!(
            "warning: the change is made, but the user could not be read: {message}"
        ));
    });
    let body = Suspended {
        acs_user_id: id,
        changed,
        user: after.ok(),
    };
    let command = match suspended {
        true => "users suspend",
        false => "users unsuspend",
    };
    let words = people::suspended(suspended, changed, &before);
    output::answer(format, command, &words, &body)
        .map_err(|failure| failure.with_hint("the change is made all the same"))?;
    if changed {
        store.remind();
    }
    Ok(())
}

/// Deletes a user, once somebody has said that they mean it.
pub(crate) fn delete(wanted: &Delete, store: &Store, format: Format) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Deleted<'a> {
        acs_user_id: AcsUserId,
        /// As they were.
        user: &'a AcsUser,
    }
    if !wanted.yes && !confirm::can_ask() {
        return Err(Failure::usage(
            "a user is deleted for ever, and there is no terminal to ask at",
        )
        .with_hint("--yes deletes without asking"));
    }
    interrupt::from_now_on("interrupted: nothing has changed");
    let ports = store.ports();
    let id = resolve::one::<AcsUser>(&wanted.user, ports)?;
    let user = ports.acs_users()?.acs_user(id.into())?;
    if !wanted.yes {
        let of_user = AccessGroupFilter::new().of_user(id);
        let groups = ports.access_groups().access_groups(of_user)?.len();
        let system = SystemNames::read(ports).shown(user.acs_system_id);
        if !confirm::ask(&people::delete_question(&user, &system, groups))? {
            return Err(Failure::failed("nobody was deleted"));
        }
    }
    interrupt::from_now_on("interrupted: the user may or may not have been deleted");
    ports.acs_users()?.delete_acs_user(id.into())?;
    store.save()?;
    interrupt::from_now_on("interrupted: the user is deleted");
    let body = Deleted {
        acs_user_id: id,
        user: &user,
    };
    let words = people::deleted(&user);
    output::answer(format, "users delete", &words, &body)
        .map_err(|failure| failure.with_hint("the user is deleted all the same"))?;
    store.remind();
    Ok(())
}

fn new_user(wanted: &Create, ports: &BlockingPorts) -> Result<NewAcsUser, Failure> {
    let system = resolve::one::<AcsSystem>(&wanted.system, ports)?;
    let mut new = NewAcsUser::new(system, wanted.name.clone());
    new.email_address.clone_from(&wanted.email);
    new.phone_number.clone_from(&wanted.phone);
    for group in &wanted.groups {
        new = new.in_group(resolve::within::<AccessGroup>(group, Some(system), ports)?);
    }
    let (starts_at, ends_at) = (wanted.starts_at, wanted.ends_at);
    if starts_at.is_some() || ends_at.is_some() {
        new = new.with_access_schedule(NewSchedule { starts_at, ends_at });
    }
    Ok(new)
}
