//! What a report says of a site, by way of a plan.

use access_groups_core::{prelude::*, schedule::AccessSchedule};
use access_groups_in_memory::{PropagationMode, SiteBuilder};
use access_groups_layers::{FaultPlan, FaultRule, Faults};
use access_groups_roster::{Guards, Plan, PlanOptions, ReadOptions, Roster, observe_blocking};

use super::*;
use crate::{describe::Times, failure::Failure, local_time::Zones};

/// The report of these rows, on the first of April.
fn report_of<P>(port: P, rows: &[String]) -> Result<Report, Failure>
where
    P: BlockingAccessGroupPort + Clone + 'static,
{
    let roster = format!("user,group,mode,until,note\n{}", rows.concat());
    let roster = Roster::from_csv(roster.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(port.clone(), &roster).expect("memory");
    let now = "2026-04-01T00:00:00Z".parse().expect("an instant");
    let plan = Plan::new(&roster, &observed, now, &PlanOptions::new()).expect("a plan");
    let zones = Zones::new(&port);
    let sources = Sources {
        plan: &plan,
        roster: &roster,
        observed: &observed,
        guards: &Guards::new(),
        times: &Times { now, zones: &zones },
    };
    gather(&sources, super::report(Vec::new()).origin, &port)
}

/// Three groups that open the lobby, two of them a door more.
fn site() -> (SiteBuilder, [AccessGroupId; 3]) {
    let mut site = SiteBuilder::new();
    let [lobby, gym, pool] = site.entrances(["Lobby", "Gym door", "Pool door"]);
    let groups = site.groups(["Residents", "Gym", "Pool"]);
    site.opens(groups[0], [lobby]);
    site.opens(groups[1], [lobby, gym]);
    site.opens(groups[2], [lobby, pool]);
    (site, groups)
}

fn kinds(group: &Group) -> Vec<(&Kind, usize)> {
    let lists = group.lists.iter();
    lists.map(|list| (&list.kind, list.people.len())).collect()
}

#[test]
fn move_says_what_it_opens_and_closes() {
    let (mut site, [_, gym, pool]) = site();
    let ada = site.user("Ada");
    site.edit_user(ada, |user| user.with_email_address("Ada@example.com"));
    let summer = "2026-05-01T04:00:00Z".parse().expect("an instant");
    site.schedule(pool, AccessSchedule::new(summer));
    let port = site.members(gym, [ada]).build_blocking();
    let rows = [
        format!("{ada},Pool,,,for summer\n"),
        format!("{ada},Gym,authoritative,2026-03-01,\n"),
    ];
    let report = report_of(port, &rows).expect("a report");
    let expected = |other: &str, place| Move {
        place,
        other: other.to_owned(),
        opened: vec!["Pool door".to_owned()],
        closed: vec!["Gym door".to_owned()],
        kept: vec!["Lobby".to_owned()],
        hours: Some((
            "always".to_owned(),
            "starts on 2026-05-01 04:00 UTC".to_owned(),
        )),
    };
    let [to_pool, from_gym] = &report.groups[..] else {
        panic!("no such list: {}", report.to_html())
    };
    assert_eq!(kinds(to_pool), [(&Kind::MovedIn(expected("Gym", 1)), 1)]);
    assert_eq!(kinds(from_gym), [(&Kind::MovedOut(expected("Pool", 0)), 1)]);
    let ada = &to_pool.lists[0].people[0];
    assert_eq!((ada.row, &*ada.note), (Some(2), "for summer"));
    assert_eq!((&*ada.name, &*ada.contact), ("Ada", "ada@example.com"));
}

#[test]
fn removal_names_what_stays_open() {
    let (mut site, [residents, gym, pool]) = site();
    let users = site.users(["Ada", "Bo", "Cy", "Di"]);
    let [ada, bo, ..] = users;
    let port = site
        .members(gym, users)
        .members(residents, [ada, bo])
        .members(pool, [bo])
        .build_blocking();
    let rows = [
        format!("{ada},Residents,,,\n"),
        format!("{ada},Pool,authoritative,2026-03-01,\n"), // over: the pool is only named
        format!("{ada},Gym,authoritative,2026-03-01,\n"),
    ];
    let report = report_of(port, &rows).expect("a report");
    let gym = report.groups.iter().find(|group| group.name == "Gym");
    let gym = gym.expect("the gym");
    assert_eq!(kinds(gym), [(&Kind::Removed, 4)]);
    let remains: Vec<_> = gym.lists[0]
        .people
        .iter()
        .map(|person| person.remains.as_deref())
        .collect();
    let residents = Some("also in Residents, which opens Lobby (always)");
    assert_eq!(
        remains,
        [residents, residents, None, None],
        "not the pool: Bo leaves it, too"
    );
    assert_eq!(
        gym.stop.as_deref(),
        Some(
            "4 of 4 members would be removed, and 3 may be without a confirmation; nobody would be left"
        )
    );
    assert_eq!(report.unchanged, ["Residents"]);
}

#[test]
fn pending_additions_and_removals_are_apart() {
    let (mut site, [_, gym, _]) = site();
    let [ada, bo] = site.users(["Ada", "Bo"]);
    let port = site.members(gym, [bo]).build_blocking();
    let port = port.with_propagation(PropagationMode::Manual);
    port.add_user(ada, gym).expect("memory");
    port.remove_user(bo, gym).expect("memory");
    let report = report_of(port, &[format!("{ada},Gym,authoritative,,\n")]).expect("a report");
    let expected = [(&Kind::AdditionPending, 1), (&Kind::RemovalPending, 1)];
    assert_eq!(kinds(&report.groups[0]), expected);
    let html = report.to_html();
    assert!(html.contains("<h1>Nothing changes</h1>"), "{html}");
}

#[test]
fn unread_doors_are_a_failure() {
    let (mut site, _) = site();
    let ada = site.user("Ada");
    let away = Error::unavailable("away");
    let rule = FaultRule::of::<access_groups_core::ListEntrancesOfGroup>().fails(away);
    let port = Faults::new(site.build_blocking(), FaultPlan::new().with_rule(rule));
    let refused = report_of(port, &[format!("{ada},Gym,,,\n")]);
    let failure = refused.err().expect("no doors");
    assert!(failure.to_string().contains("away"), "{failure}");
}
