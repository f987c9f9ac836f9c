//! `users create`, `suspend`, `unsuspend` and `delete`.

use access_groups_core::{NewSchedule, prelude::*};
use serde::Serialize;

use crate::{
    args::{Create, Delete, IdOrName},
    clock::now,
    describe::{self, Times},
    failure::{Exit, Failure},
    local_time::{When, Zones},
    output::{self, Format},
    provision,
    resolve::{self, SystemNames},
    signals,
    store::Store,
    terminal,
};

/// Creates a user, and describes them.
pub(crate) fn create(arguments: &Create, store: &Store, format: Format) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Created<'a> {
        acs_user_id: AcsUserId,
        acs_system_id: AcsSystemId,
        acs_access_group_ids: &'a [AccessGroupId],
        user: &'a AcsUser,
    }
    let port = store.port();
    let zones = Zones::new(port);
    let new = new_user(arguments, &zones, port)?;
    // The request takes the list; the output needs it, too.
    let groups = new.groups.clone();
    let (system, schedule) = (new.system, new.access_schedule);
    // Before the creation: afterwards the new user would be among them.
    let namesakes = namesakes(&new, port);
    signals::set_note(
        "interrupted: the user may or may not have been created; look with \
         `access-groups users find TEXT`",
    );
    let user = port.create_acs_user(new).map_err(|error| {
        let span = schedule.map(|schedule| (schedule.starts_at, schedule.ends_at));
        provision::bad_span(error, span, "nobody was created", system, &zones)
    })?;
    signals::set_note("interrupted: the user is created");
    let words = match format {
        Format::Human => {
            let of_user = AccessGroupFilter::new().of_user(user.acs_user_id);
            // Read again: a service may add groups of its own.
            let joined = port.access_groups(of_user);
            let joined = joined.inspect_err(|error| {
                output::warn_unread("the user is created", "their groups", error);
            });
            let system = SystemNames::read(port).name(user.acs_system_id);
            let (now, zones) = (now(), &zones);
            describe::created(
                &user,
                &system,
                joined.ok().as_deref(),
                &Times { now, zones },
            )
        }
        // JSON has no words, so the two further reads are saved.
        Format::Json | Format::Csv | Format::Jsonl => String::new(),
    };
    let body = Created {
        acs_user_id: user.acs_user_id,
        acs_system_id: user.acs_system_id,
        acs_access_group_ids: &groups,
        user: &user,
    };
    let done = format!("the user {} is created", user.acs_user_id);
    output::answer_after(&done, format, "users create", &words, &body)?;
    if let Some(note) = describe::namesakes(&namesakes) {
        output::to_stderr(note);
    }
    store.remind();
    Ok(())
}

/// Suspends a user, or ends the suspension.
pub(crate) fn suspend(
    suspended: bool,
    argument: &IdOrName<AcsUserId>,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Suspended<'a> {
        acs_user_id: AcsUserId,
        changed: bool,
        /// The user after the command, if it could be read.
        user: Option<&'a AcsUser>,
    }
    let port = store.port();
    let id = resolve::one::<AcsUser>(argument, port)?;
    let before = port.acs_user(id)?;
    match suspended {
        true => port.suspend_acs_user(id)?,
        false => port.unsuspend_acs_user(id)?,
    }
    signals::set_note("interrupted: the change is accepted");
    let after = port.acs_user(id);
    let after = after.inspect_err(|error| {
        output::warn_unread("the change is accepted", "the user", error);
    });
    let after = after.ok();
    let state = after.as_ref().and_then(|after| after.is_suspended);
    let is_unlisted = state == Some(!suspended);
    // A service that does not report the state counts as changed.
    let changed = before.is_suspended != Some(suspended) && !is_unlisted;
    let body = Suspended {
        acs_user_id: id,
        changed,
        user: after.as_ref(),
    };
    let command = match suspended {
        true => "users suspend",
        false => "users unsuspend",
    };
    let words = describe::suspended(suspended, changed, &before, after.as_ref());
    output::answer_after("the change is accepted", format, command, &words, &body)?;
    if changed {
        store.remind();
    }
    Ok(Exit::after_change(after.map(|_| !is_unlisted)))
}

/// Deletes a user, after a confirmation.
pub(crate) fn delete(arguments: &Delete, store: &Store, format: Format) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Deleted<'a> {
        acs_user_id: AcsUserId,
        /// Whether the service knows the user no longer; null if that is unknown.
        is_deleted: Option<bool>,
        /// The user before the command.
        user: &'a AcsUser,
    }
    terminal::must_confirm(arguments.yes)?;
    signals::set_note("interrupted: nothing has changed");
    let port = store.port();
    let id = resolve::one::<AcsUser>(&arguments.user, port)?;
    let user = port.acs_user(id)?;
    if !arguments.yes {
        let of_user = AccessGroupFilter::new().of_user(id);
        let groups = port.access_groups(of_user)?.len();
        let system = SystemNames::read(port).name(user.acs_system_id);
        if !terminal::confirm(&describe::delete_question(&user, &system, groups))? {
            return Err(Failure::failed("nobody was deleted"));
        }
    }
    // From here on, an interruption can no longer promise that nothing has changed.
    signals::set_note("interrupted: the user may or may not have been deleted");
    port.delete_acs_user(id)?;
    signals::set_note("interrupted: the deletion is accepted");
    let is_deleted = output::is_gone(port.acs_user(id), "the user");
    let body = Deleted {
        acs_user_id: id,
        is_deleted,
        user: &user,
    };
    let words = describe::deleted(&user, is_deleted);
    output::answer_after(
        "the deletion is accepted",
        format,
        "users delete",
        &words,
        &body,
    )?;
    store.remind();
    Ok(Exit::after_change(is_deleted))
}

/// The users of the system who have the name or the e-mail address already; none if they cannot be
/// read, for the creation does not depend on them.
fn namesakes(new: &NewAcsUser, port: &dyn BlockingAccessGroupPort) -> Vec<AcsUser> {
    let Ok(name) = new.full_name.as_str().parse() else {
        return Vec::new();
    };
    let address = new.email_address.as_ref();
    let address = address.and_then(|address| address.as_str().parse().ok());
    resolve::namesakes(&name, address.as_ref(), new.system, port).unwrap_or_default()
}

fn new_user(
    arguments: &Create,
    zones: &Zones<'_>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<NewAcsUser, Failure> {
    let system = resolve::one::<AcsSystem>(&arguments.system, port)?;
    let mut new = NewAcsUser::new(system, arguments.name.clone());
    new.email_address.clone_from(&arguments.email);
    new.phone_number.clone_from(&arguments.phone);
    for group in &arguments.groups {
        new = new.in_group(resolve::in_system::<AccessGroup>(
            group,
            Some(system),
            port,
        )?);
    }
    let instant = |when: &Option<When>| {
        let instant = when.as_ref().map(|when| zones.instant(when, || Ok(system)));
        instant.transpose()
    };
    let (starts_at, ends_at) = (instant(&arguments.starts_at)?, instant(&arguments.ends_at)?);
    // Without either, the user gets no schedule, which is not the same as an open one.
    if starts_at.is_some() || ends_at.is_some() {
        new = new.with_access_schedule(NewSchedule { starts_at, ends_at });
    }
    Ok(new)
}
