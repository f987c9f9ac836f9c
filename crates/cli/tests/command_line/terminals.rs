//! What is different at a terminal: tables fit, and questions are asked.

use std::{
    fs::File,
    io::{Read, Write},
    process::Stdio,
    sync::mpsc,
    thread,
};

use access_groups_in_memory::State;
use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use crate::{
    harness::{ADA, GYM, KEY, Site, binary},
    scripted::Scripted,
};

/// Runs a command at a terminal this wide on which somebody has typed something, and
/// answers its exit code and what the terminal shows.
fn at_terminal(width: u16, typed: &str, store: &str, arguments: &[&str]) -> (Option<i32>, String) {
    at_terminal_seen(width, typed, store, arguments, |_| ())
}

/// The same, for somebody who sees what is shown until now, as it comes.
fn at_terminal_seen(
    width: u16,
    typed: &str,
    store: &str,
    arguments: &[&str],
    mut see: impl FnMut(&str) + Send + 'static,
) -> (Option<i32>, String) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&terminal).expect("granted");
    unlockpt(&terminal).expect("unlocked");
    let name = ptsname(&terminal, Vec::new()).expect("a name");
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let screen = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).expect("its screen");
    let size = Winsize {
        ws_row: 24,
        ws_col: width,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&screen, size).expect("a size");

    let mut keyboard = File::from(terminal);
    keyboard.write_all(typed.as_bytes()).expect("typed");
    let mut shown = keyboard.try_clone().expect("another handle");
    let reader = thread::spawn(move || {
        let (mut text, mut chunk) = (Vec::new(), [0; 1024]);
        // It ends with an error when the screen goes.
        while let Ok(length @ 1..) = shown.read(&mut chunk) {
            text.extend_from_slice(&chunk[..length]);
            see(&String::from_utf8_lossy(&text));
        }
        String::from_utf8_lossy(&text).replace("\r\n", "\n")
    });
    let another = || Stdio::from(screen.try_clone().expect("another handle"));
    let mut command = binary(arguments);
    command.env("ACCESS_GROUPS_STORE", store);
    if store.starts_with("http") {
        command.env("SEAM_API_KEY", KEY);
    }
    command.stdin(another()).stdout(another()).stderr(another());
    let mut child = command.spawn().expect("it runs");
    drop((command, screen)); // the reader reads until nobody can write
    let code = child.wait().expect("it ends").code();
    (code, reader.join().expect("read"))
}

fn fits(text: &str, width: u16) -> bool {
    text.lines()
        .all(|line| line.chars().count() <= width.into())
}

#[test]
fn table_fits_the_terminal() {
    let site = Site::new();
    let lists: [&[&str]; 4] = [
        &["users", "list"],
        &["groups"],
        &["entrances", "list"],
        &["members", GYM],
    ];
    for list in lists {
        for width in [60, 80, 120] {
            let (code, shown) = at_terminal(width, "", &site.memory(), list);
            assert_eq!(code, Some(0), "{shown}");
            assert!(fits(&shown, width), "{list:?} {width}\n{shown}");
        }
    }
    let (_, narrow) = at_terminal(16, "", &site.memory(), &["members", GYM]);
    assert_eq!(
        narrow,
        "name    Ada\n        Lovelace\ne-mail  ada@example.com\nstate   active\nid      a0000000\n"
    );
    let (_, wide) = at_terminal(200, "", &site.memory(), &["users", "--ids"]);
    assert_eq!(wide.lines().count(), 3, "{wide}");
    assert!(wide.contains(ADA), "{wide}");
}

#[test]
fn message_fits_the_terminal() {
    let site = Site::new();
    site.write(
        &site
            .text()
            .replace("Gym Door", "A Gym Door of a Very Long Name"),
    );
    let add = ["add", "--user", "ada lovelace", "--group", "gym"];
    let (code, shown) = at_terminal(40, "", &site.memory(), &add);
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(
        shown,
        "Ada Lovelace is already in Gym; nothing\n\
         changed.\n  \
         doors  A Gym Door of a Very Long Name,\n         Front Door\n  \
         when   always\n"
    );
    let (_, error) = at_terminal(40, "", &site.memory(), &["members", "sauna"]);
    assert!(fits(&error, 40), "{error}");
}

#[test]
fn csv_cannot_control_the_terminal() {
    let site = Site::new();
    site.write(&site.text().replace("Ada Lovelace", "Ada\\u001b[2J"));
    let csv = ["members", GYM, "--format", "csv"];
    let (_, shown) = at_terminal(80, "", &site.memory(), &csv);
    assert!(shown.contains("Ada\u{fffd}[2J"), "{shown:?}");
    let piped = crate::harness::run(&site.memory(), &csv).well();
    assert!(piped.stdout.contains("Ada\u{1b}[2J"), "as it is: {piped:?}");
}

/// One of each kind: control, C1, direction, nothing to be seen, separator, tag. Joiners are letters.
const HARMFUL: &str = "Ada \u{1b}[2J\u{9b}\u{7f}\u{202e}\u{200b}\u{ad}\u{2028}\u{e0041}می\u{200c}خ";

