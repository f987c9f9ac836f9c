//! `keys`: created and shown once, listed by fingerprint, revoked by name.

use std::{
    fs::OpenOptions,
    io,
    process::{Output, Stdio},
};

use crate::{
    databases::Databases,
    harness::{binary, end},
};

#[test]
fn a_key_is_shown_once() {
    let databases = Databases::imported();
    let created = databases.run(&["keys", "create", "--name", "night shift"]);
    assert_eq!(created.code, Some(0), "{created:?}");
    let key = created.stdout.trim_end();
    assert!(
        key.starts_with("seam_test") && !key.contains(char::is_whitespace),
        "{created:?}"
    );
    assert!(
        created.stderr.contains("night shift (sha256:"),
        "{created:?}"
    );
    assert!(!created.stderr.contains(key), "{created:?}");
    for format in ["human", "json", "csv"] {
        let listed = databases.run(&["keys", "--format", format]).well().stdout;
        assert!(
            listed.contains("night shift") && listed.contains("sha256:"),
            "{listed}"
        );
        assert!(!listed.contains(key), "{listed}");
    }
}

#[test]
fn a_key_is_named_after_who_creates_it() {
    let databases = Databases::imported();
    let mut command = binary(&["--store", &databases.store(), "keys", "create"]);
    command
        .env("ACCESS_GROUPS_ACTOR", "porter")
        .env("USER", "root");
    let created = end(command);
    assert!(
        created.stderr.contains("created the key porter ("),
        "{created:?}"
    );
    let json = databases
        .run(&["keys", "create", "--format", "json", "--actor", "ada"])
        .well();
    let json = json.json();
    assert_eq!(
        (&json["name"], &json["kind"]),
        (&"ada".into(), &"key".into())
    );
    assert!(
        json["key"]
            .as_str()
            .is_some_and(|key| key.starts_with("seam_test"))
    );
}

#[test]
fn a_token_opens_several_workspaces() {
    let databases = Databases::imported();
    databases.run(&["workspaces", "create", "South"]).well();
    let both = ["--workspace", "site", "--workspace", "South"];
    let key = [&["keys", "create"][..], &both].concat();
    databases
        .run(&key)
        .badly(64)
        .saying("a key opens one workspace");
    let token = [&["keys", "create", "--token", "--name", "t"][..], &both].concat();
    let created = databases.run(&token);
    assert!(created.stdout.starts_with("seam_at1_"), "{created:?}");
    let listed = databases.run(&["keys", "--format", "json"]).well().json();
    assert_eq!(listed["keys"].as_array().map(Vec::len), Some(2));
    let of_one = databases
        .run(&["keys", "revoke", "t", "--workspace", "South"])
        .well();
    assert!(of_one.stdout.contains("which opened South."), "{of_one:?}");
    let listed = databases.run(&["keys", "--format", "json"]).well().json();
    assert_eq!(listed["keys"].as_array().map(Vec::len), Some(1));
    databases.run(&["keys", "revoke", "t"]).well();
    databases.run(&["keys"]).saying("no keys");
}

#[test]
fn only_one_key_is_revoked() {
    let databases = Databases::imported();
    databases.run(&["workspaces", "create", "North"]).well();
    for workspace in ["site", "North"] {
        let create = ["keys", "create", "--name", "porter"];
        databases.run(&[&create[..], &["--workspace", workspace]].concat());
    }
    let refused = databases.run(&["keys", "revoke", "Porter"]).badly(1);
    refused
        .saying("several keys match Porter")
        .saying("sha256:")
        .saying("nothing was revoked");
    let listed = databases.run(&["keys", "--format", "json"]).well().json();
    let fingerprint = listed["keys"][0]["fingerprint"]
        .as_str()
        .expect("a text")
        .to_owned();
    databases.run(&["keys", "revoke", &fingerprint]).well();
    databases
        .run(&["keys", "revoke", &fingerprint])
        .badly(1)
        .saying("there is no key");
    databases.run(&["keys", "revoke", "porter"]).well();
    databases.run(&["keys", "revoke", "sha256:"]).badly(1);
}

#[test]
fn a_key_is_never_an_argument() {
    let databases = Databases::imported();
    let key = databases.run(&["keys", "create", "--name", "k"]).stdout;
    let key = key.trim_end();
    let refused = databases.run(&["keys", "revoke", key]).badly(64);
    assert!(!refused.stderr.contains(key), "{refused:?}");
    // What the hint says is what revokes it.
    let hint = refused.stderr.split("keys revoke ").nth(1).expect("a hint");
    let fingerprint = hint.split('`').next().expect("a command");
    databases.run(&["keys", "revoke", fingerprint]).well();
}

/// Creates a key whose output goes there.
fn create_into(databases: &Databases, format: &str, stdout: Stdio) -> Output {
    let mut command = binary(&["--store", &databases.store(), "--format", format]);
    let create = ["keys", "create", "--name", "k"];
    command.args(create).stdout(stdout);
    command.output().expect("it runs")
}

#[test]
fn a_key_that_nobody_sees_is_revoked() {
    let databases = Databases::imported();
    for format in ["human", "json"] {
        let (reader, closed) = io::pipe().expect("a pipe");
        drop(reader);
        // A disk without space, where there is such a file.
        let full = OpenOptions::new().write(true).open("/dev/full").ok();
        for stdout in [Some(closed.into()), full.map(Stdio::from)] {
            let Some(stdout) = stdout else {
                continue;
            };
            let ended = create_into(&databases, format, stdout);
            let words = String::from_utf8(ended.stderr).expect("text");
            assert_eq!(ended.status.code(), Some(1), "{words}");
            assert!(words.contains("no key was created"), "{words}");
            databases.run(&["keys"]).saying("no keys");
        }
    }
}

#[test]
fn a_name_is_that_of_one_key() {
    let databases = Databases::imported();
    let create = [
        "keys",
        "create",
        "--workspace",
        "site",
        "--name",
        "front desk",
    ];
    assert_eq!(databases.run(&create).code, Some(0));
    let refused = databases.run(&[
        "keys",
        "create",
        "--workspace",
        "site",
        "--name",
        "Front Desk",
    ]);
    refused
        .badly(1)
        .saying("has a key front desk already")
        .saying("--name NAME");
    databases.run(&["workspaces", "create", "North"]).well();
    // Another workspace has its own.
    let elsewhere = [
        "keys",
        "create",
        "--workspace",
        "North",
        "--name",
        "front desk",
    ];
    assert_eq!(databases.run(&elsewhere).code, Some(0));
    let refused = databases.run(&["workspaces", "create", "NORTH"]).badly(1);
    refused.saying("there is a workspace NORTH already");
}

#[test]
fn a_key_of_nobody_needs_a_name() {
    let databases = Databases::imported();
    let mut command = binary(&["--store", &databases.store(), "keys", "create"]);
    for name in ["USER", "LOGNAME", "USERNAME"] {
        command.env_remove(name);
    }
    end(command).badly(64).saying("--name NAME");
}
