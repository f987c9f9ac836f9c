//! `SIGHUP` to `serve`: keys and workspaces change, and everybody is served meanwhile.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, thread};

use serde_json::{Value, json};

use crate::harness::{
    ADA, GYM, KEY, POOL, Running, Site, ask, await_that, binary, end, run, serve, serve_store,
    status_of,
};

const NORTH: &str = "77000000-0000-4000-8000-000000000001";
const SOUTH: &str = "77000000-0000-4000-8000-000000000002";
const SOUTH_KEY: &str = "seam_south_swordfish_1";
const NEW_KEY: &str = "seam_new_swordfish_123";

/// Two sites, and a configuration that names one or both.
struct Sites {
    north: Site,
    south: Site,
}

impl Sites {
    fn new() -> Self {
        let (north, south) = (Site::new(), Site::new());
        Self { north, south }
    }

    fn north(&self) -> Value {
        json!({"workspace_id": NORTH, "name": "North", "site": self.north.path(), "api_keys": [KEY]})
    }

    fn south(&self) -> Value {
        json!({"workspace_id": SOUTH, "name": "South", "site": self.south.path(),
               "api_keys": [SOUTH_KEY]})
    }

    /// Writes the configuration next to the northern site, and moves it into place.
    fn write(&self, config: &Value) -> String {
        let path = self.north.with_file("config.new", &config.to_string());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        let place = Path::new(&path).with_file_name("config.json");
        fs::rename(&path, &place).expect("moved");
        place.display().to_string()
    }

    fn serve(&self, workspaces: &[Value]) -> (Running, String) {
        self.serve_with(&json!({"workspaces": workspaces}), &[])
    }

    fn serve_with(&self, config: &Value, options: &[&str]) -> (Running, String) {
        // Nobody lets go of a lock here.
        let mut command = binary(&["--lock-timeout", "0"]);
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--config",
            &self.write(config),
        ]);
        listening(command, options)
    }

    /// Reloads these workspaces; answers what the server says of it.
    fn reload(&self, server: &mut Running, workspaces: &[Value]) -> String {
        self.write(&json!({"workspaces": workspaces}));
        server.signal("HUP");
        server.note("reloaded ").expect("it says so")
    }
}

fn listening(mut command: Command, options: &[&str]) -> (Running, String) {
    command.args(options);
    let mut server = Running::start(command);
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("an address");
    (server, address.trim_end().to_owned())
}

fn add(address: &str, key: &str) -> String {
    let bearer = format!("authorization: Bearer {key}");
    let body = format!(r#"{{"acs_user_id":"{ADA}","acs_access_group_id":"{POOL}"}}"#);
    let headers = [&*bearer, "content-type: application/json"];
    ask(
        address,
        "POST /acs/users/add_to_access_group",
        &headers,
        &body,
    )
}

#[track_caller]
fn end_well(server: Running) -> String {
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("swordfish"), "{ended:?}");
    ended.stderr
}

#[test]
fn keys_come_and_go_with_a_reload() {
    let sites = Sites::new();
    let (mut server, address) = sites.serve(&[sites.north()]);
    let mut changed = sites.north();
    changed["api_keys"] = json!([NEW_KEY]);
    let told = sites.reload(&mut server, &[changed]);
    for part in [
        "config.json: keys and tokens added: 1 [sha256:",
        "]; keys and tokens removed: 1 [sha256:",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains("swordfish"), "{told}");
    assert_eq!(
        (status_of(&address, KEY), status_of(&address, NEW_KEY)),
        (401, 200)
    );
    server.signal("HUP");
    let told = server.note("reloaded ").expect("a line");
    assert!(
        told.ends_with("config.json: nothing has changed\n"),
        "{told}"
    );
    end_well(server);
}

