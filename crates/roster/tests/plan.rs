//! Plans on random sites do what the rows say, and carried out they leave nothing to do.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{Timestamp, prelude::*};
use access_groups_in_memory::{BlockingInMemory, PropagationMode, SiteBuilder};
use access_groups_roster::{
    Guards, Limits, Mode, Observed, Plan, PlanOptions, Planned, Problem, ReadOptions, Roster,
    change_all_blocking, observe_blocking,
};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_plan_carried_out_is_what_the_roster_says(
        members in vec((0..USERS, 0..GROUPS), 0..30),
        rows in vec(rows(), 1..30),
        modes in vec(proptest::option::of(any::<bool>()), GROUPS),
        is_strict in any::<bool>(),
        at in 0_u32..12,
    ) {
        let site = Site::new(&members);
        let roster = Roster::from_csv(site.file(&rows, &modes).as_bytes(), &ReadOptions::new());
        let roster = roster.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let at = Timestamp::from_unix_seconds(at);
        let options = PlanOptions::new().with_mode(mode(is_strict));
        let before = site.memberships();
        let expected = site.expected(&roster, &rows, &modes, (is_strict, at));

        let plan = plan(&site.store, &roster, at, &options)?;
        check_parts(&plan, &before, &expected)?;
        let reports = change_all_blocking(site.store.clone(), plan.changes(), Limits::new());
        for report in reports {
            let is_changed = matches!(report.outcome, access_groups_roster::Outcome::Changed);
            prop_assert!(is_changed, "{:?}", report);
        }
        prop_assert_eq!(site.memberships(), expected);

        let again = self::plan(&site.store, &roster, at, &options)?;
        prop_assert!(again.is_empty(), "{:?}", again);
        prop_assert_eq!(plan.is_empty(), plan.hash() == again.hash());
    }
}

type Memberships = BTreeSet<(AcsUserId, AccessGroupId)>;

fn plan(
    store: &BlockingInMemory,
    roster: &Roster,
    at: Timestamp,
    options: &PlanOptions,
) -> Result<Plan, TestCaseError> {
    let failed = |error: &dyn std::fmt::Display| TestCaseError::fail(error.to_string());
    let observed = observe_blocking(store.clone(), roster).map_err(|error| failed(&error))?;
    Plan::new(roster, &observed, at, options).map_err(|error| failed(&error))
}

/// The numbers and the moves of a plan are those of the two states.
fn check_parts(
    plan: &Plan,
    before: &Memberships,
    after: &Memberships,
) -> Result<(), TestCaseError> {
    for group in plan.groups() {
        let of = |all: &Memberships| {
            all.iter()
                .filter(|(_, other)| *other == group.group)
                .count()
        };
        prop_assert_eq!(group.members, of(before));
        prop_assert_eq!(group.members_after(), of(after));
        prop_assert!(group.mode == Mode::Authoritative || group.removals.is_empty());
        prop_assert!(group.pending.is_empty());
        for planned in group.additions.iter().chain(&group.removals) {
            let user = AcsUserId::from_u128(0);
            let user = match planned.user {
                access_groups_core::UserRef::AcsUser(user) => user,
                _ => user,
            };
            let groups = |all: &Memberships, others: &Memberships| {
                let gone = all.difference(others).filter(|(other, _)| *other == user);
                gone.map(|(_, group)| *group).collect::<Vec<_>>()
            };
            let expected = match (&groups(after, before)[..], &groups(before, after)[..]) {
                ([to], [from]) if *to == group.group => Some(*from),
                ([to], [from]) if *from == group.group => Some(*to),
                _ => None,
            };
            prop_assert_eq!(planned.moves, expected);
        }
    }
    Ok(())
}

const USERS: usize = 8;
const GROUPS: usize = 5;

/// Two systems: the users and the groups with even numbers are in the first one.
struct Site {
    store: BlockingInMemory,
    users: Vec<AcsUserId>,
    groups: Vec<AccessGroupId>,
}

/// A row of a roster, by numbers, and the instants in seconds.
#[derive(Debug, Clone)]
struct Wanted {
    user: usize,
    by_address: bool,
    group: usize,
    by_name: bool,
    from: Option<u32>,
    until: Option<u32>,
}

