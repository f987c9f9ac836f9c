//! Users that are found, changed and deleted.

use access_groups_core::{
    AccessSchedule, AcsUser, AcsUserUpdate, ClosedSchedule, DeleteAcsUser, ErrorKind, Patch,
};

use crate::{
    Capability, Site,
    answer::{Answer, ScheduleSeen, UserSeen},
    case::{Bench, Case, Checked, Through, questions_on_user},
    time::{far_off, long_ago},
};

use super::*;

/// Every call on the identity's user of one system is about them, and not about its user of
/// the other one.
pub(crate) fn a_user_is_found_by_identity_and_system(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let ada = site.identity("Ada", None, None, &[here, there]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let (front, gate) = (site.entrance(main, "Front"), site.entrance(west, "Gate"));
    site.members(gym, &[here]);
    site.members(pool, &[there]);
    site.holds(gym, &[front]);
    site.holds(pool, &[gate]);

    for (system, meant, other) in [(main, here, there), (west, there, here)] {
        let by_id = calls_on_user(meant);
        let by_identity = calls_on_user(AcsUserSelector::of(ada, system));
        for (by_id, by_identity) in by_id.into_iter().zip(by_identity) {
            let case = Case::open(bench, &site);
            let untouched = about(&case, other);
            must_do_the_same(&case, &Case::open(bench, &site), &by_identity, &by_id)?;
            case.must_show(&untouched)?;
        }
    }
    Ok(())
}

/// The one call does on its port what the other one does on the other.
fn must_do_the_same(
    case: &Case<'_>,
    other: &Case<'_>,
    call: &Operation,
    like: &Operation,
) -> Checked {
    let (Some(answer), Some(expected)) = (
        case.ask(Through::Port, call)?,
        other.ask(Through::Port, like)?,
    ) else {
        return Ok(());
    };
    case.compare_whole(call, &answer, &Answer::from(&expected))?;
    case.must_show(&other.visible())
}

/// What the port shows of this user.
fn about(case: &Case<'_>, user: AcsUserId) -> Vec<(Operation, Answer)> {
    let questions = questions_on_user(user);
    let mut visible = case.visible();
    visible.retain(|(question, _)| questions.contains(question));
    visible
}

pub(crate) fn an_update_changes_what_it_names_and_nothing_else(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let ada = site.user_with(main, "Ada", with_everything);
    let grace = site.user_with(main, "Grace", with_everything);
    site.identity("Ada", Some("countess@example.com"), None, &[ada]);
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada, grace]);
    let case = Case::open(bench, &site);

    let mut expected = case.visible();
    for (update, change) in updates(west) {
        let renames = update.full_name.is_some();
        let user = ada.into();
        case.call(UpdateAcsUser { user, update })?;
        // The name to show may follow the name.
        let shown = shown_somewhere(&case, ada).filter(|_| renames);
        expected = with_user(&expected, ada, |user| {
            change(user, west);
            user.name = shown.as_ref().unwrap_or(user).name.clone();
        });
        case.must_show(&expected)?;
    }
    Ok(())
}

/// An update, and what it does to the user.
type Change = (AcsUserUpdate, fn(&mut UserSeen, AcsSystemId));

/// None, then one field at a time, then several.
fn updates(system: AcsSystemId) -> [Change; 8] {
    let none = AcsUserUpdate::default;
    let schedule = |start, end| {
        Patch::Set(ClosedSchedule {
            starts_at: start,
            ends_at: end,
        })
    };
    [
        (none(), |_, _| ()),
        (
            AcsUserUpdate {
                full_name: Some(name("Ada King")),
                ..none()
            },
            |user, _| user.full_name = Some("Ada King".to_owned()),
        ),
        (
            AcsUserUpdate {
                email_address: Some(email("king@example.com")),
                ..none()
            },
            |user, _| user.email = Some("king@example.com".to_owned()),
        ),
        (
            AcsUserUpdate {
                phone_number: Some("555-0177".to_owned()),
                ..none()
            },
            |user, _| user.phone = Some("555-0177".to_owned()),
        ),
        (
            AcsUserUpdate {
                hid_acs_system: Some(system),
                ..none()
            },
            |user, system| user.hid_system = Some(system.to_string()),
        ),
        (
            AcsUserUpdate {
                access_schedule: schedule(far_off(1), far_off(2)),
                ..none()
            },
            |user, _| {
                let schedule = AccessSchedule::new(far_off(1)).with_end(far_off(2));
                user.schedule = Some(ScheduleSeen::from(schedule));
            },
        ),
        (
            AcsUserUpdate {
                access_schedule: Patch::Clear,
                ..none()
            },
            |user, _| user.schedule = None,
        ),
        (
            AcsUserUpdate {
                full_name: Some(name("Ada Byron")),
                access_schedule: schedule(long_ago(0), far_off(3)),
                ..none()
            },
            |user, _| {
                let schedule = AccessSchedule::new(long_ago(0)).with_end(far_off(3));
                user.full_name = Some("Ada Byron".to_owned());
                user.schedule = Some(ScheduleSeen::from(schedule));
            },
        ),
    ]
}

