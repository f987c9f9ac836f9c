//! Plans: what would change, and how it is shown.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use access_groups_core::{async_trait, prelude::*};
use access_groups_in_memory::{InMemory, PropagationMode, SiteBuilder, State};
use serde_json::{Value, json};

use crate::{
    harness::{ADA, GRACE, GYM, KEY, POOL, Site, run},
    in_process::InProcess,
    scripted::Scripted,
};

/// Grace joins the gym; Ada leaves it for the pool.
const MOVES: &str = "user,group,mode\n\
    a0000000-0000-4000-8000-000000000002,Gym,authoritative\n\
    ADA@example.com,Pool,\n";

#[test]
fn plan_shows_additions_moves_and_how_to_go_on() {
    let site = Site::new();
    let before = site.text();
    let roster = site.with_file("roster.csv", MOVES);
    let shown = run(&site.file(), &["plan", &roster]).well().stdout;
    let (lines, hash) = shown.split_once("hash ").expect("a hash");
    assert_eq!(
        lines,
        "Gym (authoritative): 1 member\n\
         \x20 + Grace Hopper  a0000000         row 2\n\
         \x20 ~ Ada Lovelace  ada@example.com  to Pool\n\
         \n\
         Pool (additive): 0 members, then 1\n\
         \x20 ~ Ada Lovelace  ada@example.com  from Gym, row 3\n\
         \n\
         Plan: 1 to add, 1 to move; "
    );
    let (hash, rest) = hash.split_at(12);
    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    assert_eq!(
        rest,
        format!("\nTo carry it out: access-groups apply {roster}\n")
    );
    assert_eq!(site.text(), before);
}

#[test]
fn detailed_exit_code_tells_changes_from_none() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let line = ["plan", &roster, "--detailed-exitcode"];
    let changes = run(&site.file(), &line);
    assert_eq!((changes.code, changes.stderr.as_str()), (Some(2), ""));
    run(&site.file(), &["add", "--user", GRACE, "--group", GYM]).well();
    run(&site.file(), &["remove", "--user", ADA, "--group", GYM]).well();
    run(&site.file(), &["add", "--user", ADA, "--group", POOL]).well();
    let none = run(&site.file(), &line).well();
    assert_eq!(
        none.stdout,
        "No changes: all 2 groups are as they should be.\n"
    );
}

#[test]
fn json_has_every_change_and_jsonl_a_line_for_each() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let plan = run(&site.memory(), &["plan", &roster, "--format", "json"])
        .well()
        .json();
    let system = "50000000-0000-4000-8000-000000000001";
    let ada = |row: Option<u32>, other| {
        json!({"acs_user_id": ADA, "name": "Ada Lovelace", "email_address": "ada@example.com",
               "row": row, "moves": other})
    };
    assert_eq!(
        plan,
        json!({
            "format_version": 1, "command": "plan", "roster": roster, "at": null,
            "time_zone": "UTC", "hash": plan["hash"], "additions": 2, "removals": 1, "moves": 1,
            "pending": 0, "repeated_rows": 0, "next_begin": null, "next_end": null, "stops": [],
            "groups": [
                {"acs_access_group_id": GYM, "acs_system_id": system, "name": "Gym",
                 "mode": "authoritative", "members": 1, "members_after": 1,
                 "additions": [{"acs_user_id": GRACE, "name": "Grace Hopper",
                                "email_address": null, "row": 2, "moves": null}],
                 "removals": [ada(None, POOL)], "pending": []},
                {"acs_access_group_id": POOL, "acs_system_id": system, "name": "Pool",
                 "mode": "additive", "members": 0, "members_after": 1,
                 "additions": [ada(Some(3), GYM)], "removals": [], "pending": []},
            ],
        })
    );
    let lines = run(&site.memory(), &["plan", &roster, "--format", "jsonl"]).well();
    let lines: Vec<Value> = lines
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let said = |key: &str| {
        lines
            .iter()
            .map(|line| line[key].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(said("event"), ["planned", "planned", "planned", "summary"]);
    assert_eq!(said("kind")[..3], ["add", "add", "remove"]);
    assert_eq!(said("acs_user_id")[..3], [GRACE, ADA, ADA]);
    assert_eq!(said("moves")[1..3], [GYM, POOL]);
    assert_eq!(lines[3]["hash"], plan["hash"]);
}

#[test]
fn only_narrows_the_plan_to_groups_of_the_roster() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let plan = |options: &[&str]| run(&site.memory(), &[&["plan", &roster], options].concat());
    let pool = plan(&["--only", "pool"]).well().stdout;
    assert!(
        pool.starts_with("Pool (additive): 0 members, then 1\n  + Ada"),
        "{pool}"
    );
    assert!(
        pool.contains("Plan: 1 to add;") && !pool.contains("Gym"),
        "{pool}"
    );
    let command = format!("To carry it out: access-groups apply {roster} --only pool\n");
    assert!(pool.contains(&command), "{pool}");
    let both = plan(&["--only", POOL, "--only", "Gym"]).well().stdout;
    assert!(both.contains("1 to add, 1 to move"), "{both}");
    let of_pool = site.with_file("pool.csv", "user,group\nada@example.com,Pool\n");
    for name in ["Gym", GYM, &GYM[..36]] {
        run(&site.memory(), &["plan", &of_pool, "--only", name])
            .badly(1)
            .saying("the roster does not name the group \"Gym\"");
    }
    plan(&["--only", "Gmy"])
        .badly(1)
        .saying("matches no group")
        .saying("Gym");
    plan(&["--only", ADA]).badly(1).saying("matches no group");
}