#[test]
fn a_bad_configuration_changes_nothing() {
    let sites = Sites::new();
    let (mut server, address) = sites.serve(&[sites.north()]);
    let (mut north, mut south) = (sites.south(), sites.south());
    north["site"] = json!("none.json");
    north["api_keys"] = json!(["seam_"]);
    south["api_keys"] = json!([NEW_KEY]);
    sites.write(&json!({"workspaces": [north, south]}));
    server.signal("HUP");
    let told = server.note("error: ").expect("a line");
    assert!(told.contains("config.json has 3 problems:"), "{told}");
    for place in [
        "  $.workspaces[0].api_keys[0]: there is nothing behind seam_",
        "  $.workspaces[1].workspace_id: the same workspace id as",
        "  $.workspaces[0].site: the site file",
        "  hint: nothing was reloaded: the server goes on as before",
    ] {
        server.await_note(place);
    }
    assert_eq!(
        (status_of(&address, KEY), status_of(&address, NEW_KEY)),
        (200, 401)
    );
    // Nothing of it is open.
    let now = ["groups", "--lock-timeout", "0"];
    run(&sites.south.file(), &now).well();
    end_well(server);
}

#[test]
fn workspaces_come_and_go_with_a_reload() {
    let sites = Sites::new();
    let (mut server, address) = sites.serve(&[sites.north()]);
    assert_eq!(status_of(&address, SOUTH_KEY), 401);
    let told = sites.reload(&mut server, &[sites.north(), sites.south()]);
    let added = format!("workspaces added: 1 [{SOUTH} (South)]; keys and tokens added: 1 [");
    assert!(told.contains(&added), "{told}");
    assert!(add(&address, SOUTH_KEY).starts_with("HTTP/1.1 200"));

    let told = sites.reload(&mut server, &[sites.north()]);
    assert!(
        told.contains(&format!("workspaces removed: 1 [{SOUTH} (South)]")),
        "{told}"
    );
    assert_eq!(
        (status_of(&address, KEY), status_of(&address, SOUTH_KEY)),
        (200, 401)
    );
    server.await_note("closed ");
    let now = ["members", POOL, "--lock-timeout", "0"];
    let members = run(&sites.south.file(), &now);
    assert!(members.stdout.contains("Ada Lovelace"), "{members:?}");

    let mut renamed = sites.north();
    renamed["name"] = json!("Far North");
    let told = sites.reload(&mut server, &[renamed]);
    assert!(told.contains("workspaces renamed: 1 ["), "{told}");
    let bearer = format!("authorization: Bearer {KEY}");
    let answer = ask(&address, "GET /workspaces/get", &[&bearer], "");
    assert!(answer.contains("Far North"), "{answer}");
    end_well(server);
}

fn set_read_only(site: &Site, is_read_only: bool) {
    let mode = if is_read_only { 0o400 } else { 0o600 };
    fs::set_permissions(site.path(), fs::Permissions::from_mode(mode)).expect("set");
}