fn with_everything(user: AcsUser) -> AcsUser {
    user.with_email_address("somebody@example.com")
        .with_phone_number("+1 555 0100")
        .with_suspended(true)
        .with_access_schedule(AccessSchedule::new(long_ago(0)))
}

/// Twice each, for somebody who is not suspended and for somebody who is; memberships stay.
pub(crate) fn a_suspended_user_reads_as_suspended(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let ada = site.user(main, "Ada");
    let grace = site.user_with(main, "Grace", |it| it.with_suspended(true));
    let gym = site.group(main, "Gym");
    site.members(gym, &[ada, grace]);
    let case = Case::open(bench, &site);

    let can = |capability| case.fixture().can(capability);
    let mut expected = case.visible();
    for id in [ada, grace] {
        let user = id.into();
        for _ in 0..2 {
            case.look(SuspendAcsUser { user })?;
            let suspended = can(Capability::SuspendAcsUser);
            expected = with_user(&expected, id, |it| it.suspended |= suspended);
            case.must_show(&expected)?;
        }
        for _ in 0..2 {
            case.look(UnsuspendAcsUser { user })?;
            let freed = can(Capability::UnsuspendAcsUser);
            expected = with_user(&expected, id, |it| it.suspended &= !freed);
            case.must_show(&expected)?;
        }
    }
    Ok(())
}

/// To every call; and what is not theirs stays.
pub(crate) fn a_deleted_user_is_unknown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let [main, west] = site.two_systems();
    let (ada, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let grace = site.user(main, "Grace");
    let identity = site.identity("Ada", None, None, &[ada, there]);
    let gym = site.group(main, "Gym");
    let (front, vault) = (site.entrance(main, "Front"), site.entrance(main, "Vault"));
    site.members(gym, &[ada, grace]);
    site.holds(gym, &[front]);
    let case = Case::open(bench, &site);

    case.look(grant(ada, vault))?;
    let (about_grace, about_there) = (about(&case, grace), about(&case, there));
    case.call(DeleteAcsUser { user: ada.into() })?;
    let by_id = calls_on_user(ada).into_iter();
    let elsewhere = [
        add(ada, gym),
        remove(ada, gym),
        grant(ada, vault).into(),
        link(ada, identity),
        UnlinkAcsUser {
            user: ada,
            identity,
        }
        .into(),
    ];
    for call in by_id.chain(elsewhere) {
        case.refused(call, ErrorKind::NotFound, ada)?;
    }
    let by_identity = AcsUserSelector::of(identity, main);
    case.refused_as(get(by_identity), ErrorKind::NotFound)?;
    case.must_list(&users_that(AcsUserFilter::new()), &[there, grace])?;
    case.must_answer(list(all().of_user(ada)), &Answer::Groups(Vec::new()))?;
    if let Some(users) = case.look(ListUsersInGroup { group: gym })? {
        let users = users.iter().map(|it| it.acs_user_id).collect();
        case.must_equal("the members of the group", &users, &[grace])?;
    }
    if let Some(users) = case.look(ListUsersOfIdentity { identity })? {
        let users = users.iter().map(|it| it.acs_user_id).collect();
        case.must_equal("the users of the identity", &users, &[there])?;
    }
    case.must_show(&about_grace)?;
    case.must_show(&about_there)
}