#[test]
fn mode_of_the_command_line_wins() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let plan = |options: &[&str]| run(&site.memory(), &[&["plan", &roster], options].concat());
    let additive = plan(&["--additive", "Gym"]).well().stdout;
    assert!(
        additive.contains("Gym (additive): 1 member, then 2"),
        "{additive}"
    );
    assert!(additive.contains("Plan: 2 to add;"), "{additive}");
    let strict = site.with_file("strict.csv", &format!("user,group\n{GRACE},Gym\n"));
    let strict = run(&site.memory(), &["plan", &strict, "--authoritative", "gym"]).well();
    assert!(strict.stdout.contains("  - Ada Lovelace"), "{strict:?}");
    plan(&["--additive", "Gym", "--authoritative", GYM])
        .badly(64)
        .saying("both name Gym");
}

#[test]
fn unknown_users_and_groups_are_all_listed() {
    let site = Site::new();
    let roster = "user,group\nnobody@example.com,Gym\nada@example.com,Gymn\n\
                  00000000-0000-4000-8000-000000000000,Pool\n";
    let path = site.with_file("roster.csv", roster);
    let refused = run(&site.memory(), &["plan", &path])
        .badly(1)
        .saying("roster.csv: 3 problems\n")
        .saying("row 2, column user: there is no such user in the system of this group\n")
        .saying("row 3, column group: there is no such group; similar: Gym\n")
        .saying("row 4, column user: there is no such user in the system of this group\n")
        .saying("nothing is planned until every row is right");
    assert!(!refused.stderr.contains("nobody@"), "{refused:?}");
    let mut many = "user,group\n".to_owned();
    (0..150).for_each(|number| many.push_str(&format!("{number}@example.com,Gym\n")));
    let path = site.with_file("many.csv", &many);
    run(&site.memory(), &["plan", &path])
        .badly(1)
        .saying("row 101, ")
        .saying("and 50 more; --all lists them");
    run(&site.memory(), &["plan", &path, "--all"])
        .badly(1)
        .saying("row 151, ");
}

/// A house of 40 residents, of whom the roster keeps only the first.
fn house() -> (Site, String) {
    let mut builder = SiteBuilder::new();
    let users: [_; 40] = builder.users(["Resident"; 40]);
    let house = builder.group("House");
    builder.members(house, users);
    let site = Site::new();
    site.write(&builder.build_state().to_site_json());
    let roster = format!("user,group,mode\n{},House,authoritative\n", users[0]);
    let roster = site.with_file("roster.csv", &roster);
    (site, roster)
}

#[test]
fn long_list_is_cut_and_guards_are_told() {
    let (site, roster) = house();
    let plan = |options: &[&str]| run(&site.memory(), &[&["plan", &roster], options].concat());
    let cut = plan(&[]).well().stdout;
    let removals = |shown: &str| shown.matches("\n  - Resident").count();
    assert_eq!(removals(&cut), 20, "{cut}");
    assert!(
        cut.contains("\n  - and 19 more; --all shows them\n"),
        "{cut}"
    );
    assert!(
        cut.contains(
            "A guard stops it: 39 of 40 members of House would be removed, and 4 may be without a \
             confirmation.\nIf that is right: "
        ),
        "{cut}"
    );
    let hash = cut.split_once("hash ").expect("a hash").1[..12].to_owned();
    assert!(cut.ends_with(&format!("--confirm {hash}\n")), "{cut}");
    assert_eq!(removals(&plan(&["--all"]).well().stdout), 39);
    let limits = ["--max-removals", "39", "--max-removals-percent", "100"];
    let free = plan(&limits).well().stdout;
    assert!(
        !free.contains("guard") && free.contains("To carry it out: "),
        "{free}"
    );
    let one_less = plan(&["--max-removals", "38", "--max-removals-percent", "100"]);
    assert!(one_less.well().stdout.contains("A guard stops it"));
    plan(&["--max-removals-percent", "101"]).badly(64);
}

