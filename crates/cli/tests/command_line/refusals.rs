//! What goes wrong, with which exit code, and what the person reads.

use std::fs::{self, File};

use crate::{
    harness::{ADA, GYM, KEY, POOL, Site, binary, end, run},
    scripted::{Script, Scripted},
};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn missing_store_is_explained() {
    end(binary(&["groups"]))
        .badly(64)
        .saying("memory:SITE.json");
    run("", &["groups"]).badly(64).saying("memory:SITE.json");
    run("site.json", &["groups"])
        .badly(64)
        .saying("file:SITE.json");
    end(binary(&["--store", "", "groups"])).badly(64);
}

#[test]
fn wrong_command_line_is_64() {
    let site = Site::new();
    let nameless = ["add", "--user", " ", "--group", GYM];
    run(&site.file(), &nameless)
        .badly(64)
        .saying("--user")
        .saying("at least one character");
    run(&site.file(), &["add", "--user", ADA]).badly(64);
    run(&site.file(), &["open"]).badly(64);
    assert_eq!(run(&site.file(), &[]).code, Some(64));
    let help = end(binary(&["--help"])).well();
    assert!(help.stdout.contains("Exit codes:"));
    end(binary(&["--version"])).well();
}

#[test]
fn unknown_user_or_group_is_1() {
    let site = Site::new();
    let before = site.text();
    for verb in ["add", "remove"] {
        run(&site.file(), &[verb, "--user", NOBODY, "--group", GYM])
            .badly(1)
            .saying("no ACS user");
        run(&site.file(), &[verb, "--user", ADA, "--group", NOBODY])
            .badly(1)
            .saying("no access group");
    }
    run(&site.file(), &["members", NOBODY]).badly(1);
    for option in ["--group", "--user"] {
        run(&site.file(), &["entrances", "list", option, NOBODY]).badly(1);
    }
    assert_eq!(site.text(), before);
}

#[test]
fn locked_site_is_69() {
    let site = Site::new();
    let lock = site.with_file("site.json.lock", "");
    let held = File::open(&lock).expect("there");
    held.try_lock().expect("free");
    let now = ["groups", "--lock-timeout", "0"];
    run(&site.file(), &now).badly(69).saying(&lock);
    run(&site.memory(), &["groups"]).well();
    held.unlock().expect("unlocked"); // closing leaves it to a child on its way to exec
    run(&site.file(), &["groups"]).well();
}

#[test]
fn invalid_site_is_1_and_unchanged() {
    let site = Site::new();
    let text = site.text();
    let half = &text[..text.len() / 2];
    site.write(half);
    let add = ["add", "--user", ADA, "--group", GYM];
    for store in [site.file(), site.memory()] {
        run(&store, &add)
            .badly(1)
            .saying("site.json: the site file")
            .saying("restore a copy");
    }
    assert_eq!(site.text(), half);
    site.write(r#"{"acs_users": [{}], "acs_user": []}"#);
    run(&site.file(), &add)
        .badly(1)
        .saying("$.acs_users[0].acs_user_id")
        .saying("$.acs_user:");
}

#[test]
fn missing_site_is_1_with_an_example() {
    for store in ["memory:none.json", "file:none.json"] {
        run(store, &["groups"])
            .badly(1)
            .saying("none.json")
            .saying("such as examples/maple-court/site.json");
    }
}

#[test]
fn folder_instead_of_site_is_1() {
    let site = Site::new();
    let folder = site
        .path()
        .parent()
        .expect("a folder")
        .display()
        .to_string();
    for kind in ["memory", "file"] {
        run(&format!("{kind}:{folder}"), &["groups"])
            .badly(1)
            .saying(&folder)
            .saying("name a site file in that folder");
    }
    assert_eq!(site.files(), ["site.json"]);
}

#[test]
fn a_service_that_is_not_there_is_69() {
    run("http://127.0.0.1:1", &["members", GYM])
        .badly(69)
        .saying("try again");
}

#[test]
fn page_of_a_proxy_refuses_no_key() {
    for script in [
        (|_| (200, "<!doctype html><title>Sign in</title>")) as Script,
        |_| (403, "<html>Blocked</html>"),
        |_| (403, r#"{"message":"Forbidden"}"#),
    ] {
        let service = Scripted::new(script);
        let refused = run(&service.address, &["groups"])
            .badly(69)
            .saying("a sign-in page, or a proxy on the way")
            .saying("application/json");
        assert!(!refused.stderr.contains("SEAM_API_KEY"), "{refused:?}");
    }
}

#[test]
fn unreadable_row_is_named() {
    let service = Scripted::new(|_| {
        let body = r#"{"ok":true,"acs_access_groups":[{
            "acs_access_group_id":"60000000-0000-4000-8000-000000000007",
            "acs_system_id":"50000000-0000-4000-8000-000000000001","name":null}]}"#;
        (200, body)
    });
    run(&service.address, &["groups"])
        .badly(1)
        .saying("acs_access_groups[0].name")
        .saying("60000000-0000-4000-8000-000000000007");
}

