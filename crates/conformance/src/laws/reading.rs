//! What reads show of one resource, and the directory.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessSchedule, AcsSystemFilter, AcsUser, ConnectedAccountId, CreateAcsUser, ErrorKind,
    GetAcsSystem, GetEntrance, GetWorkspace, ListAcsSystems, NewAcsUser, Timestamp, WorkspaceId,
};

use super::*;
use crate::{
    Site,
    answer::{Answer, EntranceSeen, GroupSeen, SystemSeen, UserSeen, call_shown},
    case::{Bench, Case, Checked, Through},
};

/// With a schedule without end, with one that ends, and without one.
pub(crate) fn a_group_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    for schedule in [Some(WITHOUT_END), Some(ENDED), None] {
        let mut site = Site::default();
        let main = site.system("Main");
        let ada = site.user(main, "Ada");
        let group = site.group_with(main, "Residents' gym, 2nd floor", |mut group| {
            group.access_schedule = schedule;
            group
        });
        site.members(group, &[ada]);
        let case = Case::open(bench, &site);

        let expected = Answer::Groups(vec![GroupSeen::from(&site.groups[0])]);
        must_show(&case, GetAccessGroup::new(group), &expected)?;
        must_show(&case, list(all()), &expected)?;
        must_show(&case, list(all().of_user(ada)), &expected)?;
    }
    Ok(())
}

pub(crate) fn a_user_reads_the_same_wherever_they_are_shown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let everything = |user: AcsUser| {
        user.with_display_name("Ada")
            .with_email_address("ada@example.com")
            .with_phone_number("+15550100")
            .with_suspended(true)
            .with_access_schedule(ENDED)
    };
    let ada = site.user_with(main, "Ada Lovelace", everything);
    let plain = site.user(main, "X");
    let staying = site.user_with(main, "Y", |user| user.with_access_schedule(WITHOUT_END));
    let anywhere = site.identity("Ada", Some("countess@example.com"), None, &[ada]);
    let gyms = ["Gym", "Pool", "Roof"].map(|name| site.group(main, name));
    for (user, group) in [ada, plain, staying].into_iter().zip(gyms) {
        site.members(group, &[user]);
    }
    let case = Case::open(bench, &site);

    for (known, group) in site.users.iter().zip(gyms) {
        let expected = Answer::Users(vec![UserSeen::from(known)]);
        let id = known.acs_user_id;
        // A search by the whole id lists this user only.
        let alone = AcsUserFilter::new().matching(search(&id.to_string()));
        must_show(&case, GetAcsUser::new(id), &expected)?;
        must_show(&case, ListUsersInGroup::new(group), &expected)?;
        must_show(&case, users_that(alone), &expected)?;
    }
    let expected = Answer::Users(vec![UserSeen::from(&site.users[0])]);
    must_show(
        &case,
        GetAcsUser::new(AcsUserSelector::of(anywhere, main)),
        &expected,
    )?;
    must_show(&case, ListUsersOfIdentity::new(anywhere), &expected)
}

/// By id; by identity and system, where the identity is unknown, the system is, or the identity
/// has no user in it.
pub(crate) fn an_unknown_user_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let identity = site.identities[0].user_identity_id;
    let [main, west] = [0, 1].map(|index: usize| site.systems[index].acs_system_id);
    let case = Case::open(bench, &site);
    let by = |identity, system| GetAcsUser::new(AcsUserSelector::of(identity, system));
    case.refused(GetAcsUser::new(NO_USER), ErrorKind::NotFound, NO_USER)?;
    case.refused(by(NO_IDENTITY, main), ErrorKind::NotFound, NO_IDENTITY)?;
    case.refused(by(NO_IDENTITY, NO_SYSTEM), ErrorKind::NotFound, NO_IDENTITY)?;
    case.refused(by(identity, NO_SYSTEM), ErrorKind::NotFound, NO_SYSTEM)?;
    case.refused_as(by(identity, west), ErrorKind::NotFound)
}

pub(crate) fn an_entrance_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let entrance = site.entrance(main, "Front door, 1st floor");
    let ada = site.user(main, "Ada");
    let identity = site.identity("Ada", None, None, &[ada]);
    let group = site.group(main, "Residents");
    site.holds(group, &[entrance]);
    site.members(group, &[ada]);
    let case = Case::open(bench, &site);

    let expected = Answer::Entrances(vec![EntranceSeen::from(&site.entrances[0])]);
    must_show(&case, GetEntrance::new(entrance), &expected)?;
    must_show(&case, entrances_that(EntranceFilter::new()), &expected)?;
    must_show(&case, ListEntrancesOfGroup::new(group), &expected)?;
    must_show(&case, ListEntrancesOfUser::new(ada), &expected)?;
    must_show(&case, ListEntrancesOfIdentity::new(identity), &expected)
}

pub(crate) fn an_unknown_entrance_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    let entrance = NO_ENTRANCE;
    case.refused(GetEntrance::new(entrance), ErrorKind::NotFound, entrance)
}

