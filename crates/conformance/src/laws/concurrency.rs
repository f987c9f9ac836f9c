//! Several handles of one store.

use super::*;

/// Changes through one handle are read through the other.
pub(crate) fn a_change_is_seen_by_every_later_call(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let (ada, grace) = (site.user(main, "Ada"), site.user(main, "Grace"));
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    site.members(gym, &[grace]);
    site.members(pool, &[grace]);
    let case = Case::open(bench, &site);
    newcomers_are_seen(&case, main)?;

    let members_through = |through, expected: &[AcsUserId]| {
        let users = case.call_through(through, ListUsersInGroup::new(gym))?;
        case.must_equal("the members of the group", &ids(&users).collect(), expected)
    };
    members_through(Through::Clone, &[grace])?;
    case.add(ada, gym)?;
    members_through(Through::Clone, &[ada, grace])?;
    case.call_through(Through::Clone, RemoveUser::new(grace, gym))?;
    members_through(Through::Port, &[ada])?;
    case.call_through(Through::Clone, DeleteAccessGroup::new(pool))?;
    case.must_list_groups(all(), &[gym])
}

/// A user and an identity, created through one handle and read through the other.
fn newcomers_are_seen(case: &Case<'_>, system: AcsSystemId) -> Checked {
    let user = NewAcsUser::new(system, name("Mary"));
    if let Some(mary) = case.look_through(Through::Clone, CreateAcsUser::new(user))? {
        let expected = Answer::Users(vec![UserSeen::from(&mary)]);
        let user = mary.acs_user_id;
        case.must_answer(GetAcsUser::new(user), &expected)?;
        let gone = case.look(DeleteAcsUser::new(user))?.is_some();
        if gone && let Some(answer) = case.ask(Through::Clone, &GetAcsUser::new(user).into())? {
            let unknown = Answer::not_found(mary.acs_user_id);
            case.compare_whole(&GetAcsUser::new(user).into(), &answer, &unknown)?;
        }
    }
    let identity = NewUserIdentity::named(name("Mary"));
    let made = case.look_through(Through::Clone, CreateUserIdentity::new(identity))?;
    if let Some(identity) = made.map(|identity| identity.user_identity_id) {
        case.look(GetUserIdentity::new(identity))?;
    }
    Ok(())
}
