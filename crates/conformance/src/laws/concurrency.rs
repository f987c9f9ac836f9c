//! Several handles of one store.

use super::*;
use crate::model::Run;

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
    case.must_list_groups(all(), &[gym])?;
    every_read_shows_every_change(bench)
}

/// Before and after each change everything is read, as a cache would keep it. Each kind of change
/// alters the answer of each read that it can alter.
fn every_read_shows_every_change(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let void = site.system("Void");
    let ada = site.user(main, "Ada");
    let bob = site.user_with(main, "Bob", |bob| bob.with_email_address("bob@example.com"));
    let eve = site.user(west, "Eve");
    let ada_s = site.identity("Ada", Some("ada@example.com"), Some("+1 1"), &[ada, eve]);
    let [empty, joins, is_granted] =
        ["Empty", "Joins", "Is granted"].map(|name| site.identity(name, None, None, &[]));
    let [gym, pool] = ["Gym", "Pool"].map(|name| site.group(main, name));
    let [door, gate, side] = ["Door", "Gate", "Side"].map(|name| site.entrance(main, name));
    site.members(gym, &[ada]);
    site.holds(gym, &[door]);
    site.holds(pool, &[gate]);

    let user_update = with(AcsUserUpdate::default(), |update| {
        update.phone_number = Some(contact("+1 2"));
    });
    let opening = with(AccessGroupUpdate::default(), |update| {
        update.name = Some(title("Sauna"));
        update.add_entrances = vec![gate];
    });
    let other_name = with(EntranceUpdate::default(), |update| {
        update.name = Some(title("Back Door"));
    });
    let new_contacts = with(UserIdentityUpdate::default(), |update| {
        update.full_name = Patch::Set(name("Ada King"));
        update.email_address = Patch::Set(email("king@example.com"));
    });
    let matching = NewUserIdentity {
        email_address: Some(email("bob@example.com")),
        systems: vec![main],
        ..NewUserIdentity::default()
    };
    let newcomer = NewAcsUser::new(main, name("Newcomer")).with_identity(empty);
    let renamed = with(AcsSystemUpdate::default(), |update| {
        update.name = Some(title("Main Building"));
    });
    let changes: [Operation; 30] = [
        add(ada, pool),
        remove(ada, pool),
        GrantAccess::new(ada, side).into(),
        RevokeAccess::new(ada, side).into(),
        UpdateAcsUser::new(ada, user_update).into(),
        SuspendAcsUser::new(ada).into(),
        UnsuspendAcsUser::new(ada).into(),
        UpdateAccessGroup::new(gym, opening).into(),
        UpdateEntrance::new(door, other_name).into(),
        UpdateUserIdentity::new(ada_s, new_contacts).into(),
        // With everything that he brings along.
        GrantAccess::new(bob, side).into(),
        add(bob, pool),
        link(bob, empty),
        UnlinkAcsUser::new(bob, empty).into(),
        RevokeAccessToAllEntrances::new(bob).into(),
        CreateUserIdentity::new(matching).into(),
        CreateAcsUser::new(newcomer.in_group(gym)).into(),
        add(joins, gym),
        GrantAccess::new(is_granted, gate).into(),
        remove(joins, gym),
        CreateEntrance::new(NewEntrance::new(main, title("New"))).into(),
        CreateAccessGroup::new(NewAccessGroup::new(main, title("New"))).into(),
        CreateAcsSystem::new(NewAcsSystem::new(title("New"))).into(),
        UpdateAcsSystem::new(main, renamed).into(),
        GrantAccess::new(ada, side).into(),
        DeleteEntrance::new(side).into(),
        DeleteAccessGroup::new(gym).into(),
        DeleteAcsUser::new(ada).into(),
        DeleteUserIdentity::new(ada_s).into(),
        DeleteAcsSystem::new(void).into(),
    ];
    Run::look_around_each(bench, &site, changes)
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