fn rows() -> impl Strategy<Value = Wanted> {
    let bound = || proptest::option::of(0_u32..12);
    (
        0..USERS,
        any::<bool>(),
        0..GROUPS,
        any::<bool>(),
        bound(),
        bound(),
    )
        .prop_map(|(user, by_address, group, by_name, from, until)| Wanted {
            user,
            by_address,
            group,
            by_name,
            from,
            until: until.filter(|until| from.is_none_or(|from| from < *until)),
        })
}

fn mode(is_strict: bool) -> Mode {
    if is_strict {
        Mode::Authoritative
    } else {
        Mode::Additive
    }
}

impl Site {
    fn new(members: &[(usize, usize)]) -> Self {
        let mut site = SiteBuilder::new();
        let systems = [site.new_system("East"), site.new_system("West")];
        let users: Vec<_> = (0..USERS)
            .map(|number| {
                let user = site
                    .in_system(systems[number % 2])
                    .user(format!("User {number}"));
                // Two systems know the person of one address.
                let address = format!("User{}@Example.com", number / 2);
                site.edit_user(user, |user| user.with_email_address(address));
                user
            })
            .collect();
        let groups: Vec<_> = (0..GROUPS)
            .map(|number| {
                site.in_system(systems[number % 2])
                    .group(format!("Group {number}"))
            })
            .collect();
        for (user, group) in members.iter().filter(|(user, group)| user % 2 == group % 2) {
            site.members(groups[*group], [users[*user]]);
        }
        let store = site.build_blocking();
        Self {
            store,
            users,
            groups,
        }
    }

    fn memberships(&self) -> Memberships {
        self.store.read(|state| state.memberships().collect())
    }

    /// The number of the row's user: the one of the group's system.
    fn user(wanted: &Wanted) -> usize {
        wanted.user / 2 * 2 + wanted.group % 2
    }

    fn file(&self, rows: &[Wanted], modes: &[Option<bool>]) -> String {
        let mut file = "user,group,from,until,mode\n".to_owned();
        let shown = |at: Option<u32>| {
            at.map(|at| Timestamp::from_unix_seconds(at).to_string())
                .unwrap_or_default()
        };
        let group = |number: usize, by_name: bool| match by_name {
            true => format!("GROUP  {number}"),
            false => self.groups[number].to_string(),
        };
        for row in rows {
            let user = match row.by_address {
                true => format!("user{}@example.com", row.user / 2),
                false => self.users[Self::user(row)].to_string(),
            };
            let group = group(row.group, row.by_name);
            file += &format!("{user},{group},{},{},\n", shown(row.from), shown(row.until));
        }
        for (number, is_strict) in modes.iter().enumerate() {
            if let Some(is_strict) = is_strict {
                file += &format!(
                    ",{},,,{}\n",
                    group(number, number % 2 == 0),
                    mode(*is_strict)
                );
            }
        }
        file
    }

    /// What the rows mean, by another way than the planner's.
    fn expected(
        &self,
        roster: &Roster,
        rows: &[Wanted],
        modes: &[Option<bool>],
        (is_strict, at): (bool, Timestamp),
    ) -> Memberships {
        let mut expected = self.memberships();
        let is_named =
            |number: usize| rows.iter().any(|row| row.group == number) || modes[number].is_some();
        assert!(roster.groups().len() >= (0..GROUPS).filter(|number| is_named(*number)).count());
        expected.retain(|(_, group)| {
            let number = self
                .groups
                .iter()
                .position(|known| known == group)
                .expect("a group");
            !is_named(number) || !modes[number].unwrap_or(is_strict)
        });
        let seconds = Timestamp::from_unix_seconds;
        for row in rows {
            let has_begun = row.from.is_none_or(|from| seconds(from) <= at);
            if has_begun && row.until.is_none_or(|until| at < seconds(until)) {
                expected.insert((self.users[Self::user(row)], self.groups[row.group]));
            }
        }
        expected
    }
}

/// A group of so many members, and the roster that keeps so many of them.
fn reduced(members: usize, kept: usize) -> Plan {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let users: Vec<_> = (0..members).map(|_| site.user("Somebody")).collect();
    let store = site.members(gym, users.iter().copied()).build_blocking();
    let mut file = "user,group,mode\n,Gym,authoritative\n".to_owned();
    users
        .iter()
        .take(kept)
        .for_each(|user| file += &format!("{user},Gym,\n"));
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    plan(&store, &roster, Timestamp::UNIX_EPOCH, &PlanOptions::new()).expect("a plan")
}

