//! A site file that other programs write, too: nothing of theirs is lost, and it is told where it is.

use std::fs;

use crate::harness::{ADA, POOL, Site, run, serve_store};

/// The one file that was set aside.
#[track_caller]
fn aside(site: &Site) -> (String, String) {
    let files = site.files();
    let is_aside = |name: &&String| name.starts_with("site.json.changed-");
    let [name] = &files.iter().filter(is_aside).collect::<Vec<_>>()[..] else {
        panic!("{files:?}");
    };
    let text = fs::read_to_string(site.path().with_file_name(name)).expect("readable");
    ((*name).clone(), text)
}

#[test]
fn server_sets_a_foreign_text_aside() {
    let site = Site::new();
    let (server, address) = serve_store(&site.file());
    let foreign = site.text().replace("Ada Lovelace", "Ada King");
    site.write(&foreign);
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.signal("TERM");
    let ended = server.end();
    let (name, text) = aside(&site);
    assert_eq!(text, foreign);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("warning: "), "{ended:?}");
    assert!(ended.stderr.contains(&name), "{ended:?}");
    assert!(site.text().contains("Ada Lovelace"));
    let members = run(&site.file(), &["members", POOL]).well().stdout;
    assert!(members.contains("Ada Lovelace"), "{members}");
}

#[test]
fn server_writes_a_deleted_file_again() {
    let site = Site::new();
    let (server, address) = serve_store(&site.file());
    fs::remove_file(site.path()).expect("removed");
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.signal("TERM");
    let ended = server.end();
    assert!(ended.stderr.contains("was deleted meanwhile"), "{ended:?}");
    assert_eq!(site.files(), ["site.json", "site.json.lock"]);
}

/// What a save left that was interrupted at the worst moment.
#[test]
fn any_command_finds_what_a_crash_left() {
    let site = Site::new();
    site.with_file(".site.json.access-groups-a1B2c3.tmp", "half a te");
    let prints = "0000000000000001-0000000000000002";
    site.with_file(
        &format!(".site.json.access-groups-a1B2c3-{prints}.old"),
        "foreign",
    );
    let listed = run(&site.file(), &["members", POOL, "--format", "json"]);
    assert_eq!(listed.code, Some(0));
    let (name, text) = aside(&site);
    assert_eq!(text, "foreign");
    let warning = listed
        .stderr
        .lines()
        .find(|line| line.starts_with("warning: "));
    assert!(
        warning.is_some_and(|line| line.ends_with(&name)),
        "{listed:?}"
    );
    assert_eq!(site.files(), ["site.json", &name, "site.json.lock"]);
    let again = run(&site.file(), &["members", POOL]);
    assert_eq!(again.stderr, "no members\n");
}
