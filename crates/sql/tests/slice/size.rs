//! How much an operation sees and writes of something large: what it names, and not what hangs on it.

use access_groups_core::*;
use access_groups_in_memory::{SiteBuilder, State};
use access_groups_sql::{Change, Row, Slice, Write};

use crate::source::answer;

/// A group of thousands, one of whom is in a thousand groups and was granted as many doors.
struct Large {
    site: State,
    system: AcsSystemId,
    group: AccessGroupId,
    busy: AcsUserId,
    door: EntranceId,
    ada: AcsUserId,
}

fn large() -> Large {
    let mut site = SiteBuilder::new();
    let (system, group) = (site.system(), site.group("Everybody"));
    let (ada, busy, door) = (site.user("Ada"), site.user("Busy"), site.entrance("Front"));
    site.members(group, [busy]).opens(group, [door]);
    for number in 0..10_000 {
        let user = site.user(number.to_string());
        site.members(group, [user]).grant(user, [door]);
    }
    for number in 0..1_000 {
        let (other, side) = (site.group("Other"), site.entrance(number.to_string()));
        site.members(other, [busy]).opens(other, [door]);
        site.opens(group, [side]).grant(busy, [side]);
    }
    Large {
        site: site.build_state(),
        system,
        group,
        busy,
        door,
        ada,
    }
}

/// How many rows and pairs the operation sees, and what it writes, or why not.
fn carried_out(
    site: &State,
    operation: impl Into<Operation>,
) -> (usize, Result<Vec<Write>, Error>) {
    let mut change = Change::new(operation.into(), 7).expect("it changes something");
    let mut seen = 0;
    while !change.wants().is_empty() {
        let found = answer(site, change.wants());
        seen += size(&found);
        change.found(found);
    }
    let decision = change.decide(Timestamp::UNIX_EPOCH);
    (seen, decision.map(|decision| decision.writes))
}

fn size(slice: &Slice) -> usize {
    let rows = slice.systems.len() + slice.identities.len() + slice.users.len();
    let rows = rows + slice.groups.len() + slice.entrances.len();
    rows + slice.memberships.len() + slice.grants.len() + slice.group_entrances.len()
}

fn check(site: &State, operation: impl Into<Operation>, rows: usize, fits: fn(&[Write]) -> bool) {
    let operation = operation.into();
    let (seen, writes) = carried_out(site, operation.clone());
    let writes = writes.expect("nothing speaks against it");
    assert_eq!(seen, rows, "{}", operation.name());
    assert!(fits(&writes), "{}: {writes:#?}", operation.name());
}

#[test]
fn what_hangs_on_a_resource_is_not_seen() {
    let large = large();
    let (site, group) = (&large.site, large.group);
    check(
        site,
        AddUser::new(large.ada, group),
        2,
        |writes| matches!(writes, [Write::Join(pairs)] if pairs.len() == 1),
    );
    check(
        site,
        RemoveUser::new(large.busy, group),
        3,
        |writes| matches!(writes, [Write::Leave(pairs)] if pairs.len() == 1),
    );
    check(site, DeleteAccessGroup::new(group), 1, |writes| {
        matches!(writes, [Write::Group(Row::Drop(_))])
    });
    let name = Some("All".parse().expect("a name"));
    let mut update = AccessGroupUpdate::default();
    (update.name, update.remove_entrances) = (name, vec![large.door]);
    check(
        site,
        UpdateAccessGroup::new(group, update),
        2,
        |writes| matches!(writes, [Write::Group(Row::Put { .. }), Write::Release(pairs)] if pairs.len() == 1),
    );
    check(site, DeleteEntrance::new(large.door), 1, |writes| {
        matches!(writes, [Write::Entrance(Row::Drop(_))])
    });
    check(site, DeleteAcsUser::new(large.busy), 1, |writes| {
        matches!(writes, [Write::User(Row::Drop(_))])
    });
}

#[test]
fn revoking_everything_sees_pairs_alone() {
    let large = large();
    let operation = RevokeAccessToAllEntrances::new(large.busy);
    check(&large.site, operation, 1 + 1_001 + 1_000, |writes| {
        matches!(writes, [Write::Leave(groups), Write::Ungrant(doors)]
            if groups.len() == 1_001 && doors.len() == 1_000)
    });
}

#[test]
fn a_full_system_is_refused_at_once() {
    let large = large();
    let (seen, refused) = carried_out(&large.site, DeleteAcsSystem::new(large.system));
    assert_eq!(seen, 4);
    let refused = refused.expect_err("it is full");
    assert!(refused.message().contains("(users, groups, entrances)"));
}
