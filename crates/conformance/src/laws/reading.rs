//! What cannot be read, and the directory.

use super::*;

/// By id; by identity and system, where the identity is unknown, the system is, or the identity
/// has no user in it.
pub(crate) fn an_unknown_user_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let identity = site.identities[0].user_identity_id;
    let [main, west] = [0, 1].map(|index: usize| site.systems[index].acs_system_id);
    let case = Case::open(bench, &site);
    let by = |identity, system| GetAcsUser::new(AcsUserSelector::of(identity, system));
    case.not_found(GetAcsUser::new(NO_USER), NO_USER)?;
    case.not_found(by(NO_IDENTITY, main), NO_IDENTITY)?;
    // The identity is checked first.
    case.not_found(by(NO_IDENTITY, NO_SYSTEM), NO_IDENTITY)?;
    case.not_found(by(identity, NO_SYSTEM), NO_SYSTEM)?;
    case.refused(by(identity, west), ErrorKind::NotFound)
}

pub(crate) fn an_unknown_entrance_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    case.not_found(GetEntrance::new(NO_ENTRANCE), NO_ENTRANCE)
}

/// In every reply that shows a group or a user, new ones among them.
pub(crate) fn the_workspace_names_itself_in_what_it_holds(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user(main, "Ada");
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada]);
    let case = Case::open(bench, &site);

    let workspace = case.call(GetWorkspace::new())?.workspace_id;
    let must_be_here = |what: &str, id: WorkspaceId| {
        let why = format!("the workspace is {workspace}, but {what} is in {id}");
        case.must(id == workspace, &why)
    };
    for group in case.look(ListAccessGroups::new(all()))?.unwrap_or_default() {
        must_be_here("a listed group", group.workspace_id)?;
    }
    if let Some(group) = case.look(GetAccessGroup::new(gym))? {
        must_be_here("a group", group.workspace_id)?;
    }
    for member in case.look(ListUsersInGroup::new(gym))?.unwrap_or_default() {
        must_be_here("a member", member.workspace_id)?;
    }
    let created = case.look(CreateAcsUser::new(NewAcsUser::new(main, name("Mary"))))?;
    let new = created.iter().map(|user| user.acs_user_id);
    for user in [ada].into_iter().chain(new) {
        if let Some(user) = case.look(GetAcsUser::new(user))? {
            must_be_here("a user", user.workspace_id)?;
        }
    }
    for user in case
        .rows(&users_that(AcsUserFilter::new()))?
        .unwrap_or_default()
    {
        must_be_here("a listed user", user.workspace_id)?;
    }
    match created {
        Some(user) => must_be_here("a new user", user.workspace_id),
        None => Ok(()),
    }
}

pub(crate) fn an_unknown_system_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    case.not_found(GetAcsSystem::new(NO_SYSTEM), NO_SYSTEM)
}
