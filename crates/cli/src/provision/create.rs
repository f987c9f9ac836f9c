//! `groups create`, `systems create` and `entrances create`.

use access_groups_core::{NewAccessGroup, NewAcsSystem, NewEntrance, NewSchedule, prelude::*};
use serde_json::json;

use super::{body, entrances, instant, kind::Kind, place};
use crate::{
    args::{CreateEntrance, CreateGroup, CreateSystem},
    describe,
    failure::Failure,
    local_time::Zones,
    output::{self, Format},
    resolve, signals,
    store::Store,
};

pub(crate) fn create_group(
    arguments: &CreateGroup,
    store: &Store,
    format: Format,
) -> Result<(), Failure> {
    let port = store.port();
    let system = resolve::one::<AcsSystem>(&arguments.system, port)?;
    let mut new = NewAccessGroup::new(system, arguments.name.clone());
    new.entrances = entrances(&arguments.entrances, system, port)?;
    let zones = Zones::new(port);
    let instant = |when| instant(when, system, &zones);
    let starts_at = instant(arguments.starts_at.as_ref())?;
    let ends_at = instant(arguments.ends_at.as_ref())?;
    if starts_at.is_some() || ends_at.is_some() {
        new = new.with_access_schedule(NewSchedule { starts_at, ends_at });
    }
    create(store, format, || port.create_access_group(new))
}

pub(crate) fn create_system(
    arguments: &CreateSystem,
    store: &Store,
    format: Format,
) -> Result<(), Failure> {
    let mut new = NewAcsSystem::new(arguments.name.clone());
    new.time_zone.clone_from(&arguments.time_zone);
    create(store, format, || store.port().create_acs_system(new))
}

pub(crate) fn create_entrance(
    arguments: &CreateEntrance,
    store: &Store,
    format: Format,
) -> Result<(), Failure> {
    let port = store.port();
    let system = resolve::one::<AcsSystem>(&arguments.system, port)?;
    let new = NewEntrance::new(system, arguments.name.clone());
    create(store, format, || port.create_entrance(new))
}

/// Creates one, and describes it.
fn create<T: Kind>(
    store: &Store,
    format: Format,
    create: impl FnOnce() -> Result<T, Error>,
) -> Result<(), Failure> {
    let noun = T::NOUN;
    signals::set_note(format!(
        "interrupted: the {noun} may or may not have been created; look with `access-groups {}`",
        T::LIST
    ));
    let created = create()?;
    let done = format!("the {noun} is created");
    signals::set_note(format!("interrupted: {done}"));
    let name = describe::line(&created.displayed_name());
    let place = place(&created, store.port());
    let words = format!(
        "Created {noun} {name}{place}.\n{}",
        describe::detail("id", &created.id().to_string())
    );
    let mut body = body(created.id(), Some(&created));
    body.insert("acs_system_id".to_owned(), json!(created.system()));
    output::answer_after(&done, format, T::CREATE, &words, &body)?;
    store.remind();
    Ok(())
}
