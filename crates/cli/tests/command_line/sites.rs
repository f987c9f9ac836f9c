//! `export` and `import`: a site as one file, from any store, into a new one.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
};

use access_groups_in_memory::{InMemory, SiteBuilder, State};

use crate::{
    harness::{Site, binary, end, run, serve_store},
    in_process::InProcess,
    scripted::Scripted,
};

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/maple-court/site.json"
);

fn example() -> String {
    fs::read_to_string(EXAMPLE).expect("the example")
}

/// What a store exports: all of it, and nothing beside it.
#[track_caller]
fn export(store: &str) -> String {
    run(store, &["export"]).well().stdout
}

#[test]
fn every_store_exports_the_same_bytes() {
    let expected = example();
    let memory = format!("memory:{EXAMPLE}");
    assert_eq!(export(&memory), expected, "from memory");
    let site = Site::new();
    site.write(&expected);
    assert_eq!(export(&site.file()), expected, "from a file");
    let (_server, address) = serve_store(&memory);
    assert_eq!(export(&address), expected, "over HTTP");
    assert_eq!(site.text(), expected, "and the file is as it was");
}

#[test]
fn imported_site_is_exported_again() {
    let (expected, site) = (example(), Site::new());
    let new = site.path().with_file_name("new.json");
    let store = format!("file:{}", new.display());
    let imported = run(&store, &["import", EXAMPLE]).well();
    assert_eq!(
        imported.stdout,
        format!(
            "Imported 2 systems, 24 users, 1 identity, 8 groups, 12 entrances, 42 memberships \
             into {}.\n",
            new.display()
        )
    );
    assert_eq!(fs::read_to_string(&new).expect("made"), expected);
    assert_eq!(export(&store), expected);
    let (_server, address) = serve_store(&store);
    assert_eq!(export(&address), expected);
    assert_eq!(site.files(), ["new.json", "new.json.lock", "site.json"]);
}

#[test]
fn direct_grants_are_exported_over_http() {
    let mut site = SiteBuilder::new();
    let [ada, grace] = site.users(["Ada", "Grace"]);
    let (gym, [gym_door, side_door]) = (site.group("Gym"), site.entrances(["Gym", "Side"]));
    site.members(gym, [ada]).opens(gym, [gym_door]);
    site.grant(ada, [side_door])
        .grant(grace, [gym_door, side_door]);
    site.new_system("West");
    let west = site.user("Ada");
    site.identity("Ada King", [ada, west]);
    let expected = site.build_state().to_site_json();
    assert!(expected.contains("entrance_grants"));
    let service = InProcess::serve(InMemory::new(site.build_state()));
    assert_eq!(export(&service.address), expected);
}

#[test]
fn long_list_is_exported_whole() {
    let mut site = SiteBuilder::new();
    let group = site.group("Everybody");
    for number in 0..State::USERS_PER_PAGE.get() + 7 {
        let user = site.user(format!("User {number}"));
        site.members(group, [user]);
    }
    let expected = site.build_state().to_site_json();
    let service = InProcess::serve(InMemory::new(site.build_state()));
    assert_eq!(export(&service.address), expected);
}

#[test]
fn failed_export_prints_nothing() {
    let service = Scripted::new(|path| match path {
        "/workspaces/get" => (
            200,
            r#"{"workspace":{"workspace_id":"00000000-0000-0000-0000-000000000007","name":"North"},"ok":true}"#,
        ),
        "/acs/systems/list" => (
            200,
            r#"{"acs_systems":[{"acs_system_id":"50000000-0000-4000-8000-000000000001","name":"Main"}],"ok":true}"#,
        ),
        _ => (503, "{}"),
    });
    run(&service.address, &["export"]).badly(69);
    let asked = service.asked();
    assert!(asked.contains(&"/acs/systems/list".to_owned()), "{asked:?}");
    assert!(asked.contains(&"/acs/users/list".to_owned()), "{asked:?}");
}

