//! What another workspace holds, and what an adapter lacks.

use super::{conditions::*, filters::must_list_what_passes, *};

/// Two ports at the same time: what one holds is unknown to the other, in every argument of every
/// call.
pub(crate) fn another_workspace_s_ids_are_unknown(bench: &Bench<'_>) -> Checked {
    let (mut here, there) = (Site::sample(), Site::elsewhere());
    // What a refused call does to members is the business of another law.
    here.memberships.clear();
    let (case, neighbour) = (Case::open(bench, &here), Case::open(bench, &there));
    let (here, there) = (First::of(&here), First::of(&there));
    // Neither side may change, whatever is named across.
    let (before, own) = (neighbour.visible(), case.visible());

    case.all_not_found(calls_on(there.group, here.user), there.group)?;
    case.all_not_found(
        calls_on_user(there.user).into_iter().chain([
            add(there.user, here.group),
            remove(there.user, here.group),
            GrantAccess::new(there.user, here.entrance).into(),
            RevokeAccess::new(there.user, here.entrance).into(),
            link(there.user, here.identity),
            UnlinkAcsUser::new(there.user, here.identity).into(),
        ]),
        there.user,
    )?;
    let by_identity = AcsUserSelector::of(there.identity, here.system);
    let new_user = NewAcsUser::new(here.system, name("Mary"));
    let for_their_identity = new_user.clone().with_identity(there.identity);
    let on_identity = calls_on_identity(there.identity, here.user).into_iter();
    case.all_not_found(
        on_identity.chain(calls_on_user(by_identity)).chain([
            add(there.identity, here.group),
            remove(there.identity, here.group),
            GrantAccess::new(there.identity, here.entrance).into(),
            RevokeAccess::new(there.identity, here.entrance).into(),
            CreateAcsUser::new(for_their_identity).into(),
        ]),
        there.identity,
    )?;
    let user = new_user.in_group(there.group);
    case.not_found(CreateAcsUser::new(user), there.group)?;
    // A key is unknown across workspaces like an id.
    let by_key = UserIdentitySelector::from(key("eve"));
    case.refused(GetUserIdentity::new(by_key), ErrorKind::NotFound)?;
    their_directory_is_unknown(&case, here, there)?;
    case.must_show(&own)?;
    neighbour.must_show(&before)?;
    their_rows_are_not_listed(bench)
}

fn their_directory_is_unknown(case: &Case<'_>, here: First, there: First) -> Checked {
    let system = there.system;
    let user = NewAcsUser::new(system, name("Mary"));
    let identity = NewUserIdentity {
        // Ours comes first, so a careless adapter creates a user there before it refuses.
        systems: vec![here.system, system],
        ..NewUserIdentity::default()
    };
    let by_identity = AcsUserSelector::of(here.identity, system);
    case.all_not_found(
        calls_on_user(by_identity).into_iter().chain([
            GetAcsSystem::new(system).into(),
            CreateAcsUser::new(user).into(),
            CreateUserIdentity::new(identity).into(),
            CreateAccessGroup::new(NewAccessGroup::new(system, title("Pool"))).into(),
            CreateEntrance::new(NewEntrance::new(system, title("Gate"))).into(),
            UpdateAcsSystem::new(system, AcsSystemUpdate::default()).into(),
            DeleteAcsSystem::new(system).into(),
        ]),
        system,
    )?;
    let entrance = there.entrance;
    let group = NewAccessGroup::new(here.system, title("Pool")).opening(entrance);
    let update = AccessGroupUpdate {
        add_entrances: vec![entrance],
        ..AccessGroupUpdate::default()
    };
    case.all_not_found(
        [
            GetEntrance::new(entrance).into(),
            Operation::from(GrantAccess::new(here.user, entrance)),
            GrantAccess::new(here.identity, entrance).into(),
            RevokeAccess::new(here.user, entrance).into(),
            CreateAccessGroup::new(group).into(),
            UpdateAccessGroup::new(here.group, update).into(),
            UpdateEntrance::new(entrance, EntranceUpdate::default()).into(),
            DeleteEntrance::new(entrance).into(),
        ],
        entrance,
    )?;
    Ok(())
}

