//! `sqlite:` stores: created on first use, filled, chosen among, copied and checked.

use std::{fs, thread};

use crate::harness::{ADA, Ended, GRACE, GYM, POOL, Site, ask, binary, end, run, serve};

pub(crate) const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
);

/// A small site, and a database next to it.
pub(crate) struct Databases {
    pub(crate) site: Site,
}

impl Databases {
    /// No database yet.
    pub(crate) fn new() -> Self {
        Self { site: Site::new() }
    }

    /// With the site in `site.db`.
    pub(crate) fn imported() -> Self {
        let databases = Self::new();
        let site = databases.site.path().display().to_string();
        run(&databases.store(), &["import", &site]).well();
        databases
    }

    pub(crate) fn store(&self) -> String {
        self.named("site.db")
    }

    pub(crate) fn named(&self, name: &str) -> String {
        format!("sqlite:{}", self.site.path().with_file_name(name).display())
    }

    /// Everything in the only workspace, as a site file.
    #[track_caller]
    pub(crate) fn export(&self) -> String {
        self.run(&["export"]).well().stdout
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run(&self.store(), arguments)
    }
}

#[test]
fn a_new_file_is_a_store() {
    let databases = Databases::new();
    databases.run(&["workspaces", "create", "site"]).well();
    let listed = databases
        .run(&["systems"])
        .saying("the workspace site is empty");
    assert_eq!((listed.code, &*listed.stdout), (Some(0), ""));
    listed.saying("`access-groups import SITE.json` fills it");
    let workspaces = databases
        .run(&["workspaces", "--format", "json"])
        .well()
        .json();
    assert_eq!(workspaces["workspaces"][0]["name"], "site");
    assert_eq!(workspaces["workspaces"].as_array().map(Vec::len), Some(1));
    // What begins a site is no reason for advice.
    databases
        .run(&["systems", "create", "--name", "Main"])
        .well();
    databases.run(&["systems"]).well();
}

#[test]
fn every_store_imports_and_exports_the_same() {
    let databases = Databases::new();
    let expected = fs::read_to_string(EXAMPLE).expect("the example");
    let imported = databases.run(&["import", EXAMPLE]).well();
    let counts = "Imported 2 systems, 24 users, 1 identity, 8 groups, 12 entrances, 42 memberships";
    assert!(imported.stdout.starts_with(counts), "{imported:?}");
    let exported = databases.run(&["export"]).well().stdout;
    assert_eq!(exported, expected);
    let copy = databases.site.with_file("copy.json", &exported);
    for store in [databases.named("other.db"), format!("file:{copy}.new")] {
        run(&store, &["import", &copy]).well();
        assert_eq!(run(&store, &["export"]).well().stdout, expected, "{store}");
    }
}

#[test]
fn only_an_empty_workspace_is_filled() {
    let databases = Databases::imported();
    let site = databases.site.path().display().to_string();
    let refused = databases.run(&["import", &site]).badly(1);
    refused
        .saying("is not empty")
        .saying("workspaces create NAME");
    let wrong = databases
        .site
        .with_file("wrong.json", r#"{"acs_user": []}"#);
    let refused = run(&databases.named("new.db"), &["import", &wrong]).badly(1);
    refused.saying("$.acs_user").saying("nothing was imported");
    let new = |arguments: &[&str]| run(&databases.named("new.db"), arguments).well();
    let listed = new(&["workspaces", "--format", "json"]).json();
    assert_eq!(listed["workspaces"].as_array().map(Vec::len), Some(0));
    // What is right at last is the same site here, and not that of a leftover.
    let imported = new(&["import", EXAMPLE, "--format", "json"]).json();
    assert!(imported["workspace_id"].is_string(), "{imported}");
    assert_eq!(imported["workspace_id"], imported["site_workspace_id"]);
}

/// How many of eight commands that run at once succeed. Each has its own name if `NAME` is among the arguments.
fn at_once(store: &str, arguments: &[&str]) -> usize {
    let one = |number: usize| {
        let name = format!("Name {number}");
        let named = arguments.iter().map(|text| match *text {
            "NAME" => &*name,
            other => other,
        });
        run(store, &named.collect::<Vec<_>>()).code == Some(0)
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let ended = all.into_iter().map(|one| one.join().expect("no panic"));
        ended.filter(|is_done| *is_done).count()
    })
}