/// The command line that the plan shows, as arguments.
fn shown_command(shown: &str) -> Vec<&str> {
    let (_, command) = shown
        .split_once("To carry it out: access-groups ")
        .expect(shown);
    command.split_whitespace().collect()
}

#[test]
fn shown_command_passes_the_guards_of_the_plan() {
    let limits = ["--max-removals", "39", "--max-removals-percent", "100"];
    for is_saved in [false, true] {
        let (site, roster) = house();
        let saved = site.path().with_file_name("plan.json");
        let page = site.path().with_file_name("plan.html");
        let (saved, page) = (saved.display().to_string(), page.display().to_string());
        let output = ["-o", &saved, "--html", &page];
        let output = if is_saved { &output[..] } else { &output[2..] };
        let plan = [&["plan", &roster][..], &limits, output].concat();
        let shown = run(&site.file(), &plan).well().stdout;
        let html = fs::read_to_string(page).expect("a page");
        for word in ["--max-removals", "39", "--max-removals-percent", "100"] {
            assert!(html.contains(&format!("<span>{word}</span>")), "{html}");
        }
        let journal = site.path().with_file_name("a.journal");
        let journal = ["--journal", &journal.display().to_string()];
        let apply = [&shown_command(&shown)[..], &journal].concat();
        let applied = run(&site.file(), &apply);
        assert_eq!(applied.code, Some(0), "{applied:?}");
        assert!(applied.stdout.contains(": 39 done."), "{applied:?}");
    }
}

#[test]
fn stopped_groups_are_cut_as_other_lists() {
    let mut builder = SiteBuilder::new();
    let users = builder.users(["Resident"; 4]);
    let rows: String = (1..=12)
        .map(|number| {
            let name = format!("House {number}");
            let group = builder.group(&*name);
            builder.members(group, users);
            format!(",{name},authoritative\n")
        })
        .collect();
    let site = Site::new();
    site.write(&builder.build_state().to_site_json());
    let roster = site.with_file("roster.csv", &format!("user,group,mode\n{rows}"));
    let plan = |options: &[&str]| run(&site.memory(), &[&["plan", &roster], options].concat());
    let cut = plan(&[]).well().stdout;
    assert_eq!(cut.matches("A guard stops it: ").count(), 10, "{cut}");
    let more = "\nGuards stop it in 2 more groups; --all shows them.\nIf that is right: ";
    assert!(cut.contains(more), "{cut}");
    let all = plan(&["--all"]).well().stdout;
    assert_eq!(all.matches("A guard stops it: ").count(), 12, "{all}");
}

#[test]
fn group_that_becomes_empty_is_told() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", "user,group,mode\n,Gym,authoritative\n");
    let shown = run(&site.memory(), &["plan", &roster, "--never-empty", "1"])
        .well()
        .stdout;
    assert!(
        shown.contains("1 of 1 members of Gym would be removed, and nobody would be left."),
        "{shown}"
    );
}

