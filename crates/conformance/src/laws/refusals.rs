//! What a refusal says of itself.

use super::*;

/// Of every operation that can be refused, for each reason.
// Every other law and the model run check it as well, for the refusals that they meet.
pub(crate) fn a_refusal_is_never_ambiguous(bench: &Bench<'_>) -> Checked {
    let site = occupied();
    let case = Case::open(bench, &site);
    let unknown = refused_as_unknown(&site);
    for call in unknown.into_iter().chain(refused_otherwise(&site)) {
        // Whether it is refused is the business of other laws.
        if let Some(Err(error)) = case.ask(Through::Port, &call)? {
            let why = format!(
                "{} was {}:\n  a call that is refused has changed nothing, and never is ambiguous",
                call_shown(&call),
                chain(&error)
            );
            case.must(!error.is_ambiguous(), &why)?;
        }
    }
    Ok(())
}

/// An identity with key, address, number and a user, another user, and a second system.
fn occupied() -> Site {
    let (mut site, [main, west]) = Site::with_two_systems();
    let (ada, _) = (site.user(main, "Ada"), site.user(main, "Grace"));
    site.identity("Ada", Some(EMAIL), Some(PHONE), &[ada]);
    site.identities[0].user_identity_key = Some("ada".to_owned());
    site.identity("Grace", None, None, &[]);
    site.group(main, "Gym");
    site.group(west, "Pool");
    site.entrance(main, "Front");
    site.entrance(west, "Gate");
    site
}

fn refused_as_unknown(site: &Site) -> Vec<Operation> {
    let user = site.users[0].acs_user_id;
    let group = site.groups[0].acs_access_group_id;
    let new = NewAcsUser::new(NO_SYSTEM, name("Mary"));
    let identity = NewUserIdentity {
        systems: vec![NO_SYSTEM],
        ..NewUserIdentity::default()
    };
    let mut calls = vec![
        add(NO_USER, group),
        remove(NO_IDENTITY, group),
        GrantAccess::new(user, NO_ENTRANCE).into(),
        RevokeAccess::new(user, NO_ENTRANCE).into(),
        CreateAcsUser::new(new).into(),
        CreateUserIdentity::new(identity).into(),
        GetUserIdentity::new(key("nobody's")).into(),
        CreateAccessGroup::new(NewAccessGroup::new(NO_SYSTEM, title("Roof"))).into(),
        CreateEntrance::new(NewEntrance::new(NO_SYSTEM, title("Hatch"))).into(),
        GetAcsSystem::new(NO_SYSTEM).into(),
        UpdateAcsSystem::new(NO_SYSTEM, AcsSystemUpdate::default()).into(),
        DeleteAcsSystem::new(NO_SYSTEM).into(),
        GetEntrance::new(NO_ENTRANCE).into(),
        UpdateEntrance::new(NO_ENTRANCE, EntranceUpdate::default()).into(),
        DeleteEntrance::new(NO_ENTRANCE).into(),
    ];
    calls.extend(calls_on(NO_GROUP, user));
    calls.extend(calls_on_user(NO_USER));
    calls.extend(calls_on_identity(NO_IDENTITY, user));
    calls
}

/// As invalid, and as conflicts.
fn refused_otherwise(site: &Site) -> Vec<Operation> {
    let [main, west] = [0, 1].map(|number: usize| site.systems[number].acs_system_id);
    let [ada, grace] = [0, 1].map(|number: usize| site.users[number].acs_user_id);
    let [owner, other] = [0, 1].map(|number: usize| site.identities[number].user_identity_id);
    let [gym, pool] = [0, 1].map(|number: usize| site.groups[number].acs_access_group_id);
    let gate = site.entrances[1].acs_entrance_id;
    let ended = ClosedSchedule {
        starts_at: long_ago(0),
        ends_at: long_ago(1),
    };
    let schedule = NewSchedule {
        starts_at: Some(ended.starts_at),
        ends_at: Some(ended.ends_at),
    };
    let user = || NewAcsUser::new(main, name("Mary"));
    let group = NewAccessGroup::new(main, title("Roof"));
    let taken = NewUserIdentity {
        email_address: Some(email(EMAIL)),
        ..NewUserIdentity::default()
    };
    let second = with(user(), |user| user.identity = Some(owner));
    let mixed = with(user(), |user| user.groups = vec![pool]);
    let late = with(user(), |user| user.access_schedule = Some(schedule));
    let update = AcsUserUpdate {
        access_schedule: Patch::Set(ended),
        ..AcsUserUpdate::default()
    };
    let of_group = AccessGroupUpdate {
        access_schedule: Patch::Set(ended),
        ..AccessGroupUpdate::default()
    };
    let of_identity = UserIdentityUpdate {
        key: Patch::Set(key("ada")),
        ..UserIdentityUpdate::default()
    };
    let strange = PageRequest::first().after(PageCursor::new("!"));
    vec![
        add(ada, pool),
        GrantAccess::new(ada, gate).into(),
        CreateAcsUser::new(mixed).into(),
        CreateAcsUser::new(late).into(),
        UpdateAcsUser::new(ada, update).into(),
        CreateAccessGroup::new(group.clone().opening(gate)).into(),
        CreateAccessGroup::new(group.with_access_schedule(schedule)).into(),
        UpdateAccessGroup::new(gym, of_group).into(),
        users_that(AcsUserFilter::new()).on(strange.clone()).into(),
        entrances_that(EntranceFilter::new())
            .on(strange.clone())
            .into(),
        identities_that(UserIdentityFilter::new())
            .on(strange)
            .into(),
        CreateAcsUser::new(second).into(),
        CreateUserIdentity::new(taken).into(),
        UpdateUserIdentity::new(other, of_identity).into(),
        link(ada, other),
        link(grace, owner),
        DeleteAcsSystem::new(west).into(),
    ]
}
