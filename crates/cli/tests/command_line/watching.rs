//! What `serve` says of itself: lines on stderr, metrics, and what it refuses to start with.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
};

use access_groups_server::Metrics;
use serde_json::Value;

use crate::harness::{
    ADA, DEADLINE, GYM, KEY, POOL, Running, Site, ask, binary, end, run, serve, serve_on, signal,
    status_of,
};

/// A server of this site in memory with these options.
fn serving(site: &Site, options: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = binary(&[
        "--store",
        &site.memory(),
        "serve",
        "--listen",
        "127.0.0.1:0",
    ]);
    command.args(options);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    command.envs(variables.iter().copied());
    command
}

fn start(site: &Site, options: &[&str], variables: &[(&str, &str)]) -> (Running, String) {
    let mut server = Running::start(serving(site, options, variables));
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("an address");
    (server, address.trim_end().to_owned())
}

/// A change, a wrong key, and the end: what stderr says.
fn lines(options: &[&str], variables: &[(&str, &str)]) -> String {
    let site = Site::new();
    let (server, address) = start(&site, options, variables);
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    assert_eq!(status_of(&address, "seam_wrong"), 401);
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("seam_wrong"), "{ended:?}");
    ended.stderr
}

#[test]
fn json_is_all_that_is_on_stderr() {
    let text = lines(
        &["--log", "json", "--metrics", "127.0.0.1:0"],
        &[("RUST_LOG", "debug")],
    );
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let one = |name: &str, start: &str| {
        let mut found = lines.iter().filter(|line| {
            let text = line[name].as_str().unwrap_or_default();
            text.starts_with(start)
        });
        found
            .next()
            .unwrap_or_else(|| panic!("no {start} in {text}"))
    };
    assert_eq!(one("operation", "add_user")["outcome"], "ok");
    let wrong = one("message", "a wrong key");
    assert_eq!(wrong["level"], "warn");
    assert_eq!(wrong["target"], "access_groups_server::router::answer");
    assert_eq!(wrong["path"], "/acs/access_groups/list");
    assert!(
        wrong["request_id"]
            .as_str()
            .is_some_and(|id| id.starts_with("req_")),
        "{wrong}"
    );
    assert_eq!(one("message", "answered")["level"], "debug");
    assert_eq!(one("message", "metrics: http://")["level"], "info");
    assert_eq!(one("message", "stopping: ")["level"], "info");
}

#[test]
fn levels_choose_what_is_logged() {
    let check = |options: &[&str], level: Option<&str>, expected: [bool; 3]| {
        let level = level.map(|level| ("RUST_LOG", level));
        let text = lines(options, level.as_slice());
        let words = [
            " add_user ",
            " WARN access_groups_server",
            " DEBUG access_groups_server",
        ];
        assert_eq!(words.map(|word| text.contains(word)), expected, "{text}");
    };
    check(&[], None, [true, true, false]);
    check(&["--log", "off"], None, [false, true, false]);
    check(&[], Some("access_groups_server=debug"), [true, true, true]);
    check(&[], Some("hyper=debug"), [true, true, false]);
    check(&[], Some("off"), [true, false, false]);
}

#[test]
fn mistyped_levels_are_refused() {
    let site = Site::new();
    end(serving(&site, &[], &[("RUST_LOG", "inof")]))
        .badly(64)
        .saying("RUST_LOG: `inof` is none of off, error, warn, info, debug and trace");
}

