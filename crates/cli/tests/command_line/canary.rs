//! A key and an e-mail address go through every command, and are found again only where they belong.
//!
//! The key is nowhere: not on stdout, on stderr or in a file. The address is in results, and on stderr
//! only if the person typed it, or if the command lists whom a name may mean.

#![allow(clippy::print_stdout, reason = "a run shows its counts")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    thread,
};

use access_groups_in_memory::{InMemory, State};

use crate::{
    harness::{Ended, GYM, POOL, Running, Site, binary, end},
    in_process::InProcess,
};

/// It looks like a real one.
const KEY: &str = "seam_testBird_5wordF15h5wordF15h5wordF1";

/// A part of the key that nothing else has.
const OF_KEY: &str = "5wordF15h";

const ADDRESS: &str = "canary.bird@coalmine.example";

/// Parts of the address.
const OF_ADDRESS: [&str; 2] = ["canary.bird", "coalmine"];

/// Canary moves from the gym to the pool.
const ROSTER: &str = "canary-roster.csv";

/// Command lines for each command, the last one refused. A command that is not here fails the test.
const LINES: &[(&str, &[&[&str]])] = &[
    (
        "add",
        &[
            &["--user", ADDRESS, "--group", "Pool"],
            &["--user", "Canary", "--group", "Nowhere"],
        ],
    ),
    (
        "remove",
        &[
            &["--user", "Canary", "--group", GYM],
            &["--user", "Nobody", "--group", GYM],
        ],
    ),
    (
        "grant",
        &[
            &["--user", "Canary", "--entrance", "Front Door"],
            &["--user", "Canary", "--entrance", "x"],
        ],
    ),
    (
        "revoke",
        &[
            &["--user", "Canary", "--entrance", "Front Door"],
            &["--user", ADDRESS, "--entrance", "x"],
        ],
    ),
    (
        "groups list",
        &[
            &[],
            &["--user", ADDRESS],
            &["--search", ADDRESS],
            &["--system", "x"],
        ],
    ),
    (
        "groups create",
        &[
            &["--system", "Main", "--name", "Roof"],
            &["--system", "x", "--name", "Roof"],
        ],
    ),
    (
        "groups update",
        &[&["Gym", "--name", "Hall"], &["x", "--name", "Hall"]],
    ),
    ("groups delete", &[&["Gym", "--yes"], &["Gym"]]),
    ("members", &[&["Gym"], &["Gym", "--format", "csv"], &["x"]]),
    (
        "users list",
        &[
            &[],
            &["--format", "json"],
            &["--search", ADDRESS],
            &["--group", "x"],
        ],
    ),
    ("users find", &[&[ADDRESS], &["Nobody"], &[""]]),
    (
        "users create",
        &[
            &["--system", "Main", "--name", "Wren", "--email", ADDRESS],
            &[
                "--system",
                "Main",
                "--name",
                "Wren",
                "--email",
                "canary.bird@coalmine",
            ],
        ],
    ),
    (
        "users update",
        &[&["Canary", "--email", ADDRESS, "--phone", "1"], &["Canary"]],
    ),
    ("users suspend", &[&["Canary"], &["x"]]),
    ("users unsuspend", &[&[ADDRESS], &["x"]]),
    ("users delete", &[&["Canary", "--yes"], &["Canary"]]),
    (
        "entrances list",
        &[&[], &["--user", ADDRESS], &["--group", "x"]],
    ),
    (
        "entrances create",
        &[
            &["--system", "Main", "--name", "Gate"],
            &["--system", "x", "--name", "Gate"],
        ],
    ),
    (
        "entrances update",
        &[&["Gym Door", "--name", "Door"], &["x", "--name", "Door"]],
    ),
    ("entrances delete", &[&["Gym Door", "--yes"], &["Gym Door"]]),
    ("systems list", &[&[], &["--search", ""]]),
    ("systems create", &[&["--name", "East"], &["--name", " "]]),
    (
        "systems update",
        &[
            &["Main", "--time-zone", "Europe/Berlin"],
            &["Main", "--time-zone", "x"],
        ],
    ),
    ("systems delete", &[&["Main", "--yes"], &["Main"]]),
    (
        "check",
        &[
            &["--user", ADDRESS, "--entrance", "Gym Door"],
            &["--entrance", "Gym Door"],
            &["--user", "Canary", "--entrance", "x"],
        ],
    ),
    (
        "apply",
        &[&["none.csv"], &["none.json", "--confirm", "x", "--yes"]],
    ),
    ("resume", &[&["none.journal"]]),
    ("undo", &[&["none.journal", "-o", "x"]]),
    (
        "validate",
        &[&["none.csv"], &["none.csv", "--time-zone", "x"]],
    ),
    ("plan", &[&[ROSTER], &[ROSTER, "--only", "x"]]),
    ("drift", &[&[ROSTER], &[ROSTER, "--only", "x"]]),
    (
        "export",
        &[&[], &["--roster"], &["--roster", "--group", "x"], &["x"]],
    ),
    ("import", &[&["none.json"]]),
    ("serve", &[&["--listen", "nowhere"]]),
    ("workspaces list", &[&[], &["--format", "csv"]]),
    ("workspaces create", &[&["North"], &["North", "--id", "x"]]),
    ("workspaces delete", &[&["x", "--yes"], &["x"]]),
    ("keys list", &[&[], &["--format", "json"]]),
    ("keys create", &[&[], &["--token"], &["--name", ""]]),
    ("keys revoke", &[&["x"], &[KEY]]),
    (
        "history",
        &[
            &[],
            &["--user", ADDRESS],
            &["--group", "x"],
            &["--keep", "x"],
        ],
    ),
    ("check-store", &[&[]]),
    ("backup", &[&["none/copy.db"]]),
    ("migrate", &[&[]]),
    ("completions", &[&["bash"], &["x"]]),
];