#[test]
fn guards_hold_at_their_limit_and_beyond() {
    let check = |members: usize, removals: usize, expected: bool| {
        let stops = reduced(members, members - removals).stops(&Guards::new());
        assert_eq!(
            stops.is_empty(),
            expected,
            "{removals} of {members}: {stops:?}"
        );
    };
    // Three always may be, but not the last of four.
    check(1, 1, true);
    check(3, 3, true);
    check(4, 3, true);
    check(4, 4, false);
    check(30, 3, true);
    check(30, 4, false);
    check(39, 4, false);
    check(40, 4, true);
    check(40, 5, false);
    // Twenty at most.
    check(200, 20, true);
    check(200, 21, false);
    check(300, 20, true);
    check(300, 21, false);
    let all = Guards::new().with_percent(100).with_most(usize::MAX);
    assert!(reduced(30, 1).stops(&all).is_empty());
    let stops = reduced(30, 0).stops(&all);
    assert!(stops[0].is_emptied && stops[0].removals == 30);
    assert!(reduced(30, 0).stops(&all.with_emptied(31)).is_empty());
}

fn check_problems(file: &str, observed: &Observed, expected: &[&str]) {
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let at = Timestamp::from_unix_seconds(5);
    let problems = Plan::new(&roster, observed, at, &PlanOptions::new()).expect_err("problems");
    let shown: Vec<_> = problems.listed.iter().map(Problem::to_string).collect();
    assert_eq!(shown, expected);
}

#[test]
fn whoever_is_unknown_or_ambiguous_is_a_problem() {
    let mut site = SiteBuilder::new();
    let east = site.new_system("East");
    let [ada, twin] = site.users(["Ada", "Twin"]);
    for user in [ada, twin] {
        site.edit_user(user, |user| user.with_email_address("ada@example.com"));
    }
    site.groups(["Gym", "Pool", "POOL"]);
    site.new_system("West");
    site.group("Lobby");
    let eve = site.user("Eve");
    site.edit_user(eve, |user| user.with_email_address("eve@example.com"));
    site.in_system(east);
    let store = site.build_blocking();
    let file = format!(
        "user,group,until,mode\n\
         nobody@example.com,Gym,,\n\
         ada@example.com,Gym,,\n\
         eve@example.com,Gym,,\n\
         {eve},Gym,,\n\
         a0000000-0000-4000-8000-000000000099,Gym,,\n\
         {ada},Roof,,\n\
         {ada},Pool,,\n\
         gone@example.com,Gym,1970-01-01T00:00:05Z,\n\
         EVE@example.com,Lobby,,\n"
    );
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(store, &roster).expect("memory");
    check_problems(
        &file,
        &observed,
        &[
            "row 2, column user: there is no such user",
            "row 3, column user: 2 people have this e-mail address: use the id",
            "row 4, column user: the user belongs to another system than the group",
            "row 5, column user: the user belongs to another system than the group",
            "row 6, column user: there is no such user",
            "row 7, column group: there is no such group",
            "row 8, column group: 2 groups have this name: use the id",
        ],
    );
}

#[test]
fn a_group_that_was_not_read_is_a_problem() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build_blocking();
    let mut observed = Observed::new();
    observed.add_user(&store.acs_user(ada).expect("a user"));
    observed.add_group(store.access_group(gym).expect("a group"));
    let file = format!("user,group\n{ada},Gym\n");
    let expected = "row 2, column group: the members of this group were not read";
    check_problems(&file, &observed, &[expected]);
}