#[test]
fn nobody_needs_to_read_the_log() {
    let site = Site::new();
    let mut command = serving(&site, &[], &[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().expect("it runs");
    let mut line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().expect("piped"));
    stdout.read_line(&mut line).expect("text");
    let host = line
        .trim_end()
        .strip_prefix("listening on http://")
        .expect("an address");
    let stream = TcpStream::connect(host).expect("listening");
    stream.set_read_timeout(Some(DEADLINE)).expect("set");
    let mut answers = BufReader::new(&stream);
    let body = format!(r#"{{"acs_user_id":"{ADA}","acs_access_group_id":"{POOL}"}}"#);
    let request = format!(
        "POST /acs/users/add_to_access_group HTTP/1.1\r\nhost: {host}\r\n\
         authorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // More than a pipe and the server's own room take.
    for count in 0..8_000 {
        (&stream).write_all(request.as_bytes()).expect("sent");
        let mut status = String::new();
        answers.read_line(&mut status).expect("text");
        assert!(status.starts_with("HTTP/1.1 200"), "{count}: {status}");
        let mut length = 0;
        loop {
            let mut header = String::new();
            answers.read_line(&mut header).expect("text");
            if let Some(text) = header.strip_prefix("content-length: ") {
                length = text.trim_end().parse().expect("a number");
            }
            if header == "\r\n" {
                break;
            }
        }
        answers.read_exact(&mut vec![0; length]).expect("a body");
    }
    signal(server.id(), "TERM");
    let (id, mut stderr) = (server.id(), server.stderr.take().expect("piped"));
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(server.wait()));
    let Ok(code) = end.recv_timeout(DEADLINE) else {
        signal(id, "KILL");
        panic!("it does not end");
    };
    assert_eq!(code.expect("it ends").code(), Some(0));
    let mut log = String::new();
    stderr.read_to_string(&mut log).expect("text");
    assert!(log.lines().count() < 8_000, "some are left out");
}

#[test]
fn counts_are_shown_at_their_own_address() {
    let site = Site::new();
    let (mut server, address) = start(&site, &["--metrics", "127.0.0.1:0"], &[]);
    let metrics = server.note("metrics: ").expect("a line");
    let metrics = metrics
        .strip_prefix("metrics: ")
        .expect("an address")
        .trim_end();
    let metrics = metrics.strip_suffix("/metrics").expect("a path");
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    assert_eq!(status_of(&address, "seam_wrong"), 401);
    let counts = ask(metrics, "GET /metrics", &[], "");
    for line in [
        "access_groups_requests_total{operation=\"add_user\",status=\"200\"} 1\n",
        "access_groups_requests_total{operation=\"refused\",status=\"401\"} 1\n",
        "access_groups_refusals_total{reason=\"wrong_key\"} 1\n",
        "access_groups_connections ",
    ] {
        assert!(counts.contains(line), "{line} is not in {counts}");
    }
    let readme = include_str!("../../README.md");
    let table = Metrics::table();
    assert!(readme.contains(&table), "README.md needs this:\n{table}");
    let other = ask(metrics, "GET /acs/access_groups/list", &[], "");
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    let taken = metrics.strip_prefix("http://").expect("an address");
    end(serving(&site, &["--metrics", taken], &[]))
        .badly(69)
        .saying("choose another address with --metrics");
}

#[test]
fn public_metrics_are_warned_about() {
    let site = Site::new();
    let (mut server, _) = start(&site, &["--metrics", "0.0.0.0:0"], &[]);
    let told = server.note("warning: ").expect("a line");
    assert!(told.contains("the address of the metrics"), "{told}");
}

#[test]
fn limits_are_set_by_name() {
    let site = Site::new();
    let (_server, address) = start(&site, &["--limit", "wrong_keys=1"], &[]);
    let wrong = || status_of(&address, "seam_wrong");
    assert_eq!((wrong(), wrong()), (401, 429));
    for (limit, told) in [
        ("hedder=1", "there are header, body, idle"),
        ("header=0", "a whole number from 1"),
        ("header", "a whole number from 1"),
    ] {
        end(serving(&site, &["--limit", limit], &[]))
            .badly(64)
            .saying(told);
    }
    let help = end(binary(&["serve", "--help"])).well();
    for row in [
        "  header                10 s\n",
        "  ids                   1,000\n",
    ] {
        assert!(help.stdout.contains(row), "{}", help.stdout);
    }
}

#[test]
fn pages_of_an_origin_may_call() {
    let site = Site::new();
    let origins = [
        "--cors-origin",
        "https://a.example",
        "--cors-origin",
        "http://b.example",
    ];
    let (_server, address) = start(&site, &origins, &[]);
    let allowed = |origin: &str| {
        let answer = ask(&address, "GET /health", &[&format!("origin: {origin}")], "");
        answer.contains(&format!("access-control-allow-origin: {origin}\r\n"))
    };
    assert!(allowed("https://a.example") && allowed("http://b.example"));
    assert!(!allowed("https://c.example"));
    end(serving(&site, &["--cors-origin", "a.example"], &[]))
        .badly(64)
        .saying("is no origin");
}

#[test]
fn a_server_without_files_does_not_start() {
    let site = Site::new();
    let with_files = |limit: &str| with_files(limit, &serving(&site, &[], &[]));
    for files in [8, 40, 68] {
        end(with_files(&format!("-n {files}")))
            .badly(1)
            .saying(&format!(
                "may open {files} files, and serving 1 site needs 69"
            ))
            .saying("ulimit -n 1024");
    }
    for enough in ["-n 69", "-S -n 8"] {
        let mut server = Running::start(with_files(enough));
        assert!(server.line().starts_with("listening on "), "{enough}");
        server.signal("TERM");
        assert_eq!(server.end().code, Some(0), "{enough}");
    }
}

fn with_files(limit: &str, inner: &Command) -> Command {
    let mut command = Command::new("bash");
    let line = format!("ulimit {limit} && exec \"$0\" \"$@\"");
    command
        .args(["-c", &line])
        .arg(inner.get_program())
        .args(inner.get_args());
    command
        .env("ACCESS_GROUPS_API_KEY", KEY)
        .stdin(Stdio::null());
    command
}

#[test]
fn limits_that_cannot_hold_are_told() {
    let site = Site::new();
    let check = |limits: &[&str], expected: &[&str]| {
        let options: Vec<_> = limits.iter().flat_map(|limit| ["--limit", limit]).collect();
        let mut server = Running::start(with_files("-n 256", &serving(&site, &options, &[])));
        assert!(server.line().starts_with("listening on "), "{limits:?}");
        server.signal("TERM");
        let ended = server.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let told = ended.stderr.lines();
        let told: Vec<_> = told.filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(&format!("warning: {expected}")), "{told}");
        }
    };
    check(&[], &[]);
    check(&["connections=188"], &[]);
    check(
        &["connections=100000", "unfinished=60", "shutdown=1"],
        &[
            "connections=100000 is more than the files that this process may open: there are 188 ",
            "unfinished=60 is more than shutdown=1: a shutdown waits for 1 s in all",
        ],
    );
    check(
        &["connections_per_peer=50", "connections=3", "heavy_calls=8"],
        &[
            "connections_per_peer=50 is more than connections=3: one address has 3 at most",
            "heavy_calls_per_port=8 is not below heavy_calls=8: one workspace may take all 8, ",
        ],
    );
}

