//! `users update`, `groups update`, `systems update` and `entrances update`.

use access_groups_core::{
    AccessGroupUpdate, AccessSchedule, AcsSystemUpdate, AcsUserUpdate, ClosedSchedule,
    EntranceUpdate, Patch, ResourceName, prelude::*,
};
use serde_json::json;

use super::{bad_span, body, entrances, instant, kind::Kind};
use crate::{
    args::{UpdateEntrance, UpdateGroup, UpdateSystem, UpdateUser},
    clock::now,
    describe,
    failure::{Exit, Failure},
    local_time::{When, Zones},
    output::{self, Format},
    resolve, signals,
    store::Store,
};

pub(crate) fn update_user(
    arguments: &UpdateUser,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let (port, change) = (store.port(), &arguments.change);
    let id = resolve::one::<AcsUser>(&arguments.user, port)?;
    let before = port.acs_user(id)?;
    let span = (change.starts_at.as_ref(), change.ends_at.as_ref());
    let access_schedule = match change.no_schedule {
        true => Patch::Clear,
        false => schedule(span, before.access_schedule, before.acs_system_id, port)?,
    };
    let update = AcsUserUpdate {
        full_name: change.name.clone(),
        email_address: change.email.clone(),
        phone_number: change.phone.clone(),
        access_schedule,
        ..AcsUserUpdate::default()
    };
    let shows = |asked: &Option<String>, shown: &Option<String>| asked.is_none() || asked == shown;
    let wanted = update.clone();
    let is_as_asked = |user: &AcsUser| {
        shows(&wanted.full_name.clone().map(Into::into), &user.full_name)
            && shows(
                &wanted.email_address.clone().map(Into::into),
                &user.email_address,
            )
            && shows(
                &wanted.phone_number.clone().map(Into::into),
                &user.phone_number,
            )
            && shows_schedule(wanted.access_schedule, user.access_schedule)
    };
    let update = || {
        port.update_acs_user(id, update)
            .map_err(|error| bad_change(error, access_schedule, before.acs_system_id, port))
    };
    update_one(&before, store, format, update, is_as_asked)
}

pub(crate) fn update_group(
    arguments: &UpdateGroup,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let (port, change) = (store.port(), &arguments.change);
    let id = resolve::one::<AccessGroup>(&arguments.group, port)?;
    let before = port.access_group(id)?;
    let system = before.acs_system_id;
    let span = (change.starts_at.as_ref(), change.ends_at.as_ref());
    let access_schedule = match change.no_schedule {
        true => Patch::Clear,
        false => schedule(span, before.access_schedule, system, port)?,
    };
    let update = AccessGroupUpdate {
        name: change.name.clone(),
        access_schedule,
        add_entrances: entrances(&change.add, system, port)?,
        remove_entrances: entrances(&change.remove, system, port)?,
    };
    let wanted = update.clone();
    let is_as_asked = |group: &AccessGroup| {
        shows_name(wanted.name.as_ref(), &group.name)
            && shows_schedule(wanted.access_schedule, group.access_schedule)
            && shows_entrances(&wanted, id, port)
    };
    let update = || {
        port.update_access_group(id, update)
            .map_err(|error| bad_change(error, access_schedule, system, port))
    };
    update_one(&before, store, format, update, is_as_asked)
}

pub(crate) fn update_system(
    arguments: &UpdateSystem,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let (port, change) = (store.port(), &arguments.change);
    let id = resolve::one::<AcsSystem>(&arguments.system, port)?;
    let update = AcsSystemUpdate {
        name: change.name.clone(),
        time_zone: change.time_zone.clone().map_or(Patch::Keep, Patch::Set),
    };
    let before = port.acs_system(id)?;
    let zone = change.time_zone.as_ref();
    let is_as_asked = |system: &AcsSystem| {
        shows_name(change.name.as_ref(), &system.name)
            && zone.is_none_or(|zone| system.location.time_zone.as_deref() == Some(zone.as_str()))
    };
    let update = || port.update_acs_system(id, update);
    update_one(&before, store, format, update, is_as_asked)
}

pub(crate) fn update_entrance(
    arguments: &UpdateEntrance,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    let id = resolve::one::<Entrance>(&arguments.entrance, port)?;
    let name = Some(arguments.name.clone());
    let before = port.entrance(id)?;
    let is_as_asked =
        |entrance: &Entrance| shows_name(Some(&arguments.name), &entrance.display_name);
    let update = || port.update_entrance(id, EntranceUpdate { name });
    update_one(&before, store, format, update, is_as_asked)
}

/// Changes one, reads it again, and says what it is called now.
fn update_one<T: Kind, E: Into<Failure>>(
    before: &T,
    store: &Store,
    format: Format,
    update: impl FnOnce() -> Result<(), E>,
    is_as_asked: impl Fn(&T) -> bool,
) -> Result<Exit, Failure> {
    signals::set_note(
        "interrupted: the change may or may not have been made; repeating the command is safe",
    );
    update().map_err(Into::into)?;
    let done = "the change is accepted";
    signals::set_note(format!("interrupted: {done}"));
    let after = T::read(before.id(), store.port());
    let after = after.inspect_err(|error| {
        output::warn_unread(done, &format!("the {}", T::NOUN), error);
    });
    let after = after.ok();
    let is_changed = after.as_ref().map(is_as_asked);
    let names = (
        before.displayed_name(),
        after.as_ref().map(T::displayed_name),
    );
    let (old, new) = (
        describe::line(&names.0),
        names.1.as_deref().map(describe::line),
    );
    let words = match new {
        _ if is_changed == Some(false) => {
            format!("Changing {} {old}: accepted, but not yet listed.", T::NOUN)
        }
        Some(new) if new != old => format!("Changed {} {old}: it is now {new}.", T::NOUN),
        Some(new) => format!("Changed {} {new}.", T::NOUN),
        None => format!(
            "Changing {} {old}: accepted; the result could not be read.",
            T::NOUN
        ),
    };
    let mut body = body(before.id(), after.as_ref());
    body.insert("is_changed".to_owned(), json!(is_changed));
    output::answer_after(done, format, T::UPDATE, &words, &body)?;
    store.remind();
    Ok(Exit::after_change(is_changed))
}

