//! `serve`, and the other commands against it.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Command,
};

use crate::harness::{
    ADA, GYM, KEY, POOL, Running, Site, await_that, binary, end, run, serve, serve_on, serve_store,
};

#[test]
fn commands_work_alike_through_a_server() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let other = Site::new();
    let commands: &[&[&str]] = &[
        &["groups"],
        &["members", GYM],
        &["entrances", "list", "--group", GYM],
        &["add", "--user", ADA, "--group", POOL],
        &["add", "--user", ADA, "--group", POOL],
        &["members", POOL, "--format", "json"],
        &["groups", "--user", ADA],
        &["remove", "--user", ADA, "--group", POOL, "--format", "json"],
        &["remove", "--user", ADA, "--group", POOL],
    ];
    for arguments in commands {
        let served = run(&address, arguments).well();
        let direct = run(&other.file(), arguments).well();
        assert_eq!(served.stdout, direct.stdout, "{arguments:?}");
    }
}

#[test]
fn unknown_key_is_4() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let mut command = binary(&["--store", &address, "members", GYM]);
    command.env("SEAM_API_KEY", "seam_wrong");
    end(command)
        .badly(4)
        .saying("SEAM_API_KEY")
        .saying("request id: ");
}

#[test]
fn key_comes_from_file_or_stdin() {
    let site = Site::new();
    let keys = site.with_file("keys", &format!("seam_one\n{KEY}\n"));
    let (_server, address) = serve(binary(&[
        "--store",
        &site.memory(),
        "--api-key-file",
        &keys,
    ]));
    for key in ["seam_one\n", KEY] {
        let file = site.with_file("key", key);
        let client = |source| binary(&["--store", &address, "groups", "--api-key-file", source]);
        end(client(&file)).well();
        let mut piped = client("-");
        piped.stdin(File::open(&file).expect("there"));
        end(piped).well();
    }
}

#[test]
fn credential_alone_selects_the_service() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let mut command = binary(&["groups"]);
    command
        .env("SEAM_API_KEY", KEY)
        .env("SEAM_ENDPOINT", address);
    end(command).well();
}

#[test]
fn server_holds_the_lock_and_saves_when_stopped() {
    let site = Site::new();
    let (server, address) = serve_store(&site.file());
    let now = ["groups", "--lock-timeout", "0"];
    run(&site.file(), &now).badly(69).saying("serve");
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();

    server.signal("TERM");
    let ended = server.end().saying("stopping");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "", "one line only");
    assert!(!ended.stderr.contains(KEY), "{ended:?}");

    let members = run(&site.file(), &["members", POOL]).well();
    assert!(members.stdout.contains("Ada Lovelace"));
    assert_eq!(site.files(), ["site.json", "site.json.lock"]);
}

#[test]
fn saved_change_survives_a_crash() {
    let site = Site::new();
    let (server, address) = serve_store(&site.file());
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    site.await_member(ADA, POOL);

    server.signal("KILL");
    assert_eq!(server.end().code, None, "killed");
    let members = run(&site.file(), &["members", POOL]).well();
    assert!(members.stdout.contains("Ada Lovelace"), "{members:?}");
}

#[test]
fn server_without_changes_leaves_the_file() {
    let site = Site::new();
    site.write(&site.text().replace("  ", " ")); // would look different if saved
    let before = site.text();
    let (server, address) = serve_store(&site.file());
    run(&address, &["add", "--user", ADA, "--group", GYM]).well();
    server.signal("INT");
    assert_eq!(server.end().code, Some(0));
    assert_eq!(site.text(), before);
}

#[test]
fn site_that_cannot_be_saved_is_not_served() {
    let site = Site::new();
    set_read_only(&site, true);
    run(&site.file(), &["serve", "--listen", "127.0.0.1:0"])
        .badly(1)
        .saying("could not be saved")
        .saying("make the folder and the file writable");
}

