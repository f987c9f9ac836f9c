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

/// In every reply that shows a system, a user, an identity or a group, new ones among them.
pub(crate) fn the_workspace_names_itself_in_what_it_holds(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user(main, "Ada");
    site.identity("Ada", None, None, &[ada]);
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada]);
    let case = Case::open(bench, &site);

    let workspace = case.call(GetWorkspace::new())?.workspace_id;
    let creations: [Operation; 4] = [
        CreateAcsUser::new(NewAcsUser::new(main, name("Mary"))).into(),
        CreateUserIdentity::new(NewUserIdentity::default()).into(),
        CreateAccessGroup::new(NewAccessGroup::new(main, title("Pool"))).into(),
        CreateAcsSystem::new(NewAcsSystem::new(title("Annex"))).into(),
    ];
    let read = GetAccessGroup::new(gym).into();
    let calls = creations.into_iter().chain([read]);
    for call in calls.chain(questions(&site)) {
        let answer = case.ask(Through::Port, &call)?;
        for id in answer.iter().flat_map(workspaces_in) {
            let call = call_shown(&call);
            let why = format!("the workspace is {workspace}, but {call} shows one of {id}");
            case.must(id == workspace, &why)?;
        }
    }
    Ok(())
}

pub(crate) fn an_unknown_system_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    case.not_found(GetAcsSystem::new(NO_SYSTEM), NO_SYSTEM)
}