#[test]
fn short_keys_are_for_this_machine() {
    let site = Site::new();
    let keys = site.with_file("keys", &format!("{KEY}\nseam_swordfish\n"));
    let only_mine = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&keys, only_mine).expect("set");
    let command = || binary(&["--store", &site.memory(), "--api-key-file", &keys]);
    let (mut server, address) = serve(command());
    let told = server.note("warning: ").expect("a line");
    assert!(
        told.contains("keys, line 2: fewer than 16 characters"),
        "{told}"
    );
    assert_eq!(status_of(&address, "seam_swordfish"), 200);

    let mut everywhere = command();
    everywhere.args(["serve", "--listen", "0.0.0.0:0"]);
    let refused = end(everywhere)
        .badly(4)
        .saying("keys, line 2: where other machines");
    assert!(!refused.stderr.contains("swordfish"), "{refused:?}");
    let mut bare = binary(&["--store", &site.memory(), "serve"]);
    bare.env("ACCESS_GROUPS_API_KEY", "seam_");
    end(bare)
        .badly(4)
        .saying("ACCESS_GROUPS_API_KEY: there is nothing behind seam_");
    let mut long = binary(&["--store", &site.memory()]);
    long.env("ACCESS_GROUPS_API_KEY", KEY);
    let (_server, _) = serve_on("0.0.0.0:0", long);
    run(&address, &["members", GYM]).well();
}