#[test]
fn failing_saves_are_shown_to_who_watches() {
    let site = Site::new();
    let (mut server, address) = serve_store(&site.file());
    let get = |path: &str| {
        let target = address.strip_prefix("http://").expect("an address");
        let mut stream = TcpStream::connect(target).expect("listening");
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let status = answer.split(' ').nth(1).expect("a status").to_owned();
        (status, answer.contains(r#""saving":"failing""#))
    };
    let (fine, ok) = (("200".to_owned(), false), "200".to_owned());
    assert_eq!(
        (get("/health"), get("/ready")),
        (fine.clone(), fine.clone())
    );
    set_read_only(&site, true);
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.await_note("error: ");
    server.await_note("  1 change that was accepted is not saved");
    assert_eq!(get("/health"), (ok, true));
    assert_eq!(get("/ready"), ("503".to_owned(), true));
    set_read_only(&site, false);
    server.await_note("saved again");
    assert_eq!((get("/health"), get("/ready")), (fine.clone(), fine));
}

pub(crate) fn set_read_only(site: &Site, is_read_only: bool) {
    let mut permissions = std::fs::metadata(site.path()).expect("there").permissions();
    #[allow(
        clippy::permissions_set_readonly_false,
        reason = "a file of this test only"
    )]
    permissions.set_readonly(is_read_only);
    std::fs::set_permissions(site.path(), permissions).expect("set");
}

#[test]
fn failed_last_save_is_1() {
    let site = Site::new();
    let (server, address) = serve_store(&site.file());
    set_read_only(&site, true);
    let before = site.text();
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.signal("TERM");
    let path = site.path();
    let expected = "1 change that was accepted is not saved: ";
    let expected = format!("error: {expected}{}: ", path.display());
    let ended = server.end().saying(&expected).saying("read-only");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(site.text(), before);
}

#[test]
fn second_signal_cuts_requests_off() {
    let site = Site::new();
    let (mut server, _slow) = serve_half_a_request(&site, "60");
    // Those that come soon after the first are the first.
    await_that(|| {
        server.signal("TERM");
        server.is_over()
    });
    let ended = server.end().saying("\ninterrupted\n");
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(!ended.stderr.contains("not saved"), "{ended:?}");
}

#[test]
fn second_signal_counts_what_is_lost() {
    let site = Site::new();
    let (mut server, slow) = serve_half_a_request(&site, "60");
    set_read_only(&site, true);
    let before = site.text();
    let address = format!("http://{}", slow.peer_addr().expect("connected"));
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    await_that(|| {
        server.signal("INT");
        server.is_over()
    });
    let expected = format!(
        "error: 1 change that was accepted is not saved: {}: a second signal",
        site.path().display()
    );
    let ended = server.end().saying(&expected);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(site.text(), before);
}

#[test]
fn a_signal_told_twice_is_one() {
    let site = Site::new();
    let (server, slow) = serve_half_a_request(&site, "1");
    let address = format!("http://{}", slow.peer_addr().expect("connected"));
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    let twice = [
        "-c",
        "kill -INT $0; kill -TERM $0",
        &server.id().to_string(),
    ];
    let sent = Command::new("sh").args(twice).status().expect("sh runs");
    assert!(sent.success());
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("interrupted"), "{ended:?}");
    let members = run(&site.file(), &["members", POOL]).well();
    assert!(members.stdout.contains("Ada Lovelace"), "{members:?}");
}

