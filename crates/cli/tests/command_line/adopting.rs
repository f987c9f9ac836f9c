//! `export --roster`: what is, as a roster that changes nothing.

use access_groups_core::UserIdentity;
use access_groups_in_memory::SiteBuilder;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::harness::{ADA, GRACE, GYM, Site, binary, piped, run};

const EXAMPLE: &str = concat!(
    "memory:",
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
);

/// The plan of a roster on stdin has no changes, whatever the modes.
#[track_caller]
fn must_change_nothing(store: &str, roster: &str) {
    let line = ["plan", "-", "--detailed-exitcode", "--store", store];
    let shown = piped(binary(&line), roster.as_bytes());
    let is_empty = shown.stdout.starts_with("No changes: ");
    assert!(is_empty && shown.code == Some(0), "{shown:?}\n{roster}");
}

#[test]
fn what_is_becomes_a_roster() {
    let site = Site::new();
    run(&site.file(), &["add", "--user", GRACE, "--group", GYM]).well();
    let roster = run(&site.file(), &["export", "--roster"]).well().stdout;
    assert_eq!(
        roster,
        format!(
            "user,group,from,until,note,mode\n\
             ada@example.com,Gym,,,Ada Lovelace,\n\
             {GRACE},Gym,,,Grace Hopper,\n\
             ,Pool,,,,additive\n"
        )
    );
    must_change_nothing(&site.file(), &roster);
    let csv = run(&site.file(), &["export", "--roster", "--format", "csv"]).well();
    assert_eq!(csv.stdout, roster);
    let strict = run(&site.file(), &["export", "--roster", "--authoritative"])
        .well()
        .stdout;
    assert_eq!(strict.matches(",authoritative\n").count(), 3, "{strict}");
    must_change_nothing(&site.file(), &strict);
    // Whoever is deleted from it is removed.
    let less = strict.replace("ada@example.com,Gym,,,Ada Lovelace,authoritative\n", "");
    let plan = piped(
        binary(&["plan", "-", "--store", &site.file()]),
        less.as_bytes(),
    );
    assert!(plan.stdout.contains("  - Ada Lovelace"), "{plan:?}");
}

#[test]
fn json_roster_is_an_array() {
    let site = Site::new();
    let roster = run(&site.memory(), &["export", "--roster", "--format", "json"]).well();
    assert_eq!(
        roster.json(),
        serde_json::json!([
            {"user": "ada@example.com", "group": "Gym", "from": null, "until": null,
             "note": "Ada Lovelace", "mode": null},
            {"user": null, "group": "Pool", "from": null, "until": null, "note": "",
             "mode": "additive"},
        ])
    );
    must_change_nothing(&site.memory(), &roster.stdout);
}

#[test]
fn example_is_adopted_whole() {
    let roster = run(EXAMPLE, &["export", "--roster"]).well().stdout;
    assert_eq!(roster.lines().count(), 1 + 42);
    must_change_nothing(EXAMPLE, &roster);
    let of_gym = run(EXAMPLE, &["export", "--roster", "--group", "gym"])
        .well()
        .stdout;
    assert_eq!(of_gym.lines().count(), 1 + 6);
    must_change_nothing(EXAMPLE, &of_gym);
}

#[test]
fn wrong_options_of_adopting_are_refused() {
    let site = Site::new();
    run(&site.memory(), &["export", "--group", "Gym"])
        .badly(64)
        .saying("--roster");
    run(&site.memory(), &["export", "--authoritative"]).badly(64);
    run(&site.memory(), &["export", "--format", "csv"]).badly(64);
    run(&site.memory(), &["export", "--excel"]).badly(64);
    run(
        &site.memory(),
        &["export", "--roster", "--format", "json", "--excel"],
    )
    .badly(64);
    run(&site.memory(), &["export", "--roster", "--group", "x"])
        .badly(1)
        .saying("matches no group");
    run(&site.memory(), &["export", "--roster", "--group", ADA])
        .badly(1)
        .saying("`access-groups groups` lists");
    run("http://127.0.0.1:1", &["export", "--roster"]).badly(69);
}

/// What people and groups are called, and what spreadsheets take for something else.
fn names() -> impl Strategy<Value = String> {
    let known = select(vec![
        "Gym",
        "gym",
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
        "1.16E+20",
        "#N/A",
        "東京",
        "Ärzte",
        "additive",
        "\u{feff}Gym",
        "\u{ff1d}1",
        "\u{202e}myG",
    ]);
    prop_oneof![
        3 => known.prop_map(str::to_owned),
        1 => "\\PC{1,6}".prop_filter("a name", |name| !name.trim().is_empty()),
    ]
}

fn addresses() -> impl Strategy<Value = Option<String>> {
    let known = select(vec![
        "Ada@Example.com",
        "ada@example.com",
        "=ada@example.com",
        "+ada@example.com",
        "'=ada@example.com",
        "a,b@example.com",
        "\"a b\"@example.com",
        "ada",
        "@example.com",
        "アダ@例え.jp",
        "",
        " ",
        "grace@example.com",
    ]);
    option::weighted(0.8, known.prop_map(str::to_owned))
}

proptest! {
    // Six processes a case.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn adopted_roster_changes_nothing(
        users in vec((names(), addresses(), addresses()), 6),
        groups in vec(names(), 5),
        members in vec((0..6_usize, 0..5_usize), 0..15),
    ) {
        let mut builder = SiteBuilder::new();
        let systems = ["East", "West"].map(|name| builder.new_system(name));
        let mut people = Vec::new();
        for (place, (name, address, _)) in users.iter().enumerate() {
            let user = builder.in_system(systems[place % 2]).user("Somebody");
            builder.edit_user(user, |mut user| {
                user.display_name.clone_from(name);
                user.full_name = Some(name.clone());
                user.email_address.clone_from(address);
                user
            });
            people.push(user);
        }
        let groups: Vec<_> = groups.iter().enumerate().map(|(place, name)| {
            builder.in_system(systems[place % 2]).group(name.as_str())
        }).collect();
        for (user, group) in members.iter().filter(|(user, group)| user % 2 == group % 2) {
            builder.members(groups[*group], [people[*user]]);
        }
        let mut state = builder.build_state();
        for (place, (_, _, address)) in users.iter().enumerate().take(2) {
            let id = access_groups_core::UserIdentityId::from_u128(0x1d00 + place as u128);
            let mut identity = UserIdentity::new(id, "Identity");
            identity.email_address.clone_from(address);
            state.insert_identity(identity).expect("a new one");
        }
        let site = Site::new();
        site.write(&state.to_site_json());
        let store = site.memory();
        for options in [&[][..], &["--excel"], &["--format", "json"]] {
            let line = [&["export", "--roster", "--authoritative"], options].concat();
            let roster = run(&store, &line).well().stdout;
            must_change_nothing(&store, &roster);
        }
    }
}