#[test]
fn a_site_that_cannot_be_saved_is_kept() {
    let sites = Sites::new();
    let (mut server, address) = sites.serve(&[sites.north(), sites.south()]);
    set_read_only(&sites.south, true);
    assert!(add(&address, SOUTH_KEY).starts_with("HTTP/1.1 200"));
    server.await_note("error: ");
    sites.reload(&mut server, &[sites.north()]);
    assert_eq!(status_of(&address, SOUTH_KEY), 401);
    let now = ["members", POOL, "--lock-timeout", "0"];
    run(&sites.south.file(), &now).badly(69);
    // It is served again, with what is not saved.
    let told = sites.reload(&mut server, &[sites.north(), sites.south()]);
    assert!(told.contains("workspaces added: 1 "), "{told}");
    let bearer = format!("authorization: Bearer {SOUTH_KEY}");
    let list = format!(r#"{{"acs_access_group_id":"{POOL}"}}"#);
    let headers = [&*bearer, "content-type: application/json"];
    let members = ask(
        &address,
        "POST /acs/access_groups/list_users",
        &headers,
        &list,
    );
    assert!(members.contains("Ada Lovelace"), "{members}");

    sites.reload(&mut server, &[sites.north()]);
    set_read_only(&sites.south, false);
    server.await_note("closed ");
    run(&sites.south.file(), &now).well();
    let ready = ask(&address, "GET /ready", &[], "");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    end_well(server);
}

#[test]
fn what_left_unsaved_is_told_at_the_end() {
    let sites = Sites::new();
    let (mut server, address) = sites.serve(&[sites.north(), sites.south()]);
    set_read_only(&sites.south, true);
    assert!(add(&address, SOUTH_KEY).starts_with("HTTP/1.1 200"));
    sites.reload(&mut server, &[sites.north()]);
    server.signal("TERM");
    let ended = server.end().saying("read-only");
    assert_eq!(ended.code, Some(1), "{ended:?}");
}

#[test]
fn calls_in_flight_outlive_their_workspace() {
    let sites = Sites::new();
    let plan = r#"{"rules": [{"operations": ["add_user"], "nth": 1, "wait_ms": 1500}]}"#;
    let plan = sites.north.with_file("faults.json", plan);
    let config = json!({"workspaces": [sites.north(), sites.south()]});
    let options = ["--faults", &plan, "--metrics", "127.0.0.1:0"];
    let (mut server, address) = sites.serve_with(&config, &options);
    let metrics = server.note("metrics: ").expect("a line");
    let metrics = metrics
        .strip_prefix("metrics: ")
        .expect("an address")
        .trim_end();
    let metrics = metrics.strip_suffix("/metrics").expect("a path").to_owned();
    let call = thread::spawn(move || add(&address, SOUTH_KEY));
    await_that(|| ask(&metrics, "GET /metrics", &[], "").contains("requests_in_flight 1\n"));
    sites.reload(&mut server, &[sites.north()]);
    let now = ["members", POOL, "--lock-timeout", "0"];
    run(&sites.south.file(), &now).badly(69); // the call needs it
    let answer = call.join().expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.await_note("closed ");
    let members = run(&sites.south.file(), &now);
    assert!(members.stdout.contains("Ada Lovelace"), "{members:?}");
    end_well(server);
}

#[test]
fn limits_of_a_configuration_need_a_restart() {
    let sites = Sites::new();
    let config =
        |count: u32| json!({"workspaces": [sites.north()], "limits": {"wrong_keys": count}});
    let (mut server, address) = sites.serve_with(&config(1), &[]);
    assert_eq!(
        (status_of(&address, NEW_KEY), status_of(&address, NEW_KEY)),
        (401, 429)
    );
    sites.write(&config(2));
    server.signal("HUP");
    let told = server.note("warning: ").expect("a line");
    assert!(
        told.contains("the limits have changed, which needs a restart"),
        "{told}"
    );
    end_well(server);
}

fn serve_keys(site: &Site, keys: &str) -> (Running, String) {
    serve(binary(&["--store", &site.memory(), "--api-key-file", keys]))
}

#[test]
fn a_key_file_is_read_again() {
    let site = Site::new();
    let keys = site.with_file("keys", &format!("{KEY}\n"));
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).expect("set");
    let (mut server, address) = serve_keys(&site, &keys);
    let told = server.note("warning: ").expect("others may read it");
    assert!(told.contains("keys holds keys, and other users"), "{told}");
    site.with_file("keys", &format!("{NEW_KEY}\n\nseam_\nswordfish\n"));
    server.signal("HUP");
    let told = server.note("error: ").expect("a line");
    assert!(told.ends_with("keys has 2 problems:\n"), "{told}");
    server.await_note("  line 3: there is nothing behind seam_");
    server.await_note("  line 4: an API key starts with");
    assert_eq!(
        (status_of(&address, KEY), status_of(&address, NEW_KEY)),
        (200, 401)
    );
    site.with_file("keys", &format!("{NEW_KEY}\n"));
    server.signal("HUP");
    server.await_note("reloaded ");
    assert_eq!(
        (status_of(&address, KEY), status_of(&address, NEW_KEY)),
        (401, 200)
    );
    end_well(server);
}

