//! `serve --config`: several workspaces on one server.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{ADA, Ended, GYM, KEY, POOL, Running, Site, binary, end, run};

const NORTH: &str = "77000000-0000-4000-8000-000000000001";
const SOUTH: &str = "77000000-0000-4000-8000-000000000002";
const SOUTH_KEY: &str = "seam_south";
/// `printf %s seam_south | sha256sum`
const SOUTH_DIGEST: &str =
    "sha256:f333abe98be147405b28d8a3b5e33b852993abfb3dcb4491e7434f856ab73815";
const BOTH: &str = "seam_at1_swordfish_both";

/// Two sites with the same people and groups, and the configuration that serves them.
struct Sites {
    north: Site,
    south: Site,
}

impl Sites {
    fn new() -> Self {
        let (north, south) = (Site::new(), Site::new());
        Self { north, south }
    }

    fn config(&self) -> Value {
        json!({
            "workspaces": [
                {"workspace_id": NORTH, "name": "North", "site": "site.json", "api_keys": [KEY]},
                {"workspace_id": SOUTH, "name": "South", "site": self.south.path(),
                 "api_keys": [SOUTH_DIGEST]},
            ],
            "personal_access_tokens": [{"token": BOTH, "workspace_ids": [NORTH, SOUTH]}],
        })
    }

    /// Writes the configuration next to the northern site.
    fn write(&self, config: &Value) -> String {
        let path = self.north.with_file("config.json", &config.to_string());
        only_for_me(&path);
        path
    }

    fn serve(&self, config: &Value) -> (Running, String) {
        let mut server = Running::start(serving(&self.write(config)));
        let line = server.line();
        let address = line.strip_prefix("listening on ").expect("an address");
        (server, address.trim_end().to_owned())
    }

    #[track_caller]
    fn refused(&self, config: &Value, code: i32) -> Ended {
        let ended = end(serving(&self.write(config))).badly(code);
        assert!(!ended.stderr.contains("swordfish"), "{ended:?}");
        ended
    }
}

#[cfg(unix)]
fn only_for_me(path: &str) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, mode).expect("set");
}

#[cfg(not(unix))]
fn only_for_me(_: &str) {}

fn serving(config: &str) -> Command {
    // Nobody lets go of a lock here.
    let now = ["--lock-timeout", "0"];
    binary(
        &[
            &["serve", "--listen", "127.0.0.1:0", "--config", config],
            &now[..],
        ]
        .concat(),
    )
}

/// Runs a command on the server with these variables for its credential.
fn call(address: &str, credential: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = binary(arguments);
    command.env("ACCESS_GROUPS_STORE", address);
    command.envs(credential.iter().copied());
    end(command)
}

fn token(workspace: &str) -> [(&'static str, &str); 2] {
    token_of(BOTH, workspace)
}

fn token_of<'a>(token: &'a str, workspace: &'a str) -> [(&'static str, &'a str); 2] {
    let token = ("SEAM_PERSONAL_ACCESS_TOKEN", token);
    [token, ("SEAM_WORKSPACE_ID", workspace)]
}

#[test]
fn token_opens_its_workspaces_only() {
    let sites = Sites::new();
    let mut config = sites.config();
    let only = "seam_at1_swordfish_north";
    let tokens = config["personal_access_tokens"].as_array_mut();
    tokens
        .expect("an array")
        .push(json!({"token": only, "workspace_ids": [NORTH]}));
    let (_server, address) = sites.serve(&config);
    call(&address, &token_of(only, NORTH), &["groups"]).well();
    call(&address, &token_of(only, SOUTH), &["groups"])
        .badly(4)
        .saying("the token, or the workspace for it, is unknown");
}

