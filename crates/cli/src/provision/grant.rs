//! `grant` and `revoke`: one entrance for one user, outside groups.

use access_groups_core::prelude::*;
use serde::Serialize;

use crate::{
    args::Grant,
    clock, describe,
    failure::{Exit, Failure},
    output::{self, Format},
    resolve::{self, Resource},
    signals,
    store::Store,
};

/// Lets the user open the entrance, whatever their groups.
pub(crate) fn grant(arguments: &Grant, store: &Store, format: Format) -> Result<Exit, Failure> {
    let Named { user, entrance } = Named::resolve(arguments, store.port())?;
    change(|| store.port().grant_access(user.id(), entrance.id()))?;
    let opens = opens(&user, &entrance, store.port());
    let (person, door) = names(&user, &entrance);
    let words = match opens {
        Some(true) => {
            let mut lines = vec![format!("Granted {door} to {person}.")];
            lines.extend(describe::closed_to(&user, &entrance, clock::now()));
            lines.join("\n")
        }
        Some(false) => format!("Granting {door} to {person}: accepted, but not yet listed."),
        None => format!("Granting {door} to {person}: accepted; the result could not be read."),
    };
    answer("grant", &words, &user, &entrance, opens, store, format)?;
    Ok(Exit::after_change(opens))
}

/// Ends the direct grant; what groups open stays open.
pub(crate) fn revoke(arguments: &Grant, store: &Store, format: Format) -> Result<Exit, Failure> {
    let port = store.port();
    let Named { user, entrance } = Named::resolve(arguments, port)?;
    // Without a warning: the same is read again after the change.
    let opened = port.entrances_of_user(user.id()).ok();
    let opened = opened.map(|listed| listed.iter().any(|one| one.id() == entrance.id()));
    change(|| port.revoke_access(user.id(), entrance.id()))?;
    let opens = opens(&user, &entrance, port);
    let (person, door) = names(&user, &entrance);
    let through = match opens {
        Some(true) => groups_with(&user, &entrance, port),
        _ => Some(Vec::new()),
    };
    let is_unlisted = opens == Some(true) && through.as_ref().is_some_and(Vec::is_empty);
    let words = match (opens, through.as_deref()) {
        (Some(false), _) if opened == Some(false) => {
            format!("{person} had no grant of {door}; nothing changed.")
        }
        (Some(false), _) => format!("Revoked {door} from {person}: it no longer opens to them."),
        (None, _) => {
            format!("Revoking {door} from {person}: accepted; the result could not be read.")
        }
        (Some(true), Some([])) => {
            format!("Revoking {door} from {person}: accepted, but still listed.")
        }
        (Some(true), Some(groups)) => format!(
            "{person} has no grant of {door}, and opens it through {}.",
            groups.join(", ")
        ),
        (Some(true), None) => {
            format!("{person} has no grant of {door}, and opens it still.")
        }
    };
    answer("revoke", &words, &user, &entrance, opens, store, format)?;
    Ok(Exit::after_change(opens.map(|_| !is_unlisted)))
}

/// The user and the entrance, read before the change, so that people see their names.
struct Named {
    user: AcsUser,
    entrance: Entrance,
}

impl Named {
    fn resolve(arguments: &Grant, port: &dyn BlockingAccessGroupPort) -> Result<Self, Failure> {
        let found = resolve::pair::<AcsUser, Entrance>(&arguments.user, &arguments.entrance, port);
        let (user, entrance) = found?;
        let (user_id, entrance_id) = (user.id, entrance.id);
        Ok(Self {
            user: user.resource.map_or_else(|| port.acs_user(user_id), Ok)?,
            entrance: entrance
                .resource
                .map_or_else(|| port.entrance(entrance_id), Ok)?,
        })
    }
}

fn change(change: impl FnOnce() -> Result<(), Error>) -> Result<(), Failure> {
    signals::set_note(
        "interrupted: the change may or may not have been made; repeating the command is safe",
    );
    change()?;
    signals::set_note("interrupted: the change is accepted");
    Ok(())
}

/// Whether the service lists the entrance among the user's; `None` if that cannot be read.
fn opens(user: &AcsUser, entrance: &Entrance, port: &dyn BlockingAccessGroupPort) -> Option<bool> {
    let listed = port.entrances_of_user(user.id());
    let listed = listed.inspect_err(|error| {
        output::warn_unread("the change is accepted", "the entrances of the user", error);
    });
    let mut ids = listed.ok()?.into_iter().map(|listed| listed.id());
    Some(ids.any(|id| id == entrance.id()))
}

/// The user's groups that hold the entrance; `None` if they cannot be read.
fn groups_with(
    user: &AcsUser,
    entrance: &Entrance,
    port: &dyn BlockingAccessGroupPort,
) -> Option<Vec<String>> {
    let groups = port.access_groups(AccessGroupFilter::new().of_user(user.id()));
    let mut names = Vec::new();
    for group in groups.ok()? {
        let held = port.entrances_of_group(group.id()).ok()?;
        if held.iter().any(|held| held.id() == entrance.id()) {
            names.push(describe::line(&group.displayed_name()));
        }
    }
    names.sort_by_cached_key(|name| describe::order(name));
    Some(names)
}

fn names(user: &AcsUser, entrance: &Entrance) -> (String, String) {
    let (user, entrance) = (user.displayed_name(), entrance.displayed_name());
    (describe::line(&user), describe::line(&entrance))
}

fn answer(
    command: &'static str,
    words: &str,
    user: &AcsUser,
    entrance: &Entrance,
    can_open: Option<bool>,
    store: &Store,
    format: Format,
) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Granted<'a> {
        acs_user_id: AcsUserId,
        acs_entrance_id: EntranceId,
        /// Whether the service lists the entrance among the user's, through groups or directly;
        /// null if that is unknown.
        is_listed: Option<bool>,
        user: &'a AcsUser,
        entrance: &'a Entrance,
    }
    let body = Granted {
        acs_user_id: user.id(),
        acs_entrance_id: entrance.id(),
        is_listed: can_open,
        user,
        entrance,
    };
    output::answer_after("the change is accepted", format, command, words, &body)?;
    store.remind();
    Ok(())
}