#[test]
fn two_names_of_a_group_have_one_mode() {
    let mut site = SiteBuilder::new();
    let gym = site.group("Gym");
    let store = site.build_blocking();
    let file = format!("user,group,mode\n,Gym,additive\n,{gym},authoritative\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let observed = observe_blocking(store, &roster).expect("memory");
    let expected = "row 3, column mode: row 2 has set the mode of this group to additive";
    check_problems(&file, &observed, &[expected]);
    let agreed = file.replace("additive", "authoritative");
    let roster = Roster::from_csv(agreed.as_bytes(), &ReadOptions::new()).expect("a roster");
    let now = Timestamp::UNIX_EPOCH;
    let mode = |options: &PlanOptions| {
        let plan = Plan::new(&roster, &observed, now, options).expect("a plan");
        assert_eq!(plan.groups().len(), 1);
        plan.groups()[0].mode
    };
    assert_eq!(mode(&PlanOptions::new()), Mode::Authoritative);
    assert_eq!(
        mode(&PlanOptions::new().with_mode_of(gym, Mode::Additive)),
        Mode::Additive
    );
}

#[test]
fn somebody_known_by_identity_joins_through_it() {
    let mut site = SiteBuilder::new();
    let [east, west] = ["East", "West"].map(|name| site.new_system(name));
    let gym = site.in_system(east).group("Gym");
    let there = site.in_system(west).user("Ada");
    let ada = site.identity("Ada", [there]);
    let store = site.build_blocking();
    let mut observed = Observed::new();
    observed.add_group(store.access_group(gym).expect("a group"));
    observed.add_members(gym, &[]);
    let mut identity = store.user_identity(ada).expect("an identity");
    identity.email_address = Some("Ada@example.com".into());
    observed.add_identity(&identity);
    let file = format!("user,group\nada@example.com,Gym\n{ada},Gym\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let now = Timestamp::UNIX_EPOCH;
    let plan = Plan::new(&roster, &observed, now, &PlanOptions::new()).expect("a plan");
    assert_eq!(plan.repeated_rows(), 1);
    let additions = &plan.groups()[0].additions;
    assert_eq!(additions.len(), 1);
    assert_eq!(additions[0].user, ada.into());
    assert_eq!(additions[0].row, Some(2));
}

#[test]
fn what_has_not_propagated_is_pending() {
    let mut site = SiteBuilder::new();
    let ([ada, grace, kim], gym) = (site.users(["Ada", "Grace", "Kim"]), site.group("Gym"));
    let store = site.members(gym, [grace, kim]).build_blocking();
    let store = store.with_propagation(PropagationMode::Manual);
    store.add_user(ada, gym).expect("accepted");
    store.remove_user(grace, gym).expect("accepted");
    let file = format!("user,group,mode\n{ada},Gym,authoritative\n{kim},Gym,\n");
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
    let now = Timestamp::UNIX_EPOCH;
    let pending = || {
        let plan = plan(&store, &roster, now, &PlanOptions::new()).expect("a plan");
        assert!(plan.is_empty());
        let users = plan.groups()[0]
            .pending
            .iter()
            .map(|planned: &Planned| planned.user);
        users.collect::<BTreeSet<_>>()
    };
    assert_eq!(pending(), [ada.into(), grace.into()].into());
    store.propagate_all();
    assert_eq!(pending(), BTreeSet::new());
}

#[test]
fn a_hash_is_that_of_the_changes() {
    let mut site = SiteBuilder::new();
    let ([ada, grace], [gym, pool]) = (site.users(["Ada", "Grace"]), site.groups(["Gym", "Pool"]));
    let store = site.members(pool, [ada]).build_blocking();
    let hash = |rows: &[String]| {
        let file = format!("user,group,mode\n{}", rows.concat());
        let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new()).expect("a roster");
        let at = Timestamp::from_unix_seconds(7);
        plan(&store, &roster, at, &PlanOptions::new())
            .expect("a plan")
            .hash()
    };
    let row = |user: AcsUserId, group: AccessGroupId| format!("{user},{group},\n");
    let (one, two) = (row(ada, gym), row(grace, gym));
    let both = hash(&[one.clone(), two.clone()]);
    assert_eq!(both.len(), 12);
    assert_eq!(hash(&[two.clone(), one.clone(), one.clone()]), both);
    let others: BTreeMap<_, _> = [
        (hash(std::slice::from_ref(&one)), "one"),
        (hash(std::slice::from_ref(&two)), "another"),
        (hash(&[row(grace, pool)]), "another group"),
        (hash(&[format!(",{pool},authoritative\n")]), "a removal"),
        (hash(&[row(ada, pool)]), "nothing"),
        (both, "both"),
    ]
    .into();
    assert_eq!(others.len(), 6, "{others:?}");
}
