//! `serve --faults`: what clients meet, and what the person at the server is told.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use crate::harness::{ADA, GYM, KEY, POOL, Running, Site, binary, run};

/// A server of this store with these faults.
pub(crate) fn serve(site: &Site, store: &str, faults: &str) -> (Running, String) {
    let faults = match faults.starts_with('{') {
        true => site.with_file("faults.json", faults),
        false => faults.to_owned(),
    };
    let mut command = binary(&["serve", "--listen", "127.0.0.1:0", "--store", store]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    command.args(["--faults", &faults]);
    let mut server = Running::start(command);
    let line = server.line();
    let address = line.strip_prefix("listening on ").expect("an address");
    (server, address.trim_end().to_owned())
}

/// What comes back until the connection ends.
fn post(address: &str, path: &str, body: &str) -> String {
    try_post(address, path, body).expect("text")
}

/// The same; an error if the connection ends without an answer.
pub(crate) fn try_post(address: &str, path: &str, body: &str) -> io::Result<String> {
    let host = address.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(host).expect("listening");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn add(address: &str, group: &str) -> String {
    let body = format!(r#"{{"acs_user_id":"{ADA}","acs_access_group_id":"{group}"}}"#);
    post(address, "/acs/users/add_to_access_group", &body)
}

#[test]
fn lost_answer_is_a_closed_connection() {
    let site = Site::new();
    let plan = r#"{"rules": [{"operations": ["add_user"], "nth": 1, "lost": "answer"},
                             {"operations": ["add_user"], "nth": 2, "lost": "request"}]}"#;
    let (server, address) = serve(&site, &site.file(), plan);
    assert_eq!(add(&address, POOL), "");
    site.await_member(ADA, POOL);
    run(&address, &["remove", "--user", ADA, "--group", POOL]).well();
    assert_eq!(add(&address, POOL), "", "lost before it was made");
    let members = post(
        &address,
        "/acs/access_groups/list_users",
        &format!(r#"{{"acs_access_group_id":"{POOL}"}}"#),
    );
    assert!(members.contains(r#""acs_users":[]"#), "{members}");
    assert!(add(&address, POOL).starts_with("HTTP/1.1 200 "));

    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for told in [
        "faults, in front of the store: seed 0\n  1. add_user, call 1: the answer is lost\n",
        "  2. add_user, call 2: the request is lost: once\n",
        "] answer_lost\n",
        "] request_lost\n",
        "faults: seed 0: ",
    ] {
        assert!(ended.stderr.contains(told), "{told:?}: {}", ended.stderr);
    }
}

#[test]
fn throttling_names_its_pause() {
    let site = Site::new();
    let plan = r#"{"rules": [{"first": 1, "error": "rate_limited", "retry_after_ms": 1500},
                             {"nth": 2, "error": "unavailable"}]}"#;
    let (_server, address) = serve(&site, &site.memory(), plan);
    let busy = add(&address, GYM);
    assert!(busy.starts_with("HTTP/1.1 429 "), "{busy}");
    assert!(busy.contains("retry-after: 2\r\n"), "{busy}");
    assert!(add(&address, GYM).starts_with("HTTP/1.1 503 "));
    assert!(add(&address, GYM).starts_with("HTTP/1.1 200 "));
}

#[test]
fn commands_survive_faults() {
    let site = Site::new();
    let plan = r#"{"rules": [{"operations": ["add_user"], "first": 2, "lost": "answer"},
                             {"operations": ["reads"], "every": 3, "lost": "answer"}]}"#;
    let (_server, address) = serve(&site, &site.memory(), plan);
    let added = ["add", "--user", "Ada Lovelace", "--group", "Pool"];
    let survived = run(&address, &added).well();
    let direct = run(&Site::new().file(), &added).well();
    assert_eq!(survived.stdout, direct.stdout);
}

#[test]
fn seed_is_told() {
    let site = Site::new();
    let (mut server, _) = serve(&site, &site.memory(), "7");
    server.await_note("faults, in front of the store: seed 7");
    server.await_note("  1. all operations, calls ");
    server.signal("TERM");
    let ended = server.end();
    assert!(ended.stderr.contains("faults: no calls\n"));
}

#[test]
fn plan_with_mistakes_is_not_served() {
    let site = Site::new();
    let refuse = |faults: &str| {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--faults", faults];
        run(&site.memory(), &arguments).badly(1)
    };
    let plan = r#"{"rules": [{"operations": ["ad_user"], "lost": "answer"}, {}]}"#;
    refuse(&site.with_file("faults.json", plan))
        .saying("faults.json: the fault plan has 2 problems:")
        .saying("rules[0].operations[0]: \"ad_user\" is no operation")
        .saying("rules[1]: nothing happens");
    refuse("nowhere.json").saying("the fault plan nowhere.json cannot be read");
}