#[test]
fn no_command_shows_key_or_address() {
    let lines: BTreeMap<_, _> = LINES.iter().copied().collect();
    let known: BTreeSet<_> = lines.keys().map(|name| (*name).to_owned()).collect();
    // From the program itself, so that a new command cannot be forgotten.
    assert_eq!(commands(""), known);

    let mut counts = BTreeMap::<&str, usize>::new();
    for (name, lines) in &lines {
        for arguments in *lines {
            let line: Vec<_> = name.split(' ').chain(arguments.iter().copied()).collect();
            for kind in ["memory", "file", "database", "served"] {
                let site = site();
                let served = InProcess::serve_for(KEY, InMemory::new(state()));
                let store = match kind {
                    "memory" => site.memory(),
                    "file" => site.file(),
                    "database" => database_of(&site),
                    _ => served.address.clone(),
                };
                must_be_silent(&line, &run(&store, &line), false);
                must_not_be_in_files(&site);
                *counts.entry(kind).or_default() += 1;
            }
        }
    }
    println!("commands: {}, runs by store: {counts:?}", lines.len());
}

/// A database with the site in it.
fn database_of(site: &Site) -> String {
    let path = site.path();
    let store = format!("sqlite:{}", path.with_extension("db").display());
    let imported = run(&store, &["import", &path.display().to_string()]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    store
}

#[test]
fn no_hostile_service_brings_them_back() {
    let mut runs = 0;
    for answer in hostile_answers() {
        let address = hostile(answer.clone());
        for (name, lines) in LINES {
            for arguments in *lines {
                let line: Vec<_> = name.split(' ').chain(arguments.iter().copied()).collect();
                must_be_silent(&line, &run(&address, &line), true);
                runs += 1;
            }
        }
    }
    println!("runs against hostile services: {runs}");
}

#[test]
fn key_in_a_wrong_place_is_not_repeated() {
    let site = site();
    let (memory, folder) = (site.memory(), tempfile::tempdir().expect("a directory"));
    let (in_memory, in_file) = (format!("memory:{KEY}"), format!("file:{KEY}"));
    let url = format!("https://{KEY}@example.com");
    let lines: &[&[&str]] = &[
        &[KEY],
        &["groups", KEY],
        &[
            "groups",
            "--api-key-file",
            KEY,
            "--store",
            "http://127.0.0.1:1",
        ],
        &["serve", "--api-key-file", KEY, "--store", &memory],
        &["serve", "--config", KEY],
        &["serve", "--listen", KEY],
        &["serve", "--store", &memory, "--log", KEY],
        &["groups", "--store", KEY],
        &["groups", "--store", &in_memory],
        &["groups", "--store", &in_file],
        &["groups", "--store", &url],
        &["groups", "--store", &memory, "--format", KEY],
        &["groups", "--store", &memory, "--lock-timeout", KEY],
        &["groups", "--store", &memory, "--user", KEY],
        &["import", KEY, "--store", &in_file],
        &["add", "--store", &memory, "--user", KEY, "--group", KEY],
        &[
            "add", "--store", &memory, "--user", "a", "--group", "b", "--wait", KEY,
        ],
        &[
            "check",
            "--store",
            &memory,
            "--entrance",
            "Gym Door",
            "--at",
            KEY,
        ],
        &[
            "systems",
            "update",
            "Main",
            "--store",
            &memory,
            "--time-zone",
            KEY,
        ],
        &["completions", KEY],
    ];
    let variables = [
        "ACCESS_GROUPS_STORE",
        "SEAM_ENDPOINT",
        "SEAM_API_URL",
        "SEAM_PERSONAL_ACCESS_TOKEN",
        "SEAM_WORKSPACE_ID",
        "HTTPS_PROXY",
        "NO_PROXY",
    ];
    for line in lines {
        let mut command = binary(line);
        command.current_dir(folder.path());
        let ended = end(command);
        assert_ne!(ended.code, Some(0), "{line:?}");
        must_not_show_key(line, &ended);
    }
    for name in variables {
        let mut command = binary(&["groups"]);
        command.env("SEAM_API_KEY", KEY).env(name, KEY);
        command
            .env("SEAM_API_URL", "https://127.0.0.1:1")
            .env(name, KEY);
        let ended = end(command);
        assert_ne!(ended.code, Some(0), "{name}");
        must_not_show_key(&[name], &ended);
    }
    println!("wrong places: {}", lines.len() + variables.len());
}

#[test]
fn server_logs_neither_key_nor_address() {
    for log in ["text", "json"] {
        let site = site();
        let mut command = binary(&["--store", &site.file()]);
        command
            .env("ACCESS_GROUPS_API_KEY", KEY)
            .env("RUST_LOG", "trace");
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", log]);
        let mut server = Running::start(command);
        let line = server.line();
        let address = line
            .trim_end()
            .strip_prefix("listening on ")
            .expect("an address");
        for (name, lines) in LINES {
            for arguments in *lines {
                let line: Vec<_> = name.split(' ').chain(arguments.iter().copied()).collect();
                run(address, &line);
            }
        }
        server.signal("TERM");
        let ended = server.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stderr.contains("create_acs_user"), "{ended:?}");
        must_be_silent(&["serve"], &ended, true);
        must_not_be_in_files(&site);
    }
}