#[test]
fn each_credential_sees_its_workspace() {
    let sites = Sites::new();
    let (server, address) = sites.serve(&sites.config());
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    let members = |credential: &[(&str, &str)]| {
        let listed = call(&address, credential, &["members", POOL]);
        assert_eq!(listed.code, Some(0), "{listed:?}");
        listed.stdout.contains("Ada Lovelace")
    };
    assert!(members(&[("SEAM_API_KEY", KEY)]));
    assert!(members(&token(NORTH)));
    assert!(!members(&[("SEAM_API_KEY", SOUTH_KEY)]));
    assert!(!members(&token(SOUTH)));
    let elsewhere = "77000000-0000-4000-8000-000000000003";
    call(&address, &token(elsewhere), &["groups"])
        .badly(4)
        .saying("the token, or the workspace for it, is unknown");

    server.signal("TERM");
    let ended = server.end().saying("workspace 77000000");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for word in ["swordfish", SOUTH_DIGEST, "warning"] {
        assert!(!ended.stderr.contains(word), "{ended:?}");
    }
}

#[test]
fn each_site_file_is_locked_and_saved() {
    let sites = Sites::new();
    let untouched = sites.south.text();
    let (server, address) = sites.serve(&sites.config());
    for site in [&sites.north, &sites.south] {
        run(&site.file(), &["groups", "--lock-timeout", "0"])
            .badly(69)
            .saying("serve");
    }
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    sites.north.await_member(ADA, POOL);
    run(&address, &["remove", "--user", ADA, "--group", GYM]).well();
    let south = [("SEAM_API_KEY", SOUTH_KEY)];
    let join = ["add", "--user", ADA, "--group", POOL];
    assert_eq!(sites.south.text(), untouched, "nobody has changed it");
    assert_eq!(call(&address, &south, &join).code, Some(0));
    sites.south.await_member(ADA, POOL); // the second site is saved while serving, too
    let leave = ["remove", "--user", ADA, "--group", GYM];
    assert_eq!(call(&address, &south, &leave).code, Some(0));
    server.signal("TERM");
    assert_eq!(server.end().code, Some(0));

    let saved: Value = serde_json::from_str(&sites.south.text()).expect("JSON");
    assert_eq!(saved["memberships"].as_array().map(Vec::len), Some(1));
    let saved: Value = serde_json::from_str(&sites.north.text()).expect("JSON");
    assert_eq!(
        saved["workspace"],
        json!({"workspace_id": NORTH, "name": "North"})
    );
    assert_eq!(saved["memberships"].as_array().map(Vec::len), Some(1));
    assert_eq!(saved["memberships"][0]["acs_access_group_id"], POOL);
    // What it holds now is served again.
    let (_server, address) = sites.serve(&sites.config());
    run(&address, &["members", POOL]).well();
}