#[test]
fn dates_are_those_of_the_groups_systems() {
    let site = Site::new();
    let zone = |site: &Site, zone: &str| {
        let text = site.text();
        let located = format!("\"location\": {{\"time_zone\": \"{zone}\"}}, \"name\": \"Main\"");
        site.write(&text.replace("\"name\": \"Main\"", &located));
    };
    zone(&site, "Europe/Berlin");
    let roster = site.with_file(
        "roster.csv",
        "user,group,until\nada@example.com,Pool,2026-07-01\n",
    );
    let plan = |options: &[&str]| run(&site.memory(), &[&["plan", &roster], options].concat());
    // In Berlin the day begins at 22:00 UTC.
    let ended = plan(&["--at", "2026-06-30T22:00:00Z"]).well().stdout;
    assert!(
        ended.contains("The plan for 2026-07-01 00:00 Europe/Berlin."),
        "{ended}"
    );
    assert!(ended.contains("No changes"), "{ended}");
    let before = plan(&["--at", "2026-06-30 23:59:59"]).well().stdout;
    assert!(before.contains("1 to add"), "{before}");
    assert!(
        before.contains("Rows end next on 2026-07-01 00:00 Europe/Berlin."),
        "{before}"
    );
    assert!(!before.contains("apply"), "{before}");
    let in_utc = plan(&["--at", "2026-06-30T22:00:00Z", "--time-zone", "UTC"]).well();
    assert!(in_utc.stdout.contains("1 to add"), "{in_utc:?}");
    let json = plan(&["--at", "2026-06-01", "--format", "json"])
        .well()
        .json();
    assert_eq!(json["time_zone"], "Europe/Berlin");
    assert_eq!(json["at"], "2026-05-31T22:00:00Z");
    assert_eq!(json["next_end"], "2026-06-30T22:00:00Z");
}

#[test]
fn dates_of_several_time_zones_are_refused() {
    let mut builder = SiteBuilder::new();
    let [east, west] = ["East", "West"].map(|name| builder.new_system(name));
    let ada = builder.in_system(east).user("Ada");
    builder.group("Gym");
    builder.in_system(west).group("Pool");
    let mut site: Value =
        serde_json::from_str(&builder.build_state().to_site_json()).expect("JSON");
    for (place, zone) in ["Europe/Berlin", "America/Toronto"].into_iter().enumerate() {
        site["acs_systems"][place]["location"] = json!({"time_zone": zone});
    }
    let folder = Site::new();
    folder.write(&site.to_string());
    let roster = |until: &str| {
        let rows = format!("user,group,until,mode\n{ada},Gym,{until},\n,Pool,,additive\n");
        folder.with_file("roster.csv", &rows)
    };
    let day = roster("2999-07-01");
    let plan = |options: &[&str]| run(&folder.memory(), &[&["plan", &day], options].concat());
    plan(&[])
        .badly(1)
        .saying("America/Toronto")
        .saying("Europe/Berlin")
        .saying("--time-zone Europe/Berlin");
    let chosen = plan(&["--time-zone", "Europe/Berlin"]).well().stdout;
    assert!(
        chosen.contains("2999-07-01 00:00 Europe/Berlin"),
        "{chosen}"
    );
    assert!(chosen.contains("Gym in East (additive)"), "{chosen}");
    // An instant is the same everywhere.
    let instant = roster("2999-07-01T00:00:00Z");
    run(&folder.memory(), &["plan", &instant]).well();
}

#[test]
fn groups_of_one_name_are_told_apart() {
    let mut builder = SiteBuilder::new();
    let [east, west] = ["East", "West"].map(|name| builder.new_system(name));
    let (ada, one) = (builder.in_system(east).user("Ada"), builder.group("Gym"));
    let (bob, other) = (builder.in_system(west).user("Bob"), builder.group("Gym"));
    let site = Site::new();
    site.write(&builder.build_state().to_site_json());
    let ambiguous = site.with_file("a.csv", &format!("user,group\n{ada},Gym\n"));
    run(&site.memory(), &["plan", &ambiguous])
        .badly(1)
        .saying("2 groups have this name: use the id");
    let by_id = site.with_file(
        "b.csv",
        &format!("user,group\n{ada},{one}\n{bob},{other}\n"),
    );
    let shown = run(&site.memory(), &["plan", &by_id]).well().stdout;
    assert!(
        shown.contains("Gym in East (additive)") && shown.contains("Gym in West"),
        "{shown}"
    );
    run(&site.memory(), &["plan", &by_id, "--only", "Gym"])
        .badly(1)
        .saying("matches 2 groups");
}

/// Keeps the names of the calls, and fails one of them.
#[derive(Clone)]
struct Watched {
    inner: InMemory,
    fails: fn(&Operation) -> Option<Error>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    fn serve(fails: fn(&Operation) -> Option<Error>) -> (Self, InProcess) {
        let state = State::from_site_json(&Site::new().text()).expect("a site");
        let watched = Self {
            inner: InMemory::new(state).with_propagation(PropagationMode::Manual),
            fails,
            calls: Arc::default(),
        };
        let served = InProcess::serve_for(KEY, watched.clone());
        (watched, served)
    }

    fn calls(&self) -> Vec<String> {
        let mut calls = self.calls.lock().expect("no panic inside");
        let mut calls = std::mem::take(&mut *calls);
        calls.sort();
        calls
    }
}