fn count(store: &str, what: &str) -> usize {
    let listed = run(store, &[what, "--format", "json"]).json();
    listed[what].as_array().map_or(0, Vec::len)
}

#[test]
fn one_name_is_given_once() {
    let databases = Databases::imported();
    let store = databases.store();
    let (mut keys, mut workspaces) = (0, 1);
    for round in 0..5 {
        let name = format!("Round {round}");
        let of_name = ["keys", "create", "--name", &name, "--workspace", "site"];
        let made = at_once(&store, &of_name);
        assert!(made <= 1, "{made} keys of one name");
        keys += made;
        let made = at_once(&store, &["workspaces", "create", &name]);
        assert!(made <= 1, "{made} workspaces of one name");
        workspaces += made;
    }
    assert_eq!(count(&store, "keys"), keys);
    assert_eq!(count(&store, "workspaces"), workspaces);
}

#[test]
fn whoever_is_told_of_success_in_a_new_file_has_it() {
    let databases = Databases::new();
    let store = databases.named("new.db");
    let made = at_once(&store, &["keys", "create", "--name", "NAME"]);
    assert_eq!((made, count(&store, "keys")), (8, 8));
    assert_eq!(count(&store, "workspaces"), 1);
}

#[test]
fn commands_work_on_a_database() {
    let databases = Databases::imported();
    let members = |group| {
        databases
            .run(&["members", group, "--format", "json"])
            .well()
            .json()
    };
    databases
        .run(&["add", "--user", "Grace Hopper", "--group", "Pool"])
        .well();
    assert_eq!(members(POOL)["acs_users"][0]["acs_user_id"], GRACE);
    let one = databases
        .run(&["add", "--user", ADA, "--user", GRACE, "--group", POOL])
        .well();
    assert!(one.stdout.contains("1 was a member already"), "{one:?}");
    databases
        .run(&["remove", "--user", ADA, "--group", GYM])
        .well();
    assert_eq!(members(GYM)["acs_users"].as_array().map(Vec::len), Some(0));
    let unknown = databases
        .run(&["add", "--user", "Nobody", "--group", "Gym"])
        .badly(1);
    unknown.saying("Nobody");
}