/// The answer shows this. Repeats are the business of another law.
pub(super) fn must_show(case: &Case<'_>, call: impl Into<Operation>, expected: &Answer) -> Checked {
    let call = call.into();
    if case.ask(Through::Port, &call)?.is_none() {
        return Ok(());
    }
    let answer = case.read(call.clone());
    let actual = Answer::from(&answer).without_repeats();
    case.compare(&call, &actual, answer.as_ref().err(), expected)
}

const WITHOUT_END: AccessSchedule =
    AccessSchedule::new(Timestamp::from_unix_seconds(1_000_000_000));

const ENDED: AccessSchedule = WITHOUT_END.with_end(Timestamp::from_unix_seconds(1_000_086_400));

/// In every reply that shows a group or a user, new ones among them.
pub(crate) fn the_workspace_names_itself_in_what_it_holds(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let ada = site.user(main, "Ada");
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada]);
    let case = Case::open(bench, &site);

    let workspace = case.call(GetWorkspace::new())?.workspace_id;
    let mut shown: Vec<(&str, WorkspaceId)> = Vec::new();
    let groups = case.look(ListAccessGroups::new(all()))?;
    shown.extend(all_of(groups).map(|shown| ("a listed group", shown.workspace_id)));
    let group = case.look(GetAccessGroup::new(gym))?;
    shown.extend(group.map(|shown| ("a group", shown.workspace_id)));
    let members = case.look(ListUsersInGroup::new(gym))?;
    shown.extend(all_of(members).map(|shown| ("a member", shown.workspace_id)));
    let user = NewAcsUser::new(main, name("Mary"));
    let created = case.look(CreateAcsUser::new(user))?;
    shown.extend(
        created
            .iter()
            .map(|shown| ("a new user", shown.workspace_id)),
    );
    for user in [ada]
        .into_iter()
        .chain(created.map(|user| user.acs_user_id))
    {
        let user = case.look(GetAcsUser::new(user))?;
        shown.extend(user.map(|shown| ("a user", shown.workspace_id)));
    }
    let users = case.rows(&users_that(AcsUserFilter::new()))?;
    shown.extend(all_of(users).map(|shown| ("a listed user", shown.workspace_id)));
    for (what, id) in shown {
        let why = format!("the workspace is {workspace}, but {what} is in {id}");
        case.must(id == workspace, &why)?;
    }
    Ok(())
}

fn all_of<T>(listed: Option<Vec<T>>) -> impl Iterator<Item = T> {
    listed.into_iter().flatten()
}

pub(crate) fn a_system_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main building, 2nd wing");
    let ada = site.user(main, "Ada");
    let identity = site.identity("Ada", None, None, &[ada]);
    let case = Case::open(bench, &site);

    let expected = Answer::Systems(vec![SystemSeen::from(&site.systems[0])]);
    let filter = AcsSystemFilter::new();
    must_show(&case, GetAcsSystem::new(main), &expected)?;
    must_show(&case, ListAcsSystems::new(filter), &expected)?;
    must_show(&case, ListSystemsOfIdentity::new(identity), &expected)
}

pub(crate) fn an_unknown_system_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    let system = NO_SYSTEM;
    case.refused(GetAcsSystem::new(system), ErrorKind::NotFound, system)
}

pub(crate) fn a_list_of_systems_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let east = site.system("East Wing");
    let account = ConnectedAccountId::from_u128(0xacc);
    site.systems[1].connected_account_id = account.to_string();
    let case = Case::open(bench, &site);

    let matching = |text: &str| AcsSystemFilter::new().matching(search(text));
    let of_account = |mut filter: AcsSystemFilter, account| {
        filter.connected_account = Some(account);
        filter
    };
    let of_customer = |mut filter: AcsSystemFilter| {
        filter.customer_key = "nobody's".parse().ok();
        filter
    };
    let end_of_id = east.to_string().split_off(24);
    for (filter, expected) in [
        (AcsSystemFilter::new(), &[main, west, east][..]),
        (matching("wing"), &[west, east]),
        (matching("MAIN"), &[main]),
        (matching(&end_of_id), &[east]),
        (matching("%"), &[]),
        (of_account(AcsSystemFilter::new(), account), &[west]),
        (of_account(matching("wing"), account), &[west]),
        (of_account(matching("main"), account), &[]),
        (of_account(AcsSystemFilter::new(), NO_ACCOUNT), &[]),
        (of_customer(AcsSystemFilter::new()), &[]),
        (of_customer(matching("main")), &[]),
    ] {
        let call = ListAcsSystems::new(filter);
        let what = format!("the rows of {}", call_shown(&call.clone().into()));
        let listed = case.call(call)?;
        let listed: Vec<_> = listed.iter().map(|system| system.acs_system_id).collect();
        once(&case, listed.iter().copied())?;
        let listed: BTreeSet<_> = listed.into_iter().collect();
        case.must_equal(&what, &listed, expected)?;
    }
    Ok(())
}