#[test]
fn workspace_beside_a_key_is_noted() {
    let mut command = binary(&["--store", "http://127.0.0.1:1", "groups"]);
    command.env("SEAM_API_KEY", KEY);
    command.env("SEAM_WORKSPACE_ID", NOBODY);
    let ended = end(command);
    assert_eq!(ended.code, Some(69), "{ended:?}");
    ended.saying("note: SEAM_WORKSPACE_ID is ignored");
}

#[test]
fn unreadable_proxy_is_named_and_not_shown() {
    let mut command = binary(&["--store", "https://doors.invalid", "groups"]);
    command.env("SEAM_API_KEY", KEY);
    command.env("https_proxy", "http://ada:swordfish@");
    let refused = end(command)
        .badly(64)
        .saying("https_proxy is not a proxy")
        .saying("it names no host")
        .saying("NO_PROXY");
    assert!(!refused.stderr.contains("swordfish"), "{refused:?}");
}

#[test]
fn invalid_key_is_not_sent() {
    let site = Site::new();
    let service = ["--store", "http://127.0.0.1:1", "groups"];
    end(binary(&service)).badly(4).saying("SEAM_API_KEY");

    let mut command = binary(&service);
    command.env("SEAM_API_KEY", "swordfish");
    let refused = end(command).badly(4).saying("https://console.seam.co");
    assert!(!refused.stderr.contains("swordfish"), "{refused:?}");

    let mut command = binary(&service);
    command.env("SEAM_API_KEY", KEY);
    command.env("SEAM_PERSONAL_ACCESS_TOKEN", "seam_at1_a");
    end(command).badly(4).saying("both set");

    let file = site.with_file("key", "swordfish\n");
    let mut command = binary(&service);
    command.args(["--api-key-file", &file]);
    let refused = end(command)
        .badly(4)
        .saying(&file)
        .saying("https://console.seam.co");
    assert!(!refused.stderr.contains("swordfish"), "{refused:?}");

    let file = site.with_file("token", "seam_at1_swordfish\n");
    let mut command = binary(&service);
    command.args(["--api-key-file", &file]);
    let refused = end(command)
        .badly(4)
        .saying("a personal access token (seam_at…)")
        .saying("SEAM_PERSONAL_ACCESS_TOKEN")
        .saying("SEAM_WORKSPACE_ID");
    assert!(!refused.stderr.contains("swordfish"), "{refused:?}");

    let mut command = binary(&service);
    command.env("SEAM_PERSONAL_ACCESS_TOKEN", "seam_at1_a");
    end(command).badly(4).saying("SEAM_WORKSPACE_ID");

    let mut command = binary(&service);
    command.env("SEAM_PERSONAL_ACCESS_TOKEN", "seam_at1 a");
    command.env("SEAM_WORKSPACE_ID", NOBODY);
    end(command).badly(4).saying("SEAM_PERSONAL_ACCESS_TOKEN: ");

    let mut command = binary(&service);
    command.args(["--api-key-file", "none.key"]);
    end(command)
        .badly(4)
        .saying("none.key")
        .saying("--api-key-file");
}

#[test]
fn key_is_not_sent_unencrypted() {
    run("http://doors.example", &["groups"])
        .badly(64)
        .saying("--allow-insecure-http");
}

#[test]
fn change_that_cannot_be_saved_is_1() {
    let site = Site::new();
    let before = site.text();
    let mut permissions = fs::metadata(site.path()).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(site.path(), permissions).expect("set");
    run(&site.file(), &["add", "--user", ADA, "--group", POOL])
        .badly(1)
        .saying("could not be saved")
        .saying("caused by: a save writes a new file and replaces the old one: make the folder and")
        .saying("(the file is read-only)")
        .saying("hint: memory:SITE.json instead of file:");
    assert_eq!(site.text(), before);
    assert_eq!(site.files(), ["site.json", "site.json.lock"]);
    let unchanged = ["add", "--user", ADA, "--group", GYM];
    run(&site.file(), &unchanged).well(); // it needs no save
}

#[test]
fn unusable_lock_file_is_1_with_a_hint() {
    let site = Site::new();
    fs::create_dir(site.path().with_file_name("site.json.lock")).expect("in the way");
    run(&site.file(), &["groups"])
        .badly(1)
        .saying("the lock file ")
        .saying("hint: make the folder writable")
        .saying("memory:SITE.json neither locks nor writes");
}