/// Serves with half a request in flight, for which a shutdown waits so many seconds.
fn serve_half_a_request(site: &Site, unfinished: &str) -> (Running, TcpStream) {
    let mut command = binary(&["--store", &site.file(), "serve", "--listen", "127.0.0.1:0"]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    for limit in ["unfinished", "shutdown"] {
        command.args(["--limit", &format!("{limit}={unfinished}")]);
    }
    let mut server = Running::start(command);
    let line = server.line();
    let host = line.trim_end().strip_prefix("listening on http://");
    let host = host.expect("an address");
    let mut slow = TcpStream::connect(host).expect("a connection");
    write!(
        slow,
        "POST /acs/access_groups/list HTTP/1.1\r\nhost: {host}\r\n\
         content-length: 2\r\nexpect: 100-continue\r\n\r\n"
    )
    .expect("sent");
    let mut answer = String::new();
    let mut reader = BufReader::new(&slow);
    reader.read_line(&mut answer).expect("text");
    assert!(answer.contains("100"), "the request is in flight: {answer}");
    (server, slow)
}

#[test]
fn generated_key_is_shown_with_a_call() {
    let site = Site::new();
    let (server, address) = serve(binary(&["--store", &site.memory()]));
    server.signal("TERM");
    let ended = server.end();
    let key = ended.stderr.split("this run: ").nth(1).expect("a key");
    let key = key.lines().next().expect("a line");
    assert!(key.starts_with("seam_test"), "{ended:?}");
    let shown = [
        format!("curl -sS '{address}/acs/access_groups/list'"),
        format!("'Authorization: Bearer {key}'"),
    ];
    for part in &shown {
        assert!(ended.stderr.contains(part), "{part} is not in {ended:?}");
    }
}

#[test]
fn changes_are_logged_without_names() {
    let site = Site::new();
    let (server, address) = serve_store(&site.memory());
    run(&address, &["groups"]).well();
    run(
        &address,
        &["add", "--user", "Ada Lovelace", "--group", POOL],
    )
    .well();
    server.signal("TERM");
    let ended = server.end();
    let lines: Vec<_> = ended.stderr.lines().collect();
    let lines: Vec<_> = lines
        .into_iter()
        .filter(|line| line.contains("req_"))
        .collect();
    let [line] = lines[..] else {
        panic!("one change is one line: {ended:?}");
    };
    let end = format!(" add_user [ACS user {ADA}, access group {POOL}] ok");
    assert!(line.ends_with(&end), "{line}");
    assert!(line.contains("Z sha256:"), "{line}");
    assert!(!ended.stderr.contains("Ada"), "{ended:?}");
    assert!(!ended.stderr.contains(KEY), "{ended:?}");
}

#[test]
fn public_address_is_warned_about() {
    let site = Site::new();
    let warned = |listen| {
        let mut command = binary(&["--store", &site.memory()]);
        command.env("ACCESS_GROUPS_API_KEY", KEY);
        let (server, address) = serve_on(listen, command);
        server.signal("TERM");
        (server.end().stderr, address)
    };
    let (notes, address) = warned("0.0.0.0:0");
    assert!(notes.contains("warning: plain http shows keys"), "{notes}");
    let port = address.strip_prefix("http://0.0.0.0:").expect("a port");
    let curl = format!("curl -sS 'http://127.0.0.1:{port}/acs/");
    assert!(notes.contains(&curl), "{notes}");
    let (notes, _) = warned("127.0.0.1:0");
    assert!(!notes.contains("warning"), "{notes}");
}

#[test]
fn unservable_store_is_refused() {
    let site = Site::new();
    let everywhere = ["serve", "--listen", "0.0.0.0:0"];
    run(&site.memory(), &everywhere)
        .badly(64)
        .saying("ACCESS_GROUPS_API_KEY");
    run("http://127.0.0.1:1", &["serve"])
        .badly(64)
        .saying("memory:");
    run(&site.memory(), &["serve", "--listen", "here"])
        .badly(64)
        .saying("127.0.0.1:3030");
    let mut command = binary(&["--store", &site.memory(), "serve"]);
    command.env("ACCESS_GROUPS_API_KEY", "swordfish");
    let refused = end(command).badly(4).saying("hint: choose");
    assert!(!refused.stderr.contains("swordfish"), "{refused:?}");

    let (_server, address) = serve_store(&site.memory());
    let taken = address.strip_prefix("http://").expect("an address");
    run(&site.memory(), &["serve", "--listen", taken])
        .badly(69)
        .saying("--listen");
}