#[async_trait]
impl AccessGroupPort for Watched {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let name = match &operation {
            Operation::ListUsersInGroup(list) => format!("members of {}", list.group),
            other => other.name().to_owned(),
        };
        self.calls.lock().expect("no panic inside").push(name);
        match (self.fails)(&operation) {
            Some(error) => Err(error),
            None => self.inner.call(operation, context).await,
        }
    }
}

#[test]
fn only_groups_of_the_roster_are_read() {
    let (watched, served) = Watched::serve(|_| None);
    let site = Site::new();
    let roster = site.with_file("roster.csv", "user,group\nada@example.com,Pool\n");
    run(&served.address, &["plan", &roster]).well();
    assert_eq!(
        watched.calls(),
        [
            "access_groups".to_owned(),
            "acs_users".to_owned(),
            format!("members of {POOL}"),
            "user_identities".to_owned(),
        ]
    );
}

#[test]
fn pending_changes_are_no_changes() {
    let (_, served) = Watched::serve(|_| None);
    run(&served.address, &["add", "--user", ADA, "--group", POOL]).well();
    run(&served.address, &["remove", "--user", ADA, "--group", GYM]).well();
    let site = Site::new();
    let roster = "user,group,mode\nada@example.com,Pool,\n,Gym,authoritative\n";
    let roster = site.with_file("roster.csv", roster);
    let line = ["plan", &roster, "--detailed-exitcode"];
    let shown = run(&served.address, &line).well().stdout;
    assert!(
        shown.contains("  ! Ada Lovelace  ada@example.com  accepted, not propagated, row 2\n"),
        "{shown}"
    );
    assert!(
        shown.contains("  ! Ada Lovelace  ada@example.com  removal accepted, not propagated\n"),
        "{shown}"
    );
    assert!(
        shown.ends_with("No changes: all 2 groups are as they should be; 2 pending.\n"),
        "{shown}"
    );
    let lines = run(&served.address, &["plan", &roster, "--format", "jsonl"])
        .well()
        .stdout;
    assert_eq!(lines.matches(r#""event":"pending""#).count(), 2, "{lines}");
}

#[test]
fn nothing_is_planned_if_a_read_fails() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let fails: &[fn(&Operation) -> Option<Error>] = &[
        |operation| match operation {
            Operation::ListUsersInGroup(list) if list.group.to_string() == POOL => {
                Some(Error::conflict("no members today"))
            }
            _ => None,
        },
        |operation| match operation {
            Operation::ListAcsUsers(_) => Some(Error::conflict("no users today")),
            _ => None,
        },
        |operation| match operation {
            Operation::ListUserIdentities(_) => Some(Error::conflict("no identities today")),
            _ => None,
        },
    ];
    for fails in fails {
        let (_, served) = Watched::serve(*fails);
        for format in ["human", "json", "jsonl"] {
            run(&served.address, &["plan", &roster, "--format", format])
                .badly(1)
                .saying("today");
        }
    }
}

#[test]
fn list_that_is_cut_or_turns_in_a_circle_is_no_plan() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let cut = Scripted::new(|_| (200, &GROUPS[..GROUPS.len() / 2]));
    run(&cut.address, &["plan", &roster]).badly(1).saying("EOF");
    let circle = Scripted::new(|path| {
        let body = match path {
            "/acs/access_groups/list" => GROUPS,
            "/user_identities/list" => {
                r#"{"ok":true,"user_identities":[],"pagination":{"has_next_page":false,
                    "next_page_cursor":null,"next_page_url":null}}"#
            }
            _ => {
                r#"{"ok":true,"acs_users":[],"pagination":{"has_next_page":true,
                    "next_page_cursor":"again","next_page_url":null}}"#
            }
        };
        (200, body)
    });
    run(&circle.address, &["plan", &roster]).badly(1);
    run("http://127.0.0.1:1", &["plan", &roster]).badly(69);
}

const GROUPS: &str = r#"{"ok":true,"acs_access_groups":[{
        "acs_access_group_id":"60000000-0000-4000-8000-000000000001","display_name":"Gym",
        "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Gym"},{
        "acs_access_group_id":"60000000-0000-4000-8000-000000000002","display_name":"Pool",
        "acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Pool"}]}"#;

