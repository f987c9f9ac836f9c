//! Export through any port: everything that it lists, as a state.

use std::collections::BTreeMap;

use access_groups_core::{AcsSystemFilter, access::explains_access, prelude::*};

use crate::State;

/// Everything that a port lists.
#[derive(Debug)]
#[non_exhaustive]
pub struct Export {
    /// The exported site; [`to_site_json`](State::to_site_json) makes a site file of it.
    pub state: State,
    /// References to resources that were not listed, one line each. Such a resource was created
    /// while the export ran. A reference is not exported.
    pub left_out: Vec<String>,
}

/// The progress of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportProgress {
    /// The part that is being read, for people: "users".
    pub part: &'static str,
    /// The number of resources of this part that have been read.
    pub done: usize,
    /// Their total number; `None` if it is not known before the end.
    pub total: Option<usize>,
}

/// Reads everything that a port lists, to save it as a site file.
///
/// Makes one call after another: two per group, one per user, one per
/// page of each list, and three for workspace, systems and groups.
/// `progress` is called before each user, identity, entrance and group.
///
/// Resources that are deleted while the export runs are left out. So are references to resources
/// that are created meanwhile, and [`left_out`](Export::left_out) lists them.
///
/// The API does not list direct grants. If a user can open an entrance, and none of the user's
/// groups opens it, it counts as granted. A grant beside such a group cannot be seen and is not
/// exported.
///
/// # Errors
///
/// Those of the calls. There is no partial export.
///
/// # Examples
///
/// ```
/// use access_groups_in_memory::{SiteBuilder, export_over};
///
/// let mut site = SiteBuilder::new();
/// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
/// site.members(gym, [ada]);
///
/// let export = export_over(&site.build_blocking(), &mut |_| ())?;
/// assert_eq!(export.state, site.build_state());
/// # Ok::<(), access_groups_core::Error>(())
/// ```
pub fn export_over(
    port: &dyn BlockingAccessGroupPort,
    progress: &mut dyn FnMut(ExportProgress),
) -> Result<Export, Error> {
    let mut report = |part, done, total| progress(ExportProgress { part, done, total });
    let mut export = Export {
        state: State::new(),
        left_out: Vec::new(),
    };
    report("systems", 0, None);
    let workspace = port.workspace()?;
    for system in port.acs_systems(AcsSystemFilter::new())? {
        export.keep(|state| state.insert_system(system))?;
    }
    let mut user_ids = Vec::new();
    for user in port.all_acs_users(AcsUserFilter::new()) {
        report("users", user_ids.len(), None);
        let user = user?;
        user_ids.push(user.acs_user_id);
        export.keep(|state| state.insert_user(user))?;
    }
    let identities = port.all_user_identities(UserIdentityFilter::new());
    for (done, identity) in identities.enumerate() {
        report("identities", done, None);
        let identity = identity?;
        export.keep(|state| state.insert_identity(identity))?;
    }
    for (done, entrance) in port.all_entrances(EntranceFilter::new()).enumerate() {
        report("entrances", done, None);
        let entrance = entrance?;
        export.keep(|state| state.insert_entrance(entrance))?;
    }
    // After users and entrances, which the groups refer to.
    let groups = port.access_groups(AccessGroupFilter::new())?;
    for (done, group) in groups.iter().enumerate() {
        report("groups", done, Some(groups.len()));
        let id = group.acs_access_group_id;
        let Some((members, entrances)) = unless_gone(inside(port, id))? else {
            continue;
        };
        export.keep(|state| state.insert_group(group.clone()))?;
        for user in members {
            export.keep(|state| state.add_user(user, id).map(drop))?;
        }
        for entrance in entrances {
            export.keep(|state| state.insert_group_entrance(id, entrance))?;
        }
    }
    // Last, because whether an entrance was granted depends on all groups.
    let mut holders: BTreeMap<EntranceId, Vec<AccessGroupId>> = BTreeMap::new();
    for (group, entrance) in export.state.group_entrances() {
        holders.entry(entrance).or_default().push(group);
    }
    for (done, user) in user_ids.iter().enumerate() {
        report("what users can open", done, Some(user_ids.len()));
        let entrances = match port.entrances_of_user(*user) {
            // An adapter that does not list them has no direct grants.
            Err(error) if error.kind() == ErrorKind::Unsupported => break,
            entrances => unless_gone(entrances)?,
        };
        let Some(entrances) = entrances else {
            export.drop_user(*user);
            continue;
        };
        for entrance in entrances {
            let id = entrance.acs_entrance_id;
            let groups = holders.get(&id).map_or(&[][..], Vec::as_slice);
            if !is_explained(&export.state, *user, groups) {
                export.keep(|state| state.insert_entrance_grant(*user, id))?;
            }
        }
    }
    // A store without a workspace of its own answers with one that follows from its systems.
    if export.state.workspace_or_default() != workspace {
        export.state.set_workspace(workspace);
    }
    Ok(export)
}

/// Members and entrances of a group.
type Inside = (Vec<AcsUserId>, Vec<EntranceId>);

fn inside(port: &dyn BlockingAccessGroupPort, group: AccessGroupId) -> Result<Inside, Error> {
    let members = port.users_in_group(group)?;
    let entrances = port.entrances_of_group(group)?;
    Ok((
        members.iter().map(|user| user.acs_user_id).collect(),
        entrances
            .iter()
            .map(|entrance| entrance.acs_entrance_id)
            .collect(),
    ))
}

/// The answer; `None` if the resource was deleted since it was listed.
fn unless_gone<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}

/// Whether one of the groups, which hold an entrance, explains that the user can open it.
fn is_explained(state: &State, user: AcsUserId, groups: &[AccessGroupId]) -> bool {
    let Ok(user) = state.acs_user(user) else {
        return false;
    };
    groups.iter().any(|id| {
        let is_member = state.is_member(user.acs_user_id, *id);
        let group = state.access_group(*id);
        group.is_ok_and(|group| explains_access(user, group, is_member, true))
    })
}

impl Export {
    /// Inserts a resource or a reference, or notes why it cannot be inserted.
    fn keep(&mut self, insert: impl FnOnce(&mut State) -> Result<(), Error>) -> Result<(), Error> {
        match insert(&mut self.state) {
            Err(error) if is_inconsistent(&error) => self.left_out.push(error.message().to_owned()),
            kept => kept?,
        }
        Ok(())
    }

    /// Removes a user who was deleted meanwhile, with all memberships.
    fn drop_user(&mut self, user: AcsUserId) {
        // A user who was left out is not there to be deleted.
        let _ = self.state.delete_user(user);
    }
}

/// Whether an insertion was refused because of what was listed, not because of a defect.
fn is_inconsistent(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Conflict
    )
}

#[cfg(test)]
mod tests;
