//! Several callers at the same moment, over and over, on the same few resources.
//!
//! A caller repeats a few habits at random: it changes something that is its own, and looks whether
//! the change is there. Its own is small: one membership, one field. So whoever reads a row, a list
//! or everything, changes a part of it and writes all of it back, undoes what another caller did in
//! between. The callers do not wait for each other in each round: who runs freely is also
//! interrupted within calls, and so meets others where all must share one core.
//!
//! Measured with debug builds of stores that write back under the next lock: on two free cores each
//! of them is found in at least 99 of 100 runs, whatever it writes back. On a busy machine those that
//! write one small row or list back are found less often.

mod claims;
mod deletions;
mod habits;
mod race;
mod stay;

use std::slice;

use super::*;
use claims::{claims, joins, links, matches};
use deletions::{of_entrances, of_groups, of_identities, of_systems, of_users};
use habits::{parts, teams};
use race::{Caller, Habit, Heat, OFTEN, SELDOM, race};
use stay::changes_stay;

/// Everybody and everything that the callers change.
pub(super) struct Place {
    systems: [AcsSystemId; 2],
    ada: AcsUserId,
    grace: AcsUserId,
    /// In the other system.
    edsger: AcsUserId,
    gym: AccessGroupId,
    pool: AccessGroupId,
    front: EntranceId,
    back: EntranceId,
    /// Whom two identities match.
    alike: AcsUserId,
    /// Identities without users.
    known: UserIdentityId,
    other: UserIdentityId,
    nobody: UserIdentityId,
    by_email: UserIdentityId,
    by_phone: UserIdentityId,
    /// One more of each for every caller, all of the main system.
    groups: [AccessGroupId; CALLERS],
    doors: [EntranceId; CALLERS],
    guests: [AcsUserId; CALLERS],
    /// In a system of its own.
    travellers: [AcsUserId; CALLERS],
}

impl Place {
    fn new() -> (Site, Self) {
        let (mut site, [main, west]) = Site::with_two_systems();
        let numbered = |user: AcsUser| user.with_phone_number("+0");
        let place = Self {
            systems: [main, west],
            ada: site.user_with(main, "Ada", numbered),
            grace: site.user_with(main, "Grace", numbered),
            edsger: site.user_with(west, "Edsger", numbered),
            alike: site.user_with(main, "Alan", |user| {
                user.with_email_address("alan@example.com")
                    .with_phone_number("+7")
            }),
            gym: site.group(main, "Gym"),
            pool: site.group(main, "Pool"),
            front: site.entrance(main, "Front"),
            back: site.entrance(main, "Back"),
            known: site.identity("Ada", None, None, &[]),
            other: site.identity("Grace", None, None, &[]),
            nobody: site.identity("Nobody", None, None, &[]),
            by_email: site.identity("Alan", Some("alan@example.com"), None, &[]),
            by_phone: site.identity("Alan", None, Some("+7"), &[]),
            groups: [(); CALLERS].map(|()| site.group(main, "Room")),
            doors: [(); CALLERS].map(|()| site.entrance(main, "Door")),
            guests: [(); CALLERS].map(|()| site.user(main, "Guest")),
            travellers: [(); CALLERS].map(|()| {
                let wing = site.system("Wing");
                site.user(wing, "Traveller")
            }),
        };
        (site, place)
    }
}

/// How many callers a heat has at most. With more callers than cores one of them waits for the lock of
/// the port, and a third comes by while its owner wakes it.
const CALLERS: usize = 8;

/// Changes that stay, then rivals for one thing, then parts of one list or row, then every two
/// changes of one team.
pub(crate) fn calls_at_once_lose_nothing(bench: &Bench<'_>) -> Checked {
    changes_stay(bench)?;
    let (site, place) = Place::new();
    let case = Case::open(bench, &site);
    let (rivals, teams) = (rivals(&place), teams(&place));
    let parts = parts(&place);
    let mut heats = Vec::new();
    for callers in &rivals {
        let callers = callers.iter().map(|habits| possible(&case, habits));
        heats.push(Heat::new(callers.collect::<Checked<Vec<_>>>()?, SELDOM));
    }
    for parts in &parts {
        let callers = parts
            .iter()
            .map(|habit| possible(&case, slice::from_ref(habit)));
        heats.push(Heat::new(callers.collect::<Checked<Vec<_>>>()?, OFTEN));
    }
    for team in &teams {
        heats.extend(splits(&possible(&case, team)?));
    }
    race(&case, &heats)
}

/// The habits of each caller in each heat: two pairs of rivals who leave each other alone.
fn rivals(place: &Place) -> Vec<Vec<Vec<Habit>>> {
    let [by_key, by_email, by_phone] = claims(place);
    let [link_of_user, link_of_identity, link_by_key] = links(place);
    let pairs = [
        [by_key, link_of_user],
        [by_email, link_of_identity],
        [by_phone, link_by_key],
        [joins(place), matches(place)],
        [of_groups(place), of_systems()],
        [of_users(place), of_entrances(place)],
        [of_identities(place), joins(place)],
    ];
    let together = |pairs: [[Vec<Habit>; 2]; 2]| pairs.into_iter().flatten().collect();
    pairs.into_iter().map(together).collect()
}

/// The habits for which the adapter has every call; those that it lacks must be unsupported. Each
/// is tried alone, where it must work as well.
fn possible<'h>(case: &Case<'_>, habits: &'h [Habit]) -> Checked<Vec<&'h Habit>> {
    let mut possible = Vec::new();
    for habit in habits {
        match habit.alone(case) {
            Ok(()) => possible.push(habit),
            Err(Stop::Absent) => {}
            Err(broken) => return Err(broken),
        }
    }
    Ok(possible)
}

/// Heats of four callers, in which every two habits of the team are with different callers at
/// least once.
fn splits<'h>(team: &[&'h Habit]) -> Vec<Heat<'h>> {
    // Two numbers differ in at least one bit, and each caller has those that are equal in two.
    let bits = team.len().next_power_of_two().trailing_zeros();
    let split = |bit: u32| {
        let mut callers = [const { Vec::new() }; CALLERS];
        for (number, habit) in team.iter().enumerate() {
            let [high, low] = [(bit + 1) % bits, bit].map(|bit| number >> bit & 1);
            callers[2 * high + low].push(*habit);
        }
        Heat::new(callers, SELDOM)
    };
    (0..bits).map(split).collect()
}
