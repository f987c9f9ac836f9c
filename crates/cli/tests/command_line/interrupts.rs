//! Signals during a command that runs once.

use std::{io::Read, net::TcpListener};

use crate::harness::{ADA, GYM, KEY, Running, binary};

/// Interrupts a command that waits for a service.
fn check(arguments: &[&str], signal: &str, note: &str) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let mut command = binary(arguments);
    command
        .env("ACCESS_GROUPS_STORE", address)
        .env("SEAM_API_KEY", KEY);
    let running = Running::start(command);
    let (mut connection, _) = silent.accept().expect("a connection");
    let mut request = [0; 4];
    connection.read_exact(&mut request).expect("a request");

    running.signal(signal);
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!((&*ended.stdout, &*ended.stderr), ("", note));
}

#[test]
fn interrupted_command_is_130_with_a_note() {
    check(&["members", GYM], "INT", "interrupted\n");
    check(
        &["add", "--user", ADA, "--group", GYM],
        "TERM",
        "interrupted: the change may or may not have been made; repeating the command is safe\n",
    );
}
