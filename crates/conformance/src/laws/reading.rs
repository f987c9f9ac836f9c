//! What reads show of one thing.

use access_groups_core::{AccessSchedule, AcsUser, ErrorKind, GetEntrance, Timestamp};

use crate::{
    Site,
    answer::{Answer, EntranceSeen, GroupSeen, UserSeen},
    case::{Bench, Case, Checked, Through},
};

use super::*;

/// One open for ever, one until an end, one without a schedule.
pub(crate) fn a_group_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    for schedule in [Some(WITHOUT_END), Some(ENDED), None] {
        let mut site = Site::default();
        let main = site.system("Main");
        let ada = site.user(main, "Ada");
        let group = site.group_with(main, "Residents' gym, 2nd floor", |mut it| {
            it.access_schedule = schedule;
            it
        });
        site.members(group, &[ada]);
        let case = Case::open(bench, &site);

        let expected = Answer::Groups(vec![GroupSeen::from(&site.groups[0])]);
        must_show(&case, GetAccessGroup { group }, &expected)?;
        must_show(&case, list(all()), &expected)?;
        must_show(&case, list(all().of_user(ada)), &expected)?;
    }
    Ok(())
}

pub(crate) fn a_user_reads_the_same_wherever_they_are_shown(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let main = site.system("Main");
    let everything = |it: AcsUser| {
        it.with_display_name("Ada")
            .with_email_address("ada@example.com")
            .with_phone_number("+15550100")
            .with_suspended(true)
            .with_access_schedule(ENDED)
    };
    let ada = site.user_with(main, "Ada Lovelace", everything);
    let plain = site.user(main, "X");
    let staying = site.user_with(main, "Y", |it| it.with_access_schedule(WITHOUT_END));
    let anywhere = site.identity("Ada", Some("countess@example.com"), None, &[ada]);
    let gyms = ["Gym", "Pool", "Roof"].map(|name| site.group(main, name));
    for (user, group) in [ada, plain, staying].into_iter().zip(gyms) {
        site.members(group, &[user]);
    }
    let case = Case::open(bench, &site);

    for (known, group) in site.users.iter().zip(gyms) {
        let expected = Answer::Users(vec![UserSeen::from(known)]);
        let id = known.acs_user_id;
        let alone = AcsUserFilter::new().matching(search(&id.to_string()));
        must_show(&case, get(id), &expected)?;
        must_show(&case, ListUsersInGroup { group }, &expected)?;
        must_show(&case, users_that(alone), &expected)?;
    }
    let expected = Answer::Users(vec![UserSeen::from(&site.users[0])]);
    must_show(&case, get(AcsUserSelector::of(anywhere, main)), &expected)?;
    let identity = anywhere;
    must_show(&case, ListUsersOfIdentity { identity }, &expected)
}

/// By id; by identity and system, of an identity that is unknown, of a system that is, and of
/// a system where the identity has no user.
pub(crate) fn an_unknown_user_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let identity = site.identities[0].user_identity_id;
    let [main, west] = [0, 1].map(|it: usize| site.systems[it].acs_system_id);
    let case = Case::open(bench, &site);
    let by = |identity, system| get(AcsUserSelector::of(identity, system));
    case.refused(get(NO_USER), ErrorKind::NotFound, NO_USER)?;
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
    must_show(&case, GetEntrance { entrance }, &expected)?;
    must_show(&case, entrances_that(EntranceFilter::new()), &expected)?;
    must_show(&case, ListEntrancesOfGroup { group }, &expected)?;
    must_show(&case, entrances_of(ada), &expected)?;
    must_show(&case, ListEntrancesOfIdentity { identity }, &expected)
}

pub(crate) fn an_unknown_entrance_cannot_be_read(bench: &Bench<'_>) -> Checked {
    let site = Site::sample();
    let case = Case::open(bench, &site);
    let entrance = NO_ENTRANCE;
    case.refused(GetEntrance { entrance }, ErrorKind::NotFound, entrance)
}

/// The answer is this, however often it is in there.
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