fn hostile_site() -> Site {
    let site = Site::new();
    let name = serde_json::to_string(HARMFUL).expect("JSON");
    site.write(&site.text().replace("\"Ada Lovelace\"", &name));
    site
}

#[test]
fn json_cannot_control_the_terminal() {
    let site = hostile_site();
    let commands: [&[&str]; 3] = [
        &["members", GYM, "--format", "json"],
        &["users", "find", "ada", "--format", "json"],
        &["export"],
    ];
    for command in commands {
        let (code, shown) = at_terminal(80, "", &site.memory(), command);
        assert_eq!(code, Some(0), "{shown}");
        let piped = crate::harness::run(&site.memory(), command).well().stdout;
        assert!(
            piped.contains("\u{202e}") && piped.contains("\u{9b}"),
            "as it is: {piped:?}"
        );
        let is_plain = |c: char| c == '\n' || (' '..='~').contains(&c) || "میخ".contains(c);
        let odd: Vec<_> = shown.chars().filter(|c| !is_plain(*c)).collect();
        assert!(odd.is_empty(), "{odd:?} in {shown:?}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&shown), value(&piped), "{command:?}");
    }
}

#[test]
fn json_lines_cannot_control_the_terminal() {
    let site = hostile_site();
    let add = [
        "remove",
        "--from",
        &site.with_file("people.txt", ADA),
        "--group",
        GYM,
    ];
    let add = [&add[..], &["--format", "jsonl"]].concat();
    let (code, shown) = at_terminal(200, "", &site.memory(), &add);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains(r"Ada \u001b[2J\u009b\u007f\u202e\u200b\u00ad\u2028\udb40\udc41"),
        "{shown}"
    );
}

#[test]
fn words_cannot_control_the_terminal() {
    let site = hostile_site();
    let shown_name =
        "Ada \u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}می\u{200c}خ";
    let commands: [&[&str]; 4] = [
        &["members", GYM],
        &["check", "--user", ADA, "--entrance", "gym door"],
        &["remove", "--user", ADA, "--group", GYM],
        &["users", "delete", ADA, "--yes"],
    ];
    for command in commands {
        let (code, shown) = at_terminal(200, "", &site.memory(), command);
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains(shown_name), "{command:?} {shown:?}");
    }
    // What was typed may come from a script, and a path from anywhere.
    let (_, shown) = at_terminal(200, "", "memory:no\u{1b}[2J\u{202e}.json", &["groups"]);
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    let odd = site.with_file("no\u{1b}[2J\u{202e}.json", &site.text());
    std::fs::hard_link(&odd, site.path().with_file_name("link")).expect("linked");
    let (_, shown) = at_terminal(200, "", &format!("file:{odd}"), &["groups"]);
    assert!(
        shown.contains("no\u{fffd}[2J\u{fffd}.json has another name"),
        "{shown:?}"
    );
    let (code, shown) = at_terminal(200, "", "", &["groups", "no\u{1b}[2J\u{202e}"]);
    assert_eq!(code, Some(64), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
}

#[test]
fn deletion_needs_a_confirmation() {
    let site = Site::new();
    let before = site.text();
    let delete = ["users", "delete", "ada lovelace"];
    let question = "Delete Ada Lovelace (ada@example.com) of Main, in 1 group, for ever? [y/N] ";
    for answer in ["n\n", "\n", "sure\n"] {
        let (code, shown) = at_terminal(200, answer, &site.file(), &delete);
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains(question), "{shown}");
        assert!(shown.contains("error: nobody was deleted"), "{shown}");
        assert_eq!(site.text(), before);
    }
    let (code, shown) = at_terminal(200, "y\n", &site.file(), &delete);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Deleted Ada Lovelace"), "{shown}");
    let state = State::from_site_json(&site.text()).expect("a site");
    assert_eq!(state.acs_users().count(), 1);

    let grace = ["users", "delete", "grace hopper", "--yes"];
    let (code, shown) = at_terminal(200, "", &site.file(), &grace);
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("[y/N]"), "{shown}");
}

#[test]
fn slow_call_says_what_it_waits_for() {
    let (open, gate) = mpsc::channel();
    let service = Scripted::gated(gate, (200, r#"{"ok":true,"acs_systems":[]}"#));
    let address = service.address.clone();
    let notice = format!(
        "still waiting, 2 s of 120 s: attempt 1 of acs_systems, no answer yet from {address}"
    );
    let expected = notice.clone();
    let mut is_open = false;
    // The service answers once the notice was read.
    let (code, shown) = at_terminal_seen(100, "", &address, &["systems"], move |text| {
        if !is_open && text.contains(&expected) {
            is_open = true;
            open.send(()).expect("a service that waits");
        }
    });
    assert_eq!(code, Some(0), "{shown}");
    let clear = "\r\u{1b}[K";
    let (_, after) = shown.split_once(&notice).expect("the notice");
    let (_, after) = after.split_once(clear).expect("it is removed");
    assert!(!after.contains("still waiting"), "{shown:?}");
}