/// Whether the name is as asked for, if one was.
fn shows_name(asked: Option<&ResourceName>, shown: &str) -> bool {
    asked.is_none_or(|asked| asked.as_str() == shown)
}

/// Whether the group holds what was added, and not what was only removed; one more read if either
/// was asked for. What cannot be read is not called done.
fn shows_entrances(
    asked: &AccessGroupUpdate,
    group: AccessGroupId,
    port: &dyn BlockingAccessGroupPort,
) -> bool {
    if asked.add_entrances.is_empty() && asked.remove_entrances.is_empty() {
        return true;
    }
    let Ok(held) = port.entrances_of_group(group) else {
        return false;
    };
    let is_held = |id: &EntranceId| held.iter().any(|held| held.acs_entrance_id == *id);
    let mut removed = asked.remove_entrances.iter();
    asked.add_entrances.iter().all(is_held)
        && removed.all(|id| asked.add_entrances.contains(id) || !is_held(id))
}

/// Whether the schedule is as asked for, but for what is finer than a millisecond.
fn shows_schedule(asked: Patch<ClosedSchedule>, shown: Option<AccessSchedule>) -> bool {
    let cut = Timestamp::whole_milliseconds;
    let shown = shown.map(|shown| (cut(shown.starts_at), shown.ends_at.map(cut)));
    match asked {
        Patch::Keep => true,
        Patch::Clear => shown.is_none(),
        Patch::Set(asked) => shown == Some((cut(asked.starts_at), Some(cut(asked.ends_at)))),
    }
}

/// The failure of a change; a schedule that ends too early is told in local times.
fn bad_change(
    error: Error,
    schedule: Patch<ClosedSchedule>,
    system: AcsSystemId,
    port: &dyn BlockingAccessGroupPort,
) -> Failure {
    let span = match schedule {
        Patch::Set(set) => Some((Some(set.starts_at), Some(set.ends_at))),
        Patch::Keep | Patch::Clear => None,
    };
    bad_span(
        error,
        span,
        "nothing has changed",
        system,
        &Zones::new(port),
    )
}

/// The new schedule: what is not given is as before. An update has an end, as in Seam's API.
fn schedule(
    (starts_at, ends_at): (Option<&When>, Option<&When>),
    before: Option<AccessSchedule>,
    system: AcsSystemId,
    port: &dyn BlockingAccessGroupPort,
) -> Result<Patch<ClosedSchedule>, Failure> {
    if starts_at.is_none() && ends_at.is_none() {
        return Ok(Patch::Keep);
    }
    let zones = Zones::new(port);
    let starts_at = instant(starts_at, system, &zones)?;
    let starts_at = starts_at.or_else(|| before.map(|before| before.starts_at));
    let ends_at = instant(ends_at, system, &zones)?;
    let ends_at = ends_at.or_else(|| before.and_then(|before| before.ends_at));
    let ends_at = ends_at.ok_or_else(|| {
        Failure::usage("a changed schedule needs an end").with_hint("give --ends-at, too")
    })?;
    Ok(Patch::Set(ClosedSchedule {
        starts_at: starts_at.unwrap_or_else(now),
        ends_at,
    }))
}

#[cfg(test)]
mod tests {
    use access_groups_core::{NewAccessGroup, NewAcsSystem, NewEntrance};
    use access_groups_in_memory::{InMemory, State};

    use super::*;

    #[test]
    fn entrances_are_as_asked_when_shown() {
        let store = InMemory::new(State::new()).blocking();
        let name = |text: &str| text.parse::<ResourceName>().expect("a name");
        let system = store.create_acs_system(NewAcsSystem::new(name("Main")));
        let system = system.expect("created").acs_system_id;
        let door = |text| {
            let door = store.create_entrance(NewEntrance::new(system, name(text)));
            vec![door.expect("created").acs_entrance_id]
        };
        let (held, other, none) = (door("Held"), door("Other"), Vec::new());
        let mut new = NewAccessGroup::new(system, name("Gym"));
        new.entrances = held.clone();
        let group = store.create_access_group(new).expect("created");
        let unknown = AccessGroupId::from_u128(1);
        for (add, remove, group, expected) in [
            (&held, &none, group.acs_access_group_id, true),
            (&other, &none, group.acs_access_group_id, false),
            (&none, &held, group.acs_access_group_id, false),
            (&none, &other, group.acs_access_group_id, true),
            (&held, &held, group.acs_access_group_id, true),
            // What cannot be read is not called done.
            (&held, &none, unknown, false),
            (&none, &none, unknown, true),
        ] {
            let asked = AccessGroupUpdate {
                add_entrances: add.clone(),
                remove_entrances: remove.clone(),
                ..AccessGroupUpdate::default()
            };
            let shown = shows_entrances(&asked, group, &store);
            assert_eq!(shown, expected, "{asked:?}");
        }
    }
}
