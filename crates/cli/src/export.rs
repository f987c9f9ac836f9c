//! `export`: everything that the ports of a store show, as a site file.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemFilter, AcsUserFilter, AcsUserId,
    BlockingAcsUserPortExt, BlockingDirectoryPortExt, BlockingPorts, BlockingUserIdentityPortExt,
    EntranceFilter, EntranceId, Error, ErrorKind, UserIdentityFilter,
};
use access_groups_in_memory::State;

use crate::{failure::Failure, interrupt, output, progress::Progress};

/// Prints the site file once all of it is there: a failure prints nothing of it.
pub(crate) fn run(ports: &BlockingPorts) -> Result<(), Failure> {
    interrupt::from_now_on("interrupted: nothing was exported");
    let mut progress = Progress::start();
    let exported = export(ports, |what, done, of| progress.at(what, done, of));
    drop(progress);
    let Export { state, left_out } = exported?;
    for what in &left_out {
        output::to_stderr(format_args!(
            "warning: left out: {}",
            output::printable(what)
        ));
    }
    output::text_to_stdout(&state.to_site_json())
}

/// What the ports show.
#[derive(Debug)]
struct Export {
    state: State,
    /// What was shown and fits nothing else that was.
    left_out: Vec<String>,
}

/// Asks for everything, one thing after the other.
///
/// What goes meanwhile is left out. What comes meanwhile may be named before it was listed:
/// that is left out too, and told.
fn export(
    ports: &BlockingPorts,
    mut at: impl FnMut(&'static str, usize, Option<usize>),
) -> Result<Export, Error> {
    let mut export = Export {
        state: State::new(),
        left_out: Vec::new(),
    };
    let (directory, users) = (ports.directory()?, ports.acs_users()?);
    at("systems", 0, None);
    let workspace = directory.workspace()?;
    for system in directory.acs_systems(AcsSystemFilter::new())? {
        export.keep(|state| state.insert_system(system))?;
    }
    let mut user_ids = Vec::new();
    for user in users.all_acs_users(AcsUserFilter::new()) {
        at("users", user_ids.len(), None);
        let user = user?;
        user_ids.push(user.acs_user_id);
        export.keep(|state| state.insert_user(user))?;
    }
    let identities = ports.user_identities()?;
    let identities = identities.all_user_identities(UserIdentityFilter::new());
    for (done, identity) in identities.enumerate() {
        at("identities", done, None);
        let identity = identity?;
        export.keep(|state| state.insert_identity(identity))?;
    }
    for (done, entrance) in directory.all_entrances(EntranceFilter::new()).enumerate() {
        at("entrances", done, None);
        let entrance = entrance?;
        export.keep(|state| state.insert_entrance(entrance))?;
    }
    let groups = ports
        .access_groups()
        .access_groups(AccessGroupFilter::new())?;
    let mut known = Known::default();
    for (done, group) in groups.iter().enumerate() {
        at("groups", done, Some(groups.len()));
        let id = group.acs_access_group_id;
        let Some((members, entrances)) = there(inside(ports, id))? else {
            continue;
        };
        export.keep(|state| state.insert_group(group.clone()))?;
        for user in members {
            export.keep(|state| state.add_user(user, id).map(drop))?;
            known.groups_of.entry(user).or_default().push(id);
        }
        for entrance in entrances {
            export.keep(|state| state.insert_group_entrance(id, entrance))?;
            known.held.insert((id, entrance));
        }
    }
    for (done, user) in user_ids.iter().enumerate() {
        at("what users can open", done, Some(user_ids.len()));
        let Some(entrances) = there(users.entrances_of_user((*user).into()))? else {
            export.drop_user(*user);
            continue;
        };
        for entrance in entrances {
            let id = entrance.acs_entrance_id;
            if !known.is_through_a_group(*user, id) {
                export.keep(|state| state.insert_entrance_grant(*user, id))?;
            }
        }
    }
    // A store that knows nothing of its workspace shows one that follows from the systems.
    if export.state.workspace_or_default() != workspace {
        export.state.set_workspace(workspace);
    }
    Ok(export)
}

/// Members and entrances of a group.
type Inside = (Vec<AcsUserId>, Vec<EntranceId>);

fn inside(ports: &BlockingPorts, group: AccessGroupId) -> Result<Inside, Error> {
    let groups = ports.access_groups();
    let members = groups.users_in_group(group)?;
    let entrances = groups.entrances_of_group(group)?;
    Ok((
        members.iter().map(|user| user.acs_user_id).collect(),
        entrances.iter().map(|it| it.acs_entrance_id).collect(),
    ))
}

/// What is there; `None` if it has gone since it was listed.
fn there<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}

/// What groups open, to tell grants from it.
#[derive(Debug, Default)]
struct Known {
    groups_of: BTreeMap<AcsUserId, Vec<AccessGroupId>>,
    held: BTreeSet<(AccessGroupId, EntranceId)>,
}

impl Known {
    fn is_through_a_group(&self, user: AcsUserId, entrance: EntranceId) -> bool {
        let mut groups = self.groups_of.get(&user).into_iter().flatten();
        groups.any(|group| self.held.contains(&(*group, entrance)))
    }
}

impl Export {
    /// Keeps one thing, or notes why it fits nothing.
    fn keep(&mut self, insert: impl FnOnce(&mut State) -> Result<(), Error>) -> Result<(), Error> {
        match insert(&mut self.state) {
            Err(error) if is_misfit(&error) => self.left_out.push(error.message().to_owned()),
            kept => kept?,
        }
        Ok(())
    }

    /// They are gone, and so is whatever they were in.
    fn drop_user(&mut self, user: AcsUserId) {
        // If they were left out, they are not there to go.
        let _ = self.state.delete_user(user);
    }
}

/// Whether something was shown that does not go with the rest.
fn is_misfit(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Conflict
    )
}

#[cfg(test)]
mod tests;