#[test]
fn nonempty_store_is_not_imported_into() {
    let site = Site::new();
    let before = site.text();
    run(&site.file(), &["import", EXAMPLE])
        .badly(1)
        .saying("is not empty: it holds 1 system, 2 users, 2 groups")
        .saying("name another file");
    assert_eq!(site.text(), before);
    site.write("no site at all");
    run(&site.file(), &["import", EXAMPLE])
        .badly(1)
        .saying("is not an empty store")
        .saying("name another file");
    assert_eq!(site.text(), "no site at all");
    site.write(r#"{"workspace": {"workspace_id": "77000000-0000-4000-8000-000000000001", "name": "North"}}"#);
    run(&site.file(), &["import", EXAMPLE])
        .badly(1)
        .saying("a workspace");
}

#[test]
fn empty_file_and_site_are_empty_stores() {
    for empty in ["", "\n", "{}"] {
        let site = Site::new();
        site.write(empty);
        let imported = run(&site.file(), &["import", EXAMPLE, "--format", "json"]).well();
        let document = imported.json();
        assert_eq!(document["command"], "import");
        for (key, count) in [
            ("acs_systems", 2),
            ("acs_users", 24),
            ("user_identities", 1),
            ("acs_access_groups", 8),
            ("acs_entrances", 12),
            ("memberships", 42),
            ("group_entrances", 25),
            ("entrance_grants", 0),
        ] {
            assert_eq!(document[key], count, "{key}: {document}");
        }
        assert_eq!(site.text(), example(), "{empty:?}");
    }
}

#[test]
fn other_stores_are_not_imported_into() {
    let site = Site::new();
    run("http://127.0.0.1:1", &["import", EXAMPLE])
        .badly(64)
        .saying("creates no systems, groups or entrances")
        .saying("sqlite:NEW.db");
    run(&site.memory(), &["import", EXAMPLE])
        .badly(64)
        .saying("forgets")
        .saying("sqlite:NEW.db");
    let nowhere = site.path().with_file_name("none").join("new.json");
    let nowhere = format!("file:{}", nowhere.display());
    run(&nowhere, &["import", EXAMPLE])
        .badly(1)
        .saying("a folder that exists");
    let lock = site.with_file("new.json.lock", "");
    let held = File::open(&lock).expect("there");
    held.try_lock().expect("free");
    let new = format!("file:{}", site.path().with_file_name("new.json").display());
    run(&new, &["import", EXAMPLE, "--lock-timeout", "0"])
        .badly(69)
        .saying(&lock);
    assert_eq!(site.files(), ["new.json.lock", "site.json"]);
}

#[test]
fn invalid_site_file_is_not_imported() {
    let site = Site::new();
    let bad = site.with_file("bad.json", r#"{"acs_users": [{}], "acs_user": []}"#);
    let new = format!("file:{}", site.path().with_file_name("new.json").display());
    run(&new, &["import", &bad])
        .badly(1)
        .saying("bad.json: the site file")
        .saying("$.acs_users[0].acs_user_id")
        .saying("$.acs_user:");
    run(&new, &["import", "none.json"])
        .badly(1)
        .saying("none.json");
    assert_eq!(site.files(), ["bad.json", "site.json"], "nothing was made");
}

#[test]
fn export_is_piped_into_import() {
    let site = Site::new();
    let new = site.path().with_file_name("new.json");
    let store = format!("file:{}", new.display());
    let mut import = binary(&["import", "-", "--store", &store]);
    import.stdin(Stdio::from(File::open(EXAMPLE).expect("the example")));
    end(import).well();
    assert_eq!(fs::read_to_string(new).expect("made"), example());
}

#[cfg(unix)]
#[test]
fn new_store_has_default_mode_and_follows_links() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let site = Site::new();
    let place = |name: &str| site.path().with_file_name(name);
    run(
        &format!("file:{}", place("new.json").display()),
        &["import", EXAMPLE],
    )
    .well();
    let mode = |path: &Path| fs::metadata(path).expect("there").mode();
    assert_eq!(mode(&place("new.json")), mode(&site.path()));

    site.with_file("empty.json", "");
    symlink("empty.json", place("link.json")).expect("a link");
    run(
        &format!("file:{}", place("link.json").display()),
        &["import", EXAMPLE],
    )
    .well();
    assert_eq!(
        fs::read_to_string(place("empty.json")).expect("there"),
        example()
    );
    assert!(
        fs::symlink_metadata(place("link.json"))
            .expect("there")
            .is_symlink()
    );
}

#[test]
fn completions_name_the_commands_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = end(binary(&["completions", shell])).well().stdout;
        for word in ["unsuspend", "completions", "--wait"] {
            let word = if shell == "fish" {
                word.trim_start_matches('-')
            } else {
                word
            };
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    end(binary(&["completions", "tcsh"]))
        .badly(64)
        .saying("elvish");
}

#[cfg(unix)]
#[test]
fn another_name_of_a_site_is_noted() {
    let site = Site::new();
    let other = site.path().with_file_name("other.json");
    std::fs::hard_link(site.path(), &other).expect("linked");
    let ended = run(&site.file(), &["groups"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("has another name (a hard link)"),
        "{ended:?}"
    );
    std::fs::remove_file(other).expect("removed");
    run(&site.file(), &["groups"]).well();
}
