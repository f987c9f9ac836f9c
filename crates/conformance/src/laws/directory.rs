//! The workspace, and the systems in it.

use std::collections::BTreeSet;

use access_groups_core::{
    AcsSystemFilter, ConnectedAccountId, CreateAcsUser, ErrorKind, GetAcsSystem, GetWorkspace,
    ListAcsSystems, NewAcsUser, WorkspaceId,
};

use crate::{
    Site,
    answer::{Answer, SystemSeen, call_shown},
    case::{Bench, Case, Checked},
};

use super::*;

/// Wherever a group or a user is shown, those that are new among them.
pub(crate) fn the_workspace_names_itself_in_what_it_holds(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let ada = site.user(main, "Ada");
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada]);
    let case = Case::open(bench, &site);

    let workspace = case.call(GetWorkspace {})?.workspace_id;
    let mut shown: Vec<(&str, WorkspaceId)> = Vec::new();
    let groups = case.look(ListAccessGroups { filter: all() })?;
    shown.extend(all_of(groups).map(|it| ("a listed group", it.workspace_id)));
    let group = case.look(GetAccessGroup { group: gym })?;
    shown.extend(group.map(|it| ("a group", it.workspace_id)));
    let members = case.look(ListUsersInGroup { group: gym })?;
    shown.extend(all_of(members).map(|it| ("a member", it.workspace_id)));
    let user = NewAcsUser::new(main, name("Mary"));
    let created = case.look(CreateAcsUser { user })?;
    shown.extend(created.iter().map(|it| ("a new user", it.workspace_id)));
    for user in [ada].into_iter().chain(created.map(|it| it.acs_user_id)) {
        let user = case.look(get(user))?;
        shown.extend(user.map(|it| ("a user", it.workspace_id)));
    }
    let users = case.rows(&users_that(AcsUserFilter::new()))?;
    shown.extend(all_of(users).map(|it| ("a listed user", it.workspace_id)));
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
    must_show(&case, GetAcsSystem { system: main }, &expected)?;
    must_show(&case, ListAcsSystems { filter }, &expected)?;
    must_show(&case, ListSystemsOfIdentity { identity }, &expected)
}

pub(crate) fn an_unknown_system_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    let system = NO_SYSTEM;
    case.refused(GetAcsSystem { system }, ErrorKind::NotFound, system)
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
        let call = ListAcsSystems { filter };
        let what = format!("the rows of {}", call_shown(&call.clone().into()));
        let listed = case.call(call)?;
        let listed: Vec<_> = listed.iter().map(|it| it.acs_system_id).collect();
        once(&case, listed.iter().copied())?;
        let listed: BTreeSet<_> = listed.into_iter().collect();
        case.must_equal(&what, &listed, expected)?;
    }
    Ok(())
}
