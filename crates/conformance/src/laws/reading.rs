//! What reads show of one resource, and the directory.

use super::*;

/// With a schedule without end, with one that ends, and without one.
pub(crate) fn a_group_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    for schedule in [Some(WITHOUT_END), Some(ENDED), None] {
        let (mut site, main) = Site::with_one_system();
        let ada = site.user(main, "Ada");
        let group = site.group(main, "Residents' gym, 2nd floor");
        site.groups[0].access_schedule = schedule;
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
    let (mut site, main) = Site::with_one_system();
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
    let by_identity = AcsUserSelector::of(anywhere, main);
    must_show(&case, GetAcsUser::new(by_identity), &expected)?;
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
    case.not_found(GetAcsUser::new(NO_USER), NO_USER)?;
    case.not_found(by(NO_IDENTITY, main), NO_IDENTITY)?;
    // The identity is checked first.
    case.not_found(by(NO_IDENTITY, NO_SYSTEM), NO_IDENTITY)?;
    case.not_found(by(identity, NO_SYSTEM), NO_SYSTEM)?;
    case.refused(by(identity, west), ErrorKind::NotFound)
}

pub(crate) fn an_entrance_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
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
    case.not_found(GetEntrance::new(NO_ENTRANCE), NO_ENTRANCE)
}

/// The answer shows this. Repeats are the business of another law.
pub(super) fn must_show(case: &Case<'_>, call: impl Into<Operation>, expected: &Answer) -> Checked {
    let call = call.into();
    // `read` would not notice that the operation is declared absent.
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

pub(crate) fn a_system_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main building, 2nd wing");
    let ada = site.user(main, "Ada");
    let identity = site.identity("Ada", None, None, &[ada]);
    let case = Case::open(bench, &site);

    let expected = Answer::Systems(vec![SystemSeen::from(&site.systems[0])]);
    must_show(&case, GetAcsSystem::new(main), &expected)?;
    must_show(
        &case,
        ListAcsSystems::new(AcsSystemFilter::new()),
        &expected,
    )?;
    must_show(&case, ListSystemsOfIdentity::new(identity), &expected)
}

pub(crate) fn an_unknown_system_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    case.not_found(GetAcsSystem::new(NO_SYSTEM), NO_SYSTEM)
}