#[test]
fn a_pipe_for_a_file_stops_nobody() {
    let site = Site::new();
    let keys = site.with_file("keys", &format!("{KEY}\n"));
    let (mut server, address) = serve_keys(&site, &keys);
    fs::remove_file(&keys).expect("removed");
    assert!(
        Command::new("mkfifo")
            .arg(&keys)
            .status()
            .expect("it runs")
            .success()
    );
    server.signal("HUP");
    server.await_note("  caused by: it is not a regular file");
    assert_eq!(status_of(&address, KEY), 200);
    end_well(server);
    end(binary(&[
        "--store",
        &site.memory(),
        "--api-key-file",
        &keys,
        "serve",
    ]))
    .badly(4)
    .saying("it is not a regular file");
}

#[test]
fn without_a_file_there_is_nothing_to_reload() {
    let site = Site::new();
    let (mut server, address) = serve_store(&site.memory());
    server.signal("HUP");
    let told = server
        .note("SIGHUP: there is nothing to reload: ")
        .expect("a line");
    assert!(told.contains("no file of keys"), "{told}");
    assert_eq!(status_of(&address, KEY), 200);
    end_well(server);

    let keys = site.with_file("keys", &format!("{KEY}\n"));
    let mut command = binary(&["--store", &site.memory(), "--api-key-file", "-"]);
    command.stdin(fs::File::open(keys).expect("there"));
    let (mut server, _) = serve(command);
    server.signal("HUP");
    let told = server
        .note("SIGHUP: there is nothing to reload: ")
        .expect("a line");
    assert!(told.contains("stdin"), "{told}");
    end_well(server);
}

#[cfg(target_os = "linux")]
#[test]
fn a_reload_that_waits_holds_up_nobody() {
    let sites = Sites::new();
    let (_holder, _) = serve_store(&sites.south.file());
    let config = sites.write(&json!({"workspaces": [sites.north()]}));
    let mut command = binary(&["--lock-timeout", "600"]);
    command.args(["serve", "--listen", "127.0.0.1:0", "--config", &config]);
    let (server, address) = listening(command, &[]);
    sites.write(&json!({"workspaces": [sites.north(), sites.south()]}));
    server.signal("HUP");
    let tasks = format!("/proc/{}/task", server.id());
    let reads = || {
        let mut tasks = fs::read_dir(&tasks).expect("it runs");
        tasks.any(|task| {
            let name = task.expect("a thread").path().join("comm");
            fs::read_to_string(name).is_ok_and(|name| name == "disk\n")
        })
    };
    await_that(reads);
    assert!(add(&address, KEY).starts_with("HTTP/1.1 200"));
    server.signal("HUP");
    assert_eq!(status_of(&address, KEY), 200);
    let text = end_well(server);
    assert!(!text.contains("reloaded"), "{text}");
    sites.north.await_member(ADA, POOL);
}

/// A server that waits for the lock of a site, and has begun to watch signals.
#[cfg(target_os = "linux")]
fn waiting_for(site: &Site) -> Running {
    let mut command = binary(&["--store", &site.file(), "--lock-timeout", "60"]);
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    let server = Running::start(command);
    let status = format!("/proc/{}/status", server.id());
    await_that(|| {
        let text = fs::read_to_string(&status).expect("it runs");
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.expect("a line").trim(), 16).expect("a mask");
        // SIGHUP is 1, SIGTERM 15.
        caught & 1 != 0 && caught & (1 << 14) != 0
    });
    server
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_that_starts_can_be_told_to_stop() {
    let site = Site::new();
    let (_holder, _) = serve_store(&site.file());
    let waiting = waiting_for(&site);
    waiting.signal("TERM");
    let ended = waiting.end().saying("stopped before it listened");
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_reload_before_the_start_ends_nothing() {
    let site = Site::new();
    let (holder, address) = serve_store(&site.file());
    let mut waiting = waiting_for(&site);
    for _ in 0..3 {
        waiting.signal("HUP");
    }
    run(&address, &["members", GYM]).well();
    end_well(holder);
    assert!(waiting.line().starts_with("listening on "));
    waiting.await_note("SIGHUP: there is nothing to reload");
    let rest = end_well(waiting);
    assert!(!rest.contains("SIGHUP"), "several are one: {rest}");
}