#[test]
fn all_problems_of_a_configuration_are_reported() {
    let sites = Sites::new();
    let wrong = sites
        .north
        .with_file("wrong.json", r#"{"acs_user": [], "acs_users": 1}"#);
    let theirs = format!(r#"{{"workspace": {{"workspace_id": "{SOUTH}", "name": "S"}}}}"#);
    let theirs = sites.north.with_file("theirs.json", &theirs);
    let id = |number: u8| format!("77000000-0000-4000-8000-00000000000{number}");
    let workspace = |number: u8, site: &str, key: &str| json!({"workspace_id": id(number), "name": "W", "site": site, "api_keys": [key]});
    let config = json!({
        "workspaces": [
            workspace(1, "site.json", "seam_swordfish_1"),
            workspace(3, "./site.json", "seam_swordfish_1"),
            workspace(4, "none.json", "seam_at_swordfish"),
            workspace(5, &wrong, "seam_swordfish_5"),
            workspace(6, &theirs, "seam_swordfish_6"),
            {"workspace_id": "seam_swordfish_7", "name": "W", "site": "none.json"},
        ],
    });
    let ended = sites
        .refused(&config, 1)
        .saying("config.json has 8 problems:");
    for problem in [
        "$.workspaces[1].site: the same file as $.workspaces[0].site\n",
        "$.workspaces[1].api_keys[0]: the same secret as $.workspaces[0].api_keys[0]\n",
        "$.workspaces[2].site: the site file ",
        "$.workspaces[2].api_keys[0]: a personal access token (seam_at…) is not an API key",
        "$.workspaces[3].site: ",
        "    $.acs_user: no such part",
        "    $.acs_users: expected an array, found a number\n",
        "$.workspaces[4].site: ",
        "the site is that of workspace 77000000-0000-4000-8000-000000000002, not of \
         77000000-0000-4000-8000-000000000006\n",
        "$.workspaces[5].workspace_id: this is not an id",
        "$.workspaces[5].site: the site file ",
    ] {
        assert!(
            ended.stderr.contains(problem),
            "{problem:?} is not in {ended:?}"
        );
    }
}

#[test]
fn unknown_member_of_a_configuration_is_reported() {
    let sites = Sites::new();
    let mut config = sites.config();
    config["workspaces"][1]["key"] = json!("seam_swordfish");
    sites
        .refused(&config, 1)
        .saying(
            "config.json has a problem:\n  $.workspaces[1].key: unknown member, expected one of",
        )
        .saying("hint: fix the listed problems");
}

#[test]
fn locked_site_of_a_workspace_is_69() {
    let sites = Sites::new();
    let (_server, _) = sites.serve(&sites.config());
    sites
        .refused(&sites.config(), 69)
        .saying("$.workspaces[0].site: /")
        .saying("$.workspaces[1].site: /")
        .saying("site.json is in use: after 0 s, ");
}

#[test]
fn configuration_replaces_store_and_keys() {
    let sites = Sites::new();
    let config = sites.write(&sites.config());
    let memory = sites.north.memory();
    for option in [["--store", memory.as_str()], ["--api-key-file", "keys"]] {
        for before in [true, false] {
            let mut line = vec!["serve", "--config", &config];
            match before {
                true => line.splice(0..0, option).for_each(drop),
                false => line.extend(option),
            }
            end(binary(&line)).badly(64).saying("leave --store and");
        }
    }
    // The variables are for other commands, too: they do not disturb.
    let mut command = serving(&config);
    command.env("ACCESS_GROUPS_STORE", "nonsense");
    command.env("ACCESS_GROUPS_API_KEY", "nonsense");
    let mut server = Running::start(command);
    assert!(server.line().starts_with("listening on "));
    end(serving("none.json"))
        .badly(1)
        .saying("the configuration none.json cannot be read")
        .saying("--config");
}

#[cfg(unix)]
#[test]
fn readable_secrets_are_warned_about() {
    use std::os::unix::fs::PermissionsExt;
    let sites = Sites::new();
    let warned = |config: &Value, mode| {
        let path = sites.write(config);
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&path, permissions).expect("set");
        let mut server = Running::start(serving(&path));
        server.line();
        server.signal("TERM");
        let ended = server.end();
        assert!(!ended.stderr.contains("swordfish"), "{ended:?}");
        ended.stderr.contains("config.json holds secrets")
    };
    let secrets = sites.config();
    let mut digests = sites.config();
    digests["workspaces"][0]["api_keys"] = json!([format!("sha256:{}", "0".repeat(64))]);
    digests["personal_access_tokens"] = json!([]);
    assert!(warned(&secrets, 0o644));
    assert!(warned(&secrets, 0o640));
    assert!(!warned(&secrets, 0o600));
    assert!(!warned(&digests, 0o644));
}

#[test]
fn each_workspace_counts_its_own_faults() {
    let sites = Sites::new();
    let plan = r#"{"rules": [{"nth": 1, "error": "conflict"}]}"#;
    let plan = sites.north.with_file("faults.json", plan);
    let mut command = serving(&sites.write(&sites.config()));
    command.args(["--faults", &plan]);
    let mut server = Running::start(command);
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("an address");
    for key in [KEY, SOUTH_KEY] {
        let members = || {
            let mut command = binary(&["--store", address.trim_end(), "members", GYM]);
            command.env("SEAM_API_KEY", key);
            end(command)
        };
        members().badly(1).saying("injected");
        members().well();
    }
    server.signal("TERM");
    let ended = server.end();
    for id in [NORTH, SOUTH] {
        let told = format!("faults of workspace {id}: seed 0: ");
        assert!(ended.stderr.contains(&told), "{ended:?}");
    }
}