/// Two workspaces with the same names, addresses, accounts and ages: every condition, with the ids of
/// either, and every two conditions show their own rows only.
fn their_rows_are_not_listed(bench: &Bench<'_>) -> Checked {
    let sites = [Site::default(), Site::empty_elsewhere()].map(site_of_every_kind);
    let cases = [Case::open(bench, &sites[0]), Case::open(bench, &sites[1])];
    must_keep_apart::<ListAccessGroups>(&cases, &sites)?;
    must_keep_apart::<ListAcsSystems>(&cases, &sites)?;
    must_keep_apart::<ListEntrances>(&cases, &sites)?;
    must_keep_apart::<ListAcsUsers>(&cases, &sites)?;
    must_keep_apart::<ListUserIdentities>(&cases, &sites)
}

fn must_keep_apart<L: Filtered>(cases: &[Case<'_>; 2], sites: &[Site; 2]) -> Checked {
    for (number, (case, site)) in cases.iter().zip(sites).enumerate() {
        let (own, theirs) = (&sites[number], &sites[1 - number]);
        let own = conditions_for::<L>(case, own);
        for some in [alone(&own), pairs(&own)].concat() {
            must_list_what_passes(case, site, &some)?;
        }
        for some in alone(&conditions_for::<L>(case, theirs)) {
            must_list_what_passes(case, site, &some)?;
        }
    }
    Ok(())
}

pub(crate) fn what_an_adapter_cannot_do_is_unsupported(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);

    let before = case.visible();
    for call in every_call(&site) {
        if let Some(capability) = case.fixture.lacks(&call) {
            let answer = case.answer(Through::Port, call.clone());
            case.must_be_unsupported(capability, &call, &answer)?;
            case.must_show(&before)?;
        }
    }
    Ok(())
}

/// Every operation, and every way to name a user by identity.
fn every_call(site: &Site) -> Vec<Operation> {
    let user = site.users[1].acs_user_id;
    let First {
        identity,
        group,
        system,
        entrance,
        ..
    } = First::of(site);
    let mary = NewAcsUser::new(system, name("Mary"));
    let somebody = NewUserIdentity::named(name("Somebody"));
    let user_filters = [
        AcsUserFilter::new(),
        AcsUserFilter::new().of_identity(identity),
        with(AcsUserFilter::new(), |filter| {
            filter.identity_email_address = Some(None)
        }),
        with(AcsUserFilter::new(), |filter| {
            filter.identity_phone_number = Some(None)
        }),
    ];
    let others: [Operation; 27] = [
        add(user, group),
        add(identity, group),
        remove(user, group),
        remove(identity, group),
        list(all()),
        list(all().of_identity(identity)),
        CreateAcsUser::new(mary.clone()).into(),
        CreateAcsUser::new(mary.with_identity(identity)).into(),
        GetWorkspace::new().into(),
        GetAcsSystem::new(system).into(),
        ListAcsSystems::new(AcsSystemFilter::new()).into(),
        GetEntrance::new(entrance).into(),
        entrances_that(EntranceFilter::new()).into(),
        GrantAccess::new(user, entrance).into(),
        GrantAccess::new(identity, entrance).into(),
        CreateUserIdentity::new(somebody).into(),
        identities_that(UserIdentityFilter::new()).into(),
        DeleteAccessGroup::new(group).into(),
        CreateAccessGroup::new(NewAccessGroup::new(system, title("Sauna"))).into(),
        RevokeAccess::new(user, entrance).into(),
        RevokeAccess::new(identity, entrance).into(),
        CreateAcsSystem::new(NewAcsSystem::new(title("Annex"))).into(),
        UpdateAcsSystem::new(system, AcsSystemUpdate::default()).into(),
        DeleteAcsSystem::new(system).into(),
        CreateEntrance::new(NewEntrance::new(system, title("Gate"))).into(),
        UpdateEntrance::new(entrance, EntranceUpdate::default()).into(),
        DeleteEntrance::new(entrance).into(),
    ];
    let lists = user_filters.map(|filter| Operation::from(users_that(filter)));
    others
        .into_iter()
        .chain(lists)
        .chain(calls_on(group, user))
        .chain(calls_on_user(user))
        .chain(calls_on_user(AcsUserSelector::of(identity, system)))
        .chain(calls_on_identity(identity, user))
        .collect()
}

/// The first of each kind.
#[derive(Clone, Copy)]
struct First {
    user: AcsUserId,
    identity: UserIdentityId,
    group: AccessGroupId,
    system: AcsSystemId,
    entrance: EntranceId,
}

impl First {
    fn of(site: &Site) -> Self {
        Self {
            user: site.users[0].acs_user_id,
            identity: site.identities[0].user_identity_id,
            group: site.groups[0].acs_access_group_id,
            system: site.systems[0].acs_system_id,
            entrance: site.entrances[0].acs_entrance_id,
        }
    }
}