#[test]
fn saved_plan_is_what_apply_takes() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let saved = site
        .path()
        .with_file_name("plan.json")
        .display()
        .to_string();
    let shown = run(
        &site.file(),
        &["plan", &roster, "--only", "Pool", "-o", &saved],
    )
    .well();
    let end = format!("\nTo carry it out: access-groups apply {saved}\n");
    assert!(shown.stdout.ends_with(&end), "{shown:?}");
    let text = std::fs::read_to_string(&saved).expect("a plan");
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(plan["origin"]["roster"], roster.as_str());
    // Another plan replaces it; a roster stays.
    run(&site.file(), &["plan", &roster, "-o", &saved]).well();
    run(&site.file(), &["plan", &roster, "-o", &roster])
        .badly(1)
        .saying("it exists and is not a plan");
    assert_eq!(std::fs::read_to_string(&roster).expect("a roster"), MOVES);
    run(
        &site.file(),
        &["plan", &roster, "-o", &saved, "--at", "2999-01-01"],
    )
    .badly(64);
    run(&site.file(), &["apply", &saved, "--only", "Gym"])
        .badly(64)
        .saying("this is a saved plan");
    let journal = journal(&site);
    let line = ["apply", &saved, "--yes", "--journal", &journal];
    let applied = run(&site.file(), &line);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let again = run(&site.file(), &["plan", &roster, "--detailed-exitcode"]).well();
    assert!(again.stdout.starts_with("No changes"), "{again:?}");
    let undo = run(&site.file(), &["undo", &journal]).well().stdout;
    assert!(undo.contains("Plan: 1 to remove, 1 to move; "), "{undo}");
    assert!(
        undo.contains(&format!("access-groups undo {journal} -o undo.json, then ")),
        "{undo}"
    );
}

#[cfg(unix)]
#[test]
fn saved_plan_replaces_only_a_plan() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let at = |name: &str| site.path().with_file_name(name);
    let plan = |to: &str| run(&site.memory(), &["plan", &roster, "-o", to]);
    let (saved, link) = (at("plan.json"), at("link.json"));
    plan(&saved.display().to_string()).well();
    assert_eq!(fs::metadata(&saved).expect("there").mode() & 0o777, 0o600);

    // A link stays one, and the plan behind it is replaced as a whole, with its mode.
    symlink(&saved, &link).expect("ours");
    fs::set_permissions(&saved, fs::Permissions::from_mode(0o640)).expect("ours");
    let open = fs::File::open(&saved).expect("there");
    plan(&link.display().to_string()).well();
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    let (old, new) = (
        open.metadata().expect("open"),
        fs::metadata(&saved).expect("there"),
    );
    assert_ne!(old.ino(), new.ino(), "not replaced, but written over");
    assert_eq!(new.mode() & 0o777, 0o640);

    let refused = |to: &str, why: &str| {
        plan(to).badly(1).saying(why);
    };
    // The pages of a device or a pipe have no end, and a file behind stdout has the text of the plan.
    refused("/dev/zero", "it is not a regular file");
    refused("/dev/null", "it is not a regular file");
    refused("/dev/stdout", "it must be a file, not a stream");
    plan("-").badly(64);
    refused(
        &site.path().display().to_string(),
        "it exists and is not a plan",
    );
    refused(&at("").display().to_string(), "it is a folder");
    refused(&at("no/plan.json").display().to_string(), "No such file");
    fs::set_permissions(&saved, fs::Permissions::from_mode(0o400)).expect("ours");
    refused(&saved.display().to_string(), "it is read-only");
    fs::remove_file(&saved).expect("ours");
    refused(&link.display().to_string(), "No such file");
    assert!(
        site.files().iter().all(|file| !file.ends_with(".tmp")),
        "{:?}",
        site.files()
    );
}

#[test]
fn apply_takes_the_options_of_plan() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", MOVES);
    let journal = journal(&site);
    let line = [
        "apply",
        &roster,
        "--yes",
        "--only",
        "Pool",
        "--journal",
        &journal,
    ];
    let applied = run(&site.file(), &line);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let gym = run(&site.file(), &["members", "Gym"]).well().stdout;
    assert!(gym.contains("Ada") && !gym.contains("Grace"), "{gym}");
    let left = site.with_file("left.csv", "user,group,mode\n,Gym,authoritative\n");
    run(
        &site.file(),
        &["apply", &left, "--yes", "--never-empty", "1"],
    )
    .badly(6)
    .saying("--confirm");
}

/// Not where the tests run.
fn journal(site: &Site) -> String {
    let path = site.path().with_file_name("a.journal");
    path.display().to_string()
}
