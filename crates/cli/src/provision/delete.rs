//! `groups delete`, `systems delete` and `entrances delete`.

use access_groups_core::prelude::*;
use serde_json::json;

use super::{body, kind::Kind, place};
use crate::{
    args::{DeleteEntrance, DeleteGroup, DeleteSystem, IdOrName},
    describe,
    failure::{Exit, Failure},
    output::{self, Format},
    resolve, signals,
    store::Store,
    terminal,
};

pub(crate) fn delete_group(
    arguments: &DeleteGroup,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    delete::<AccessGroup>(&arguments.group, arguments.yes, store, format, |id| {
        port.delete_access_group(id)
    })
}

pub(crate) fn delete_system(
    arguments: &DeleteSystem,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    delete::<AcsSystem>(&arguments.system, arguments.yes, store, format, |id| {
        port.delete_acs_system(id)
    })
}

pub(crate) fn delete_entrance(
    arguments: &DeleteEntrance,
    store: &Store,
    format: Format,
) -> Result<Exit, Failure> {
    let port = store.port();
    delete::<Entrance>(&arguments.entrance, arguments.yes, store, format, |id| {
        port.delete_entrance(id)
    })
}

/// Deletes one, after a confirmation, and reads whether it is gone.
fn delete<T: Kind>(
    argument: &IdOrName<T::Id>,
    yes: bool,
    store: &Store,
    format: Format,
    delete: impl FnOnce(T::Id) -> Result<(), Error>,
) -> Result<Exit, Failure> {
    terminal::must_confirm(yes)?;
    signals::set_note("interrupted: nothing has changed");
    let port = store.port();
    let noun = T::NOUN;
    let id = resolve::one::<T>(argument, port)?;
    let before = T::read(id, port)?;
    let name = describe::line(&before.displayed_name());
    if !yes {
        let question = format!(
            "Delete {noun} {name}{}, for ever? {}",
            place(&before, port),
            T::CASCADE
        );
        if !terminal::confirm(question.trim_end())? {
            return Err(Failure::failed("nothing was deleted"));
        }
    }
    signals::set_note(format!(
        "interrupted: the {noun} may or may not have been deleted"
    ));
    delete(id)?;
    let done = "the deletion is accepted";
    signals::set_note(format!("interrupted: {done}"));
    let is_deleted = output::is_gone(T::read(id, port), &format!("the {noun}"));
    let words = match is_deleted {
        Some(true) => format!("Deleted {noun} {name}."),
        Some(false) => format!("Deleting {noun} {name}: accepted, but still listed."),
        None => format!("Deleting {noun} {name}: accepted; the result could not be read."),
    };
    let mut body = body(id, Some(&before));
    body.insert("is_deleted".to_owned(), json!(is_deleted));
    output::answer_after(done, format, T::DELETE, &words, &body)?;
    store.remind();
    Ok(Exit::after_change(is_deleted))
}
