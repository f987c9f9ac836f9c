//! The roster of what is has no changes, whatever people and groups are called.

use access_groups_core::{
    AccessGroup, AcsSystemId, AcsUser, AcsUserId, Timestamp, UserIdentity, UserIdentityId,
    prelude::*,
};
use access_groups_in_memory::{BlockingInMemory, InMemory, SiteBuilder};
use access_groups_roster::{
    Adopted, Mode, Observed, Plan, PlanOptions, ReadOptions, Roster, Survey, observe_blocking,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

const USERS: usize = 8;
const GROUPS: usize = 6;

/// What offices and providers call people and groups, and what spreadsheets take for something else.
fn names() -> impl Strategy<Value = String> {
    let known = select(vec![
        "Gym",
        "gym",
        "GYM ",
        " Gym",
        "'Gym",
        "=Gym",
        "'=Gym",
        "''=Gym",
        "+1",
        "-",
        "@",
        "\tGym",
        "Gym\n",
        "Gym, Pool",
        "Gym; Pool",
        "\"Gym\"",
        "Gy\"m",
        "1.16E+20",
        "#N/A",
        "####",
        "東京",
        "Ärzte",
        "A\u{308}rzte",
        "a0000000-0000-0000-0000-000000000001",
        "additive",
        "group",
        "\u{feff}Gym",
        "\u{ff1d}1",
        "null",
        "\u{202e}myG",
    ]);
    prop_oneof![
        3 => known.prop_map(str::to_owned),
        1 => "[a-c'=, \"\t;\n]{1,4}".prop_filter("a name", |name| !name.trim().is_empty()),
        1 => "\\PC{1,6}".prop_filter("a name", |name| !name.trim().is_empty()),
    ]
}

fn addresses() -> impl Strategy<Value = String> {
    let known = select(vec![
        "Ada@Example.com",
        "ada@example.com",
        "ADA@example.com ",
        "=ada@example.com",
        "+ada@example.com",
        "'=ada@example.com",
        "a,b@example.com",
        "a;b@example.com",
        "\"a b\"@example.com",
        "ada",
        "@example.com",
        "ada@",
        "アダ@例え.jp",
        "1.16E+20",
        "#N/A",
        "",
        " ",
        "grace@example.com",
        "Ä@example.com",
        "ä@example.com",
    ]);
    prop_oneof![
        4 => known.prop_map(str::to_owned),
        1 => "[ab'=+,\";]{1,2}@[ab]",
    ]
}

/// A random site: two systems, to which users and groups belong in turn.
#[derive(Debug, Clone)]
struct Case {
    users: Vec<(String, Option<String>)>,
    groups: Vec<String>,
    members: Vec<(usize, usize)>,
    /// The address of each identity, and the users who are linked to it.
    identities: Vec<(Option<String>, Option<usize>)>,
}

fn cases() -> impl Strategy<Value = Case> {
    (
        vec((names(), option::weighted(0.8, addresses())), USERS),
        vec(names(), GROUPS),
        vec((0..USERS, 0..GROUPS), 0..20),
        vec((option::of(addresses()), option::of(0..USERS)), 0..3),
    )
        .prop_map(|(users, groups, members, identities)| Case {
            users,
            groups,
            members,
            identities,
        })
}

impl Case {
    fn store(&self) -> BlockingInMemory {
        let mut site = SiteBuilder::new();
        let systems = [site.new_system("East"), site.new_system("West")];
        let mut users = Vec::new();
        for (place, (name, address)) in self.users.iter().enumerate() {
            let user = site.in_system(systems[place % 2]).user("A person");
            site.edit_user(user, |mut user| {
                user.display_name.clone_from(name);
                user.email_address.clone_from(address);
                user
            });
            users.push(user);
        }
        let mut groups = Vec::new();
        for (place, name) in self.groups.iter().enumerate() {
            groups.push(site.in_system(systems[place % 2]).group(name.as_str()));
        }
        for (user, group) in &self.members {
            if user % 2 == group % 2 {
                site.members(groups[*group], [users[*user]]);
            }
        }
        let mut identities = Vec::new();
        let mut linked = Vec::new();
        for (place, (address, user)) in self.identities.iter().enumerate() {
            let id = UserIdentityId::from_u128(0x1d00 + place as u128);
            let mut identity = UserIdentity::new(id, "Somebody");
            identity.email_address.clone_from(address);
            if let Some(user) = user.filter(|user| !linked.contains(user)) {
                linked.push(user);
                site.edit_user(users[user], |user| user.with_user_identity(id));
                identity.acs_user_ids.push(users[user].to_string());
            }
            identities.push(identity);
        }
        let mut state = site.build_state();
        for identity in identities {
            state.insert_identity(identity).expect("a new one");
        }
        InMemory::new(state).blocking()
    }
}

fn observe(store: &BlockingInMemory) -> Observed {
    let groups = store
        .access_groups(AccessGroupFilter::new())
        .expect("memory");
    let groups = groups.iter().map(|group| group.acs_access_group_id);
    observe_blocking(store.clone(), Survey::of_groups(groups)).expect("memory")
}

fn csv_of(rows: &[Adopted]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["user", "group", "mode"])
        .expect("memory");
    for row in rows {
        let mode = row.mode.map(|mode| mode.to_string()).unwrap_or_default();
        writer
            .write_record([&row.user, &row.group, &mode])
            .expect("memory");
    }
    writer.into_inner().expect("memory")
}