/// The leaves below a command, as its help lists them.
fn commands(parent: &str) -> BTreeSet<String> {
    let path: Vec<_> = parent.split_whitespace().chain(["--help"]).collect();
    let help = end(binary(&path)).well().stdout;
    let Some((_, listed)) = help.split_once("\nCommands:\n") else {
        return [parent.to_owned()].into();
    };
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let name = |line: &str| {
        // Further lines of a description are indented more.
        let word = line.strip_prefix("  ")?.split(' ').next()?;
        (!word.is_empty() && word != "help").then(|| format!("{parent} {word}").trim().to_owned())
    };
    let names = listed.filter_map(name);
    names.flat_map(|name| commands(&name)).collect()
}

/// A site with Canary, who has the address, in the gym.
fn site() -> Site {
    let site = Site::new();
    let text = site
        .text()
        .replace("Ada Lovelace", "Canary")
        .replace("ada@example.com", ADDRESS);
    assert!(text.contains(ADDRESS) && text.contains(POOL));
    site.write(&text);
    site
}

fn state() -> State {
    State::from_site_json(&site().text()).expect("a site")
}

fn run(store: &str, arguments: &[&str]) -> Ended {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let roster = format!("user,group,mode\n{ADDRESS},Pool,\n,Gym,authoritative\n");
    // Written again and again, always the same: tests run at the same time.
    fs::write(folder.join(ROSTER), roster).expect("writable");
    let mut command: Command = binary(arguments);
    command.current_dir(folder);
    command
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full");
    command
        .env("ACCESS_GROUPS_STORE", store)
        .env("SEAM_API_KEY", KEY);
    end(command)
}