#[test]
fn a_plan_is_for_one_workspace() {
    let databases = Databases::imported();
    let before = databases.export();
    let roster = databases
        .site
        .with_file("roster.csv", "user,group\nada@example.com,Pool\n");
    let plan = databases.site.with_file("plan.json", "");
    fs::remove_file(&plan).expect("there");
    let journal = format!("{plan}.journal");
    databases.run(&["plan", &roster, "-o", &plan]).well();
    databases.run(&["workspaces", "create", "Other"]).well();
    let other = databases.run(&["apply", &plan, "--workspace", "Other"]);
    assert_eq!(other.code, Some(64), "{other:?}");
    let applied = databases.run(&["apply", &plan, "--workspace", "site", "--journal", &journal]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let back = format!("{plan}.back");
    let undo = databases
        .run(&["undo", &journal, "-o", &back, "--workspace", "site"])
        .well();
    assert!(undo.stdout.contains("--workspace"), "{undo:?}");
    databases.run(&[
        "apply",
        &back,
        "--workspace",
        "site",
        "--journal",
        &format!("{back}.journal"),
    ]);
    let exported = databases.run(&["export", "--workspace", "site"]).well();
    assert_eq!(exported.stdout, before);
}

#[test]
fn one_of_several_workspaces_is_chosen() {
    let databases = Databases::imported();
    databases.run(&["workspaces", "create", "South"]).well();
    let refused = databases.run(&["groups"]).badly(64);
    refused
        .saying("has 2 workspaces, and none is chosen")
        .saying("South");
    databases.run(&["groups", "--workspace", "SITE"]).well();
    let empty = databases
        .run(&["groups", "--workspace", "South"])
        .saying("South is empty");
    assert_eq!(empty.code, Some(0));
    let mut command = binary(&["--store", &databases.store(), "members", GYM]);
    command.env("ACCESS_GROUPS_WORKSPACE", "site");
    end(command).well();
    databases
        .run(&["groups", "--workspace", "West"])
        .badly(1)
        .saying("no workspace West");
    let twice = ["groups", "--workspace", "South", "--workspace", "site"];
    databases.run(&twice).badly(64).saying("one workspace");
}

#[test]
fn the_first_workspace_may_be_chosen() {
    let databases = Databases::new();
    databases.run(&["workspaces", "create", "South"]).well();
    let list = ["workspaces", "--format", "json"];
    let listed = databases.run(&list).well().json();
    assert_eq!(listed["workspaces"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["workspaces"][0]["name"], "South");
    databases
        .run(&["workspaces", "delete", "South", "--yes"])
        .well();
    for looks in [&["check-store"][..], &["keys"], &["migrate"]] {
        assert_eq!(databases.run(looks).code, Some(0), "{looks:?}");
    }
    let listed = databases.run(&list).json();
    assert_eq!(listed["workspaces"].as_array().map(Vec::len), Some(0));
    // Work needs a workspace.
    assert_eq!(
        databases.run(&["keys", "create", "--name", "key"]).code,
        Some(0)
    );
    let listed = databases.run(&list).well().json();
    assert_eq!(listed["workspaces"][0]["name"], "site");
}

#[test]
fn workspaces_come_and_go() {
    let databases = Databases::imported();
    let before = databases.export();
    let id = "77000000-0000-4000-8000-000000000001";
    let create = ["workspaces", "create", "South", "--id", id];
    assert!(databases.run(&create).well().stdout.contains(id));
    databases.run(&create).badly(1).saying("already");
    let csv = databases
        .run(&["workspaces", "--format", "csv"])
        .well()
        .stdout;
    assert!(csv.starts_with("workspace_id,name,history_days\n"), "{csv}");
    assert!(csv.contains(&format!("{id},South,")), "{csv}");
    databases
        .run(&["workspaces", "delete", "South"])
        .badly(64)
        .saying("--yes");
    databases
        .run(&["workspaces", "delete", "South", "--yes"])
        .well();
    databases
        .run(&["workspaces", "delete", "South", "--yes"])
        .badly(1);
    assert_eq!(databases.export(), before);
}

#[test]
fn what_shows_nothing_names_nothing() {
    let databases = Databases::imported();
    databases.run(&["keys", "create", "--name", "k"]);
    for nothing in ["", " ", "\u{200b}", "\u{ad}\u{3164} "] {
        for arguments in [
            &["workspaces", "create", nothing][..],
            &["workspaces", "delete", nothing, "--yes"],
            &["keys", "create", "--name", nothing],
            &["keys", "create", "--actor", nothing],
            &["keys", "revoke", nothing],
            &["groups", "--workspace", nothing],
            &["users", "delete", nothing, "--yes"],
        ] {
            databases.run(arguments).badly(64);
            // Before anything is looked up.
            let elsewhere = run(&databases.named("none.db"), arguments);
            assert_eq!(elsewhere.code, Some(64), "{elsewhere:?}");
        }
    }
    let mut command = binary(&["--store", &databases.store(), "groups"]);
    command.env("ACCESS_GROUPS_WORKSPACE", "\u{200b}");
    end(command).badly(64).saying("ACCESS_GROUPS_WORKSPACE");
    let listed = databases.run(&["workspaces", "--format", "json"]);
    let listed = listed.well().json();
    assert_eq!(listed["workspaces"].as_array().map(Vec::len), Some(1));
    assert_eq!(databases.site.files(), ["site.db", "site.json"]);
}

#[test]
fn a_backup_is_a_store() {
    let databases = Databases::imported();
    let exported = databases.export();
    let copy = databases.site.path().with_file_name("copy.db");
    let path = copy.display().to_string();
    databases.run(&["backup", &path]).well();
    databases
        .run(&["remove", "--user", ADA, "--group", GYM])
        .well();
    assert_eq!(
        run(&databases.named("copy.db"), &["export"]).well().stdout,
        exported
    );
    let before = fs::read(&copy).expect("a copy");
    databases.run(&["backup", &path]).badly(1).saying("copy.db");
    assert_eq!(
        fs::read(&copy).expect("the same"),
        before,
        "nothing is overwritten"
    );
}

#[test]
fn a_store_is_checked() {
    let databases = Databases::imported();
    let sound = databases.run(&["check-store"]).well();
    assert!(sound.stdout.ends_with("is sound.\n"), "{sound:?}");
    let json = databases
        .run(&["check-store", "--format", "json"])
        .well()
        .json();
    assert_eq!(json["is_sound"], true);
    let text = databases
        .site
        .with_file("text.db", "Dear Ada, this is no database.");
    let refused = run(&format!("sqlite:{text}"), &["groups"]).badly(1);
    refused
        .saying("hint: ")
        .saying("text.db")
        .saying("but text");
    let json = format!("sqlite:{}", databases.site.path().display());
    let refused = run(&json, &["check-store"]).badly(1).saying("but JSON");
    refused.saying("file:SITE.json");
    assert_eq!(fs::read_to_string(&text).expect("as it was").len(), 30);
}

#[test]
fn damage_is_found() {
    let databases = Databases::imported();
    let path = databases.site.path().with_file_name("site.db");
    let mut bytes = fs::read(&path).expect("a file");
    let places: Vec<_> = (bytes.windows(12).enumerate())
        .filter(|(_, text)| *text == b"Ada Lovelace")
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty(), "her name is in it");
    for place in places {
        bytes[place..place + 3].copy_from_slice(b"Eve");
    }
    fs::write(&path, bytes).expect("written");
    let checked = databases.run(&["check-store"]);
    assert_eq!(
        (checked.code, &*checked.stderr),
        (Some(1), ""),
        "{checked:?}"
    );
    assert!(
        checked.stdout.contains("site.db has 1 problem:"),
        "{checked:?}"
    );
    let json = databases.run(&["check-store", "--format", "json"]).json();
    assert_eq!(json["is_sound"], false);
}

#[test]
fn a_damaged_file_is_an_answer() {
    let databases = Databases::imported();
    let path = databases.site.path().with_file_name("site.db");
    let whole = fs::read(&path).expect("a file");
    // The header, the first table of all, and half of the pages.
    let damage = |range: std::ops::Range<usize>| {
        let mut bytes = whole.clone();
        bytes[range].fill(0x5a);
        bytes
    };
    for damaged in [
        damage(0..16),
        damage(20..100),
        damage(100..4096),
        whole[..whole.len() / 2].to_vec(),
    ] {
        fs::write(&path, damaged).expect("written");
        let checked = databases.run(&["check-store"]);
        assert_eq!(
            (checked.code, &*checked.stderr),
            (Some(1), ""),
            "{checked:?}"
        );
        assert!(!checked.stdout.contains("check-store"), "{checked:?}");
        let json = databases.run(&["check-store", "--format", "json"]);
        assert_eq!(json.code, Some(1), "{json:?}");
        let json = json.json();
        assert_eq!(json["is_sound"], false);
        let problems = json["problems"].as_array().expect("a list");
        assert!(!problems.is_empty(), "{json}");
    }
    databases
        .run(&["groups"])
        .badly(1)
        .saying("no sound database")
        .saying("`access-groups check-store`");
}

#[test]
fn what_keeps_from_a_file_is_said() {
    let databases = Databases::new();
    let create = ["systems", "create", "--name", "Main"];
    let refused = run(&databases.named("none/site.db"), &create).badly(1);
    refused
        .saying("none does not exist")
        .saying("hint: name a file");
    let folder = databases.site.path();
    let folder = folder.parent().expect("a folder").display().to_string();
    let refused = run(&format!("sqlite:{folder}"), &["groups"]).badly(1);
    refused.saying("it is a folder");
    for url in ["sqlite://site.db", "sqlite:file:site.db?mode=ro"] {
        run(url, &create).badly(64).saying("sqlite:SITE.db");
    }
}

/// A copy of the program that another user may run, and the folder that it is in.
#[cfg(unix)]
fn of_nobody(databases: &Databases, arguments: &[&str]) -> std::process::Command {
    use std::os::unix::{fs::MetadataExt, process::CommandExt};
    let folder = databases.site.path().with_file_name("");
    let mut command = binary(arguments);
    // A folder of its own belongs to this user: for root, nothing is forbidden.
    if fs::metadata(&folder).expect("there").uid() == 0 {
        let program = folder.join("program");
        if !program.exists() {
            fs::copy(command.get_program(), &program).expect("copied");
        }
        let mut other = std::process::Command::new(program);
        other.args(command.get_args()).env_clear();
        other.stdin(std::process::Stdio::null());
        other.uid(NOBODY).gid(NOBODY);
        command = other;
    }
    command.current_dir(folder);
    command
}

#[cfg(unix)]
const NOBODY: u32 = 65_534;

#[cfg(unix)]
fn allow(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("allowed");
}

#[cfg(unix)]
#[test]
fn a_backup_is_read_where_nobody_may_write() {
    let databases = Databases::imported();
    let exported = databases.export();
    let copy = databases.site.path().with_file_name("copy.db");
    let shown = copy.display().to_string();
    databases.run(&["backup", &shown]).well();
    let store = format!("sqlite:{shown}");
    let folder = copy.parent().expect("a folder").to_owned();
    drop(of_nobody(&databases, &[]));
    allow(&copy, 0o444);
    allow(&folder, 0o555);
    for arguments in [&["export"][..], &["check-store"], &["history"]] {
        let arguments = [&["--store", &store][..], arguments].concat();
        let ended = end(of_nobody(&databases, &arguments));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(arguments.last() != Some(&"export") || ended.stdout == exported);
    }
    let remove = ["--store", &store, "remove", "--user", ADA, "--group", GYM];
    let refused = end(of_nobody(&databases, &remove));
    assert_eq!(refused.code, Some(69), "{refused:?}");
    refused
        .saying("the database can only be read")
        .saying("may not write")
        .saying("copy.db");
    // In WAL mode, SQLite needs files beside it.
    let store = databases.store();
    allow(&databases.site.path().with_file_name("site.db"), 0o444);
    let refused = end(of_nobody(&databases, &["--store", &store, "export"]));
    allow(&folder, 0o755);
    refused.badly(1).saying("copy it to a folder of your own");
}

#[cfg(unix)]
#[test]
fn who_may_not_read_is_told_so() {
    let databases = Databases::imported();
    let path = databases.site.path().with_file_name("site.db");
    drop(of_nobody(&databases, &[]));
    allow(&path, 0);
    for folder in [0o755, 0o777] {
        allow(path.parent().expect("a folder"), folder);
        for command in ["export", "check-store"] {
            let store = databases.store();
            let refused = end(of_nobody(&databases, &["--store", &store, command])).badly(1);
            let refused = refused.saying("this user may not read it");
            assert!(!refused.stderr.contains("of your own"), "{refused:?}");
        }
    }
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    let databases = Databases::imported();
    let refused = databases.run(&["workspaces", "delete", "nope", "--yes"]);
    let refused = refused.badly(1).saying("has no workspace nope");
    assert!(!refused.stderr.contains("--workspace"), "{refused:?}");
    databases
        .run(&["workspaces", "delete", "site", "--yes"])
        .well();
    // Both ways out of a database without one.
    let refused = databases.run(&["history"]).badly(1);
    refused
        .saying("`access-groups import SITE.json`")
        .saying("`access-groups workspaces create NAME`");
}

#[cfg(unix)]
#[test]
fn serving_a_protected_file_warns() {
    let databases = Databases::imported();
    let path = databases.site.path().with_file_name("site.db");
    drop(of_nobody(&databases, &[]));
    allow(&path, 0o444);
    allow(path.parent().expect("a folder"), 0o777);
    let store = databases.store();
    let (mut server, address) = serve(of_nobody(&databases, &["--store", &store]));
    let note = server
        .note("warning: the database is away")
        .expect("a note");
    assert!(note.contains("may not write"), "{note}");
    assert!(note.contains("site.db"), "{note}");
    assert!(ask(&address, "GET /ready", &[], "").contains(" 503 "));
    for name in ["site.db", "site.db-wal", "site.db-shm"] {
        allow(&path.with_file_name(name), 0o666);
    }
    server.await_note("the database is back");
}

#[test]
fn a_current_store_needs_no_migration() {
    let databases = Databases::imported();
    let done = databases.run(&["migrate"]).well();
    assert!(done.stdout.contains("nothing was to do"), "{done:?}");
    let json = databases
        .run(&["migrate", "--format", "json"])
        .well()
        .json();
    assert_eq!(json["steps"].as_array().map(Vec::len), Some(0));
}

#[test]
fn what_only_reads_creates_no_file() {
    let databases = Databases::new();
    for arguments in [
        &["check-store"][..],
        &["history"],
        &["migrate"],
        &["backup", "copy.db"],
        &["workspaces"],
        &["workspaces", "delete", "site", "--yes"],
        &["keys"],
        &["keys", "revoke", "front desk"],
        &["export"],
        &["groups"],
        &["members", "Gym"],
        &["check", "--entrance", "Gym Door"],
        &["drift", "roster.csv"],
        &["users", "delete", "Ada Lovelace", "--yes"],
        &["add", "--user", "Ada Lovelace", "--group", "Gym"],
    ] {
        let refused = databases.run(arguments).badly(1).saying("no database");
        refused.saying("`import SITE.json`");
    }
    assert_eq!(databases.site.files(), ["site.json"]);
}

#[test]
fn other_stores_have_no_workspaces() {
    let site = Site::new();
    run(&site.file(), &["workspaces"])
        .badly(64)
        .saying("sqlite:SITE.db");
    run(&site.file(), &["groups", "--workspace", "a"])
        .badly(64)
        .saying("--workspace is for");
    run(&site.memory(), &["groups", "--actor", "a"])
        .badly(64)
        .saying("--actor is for");
    // A variable is for all commands of a shell.
    let mut command = binary(&["--store", &site.file(), "groups"]);
    command
        .env("ACCESS_GROUPS_WORKSPACE", "a")
        .env("ACCESS_GROUPS_ACTOR", "b");
    end(command).well();
    run("sqlite::memory:", &["groups"])
        .badly(64)
        .saying("memory:SITE.json");
}

#[test]
fn a_workspace_keeps_its_id_and_name() {
    const OTHER: &str = "77000000-0000-4000-8000-000000000009";
    let databases = Databases::new();
    let create = ["workspaces", "create", "Other", "--id", OTHER];
    databases.run(&create).well();
    let import = ["import", EXAMPLE, "--workspace", "Other"];
    let imported = databases.run(&import).well().stdout;
    let moved = format!("all of it is now that of Other ({OTHER})");
    assert!(
        imported.contains("that of the workspace Maple Court ("),
        "{imported}"
    );
    assert!(imported.contains(&moved), "{imported}");
    let listed = databases.run(&["workspaces", "--format", "json"]);
    let listed = listed.well().json();
    assert_eq!(listed["workspaces"][0]["workspace_id"], OTHER);
    assert_eq!(listed["workspaces"][0]["name"], "Other");
    databases.run(&["groups", "--workspace", "Other"]).well();
    let exported = databases.run(&["export"]).well().json();
    assert_eq!(exported["workspace"]["workspace_id"], OTHER);
    assert_eq!(exported["workspace"]["name"], "Other");
    // Somewhere else, it is the same site, under its own id and name.
    let text = databases.export();
    let copy = databases.site.with_file("copy.json", &text);
    let elsewhere = databases.named("copy.db");
    let imported = run(&elsewhere, &["import", &copy, "--format", "json"]);
    let imported = imported.well().json();
    assert_eq!(imported["workspace_id"], OTHER);
    assert_eq!(imported["site_workspace_id"], OTHER);
    assert_eq!(run(&elsewhere, &["export"]).well().stdout, text);
}

#[test]
fn an_import_is_in_the_history() {
    let databases = Databases::new();
    databases
        .run(&["import", EXAMPLE, "--actor", "marta"])
        .well();
    let history = databases.run(&["history"]).well().stdout;
    let line = history.lines().nth(1).unwrap_or_default();
    assert!(line.starts_with("a site was imported"), "{history}");
    assert!(line.ends_with("marta"), "{history}");
}

#[test]
fn a_mark_does_not_hide_what_is_imported() {
    let databases = Databases::new();
    let text = std::fs::read_to_string(EXAMPLE).expect("the example");
    let marked = databases
        .site
        .with_file("marked.json", &format!("\u{feff}{text}"));
    let imported = databases.run(&["import", &marked]).well().stdout;
    assert!(
        imported.starts_with("Imported 2 systems, 24 users"),
        "{imported}"
    );
}

#[cfg(unix)]
#[test]
fn what_never_ends_is_not_read() {
    let databases = Databases::new();
    let refused = databases.run(&["import", "/dev/zero"]).badly(1);
    refused.saying("it is neither a file nor a pipe");
}