fn json_of(rows: &[Adopted]) -> Vec<u8> {
    let rows = rows.iter().map(|row| {
        let mode = row.mode.map(|mode| mode.to_string());
        serde_json::json!({"user": row.user, "group": row.group, "mode": mode})
    });
    serde_json::to_vec(&rows.collect::<Vec<_>>()).expect("memory")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn plan_of_what_is_has_no_changes(case in cases(), is_strict in any::<bool>()) {
        let store = case.store();
        let mode = if is_strict { Mode::Authoritative } else { Mode::Additive };
        let rows = observe(&store).adopt(mode);
        let options = ReadOptions::new();
        for roster in [Roster::from_csv(&csv_of(&rows), &options), Roster::from_json(&json_of(&rows), &options)] {
            let roster = roster.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
            let observed = observe_blocking(store.clone(), &roster).expect("memory");
            let at = Timestamp::from_unix_seconds(0);
            // Also if nobody else may stay: everybody is in the rows.
            for strict in [PlanOptions::new(), PlanOptions::new().with_mode(Mode::Authoritative)] {
                let plan = Plan::new(&roster, &observed, at, &strict);
                let plan = plan.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
                prop_assert!(plan.is_empty(), "{:?}", plan);
                prop_assert_eq!(plan.groups().len(), GROUPS);
                prop_assert_eq!(plan.repeated_rows(), 0);
            }
        }
    }
}

#[test]
fn people_are_named_by_address_where_it_is_theirs_alone() {
    let mut site = SiteBuilder::new();
    let [ada, grace, double] = site.users(["Ada", "Grace", "Double"]);
    for (user, address) in [
        (ada, "Ada@Example.com"),
        (grace, "one@example.com"),
        (double, "ONE@example.com"),
    ] {
        site.edit_user(user, |user| user.with_email_address(address));
    }
    let gym = site.group("Gym");
    let store = site.members(gym, [ada, grace, double]).build_blocking();
    let rows = observe(&store).adopt(Mode::Additive);
    let users: Vec<_> = rows.iter().map(|row| row.user.clone()).collect();
    assert_eq!(
        users,
        [
            "ada@example.com".to_owned(),
            double.to_string(),
            grace.to_string()
        ]
    );
    assert!(
        rows.iter()
            .all(|row| row.group == "Gym" && row.mode.is_none())
    );
}

#[test]
fn member_who_is_not_listed_is_named_by_id() {
    let (system, other) = (AcsSystemId::from_u128(1), AcsSystemId::from_u128(2));
    let (gym, pool) = (AccessGroupId::from_u128(3), AccessGroupId::from_u128(4));
    let unlisted = AcsUser::new(AcsUserId::from_u128(5), system, "Unmanaged");
    let mut observed = Observed::new();
    observed.add_group(AccessGroup::new(gym, system, "Gym"));
    observed.add_group(AccessGroup::new(pool, other, "Pool"));
    observed.add_members(gym, std::slice::from_ref(&unlisted));
    observed.add_members(pool, &[]);
    let rows = observed.adopt(Mode::Authoritative);
    assert_eq!(rows[0].user, unlisted.acs_user_id.to_string());
    let plan = |file: &[u8]| {
        let roster = Roster::from_csv(file, &ReadOptions::new()).expect("a roster");
        let at = Timestamp::from_unix_seconds(0);
        Plan::new(&roster, &observed, at, &PlanOptions::new())
    };
    assert!(plan(&csv_of(&rows)).expect("a plan").is_empty());
    // In another system, nobody has the id.
    let elsewhere = format!("user,group\n{},Pool\n", unlisted.acs_user_id);
    assert!(plan(elsewhere.as_bytes()).is_err());
}