#[track_caller]
fn must_be_silent(line: &[&str], ended: &Ended, is_hostile: bool) {
    must_not_show_key(line, ended);
    let was_typed = line.iter().any(|argument| argument.contains(OF_ADDRESS[0]));
    // The people whom a name may mean are what the person needs to choose.
    let is_listed = !is_hostile && ended.stderr.contains("matches ");
    for part in OF_ADDRESS {
        let is_shown = ended.stderr.contains(part);
        assert!(
            !is_shown || was_typed || is_listed,
            "{line:?} shows the address: {ended:?}"
        );
    }
}

#[track_caller]
fn must_not_show_key(line: &[&str], ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        let found = text.lines().find(|line| line.contains(OF_KEY));
        assert!(found.is_none(), "{line:?} shows the key: {found:?}");
    }
}

#[track_caller]
fn must_not_be_in_files(site: &Site) {
    let path = site.path();
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    for name in site.files() {
        assert!(!name.contains(OF_KEY), "{name}");
        let bytes = fs::read(folder.join(&name)).expect("readable");
        assert!(
            !String::from_utf8_lossy(&bytes).contains(OF_KEY),
            "{name} holds the key"
        );
    }
}

/// What hostile services answer to everything. None of them is worth a second attempt.
fn hostile_answers() -> Vec<String> {
    let both = format!("{KEY} {ADDRESS}");
    let answer = |status: u16, headers: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} {both}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )
    };
    let json = "content-type: application/json\r\n";
    let failure = format!(
        r#"{{"ok":false,"error":{{"type":"{both}","message":"{both}","validation_errors":
        {{"{both}":{{"_errors":["{both}"]}}}}}}}}"#
    );
    let row = format!(
        r#"{{"ok":true,"acs_users":[{{"acs_user_id":"{both}","{both}":1}}],"acs_user":["{both}"],
        "acs_access_groups":[{{"acs_access_group_id":"{both}"}}],"acs_systems":["{both}"],
        "acs_entrances":[{{"acs_entrance_id":"{both}"}}],"pagination":"{both}"}}"#
    );
    vec![
        answer(200, json, &failure),
        answer(200, json, &row),
        answer(200, "", &both),
        answer(200, "content-type: text/html\r\n", &format!("<html>{both}")),
        answer(
            302,
            &format!("location: https://example.com/{KEY}?a={ADDRESS}\r\n"),
            "",
        ),
        answer(400, json, &failure),
        answer(401, &format!("{json}seam-request-id: {both}\r\n"), &failure),
        answer(403, "", &both),
        answer(404, json, &failure),
        answer(409, json, &failure),
    ]
}

/// A service that answers every connection alike, until the process ends.
fn hostile(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.push(byte[0].to_ascii_lowercase());
            }
            let head = String::from_utf8_lossy(&head);
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length = length.and_then(|digits| digits.parse().ok()).unwrap_or(0);
            let _ = stream.read_exact(&mut vec![0; length]);
            // One that hangs up early has heard enough.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}
